/* SPDX-License-Identifier: MIT */
/* Every n-th packet is lost: no chance in it. */

#include "link/loss.h"

static bool compile(struct snet__loss_rule *rule,
		    const struct snet_impairment *description)
{
	rule->nth = description->loss_nth;
	return rule->nth;
}

static bool loses(const struct snet__loss_rule *rule, struct snet__loss_state *state,
		  uint64_t number)
{
	return number % rule->nth == 0;
}

const struct snet__loss_kind snet__loss_nth = {
	.name = "nth",
	.compile = compile,
	.loses = loses,
};
