/* SPDX-License-Identifier: MIT */
/* Controlled delay: when all packets of an interval have waited longer than the target, some are
 * lost, ever more often until the wait is below it.
 * Source: RFC 8289 section 5, here for one packet at a time. */

#include <math.h>

#include "link/queue.h"

/* What was learnt about the number of drops is kept for so many intervals. */
#define MEMORY_INTERVALS 16

static uint64_t next_drop(const struct snet__queue_rule *rule,
			  const struct snet__queue_state *state, uint64_t from_ns)
{
	return from_ns + (uint64_t)((double)rule->interval_ns / sqrt(state->count));
}

/* Has the wait been above the target for an interval? What is left of a short queue is not. */
static bool is_above(const struct snet__queue_rule *rule, struct snet__queue_state *state,
		     const struct snet__queue_head *head)
{
	if (head->waited_ns < rule->target_ns ||
	    head->behind_bytes <= head->largest_bytes) {
		state->first_above_ns = 0;
		return false;
	}
	if (!state->first_above_ns) {
		state->first_above_ns = head->now_ns + rule->interval_ns;
		return false;
	}
	return head->now_ns >= state->first_above_ns;
}

static void begin_dropping(const struct snet__queue_rule *rule,
			   struct snet__queue_state *state, uint64_t now_ns)
{
	uint32_t delta = state->count - state->last_count;

	state->is_dropping = true;
	state->count = 1;
	if (delta > 1 &&
	    now_ns < state->drop_next_ns + MEMORY_INTERVALS * rule->interval_ns)
		state->count = delta;
	state->drop_next_ns = next_drop(rule, state, now_ns);
	state->last_count = state->count;
	state->has_dropped = false;
}

static bool judge(const struct snet__queue_rule *rule, struct snet__queue_state *state,
		  const struct snet__queue_head *head)
{
	if (!is_above(rule, state, head)) {
		state->is_dropping = false;
		return false;
	}
	if (!state->is_dropping) {
		begin_dropping(rule, state, head->now_ns);
		return true;
	}
	if (state->has_dropped)
		state->drop_next_ns = next_drop(rule, state, state->drop_next_ns);
	state->has_dropped = head->now_ns >= state->drop_next_ns;
	state->count += state->has_dropped;
	return state->has_dropped;
}

const struct snet__queue_kind snet__queue_codel = {
	.name = "codel",
	.judge = judge,
};
