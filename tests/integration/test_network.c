/* SPDX-License-Identifier: MIT */
/* Topologies, by packets: who reaches whom over switches, routers, VLANs and cables. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "folder.h"
#include "inside.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"

static struct snet_err err;
static struct snet_lab *lab;
static struct test_folder folder;

static void set_up(void)
{
	err = (struct snet_err){0};
	test_folder_new(&folder);
}

static void tear_down(void)
{
	snet_lab_free(lab);
	lab = NULL;
	test_folder_free(&folder);
}

/* Bring up the lab of a file's text. */
static void up(const char *text)
{
	char path[PATH_MAX + 16];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/lab.json", folder.path);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	for (; *text; text++)
		(void)fputc(*text == '\'' ? '"' : *text, file);
	ck_assert_int_eq(fclose(file), 0);
	LABS_OK(snet_lab_load(&lab, path, &err));
	LABS_OK(snet_lab_up(lab, &err));
}

/* Whether a packet of @size bytes gets from a node to an address and back. */
static bool reaches(const char *from, const char *address, const char *size)
{
	const char *const argv[] = {"ping", "-c", "1",  "-W", "3",     "-M",
				    "do",   "-s", size, "-n", address, NULL};

	return inside_run(lab, from, argv) == 0;
}

static void expect_ways(const char *const (*pairs)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(reaches(pairs[i][0], pairs[i][1], "56"), "%s to %s",
			      pairs[i][0], pairs[i][1]);
}

#define EXPECT_WAYS(...)                                                \
	expect_ways((const char *const[][2]){__VA_ARGS__},              \
		    sizeof((const char *const[][2]){__VA_ARGS__}) / 2 / \
			    sizeof(const char *))

START_TEST(every_node_reaches_every_other_across_routers)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
	   "{'name': 'r1', 'kind': 'router'}, {'name': 'r2', 'kind': 'router'},\n"
	   "{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'},\n"
	   "{'name': 'c', 'kind': 'host'}],\n"
	   "'links': [{'from': 'a', 'to': 's'}, {'from': 'r1', 'to': 's'},\n"
	   "{'from': 'r1', 'to': 'r2', 'mtu': 1400}, {'from': 'r2', 'to': 't'},\n"
	   "{'from': 'b', 'to': 't'}, {'from': 'c', 'to': 'r2'}], 'ipv6': true}");
	EXPECT_WAYS({"a", "10.2.0.2"}, {"a", "10.3.0.2"}, {"b", "10.0.0.2"},
		    {"b", "10.3.0.2"}, {"c", "10.0.0.2"}, {"c", "10.1.0.1"},
		    {"a", "fd00::a02:2"}, {"b", "fd00::a00:2"}, {"c", "fd00::a00:2"},
		    {"b", "fd00::a03:2"});
	/* 1,400 bytes fit over the cable between the routers, with their 28 of headers. */
	ck_assert(reaches("a", "10.2.0.2", "1372"));
	ck_assert(!reaches("a", "10.2.0.2", "1373"));
	ck_assert(reaches("b", "10.3.0.2", "1472"));
}
END_TEST

/* By a cable, at a switch, and with a shaper in between, whose own ends have the MTU, too. */
START_TEST(small_mtus_are_those_of_the_interfaces)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'a', 'kind': 'host'},\n"
	   "{'name': 'b', 'kind': 'host'}, {'name': 'c', 'kind': 'host'}],\n"
	   "'links': [{'from': 'a', 'to': 'b', 'mtu': 576}, {'from': 'b', 'to': 's', 'mtu': "
	   "1279, 'delay': '1ms'}, {'from': 'c', 'to': 's', 'mtu': 68}]}");
	/* 20 of IP, 8 of ICMP; a port of a bridge lets four more pass, for a tag. */
	ck_assert(reaches("a", "10.0.0.2", "548"));
	ck_assert(!reaches("a", "10.0.0.2", "549"));
	ck_assert(reaches("b", "10.1.0.2", "40"));
	ck_assert(!reaches("b", "10.1.0.2", "48"));
}
END_TEST

