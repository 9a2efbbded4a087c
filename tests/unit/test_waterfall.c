/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/waterfall.h"
#include "suite.h"

#define STEP(name, node, detail, us)                                        \
	"{\"step\":\"" name "\",\"node\":\"" node "\",\"detail\":\"" detail \
	"\",\"at_ns\":" us "000}"
#define TRACE(outcome, steps) \
	"{\"id\":\"e1\",\"outcome\":\"" outcome "\",\"steps\":[" steps "]}"

static const char happy[] = TRACE(
	"done",
	STEP("pressed", "sw0", "", "1000000") "," STEP("received", "r0", "", "1002100") "," STEP("journaled", "r0", "", "1002200") "," STEP(
		"invoked", "r0", "flip_switch@cloud",
		"1002210") "," STEP("started", "cloud", "cold 105.0 ms",
				    "1024200") "," STEP("ended", "cloud", "",
							"1024600") "," STEP("result",
									    "r0", "",
									    "1059900") "," STEP("sent",
												"r0",
												"a0",
												"1059910") "," STEP("applied",
														    "a0",
														    "0 \u2192 1",
														    "1061400") "," STEP("acknowledged",
																	"r0",
																	"a0",
																	"1099000"));

static struct snet__json *parse(const char *trace)
{
	struct snet__json *json = NULL;

	ck_assert_int_eq(snet__json_parse(&json, trace, strlen(trace), NULL), 0);
	return json;
}

