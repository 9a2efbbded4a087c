/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check_bed.h"
#include "suite.h"

static struct check_bed bed;

/* One event, one fault that heals at 6 s, at rest from 7 s on. */
static void set_up(void)
{
	bed_new(&bed);
	bed.expectation.within_ns = 1000 * BED_MS;
	bed_fault(&bed, "cut", 2000, 6000);
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_state(&bed, "a0", "1", 150);
}

static void tear_down(void)
{
	bed_free(&bed);
}

static const char *check(void)
{
	return bed_check(&bed, "convergence");
}

START_TEST(a_run_that_came_to_rest_is_just_fine)
{
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(
		bed.result.summary,
		"everything was at rest at 6.00 s, within 1.00 s of the last heal at 6.00 s");
	ck_assert_double_eq(bed_measure(&bed, "rest_ns"), 6e9);
	bed_done(&bed, "sw0-2", "sw0", 4000, 6200);
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(
		bed.result.summary,
		"everything was at rest at 6.20 s, within 1.00 s of the last heal at 6.00 s");
	ck_assert_double_eq(bed_measure(&bed, "from_ns"), 6e9);
	ck_assert_double_eq(bed_measure(&bed, "rest_ns"), 6.2e9);
}
END_TEST

/* As long as something is pressed nothing can rest. */
START_TEST(the_time_is_measured_from_the_end_of_the_workload_if_that_is_later)
{
	bed.history.workload_end_ns = 6500 * BED_MS;
	bed_done(&bed, "sw0-2", "sw0", 6400, 7450);
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary, "everything was at rest at 7.45 s, within "
					     "1.00 s of the workload's end at 6.50 s");
	bed.expectation.within_ns = 900 * BED_MS;
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "not at rest within 900.0 ms of the workload's end at 6.50 s: 1 "
			 "events pending, 0 changes of states, 0 actuators in another "
			 "state than was set");
	ck_assert_double_eq(bed_measure(&bed, "from_ns"), 6.5e9);
	ck_assert_double_eq(bed_measure(&bed, "rest_ns"), 7.45e9);
}
END_TEST

START_TEST(a_run_without_anything_is_at_rest)
{
	bed_free(&bed);
	bed_new(&bed);
	bed.expectation.within_ns = 0;
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary, "everything was at rest at 5.00 s, within "
					     "0 ns of the workload's end at 5.00 s");
}
END_TEST

START_TEST(a_state_may_change_until_the_very_end_of_its_time)
{
	bed_state(&bed, "a0", "1", 7000);
	ck_assert_str_eq(check(), "held");
	bed_state(&bed, "a0", "1", 7001);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "changed: a0 has changed to 1, 1.0 ms too late");
	ck_assert_str_eq(
		bed.result.summary,
		"not at rest within 1.00 s of the last heal at 6.00 s: 0 events pending, 1 changes of "
		"states, 0 actuators in another state than was set");
}
END_TEST

START_TEST(a_sensor_may_change_unless_it_is_asked_for)
{
	bed_state(&bed, "t0", "21.5", 9000);
	ck_assert_str_eq(check(), "held");
	bed.expectation.nodes = (char *)"a*";
	ck_assert_str_eq(check(), "held");
	bed.expectation.nodes = (char *)"t*";
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(an_event_that_is_pending_is_named)
{
	bed_press(&bed, "sw0-2", "sw0", 4000);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "pending: event sw0-2 was pending when the run ended");
	ck_assert_uint_eq(bed.result.findings[0].event, 1);
}
END_TEST

START_TEST(an_event_may_end_when_its_time_does)
{
	bed_done(&bed, "sw0-2", "sw0", 4000, 7000);
	ck_assert_str_eq(check(), "held");
	bed_done(&bed, "sw0-3", "sw0", 4000, 7500);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "pending: event sw0-3 was pending for 500.0 ms too long");
}
END_TEST

START_TEST(an_event_that_its_device_gave_up_is_pending_no_more)
{
	struct snet__history_event *event = bed_press(&bed, "sw0-2", "sw0", 4000);

	event->acknowledged_ns = SNET__NEVER;
	event->dropped_ns = 6500 * BED_MS;
	ck_assert_str_eq(check(), "held");
	/* But then its relayer turns out to have it. */
	BED_TRACE(&bed, "sw0-2", SNET_OUTCOME_PENDING, {"journaled", "r0", "", 4500});
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(an_event_that_was_only_planned_is_not_pending)
{
	struct snet__history_event *event = bed_press(&bed, "sw0-2", "sw0", 4000);

	event->pressed_ns = event->acknowledged_ns = SNET__NEVER;
	ck_assert_str_eq(check(), "held");
}
END_TEST

/* Its event is not of this run. */
START_TEST(a_sensor_that_sends_behind_the_workload_does_not_matter)
{
	bed_state(&bed, "a0", "0", 8000);
	bed_command(&bed, "a0", "t0-1.0.0", "0", 8000);
	ck_assert_str_eq(check(), "held");
	ck_assert_double_eq(bed_measure(&bed, "rest_ns"), 6e9);
	bed_state(&bed, "a0", "1", 9000);
	ck_assert_str_eq(check(), "violated");
	ck_assert_double_eq(bed_measure(&bed, "changed"), 0);
	ck_assert_double_eq(bed_measure(&bed, "diverged"), 1);
}
END_TEST

START_TEST(what_a_sensor_sends_later_hides_no_change_that_came_too_late)
{
	bed_command(&bed, "a0", "sw0-1.0.1", "0", 7400);
	bed_state(&bed, "a0", "0", 7400);
	bed_command(&bed, "a0", "t0-1.0.0", "1", 8000);
	bed_state(&bed, "a0", "1", 8000);
	ck_assert_str_eq(check(), "violated");
	ck_assert_double_eq(bed_measure(&bed, "changed"), 1);
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "changed: a0 has changed to 0, 400.0 ms too late");
}
END_TEST

