/* SPDX-License-Identifier: MIT */
/* What changes from one lab to another is noticed, and told in a few words. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quoted.h"
#include "suite.h"
#include "topo/diff.h"
#include "topo/reader.h"

static struct snet__model before, after;
static struct snet__diff diff;
static struct snet_err err;

static void setup(void)
{
	snet__model_init(&before);
	snet__model_init(&after);
	diff = (struct snet__diff){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	snet__diff_clear(&diff);
	snet__model_clear(&before);
	snet__model_clear(&after);
}

/* Read a lab into an empty model. */
static int read_lab(struct snet__model *model, const char *text)
{
	struct snet__problems problems = {0};
	int r = snet__model_read(model, text, strlen(text), FULL_FOLDER, &problems, &err);

	snet__problems_clear(&problems);
	return r;
}

/* JSON with ' for ". */
static void read_quoted(struct snet__model *model, const char *text)
{
	char *copy = quoted(text);

	ck_assert_msg(read_lab(model, copy) == 0, "%s", err.msg);
	free(copy);
}

static void compare(void)
{
	snet__diff_clear(&diff);
	ck_assert_int_eq(snet__diff(&diff, &before, &after, &err), 0);
}

static void expect(const char *lines)
{
	char *text = snet__diff_format(&diff, false);

	ck_assert_str_eq(text, lines);
	free(text);
}

#define LAB(routes, nodes, links, backends)                              \
	"{'lab': 'l', 'nodes': [{'name': 's', 'kind': 'switch'},"        \
	"{'name': 'r', 'kind': 'relayer', 'routes': [" routes "]}" nodes \
	"], 'links': [{'from': 'r', 'to': 's'}" links "], 'backends': {" \
	"'c': {'kind': 'openwhisk', 'url': 'http://a'}" backends "}}"
#define NODE(text) LAB("", ", " text, ", {'from': 'x', 'to': 's'}", "")
#define LINK(text)                                                                       \
	LAB("", ", {'name': 'x', 'kind': 'host'}", ", {'from': 'x', 'to': 's'" text "}", \
	    "")
#define CABLE(text)                                                               \
	LAB("", ", {'name': 'x', 'kind': 'host'}, {'name': 'y', 'kind': 'host'}", \
	    ", {'from': 'x', 'to': 'y'" text "}", "")
#define ROUTE(text) LAB(text, "", "", "")
#define NAMED       "'name': 'x', 'kind': "
#define CODE        "'kind': 'nodejs:default', 'code': "
#define CODED(text) \
	NODE("{" NAMED "'functions', 'functions': {'g': {" CODE "'" text "'}}}")
#define TEN "0123456789"

