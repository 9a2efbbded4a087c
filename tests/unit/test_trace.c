/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/trace.h"
#include "suite.h"

static struct snet_trace trace;

static void setup(void)
{
	trace = (struct snet_trace){.id = "e1", .seq = 7};
}

static void teardown(void)
{
	snet__trace_clear(&trace);
}

static void add(const char *step, const char *node, uint64_t at_ns, const char *detail)
{
	ck_assert_int_eq(snet__trace_add(&trace, step, node, at_ns, detail), 0);
}

START_TEST(outcomes_have_names)
{
	ck_assert_str_eq(snet_outcome_name(SNET_OUTCOME_PENDING), "pending");
	ck_assert_str_eq(snet_outcome_name(SNET_OUTCOME_DONE), "done");
	ck_assert_str_eq(snet_outcome_name(SNET_OUTCOME_EXPIRED), "expired");
	ck_assert_str_eq(snet_outcome_name(SNET_OUTCOME_FAILED), "failed");
	ck_assert_str_eq(snet_outcome_name((enum snet_outcome)99), "unknown");
	ck_assert_str_eq(snet_outcome_name((enum snet_outcome) - 1), "unknown");
}
END_TEST

START_TEST(steps_are_in_the_order_of_their_times)
{
	add("invoked", "r0", 30, "flip");
	add("pressed", "sw0", 10, "");
	add("ended", "r0", 30, NULL);
	add("received", "r0", 20, "");
	ck_assert_uint_eq(snet_trace_step_count(&trace), 4);
	ck_assert_str_eq(snet_trace_step(&trace, 0)->step, "pressed");
	ck_assert_str_eq(snet_trace_step(&trace, 1)->step, "received");
	ck_assert_str_eq(snet_trace_step(&trace, 2)->step, "invoked");
	ck_assert_str_eq(snet_trace_step(&trace, 2)->detail, "flip");
	ck_assert_str_eq(snet_trace_step(&trace, 3)->step, "ended");
	ck_assert_str_eq(snet_trace_step(&trace, 3)->detail, "");
	ck_assert_str_eq(snet_trace_id(&trace), "e1");
}
END_TEST

START_TEST(an_unknown_step_is_refused)
{
	ck_assert_int_eq(snet__trace_add(&trace, "jumped", "r0", 1, ""), -EINVAL);
	ck_assert_uint_eq(snet_trace_step_count(&trace), 0);
}
END_TEST

START_TEST(beyond_256_steps_the_last_one_stays)
{
	for (uint64_t i = 0; i < 300; i++)
		add("retry", "r0", 1000 + i, "");
	add("received", "r0", 5, "");
	ck_assert_uint_eq(snet_trace_step_count(&trace), 256);
	ck_assert_uint_eq(snet_trace_step(&trace, 0)->at_ns, 1000);
	ck_assert_uint_eq(snet_trace_step(&trace, 254)->at_ns, 1254);
	ck_assert_uint_eq(snet_trace_step(&trace, 255)->at_ns, 1299);
	add("expired", "r0", 2000, "");
	ck_assert_uint_eq(snet_trace_step_count(&trace), 256);
	ck_assert_str_eq(snet_trace_step(&trace, 255)->step, "expired");
}
END_TEST

START_TEST(words_are_cut_between_characters_and_made_utf8)
{
	char large[1100];

	memset(large, 'x', sizeof(large));
	memcpy(large + 1022, "\303\274", 2);
	large[sizeof(large) - 1] = '\0';
	add("retry", large, 1, large);
	ck_assert_uint_eq(strlen(snet_trace_step(&trace, 0)->node), 255);
	ck_assert_uint_eq(strlen(snet_trace_step(&trace, 0)->detail), 1022);
	add("retry", "r0", 2, "bad \377\300 bytes");
	ck_assert_str_eq(snet_trace_step(&trace, 1)->detail, "bad ?? bytes");
	add("retry", "r0", 3, "good \303\274");
	ck_assert_str_eq(snet_trace_step(&trace, 2)->detail, "good \303\274");
}
END_TEST

START_TEST(the_total_goes_to_the_last_applied)
{
	ck_assert_uint_eq(snet_trace_total_ns(&trace), 0);
	add("pressed", "sw0", 100, "");
	ck_assert_uint_eq(snet_trace_total_ns(&trace), 0);
	add("received", "r0", 150, "");
	ck_assert_uint_eq(snet_trace_total_ns(&trace), 50);
	add("applied", "a0", 300, "1");
	add("applied", "a1", 400, "1");
	add("acknowledged", "r0", 900, "");
	ck_assert_uint_eq(snet_trace_total_ns(&trace), 300);
}
END_TEST

