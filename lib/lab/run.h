/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_RUN_H
#define SNET_LAB_RUN_H

/* What a running lab is told, for build.c, which connects it. */

#include "lab/lab.h"

void snet__run_on_turn(void *user);
void snet__run_on_registered(void *user, struct snet_device *device);
void snet__run_on_acknowledged(void *user, struct snet_device *device, const char *id);
void snet__run_on_dropped(void *user, struct snet_device *device, const char *id,
			  const char *why);
void snet__run_on_changed(void *user, struct snet_device *device);
void snet__run_on_journaled(void *user, uint64_t seq, const char *event);
void snet__run_on_ended(void *user, const struct snet_trace *trace);
bool snet__run_knows(void *user, const char *relayer, const char *name);
/* @user: the node */
void snet__run_on_log(void *user, const char *function, const char *text);

#endif