/* From one lab to another, and back. */
static const struct {
	const char *before, *after, *there, *back;
	enum snet__takes takes; /* of the first change */
} cases[] = {
	{NODE("{" NAMED "'host'}"), NODE("{" NAMED "'host'}"), "no changes\n",
	 "no changes\n", SNET__TAKES_NOTHING},
	{LAB("", "", "", ""), NODE("{" NAMED "'button'}"),
	 "+ node x (button)\n+ link x-s\n2 added\n",
	 "- node x (button)\n- link x-s\n2 removed\n", SNET__TAKES_PLACE},
	{NODE("{" NAMED "'button', 'data': {'a': 1}, 'type': 'x'}"),
	 NODE("{" NAMED "'button', 'data': {'a': 2}}"),
	 "~ node x: type x \u2192 default, data {\"a\":1} \u2192 {\"a\":2} (restarts)\n1 changed\n",
	 "~ node x: data {\"a\":2} \u2192 {\"a\":1}, type default \u2192 x (restarts)\n1 changed\n",
	 SNET__TAKES_RESTART},
	{NODE("{" NAMED "'actuator'}"), NODE("{" NAMED "'actuator', 'state': '\\n'}"),
	 "~ node x: state default \u2192 \"\\n\"\n1 changed\n",
	 "~ node x: state \"\\n\" \u2192 default\n1 changed\n", SNET__TAKES_NOTHING},
	/* Nothing steers the terminal. */
	{NODE("{" NAMED "'actuator'}"),
	 NODE("{" NAMED "'actuator', 'state': '\\u0007\\b\\u009b31m'}"),
	 "~ node x: state default \u2192 \"\\u0007\\b 31m\"\n1 changed\n",
	 "~ node x: state \"\\u0007\\b 31m\" \u2192 default\n1 changed\n",
	 SNET__TAKES_NOTHING},
	{NODE("{" NAMED "'button', 'data': {'a': '\\u009b31m'}}"),
	 NODE("{" NAMED "'button'}"),
	 "~ node x: data {\"a\":\" 31m\"} \u2192 default (restarts)\n1 changed\n",
	 "~ node x: data default \u2192 {\"a\":\" 31m\"} (restarts)\n1 changed\n",
	 SNET__TAKES_RESTART},
	{NODE("{" NAMED "'actuator'}"), NODE("{" NAMED "'button'}"),
	 "~ node x: kind actuator \u2192 button (made anew)\n1 changed\n",
	 "~ node x: kind button \u2192 actuator (made anew)\n1 changed\n",
	 SNET__TAKES_REMAKE},
	{NODE("{" NAMED "'host', 'address': '10.0.0.9'}"), NODE("{" NAMED "'host'}"),
	 "~ node x: address 10.0.0.9 \u2192 default (made anew)\n1 changed\n",
	 "~ node x: address default \u2192 10.0.0.9 (made anew)\n1 changed\n",
	 SNET__TAKES_REMAKE},
	{NODE("{" NAMED "'functions', 'credentials': 'a:b'}"),
	 NODE("{" NAMED "'functions', 'credentials': 'a:c'}"),
	 "~ node x: credentials changed (restarts)\n1 changed\n",
	 "~ node x: credentials changed (restarts)\n1 changed\n", SNET__TAKES_RESTART},
	/* Of another kind it is another node: nothing is said of its parts. */
	{NODE("{" NAMED "'functions', 'functions': {'f': {" CODE "'x'}}}"),
	 NODE("{" NAMED "'host'}"),
	 "~ node x: kind functions \u2192 host (made anew)\n1 changed\n",
	 "~ node x: kind host \u2192 functions (made anew)\n1 changed\n",
	 SNET__TAKES_REMAKE},
	{NODE("{" NAMED "'functions', 'functions': {'f': {" CODE "'x'}, 'g': {" CODE
	      "'y'}}}"),
	 NODE("{" NAMED "'functions', 'functions': {'h': {" CODE "'x'}, 'g': {" CODE
	      "'0123456789012345678901234567890123456\u00e478', 'timeout': '2s'}}}"),
	 "- function of x: f\n+ function of x: h\n~ function of x: g: code y \u2192 "
	 "0123456789012345678901234567890123456\u00e478, timeout default \u2192 2s\n"
	 "1 added, 1 removed, 1 changed\n",
	 "- function of x: h\n+ function of x: f\n~ function of x: g: code "
	 "0123456789012345678901234567890123456\u00e478 \u2192 y, timeout 2s \u2192 default\n"
	 "1 added, 1 removed, 1 changed\n",
	 SNET__TAKES_PLACE},
	{NODE("{" NAMED "'functions', 'functions': {'g': {" CODE "'y'}}}"),
	 NODE("{" NAMED "'functions', 'functions': {'g': {" CODE
	      "'\u00e4123456789012345678901234567890123456789\u00e4'}}}"),
	 "~ function of x: g: code y \u2192 \u00e4123456789012345678901234567890123456789\u2026\n"
	 "1 changed\n",
	 "~ function of x: g: code \u00e4123456789012345678901234567890123456789\u2026 \u2192 y\n"
	 "1 changed\n",
	 SNET__TAKES_PLACE},
	/* What is shown is where they differ. */
	{CODED(TEN TEN TEN TEN), CODED(TEN TEN TEN TEN "x"),
	 "~ function of x: g: code \u2026" TEN TEN " \u2192 \u2026" TEN TEN
	 "x\n1 changed\n",
	 "~ function of x: g: code \u2026" TEN TEN "x \u2192 \u2026" TEN TEN
	 "\n1 changed\n",
	 SNET__TAKES_PLACE},
	{CODED(TEN TEN TEN TEN "\u00e4" TEN TEN), CODED(TEN TEN TEN TEN "\u00f6" TEN TEN),
	 "~ function of x: g: code \u2026" TEN TEN "\u00e4" TEN "012345678\u2026 \u2192 "
	 "\u2026" TEN TEN "\u00f6" TEN "012345678\u2026\n1 changed\n",
	 "~ function of x: g: code \u2026" TEN TEN "\u00f6" TEN "012345678\u2026 \u2192 "
	 "\u2026" TEN TEN "\u00e4" TEN "012345678\u2026\n1 changed\n",
	 SNET__TAKES_PLACE},
	{ROUTE("{'function': 'f'}"),
	 ROUTE("{'function': 'f', 'key': 'k'}, {'exchange': 'fanout', 'function': 'f'}"),
	 "- route of r: press \u2192 f@c\n+ route of r: k \u2192 f@c\n+ route of r: * \u2192 f@c\n"
	 "2 added, 1 removed\n",
	 "- route of r: k \u2192 f@c\n- route of r: * \u2192 f@c\n+ route of r: press \u2192 f@c\n"
	 "1 added, 2 removed\n",
	 SNET__TAKES_PLACE},
	{ROUTE("{'function': 'f'}, {'function': 'g'}, {'function': 'f'}"),
	 ROUTE("{'function': 'g'}, {'function': 'f', 'ttl': '1s'}"),
	 "- route of r: press \u2192 f@c\n~ route of r: press \u2192 f@c: ttl default \u2192 1s\n"
	 "1 removed, 1 changed\n",
	 "~ route of r: press \u2192 f@c: ttl 1s \u2192 default\n+ route of r: press \u2192 f@c\n"
	 "1 added, 1 changed\n",
	 SNET__TAKES_PLACE},
	{LINK(", 'delay': '2ms'"), LINK(", 'delay': '5ms', 'loss': '0.1%'"),
	 "~ link x-s: delay 2ms \u2192 5ms, loss none \u2192 0.1%\n1 changed\n",
	 "~ link x-s: delay 5ms \u2192 2ms, loss 0.1% \u2192 none\n1 changed\n",
	 SNET__TAKES_PLACE},
	{LINK(", 'delay': '2ms'"), LINK(", 'delay': '5ms', 'back': {'delay': '2ms'}"),
	 "~ link x-s: forth.delay 2ms \u2192 5ms\n1 changed\n",
	 "~ link x-s: forth.delay 5ms \u2192 2ms\n1 changed\n", SNET__TAKES_PLACE},
	{LINK(", 'delay': '2ms'"),
	 LINK(", 'delay': '2ms', 'back': {'delay': 0, 'rate': 8}"),
	 "~ link x-s: back.delay 2ms \u2192 none, back.rate none \u2192 8bit\n1 changed\n",
	 "~ link x-s: back.rate 8bit \u2192 none, back.delay none \u2192 2ms\n1 changed\n",
	 SNET__TAKES_PLACE},
	{LINK(", 'delay': '2ms', 'back': {'delay': '1ms'}"), LINK(", 'delay': '3ms'"),
	 "~ link x-s: forth.delay 2ms \u2192 3ms, back.delay 1ms \u2192 3ms\n1 changed\n",
	 "~ link x-s: forth.delay 3ms \u2192 2ms, back.delay 3ms \u2192 1ms\n1 changed\n",
	 SNET__TAKES_PLACE},
	/* All of a shaped link changes in place, and so does one at a switch that was plain. */
	{LINK(", 'loss': '1%'"),
	 LINK(", 'loss': {'nth': 9}, 'queue': 'codel', 'filter': 'udp', 'down': true"),
	 "~ link x-s: loss 1% \u2192 {\"nth\":9}, queue none \u2192 codel, filter none \u2192 udp, "
	 "down none \u2192 true\n1 changed\n",
	 "~ link x-s: loss {\"nth\":9} \u2192 1%, queue codel \u2192 none, filter udp \u2192 none, "
	 "down true \u2192 none\n1 changed\n",
	 SNET__TAKES_PLACE},
	{LINK(""), LINK(", 'loss': '1%', 'limit': '50ms'"),
	 "~ link x-s: loss none \u2192 1%, limit none \u2192 50ms\n1 changed\n",
	 "~ link x-s: loss 1% \u2192 none, limit 50ms \u2192 none (made anew)\n1 changed\n",
	 SNET__TAKES_PLACE},
	/* Its MTU, too, but for one that comes to be enough for IPv6. */
	{LINK(""), LINK(", 'mtu': 1400"), "~ link x-s: mtu none \u2192 1400\n1 changed\n",
	 "~ link x-s: mtu 1400 \u2192 none\n1 changed\n", SNET__TAKES_PLACE},
	{LINK(", 'mtu': 9000"), LINK(", 'mtu': 1279"),
	 "~ link x-s: mtu 9000 \u2192 1279\n1 changed\n",
	 "~ link x-s: mtu 1279 \u2192 9000 (made anew)\n1 changed\n", SNET__TAKES_PLACE},
	{CABLE(", 'mtu': 100"), CABLE(", 'mtu': 1279"),
	 "~ link x-y: mtu 100 \u2192 1279\n1 changed\n",
	 "~ link x-y: mtu 1279 \u2192 100\n1 changed\n", SNET__TAKES_PLACE},
	{CABLE(""), CABLE(", 'loss': '1%'"),
	 "~ link x-y: loss none \u2192 1% (made anew)\n1 changed\n",
	 "~ link x-y: loss 1% \u2192 none (made anew)\n1 changed\n", SNET__TAKES_REMAKE},
	{LINK(", 'shaper': 'user'"), LINK(", 'shaper': 'user', 'back': {'loss': '1%'}"),
	 "~ link x-s: back.loss none \u2192 1%\n1 changed\n",
	 "~ link x-s: back.loss 1% \u2192 none\n1 changed\n", SNET__TAKES_PLACE},
	{LINK(", 'shaper': 'user', 'loss': '1%'"), LINK(", 'loss': '1%'"),
	 "~ link x-s: shaper user \u2192 auto\n1 changed\n",
	 "~ link x-s: shaper auto \u2192 user\n1 changed\n", SNET__TAKES_PLACE},
	/* Of a profile it is told what it amounts to. */
	{LINK(", 'profile': 'lte'"), LINK(", 'profile': 'lte', 'rate': '1Mbit'"),
	 "~ link x-s: rate 12Mbit \u2192 1Mbit\n1 changed\n",
	 "~ link x-s: rate 1Mbit \u2192 12Mbit\n1 changed\n", SNET__TAKES_PLACE},
	{LINK(", 'profile': 'dsl'"), LINK(", 'profile': '3g'"),
	 "~ link x-s: profile dsl \u2192 3g, delay 25ms \u2192 150ms, forth.rate 384kbit \u2192 "
	 "768kbit, back.rate 1500kbit \u2192 1600kbit\n1 changed\n",
	 "~ link x-s: profile 3g \u2192 dsl, delay 150ms \u2192 25ms, forth.rate 768kbit \u2192 "
	 "384kbit, back.rate 1600kbit \u2192 1500kbit\n1 changed\n",
	 SNET__TAKES_PLACE},
	{LINK(", 'profile': 'dsl'"),
	 LINK(", 'delay': '25ms', 'rate': '384kbit', 'back': {'rate': '1500kbit'}"),
	 "~ link x-s: profile dsl \u2192 none\n1 changed\n",
	 "~ link x-s: profile none \u2192 dsl\n1 changed\n", SNET__TAKES_NOTHING},
	{LINK(""),
	 LAB("", ", {'name': 'x', 'kind': 'host'}", ", {'from': 's', 'to': 'x'}", ""),
	 "- link x-s\n+ link s-x\n1 added, 1 removed\n",
	 "- link s-x\n+ link x-s\n1 added, 1 removed\n", SNET__TAKES_PLACE},
	{LAB("", "", "",
	     ", 'd': {'kind': 'openwhisk', 'url': 'http://b', 'credentials': 'a:b'}"),
	 LAB("", "", "",
	     ", 'd': {'kind': 'openwhisk', 'url': 'http://d', 'credentials': 'a:c'},"
	     "'e': {'kind': 'native'}"),
	 "~ backend d: url http://b \u2192 http://d, credentials changed\n+ backend e (native)\n"
	 "1 added, 1 changed\n",
	 "- backend e (native)\n~ backend d: url http://d \u2192 http://b, credentials changed\n"
	 "1 removed, 1 changed\n",
	 SNET__TAKES_PLACE},
	{"{'lab': 'a', 'seed': 7, 'nodes': []}", "{'lab': 'b', 'seed': 8, 'nodes': []}",
	 "~ lab: seed 7 \u2192 8 (needs the lab down and up)\n1 changed\n",
	 "~ lab: seed 8 \u2192 7 (needs the lab down and up)\n1 changed\n",
	 SNET__TAKES_LAB},
	/* The order of entries is no difference. */
	{"{'nodes': [{'name': 'a', 'kind': 'switch'}, {'name': 'b', 'kind': 'switch'}]}",
	 "{'nodes': [{'name': 'b', 'kind': 'switch'}, {'name': 'a', 'kind': 'switch'}]}",
	 "no changes\n", "no changes\n", SNET__TAKES_NOTHING},
};

