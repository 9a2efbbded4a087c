/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_CGROUP_PRIVATE_H
#define SNET_SYS_CGROUP_PRIVATE_H

/* What cgroup.c, which makes groups, and cgroup_sweep.c, which finds those that nobody has any more,
 * share. */

#include "sys/cgroup.h"

#define SNET__CGROUP_PREFIX "snet-"
#define SNET__CGROUP_MEMORY 0
#define SNET__CGROUP_CPU    1

/* The files of one controller in one version. */
struct snet__cgroup_control {
	bool is_v2;
	const char *limit, *swap_limit;
	const char *events; /* has a line "oom_kill N" */
};

/* A resource that can be limited. */
struct snet__cgroup_resource {
	const char *controller;
	const char *what; /* in messages */
	struct snet__cgroup_control controls[2];
};

extern const struct snet__cgroup_resource snet__cgroup_resources[SNET__CGROUP_COUNT];

/* Our own group in the hierarchy of a controller, NULL for version 2; to be freed, NULL: there is none. */
char *snet__cgroup_find_own(const char *controller);
/* Remove groups below a folder that nobody has any more. */
void snet__cgroup_sweep_below(const char *parent);

#endif
