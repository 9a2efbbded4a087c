/* SPDX-License-Identifier: MIT */
#ifndef CLI_HOST_H
#define CLI_HOST_H

/* The process that runs a lab: this one (foreground) or one in the background. */

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include <snet/lab.h>

struct host_opts {
	const char *file;      /* its name in messages */
	const char *text;      /* what is in it */
	const char *folder;    /* that it is in */
	const char *name;      /* instead of the one that the file gives; NULL */
	const char *otherwise; /* if it gives none */
	bool resume;
};

/* What became of bringing a lab up. @code is 0, and @msg a warning or empty; or a negative errno
 * that @msg explains. */
struct host_report {
	int code;
	char name[SNET_NAME_MAX + 1];
	unsigned long nodes, links;
	char msg[SNET_ERR_MAX];
	char limits[SNET_ERR_MAX]; /* another warning, or empty */
};

/* Bring a lab up in this process and stay until it is down: by "snet down", SIGINT or SIGTERM.
 * @report is called once, when it is up or has failed; when it returns false, the lab goes
 * down again. A signal before that ends the process. Returns 0 or a negative errno. */
typedef bool (*host_report_fn)(void *user, const struct host_report *report);
int host_run(const struct host_opts *opts, host_report_fn report, void *user);

/* The same in a new process without a terminal; returns the end of a pipe on which its report
 * comes. If that end is closed before, the process ends. The log goes to lab.log in the lab's
 * state folder, and so do stdout and stderr. */
int host_start(int *ret_fd, pid_t *ret_pid, const struct host_opts *opts,
	       struct snet_err *err);

/* The signals that end a lab in good order. */
void host_signals(sigset_t *set);

#endif