START_TEST(changes_are_told_both_ways)
{
	struct snet__model swap;

	read_quoted(&before, cases[_i].before);
	read_quoted(&after, cases[_i].after);
	compare();
	expect(cases[_i].there);
	if (diff.count)
		ck_assert_int_eq(diff.changes[0].takes, cases[_i].takes);
	swap = before;
	before = after;
	after = swap;
	compare();
	expect(cases[_i].back);
}
END_TEST

/* A host with two interfaces. */
#define TWICE(host)                                                             \
	LAB("", ", {'name': 't', 'kind': 'switch'}, {" NAMED "'host'" host "}", \
	    ", {'from': 'x', 'to': 's'}, {'from': 'x', 'to': 't'}", "")
/* A host alone in a small subnet, and what is put behind a router. */
#define SMALL(host, nodes, links)                                            \
	"{'lab': 'l', 'subnet': '10.0.0.0/22', 'nodes': [{'name': 's', "     \
	"'kind': 'switch'}, {" NAMED "'host'" host "}" nodes "], 'links': [" \
	"{'from': 'x', 'to': 's'}" links "]}"
#define ALONE(host) SMALL(host, "", "")
#define SHARED(host)                                                                 \
	SMALL(host,                                                                  \
	      ", {'name': 'r', 'kind': 'router'}, {'name': 't', 'kind': 'switch'}, " \
	      "{'name': 'k', 'kind': 'host'}",                                       \
	      ", {'from': 'r', 'to': 's'}, {'from': 'r', 'to': 't'}, {'from': 'k', " \
	      "'to': 't'}")
