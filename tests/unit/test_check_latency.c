/* SPDX-License-Identifier: MIT */
/* Latency, availability, and the phases that both may be about. */

#include <stdio.h>

#include "check_bed.h"
#include "fault/phases.h"
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

/* Event i of @count is pressed at @at + i and applied i + 1 ms later. */
static void press_many(const char *node, uint64_t at, unsigned int count)
{
	char id[32], command[40];

	for (unsigned int i = 0; i < count; i++) {
		(void)snprintf(id, sizeof(id), "%s-%u-%u", node, (unsigned int)at, i);
		(void)snprintf(command, sizeof(command), "%s.0.0", id);
		bed_done(&bed, id, node, at + i, at + 2 * i + 2);
		bed_command(&bed, "a0", command, "1", at + 2 * i + 1);
	}
}

START_TEST(a_quantile_below_the_limit_is_just_fine)
{
	press_many("sw0", 100, 100);
	bed.expectation.below_ns = 100 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	ck_assert_str_eq(bed.result.summary,
			 "the 99 % quantile of 100 events is 99.0 ms, below 100.0 ms");
	ck_assert_double_eq(bed_measure(&bed, "p50_ns"), 50e6);
	ck_assert_double_eq(bed_measure(&bed, "p90_ns"), 90e6);
	ck_assert_double_eq(bed_measure(&bed, "quantile_ns"), 99e6);
	ck_assert_double_eq(bed_measure(&bed, "max_ns"), 100e6);
}
END_TEST

START_TEST(a_quantile_at_the_limit_is_not_below_it)
{
	press_many("sw0", 100, 100);
	bed.expectation.below_ns = 99 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "the 99 % quantile of 100 events is 99.0 ms, not below 99.0 ms");
	ck_assert_uint_eq(bed.result.finding_count, 2);
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "slow: event sw0-100-98 took 99.0 ms, not below 99.0 ms");
	bed.expectation.below_ns++;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	ck_assert_uint_eq(bed.result.finding_count, 0);
}
END_TEST

START_TEST(too_few_events_for_a_quantile_are_not_trusted)
{
	press_many("sw0", 100, 99);
	bed.expectation.below_ns = 1000 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "99 events are too few for the 99 % quantile, which needs 100");
	bed.expectation.quantile = 0.9;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	bed.expectation.quantile = 1;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
}
END_TEST

START_TEST(nothing_has_no_latency)
{
	bed.expectation.below_ns = 1;
	ck_assert_str_eq(bed_check(&bed, "latency"), "untrusted");
	ck_assert(snet__json_is(snet__json_get(bed.result.measures, "max_ns"),
				SNET__JSON_NULL));
}
END_TEST

START_TEST(an_event_that_got_nowhere_was_not_quick)
{
	press_many("sw0", 100, 9);
	bed_press(&bed, "sw0-10", "sw0", 500);
	bed.expectation.quantile = 0.9;
	bed.expectation.below_ns = 1000 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	bed.expectation.quantile = 1;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "the 100 % quantile of 10 events is never, not below 1.00 s");
	ck_assert_str_eq(bed_finding(&bed, 0), "slow: event sw0-10 got nowhere");
	/* One that was never acknowledged is another matter. */
	bed.history.events[9].acknowledged_ns = SNET__NEVER;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
}
END_TEST

START_TEST(an_event_that_had_time_yet_when_the_run_ended_is_undecided)
{
	press_many("sw0", 100, 3);
	bed_press(&bed, "sw0-4", "sw0", 9500);
	bed_press(&bed, "sw0-5", "sw0", 9800);
	bed.expectation.quantile = 1;
	bed.expectation.below_ns = 501 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "the 100 % quantile of 5 events is at least 500.0 ms, maybe "
			 "below 501.0 ms, 2 undecided when the run ended");
	ck_assert_uint_eq(bed.result.finding_count, 0);
	ck_assert_double_eq(bed_measure(&bed, "undecided"), 2);

	/* The time of one of them was up, which is enough. */
	bed.expectation.below_ns = 500 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "the 100 % quantile of 5 events is never, not below 500.0 ms, "
			 "1 undecided when the run ended");
	ck_assert_uint_eq(bed.result.finding_count, 1);
	ck_assert_str_eq(bed_finding(&bed, 0), "slow: event sw0-4 got nowhere");

	/* Nor does it matter where the others decide. */
	bed.expectation.quantile = 0.6;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	ck_assert_str_eq(bed.result.summary,
			 "the 60 % quantile of 5 events is 3.0 ms, below 500.0 ms, "
			 "1 undecided when the run ended");
}
END_TEST

