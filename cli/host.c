/* SPDX-License-Identifier: MIT */
/* A process that runs one lab. The signals that end it are blocked before the library makes
 * its first thread, so that all threads inherit that, and are taken by a thread that waits for
 * nothing else. The main thread waits until the lab is down, whoever ended it. */

#include "cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <snet/log.h>

#include "api/client.h"
#include "api/place.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/lab.h"
#include "cli/saved.h"

struct host {
	const struct host_opts *opts;
	bool background;
	struct snet_lab *lab;
	char *folder, *sock;
};

static void clear_host(struct host *host)
{
	snet_lab_free(host->lab);
	free(host->folder);
	free(host->sock);
}

static void write_log(void *user, enum snet_log_level level, const char *line)
{
	char time[SNET__CLOCK_TEXT_MAX];

	snet__clock_format(time, snet__clock_wall_ns());
	fprintf(stderr, "%s %s%s\n", time, level <= SNET_LOG_WARNING ? "warning: " : "",
		line);
}

/* Two labs of one name would share a store. What holds for good is the lock that the library
 * takes; this says it in words, and earlier. */
static int check_running(const struct host *host, struct snet_err *err)
{
	const char *name = snet_lab_name(host->lab);
	autojson *answer = NULL;
	double pid = 0;

	if (!lab_is_alive(host->sock))
		return 0;
	if (snet__client_call(&answer, host->sock, "GET", "/v1/lab", NULL, 2000, NULL) ==
	    0)
		pid = snet__json_number(snet__json_get(answer, "pid"), 0);
	return snet__err_set(err, -EADDRINUSE,
			     "lab '%s' is running already, as process %.0f; end it with "
			     "'snet down %s', or choose another name with --name",
			     name, pid, name);
}

static int open_log(const struct host *host, struct snet_err *err)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	autofree char *path = snet__text_format("%s/lab.log", host->folder);
	autoclose int fd = -1;

	if (!path)
		return snet__err_oom(err);
	fd = open(path, flags | (host->opts->resume ? 0 : O_TRUNC), 0600);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	return 0;
}

static int describe(struct host *host, struct snet_err *err)
{
	const struct host_opts *opts = host->opts;
	int r;

	r = snet_lab_load(&host->lab, opts->file, err);
	if (r < 0)
		return r;
	if (opts->name) {
		r = snet_lab_set_name(host->lab, opts->name, err);
		if (r < 0)
			return r;
	}
	r = snet__place_socket(&host->sock, snet_lab_name(host->lab), err);
	if (r < 0)
		return r;
	r = check_running(host, err);
	if (r < 0)
		return r;
	r = snet__place_state(&host->folder, snet_lab_name(host->lab), err);
	if (r < 0)
		return r;
	r = snet__place_make(host->folder, err);
	if (r < 0)
		return r;
	snet_lab_set_resume(host->lab, opts->resume);
	return snet_lab_set_folder(host->lab, host->folder, err);
}

static int bring_up(struct host *host, struct snet_err *err)
{
	int r;

	r = snet_init(err);
	if (r < 0)
		return r;
	r = describe(host, err);
	if (r < 0)
		return r;
	if (host->background) {
		r = open_log(host, err);
		if (r < 0)
			return r;
	}
	r = snet_lab_up(host->lab, err);
	if (r < 0)
		return r;
	return snet_lab_serve(host->lab, NULL, err);
}

static void ending_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGHUP);
}

static void *await_signal(void *user)
{
	sigset_t set;
	int signal;

	ending_signals(&set);
	(void)sigwait(&set, &signal); /* fails for an invalid set only */
	snet_lab_down(user);
	return NULL;
}

/* For "snet status --lab NAME" once the lab is down. That it fails must not end a lab. */
static void save_status(const struct host *host)
{
	autofree char *status = NULL;
	struct snet_err err = {0};

	if (snet__client_ask(&status, host->sock, "GET", "/v1/status", NULL, 10000,
			     &err) < 0 ||
	    saved_put_status(host->folder, status, &err) < 0)
		fprintf(stderr, "snet: %s\n", err.msg);
}

static int stay(struct host *host, struct snet_err *err)
{
	pthread_t waiter;
	int r;

	r = -pthread_create(&waiter, NULL, await_signal, host->lab);
	if (r < 0)
		return snet__err_sys(err, r, "cannot wait for signals");
	save_status(host);
	snet_lab_join(host->lab);
	/* Ended by "snet down", nobody has woken the waiter yet; a second signal is harmless. */
	(void)pthread_kill(waiter, SIGTERM);
	(void)pthread_join(waiter, NULL);
	return 0;
}

static void make_report(struct host_report *report, const struct host *host, int code,
			const struct snet_err *err)
{
	report->code = code;
	if (code < 0) {
		(void)snprintf(report->msg, sizeof(report->msg), "%s", err->msg);
		return;
	}
	(void)snprintf(report->name, sizeof(report->name), "%s",
		       snet_lab_name(host->lab));
	report->nodes = snet_lab_node_count(host->lab);
	report->links = snet_lab_link_count(host->lab);
}

int host_run(const struct host_opts *opts, bool background, host_report_fn report,
	     void *user)
{
	cleanup_with(clear_host) struct host host = {.opts = opts,
						     .background = background};
	struct host_report said = {0};
	struct snet_err err = {0};
	sigset_t set;
	int r;

	ending_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	snet_log_set(write_log, NULL, background ? SNET_LOG_INFO : SNET_LOG_WARNING);
	r = bring_up(&host, &err);
	make_report(&said, &host, r, &err);
	/* Nobody is there to hear of it: "snet up" was interrupted. */
	if (!report(user, &said) || r < 0)
		return r < 0 ? r : -EPIPE;
	return stay(&host, &err);
}

static bool write_report(void *user, const struct host_report *report)
{
	int fd = *(int *)user;
	bool good;

	/* Smaller than PIPE_BUF: written whole or not at all. */
	good = write(fd, report, sizeof(*report)) == (ssize_t)sizeof(*report);
	close(fd);
	return good;
}

/* Leave the terminal and all that was inherited but the pipe, which becomes descriptor 3, and
 * for the time being stdout and stderr. */
static int leave_terminal(int *pipe_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || setsid() < 0)
		return -errno;
	if (*pipe_fd != 3 && dup3(*pipe_fd, 3, O_CLOEXEC) < 0)
		return -errno;
	*pipe_fd = 3;
	return close_range(4, ~0u, 0) < 0 ? -errno : 0;
}

int host_start(int *ret_fd, const struct host_opts *opts, struct snet_err *err)
{
	autoclose int near = -1, far = -1;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	near = fds[0];
	far = fds[1];
	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return snet__err_sys(err, -errno, "cannot start the lab's process");
	if (pid == 0) {
		close(near);
		if (leave_terminal(&far) < 0)
			_exit(1);
		_exit(host_run(opts, true, write_report, &far) < 0);
	}
	*ret_fd = steal_fd(&near);
	return 0;
}
