/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RUNNER_H
#define SNET_FAULT_RUNNER_H

/* Carries out a scenario, once: brings its lab up, does what the schedule says, mends what was
 * broken, and waits for what is still under way. */

#include <snet/fault.h>

#include "fault/outcome.h"
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

/* 0 also when it was broken off, but for what came before the run's time began. */
int snet__runner_run(struct snet__outcome *ret, const struct snet__scenario *scenario,
		     const struct snet__runner_opts *opts, struct snet_err *err);

#endif
