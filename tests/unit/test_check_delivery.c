/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "check_bed.h"
#include "fault/checkers.h"
#include "suite.h"

static struct check_bed bed;

static void set_up(void)
{
	bed_new(&bed);
	bed.expectation.guarantee = SNET__GUARANTEE_EXACTLY_ONCE;
}

static void tear_down(void)
{
	bed_free(&bed);
}

static const char *check(void)
{
	return bed_check(&bed, "delivery");
}

START_TEST(events_that_are_applied_once_are_just_fine)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_done(&bed, "sw0-2", "sw0", 200, 260);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw0-2.0.0", "0", 250);
	bed.expectation.is_ordered = true;
	bed.expectation.within_ns = 1000 * BED_MS;
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 2 of 2 events delivered within 1.00 s");
	ck_assert_uint_eq(bed.result.finding_count, 0);
	ck_assert_double_eq(bed_measure(&bed, "events"), 2);
	ck_assert_double_eq(bed_measure(&bed, "delivered"), 2);
	ck_assert_double_eq(bed_measure(&bed, "lost"), 0);
}
END_TEST

START_TEST(nothing_can_be_said_about_no_event)
{
	ck_assert_str_eq(check(), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "no event was acknowledged: nothing can be said");
}
END_TEST

START_TEST(an_event_that_is_done_without_a_command_is_delivered)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_DONE, {"pressed", "sw0", "", 100},
		  {"journaled", "r0", "", 102}, {"invoked", "r0", "f@b", 103},
		  {"result", "r0", "", 150});
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(an_acknowledged_event_that_got_nowhere_is_lost)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	bed_done(&bed, "sw0-2", "sw0", 200, 260);
	bed_command(&bed, "a0", "sw0-2.0.0", "0", 250);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(
		bed.result.summary,
		"exactly-once: 1 of 2 events delivered, 1 lost (50 %, 0 allowed)");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "lost: event sw0-1 was acknowledged, but never applied");
	ck_assert_uint_eq(bed.result.findings[0].event, 0);
	ck_assert_str_eq(bed_finding(&bed, 1), "");
}
END_TEST

START_TEST(an_event_that_is_tried_again_when_the_run_ends_is_told_to_be)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_PENDING, {"received", "r0", "", 101},
		  {"journaled", "r0", "", 101}, {"invoked", "r0", "f@b", 102},
		  {"retry", "r0", "503 f@b", 120}, {"invoked", "r0", "g@b", 121},
		  {"invoked", "r0", "f@b", 122}, {"retry", "r0", "503 f@b", 130});
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "lost: event sw0-1 was acknowledged, but still under way at r0 "
			 "(attempt 2) when the run ended, its last step 'retry' (503 "
			 "f@b): a longer 'settle' would wait for it");
	ck_assert_str_eq(bed.result.findings[0].node, "r0");
	/* Given up, and by whom no step tells. */
	bed.history.events[0].dropped_ns = 200 * BED_MS;
	bed.history.events[0].acknowledged_ns = SNET__NEVER;
	ck_assert_str_eq(check(), "untrusted");
}
END_TEST

/* Whatever time it had yet. */
START_TEST(an_event_that_is_stored_and_that_nobody_has_is_lost)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_PENDING, {"received", "r0", "", 101},
		  {"journaled", "r0", "", 101}, {"invoked", "r0", "f@b", 102});
	bed.history.events[0].is_forgotten = true;
	bed.expectation.within_ns = 60000 * BED_MS;
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "lost: event sw0-1 was acknowledged, but lost at r0: it is "
			 "stored, but nobody has it any more, its last step 'invoked' "
			 "(f@b)");
	bed.history.events[0].is_forgotten = false;
	ck_assert_str_eq(check(), "untrusted");
}
END_TEST

START_TEST(a_command_that_was_sent_and_did_not_arrive_is_lost_there)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_PENDING, {"sent", "r0", "a0", 120},
		  {"sent", "r0", "a1", 120});
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "lost: event sw0-1 was acknowledged, but still under way when "
			 "the run ended, its last step 'sent' (a1), not applied at a1: a "
			 "longer 'settle' would wait for it");
	bed_command(&bed, "a1", "sw0-1.0.1", "1", 155);
	bed.history.events[0].outcome = SNET_OUTCOME_DONE;
	ck_assert_str_eq(check(), "held");
}
END_TEST

