/* SPDX-License-Identifier: MIT */
/* Two histories made by hand, and what differs between them. */

#include <stdio.h>
#include <stdlib.h>

#include "check_bed.h"
#include "fault/diff.h"
#include "suite.h"

static struct check_bed before, after;
static struct snet__json *json;

static void set_up(void)
{
	bed_new(&before);
	bed_new(&after);
}

static void tear_down(void)
{
	snet__json_free(json);
	bed_free(&before);
	bed_free(&after);
}

/* "RUN-NODE-NUMBER", done @took ms after @at. */
static void deliver(struct check_bed *bed, const char *run, const char *node, int number,
		    uint64_t at, uint64_t took)
{
	char id[32], command[40];

	(void)snprintf(id, sizeof(id), "%s-%s-%d", run, node, number);
	(void)snprintf(command, sizeof(command), "%s.0.0", id);
	bed_done(bed, id, node, at, at + took + 1);
	bed_command(bed, "a0", command, "1", at + took);
}

static void compare(void)
{
	struct snet_err err = {0};

	ck_assert_msg(snet__run_diff(&json, &before.history, &after.history, &err) == 0,
		      "%s", err.msg);
}

static void is_at(const char *key, const char *expected)
{
	autofree char *text = snet__json_format(snet__json_get(json, key));

	ck_assert_pstr_eq(text, expected);
}

static void is_of(const char *key, const char *part, const char *expected)
{
	const struct snet__json *of = snet__json_get(snet__json_get(json, key), part);
	autofree char *text = snet__json_format(of);

	ck_assert_pstr_eq(text, expected);
}

START_TEST(the_same_run_differs_in_nothing)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&after, "x", "sw0", 0, 100, 5);
	compare();
	is_at("head", "{}");
	is_at("faults", "[]");
	is_at("events", "{\"compared\":1,\"changed\":0,\"named\":[]}");
	is_of("counts", "presses", "[1,1]");
}
END_TEST

START_TEST(heads_that_differ_are_shown)
{
	before.history.seed = UINT64_MAX;
	before.history.lab = "house";
	after.history.scenario = after.history.lab = "attic";
	compare();
	is_at("head", "{\"scenario\":[null,\"attic\"],\"lab\":[\"house\",\"attic\"],"
		      "\"seed\":[18446744073709551615,0]}");
}
END_TEST

START_TEST(an_event_is_known_again_by_device_and_number)
{
	/* By their order alone both of the second run would have changed. */
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&before, "x", "sw1", 0, 200, 5);
	bed_press(&before, "x-sw0-1", "sw0", 300);
	deliver(&after, "y", "sw1", 7, 100, 5);
	deliver(&after, "y", "sw0", 8, 200, 5);
	bed_press(&after, "y-sw0-9", "sw0", 300);
	compare();
	is_at("events", "{\"compared\":3,\"changed\":0,\"named\":[]}");
}
END_TEST

START_TEST(what_is_lost_is_named)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	bed_press(&after, "y-sw0-0", "sw0", 100);
	compare();
	is_at("events",
	      "{\"compared\":1,\"changed\":1,\"named\":[{\"node\":\"sw0\",\"press\":1,"
	      "\"what\":\"lost\",\"runs\":[{\"event\":\"x-sw0-0\",\"fate\":\"delivered\","
	      "\"duplicated\":false,\"latency_ns\":5000000},{\"event\":\"y-sw0-0\","
	      "\"fate\":\"lost\",\"duplicated\":false,\"latency_ns\":null}]}]}");
	is_of("counts", "lost", "[0,1]");
}
END_TEST

static const char *what(void)
{
	const struct snet__json *events = snet__json_get(json, "events");

	return snet__json_get_string(snet__json_at(snet__json_get(events, "named"), 0),
				     "what");
}

START_TEST(what_had_an_effect_twice_is_named)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&after, "y", "sw0", 0, 100, 5);
	bed_command(&after, "a0", "y-sw0-0.0.0", "0", 107);
	compare();
	ck_assert_pstr_eq(what(), "duplicated");
}
END_TEST

