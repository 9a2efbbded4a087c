/* SPDX-License-Identifier: MIT */
/* The keeper is a part of this library and executed from memory: it need not be found. */

#include "sys/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Made of keeper_main.c by the build. */
extern const unsigned char snet__keeper_program[];
extern const size_t snet__keeper_program_size;

/* One number; false when the keeper has ended without. */
static bool hear(int report, int *ret)
{
	ssize_t n;

	do
		n = read(report, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*ret);
}

/* @ends: of a pipe for its report. */
static int start(pid_t *ret_pid, int *ret_pidfd, const int ends[2],
		 const struct snet__process_opts *opts, struct snet_err *err)
{
	struct snet__process_opts own = *opts;
	autofree const char **argv = NULL;
	autofree char *found = NULL;
	autoclose int fd = -1;
	struct snet__process_program program = {.report = ends[1]};
	size_t count = 1; /* its name at least */
	int r;

	while (opts->argv[count])
		count++;
	argv = calloc(count + 3, sizeof(*argv));
	if (!argv)
		return snet__err_oom(err);
	if (!strchr(opts->argv[0], '/')) {
		r = snet__process_find(&found, opts->argv[0], err);
		if (r < 0)
			return r;
	}
	r = snet__process_memory_program(&fd, "snet-keeper", snet__keeper_program,
					 snet__keeper_program_size, err);
	if (r < 0)
		return r;
	program.fd = fd;
	argv[0] = "snet-keeper";
	argv[1] = found ? found : opts->argv[0];
	memcpy(argv + 2, opts->argv, count * sizeof(*argv));
	own.argv = argv;
	own.program = &program;
	own.own_pids = true;
	return snet__process_start(ret_pid, ret_pidfd, &own, err);
}

int snet__keeper_start(pid_t *ret_pid, int *ret_pidfd, int *ret_report,
		       const struct snet__process_opts *opts, struct snet_err *err)
{
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	r = start(ret_pid, ret_pidfd, ends, opts, err);
	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	*ret_report = ends[0];
	return 0;
}

int snet__keeper_wait(int report, const struct snet__process_opts *opts,
		      struct snet_err *err)
{
	int said;

	if (!hear(report, &said))
		return snet__err_set(err, -ENOMEM,
				     "cannot start '%s': killed before it began (is its "
				     "memory enough?)",
				     opts->argv[0]);
	return said < 0 ? snet__process_explain(opts, said, err) : 0;
}

int snet__keeper_status(int report, int status)
{
	int said;

	/* A keeper that was killed itself has said no more than that it began. */
	while (hear(report, &said))
		if (said != SNET__KEEPER_BEGUN)
			status = said;
	return status;
}
