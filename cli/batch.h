/* SPDX-License-Identifier: MIT */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

/* Runs of a scenario: what "snet run" and "snet replay" share. */

#include <pthread.h>
#include <stdint.h>

#include <snet/fault.h>

#include "cli/cmd.h"

#define REPEAT_MAX   100000
#define PARALLEL_MAX 64

/* Beside the usual ones. */
enum {
	EXIT_VIOLATED = 1,
	EXIT_UNTRUSTED = 3,
};

struct batch {
	const struct call *call; /* with the options "output" and "name" */
	struct snet_scenario *scenario;
	uint64_t seed;
	unsigned long repeat, parallel;

	/* batch.c's own. */
	const char *name;     /* of --name; NULL when absent */
	char *calibration;    /* of this machine; or NULL */
	char *folder;         /* of the run, or of all of them */
	bool is_new;          /* it was made for them */
	pthread_mutex_t lock; /* guards the rest */
	unsigned long next, ended;
	unsigned long verdicts[3];
	int failed; /* an error, and */
	struct snet_err err;
};

/* Run them all, print what comes of each, and return the exit code. Until all have ended, signals
 * are the batch's. */
int batch_run(struct batch *batch);

#endif
