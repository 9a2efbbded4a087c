/* SPDX-License-Identifier: MIT */
/* The program stays in this process's group: the terminal's signals reach both, pipelines and
 * job control work as if nobody stood in between. So the group cannot be killed, which may be
 * that of a whole script; what is killed are the descendants of this process, which as their
 * subreaper it keeps also when they are orphaned: when the program ends, or its node does. Should
 * this process be killed, the program goes with it, and the rest with the lab. */

#include "cli/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "sys/orphans.h"

/* How long descendants may take to end after SIGHUP, and how long to go on killing. */
#define GRACE_MS 2000
#define KILL_MS  5000

/* What nests deeper than this is killed once its ancestors are, as an orphan. */
#define DEPTH_MAX 64

struct child {
	pid_t pid;
	int status;               /* as of waitpid(2), once it has ended */
	bool has_ended, has_none; /* the program; all descendants */
};

bool child_die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* Send @signal to all descendants of @pid, the nearest first. */
static void signal_below(pid_t pid, int signal, int depth)
{
	autofree char *path = snet__text_format("/proc/%d/task/%d/children", pid, pid);
	autofile FILE *file = path ? fopen(path, "re") : NULL;
	int below;

	while (file && fscanf(file, "%d", &below) == 1) {
		(void)kill(below, signal); /* may have ended */
		if (depth < DEPTH_MAX)
			signal_below(below, signal, depth + 1);
	}
}

/* A program that stops itself alone is stopped with us: the shell must learn of it. */
static void stop_too(const struct child *child)
{
	(void)raise(SIGSTOP);
	(void)kill(child->pid, SIGCONT);
}

/* Take notice of all that has become of descendants. */
static void reap(struct child *child)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != child->pid)
			continue;
		if (WIFSTOPPED(status)) {
			stop_too(child);
			continue;
		}
		child->has_ended = true;
		child->status = status;
	}
	child->has_none = pid < 0 && errno == ECHILD;
}

/* What the terminal sends it sends to the program as well; what a process sends is for it. */
static void pass_signal(struct child *child, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(child);
	else if (info.ssi_code <= 0)
		(void)kill(child->pid, (int)info.ssi_signo);
}

/* Until the program ends, 0, or what it runs in does, -ENOTCONN. A lab that was killed ends no node,
 * and one that a program runs by the library may end without its process. */
static int watch(struct child *child, int node_end, int process, int signals)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
			       {.fd = process, .events = POLLIN},
			       {.fd = node_end, .events = POLLIN}};

	while (!child->has_ended) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[0].revents)
			pass_signal(child, signals);
		if (!child->has_ended && (fds[1].revents || fds[2].revents))
			return -ENOTCONN;
	}
	return 0;
}

/* Send @signal to all that is left, again and again as orphans come, until nothing is. */
static void end_with(struct child *child, int signal, bool again, int signals, int ms)
{
	uint64_t until_ns = snet__clock_ns() + (uint64_t)ms * SNET__NS_PER_MS;
	struct pollfd poll_fd = {.fd = signals, .events = POLLIN};
	struct signalfd_siginfo info;

	signal_below(getpid(), signal, 0);
	signal_below(getpid(), SIGCONT, 0);
	for (reap(child); !child->has_none && snet__clock_ns() < until_ns; reap(child)) {
		if (poll(&poll_fd, 1, 50) > 0)
			(void)!read(signals, &info, sizeof(info));
		if (again)
			signal_below(getpid(), signal, 0);
	}
}

static void end_all(struct child *child, int signals)
{
	end_with(child, SIGHUP, false, signals, GRACE_MS);
	if (!child->has_none)
		end_with(child, SIGKILL, true, signals, KILL_MS);
}

/* End as the program did, so that a shell sees the signal; a dump of us would tell nobody. */
static int end_alike(int status)
{
	struct rlimit none = {0};
	sigset_t set;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static int stay(struct child *child, const struct child_place *place, int process,
		int signals)
{
	struct termios modes;
	bool has_modes = tcgetattr(STDIN_FILENO, &modes) == 0;
	struct snet_err err = {0};
	bool has_ended;

	has_ended = watch(child, place->end, process, signals) == 0;
	reap(child);
	if (!child->has_none)
		end_all(child, signals);
	if (has_ended)
		return end_alike(child->status);
	/* A program that was killed has not done it. SIGTTOU is blocked. */
	if (has_modes)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	(void)snet__err_set(&err, -ENOTCONN,
			    "node '%s' of lab '%s' has ended, and the program with it",
			    place->node, place->lab->name);
	return call_fail(&err);
}

static void signals_to_pass(sigset_t *set)
{
	static const int signals[] = {SIGCHLD, SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				      SIGUSR1, SIGUSR2, SIGALRM, SIGTTOU};

	(void)sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaddset(set, signals[i]);
}

int child_run(const struct child_place *place, int (*become)(void *user), void *user)
{
	pid_t pid;
	autoclose int process = lab_open_process(place->lab->sock, &pid), signals = -1;
	struct child child = {0};
	struct snet_err err = {0};
	sigset_t set, old;

	(void)prctl(PR_SET_NAME, SNET__ORPHANS_GUARDIAN);
	signals_to_pass(&set);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (process < 0 || signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		(void)snet__err_sys(&err, -errno, "cannot watch lab '%s'",
				    place->lab->name);
		return call_fail(&err);
	}
	(void)fflush(NULL);
	child.pid = fork();
	if (child.pid < 0) {
		(void)snet__err_sys(&err, -errno, "cannot start a process");
		return call_fail(&err);
	}
	if (child.pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		_exit(become(user));
	}
	return stay(&child, place, process, signals);
}