START_TEST(json_has_exact_times_and_no_empty_details)
{
	char *json;

	trace.outcome = SNET_OUTCOME_DONE;
	add("pressed", "sw0", 9007199254740993u, "");
	add("applied", "a0", UINT64_MAX, "say \"1\"");
	json = snet_trace_json(&trace);
	ck_assert_str_eq(
		json,
		"{\"id\":\"e1\",\"outcome\":\"done\",\"steps\":["
		"{\"step\":\"pressed\",\"node\":\"sw0\",\"at_ns\":9007199254740993},"
		"{\"step\":\"applied\",\"node\":\"a0\",\"at_ns\":"
		"18446744073709551615,\"detail\":\"say \\\"1\\\"\"}]}");
	free(json);
}
END_TEST

START_TEST(a_trace_without_steps_has_an_empty_list)
{
	char *json = snet__trace_json(&trace);

	ck_assert_str_eq(json, "{\"id\":\"e1\",\"outcome\":\"pending\",\"steps\":[]}");
	free(json);
}
END_TEST

START_TEST(a_copy_is_independent)
{
	struct snet_trace *copy;

	add("pressed", "sw0", 1, "x");
	copy = snet__trace_copy(&trace);
	ck_assert_ptr_nonnull(copy);
	snet__trace_clear(&trace);
	ck_assert_str_eq(snet_trace_id(copy), "e1");
	ck_assert_uint_eq(copy->seq, 7);
	ck_assert_uint_eq(snet_trace_step_count(copy), 1);
	ck_assert_str_eq(snet_trace_step(copy, 0)->node, "sw0");
	ck_assert_str_eq(snet_trace_step(copy, 0)->detail, "x");
	snet_trace_free(copy);
	snet_trace_free(NULL);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
	struct snet_trace again = {.id = "e1"};
	char *one, *two;
	size_t size;
	void *bytes;

	trace.outcome = SNET_OUTCOME_EXPIRED;
	add("pressed", "sw0", 1, "");
	add("retry", "r0", UINT64_MAX, "\303\274ber");
	size = snet__trace_encoded_size(&trace);
	bytes = malloc(size);
	ck_assert_ptr_nonnull(bytes);
	snet__trace_encode(&trace, bytes);
	ck_assert_int_eq(snet__trace_decode_outcome(bytes, size), SNET_OUTCOME_EXPIRED);
	ck_assert_int_eq(snet__trace_decode(&again, bytes, size), 0);
	one = snet__trace_json(&trace);
	two = snet__trace_json(&again);
	ck_assert_str_eq(one, two);
	free(one);
	free(two);
	free(bytes);
	snet__trace_clear(&again);
}
END_TEST

START_TEST(every_cut_of_the_bytes_is_refused)
{
	unsigned char bytes[256];
	size_t size;

	add("pressed", "sw0", 1, "detail");
	add("applied", "a0", 2, "1");
	size = snet__trace_encoded_size(&trace);
	ck_assert_uint_lt(size, sizeof(bytes));
	snet__trace_encode(&trace, bytes);
	for (size_t cut = 0; cut < size; cut++) {
		struct snet_trace again = {0};

		ck_assert_int_eq(snet__trace_decode(&again, bytes, cut), -EPROTO);
		ck_assert_ptr_null(again.steps);
	}
	bytes[size] = 0;
	ck_assert_int_eq(snet__trace_decode(&(struct snet_trace){0}, bytes, size + 1),
			 -EPROTO);
	bytes[0] = 2;
	ck_assert_int_eq(snet__trace_decode(&(struct snet_trace){0}, bytes, size),
			 -EPROTO);
	ck_assert_int_eq(snet__trace_decode_outcome(NULL, 0), SNET_OUTCOME_PENDING);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, outcomes_have_names);
	tcase_add_test(t, steps_are_in_the_order_of_their_times);
	tcase_add_test(t, an_unknown_step_is_refused);
	tcase_add_test(t, beyond_256_steps_the_last_one_stays);
	tcase_add_test(t, words_are_cut_between_characters_and_made_utf8);
	tcase_add_test(t, the_total_goes_to_the_last_applied);
	tcase_add_test(t, json_has_exact_times_and_no_empty_details);
	tcase_add_test(t, a_trace_without_steps_has_an_empty_list);
	tcase_add_test(t, a_copy_is_independent);
	tcase_add_test(t, what_is_written_is_read_again);
	tcase_add_test(t, every_cut_of_the_bytes_is_refused);
	suite_add_tcase(s, t);
	return s;
}