/* A host at 't', behind what is put before it. */
#define LATER(nodes, links)                                                        \
	"{'lab': 'l', 'nodes': [" nodes "{'name': 't', 'kind': 'switch'}, {" NAMED \
	"'host'}], 'links': [" links "{'from': 'x', 'to': 't'}]}"
/* Of two labs that were planned, the second in the place of the first. */
static const struct {
	const char *before, *after, *lines;
} moves[] = {
	{NODE("{" NAMED "'host'}"),
	 LAB("",
	     ", {'name': 'y', 'kind': 'host', 'address': '10.0.0.2'}, {" NAMED "'host'}",
	     ", {'from': 'y', 'to': 's'}, {'from': 'x', 'to': 's'}", ""),
	 "+ node y (host)\n~ node x: address 10.0.0.2 \u2192 10.0.0.3 (made anew)\n"
	 "+ link y-s\n2 added, 1 changed\n"},
	/* What the description says of it is told once. */
	{NODE("{" NAMED "'host', 'address': '10.0.0.9'}"),
	 NODE("{" NAMED "'host', 'address': '10.0.0.8'}"),
	 "~ node x: address 10.0.0.9 \u2192 10.0.0.8 (made anew)\n1 changed\n"},
	/* What it has, now said, or said no more. */
	{NODE("{" NAMED "'host'}"),
	 NODE("{" NAMED "'host', 'address': '10.0.0.2', 'mac': '02:00:0A:00:00:02'}"),
	 "no changes\n"},
	{NODE("{" NAMED "'host', 'address': '10.0.0.9'}"), NODE("{" NAMED "'host'}"),
	 "no changes\n"},
	{NODE("{" NAMED "'host', 'address': '10.0.0.2'}"),
	 NODE("{" NAMED "'host', 'interfaces': [{'address': '10.0.0.2'}]}"),
	 "no changes\n"},
	{NODE("{" NAMED "'host'}"), NODE("{" NAMED "'host', 'mac': '06:00:0a:00:00:02'}"),
	 "~ node x: mac default \u2192 06:00:0a:00:00:02 (made anew)\n1 changed\n"},
	/* On another interface than the first. */
	{LAB("", ", {'name': 't', 'kind': 'switch'}, {" NAMED "'host'}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'x', 'to': 't'}", ""),
	 LAB("",
	     ", {'name': 't', 'kind': 'switch', 'subnet': '10.7.0.0/16'}, {" NAMED
	     "'host'}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'x', 'to': 't'}", ""),
	 "~ node t: subnet default \u2192 10.7.0.0/16 (made anew)\n"
	 "~ node x: interfaces[1].address 10.1.0.1 \u2192 10.7.0.1 (made anew)\n"
	 "2 changed\n"},
	{TWICE(""),
	 TWICE(", 'interfaces': [{'address': '10.0.0.2'}, {'address': '10.1.0.1'}]"),
	 "no changes\n"},
	{TWICE(", 'interfaces': [{'mac': '06:00:00:00:00:01'}, {'address': '10.1.0.1'}]"),
	 TWICE(", 'interfaces': [{}, {'address': '10.1.0.9', 'mac': '06:00:00:00:00:02'}]"),
	 "~ node x: mac 06:00:00:00:00:01 \u2192 default, interfaces[1].address 10.1.0.1 "
	 "\u2192 10.1.0.9, interfaces[1].mac default \u2192 06:00:00:00:00:02 (made anew)\n"
	 "1 changed\n"},
	/* Where it was, in a larger subnet. */
	{NODE("{" NAMED "'host', 'address': '10.0.0.9'}"),
	 LAB("",
	     ", {" NAMED "'host', 'address': '10.0.0.9'}, {'name': 'y', 'kind': 'host', "
	     "'address': '10.1.0.1'}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'y', 'to': 's'}", ""),
	 "+ node y (host)\n"
	 "~ link r-s: subnet 10.0.0.0/16 \u2192 10.0.0.0/15 (made anew)\n"
	 "~ link x-s: subnet 10.0.0.0/16 \u2192 10.0.0.0/15 (made anew)\n"
	 "+ link y-s\n2 added, 2 changed\n"},
	/* The only segment has all of the subnet, and makes room for a second one. */
	{ALONE(""), SHARED(""),
	 "+ node r (router)\n+ node t (switch)\n+ node k (host)\n"
	 "~ link x-s: subnet 10.0.0.0/22 \u2192 10.0.0.0/24 (made anew)\n"
	 "+ link r-s\n+ link r-t\n+ link k-t\n6 added, 1 changed\n"},
	{ALONE(", 'address': '10.0.0.1'"), SHARED(", 'address': '10.0.0.1'"),
	 "+ node r (router)\n+ node t (switch)\n+ node k (host)\n"
	 "~ link x-s: subnet 10.0.0.0/22 \u2192 10.0.0.0/24 (made anew)\n"
	 "+ link r-s\n+ link r-t\n+ link k-t\n6 added, 1 changed\n"},
	/* What was a host's address is the broadcast address then. */
	{ALONE(", 'address': '10.0.0.255'"), SHARED(""),
	 "~ node x: address 10.0.0.255 \u2192 10.0.0.1 (made anew)\n"
	 "+ node r (router)\n+ node t (switch)\n+ node k (host)\n"
	 "+ link r-s\n+ link r-t\n+ link k-t\n6 added, 1 changed\n"},
	/* Addresses that lie close to each other move none of the others. */
	{LATER("{'name': 's', 'kind': 'switch'}, {'name': 'y', 'kind': 'host'}, ",
	       "{'from': 'y', 'to': 's'}, "),
	 LATER("{'name': 'u', 'kind': 'switch'}, {'name': 'v', 'kind': 'switch'}, "
	       "{'name': 'k', 'kind': 'host', 'address': '10.9.0.9'}, "
	       "{'name': 'l', 'kind': 'host', 'address': '10.9.0.17'}, ",
	       "{'from': 'k', 'to': 'u'}, {'from': 'l', 'to': 'v'}, "),
	 "- node s (switch)\n- node y (host)\n+ node u (switch)\n+ node v (switch)\n"
	 "+ node k (host)\n+ node l (host)\n- link y-s\n+ link k-u\n+ link l-v\n"
	 "6 added, 3 removed\n"},
};

