/* SPDX-License-Identifier: MIT */
#include "sys/tree.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/vec.h"

#define STOP_ATTEMPTS 20

struct pids {
	pid_t *items;
	size_t count, cap;
};

static void add(struct pids *pids, pid_t pid)
{
	/* Without memory it is left out, with all that descend from it. */
	if (snet__vec_reserve(&pids->items, &pids->cap, pids->count + 1,
			      sizeof(*pids->items), NULL) == 0)
		pids->items[pids->count++] = pid;
}

/* Each of a process's threads has the children that it has started. */
static void add_children(struct pids *pids, pid_t parent)
{
	char path[64 + sizeof(((struct dirent *)NULL)->d_name)];
	const struct dirent *entry;
	int child;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)parent);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		autofile FILE *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/children",
			       (int)parent, entry->d_name);
		file = fopen(path, "re");
		while (file && fscanf(file, "%d", &child) == 1)
			add(pids, child);
	}
	if (dir)
		(void)closedir(dir);
}

/* "PID (NAME) STATE ...": a name may have anything in it. 'X' when it is gone. */
static char read_state(const char *path)
{
	autofile FILE *file = fopen(path, "re");
	char text[512] = "";
	const char *end;

	if (!file)
		return 'X';
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] ? end[2] : 'X';
}

static char state_of(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return read_state(path);
}

size_t snet__tree_each(pid_t root, snet__tree_fn fn, void *user)
{
	struct pids pids = {0};
	size_t count = 0;

	if (root > 0)
		add(&pids, root);
	for (size_t i = 0; i < pids.count; i++) {
		char state = state_of(pids.items[i]);

		if (state == 'X')
			continue;
		fn(user, pids.items[i], state);
		add_children(&pids, pids.items[i]);
		count++;
	}
	free(pids.items);
	return count;
}

/* Whether SIGSTOP waits for the process: "ShdPnd:" and a mask. */
static bool will_stop(pid_t pid)
{
	unsigned long long pending = 0;
	char path[64], line[128];
	autofile FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) &&
	       sscanf(line, "ShdPnd: %llx", &pending) != 1)
		;
	return pending & 1ull << (SIGSTOP - 1);
}

/* Whether one of its threads has stopped: then all of them will have. */
static bool has_stopped(pid_t pid)
{
	char path[64 + sizeof(((struct dirent *)NULL)->d_name)];
	const struct dirent *entry;
	bool ret = false;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && !ret && (entry = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid,
			       entry->d_name);
		ret = read_state(path) == 'T';
	}
	if (dir)
		(void)closedir(dir);
	return ret;
}

/* A zombie does nothing, and a tracer has stopped what is in 't'. For whom SIGSTOP waits runs no more
 * of its program, and has no more children: fork(2) gives way to signals. It waits for as long as
 * the child is stopped when it has called vfork(2), as shells do. When it waits no more, a thread
 * has taken it and stopped in one step, which is seen after that only. */
static bool does_run(pid_t pid, char state)
{
	return !strchr("TtZX", state) && !will_stop(pid) && !has_stopped(pid);
}

static void count_running(void *user, pid_t pid, char state)
{
	size_t *count = user;

	*count += does_run(pid, state);
}

static void stop_running(void *user, pid_t pid, char state)
{
	size_t *count = user;

	if (!does_run(pid, state))
		return;
	++*count;
	(void)kill(pid, SIGSTOP); /* it has ended, or stops */
}

void snet__tree_stop(pid_t root)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	size_t running;

	for (int i = 0; i < STOP_ATTEMPTS; i++) {
		running = 0;
		(void)snet__tree_each(root, stop_running, &running);
		if (!running)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

static void continue_one(void *user, pid_t pid, char state)
{
	(void)user;
	(void)state;
	(void)kill(pid, SIGCONT); /* it has ended, or goes on */
}

void snet__tree_continue(pid_t root)
{
	(void)snet__tree_each(root, continue_one, NULL);
}

bool snet__tree_is_stopped(pid_t root)
{
	size_t running = 0;

	return snet__tree_each(root, count_running, &running) > 0 && !running;
}
