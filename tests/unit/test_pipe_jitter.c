/* SPDX-License-Identifier: MIT */
/* How delays vary, against the distributions that they are to have. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "pipe_fixture.h"
#include "suite.h"

/* Of Kolmogorov's distribution: 99.9 % are below. */
#define LIMIT_KOLMOGOROV 1.9495

static struct test_folder folder;

static void setup(void)
{
	bed_set_up();
	test_folder_new(&folder);
}

static void teardown(void)
{
	bed_tear_down();
	test_folder_free(&folder);
}

#define SAMPLES 100000
#define DELAY   (100 * MS)
#define JITTER  (10 * MS)

static double samples[SAMPLES];

/* Jitters in units of @jitter_ns, in the order in which they were met. */
static void sample(const struct snet_impairment *description)
{
	bed = bed_new(description);
	bed_run(bed, SAMPLES, S, 100);
	ck_assert_uint_eq(bed->out_count, SAMPLES);
	for (size_t i = 0; i < SAMPLES; i++)
		samples[i] = ((double)(bed->outs[i].left_ns - bed->outs[i].arrived_ns) -
			      (double)description->delay_ns) /
			     (double)description->jitter_ns;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The test of Kolmogorov and Smirnov, with what a table of 4096 entries may be coarse. At the end of
 * the table, four deviations, is all that is beyond. */
static void check_fit(double (*below)(double x))
{
	double distance = 0;
	size_t i;

	qsort(samples, SAMPLES, sizeof(samples[0]), compare_doubles);
	for (i = 0; i < SAMPLES && samples[i] < 3.999; i++) {
		double share = below(samples[i]);

		distance = fmax(distance, fabs(share - (double)i / SAMPLES));
		distance = fmax(distance, fabs(share - (double)(i + 1) / SAMPLES));
	}
	distance = fmax(distance, fabs(below(3.999) - (double)i / SAMPLES));
	ck_assert_double_lt(distance, LIMIT_KOLMOGOROV / sqrt(SAMPLES) + 1.0 / 4096);
}

static double mean(void)
{
	double sum = 0;

	for (size_t i = 0; i < SAMPLES; i++)
		sum += samples[i];
	return sum / SAMPLES;
}

static double deviation(void)
{
	double sum = 0, middle = mean();

	for (size_t i = 0; i < SAMPLES; i++)
		sum += (samples[i] - middle) * (samples[i] - middle);
	return sqrt(sum / SAMPLES);
}

/* How much a sample depends on the one before. */
static double dependence(void)
{
	double sum = 0, squares = 0, middle = mean();

	for (size_t i = 1; i < SAMPLES; i++) {
		sum += (samples[i] - middle) * (samples[i - 1] - middle);
		squares += (samples[i] - middle) * (samples[i] - middle);
	}
	return sum / squares;
}

static double uniform_below(double x)
{
	return fmin(1, fmax(0, (x + 1) / 2));
}

static double normal_below(double x)
{
	return erfc(-x / sqrt(2)) / 2;
}

static double pareto_below(double x)
{
	return 1 - pow(x * 3 / 4 + 1.5, -3);
}

/* A quarter of the normal, three quarters of the Pareto quantile of the same share. */
static double paretonormal_below(double x)
{
	double low = 0, high = 1;

	for (int i = 0; i < 40; i++) {
		double share = (low + high) / 2, normal_low = -10, normal_high = 10;

		for (int k = 0; k < 40; k++) {
			double middle = (normal_low + normal_high) / 2;

			if (erfc(-middle / sqrt(2)) / 2 < share)
				normal_low = middle;
			else
				normal_high = middle;
		}
		if (fmax(-4, normal_low) / 4 +
			    fmin(4, (pow(1 - share, -1.0 / 3) - 1.5) * 4 / 3) * 3 / 4 <
		    x)
			low = share;
		else
			high = share;
	}
	return low;
}

START_TEST(jitter_is_distributed_as_it_says)
{
	static const struct {
		enum snet_distribution distribution;
		double (*below)(double x);
		double mean, deviation;
	} kinds[] = {
		{SNET_DISTRIBUTION_UNIFORM, uniform_below, 0, 0.57735},
		{SNET_DISTRIBUTION_NORMAL, normal_below, 0, 1},
		{SNET_DISTRIBUTION_PARETO, pareto_below, -0.03, 0.84},
		{SNET_DISTRIBUTION_PARETONORMAL, paretonormal_below, -0.02, 0.86},
	};
	const struct snet_impairment jittery = {.delay_ns = DELAY,
						.jitter_ns = JITTER,
						.distribution = kinds[_i].distribution};

	sample(&jittery);
	ck_assert_double_eq_tol(mean(), kinds[_i].mean, 0.02);
	ck_assert_double_eq_tol(deviation(), kinds[_i].deviation, 0.02);
	ck_assert_double_eq_tol(dependence(), 0, LIMIT_NORMAL / sqrt(SAMPLES));
	check_fit(kinds[_i].below);
}
END_TEST

/* The first entries of the files that iproute2 makes by its definition, in steps that may be one off. */
START_TEST(tables_have_the_entries_that_they_have_elsewhere)
{
	static const int16_t normal[] = {-32768, -28307, -26871, -25967};
	struct snet_impairment jittery = {.jitter_ns = 1,
					  .distribution = SNET_DISTRIBUTION_NORMAL};
	struct snet__rules *rules;

	ck_assert_int_eq(snet__rules_new(&rules, &jittery, NULL, NULL), 0);
	ck_assert_uint_eq(rules->dist.count, 4096);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_le(abs(rules->dist.table[i] - normal[i]), 1);
	snet__rules_free(rules);
	jittery.distribution = SNET_DISTRIBUTION_PARETO;
	ck_assert_int_eq(snet__rules_new(&rules, &jittery, NULL, NULL), 0);
	ck_assert_int_eq(rules->dist.table[0], -5461);
	ck_assert_int_eq(rules->dist.table[4095], 32767);
	snet__rules_free(rules);
}
END_TEST

START_TEST(long_jitter_is_no_less_exact)
{
	struct snet_impairment jittery = {.delay_ns = 1800 * S,
					  .jitter_ns = 450 * S,
					  .distribution = SNET_DISTRIBUTION_NORMAL};

	bed = bed_new(&jittery);
	for (int i = 0; i < SAMPLES; i++)
		bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_double_eq_tol((double)snet__pipe_delay_ns(bed->pipe, 0.5), 1.8e12,
				0.02 * 1.8e12);
	ck_assert_double_eq_tol((double)snet__pipe_delay_ns(bed->pipe, 0.8413), 2.25e12,
				0.02 * 2.25e12);
	/* The last entry of the table is at 3.52. */
	ck_assert_double_eq_tol((double)snet__pipe_delay_ns(bed->pipe, 1), 3.3852e12,
				1e9);
	jittery.distribution = SNET_DISTRIBUTION_UNIFORM;
	bed_free(bed);
	sample(&jittery);
	check_fit(uniform_below);
}
END_TEST

START_TEST(a_correlation_joins_delays)
{
	const struct snet_impairment jittery = {.delay_ns = DELAY,
						.jitter_ns = JITTER,
						.delay_correlation = 0.75};

	sample(&jittery);
	ck_assert_double_eq_tol(dependence(), 0.75, 0.01);
	ck_assert_double_eq_tol(mean(), 0, 0.02);
}
END_TEST

static const char *write_table(const char *text)
{
	static char path[PATH_MAX + 10];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/x.dist", folder.path);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

START_TEST(a_table_of_a_file_is_what_is_drawn_from)
{
	const struct snet_impairment jittery = {
		.delay_ns = DELAY,
		.jitter_ns = JITTER,
		.distribution = SNET_DISTRIBUTION_TABLE,
		.table = write_table("# comment 5 5 5\n\n -8192 0\n16384\n0"),
	};
	size_t low = 0, high = 0;

	sample(&jittery);
	for (size_t i = 0; i < SAMPLES; i++) {
		low += samples[i] == -1;
		high += samples[i] == 2;
		bed_need(samples[i] == -1 || samples[i] == 2 || samples[i] == 0,
			 "only what is in the file is drawn");
	}
	check_share((double)low, SAMPLES, 0.25);
	check_share((double)high, SAMPLES, 0.25);
}
END_TEST

START_TEST(a_table_that_cannot_be_read_is_refused)
{
	struct snet_impairment jittery = {.distribution = SNET_DISTRIBUTION_TABLE,
					  .table = "/no/such/file"};
	struct snet__rules *rules = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__rules_new(&rules, &jittery, NULL, &err), -ENOENT);
	jittery.table = NULL;
	ck_assert_int_eq(snet__rules_new(&rules, &jittery, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "a distribution of a file needs its 'table'");
	ck_assert_ptr_null(rules);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("jitter");
	TCase *tcase = tcase_create("jitter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 100);
	tcase_add_loop_test(tcase, jitter_is_distributed_as_it_says, 0, 4);
	tcase_add_test(tcase, tables_have_the_entries_that_they_have_elsewhere);
	tcase_add_test(tcase, long_jitter_is_no_less_exact);
	tcase_add_test(tcase, a_correlation_joins_delays);
	tcase_add_test(tcase, a_table_of_a_file_is_what_is_drawn_from);
	tcase_add_test(tcase, a_table_that_cannot_be_read_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