START_TEST(nodes_that_move_are_told)
{
	struct snet__problems problems = {0};

	read_quoted(&before, moves[_i].before);
	ck_assert_int_eq(snet__model_plan(&before, &err), 0);
	read_quoted(&after, moves[_i].after);
	after.before = &before;
	ck_assert_int_eq(snet__model_check(&after, &problems, &err), 0);
	ck_assert_int_eq(snet__model_plan(&after, &err), 0);
	compare();
	expect(moves[_i].lines);
}
END_TEST

START_TEST(changes_lead_to_what_they_are_about)
{
	read_quoted(&before, LAB("{'function': 'f'}", ", {'name': 'x', 'kind': 'host'}",
				 ", {'from': 'x', 'to': 's'}", ""));
	read_quoted(&after, LAB("{'function': 'g'}", ", {'name': 'x', 'kind': 'button'}",
				", {'from': 'x', 'to': 's', 'limit': 3}", ""));
	compare();
	ck_assert_uint_eq(diff.count, 4);
	ck_assert_uint_eq(diff.of_kind[SNET__CHANGE_ADDED], 1);
	ck_assert_uint_eq(diff.of_kind[SNET__CHANGE_REMOVED], 1);
	ck_assert_uint_eq(diff.of_kind[SNET__CHANGE_CHANGED], 2);

	ck_assert_int_eq(diff.changes[0].of, SNET__CHANGE_OF_ROUTE);
	ck_assert_ptr_eq(diff.changes[0].before, &before.nodes[1]->routes[0]);
	ck_assert_ptr_null(diff.changes[0].after);
	ck_assert_ptr_eq(diff.changes[1].after, &after.nodes[1]->routes[0]);
	ck_assert_ptr_eq(diff.changes[1].node_after, after.nodes[1]);
	ck_assert_ptr_eq(diff.changes[2].before, before.nodes[2]);
	ck_assert_ptr_eq(diff.changes[2].after, after.nodes[2]);
	ck_assert_ptr_eq(diff.changes[3].before, before.links[1]);
	ck_assert_ptr_eq(diff.changes[3].after, after.links[1]);
}
END_TEST

