/* SPDX-License-Identifier: MIT */
/* Paths in the root folder of a container, found as it will find them: whatever is a symbolic link
 * there, and wherever it leads, it stays below the folder. */

#include "sys/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

static int find_folder(struct stat *ret, int root, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT};
	/* The C library has no function for it. */
	autoclose int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 || fstat(fd, ret) < 0 ? -errno : 0;
}

/* Whether it is one that has a file system of its own mounted over it: one in which the container
 * may write, or has what the kernel shows. sysfs takes root: see device/container_config.c. */
static bool is_covered(int root, const struct stat *folder)
{
	static const char *const covered[] = {"/tmp", "/run", "/dev", "/proc", "/sys"};
	size_t count = sizeof(covered) / sizeof(*covered) - (geteuid() != 0);
	struct stat info = {0};

	for (size_t i = 0; i < count; i++)
		if (find_folder(&info, root, covered[i]) == 0 &&
		    info.st_dev == folder->st_dev && info.st_ino == folder->st_ino)
			return true;
	return false;
}

static bool leads_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")); at++)
		if (!at[3] || at[3] == '/')
			return true;
	return false;
}

/* 0: @path is below such a one, and is not led out of it again. */
static int find_covered(int root, const char *path)
{
	autofree char *above = strdup(path);
	struct stat info = {0};
	char *slash;

	if (!above)
		return -ENOMEM;
	while (!leads_up(path) && (slash = strrchr(above, '/')) && slash != above) {
		*slash = '\0';
		if (find_folder(&info, root, above) == 0 && is_covered(root, &info))
			return 0;
	}
	return -ENOENT;
}

int snet__inside_check_cwd(const char *root, const char *cwd, struct snet_err *err)
{
	autoclose int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat info = {0};
	int r, found;

	if (dir < 0)
		return snet__err_sys(err, -errno, "rootfs '%s'", root);

	r = find_folder(&info, dir, cwd);
	/* Some sandboxes and tools do not let it through: who starts there finds out. */
	if (r == -ENOSYS)
		return 0;
	found = r == 0 ? 0 : find_covered(dir, cwd);
	if (found == 0)
		return 0;
	if (found == -ENOMEM)
		return snet__err_oom(err);
	return snet__err_set(err, r,
			     "nothing can run in '%s' of the container: %s; make that "
			     "folder in its root file system, or set 'writable'",
			     cwd, strerrordesc_np(-r));
}
