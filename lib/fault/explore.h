/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_EXPLORE_H
#define SNET_FAULT_EXPLORE_H

/* Looking for the faults that break what a scenario expects: every single one, then pairs, then sets
 * by chance. What is found is made as small as it goes, and becomes a scenario of its own. Each
 * attempt is a run in a lab of its own; many go on at the same time, as most of each is waiting. */

#include <snet/fault.h>

#include "fault/runner.h"
#include "fault/variant.h"

struct snet__trial {
	struct snet__json *timeline; /* an array */
	bool has_run;
	enum snet_verdict verdict;
	char *summary; /* of the first expectation that does not hold, or of what has failed */
};

/* Many at the same time. */
struct snet__trials {
	struct snet__trial *items;
	size_t count, cap;
};
void snet__trials_clear(struct snet__trials *trials);
/* Takes @timeline, also on failure; NULL is "memory was short". */
int snet__trials_add(struct snet__trials *trials, struct snet__json *timeline,
		     struct snet_err *err);

struct snet__explorer {
	struct snet__origin origin;
	uint64_t seed;
	unsigned int parallel;
	void (*progress)(void *user, const struct snet_explore_progress *progress);
	bool (*is_cancelled)(void *user);
	void *user;
	struct snet_explore_progress at;
};

/* Run those that have not. -EINTR, and what keeps a lab from coming up. Stops at the first violation
 * when @first_only. */
int snet__explorer_run(struct snet__explorer *explorer, struct snet__trials *trials,
		       bool first_only, struct snet_err *err);
/* As snet__runner_run(), but that one that was broken off has failed. */
int snet__explorer_carry_out(const struct snet__explorer *explorer,
			     const struct snet__scenario *scenario,
			     struct snet__outcome *outcome, struct snet_err *err);
/* Run one of @root, which may differ from the explorer's in more than its timeline. */
int snet__explorer_try(struct snet__explorer *explorer, const struct snet__json *root,
		       struct snet__trial *trial, struct snet_err *err);

/* shrink.c: the smallest scenario that still does not hold, of the one that @timeline makes; to be
 * freed. */
int snet__explorer_shrink(struct snet__explorer *explorer,
			  const struct snet__json *timeline, struct snet__json **ret,
			  struct snet_err *err);

#endif
