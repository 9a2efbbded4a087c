/* SPDX-License-Identifier: MIT */
/* Scenario files: what is wrong with them is said with its place; and their schedule, which the seed
 * alone decides. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/kind.h"
#include "fault/schedule.h"
#include "quoted.h"
#include "suite.h"

#define MS SNET__NS_PER_MS
#define S  SNET__NS_PER_S

static struct snet__scenario scenario;
static struct snet__schedule schedule;
static struct snet__problems problems;
static struct snet_err err;

static void setup(void)
{
	snet__scenario_init(&scenario);
	schedule = (struct snet__schedule){0};
	problems = (struct snet__problems){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	snet__schedule_clear(&schedule);
	snet__problems_clear(&problems);
	snet__scenario_clear(&scenario);
}

/* Read @text, in which ' stands for ". */
static int read_quoted(const char *text)
{
	autofree char *json = quoted(text);

	return snet__scenario_read(&scenario, json, strlen(json), "/nowhere", &problems,
				   &err);
}

#define LAB                                                                              \
	"{'lab': 'l', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': " \
	"'relayer'}, {'name': 'b{i}', 'kind': 'button', 'count': 3}, {'name': 'a', "     \
	"'kind': 'actuator'}], 'links': [{'from': 'r', 'to': 's'}, {'from': 'b{i}', "    \
	"'to': 's', 'count': 3, 'delay': '1ms'}, {'from': 'a', 'to': 's'}]}"
#define SCENARIO(more) \
	"{'scenario': 'x', 'expect': [], 'lab': " LAB ", 'duration': '10s',\n" more "}"
#define PRESS(more)  SCENARIO("'workload': [{" more "}]")
#define FAULT(more)  SCENARIO("'timeline': [{" more "}]")
#define EXPECT(more) "{'scenario': 'x', 'lab': " LAB ",\n'expect': [{" more "}]}"
/* A fault of the functions node "c", which has a function "f". */
#define CALL(more)                                                                            \
	"{'scenario': 'x', 'expect': [], 'lab': {'lab': 'l', 'nodes': [{'name': 'r', "        \
	"'kind': 'relayer'}, {'name': 'c', 'kind': 'functions', 'functions': {'f': "          \
	"{'code': 'x', 'kind': 'nodejs:default'}}}], 'links': [{'from': 'r', 'to': 'c'}]},\n" \
	"'timeline': [{'at': 1, " more "}]}"

