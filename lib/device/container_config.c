/* SPDX-License-Identifier: MIT */
/* A container as crun reads it: a root folder that is only read, unless it is to be written,
 * with /tmp and /run to write into; namespaces of its own but for the network, which it gets
 * from its node; the rights of a program that manages files and ports, and no others. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "device/container.h"
#include "io/json.h"

static struct snet__json *list(const char *const *words)
{
	struct snet__json *json = snet__json_new_array();

	for (; *words; words++)
		(void)snet__json_append(json, snet__json_new_string(*words));
	return json;
}

/* What container engines grant, without those by which the machine could be reached: no
 * MKNOD, since no cgroup guards its devices.
 * Source: moby, oci/caps/defaults.go; capabilities(7). */
static struct snet__json *describe_capabilities(void)
{
	static const char *const granted[] = {
		"CAP_CHOWN",  "CAP_DAC_OVERRIDE",     "CAP_FOWNER",  "CAP_FSETID",
		"CAP_KILL",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP",
		"CAP_SETGID", "CAP_SETPCAP",          "CAP_SETUID",  "CAP_SYS_CHROOT",
		NULL,
	};
	struct snet__json *json = snet__json_new_object();

	(void)snet__json_add(json, "bounding", list(granted));
	(void)snet__json_add(json, "effective", list(granted));
	(void)snet__json_add(json, "permitted", list(granted));
	return json;
}

static struct snet__json *describe_limit(uint64_t bytes)
{
	struct snet__json *limits = snet__json_new_array(),
			  *limit = snet__json_append(limits, snet__json_new_object());

	snet__json_add_string(limit, "type", "RLIMIT_AS");
	snet__json_add_u64(limit, "hard", bytes);
	snet__json_add_u64(limit, "soft", bytes);
	return limits;
}

static struct snet__json *describe_process(const struct snet__container_spec *spec)
{
	const char *command = spec->node->command;
	struct snet__json *json = snet__json_new_object(), *args = NULL, *user;

	(void)snet__json_parse(&args, command, strlen(command), NULL); /* or no memory */
	snet__json_add_bool(json, "terminal", false);
	user = snet__json_add(json, "user", snet__json_new_object());
	snet__json_add_u64(user, "uid", 0);
	snet__json_add_u64(user, "gid", 0);
	(void)snet__json_add(json, "args", args);
	(void)snet__json_add(json, "env", list((const char *const *)spec->variables));
	snet__json_add_string(json, "cwd", spec->node->cwd ? spec->node->cwd : "/");
	(void)snet__json_add(json, "capabilities", describe_capabilities());
	if (spec->address_space_bytes)
		(void)snet__json_add(json, "rlimits",
				     describe_limit(spec->address_space_bytes));
	return json;
}

/* Something that is mounted over the root folder. */
struct mount_point {
	const char *destination, *type, *source;
	const char *options[8];
	bool is_optional; /* left out where a root that is only read has no place for it */
	bool needs_root;  /* the network namespace is another user namespace's */
};

/* /etc/hosts and /etc/resolv.conf are the lab's in its mount namespace, which crun is in.
 * devpts without the group of terminals, which a user's namespace does not have. */
static const struct mount_point mount_points[] = {
	{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
	{"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=1m"}},
	{"/dev/pts",
	 "devpts",
	 "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777"}},
	{"/sys",
	 "sysfs",
	 "sysfs",
	 {"nosuid", "noexec", "nodev", "ro"},
	 .is_optional = true,
	 .needs_root = true},
	{"/tmp", "tmpfs", "tmpfs", {"nosuid", "nodev", "mode=1777"}, .is_optional = true},
	{"/run", "tmpfs", "tmpfs", {"nosuid", "nodev", "mode=755"}, .is_optional = true},
	{"/etc/hosts", "bind", "/etc/hosts", {"bind", "ro"}},
	{"/etc/resolv.conf", "bind", "/etc/resolv.conf", {"bind", "ro"}},
};

static bool has_place(const char *root, const char *destination)
{
	autofree char *path = snet__text_format("%s%s", root, destination);
	struct stat info;

	return path && lstat(path, &info) == 0;
}

static struct snet__json *describe_mounts(const struct snet__container_spec *spec)
{
	struct snet__json *json = snet__json_new_array();

	for (size_t i = 0; i < sizeof(mount_points) / sizeof(*mount_points); i++) {
		const struct mount_point *point = &mount_points[i];
		struct snet__json *one;

		if ((point->needs_root && spec->is_rootless) ||
		    (point->is_optional && !spec->node->is_writable &&
		     !has_place(spec->root, point->destination)))
			continue;
		one = snet__json_append(json, snet__json_new_object());
		snet__json_add_string(one, "destination", point->destination);
		snet__json_add_string(one, "type", point->type);
		snet__json_add_string(one, "source", point->source);
		(void)snet__json_add(one, "options", list(point->options));
	}
	return json;
}

static struct snet__json *describe_mapping(unsigned int id)
{
	struct snet__json *mappings = snet__json_new_array(),
			  *one = snet__json_append(mappings, snet__json_new_object());

	snet__json_add_u64(one, "containerID", 0);
	snet__json_add_u64(one, "hostID", id);
	snet__json_add_u64(one, "size", 1);
	return mappings;
}

/* Source: moby, oci/defaults.go: what of /proc is not for containers. */
static struct snet__json *describe_linux(const struct snet__container_spec *spec)
{
	static const char *const namespaces[] = {"pid", "mount", "ipc", "uts", "user"};
	static const char *const masked[] = {
		"/proc/acpi",          "/proc/kcore",      "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug",
		"/proc/scsi",          "/sys/firmware",    NULL};
	static const char *const read_only[] = {"/proc/bus",           "/proc/fs",
						"/proc/irq",           "/proc/sys",
						"/proc/sysrq-trigger", NULL};
	struct snet__json *json = snet__json_new_object(), *array, *one;
	size_t count = sizeof(namespaces) / sizeof(*namespaces);

	array = snet__json_add(json, "namespaces", snet__json_new_array());
	for (size_t i = 0; i < count - !spec->is_rootless; i++) {
		one = snet__json_append(array, snet__json_new_object());
		snet__json_add_string(one, "type", namespaces[i]);
	}
	if (spec->is_rootless) {
		(void)snet__json_add(json, "uidMappings", describe_mapping(spec->uid));
		(void)snet__json_add(json, "gidMappings", describe_mapping(spec->gid));
	}
	(void)snet__json_add(json, "maskedPaths", list(masked));
	(void)snet__json_add(json, "readonlyPaths", list(read_only));
	return json;
}

char *snet__container_config(const struct snet__container_spec *spec)
{
	autojson *json = snet__json_new_object();
	struct snet__json *root;

	snet__json_add_string(json, "ociVersion", "1.0.0");
	(void)snet__json_add(json, "process", describe_process(spec));
	root = snet__json_add(json, "root", snet__json_new_object());
	snet__json_add_string(root, "path", spec->root);
	snet__json_add_bool(root, "readonly", !spec->node->is_writable);
	snet__json_add_string(json, "hostname", spec->node->name);
	(void)snet__json_add(json, "mounts", describe_mounts(spec));
	(void)snet__json_add(json, "linux", describe_linux(spec));
	return snet__json_format_pretty(json);
}
