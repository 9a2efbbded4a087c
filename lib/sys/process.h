/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_PROCESS_H
#define SNET_SYS_PROCESS_H

/* Child processes that die with the thread that started them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct snet__process_opts {
	const char *const *argv; /* argv[0] is looked up in PATH when it has no '/' */
	const char *const *env;  /* NULL: the caller's */
	const char *cwd;         /* NULL: the caller's */
	int netns;               /* descriptor, -1: the caller's */
	int mntns;               /* descriptor, -1: the caller's */
	/* The child's descriptors 0 to 3; -1: /dev/null (0 to 2) or closed (3). Borrowed. */
	int stdio[4];
	uint64_t address_space_bytes; /* RLIMIT_AS, 0: as it is */
	int cgroup_procs; /* an open cgroup.procs that the child joins first, -1: none */
	/* The child is process 1 of a PID namespace of its own: when it ends, the kernel kills
	 * all that it has started, also what has left its group and session. From the outside
	 * it is like any other. Inside, signals without a handler do nothing to it, so abort(3)
	 * ends it by another one than SIGABRT; /proc stays the caller's. */
	bool own_pids;
};

/* Start @opts. The child leads a session and so a process group of its own, has default signal
 * handling, no other descriptors, and is killed when this thread ends. @ret_pidfd becomes
 * readable when it has ended. -ENOENT, -EACCES, -ENOEXEC ... of execve(2) are reported here. */
int snet__process_start(pid_t *ret_pid, int *ret_pidfd,
			const struct snet__process_opts *opts, struct snet_err *err);
/* Kill its whole group. */
void snet__process_kill(pid_t pid);
/* Reap an ended child: waitpid(2)'s status. Waits if it has not ended. -ECHILD if it is none. */
int snet__process_reap(pid_t pid);

/* Let this process open @count files more than it may need by itself, by raising its soft
 * limit as far as necessary. -EMFILE when the hard limit is lower. */
int snet__process_allow_files(size_t count, struct snet_err *err);

#endif
