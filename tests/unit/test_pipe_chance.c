/* SPDX-License-Identifier: MIT */
/* What chance does to packets, against its theory: losses, duplicates, corruption, reordering. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/chance.h"
#include "pipe_fixture.h"
#include "suite.h"

#define MILLION 1000000

/* Run @count packets through, with nothing but the decisions in mind. */
static void run(const struct snet_impairment *description, size_t count)
{
	bed = bed_new(description);
	bed_run(bed, count, MS, 100);
}

/* ---- loss ---- */

START_TEST(losses_are_as_many_as_they_should_be)
{
	static const double shares[] = {0.001, 0.01, 0.1, 0.3, 0.5};
	const struct snet_impairment lossy = {.loss = shares[_i]};

	run(&lossy, MILLION);
	check_share((double)bed->dropped[SNET__DROP_LOSS], MILLION, shares[_i]);
	ck_assert_uint_eq(bed->out_count + bed->dropped[SNET__DROP_LOSS], MILLION);
}
END_TEST

START_TEST(all_or_nothing_is_lost_without_exception)
{
	const struct snet_impairment all = {.loss = 1}, none = {.loss = 0, .delay_ns = 1};

	run(&all, 100000);
	ck_assert_uint_eq(bed->out_count, 0);
	bed_free(bed);
	run(&none, 100000);
	ck_assert_uint_eq(bed->out_count, 100000);
}
END_TEST

START_TEST(the_nth_packet_is_lost_and_no_other)
{
	struct snet_impairment nth = {.loss_model = SNET_LOSS_NTH, .loss_nth = 100};
	unsigned int *times;

	run(&nth, 1050);
	/* A change does not begin to count anew. */
	nth.loss_nth = 11;
	bed_set(bed, &nth);
	bed_run(bed, 50, MS, 100);
	times = bed_times_out(bed, 1100);
	for (size_t i = 1; i <= 1100; i++)
		ck_assert_uint_eq(times[i], i % (i > 1050 ? 11 : 100) != 0);
	free(times);
}
END_TEST

/* The lengths of the runs of lost packets, in @counts[1] to @counts[max]; longer ones in the last. */
static size_t count_runs(size_t count, size_t *counts, size_t max)
{
	unsigned int *times = bed_times_out(bed, count);
	size_t runs = 0, length = 0;

	memset(counts, 0, (max + 1) * sizeof(*counts));
	for (size_t i = 1; i <= count; i++) {
		if (!times[i]) {
			length++;
		} else if (length) {
			counts[length < max ? length : max]++;
			runs++;
			length = 0;
		}
	}
	free(times);
	return runs;
}

/* Are the runs as long as those that end with probability @end after each packet? */
static void check_runs(size_t count, double end)
{
	size_t counts[11], runs = count_runs(count, counts, 10);
	double chi_square = 0, left = 1;

	ck_assert_uint_gt(runs, 1000);
	for (size_t i = 1; i <= 10; i++) {
		double share = i < 10 ? left * end : left;
		double wanted = share * (double)runs;

		chi_square += ((double)counts[i] - wanted) *
			      ((double)counts[i] - wanted) / wanted;
		left -= share;
	}
	/* 99.9 % with nine degrees of freedom. */
	ck_assert_double_lt(chi_square, 27.88);
}

START_TEST(random_losses_have_runs_as_chance_makes_them)
{
	const struct snet_impairment lossy = {.loss = 0.6};

	run(&lossy, 100000);
	check_runs(100000, 0.4);
}
END_TEST

START_TEST(gilbert_losses_come_in_bursts_of_their_length)
{
	const struct snet_impairment gilbert = {.loss_model = SNET_LOSS_GEMODEL,
						.loss_gemodel = {0.02, 0.3, 1, 0}};

	run(&gilbert, MILLION);
	check_runs(MILLION, 0.3);
	/* p / (p + r), with the variance of a chain whose steps depend on one another. */
	ck_assert_double_eq_tol((double)bed->dropped[SNET__DROP_LOSS] / MILLION,
				0.02 / 0.32,
				LIMIT_NORMAL *
					sqrt(0.0625 * 0.9375 * 1.68 / 0.32 / MILLION));
}
END_TEST

