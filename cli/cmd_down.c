/* SPDX-License-Identifier: MIT */
/* snet down: end labs. Returns when everything they made is gone. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/client.h"
#include "api/place.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "store/store.h"
#include "sys/cgroup.h"

/* Deleting thousands of namespaces takes its time: half a minute for 20,000. */
#define ANSWER_MS 120000

/* After so long it is told what is waited for. */
#define SILENCE_S 5

static char notice[256];

static void on_alarm(int signal)
{
	int was = errno;

	(void)signal;
	(void)!write(STDERR_FILENO, notice, strlen(notice)); /* nobody need read it */
	errno = was;
}

/* @pid: 0 when it is not known. */
static void announce(const char *name, pid_t pid)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	char remedy[80] = "";

	if (pid > 0)
		(void)snprintf(remedy, sizeof(remedy),
			       "; 'kill -9 %d' has it swept away instead", (int)pid);
	(void)snprintf(notice, sizeof(notice),
		       "snet: waiting for lab '%s' to take down what it has made%s\n",
		       name, remedy);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(SILENCE_S);
}

/* Only when the process has ended is its store free for the next lab of that name. */
static bool has_ended(int end)
{
	struct pollfd poll_fd = {.fd = end, .events = POLLIN};
	int r;

	if (end < 0)
		return true; /* it was gone before it was asked */
	do
		r = poll(&poll_fd, 1, ANSWER_MS);
	while (r < 0 && errno == EINTR);
	return r == 1;
}

/* The last that a lab takes down. Where its process is not seen, as from another PID namespace, a
 * connection to it ends long before that. */
static bool has_left_store(const char *name)
{
	uint64_t until_ns = snet__clock_ns() + ANSWER_MS * SNET__NS_PER_MS;
	autofree char *folder = NULL, *path = NULL;
	int r = -EWOULDBLOCK;

	if (snet__place_state(&folder, name, NULL) == 0)
		path = snet__text_format("%s/" SNET__STORE_LOCK, folder);
	while (path && r == -EWOULDBLOCK && snet__clock_ns() < until_ns) {
		autoclose int fd = open(path, O_RDWR | O_CLOEXEC);

		r = fd < 0 ? -errno : snet__file_lock(fd, path);
	}
	return r != -EWOULDBLOCK;
}

/* What becomes readable when the lab has ended: its process, or where that is not seen a connection
 * to it. -1: it has. */
static int open_end(const struct lab *lab, pid_t *ret_pid)
{
	int fd = lab_open_process(lab->sock, ret_pid);

	if (fd < 0 && snet__client_connect(&fd, lab->sock, NULL) < 0)
		return -1;
	return fd;
}

static int ask_and_wait(const struct lab *lab, int end, pid_t pid, struct snet_err *err)
{
	autofree char *answer = NULL;
	int r;

	r = snet__client_ask(&answer, lab->sock, "POST", "/v1/down", NULL, ANSWER_MS,
			     err);
	/* No answer is one too, when somebody else has ended it meanwhile. */
	if (r < 0 && r != -EPROTO && r != -ECONNREFUSED && r != -ENOENT)
		return snet__err_prefix(err, r, "cannot end lab '%s'", lab->name);
	if (!has_ended(end) || (!pid && !has_left_store(lab->name)))
		return snet__err_set(err, -ETIMEDOUT,
				     "lab '%s' does not end; its log says why",
				     lab->name);
	return 0;
}

static int end_lab(const struct lab *lab, struct snet_err *err)
{
	pid_t pid = 0;
	autoclose int end = open_end(lab, &pid);
	int r;

	announce(lab->name, pid);
	r = ask_and_wait(lab, end, pid, err);
	(void)alarm(0);
	if (r == 0)
		printf("lab '%s' is down\n", lab->name);
	return r;
}

/* Of a lab that was killed, and who would have swept behind it as well. */
static int clean_up(const struct lab *lab, struct snet_err *err)
{
	snet__cgroup_sweep();
	if (unlink(lab->sock) < 0 && errno != ENOENT)
		return snet__err_sys(err, -errno, "cannot remove '%s'", lab->sock);
	snet__place_sweep(lab->sock);
	printf("lab '%s' had ended without 'snet down'; its socket is removed\n",
	       lab->name);
	return 0;
}

static int down_one(const struct lab *lab, struct snet_err *err)
{
	return lab_is_alive(lab->sock) ? end_lab(lab, err) : clean_up(lab, err);
}

static int down_all(void)
{
	struct snet_err err = {0};
	int status = EXIT_DONE;
	autolabs labs = {0};

	if (labs_list(&labs, &err) < 0)
		return call_fail(&err);
	for (size_t i = 0; i < labs.count; i++)
		if (down_one(&labs.items[i], &err) < 0)
			status = call_fail(&err);
	return status;
}

/* A dead socket counts as well: of the lab that was named, or when nothing else is there. */
static int find_dead(struct lab *ret, const char *name)
{
	autolabs labs = {0};

	if (labs_list(&labs, NULL) < 0)
		return -ENOENT;
	for (size_t i = 0; i < labs.count; i++) {
		if (name ? strcmp(labs.items[i].name, name) != 0 : labs.count > 1)
			continue;
		*ret = labs.items[i];
		labs.items[i] = (struct lab){0};
		return 0;
	}
	return -ENOENT;
}

static int run(const struct call *call)
{
	const char *name = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (call_lab(&name, call, call->argv[0]) != EXIT_DONE)
		return EXIT_USAGE;
	if (call_option(call, "all") && name)
		return call_usage(call, "--all and the lab '%s' exclude each other",
				  name);
	if (call_option(call, "all"))
		return down_all();

	r = lab_find(&lab, call, name, &err);
	if (r == -ENOENT)
		r = find_dead(&lab, name);
	if (r < 0 || down_one(&lab, &err) < 0)
		return call_fail(&err);
	return EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "all", .help = "all labs of this user"},
	{.name = NULL},
};

const struct cmd cmd_down = {
	.name = "down",
	.args = "[LAB]",
	.max = 1,
	.options = options,
	.help = "end a lab, and wait until all that it made is gone",
	.run = run,
};
