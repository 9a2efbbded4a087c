/* SPDX-License-Identifier: MIT */
/* Which violations are alike, and what their faults are called. */

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/groups.h"
#include "quoted.h"
#include "suite.h"
#include "topo/problems.h"

static struct snet__trials trials;
static struct snet__groups groups;
static struct snet_err err;

#define LAB                                                                                     \
	"{'lab': 'l', 'nodes': [{'name': 'r', 'kind': 'relayer'}, {'name': 'b{i}', 'kind': "    \
	"'button', 'count': 2}, {'name': 'f', 'kind': 'functions'}], 'links': [{'from': 'b0', " \
	"'to': 'r'}, {'from': 'r', 'to': 'b1'}, {'from': 'f', 'to': 'r'}]}"

#define DROP(link, way, n)                                                               \
	"{'fault': 'drop', 'links': '" link "', 'direction': '" way "', 'first': " n "," \
	" 'count': 1, 'at': 0}"
#define KILL(step, n)                                                               \
	"{'fault': 'kill', 'nodes': 'r', 'after': {'step': '" step "', 'event': " n \
	"}, "                                                                       \
	"'for': '50ms'}"
#define LOST_RESULT(variant, n)                                                        \
	"{'fault': 'lost-result', 'nodes': 'f', 'variant': '" variant "', 'first': " n \
	", "                                                                           \
	"'count': 1, 'at': 0}"

static void set_up(void)
{
	trials = (struct snet__trials){0};
	groups = (struct snet__groups){0};
}

static void tear_down(void)
{
	snet__groups_clear(&groups);
	snet__trials_clear(&trials);
}

/* A run with the faults of @timeline, in which ' stands for ", that violated @what of @expectation. */
static const struct snet__trial *violate(const char *timeline, size_t expectation,
					 const char *what)
{
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	autofree char *text =
		quote(snet__text_format("{'scenario': 'x', 'expect': [], 'lab': " LAB
					", 'timeline': [%s]}",
					timeline));
	struct snet__problems problems = {0};
	struct snet__trial *trial;
	int r;

	snet__scenario_init(&scenario);
	r = snet__scenario_read(&scenario, text, strlen(text), NULL, &problems, &err);
	ck_assert_msg(r == 0, "%s", r ? problems.items[0].text : "");
	ck_assert_int_eq(snet__trials_add(&trials, snet__json_new_array(), &err), 0);
	trial = &trials.items[trials.count - 1];
	trial->verdict = SNET_VERDICT_VIOLATED;
	trial->expectation = expectation;
	trial->what = what;
	ck_assert_int_eq(snet__trial_name_faults(trial, &scenario, &err), 0);
	return trial;
}

/* How many groups there are when all trials have been put into them. */
static size_t count_groups(void)
{
	for (size_t i = 0; i < trials.count; i++)
		ck_assert_int_eq(snet__groups_add(&groups, &trials.items[i], &err), 0);
	return groups.count;
}

START_TEST(faults_have_names)
{
	static const struct {
		const char *timeline, *name;
	} cases[] = {
		{"", "no fault"},
		{DROP("b0-r", "forth", "3"), "drop packet 3 from b0"},
		{DROP("r-b1", "forth", "1"), "drop packet 1 to b1"},
		{DROP("f-r", "back", "2"), "drop packet 2 to f"},
		{KILL("invoked", "2"), "kill r at 'invoked' of event 2"},
		{LOST_RESULT("forgotten", "4"),
		 "lost-result (forgotten) for call 4 of f"},
		{DROP("b0-r", "forth", "3") ", " KILL("sent", "1"),
		 "drop packet 3 from b0, kill r at 'sent' of event 1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_str_eq(violate(cases[i].timeline, 0, "lost")->faults,
				 cases[i].name);
}
END_TEST

START_TEST(another_event_packet_or_device_of_the_kind_is_alike)
{
	violate(KILL("invoked", "1"), 0, "lost");
	violate(KILL("invoked", "3"), 0, "lost");
	violate(DROP("b0-r", "forth", "1"), 0, "lost");
	violate(DROP("r-b1", "back", "9"), 0, "lost");
	ck_assert_uint_eq(count_groups(), 2);
	ck_assert_ptr_eq(groups.items[0].others[0], &trials.items[1]);
	ck_assert_ptr_eq(groups.items[1].others[0], &trials.items[3]);
}
END_TEST

START_TEST(another_step_way_variant_or_violation_is_not_alike)
{
	violate(KILL("invoked", "1"), 0, "lost");
	violate(KILL("sent", "1"), 0, "lost");
	violate(KILL("invoked", "1"), 0, "duplicated");
	violate(KILL("invoked", "1"), 1, "lost");
	violate(KILL("invoked", "1"), 1, NULL);
	violate(DROP("b0-r", "forth", "1"), 0, "lost");
	violate(DROP("b0-r", "back", "1"), 0, "lost");
	violate(LOST_RESULT("forgotten", "1"), 0, "lost");
	violate(LOST_RESULT("recorded", "1"), 0, "lost");
	ck_assert_uint_eq(count_groups(), 9);
}
END_TEST

START_TEST(a_set_that_has_what_was_enough_is_alike)
{
	violate(KILL("invoked", "1"), 0, "lost");
	violate(DROP("b0-r", "forth", "1") ", " KILL("invoked", "2"), 0, "lost");
	violate(DROP("b0-r", "forth", "1") ", " KILL("sent", "2"), 0, "lost");
	ck_assert_uint_eq(count_groups(), 2);
	ck_assert_uint_eq(groups.items[0].other_count, 1);
}
END_TEST

START_TEST(what_is_violated_without_faults_is_alike_with_any)
{
	violate("", 0, "lost");
	violate(KILL("invoked", "1"), 0, "lost");
	violate(KILL("invoked", "1"), 0, "duplicated");
	ck_assert_uint_eq(count_groups(), 2);
}
END_TEST

START_TEST(groups_that_one_scenario_shows_become_one)
{
	violate(KILL("invoked", "1"), 0, "lost");
	violate(KILL("sent", "1"), 0, "lost");
	violate(KILL("sent", "2"), 0, "lost");
	violate(KILL("result", "1"), 0, "lost");
	ck_assert_uint_eq(count_groups(), 3);
	for (size_t i = 0; i < 3; i++)
		groups.items[i].root = snet__json_new_number(i == 2);
	ck_assert_int_eq(snet__groups_merge(&groups, 0, &err), 0);
	ck_assert_int_eq(snet__groups_merge(&groups, 1, &err), 1);
	ck_assert_uint_eq(groups.count, 2);
	ck_assert_uint_eq(groups.items[0].other_count, 2);
	ck_assert_ptr_eq(groups.items[1].first, &trials.items[3]);
	ck_assert_int_eq(snet__groups_merge(&groups, 1, &err), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("groups");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, faults_have_names);
	tcase_add_test(tc, another_event_packet_or_device_of_the_kind_is_alike);
	tcase_add_test(tc, another_step_way_variant_or_violation_is_not_alike);
	tcase_add_test(tc, a_set_that_has_what_was_enough_is_alike);
	tcase_add_test(tc, what_is_violated_without_faults_is_alike_with_any);
	tcase_add_test(tc, groups_that_one_scenario_shows_become_one);
	suite_add_tcase(s, tc);
	return s;
}
