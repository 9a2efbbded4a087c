/* SPDX-License-Identifier: MIT */
/* Networks that change while they are up, by packets: switches with redundant ways, routers,
 * VLANs, and many nodes. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "inside.h"
#include "lab/acquaint.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;

static void set_up(void)
{
	err = (struct snet_err){0};
	LABS_OK(snet_lab_new(&lab, "lab", &err));
}

static void tear_down(void)
{
	snet_lab_free(lab);
}

static void up(const char *text)
{
	char *json = quoted(text);

	LABS_OK(snet_lab_parse(lab, json, NULL, &err));
	LABS_OK(snet_lab_up(lab, &err));
	free(json);
}

static void apply(const char *text)
{
	char *json = quoted(text);
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	LABS_OK(snet_lab_apply(lab, &opts, NULL, &err));
	free(json);
}

/* With it a cable takes others, and without it again also what is at a switch. */
#define ANEW "'shaper': 'user', 'delay': '1ms'"

static void apply_anew(const char *text)
{
	char *json = quoted(text), *lines = NULL;
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	LABS_OK(snet_lab_apply(lab, &opts, &lines, &err));
	ck_assert_msg(strstr(lines, "(made anew)"), "%s", lines);
	free(lines);
	free(json);
}

static void extend(const char *text)
{
	char *json = quoted(text);
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	LABS_OK(snet_lab_extend(lab, &opts, NULL, &err));
	free(json);
}

/* Whether one packet gets to a node's first address and back. */
static bool reaches(const char *from, const char *to)
{
	char address[16];

	LABS_OK(snet_node_address(lab, to, address, &err));
	return inside_reaches(lab, from, address);
}

/* The same by IPv6, in a lab that has it. */
static bool reaches6(const char *from, const char *to)
{
	autofree char *address6 = NULL;
	char address[16];

	LABS_OK(snet_node_address(lab, to, address, &err));
	address6 = snet__text_format("fd00::%s", address);
	return inside_reaches(lab, from, address6);
}

static void expect_all(const char *const *nodes)
{
	for (const char *const *from = nodes; *from; from++)
		for (const char *const *to = nodes; *to; to++)
			ck_assert_msg(from == to || reaches(*from, *to), "%s to %s",
				      *from, *to);
}

#define EXPECT_ALL(...) expect_all((const char *const[]){__VA_ARGS__, NULL})

#define RING(stp, more_nodes, more_links)                                                    \
	"{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 3, 'stp': " stp              \
	"}, {'name': 'h{i}', 'kind': 'host', 'count': 3}" more_nodes "],\n"                  \
	"'links': [{'from': 'h{i}', 'to': 's{i}', 'count': 3}, {'from': 's0', 'to': 's1'}, " \
	"{'from': 's1', 'to': 's2'}" more_links "]}"

#define REDUNDANT \
	", {'from': 's2', 'to': 's0'}, {'name': 'more', 'from': 's2', 'to': 's0'}"

START_TEST(nodes_join_a_ring_of_switches)
{
	up(RING("true", "", REDUNDANT));
	extend("{'nodes': [{'name': 's3', 'kind': 'switch', 'stp': true}, {'name': 'h3', "
	       "'kind': 'host'}],\n"
	       "'links': [{'from': 's3', 'to': 's0'}, {'from': 's3', 'to': 's2'}, {'from': "
	       "'h3', 'to': 's3'}]}");
	EXPECT_ALL("h0", "h1", "h2", "h3");
	LABS_OK(snet_lab_remove_node(lab, "h3", &err));
	LABS_OK(snet_lab_remove_node(lab, "s3", &err));
	EXPECT_ALL("h0", "h1", "h2");
}
END_TEST

/* Its nodes have the only way to each other over what is made anew. */
START_TEST(switches_become_such_that_know_of_rings)
{
	ino_t h0;

	up(RING("false", "", ""));
	h0 = inside_netns(lab, "h0");
	EXPECT_ALL("h0", "h1", "h2");
	apply(RING("true", "", REDUNDANT));
	EXPECT_ALL("h0", "h1", "h2");
	apply(RING("false", "", ""));
	EXPECT_ALL("h0", "h1", "h2");
	ck_assert_uint_eq(inside_netns(lab, "h0"), h0);
}
END_TEST

#define TWO(more_nodes, more_links)                                                        \
	"{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': " \
	"'switch'}, {'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'}, "        \
	"{'name': 'c', 'kind': 'host'}" more_nodes "],\n"                                  \
	"'links': [{'from': 'a', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'c', "     \
	"'to': 't'}" more_links "]}"

