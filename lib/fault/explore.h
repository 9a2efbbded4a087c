/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_EXPLORE_H
#define SNET_FAULT_EXPLORE_H

/* Looking for the faults that break what a scenario expects: every single one, then pairs, then sets
 * by chance. What is found is put into groups of what is alike; the first of each is made as small as
 * it goes, and becomes a scenario of its own. Each attempt is a run in a lab of its own; many go on
 * at the same time, as most of each is waiting. */

#include <snet/fault.h>

#include "fault/runner.h"
#include "fault/variant.h"

struct snet__trial {
	struct snet__json *timeline; /* an array */
	/* To be run instead of the origin with @timeline, or NULL; borrowed until the trials are
	 * cleared. It may differ in more than its timeline. */
	const struct snet__json *root;
	bool has_run;
	bool is_void; /* a fault of it had no effect: what it was to hit did not come, say */
	enum snet_verdict verdict;
	char *brief; /* of the first expectation that does not hold, or of what has failed */
	char *summary; /* the same with its first finding */
	/* What was violated, and by which faults: see groups.h. */
	size_t expectation; /* index; SIZE_MAX: a fault has failed */
	const char *what;   /* of its first finding, or NULL; static */
	char *faults;
	struct snet__json *kinds;
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
	void (*found)(void *user, const struct snet_explore_violation *violation);
	void (*progress)(void *user, const struct snet_explore_progress *progress);
	bool (*is_cancelled)(void *user);
	void *user;
	struct snet_explore_progress at;
};

/* Run all of them, or those before the first, in their order, that fails. -EINTR, and what keeps a lab
 * from coming up. */
int snet__explorer_run(struct snet__explorer *explorer, struct snet__trials *trials,
		       struct snet_err *err);
/* Run them until it is known which is the first, in their order, that is violated as @like was, or that
 * fails: those behind it are broken off, so that it does not depend on how long each takes. 1: there is
 * one; 0: none; and the codes of snet__explorer_run(). */
int snet__explorer_find(struct snet__explorer *explorer, struct snet__trials *trials,
			const struct snet__trial *like, size_t *ret,
			struct snet_err *err);
/* As snet__runner_run(), but that one that was broken off has failed. */
int snet__explorer_carry_out(const struct snet__runner_opts *opts,
			     const struct snet__scenario *scenario,
			     struct snet__outcome *outcome, struct snet_err *err);

/* shrink.c: the smallest scenario that is still violated as @trial was; to be freed. @budget: how many
 * reductions are tried; those that were are taken off it, and when there was one more to try
 * @ret_is_smallest is false. */
int snet__explorer_shrink(struct snet__explorer *explorer,
			  const struct snet__trial *trial, size_t *budget,
			  struct snet__json **ret, bool *ret_is_smallest,
			  struct snet_err *err);

#endif