START_TEST(gilbert_elliott_loses_in_both_states)
{
	const struct snet_impairment elliott = {.loss_model = SNET_LOSS_GEMODEL,
						.loss_gemodel = {0.05, 0.3, 0.8, 0.01}};
	double bad = 0.05 / 0.35;
	double share = bad * 0.8 + (1 - bad) * 0.01;

	run(&elliott, MILLION);
	ck_assert_double_eq_tol((double)bed->dropped[SNET__DROP_LOSS] / MILLION, share,
				LIMIT_NORMAL * sqrt(share * (1 - share) * 1.65 / 0.35 /
						    MILLION));
}
END_TEST

START_TEST(a_state_that_loses_nothing_is_left_before_it_loses)
{
	/* Every other packet finds the bad state, and changes it after. */
	const struct snet_impairment alternate = {.loss_model = SNET_LOSS_GEMODEL,
						  .loss_gemodel = {1, 1, 1, 0}};
	unsigned int *times;

	run(&alternate, 1000);
	times = bed_times_out(bed, 1000);
	for (size_t i = 1; i <= 1000; i++)
		ck_assert_uint_eq(times[i], i % 2);
	free(times);
}
END_TEST

START_TEST(two_states_of_the_four_lose_in_bursts)
{
	const struct snet_impairment state = {.loss_model = SNET_LOSS_STATE,
					      .loss_state = {0.02, 0.25, 0, 0, 0}};

	run(&state, MILLION);
	check_runs(MILLION, 0.25);
	ck_assert_double_eq_tol((double)bed->dropped[SNET__DROP_LOSS] / MILLION,
				0.02 / 0.27,
				LIMIT_NORMAL *
					sqrt(0.074 * 0.926 * 1.73 / 0.27 / MILLION));
}
END_TEST

START_TEST(four_states_lose_as_the_chain_says)
{
	const double p13 = 0.02, p31 = 0.2, p32 = 0.3, p23 = 0.4, p14 = 0.03;
	const struct snet_impairment state = {.loss_model = SNET_LOSS_STATE,
					      .loss_state = {p13, p31, p32, p23, p14}};
	double gap = 1, lost = 0, between = 0, isolated = 0;
	size_t counts[11];

	/* Where the chain is in the long run. */
	for (int i = 0; i < 10000; i++) {
		double next_gap = gap * (1 - p13 - p14) + lost * p31 + isolated;
		double next_lost = gap * p13 + lost * (1 - p31 - p32) + between * p23;

		between = lost * p32 + between * (1 - p23);
		isolated = gap * p14;
		gap = next_gap;
		lost = next_lost;
	}
	run(&state, MILLION);
	ck_assert_double_eq_tol((double)bed->dropped[SNET__DROP_LOSS] / MILLION,
				lost + isolated, 0.002);
	/* Runs begin as isolated losses, or in a burst. */
	ck_assert_double_eq_tol((double)count_runs(MILLION, counts, 10) / MILLION,
				gap * (p13 + p14) + between * p23, 0.001);
	ck_assert_double_eq_tol((double)counts[1] / MILLION,
				isolated + (gap * p13 + between * p23) * (p31 + p32),
				0.001);
}
END_TEST

START_TEST(an_isolated_loss_is_never_followed_by_another)
{
	const struct snet_impairment isolated = {.loss_model = SNET_LOSS_STATE,
						 .loss_state = {0, 0, 0, 0, 0.3}};
	size_t counts[3];

	run(&isolated, 100000);
	ck_assert_uint_gt(count_runs(100000, counts, 2), 20000);
	ck_assert_uint_eq(counts[2], 0);
	/* Each two packets of 1.3, with a variance below that of chance. */
	check_share((double)bed->dropped[SNET__DROP_LOSS], 100000, 0.3 / 1.3);
}
END_TEST

/* The share of losses after which the next packet is lost as well, of numbers that are each half the
 * last one: another generator, and no integers. */
static double share_in_a_row(void)
{
	unsigned short state[3] = {1, 2, 3};
	double number = 0.5, last, lost = 0, in_a_row = 0;

	for (int i = 0; i < MILLION; i++) {
		last = number;
		number = (erand48(state) + last) / 2;
		lost += last < 0.5;
		in_a_row += last < 0.5 && number < 0.5;
	}
	return in_a_row / lost;
}