START_TEST(over_a_second_later_is_another_outcome)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&after, "y", "sw0", 0, 100, 1006);
	compare();
	ck_assert_pstr_eq(what(), "later");
	is_of("latency", "all",
	      "{\"events\":[1,1],\"p50_ns\":[5000000,1006000000],"
	      "\"p90_ns\":[5000000,1006000000],\"p99_ns\":[5000000,1006000000],"
	      "\"max_ns\":[5000000,1006000000]}");
}
END_TEST

START_TEST(over_a_second_sooner_is_another_outcome)
{
	deliver(&before, "x", "sw0", 0, 100, 1006);
	deliver(&after, "y", "sw0", 0, 100, 5);
	compare();
	ck_assert_pstr_eq(what(), "sooner");
}
END_TEST

START_TEST(a_second_later_is_none)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&after, "y", "sw0", 0, 100, 1005);
	compare();
	is_at("events", "{\"compared\":1,\"changed\":0,\"named\":[]}");
}
END_TEST

START_TEST(what_was_pressed_in_one_run_only_is_named)
{
	deliver(&before, "x", "sw0", 0, 100, 5);
	deliver(&before, "x", "sw0", 1, 200, 5);
	deliver(&after, "y", "sw0", 0, 100, 5);
	compare();
	ck_assert_pstr_eq(what(), "not pressed");
	is_of("events", "compared", "1");
	is_of("events", "changed", "1");
}
END_TEST

START_TEST(beyond_twenty_events_are_counted)
{
	for (int i = 0; i < 25; i++)
		deliver(&after, "y", "sw0", i, 100 + (uint64_t)i, 5);
	compare();
	ck_assert_pstr_eq(what(), "pressed");
	is_of("events", "changed", "25");
	ck_assert_uint_eq(snet__json_count(snet__json_get(snet__json_get(json, "events"),
							  "named")),
			  20);
}
END_TEST

START_TEST(faults_that_differ_are_shown)
{
	bed_fault(&before, "same", 100, 200)->receipt = "round trip before 41 \302\265s";
	bed_fault(&after, "same", 120, 220)->receipt = "round trip before 43 \302\265s";
	bed_fault(&before, "cut", 100, 200)->receipt = "29 of 29 echoes lost";
	bed_fault(&after, "cut", 100, 200)->has_effect = true;
	bed_fault(&before, "stuck", 100, 200)->failure = "late";
	bed_fault(&after, "stuck", 100, 0)->failure = "not healed";
	bed_fault(&after, "new", 300, 0);
	compare();
	is_at("faults",
	      "[{\"name\":\"cut\",\"occurrence\":0,\"state\":[\"no effect\",\"took effect\"],"
	      "\"receipt\":[\"29 of 29 echoes lost\",null]},"
	      "{\"name\":\"stuck\",\"occurrence\":0,\"state\":[\"failed\",\"failed\"],"
	      "\"receipt\":[\"late\",\"not healed\"]},"
	      "{\"name\":\"new\",\"occurrence\":0,\"state\":[null,\"no effect\"],"
	      "\"receipt\":[null,null]}]");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("run_diff");
	TCase *tc = tcase_create("run_diff");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_same_run_differs_in_nothing);
	tcase_add_test(tc, heads_that_differ_are_shown);
	tcase_add_test(tc, an_event_is_known_again_by_device_and_number);
	tcase_add_test(tc, what_is_lost_is_named);
	tcase_add_test(tc, what_had_an_effect_twice_is_named);
	tcase_add_test(tc, over_a_second_later_is_another_outcome);
	tcase_add_test(tc, over_a_second_sooner_is_another_outcome);
	tcase_add_test(tc, a_second_later_is_none);
	tcase_add_test(tc, what_was_pressed_in_one_run_only_is_named);
	tcase_add_test(tc, beyond_twenty_events_are_counted);
	tcase_add_test(tc, faults_that_differ_are_shown);
	suite_add_tcase(suite, tc);
	return suite;
}
