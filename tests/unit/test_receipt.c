/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_bed.h"
#include "fault/injector.h"
#include "fault/kind.h"
#include "fault/receipt.h"
#include "fault/runner.h"
#include "quoted.h"
#include "suite.h"

#define LOST SNET__NEVER

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

/* Of the entry that has the same number as the probe. */
static void probe(unsigned int entry, const char *from, const char *to)
{
	struct snet__history_probe *made = snet__history_add_probe(&bed.history);

	ck_assert_ptr_nonnull(made);
	made->kind = "icmp";
	made->from = from;
	made->to = to;
	made->fault = entry;
}

static void add(unsigned int of, uint64_t at_ns, uint64_t rtt_ns)
{
	struct snet__history_sample *sample = snet__history_add_sample(&bed.history);

	ck_assert_ptr_nonnull(sample);
	sample->probe = of;
	sample->at_ns = at_ns;
	sample->is_answered = rtt_ns != LOST;
	sample->rtt_ns = rtt_ns;
}

/* From @from on, before @until, each @every ms. */
static void ask(unsigned int of, uint64_t from, uint64_t until, uint64_t every,
		uint64_t rtt_ns)
{
	for (uint64_t at = from; at < until; at += every)
		add(of, at * BED_MS, rtt_ns);
}

/* The same, of which the first @lost of each @of_ten are lost. */
static void ask_losing(unsigned int of, uint64_t from, uint64_t until, uint64_t every,
		       unsigned int of_ten)
{
	unsigned int i = 0;

	for (uint64_t at = from; at < until; at += every, i++)
		add(of, at * BED_MS, i * 7 % 10 < of_ten ? LOST : 100000);
}

static struct snet__history_fault *fault(unsigned int entry, uint64_t begun,
					 uint64_t healed)
{
	struct snet__history_fault *made =
		bed_fault(&bed, entry ? "other" : "cut", begun, healed);

	made->entry = entry;
	return made;
}

static const struct snet__history_fault *judge_with(const struct snet__scenario *of)
{
	ck_assert_int_eq(snet__receipts_make(&bed.history, of, &bed.err), 0);
	return &bed.history.faults[0];
}

static const struct snet__history_fault *judge(void)
{
	return judge_with(NULL);
}

START_TEST(what_is_slower_or_lost_during_a_fault_is_its_effect)
{
	const struct snet__history_fault *made;

	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 3000, 50, 20 * BED_MS);
	ask(0, 3000, 6000, 50, 100000);
	made = judge();
	ck_assert(made->has_effect);
	ck_assert_str_eq(made->receipt,
			 "round trip before 0.1 ms, during 20.0 ms, after 0.1 ms");
	ck_assert_uint_eq(made->effect_ns, 2000 * BED_MS);
	ck_assert_uint_eq(made->effect_end_ns, 2950 * BED_MS);
	ck_assert_str_eq(
		made->measures,
		"{\"probes\":{\"before\":{\"asked\":40,\"answered\":40,\"rtt_p50\":100000},"
		"\"during\":{\"asked\":20,\"answered\":20,\"rtt_p50\":20000000},"
		"\"after\":{\"asked\":60,\"answered\":60,\"rtt_p50\":100000}}}");
}
END_TEST

/* One was on its way as it was ended, and one was asked before that was done. */
START_TEST(what_passes_while_a_fault_is_ended_was_not_during_it)
{
	probe(0, "a", "b");
	fault(0, 2000, 3002)->planned_end_ns = 3000 * BED_MS;
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 2990, 50, LOST);
	add(0, 2999 * BED_MS, 2 * BED_MS);
	add(0, 3001 * BED_MS, 100000);
	ask(0, 3050, 6000, 50, 100000);
	ck_assert_str_eq(judge()->receipt,
			 "round trip before 0.1 ms, during all lost, after 0.1 ms");
}
END_TEST

/* As by a pause: each is answered when it has ended. */
START_TEST(what_is_answered_when_a_fault_has_ended_was_held_up_by_it)
{
	const struct snet__history_fault *made;

	probe(0, "a", "b");
	fault(0, 2000, 2201)->planned_end_ns = 2200 * BED_MS;
	ask(0, 0, 2000, 10, 100000);
	for (uint64_t at = 2000; at < 2200; at += 10)
		add(0, at * BED_MS, (2201 - at) * BED_MS);
	ask(0, 2210, 6000, 10, 100000);
	made = judge();
	ck_assert(made->has_effect);
	ck_assert_str_eq(made->receipt,
			 "round trip before 0.1 ms, during 111.0 ms, after 0.1 ms");
	ck_assert(strstr(
		made->measures,
		"\"during\":{\"asked\":19,\"answered\":19,\"rtt_p50\":111000000}"));
	ck_assert_uint_eq(made->effect_ns, 2000 * BED_MS);
	ck_assert_uint_eq(made->effect_end_ns, 2180 * BED_MS);
}
END_TEST

