/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_RUN_H
#define SNET_LAB_RUN_H

/* What a running lab is told, for build.c, which connects it. */

#include "lab/lab.h"

void snet__run_on_turn(void *user);
/* Let devices register: now, or when the switches have settled. */
int snet__run_start_devices(struct snet__run *run, struct snet_err *err);
void snet__run_on_registered(void *user, struct snet_device *device);
void snet__run_on_emitted(void *user, struct snet_device *device, const char *id,
			  const char *data, uint64_t pressed_ns);
void snet__run_on_acknowledged(void *user, struct snet_device *device, const char *id);
void snet__run_on_refused(void *user, struct snet_device *device, const char *id,
			  const char *why);
void snet__run_on_dropped(void *user, struct snet_device *device, const char *id,
			  const char *why);
void snet__run_on_obeyed(void *user, struct snet_device *device, const char *id,
			 bool again);
void snet__run_on_noted(void *user, const char *id, const char *step);
/* An event stays open in the store, and nobody goes on with it. */
void snet__run_on_left(struct snet__run *run, const char *id, const char *why);
void snet__run_on_changed(void *user, struct snet_device *device);
/* The lab has changed. */
void snet__run_on_change(struct snet__run *run);
void snet__run_on_received(void *user, const char *event);
void snet__run_on_journaled(void *user, uint64_t seq, const char *event);
void snet__run_on_ended(void *user, const struct snet_trace *trace);
bool snet__run_knows(void *user, const char *relayer, const char *name);
/* @user: the node */
void snet__run_on_log(void *user, const char *function, const char *text);
void snet__run_on_line(void *user, const char *line);
void snet__run_on_program(void *user);
/* A program that was asked to end has, or was not waited for any longer. */
void snet__run_on_stopped(struct snet__run *run);

#endif