static const struct {
	const char *text, *lines;
} bad[] = {
	{"[]", "1:1: : expected an object, got an array\n"},
	{"{'scenario': 'x', 'expect': [], 'lab': 5}",
	 "1:40: lab: expected the path of a lab file, or a lab, got a number\n"},
	{"{'scenario': 'x', 'expect': [], 'lab': 'gone.json'}",
	 "1:40: lab: cannot read '/nowhere/gone.json': No such file or directory\n"},
	{"{'expect': [], 'lab': " LAB "}", "1:1: scenario: missing\n"},
	{"{'scenario': 'x', 'lab': " LAB "}", "1:1: expect: missing\n"},
	{"{'scenario': 'x', 'expect': [], 'lab': {'nodes': 5}}",
	 "1:50: lab.nodes: expected an array, got a number\n"},
	{SCENARIO("'timelime': []"),
	 "2:1: timelime: unknown key, did you mean 'timeline'?\n"},
	{SCENARIO("'sets': {'l': ['b0', 'zz']}"),
	 "2:22: sets.l[1]: no node or link of the lab is called 'zz'\n"},
	{SCENARIO("'sets': {'l': ['@l']}"),
	 "2:16: sets.l[0]: the sets name each other\n"},
	{SCENARIO("'sets': {'l': 'zz'}, 'workload': [{'press': '@l', 'every': 1}]"),
	 "2:15: sets.l: no node or link of the lab is called 'zz'\n"},
	{SCENARIO("'sets': {'l': []}"), "2:15: sets.l: names nothing\n"},
	{SCENARIO("'sets': {'m': '@l', 'l': ['zz']}"),
	 "2:27: sets.l[0]: no node or link of the lab is called 'zz'\n"},
	{SCENARIO("'sets': {'l': 'b0-s'}, 'workload': [{'press': '@l', 'every': 1}]"),
	 "2:15: workload[0].press: no node of the lab is called 'b0-s'\n"},
	{SCENARIO("'timeline': 5"), "2:13: timeline: expected an array, got a number\n"},
	{SCENARIO("'duration': '10 parsecs'"), NULL},
	{SCENARIO("'until': '5s'"),
	 "2:10: until: expected an object such as {\"step\": \"acknowledged\", "
	 "\"event\": 100}, got a string\n"},
	{SCENARIO("'until': {'event': 2}"), "2:10: until.step: missing\n"},
	{SCENARIO("'until': {'step': 'done'}"),
	 "2:19: until.step: unknown step 'done': expected one of 'obeyed', "
	 "'pressed', 'received', 'journaled', 'invoked', 'accepted', 'started', "
	 "'ended', 'result', 'sent', 'applied', 'acknowledged', 'retry', 'resumed', "
	 "'expired', 'failed', 'dropped'\n"},

	{PRESS("'press': 'b9', 'every': '1s'"),
	 "2:24: workload[0].press: no node of the lab is called 'b9', did you mean "
	 "'b0'?\n"},
	{PRESS("'press': 'a', 'every': '1s'"),
	 "2:24: workload[0].press: 'a' is an actuator, which cannot be pressed\n"},
	{PRESS("'press': 'b*'"), "2:14: workload[0]: needs one of 'every', 'poisson', "
				 "'at' and 'recorded'\n"},
	{PRESS("'press': 'b*', 'every': '1s', 'poisson': '1s'"),
	 "2:14: workload[0]: needs one of 'every', 'poisson', 'at' and 'recorded', and "
	 "only one\n"},
	{PRESS("'every': '1s'"), "2:14: workload[0]: needs a 'press': which devices\n"},
	{PRESS("'press': [], 'every': '1s'"), "2:24: workload[0].press: names nothing\n"},
	{PRESS("'press': '@left', 'every': '1s'"),
	 "2:24: workload[0].press: there is no set 'left' in \"sets\"\n"},
	{PRESS("'press': 'b*', 'every': '1ns'"),
	 "2:39: workload[0].every: out of range: 10us to 24h\n"},
	{PRESS("'press': 'b*', 'at': ['1s', 'x']"),
	 "2:43: workload[0].at[1]: expected a duration such as '20ms', got 'x'\n"},
	{PRESS("'press': 'b*', 'at': 1, 'data': 1, 'values': [1]"),
	 "2:14: workload[0]: 'data' and 'values' exclude each other\n"},

	{PRESS("'press': 'b0', 'every': '1ms', 'burst': 100000"),
	 "2:14: workload[0]: the workload has over 20000000 presses\n"},
	{SCENARIO("'workload': [{'press': 'b0', 'at': 1}, {'recorded': '/etc/passwd'}]"),
	 "2:40: workload[1]: /etc/passwd:1: expected an object\n"},
	{FAULT("'fault': 'down', 'links': 'a-s', 'at': 1}, {'fault': 'flap', 'links': "
	       "'r-s', 'every': '1ms', 'for': '500us', 'down': '1ms', 'up': '1ms'"),
	 "2:58: timeline[1]: the timeline begins and ends faults over 20000 times\n"},
	{PRESS("'press': 'b0', 'at': ['1s', '11s']"),
	 "2:43: workload[0].at[1]: comes when the run has ended: it is beyond the "
	 "'duration'\n"},
	{PRESS("'press': 'b0', 'at': '1s', 'from': 1, 'until': '2s'"),
	 "2:50: workload[0].from: means nothing beside 'at': leave it out\n"
	 "2:62: workload[0].until: means nothing beside 'at': leave it out\n"},
	{PRESS("'recorded': '/etc/passwd', 'press': 'b0', 'burst': 2, 'from': 0, 'until': 1, "
	       "'data': 1"),
	 "2:51: workload[0].press: means nothing beside 'recorded': leave it out\n"
	 "2:66: workload[0].burst: means nothing beside 'recorded': leave it out\n"
	 "2:77: workload[0].from: means nothing beside 'recorded': leave it out\n"
	 "2:89: workload[0].until: means nothing beside 'recorded': leave it out\n"
	 "2:100: workload[0].data: means nothing beside 'recorded': leave it out\n"},
	{PRESS("'press': 'b0', 'every': '1s', 'from': '10s'"),
	 "2:53: workload[0].from: nothing is pressed: it is not below the 'duration'\n"},
	{PRESS("'press': 'b0', 'poisson': '1s', 'from': '2s', 'until': '2s'"),
	 "2:55: workload[0].from: nothing is pressed: it is not below 'until'\n"},

	{FAULT("'at': 1"), "2:14: timeline[0].fault: missing\n"},
	{FAULT("'fault': 'dwn', 'at': 1"),
	 "2:24: timeline[0].fault: unknown fault 'dwn', did you mean 'down'?\n"},
	{FAULT("'fault': 'down', 'at': 1"), "2:14: timeline[0].links: missing\n"},
	{FAULT("'fault': 'down', 'links': 'r-s'"),
	 "2:14: timeline[0]: needs an 'at', 'every', 'between' or 'after': when it "
	 "begins\n"},
	{FAULT("'fault': 'down', 'links': 'x-s', 'at': 1"),
	 "2:41: timeline[0].links: no link of the lab is called 'x-s', did you mean "
	 "'r-s'?\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'at': 1, 'set': {}"),
	 "2:57: timeline[0].set: a 'down' fault has no 'set'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'at': 1, 'direction': 'up'"),
	 "2:70: timeline[0].direction: expected 'forth', 'back' or 'both', got 'up'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'every': '2s', 'for': '3s'"),
	 "2:14: timeline[0]: 'for' must be shorter than 'every'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'between': ['3s', '2s']"),
	 "2:59: timeline[0].between: the second time is before the first\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'at': '10s'"),
	 "2:14: timeline[0]: begins when the run has ended: its 'at' is not below the "
	 "'duration'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'between': ['3s', '12s']"),
	 "2:14: timeline[0]: may begin when the run has ended: 'between' goes beyond the "
	 "'duration'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'after': 'x'"),
	 "2:57: timeline[0].after: there is no fault called 'x'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'after': {'step': 'pressd'}"),
	 "2:66: timeline[0].after.step: unknown step 'pressd', did you mean 'pressed'?\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'after': {}"),
	 "2:57: timeline[0].after: needs either a 'fault' or a 'step'\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'after': {'step': 'sent', 'end': true}"),
	 "2:81: timeline[0].after.end: goes with a 'fault' only: a step has no end\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'name': 'x', 'at': 1}, {'fault': 'down', "
	       "'links': 'a-s', 'after': {'fault': 'x', 'event': 2}"),
	 "2:138: timeline[1].after.event: goes with a 'step' only\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'name': 'x', 'after': 'y'}, "
	       "{'fault': 'down', 'links': 'a-s', 'name': 'y', 'after': 'x'"),
	 "2:70: timeline[0].after: the faults wait for each other\n"
	 "2:132: timeline[1].after: the faults wait for each other\n"},
	{FAULT("'fault': 'down', 'links': 'r-s', 'name': 'x', 'at': 1}, "
	       "{'fault': 'down', 'links': 'a-s', 'name': 'x', 'at': 1"),
	 "2:71: timeline[1].name: two faults are called 'x'\n"},
	{FAULT("'fault': 'impair', 'links': 'r-s', 'at': 1, 'set': {'distribution': 'normal'}"),
	 "2:14: timeline[0]: on link 'r-s' 'distribution' needs a 'jitter'\n"},
	{FAULT("'fault': 'impair', 'links': 'r-s', 'at': 1, 'set': {'replay': 'x'}"),
	 "2:14: timeline[0]: 'replay' is of a link as long as that is there: say it in the "
	 "lab file\n"},
	{FAULT("'fault': 'impair', 'links': 'r-s', 'at': 1, 'set': {'los': '1%'}"),
	 "2:67: timeline[0].set.los: unknown key, did you mean 'loss'?\n"},
	{FAULT("'fault': '503', 'nodes': 's', 'at': 1, 'share': 0"),
	 "2:63: timeline[0].share: out of range: over 0% to 100%\n"},
	{FAULT("'fault': '503', 'nodes': 's', 'at': 1, 'share': '0.0%'"),
	 "2:63: timeline[0].share: out of range: over 0% to 100%\n"},
	{CALL("'fault': '503', 'nodes': 'r'"),
	 "2:14: timeline[0]: 'r' is a relayer: only nodes of kind 'functions' have such "
	 "faults\n"},
	{CALL("'fault': '503', 'nodes': 'c', 'function': 'g'"),
	 "2:14: timeline[0]: 'c' has no function 'g'\n"},
	{CALL("'fault': 'garbage', 'nodes': 'c', 'variant': 'odd'"),
	 "2:14: timeline[0]: its 'variant' is 'no-json' or 'no-object' or "
	 "'truncated'\n"},
	{CALL("'fault': 'refuse', 'nodes': 'c', 'variant': 'odd'"),
	 "2:14: timeline[0]: has no 'variant'\n"},
	{CALL("'fault': '503', 'nodes': 'c', 'delay': '1s'"),
	 "2:14: timeline[0]: has no 'delay'\n"},
	{CALL("'fault': 'late', 'nodes': 'c'"), "2:14: timeline[0]: needs a 'delay'\n"},
	{CALL("'fault': '503', 'nodes': 'c', 'record_delay': '1s'"),
	 "2:14: timeline[0]: has no 'record_delay'\n"},
	{CALL("'fault': 'refuse', 'nodes': 'c', 'function': 'f'"),
	 "2:14: timeline[0]: is of the whole node: it has no 'function' or 'share'\n"},
	{FAULT("'fault': 'partition', 'at': 1"),
	 "2:14: timeline[0]: needs either 'groups', or 'nodes' and a 'shape'\n"},
	{FAULT("'fault': 'partition', 'at': 1, 'groups': [['r']]"),
	 "2:56: timeline[0].groups: expected two groups of nodes or more\n"},
	{FAULT("'fault': 'partition', 'at': 1, 'nodes': ['r', 'a'], 'shape': 'ring'"),
	 "2:14: timeline[0]: has fewer than 4 nodes, switches not counted\n"},

	{"{'scenario': 'x', 'lab': " LAB ",\n'expect': [{'check': 'delivry'}]}",
	 "2:22: expect[0].check: unknown check 'delivry', did you mean 'delivery'?\n"},
	{EXPECT("'check': 'convergence', 'within': '1s', 'nodes': 'b9'"),
	 "2:62: expect[0].nodes: no node of the lab is called 'b9', did you mean 'b0'?\n"},
	{EXPECT("'check': 'availability', 'share': 1, 'nodes': 'kind:button'"),
	 "2:59: expect[0].nodes: expected a pattern of names such as 'sw*', got "
	 "'kind:button'\n"},
	{EXPECT("'check': 'command', 'command': ['true'], 'cwd': 'gone'"),
	 "2:61: expect[0].cwd: nothing can run in '/nowhere/gone': No such file or "
	 "directory; make that folder, or leave 'cwd' out to run in the file's own\n"},
	{EXPECT("'check': 'command', 'command': ['no-such-judge'], 'cwd': '/'"),
	 "2:44: expect[0].command: cannot start 'no-such-judge': not found in PATH\n"},
	{EXPECT("'check': 'command', 'command': ['./passwd'], 'cwd': '/etc'"),
	 "2:44: expect[0].command: cannot start './passwd' in '/etc': Permission denied\n"},
	{EXPECT("'check': 'delivery', 'guarantee': 'at-most-once', 'cwd': '/'"),
	 "2:12: expect[0]: 'delivery' has no 'cwd'\n"},
	{EXPECT("'check': 'availability', 'share': 1, 'nodes': '[rs]'"),
	 "2:59: expect[0].nodes: '[rs]' names no device: there is nothing to judge\n"},
	{"{'scenario': 'x', 'lab': " LAB ",\n'expect': [{}]}",
	 "2:12: expect[0].check: missing\n"},
};
#define BAD_COUNT (int)(sizeof(bad) / sizeof(*bad))

