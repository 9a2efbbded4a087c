/* SPDX-License-Identifier: MIT */
/* What a run says of its faults: that those took effect that did something, and no others. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/overlay.h"
#include "fault/runner.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"

static struct snet__scenario scenario;
static struct snet__outcome outcome;
static struct snet_err err;

static void set_up(void)
{
	snet__scenario_init(&scenario);
	outcome = (struct snet__outcome){0};
	err = (struct snet_err){0};
}

static void tear_down(void)
{
	snet__outcome_clear(&outcome);
	snet__scenario_clear(&scenario);
}

/* Two hosts at a switch, on a link with @keys; in all ' stands for ". */
static void run(const char *keys, const char *duration, const char *timeline)
{
	autofree char *text = quote(snet__text_format(
		"{'scenario': 'x', 'lab': {'lab': 'receipt', 'nodes': ["
		"{'name': 's', 'kind': 'switch'}, {'name': 'a', 'kind': 'host'},"
		"{'name': 'b', 'kind': 'host'}], 'links': ["
		"{'from': 'a', 'to': 's'%s}, {'from': 'b', 'to': 's'}]},"
		"'duration': '%s', 'timeline': [%s],"
		"'expect': [{'check': 'availability', 'share': '0%%'}]}",
		keys, duration, timeline));
	const struct snet__runner_opts opts = {.seed = 1};
	struct snet__problems problems = {0};
	int r = snet__scenario_read(&scenario, text, strlen(text), NULL, &problems, &err);

	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
	r = snet__runner_run(&outcome, &scenario, &opts, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
}

static const struct snet__history_fault *fault(size_t index)
{
	ck_assert_uint_lt(index, outcome.history.faults_count);
	ck_assert_msg(!outcome.history.faults[index].failure, "%s",
		      outcome.history.faults[index].failure);
	return &outcome.history.faults[index];
}

START_TEST(probes_do_not_wait_for_a_hardware_address)
{
	run(", 'shaper': 'user', 'loss': '100%', 'filter': 'arp'", "1200ms",
	    "{'fault': 'impair', 'links': 'b-s', 'set': {'delay': '20ms'}, 'at': '500ms',"
	    "'for': '400ms'}");
	ck_assert_msg(fault(0)->has_effect, "%s", fault(0)->receipt);
	ck_assert_msg(!strstr(fault(0)->receipt, "all lost"), "%s", fault(0)->receipt);
}
END_TEST

/* Of a thousand faults that do nothing chance makes one seem to do something: not twice. */
static void run_idle(const char *keys, const char *duration, const char *timeline)
{
	run(keys, duration, timeline);
	if (!fault(0)->has_effect)
		return;
	tear_down();
	set_up();
	run(keys, duration, timeline);
	ck_assert_msg(!fault(0)->has_effect, "%s", fault(0)->receipt);
}

START_TEST(what_a_link_does_by_itself_is_no_effect)
{
	run_idle(", 'loss': '20%'", "5s",
		 "{'fault': 'impair', 'links': 'a-s', 'set': {'loss': '20%'},"
		 "'at': '1s', 'for': '2s'}");
	ck_assert_msg(strstr(fault(0)->receipt, " lost"), "%s", fault(0)->receipt);
}
END_TEST

START_TEST(more_of_what_a_link_does_by_itself_is_one)
{
	run(", 'loss': '20%'", "7s",
	    "{'fault': 'impair', 'links': 'a-s', 'set': {'loss': '90%'}, 'at': '3s',"
	    "'for': '3s'}");
	ck_assert_msg(fault(0)->has_effect, "%s", fault(0)->receipt);
}
END_TEST

START_TEST(a_delay_is_seen_where_much_is_lost)
{
	run(", 'loss': '20%'", "3s",
	    "{'fault': 'impair', 'links': 'a-s', 'set': {'delay': '20ms'}, 'at': '1s',"
	    "'for': '1s'}");
	ck_assert_msg(fault(0)->has_effect, "%s", fault(0)->receipt);
}
END_TEST

START_TEST(what_a_link_that_is_down_loses_is_no_effect_of_a_delay)
{
	run("", "4s",
	    "{'fault': 'impair', 'links': 'a-s', 'set': {'delay': '1us'}, 'at': '1s',"
	    "'for': '1s'},"
	    "{'fault': 'down', 'links': 'a-s', 'at': '900ms', 'for': '1200ms'}");
	ck_assert_uint_eq(outcome.history.faults_count, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(fault(i)->has_effect == (fault(i)->entry == 1), "%s",
			      fault(i)->receipt);
}
END_TEST

START_TEST(what_needs_the_delay_that_a_fault_takes_goes_with_it)
{
	run(", 'delay': '10ms', 'reorder': '25%'", "3s",
	    "{'fault': 'impair', 'links': 'a-s', 'set': {'loss': '50%'}, 'at': '500ms',"
	    "'for': '1s'},"
	    "{'fault': 'impair', 'links': 'a-s', 'set': {'delay': '0s'}, 'at': '1s',"
	    "'for': '1s'}");
	ck_assert_uint_eq(outcome.history.faults_count, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_ne(fault(i)->healed_ns, SNET__NEVER);
}
END_TEST

START_TEST(what_does_nothing_has_no_effect)
{
	run_idle(", 'loss': '20%'", "4s",
		 "{'fault': 'impair', 'links': 'a-s', 'set': {'delay': '1us'},"
		 "'at': '1s', 'for': '1s'}");
}
END_TEST

static int look_far(void *user, struct snet_err *why)
{
	struct snet_lab *lab = user;

	(void)why;
	ck_assert_ptr_null(
		lab->run->describe_broken(lab->run->broken, 1 << 20, false, NULL));
	return 0;
}

START_TEST(a_link_that_came_later_has_no_faults)
{
	struct snet_lab *lab = labs_new("later");
	struct snet__overlays *overlays = NULL;

	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet__overlays_new(&overlays, lab, &err));
	LABS_OK(snet__lab_call(lab, look_far, lab, &err));
	snet__overlays_free(overlays);
	snet_lab_free(lab);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("effect");
	TCase *tc = tcase_create("all");

	rights_get();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, probes_do_not_wait_for_a_hardware_address);
	tcase_add_test(tc, what_a_link_does_by_itself_is_no_effect);
	tcase_add_test(tc, more_of_what_a_link_does_by_itself_is_one);
	tcase_add_test(tc, a_delay_is_seen_where_much_is_lost);
	tcase_add_test(tc, what_a_link_that_is_down_loses_is_no_effect_of_a_delay);
	tcase_add_test(tc, what_needs_the_delay_that_a_fault_takes_goes_with_it);
	tcase_add_test(tc, what_does_nothing_has_no_effect);
	tcase_add_test(tc, a_link_that_came_later_has_no_faults);
	suite_add_tcase(s, tc);
	return s;
}
