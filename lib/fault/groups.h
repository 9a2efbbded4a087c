/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_GROUPS_H
#define SNET_FAULT_GROUPS_H

/* Violations that are alike, most likely by one mistake of what is tested: of the same expectation, in
 * the same way, by faults of the same kinds at the same steps of an event's way. */

#include "fault/explore.h"

/* Say which faults there are in @scenario, of which @trial was a run, and of which kinds. -ENOMEM. */
int snet__trial_name_faults(struct snet__trial *trial,
			    const struct snet__scenario *scenario, struct snet_err *err);
/* Whether both violate the same expectation in the same way, by whatever faults. */
bool snet__trial_is_violated_as(const struct snet__trial *trial,
				const struct snet__trial *other);

struct snet__group {
	/* Borrowed until the groups are cleared. */
	const struct snet__trial *first;
	const struct snet__trial **others;
	size_t other_count, other_cap;
	struct snet__json *root; /* a scenario that shows it, once there is one */
	bool is_smallest;        /* nothing can be taken away from that */
	char *scenario;          /* its text, as people write it */
};

struct snet__groups {
	struct snet__group *items;
	size_t count, cap;
};
void snet__groups_clear(struct snet__groups *groups);
/* Into the first group all of whose kinds of fault it has, or one of its own. -ENOMEM. */
int snet__groups_add(struct snet__groups *groups, const struct snet__trial *trial,
		     struct snet_err *err);
/* That of @index, which is shown by the same scenario as an earlier one, becomes a part of that: true if
 * there is such a one. -ENOMEM. */
int snet__groups_merge(struct snet__groups *groups, size_t index, struct snet_err *err);
/* An array. */
struct snet__json *snet__groups_json(const struct snet__groups *groups);

#endif
