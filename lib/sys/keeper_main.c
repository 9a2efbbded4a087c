/* SPDX-License-Identifier: MIT */
/* Process 1 of a program's PID namespace, see keeper.h: starts the program, gives it the signals
 * that it gets, reaps what is left to it, and ends with the program.
 *
 * keeper PATH ARGV0 [ARG ...]; on descriptor 4 it reports numbers: the negative errno for which the
 * program could not be started, or that it has begun and then the status of its end. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/cgroup.h"
#include "sys/keeper.h"

static void report(int number)
{
	/* Nobody may be there to hear it any more; then this ends at once as well. */
	(void)!write(SNET__PROCESS_REPORT, &number, sizeof(number));
}

static void end_with(int status)
{
	report(status);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void reap(pid_t program)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program)
			end_with(status);
}

/* 0, or why not. */
static int join_groups(void)
{
	for (int i = 0; i < SNET__CGROUP_COUNT; i++) {
		if (write(SNET__PROCESS_GROUPS + i, "0", 1) != 1 && errno != EBADF)
			return errno;
		(void)close(SNET__PROCESS_GROUPS + i); /* not all need be open */
	}
	return 0;
}

/* 0, or why not. Nothing is blocked in it. */
static int start(pid_t *ret, char **argv)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	(void)sigemptyset(&none);
	r = posix_spawnattr_init(&attributes);
	if (r)
		return r;
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	r = posix_spawn(ret, argv[1], NULL, &attributes, argv + 2, environ);
	(void)posix_spawnattr_destroy(&attributes);
	return r;
}

int main(int argc, char **argv)
{
	pid_t program = 0;
	int failed, signal;
	sigset_t all;

	if (argc < 3)
		return 127;
	(void)prctl(PR_SET_NAME, "snet-keeper");
	(void)fcntl(SNET__PROCESS_REPORT, F_SETFD, FD_CLOEXEC);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	failed = join_groups();
	if (!failed)
		failed = start(&program, argv);
	report(failed ? -failed : SNET__KEEPER_BEGUN);
	if (failed)
		return 127;
	/* So that the other ends of its pipes learn when the program closes them. */
	for (int fd = 0; fd < SNET__PROCESS_REPORT; fd++)
		(void)close(fd); /* not all need be open */

	for (;;) {
		if (sigwait(&all, &signal) != 0)
			continue;
		if (signal == SIGCHLD)
			reap(program);
		else
			(void)kill(program, signal); /* it has ended, or will hear */
	}
}
