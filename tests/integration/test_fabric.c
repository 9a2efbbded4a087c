/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/fabric.h"
#include "rights.h"
#include "suite.h"
#include "sys/conf.h"
#include "sys/netns.h"
#include "wait.h"

#define IP(n) (0x0a000000u + (n)) /* 10.0.0.n */
#define PORT  5683

static struct snet_err err;
static struct snet__fabric *fabric;

static void set_up(void)
{
	ck_assert_msg(snet__fabric_new(&fabric, false, &err) == 0, "%s", err.msg);
}

static void tear_down(void)
{
	snet__fabric_free(fabric);
}

static int add_switch_as(const struct snet__fabric_switch *described)
{
	int sw = -1;

	ck_assert_msg(snet__fabric_add_switch(fabric, described, &sw, &err) == 0, "%s",
		      err.msg);
	return sw;
}

static int add_switch(const char *name)
{
	return add_switch_as(&(struct snet__fabric_switch){.name = name});
}

static struct snet__fabric_iface make_iface(const char *name, uint32_t ipv4)
{
	return (struct snet__fabric_iface){
		.name = name,
		.ipv4 = ipv4,
		.prefix = 8,
		.mac = {0x02, 0x00, (unsigned char)(ipv4 >> 24),
			(unsigned char)(ipv4 >> 16), (unsigned char)(ipv4 >> 8),
			(unsigned char)ipv4},
	};
}

