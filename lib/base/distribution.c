/* SPDX-License-Identifier: MIT */
/* Tables of random delays, computed from the definitions of the distributions.
 * Source: the generators in the netem folder of iproute2, for which quantiles an entry stands for.
 * So a jitter means the same here as to tc(8). */

#include "base/distribution.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>

#define SIZE SNET__DISTRIBUTION_SIZE
#define ONE  SNET__DISTRIBUTION_ONE

/* Filled once, constant from then on. */
static int16_t tables[SNET_DISTRIBUTION_PARETONORMAL + 1][SIZE];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static double find_uniform(double share)
{
	return 2 * share - 1;
}

/* The inverse of the distribution function, which rises everywhere, by bisection. */
static double find_normal(double share)
{
	double low = -10, high = 10;

	for (int i = 0; i < 50; i++) {
		double x = (low + high) / 2;

		if (erfc(-x * M_SQRT1_2) / 2 < share)
			low = x;
		else
			high = x;
	}
	return low;
}

/* Of shape 3: its mean is 3/2, which is put at 0, and netem's scale for it is 4/3, which makes the
 * standard deviation about one in what is not cut off at four. */
static double find_pareto(double share)
{
	return fmin((1 / cbrt(1 - share) - 1.5) * 4 / 3, (double)INT16_MAX / ONE);
}

static int16_t entry(double deviations)
{
	return (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, deviations * ONE)));
}

static void fill_all(void)
{
	for (int i = 0; i < SIZE; i++) {
		double low = (double)i / SIZE;
		/* That of the normal one is rounded to 1/16384, and every fourth taken. */
		double normal = find_normal((i + 0.125) / SIZE);
		double pareto = find_pareto(low);

		tables[SNET_DISTRIBUTION_UNIFORM][i] =
			entry(find_uniform((i + 0.5) / SIZE));
		tables[SNET_DISTRIBUTION_NORMAL][i] = entry(normal);
		tables[SNET_DISTRIBUTION_PARETO][i] = entry(pareto);
		tables[SNET_DISTRIBUTION_PARETONORMAL][i] =
			entry((normal + 3 * pareto) / 4);
	}
}

const int16_t *snet__distribution_table(enum snet_distribution distribution)
{
	assert(distribution < SNET_DISTRIBUTION_TABLE);
	(void)pthread_once(&filled, fill_all); /* fails for invalid arguments only */
	return tables[distribution];
}