START_TEST(the_first_router_comes_and_goes)
{
	ino_t a;

	up(TWO("", ""));
	a = inside_netns(lab, "a");
	for (int i = 0; i < 3; i++) {
		ck_assert(!reaches("a", "c"));
		apply(TWO(", {'name': 'r', 'kind': 'router'}",
			  ", {'from': 'r', 'to': 's'}, {'from': 'r', 'to': 't'}"));
		EXPECT_ALL("a", "b", "c", "r");
		/* Another way, over two. */
		apply(TWO(
			", {'name': 'q', 'kind': 'router'}, {'name': 'r', 'kind': "
			"'router'}",
			", {'from': 'q', 'to': 's'}, {'from': 'q', 'to': 'r'}, {'from': "
			"'r', 'to': 't'}"));
		EXPECT_ALL("a", "b", "c", "r");
		apply(TWO("", ""));
		EXPECT_ALL("a", "b");
	}
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
}
END_TEST

#define ROW(more_nodes, more_links)                                           \
	"{'nodes': [{'name': 'm', 'kind': 'relayer'}, {'name': 'r', 'kind': " \
	"'router'}, {'name': 'h', 'kind': 'host'}" more_nodes                 \
	"],\n'links': [" more_links                                           \
	"{'from': 'm', 'to': 'r'}, {'from': 'h', 'to': 'r'}]}"

