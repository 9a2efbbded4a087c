/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_PROBES_H
#define SNET_FAULT_PROBES_H

/* Which paths are probed for the faults of a run, and that what is measured comes into its history. */

#include "fault/recorder.h"

struct snet__probes;

/* Of the scenario's faults, with the lab up. */
int snet__probes_new(struct snet__probes **ret, struct snet__recorder *recorder,
		     struct snet_err *err);
int snet__probes_start(struct snet__probes *probes, struct snet_err *err);
/* How long an answer is waited for at most. */
#define SNET__PROBES_TIMEOUT_NS (2 * SNET__NS_PER_S)
/* Whether each of them has had an answer to something that it has asked since; true for NULL. */
bool snet__probes_are_well(const struct snet__probes *probes, uint64_t since_ns);
/* How long behind the last fault they are needed; 0 for NULL. */
uint64_t snet__probes_settle_ns(const struct snet__probes *probes);
/* Accepts NULL. */
void snet__probes_free(struct snet__probes *probes);

#endif
