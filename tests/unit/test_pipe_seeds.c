/* SPDX-License-Identifier: MIT */
/* What a seed decides, and what does not change it; decisions that are made again, and descriptions
 * that cannot be. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipe_fixture.h"
#include "suite.h"

static const struct snet_impairment everything = {
	.delay_ns = 20 * MS,
	.jitter_ns = 5 * MS,
	.distribution = SNET_DISTRIBUTION_NORMAL,
	.delay_correlation = 0.2,
	.loss = 0.1,
	.loss_correlation = 0.3,
	.duplicate = 0.2,
	.duplicate_correlation = 0.1,
	.corrupt = 0.3,
	.corrupt_correlation = 0.1,
	.reorder = 0.1,
	.reorder_correlation = 0.1,
	.gap = 3,
};

static struct bed *run_seeded(uint64_t seed, const char *link, bool is_back,
			      uint64_t gap_ns)
{
	struct bed *one = bed_new_seeded(&everything, seed, link, is_back, NULL);

	bed_run(one, 10000, gap_ns, 100);
	return one;
}

START_TEST(one_seed_decides_the_same_whenever_packets_come)
{
	struct bed *same = run_seeded(7, "a-b", false, MS);

	bed = run_seeded(7, "a-b", false, MS);
	ck_assert(bed_decided_as(bed, same));
	ck_assert_uint_eq(bed->out_count, same->out_count);
	for (size_t i = 0; i < bed->out_count; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns, same->outs[i].left_ns);
	bed_free(same);
	same = run_seeded(7, "a-b", false, 77 * MS);
	ck_assert(bed_decided_as(bed, same));
	bed_free(same);
	same = run_seeded(7, "a-b", false, 1000);
	ck_assert(bed_decided_as(bed, same));
	bed_free(same);
}
END_TEST

START_TEST(each_seed_link_and_direction_decides_differently)
{
	struct bed *others[] = {
		run_seeded(8, "a-b", false, MS),
		run_seeded(7, "a-c", false, MS),
		run_seeded(7, "a-b", true, MS),
	};

	bed = run_seeded(7, "a-b", false, MS);
	for (size_t i = 0; i < 3; i++) {
		size_t differences = 0;

		for (size_t k = 0; k < 10000; k++)
			differences += bed->decisions[k].delay_ns !=
				       others[i]->decisions[k].delay_ns;
		ck_assert_uint_gt(differences, 9900);
		bed_free(others[i]);
	}
}
END_TEST

/* The decisions about the packets themselves, without their copies. */
static struct snet__decision *decisions_of(const struct snet_impairment *description)
{
	struct snet__decision *decisions = calloc(10000, sizeof(*decisions));
	struct bed *one = bed_new(description);
	size_t count = 0;

	bed_run(one, 10000, MS, 100);
	for (size_t i = 0; i < one->decision_count; i++)
		if (!(one->decisions[i].fate & SNET__FATE_COPY))
			decisions[count++] = one->decisions[i];
	ck_assert_uint_eq(count, 10000);
	bed_free(one);
	return decisions;
}

START_TEST(what_is_switched_on_changes_nothing_else)
{
	static const struct {
		struct snet_impairment one;
		unsigned int fate;
	} kinds[] = {
		{{.loss = 0.1, .loss_correlation = 0.3}, SNET__FATE_LOSE},
		{{.duplicate = 0.2, .duplicate_correlation = 0.1}, SNET__FATE_DUPLICATE},
		{{.corrupt = 0.3, .corrupt_correlation = 0.1}, SNET__FATE_CORRUPT},
		{{.reorder = 0.1, .reorder_correlation = 0.1, .gap = 3, .delay_ns = 1},
		 SNET__FATE_AT_ONCE},
		{{.delay_ns = 20 * MS,
		  .jitter_ns = 5 * MS,
		  .distribution = SNET_DISTRIBUTION_NORMAL,
		  .delay_correlation = 0.2},
		 0},
	};
	struct snet__decision *alone = decisions_of(&kinds[_i].one);
	struct snet__decision *all = decisions_of(&everything);
	size_t hits = 0;

	for (size_t i = 0; i < 10000; i++) {
		ck_assert_uint_eq(alone[i].fate, all[i].fate & kinds[_i].fate);
		hits += alone[i].fate != 0;
		if (kinds[_i].fate == SNET__FATE_CORRUPT)
			ck_assert_uint_eq(alone[i].place, all[i].place);
		if (!kinds[_i].fate)
			ck_assert_uint_eq(alone[i].delay_ns, all[i].delay_ns);
	}
	ck_assert(hits > 50 || !kinds[_i].fate);
	free(alone);
	free(all);
}
END_TEST

static bool next_decision(void *user, struct snet__decision *ret)
{
	struct bed *from = user;
	char text[SNET__DECISION_TEXT_MAX];

	if (from->replayed == from->decision_count)
		return false;
	/* As they would come out of a file. */
	ck_assert_int_eq(snet__decision_parse(ret,
					      snet__decision_format(
						      text,
						      &from->decisions[from->replayed++]),
					      NULL),
			 0);
	return true;
}

