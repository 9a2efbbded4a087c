/* SPDX-License-Identifier: MIT */
#include "base/steps.h"

#include <stdbool.h>

#include "base/clock.h"

/* To the next phase that has a step left. */
static bool find_step(struct snet__steps *steps, const void *work)
{
	for (; steps->phase < steps->count; steps->phase++, steps->at = 0) {
		const struct snet__phase *phase = &steps->phases[steps->phase];

		if (steps->at < (phase->count ? phase->count(work) : 1))
			return true;
	}
	return false;
}

int snet__steps_walk(struct snet__steps *steps, void *work, uint64_t until_ns,
		     struct snet_err *err)
{
	int r;

	while (find_step(steps, work)) {
		r = steps->phases[steps->phase].step(work, steps->at, err);
		if (r < 0)
			return r;
		steps->at += r == 0;
		if (until_ns && snet__clock_ns() >= until_ns)
			return find_step(steps, work);
	}
	return 0;
}
