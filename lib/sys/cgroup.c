/* SPDX-License-Identifier: MIT */
/* Limits through cgroups.
 *
 * Where groups are mounted is read from /proc/self/mountinfo, and which one is ours from
 * /proc/self/cgroup. Each resource is limited in the version 1 hierarchy of its controller
 * where there is one, else in version 2; so a process may be in two groups, one for each. In
 * version 2 a group that holds processes cannot hand controllers down to groups below it; so
 * when our own group cannot be the parent, its parent is tried: a sibling of ours, which is
 * what a user's delegated systemd slice allows.
 *
 * Groups do not go with their process. Who makes one holds a lock on its file "cgroup.procs",
 * which does, so that later labs find those that nobody has any more. */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "sys/cgroup_private.h"

#define PERIOD_US \
	100000 /* the kernel's default: what a share of CPU time is counted over */
#define MAKE_ATTEMPTS 100 /* beside who sweeps all the time on a slow machine */

const struct snet__cgroup_resource snet__cgroup_resources[SNET__CGROUP_COUNT] = {
	[SNET__CGROUP_MEMORY] = {.controller = "memory",
				 .what = "memory",
				 .controls = {{.limit = "memory.limit_in_bytes",
					       .swap_limit =
						       "memory.memsw.limit_in_bytes",
					       .events = "memory.oom_control"},
					      {.is_v2 = true,
					       .limit = "memory.max",
					       .swap_limit = "memory.swap.max",
					       .events = "memory.events"}}},
	[SNET__CGROUP_CPU] = {.controller = "cpu",
			      .what = "CPU time",
			      .controls = {{.limit = "cpu.cfs_quota_us"},
					   {.is_v2 = true, .limit = "cpu.max"}}},
};

/* A group in one hierarchy. */
struct part {
	char *path;
	int procs;
};

struct snet__cgroup {
	struct part parts[SNET__CGROUP_COUNT];
	size_t part_count;
	char *given, *name; /* as its maker calls it, and with what makes it unique */
	const struct snet__cgroup_control
		*cpu; /* how CPU time is limited, NULL: it is not */
	char *cpu_folder;
	char *events; /* path of the file that tells of kills, NULL: memory is not limited */
};

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

/* Where the hierarchy of version 1 with @controller (NULL: version 2) is mounted, and which
 * group its mount shows as "/".
 * mountinfo(5): ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS [FIELD ...] - FSTYPE SOURCE SUPER */
static bool parse_mount(char *line, const char *controller, char **ret_root,
			char **ret_mount)
{
	char *tail = strstr(line, " - "), *save = NULL, *fstype, *super;

	if (!tail)
		return false;
	*tail = '\0';
	fstype = strtok_r(tail + 3, " ", &save);
	(void)strtok_r(NULL, " ", &save); /* source */
	super = strtok_r(NULL, "\n", &save);
	if (!fstype || !super || strcmp(fstype, controller ? "cgroup" : "cgroup2") != 0)
		return false;
	if (controller && !list_has(super, controller))
		return false;

	for (int i = 0; i < 3; i++)
		(void)strtok_r(i ? NULL : line, " ", &save);
	*ret_root = strtok_r(NULL, " ", &save);
	*ret_mount = strtok_r(NULL, " ", &save);
	return *ret_root && *ret_mount;
}

/* The path of our group in the hierarchy: "ID:CONTROLLERS:PATH" (cgroups(7)). */
static char *find_own_path(const char *controller)
{
	autofile FILE *file = fopen("/proc/self/cgroup", "re");
	autofree char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (controller ? list_has(controllers, controller) : !*controllers)
			return strdup(path);
	}
	return NULL;
}

