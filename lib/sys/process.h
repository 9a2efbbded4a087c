/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_PROCESS_H
#define SNET_SYS_PROCESS_H

/* Child processes that die with the thread that started them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct snet__cgroup;

/* A program of ours in an open file that is no script. It joins its cgroup itself: of version 2 the
 * kernel moves a process only after all processors have passed a point of rest, 10 ms and more. */
struct snet__process_program {
	int fd;
	int report; /* its descriptor SNET__PROCESS_REPORT */
};
#define SNET__PROCESS_REPORT 4
/* Its first file of snet__cgroup_open(); there are SNET__CGROUP_COUNT, or less open. */
#define SNET__PROCESS_GROUPS 6

struct snet__process_opts {
	const char *const *argv; /* argv[0] is looked up in PATH when it has no '/' */
	const char *const *env;  /* NULL: the caller's */
	const char *cwd;         /* NULL: the caller's */
	int netns;               /* descriptor, -1: the caller's */
	int mntns;               /* descriptor, -1: the caller's */
	/* The child's descriptors 0 to 3; -1: /dev/null (0 to 2) or closed (3). Borrowed. */
	int stdio[4];
	uint64_t address_space_bytes;      /* RLIMIT_AS, 0: as it is */
	const struct snet__cgroup *cgroup; /* which the child joins, NULL: none */
	/* The child is process 1 of a PID namespace of its own: when it ends, the kernel kills
	 * all that it has started, also what has left its group and session. From the outside
	 * it is like any other. Inside, signals without a handler do nothing to it, so abort(3)
	 * ends it by another one than SIGABRT. */
	bool own_pids;
	/* A /proc that shows only those, in a mount namespace of its own, where the kernel lets
	 * this process mount one (not in a container that hides parts of /proc). */
	bool own_proc;
	/* NULL: argv[0], which otherwise is only its name. Borrowed. */
	const struct snet__process_program *program;
	const char *hidden; /* with own_proc: covered by an empty folder, or NULL */
	/* With own_proc: a folder that also stands at another one, or NULL. */
	const char *bound, *bound_at;
	bool passes_rights; /* see snet__userns_pass_rights() */
	bool outlives;      /* it is not killed when the thread that started it ends */
};

/* Start @opts. The child leads a session and so a process group of its own, has default signal
 * handling, no other descriptors, and is killed when this thread ends, if it does not outlive it.
 * @ret_pidfd becomes
 * readable when it has ended. -ENOENT, -EACCES, -ENOEXEC ... of execve(2) are reported here. */
int snet__process_start(pid_t *ret_pid, int *ret_pidfd,
			const struct snet__process_opts *opts, struct snet_err *err);
/* Why execve(2) of what @opts name has failed with @code, which tells of what a program needs with the
 * same words as of the program itself; returns that. */
int snet__process_explain(const struct snet__process_opts *opts, int code,
			  struct snet_err *err);
/* The first executable file called @name in PATH, to be freed. -ENOENT, -EACCES. */
int snet__process_find(char **ret, const char *name, struct snet_err *err);
/* Whether @name, which is in PATH or begins at @cwd, is an executable file. -ENOENT, -EACCES, others of
 * stat(2). */
int snet__process_check(const char *name, const char *cwd, struct snet_err *err);
/* An empty file in memory for a program. -EACCES where the kernel executes none. */
int snet__process_memory_file(int *ret_fd, const char *name, struct snet_err *err);
/* The same with a program in it. */
int snet__process_memory_program(int *ret_fd, const char *name, const void *program,
				 size_t size, struct snet_err *err);
/* What becomes readable when @pid, not only a child, has ended; or -1 with errno. */
int snet__process_open(pid_t pid);
/* Kill its whole group. */
void snet__process_kill(pid_t pid);
/* The first of a process's children that live, 0 for none. */
pid_t snet__process_find_child(pid_t pid);
/* Reap an ended child: waitpid(2)'s status. Waits if it has not ended. -ECHILD if it is none. */
int snet__process_reap(pid_t pid);

/* Let this process open @count files more than it may need by itself, by raising its soft
 * limit to the hard one if necessary. -EMFILE when that is lower. */
int snet__process_allow_files(size_t count, struct snet_err *err);

#endif
