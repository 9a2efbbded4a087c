/* SPDX-License-Identifier: MIT */
/* Every kind of fault in a running lab: it takes effect, is seen to, heals, and nothing that was
 * acknowledged is lost or done twice because of it. */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/kind.h"
#include "fault/runner.h"
#include "io/filter.h"
#include "quoted.h"
#include "suite.h"

/* A button and an actuator whose relayer asks a function, and a program beside them. */
#define LAB                                                                                  \
	"{'lab': 'kinds', 'nodes': [{'name': 's', 'kind': 'switch'},"                        \
	"{'name': 'r', 'kind': 'relayer', 'routes': [{'key': 'press', 'function': 'f'}]},"   \
	"{'name': 'b', 'kind': 'button', 'data': {'target': 'a'}},"                          \
	"{'name': 'a', 'kind': 'actuator', 'state': 0},"                                     \
	"{'name': 'p', 'kind': 'process', 'command': ['/bin/sleep', '600']},"                \
	"{'name': 'c', 'kind': 'functions', 'functions': {'f': {'kind': 'blackbox',"         \
	"'code': '#!/bin/sh\\necho \\\"{\\\\\\\"target\\\\\\\":\\\\\\\"a\\\\\\\"}\\\"'}}}]," \
	"'links': [{'from': 'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'a', "       \
	"'to': 's'}, {'from': 'p', 'to': 's'}, {'from': 'c', 'to': 's'}],"                   \
	"'backends': {'o': {'kind': 'openwhisk', 'node': 'c', 'timeout': '5s'}}}"

/* What each kind needs beside its name and time. */
static const struct {
	const char *kind, *keys;
	bool fails; /* events may fail, as their function has */
} kinds[] = {
	{"impair", "'links': 'r-s', 'set': {'delay': '20ms', 'loss': '20%'}"},
	{"down", "'links': 'c-s'"},
	{"flap", "'links': 'r-s', 'down': '100ms', 'up': '100ms'"},
	{"drop", "'links': 'b-s', 'first': 2, 'count': 2"},
	{"partition", "'groups': [['r', 'b'], ['a']]"},
	{"partition", "'groups': [['r', 'b'], ['r', 'a']]"},
	{"partition", "'groups': [['b'], ['r', 'a']], 'one_way': true"},
	{"partition", "'nodes': 'a', 'shape': 'isolate'"},
	{"partition", "'nodes': ['s', 'b', 'a', 'p', 'c'], 'shape': 'halves'"},
	{"partition", "'nodes': ['s', 'b', 'a', 'p', 'c'], 'shape': 'ring'"},
	{"partition", "'nodes': ['s', 'b', 'a', 'p', 'c'], 'shape': 'random'"},
	{"kill", "'nodes': 'r'"},
	{"pause", "'nodes': 'a'"},
	{"slow", "'nodes': 'p', 'share': '10%'"},
	{"skew", "'nodes': 'p', 'offset': '+1h'"},
	{"full", "'nodes': 'r'"},
	{"refuse", "'nodes': 'c'"},
	{"gone", "'nodes': 'c'"},
	{"gateway-500", "'nodes': 'c'"},
	{"gateway-502", "'nodes': 'c'"},
	{"gateway-503", "'nodes': 'c'"},
	{"429", "'nodes': 'c', 'variant': 'concurrent'"},
	{"503", "'nodes': 'c'"},
	{"500", "'nodes': 'c', 'variant': 'controller'", .fails = true},
	{"502", "'nodes': 'c'", .fails = true},
	{"cold", "'nodes': 'c', 'delay': '100ms'"},
	{"twice", "'nodes': 'c'"},
	{"late", "'nodes': 'c', 'delay': '200ms'"},
	{"lost-result", "'nodes': 'c'"},
	{"gateway-504", "'nodes': 'c', 'delay': '100ms'"},
	{"timeout-202", "'nodes': 'c', 'delay': '100ms'"},
	{"garbage", "'nodes': 'c'", .fails = true},
};
#define COUNT (int)(sizeof(kinds) / sizeof(*kinds))

static struct snet__scenario scenario;
static struct snet__outcome outcome;
static struct snet_err err;

