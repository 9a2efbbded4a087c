/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lab/fabric.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "wait.h"

#define IP(n) (0x0a000000u + (n)) /* 10.0.0.n */
#define PORT  5683

static struct snet_err err;
static struct snet__fabric *fabric;

static void set_up(void)
{
	ck_assert_msg(snet__fabric_new(&fabric, &err) == 0, "%s", err.msg);
}

static void tear_down(void)
{
	snet__fabric_free(fabric);
}

static int add_switch(const char *name)
{
	int sw = -1;

	ck_assert_msg(snet__fabric_add_switch(fabric, name, &sw, &err) == 0, "%s",
		      err.msg);
	return sw;
}

static int add_node(int at, uint32_t ipv4)
{
	int netns = -1;

	ck_assert_msg(snet__fabric_add_node(fabric, at, ipv4, 8, &netns, &err) == 0, "%s",
		      err.msg);
	return netns;
}

static int open_udp(int netns, uint32_t ipv4)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(PORT),
				   .sin_addr.s_addr = htonl(ipv4)};
	int sock = -1;

	ck_assert_int_eq(snet__netns_socket(&sock, netns, AF_INET, SOCK_DGRAM, 0, &err),
			 0);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return sock;
}

static void send_udp(int sock, uint32_t to)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(PORT),
				   .sin_addr.s_addr = htonl(to)};

	ck_assert_int_eq(sendto(sock, "ping", 4, 0, (struct sockaddr *)&addr,
				sizeof(addr)),
			 4);
}

static void receive_udp(int sock, uint32_t from)
{
	struct sockaddr_in addr = {0};
	socklen_t size = sizeof(addr);
	char text[10];

	ck_assert_msg(wait_readable(sock), "nothing arrived");
	ck_assert_int_eq(recvfrom(sock, text, sizeof(text), 0, (struct sockaddr *)&addr,
				  &size),
			 4);
	ck_assert_uint_eq(ntohl(addr.sin_addr.s_addr), from);
}

/* A datagram each way between two nodes. */
static void ping(int a, uint32_t ipv4_a, int b, uint32_t ipv4_b)
{
	int sock_a = open_udp(a, ipv4_a), sock_b = open_udp(b, ipv4_b);

	send_udp(sock_a, ipv4_b);
	receive_udp(sock_b, ipv4_a);
	send_udp(sock_b, ipv4_a);
	receive_udp(sock_a, ipv4_b);
	close(sock_a);
	close(sock_b);
}

START_TEST(nodes_on_a_switch_reach_each_other)
{
	int s1 = add_switch("s1"), a = add_node(s1, IP(1)), b = add_node(s1, IP(2));

	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
}
END_TEST