/* Of two routes one has brought its command, the other waits for its function: no step tells of it. */
START_TEST(an_event_that_is_pending_when_the_run_ends_is_not_delivered)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_PENDING, {"pressed", "sw0", "", 100},
		  {"journaled", "r0", "", 101}, {"invoked", "r0", "f1@b", 102},
		  {"invoked", "r0", "f2@b", 102}, {"sent", "r0", "a0", 120},
		  {"applied", "a0", "1", 150});
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(
		bed.result.summary,
		"exactly-once: 0 of 1 events delivered, 1 lost (100 %, 0 allowed)");
	ck_assert_str_eq(
		bed_finding(&bed, 0),
		"lost: event sw0-1 was acknowledged, but still under way (attempt "
		"1) when the run ended, its last step 'applied' (1), though "
		"applied at a0: a longer 'settle' would wait for it");
	ck_assert_uint_eq(bed.result.findings[0].at_ns, 10000 * BED_MS);

	/* It had time yet. */
	bed.expectation.within_ns = 9901 * BED_MS;
	ck_assert_str_eq(check(), "untrusted");
	ck_assert_double_eq(bed_measure(&bed, "delivered"), 0);
	ck_assert_double_eq(bed_measure(&bed, "undecided"), 1);
	bed.expectation.within_ns = 9900 * BED_MS;
	ck_assert_str_eq(check(), "violated");

	/* The same without a trace. */
	bed.history.events[0].step_count = 0;
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(a_device_s_own_witness_counts_more_than_its_relayer_s_word)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_DONE, {"applied", "a0", "", 150});
	/* A program, whose only witness is the relayer. */
	ck_assert_str_eq(check(), "held");
	/* A device that knows of another command, and so would know of this. */
	bed_command(&bed, "a0", "old-1.0.0", "1", 1);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "lost: event sw0-1 is done, says its trace, but was never "
			 "applied at a0");
}
END_TEST

START_TEST(an_event_whose_acknowledgement_was_lost_is_delivered)
{
	struct snet__history_event *event = bed_press(&bed, "sw0-1", "sw0", 100);

	event->acknowledged_ns = SNET__NEVER;
	event->dropped_ns = 3000 * BED_MS;
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	ck_assert_str_eq(check(), "held");
	ck_assert_double_eq(bed_measure(&bed, "delivered"), 1);
}
END_TEST

START_TEST(refused_presses_are_no_loss_but_told)
{
	bed_done(&bed, "sw0-1", "sw0", 200, 260);
	for (uint64_t i = 1; i < 3; i++)
		snet__history_add_note(&bed.history, "refused", "sw0", "it is down",
				       i * 300 * BED_MS);
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 1 of 1 events delivered; 2 refused, which is no "
			 "loss: it is down ...");
	ck_assert_double_eq(bed_measure(&bed, "refused"), 2);
}
END_TEST

START_TEST(unacknowledged_events_are_no_loss_but_named)
{
	static const char *const ids[] = {"sw0-1", "sw0-2", "sw0-3", "sw0-4"};

	for (size_t i = 0; i < 4; i++)
		bed_press(&bed, ids[i], "sw0", 100)->acknowledged_ns = SNET__NEVER;
	bed_done(&bed, "sw0-5", "sw0", 200, 260);
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 1 of 1 events delivered; 4 never acknowledged, "
			 "which is no loss: sw0-1, sw0-2, sw0-3 ...");
	ck_assert_double_eq(bed_measure(&bed, "unacknowledged"), 4);
}
END_TEST