/* What a command in a node writes, its first line. */
static char *output_of(const char *node, const char *command)
{
	static char line[200];
	int netns = -1, ends[2];
	ssize_t n;
	pid_t pid;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (setns(netns, CLONE_NEWNET) == 0 && dup2(ends[1], 1) == 1)
			(void)execlp("sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(netns);
	close(ends[1]);
	n = read(ends[0], line, sizeof(line) - 1);
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	line[n > 0 ? n : 0] = '\0';
	return line;
}

/* What an address is reached by, as ip(8) has it. */
static char *route_of(const char *node, const char *address)
{
	autofree char *command = snet__text_format("ip -o route show %s", address);

	return output_of(node, command);
}

START_TEST(a_relayer_comes_between_two_areas)
{
	char address[16], *route;

	up(ROW("", ""));
	for (int i = 0; i < 2; i++) {
		EXPECT_ALL("m", "h", "r");
		/* Its first interface leads away from the router, and from the button. */
		apply(ROW(
			", {'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'button'}",
			"{'from': 'a', 'to': 'm'}, {'from': 'r', 'to': 'b'}, "));
		ck_assert(reaches("h", "m"));
		ck_assert(reaches("r", "m"));
		ck_assert(reaches("a", "m"));
		LABS_OK(snet_node_address(lab, "m", address, &err));
		route = route_of("r", address);
		ck_assert_ptr_nonnull(strstr(route, address));
		apply(ROW("", ""));
		ck_assert_str_eq(route_of("r", address), "");
	}
}
END_TEST

/* A host m at s and t, which nothing else joins, and a router at t and u. */
#define AREAS(first, more_nodes, more_links)                                                      \
	"{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', "                \
	"'kind': 'switch'}, {'name': 'u', 'kind': 'switch'}, {'name': 'm', 'kind': "              \
	"'host'}, {'name': 'r', 'kind': 'router'}, {'name': 'a', 'kind': 'host'}, "               \
	"{'name': 'b', 'kind': 'host'}, {'name': 'f', 'kind': 'host'}" more_nodes                 \
	"],\n'links': [" first                                                                    \
	"{'from': 'm', 'to': 't'}, {'from': 'r', 'to': 't'}, {'from': 'r', 'to': 'u'}, "          \
	"{'from': 'a', 'to': 's'}, {'from': 'b', 'to': 't'}, {'from': 'f', 'to': 'u'}" more_links \
	"]}"

START_TEST(nodes_answer_from_their_names_addresses_while_interfaces_come_and_go)
{
	up(AREAS("", "", ""));
	EXPECT_ANSWERS(lab, "m", "b", "r", "f");
	for (int i = 0; i < 2; i++) {
		/* A first one before the one that was. */
		apply(AREAS("{'from': 'm', 'to': 's', " ANEW "}, ", "", ""));
		EXPECT_ANSWERS(lab, "m", "a");
		EXPECT_ANSWERS(lab, "m", "b", "r", "f");
		/* It is made anew, and the second stays. */
		apply_anew(AREAS("{'from': 'm', 'to': 's'}, ", "", ""));
		EXPECT_ANSWERS(lab, "m", "a");
		EXPECT_ANSWERS(lab, "m", "b", "r", "f");
		/* A third in another segment, and one more in that of the first. */
		apply(AREAS("{'from': 'm', 'to': 's', " ANEW "}, ",
			    ", {'name': 'x', 'kind': 'host'}",
			    ", {'from': 'm', 'to': 'u'}, {'from': 'x', 'to': 'r'}, "
			    "{'name': 'more', 'from': 'm', 'to': 's'}"));
		EXPECT_ANSWERS(lab, "m", "a");
		EXPECT_ANSWERS(lab, "m", "b", "r", "f", "x");
		/* The first anew, behind that one. */
		apply_anew(
			AREAS("{'from': 'm', 'to': 's'}, ", "",
			      ", {'from': 'm', 'to': 'u'}, {'name': 'more', 'from': 'm', "
			      "'to': 's'}"));
		EXPECT_ANSWERS(lab, "m", "a");
		EXPECT_ANSWERS(lab, "m", "b", "r", "f");
		/* The second is the first. */
		apply(AREAS("", "", ", {'from': 'm', 'to': 'u'}"));
		EXPECT_ANSWERS(lab, "m", "b", "r", "f");
		apply(AREAS("", "", ""));
		EXPECT_ANSWERS(lab, "m", "b", "r", "f");
	}
}
END_TEST

/* Datagrams, one after the other, from one node to another. */
struct stream {
	int from, to;
	atomic_bool is_over;
	unsigned int lost;
};

static void *send_all(void *arg)
{
	struct stream *stream = arg;
	char byte = 'x';

	while (!atomic_load(&stream->is_over) && !stream->lost)
		stream->lost += send(stream->from, &byte, 1, 0) != 1 ||
				!wait_readable(stream->to) ||
				recv(stream->to, &byte, 1, 0) != 1;
	return NULL;
}

static struct stream open_stream(const char *from, const char *to)
{
	struct stream ret = {.from = answers_socket(lab, from, AF_INET),
			     .to = answers_socket(lab, to, AF_INET)};
	union answers_address at = answers_at(lab, to, AF_INET);
	socklen_t size = sizeof(at);

	ck_assert_int_eq(bind(ret.to, &at.any, size), 0);
	ck_assert_int_eq(getsockname(ret.to, &at.any, &size), 0);
	ck_assert_int_eq(connect(ret.from, &at.any, size), 0);
	return ret;
}

/* Its first link leads to h; what passes it goes from s to t, and on to v by another router. */
#define CROSSING(more)                                                                    \
	"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'}, "   \
	"{'name': 'r', 'kind': 'router'}, {'name': 'q', 'kind': 'router'}, {'name': 'h'," \
	" 'kind': 'host'}, {'name': 'a', 'kind': 'host'}, {'name': 'f', 'kind': 'host'}"  \
	"],\n'links': [{'from': 'r', 'to': 'h'" more                                      \
	"}, {'from': 'r', 'to': 's'}, {'from': 'r', 'to': 't'}, {'from': 'q', 'to': "     \
	"'t'}, {'from': 'a', 'to': 's'}, {'from': 'f', 'to': 'q'}]}"

START_TEST(what_passes_a_router_does_not_notice_that_its_first_link_is_made_anew)
{
	struct stream stream;
	pthread_t thread;

	up(CROSSING(""));
	EXPECT_ALL("a", "f", "h", "r");
	stream = open_stream("a", "f");
	ck_assert_int_eq(pthread_create(&thread, NULL, send_all, &stream), 0);
	apply_anew(CROSSING(", " ANEW));
	apply_anew(CROSSING(""));
	atomic_store(&stream.is_over, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(stream.lost, 0);
	close(stream.from);
	close(stream.to);
	EXPECT_ALL("a", "f", "h", "r");
}
END_TEST

#define FILTER "/proc/sys/net/ipv4/conf/all/rp_filter"

/* As a host has it that is strict about source addresses. A program would not have the right. */
static void filter_strictly(const char *node)
{
	int netns = -1, fd, status;
	pid_t pid;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	pid = fork();
	if (pid == 0) {
		fd = setns(netns, CLONE_NEWNET) == 0 ? open(FILTER, O_WRONLY | O_CLOEXEC)
						     : -1;
		_exit(fd < 0 || write(fd, "1", 1) != 1);
	}
	close(netns);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(output_of(node, "cat " FILTER), "1\n");
}

static bool is_strict(const char *node)
{
	return strcmp(output_of(node, "cat " FILTER), "0\n") != 0;
}

START_TEST(a_node_with_several_ways_takes_what_comes_by_any)
{
	up(ROW("", ""));
	filter_strictly("r");
	filter_strictly("m");
	filter_strictly("h");
	apply(ROW(", {'name': 's', 'kind': 'switch'}, {'name': 'a', 'kind': 'host'}",
		  "{'name': 'more', 'from': 'm', 'to': 's'}, {'from': 'r', 'to': 's'}, "
		  "{'from': 'a', 'to': 's'}, "));
	ck_assert(!is_strict("r"));
	ck_assert(!is_strict("m"));
	/* All that comes to it comes by its only interface. */
	ck_assert(is_strict("h"));
	EXPECT_ALL("a", "h", "m", "r");
}
END_TEST

#define VLANS(a, b, trunk)                                                              \
	"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'}, " \
	"{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'}, {'name': 'c', "  \
	"'kind': 'host'}],\n"                                                           \
	"'links': [{'from': 'a', 'to': 's'" a "}, {'from': 'b', 'to': 't'" b            \
	"}, {'from': "                                                                  \
	"'c', 'to': 't'}, {'from': 's', 'to': 't'" trunk "}]}"

START_TEST(links_come_into_vlans)
{
	ino_t a, c;

	up(VLANS("", "", ""));
	a = inside_netns(lab, "a");
	c = inside_netns(lab, "c");
	EXPECT_ALL("a", "b", "c");
	apply(VLANS(", 'vlan': 10", "", ""));
	ck_assert(!reaches("a", "b"));
	EXPECT_ALL("b", "c");
	apply(VLANS(", 'vlan': 10", ", 'vlan': 10", ""));
	EXPECT_ALL("a", "b");
	ck_assert(!reaches("c", "b"));
	apply(VLANS(", 'vlan': 10", ", 'vlan': 10", ", 'vlans': [20, 30]"));
	ck_assert(!reaches("a", "b"));
	apply(VLANS(", 'vlan': 10", ", 'vlan': 10", ", 'vlan': 10"));
	EXPECT_ALL("a", "b");
	apply(VLANS("", "", ""));
	EXPECT_ALL("a", "b", "c");
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
	ck_assert_uint_eq(inside_netns(lab, "c"), c);
}
END_TEST

/* What others know of a node, by what they have sent to it, is not so any more. */
#define NEIGHBOURS(more_nodes, more_links)                                               \
	"{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'h', "       \
	"'kind': 'host'}" more_nodes "],\n'links': [{'from': 'h', 'to': 's'}" more_links \
	"]}"

START_TEST(a_node_with_another_hardware_address_is_reached_at_once)
{
	up(NEIGHBOURS(", {'name': 'g', 'kind': 'host'}", ", {'from': 'g', 'to': 's'}"));
	ck_assert(reaches("h", "g") && reaches6("h", "g"));
	apply(NEIGHBOURS(", {'name': 'g', 'kind': 'host', 'mac': '02:77:00:00:00:01'}",
			 ", {'from': 'g', 'to': 's'}"));
	ck_assert(reaches("h", "g"));
	ck_assert(reaches6("h", "g"));
}
END_TEST

static int acquaint(void *arg, struct snet_err *ret_err)
{
	struct snet_lab *of = arg;

	return snet__lab_acquaint(of->run, snet__model_find_node(&of->model, "h"),
				  snet__model_find_node(&of->model, "g"), ret_err);
}

START_TEST(an_acquaintance_with_another_hardware_address_is_reached_at_once)
{
	up(NEIGHBOURS(", {'name': 'g', 'kind': 'host'}", ", {'from': 'g', 'to': 's'}"));
	LABS_OK(snet__lab_call(lab, acquaint, lab, &err));
	apply(NEIGHBOURS(", {'name': 'g', 'kind': 'host', 'mac': '02:77:00:00:00:01'}",
			 ", {'from': 'g', 'to': 's'}"));
	EXPECT_ALL("h", "g");
}
END_TEST

/* Frames. */
static int sent_by(const char *node)
{
	return atoi(output_of(node, "awk '/eth0/ {print $11}' /proc/net/dev"));
}

START_TEST(only_what_is_new_announces_itself_and_only_after_a_change)
{
	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'h', 'kind': 'host'}], "
	   "'links': [{'from': 'h', 'to': 's'}]}");
	ck_assert_int_eq(sent_by("h"), 0);
	extend("{'nodes': [{'name': 'x', 'kind': 'host'}], 'links': [{'from': 'x', 'to': "
	       "'s'}]}");
	ck_assert_int_eq(sent_by("x"), 1);
	ck_assert_int_eq(sent_by("h"), 0);
}
END_TEST

