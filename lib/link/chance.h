/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_CHANCE_H
#define SNET_LINK_CHANCE_H

#include <stdbool.h>

#include "base/random.h"

/* A stream of 32-bit random numbers of which each may depend on the one before.
 * Source: tc-netem(8), "correlation". */
struct snet__chance {
	struct snet__random random;
	uint32_t last;
};

/* Shares of one, 0 to 1, are compared with such numbers; 1 is above all of them. */
static inline uint32_t snet__chance_share(double share)
{
	return (uint32_t)(share * UINT32_MAX + 0.5);
}

static inline void snet__chance_seed(struct snet__chance *chance, uint64_t seed,
				     const char *name)
{
	snet__random_seed(&chance->random, seed, name);
	chance->last = (uint32_t)(snet__random_next(&chance->random) >> 32);
}

/* The weighted mean of a new number and the last result. As in netem, such numbers gather around
 * the middle: a small share is met less often than it says, and in a row. */
static inline uint32_t snet__chance_next(struct snet__chance *chance,
					 uint32_t correlation)
{
	uint64_t fresh = snet__random_next(&chance->random) >> 32;
	uint64_t weight = (uint64_t)correlation + 1;

	if (correlation)
		fresh = (fresh * ((UINT64_C(1) << 32) - weight) +
			 chance->last * weight) >>
			32;
	chance->last = (uint32_t)fresh;
	return chance->last;
}

/* A share of 0 takes no number. */
static inline bool snet__chance_hits(struct snet__chance *chance, uint32_t share,
				     uint32_t correlation)
{
	return share && snet__chance_next(chance, correlation) <= share;
}

#endif