/* A relayer, a host and a router in a row, which the router's other neighbours are to reach. */
START_TEST(a_node_between_two_areas_is_reached_at_all_its_addresses)
{
	up("{'nodes': [{'name': 'a', 'kind': 'host'}, {'name': 'm', 'kind': 'relayer'},\n"
	   "{'name': 'r', 'kind': 'router'}, {'name': 'b', 'kind': 'button'},\n"
	   "{'name': 'h', 'kind': 'host'}],\n"
	   "'links': [{'from': 'a', 'to': 'm'}, {'from': 'm', 'to': 'r'},\n"
	   "{'from': 'r', 'to': 'b'}, {'from': 'h', 'to': 'r'}], 'ipv6': true}");
	EXPECT_WAYS({"h", "10.0.0.2"}, {"h", "10.1.0.1"}, {"r", "10.0.0.2"},
		    {"a", "10.0.0.2"}, {"a", "10.1.0.1"}, {"h", "fd00::a00:2"},
		    {"r", "fd00::a00:2"}, {"a", "fd00::a01:1"});
	/* It hands on nothing. */
	ck_assert(!reaches("h", "10.0.0.1", "56"));
}
END_TEST

/* At s and t, m does not forward; r joins t and u, which n has an interface in each of; c and d have a
 * cable besides, which is c's first. */
START_TEST(a_node_in_several_subnets_answers_from_its_names_address)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
	   "{'name': 'u', 'kind': 'switch'}, {'name': 'a', 'kind': 'host'},\n"
	   "{'name': 'm', 'kind': 'host'}, {'name': 'b', 'kind': 'host'},\n"
	   "{'name': 'r', 'kind': 'router'}, {'name': 'n', 'kind': 'host'},\n"
	   "{'name': 'c', 'kind': 'host'}, {'name': 'd', 'kind': 'host'},\n"
	   "{'name': 'f', 'kind': 'host'}],\n"
	   "'links': [{'from': 'a', 'to': 's'}, {'from': 'm', 'to': 's'},\n"
	   "{'from': 'm', 'to': 't'}, {'from': 'b', 'to': 't'}, {'from': 'r', 'to': 't'},\n"
	   "{'from': 'r', 'to': 'u'}, {'from': 'n', 'to': 'u'}, {'from': 'n', 'to': 't'},\n"
	   "{'from': 'd', 'to': 't'}, {'from': 'c', 'to': 'd'}, {'from': 'c', 'to': 't'},\n"
	   "{'from': 'f', 'to': 'u'}], 'ipv6': true}");
	EXPECT_ANSWERS(lab, "a", "m");
	EXPECT_ANSWERS(lab, "m", "b", "r", "n", "c", "d", "f");
}
END_TEST

/* As ip(8) has it. */
static void expect_route(const char *from, const char *to, const char *way)
{
	autofree char *command =
		snet__text_format("ip -o route get %s | grep -q '%s'", to, way);
	const char *const argv[] = {"sh", "-c", command, NULL};

	ck_assert_msg(inside_run(lab, from, argv) == 0, "%s to %s: not %s", from, to,
		      way);
}

/* Of two in the same one the first has what is sent to it. */
START_TEST(a_node_twice_in_a_subnet_answers_from_its_names_address)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
	   "{'name': 'm', 'kind': 'host'}, {'name': 'a', 'kind': 'host'},\n"
	   "{'name': 'b', 'kind': 'host'}],\n"
	   "'links': [{'from': 'm', 'to': 's'}, {'name': 'second', 'from': 'm', 'to': 's'},\n"
	   "{'from': 'm', 'to': 't'}, {'name': 'fourth', 'from': 'm', 'to': 't'},\n"
	   "{'from': 'a', 'to': 's'}, {'from': 'b', 'to': 't'}], 'ipv6': true}");
	EXPECT_ANSWERS(lab, "m", "a");
	EXPECT_ANSWERS(lab, "m", "b");
	expect_route("m", "10.0.0.3", "dev eth0.* src 10.0.0.1 ");
	expect_route("m", "10.1.0.3", "dev eth2.* src 10.0.0.1 ");
	expect_route("m", "fd00::a00:3", "dev eth0.* src fd00::a00:1 ");
	expect_route("m", "fd00::a01:3", "dev eth2.* src fd00::a00:1 ");
}
END_TEST