/* x comes, and has the address of @node, which goes. */
static void replace_by_x(const char *node)
{
	char before[16], after[16];

	LABS_OK(snet_node_address(lab, node, before, &err));
	LABS_OK(snet_lab_remove_node(lab, node, &err));
	extend("{'nodes': [{'name': 'x', 'kind': 'host', 'mac': '02:77:00:00:00:01'}], "
	       "'links': [{'from': 'x', 'to': 's'}]}");
	LABS_OK(snet_node_address(lab, "x", after, &err));
	ck_assert_str_eq(after, before);
}

START_TEST(a_node_that_has_the_address_of_a_former_one_is_reached_at_once)
{
	up(NEIGHBOURS(", {'name': 'g', 'kind': 'host'}", ", {'from': 'g', 'to': 's'}"));
	ck_assert(reaches("h", "g") && reaches6("h", "g"));
	replace_by_x("g");
	ck_assert(reaches("h", "x"));
	ck_assert(reaches6("h", "x"));
}
END_TEST

/* Switches with stations: h at @at, x at s1, y at s2. */
#define PLACES(stp, at, trunk)                                                         \
	"{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 3, 'stp': " stp        \
	"}, {'name': 'h', 'kind': 'host'}, {'name': 'x', 'kind': 'host'}, {'name': "   \
	"'y', 'kind': 'host'}],\n'links': [{'from': 'h', 'to': '" at                   \
	"'}, {'from': 'x', 'to': 's1'}, {'from': 'y', 'to': 's2'}, {'name': 'first', " \
	"'from': 's0', 'to': 's1'}, {'name': 'second', 'from': 's2', 'to': '" trunk    \
	"'}]}"