static char *draw(const char *trace, size_t width, bool colour)
{
	autojson *json = parse(trace);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	waterfall_draw(out, json, width, colour);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(a_happy_trace_is_a_title_and_a_bar_for_each_part)
{
	char *text = draw(happy, 80, false);

	ck_assert_str_eq(
		text,
		"sw0 \u2500 r0 \u2500 flip_switch@cloud \u2500 r0 \u2500 a0: 0 \u2192 1"
		"                        61.4 ms\n"
		"  sw0 \u2192 r0               2.1 ms  \u2588\n"
		"  journal                0.1 ms  \u258f\n"
		"  r0 \u2192 cloud            22.0 ms  \u2588\u2588\u2588\u2588\u2588\u2588\u2588"
		"\u2588\u2588\u2588\n"
		"  flip_switch            0.4 ms  \u258f  cold 105.0 ms\n"
		"  cloud \u2192 r0            35.3 ms  \u2588\u2588\u2588\u2588\u2588\u2588\u2588"
		"\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u258f\n"
		"  r0 \u2192 a0                1.5 ms  \u258b\n");
	free(text);
}
END_TEST

START_TEST(a_cold_start_is_no_part_of_the_way_to_the_function)
{
	char *text = draw(
		TRACE("done",
		      STEP("pressed", "sw0", "", "1000000") "," STEP("received", "r0", "", "1001000") "," STEP(
			      "invoked", "r0", "f@cloud",
			      "1001000") "," STEP("started", "cloud", "cold, 44.0 ms",
						  "1046000") "," STEP("ended", "cloud",
								      "", "1060000")),
		80, false);

	ck_assert_ptr_nonnull(strstr(text, "  r0 \u2192 cloud             1.0 ms  "));
	ck_assert_ptr_nonnull(strstr(text, "  cold start            44.0 ms  "));
	ck_assert_ptr_nonnull(strstr(text, "  f                     14.0 ms  "));
	ck_assert_ptr_nonnull(strstr(text, "  cold\n"));
	free(text);
}
END_TEST

START_TEST(colours_are_only_there_when_asked_for)
{
	char *plain = draw(happy, 80, false), *coloured = draw(happy, 80, true);

	ck_assert_ptr_null(strchr(plain, '\33'));
	ck_assert_ptr_nonnull(strstr(coloured, "\33[33m\u258f"));
	free(plain);
	free(coloured);
}
END_TEST

START_TEST(a_narrow_terminal_gets_short_bars)
{
	char *text = draw(happy, 30, false);

	ck_assert_ptr_nonnull(strstr(text, "35.3 ms  \u2588\u2588\u2588\u2588\u258b\n"));
	free(text);
}
END_TEST

START_TEST(a_retry_and_its_pause_are_seen)
{
	char *text = draw(
		TRACE("failed",
		      STEP("pressed", "sw0", "", "1000000") "," STEP("received", "r0", "", "1001000") "," STEP(
			      "invoked", "r0", "f@ow",
			      "1001100") "," STEP("retry", "r0", "429",
						  "1010000") "," STEP("invoked", "r0",
								      "f@ow",
								      "1020000") "," STEP("failed",
											  "r0",
											  "no such function",
											  "1030000")),
		80, false);

	ck_assert_ptr_nonnull(strstr(text, "sw0 \u2500 r0 \u2500 f@ow   "));
	ck_assert_ptr_nonnull(strstr(text, "30.0 ms  failed\n"));
	ck_assert_ptr_nonnull(strstr(text, "  retry                  8.9 ms"));
	ck_assert_ptr_nonnull(strstr(text, "  back-off              10.0 ms"));
	ck_assert_ptr_nonnull(strstr(text, "no such function\n"));
	free(text);
}
END_TEST

START_TEST(two_functions_and_two_actuators_keep_their_own_times)
{
	char *text = draw(
		TRACE("done",
		      STEP("pressed", "sw0", "", "1000000") "," STEP("received", "r0", "", "1010000") "," STEP("invoked", "r0", "f@ow", "1010000") "," STEP(
			      "invoked", "r0", "g@ow",
			      "1010000") "," STEP("result", "r0", "",
						  "1020000") "," STEP("sent", "r0", "a0",
								      "1020000") "," STEP("sent",
											  "r0",
											  "a1",
											  "1020000") "," STEP("applied",
													      "a1",
													      "0 \u2192 1",
													      "1030000") "," STEP("applied",
																  "a0",
																  "1 \u2192 0",
																  "1040000")),
		100, false);

	ck_assert_ptr_nonnull(strstr(text, "f@ow, g@ow \u2500 r0 \u2500 a1: 0 \u2192 1, "
					   "a0: 1 \u2192 0"));
	ck_assert_ptr_nonnull(strstr(text, "  r0 \u2192 a1               10.0 ms"));
	ck_assert_ptr_nonnull(strstr(text, "  r0 \u2192 a0               20.0 ms"));
	free(text);
}
END_TEST

START_TEST(short_traces_are_in_microseconds)
{
	char *text = draw(TRACE("done", STEP("pressed", "sw0", "",
					     "1000000") "," STEP("received", "r0", "",
								 "1000090")),
			  80, false);

	ck_assert_ptr_nonnull(strstr(text, "90.0 \u00b5s\n"));
	free(text);
}
END_TEST

START_TEST(a_trace_without_steps_is_a_line)
{
	char *text = draw(TRACE("pending", ""), 80, false);

	ck_assert_ptr_nonnull(strstr(text, "0.0 \u00b5s  pending\n"));
	free(text);
}
END_TEST

START_TEST(what_came_of_it_is_the_states_or_the_reason)
{
	autojson *good = parse(happy),
		 *bad = parse(TRACE("expired", STEP("pressed", "sw0", "",
						    "1") "," STEP("expired", "r0",
								  "after 60 s", "2")));
	char text[100];

	waterfall_result(text, sizeof(text), good);
	ck_assert_str_eq(text, "a0: 0 \u2192 1");
	waterfall_result(text, sizeof(text), bad);
	ck_assert_str_eq(text, "expired: after 60 s");
	ck_assert_uint_eq(waterfall_total_ns(good), 61400000);
}
END_TEST

Suite *suite(void)
{
	Suite *all = suite_create("waterfall");
	TCase *core = tcase_create("core");

	tcase_add_test(core, a_happy_trace_is_a_title_and_a_bar_for_each_part);
	tcase_add_test(core, a_cold_start_is_no_part_of_the_way_to_the_function);
	tcase_add_test(core, colours_are_only_there_when_asked_for);
	tcase_add_test(core, a_narrow_terminal_gets_short_bars);
	tcase_add_test(core, a_retry_and_its_pause_are_seen);
	tcase_add_test(core, two_functions_and_two_actuators_keep_their_own_times);
	tcase_add_test(core, short_traces_are_in_microseconds);
	tcase_add_test(core, a_trace_without_steps_is_a_line);
	tcase_add_test(core, what_came_of_it_is_the_states_or_the_reason);
	suite_add_tcase(all, core);
	return all;
}
