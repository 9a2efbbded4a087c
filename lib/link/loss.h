/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_LOSS_H
#define SNET_LINK_LOSS_H

#include <snet/link.h>

#include "link/chance.h"

/* A loss model and its numbers, made of a description and constant from then on. */
struct snet__loss_rule {
	const struct snet__loss_kind *kind; /* NULL: nothing is lost */
	uint32_t share[5];
	uint32_t correlation; /* of shares; also of a trace's, whatever @kind is */
	uint32_t nth;
};

/* Where the models are in their run over the packets. They go on when the rule changes. */
struct snet__loss_state {
	struct snet__chance chance;
	unsigned int markov; /* of the four-state model */
	bool is_bad;         /* of Gilbert-Elliott */
};

struct snet__loss_kind {
	const char *name;
	/* Fill the kind's numbers in, all shares being within 0 and 1; false: nothing is lost. */
	bool (*compile)(struct snet__loss_rule *rule,
			const struct snet_impairment *description);
	/* Is packet @number, of 1, 2, 3 ..., lost? Called once for each. */
	bool (*loses)(const struct snet__loss_rule *rule, struct snet__loss_state *state,
		      uint64_t number);
};

extern const struct snet__loss_kind snet__loss_random;
extern const struct snet__loss_kind snet__loss_nth;
extern const struct snet__loss_kind snet__loss_state;
extern const struct snet__loss_kind snet__loss_gemodel;

/* -ERANGE when a number is none of a share, -EINVAL for an unknown model. */
int snet__loss_compile(struct snet__loss_rule *ret,
		       const struct snet_impairment *description, struct snet_err *err);

#endif
