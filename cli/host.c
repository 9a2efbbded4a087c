/* SPDX-License-Identifier: MIT */
/* A process that runs one lab. The signals that end it are blocked before the library makes
 * its first thread, so that all threads inherit that, and are taken by a thread that waits for
 * nothing else. Until the lab is up that thread ends the process as it is, which is all it
 * takes: what the kernel has of a lab goes with it, and the sweeper removes a state that is new. The
 * main thread waits until somebody wants its end, and takes it down. */

#include "cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <snet/log.h>

#include "api/client.h"
#include "api/place.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/lab.h"
#include "cli/saved.h"
#include "lab/lab.h"
#include "lab/limits.h"
#include "lab/ready.h"

enum phase {
	STARTING,
	UP,
	FAILED,
};

struct host {
	const struct host_opts *opts;
	bool background;
	int parent; /* a pipe whose other end closes when nobody wants the lab any more; or -1 */
	int signals;
	struct snet_lab *lab;
	char *folder, *sock;
	bool has_folders, is_new_folder;
	pthread_mutex_t at_folders; /* while they are made, and the log */
	char *new_log; /* the log's name until the lab is up, NULL when it has its own */
	pthread_t waiter;
	bool has_waiter;
	atomic_int phase;
};

#define LOG_FILE "lab.log"
/* A resumed lab goes on with a log that is smaller. */
#define LOG_MAX (16ll << 20)
/* How often the folder may be removed before there is a log in it. */
#define FOLDER_ROUNDS 10

/* It may not have been woken yet: the lab was ended by "snet down", or has not come up. */
static void end_waiter(struct host *host)
{
	if (!host->has_waiter)
		return;
	(void)pthread_kill(host->waiter, SIGTERM);
	(void)pthread_join(host->waiter, NULL);
}

static void clear_host(struct host *host)
{
	end_waiter(host);
	snet_lab_free(host->lab);
	free(host->folder);
	free(host->sock);
	free(host->new_log);
	if (host->signals >= 0)
		close(host->signals);
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
	/* It may have been about to die. */
	else if (!lab_is_alive(host->sock))
		return 0;
	return snet__err_set(err, -EADDRINUSE,
			     "lab '%s' is running already, as process %.0f; end it with "
			     "'snet down %s', or choose another name with --name",
			     name, pid, name);
}

/* The log that is there may be that of a lab which runs, or comes up at this moment: who writes
 * a new one does so under another name, and owns that by its lock, until the lab is up. -ESTALE: the
 * folder has been removed, or the log in it. */
static int open_log(struct host *host, struct snet_err *err)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	autofree char *path = snet__text_format("%s/" LOG_FILE, host->folder);
	autofree char *made = NULL;
	autoclose int fd = -1;
	struct stat st;
	bool goes_on = host->opts->resume && path && lstat(path, &st) == 0 &&
		       st.st_size < LOG_MAX;
	int r;

	if (path && !goes_on)
		made = snet__text_format("%s.new", path);
	if (!path || (!goes_on && !made))
		return snet__err_oom(err);
	fd = open(goes_on ? path : made, flags, 0600);
	if (fd < 0 && errno == ENOENT)
		return -ESTALE;
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	r = goes_on ? 0 : snet__file_lock(fd, made);
	if (r == -ESTALE)
		return r;
	if (r < 0)
		return snet__err_set(err, -EADDRINUSE,
				     "lab '%s' is being brought up already",
				     snet_lab_name(host->lab));
	host->new_log = steal_ptr(made);
	if ((!goes_on && ftruncate(fd, 0) < 0) || dup2(fd, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	return 0;
}

/* The lab is up, and the only one of its name. */
static int keep_log(const struct host *host, struct snet_err *err)
{
	autofree char *path = NULL;

	if (!host->new_log)
		return 0;
	path = snet__text_format("%s/" LOG_FILE, host->folder);
	if (!path)
		return snet__err_oom(err);
	if (rename(host->new_log, path) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	return 0;
}

static int load(struct host *host, struct snet_err *err)
{
	const struct host_opts *opts = host->opts;
	int r;

	r = snet_lab_new(&host->lab, opts->otherwise, err);
	if (r < 0)
		return r;
	return snet_lab_parse(host->lab, opts->text, opts->folder, err);
}

static int try_folder(struct host *host, struct snet_err *err)
{
	int r;

	host->is_new_folder = access(host->folder, F_OK) < 0;
	r = snet__place_make(host->folder, "XDG_STATE_HOME", err);
	if (r < 0)
		return r;
	return host->background ? open_log(host, err) : 0;
}

/* What cannot be served is not begun: it would be in vain, and replace the state that is there. */
static int make_socket_folder(struct snet_err *err)
{
	autofree char *folder = NULL;
	int r;

	r = snet__place_socket_folder(&folder, err);
	return r < 0 ? r : snet__place_make(folder, "XDG_RUNTIME_DIR", err);
}

static int make_folders(struct host *host, struct snet_err *err)
{
	int r;

	(void)pthread_mutex_lock(&host->at_folders);
	r = make_socket_folder(err);
	host->has_folders = r == 0;
	if (r == 0)
		r = -ESTALE;
	/* That of a lab that has not come up is removed, perhaps at this moment. */
	for (int i = 0; i < FOLDER_ROUNDS && r == -ESTALE; i++)
		r = try_folder(host, err);
	(void)pthread_mutex_unlock(&host->at_folders);
	return r == -ESTALE ? snet__err_sys(err, r, "cannot keep the folder '%s'",
					    host->folder)
			    : r;
}

static int describe(struct host *host, struct snet_err *err)
{
	const struct host_opts *opts = host->opts;
	int r;

	r = load(host, err);
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
	r = make_folders(host, err);
	if (r < 0)
		return r;
	snet_lab_set_resume(host->lab, opts->resume);
	return snet_lab_set_folder(host->lab, host->folder, err);
}

void host_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGHUP);
}