START_TEST(what_is_wrong_is_said_with_its_place)
{
	char *lines;

	ck_assert_int_eq(read_quoted(bad[_i].text), -EINVAL);
	lines = list_problems(&problems);
	if (bad[_i].lines)
		ck_assert_str_eq(lines, bad[_i].lines);
	free(lines);
}
END_TEST

static void plan(const char *text, uint64_t seed)
{
	char *lines;

	if (read_quoted(text) < 0) {
		lines = list_problems(&problems);
		ck_abort_msg("%s%s", err.msg, lines);
	}
	ck_assert_msg(snet__schedule_plan(&schedule, &scenario, seed, &err) == 0, "%s",
		      err.msg);
}

static const char *node_of(const struct snet__action *action)
{
	return scenario.model.nodes[action->index]->name;
}

START_TEST(periodic_presses_are_spread_over_the_period)
{
	plan(PRESS("'press': 'b*', 'every': '3s', 'from': '1s', 'until': '7s'"), 1);
	ck_assert_uint_eq(schedule.count, 6);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_uint_eq(schedule.actions[i].at_ns, S + i * S);
		ck_assert_int_eq(node_of(&schedule.actions[i])[1], '0' + (int)i % 3);
	}
}
END_TEST

START_TEST(a_burst_is_so_many_presses_at_once_and_values_go_in_turns)
{
	plan(PRESS("'press': 'b1', 'at': ['2s', '1s'], 'burst': 2, 'values': [1, 'x', "
		   "null]"),
	     1);
	ck_assert_uint_eq(schedule.count, 4);
	ck_assert_uint_eq(schedule.actions[1].at_ns, S);
	ck_assert_uint_eq(schedule.actions[2].at_ns, 2 * S);
	/* In turns as they stand in the file, where 2 s comes first. */
	ck_assert_str_eq(schedule.actions[2].data, "1");
	ck_assert_str_eq(schedule.actions[3].data, "\"x\"");
	ck_assert_str_eq(schedule.actions[0].data, "null");
}
END_TEST

