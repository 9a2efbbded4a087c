/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RUNNER_H
#define SNET_FAULT_RUNNER_H

/* Carries out a scenario, once: brings its lab up, does what the schedule says, mends what was
 * broken, and waits for what is still under way. */

#include <snet/fault.h>

#include "fault/scenario.h"
#include "lab/calibration.h"

struct snet__runner_opts {
	uint64_t seed;
	const char *lab; /* its name; NULL: that of the file */
	/* What the machine achieves, with which the lab is compared; NULL: not known. */
	const struct snet__calibration *calibration;
	bool is_blind; /* no probes: nothing is asked but what the workload does */
	bool serves;   /* other processes may look at the lab: "snet watch" */
	void (*progress)(void *user, const struct snet_run_progress *progress);
	/* Asked about ten times a second: true ends the run early, with -EINTR. */
	bool (*is_cancelled)(void *user);
	void *user;
};

/* What a run has come to. */
struct snet__outcome {
	struct snet__history history;
	struct snet__judgement *judgements; /* of each expectation of the scenario */
	size_t count;
	enum snet_verdict verdict;
	char *reason; /* where no expectation says it; or NULL */
	char *slow;   /* why the machine was too slow for this; or NULL */
	/* Of snet__calibration_judge(), of the lab as it came up; NULL: not known. */
	struct snet__json *exceeded;
	/* The code of what has ended the run early, -EINTR say; its message is the reason. What had
	 * happened by then is in the history, and nothing can be said of it. */
	int broken_off;
};

/* 0 also when it was broken off, but for what came before the run's time began. */
int snet__runner_run(struct snet__outcome *ret, const struct snet__scenario *scenario,
		     const struct snet__runner_opts *opts, struct snet_err *err);
/* Judge what has happened. @folder: where its history.jsonl is, for checks that run a command; NULL:
 * nowhere. */
int snet__runner_judge(struct snet__outcome *outcome,
		       const struct snet__scenario *scenario, const char *folder,
		       struct snet_err *err);
void snet__outcome_clear(struct snet__outcome *outcome);

#endif
