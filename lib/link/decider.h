/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_DECIDER_H
#define SNET_LINK_DECIDER_H

#include "link/rules.h"
#include "topo/decision.h"

/* The streams of random numbers of a direction: one for each purpose, and others for the copies of
 * packets, so that whatever is switched on or off leaves what the others decide as it is. */
struct snet__decider_streams {
	struct snet__chance duplicate, corrupt, place, reorder, delay;
	struct snet__loss_state loss;
	uint64_t count;  /* of decisions */
	uint32_t in_row; /* since the last one that was sent at once */
};

struct snet__decider {
	struct snet__decider_streams packets, copies;
};

/* -ENOMEM */
int snet__decider_init(struct snet__decider *decider, uint64_t seed, const char *link,
		       bool is_back, struct snet_err *err);
/* About the next packet, or the copy of the last one. @point is what the trace says, or NULL. */
void snet__decider_decide(struct snet__decider *decider, const struct snet__rules *rules,
			  const struct snet__trace_moment *point, bool is_copy,
			  struct snet__decision *ret);

#endif
