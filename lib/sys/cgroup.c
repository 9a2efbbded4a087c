/* SPDX-License-Identifier: MIT */
/* Memory limits through cgroups.
 *
 * Where groups are mounted is read from /proc/self/mountinfo, and which one is ours from
 * /proc/self/cgroup. A version 1 memory hierarchy is used where there is one. In version 2 a
 * group that holds processes cannot hand controllers down to groups below it; so when our own
 * group cannot be the parent, its parent is tried: a sibling of ours, which is what a user's
 * delegated systemd slice allows. */

#include "sys/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define PREFIX "snet-"

/* The files in which the two versions differ. */
struct version {
	const char *fstype;
	const char *limit, *swap_limit;
	const char *events; /* has a line "oom_kill N" */
	bool is_swap_included;
};

static const struct version versions[] = {
	{"cgroup", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
	 "memory.oom_control", true},
	{"cgroup2", "memory.max", "memory.swap.max", "memory.events", false},
};

struct snet__cgroup {
	const struct version *version;
	char *path;
	int procs;
};

static void file_close_at(FILE **file)
{
	if (*file)
		(void)fclose(*file); /* only read */
}

static void cgroup_free_at(struct snet__cgroup **cgroup)
{
	snet__cgroup_free(*cgroup);
}

static int write_at(const char *folder, const char *name, const char *text)
{
	autofree char *path = snet__text_format("%s/%s", folder, name);
	autoclose int fd = -1;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Whether the comma-separated @list has @word. */
static bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; *list; list += strcspn(list, ",\n"), list += *list == ',')
		if (strcspn(list, ",\n") == length && strncmp(list, word, length) == 0)
			return true;
	return false;
}

/* Where the hierarchy of @version is mounted, and which group its mount shows as "/".
 * mountinfo(5): ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS [FIELD ...] - FSTYPE SOURCE SUPER */
static bool parse_mount(char *line, const struct version *version, char **ret_root,
			char **ret_mount)
{
	char *tail = strstr(line, " - "), *save = NULL, *fstype, *super;

	if (!tail)
		return false;
	*tail = '\0';
	fstype = strtok_r(tail + 3, " ", &save);
	(void)strtok_r(NULL, " ", &save); /* source */
	super = strtok_r(NULL, "\n", &save);
	if (!fstype || !super || strcmp(fstype, version->fstype) != 0)
		return false;
	if (version->is_swap_included && !list_has(super, "memory"))
		return false;

	for (int i = 0; i < 3; i++)
		(void)strtok_r(i ? NULL : line, " ", &save);
	*ret_root = strtok_r(NULL, " ", &save);
	*ret_mount = strtok_r(NULL, " ", &save);
	return *ret_root && *ret_mount;
}

/* The path of our group in the hierarchy: "ID:CONTROLLERS:PATH" (cgroups(7)). */
static char *find_own_path(const struct version *version)
{
	cleanup_with(file_close_at) FILE *file = fopen("/proc/self/cgroup", "re");
	autofree char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (version->is_swap_included ? list_has(controllers, "memory")
					      : !*controllers)
			return strdup(path);
	}
	return NULL;
}

/* The folder of our own group, or NULL. */
static char *find_own_folder(const struct version *version)
{
	cleanup_with(file_close_at) FILE *file = fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL, *own = find_own_path(version);
	size_t size = 0;

	while (own && file && getline(&line, &size, file) > 0) {
		char *root, *mount, *below = own;
		size_t length;

		if (!parse_mount(line, version, &root, &mount))
			continue;
		/* In a container the mount may begin at a group above ours. */
		length = strcmp(root, "/") == 0 ? 0 : strlen(root);
		if (strncmp(own, root, length) == 0)
			below = own + length;
		return snet__text_format("%s%s", mount,
					 strcmp(below, "/") == 0 ? "" : below);
	}
	return NULL;
}

/* Remove what labs that were killed have left: groups named after a process that is gone.
 * A group that is in use cannot be removed. */
