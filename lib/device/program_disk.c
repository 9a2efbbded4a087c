/* SPDX-License-Identifier: MIT */
/* A disk of its own for a process: a file system in memory over one of its folders, which can be
 * filled. What is in the folder is there, and what is written goes to the disk. It is mounted in the
 * lab's mount namespace, at a folder that nobody knows, and stands from there at the program's folder
 * in the program's namespace only; so it outlives the processes, and needs no right to anything
 * outside of the lab. What fills it is a file without a name. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "device/program_private.h"
#include "sys/netns.h"
#include "topo/kinds.h"

#define SIZE_DEFAULT  (16u << 20)
#define FILL_ATTEMPTS 100 /* by halves, while the program frees or takes some of it */

int snet__program_can_fill(const struct snet__model_node *node, const char *folder,
			   struct snet_err *err)
{
	if (strcmp(node->kind, "process") != 0)
		return snet__err_set(err, -EINVAL,
				     "it is %s %s: only a process or a relayer has a "
				     "disk that can be full",
				     snet__kind_article(node->kind), node->kind);
	if (!folder && !node->cwd)
		return snet__err_set(err, -EINVAL,
				     "it has no working folder of its own: name the one "
				     "that is to be full");
	return 0;
}

int snet__program_make_disk(struct snet__program *program, struct snet_err *err)
{
	const struct snet__program_env *env = &program->env;
	const char *at = env->disk_folder ? env->disk_folder : env->node->cwd;
	autofree char *folder = realpath(env->folder, NULL);
	struct snet__mntns_disk disk = {.size_bytes = env->disk_bytes ? env->disk_bytes
								      : SIZE_DEFAULT};
	struct stat info;
	int r;

	r = snet__program_can_fill(env->node, env->disk_folder, err);
	if (r < 0)
		return r;
	program->disk_folder = realpath(at, NULL);
	if (!program->disk_folder || stat(at, &info) < 0)
		return snet__err_sys(err, -errno, "cannot have a disk at '%s'", at);
	disk.mode = info.st_mode & 07777;
	disk.over = program->disk_folder;
	disk.path = program->disk_path =
		snet__text_format("%s/disk@%s", folder ? folder : "", env->node->name);
	program->disk_merged =
		snet__text_format("%s/" SNET__MNTNS_MERGED, disk.path ? disk.path : "");
	if (!folder || !disk.path || !program->disk_merged)
		return snet__err_oom(err);
	if (mkdir(disk.path, 0700) < 0 && errno != EEXIST)
		return snet__err_sys(err, -errno, "cannot make the folder '%s'",
				     disk.path);
	return snet__mntns_mount_disk(&program->disk_fd, env->mntns, &disk, err);
}

void snet__program_free_disk(struct snet__program *program)
{
	snet__close_at(&program->ballast);
	if (program->disk_fd >= 0)
		snet__mntns_unmount(program->env.mntns, program->disk_path);
	snet__close_at(&program->disk_fd);
	if (program->disk_path)
		(void)rmdir(program->disk_path); /* it may not have come to be */
	free(program->disk_path);
	free(program->disk_merged);
	free(program->disk_folder);
}

static int open_unnamed(const struct snet__program *program)
{
	return openat(program->disk_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

/* Have the ballast take half of what is left; a positive return: there may be more. The kernel clears
 * what it gives, and gives nothing when the program takes a page of it meanwhile: of all at once that
 * may be so each time. */
static int take_half(const struct snet__program *program, off_t *size)
{
	struct statvfs info;
	off_t half;

	if (fstatvfs(program->disk_fd, &info) < 0)
		return -errno;
	half = (off_t)((info.f_bavail + 1) / 2 * info.f_frsize);
	if (!half)
		return 0;
	if (fallocate(program->ballast, 0, *size, half) < 0)
		return errno == ENOSPC ? 1 : -errno;
	*size += half;
	return 1;
}

int snet__program_set_full(struct snet__program *program, bool is_full,
			   struct snet_err *err)
{
	off_t size = 0;
	int r = 1;

	if (program->disk_fd < 0)
		return snet__err_set(err, -ENOTSUP,
				     "it was not started with a disk of its own");
	snet__close_at(&program->ballast);
	program->ballast = -1;
	if (!is_full)
		return 0;
	program->ballast = open_unnamed(program);
	if (program->ballast < 0)
		return snet__err_sys(err, -errno, "cannot fill its disk");
	for (int i = 0; r > 0 && i < FILL_ATTEMPTS; i++)
		r = take_half(program, &size);
	return r < 0 ? snet__err_sys(err, r, "cannot fill its disk") : 0;
}

bool snet__program_is_full(const struct snet__program *program)
{
	autoclose int fd = program->disk_fd >= 0 ? open_unnamed(program) : -1;

	return fd >= 0 && write(fd, "", 1) < 0 && errno == ENOSPC;
}
