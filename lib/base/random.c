/* SPDX-License-Identifier: MIT */
/* Source: xoshiro256** 1.0 and splitmix64 by D. Blackman and S. Vigna, public domain,
 * https://prng.di.unimi.it/ */

#include "base/random.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/map.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

void snet__random_seed(struct snet__random *random, uint64_t seed, const char *name)
{
	uint64_t state = seed ^ snet__hash(name, strlen(name));

	for (int i = 0; i < 4; i++)
		random->s[i] = splitmix(&state);
}

uint64_t snet__random_next(struct snet__random *random)
{
	uint64_t *s = random->s;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double snet__random_unit(struct snet__random *random)
{
	return (double)(snet__random_next(random) >> 11) * 0x1p-53;
}

uint64_t snet__random_entropy(void)
{
	uint64_t value;

	/* Eight bytes never come in part (getrandom(2)); a kernel without it has a clock. */
	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = snet__clock_wall_ns();
	return value;
}
