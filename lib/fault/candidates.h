/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_CANDIDATES_H
#define SNET_FAULT_CANDIDATES_H

/* Which single faults are worth trying in a scenario: by what has happened when it ran without any.
 * Each message and each acknowledgement is lost once, each call of a function is refused, lost, and
 * answered wrongly in each way, and what lives in a node is killed at each step of an event's way. */

#include "fault/scenario.h"
#include "io/json.h"

/* What is not tried, as there is too much of it: packets behind the first of a link and direction,
 * calls behind the first, and kills at events behind the first that came to a step. */
struct snet__left_out {
	size_t packets, calls, kills;
};

/* So many are tried of each kind at most: a scenario that is searched is a short one. */
#define SNET__CANDIDATE_PACKETS 24
#define SNET__CANDIDATE_CALLS   4
#define SNET__CANDIDATE_EVENTS  4

/* The end of @link that is no relayer and whose messages are lost; NULL: it has none. */
const struct snet__model_node *snet__candidates_end(const struct snet__model_link *link);
/* A timeline that breaks nothing and counts what could be broken: an array; NULL when memory is short. */
struct snet__json *snet__candidates_count(const struct snet__model *model);
/* All single faults, an array of entries for a timeline, by the history of a run with that one. */
struct snet__json *snet__candidates_find(const struct snet__scenario *scenario,
					 const struct snet__history *history,
					 struct snet__left_out *ret_left_out);

#endif
