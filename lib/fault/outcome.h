/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_OUTCOME_H
#define SNET_FAULT_OUTCOME_H

/* What a run has come to, and its verdict. */

#include "fault/history.h"
#include "fault/scenario.h"
#include "io/json.h"

struct snet__outcome {
	struct snet__history history;
	struct snet__judgement *judgements; /* of each expectation of the scenario */
	size_t count;
	enum snet_verdict verdict;
	char *reason; /* where no expectation says it; or NULL */
	char *slow;   /* why the machine was too slow for this; or NULL */
	/* How many events had come to the scenario's "until", when they were too few; or NULL. */
	char *unreached;
	/* Of snet__calibration_judge(), of the lab as it came up; NULL: not known. */
	struct snet__json *exceeded;
	/* The code of what has ended the run early, -EINTR say; its message is the reason. What had
	 * happened by then is in the history, and nothing can be said of it. */
	int broken_off;
};

/* Judge what has happened. A run that is cancelled while it is judged is broken off as well, and that
 * is no failure. */
int snet__outcome_judge(struct snet__outcome *outcome,
			const struct snet__scenario *scenario,
			const struct snet__check_opts *opts, struct snet_err *err);
void snet__outcome_clear(struct snet__outcome *outcome);

#endif
