/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_KEEPER_H
#define SNET_SYS_KEEPER_H

/* Programs that die with this process whatever they do.
 *
 * The kernel forgets that a process is to die with its parent when it becomes another user, as
 * services do. So a small program of ours, the keeper, stays between: it becomes nobody else, is
 * killed when the thread that started it ends, and as process 1 of a PID namespace takes all in
 * there with it. To a program it is what init is to others: signals have their usual effects,
 * and orphans are reaped. */

#include "sys/process.h"

/* What it reports of a program that has begun: above all that waitpid(2) gives. */
#define SNET__KEEPER_BEGUN (1 << 16)

/* As snet__process_start(), with own_pids. The process is the keeper, which passes signals on, and
 * whose child is the program. @ret_report is to be kept until it has ended, and closed. That the
 * program cannot be executed is not waited for: snet__keeper_wait() or its end tells. */
int snet__keeper_start(pid_t *ret_pid, int *ret_pidfd, int *ret_report,
		       const struct snet__process_opts *opts, struct snet_err *err);
/* Wait, as long as execve(2) takes, until the program has begun. -ENOEXEC, -EACCES ..., and
 * -ENOMEM when the keeper was killed before. At most once. */
int snet__keeper_wait(int report, const struct snet__process_opts *opts,
		      struct snet_err *err);
/* How the program ended, as of waitpid(2), once its keeper has ended with @status; or the negative
 * errno for which it could not begin. */
int snet__keeper_status(int report, int status);

#endif
