/* SPDX-License-Identifier: MIT */
#include "sys/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/process.h"

#define WORDS_MAX 16384

/* Why it has failed: some say so last, behind what they have tried, the others first. */
static char *find_reason(char *text)
{
	static const char mark[] = "\nError: ";
	char *found = NULL;

	for (char *at = text; (at = strstr(at, mark)); at++)
		found = at + 1;
	return found ? found : text;
}

/* For a message, which is one short line: its lines, but for the empty ones. */
static void join_lines(char ret[SNET__COMMAND_TEXT_MAX], char *text)
{
	size_t used = 0;
	char *rest = NULL;

	ret[0] = '\0';
	for (char *line = strtok_r(text, "\n", &rest);
	     line && used < SNET__COMMAND_TEXT_MAX; line = strtok_r(NULL, "\n", &rest))
		used += (size_t)snprintf(ret + used, SNET__COMMAND_TEXT_MAX - used,
					 "%s%s", used ? "; " : "", line);
}

/* Whether it was cancelled before there was something to read from @fd. */
static bool is_cancelled(int fd, int cancel_fd)
{
	struct pollfd polled[] = {{.fd = fd, .events = POLLIN},
				  {.fd = cancel_fd, .events = POLLIN}};

	while (poll(polled, 2, -1) < 0 && errno == EINTR)
		;
	return polled[1].revents;
}

/* Its words until it ends, those beyond @size thrown away. False when it was cancelled. */
static bool listen(int fd, int cancel_fd, char *text, size_t size)
{
	bool ret = true;
	char block[4096];
	size_t used = 0;
	ssize_t n;

	while ((ret = !is_cancelled(fd, cancel_fd)) &&
	       (n = read(fd, block, sizeof(block))) != 0) {
		size_t room = size - 1 - used;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		memcpy(text + used, block, (size_t)n < room ? (size_t)n : room);
		used += (size_t)n < room ? (size_t)n : room;
	}
	while (used && text[used - 1] == '\n')
		used--;
	text[used] = '\0';
	return ret;
}

int snet__command_run(const char *const *argv, int cancel_fd, struct snet_err *err)
{
	char text[WORDS_MAX] = "", reason[SNET__COMMAND_TEXT_MAX];
	struct snet__process_opts opts = {
		.argv = argv,
		.netns = -1,
		.mntns = -1,
		.stdio = {-1, -1, -1, -1},
	};
	autoclose int in = -1, pidfd = -1;
	int ends[2], r, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	in = ends[0];
	opts.stdio[1] = opts.stdio[2] = ends[1];
	r = snet__process_start(&pid, &pidfd, &opts, err);
	close(ends[1]);
	if (r < 0)
		return r;

	if (!listen(in, cancel_fd, text, sizeof(text))) {
		snet__process_kill(pid);
		(void)snet__process_reap(pid); /* it was killed */
		return snet__err_set(err, -ECANCELED, "'%s' was cancelled", argv[0]);
	}
	status = snet__process_reap(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	join_lines(reason, find_reason(text));
	if (*reason)
		return snet__err_set(err, -EIO, "%s", reason);
	return snet__err_set(err, -EIO, "'%s' has failed without a word", argv[0]);
}
