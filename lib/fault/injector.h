/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_INJECTOR_H
#define SNET_FAULT_INJECTOR_H

/* The faults of a run: each time that one of the timeline happens is an injection, which has its
 * place in the history. Whatever has been broken is mended again, at the latest at the end. */

#include "fault/kind.h"
#include "fault/recorder.h"

struct snet__injector {
	struct snet__recorder *recorder;
	struct snet__overlays *overlays;
	uint64_t seed;
	struct snet__injected {
		struct snet__injection injection;
		size_t record; /* in the history */
		bool has_begun, has_ended;
	} * *items;
	size_t count, cap;
};

/* Prepare what the schedule has, and what waits for a step. With the lab up. */
int snet__injector_start(struct snet__injector *injector, struct snet__recorder *recorder,
			 const struct snet__schedule *schedule, uint64_t seed,
			 struct snet_err *err);
/* Carry out what @action says. A fault that cannot be put in place, or mended, is said so in the
 * history. */
void snet__injector_do(struct snet__injector *injector,
		       const struct snet__action *action);
/* Whether one that begins at a step has not come, or has not ended. */
bool snet__injector_awaits(const struct snet__injector *injector);
/* Mend all others. */
void snet__injector_end_planned(struct snet__injector *injector);
/* Mend what is still broken: -EIO when something cannot be. */
int snet__injector_heal(struct snet__injector *injector, struct snet_err *err);
/* Write what was measured into the history, and forget all. */
void snet__injector_stop(struct snet__injector *injector);

#endif