START_TEST(a_sensor_sends_values_as_it_does_its_own)
{
	plan("{'scenario': 'x', 'expect': [], 'lab': {'lab': 'l', 'nodes': [{'name': "
	     "'r', 'kind': 'relayer'}, {'name': 't', 'kind': 'sensor'}, {'name': 'b', "
	     "'kind': 'button'}], 'links': [{'from': 't', 'to': 'r'}, {'from': 'b', "
	     "'to': 'r'}]}, 'workload': [{'press': ['t', 'b'], 'at': 1, 'burst': 2, "
	     "'values': [18, {'celsius': 25}]}, {'press': 't', 'at': 2, 'data': 19}]}",
	     1);
	ck_assert_uint_eq(schedule.count, 5);
	ck_assert_str_eq(schedule.actions[0].data, "{\"value\":18}");
	ck_assert_str_eq(schedule.actions[1].data, "{\"value\":{\"celsius\":25}}");
	ck_assert_str_eq(schedule.actions[2].data, "18");
	ck_assert_str_eq(schedule.actions[3].data, "{\"celsius\":25}");
	ck_assert_str_eq(schedule.actions[4].data, "19");
}
END_TEST

START_TEST(poisson_presses_come_at_their_rate_and_by_the_seed_alone)
{
	struct snet__schedule again = {0}, other = {0};
	size_t differ = 0;

	plan(PRESS("'press': 'b*', 'poisson': '1ms'"), 7);
	/* 10,000 are expected; five standard deviations are 500. */
	ck_assert_uint_gt(schedule.count, 9500);
	ck_assert_uint_lt(schedule.count, 10500);
	ck_assert_int_eq(snet__schedule_plan(&again, &scenario, 7, &err), 0);
	ck_assert_int_eq(snet__schedule_plan(&other, &scenario, 8, &err), 0);
	ck_assert_uint_eq(again.count, schedule.count);
	for (size_t i = 0; i < schedule.count; i++) {
		ck_assert_uint_eq(again.actions[i].at_ns, schedule.actions[i].at_ns);
		ck_assert_uint_eq(again.actions[i].index, schedule.actions[i].index);
		differ += i < other.count &&
			  other.actions[i].at_ns != schedule.actions[i].at_ns;
	}
	ck_assert_uint_gt(differ, 9000);
	snet__schedule_clear(&again);
	snet__schedule_clear(&other);
}
END_TEST

