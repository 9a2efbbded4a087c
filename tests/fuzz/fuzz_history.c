/* SPDX-License-Identifier: MIT */
/* Any bytes as the file of a history: no crash, no leak, and what is accepted is written, and read
 * again as what it was. */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/history.h"
#include "fuzz.h"

#define PATH_MAX_HERE 32

/* A file without a name, and the path that leads to it. */
static int make_file(char path[static PATH_MAX_HERE])
{
	int fd = memfd_create("history", MFD_CLOEXEC);

	assert(fd >= 0);
	(void)snprintf(path, PATH_MAX_HERE, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_again(const struct snet__history *history)
{
	char path[PATH_MAX_HERE];
	struct snet__history again = {0};
	int fd = make_file(path), r;

	r = snet__history_write(history, fd, NULL);
	assert(r == 0);
	r = snet__history_read(&again, path, NULL);
	assert(r == 0);
	assert(again.events_count == history->events_count);
	assert(again.commands_count == history->commands_count);
	assert(again.faults_count == history->faults_count);
	assert(again.samples_count == history->samples_count);
	assert(again.ended_ns == history->ended_ns);
	snet__history_clear(&again);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PATH_MAX_HERE];
	struct snet__history history = {0};
	struct snet_err err = {0};
	int fd = make_file(path), r;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	r = snet__history_read(&history, path, &err);
	assert(r == err.code && (r == 0 || (r == -EINVAL && err.msg[0])));
	if (r == 0)
		read_again(&history);
	snet__history_clear(&history);
	close(fd);
	return 0;
}
