/* SPDX-License-Identifier: MIT */
/* Runs: what is known before a lab is made, and which verdict counts most. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/lateness.h"
#include "fault/runner.h"
#include "fault/schedule.h"
#include "folder.h"
#include "quoted.h"
#include "suite.h"
#include "topo/problems.h"

static struct snet__scenario scenario;
static struct snet__outcome outcome;
static struct snet_err err;
static bool asked; /* whether a run is to end */

static void set_up(void)
{
	asked = false;
	snet__scenario_init(&scenario);
	outcome = (struct snet__outcome){0};
	err = (struct snet_err){0};
}

static void tear_down(void)
{
	snet__outcome_clear(&outcome);
	snet__scenario_clear(&scenario);
}

/* Read a scenario of one button, in which ' stands for ". */
static void read_quoted(const char *more)
{
	autofree char *json = quote(snet__text_format(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'b', 'kind': 'button'}], 'links': [{'from': 'b', "
		"'to': 'r'}]}, 'duration': '10s', %s}",
		more));
	struct snet__problems problems = {0};
	int r = snet__scenario_read(&scenario, json, strlen(json), NULL, &problems, &err);

	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
}

START_TEST(what_cannot_be_planned_ends_before_a_lab_is_made)
{
	const struct snet__runner_opts opts = {.seed = 1};

	read_quoted("'expect': [], 'workload': [{'press': 'b', 'every': '1ms'}]");
	scenario.workload[0].burst = SNET__PRESSES_MAX + 1;
	ck_assert_int_eq(snet__runner_run(&outcome, &scenario, &opts, &err), -E2BIG);
	ck_assert_str_eq(err.msg, "workload[0]: the workload has over 20000000 presses");
}
END_TEST

/* One that a checker says nothing can be told of: it has no folder to read. */
#define UNDECIDABLE "{'check': 'command', 'command': ['true']}"

static struct snet__history_fault *add_fault(void)
{
	struct snet__history_fault *fault = snet__history_add_fault(&outcome.history);

	ck_assert_ptr_nonnull(fault);
	fault->name = "cut";
	fault->kind = "down";
	fault->begun_ns = 1;
	fault->healed_ns = 2;
	return fault;
}

/* An event whose press nobody has acknowledged, or which has got nowhere since. */
static void add_event(uint64_t acknowledged_ns)
{
	struct snet__history_event *event =
		snet__history_add_event(&outcome.history, "b-1-1");

	ck_assert_ptr_nonnull(event);
	event->node = "b";
	event->pressed_ns = 1;
	event->acknowledged_ns = acknowledged_ns;
	if (acknowledged_ns != SNET__NEVER)
		event->dropped_ns = 3;
	outcome.history.ended_ns = 20 * SNET__NS_PER_S;
}

static enum snet_verdict judge(const char *expectations)
{
	autofree char *more = snet__text_format("'expect': [%s]", expectations);
	int r;