static void setup(void)
{
	snet__scenario_init(&scenario);
	outcome = (struct snet__outcome){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	snet__outcome_clear(&outcome);
	snet__scenario_clear(&scenario);
}

/* In which ' stands for ". */
static int read_quoted(const char *text)
{
	struct snet__problems problems = {0};
	autofree char *json = quoted(text);
	int r = snet__scenario_read(&scenario, json, strlen(json), NULL, &problems, &err);

	snet__problems_clear(&problems);
	return r;
}

START_TEST(each_takes_effect_and_heals_and_loses_nothing)
{
	autofree char *text = snet__text_format(
		"{'scenario': 'x', 'lab': " LAB ", 'duration': '2500ms',"
		"'workload': [{'press': 'b', 'every': '100ms'}],"
		"'timeline': [{'fault': '%s', 'at': '800ms', 'for': '700ms', %s}],"
		"'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'},"
		"{'check': 'convergence', 'within': '30s'}]}",
		kinds[_i].kind, kinds[_i].keys);
	const struct snet__runner_opts opts = {.seed = 1};
	const struct snet__history_fault *fault;
	int r = read_quoted(text);

	/* Without cgroups that we may write. */
	if (r == -EINVAL && strstr(err.msg, "cannot be")) {
		skip(kinds[_i].kind, "%s", err.msg);
		return;
	}
	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_uint_eq(outcome.history.faults_count, 1);
	fault = &outcome.history.faults[0];
	ck_assert_msg(!fault->failure, "%s", fault->failure);
	ck_assert_msg(fault->has_effect, "%s", fault->receipt);
	ck_assert_uint_ge(fault->begun_ns, fault->planned_ns);
	ck_assert_uint_ge(fault->effect_ns, fault->begun_ns);
	ck_assert_uint_ge(fault->healed_ns, fault->planned_end_ns);
	ck_assert_uint_ge(outcome.history.events_count, 25);

	r = snet__outcome_judge(&outcome, &scenario, NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	if (!kinds[_i].fails)
		ck_assert_msg(outcome.judgements[0].verdict == SNET_VERDICT_HELD, "%s",
			      outcome.judgements[0].summary);
	ck_assert_msg(outcome.judgements[1].verdict == SNET_VERDICT_HELD, "%s",
		      outcome.judgements[1].summary);
}
END_TEST

/* At times at which nothing else is broken that a probe would need. */
static const struct {
	unsigned int at_ms;
	const char *link, *set;
} impairments[] = {
	{500, "r-s", "'duplicate': '50%'"},
	{500, "c-s", "'corrupt': '30%'"},
	{500, "a-s", "'delay': '20ms', 'reorder': '50%'"},
	{500, "b-s", "'delay': '20ms', 'filter': 'udp'"}, /* no probe's */
	{1200, "r-s", "'loss': {'nth': 4}"},
	{1200, "b-s", "'loss': {'gemodel': ['50%', '50%']}"},
	{1200, "a-s", "'rate': '8kbit', 'limit': 2"},
	{1200, "c-s", "'loss': {'state': ['50%', '50%']}"},
	{1900, "p-s", "'rate': '20kbit'"},
	{3100, "p-s", "'delay': '20ms', 'jitter': '10ms'"},
};

/* Where nothing but probes pass, which a busy machine may send late. */
static bool is_probed(size_t i)
{
	return strcmp(impairments[i].link, "p-s") == 0;
}

/* To be freed. */
static char *list_impairments(void)
{
	char *list = strdup("");

	for (size_t i = 0; i < sizeof(impairments) / sizeof(*impairments); i++) {
		autofree char *before = list;

		list = snet__text_format("%s%s{'fault': 'impair', 'at': '%ums', 'for': "
					 "'%ums', 'links': '%s', 'set': {%s}}",
					 before, i ? "," : "", impairments[i].at_ms,
					 is_probed(i) ? 1000u : 500u, impairments[i].link,
					 impairments[i].set);
	}
	return list;
}

/* What an impairment does to packets is seen, by its own counts or by probes; and all comes to its end
 * in spite of it. */
START_TEST(each_impairment_takes_effect)
{
	autofree char *timeline = list_impairments();
	autofree char *text = snet__text_format(
		"{'scenario': 'x', 'lab': " LAB ", 'duration': '4500ms', 'seed': 5,"
		"'workload': [{'press': 'b', 'every': '50ms'}], 'timeline': [%s],"
		"'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}]}",
		timeline);
	const struct snet__runner_opts opts = {.seed = 5};
	int r;

	if (!snet__filter_version()) {
		skip("impairments", "built without libpcap");
		return;
	}
	r = read_quoted(text);
	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	for (size_t i = 0; i < outcome.history.faults_count; i++) {
		const struct snet__history_fault *fault = &outcome.history.faults[i];

		ck_assert_msg(!fault->failure, "%s: %s", fault->name, fault->failure);
		ck_assert_msg(fault->has_effect, "%s (%s): %s", fault->name, fault->what,
			      fault->receipt);
	}
	r = snet__outcome_judge(&outcome, &scenario, NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_msg(outcome.judgements[0].verdict == SNET_VERDICT_HELD, "%s",
		      outcome.judgements[0].summary);
}
END_TEST

/* One program has ended before it could be paused. */
START_TEST(a_receipt_is_of_all_nodes)
{
	const struct snet__runner_opts opts = {.seed = 1};
	const struct snet__history_fault *faults;
	int r = read_quoted(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'p', 'kind': 'process', 'command': ['/bin/sleep', "
		"'600']}, {'name': 'q', 'kind': 'process', 'command': ['/bin/true']}],"
		"'links': [{'from': 'p', 'to': 'r'}, {'from': 'q', 'to': 'r'}]},"
		"'duration': '600ms', 'timeline': ["
		"{'fault': 'kill', 'nodes': ['r', 'p'], 'at': '100ms', 'for': '100ms'},"
		"{'fault': 'pause', 'nodes': ['q', 'r'], 'at': '300ms', 'for': '100ms'}],"
		"'expect': [{'check': 'convergence', 'within': '30s'}]}");

	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	faults = outcome.history.faults;
	ck_assert_msg(strstr(faults[0].receipt,
			     "2 of 2 nodes, first r: nothing lives in it"),
		      "%s", faults[0].receipt);
	ck_assert_msg(strstr(faults[0].measures, "\"nodes\":2,\"seen\":2"), "%s",
		      faults[0].measures);
	ck_assert_msg(strstr(faults[1].receipt, "1 of 2 nodes, first r: it stands still; "
						"nothing was seen of q"),
		      "%s", faults[1].receipt);
}
END_TEST

static double p50_of(const struct snet__json *measures, const char *part)
{
	return snet__json_number(
		snet__json_get(snet__json_get(snet__json_get(measures, "took"), part),
			       "p50"),
		-1);
}

/* It would see nothing of it. What calls took is seen by the relayer. */
START_TEST(no_probe_is_beside_a_fault_of_calls)
{
	const struct snet__runner_opts opts = {.seed = 1};
	int r = read_quoted(
		"{'scenario': 'x', 'lab': " LAB ", 'duration': '1500ms',"
		"'workload': [{'press': 'b', 'every': '50ms'}], 'timeline': [{'fault': "
		"'late', 'delay': '200ms', 'nodes': 'c', 'at': '600ms', 'for': '800ms'}],"
		"'expect': [{'check': 'convergence', 'within': '30s'}]}");
	const struct snet__history_fault *fault;
	autojson *measures = NULL;

	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_uint_eq(outcome.history.probes_count, 0);
	fault = &outcome.history.faults[0];
	ck_assert_msg(!strstr(fault->receipt, "round trip"), "%s", fault->receipt);
	ck_assert_msg(strstr(fault->receipt, "; calls took before "), "%s",
		      fault->receipt);
	r = snet__json_parse(&measures, fault->measures, strlen(fault->measures), NULL);
	ck_assert_int_eq(r, 0);
	ck_assert_double_lt(p50_of(measures, "before"), p50_of(measures, "during"));
	ck_assert_double_ge(p50_of(measures, "during"), 200e6);
}
END_TEST

/* What is about to begin again, and does not, is an effect: see test_breakage_program.c. */
START_TEST(to_kill_what_has_ended_is_no_effect)
{
	const struct snet__runner_opts opts = {.seed = 1};
	const struct snet__history_fault *fault;
	int r = read_quoted(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'p', 'kind': 'process', 'command': ['/bin/false']}],"
		"'links': [{'from': 'p', 'to': 'r'}]}, 'duration': '800ms', 'timeline': ["
		"{'fault': 'kill', 'nodes': 'p', 'at': '400ms', 'for': '200ms'}],"
		"'expect': [{'check': 'convergence', 'within': '30s'}]}");

	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	fault = &outcome.history.faults[0];
	ck_assert_msg(!fault->has_effect, "%s", fault->receipt);
	ck_assert_uint_eq(fault->effect_ns, SNET__NEVER);
	ck_assert_str_eq(fault->receipt, "p: it had ended by itself");
}
END_TEST

/* From here on, and for this test only. */
static bool hide_cgroups(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0;
}

#define SLOW(optional)                                                           \
	"{'scenario': 'x', 'lab': " LAB ", 'duration': '400ms', 'timeline': ["   \
	"{'fault': 'slow', 'nodes': 'p', 'share': '10%', 'at': '100ms', 'for': " \
	"'100ms'" optional "}], 'expect': [{'check': 'convergence', 'within': '30s'}]}"

START_TEST(what_a_machine_cannot_do_may_be_optional)
{
	const struct snet__runner_opts opts = {.seed = 1};
	int r;

	if (!hide_cgroups()) {
		skip("optional", "cannot hide the machine's cgroups");
		return;
	}
	ck_assert_int_eq(read_quoted(SLOW("")), -EINVAL);
	ck_assert_msg(strstr(err.msg, "'p' cannot be slowed down: that needs root, or "
				      "'systemd-run --user --scope -p Delegate=yes'"),
		      "%s", err.msg);
	teardown();
	setup();
	r = read_quoted(SLOW(", 'optional': true"));
	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert(strstr(outcome.history.faults[0].failure,
			 "it could not begin: 'p' cannot be slowed down"));
	r = snet__outcome_judge(&outcome, &scenario, NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_int_eq(outcome.verdict, SNET_VERDICT_HELD);
}
END_TEST

/* A process has died a moment after it was killed, and a store is full when it is next written. */
START_TEST(an_effect_is_seen_when_it_begins)
{
	const struct snet__runner_opts opts = {.seed = 1};
	int r = read_quoted(
		"{'scenario': 'x', 'lab': " LAB ", 'duration': '2500ms',"
		"'workload': [{'press': 'b', 'every': '100ms'}], 'timeline': ["
		"{'fault': 'kill', 'nodes': 'p', 'at': '200ms', 'for': '1s'},"
		"{'fault': 'full', 'nodes': 'r', 'at': '1300ms', 'for': '1s'}],"
		"'expect': [{'check': 'convergence', 'within': '30s'}]}");

	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	for (size_t i = 0; i < 2; i++) {
		const struct snet__history_fault *fault = &outcome.history.faults[i];

		ck_assert_msg(fault->has_effect, "%s", fault->receipt);
		ck_assert_uint_lt(fault->effect_ns, fault->planned_end_ns);
		ck_assert_uint_ge(fault->effect_end_ns, fault->planned_end_ns);
	}
}
END_TEST

/* Its probes are smaller than what it loses. */
START_TEST(a_receipt_tells_of_a_path_mtu)
{
	const struct snet__runner_opts opts = {.seed = 1};
	const struct snet__history_fault *fault;
	int r = read_quoted(
		"{'scenario': 'x', 'lab': " LAB ", 'duration': '400ms',"
		"'workload': [{'press': 'b', 'every': '50ms'}], 'timeline': ["
		"{'fault': 'impair', 'links': 'b-s', 'set': {'pmtu': 150}, 'at': '100ms',"
		"'for': '200ms'}],"
		"'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}]}");

	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	fault = &outcome.history.faults[0];
	ck_assert_msg(fault->has_effect &&
			      strstr(fault->receipt, "lost as larger than the path MTU"),
		      "%s", fault->receipt);
	r = snet__outcome_judge(&outcome, &scenario, NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_msg(outcome.judgements[0].verdict == SNET_VERDICT_HELD, "%s",
		      outcome.judgements[0].summary);
}
END_TEST

START_TEST(each_kind_is_tested)
{
	const struct snet__fault_kind *kind;

	for (size_t at = 0; (kind = snet__fault_kind_at(at)); at++) {
		int i = 0;

		while (i < COUNT && strcmp(kinds[i].kind, kind->name) != 0)
			i++;
		ck_assert_msg(i < COUNT, "'%s' is not tested", kind->name);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("fault_kinds");
	TCase *tcase = tcase_create("fault_kinds");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, each_takes_effect_and_heals_and_loses_nothing, 0,
			    COUNT);
	tcase_add_test(tcase, each_kind_is_tested);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("receipts");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_receipt_is_of_all_nodes);
	tcase_add_test(tcase, to_kill_what_has_ended_is_no_effect);
	tcase_add_test(tcase, what_a_machine_cannot_do_may_be_optional);
	tcase_add_test(tcase, no_probe_is_beside_a_fault_of_calls);
	tcase_add_test(tcase, an_effect_is_seen_when_it_begins);
	tcase_add_test(tcase, a_receipt_tells_of_a_path_mtu);
	tcase_add_test(tcase, each_impairment_takes_effect);
	suite_add_tcase(suite, tcase);
	return suite;
}
