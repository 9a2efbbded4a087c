/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_LATENESS_H
#define SNET_FAULT_LATENESS_H

/* Whether what a run does was done in time, and if not, what it waited for: one thing is done behind
 * the other, so that a fault which takes long to begin makes those behind it late. */

#include "fault/schedule.h"

struct snet__deed_time {
	const struct snet__scenario *scenario; /* NULL: there was none */
	enum snet__deed deed;
	uint32_t index;
	uint64_t ns;
};

/* Zeroed is that of a run that has done nothing. */
struct snet__lateness {
	size_t done, late;
	struct snet__deed_time worst;   /* how late it began */
	struct snet__deed_time longest; /* how long it took */
};

/* @action was done from @begun_ns to @ended_ns. */
void snet__lateness_add(struct snet__lateness *lateness,
			const struct snet__scenario *scenario,
			const struct snet__action *action, uint64_t begun_ns,
			uint64_t ended_ns);
/* What is wrong, to be freed; NULL when enough was in time, or memory is short. */
char *snet__lateness_format(const struct snet__lateness *lateness);

#endif