START_TEST(vlans_are_apart_until_a_router_joins_them)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
	   "{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'},\n"
	   "{'name': 'c', 'kind': 'host'}, {'name': 'd', 'kind': 'host'},\n"
	   "{'name': 'r', 'kind': 'router'}],\n"
	   "'links': [{'from': 'a', 'to': 's', 'vlan': 10}, {'from': 'b', 'to': 't', 'vlan': "
	   "10},\n"
	   "{'from': 'c', 'to': 't', 'vlan': 20}, {'from': 'd', 'to': 't', 'vlan': 30},\n"
	   "{'from': 's', 'to': 't', 'vlans': [10, 20]},\n"
	   "{'from': 'r', 'to': 's', 'vlan': 10},\n"
	   "{'name': 'r20', 'from': 'r', 'to': 's', 'vlan': 20}]}");
	/* 10.0: VLAN 10, 10.1: VLAN 20, 10.2: VLAN 30. */
	EXPECT_WAYS({"a", "10.0.0.2"}, {"a", "10.1.0.1"}, {"c", "10.0.0.1"},
		    {"b", "10.1.0.1"});
	ck_assert(!reaches("a", "10.2.0.1", "56"));
	ck_assert(!reaches("d", "10.0.0.2", "56"));
}
END_TEST

START_TEST(a_loop_of_switches_is_up_when_it_forwards)
{
	up("{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 3, 'stp': true},\n"
	   "{'name': 'h{i}', 'kind': 'host', 'count': 3}],\n"
	   "'links': [{'from': 'h{i}', 'to': 's{i}', 'count': 3},\n"
	   "{'from': 's0', 'to': 's1'}, {'from': 's1', 'to': 's2'}, {'from': 's2', 'to': 's0'},\n"
	   "{'name': 'more', 'from': 's2', 'to': 's0'}]}");
	EXPECT_WAYS({"h0", "10.0.0.2"}, {"h1", "10.0.0.3"}, {"h2", "10.0.0.1"});
}
END_TEST

static void set_down(const char *link, bool is_down)
{
	const struct snet_impairment impairment = {.down = is_down};

	LABS_OK(snet_link_set(lab, link, SNET_DIRECTION_BOTH, &impairment, &err));
}

static void await_way(const char *from, const char *address)
{
	uint64_t until_ns = snet__clock_ns() + 60 * SNET__NS_PER_S;

	while (!reaches(from, address, "56"))
		ck_assert_msg(snet__clock_ns() < until_ns, "%s to %s", from, address);
}

/* Packets take two of the three ways between switches, so one of any two is in use. */
START_TEST(a_loop_of_switches_goes_on_without_one_of_its_links)
{
	static const char *const cut[] = {"s0-s1", "s1-s2"};

	up("{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 3, 'stp': true},\n"
	   "{'name': 'h{i}', 'kind': 'host', 'count': 3}],\n"
	   "'links': [{'from': 'h{i}', 'to': 's{i}', 'count': 3},\n"
	   "{'from': 's0', 'to': 's1'}, {'from': 's1', 'to': 's2'}, {'from': 's2', 'to': 's0'}]}");
	for (size_t i = 0; i < sizeof(cut) / sizeof(*cut); i++) {
		set_down(cut[i], true);
		await_way("h0", "10.0.0.2");
		await_way("h1", "10.0.0.3");
		await_way("h2", "10.0.0.1");
		set_down(cut[i], false);
	}
}
END_TEST

START_TEST(given_addresses_are_those_of_the_interfaces)
{
	char text[16];

	up("{'nodes': [{'name': 's', 'kind': 'switch', 'subnet': '192.168.7.0/24'},\n"
	   "{'name': 'a', 'kind': 'host', 'address': '192.168.7.9', 'mac': '02:11:22:33:44:55'},\n"
	   "{'name': 'r', 'kind': 'router', 'interfaces': [{'address': '192.168.7.1'},\n"
	   "{'address': '10.77.0.1', 'mac': '02:11:22:33:44:66'}]},\n"
	   "{'name': 'b', 'kind': 'host'}],\n"
	   "'links': [{'from': 'a', 'to': 's'}, {'from': 'r', 'to': 's'}, {'from': 'r', 'to': "
	   "'b'}]}");
	LABS_OK(snet_node_address(lab, "b", text, &err));
	ck_assert_str_eq(text, "10.77.0.2");
	EXPECT_WAYS({"a", "10.77.0.2"}, {"b", "192.168.7.9"}, {"b", "10.77.0.1"});
}
END_TEST

