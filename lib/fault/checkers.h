/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_CHECKERS_H
#define SNET_FAULT_CHECKERS_H

/* What the files of the checkers share with verdict.c. */

#include "fault/verdict.h"

/* One more than the indices of snet__guarantees. */
enum snet__guarantee {
	SNET__GUARANTEE_NONE, /* not given */
	SNET__GUARANTEE_AT_MOST_ONCE,
	SNET__GUARANTEE_AT_LEAST_ONCE,
	SNET__GUARANTEE_EXACTLY_ONCE,
};

/* The members of an expectation that not all checkers have: all but "check" and "name". */
enum {
	SNET__HAS_NODES = 1 << 0,
	SNET__HAS_PHASE = 1 << 1,
	SNET__HAS_GUARANTEE = 1 << 2,
	SNET__HAS_WITHIN = 1 << 3,
	SNET__HAS_SHARE = 1 << 4,
	SNET__HAS_QUANTILE = 1 << 5,
	SNET__HAS_BELOW = 1 << 6,
	SNET__HAS_ORDERED = 1 << 7,
	SNET__HAS_EXPRESSION = 1 << 8,
	SNET__HAS_COMMAND = 1 << 9,
	SNET__HAS_CWD = 1 << 10,
};
/* Whether @expectation has all of @needed, and nothing beyond those and @allowed: 0, -EINVAL. */
int snet__expectation_need(const struct snet__expectation *expectation,
			   unsigned int needed, unsigned int allowed,
			   struct snet_err *err);

extern const struct snet__checker snet__check_delivery, snet__check_convergence,
	snet__check_latency, snet__check_availability, snet__check_expression,
	snet__check_command;

#endif