START_TEST(an_event_that_nobody_has_any_more_had_no_time_left)
{
	static const enum snet_outcome outcomes[] = {SNET_OUTCOME_EXPIRED,
						     SNET_OUTCOME_FAILED};
	struct snet__history_event *event = bed_press(&bed, "sw0-1", "sw0", 9900);

	bed.expectation.quantile = 1;
	bed.expectation.below_ns = 1000 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "untrusted");
	event->is_forgotten = true;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	event->is_forgotten = false;
	event->dropped_ns = 9950 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	event->dropped_ns = SNET__NEVER;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		event->outcome = outcomes[i];
		ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
		ck_assert_double_eq(bed_measure(&bed, "undecided"), 0);
	}
}
END_TEST

START_TEST(an_event_that_is_under_way_to_a_second_actuator_is_undecided)
{
	bed_press(&bed, "sw0-1", "sw0", 9900);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 9905);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_PENDING, {"pressed", "sw0", "", 9900},
		  {"sent", "r0", "a0", 9904}, {"sent", "r0", "a1", 9904});
	bed.expectation.quantile = 1;
	bed.expectation.below_ns = 101 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "untrusted");
	bed.expectation.below_ns = 100 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "slow: event sw0-1 did not get everywhere");
}
END_TEST

START_TEST(latency_is_to_the_last_thing_that_changed_or_else_to_the_last_step)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 500);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a1", "sw0-1.0.1", "1", 180);
	bed_command(&bed, "a1", "sw0-1.0.1", "1", 400)->is_repeated = true;
	bed.expectation.quantile = 1;
	bed.expectation.below_ns = 1;
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_double_eq(bed_measure(&bed, "max_ns"), 80e6);

	bed_done(&bed, "sw0-2", "sw0", 1000, 1900);
	BED_TRACE(&bed, "sw0-2", SNET_OUTCOME_DONE, {"pressed", "sw0", "", 1000},
		  {"result", "r0", "", 1700});
	ck_assert_str_eq(bed_check(&bed, "latency"), "violated");
	ck_assert_double_eq(bed_measure(&bed, "max_ns"), 700e6);
}
END_TEST

START_TEST(an_event_that_somebody_else_pressed_counts_from_its_first_step)
{
	struct snet__history_event *event = bed_done(&bed, "sw0-1", "sw0", 0, 500);

	event->planned_ns = event->pressed_ns = SNET__NEVER;
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_DONE, {"pressed", "sw0", "", 120},
		  {"applied", "p0", "", 150});
	bed.expectation.quantile = 1;
	bed.expectation.below_ns = 31 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "latency"), "held");
	ck_assert_double_eq(bed_measure(&bed, "max_ns"), 30e6);
}
END_TEST

START_TEST(latency_is_asked_of_one_phase)
{
	bed_fault(&bed, "cut", 1000, 2000);
	press_many("sw0", 100, 10);
	press_many("sw0", 1500, 30);
	press_many("sw0", 3000, 20);
	bed.expectation.quantile = 0.9;
	bed.expectation.below_ns = 1;
	bed.expectation.phase = SNET__PHASE_BEFORE;
	(void)bed_check(&bed, "latency");
	ck_assert_double_eq(bed_measure(&bed, "events"), 10);
	bed.expectation.phase = SNET__PHASE_DURING;
	(void)bed_check(&bed, "latency");
	ck_assert_double_eq(bed_measure(&bed, "events"), 30);
	bed.expectation.phase = SNET__PHASE_AFTER;
	(void)bed_check(&bed, "latency");
	ck_assert_double_eq(bed_measure(&bed, "events"), 20);
}
END_TEST