START_TEST(two_labs_with_equal_addresses_do_not_meet)
{
	static const char text[] =
		"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'a', 'kind': 'host'},\n"
		"{'name': 'b', 'kind': 'host', 'address': '%s'}],\n"
		"'links': [{'from': 'a', 'to': 's'}, {'from': 'b', 'to': 's'}]}";
	struct snet_lab *first;
	char one[400];

	(void)snprintf(one, sizeof(one), text, "10.0.0.7");
	up(one);
	first = lab;
	(void)snprintf(one, sizeof(one), text, "10.0.0.8");
	up(one);
	ck_assert(reaches("a", "10.0.0.8", "56"));
	ck_assert(!reaches("a", "10.0.0.7", "56"));
	snet_lab_free(lab);
	lab = first;
	ck_assert(reaches("a", "10.0.0.7", "56"));
}
END_TEST

static void read_packets(unsigned long ret[2])
{
	FILE *file = fopen("/proc/self/net/dev", "re");
	char line[300];

	while (file && fgets(line, sizeof(line), file))
		(void)sscanf(line, " eth0: %*u %lu %*u %*u %*u %*u %*u %*u %*u %lu",
			     &ret[0], &ret[1]);
}

/* The packets that a node's eth0 has received and sent, as a process in it sees them. */
static void count_packets(const char *node, unsigned long ret[2])
{
	int netns = -1, fds[2], status;
	pid_t pid;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		unsigned long packets[2] = {0};

		if (setns(netns, CLONE_NEWNET) == 0)
			read_packets(packets);
		_exit(write(fds[1], packets, sizeof(packets)) != sizeof(packets));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(read(fds[0], ret, 2 * sizeof(*ret)), 2 * sizeof(*ret));
	close(netns);
	close(fds[0]);
	close(fds[1]);
}

/* Each node tells, when it comes up, which multicast it listens to: twice, within two seconds. */
START_TEST(nodes_with_ipv6_do_not_tell_all_others)
{
	struct timespec pause = {.tv_nsec = 20000000};
	unsigned long packets[2];

	up("{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'},\n"
	   "{'name': 'h{i}', 'kind': 'host', 'count': 200}],\n"
	   "'links': [{'from': 'h{i}', 'to': 's', 'count': 200}]}");
	/* That no more comes shows only when it could have. */
	for (int i = 0; i < 500; i++) {
		count_packets("h0", packets);
		if (packets[1] >= 2)
			break;
		(void)nanosleep(&pause, NULL);
	}
	ck_assert_uint_ge(packets[1], 2);
	ck_assert_uint_le(packets[0], 20);
	ck_assert(reaches("h0", "fd00::a00:c8", "56"));
}
END_TEST

/* What it listens to it tells after its link-local address, behind which it would ask. */
START_TEST(a_multihomed_node_looks_for_no_routers)
{
	static const char script[] =
		"until grep -Eq 'OutMLDv2Reports[^0-9]*([3-9]|[1-9][0-9])' /proc/net/snmp6; do sleep .05; "
		"done; exec grep -q 'OutRouterSolicits[^0-9]*0$' /proc/net/snmp6";
	static const char *const nodes[] = {"m", "r"};
	const char *const argv[] = {"timeout", "20", "sh", "-c", script, NULL};

	up("{'ipv6': true, 'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 2},\n"
	   "{'name': 'm', 'kind': 'host'}, {'name': 'r', 'kind': 'router'}],\n"
	   "'links': [{'from': 'm', 'to': 's{i}', 'count': 2}, {'from': 'm', 'to': 'r'},\n"
	   "{'from': 'r', 'to': 's0'}]}");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		ck_assert_msg(inside_run(lab, nodes[i], argv) == 0, "%s", nodes[i]);
}
END_TEST

