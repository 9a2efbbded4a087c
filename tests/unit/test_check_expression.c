/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_bed.h"
#include "fault/expression.h"
#include "suite.h"

static struct check_bed bed;

static void set_up(void)
{
	bed_new(&bed);
}

static void tear_down(void)
{
	bed_free(&bed);
}

/* "x" is 3, "d" 20 ms, "n" never, "u" unknown. */
static int find(void *user, const char *name, struct snet__expression_value *ret,
		struct snet_err *err)
{
	(void)user;
	*ret = (struct snet__expression_value){.number = 3};
	if (strcmp(name, "d") == 0)
		*ret = (struct snet__expression_value){SNET__EXPRESSION_DURATION, 20e6};
	else if (strcmp(name, "n") == 0)
		*ret = (struct snet__expression_value){SNET__EXPRESSION_DURATION,
						       INFINITY};
	else if (strcmp(name, "u") == 0)
		ret->is_unknown = true;
	else if (strcmp(name, "x") != 0)
		return snet__err_set(err, -ENOENT, "unknown name '%s'", name);
	return 0;
}

/* "true", "false", "unknown", or the message. */
static const char *evaluate(const char *text)
{
	struct snet__expression_value value;
	int r;

	r = snet__expression_evaluate(&value, text, find, NULL, &bed.err);
	if (r < 0) {
		ck_assert_int_eq(r, -EINVAL);
		return bed.err.msg;
	}
	return value.is_unknown ? "unknown" : value.number != 0 ? "true" : "false";
}

START_TEST(operators_bind_as_in_c)
{
	ck_assert_str_eq(evaluate("1 + 2 * 3 == 7"), "true");
	ck_assert_str_eq(evaluate("(1 + 2) * 3 == 9"), "true");
	ck_assert_str_eq(evaluate("8 - 2 - 1 == 5 && 8 / 2 / 2 == 2"), "true");
	ck_assert_str_eq(evaluate("1 == 1 || 1 == 2 && 1 == 2"), "true");
	ck_assert_str_eq(evaluate("(1 == 1 || 1 == 2) && 1 == 2"), "false");
	ck_assert_str_eq(evaluate("!(x < 3) && x <= 3 && x >= 3 && !(x > 3)"), "true");
	ck_assert_str_eq(evaluate("x != 3"), "false");
	ck_assert_str_eq(evaluate("-x + 3 == 0 && --x == 3"), "true");
	ck_assert_str_eq(evaluate("\tx==3\n"), "true");
}
END_TEST

START_TEST(durations_and_shares_have_their_units)
{
	ck_assert_str_eq(evaluate("d == 20ms && d == 20000us && d == 0.02s"), "true");
	ck_assert_str_eq(evaluate("d < 20.1ms && d > 19\302\265s"), "true");
	ck_assert_str_eq(evaluate("d * 3 == 60ms && 2 * d == d + d && d / d == 1"),
			 "true");
	ck_assert_str_eq(evaluate("d / 2 == 10ms && d - 5ms == 15ms"), "true");
	ck_assert_str_eq(evaluate("x / 100 == 3% && 100% == 1 && 0.5 == 50%"), "true");
}
END_TEST

START_TEST(what_is_unknown_matters_only_where_it_decides)
{
	ck_assert_str_eq(evaluate("u > 1"), "unknown");
	ck_assert_str_eq(evaluate("!(u + 1 > 1)"), "unknown");
	ck_assert_str_eq(evaluate("x / 0 > 1"), "unknown");
	ck_assert_str_eq(evaluate("u > 1 || x == 3"), "true");
	ck_assert_str_eq(evaluate("x == 3 || u > 1"), "true");
	ck_assert_str_eq(evaluate("u > 1 && x != 3"), "false");
	ck_assert_str_eq(evaluate("u > 1 && x == 3"), "unknown");
	ck_assert_str_eq(evaluate("u > 1 || x != 3"), "unknown");
}
END_TEST

START_TEST(never_is_more_than_any_number)
{
	ck_assert_str_eq(evaluate("n > 1h && 1h < n && n != d"), "true");
	ck_assert_str_eq(evaluate("n < 1h || n == d"), "false");
	ck_assert_str_eq(evaluate("n - 1h > 1h && n / 1000 > d && d / n < 1%"), "true");
	ck_assert_str_eq(evaluate("d - n < 0ms && -n < n"), "true");
}
END_TEST