START_TEST(what_expired_failed_or_was_dropped_is_lost_and_says_how)
{
	struct snet__history_event *event;

	event = bed_press(&bed, "sw0-1", "sw0", 100);
	event->acknowledged_ns = 101 * BED_MS;
	BED_TRACE(&bed, "sw0-1", SNET_OUTCOME_EXPIRED,
		  {"expired", "r0", "f@b: its time to live has ended", 900});
	bed_press(&bed, "sw0-2", "sw0", 200);
	BED_TRACE(&bed, "sw0-2", SNET_OUTCOME_FAILED,
		  {"failed", "r0", "a1 refused the command: no", 300});
	bed_command(&bed, "a0", "sw0-2.0.0", "1", 250);
	event = bed_done(&bed, "sw0-3", "sw0", 300, 310);
	event->dropped_ns = 310 * BED_MS;
	BED_TRACE(&bed, "sw0-3", SNET_OUTCOME_DONE,
		  {"dropped", "r0", "no route takes it", 310});
	bed.expectation.guarantee = SNET__GUARANTEE_AT_LEAST_ONCE;
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(
		bed_finding(&bed, 0),
		"lost: event sw0-1 was acknowledged, but has expired at r0: f@b: "
		"its time to live has ended");
	ck_assert_uint_eq(bed.result.findings[0].at_ns, 900 * BED_MS);
	ck_assert_str_eq(bed_finding(&bed, 1),
			 "lost: event sw0-2 was acknowledged, but has failed at r0: a1 "
			 "refused the command: no, though applied at a0");
	ck_assert_str_eq(bed_finding(&bed, 2),
			 "lost: event sw0-3 was acknowledged, but was dropped at r0: no "
			 "route takes it");

	/* At most once promises less, unless a share is to arrive. */
	bed.expectation.guarantee = SNET__GUARANTEE_AT_MOST_ONCE;
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary, "at-most-once: 0 of 3 events delivered, 1 "
					     "expired, 1 failed, 1 dropped");
	bed.expectation.share = 0.5;
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(a_command_that_had_an_effect_twice_is_a_duplicate)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw0-1.0.0", "0", 170);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 1 of 1 events delivered, 1 duplicated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "duplicated: event sw0-1 was applied 2 times at a0 by command "
			 "sw0-1.0.0");
	ck_assert_str_eq(bed.result.findings[0].node, "a0");
	ck_assert_uint_eq(bed.result.findings[0].at_ns, 170 * BED_MS);

	bed.expectation.guarantee = SNET__GUARANTEE_AT_MOST_ONCE;
	ck_assert_str_eq(check(), "violated");
	bed.expectation.guarantee = SNET__GUARANTEE_AT_LEAST_ONCE;
	ck_assert_str_eq(check(), "held");
	ck_assert_double_eq(bed_measure(&bed, "duplicated"), 1);
	ck_assert_uint_eq(bed.result.finding_count, 0);
}
END_TEST

START_TEST(the_second_effect_of_a_duplicate_does_not_make_it_late)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw0-1.0.0", "0", 5000);
	bed.expectation.within_ns = 50 * BED_MS;
	ck_assert_str_eq(check(), "violated");
	ck_assert_double_eq(bed_measure(&bed, "late"), 0);
}
END_TEST

START_TEST(a_command_that_is_only_answered_again_is_no_duplicate)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 170)->is_repeated = true;
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 180)->is_repeated = true;
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(commands_of_other_legs_or_numbers_are_no_duplicates)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a0", "sw0-1.0.1", "0", 151);
	bed_command(&bed, "a0", "sw0-1.1.0", "1", 152);
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(one_command_at_two_actuators_is_a_duplicate)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a1", "sw0-1.0.0", "1", 170);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "duplicated: event sw0-1 was applied 2 times at a0 and a1 by "
			 "command sw0-1.0.0");
}
END_TEST

START_TEST(a_deadline_that_is_just_met_is_met)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	bed.expectation.within_ns = 50 * BED_MS;
	ck_assert_str_eq(check(), "held");
	bed.expectation.within_ns--;
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(
		bed_finding(&bed, 0),
		"late: event sw0-1 was applied after 50.0 ms, not within 50.0 ms");
	ck_assert_uint_eq(bed.result.findings[0].at_ns, 150 * BED_MS);
}
END_TEST

