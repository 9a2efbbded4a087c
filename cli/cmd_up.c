/* SPDX-License-Identifier: MIT */
/* snet up: check a lab file, start the process that runs the lab, and wait until every device
 * has registered. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <snet/snet.h>

#include "api/client.h"
#include "api/place.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/fitness.h"
#include "cli/host.h"
#include "cli/lab.h"
#include "cli/lab_file.h"
#include "cli/print.h"
#include "topo/model.h"

/* How long to wait for the end of a process that was told to. */
#define END_MS 5000

struct up {
	const struct call *call;
	const char *file;
	char *text, *folder;
	uint64_t began_ns;
};

/* What the lab asks of this machine beyond what that was measured to achieve. */
static void warn(const char *name)
{
	autofree char *sock = NULL;
	autojson *fitness = NULL;

	/* Without an answer there is nothing to warn of. */
	if (snet__place_socket(&sock, name, NULL) == 0)
		fitness = fitness_ask(sock);
	fitness_print(stderr, "snet: warning: ", fitness, NULL);
}

/* What "snet ls --json" says of it. */
static int print_json(const struct host_report *report)
{
	autofree char *sock = NULL, *answer = NULL;
	struct snet_err err = {0};
	int r;

	r = snet__place_socket(&sock, report->name, &err);
	if (r == 0)
		r = snet__client_ask(&answer, sock, "GET", "/v1/lab", NULL, 5000, &err);
	if (r < 0)
		return call_fail(&err);
	printf("%s\n", answer);
	return EXIT_DONE;
}

static int print_report(const struct up *up, const struct host_report *report)
{
	double took_s =
		(double)(snet__clock_ns() - up->began_ns) / (double)SNET__NS_PER_S;

	if (report->code < 0) {
		fprintf(stderr, "snet: %s\n", report->msg);
		return EXIT_FAILED;
	}
	if (*report->msg)
		fprintf(stderr, "snet: warning: %s\n", report->msg);
	if (*report->limits)
		fprintf(stderr, "snet: warning: %s\n", report->limits);
	if (up->call->json)
		return print_json(report);
	printf("lab '%s' is up: %lu node%s, %lu link%s in %.2f s\n", report->name,
	       report->nodes, report->nodes == 1 ? "" : "s", report->links,
	       report->links == 1 ? "" : "s", took_s);
	warn(report->name);
	return EXIT_DONE;
}

/* The line of somebody who waits at a terminal: from the first second on, each second. */
static void print_progress(const struct up *up, bool done)
{
	unsigned int seconds =
		(unsigned int)((snet__clock_ns() - up->began_ns) / SNET__NS_PER_S);

	if (!seconds || !isatty(STDERR_FILENO))
		return;
	if (done)
		print_clear_progress();
	else
		fprintf(stderr, "\rbringing up '%s' ... %u s", up->file, seconds);
}

/* Returns the signal that came first, 0 for none. */
static int await_report(const struct up *up, struct host_report *report, int fd,
			int signals)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
			       {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;
	ssize_t n;
	int r;

	while ((r = poll(fds, 2, 1000)) == 0 || (r < 0 && errno == EINTR))
		print_progress(up, false);
	print_progress(up, true);
	if (fds[1].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		return (int)info.ssi_signo;
	n = read(fd, report, sizeof(*report));
	if (n == (ssize_t)sizeof(*report))
		return 0;
	report->code = -ECHILD;
	(void)snprintf(report->msg, sizeof(report->msg),
		       "the lab's process ended while it brought up '%s'", up->file);
	return 0;
}

/* Its process ends at once, or takes the lab down when that is up by now. Both close the pipe,
 * at the latest behind a report. */
static int interrupt(const struct up *up, pid_t pid, int fd, int signal)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	(void)kill(pid, SIGTERM);
	(void)poll(&poll_fd, 1, END_MS);
	fprintf(stderr, "snet: interrupted while '%s' was brought up\n", up->file);
	return 128 + signal;
}

static int up_background(const struct up *up, const struct host_opts *opts)
{
	struct host_report report = {0};
	struct snet_err err = {0};
	autoclose int fd = -1, signals = -1;
	sigset_t set;
	pid_t pid;
	int signal;

	host_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (host_start(&fd, &pid, opts, &err) < 0)
		return call_fail(&err);
	signal = await_report(up, &report, fd, signals);
	if (signal)
		return interrupt(up, pid, fd, signal);
	return print_report(up, &report);
}

static bool report_foreground(void *user, const struct host_report *report)
{
	int status = print_report(user, report);

	(void)fflush(stdout);
	return status == EXIT_DONE;
}

static void clear_up(struct up *up)
{
	free(up->text);
	free(up->folder);
}

static int run(const struct call *call)
{
	cleanup_with(clear_up) struct up up = {
		.call = call,
		.file = lab_file_name(call->argv[0]),
		.began_ns = snet__clock_ns(),
	};
	char otherwise[SNET__TEXT_NAME_MAX + 1];
	struct host_opts opts = {
		.file = up.file,
		.otherwise = snet__text_name_after(otherwise, call->argv[0], "lab"),
		.resume = call_option(call, "resume"),
	};
	int status;

	status = call_lab(&opts.name, call, call_option(call, "name"));
	if (status == EXIT_DONE)
		status = lab_file_check(&up.text, &up.folder, call->argv[0]);
	if (status != EXIT_DONE)
		return status;
	opts.text = up.text;
	opts.folder = up.folder;
	if (!call_option(call, "foreground"))
		return up_background(&up, &opts);
	return host_run(&opts, report_foreground, &up) < 0 ? EXIT_FAILED : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "name", .arg = "LAB", .help = "call the lab so, not as the file does"},
	{.name = "foreground", .help = "stay until Ctrl-C, SIGTERM or 'snet down'"},
	{.name = "resume", .help = "continue from the lab's store: events, states"},
	{.name = NULL},
};

const struct cmd cmd_up = {
	.name = "up",
	.lab_help = "the same as --name",
	.args = "FILE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "bring up the lab that a file describes",
	.details =
		"Returns when every device has registered. The file is checked first: all its\n"
		"errors are printed, nothing is created, and the exit code is 2. Without --resume\n"
		"a store that an earlier lab of the name has left is replaced. FILE can be -, which\n"
		"is stdin.",
	.run = run,
};
