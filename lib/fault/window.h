/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_WINDOW_H
#define SNET_FAULT_WINDOW_H

#include "fault/looks.h"

/* Those of an entry from one time on, and before another, come and go: their sums and quantiles are
 * kept up to date, so that none is looked at more than twice while both times go on. */
struct snet__window {
	const struct snet__look *looks; /* all of one entry */
	bool is_plain;                  /* only those that are */
	size_t low, high;
	size_t heard;           /* that were answered, whatever else they tell */
	size_t touched;         /* by faults of other entries */
	size_t asked, answered; /* of those that tell of losses */
	size_t timed;           /* of those that tell of delays */

	/* window.c's own: all round trips, sorted, and a Fenwick tree of how often they are there. */
	uint64_t *rtts;
	size_t *tree;
	size_t room;
};

/* -ENOMEM */
int snet__window_init(struct snet__window *ret, const struct snet__look *looks,
		      size_t count, bool is_plain);
void snet__window_clear(struct snet__window *window);
/* See those from the index @low on, and before @high. */
void snet__window_move(struct snet__window *window, size_t low, size_t high);
/* The round trip that is longer than @number others of those timed; SNET__NEVER without so many. */
uint64_t snet__window_rtt(const struct snet__window *window, size_t number);

#endif