START_TEST(a_state_that_is_not_what_was_set_last_has_diverged)
{
	bed_done(&bed, "sw0-2", "sw0", 4000, 4100);
	bed_command(&bed, "a0", "sw0-2.0.0", "0", 4050);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "diverged: a0 is 1, but command sw0-2.0.0 has set it to 0 last");
	bed_state(&bed, "a0", "0", 4050);
	ck_assert_str_eq(check(), "held");
	/* What is only answered again sets nothing. */
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 4060)->is_repeated = true;
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(states_are_compared_as_values)
{
	bed_command(&bed, "a1", "sw0-1.0.1", "{\"on\": true, \"to\": 1}", 150);
	bed_state(&bed, "a1", "{\"on\":true,\"to\":1}", 150);
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(a_fault_that_did_not_heal_leaves_nothing_to_say)
{
	bed_fault(&bed, "stuck", 3000, 0)->planned_end_ns = 4000 * BED_MS;
	ck_assert_str_eq(check(), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "fault 'stuck' has not healed: nothing can be said");
}
END_TEST

START_TEST(a_fault_that_is_to_stay_counts_from_when_it_was_in_place)
{
	bed_fault(&bed, "gone", 6500, 0);
	ck_assert_str_eq(check(), "held");
	ck_assert_double_eq(bed_measure(&bed, "from_ns"), 6.5e9);
	ck_assert_ptr_nonnull(
		strstr(bed.result.summary, "of the last fault's beginning at 6.50 s"));
}
END_TEST

START_TEST(a_run_that_ended_too_early_is_not_trusted)
{
	bed.expectation.within_ns = 4000 * BED_MS;
	ck_assert_str_eq(check(), "held");
	bed.expectation.within_ns++;
	bed_press(&bed, "sw0-2", "sw0", 4000);
	ck_assert_str_eq(check(), "untrusted");
	ck_assert_str_eq(
		bed.result.summary,
		"the run ended after 10.00 s, before all had to be at rest (10.00 s)");
}
END_TEST

START_TEST(a_run_that_ended_because_nothing_was_under_way_has_come_to_rest)
{
	bed.expectation.within_ns = 3600000 * BED_MS;
	ck_assert_str_eq(check(), "held");
	ck_assert_double_eq(bed_measure(&bed, "rest_ns"), 6e9);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_convergence");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_run_that_came_to_rest_is_just_fine);
	tcase_add_test(
		tc, the_time_is_measured_from_the_end_of_the_workload_if_that_is_later);
	tcase_add_test(tc, a_run_without_anything_is_at_rest);
	tcase_add_test(tc, a_state_may_change_until_the_very_end_of_its_time);
	tcase_add_test(tc, a_sensor_may_change_unless_it_is_asked_for);
	tcase_add_test(tc, an_event_that_is_pending_is_named);
	tcase_add_test(tc, an_event_may_end_when_its_time_does);
	tcase_add_test(tc, an_event_that_its_device_gave_up_is_pending_no_more);
	tcase_add_test(tc, an_event_that_was_only_planned_is_not_pending);
	tcase_add_test(tc, a_sensor_that_sends_behind_the_workload_does_not_matter);
	tcase_add_test(tc, what_a_sensor_sends_later_hides_no_change_that_came_too_late);
	tcase_add_test(tc, a_state_that_is_not_what_was_set_last_has_diverged);
	tcase_add_test(tc, states_are_compared_as_values);
	tcase_add_test(tc, a_fault_that_did_not_heal_leaves_nothing_to_say);
	tcase_add_test(tc, a_fault_that_is_to_stay_counts_from_when_it_was_in_place);
	tcase_add_test(tc, a_run_that_ended_too_early_is_not_trusted);
	tcase_add_test(tc,
		       a_run_that_ended_because_nothing_was_under_way_has_come_to_rest);
	suite_add_tcase(s, tc);
	return s;
}