/* More stations than a bridge has ports, and more than a flood reaches. */
START_TEST(a_large_segment_needs_no_flooding)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
	   "{'name': 'r', 'kind': 'relayer'},\n"
	   "{'name': 'h{i}', 'kind': 'button', 'count': 1200},\n"
	   "{'name': 'x', 'kind': 'host'}],\n"
	   "'links': [{'from': 'h{i}', 'to': 's', 'count': 1200, 'mtu': 9000},\n"
	   "{'from': 's', 'to': 't'},\n"
	   "{'from': 'r', 'to': 't'}, {'from': 'x', 'to': 't'}]}");
	/* h0 and h1199 are on different leaves, x is on another switch. */
	EXPECT_WAYS({"x", "10.0.0.2"}, {"x", "10.0.4.177"}, {"h0", "10.0.4.177"},
		    {"h700", "10.0.4.178"});
	/* 20 of IP, 8 of ICMP. */
	ck_assert(reaches("h0", "10.0.4.177", "8972"));
}
END_TEST

static void add_node(struct snet_node_opts opts)
{
	opts.size = sizeof(opts);
	LABS_OK(snet_lab_add_node(lab, &opts, &err));
}

static void add_link(struct snet_link_opts opts)
{
	opts.size = sizeof(opts);
	LABS_OK(snet_lab_add_link(lab, &opts, &err));
}

static void expect_saved(const char *part)
{
	char path[PATH_MAX + 16], text[8192] = "";
	size_t size;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/saved.json", folder.path);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_gt(size, 0);
	ck_assert_msg(strstr(text, part), "no %s in %s", part, text);
}

/* All that a lab file says of networks, without one. */
START_TEST(a_program_builds_networks)
{
	const struct snet_interface_opts ends[] = {
		{.address = "10.8.0.7", .mac = "02:00:00:00:00:77"},
		{.address = NULL},
	};
	const unsigned int carried[] = {1, 20};
	char path[PATH_MAX + 16];

	LABS_OK(snet_lab_new(&lab, "built", &err));
	LABS_OK(snet_lab_set_subnet(lab, "10.8.0.0/13", &err));
	LABS_OK(snet_lab_set_ipv6(lab, "fd00:8::/64", &err));
	add_node((struct snet_node_opts){.name = "s", .kind = "switch", .stp = true});
	add_node((struct snet_node_opts){
		.name = "t", .kind = "switch", .subnet = "10.8.0.0/24", .stp = true});
	add_node((struct snet_node_opts){
		.name = "r", .kind = "router", .interfaces = ends, .interface_count = 2});
	add_node((struct snet_node_opts){.name = "a",
					 .kind = "host",
					 .mac = "02:00:00:00:00:11"});
	add_node((struct snet_node_opts){.name = "b", .kind = "host"});
	add_link((struct snet_link_opts){.from = "s",
					 .to = "t",
					 .name = "trunk",
					 .vlans = carried,
					 .vlan_count = 2});
	add_link((struct snet_link_opts){.from = "s", .to = "t", .name = "spare"});
	add_link((struct snet_link_opts){.from = "r", .to = "t"});
	add_link((struct snet_link_opts){
		.from = "r", .to = "t", .name = "r20", .vlan = 20});
	add_link((struct snet_link_opts){.from = "a", .to = "s", .mtu = 1400});
	add_link((struct snet_link_opts){.from = "b", .to = "s", .vlan = 20});
	LABS_OK(snet_lab_up(lab, &err));

	EXPECT_WAYS({"a", "10.8.0.7"}, {"b", "10.8.0.7"}, {"a", "fd00:8::a08:7"});
	ck_assert(!reaches("a", "10.8.0.7", "1373"));
	(void)snprintf(path, sizeof(path), "%s/saved.json", folder.path);
	LABS_OK(snet_lab_save(lab, path, NULL, &err));
	expect_saved("\"02:00:00:00:00:77\"");
	expect_saved("\"02:00:00:00:00:11\"");
	expect_saved("\"fd00:8::/96\"");
	expect_saved("\"10.8.0.0/24\"");
	expect_saved("\"spare\"");
}
END_TEST