/* The folder of our own group, or NULL. */
char *snet__cgroup_find_own(const char *controller)
{
	autofile FILE *file = fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL, *own = find_own_path(controller);
	size_t size = 0;

	while (own && file && getline(&line, &size, file) > 0) {
		char *root, *mount, *below = own;
		size_t length;

		if (!parse_mount(line, controller, &root, &mount))
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

static int limit_memory(const char *folder, const struct snet__cgroup_control *control,
			uint64_t bytes)
{
	char text[32];
	int r;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	r = write_at(folder, control->limit, text);
	if (r < 0)
		return r;

	/* Absent where the kernel does not count swap. Version 1 has one number for the sum. */
	(void)write_at(folder, control->swap_limit, control->is_v2 ? "0" : text);
	return 0;
}

static int limit_cpu(const char *folder, const struct snet__cgroup_control *control,
		     unsigned int millicpus)
{
	unsigned long quota_us = (unsigned long)millicpus * (PERIOD_US / 1000);
	char quota[24] = "max", text[48];
	int r;

	(void)snprintf(text, sizeof(text), "%d", PERIOD_US);
	r = control->is_v2 ? 0 : write_at(folder, "cpu.cfs_period_us", text);
	if (r < 0)
		return r;
	if (millicpus)
		(void)snprintf(quota, sizeof(quota), "%lu", quota_us);
	else if (!control->is_v2)
		(void)snprintf(quota, sizeof(quota), "-1");
	(void)snprintf(text, sizeof(text), control->is_v2 ? "%s %d" : "%s", quota,
		       PERIOD_US);
	return write_at(folder, control->limit, text);
}

static int set_limit(const char *folder, size_t what,
		     const struct snet__cgroup_control *control,
		     const struct snet__cgroup_opts *opts)
{
	return what == SNET__CGROUP_MEMORY
		       ? limit_memory(folder, control, opts->memory_bytes)
		       : limit_cpu(folder, control, opts->millicpus);
}

static const struct part *find_part(const struct snet__cgroup *cgroup, const char *path)
{
	for (size_t i = 0; i < cgroup->part_count; i++)
		if (strcmp(cgroup->parts[i].path, path) == 0)
			return &cgroup->parts[i];
	return NULL;
}

/* Make a group that is held by a lock. -EAGAIN: somebody has swept it before. */
static int make_held(const char *path, const char *procs, int *ret_fd)
{
	autoclose int fd = -1;

	if (mkdir(path, 0755) < 0)
		return -errno;
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? -EAGAIN : -errno;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (access(procs, F_OK) < 0)
		return -EAGAIN;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* A new group that is @cgroup's from here on. -EAGAIN as above: its name is of no use any more, as who
 * sweeps it may do so at any time. */
static int make_part(struct snet__cgroup *cgroup, char **path)
{
	autofree char *procs = snet__text_format("%s/cgroup.procs", *path);
	struct part *part = &cgroup->parts[cgroup->part_count];
	int r;

	if (!procs)
		return -ENOMEM;
	r = make_held(*path, procs, &part->procs);
	if (r < 0) {
		(void)rmdir(*path); /* it need not be there */
		return r;
	}
	cgroup->part_count++;
	part->path = steal_ptr(*path);
	return 0;
}

static void remove_part(struct snet__cgroup *cgroup)
{
	struct part *part = &cgroup->parts[--cgroup->part_count];

	snet__close_at(&part->procs);
	(void)rmdir(part->path); /* it is empty */
	free(part->path);
	*part = (struct part){.procs = -1};
}

/* Of several labs in a process each may have a node of that name. */
static int choose_name(struct snet__cgroup *cgroup)
{
	free(cgroup->name);
	cgroup->name = snet__text_format("%s-%08x", cgroup->given,
					 (unsigned int)snet__random_entropy());
	return cgroup->name ? 0 : -ENOMEM;
}

/* Its group below @parent, made if there is none; @ret_folder to be freed. */
static int make_below(struct snet__cgroup *cgroup, const char *parent, char **ret_folder,
		      bool *ret_is_new)
{
	int r = -EAGAIN;

	for (int i = 0; i < MAKE_ATTEMPTS && r == -EAGAIN; i++) {
		autofree char *path = snet__text_format("%s/" SNET__CGROUP_PREFIX "%d-%s",
							parent, getpid(), cgroup->name);
		autofree char *folder = path ? strdup(path) : NULL;

		if (!folder)
			return -ENOMEM;
		r = 0;
		*ret_is_new = !find_part(cgroup, path);
		if (*ret_is_new) {
			snet__cgroup_sweep_below(parent);
			r = make_part(cgroup, &path);
		}
		if (r == 0)
			*ret_folder = steal_ptr(folder);
		else if (r == -EAGAIN && choose_name(cgroup) < 0)
			return -ENOMEM;
	}
	/* Always swept? Rather no place for groups. */
	return r == -EAGAIN ? -ENOENT : r;
}

/* Version 2 has one group for all controllers, and version 1 may have two in one hierarchy. */
static int limit_below(struct snet__cgroup *cgroup, const char *parent, size_t what,
		       const struct snet__cgroup_control *control,
		       const struct snet__cgroup_opts *opts)
{
	autofree char *folder = NULL;
	bool is_new = false;
	int r;

	r = make_below(cgroup, parent, &folder, &is_new);
	if (r < 0)
		return r;
	r = set_limit(folder, what, control, opts);
	if (r < 0 && is_new)
		remove_part(cgroup);
	if (r == 0 && what == SNET__CGROUP_MEMORY) {
		cgroup->events = snet__text_format("%s/%s", folder, control->events);
		r = cgroup->events ? 0 : -ENOMEM;
	}
	if (r == 0 && what == SNET__CGROUP_CPU) {
		cgroup->cpu_folder = steal_ptr(folder);
		cgroup->cpu = control;
	}
	return r;
}

/* Remember why @folder did not do, behind the reasons before. */
static void add_reason(struct snet_err *why, const char *folder, int code)
{
	size_t used = strlen(why->msg);

	(void)snprintf(why->msg + used, sizeof(why->msg) - used, "%s'%s': %s",
		       used ? ", " : "", folder, strerrordesc_np(-code));
}

/* Below our own group, or else beside it. 0, or a reason. */
static int limit_in(struct snet__cgroup *cgroup, size_t what,
		    const struct snet__cgroup_control *control,
		    const struct snet__cgroup_opts *opts, struct snet_err *why)
{
	const char *controller = snet__cgroup_resources[what].controller;
	autofree char *own = snet__cgroup_find_own(control->is_v2 ? NULL : controller);
	char enable[16], *slash;
	int r;

	if (!own)
		return -ENOTSUP;

	/* It may have been done already, and is none of our business in a group above ours;
	 * whether a limit can be set tells. */
	(void)snprintf(enable, sizeof(enable), "+%s", controller);
	if (control->is_v2)
		(void)write_at(own, "cgroup.subtree_control", enable);
	r = limit_below(cgroup, own, what, control, opts);
	if (r == 0 || r == -ENOMEM)
		return r;

	add_reason(why, own, r);
	slash = control->is_v2 ? strrchr(own, '/') : NULL;
	if (!slash)
		return r;
	*slash = '\0';
	return limit_below(cgroup, own, what, control, opts);
}

static int limit(struct snet__cgroup *cgroup, size_t what,
		 const struct snet__cgroup_opts *opts, struct snet_err *err)
{
	const struct snet__cgroup_resource *resource = &snet__cgroup_resources[what];
	struct snet_err why = {0};

	for (size_t i = 0; i < 2; i++) {
		int r = limit_in(cgroup, what, &resource->controls[i], opts, &why);

		if (r == 0)
			return 0;
		if (r == -ENOMEM)
			return snet__err_oom(err);
	}
	if (!*why.msg)
		(void)snprintf(why.msg, sizeof(why.msg), "no %s controller is mounted",
			       resource->controller);
	return snet__err_set(err, -ENOTSUP, "cannot limit %s by a cgroup: %s",
			     resource->what, why.msg);
}

int snet__cgroup_new(struct snet__cgroup **ret, const struct snet__cgroup_opts *opts,
		     struct snet_err *err)
{
	cleanup_with(cgroup_free_at) struct snet__cgroup *cgroup = NULL;
	int r = 0;

	if (!snet__text_is_name(opts->name))
		return snet__err_set(err, -EINVAL, "'%s' is no name for a cgroup",
				     opts->name);
	cgroup = calloc(1, sizeof(*cgroup));
	if (!cgroup)
		return snet__err_oom(err);
	cgroup->given = strdup(opts->name);
	if (!cgroup->given || choose_name(cgroup) < 0)
		return snet__err_oom(err);
	if (opts->memory_bytes)
		r = limit(cgroup, SNET__CGROUP_MEMORY, opts, err);
	if (r == 0 && opts->millicpus)
		r = limit(cgroup, SNET__CGROUP_CPU, opts, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(cgroup);
	return 0;
}

int snet__cgroup_set_cpu(struct snet__cgroup *cgroup, unsigned int millicpus,
			 struct snet_err *err)
{
	const struct snet__cgroup_opts opts = {.name = cgroup->name,
					       .millicpus = millicpus};
	int r;

	if (millicpus && millicpus < SNET__CGROUP_MILLICPUS_MIN)
		return snet__err_set(err, -ERANGE,
				     "%u thousandths of a CPU are below %d, the least",
				     millicpus, SNET__CGROUP_MILLICPUS_MIN);
	if (!cgroup->cpu)
		return millicpus ? limit(cgroup, SNET__CGROUP_CPU, &opts, err) : 0;
	r = limit_cpu(cgroup->cpu_folder, cgroup->cpu, millicpus);
	return r < 0 ? snet__err_sys(err, r, "cannot limit CPU time in '%s'",
				     cgroup->cpu_folder)
		     : 0;
}

unsigned int snet__cgroup_get_cpu(const struct snet__cgroup *cgroup)
{
	autofree char *path = cgroup->cpu ? snet__text_format("%s/%s", cgroup->cpu_folder,
							      cgroup->cpu->limit)
					  : NULL;
	autofile FILE *file = path ? fopen(path, "re") : NULL;
	long quota_us = 0;

	/* "max" and -1 are no limit. */
	if (!file || fscanf(file, "%ld", &quota_us) != 1 || quota_us < 0)
		return 0;
	return (unsigned int)(quota_us / (PERIOD_US / 1000));
}

uint64_t snet__cgroup_throttled_ns(const struct snet__cgroup *cgroup)
{
	autofree char *path =
		cgroup->cpu ? snet__text_format("%s/cpu.stat", cgroup->cpu_folder) : NULL;
	autofile FILE *file = path ? fopen(path, "re") : NULL;
	autofree char *line = NULL;
	unsigned long long value;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		if (sscanf(line, "throttled_time %llu", &value) == 1)
			return value;
		if (sscanf(line, "throttled_usec %llu", &value) == 1)
			return value * 1000;
	}
	return 0;
}

int snet__cgroup_add(const struct snet__cgroup *cgroup, pid_t pid)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid);

	for (size_t i = 0; i < cgroup->part_count; i++)
		if (write(cgroup->parts[i].procs, text, (size_t)length) != length)
			return -errno;
	return 0;
}

/* Of version 1 the file of threads, if it is there: who moves no other than the thread that writes need
 * not wait until all processors have passed a point of rest, tens of ms in which no process can be
 * started either. */
static int open_part(const struct part *part)
{
	static const char *const names[] = {"tasks", "cgroup.procs"};
	int fd = -1;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && fd < 0; i++) {
		autofree char *path = snet__text_format("%s/%s", part->path, names[i]);

		fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	}
	return fd;
}