static void check_action(size_t i, uint64_t at_ns, enum snet__deed deed, uint32_t index,
			 uint32_t occurrence)
{
	ck_assert_uint_lt(i, schedule.count);
	ck_assert_uint_eq(schedule.actions[i].at_ns, at_ns);
	ck_assert_int_eq(schedule.actions[i].deed, deed);
	ck_assert_uint_eq(schedule.actions[i].index, index);
	ck_assert_uint_eq(schedule.actions[i].occurrence, occurrence);
}

START_TEST(a_fault_is_repeated_and_others_follow_it)
{
	plan(FAULT("'fault': 'down', 'name': 'x', 'links': 'r-s', 'at': '1s', 'every': "
		   "'4s', 'for': '1s'}, {'fault': 'down', 'links': 'a-s', 'after': "
		   "{'fault': 'x', 'end': true}, 'at': '500ms', 'for': '1s'"),
	     1);
	ck_assert_uint_eq(schedule.count, 12);
	check_action(0, S, SNET__DEED_BEGIN, 0, 0);
	check_action(1, 2 * S, SNET__DEED_END, 0, 0);
	check_action(2, 2500 * MS, SNET__DEED_BEGIN, 1, 0);
	check_action(3, 3500 * MS, SNET__DEED_END, 1, 0);
	check_action(4, 5 * S, SNET__DEED_BEGIN, 0, 1);
	check_action(8, 9 * S, SNET__DEED_BEGIN, 0, 2);
	check_action(10, 10500 * MS, SNET__DEED_BEGIN, 1, 2);
}
END_TEST