START_TEST(a_correlation_joins_losses)
{
	const struct snet_impairment lossy = {.loss = 0.5, .loss_correlation = 0.5};
	size_t counts[11], runs;
	double lost;

	run(&lossy, MILLION);
	lost = (double)bed->dropped[SNET__DROP_LOSS];
	ck_assert_double_eq_tol(lost / MILLION, 0.5, 0.005);
	runs = count_runs(MILLION, counts, 10);
	ck_assert_double_eq_tol(1 - (double)runs / lost, share_in_a_row(), 0.005);
}
END_TEST

START_TEST(correlated_numbers_depend_as_much_as_they_should)
{
	static const double wanted[] = {0, 0.25, 0.5, 0.9};
	uint32_t correlation = snet__chance_share(wanted[_i]);
	struct snet__chance chance;
	double last = 0, sum = 0, squares = 0, products = 0;

	snet__chance_seed(&chance, 1, "x");
	for (int i = 0; i < MILLION; i++) {
		double x = snet__chance_next(&chance, correlation) * 0x1p-32 - 0.5;

		sum += x;
		squares += x * x;
		products += x * last;
		last = x;
	}
	ck_assert_double_eq_tol(sum / MILLION, 0, 0.005);
	ck_assert_double_eq_tol(products / squares, wanted[_i], 0.005);
	/* Means of uniform numbers: their variance shrinks by (1 - r) / (1 + r). */
	ck_assert_double_eq_tol(squares / MILLION * 12,
				(1 - wanted[_i]) / (1 + wanted[_i]), 0.005);
}
END_TEST

/* ---- duplicates and corruption ---- */

START_TEST(duplicates_are_as_many_as_they_should_be_and_never_more_than_two)
{
	static const double shares[] = {0.01, 0.3, 1};
	const struct snet_impairment twice = {.duplicate = shares[_i],
					      .delay_ns = 5 * MS};
	size_t twos = 0;
	unsigned int *times;

	run(&twice, 100000);
	times = bed_times_out(bed, 100000);
	for (size_t i = 1; i <= 100000; i++) {
		bed_need(times[i] == 1 || times[i] == 2, "one or two come out");
		twos += times[i] == 2;
	}
	free(times);
	ck_assert_uint_eq(bed_counts(bed)->duplicated, twos);
	ck_assert(bed_is_ordered(bed));
	check_share((double)twos, 100000, shares[_i]);
}
END_TEST

START_TEST(of_two_that_are_lost_one_is_left)
{
	const struct snet_impairment both = {.duplicate = 1, .loss = 1};

	run(&both, 1000);
	ck_assert_uint_eq(bed->out_count, 1000);
	ck_assert_uint_eq(bed_counts(bed)->duplicated, 0);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_LOSS], 0);
}
END_TEST

START_TEST(copies_are_lost_as_well)
{
	const struct snet_impairment both = {.duplicate = 1, .loss = 0.2};

	run(&both, 100000);
	/* 20 % are left alone; of the copies of the rest 80 %. */
	ck_assert_double_eq_tol((double)bed->out_count, 100000 + 80000 * 0.8,
				LIMIT_NORMAL * 260);
	check_share((double)bed->dropped[SNET__DROP_LOSS], 80000, 0.2);
}
END_TEST

START_TEST(corruption_inverts_one_bit_behind_the_ethernet_header)
{
	static const unsigned char zeros[14];
	const struct snet_impairment broken = {.corrupt = 1};
	size_t bits[8 * 26] = {0};
	double chi_square = 0;

	bed = bed_new(&broken);
	for (int i = 0; i < 208000; i++) {
		unsigned int ones = 0;

		bed_push(bed, 40);
		bed_need(!memcmp(bed->last_out, zeros, 14), "the header is whole");
		for (unsigned int bit = 0; bit < 8 * 26; bit++)
			if (bed->last_out[14 + bit / 8] & 1u << bit % 8) {
				bits[bit]++;
				ones++;
			}
		bed_need(ones == 1, "one bit is inverted");
	}
	for (size_t i = 0; i < 8 * 26; i++)
		chi_square += ((double)bits[i] - 1000) * ((double)bits[i] - 1000) / 1000;
	/* 99.9 % with 207 degrees of freedom. */
	ck_assert_double_lt(chi_square, 275);
	ck_assert_uint_eq(bed->changed, 208000);
	/* What has nothing behind it stays whole. */
	bed_push(bed, 14);
	ck_assert_mem_eq(bed->last_out, zeros, 14);
	ck_assert_uint_eq(bed_counts(bed)->corrupted, 208000);
}
END_TEST

