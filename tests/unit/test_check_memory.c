/* SPDX-License-Identifier: MIT */
/* Checkers, receipts and what is written of scenarios while memory is short: every allocation in turn
 * fails, and they say so and leave nothing behind. The allocator of the whole program is wrapped here. */

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "check_bed.h"
#include "fault/checkers.h"
#include "fault/receipt.h"
#include "fault/variant.h"
#include "scarce.h"
#include "suite.h"

/* One of everything that can be found. */
static void fill(struct check_bed *bed)
{
	bed_fault(bed, "cut", 1000, 2000);
	bed_press(bed, "sw0-1", "sw0", 100);
	bed_done(bed, "sw0-2", "sw0", 200, 260)->data = "{\"target\": \"a1\"}";
	bed_done(bed, "sw0-3", "sw0", 300, 360);
	bed_press(bed, "sw0-4", "sw0", 400)->acknowledged_ns = SNET__NEVER;
	BED_TRACE(bed, "sw0-3", SNET_OUTCOME_DONE, {"applied", "p0", "", 900});
	bed_command(bed, "a0", "sw0-3.0.0", "1", 350);
	bed_command(bed, "a0", "sw0-2.0.0", "0", 390);
	bed_command(bed, "a0", "sw0-2.0.0", "1", 395);
	bed_state(bed, "a0", "0", 9000);
	bed->expectation.guarantee = SNET__GUARANTEE_EXACTLY_ONCE;
	bed->expectation.within_ns = 100 * BED_MS;
	bed->expectation.below_ns = 1;
	bed->expectation.quantile = 0.5;
	bed->expectation.share = 0.9;
	bed->expectation.is_ordered = true;
	bed->expectation.expression = (char *)"lost == 0 && during.p50 < 20ms";
}

START_TEST(a_checker_that_finds_no_memory_says_so)
{
	const struct snet__checker *checker = snet__checkers[_i];
	struct check_bed bed;
	int r = -1, nth = 0;

	bed_new(&bed);
	fill(&bed);
	for (; r < 0; nth++) {
		left = nth;
		r = checker->check(&bed.expectation, &bed.history, NULL, &bed.result,
				   &bed.err);
		left = -1; /* Check allocates, too */
		if (r == 0)
			break;
		ck_assert_int_eq(r, -ENOMEM);
		ck_assert_str_eq(bed.err.msg, "out of memory");
		snet__judgement_clear(&bed.result);
	}
	ck_assert_int_gt(nth, 1);
	ck_assert_ptr_nonnull(bed.result.summary);
	bed_free(&bed);
}
END_TEST

/* Two paths, of which one has a fault. */
static void ask(struct check_bed *bed)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct snet__history_probe *probe =
			snet__history_add_probe(&bed->history);

		probe->from = probe->to = "s0";
		probe->fault = i;
	}
	for (uint64_t at = 0; at < 3000; at += 50) {
		struct snet__history_sample *sample =
			snet__history_add_sample(&bed->history);

		sample->probe = at % 100 != 0;
		sample->at_ns = at * BED_MS;
		sample->is_answered = at < 1000 || at >= 2000;
		sample->rtt_ns = sample->is_answered ? BED_MS : SNET__NEVER;
	}
}

START_TEST(a_receipt_that_finds_no_memory_says_so)
{
	const struct snet__scenario none = {0};
	struct check_bed bed;
	int r = -1, nth = 0;

	for (; r < 0; nth++) {
		bed_new(&bed);
		bed_fault(&bed, "cut", 1000, 2000);
		ask(&bed);
		left = nth;
		r = snet__receipts_make(&bed.history, _i ? &none : NULL, &bed.err);
		left = -1; /* Check allocates, too */
		if (r < 0) {
			ck_assert_int_eq(r, -ENOMEM);
			ck_assert_str_eq(bed.err.msg, "out of memory");
		} else {
			ck_assert(bed.history.faults[0].has_effect);
			ck_assert_str_eq(bed.history.faults[0].receipt,
					 "round trip before 1.0 ms, during all lost, "
					 "after 1.0 ms");
		}
		bed_free(&bed);
	}
	ck_assert_int_gt(nth, 10);
}
END_TEST

START_TEST(a_scenario_that_finds_no_memory_does_not_run_its_command_elsewhere)
{
	static const char text[] = "{\"scenario\": \"x\", \"lab\": {}, \"expect\": ["
				   "{\"check\": \"command\", \"command\": [\"true\"]}]}";
	cJSON_Hooks scarce = {.malloc_fn = __wrap_malloc, .free_fn = free};
	bool was_short = true;

	for (int nth = 0; was_short; nth++) {
		struct snet__origin origin = {0};
		const struct snet__json *one;
		int r;

		cJSON_InitHooks(&scarce);
		left = nth;
		r = snet__origin_parse(&origin, text, NULL, "/usr", NULL);
		was_short = left < 0;
		left = -1; /* Check allocates, too */
		cJSON_InitHooks(NULL);
		one = snet__json_at(snet__json_get(origin.root, "expect"), 0);
		if (r == 0)
			ck_assert_pstr_eq(snet__json_get_string(one, "cwd"), "/usr");
		else
			ck_assert(was_short);
		snet__origin_clear(&origin);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_memory");
	TCase *tc = tcase_create("all");
	int count = 0;

	/* The last one runs a program; see test_check_command. */
	while (snet__checkers[count] != &snet__check_command)
		count++;
	tcase_add_loop_test(tc, a_checker_that_finds_no_memory_says_so, 0, count);
	tcase_add_loop_test(tc, a_receipt_that_finds_no_memory_says_so, 0, 2);
	tcase_add_test(
		tc, a_scenario_that_finds_no_memory_does_not_run_its_command_elsewhere);
	suite_add_tcase(s, tc);
	return s;
}