START_TEST(a_share_of_events_may_be_lost_or_late)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	bed_done(&bed, "sw0-2", "sw0", 200, 260);
	bed_done(&bed, "sw0-3", "sw0", 300, 360);
	bed_done(&bed, "sw0-4", "sw0", 400, 460);
	bed_command(&bed, "a0", "sw0-2.0.0", "1", 250);
	bed_command(&bed, "a0", "sw0-3.0.0", "0", 350);
	bed_command(&bed, "a0", "sw0-4.0.0", "1", 2400);
	bed.expectation.within_ns = 1000 * BED_MS;
	bed.expectation.share = 0.5;
	ck_assert_str_eq(check(), "held");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 2 of 4 events delivered within 1.00 s, 1 lost, 1 "
			 "late (50 %, 2 allowed)");
	ck_assert_uint_eq(bed.result.finding_count, 2);
	bed.expectation.share = 0.51;
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(an_event_that_had_time_yet_when_the_run_ended_is_undecided)
{
	bed_press(&bed, "sw0-1", "sw0", 9500);
	bed_done(&bed, "sw0-2", "sw0", 200, 260);
	bed.expectation.within_ns = 1000 * BED_MS;
	ck_assert_str_eq(check(), "untrusted");
	ck_assert_uint_eq(bed.result.finding_count, 0);
	bed.expectation.share = 0.5;
	ck_assert_str_eq(check(), "held");
	bed.expectation.share = -1;
	bed.expectation.within_ns = 500 * BED_MS;
	ck_assert_str_eq(check(), "violated");
}
END_TEST

START_TEST(an_event_that_is_applied_behind_a_later_one_is_reordered)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 400);
	bed_done(&bed, "sw0-2", "sw0", 200, 260);
	bed_done(&bed, "sw0-3", "sw0", 300, 360);
	bed_command(&bed, "a0", "sw0-2.0.0", "0", 250);
	bed_command(&bed, "a0", "sw0-3.0.0", "1", 350);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 390);
	ck_assert_str_eq(check(), "held");
	bed.expectation.is_ordered = true;
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "reordered: event sw0-1 was applied at a0 behind sw0-3, which "
			 "was pressed later");
	ck_assert_uint_eq(bed.result.finding_count, 1);
}
END_TEST

START_TEST(order_is_asked_of_one_device_at_one_actuator_only)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 400);
	bed_done(&bed, "sw1-1", "sw1", 200, 260);
	bed_done(&bed, "sw0-2", "sw0", 300, 360);
	bed_command(&bed, "a0", "sw1-1.0.0", "0", 250);
	bed_command(&bed, "a1", "sw0-2.0.0", "1", 350);
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 390);
	bed.expectation.is_ordered = true;
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(events_that_are_applied_at_one_time_are_in_order)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 400);
	bed_done(&bed, "sw0-2", "sw0", 100, 400);
	bed_command(&bed, "a0", "sw0-2.0.0", "0", 250);
	bed_command(&bed, "a0", "sw0-1.0.0", "0", 250);
	bed.expectation.is_ordered = true;
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(another_actuator_than_the_event_names_is_the_wrong_one)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160)->data = "{\"target\": \"a0\"}";
	bed_done(&bed, "sw0-2", "sw0", 200, 260)->data = "{\"target\": \"a0\"}";
	bed_command(&bed, "a0", "sw0-1.0.0", "1", 150);
	ck_assert_str_eq(check(), "held");
	bed_command(&bed, "a1", "sw0-2.0.0", "1", 250);
	ck_assert_str_eq(check(), "violated");
	ck_assert_str_eq(bed.result.summary,
			 "exactly-once: 2 of 2 events delivered, 1 at "
			 "a wrong actuator");
	ck_assert_str_eq(bed_finding(&bed, 0),
			 "wrong actuator: event sw0-2 is for a0, but was applied at a1");
	ck_assert_str_eq(bed.result.findings[0].node, "a1");
}
END_TEST

START_TEST(data_that_name_no_target_or_are_no_json_say_nothing)
{
	bed_done(&bed, "sw0-1", "sw0", 100, 160)->data = "{\"target\": 7}";
	bed_done(&bed, "sw0-2", "sw0", 100, 160)->data = "\"target\"";
	bed_done(&bed, "sw0-3", "sw0", 100, 160)->data = "{\"target\": \"a0\"";
	bed_command(&bed, "a1", "sw0-1.0.0", "1", 150);
	bed_command(&bed, "a1", "sw0-2.0.0", "1", 150);
	bed_command(&bed, "a1", "sw0-3.0.0", "1", 150);
	ck_assert_str_eq(check(), "held");
}
END_TEST

