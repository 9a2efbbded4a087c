/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "fault/touch.h"
#include "quoted.h"
#include "suite.h"

#define NODES                                                                                         \
	"{'name': 's', 'kind': 'switch', 'stp': true}, {'name': 't', 'kind': 'switch', 'stp': true}," \
	"{'name': 'u', 'kind': 'switch', 'stp': true}, {'name': 'a', 'kind': 'host'},"                \
	"{'name': 'b', 'kind': 'host'}, {'name': 'c', 'kind': 'host'},"                               \
	"{'name': 'd', 'kind': 'process', 'command': ['x']}"
/* a and c are at s, b at t, d at u; from s to u there are two ways. */
#define LINKS                                                                           \
	"{'from': 'a', 'to': 's'}, {'from': 'c', 'to': 's'}, {'from': 's', 'to': 't'}," \
	"{'from': 'b', 'to': 't'}, {'from': 't', 'to': 'u'}, {'from': 's', 'to': 'u'}," \
	"{'from': 'd', 'to': 'u'}"

static struct snet__scenario scenario;
static struct snet_err err;

static void set_up(void)
{
	snet__scenario_init(&scenario);
}

static void tear_down(void)
{
	snet__scenario_clear(&scenario);
}

/* What a fault does between two nodes. */
static unsigned int touch(const char *fault, const char *from, const char *to)
{
	struct snet__problems problems = {0};
	unsigned char touches[1];
	char text[2000];
	int r;

	(void)snprintf(text, sizeof(text),
		       "{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [" NODES
		       "], 'links': [" LINKS "]}, 'timeline': [{'at': '1s', %s}],"
		       "'expect': [{'check': 'availability', 'share': '0%%'}]}",
		       fault);
	snet__scenario_clear(&scenario);
	snet__scenario_init(&scenario);
	r = snet__scenario_read(&scenario, quote(text), strlen(text), NULL, &problems,
				&err);
	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_uint_eq(scenario.fault_count, 1);
	ck_assert_int_eq(snet__touch_find(touches, &scenario, from, to), 0);
	return touches[0];
}

START_TEST(a_link_touches_the_paths_that_it_is_on)
{
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 'a-s'", "a", "c"),
			  SNET__TOUCH_LOSES);
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 'a-s'", "c", "a"),
			  SNET__TOUCH_LOSES);
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 'a-s'", "b", "c"), 0);
	ck_assert_uint_eq(touch("'fault': 'drop', 'links': '*'", "b", "c"),
			  SNET__TOUCH_LOSES);
}
END_TEST

START_TEST(of_a_ring_either_way_may_be_taken)
{
	ck_assert_uint_eq(touch("'fault': 'flap', 'down': '1s', 'up': '1s', 'links': "
				"'s-t'",
				"a", "d"),
			  SNET__TOUCH_LOSES);
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 's-u'", "a", "d"),
			  SNET__TOUCH_LOSES);
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 'b-t'", "a", "d"), 0);
}
END_TEST

START_TEST(an_impairment_does_what_its_keys_do)
{
	static const struct {
		const char *set;
		unsigned int deeds;
	} sets[] = {
		{"'delay': '20ms', 'jitter': '1ms'", SNET__TOUCH_DELAYS},
		{"'delay': '1s'", SNET__TOUCH_ALL},
		{"'loss': '1%'", SNET__TOUCH_LOSES},
		{"'corrupt': '1%'", SNET__TOUCH_LOSES},
		{"'duplicate': '1%'", 0},
		{"'loss': '1%', 'delay': '1ms'", SNET__TOUCH_ALL},
		{"'rate': '1Mbit'", SNET__TOUCH_ALL},
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		char text[200];

		(void)snprintf(text, sizeof(text),
			       "'fault': 'impair', 'links': 'a-s', 'set': {%s}",
			       sets[i].set);
		ck_assert_uint_eq(touch(text, "a", "c"), sets[i].deeds);
	}
}
END_TEST

START_TEST(nodes_touch_paths_that_they_are_on)
{
	ck_assert_uint_eq(touch("'fault': 'pause', 'nodes': 'd'", "a", "d"),
			  SNET__TOUCH_ALL);
	ck_assert_uint_eq(touch("'fault': 'pause', 'nodes': 'd'", "a", "b"), 0);
	ck_assert_uint_eq(touch("'fault': 'partition', 'groups': [['a'], ['d']]", "a",
				"c"),
			  SNET__TOUCH_ALL);
	ck_assert_uint_eq(touch("'fault': 'partition', 'groups': [['a'], ['d']]", "b",
				"c"),
			  0);
	ck_assert_uint_eq(touch("'fault': 'partition', 'shape': 'isolate', 'nodes': 'b'",
				"b", "c"),
			  SNET__TOUCH_ALL);
}
END_TEST

START_TEST(of_nodes_that_are_not_there_nothing_is_known)
{
	ck_assert_uint_eq(touch("'fault': 'down', 'links': 'a-s'", "a", "z"),
			  SNET__TOUCH_ALL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("touch");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_link_touches_the_paths_that_it_is_on);
	tcase_add_test(tc, of_a_ring_either_way_may_be_taken);
	tcase_add_test(tc, an_impairment_does_what_its_keys_do);
	tcase_add_test(tc, nodes_touch_paths_that_they_are_on);
	tcase_add_test(tc, of_nodes_that_are_not_there_nothing_is_known);
	suite_add_tcase(s, tc);
	return s;
}
