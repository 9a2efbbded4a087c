/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_SWEEPER_H
#define SNET_SYS_SWEEPER_H

/* Who removes what a lab leaves whose process is killed.
 *
 * Namespaces, interfaces and processes go with the lab's process; its socket, its cgroups and some
 * of its files do not. So a small process of ours, the sweeper, holds the other end of a connection
 * that only the lab's process has, and when that closes removes them: what is no more the lab's by
 * then, since the next one of its name was quicker, it leaves alone. It is told by locks: the one
 * of the lab's folder, without which it touches neither files nor the socket, and those of the
 * cgroups. It is in a session of its own, holds nothing of the lab but the namespace by which it knows
 * what was started in its nodes, and is stopped by a lab that ends in good order. */

#include "base/err.h"

struct snet__sweeper;

struct snet__sweeper_opts {
	const char *name;   /* of the lab */
	const char *folder; /* its folder */
	const char *lock; /* in it: the file that a living lab has locked, by flock(2) */
	/* What of the folder goes, as fnmatch(3) has it; NULL-terminated. */
	const char *const *patterns;
	/* What else does, until snet__sweeper_set_up(); NULL for nothing. */
	const char *const *early_patterns;
};

int snet__sweeper_start(struct snet__sweeper **ret, const struct snet__sweeper_opts *opts,
			struct snet_err *err);
/* Where the lab's socket will be, and where before that. @sweeper: NULL does nothing. */
void snet__sweeper_set_sockets(struct snet__sweeper *sweeper, const char *path,
			       const char *early);
/* The mount namespace that nodes have; it is not kept. @sweeper: NULL does nothing. */
void snet__sweeper_set_mntns(struct snet__sweeper *sweeper, int mntns);
/* The lab is up: from now on its state is somebody's. @sweeper: NULL does nothing. */
void snet__sweeper_set_up(struct snet__sweeper *sweeper);
/* There is nothing to sweep any more. Accepts NULL. */
void snet__sweeper_stop(struct snet__sweeper *sweeper);

#endif