/* Plug @netns (-1: a new node) into a switch (-1: none). Returns the number. */
static int plug(int *netns, int at, const char *name, uint32_t ipv4)
{
	struct snet__fabric_iface iface = make_iface(name, ipv4);
	struct snet__fabric_node node;
	int number = -1, r;

	r = snet__fabric_begin_node(fabric, *netns, &node, &err);
	*netns = node.netns;
	if (r == 0 && at >= 0)
		r = snet__fabric_plug(fabric, &node, at, &iface, &number, &err);
	r = snet__fabric_finish_node(&node, r, &err);
	if (r == 0 && number >= 0)
		r = snet__fabric_settle(fabric, number, &err);
	r = snet__fabric_flush(fabric, r, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	return number;
}

static int add_node(int at, uint32_t ipv4)
{
	int netns = -1;

	(void)plug(&netns, at, "eth0", ipv4);
	return netns;
}

static int link_switches(int a, int b)
{
	int number = -1;

	ck_assert_msg(snet__fabric_link_switches(fabric, a, b, 0, false, &number, &err) ==
			      0,
		      "%s", err.msg);
	ck_assert_int_eq(snet__fabric_settle(fabric, number, &err), 0);
	ck_assert_int_eq(snet__fabric_flush(fabric, 0, &err), 0);
	return number;
}

static int connect_nodes(int a, const char *name_a, uint32_t ipv4_a, int b,
			 uint32_t ipv4_b)
{
	struct snet__fabric_iface ifaces[2] = {make_iface(name_a, ipv4_a),
					       make_iface("eth0", ipv4_b)};
	struct snet__fabric_node nodes[2];
	int number = -1, r;

	ck_assert_int_eq(snet__fabric_begin_node(fabric, a, &nodes[0], &err), 0);
	ck_assert_int_eq(snet__fabric_begin_node(fabric, b, &nodes[1], &err), 0);
	r = snet__fabric_connect(fabric, nodes, ifaces, &number, &err);
	r = snet__fabric_finish_node(&nodes[1], r, &err);
	/* The end that came up first. */
	if (r == 0)
		r = snet__iface_settle(nodes[0].nl, number, &err);
	r = snet__fabric_finish_node(&nodes[0], r, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	return number;
}

static void know(int netns, int number, uint32_t ipv4)
{
	struct snet__fabric_iface iface = make_iface("eth0", ipv4);
	struct snet__fabric_node node;
	int r;

	ck_assert_int_eq(snet__fabric_begin_node(fabric, netns, &node, &err), 0);
	r = snet__iface_add_neighbour(node.nl, number, ipv4, iface.mac, &err);
	r = snet__fabric_finish_node(&node, r, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
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

	(void)link_switches(s1, s2);
	(void)link_switches(s3, s2);
	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
}
END_TEST

START_TEST(nodes_on_a_cable_reach_each_other)
{
	int a = add_node(-1, 0), b = add_node(-1, 0);

	(void)connect_nodes(a, "eth0", IP(1), b, IP(2));
	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
}
END_TEST

/* As a list of all tells it, which changes nothing: asking for one interface would settle it. */
static void operstate_of(int netns, const char *name, char *ret, size_t size)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct nl_sock *sock;
	struct nl_cache *links = NULL;
	struct rtnl_link *link;

	ck_assert_int_eq(snet__netns_enter(&outside, netns, &err), 0);
	sock = nl_socket_alloc();
	ck_assert_ptr_nonnull(sock);
	ck_assert_int_eq(nl_connect(sock, NETLINK_ROUTE), 0);
	ck_assert_int_eq(rtnl_link_alloc_cache(sock, AF_UNSPEC, &links), 0);
	link = rtnl_link_get_by_name(links, name);
	ck_assert_ptr_nonnull(link);
	(void)rtnl_link_operstate2str(rtnl_link_get_operstate(link), ret, size);
	rtnl_link_put(link);
	nl_cache_free(links);
	nl_socket_free(sock);
}

/* Since when asking for an interface settles it. */
static bool is_since_6_7(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname kernel;

	ck_assert_int_eq(uname(&kernel), 0);
	ck_assert_int_eq(sscanf(kernel.release, "%u.%u", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 7);
}

/* What the kernel's worker has yet to look after makes each further link slower. */
START_TEST(no_end_is_left_to_the_kernels_worker)
{
	enum {
		COUNT = 50
	};
	int s1 = add_switch("s1"), nodes[COUNT];
	char state[20];

	if (!is_since_6_7()) {
		skip("settling", "this kernel is older than 6.7");
		return;
	}
	ck_assert_int_eq(snet__netns_settle(snet__fabric_netns(fabric), &err), 0);
	/* By turns at the switch, and at a cable to the node before. */
	for (int i = 0; i < COUNT; i++) {
		uint32_t host = (uint32_t)i;

		nodes[i] = add_node(i % 2 ? -1 : s1, IP(1 + host));
		if (i % 2)
			(void)connect_nodes(nodes[i - 1], "eth1", 0x0b000000 + host,
					    nodes[i], 0x0c000000 + host);
	}
	for (int i = 0; i < COUNT; i++) {
		operstate_of(nodes[i], "eth0", state, sizeof(state));
		ck_assert_str_eq(state, "up");
		close(nodes[i]);
	}
}
END_TEST

START_TEST(a_node_may_have_several_interfaces)
{
	int s1 = add_switch("s1"), s2 = add_switch("s2"), a = add_node(s1, IP(1));
	int b = add_node(s2, 0x0b000002), c = add_node(-1, 0);

	(void)plug(&a, s2, "eth1", 0x0b000001);
	(void)connect_nodes(a, "eth2", 0x0c000001, c, 0x0c000002);
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

static char conf_of(int netns, const char *name)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	char path[100], value = '?';
	int fd;

	ck_assert_int_eq(snet__netns_enter(&outside, netns, &err), 0);
	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, &value, 1), 1);
	close(fd);
	return value;
}

/* A namespace begins with the host's settings, here set by hand. */
START_TEST(an_interface_is_not_as_the_host_has_them)
{
	int sw = add_switch("s"), a = add_node(-1, 0), b = add_node(-1, 0);
	const int nodes[] = {a, b};

	/* From where nodes can be entered without root. */
	ck_assert_int_eq(snet__netns_settle(snet__fabric_netns(fabric), &err), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(snet__conf_write(nodes[i], "ipv4/conf/default/rp_filter",
						  "1", &err),
				 0);
		ck_assert_int_eq(snet__conf_write(nodes[i],
						  "ipv4/conf/default/forwarding", "1",
						  &err),
				 0);
	}
	(void)plug(&a, sw, "eth0", IP(1));
	(void)connect_nodes(a, "eth1", 0x0c000001, b, 0x0c000002);
	ck_assert_int_eq(conf_of(a, "ipv4/conf/default/rp_filter"), '1');
	ck_assert_int_eq(conf_of(a, "ipv4/conf/eth0/rp_filter"), '0');
	ck_assert_int_eq(conf_of(a, "ipv4/conf/eth0/forwarding"), '0');
	ck_assert_int_eq(conf_of(a, "ipv4/conf/eth1/rp_filter"), '0');
	ck_assert_int_eq(conf_of(b, "ipv4/conf/eth0/forwarding"), '0');
	ck_assert_int_eq(snet__conf_write(a, "ipv4/conf/none/rp_filter", "0", &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg, "cannot set '/proc/sys/net/ipv4/conf/none/rp_filter': "
				  "No such file or directory");
	close(a);
	close(b);
}
END_TEST

static bool has_interface(int netns, const char *name)
{
	cleanup_with(snet__netns_leave) int outside = -1;

	ck_assert_int_eq(snet__netns_enter(&outside, netns, &err), 0);
	return if_nametoindex(name) != 0;
}

START_TEST(what_is_unplugged_is_gone_and_can_be_plugged_in_again)
{
	int s1 = add_switch("s1"), s2 = add_switch("s2"), a = -1, b = add_node(s2, IP(2));
	int c = add_node(-1, 0), number, trunk, cable;

	ck_assert_int_eq(snet__netns_settle(snet__fabric_netns(fabric), &err), 0);
	number = plug(&a, s1, "eth0", IP(1));
	trunk = link_switches(s1, s2);
	cable = connect_nodes(a, "eth1", 0x0b000001, c, 0x0b000002);
	ck_assert(snet__fabric_is_up(fabric, number));
	ck_assert(snet__fabric_is_up(fabric, trunk));
	ping(a, IP(1), b, IP(2));

	snet__fabric_unplug(fabric, number);
	snet__fabric_unplug(fabric, trunk);
	ck_assert_int_eq(snet__fabric_disconnect(cable, c), 0);
	snet__fabric_sweep(fabric);
	ck_assert(!has_interface(a, "eth0"));
	ck_assert(!has_interface(a, "eth1"));
	ck_assert(!has_interface(c, "eth0"));
	ck_assert(!snet__fabric_is_up(fabric, trunk));

	number = plug(&a, s1, "eth0", IP(1));
	trunk = link_switches(s2, s1);
	ping(a, IP(1), b, IP(2));
	snet__fabric_remove_switch(fabric, s1);
	snet__fabric_sweep(fabric);
	ck_assert(!has_interface(a, "eth0"));
	ck_assert(!snet__fabric_is_up(fabric, trunk));
	snet__fabric_unplug(fabric, number); /* to no effect */
	close(a);
	close(b);
	close(c);
	snet__netns_unsettle();
}
END_TEST

/* The stations of a quiet segment need no flooding, however its bridges came together. */
START_TEST(a_quiet_segment_answers_for_all_its_stations)
{
	const struct snet__fabric_switch quiet = {.name = "q", .is_quiet = true};
	int s[4], a, b, c, d, e;

	for (int i = 0; i < 4; i++)
		s[i] = add_switch_as(&quiet);
	(void)link_switches(s[1], s[0]);
	a = add_node(s[0], IP(1));
	b = add_node(s[1], IP(2));
	(void)link_switches(s[2], s[3]);
	c = add_node(s[2], IP(3));
	d = add_node(s[3], IP(4));
	/* Two trees with stations already become one. */
	(void)link_switches(s[1], s[3]);
	e = add_node(s[2], IP(5));
	ping(a, IP(1), b, IP(2));
	ping(a, IP(1), c, IP(3));
	ping(c, IP(3), d, IP(4));
	ping(d, IP(4), b, IP(2));
	ping(e, IP(5), a, IP(1));
	close(a);
	close(b);
	close(c);
	close(d);
	close(e);
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
	int s1 = add_switch("s1"), a = -1, b = -1, number_a, number_b;

	number_a = plug(&a, s1, "eth0", IP(1));
	number_b = plug(&b, s1, "eth0", IP(2));
	know(a, number_a, IP(2));
	know(b, number_b, IP(1));
	for (uint32_t i = 0; i < 200; i++)
		know(b, number_b, IP(50 + i));
	ck_assert_uint_eq(neighbour_flags(a, "10.0.0.2"), 6); /* ATF_COM | ATF_PERM */
	ck_assert_uint_eq(neighbour_flags(b, "10.0.0.249"), 6);
	ping(a, IP(1), b, IP(2)); /* the addresses told are the right ones */
	close(a);
	close(b);
}
END_TEST

/* Nodes come and go; their ports stay counted, so this needs few descriptors. */
static void fill_switch(int at, uint32_t count)
{
	int middle = -1;

	ck_assert_int_eq(snet__fabric_expect(fabric, count, &err), 0);
	for (uint32_t i = 0; i < count; i++) {
		if (middle >= 0)
			close(middle);
		middle = add_node(at, IP(1000 + i));
	}
	close(middle);
}

/* Send again and again until @at has something, or receive_udp() is to say that it has not. */
static void send_until(int sock, uint32_t to, int at)
{
	struct pollfd there = {.fd = at, .events = POLLIN};
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	do
		send_udp(sock, to);
	while (poll(&there, 1, 200) == 0 && snet__clock_ns() < until_ns);
}

/* As ping(), on a machine that has much to do: the kernel still removes what has filled a switch,
 * takes its time with new ports, and drops what is for more stations than its queue takes. */
static void ping_in_a_crowd(int a, uint32_t ipv4_a, int b, uint32_t ipv4_b)
{
	int sock_a = open_udp(a, ipv4_a), sock_b = open_udp(b, ipv4_b);

	send_until(sock_a, ipv4_b, sock_b);
	receive_udp(sock_b, ipv4_a);
	send_until(sock_b, ipv4_a, sock_a);
	receive_udp(sock_a, ipv4_b);
	close(sock_a);
	close(sock_b);
}

START_TEST(a_switch_grows_beyond_a_bridge)
{
	enum {
		COUNT = 1100
	};
	const struct snet__fabric_switch described[] = {
		{.name = "s1"},
		{.name = "s1", .ports = COUNT + 2, .is_quiet = true},
	};
	int s1 = add_switch_as(&described[_i]), first, last, end;
	int s2 = add_switch_as(
		&(struct snet__fabric_switch){.name = "s2", .is_quiet = _i == 1});

	first = add_node(s1, IP(1));
	fill_switch(s1, COUNT);
	(void)link_switches(s2, s1);
	last = add_node(s1, IP(2));
	end = add_node(s2, IP(3));
	ping_in_a_crowd(first, IP(1), last, IP(2));
	ping_in_a_crowd(first, IP(1), end, IP(3));
	close(first);
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
	struct snet__fabric_iface bad = make_iface("eth0", IP(1));
	int s1 = add_switch("s1"), number = -1, netns = -1, r;
	struct snet__fabric_node node;

	bad.prefix = 99;
	ck_assert_int_eq(snet__fabric_begin_node(fabric, -1, &node, &err), 0);
	r = snet__fabric_plug(fabric, &node, s1, &bad, &number, &err);
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_str_eq(err.msg, "prefix '99' is longer than 32 bits");
	ck_assert_int_eq(snet__fabric_finish_node(&node, r, &err), -EINVAL);
	ck_assert_int_eq(number, -1);
	close(node.netns);
	(void)plug(&netns, s1, "eth0", IP(1));
	close(netns);
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
	(void)add_switch("s1");
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
	int s1, a, b, r;

	rights_drop();
	r = snet_init(&err);
	if (r == -EINVAL)
		return; /* ThreadSanitizer has a thread of its own */
	ck_assert_msg(r == 0, "%s", err.msg);
	set_up();
	s1 = add_switch("s1");
	a = add_node(s1, IP(1));
	b = add_node(s1, IP(2));
	ping(a, IP(1), b, IP(2));
	close(a);
	close(b);
	tear_down();
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
	tcase_add_test(t, an_interface_is_not_as_the_host_has_them);
	tcase_add_test(t, no_end_is_left_to_the_kernels_worker);
	tcase_add_test(t, a_node_may_have_several_interfaces);
	tcase_add_test(t, what_is_unplugged_is_gone_and_can_be_plugged_in_again);
	tcase_add_test(t, a_quiet_segment_answers_for_all_its_stations);
	tcase_add_test(t, known_neighbours_are_not_asked_for);
	tcase_add_loop_test(t, a_switch_grows_beyond_a_bridge, 0, 2);
	tcase_add_test(t, namespaces_made_ahead_and_not_used_go_away);
	tcase_add_test(t, a_node_that_cannot_be_made_leaves_no_port);
	tcase_add_test(t, only_the_fabrics_bridges_skip_the_filters);
	tcase_add_test(t, the_hosts_interfaces_stay_as_they_are);
	suite_add_tcase(s, t);
	tcase_add_test(alone, a_lab_needs_no_root);
	suite_add_tcase(s, alone);
	return s;
}
