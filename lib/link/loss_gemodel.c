/* SPDX-License-Identifier: MIT */
/* A good and a bad state, each with its share of losses. As in netem, a packet is judged by the
 * state in which it comes, and the change of the state is for the next one.
 * Source: tc-netem(8), "loss gemodel". */

#include "link/loss.h"

/* In the order of loss_gemodel[] of the description. */
enum {
	TO_BAD,   /* p */
	TO_GOOD,  /* r */
	BAD_LOSS, /* 1-h */
	GOOD_LOSS /* 1-k */
};

static bool compile(struct snet__loss_rule *rule,
		    const struct snet_impairment *description)
{
	for (int i = 0; i < 4; i++)
		rule->share[i] = snet__chance_share(description->loss_gemodel[i]);
	return rule->share[GOOD_LOSS] || (rule->share[TO_BAD] && rule->share[BAD_LOSS]);
}

static bool loses(const struct snet__loss_rule *rule, struct snet__loss_state *state,
		  uint64_t number)
{
	bool was_bad = state->is_bad;

	if (snet__chance_hits(&state->chance, rule->share[was_bad ? TO_GOOD : TO_BAD], 0))
		state->is_bad = !was_bad;
	return snet__chance_hits(&state->chance,
				 rule->share[was_bad ? BAD_LOSS : GOOD_LOSS], 0);
}

const struct snet__loss_kind snet__loss_gemodel = {
	.name = "gemodel",
	.compile = compile,
	.loses = loses,
};