START_TEST(corruption_meets_its_share_and_spares_the_copy)
{
	const struct snet_impairment broken = {.corrupt = 0.1};
	const struct snet_impairment twice = {.corrupt = 1, .duplicate = 1};
	static const unsigned char zeros[100];

	run(&broken, 100000);
	check_share((double)bed_counts(bed)->corrupted, 100000, 0.1);
	bed_set(bed, &twice);
	bed_push(bed, 100);
	/* Each has an error of its own: the second is not a copy of a broken first one. */
	ck_assert_uint_eq(bed->out_count, 100002);
	ck_assert_mem_ne(bed->last_out, zeros, 100);
	for (unsigned int i = 0, ones = 0; i < 100; i++) {
		ones += (unsigned int)__builtin_popcount(bed->last_out[i]);
		ck_assert_uint_le(ones, 1);
	}
}
END_TEST

/* ---- reordering ---- */

START_TEST(reordering_keeps_its_gap_and_its_share)
{
	const struct snet_impairment gaps = {.delay_ns = 100 * MS,
					     .reorder = 0.25,
					     .gap = 5};
	uint64_t last = 0, number;

	bed = bed_new(&gaps);
	for (number = 1; number <= 100000; number++) {
		uint64_t before = bed_counts(bed)->reordered;

		bed_push(bed, 100);
		if (bed_counts(bed)->reordered > before) {
			ck_assert_uint_ge(number - last, 5);
			last = number;
		}
		bed_advance(bed, bed->now_ns + MS);
	}
	bed_drain(bed);
	/* Four that wait, and then four more on average: one in eight. */
	ck_assert_double_eq_tol((double)bed_counts(bed)->reordered, 100000 / 8.0,
				LIMIT_NORMAL * 50);
}
END_TEST

START_TEST(reordering_without_a_gap_is_a_share_of_all)
{
	const struct snet_impairment some = {.delay_ns = 10 * MS, .reorder = 0.25};

	run(&some, 100000);
	check_share((double)bed_counts(bed)->reordered, 100000, 0.25);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("chance");
	TCase *tcase = tcase_create("chance");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 100);
	tcase_add_loop_test(tcase, losses_are_as_many_as_they_should_be, 0, 5);
	tcase_add_test(tcase, all_or_nothing_is_lost_without_exception);
	tcase_add_test(tcase, the_nth_packet_is_lost_and_no_other);
	tcase_add_test(tcase, random_losses_have_runs_as_chance_makes_them);
	tcase_add_test(tcase, gilbert_losses_come_in_bursts_of_their_length);
	tcase_add_test(tcase, gilbert_elliott_loses_in_both_states);
	tcase_add_test(tcase, a_state_that_loses_nothing_is_left_before_it_loses);
	tcase_add_test(tcase, two_states_of_the_four_lose_in_bursts);
	tcase_add_test(tcase, four_states_lose_as_the_chain_says);
	tcase_add_test(tcase, an_isolated_loss_is_never_followed_by_another);
	tcase_add_test(tcase, a_correlation_joins_losses);
	tcase_add_loop_test(tcase, correlated_numbers_depend_as_much_as_they_should, 0,
			    4);
	tcase_add_loop_test(
		tcase, duplicates_are_as_many_as_they_should_be_and_never_more_than_two,
		0, 3);
	tcase_add_test(tcase, of_two_that_are_lost_one_is_left);
	tcase_add_test(tcase, copies_are_lost_as_well);
	tcase_add_test(tcase, corruption_inverts_one_bit_behind_the_ethernet_header);
	tcase_add_test(tcase, corruption_meets_its_share_and_spares_the_copy);
	tcase_add_test(tcase, reordering_keeps_its_gap_and_its_share);
	tcase_add_test(tcase, reordering_without_a_gap_is_a_share_of_all);
	suite_add_tcase(suite, tcase);
	return suite;
}