START_TEST(what_another_fault_does_is_not_taken_for_an_effect)
{
	probe(0, "a", "b");
	fault(0, 2000, 4000);
	fault(1, 1500, 4500);
	ask(0, 0, 1500, 50, 100000);
	ask(0, 1500, 4500, 50, LOST);
	ask(0, 4500, 7000, 50, 100000);
	ck_assert(!judge()->has_effect);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 0.1 ms, during not measured apart from other "
			 "faults, after 0.1 ms");
	ck_assert_uint_eq(bed.history.faults[0].effect_ns, SNET__NEVER);
}
END_TEST

/* What was asked may have been answered yet. */
START_TEST(that_a_fault_came_shortly_before_the_end_is_said)
{
	probe(0, "a", "b");
	fault(0, 9000, 9900);
	fault(1, 1000, 1500);
	ask(0, 0, 9000, 50, 100000);
	ask(0, 9000, 9900, 50, LOST);
	ck_assert_str_eq(judge()->receipt,
			 "round trip before 0.1 ms, during not measured (too little time "
			 "was left before the run ended), after not measured");
}
END_TEST

START_TEST(what_was_measured_apart_from_other_faults_counts)
{
	probe(0, "a", "b");
	fault(0, 2000, 4000);
	fault(1, 3000, 3500);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 3000, 50, 5 * BED_MS);
	ask(0, 3000, 3500, 50, LOST);
	ask(0, 3500, 4000, 50, 5 * BED_MS);
	ask(0, 4000, 7000, 50, 100000);
	ck_assert(judge()->has_effect);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 0.1 ms, during 5.0 ms, after 0.1 ms");
}
END_TEST

/* Of two stations at a switch, and two more. */
static void read_timeline(const char *timeline)
{
	struct snet__problems problems = {0};
	char text[2000];
	int r;

	(void)snprintf(
		text, sizeof(text),
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': ["
		"{'name': 's', 'kind': 'switch'}, {'name': 'h{i}', 'kind': 'host', 'count': 4}],"
		"'links': [{'from': 'h{i}', 'to': 's', 'count': 4}]}, 'duration': '9s',"
		"'timeline': [%s], 'expect': [{'check': 'availability', 'share': '0%%'}]}",
		timeline);
	r = snet__scenario_read(&scenario, quote(text), strlen(text), NULL, &problems,
				&bed.err);
	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", bed.err.msg);
}

static void ask_slowly(void)
{
	probe(0, "h0", "h1");
	fault(0, 2000, 4000);
	fault(1, 1000, 5000);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 4000, 50, 20 * BED_MS);
	ask(0, 4000, 7000, 50, 100000);
}

START_TEST(faults_on_other_paths_disturb_nothing)
{
	read_timeline(
		"{'fault': 'impair', 'links': 'h0-s', 'at': '2s', 'set': {'delay': '10ms'}},"
		"{'fault': 'impair', 'links': 'h2-s', 'at': '1s', 'set': {'delay': '1s'}}");
	ask_slowly();
	ck_assert_msg(judge_with(&scenario)->has_effect, "%s",
		      bed.history.faults[0].receipt);
}
END_TEST

START_TEST(faults_on_the_same_path_disturb)
{
	read_timeline(
		"{'fault': 'impair', 'links': 'h0-s', 'at': '2s', 'set': {'delay': '10ms'}},"
		"{'fault': 'impair', 'links': 'h1-s', 'at': '1s', 'set': {'delay': '1ms'}}");
	ask_slowly();
	ck_assert(!judge_with(&scenario)->has_effect);
}
END_TEST

START_TEST(what_only_loses_packets_hides_no_delay)
{
	read_timeline(
		"{'fault': 'impair', 'links': 'h0-s', 'at': '2s', 'set': {'delay': '10ms'}},"
		"{'fault': 'impair', 'links': 'h0-s', 'at': '1s', 'set': {'loss': '10%'}}");
	ask_slowly();
	ck_assert_msg(judge_with(&scenario)->has_effect, "%s",
		      bed.history.faults[0].receipt);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 0.1 ms, during 20.0 ms, after 0.1 ms");
}
END_TEST

