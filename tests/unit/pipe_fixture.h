/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PIPE_FIXTURE_H
#define TESTS_PIPE_FIXTURE_H

/* The bed of a test, freed behind it, and how far what chance does may be from what it should: with
 * fixed seeds a test that passes always does; the level says how surprising a correct implementation
 * would have to be to fail with another seed, 0.1 %. */

#include <math.h>

#include "pipe_bed.h"
#include "suite.h"

/* Of the standard normal distribution: 99.9 % are within. */
#define LIMIT_NORMAL 3.2905

static struct bed *bed;

static inline void bed_set_up(void)
{
	bed = NULL;
}

static inline void bed_tear_down(void)
{
	if (bed)
		bed_free(bed);
}

static inline void check_share(double hits, double count, double share)
{
	double width = LIMIT_NORMAL * sqrt(count * share * (1 - share));

	ck_assert_double_eq_tol(hits, count * share, width + 0.5);
}

#endif
