/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MADE_RUN_H
#define TESTS_MADE_RUN_H

/* A run that never was: a history as one would be, of any size, with judgements made by hand. The
 * same options make the same run. */

#include "fault/report.h"

#define MADE_EXPECTATIONS 4

struct made_run_opts {
	size_t events;
	unsigned int seconds; /* of workload */
	bool is_violated; /* some events are lost, one is applied twice, a fault has no effect */
	bool has_faults;
	const char *
		name; /* of scenario, lab, nodes and faults, and in what is said; NULL: tame ones */
};

struct made_run {
	struct snet__history history;
	struct snet__expectation expectations[MADE_EXPECTATIONS];
	struct snet__judgement judgements[MADE_EXPECTATIONS];
	struct snet__json *machine, *calibration;
	struct snet__report report;
};

void made_run_init(struct made_run *run, const struct made_run_opts *opts);
void made_run_clear(struct made_run *run);

#endif
