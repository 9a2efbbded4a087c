/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_SCHEDULE_H
#define SNET_FAULT_SCHEDULE_H

/* What is done when: a scenario and a seed, and nothing else, decide it. The same two give the same
 * schedule, on every machine. What begins when something has happened is added as that happens. */

#include "fault/scenario.h"

/* More presses than these are refused. */
#define SNET__PRESSES_MAX       20000000
#define SNET__FAULT_ACTIONS_MAX 20000

enum snet__deed {
	SNET__DEED_PRESS,
	SNET__DEED_BEGIN,
	SNET__DEED_OFF, /* a flap: the fault is away for a while, */
	SNET__DEED_ON,  /* and back */
	SNET__DEED_END,
};

struct snet__action {
	uint64_t at_ns; /* since the run began */
	uint32_t order; /* of those at the same time: in which they were planned */
	enum snet__deed deed;
	uint32_t index; /* press: the node in the model; else the fault in the scenario */
	uint32_t occurrence; /* of the fault */
	const char *data;    /* press: JSON, or NULL; the schedule's */
};

struct snet__schedule {
	struct snet__action *actions; /* by time */
	size_t count, cap;
	size_t fault_actions; /* of these, all but presses */
	char **texts;         /* what actions point to */
	size_t text_count, text_cap;
};

/* @seed: the scenario's, or another one. -EINVAL (a recorded run does not fit the lab), -E2BIG,
 * -ENOMEM, and those of reading a recorded run. What was made of it is to be cleared in any case. */
int snet__schedule_plan(struct snet__schedule *schedule,
			const struct snet__scenario *scenario, uint64_t seed,
			struct snet_err *err);
/* Whether it can be planned, with its own seed: what cannot is added to @problems, with its place.
 * What it leaves out becomes @scenario's warnings. -EINVAL, -ENOMEM. */
int snet__schedule_check(struct snet__scenario *scenario, struct snet__problems *problems,
			 struct snet_err *err);
/* @fault begins at @at_ns, and those that wait for it follow: into their places. Returns -ENOMEM. */
int snet__schedule_add_fault(struct snet__schedule *schedule,
			     const struct snet__scenario *scenario, size_t fault,
			     uint64_t at_ns, struct snet_err *err);
void snet__schedule_clear(struct snet__schedule *schedule);

#endif