static void sweep(const char *parent)
{
	DIR *dir = opendir(parent);
	const struct dirent *entry;

	if (!dir)
		return;

	while ((entry = readdir(dir))) {
		int pid = 0;

		if (sscanf(entry->d_name, PREFIX "%d-", &pid) == 1 && pid > 0 &&
		    kill(pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

static int set_limits(const struct snet__cgroup *cgroup, uint64_t bytes)
{
	char text[32];
	int r;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	r = write_at(cgroup->path, cgroup->version->limit, text);
	if (r < 0)
		return r;

	/* Absent where the kernel does not count swap. Version 1 has one number for the sum. */
	(void)write_at(cgroup->path, cgroup->version->swap_limit,
		       cgroup->version->is_swap_included ? text : "0");
	return 0;
}

static int make_below(struct snet__cgroup *cgroup, const char *parent, const char *name,
		      uint64_t bytes)
{
	autofree char *procs = NULL;
	int r;

	sweep(parent);
	cgroup->path = snet__text_format("%s/" PREFIX "%d-%s", parent, getpid(), name);
	if (!cgroup->path)
		return -ENOMEM;
	if (mkdir(cgroup->path, 0755) < 0) {
		r = -errno;
		free(steal_ptr(cgroup->path));
		return r;
	}

	r = set_limits(cgroup, bytes);
	if (r < 0)
		return r;
	procs = snet__text_format("%s/cgroup.procs", cgroup->path);
	if (!procs)
		return -ENOMEM;
	cgroup->procs = open(procs, O_WRONLY | O_CLOEXEC);
	return cgroup->procs < 0 ? -errno : 0;
}

static int try_parent(struct snet__cgroup **ret, const struct version *version,
		      const char *parent, const char *name, uint64_t bytes)
{
	cleanup_with(cgroup_free_at) struct snet__cgroup *cgroup =
		calloc(1, sizeof(*cgroup));
	int r;

	if (!cgroup)
		return -ENOMEM;

	cgroup->version = version;
	cgroup->procs = -1;
	r = make_below(cgroup, parent, name, bytes);
	if (r < 0)
		return r;

	*ret = steal_ptr(cgroup);
	return 0;
}

/* Below our own group, or else beside it. */
static int try_version(struct snet__cgroup **ret, const struct version *version,
		       const char *name, uint64_t bytes, struct snet_err *why)
{
	autofree char *own = find_own_folder(version);
	char *slash;
	int r;

	if (!own)
		return -ENOTSUP;

	/* It may have been done already, and is none of our business in a group above ours;
	 * whether a limit can be set tells. */
	if (!version->is_swap_included)
		(void)write_at(own, "cgroup.subtree_control", "+memory");
	r = try_parent(ret, version, own, name, bytes);
	if (r == 0 || r == -ENOMEM || r == -EEXIST)
		return r;

	(void)snet__err_sys(why, r, "'%s'", own);
	slash = version->is_swap_included ? NULL : strrchr(own, '/');
	if (!slash)
		return r;
	*slash = '\0';
	return try_parent(ret, version, own, name, bytes);
}

int snet__cgroup_new(struct snet__cgroup **ret, const char *name, uint64_t memory_bytes,
		     struct snet_err *err)
{
	struct snet_err why = {.msg = "no memory controller is mounted"};

	if (!snet__text_is_name(name))
		return snet__err_set(err, -EINVAL, "'%s' is no name for a cgroup", name);

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		int r = try_version(ret, &versions[i], name, memory_bytes, &why);

		if (r == 0)
			return 0;
		if (r == -ENOMEM)
			return snet__err_oom(err);
		if (r == -EEXIST)
			return snet__err_set(err, r, "cgroup '%s' exists already", name);
	}
	return snet__err_set(err, -ENOTSUP, "cannot limit memory by a cgroup: %s",
			     why.msg);
}

int snet__cgroup_procs_fd(const struct snet__cgroup *cgroup)
{
	return cgroup->procs;
}

bool snet__cgroup_has_oom(const struct snet__cgroup *cgroup)
{
	autofree char *path =
		snet__text_format("%s/%s", cgroup->path, cgroup->version->events);
	cleanup_with(file_close_at) FILE *file = path ? fopen(path, "re") : NULL;
	autofree char *line = NULL;
	unsigned long kills = 0;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0)
		if (sscanf(line, "oom_kill %lu", &kills) == 1)
			break;
	return kills > 0;
}

int snet__cgroup_remove(struct snet__cgroup *cgroup)
{
	if (!cgroup->path)
		return 0;
	if (rmdir(cgroup->path) < 0)
		return -errno;
	free(steal_ptr(cgroup->path));
	return 0;
}

void snet__cgroup_free(struct snet__cgroup *cgroup)
{
	if (!cgroup)
		return;

	(void)snet__cgroup_remove(cgroup);
	snet__close_at(&cgroup->procs);
	free(cgroup->path);
	free(cgroup);
}
