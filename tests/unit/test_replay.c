/* SPDX-License-Identifier: MIT */
/* Runs that have ended, as scenarios: what is done when. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/replay.h"
#include "fault/schedule.h"
#include "folder.h"
#include "quoted.h"
#include "suite.h"

static struct test_folder folder;
static struct snet__scenario scenario;
static struct snet__schedule schedule;
static struct snet_err err;

static void set_up(void)
{
	test_folder_new(&folder);
	snet__scenario_init(&scenario);
	err = (struct snet_err){0};
}

static void tear_down(void)
{
	snet__schedule_clear(&schedule);
	snet__scenario_clear(&scenario);
	test_folder_free(&folder);
}

#define OK(call)                                                          \
	do {                                                              \
		int r_ = (call);                                          \
		ck_assert_msg(r_ == 0, "%s: %d: %s", #call, r_, err.msg); \
	} while (0)

/* In which ' stands for ". */
static void write_quoted(const char *name, const char *text)
{
	autofree char *path = snet__text_format("%s/%s", folder.path, name);
	autofree char *json = quoted(text);

	OK(snet__file_write(path, json, SNET__FILE_SHARED, &err));
}

#define LAB                                                                              \
	"{'lab': 'l', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': " \
	"'relayer'}, {'name': 'b{i}', 'kind': 'button', 'count': 2}], 'links': "         \
	"[{'from': 'r', 'to': 's'}, {'from': 'b{i}', 'to': 's', 'count': 2}]}"

static void write_scenario(const char *timeline)
{
	autofree char *text = snet__text_format(
		"{'scenario': 'x', 'lab': " LAB ", 'seed': 5, 'expect': [],"
		"'duration': '10s', 'workload': [{'press': 'b*', 'poisson': '100ms'},"
		"{'press': 'b0', 'at': '1s'}], 'timeline': [%s]}",
		timeline);

	write_quoted("scenario.json", text);
}

#define RUN "{'at':0,'type':'run','scenario':'x','lab':'l','seed':5,'began':1}\n"
#define END "{'at':9999,'type':'end','workload_end':10,'healed':0}\n"

static const char *const deeds[] = {
	[SNET__DEED_PRESS] = "press", [SNET__DEED_BEGIN] = "begin",
	[SNET__DEED_OFF] = "off",     [SNET__DEED_ON] = "on",
	[SNET__DEED_END] = "end",
};

/* "7 press b0 5", "3 begin cut", with times in ns. */
static char *plan(void)
{
	size_t size = 0;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &size);

	OK(snet__replay_load(&scenario, folder.path, &err));
	OK(snet__schedule_plan(&schedule, &scenario, scenario.seed, &err));
	for (size_t i = 0; i < schedule.count; i++) {
		const struct snet__action *action = &schedule.actions[i];
		bool is_press = action->deed == SNET__DEED_PRESS;

		fprintf(out, "%llu %s %s", (unsigned long long)action->at_ns,
			deeds[action->deed],
			is_press ? scenario.model.nodes[action->index]->name
				 : scenario.faults[action->index].name);
		if (action->data)
			fprintf(out, " %s", action->data);
		fprintf(out, is_press ? "\n" : " #%u\n", action->occurrence);
	}
	fclose(out);
	return lines;
}

#define FAULT(name, entry, occurrence, planned)                                         \
	"{'at':" #planned "1,'type':'fault','name':'" name "','kind':'down','what':'w'" \
	",'entry':" #entry ",'occurrence':" #occurrence                                 \
	",'optional':false,'planned':" #planned ",'begun':" #planned                    \
	"1,'has_effect':true}\n"

START_TEST(what_was_pressed_is_pressed_when_it_was_planned)
{
	autofree char *lines = NULL;

	write_scenario("");
	write_quoted(
		"history.jsonl", RUN
		"{'at':21,'type':'press','event':'e','node':'b1','planned':20,'data':7}\n"
		"{'at':31,'type':'press','event':'f','node':'b0'}\n"
		"{'at':40,'type':'press','event':'g','node':'b1','planned':40,"
		"'pressed':false}\n" END);
	lines = plan();
	ck_assert_str_eq(lines, "20 press b1 7\n31 press b0\n40 press b1\n");
}
END_TEST

START_TEST(faults_begin_when_they_were_planned_whatever_they_had_waited_for)
{
	autofree char *lines = NULL;

	write_scenario(
		"{'fault': 'down', 'name': 'any', 'links': '*', 'between': ['1s', "
		"'2s'], 'for': '30ns'},"
		"{'fault': 'down', 'name': 'then', 'links': '*', 'after': 'any'},"
		"{'fault': 'down', 'name': 'step', 'links': '*', 'after': {'step': "
		"'pressed'}, 'for': '1ns'},"
		"{'fault': 'down', 'name': 'often', 'links': '*', 'at': '7s', "
		"'every': '1s', 'for': '2ns'}");
	write_quoted("history.jsonl",
		     RUN FAULT("any", 0, 0, 10) FAULT("then", 1, 0, 11)
			     FAULT("step", 2, 0, 12) FAULT("often", 3, 0, 13)
				     FAULT("often", 3, 1, 14) END);
	lines = plan();
	ck_assert_str_eq(lines, "10 begin any #0\n11 begin then #0\n12 begin step #0\n"
				"13 end step #0\n13 begin often #0\n14 begin often #1\n"
				"15 end often #0\n16 end often #1\n"
				"40 end any #0\n");
}
END_TEST