START_TEST(phases_begin_and_end_with_the_faults)
{
	struct snet__phases phases;

	bed_fault(&bed, "b", 30, 40);
	bed_fault(&bed, "a", 10, 20);
	bed_fault(&bed, "c", 35, 50);
	bed_fault(&bed, "failed", 1, 2)->begun_ns = SNET__NEVER;
	ck_assert_int_eq(snet__phases_init(&phases, &bed.history, &bed.err), 0);
	ck_assert_uint_eq(phases.span_count, 2);
	ck_assert(snet__phases_has(&phases, SNET__PHASE_BEFORE, 10 * BED_MS - 1));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_BEFORE, 10 * BED_MS));
	ck_assert(snet__phases_has(&phases, SNET__PHASE_DURING, 10 * BED_MS));
	ck_assert(snet__phases_has(&phases, SNET__PHASE_DURING, 20 * BED_MS - 1));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_DURING, 20 * BED_MS));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_AFTER, 25 * BED_MS));
	ck_assert(snet__phases_has(&phases, SNET__PHASE_DURING, 45 * BED_MS));
	ck_assert(snet__phases_has(&phases, SNET__PHASE_AFTER, 50 * BED_MS));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_AFTER, SNET__NEVER));
	snet__phases_clear(&phases);

	bed_fault(&bed, "stays", 60, 0);
	ck_assert_int_eq(snet__phases_init(&phases, &bed.history, &bed.err), 0);
	ck_assert(snet__phases_has(&phases, SNET__PHASE_DURING, 1000 * BED_MS));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_AFTER, 1000 * BED_MS));
	snet__phases_clear(&phases);
}
END_TEST

START_TEST(without_faults_all_is_before_the_first)
{
	struct snet__phases phases;

	ck_assert_int_eq(snet__phases_init(&phases, &bed.history, &bed.err), 0);
	ck_assert(snet__phases_has(&phases, SNET__PHASE_ALL, 1));
	ck_assert(snet__phases_has(&phases, SNET__PHASE_BEFORE, 1));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_DURING, 1));
	ck_assert(!snet__phases_has(&phases, SNET__PHASE_AFTER, 1));
	snet__phases_clear(&phases);
}
END_TEST

START_TEST(a_quantile_is_one_of_the_values)
{
	const uint64_t times[] = {10, 20, 30, 40};

	ck_assert_uint_eq(snet__quantile(times, 4, 0), 10);
	ck_assert_uint_eq(snet__quantile(times, 4, 0.25), 10);
	ck_assert_uint_eq(snet__quantile(times, 4, 0.26), 20);
	ck_assert_uint_eq(snet__quantile(times, 4, 1), 40);
	ck_assert_uint_eq(snet__quantile(times, 0, 0.5), SNET__NEVER);
	ck_assert_uint_eq(snet__quantile_need(0.99), 100);
	ck_assert_uint_eq(snet__quantile_need(0.999), 1000);
	ck_assert_uint_eq(snet__quantile_need(0.5), 2);
	ck_assert_uint_eq(snet__quantile_need(1), 1);
}
END_TEST

START_TEST(presses_that_are_answered_are_just_fine)
{
	press_many("sw0", 100, 4);
	ck_assert_str_eq(bed_check(&bed, "availability"), "held");
	ck_assert_str_eq(bed.result.summary,
			 "4 of 4 presses answered (100 %), 99 % wanted");
	ck_assert_double_eq(bed_measure(&bed, "share"), 1);
}
END_TEST

START_TEST(nothing_can_be_said_about_no_press)
{
	ck_assert_str_eq(bed_check(&bed, "availability"), "untrusted");
	ck_assert_str_eq(bed.result.summary, "nothing was pressed: nothing can be said");
}
END_TEST

START_TEST(a_press_that_nobody_answers_is_named)
{
	struct snet__history_event *event;

	press_many("sw0", 100, 3);
	event = bed_press(&bed, "sw0-4", "sw0", 500);
	event->acknowledged_ns = SNET__NEVER;
	event->dropped_ns = 900 * BED_MS;
	event->why = "no answer from r0";
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "unanswered: event sw0-4 was never answered: no answer from r0");
	ck_assert_str_eq(bed.result.summary,
			 "3 of 4 presses answered (75 %), 99 % wanted");
	bed.expectation.share = 0.75;
	ck_assert_str_eq(bed_check(&bed, "availability"), "held");
	bed.expectation.share = 0.7501;
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
}
END_TEST

START_TEST(a_press_that_could_not_be_made_was_not_answered)
{
	struct snet__history_event *event = bed_press(&bed, "sw0-1", "sw0", 500);

	event->pressed_ns = event->acknowledged_ns = SNET__NEVER;
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
}
END_TEST