START_TEST(only_the_devices_and_the_phase_that_are_asked_for_are_judged)
{
	bed_press(&bed, "sw0-1", "sw0", 100);
	bed_done(&bed, "sw1-1", "sw1", 100, 160);
	bed_press(&bed, "sw1-2", "sw1", 2500);
	bed_fault(&bed, "cut", 2000, 3000);
	bed.expectation.nodes = (char *)"sw1*";
	ck_assert_str_eq(check(), "violated");
	ck_assert_uint_eq(bed.result.finding_count, 1);
	bed.expectation.phase = SNET__PHASE_BEFORE;
	ck_assert_str_eq(check(), "held");
	bed.expectation.phase = SNET__PHASE_DURING;
	ck_assert_str_eq(check(), "violated");
	bed.expectation.phase = SNET__PHASE_AFTER;
	ck_assert_str_eq(check(), "untrusted");
}
END_TEST

START_TEST(findings_beyond_the_limit_are_counted)
{
	char id[32];

	for (unsigned int i = 0; i < SNET__FINDINGS_MAX + 7; i++) {
		(void)snprintf(id, sizeof(id), "sw0-%u", i);
		bed_press(&bed, id, "sw0", i);
	}
	ck_assert_str_eq(check(), "violated");
	ck_assert_uint_eq(bed.result.finding_count, SNET__FINDINGS_MAX);
	ck_assert_uint_eq(bed.result.beyond, 7);
	ck_assert_double_eq(bed_measure(&bed, "lost"), SNET__FINDINGS_MAX + 7);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_delivery");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, events_that_are_applied_once_are_just_fine);
	tcase_add_test(tc, nothing_can_be_said_about_no_event);
	tcase_add_test(tc, an_event_that_is_done_without_a_command_is_delivered);
	tcase_add_test(tc, an_acknowledged_event_that_got_nowhere_is_lost);
	tcase_add_test(tc, an_event_that_is_tried_again_when_the_run_ends_is_told_to_be);
	tcase_add_test(tc, an_event_that_is_stored_and_that_nobody_has_is_lost);
	tcase_add_test(tc, a_command_that_was_sent_and_did_not_arrive_is_lost_there);
	tcase_add_test(tc, an_event_that_is_pending_when_the_run_ends_is_not_delivered);
	tcase_add_test(tc, a_device_s_own_witness_counts_more_than_its_relayer_s_word);
	tcase_add_test(tc, an_event_whose_acknowledgement_was_lost_is_delivered);
	tcase_add_test(tc, unacknowledged_events_are_no_loss_but_named);
	tcase_add_test(tc, refused_presses_are_no_loss_but_told);
	tcase_add_test(tc, what_expired_failed_or_was_dropped_is_lost_and_says_how);
	tcase_add_test(tc, a_command_that_had_an_effect_twice_is_a_duplicate);
	tcase_add_test(tc, the_second_effect_of_a_duplicate_does_not_make_it_late);
	tcase_add_test(tc, a_command_that_is_only_answered_again_is_no_duplicate);
	tcase_add_test(tc, commands_of_other_legs_or_numbers_are_no_duplicates);
	tcase_add_test(tc, one_command_at_two_actuators_is_a_duplicate);
	tcase_add_test(tc, a_deadline_that_is_just_met_is_met);
	tcase_add_test(tc, a_share_of_events_may_be_lost_or_late);
	tcase_add_test(tc, an_event_that_had_time_yet_when_the_run_ended_is_undecided);
	tcase_add_test(tc, an_event_that_is_applied_behind_a_later_one_is_reordered);
	tcase_add_test(tc, order_is_asked_of_one_device_at_one_actuator_only);
	tcase_add_test(tc, events_that_are_applied_at_one_time_are_in_order);
	tcase_add_test(tc, another_actuator_than_the_event_names_is_the_wrong_one);
	tcase_add_test(tc, data_that_name_no_target_or_are_no_json_say_nothing);
	tcase_add_test(tc, only_the_devices_and_the_phase_that_are_asked_for_are_judged);
	tcase_add_test(tc, findings_beyond_the_limit_are_counted);
	suite_add_tcase(s, tc);
	return s;
}
