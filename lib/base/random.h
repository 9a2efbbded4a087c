/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_RANDOM_H
#define SNET_BASE_RANDOM_H

#include <stdint.h>

/* One stream of random numbers. Streams derived from the same seed and name are equal, those
 * of other names independent, so that adding a node changes no other node's choices. */
struct snet__random {
	uint64_t s[4];
};

void snet__random_seed(struct snet__random *random, uint64_t seed, const char *name);
uint64_t snet__random_next(struct snet__random *random);
/* Uniform in [0, 1). */
double snet__random_unit(struct snet__random *random);
/* Unpredictable bytes from the kernel, for identifiers and tokens. */
uint64_t snet__random_entropy(void);

#endif