START_TEST(losses_that_chance_explains_are_no_effect)
{
	probe(0, "a", "b");
	fault(0, 4000, 5000);
	ask_losing(0, 0, 4000, 50, 4);
	ask_losing(0, 4000, 5000, 50, 6);
	ask_losing(0, 5000, 7500, 50, 4);
	ck_assert(!judge()->has_effect);
	ck_assert_uint_eq(bed.history.faults[0].effect_ns, SNET__NEVER);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 40% lost, 0.1 ms, during 60% lost, 0.1 ms, "
			 "after 40% lost, 0.1 ms");
}
END_TEST

START_TEST(losses_that_chance_does_not_explain_are)
{
	probe(0, "a", "b");
	fault(0, 4000, 5000);
	ask_losing(0, 0, 4000, 50, 4);
	ask_losing(0, 4000, 5000, 50, 9);
	ask_losing(0, 5000, 7500, 50, 4);
	ck_assert(judge()->has_effect);
	ck_assert_uint_ge(bed.history.faults[0].effect_ns, 4000 * BED_MS);
}
END_TEST

START_TEST(without_an_answer_before_what_comes_after_is_the_measure)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 2000, 50, LOST);
	ask(0, 2000, 3000, 50, 100 * BED_MS);
	ask(0, 3000, 7000, 50, 100000);
	ck_assert(judge()->has_effect);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before all lost, during 100.0 ms, after 0.1 ms");
}
END_TEST

START_TEST(what_was_on_its_way_when_a_fault_began_was_not_lost_before)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 1960, 20, 50 * BED_MS);
	ask(0, 1960, 3000, 20, LOST);
	ask(0, 3000, 6000, 20, 50 * BED_MS);
	ck_assert(judge()->has_effect);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 50.0 ms, during all lost, after 50.0 ms");
}
END_TEST

/* Only its answers are known, and not what would have been lost. */
START_TEST(what_was_asked_just_before_the_run_ended_tells_of_no_losses)
{
	probe(0, "a", "b");
	fault(0, 4000, 5000);
	ask_losing(0, 0, 4000, 50, 4);
	ask_losing(0, 4000, 5000, 50, 4);
	ask(0, 8001, 10000, 50, 100000);
	ck_assert(!judge()->has_effect);
	ck_assert_str_eq(bed.history.faults[0].receipt,
			 "round trip before 40% lost, 0.1 ms, during 40% lost, 0.1 ms, "
			 "after 0.1 ms");
	ck_assert(strstr(
		bed.history.faults[0].measures,
		"\"after\":{\"asked\":null,\"answered\":null,\"rtt_p50\":100000}"));
}
END_TEST

START_TEST(a_path_that_stays_dead_has_not_healed)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 3150, 50, LOST);
	ck_assert_str_eq(judge()->failure,
			 "it did not heal: no probe was answered afterwards");
}
END_TEST

START_TEST(a_path_that_stays_slow_has_not_healed)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 4000, 50, 20 * BED_MS);
	ask(0, 4000, 6000, 50, 15 * BED_MS);
	ck_assert_str_eq(judge()->failure,
			 "it did not heal: every round trip stays longer than before");
}
END_TEST

/* What the delay held up keeps what comes behind it from overtaking. */
START_TEST(a_path_that_is_slow_until_the_last_has_come_has)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask(0, 0, 2000, 50, 100000);
	ask(0, 2000, 3000, 50, 500 * BED_MS);
	ask(0, 3000, 3400, 50, 400 * BED_MS);
	ck_assert_ptr_null(judge()->failure);
	ask(0, 3400, 6000, 50, 100000);
	ck_assert_ptr_null(judge()->failure);
}
END_TEST

START_TEST(a_path_that_loses_much_anyway_may_have)
{
	probe(0, "a", "b");
	fault(0, 2000, 3000);
	ask_losing(0, 0, 2000, 50, 4);
	ask(0, 2000, 3150, 50, LOST);
	ck_assert_ptr_null(judge()->failure);
	ask(0, 3150, 4500, 50, LOST);
	ck_assert_ptr_nonnull(judge()->failure);
}
END_TEST

/* Twenty thousand times, in a small part of the time that a test may take. */
START_TEST(a_fault_may_come_very_often)
{
	probe(0, "a", "b");
	for (uint64_t i = 0; i < 20000; i++)
		fault(0, 10 + 20 * i, 20 + 20 * i)->occurrence = (unsigned int)i;
	bed.history.ended_ns = 500000 * BED_MS;
	for (uint64_t at = 0; at < 400000; at += 10)
		add(0, at * BED_MS + BED_MS, at % 20 ? 2 * BED_MS : 100000 + at);
	judge();
	for (size_t i = 0; i < 20000; i++)
		ck_assert(bed.history.faults[i].has_effect);
	ck_assert_str_eq(bed.history.faults[19999].receipt,
			 "round trip before 0.3 ms, during 2.0 ms, after not measured");
}
END_TEST

