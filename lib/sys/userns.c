/* SPDX-License-Identifier: MIT */
/* Rights without root: a user namespace, in which the process has every capability over the
 * namespaces that it makes next, with the ids that it has outside. */

#include "sys/userns.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The machine's own user namespace. Source: Linux, include/linux/proc_ns.h. */
#define INITIAL_INODE 0xEFFFFFFDU

/* A setting that forbids user namespaces when it has the value @bad. */
struct setting {
	const char *path;
	const char *name;
	const char *bad;
	const char *good;
};

static const struct setting settings[] = {
	/* Debian and Ubuntu */
	{"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone",
	 "0", "1"},
	{"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "0", "10000"},
	/* A user namespace comes with one of mounts */
	{"/proc/sys/user/max_mnt_namespaces", "user.max_mnt_namespaces", "0", "10000"},
	/* Ubuntu from 23.10: the namespace is made, but has no rights */
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
	 "kernel.apparmor_restrict_unprivileged_userns", "1", "0"},
};

static bool has_value(const struct setting *setting, const char *value)
{
	autoclose int fd = open(setting->path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return false;

	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, value) == 0;
}

static int report(struct snet_err *err, int code, const char *what)
{
	/* Too many, or nested too deeply, in the kernel's two ways to say so. */
	int shown = code == -ENOSPC || code == -EUSERS ? -EUSERS : -EPERM;

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (has_value(&settings[i], settings[i].bad))
			return snet__err_set(
				err, shown,
				"user namespaces are forbidden by %s=%s (as root: "
				"'sysctl -w %s=%s', or run this as root)",
				settings[i].name, settings[i].bad, settings[i].name,
				settings[i].good);
	if (shown == -EUSERS)
		return snet__err_set(err, shown,
				     "no more user namespaces allowed (see "
				     "user.max_user_namespaces)");
	if (code == -EPERM || code == -EACCES)
		return snet__err_set(
			err, shown,
			"%s: %s (a container or a security module forbids user "
			"namespaces; run this as root, or allow them)",
			what, strerrordesc_np(-code));
	return snet__err_sys(err, code, "%s", what);
}

int snet__userns_explain(int code, const char *kind, struct snet_err *err)
{
	const char *name = strcmp(kind, "net") == 0   ? "network"
			   : strcmp(kind, "mnt") == 0 ? "mount"
						      : "PID";

	if (code == -EPERM)
		return snet__err_set(
			err, code,
			"cannot make a %s namespace: Operation not permitted (needs "
			"CAP_SYS_ADMIN, or snet_init() first)",
			name);
	if (code == -ENOSPC)
		return snet__err_set(
			err, code,
			"cannot make a %s namespace: no more of them allowed "
			"(see /proc/sys/user/max_%s_namespaces)",
			name, kind);
	return snet__err_sys(err, code, "cannot make a %s namespace", name);
}

static int write_text(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int snet__userns_enter(struct snet_err *err)
{
	char uids[64], gids[64];
	int r;

	/* Outside ids: inside, none are known until the maps are written. */
	(void)snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	(void)snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		if (errno == EINVAL)
			return snet__err_set(
				err, -EINVAL,
				"cannot enter a user namespace: the process has more "
				"than one thread (call snet_init() first in main())");
		return report(err, -errno, "cannot make a user namespace");
	}

	/* Without rights outside, a group map may be written only once groups can no longer be
	 * dropped: user_namespaces(7). */
	r = write_text("/proc/self/setgroups", "deny");
	if (r == 0)
		r = write_text("/proc/self/uid_map", uids);
	if (r == 0)
		r = write_text("/proc/self/gid_map", gids);
	if (r < 0)
		return report(err, r, "cannot map the ids of a user namespace");
	return 0;
}

bool snet__userns_is_privileged(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	const unsigned int needed = 1u << CAP_SYS_ADMIN | 1u << CAP_NET_ADMIN;

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return (data[0].effective & needed) == needed;
}

/* Without this execve(2) takes all rights from a user who is not root: capabilities(7). Root has
 * them anyway, and those over the machine are not ours to pass on. */
void snet__userns_pass_rights(void)
{
	static const unsigned int rights[] = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN,
					      CAP_NET_RAW};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	struct stat info;

	if (geteuid() == 0 || stat("/proc/self/ns/user", &info) < 0 ||
	    info.st_ino == INITIAL_INODE || syscall(SYS_capget, &header, data) < 0)
		return;
	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++)
		data[0].inheritable |= data[0].permitted & 1u << rights[i];
	if (syscall(SYS_capset, &header, data) < 0)
		return;
	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++)
		(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, rights[i], 0,
			    0); /* fails for what it does not have itself */
}