/* What the lab made there is gone, or goes with the sweeper, which removes the folder then: so is a
 * log that tells of nothing else. */
static void leave_folders(const struct host *host)
{
	if (host->has_folders)
		snet__place_sweep(host->sock);
	if (!host->is_new_folder)
		return;
	if (host->new_log)
		(void)unlink(host->new_log);
	(void)rmdir(host->folder); /* another process may have something in it by now */
}

/* Before the lab is up: nobody waits for it any more. */
static void give_up(struct host *host, int signal)
{
	(void)pthread_mutex_lock(&host->at_folders);
	leave_folders(host);
	fprintf(stderr, "snet: interrupted while '%s' was brought up\n",
		host->opts->file);
	_exit(signal ? 128 + signal : 1);
}

static void *await_end(void *user)
{
	struct host *host = user;
	struct pollfd fds[] = {{.fd = host->signals, .events = POLLIN},
			       {.fd = host->parent}};
	struct signalfd_siginfo info = {0};

	while (!fds[0].revents) {
		/* The other end of a pipe is closed: POLLERR, asked for or not. */
		if (fds[1].revents && atomic_load(&host->phase) == STARTING)
			give_up(host, 0);
		if (fds[1].revents)
			fds[1].fd = -1;
		(void)poll(fds, 2, -1);
	}
	(void)!read(host->signals, &info, sizeof(info));
	if (atomic_load(&host->phase) == STARTING)
		give_up(host, (int)info.ssi_signo);
	if (atomic_load(&host->phase) == UP)
		snet__lab_ask_end(host->lab);
	return NULL;
}

static int start_waiter(struct host *host, struct snet_err *err)
{
	sigset_t set;
	int r;

	host_signals(&set);
	host->signals = signalfd(-1, &set, SFD_CLOEXEC);
	r = host->signals < 0 ? -errno
			      : -pthread_create(&host->waiter, NULL, await_end, host);
	host->has_waiter = r == 0;
	return r < 0 ? snet__err_sys(err, r, "cannot wait for signals") : 0;
}

static int bring_up(struct host *host, struct snet_err *err)
{
	int r;

	r = snet_init(err);
	if (r < 0)
		return r;
	/* Not before: only a process of one thread can enter a user namespace. */
	r = start_waiter(host, err);
	if (r < 0)
		return r;
	r = describe(host, err);
	if (r < 0)
		return r;
	r = snet_lab_up(host->lab, err);
	if (r < 0)
		return r;
	r = keep_log(host, err);
	if (r < 0)
		return r;
	return snet_lab_serve(host->lab, NULL, err);
}

/* For "snet status --lab NAME" once the lab is down; that it fails must not end a lab. Who is killed
 * leaves the one of the beginning. */
static void save_status(const struct host *host)
{
	autofree char *status = NULL;
	struct snet_err err = {0};

	if (snet__client_ask(&status, host->sock, "GET", "/v1/status", NULL, 10000,
			     &err) < 0 ||
	    saved_put_status(host->folder, status, &err) < 0)
		fprintf(stderr, "snet: %s\n", err.msg);
}

static void make_report(struct host_report *report, const struct host *host, int code,
			const struct snet_err *err)
{
	char warning[SNET__READY_TEXT_MAX], limits[SNET__LIMITS_TEXT_MAX];

	report->code = code;
	if (code < 0) {
		(void)snprintf(report->msg, sizeof(report->msg), "%s", err->msg);
		return;
	}
	(void)snprintf(report->name, sizeof(report->name), "%s",
		       snet_lab_name(host->lab));
	report->nodes = snet_lab_node_count(host->lab);
	report->links = snet_lab_link_count(host->lab);
	/* Without a log of its own it is on stderr already. */
	if (host->background && snet__ready_ask(warning, host->lab))
		(void)snprintf(report->msg, sizeof(report->msg), "%s", warning);
	if (snet__limits_ask(limits, host->lab))
		(void)snprintf(report->limits, sizeof(report->limits), "%s", limits);
}

static int run(const struct host_opts *opts, int parent, host_report_fn report,
	       void *user)
{
	bool background = parent >= 0;
	cleanup_with(clear_host) struct host host = {.opts = opts,
						     .background = background,
						     .parent = parent,
						     .signals = -1,
						     .at_folders =
							     PTHREAD_MUTEX_INITIALIZER};
	struct host_report said = {0};
	struct snet_err err = {0};
	sigset_t set;
	int r;

	host_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	snet_log_set(write_log, NULL, background ? SNET_LOG_INFO : SNET_LOG_WARNING);
	r = bring_up(&host, &err);
	if (r < 0)
		leave_folders(&host);
	atomic_store(&host.phase, r < 0 ? FAILED : UP);
	make_report(&said, &host, r, &err);
	/* Nobody is there to hear of it: "snet up" was interrupted. */
	if (!report(user, &said) || r < 0)
		return r < 0 ? r : -EPIPE;
	save_status(&host);
	snet_lab_join(host.lab);
	save_status(&host);
	return 0;
}

int host_run(const struct host_opts *opts, host_report_fn report, void *user)
{
	return run(opts, -1, report, user);
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

int host_start(int *ret_fd, pid_t *ret_pid, const struct host_opts *opts,
	       struct snet_err *err)
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
		_exit(run(opts, far, write_report, &far) < 0);
	}
	*ret_fd = steal_fd(&near);
	*ret_pid = pid;
	return 0;
}
