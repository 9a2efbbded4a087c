/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_REPLAY_H
#define SNET_FAULT_REPLAY_H

/* A run that has ended, as a scenario that does the same again: the presses of its history at the
 * times when they were planned, and its faults as well, whatever these had waited for. As the seed
 * is the same too, whatever else is random is what it was. */

#include "fault/scenario.h"

/* @folder: of the run. -ENOENT ..., -EINVAL (no run, or none that can be run any more), -ENOMEM. */
int snet__replay_load(struct snet__scenario *ret, const char *folder,
		      struct snet_err *err);

#endif