START_TEST(wrong_networks_are_refused_field_by_field)
{
	const struct snet_interface_opts bad[] = {{.mac = "x"}};
	const unsigned int vlans[] = {1, 4095};
	const struct {
		struct snet_node_opts node;
		struct snet_link_opts link;
		const char *text;
	} wrong[] = {
		{.node = {.kind = "host", .mac = "ff:ff:ff:ff:ff:ff"},
		 .text = "node 'n': mac: 'ff:ff:ff:ff:ff:ff' is not the address of one "
			 "station"},
		{.node = {.kind = "host", .stp = true},
		 .text = "node 'n': a host has no stp"},
		{.node = {.kind = "host", .subnet = "10.0.0.0/8"},
		 .text = "node 'n': a host has no subnet"},
		{.node = {.kind = "switch", .interfaces = bad, .interface_count = 1},
		 .text = "node 'n': a switch has no interfaces"},
		{.node = {.kind = "host", .interfaces = bad, .interface_count = 1},
		 .text = "node 'n': interfaces[0]: mac: expected a hardware address such as "
			 "'02:00:0a:00:00:07', got 'x'"},
		{.node = {.kind = "host",
			  .address = "10.0.0.1",
			  .interfaces = bad,
			  .interface_count = 1},
		 .text = "node 'n': interfaces exclude address and mac"},
		{.link = {.vlan = 4095},
		 .text = "link 'a-b': vlan: out of range: 1 to 4094"},
		{.link = {.vlans = vlans, .vlan_count = 2},
		 .text = "link 'a-b': vlans: out of range: 1 to 4094"},
		{.link = {.vlan = 1, .vlans = vlans, .vlan_count = 1},
		 .text = "link 'a-b': vlan and vlans exclude each other"},
		{.link = {.mtu = 67},
		 .text = "link 'a-b': mtu: out of range: 68 to 65535"},
	};

	LABS_OK(snet_lab_new(&lab, "wrong", &err));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct snet_node_opts node = wrong[i].node;
		struct snet_link_opts link = wrong[i].link;
		int r;

		node.size = sizeof(node);
		node.name = "n";
		link.size = sizeof(link);
		link.from = "a";
		link.to = "b";
		r = node.kind ? snet_lab_add_node(lab, &node, &err)
			      : snet_lab_add_link(lab, &link, &err);
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_eq(err.msg, wrong[i].text);
	}
	ck_assert_int_eq(snet_lab_set_ipv6(lab, "fe80::/64", &err), -EINVAL);
	ck_assert_int_eq(snet_lab_set_subnet(lab, "10.0.0.1/8", &err), -EINVAL);
}
END_TEST

/* What a program that was compiled before links had names passes. */
START_TEST(link_options_of_an_older_size_are_accepted)
{
	struct snet_link_opts opts = {
		.size = offsetof(struct snet_link_opts, name),
		.from = "a",
		.to = "b",
		.name = "behind what it has",
	};

	LABS_OK(snet_lab_new(&lab, "older", &err));
	LABS_OK(snet_lab_add_link(lab, &opts, &err));
	opts.size--;
	ck_assert_int_eq(snet_lab_add_link(lab, &opts, &err), -EINVAL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("network");
	TCase *t = tcase_create("network");

	rights_get();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, every_node_reaches_every_other_across_routers);
	tcase_add_test(t, small_mtus_are_those_of_the_interfaces);
	tcase_add_test(t, a_node_between_two_areas_is_reached_at_all_its_addresses);
	tcase_add_test(t, a_node_in_several_subnets_answers_from_its_names_address);
	tcase_add_test(t, a_node_twice_in_a_subnet_answers_from_its_names_address);
	tcase_add_test(t, vlans_are_apart_until_a_router_joins_them);
	tcase_add_test(t, a_loop_of_switches_is_up_when_it_forwards);
	tcase_add_test(t, a_loop_of_switches_goes_on_without_one_of_its_links);
	tcase_add_test(t, given_addresses_are_those_of_the_interfaces);
	tcase_add_test(t, two_labs_with_equal_addresses_do_not_meet);
	tcase_add_test(t, a_large_segment_needs_no_flooding);
	tcase_add_test(t, nodes_with_ipv6_do_not_tell_all_others);
	tcase_add_test(t, a_multihomed_node_looks_for_no_routers);
	tcase_add_test(t, a_program_builds_networks);
	tcase_add_test(t, wrong_networks_are_refused_field_by_field);
	tcase_add_test(t, link_options_of_an_older_size_are_accepted);
	suite_add_tcase(s, t);
	return s;
}
