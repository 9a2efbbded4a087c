/* SPDX-License-Identifier: MIT */
/* Four states, as in netem: packets arrive in GAP and lose single ones in ISOLATED; in a burst
 * they are lost in LOST and get through in BETWEEN. A packet is lost when it enters one of the
 * losing states. After an isolated loss the next packet always arrives.
 * Source: tc-netem(8), "loss state"; S. Salsano et al., "Definition of a general and intuitive
 * loss model for packet networks and its implementation in the Netem module", 2009. */

#include "link/loss.h"

/* In the order of loss_state[] of the description. */
enum {
	P13, /* GAP to LOST */
	P31, /* LOST to GAP */
	P32, /* LOST to BETWEEN */
	P23, /* BETWEEN to LOST */
	P14, /* GAP to ISOLATED */
};

enum state {
	GAP, /* the first, in which every stream begins */
	BETWEEN,
	LOST,
	ISOLATED,
};

static bool compile(struct snet__loss_rule *rule,
		    const struct snet_impairment *description)
{
	for (int i = 0; i < 5; i++)
		rule->share[i] = snet__chance_share(description->loss_state[i]);
	return rule->share[P13] || rule->share[P14];
}

static enum state from_gap(const uint32_t *share, uint64_t number)
{
	if (number < share[P14])
		return ISOLATED;
	return number < (uint64_t)share[P14] + share[P13] ? LOST : GAP;
}

static enum state from_lost(const uint32_t *share, uint64_t number)
{
	if (number < share[P32])
		return BETWEEN;
	return number < (uint64_t)share[P32] + share[P31] ? GAP : LOST;
}

static bool loses(const struct snet__loss_rule *rule, struct snet__loss_state *state,
		  uint64_t number)
{
	uint32_t random = snet__chance_next(&state->chance, 0);

	switch ((enum state)state->markov) {
	case GAP:
		state->markov = from_gap(rule->share, random);
		break;
	case BETWEEN:
		state->markov = random < rule->share[P23] ? LOST : BETWEEN;
		break;
	case LOST:
		state->markov = from_lost(rule->share, random);
		break;
	case ISOLATED:
		state->markov = GAP;
		break;
	}
	return state->markov == LOST || state->markov == ISOLATED;
}

const struct snet__loss_kind snet__loss_state = {
	.name = "state",
	.compile = compile,
	.loses = loses,
};
