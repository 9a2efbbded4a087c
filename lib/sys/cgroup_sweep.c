/* SPDX-License-Identifier: MIT */
/* Groups that labs which were killed have left. Who makes a group holds a lock on its file
 * "cgroup.procs"; who removes one takes it first, and keeps it until it is gone. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/cgroup_private.h"

#define PAUSE_MAX_MS 64

/* A descriptor by which nobody else can take the group, -1 with EWOULDBLOCK when somebody holds it: its
 * maker, or a child of that which has not begun yet. What tells is not its process's number: in
 * another PID namespace that is another process, or none. */
static int take_abandoned(int parent, const char *name)
{
	char path[NAME_MAX + sizeof("/cgroup.procs")];
	autoclose int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", name); /* it fits */
	fd = openat(parent, path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? steal_fd(&fd) : -1;
}

/* What labs that were killed have left, and is to be removed. */
struct sweep {
	pid_t of; /* only what this process has left; 0: any */
	unsigned int
		max_ms; /* how long to wait, once, when a group still has processes */
	bool is_busy;   /* there was such a group, which cannot be removed yet */
};

/* Until nobody is in the group, or for a while: only version 2 tells, which wants its file to have
 * been read before. */
static void wait_empty(int parent, const char *name, unsigned int ms)
{
	char path[NAME_MAX + sizeof("/cgroup.events")], text[256];
	struct pollfd change = {.events = POLLPRI};

	(void)snprintf(path, sizeof(path), "%s/cgroup.events", name); /* it fits */
	change.fd = openat(parent, path, O_RDONLY | O_CLOEXEC);
	if (change.fd >= 0)
		(void)!read(change.fd, text, sizeof(text));
	(void)poll(&change, 1, (int)ms); /* -1: only waits */
	snet__close_at(&change.fd);
}

static void sweep_one(struct sweep *sweep, int parent, const char *name)
{
	autoclose int fd =
		-1; /* held until it is removed: who makes it meanwhile tries again */
	pid_t pid = 0;

	if (sscanf(name, SNET__CGROUP_PREFIX "%d-", &pid) != 1 ||
	    (sweep->of && pid != sweep->of))
		return;
	fd = take_abandoned(parent, name);
	if (fd >= 0 ? unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY
		    : errno != EWOULDBLOCK)
		return;
	/* By then others will be free and empty as well. */
	if (sweep->max_ms && !sweep->is_busy)
		wait_empty(parent, name, sweep->max_ms);
	sweep->is_busy = true;
}

static void sweep_below(struct sweep *sweep, const char *parent)
{
	DIR *dir = opendir(parent);
	const struct dirent *entry;

	if (!dir)
		return;

	while ((entry = readdir(dir)))
		sweep_one(sweep, dirfd(dir), entry->d_name);
	closedir(dir);
}

void snet__cgroup_sweep_below(const char *parent)
{
	struct sweep sweep = {0};

	sweep_below(&sweep, parent);
}

static void sweep_all(struct sweep *sweep)
{
	for (size_t i = 0; i < SNET__CGROUP_COUNT; i++)
		for (size_t k = 0; k < 2; k++) {
			const struct snet__cgroup_control *control =
				&snet__cgroup_resources[i].controls[k];
			autofree char *own = snet__cgroup_find_own(
				control->is_v2 ? NULL
					       : snet__cgroup_resources[i].controller);
			char *slash = own && control->is_v2 ? strrchr(own, '/') : NULL;

			if (own)
				sweep_below(sweep, own);
			if (!slash)
				continue;
			*slash = '\0';
			sweep_below(sweep, own);
		}
}

void snet__cgroup_sweep(void)
{
	struct sweep sweep = {0};

	sweep_all(&sweep);
}

void snet__cgroup_sweep_of(pid_t pid, unsigned int ms)
{
	uint64_t until_ns = snet__clock_ns() + ms * SNET__NS_PER_MS;
	struct sweep sweep = {.of = pid, .max_ms = 1};

	do {
		sweep.is_busy = false;
		sweep_all(&sweep);
		if (sweep.max_ms < PAUSE_MAX_MS)
			sweep.max_ms *= 2;
	} while (sweep.is_busy && snet__clock_ns() < until_ns);
}