START_TEST(what_depends_on_nothing_but_nevers_is_unknown)
{
	ck_assert_str_eq(evaluate("n - n < 1ms"), "unknown");
	ck_assert_str_eq(evaluate("n / n == 1"), "unknown");
	ck_assert_str_eq(evaluate("n < 2 * n"), "unknown");
	ck_assert_str_eq(evaluate("n == n"), "unknown");
	ck_assert_str_eq(evaluate("!(n != n)"), "unknown");
	ck_assert_str_eq(evaluate("0 * n < 1ms"), "unknown");
	ck_assert_str_eq(evaluate("n <= n || x == 3"), "true");
}
END_TEST

START_TEST(what_is_no_expression_is_refused_with_its_place)
{
	ck_assert_str_eq(evaluate(""), "column 1: something is missing at the end");
	ck_assert_str_eq(evaluate("x == "), "column 6: something is missing at the end");
	ck_assert_str_eq(evaluate("x == && 1"),
			 "column 6: a number or a name is needed here");
	ck_assert_str_eq(evaluate("(x == 3"),
			 "column 8: ')' is missing, for '(' in column 1");
	ck_assert_str_eq(evaluate("x == 3)"), "column 7: not expected here: ')'");
	ck_assert_str_eq(evaluate("x = 3"), "column 3: not expected here: '= 3'");
	ck_assert_str_eq(evaluate("1 < 2 < 3"), "column 7: not expected here: '< 3'");
	ck_assert_str_eq(evaluate("x == 3 && y > 1"), "column 11: unknown name 'y'");
	ck_assert_str_eq(evaluate("x == 3 || y > 1"), "column 11: unknown name 'y'");
	ck_assert_str_eq(
		evaluate("x == 3parsecs"),
		"column 6: '3parsecs' is no number, share up to 100% or duration");
	ck_assert_str_eq(evaluate("x == 101%"),
			 "column 6: '101%' is no number, share up to 100% or duration");
	ck_assert_str_eq(evaluate("x == 1.2.3"),
			 "column 6: '1.2.3' is no number, share up to 100% or duration");
}
END_TEST

START_TEST(what_does_not_go_together_is_refused)
{
	ck_assert_str_eq(evaluate("d < 200"),
			 "column 3: a duration and a number do not go together (a "
			 "duration has a unit: 20ms)");
	ck_assert_str_eq(evaluate("x + 1ms > 2ms"),
			 "column 3: a number and a duration do not go together (a "
			 "duration has a unit: 20ms)");
	ck_assert_str_eq(evaluate("d * d > 1ms"),
			 "column 3: a duration times a duration is nothing");
	ck_assert_str_eq(evaluate("1 / d > 1"),
			 "column 3: a number cannot be divided by a duration");
	ck_assert_str_eq(evaluate("x"),
			 "column 1: a number where something true or false is needed");
	ck_assert_str_eq(evaluate("x == 3 && d"),
			 "column 8: a duration where something true or false is needed");
	ck_assert_str_eq(evaluate("!x == 3"),
			 "column 1: a number where something true or false is needed");
	ck_assert_str_eq(evaluate("(x == 3) + 1 == 1"),
			 "column 10: something true or false where a number is needed");
	ck_assert_str_eq(evaluate("-(x == 3)"),
			 "column 1: something true or false where a number is needed");
}
END_TEST

START_TEST(columns_count_characters)
{
	ck_assert_str_eq(evaluate("d > 1\302\265s && y"), "column 12: unknown name 'y'");
}
END_TEST