int snet__cgroup_open(const struct snet__cgroup *cgroup,
		      int ret_files[SNET__CGROUP_COUNT], struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < SNET__CGROUP_COUNT; i++)
		ret_files[i] = -1;
	for (size_t i = 0; i < cgroup->part_count && r == 0; i++) {
		ret_files[i] = open_part(&cgroup->parts[i]);
		if (ret_files[i] < 0)
			r = snet__err_sys(err, -errno, "cannot open cgroup '%s'",
					  cgroup->parts[i].path);
	}
	return r;
}

unsigned long snet__cgroup_oom_kills(const struct snet__cgroup *cgroup)
{
	autofile FILE *file = cgroup->events ? fopen(cgroup->events, "re") : NULL;
	autofree char *line = NULL;
	unsigned long kills = 0;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0)
		if (sscanf(line, "oom_kill %lu", &kills) == 1)
			break;
	return kills;
}

int snet__cgroup_remove(struct snet__cgroup *cgroup)
{
	int r = 0;

	for (size_t i = 0; i < cgroup->part_count; i++) {
		struct part *part = &cgroup->parts[i];

		if (part->path && rmdir(part->path) < 0)
			r = -errno;
		else
			free(steal_ptr(part->path));
	}
	return r;
}

void snet__cgroup_free(struct snet__cgroup *cgroup)
{
	if (!cgroup)
		return;

	(void)snet__cgroup_remove(cgroup);
	for (size_t i = 0; i < cgroup->part_count; i++) {
		snet__close_at(&cgroup->parts[i].procs);
		free(cgroup->parts[i].path);
	}
	free(cgroup->events);
	free(cgroup->cpu_folder);
	free(cgroup->given);
	free(cgroup->name);
	free(cgroup);
}