/* ---- Faults that do not heal. */

static int succeed(struct snet__injection *injection, struct snet_err *err)
{
	(void)injection;
	(void)err;
	return 0;
}

static int refuse(struct snet__injection *injection, struct snet_err *err)
{
	(void)injection;
	return snet__err_set(err, -EBUSY, "it is stuck");
}

/* A fault of a lab that is not up. */
START_TEST(a_run_with_a_fault_that_does_not_heal_has_failed)
{
	static const struct snet__fault_kind stuck = {.name = "stuck",
						      .begin = succeed,
						      .end = refuse};
	struct snet__fault entry = {.name = (char *)"jam",
				    .kind = &stuck,
				    .for_ns = SNET__NEVER,
				    .is_optional = true};
	const struct snet__scenario jam = {.faults = &entry, .fault_count = 1};
	struct snet__action action = {.deed = SNET__DEED_BEGIN};
	const struct snet__schedule schedule = {.actions = &action, .count = 1};
	struct snet__outcome outcome = {0};
	struct snet__recorder recorder;
	struct snet__injector injector;
	struct snet_lab *lab;

	ck_assert_int_eq(snet_lab_new(&lab, "jam", NULL), 0);
	ck_assert_int_eq(snet__recorder_init(&recorder, lab, &jam, &outcome.history,
					     NULL),
			 0);
	ck_assert_int_eq(snet__injector_start(&injector, &recorder, &schedule, 1, NULL),
			 0);
	snet__injector_do(&injector, &action);
	ck_assert_int_eq(snet__injector_heal(&injector, &bed.err), -EIO);
	ck_assert_str_eq(bed.err.msg, "fault 'jam' did not heal: it is stuck");
	snet__injector_stop(&injector);
	snet__recorder_clear(&recorder);
	snet_lab_free(lab);
	ck_assert_uint_eq(outcome.history.faults[0].healed_ns, SNET__NEVER);

	ck_assert_int_eq(snet__outcome_judge(&outcome, &jam, NULL, &bed.err), 0);
	ck_assert_int_eq(outcome.verdict, SNET_VERDICT_VIOLATED);
	ck_assert_str_eq(outcome.reason, "fault 'jam': it did not heal: it is stuck");
	snet__outcome_clear(&outcome);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("receipt");
	TCase *tc = tcase_create("all"), *large = tcase_create("large");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_checked_fixture(large, set_up, tear_down);
	tcase_set_timeout(large, 60);
	tcase_set_tags(large, "large");
	tcase_add_test(tc, what_is_slower_or_lost_during_a_fault_is_its_effect);
	tcase_add_test(tc, what_passes_while_a_fault_is_ended_was_not_during_it);
	tcase_add_test(tc, what_is_answered_when_a_fault_has_ended_was_held_up_by_it);
	tcase_add_test(tc, what_another_fault_does_is_not_taken_for_an_effect);
	tcase_add_test(tc, that_a_fault_came_shortly_before_the_end_is_said);
	tcase_add_test(tc, what_was_measured_apart_from_other_faults_counts);
	tcase_add_test(tc, faults_on_other_paths_disturb_nothing);
	tcase_add_test(tc, faults_on_the_same_path_disturb);
	tcase_add_test(tc, what_only_loses_packets_hides_no_delay);
	tcase_add_test(tc, losses_that_chance_explains_are_no_effect);
	tcase_add_test(tc, losses_that_chance_does_not_explain_are);
	tcase_add_test(tc, without_an_answer_before_what_comes_after_is_the_measure);
	tcase_add_test(tc, what_was_on_its_way_when_a_fault_began_was_not_lost_before);
	tcase_add_test(tc, what_was_asked_just_before_the_run_ended_tells_of_no_losses);
	tcase_add_test(tc, a_path_that_stays_dead_has_not_healed);
	tcase_add_test(tc, a_path_that_stays_slow_has_not_healed);
	tcase_add_test(tc, a_path_that_is_slow_until_the_last_has_come_has);
	tcase_add_test(tc, a_path_that_loses_much_anyway_may_have);
	tcase_add_test(large, a_fault_may_come_very_often);
	tcase_add_test(tc, a_run_with_a_fault_that_does_not_heal_has_failed);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, large);
	return s;
}