START_TEST(deep_nesting_and_long_words_are_refused)
{
	char text[100001];

	memset(text, '(', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_str_eq(evaluate(text), "column 51: nested too deeply");
	memset(text, '!', sizeof(text) - 1);
	ck_assert_str_eq(evaluate(text), "column 50: nested too deeply");
	memset(text, 'x', sizeof(text) - 1);
	ck_assert_str_eq(evaluate(text), "column 1: too long a name");
	memset(text, '9', sizeof(text) - 1);
	ck_assert_str_eq(evaluate(text), "column 1: too long a number");
}
END_TEST

/* 0, or -EINVAL with the message in the bed. */
static int prepare(const char *text)
{
	const struct snet__checker *checker = snet__checker_find("expression");

	bed.expectation.checker = checker;
	bed.expectation.expression = (char *)text;
	return checker->prepare(&bed.expectation, &bed.err);
}

START_TEST(an_expression_is_checked_before_anything_runs)
{
	ck_assert_int_eq(prepare("lost == 0 && during.p99 < 200ms"), 0);
	ck_assert_int_eq(prepare("lost == 0 && pendign == 0"), -EINVAL);
	ck_assert_str_eq(
		bed.err.msg,
		"expression: column 14: unknown name 'pendign', did you mean 'pending'?");
	ck_assert_int_eq(prepare("delivered > 0"), -EINVAL);
	ck_assert_str_eq(
		bed.err.msg,
		"expression: column 1: unknown name 'delivered': expected one of presses, "
		"refused, acknowledged, unacknowledged, dropped, done, expired, failed, "
		"pending, applied, duplicated, lost, p50, p90, p99, max, faults, notes");
	ck_assert_int_eq(prepare("amid.p99 < 200ms"), -EINVAL);
	ck_assert_str_eq(
		bed.err.msg,
		"expression: column 1: 'amid.p99': phases are before, during, after");
	ck_assert_int_eq(prepare("p99 < 200"), -EINVAL);
	ck_assert_int_eq(prepare("during.during.p99 < 1s"), -EINVAL);
}
END_TEST

/* One event each: done, lost, unacknowledged and dropped, expired, failed; and one duplicated. */
static void fill(void)
{
	struct snet__history_event *event;

	bed_fault(&bed, "cut", 1000, 2000);
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_press(&bed, "sw0-2", "sw0", 1200);
	event = bed_press(&bed, "sw0-3", "sw0", 1300);
	event->acknowledged_ns = SNET__NEVER;
	event->dropped_ns = 1900 * BED_MS;
	bed_press(&bed, "sw0-4", "sw0", 1400)->outcome = SNET_OUTCOME_EXPIRED;
	bed_press(&bed, "sw0-5", "sw0", 2000)->outcome = SNET_OUTCOME_FAILED;
	bed_done(&bed, "sw1-1", "sw1", 2100, 2260);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw1-1.0.0", "0", 2150);
	bed_command(&bed, "a0", "sw1-1.0.0", "0", 2160);
	snet__history_add_note(&bed.history, "warning", NULL, "hot", 1500 * BED_MS);
}

static const char *check(const char *expression)
{
	bed.expectation.expression = (char *)expression;
	return bed_check(&bed, "expression");
}

START_TEST(names_are_the_numbers_of_the_run)
{
	fill();
	ck_assert_str_eq(check("presses == 6 && acknowledged == 5 && unacknowledged == 1 "
			       "&& dropped == 1"),
			 "held");
	ck_assert_str_eq(
		check("done == 2 && expired == 1 && failed == 1 && pending == 2"),
		"held");
	ck_assert_str_eq(check("applied == 2 && duplicated == 1 && lost == 3"), "held");
	snet__history_add_note(&bed.history, "refused", "sw0", "it is down",
			       200 * BED_MS);
	ck_assert_str_eq(check("faults == 1 && notes == 2 && refused == 1"), "held");
	ck_assert_str_eq(check("before.presses == 1 && during.presses == 3 && "
			       "after.presses == 2"),
			 "held");
	ck_assert_str_eq(
		check("before.max == 50ms && before.refused == 1 && during.notes "
		      "== 1 && during.faults == 1"),
		"held");
}
END_TEST

/* Also of one that its trace says has failed. */
START_TEST(lost_is_what_a_delivery_check_calls_so)
{
	char expression[32];

	fill();
	bed.expectation.guarantee = 2;
	ck_assert_str_eq(bed_check(&bed, "delivery"), "violated");
	(void)snprintf(expression, sizeof(expression), "lost == %.0f",
		       bed_measure(&bed, "lost"));
	bed.expectation.guarantee = 0;
	ck_assert_str_eq(check(expression), "held");
}
END_TEST

START_TEST(the_summary_has_the_numbers_that_were_asked_for)
{
	fill();
	ck_assert_str_eq(check("lost == 0 && before.max < 20ms"), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "'lost == 0 && before.max < 20ms' does not hold: lost is 3, "
			 "before.max is 50.0 ms");
	ck_assert_double_eq(bed_measure(&bed, "lost"), 3);
	ck_assert_double_eq(bed_measure(&bed, "before.max_ns"), 50e6);
	ck_assert_str_eq(check("max > 1h"), "held");
	ck_assert_str_eq(bed.result.summary, "'max > 1h' holds: max is never");
	ck_assert_str_eq(check("1 == 1"), "held");
	ck_assert_str_eq(bed.result.summary, "'1 == 1' holds");
}
END_TEST

START_TEST(a_quantile_of_too_few_events_cannot_be_told)
{
	fill();
	ck_assert_str_eq(check("p99 < 200ms"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "'p99 < 200ms' cannot be told: p99 is of too few events");
	ck_assert_str_eq(check("presses < 100 || p99 < 200ms"), "held");
}
END_TEST

START_TEST(phases_in_which_all_failed_cannot_be_compared)
{
	bed_fault(&bed, "cut", 1000, 2000);
	bed_press(&bed, "sw0-1", "sw0", 1100)->outcome = SNET_OUTCOME_FAILED;
	bed_press(&bed, "sw0-2", "sw0", 2100)->outcome = SNET_OUTCOME_FAILED;
	ck_assert_str_eq(check("p50 - max < 1ms"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "'p50 - max < 1ms' cannot be told: p50 is never, max is never");
	ck_assert(snet__json_is(snet__json_get(bed.result.measures, "max_ns"),
				SNET__JSON_NULL));
	ck_assert_str_eq(check("after.max < 2 * during.max"), "untrusted");
	ck_assert_str_eq(check("after.max < 2s"), "violated");
}
END_TEST

START_TEST(an_event_that_is_under_way_at_the_end_has_taken_at_least_until_then)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 310);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 300);
	bed_press(&bed, "sw0-2", "sw0", 9900);
	ck_assert_str_eq(check("max < 10s"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "'max < 10s' cannot be told: max is at least 200.0 ms");
	ck_assert(snet__json_is(snet__json_get(bed.result.measures, "max_ns"),
				SNET__JSON_NULL));
	ck_assert_str_eq(check("max < 150ms"), "violated");
	ck_assert_str_eq(check("max == 150ms || max > 150ms"), "held");
	ck_assert_str_eq(check("presses == 2 && max / 2 < 1h"), "untrusted");

	/* It may be the quicker one, but not the slower. */
	ck_assert_str_eq(check("p50 < 150ms"), "untrusted");
	ck_assert_str_eq(bed.result.summary, "'p50 < 150ms' cannot be told: p50 is from "
					     "100.0 ms to 200.0 ms");
	ck_assert_str_eq(check("p50 < 201ms"), "held");
	ck_assert_str_eq(check("p50 < 99ms"), "violated");
	ck_assert_str_eq(check("max - p50 < 1ms"), "untrusted");

	bed.history.events[1].is_forgotten = true;
	ck_assert_str_eq(check("max < 10s"), "violated");
	ck_assert_str_eq(check("p50 == 200ms"), "held");
}
END_TEST

START_TEST(an_empty_run_has_zeros)
{
	ck_assert_str_eq(check("presses + lost + done + faults + notes == 0"), "held");
	ck_assert_str_eq(check("max < 1s"), "untrusted");
}
END_TEST

START_TEST(nodes_and_phase_are_the_expectation_s)
{
	fill();
	bed.expectation.nodes = (char *)"sw1";
	ck_assert_str_eq(check("presses == 1 && lost == 0"), "held");
	bed.expectation.nodes = NULL;
	bed.expectation.phase = SNET__PHASE_DURING;
	ck_assert_str_eq(check("presses == 3 && before.presses == 1"), "held");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_expression");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, operators_bind_as_in_c);
	tcase_add_test(tc, durations_and_shares_have_their_units);
	tcase_add_test(tc, what_is_unknown_matters_only_where_it_decides);
	tcase_add_test(tc, never_is_more_than_any_number);
	tcase_add_test(tc, what_depends_on_nothing_but_nevers_is_unknown);
	tcase_add_test(tc, what_is_no_expression_is_refused_with_its_place);
	tcase_add_test(tc, what_does_not_go_together_is_refused);
	tcase_add_test(tc, columns_count_characters);
	tcase_add_test(tc, deep_nesting_and_long_words_are_refused);
	tcase_add_test(tc, an_expression_is_checked_before_anything_runs);
	tcase_add_test(tc, names_are_the_numbers_of_the_run);
	tcase_add_test(tc, lost_is_what_a_delivery_check_calls_so);
	tcase_add_test(tc, the_summary_has_the_numbers_that_were_asked_for);
	tcase_add_test(tc, a_quantile_of_too_few_events_cannot_be_told);
	tcase_add_test(tc, phases_in_which_all_failed_cannot_be_compared);
	tcase_add_test(
		tc, an_event_that_is_under_way_at_the_end_has_taken_at_least_until_then);
	tcase_add_test(tc, an_empty_run_has_zeros);
	tcase_add_test(tc, nodes_and_phase_are_the_expectation_s);
	suite_add_tcase(s, tc);
	return s;
}