START_TEST(a_node_that_has_moved_is_reached_at_once)
{
	static const char *const stp[] = {PLACES("false", "s0", "s1"),
					  PLACES("false", "s2", "s1"),
					  PLACES("true", "s0", "s1"),
					  PLACES("true", "s2", "s1")};

	up(stp[_i * 2]);
	ck_assert(reaches("x", "h"));
	apply(stp[_i * 2 + 1]);
	ck_assert(reaches("x", "h"));
}
END_TEST

START_TEST(nodes_behind_a_switch_that_has_moved_are_reached_at_once)
{
	up(PLACES("false", "s0", "s0"));
	ck_assert(reaches("x", "y") && reaches("h", "y"));
	apply(PLACES("false", "s0", "s1"));
	ck_assert(reaches("h", "y"));
	ck_assert(reaches("x", "y"));
	apply(PLACES("false", "s0", "s0"));
	ck_assert(reaches("x", "y"));
	ck_assert(reaches("h", "y"));
}
END_TEST

/* m knows its button for good, but not who comes after it. */
START_TEST(a_relayer_reaches_a_node_that_has_the_address_of_a_former_button)
{
	up("{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'm', 'kind': "
	   "'relayer'}, {'name': 'b', 'kind': 'button'}],\n"
	   "'links': [{'from': 'm', 'to': 's'}, {'from': 'b', 'to': 's'}]}");
	replace_by_x("b");
	ck_assert(reaches("m", "x"));
	ck_assert(reaches6("m", "x"));
}
END_TEST

/* Its switches answer for it, to those who do not know it. */
#define LARGE(mac)                                                                          \
	"{'ipv6': true, 'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 2}, "         \
	"{'name': 'h{i}', 'kind': 'host', 'count': 600}, {'name': 'g', 'kind': 'host'" mac  \
	"}],\n'links': [{'from': 's0', 'to': 's1'}, {'from': 'h{i}', 'to': 's0', 'count': " \
	"600}, {'from': 'g', 'to': 's1'}]}"