START_TEST(a_replay_repeats_exactly)
{
	const struct snet_impairment plain = {0};
	struct bed *again = bed_new_seeded(&plain, 99, "other", true, NULL);

	bed = run_seeded(7, "a-b", false, MS);
	snet__pipe_replay(again->pipe, next_decision, bed);
	bed_run(again, 10000, MS, 100);
	ck_assert(bed_decided_as(bed, again));
	ck_assert_uint_gt(bed->out_count, 9000);
	ck_assert_uint_eq(bed->out_count, again->out_count);
	for (size_t i = 0; i < bed->out_count; i++) {
		ck_assert_uint_eq(bed->outs[i].left_ns, again->outs[i].left_ns);
		ck_assert_uint_eq(bed->outs[i].number, again->outs[i].number);
	}
	ck_assert_mem_eq(bed->last_out, again->last_out, bed->last_size);
	ck_assert_uint_eq(bed_counts(bed)->corrupted, bed_counts(again)->corrupted);
	/* After its end the description holds. */
	bed_push(again, 100);
	ck_assert_uint_eq(again->outs[again->out_count - 1].left_ns, again->now_ns);
	bed_free(again);
}
END_TEST

static bool next_of_half(void *user, struct snet__decision *ret)
{
	struct bed *from = user;

	return from->replayed < from->decision_count / 2 && next_decision(from, ret);
}

/* Its number and chance, as without one. */
START_TEST(behind_its_end_a_replay_goes_on_as_its_original)
{
	struct bed *again = bed_new_seeded(&everything, 7, "a-b", false, NULL);

	bed = run_seeded(7, "a-b", false, MS);
	snet__pipe_replay(again->pipe, next_of_half, bed);
	bed_run(again, 10000, MS, 100);
	ck_assert(bed_decided_as(bed, again));
	ck_assert_uint_eq(again->decisions[again->decision_count - 1].number, 10000);
	bed_free(again);
}
END_TEST

START_TEST(decisions_are_readable_and_nothing_else_is_read)
{
	static const char *const wrong[] = {"",
					    "1 2 l",
					    "1 2 x 3",
					    "1 2 l 3 4",
					    "a 2 l 3",
					    "1 18446744073709551615 - 3",
					    "1 2 ldcfsl 3"};
	const struct snet__decision decision = {
		.number = 17,
		.delay_ns = 20000000,
		.fate = SNET__FATE_DUPLICATE | SNET__FATE_CORRUPT,
		.place = 0x80000000,
	};
	struct snet__decision read = {0};
	char text[SNET__DECISION_TEXT_MAX];
	struct snet_err err = {0};

	ck_assert_str_eq(snet__decision_format(text, &decision),
			 "17 20000000 dc 2147483648");
	ck_assert_int_eq(snet__decision_parse(&read, "1 2 - 3\n", NULL), 0);
	ck_assert_uint_eq(read.number, 1);
	ck_assert_uint_eq(read.delay_ns, 2);
	ck_assert_uint_eq(read.fate, 0);
	ck_assert_uint_eq(read.place, 3);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(snet__decision_parse(&read, wrong[i], &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'1 2 ldcfsl 3' is no decision");
	ck_assert_uint_eq(read.number, 1);
}
END_TEST

/* ---- descriptions ---- */

START_TEST(what_cannot_be_is_refused_by_name)
{
	static const struct {
		struct snet_impairment description;
		int code;
		const char *message;
	} wrong[] = {
		{{.loss = 1.1}, -ERANGE, "a share of loss is not from 0 to 1"},
		{{.loss = -0.1}, -ERANGE, "a share of loss is not from 0 to 1"},
		{{.loss = NAN}, -ERANGE, "a share of loss is not from 0 to 1"},
		{{.loss_state = {0, 0, 0, 0, 2}},
		 -ERANGE,
		 "a share of loss is not from 0 to 1"},
		{{.loss_model = 4}, -EINVAL, "no loss model 4"},
		{{.duplicate = 2}, -ERANGE, "'duplicate' is not from 0 to 1"},
		{{.corrupt = 2}, -ERANGE, "'corrupt' is not from 0 to 1"},
		{{.delay_ns = 1, .reorder_correlation = 2},
		 -ERANGE,
		 "'reorder' is not from 0 to 1"},
		{{.reorder = 0.5}, -EINVAL, "reordering needs a delay"},
		{{.gap = 5}, -EINVAL, "reordering needs a delay"},
		{{.delay_ns = UINT64_MAX}, -ERANGE, "the delay is longer than 19 hours"},
		{{.jitter_ns = UINT64_MAX},
		 -ERANGE,
		 "the jitter is longer than 19 hours"},
		{{.delay_correlation = 2},
		 -ERANGE,
		 "the correlation of the delay is not from 0 to 1"},
		{{.distribution = 5}, -EINVAL, "no distribution 5"},
		{{.queue = 3}, -EINVAL, "no queue 3"},
	};
	struct snet__rules *rules = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__rules_new(&rules, &wrong[_i].description, NULL, &err),
			 wrong[_i].code);
	ck_assert_str_eq(err.msg, wrong[_i].message);
	ck_assert_ptr_null(rules);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("seeds");
	TCase *tcase = tcase_create("seeds");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, one_seed_decides_the_same_whenever_packets_come);
	tcase_add_test(tcase, each_seed_link_and_direction_decides_differently);
	tcase_add_loop_test(tcase, what_is_switched_on_changes_nothing_else, 0, 5);
	tcase_add_test(tcase, a_replay_repeats_exactly);
	tcase_add_test(tcase, behind_its_end_a_replay_goes_on_as_its_original);
	tcase_add_test(tcase, decisions_are_readable_and_nothing_else_is_read);
	tcase_add_loop_test(tcase, what_cannot_be_is_refused_by_name, 0, 15);
	suite_add_tcase(suite, tcase);
	return suite;
}