START_TEST(changes_are_json_too)
{
	autojson *json = NULL;
	autofree char *text = NULL;

	read_quoted(&before,
		    LAB("{'function': 'f', 'backend': 'c', 'ttl': '2s'}",
			", {'name': 'x', 'kind': 'functions', 'credentials': 'a:b'}",
			", {'from': 'x', 'to': 's'}", ""));
	read_quoted(&after,
		    LAB("{'function': 'f', 'backend': 'c'}",
			", {'name': 'x', 'kind': 'functions'}",
			", {'from': 'x', 'to': 's'}", ", 'e': {'kind': 'native'}"));
	compare();
	json = snet__diff_json(&diff);
	text = snet__json_format(json);
	ck_assert_str_eq(
		text,
		"{\"changes\":["
		"{\"change\":\"changed\",\"what\":\"route\",\"name\":\"press \u2192 f@c\","
		"\"node\":\"r\",\"takes\":\"place\",\"keys\":[{\"key\":\"ttl\",\"before\":\"2s\","
		"\"takes\":\"place\"}]},"
		"{\"change\":\"changed\",\"what\":\"node\",\"name\":\"x\",\"kind\":\"functions\","
		"\"takes\":\"restart\",\"keys\":[{\"key\":\"credentials\",\"takes\":\"restart\"}]},"
		"{\"change\":\"added\",\"what\":\"backend\",\"name\":\"e\",\"kind\":\"native\","
		"\"takes\":\"place\"}],\"added\":1,\"removed\":0,\"changed\":2}");
}
END_TEST