	read_quoted(more);
	r = snet__outcome_judge(&outcome, &scenario, NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	return outcome.verdict;
}

START_TEST(what_cannot_be_decided_is_untrusted)
{
	add_fault()->has_effect = true;
	ck_assert_int_eq(judge(UNDECIDABLE), SNET_VERDICT_UNTRUSTED);
}
END_TEST

START_TEST(a_fault_without_effect_counts_more_than_what_cannot_be_decided)
{
	(void)add_fault();
	ck_assert_int_eq(judge(UNDECIDABLE), SNET_VERDICT_VIOLATED);
	ck_assert_str_eq(outcome.reason,
			 "fault 'cut' had no effect, and is not 'optional'");
}
END_TEST

START_TEST(a_fault_that_does_not_heal_counts_more_than_what_cannot_be_decided)
{
	struct snet__history_fault *fault = add_fault();

	fault->has_effect = true;
	fault->failure = "it could not be mended";
	ck_assert_int_eq(judge(UNDECIDABLE), SNET_VERDICT_VIOLATED);
	ck_assert_str_eq(outcome.reason, "fault 'cut': it could not be mended");
}
END_TEST

START_TEST(an_optional_fault_need_not_begin_but_has_to_heal)
{
	struct snet__history_fault *fault = add_fault();

	fault->is_optional = true;
	fault->begun_ns = SNET__NEVER;
	fault->failure = "it could not begin: no such node";
	ck_assert_int_eq(judge(""), SNET_VERDICT_HELD);
	ck_assert_ptr_null(outcome.reason);
	snet__scenario_clear(&scenario);
	snet__scenario_init(&scenario);
	free(outcome.judgements);
	/* Half of it was in place. */
	fault->healed_ns = SNET__NEVER;
	fault->failure = "it did not heal: it is stuck";
	ck_assert_int_eq(judge(""), SNET_VERDICT_VIOLATED);
	ck_assert_str_eq(outcome.reason, "fault 'cut': it did not heal: it is stuck");
}
END_TEST

#define ANSWERED "{'check': 'availability', 'share': 1, 'within': '1s'}"

START_TEST(an_expectation_that_is_violated_counts_more_than_one_that_cannot_be_decided)
{
	add_event(SNET__NEVER);
	ck_assert_int_eq(judge(ANSWERED "," UNDECIDABLE), SNET_VERDICT_VIOLATED);
}
END_TEST

START_TEST(what_came_late_says_what_it_waited_for)
{
	struct snet__action cut = {.at_ns = 1000000000, .deed = SNET__DEED_BEGIN};
	struct snet__action press = {.at_ns = 1200000000, .index = 1};
	struct snet__lateness lateness = {0};
	autofree char *text = NULL, *other = NULL;

	read_quoted("'timeline': [{'name': 'cut', 'fault': 'kill', 'nodes': 'r', 'at': "
		    "'1s'}], 'expect': [" ANSWERED "]");
	snet__lateness_add(&lateness, &scenario, &cut, 1000100000, 4900000000);
	snet__lateness_add(&lateness, &scenario, &press, 4900000000, 4900100000);
	ck_assert_ptr_null(snet__lateness_format(&lateness));
	snet__lateness_add(&lateness, &scenario, &press, 4900100000, 4900200000);
	text = snet__lateness_format(&lateness);
	ck_assert_str_eq(text, "2 of 3 presses and faults came more than 50 ms late, a "
			       "press of 'b' by 3.70 s, and the beginning of fault 'cut' "
			       "took 3.90 s");

	/* Nothing of the run's own took long. */
	lateness = (struct snet__lateness){0};
	for (int i = 0; i < 2; i++)
		snet__lateness_add(&lateness, &scenario, &cut, 1100000000, 1101000000);
	other = snet__lateness_format(&lateness);
	ck_assert_str_eq(other, "2 of 2 presses and faults came more than 50 ms late, "
				"the beginning of fault 'cut' by 100.0 ms");
}
END_TEST

START_TEST(a_fault_that_ends_late_counts_as_one_that_begins_late)
{
	struct snet__action heal = {.at_ns = 1000000000, .deed = SNET__DEED_END};
	struct snet__lateness lateness = {0};
	autofree char *text = NULL;

	read_quoted("'timeline': [{'name': 'cut', 'fault': 'kill', 'nodes': 'r', 'at': "
		    "'1s'}], 'expect': [" ANSWERED "]");
	for (int i = 0; i < 2; i++)
		snet__lateness_add(&lateness, &scenario, &heal, 1060000000, 1061000000);
	text = snet__lateness_format(&lateness);
	ck_assert_str_eq(text, "2 of 2 presses and faults came more than 50 ms late, "
			       "the end of fault 'cut' by 60.0 ms");
}
END_TEST

START_TEST(what_a_slow_machine_may_have_violated_is_untrusted)
{
	outcome.slow = strdup("it was");
	add_event(SNET__NEVER);
	ck_assert_int_eq(judge(ANSWERED), SNET_VERDICT_UNTRUSTED);
	ck_assert_int_eq(outcome.judgements[0].verdict, SNET_VERDICT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(outcome.judgements[0].summary,
				     "; that may be the machine's doing"));
	ck_assert_str_eq(outcome.reason, "the machine was too slow: it was");
}
END_TEST

START_TEST(what_is_lost_is_lost_on_a_slow_machine_too)
{
	outcome.slow = strdup("it was");
	add_event(2);
	ck_assert_int_eq(judge("{'check': 'delivery', 'guarantee': 'exactly-once'}"),
			 SNET_VERDICT_VIOLATED);
}
END_TEST

START_TEST(what_does_not_end_a_run_violates_it)
{
	outcome.unreached = strdup("until: 1 of 2");
	(void)add_fault();
	ck_assert_int_eq(judge(""), SNET_VERDICT_VIOLATED);
	ck_assert_str_eq(outcome.reason, "until: 1 of 2");
}
END_TEST

START_TEST(what_does_not_end_a_run_in_time_may_be_the_machines_doing)
{
	outcome.unreached = strdup("until: 1 of 2");
	outcome.slow = strdup("it was");
	ck_assert_int_eq(judge(""), SNET_VERDICT_UNTRUSTED);
	ck_assert_str_eq(outcome.reason, "until: 1 of 2");
}
END_TEST

START_TEST(a_path_that_stays_slow_may_be_the_machines_doing)
{
	struct snet__history_fault *fault = add_fault();

	fault->has_effect = true;
	fault->failure = "it did not heal: it is slow";
	fault->is_only_slow = true;
	outcome.slow = strdup("it was");
	ck_assert_int_eq(judge(""), SNET_VERDICT_UNTRUSTED);
}
END_TEST

START_TEST(a_fault_without_effect_is_one_on_a_slow_machine_too)
{
	outcome.slow = strdup("it was");
	(void)add_fault();
	ck_assert_int_eq(judge(UNDECIDABLE), SNET_VERDICT_VIOLATED);
}
END_TEST

static bool cancel(void *user)
{
	(void)user;
	asked = true;
	return true;
}

/* Run one that is cancelled before its lab is there. */
static int run_into(const char *folder)
{
	const struct snet_run_opts opts = {.size = sizeof(opts),
					   .folder = folder,
					   .is_cancelled = cancel};
	struct snet_scenario *one = NULL;
	struct snet_run *run = NULL;
	int r;

	r = snet_scenario_parse(
		&one,
		"{\"scenario\": \"x\", \"expect\": [], \"lab\": {\"lab\": "
		"\"l\", \"nodes\": [], \"links\": []}}",
		NULL, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet_scenario_run(one, &opts, &run, &err);
	snet_scenario_free(one);
	return r;
}

START_TEST(a_run_that_did_not_begin_leaves_no_folder)
{
	struct test_folder folder;
	autofree char *path = NULL;

	test_folder_new(&folder);
	path = snet__text_format("%s/new", folder.path);
	ck_assert_int_eq(run_into(path), -EINTR);
	ck_assert_int_eq(access(path, F_OK), -1);
	/* One that was there is not ours to remove. */
	ck_assert_int_eq(mkdir(path, 0777), 0);
	ck_assert_int_eq(run_into(path), -EINTR);
	ck_assert_int_eq(access(path, F_OK), 0);
	test_folder_free(&folder);
}
END_TEST

START_TEST(that_reports_cannot_be_written_is_known_before)
{
	struct test_folder folder;
	autofree char *path = NULL, *message = NULL;

	test_folder_new(&folder);
	path = snet__text_format("%s/file", folder.path);
	ck_assert_int_eq(snet__file_write(path, "x", SNET__FILE_SHARED, &err), 0);
	ck_assert_int_eq(run_into(path), -ENOTDIR);
	message = snet__text_format("cannot run 'x': cannot write into '%s', "
				    "which is no folder",
				    path);
	ck_assert_str_eq(err.msg, message);
	if (geteuid() != 0) {
		ck_assert_int_eq(chmod(folder.path, 0500), 0);
		ck_assert_int_eq(run_into(folder.path), -EACCES);
		ck_assert_int_eq(chmod(folder.path, 0700), 0);
	}
	ck_assert(!asked);
	test_folder_free(&folder);
}
END_TEST

/* Its history is there, and nothing is judged by it. */
START_TEST(of_a_run_that_was_broken_off_nothing_can_be_said)
{
	outcome.broken_off = -EINTR;
	outcome.reason = strdup("interrupted");
	(void)add_fault();
	add_event(SNET__NEVER);
	ck_assert_int_eq(judge(ANSWERED), SNET_VERDICT_UNTRUSTED);
	ck_assert_str_eq(outcome.judgements[0].summary,
			 "the run was broken off: interrupted");
	ck_assert_str_eq(outcome.reason, "interrupted");
}
END_TEST

static bool is_wanted_after_one(void *user)
{
	unsigned int *times = user;

	return (*times)++ > 0;
}

/* What was found until then is not told either. */
START_TEST(of_a_run_that_is_cancelled_while_it_is_judged_nothing_can_be_said)
{
	unsigned int times = 0;
	const struct snet__check_opts opts = {.is_cancelled = is_wanted_after_one,
					      .user = &times};
	autofree char *more = snet__text_format("'expect': [%s, %s]", ANSWERED, ANSWERED);

	add_event(3);
	read_quoted(more);
	ck_assert_int_eq(snet__outcome_judge(&outcome, &scenario, &opts, &err), 0);
	ck_assert_int_eq(outcome.verdict, SNET_VERDICT_UNTRUSTED);
	ck_assert_int_eq(outcome.broken_off, -EINTR);
	ck_assert_str_eq(outcome.reason, "interrupted");
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(outcome.judgements[i].summary,
				 "the run was broken off: interrupted");
		ck_assert_uint_eq(outcome.judgements[i].finding_count, 0);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("runner");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_cannot_be_planned_ends_before_a_lab_is_made);
	tcase_add_test(tc, what_cannot_be_decided_is_untrusted);
	tcase_add_test(tc,
		       a_fault_without_effect_counts_more_than_what_cannot_be_decided);
	tcase_add_test(
		tc, a_fault_that_does_not_heal_counts_more_than_what_cannot_be_decided);
	tcase_add_test(tc, an_optional_fault_need_not_begin_but_has_to_heal);
	tcase_add_test(
		tc,
		an_expectation_that_is_violated_counts_more_than_one_that_cannot_be_decided);
	tcase_add_test(tc, what_came_late_says_what_it_waited_for);
	tcase_add_test(tc, a_fault_that_ends_late_counts_as_one_that_begins_late);
	tcase_add_test(tc, what_a_slow_machine_may_have_violated_is_untrusted);
	tcase_add_test(tc, what_is_lost_is_lost_on_a_slow_machine_too);
	tcase_add_test(tc, what_does_not_end_a_run_violates_it);
	tcase_add_test(tc, what_does_not_end_a_run_in_time_may_be_the_machines_doing);
	tcase_add_test(tc, a_path_that_stays_slow_may_be_the_machines_doing);
	tcase_add_test(tc, a_fault_without_effect_is_one_on_a_slow_machine_too);
	tcase_add_test(tc, a_run_that_did_not_begin_leaves_no_folder);
	tcase_add_test(tc, that_reports_cannot_be_written_is_known_before);
	tcase_add_test(tc, of_a_run_that_was_broken_off_nothing_can_be_said);
	tcase_add_test(tc,
		       of_a_run_that_is_cancelled_while_it_is_judged_nothing_can_be_said);
	suite_add_tcase(s, tc);
	return s;
}