START_TEST(a_flap_goes_off_and_on_until_it_ends)
{
	plan(FAULT("'fault': 'flap', 'links': 'r-s', 'at': '1s', 'for': '3s', 'down': "
		   "'1s', 'up': '500ms'"),
	     1);
	ck_assert_uint_eq(schedule.count, 5);
	check_action(0, S, SNET__DEED_BEGIN, 0, 0);
	check_action(1, 2 * S, SNET__DEED_OFF, 0, 0);
	check_action(2, 2500 * MS, SNET__DEED_ON, 0, 0);
	check_action(3, 3500 * MS, SNET__DEED_OFF, 0, 0);
	check_action(4, 4 * S, SNET__DEED_END, 0, 0);
}
END_TEST

START_TEST(what_waits_for_a_step_comes_into_its_place)
{
	plan(FAULT("'fault': 'down', 'links': 'r-s', 'after': {'step': 'journaled', "
		   "'event': 3}, 'for': '1s'}, {'fault': 'down', 'links': 'a-s', 'at': "
		   "'2s'"),
	     1);
	ck_assert_uint_eq(schedule.count, 1);
	ck_assert_uint_eq(scenario.faults[0].after_count, 3);
	ck_assert_int_eq(snet__schedule_add_fault(&schedule, &scenario, 0, 1500 * MS,
						  &err),
			 0);
	ck_assert_uint_eq(schedule.count, 3);
	check_action(0, 1500 * MS, SNET__DEED_BEGIN, 0, 0);
	check_action(1, 2 * S, SNET__DEED_BEGIN, 1, 0);
	check_action(2, 2500 * MS, SNET__DEED_END, 0, 0);
}
END_TEST