/* ---- Each key of the reader's tables, with the lab that has them all. */

static const struct snet__keys *const tables[] = {
	&snet__keys_lab,        &snet__keys_node,    &snet__keys_link,
	&snet__keys_impairment, &snet__keys_route,   &snet__keys_function,
	&snet__keys_backend,    &snet__keys_forward, &snet__keys_interface,
};

/* Whose change is another entry, or none. */
static const struct {
	const struct snet__keys *table;
	const char *key;
} exempt[] = {
	{&snet__keys_lab, "lab"},      {&snet__keys_lab, "nodes"},
	{&snet__keys_lab, "links"},    {&snet__keys_node, "name"},
	{&snet__keys_node, "kind"},    {&snet__keys_node, "count"},
	{&snet__keys_link, "from"},    {&snet__keys_link, "to"},
	{&snet__keys_link, "count"},   {&snet__keys_lab, "backends"},
	{&snet__keys_backend, "kind"},
};

static bool is_exempt(const struct snet__keys *table, const char *key)
{
	for (size_t i = 0; i < sizeof(exempt) / sizeof(*exempt); i++)
		if (exempt[i].table == table && strcmp(exempt[i].key, key) == 0)
			return true;
	return false;
}

/* What a value may be changed to: NULL behind the last. */
static struct snet__json *change_value(const struct snet__json *value, int attempt)
{
	static const char *const texts[] = {NULL, "validate.py", "/tmp",
					    "192.168.0.0/17"};
	const char *text = snet__json_string(value);
	struct snet__json *copy;
	char longer[128];

	if (text && attempt == 0) {
		(void)snprintf(longer, sizeof(longer), "%s2", text);
		return snet__json_new_string(longer);
	}
	if (text && attempt < 4)
		return snet__json_new_string(texts[attempt]);
	if (snet__json_is(value, SNET__JSON_NUMBER) && attempt == 0)
		return snet__json_new_number(snet__json_number(value, 0) + 1);
	if (snet__json_is(value, SNET__JSON_ARRAY) && attempt == 0) {
		copy = snet__json_copy(value);
		(void)snet__json_append(copy, snet__json_copy(snet__json_first(value)));
		return copy;
	}
	return NULL;
}

static bool is_noticed(const struct snet__json *lab)
{
	autofree char *text = snet__json_format(lab);
	bool is_different = false;

	if (read_lab(&after, text) == 0) {
		compare();
		is_different = diff.count > 0;
		snet__diff_clear(&diff);
	}
	snet__model_clear(&after);
	return is_different;
}

/* Whether leaving out @key of @object, or changing it, is noticed. @object is part of @lab, and
 * as before afterwards. */
static bool try_key(struct snet__json *lab, struct snet__json *object, const char *key)
{
	struct snet__json *value = snet__json_copy(snet__json_get(object, key)), *other;
	bool found;

	snet__json_remove(object, key);
	found = is_noticed(lab);
	(void)snet__json_set(object, key, snet__json_copy(value));
	for (int i = 0; !found && (other = change_value(value, i)); i++) {
		(void)snet__json_set(object, key, other);
		found = is_noticed(lab);
	}
	(void)snet__json_set(object, key, value);
	return found;
}

/* Whether a change of @key is noticed in any of the objects at @objects. */
static bool try_list(struct snet__json *lab, const struct snet__json *objects,
		     const char *key)
{
	for (const struct snet__json *at = snet__json_first(objects); at;
	     at = snet__json_next(at))
		if (snet__json_get(at, key) &&
		    try_key(lab, (struct snet__json *)(uintptr_t)at, key))
			return true;
	return false;
}

/* The same in the objects at @part of each entry of @section. */
static bool try_parts(struct snet__json *lab, const char *section, const char *part,
		      const char *key)
{
	const struct snet__json *entries = snet__json_get(lab, section);

	for (const struct snet__json *at = snet__json_first(entries); at;
	     at = snet__json_next(at))
		if (try_list(lab, snet__json_get(at, part), key))
			return true;
	return false;
}

