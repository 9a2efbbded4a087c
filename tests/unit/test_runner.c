/* SPDX-License-Identifier: MIT */
/* Runs: what is known before a lab is made, and which verdict counts most. */

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/runner.h"
#include "fault/schedule.h"
#include "suite.h"
#include "topo/problems.h"

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

/* Read a scenario of one button, in which ' stands for ". */
static void read_quoted(const char *more)
{
	autofree char *json = snet__text_format(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'b', 'kind': 'button'}], 'links': [{'from': 'b', "
		"'to': 'r'}]}, 'duration': '10s', %s}",
		more);
	struct snet__problems problems = {0};
	int r;

	for (char *at = json; *at; at++)
		if (*at == '\'')
			*at = '"';
	r = snet__scenario_read(&scenario, json, strlen(json), NULL, &problems, &err);
	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
}

START_TEST(what_cannot_be_planned_ends_before_a_lab_is_made)
{
	const struct snet__runner_opts opts = {.seed = 1};

	read_quoted("'expect': [], 'workload': [{'press': 'b', 'every': '1ms'}]");
	scenario.workload[0].burst = SNET__PRESSES_MAX;
	ck_assert_int_eq(snet__runner_run(&outcome, &scenario, &opts, &err), -E2BIG);
	ck_assert_str_eq(err.msg, "workload[0]: the workload has over 20000000 presses");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("runner");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_cannot_be_planned_ends_before_a_lab_is_made);
	suite_add_tcase(s, tc);
	return s;
}