START_TEST(a_timeline_that_never_ends_is_refused)
{
	(void)read_quoted(
		FAULT("'fault': 'flap', 'links': 'r-s', 'at': 0, 'down': '1ms', "
		      "'up': '1ms', 'every': '1ms'"));
	scenario.duration_ns = SNET__DURATION_MAX;
	scenario.faults[0].for_ns = SNET__NEVER;
	ck_assert_int_eq(snet__schedule_plan(&schedule, &scenario, 1, &err), -E2BIG);
	ck_assert_str_eq(
		err.msg,
		"timeline[0]: the timeline begins and ends faults over 20000 times");
}
END_TEST

#define TOO_MANY(more)                                                                  \
	"{'scenario': 'x', 'expect': [], 'lab': {'lab': 'l', 'nodes': [{'name': 'r', "  \
	"'kind': 'relayer'}, {'name': 'c', 'kind': 'functions', 'functions': {}}], "    \
	"'links': [{'from': 'r', 'to': 'c'}]}, 'timeline': [{'fault': '429', 'nodes': " \
	"'c', 'at': '1s', 'for': '1s'}]" more "}"

/* A relayer that is told so may wait for the next minute. */
START_TEST(what_a_fault_holds_up_has_time_to_settle)
{
	ck_assert_int_eq(read_quoted(TOO_MANY("")), 0);
	ck_assert_uint_eq(scenario.settle_ns, 90 * S);
	teardown();
	setup();
	ck_assert_int_eq(read_quoted(TOO_MANY(", 'settle': '5s'")), 0);
	ck_assert_uint_eq(scenario.settle_ns, 5 * S);
	teardown();
	setup();
	ck_assert_int_eq(read_quoted(FAULT("'fault': 'down', 'links': 'a-s', 'at': 1")),
			 0);
	ck_assert_uint_eq(scenario.settle_ns, 30 * S);
}
END_TEST

/* What ends by an event has time for it, unless the file says. */
START_TEST(what_ends_at_a_step_lasts_longer)
{
	const char *text = "{'scenario': 'x', 'expect': [], 'lab': " LAB
			   ", 'until': {'step': 'sent', 'event': 7}}";

	ck_assert_int_eq(read_quoted(text), 0);
	ck_assert_str_eq(scenario.until, "sent");
	ck_assert_uint_eq(scenario.until_count, 7);
	ck_assert_uint_eq(scenario.duration_ns, 600 * S);
	teardown();
	setup();
	ck_assert_int_eq(read_quoted(SCENARIO("'until': {'step': 'sent'}")), 0);
	ck_assert_uint_eq(scenario.until_count, 1);
	ck_assert_uint_eq(scenario.duration_ns, 10 * S);
}
END_TEST

