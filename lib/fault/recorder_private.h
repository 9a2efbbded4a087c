/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RECORDER_PRIVATE_H
#define SNET_FAULT_RECORDER_PRIVATE_H

/* The lab's thread's part of a recorder, for the other one; see snet__lab_call(). */

#include "fault/recorder.h"

extern const struct snet__observer snet__recorder_observer;

/* @recorder */
int snet__recorder_observe(void *recorder, struct snet_err *err);
int snet__recorder_unobserve(void *recorder, struct snet_err *err);

struct snet__recorder_press {
	struct snet__recorder *recorder;
	const struct snet__action *action;
	uint64_t at_ns;
};
/* @press: its device's own errors */
int snet__recorder_do_press(void *press, struct snet_err *err);

#endif
