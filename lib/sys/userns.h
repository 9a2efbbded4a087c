/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_USERNS_H
#define SNET_SYS_USERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Move the process (one thread) into a user and a mount namespace of its own, ids unchanged.
 * -EPERM names the setting that forbids it. */
int snet__userns_enter(struct snet_err *err);
/* Why no namespace of @kind, "net", "mnt" or "pid", could be made, which is @code: the setting that
 * has a limit of them is named. Returns @code. */
int snet__userns_explain(int code, const char *kind, struct snet_err *err);
/* Whether the calling thread may make namespaces: CAP_SYS_ADMIN and CAP_NET_ADMIN. */
bool snet__userns_is_privileged(void);
/* What the calling thread executes next has its rights over its network even when it is not root:
 * to set it up, to have raw and packet sockets, and ports below 1024. No others, and nothing outside
 * of a user namespace. Async-signal-safe. */
void snet__userns_pass_rights(void);

/* One line of what this machine can do. */
struct snet__finding {
	enum snet__finding_level {
		SNET__FINDING_OK,
		SNET__FINDING_NOTE,    /* something optional is missing */
		SNET__FINDING_PROBLEM, /* libsnet cannot work */
	} level;
	const char *what; /* static: "network namespaces" */
	char found[200];  /* "yes, through a user namespace" */
	char remedy[200]; /* "" or what to do about it */
};
/* Look at the machine, trying things in a child process; fills at most @max, returns how many. */
size_t snet__machine_check(struct snet__finding *findings, size_t max);

#endif
