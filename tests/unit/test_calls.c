/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check_bed.h"
#include "fault/calls.h"
#include "quoted.h"
#include "suite.h"

static struct check_bed bed;
static struct snet__scenario scenario;

static void set_up(void)
{
	bed_new(&bed);
	snet__scenario_init(&scenario);
}

static void tear_down(void)
{
	snet__scenario_clear(&scenario);
	bed_free(&bed);
}

/* Two backends with the same functions; a fault of one function of the first. */
static void read_scenario(void)
{
	char text[] =
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': ["
		"{'name': 'r', 'kind': 'relayer', 'routes': [{'function': 'f', 'backend': "
		"'one'}]}, {'name': 'c{i}', 'kind': 'functions', 'count': 2, 'functions': "
		"{'f': {'kind': 'blackbox', 'code': '#!/bin/sh'}}}], 'links': ["
		"{'from': 'c{i}', 'to': 'r', 'count': 2}], 'backends': {'one': {'kind': "
		"'openwhisk', 'node': 'c0'}, 'two': {'kind': 'openwhisk', 'node': 'c1'}}},"
		"'duration': '9s', 'timeline': [{'fault': 'late', 'delay': '1s', 'nodes': "
		"'c0', 'function': 'f', 'at': '2s'}],"
		"'expect': [{'check': 'availability', 'share': '0%'}]}";
	struct snet__problems problems = {0};
	int r;

	r = snet__scenario_read(&scenario, quote(text), strlen(text), NULL, &problems,
				&bed.err);
	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", bed.err.msg);
}

static void call(const char *id, const char *what, uint64_t at, uint64_t until,
		 const char *answer)
{
	(void)bed_press(&bed, id, "b", at);
	BED_TRACE(&bed, id, SNET_OUTCOME_DONE,
		  {.step = "invoked", .node = "r", .detail = what, .at_ns = at},
		  {.step = answer, .node = "r", .at_ns = until});
}

START_TEST(what_calls_took_is_told_beside_what_was_hit)
{
	struct snet__history_fault *fault = bed_fault(&bed, "late-1", 2000, 3000);

	read_scenario();
	fault->receipt = "2 of 3 calls hit";
	fault->measures = "{\"hit\":2}";
	call("a", "f@one", 1000, 1010, "result");
	call("b", "f@one", 2000, 2500, "result");
	call("c", "f@one", 2100, 2800, "failed");
	call("d", "f@one", 2200, 2210, "accepted");
	/* Of no concern: another backend, another function, two at a time. */
	call("e", "f@two", 2300, 2990, "result");
	call("f", "ff@one", 2300, 2990, "result");
	(void)bed_press(&bed, "g", "b", 2300);
	BED_TRACE(&bed, "g", SNET_OUTCOME_DONE,
		  {.step = "invoked", .node = "r", .detail = "f@one", .at_ns = 2300},
		  {.step = "invoked", .node = "r", .detail = "f@two", .at_ns = 2300},
		  {.step = "result", .node = "r", .at_ns = 2990},
		  {.step = "result", .node = "r", .at_ns = 2995});
	ck_assert_int_eq(snet__calls_tell(&bed.history, &scenario), 0);
	fault = &bed.history.faults[0];
	ck_assert_str_eq(fault->receipt,
			 "2 of 3 calls hit; calls took before 10.0 ms, during 500.0 ms "
			 "(the longest 700.0 ms), after not measured");
	ck_assert_str_eq(
		fault->measures,
		"{\"hit\":2,\"took\":{"
		"\"before\":{\"answered\":1,\"p50\":10000000,\"max\":10000000},"
		"\"during\":{\"answered\":3,\"p50\":500000000,\"max\":700000000},"
		"\"after\":{\"answered\":0,\"p50\":null,\"max\":null}}}");
}
END_TEST

START_TEST(without_a_call_nothing_is_told)
{
	struct snet__history_fault *fault = bed_fault(&bed, "late-1", 2000, 3000);

	read_scenario();
	fault->receipt = "0 of 0 calls hit";
	fault->measures = "{}";
	ck_assert_int_eq(snet__calls_tell(&bed.history, &scenario), 0);
	ck_assert_str_eq(bed.history.faults[0].receipt, "0 of 0 calls hit");
}
END_TEST

/* It was tried, in vain, when something else had killed its node. */
START_TEST(nothing_is_measured_of_a_fault_that_did_not_begin)
{
	struct snet__history_fault *fault = bed_fault(&bed, "late-1", 2000, 3000);

	read_scenario();
	fault->begun_ns = SNET__NEVER;
	fault->receipt = "it did not begin";
	fault->measures = "{}";
	call("a", "f@one", 1000, 1010, "result");
	call("b", "f@one", 4000, 4500, "result");
	ck_assert_int_eq(snet__calls_tell(&bed.history, &scenario), 0);
	ck_assert_str_eq(bed.history.faults[0].receipt, "it did not begin");
	ck_assert_str_eq(bed.history.faults[0].measures, "{}");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("calls");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_calls_took_is_told_beside_what_was_hit);
	tcase_add_test(tc, without_a_call_nothing_is_told);
	tcase_add_test(tc, nothing_is_measured_of_a_fault_that_did_not_begin);
	suite_add_tcase(s, tc);
	return s;
}
