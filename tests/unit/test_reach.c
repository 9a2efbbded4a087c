/* SPDX-License-Identifier: MIT */
/* Who reaches whom when links are down. */

#include <stdlib.h>
#include <string.h>

#include "lab/ready.h"
#include "quoted.h"
#include "suite.h"
#include "topo/reach.h"

static struct snet__model model;
static struct snet__reach *reach;

static void setup(void)
{
	snet__model_init(&model);
	reach = NULL;
}

static void teardown(void)
{
	snet__reach_free(reach);
	snet__model_clear(&model);
}

/* JSON with ' for ". */
static void read_lab(const char *text)
{
	struct snet__problems problems = {0};
	char *json = quoted(text);
	struct snet_err err = {0};

	ck_assert_msg(snet__model_read(&model, json, strlen(json), NULL, &problems,
				       &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(snet__model_plan(&model, &err) == 0, "%s", err.msg);
	free(json);
}

static bool reaches(const char *from, const char *to)
{
	snet__reach_free(reach);
	reach = NULL;
	ck_assert_int_eq(snet__reach_new(&reach, &model, NULL), 0);
	return snet__reach_has(reach, snet__model_find_node(&model, from),
			       snet__model_find_node(&model, to));
}

static void set_down(const char *link, bool is_down)
{
	snet__model_find_link(&model, link)->forth.down = is_down;
}

START_TEST(a_link_that_is_down_cuts_off_who_hangs_on_it)
{
	read_lab("{'nodes': [{'name': 's', 'kind': 'switch'},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 3}], 'links': ["
		 "{'from': 'h{i}', 'to': 's', 'count': 3}]}");
	ck_assert(reaches("h0", "h1"));
	set_down("h0-s", true);
	ck_assert(!reaches("h0", "h1"));
	ck_assert(!reaches("h1", "h0"));
	ck_assert(reaches("h1", "h2"));
	set_down("h0-s", false);
	/* Neither does a question without an answer help. */
	snet__model_find_link(&model, "h2-s")->back.down = true;
	ck_assert(!reaches("h1", "h2"));
	ck_assert(reaches("h0", "h1"));
}
END_TEST

START_TEST(a_segment_has_ways_round_where_it_has_more_than_one)
{
	read_lab("{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 3, 'stp': true},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 3}], 'links': ["
		 "{'from': 'h{i}', 'to': 's{i}', 'count': 3}, {'from': 's0', 'to': 's1'},"
		 "{'from': 's1', 'to': 's2'}, {'from': 's2', 'to': 's0'}]}");
	set_down("s0-s1", true);
	ck_assert(reaches("h0", "h1"));
	set_down("s2-s0", true);
	ck_assert(!reaches("h0", "h1"));
	ck_assert(reaches("h1", "h2"));
}
END_TEST

START_TEST(a_link_of_one_vlan_is_no_way_for_another)
{
	read_lab(
		"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},"
		"{'name': 'a{i}', 'kind': 'host', 'count': 2},"
		"{'name': 'b{i}', 'kind': 'host', 'count': 2}], 'links': ["
		"{'name': 'one', 'from': 's', 'to': 't', 'vlan': 1},"
		"{'name': 'two', 'from': 's', 'to': 't', 'vlan': 2},"
		"{'from': 'a0', 'to': 's'}, {'from': 'a1', 'to': 't'},"
		"{'from': 'b0', 'to': 's', 'vlan': 2}, {'from': 'b1', 'to': 't', 'vlan': 2}]}");
	ck_assert(reaches("a0", "a1"));
	ck_assert(reaches("b0", "b1"));
	set_down("one", true);
	ck_assert(!reaches("a0", "a1"));
	ck_assert(reaches("b0", "b1"));
}
END_TEST

/* Routes are static: they stay as they were for all links. */
START_TEST(routers_know_no_other_way)
{
	read_lab("{'nodes': [{'name': 'r{i}', 'kind': 'router', 'count': 3},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 3}], 'links': ["
		 "{'from': 'h{i}', 'to': 'r{i}', 'count': 3}, {'from': 'r0', 'to': 'r1'},"
		 "{'from': 'r1', 'to': 'r2'}, {'from': 'r2', 'to': 'r0'}]}");
	ck_assert(reaches("h0", "h1"));
	ck_assert(reaches("h2", "h1"));
	set_down("r0-r1", true);
	ck_assert(!reaches("h0", "h1"));
	ck_assert(reaches("h0", "h2"));
	ck_assert(reaches("h2", "h1"));
}
END_TEST

/* What m asks leaves by its second interface, and comes from the address of the first. */
START_TEST(an_answer_goes_to_the_first_interface)
{
	read_lab(
		"{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 4},"
		"{'name': 'r', 'kind': 'router'}, {'name': 'q', 'kind': 'router'},"
		"{'name': 'p', 'kind': 'router'}, {'name': 'm', 'kind': 'host'},"
		"{'name': 'h', 'kind': 'host'}], 'links': ["
		"{'from': 'm', 'to': 's0'}, {'from': 'm', 'to': 's1'}, {'from': 'r', 'to': 's1'},"
		"{'from': 'r', 'to': 's2'}, {'from': 'h', 'to': 's2'}, {'from': 'p', 'to': 's2'},"
		"{'from': 'p', 'to': 's3'}, {'from': 'q', 'to': 's3'}, {'from': 'q', 'to': 's0'}]}");
	ck_assert(reaches("m", "h"));
	set_down("r-s1", true);
	ck_assert(!reaches("m", "h"));
	set_down("r-s1", false);
	set_down("m-s0", true);
	ck_assert(!reaches("m", "h"));
}
END_TEST

START_TEST(patience_grows_with_slow_links)
{
	read_lab("{'nodes': [{'name': 's', 'kind': 'switch'},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 9}], 'links': ["
		 "{'from': 'h{i}', 'to': 's', 'count': 9}]}");
	ck_assert_uint_eq(snet__ready_ms(&model), 10010);
	/* There and back, over the slowest four, twice. */
	for (size_t i = 0; i < model.link_count; i++)
		model.links[i]->forth.delay_ns = i * SNET__NS_PER_S;
	ck_assert_uint_eq(snet__ready_ms(&model), 10010 + 2 * (8 + 7 + 6 + 5) * 1000);
	model.links[8]->back.jitter_ns = SNET__NS_PER_S;
	ck_assert_uint_eq(snet__ready_ms(&model), 10010 + 2 * (12 + 7 + 6 + 5) * 1000);
	model.links[8]->back.rate_bps = 1000;
	ck_assert_uint_eq(snet__ready_ms(&model), 10010 + 2 * (14 + 7 + 6 + 5) * 1000);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("reach");
	TCase *t = tcase_create("reach");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_link_that_is_down_cuts_off_who_hangs_on_it);
	tcase_add_test(t, a_segment_has_ways_round_where_it_has_more_than_one);
	tcase_add_test(t, a_link_of_one_vlan_is_no_way_for_another);
	tcase_add_test(t, routers_know_no_other_way);
	tcase_add_test(t, an_answer_goes_to_the_first_interface);
	tcase_add_test(t, patience_grows_with_slow_links);
	suite_add_tcase(s, t);
	return s;
}
