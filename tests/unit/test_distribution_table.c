/* SPDX-License-Identifier: MIT */
/* The tables of random delays have the shapes that their names promise. */

#include <math.h>

#include "base/distribution.h"
#include "suite.h"

#define SIZE SNET__DISTRIBUTION_SIZE
#define ONE  SNET__DISTRIBUTION_ONE

static void moments(const int16_t *table, double *ret_mean, double *ret_deviation)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < SIZE; i++) {
		sum += table[i];
		squares += (double)table[i] * table[i];
		ck_assert(i == 0 || table[i] >= table[i - 1]);
	}
	*ret_mean = sum / SIZE / ONE;
	*ret_deviation = sqrt(squares / SIZE) / ONE;
}

START_TEST(each_has_the_mean_and_the_deviation_that_it_promises)
{
	double mean, deviation;

	for (int i = SNET_DISTRIBUTION_NORMAL; i < SNET_DISTRIBUTION_TABLE; i++) {
		moments(snet__distribution_table(i), &mean, &deviation);
		/* A tail that is cut off at four is missing in both. */
		ck_assert_msg(mean < 0.001 && mean > -0.04, "%d: %g", i, mean);
		ck_assert_msg(deviation < 1.001 && deviation > 0.8, "%d: %g", i,
			      deviation);
	}
	moments(snet__distribution_table(SNET_DISTRIBUTION_UNIFORM), &mean, &deviation);
	ck_assert(fabs(mean) < 1e-4);
	ck_assert(fabs(deviation - sqrt(1.0 / 3)) < 1e-4);
}
END_TEST

/* The largest distance of the table's distribution function from the one given. */
static double distance(const int16_t *table, double (*fn)(double))
{
	double most = 0;

	for (size_t i = 0; i < SIZE; i++)
		if (table[i] < INT16_MAX)
			most = fmax(most, fabs(fn((double)table[i] / ONE) -
					       ((double)i + 0.5) / SIZE));
	return most;
}

static double uniform(double x)
{
	return (x + 1) / 2;
}

static double normal(double x)
{
	return 0.5 * erfc(-x / sqrt(2));
}

START_TEST(the_uniform_and_the_normal_one_follow_their_functions)
{
	ck_assert(distance(snet__distribution_table(SNET_DISTRIBUTION_UNIFORM), uniform) <
		  0.0003);
	/* Cut at the last quantile, its deviation is made up for: hence the distance. */
	ck_assert(distance(snet__distribution_table(SNET_DISTRIBUTION_NORMAL), normal) <
		  0.0005);
}
END_TEST

START_TEST(the_heavy_tails_are_on_one_side)
{
	const int16_t *pareto = snet__distribution_table(SNET_DISTRIBUTION_PARETO);
	const int16_t *both = snet__distribution_table(SNET_DISTRIBUTION_PARETONORMAL);

	/* A Pareto distribution has a least value, and half is below its mean by far. */
	ck_assert_int_eq(pareto[0], -5461); /* two thirds */
	ck_assert_int_lt(pareto[SIZE / 2], -ONE / 4);
	ck_assert_int_eq(pareto[SIZE - 1], INT16_MAX);
	/* The other has both: delays below that, and the same at the other end. */
	ck_assert_int_lt(both[0], pareto[0]);
	ck_assert_int_lt(both[SIZE / 2], 0);
	ck_assert_int_gt(both[SIZE - 1], 3 * ONE);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("distribution_table");
	TCase *t = tcase_create("tables");

	tcase_add_test(t, each_has_the_mean_and_the_deviation_that_it_promises);
	tcase_add_test(t, the_uniform_and_the_normal_one_follow_their_functions);
	tcase_add_test(t, the_heavy_tails_are_on_one_side);
	suite_add_tcase(s, t);
	return s;
}
