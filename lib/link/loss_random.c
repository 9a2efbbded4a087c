/* SPDX-License-Identifier: MIT */
/* Each packet is lost with the same probability, or, with a correlation, with the last one.
 * Source: tc-netem(8), "loss random". */

#include "link/loss.h"

static bool compile(struct snet__loss_rule *rule,
		    const struct snet_impairment *description)
{
	rule->share[0] = snet__chance_share(description->loss);
	return rule->share[0];
}

static bool loses(const struct snet__loss_rule *rule, struct snet__loss_state *state,
		  uint64_t number)
{
	return snet__chance_hits(&state->chance, rule->share[0], rule->correlation);
}

const struct snet__loss_kind snet__loss_random = {
	.name = "random",
	.compile = compile,
	.loses = loses,
};
