/* SPDX-License-Identifier: MIT */
#include "sys/orphans.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/process.h"

#define END_MS    100 /* for each that was killed; the next round looks again */
#define ALL_MS    1000
#define DEPTH_MAX 64

static void close_folder(DIR **folder)
{
	if (*folder)
		(void)closedir(*folder); /* was only read */
}

static bool is_within(int proc, pid_t pid, const struct stat *mntns)
{
	char path[64];
	struct stat info;

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", (int)pid); /* it fits */
	return fstatat(proc, path, &info, 0) == 0 && info.st_ino == mntns->st_ino &&
	       info.st_dev == mntns->st_dev;
}

/* A process's parent, 0: it has none or has ended; and whether it is a guardian itself. Its stat is
 * "PID (NAME) STATE PPID ...". */
static pid_t read_parent(int proc, pid_t pid, bool *ret_is_guardian)
{
	char path[64], text[256], *name, *end;
	autoclose int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/stat", (int)pid); /* it fits */
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return 0;
	text[n] = '\0';
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end || strlen(end) < 4)
		return 0;
	*end = '\0';
	*ret_is_guardian = strcmp(name + 1, SNET__ORPHANS_GUARDIAN) == 0;
	return (pid_t)strtol(end + 4, NULL, 10);
}

static bool is_guarded(int proc, pid_t pid)
{
	bool is_guardian = false;

	for (int depth = 0; pid > 1 && !is_guardian && depth < DEPTH_MAX; depth++)
		pid = read_parent(proc, pid, &is_guardian);
	return is_guardian;
}

/* It stays the same process from the moment that it is held. */
static bool kill_one(int proc, pid_t pid, const struct stat *mntns)
{
	autoclose int held = snet__process_open(pid);
	struct pollfd end = {.fd = held, .events = POLLIN};

	if (held < 0 || !is_within(proc, pid, mntns) || is_guarded(proc, pid) ||
	    kill(pid, SIGKILL) < 0)
		return false;
	(void)poll(&end, 1, END_MS);
	return true;
}

void snet__orphans_kill(int mntns)
{
	cleanup_with(close_folder) DIR *folder = opendir("/proc");
	const struct dirent *entry;
	uint64_t until_ns = snet__clock_ns() + ALL_MS * SNET__NS_PER_MS;
	bool found = true;
	struct stat info;

	if (!folder || mntns < 0 || fstat(mntns, &info) < 0)
		return;
	/* They may start others meanwhile. */
	while (found) {
		found = false;
		rewinddir(folder);
		while ((entry = readdir(folder)) && snet__clock_ns() < until_ns) {
			pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

			if (pid > 1 && pid != getpid() &&
			    is_within(dirfd(folder), pid, &info))
				found |= kill_one(dirfd(folder), pid, &info);
		}
	}
}