static bool try_table(struct snet__json *lab, const struct snet__keys *table,
		      const char *key)
{
	const struct snet__json *links = snet__json_get(lab, "links");

	if (table == &snet__keys_lab)
		return try_key(lab, lab, key);
	if (table == &snet__keys_node)
		return try_list(lab, snet__json_get(lab, "nodes"), key);
	if (table == &snet__keys_backend)
		return try_list(lab, snet__json_get(lab, "backends"), key);
	if (table == &snet__keys_route)
		return try_parts(lab, "nodes", "routes", key);
	if (table == &snet__keys_function)
		return try_parts(lab, "nodes", "functions", key);
	if (table == &snet__keys_forward)
		return try_parts(lab, "nodes", "forward", key);
	if (table == &snet__keys_interface)
		return try_parts(lab, "nodes", "interfaces", key);
	if (table == &snet__keys_link)
		return try_list(lab, links, key);
	for (const struct snet__json *at = snet__json_first(links); at;
	     at = snet__json_next(at)) {
		struct snet__json *back =
			(struct snet__json *)(uintptr_t)snet__json_get(at, "back");

		if (snet__json_get(back, key) && try_key(lab, back, key))
			return true;
	}
	return false;
}

START_TEST(each_key_of_a_lab_file_is_noticed)
{
	FILE *file = fopen(FULL_FOLDER "/full.json", "re");
	static char text[65536];
	autojson *lab = NULL;
	size_t size;

	ck_assert_ptr_nonnull(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	ck_assert_msg(read_lab(&before, text) == 0, "full.json is no lab: %s", err.msg);
	ck_assert_int_eq(snet__json_parse(&lab, text, size, NULL), 0);
	for (size_t i = 0; i < tables[_i]->count; i++) {
		const char *key = tables[_i]->keys[i].name;

		ck_assert_msg(
			is_exempt(tables[_i], key) || try_table(lab, tables[_i], key),
			"full.json has no '%s' of a '%s' whose change would be noticed",
			key, tables[_i]->what);
	}
}
END_TEST

/* Every key that is read is written, with paths from a folder and without. */
START_TEST(a_lab_with_all_keys_is_the_same_when_it_was_written)
{
	struct snet__format_opts opts = {.folder = _i ? FULL_FOLDER : NULL};
	struct snet__problems problems = {0};
	autofree char *text = NULL;

	ck_assert_int_eq(snet__model_load(&before, FULL_FOLDER "/full.json", &problems,
					  &err),
			 0);
	text = snet__model_format(&before, &opts);
	ck_assert_ptr_nonnull(strstr(text, _i ? "\"file\": \"full.json\""
					      : "\"file\": \"" FULL_FOLDER
						"/full.json\""));
	ck_assert_msg(read_lab(&after, text) == 0, "%s\n%s", err.msg, text);
	compare();
	expect("no changes\n");
}
END_TEST

START_TEST(ten_thousand_nodes_are_compared_at_once)
{
	read_quoted(&before,
		    "{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 10},"
		    "{'name': 'b{i}', 'kind': 'host', 'count': 9000}], 'links': ["
		    "{'from': 'b{i}', 'to': 's0', 'count': 900},"
		    "{'from': 'b{i+900}', 'to': 's1', 'count': 900},"
		    "{'from': 'b{i+1800}', 'to': 's2', 'count': 900},"
		    "{'from': 'b{i+2700}', 'to': 's3', 'count': 900},"
		    "{'from': 'b{i+3600}', 'to': 's4', 'count': 900},"
		    "{'from': 'b{i+4500}', 'to': 's5', 'count': 900},"
		    "{'from': 'b{i+5400}', 'to': 's6', 'count': 900},"
		    "{'from': 'b{i+6300}', 'to': 's7', 'count': 900},"
		    "{'from': 'b{i+7200}', 'to': 's8', 'count': 900},"
		    "{'from': 'b{i+8100}', 'to': 's9', 'count': 900}]}");
	read_quoted(&after,
		    "{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 10}]}");
	compare();
	ck_assert_uint_eq(diff.of_kind[SNET__CHANGE_REMOVED], 18000);
	ck_assert_uint_eq(diff.count, 18000);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("diff");
	TCase *t = tcase_create("diff"), *large = tcase_create("large");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(large, setup, teardown);
	tcase_set_timeout(large, 60);
	tcase_set_tags(large, "large");
	tcase_add_loop_test(t, changes_are_told_both_ways, 0,
			    (int)(sizeof(cases) / sizeof(*cases)));
	tcase_add_loop_test(t, nodes_that_move_are_told, 0,
			    (int)(sizeof(moves) / sizeof(*moves)));
	tcase_add_test(t, changes_lead_to_what_they_are_about);
	tcase_add_test(t, changes_are_json_too);
	tcase_add_loop_test(t, each_key_of_a_lab_file_is_noticed, 0,
			    (int)(sizeof(tables) / sizeof(*tables)));
	tcase_add_loop_test(t, a_lab_with_all_keys_is_the_same_when_it_was_written, 0, 2);
	tcase_add_test(large, ten_thousand_nodes_are_compared_at_once);
	suite_add_tcase(s, t);
	suite_add_tcase(s, large);
	return s;
}