START_TEST(nodes_on_linked_switches_reach_each_other)
{
	int s1 = add_switch("s1"), s2 = add_switch("s2"), s3 = add_switch("s3");
	int a = add_node(s1, IP(1)), b = add_node(s3, IP(2));

	ck_assert_msg(snet__fabric_link_switches(fabric, s1, s2, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(snet__fabric_link_switches(fabric, s3, s2, &err) == 0, "%s",
		      err.msg);
	ping(a, IP(1), b, IP(2));
	ck_assert_int_eq(snet__fabric_link_switches(fabric, s3, s1, &err), -ELOOP);
	ck_assert_str_eq(err.msg,
			 "switches 's3' and 's1' are connected already: a second way "
			 "would let frames go round for ever");
	ck_assert_int_eq(snet__fabric_link_switches(fabric, s1, s1, &err), -ELOOP);
	close(a);
	close(b);
}
END_TEST

START_TEST(nodes_on_a_cable_reach_each_other)
{
	int a = add_node(-1, 0), b = add_node(-1, 0);

	ck_assert_msg(snet__fabric_link_nodes(fabric, a, IP(1), b, IP(2), 8, &err) == 0,
		      "%s", err.msg);
	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
}
END_TEST

START_TEST(a_node_may_have_several_interfaces)
{
	int s1 = add_switch("s1"), s2 = add_switch("s2"), a = add_node(s1, IP(1));
	int b = add_node(s2, 0x0b000002), c = add_node(-1, 0);

	ck_assert_msg(snet__fabric_link_node(fabric, a, s2, 0x0b000001, 8, &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(snet__fabric_link_nodes(fabric, c, 0x0c000002, a, 0x0c000001, 8,
					      &err) == 0,
		      "%s", err.msg);
	ping(a, 0x0b000001, b, 0x0b000002);
	ping(a, 0x0c000001, c, 0x0c000002);
	ck_assert_int_eq(snet__netns_settle(a, &err), 0);
	ck_assert_uint_ne(if_nametoindex("eth0"), 0);
	ck_assert_uint_ne(if_nametoindex("eth1"), 0);
	ck_assert_uint_ne(if_nametoindex("eth2"), 0);
	close(a);
	close(b);
	close(c);
}
END_TEST

/* The state column of @ip in the neighbour table, from /proc/net/arp; 0: unknown. */
static unsigned int neighbour_flags(int netns, const char *ip)
{
	char line[200], address[64];
	unsigned int flags = 0, found = 0;
	FILE *file;

	ck_assert_int_eq(snet__netns_settle(netns, &err), 0);
	file = fopen("/proc/thread-self/net/arp", "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s 0x1 0x%x", address, &flags) == 2 &&
		    strcmp(address, ip) == 0)
			found = flags;
	fclose(file);
	return found;
}

START_TEST(known_neighbours_are_not_asked_for)
{
	int s1 = add_switch("s1"), a = add_node(s1, IP(1)), b = add_node(s1, IP(2)),
	    c = -1;
	const uint32_t ip_a = IP(1), ip_b = IP(2);
	struct snet__fabric_node third = {s1, IP(3), 8, &ip_a, 1};
	uint32_t many[200];

	for (uint32_t i = 0; i < 200; i++)
		many[i] = IP(50 + i);
	ck_assert_msg(snet__fabric_add_neighbours(a, NULL, &ip_b, 1, &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(snet__fabric_add_neighbours(b, "eth0", &ip_a, 1, &err), 0);
	ck_assert_int_eq(snet__fabric_add_neighbours(b, "eth0", many, 200, &err), 0);
	ck_assert_int_eq(snet__fabric_add_neighbours(b, "eth7", &ip_a, 1, &err), -ENODEV);
	ck_assert_str_eq(err.msg, "cannot find interface 'eth7': No such device");
	ck_assert_uint_eq(neighbour_flags(a, "10.0.0.2"), 6); /* ATF_COM | ATF_PERM */
	ck_assert_uint_eq(neighbour_flags(b, "10.0.0.249"), 6);
	ck_assert_int_eq(snet__fabric_add_node_with(fabric, &third, &c, &err), 0);
	ck_assert_uint_eq(neighbour_flags(c, "10.0.0.1"), 6);
	ping(a, IP(1), c, IP(3));
	close(c);
	ping(a, IP(1), b, IP(2)); /* the addresses told are the right ones */
	close(a);
	close(b);
}
END_TEST

START_TEST(a_switch_grows_beyond_a_bridge)
{
	enum {
		COUNT = 1100
	};
	int s1 = add_switch("s1"), s2 = add_switch("s2"), first, last, middle = -1, end;

	/* Nodes come and go; their ports stay counted, so this needs few descriptors. */
	first = add_node(s1, IP(1));
	ck_assert_int_eq(snet__fabric_expect(fabric, COUNT, &err), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		if (middle >= 0)
			close(middle);
		middle = add_node(s1, IP(1000 + i));
	}
	ck_assert_int_eq(snet__fabric_link_switches(fabric, s2, s1, &err), 0);
	last = add_node(s1, IP(2));
	end = add_node(s2, IP(3));
	ping(first, IP(1), last, IP(2));
	ping(first, IP(1), end, IP(3));
	close(first);
	close(middle);
	close(last);
	close(end);
}
END_TEST

START_TEST(namespaces_made_ahead_and_not_used_go_away)
{
	int s1 = add_switch("s1"), a;

	ck_assert_int_eq(snet__fabric_expect(fabric, 500, &err), 0);
	a = add_node(s1, IP(1));
	close(a);
	ck_assert_int_eq(snet__fabric_expect(fabric, 1, &err), 0);
	close(add_node(s1, IP(2)));
	close(add_node(s1, IP(3))); /* one more than was said */
}
END_TEST

START_TEST(a_node_that_cannot_be_made_leaves_no_port)
{
	int s1 = add_switch("s1"), netns = -1, a;

	ck_assert_int_eq(snet__fabric_add_node(fabric, s1, IP(1), 99, &netns, &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "prefix '99' is longer than 32 bits");
	ck_assert_int_eq(netns, -1);
	a = add_node(s1, IP(1));
	ck_assert_int_eq(snet__fabric_link_nodes(fabric, a, IP(9), 0, IP(8), 8, &err),
			 -EINVAL);
	close(a);
}
END_TEST

/* The names of all interfaces here, joined. */
static void list_interfaces(char *text, size_t size)
{
	struct if_nameindex *all = if_nameindex();

	*text = '\0';
	for (struct if_nameindex *at = all; at->if_index; at++) {
		strncat(text, at->if_name, size - strlen(text) - 2);
		strcat(text, " ");
	}
	if_freenameindex(all);
}

/* '0' or '1', or '-' where the kernel has no such filter. */
static char read_filter(int netns)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	char text = '-';

	ck_assert_int_eq(snet__netns_enter(&outside, netns, &err), 0);
	autoclose int fd = open("/proc/sys/net/bridge/bridge-nf-call-iptables",
				O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		ck_assert_int_eq(read(fd, &text, 1), 1);
	return text;
}

START_TEST(only_the_fabrics_bridges_skip_the_filters)
{
	int fabric_netns = snet__fabric_netns(fabric), other = -1;
	char before;

	ck_assert_int_eq(snet__netns_settle(-1, &err), 0);
	ck_assert_int_eq(snet__netns_new(&other, &err), 0);
	before = read_filter(other);
	snet__fabric_skip_filters(fabric);
	ck_assert_int_eq(read_filter(other), before);
	if (before != '-')
		ck_assert_int_eq(read_filter(fabric_netns), '0');
	close(other);
	snet__netns_unsettle();
}
END_TEST

START_TEST(the_hosts_interfaces_stay_as_they_are)
{
	char before[4096], after[4096];
	int s1, a;

	list_interfaces(before, sizeof(before));
	s1 = add_switch("s1");
	a = add_node(s1, IP(1));
	list_interfaces(after, sizeof(after));
	ck_assert_str_eq(before, after);
	close(a);
}
END_TEST

/* Check runs it in a process of its own, which may give up its rights. */
START_TEST(a_lab_needs_no_root)
{
	struct snet__fabric *own = NULL;
	int s1 = -1, a = -1, b = -1, r;

	rights_drop();
	r = snet_init(&err);
	if (r == -EINVAL)
		return; /* ThreadSanitizer has a thread of its own */
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_msg(snet__fabric_new(&own, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__fabric_add_switch(own, "s1", &s1, &err), 0);
	ck_assert_int_eq(snet__fabric_add_node(own, s1, IP(1), 8, &a, &err), 0);
	ck_assert_int_eq(snet__fabric_add_node(own, s1, IP(2), 8, &b, &err), 0);
	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
	snet__fabric_free(own);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("fabric");
	TCase *t = tcase_create("fabric"), *alone = tcase_create("unprivileged");

	rights_get();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nodes_on_a_switch_reach_each_other);
	tcase_add_test(t, nodes_on_linked_switches_reach_each_other);
	tcase_add_test(t, nodes_on_a_cable_reach_each_other);
	tcase_add_test(t, a_node_may_have_several_interfaces);
	tcase_add_test(t, known_neighbours_are_not_asked_for);
	tcase_add_test(t, a_switch_grows_beyond_a_bridge);
	tcase_add_test(t, namespaces_made_ahead_and_not_used_go_away);
	tcase_add_test(t, a_node_that_cannot_be_made_leaves_no_port);
	tcase_add_test(t, only_the_fabrics_bridges_skip_the_filters);
	tcase_add_test(t, the_hosts_interfaces_stay_as_they_are);
	suite_add_tcase(s, t);
	tcase_add_test(alone, a_lab_needs_no_root);
	suite_add_tcase(s, alone);
	return s;
}