START_TEST(a_random_time_is_within_its_bounds_and_of_the_seed)
{
	uint64_t first = 0;
	bool differs = false;

	(void)read_quoted(
		FAULT("'fault': 'down', 'links': 'r-s', 'between': ['2s', '5s']"));
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct snet__schedule one = {0};

		ck_assert_int_eq(snet__schedule_plan(&one, &scenario, seed, &err), 0);
		ck_assert_uint_eq(one.count, 1);
		ck_assert_uint_ge(one.actions[0].at_ns, 2 * S);
		ck_assert_uint_le(one.actions[0].at_ns, 5 * S);
		differs |= seed && one.actions[0].at_ns != first;
		first = one.actions[0].at_ns;
		snet__schedule_clear(&one);
	}
	ck_assert(differs);
}
END_TEST

START_TEST(sets_name_nodes_and_other_sets)
{
	plan(SCENARIO("'sets': {'left': ['b0', 'b1'], 'all': ['@left', 'kind:button']}, "
		      "'workload': [{'press': '@all', 'every': '5s'}]"),
	     1);
	ck_assert_uint_eq(scenario.workload[0].nodes.count, 3);
	ck_assert_uint_eq(scenario.workload[0].nodes.items[0], 2);
}
END_TEST

/* Links by patterns and by a set's name, each once. */
START_TEST(sets_name_links_where_links_are_wanted)
{
	plan(SCENARIO(
		     "'sets': {'edge': ['b*-s', 'b1-s'], 'all': ['@edge', 'r-s']}, "
		     "'timeline': [{'fault': 'down', 'links': '@all', 'at': 1}, {'fault': "
		     "'down', 'links': ['a-s', '@edge'], 'at': 2}]"),
	     1);
	ck_assert_uint_eq(scenario.faults[0].links.count, 4);
	ck_assert_uint_eq(scenario.faults[1].links.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(scenario.faults[0].links.items[i], i);
	ck_assert_uint_eq(scenario.faults[1].links.items[3], 4);
}
END_TEST

START_TEST(sets_that_name_each_other_are_refused)
{
	char *lines;

	ck_assert_int_eq(read_quoted(SCENARIO(
				 "'sets': {'a': '@b', 'b': '@a'}, 'workload': [{'press': "
				 "'@a', 'every': '5s'}]")),
			 -EINVAL);
	lines = list_problems(&problems);
	ck_assert_ptr_nonnull(strstr(lines, "the sets name each other"));
	free(lines);
}
END_TEST

START_TEST(each_kind_of_fault_is_complete)
{
	const struct snet__fault_kind *kind;

	for (size_t i = 0; (kind = snet__fault_kind_at(i)); i++) {
		ck_assert_msg(kind->name && kind->help && kind->keys && kind->begin &&
				      kind->end && kind->measure && kind->on,
			      "%zu", i);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("scenario");
	TCase *tcase = tcase_create("scenario");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0, BAD_COUNT);
	tcase_add_test(tcase, periodic_presses_are_spread_over_the_period);
	tcase_add_test(tcase, a_burst_is_so_many_presses_at_once_and_values_go_in_turns);
	tcase_add_test(tcase, a_sensor_sends_values_as_it_does_its_own);
	tcase_add_test(tcase, poisson_presses_come_at_their_rate_and_by_the_seed_alone);
	tcase_add_test(tcase, a_fault_is_repeated_and_others_follow_it);
	tcase_add_test(tcase, a_flap_goes_off_and_on_until_it_ends);
	tcase_add_test(tcase, what_waits_for_a_step_comes_into_its_place);
	tcase_add_test(tcase, a_timeline_that_never_ends_is_refused);
	tcase_add_test(tcase, what_a_fault_holds_up_has_time_to_settle);
	tcase_add_test(tcase, what_ends_at_a_step_lasts_longer);
	tcase_add_test(tcase, a_random_time_is_within_its_bounds_and_of_the_seed);
	tcase_add_test(tcase, sets_name_nodes_and_other_sets);
	tcase_add_test(tcase, sets_name_links_where_links_are_wanted);
	tcase_add_test(tcase, sets_that_name_each_other_are_refused);
	tcase_add_test(tcase, each_kind_of_fault_is_complete);
	suite_add_tcase(suite, tcase);
	return suite;
}