START_TEST(a_press_that_was_refused_was_not_answered)
{
	press_many("sw0", 100, 3);
	snet__history_add_note(&bed.history, "refused", "sw0", "it is down",
			       200 * BED_MS);
	snet__history_add_note(&bed.history, "refused", "sw1", "it is down",
			       200 * BED_MS);
	snet__history_add_note(&bed.history, "log", "sw0", "hello", 200 * BED_MS);
	bed.expectation.nodes = (char *)"sw0";
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "3 of 4 presses answered (75 %), 99 % wanted");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "refused: a press of sw0 was refused: it is down");
}
END_TEST

START_TEST(what_means_nothing_to_a_checker_or_is_missing_is_refused)
{
	const struct snet__checker *latency = snet__checker_find("latency");

	bed.expectation.checker = latency;
	ck_assert_int_eq(latency->prepare(&bed.expectation, &bed.err), -EINVAL);
	ck_assert_str_eq(bed.err.msg, "'latency' needs 'below'");
	bed.expectation.below_ns = 1;
	ck_assert_int_eq(latency->prepare(&bed.expectation, &bed.err), 0);
	ck_assert_double_eq(bed.expectation.quantile, 0.99);
	bed.expectation.share = 0.5;
	ck_assert_int_eq(latency->prepare(&bed.expectation, &bed.err), -EINVAL);
	ck_assert_str_eq(bed.err.msg, "'latency' has no 'share'");
	for (size_t i = 0; snet__checkers[i]; i++) {
		struct snet__expectation all = {.checker = snet__checkers[i],
						.within_ns = 1,
						.quantile = 0.5,
						.expression = (char *)"1 == 1",
						.below_ns = 1};

		ck_assert_int_eq(all.checker->prepare(&all, &bed.err), -EINVAL);
	}
}
END_TEST

START_TEST(an_answer_that_is_just_in_time_is_one)
{
	bed_press(&bed, "sw0-1", "sw0", 500)->acknowledged_ns = 700 * BED_MS;
	bed.expectation.within_ns = 200 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "availability"), "held");
	bed.expectation.within_ns--;
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "late: event sw0-1 was answered after 200.0 ms");
}
END_TEST

START_TEST(a_press_that_had_time_yet_when_the_run_ended_is_not_held_against_it)
{
	bed_press(&bed, "sw0-1", "sw0", 9900)->acknowledged_ns = SNET__NEVER;
	bed.expectation.within_ns = 200 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "availability"), "untrusted");
	ck_assert_uint_eq(bed.result.finding_count, 0);
	bed.expectation.within_ns = 100 * BED_MS;
	ck_assert_str_eq(bed_check(&bed, "availability"), "violated");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_latency");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_quantile_below_the_limit_is_just_fine);
	tcase_add_test(tc, a_quantile_at_the_limit_is_not_below_it);
	tcase_add_test(tc, too_few_events_for_a_quantile_are_not_trusted);
	tcase_add_test(tc, nothing_has_no_latency);
	tcase_add_test(tc, an_event_that_got_nowhere_was_not_quick);
	tcase_add_test(tc, an_event_that_had_time_yet_when_the_run_ended_is_undecided);
	tcase_add_test(tc, an_event_that_nobody_has_any_more_had_no_time_left);
	tcase_add_test(tc, an_event_that_is_under_way_to_a_second_actuator_is_undecided);
	tcase_add_test(
		tc, latency_is_to_the_last_thing_that_changed_or_else_to_the_last_step);
	tcase_add_test(tc,
		       an_event_that_somebody_else_pressed_counts_from_its_first_step);
	tcase_add_test(tc, latency_is_asked_of_one_phase);
	tcase_add_test(tc, phases_begin_and_end_with_the_faults);
	tcase_add_test(tc, without_faults_all_is_before_the_first);
	tcase_add_test(tc, a_quantile_is_one_of_the_values);
	tcase_add_test(tc, presses_that_are_answered_are_just_fine);
	tcase_add_test(tc, nothing_can_be_said_about_no_press);
	tcase_add_test(tc, a_press_that_nobody_answers_is_named);
	tcase_add_test(tc, a_press_that_could_not_be_made_was_not_answered);
	tcase_add_test(tc, a_press_that_was_refused_was_not_answered);
	tcase_add_test(tc, what_means_nothing_to_a_checker_or_is_missing_is_refused);
	tcase_add_test(tc, an_answer_that_is_just_in_time_is_one);
	tcase_add_test(
		tc, a_press_that_had_time_yet_when_the_run_ended_is_not_held_against_it);
	suite_add_tcase(s, tc);
	return s;
}