START_TEST(what_had_waited_in_vain_does_not_begin)
{
	autofree char *lines = NULL;

	write_scenario(
		"{'fault': 'down', 'name': 'step', 'links': '*', 'after': {'step': "
		"'pressed'}}");
	write_quoted(
		"history.jsonl", RUN
		"{'at':5,'type':'fault','name':'step','kind':'down','what':'w',"
		"'entry':0,'occurrence':0,'optional':false,'has_effect':false}\n" END);
	lines = plan();
	ck_assert_str_eq(lines, "");
}
END_TEST

START_TEST(the_seed_is_that_of_the_run)
{
	write_scenario("");
	write_quoted("history.jsonl", "{'at':0,'type':'run','scenario':'x','lab':'l',"
				      "'seed':18446744073709551615,'began':1}\n" END);
	OK(snet__replay_load(&scenario, folder.path, &err));
	ck_assert_uint_eq(scenario.seed, UINT64_MAX);
}
END_TEST

/* A run of another run's presses has them in its own history. */
START_TEST(what_the_scenario_had_pressed_by_is_not_needed_any_more)
{
	autofree char *lines = NULL;

	write_quoted("scenario.json",
		     "{'scenario': 'x', 'lab': " LAB ", 'seed': 5, 'expect': [],"
		     "'workload': [{'recorded': '/gone/history.jsonl'}]}");
	write_quoted(
		"history.jsonl", RUN
		"{'at':21,'type':'press','event':'e','node':'b1','planned':20}\n" END);
	lines = plan();
	ck_assert_str_eq(lines, "20 press b1\n");
}
END_TEST

/* What is pressed by hand while a run settles. */
START_TEST(presses_behind_the_end_are_warned_of)
{
	autofree char *lines = NULL;

	write_scenario("");
	write_quoted("history.jsonl", RUN
		     "{'at':21,'type':'press','event':'e','node':'b1','planned':20}\n"
		     "{'at':10000000001,'type':'press','event':'f','node':'b0'}\n" END);
	lines = plan();
	ck_assert_uint_eq(scenario.warnings.count, 1);
	ck_assert_str_eq(scenario.warnings.items[0].path, "workload[0].recorded");
	ck_assert_str_eq(scenario.warnings.items[0].text,
			 "1 of its 2 presses come when the run has ended, and are left "
			 "out: a 'duration' of '10.001s' has them all");
}
END_TEST

START_TEST(a_fault_that_is_not_in_the_scenario_is_refused)
{
	write_scenario("{'fault': 'down', 'name': 'cut', 'links': '*', 'at': '1s'}");
	write_quoted("history.jsonl", RUN FAULT("other", 0, 0, 10) END);
	ck_assert_int_eq(snet__replay_load(&scenario, folder.path, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "has a fault 'other', which is not "
					      "timeline[0] of the scenario"));
}
END_TEST

START_TEST(a_press_of_no_node_is_refused)
{
	write_scenario("");
	write_quoted(
		"history.jsonl", RUN
		"{'at':31,'type':'press','event':'f','node':'gone','planned':31}\n" END);
	ck_assert_int_eq(snet__replay_load(&scenario, folder.path, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "has presses of 'gone', which is no node"));
}
END_TEST

/* What its folder was is written there, and that may be on another machine. */
START_TEST(a_command_whose_folder_is_gone_runs_in_that_of_the_run)
{
	static const char *const wanted[] = {"/", NULL, NULL};
	autofree char *path = snet__text_format("%s/scenario.json", folder.path);
	autofree char *real = realpath(folder.path, NULL);
	struct snet__problems problems = {0};

	write_quoted(
		"scenario.json",
		"{'scenario': 'x', 'lab': " LAB ", 'expect': ["
		"{'check': 'command', 'command': ['true'], 'cwd': '/'},"
		"{'check': 'command', 'command': ['no-such-judge'], 'cwd': '/no/where'},"
		"{'check': 'command', 'command': ['true'], 'cwd': '/etc/passwd'}]}");
	write_quoted("history.jsonl", RUN END);
	OK(snet__replay_load(&scenario, folder.path, &err));
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(scenario.expectations[i].cwd,
				 wanted[i] ? wanted[i] : real);
	/* As a file of somebody's own it is refused. */
	snet__scenario_clear(&scenario);
	snet__scenario_init(&scenario);
	ck_assert_int_eq(snet__scenario_load(&scenario, path, &problems, &err), -EINVAL);
	ck_assert_uint_eq(problems.count, 2);
	ck_assert_str_eq(problems.items[0].path, "expect[1].cwd");
	snet__problems_clear(&problems);
}
END_TEST

START_TEST(a_folder_of_no_run_is_refused)
{
	ck_assert_int_eq(snet__replay_load(&scenario, folder.path, &err), -ENOENT);
	write_scenario("");
	snet__scenario_clear(&scenario);
	snet__scenario_init(&scenario);
	ck_assert_int_eq(snet__replay_load(&scenario, folder.path, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "history.jsonl"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("replay");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_pressed_is_pressed_when_it_was_planned);
	tcase_add_test(tc,
		       faults_begin_when_they_were_planned_whatever_they_had_waited_for);
	tcase_add_test(tc, what_had_waited_in_vain_does_not_begin);
	tcase_add_test(tc, the_seed_is_that_of_the_run);
	tcase_add_test(tc, what_the_scenario_had_pressed_by_is_not_needed_any_more);
	tcase_add_test(tc, presses_behind_the_end_are_warned_of);
	tcase_add_test(tc, a_fault_that_is_not_in_the_scenario_is_refused);
	tcase_add_test(tc, a_press_of_no_node_is_refused);
	tcase_add_test(tc, a_command_whose_folder_is_gone_runs_in_that_of_the_run);
	tcase_add_test(tc, a_folder_of_no_run_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