START_TEST(a_node_of_a_large_segment_has_another_hardware_address)
{
	up(LARGE(""));
	ck_assert(reaches("h0", "g") && reaches("h599", "g") && reaches6("h0", "g"));
	apply(LARGE(", 'mac': '02:77:00:00:00:01'"));
	EXPECT_ALL("h0", "h1", "h599", "g");
	ck_assert(reaches6("h0", "g"));
}
END_TEST

#define HOSTS(name, count)                                                           \
	"{'nodes': [{'name': '" name "{i}', 'kind': 'host', 'count': " count "}],\n" \
	"'links': [{'from': '" name "{i}', 'to': 's', 'count': " count "}]}"

/* Beyond what a bridge was made for, and back. */
START_TEST(a_switch_grows_and_shrinks_by_hundreds)
{
	ino_t h0;

	up("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'h{i}', 'kind': 'host', "
	   "'count': 10}], 'links': [{'from': 'h{i}', 'to': 's', 'count': 10}]}");
	h0 = inside_netns(lab, "h0");
	extend(HOSTS("x", "300"));
	extend(HOSTS("y", "300"));
	EXPECT_ALL("h0", "x0", "x299", "y0", "y299");
	ck_assert_uint_eq(snet_lab_node_count(lab), 611);
	apply("{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'h{i}', 'kind': 'host', "
	      "'count': 10}], 'links': [{'from': 'h{i}', 'to': 's', 'count': 10}]}");
	EXPECT_ALL("h0", "h9");
	extend(HOSTS("z", "300"));
	EXPECT_ALL("h0", "z0", "z299");
	ck_assert_uint_eq(inside_netns(lab, "h0"), h0);
}
END_TEST

/* Its stations are known to bridges that flood nothing; what comes and goes must be, too. */
START_TEST(a_large_segment_knows_what_comes)
{
	up("{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 2}, {'name': 'h{i}', "
	   "'kind': 'host', 'count': 600}],\n"
	   "'links': [{'from': 's0', 'to': 's1'}, {'from': 'h{i}', 'to': 's0', 'count': "
	   "600}]}");
	extend("{'nodes': [{'name': 't', 'kind': 'switch'}, {'name': 'x{i}', 'kind': 'host', "
	       "'count': 3}],\n"
	       "'links': [{'from': 't', 'to': 's1'}, {'from': 'x0', 'to': 's0'}, {'from': "
	       "'x1', 'to': 's1'}, {'from': 'x2', 'to': 't'}]}");
	EXPECT_ALL("h0", "h599", "x0", "x1", "x2");
	LABS_OK(snet_lab_remove_node(lab, "x2", &err));
	LABS_OK(snet_lab_remove_node(lab, "t", &err));
	extend("{'nodes': [{'name': 'x2', 'kind': 'host'}], 'links': [{'from': 'x2', 'to': "
	       "'s1'}]}");
	EXPECT_ALL("h0", "h599", "x0", "x1", "x2");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("change_network");
	TCase *t = tcase_create("change_network");

	rights_get();
	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nodes_join_a_ring_of_switches);
	tcase_add_test(t, switches_become_such_that_know_of_rings);
	tcase_add_test(t, the_first_router_comes_and_goes);
	tcase_add_test(t, a_relayer_comes_between_two_areas);
	tcase_add_test(
		t, nodes_answer_from_their_names_addresses_while_interfaces_come_and_go);
	tcase_add_test(
		t, what_passes_a_router_does_not_notice_that_its_first_link_is_made_anew);
	tcase_add_test(t, a_node_with_several_ways_takes_what_comes_by_any);
	tcase_add_test(t, links_come_into_vlans);
	tcase_add_test(t, a_node_with_another_hardware_address_is_reached_at_once);
	tcase_add_test(t,
		       an_acquaintance_with_another_hardware_address_is_reached_at_once);
	tcase_add_test(t, only_what_is_new_announces_itself_and_only_after_a_change);
	tcase_add_test(t, a_node_that_has_the_address_of_a_former_one_is_reached_at_once);
	tcase_add_loop_test(t, a_node_that_has_moved_is_reached_at_once, 0, 2);
	tcase_add_test(t, nodes_behind_a_switch_that_has_moved_are_reached_at_once);
	tcase_add_test(t,
		       a_relayer_reaches_a_node_that_has_the_address_of_a_former_button);
	tcase_add_test(t, a_node_of_a_large_segment_has_another_hardware_address);
	tcase_add_test(t, a_switch_grows_and_shrinks_by_hundreds);
	tcase_add_test(t, a_large_segment_knows_what_comes);
	suite_add_tcase(s, t);
	return s;
}
