/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_LOOKS_H
#define SNET_FAULT_LOOKS_H

/* What was measured by the probes of a run, and of which fault each measurement tells. */

#include "fault/scenario.h"

/* A round trip that is longer by this, and by that many times, is another one than before. */
#define SNET__LONGER_NS 300000
#define SNET__LONGER    1.2

/* A probe's question, and what came of it. It tells of losses and of delays each by itself: a fault
 * that does only the one leaves the other as it is. */
struct snet__look {
	unsigned int entry; /* of the timeline, for which it was asked */
	uint32_t probe;
	uint64_t at_ns, rtt_ns; /* SNET__NEVER: unanswered */
	/* No fault of another entry did anything to it. */
	bool tells_loss, tells_delay;
	/* Nor did one of its own entry. */
	bool is_loss_plain, is_delay_plain;
	/* One of another entry was there: that is why it does not tell of the one or the other. */
	bool is_touched;
};

struct snet__looks {
	struct snet__look *items; /* by entry, then time */
	size_t count;
};

/* @scenario: as for snet__receipts_make(). -ENOMEM */
int snet__looks_take(struct snet__looks *ret, const struct snet__history *history,
		     const struct snet__scenario *scenario);
void snet__looks_clear(struct snet__looks *looks);

#endif
