/* SPDX-License-Identifier: MIT */
/* Where the root folder of a container comes from. An archive is unpacked by tar(1), which knows
 * more of its formats than is to be known here. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "device/container.h"
#include "sys/command.h"
#include "sys/inside.h"

/* A folder that is only read must have what will be covered: nothing is made in it. */
static int check_folder(const char *path, struct snet_err *err)
{
	static const struct {
		const char *name, *remedy;
	} needed[] = {
		{"proc", "mkdir"},
		{"dev", "mkdir"},
		{"etc/hosts", "touch"},
		{"etc/resolv.conf", "touch"},
	};
	autoclose int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat info;

	if (dir < 0)
		return snet__err_sys(err, -errno, "rootfs '%s'", path);
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (fstatat(dir, needed[i].name, &info, AT_SYMLINK_NOFOLLOW) < 0)
			return snet__err_set(
				err, -ENOENT,
				"rootfs '%s' has no '%s', where something is to be "
				"mounted: '%s %s/%s', or make it writable",
				path, needed[i].name, needed[i].remedy, path,
				needed[i].name);
	return 0;
}

static int use_folder(char **ret, const struct snet__model_node *node,
		      struct snet_err *err)
{
	int r = node->is_writable ? 0 : check_folder(node->rootfs, err);

	if (r < 0)
		return r;
	*ret = realpath(node->rootfs, NULL);
	return *ret ? 0 : snet__err_sys(err, -errno, "rootfs '%s'", node->rootfs);
}

static int make_folder(const char *path, struct snet_err *err)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST
		       ? snet__err_sys(err, -errno, "cannot make the folder '%s'", path)
		       : 0;
}

/* An archive need not have the folders that will be covered. */
static void add_folders(const char *root)
{
	static const char *const names[] = {"proc", "dev", "sys", "tmp", "run", "etc"};
	autoclose int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)mkdirat(dir, names[i], 0755); /* it may be there */
}

static int remove_device(const char *path, const struct stat *info, int type,
			 struct FTW *at)
{
	(void)at;
	return type == FTW_F && (S_ISBLK(info->st_mode) || S_ISCHR(info->st_mode)) &&
	       unlink(path) < 0;
}

/* Devices cannot be made without root, and nothing is to be made of them with it: /dev is the
 * container's own, and another one, wherever it is, would lead to the machine's. */
static int unpack(const char *archive, const char *root, int cancel_fd,
		  struct snet_err *err)
{
	const char *argv[] = {"tar",
			      "--extract",
			      "--file",
			      archive,
			      "-C",
			      root,
			      "--force-local",
			      "--anchored",
			      "--exclude=dev/*",
			      "--exclude=./dev/*",
			      "--exclude=/dev/*",
			      NULL};
	int r = make_folder(root, err);

	if (r == 0)
		r = snet__command_run(argv, cancel_fd, err);
	if (r < 0)
		return snet__err_prefix(
			err, r,
			"cannot unpack '%s', which has to be a folder, or an archive "
			"that tar can read",
			archive);
	if (nftw(root, remove_device, 16, FTW_PHYS) != 0)
		return snet__err_set(err, -EIO, "cannot look for devices in '%s'", root);
	add_folders(root);
	return 0;
}

/* Unpack into a folder beside, which takes its place when it is whole. */
static int unpack_once(const char *archive, const char *root, int cancel_fd,
		       struct snet_err *err)
{
	autofree char *part = snet__text_format("%s.part", root);
	autofree char *folder = strndup(root, (size_t)(strrchr(root, '/') - root));
	int r;

	if (!part || !folder)
		return snet__err_oom(err);
	snet__container_discard(folder, part); /* of one that failed */
	r = unpack(archive, part, cancel_fd, err);
	if (r < 0) {
		snet__container_discard(folder, part);
		return r;
	}
	return rename(part, root) < 0
		       ? snet__err_sys(err, -errno, "cannot name the folder '%s'", root)
		       : 0;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A file's name for an image, such as "docker.io%2Fbusybox", to be freed. */
static char *name_image(const char *image)
{
	char *name = malloc(3 * strlen(image) + 1), *to = name;

	for (; name && *image; image++)
		if (isalnum((unsigned char)*image) || strchr("._-", *image))
			*to++ = *image;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*image);
	if (name)
		*to = '\0';
	return name;
}

/* Where the root folder of @node is: one for all that only read the same image, or the same
 * archive, as long as that stays as it is. */
static char *name_root(const struct snet__model_node *node, const char *folder)
{
	struct stat info = {0};
	autofree char *image = NULL;

	if (node->is_writable)
		return snet__text_format("%s/%s/root", folder, node->name);
	if (node->image) {
		image = name_image(node->image);
		return image ? snet__text_format("%s/image@%s", folder, image) : NULL;
	}
	if (stat(node->rootfs, &info) < 0)
		info = (struct stat){0}; /* to unpack it says so */
	return snet__text_format("%s/archive@%llx-%llx-%llx.%lx", folder,
				 (unsigned long long)info.st_dev,
				 (unsigned long long)info.st_ino,
				 (unsigned long long)info.st_mtim.tv_sec,
				 info.st_mtim.tv_nsec);
}

/* Where that of a container which writes is until its time has come. */
static char *name_next(const struct snet__model_node *node, const char *folder)
{
	return snet__text_format("%s/next@%s", folder, node->name);
}

static int fetch_image(const struct snet__model_node *node, const char *root,
		       const char *folder, int cancel_fd, struct snet_err *err)
{
	autofree char *archive = snet__text_format("%s.tar", root);
	int r;

	if (!archive)
		return snet__err_oom(err);
	r = snet__container_export(node->image, archive, folder, cancel_fd, err);
	if (r == 0)
		r = unpack_once(archive, root, cancel_fd, err);
	(void)unlink(archive); /* it need not be there */
	return r < 0 ? snet__err_prefix(err, r, "image '%s'", node->image) : 0;
}

static bool is_folder(const struct snet__model_node *node)
{
	struct stat info;

	return !node->image && stat(node->rootfs, &info) == 0 && S_ISDIR(info.st_mode);
}

int snet__container_fetch(const struct snet__model_node *node, const char *folder,
			  int cancel_fd, struct snet_err *err)
{
	autofree char *root = NULL;

	if (is_folder(node))
		return 0;
	root = node->is_writable ? name_next(node, folder) : name_root(node, folder);
	if (!root)
		return snet__err_oom(err);
	if (node->is_writable)
		snet__container_discard(folder, root); /* of a change that was refused */
	if (is_there(root))
		return 0;
	if (node->image)
		return fetch_image(node, root, folder, cancel_fd, err);
	if (!is_there(node->rootfs))
		return snet__err_sys(err, -errno, "rootfs '%s'", node->rootfs);
	return unpack_once(node->rootfs, root, cancel_fd, err);
}

static char *name_former(const char *folder, const char *node)
{
	return snet__text_format("%s/" SNET__CONTAINERS_FORMER "%s", folder, node);
}

/* As if it were all that the node has. */
static void set_root_aside(const char *node, const char *root, const char *folder)
{
	autofree char *former = name_former(folder, node);
	autofree char *at = former ? snet__text_format("%s/root", former) : NULL;

	if (!at)
		return;
	snet__container_discard(folder, former);
	if (mkdir(former, 0700) == 0)
		(void)rename(root, at); /* else it is in the way, and that is said */
}

void snet__container_set_aside(const char *folder, const char *node)
{
	autofree char *former = name_former(folder, node);
	autofree char *path = snet__text_format("%s/%s", folder, node);

	if (!former || !path)
		return;
	snet__container_discard(folder, former);
	(void)rename(path, former); /* it need not be there */
}

/* What was fetched takes the place of what is there. */
static int move_in(const struct snet__model_node *node, const char *root,
		   const char *folder, struct snet_err *err)
{
	autofree char *next = name_next(node, folder);

	if (!next)
		return snet__err_oom(err);
	if (!is_there(next))
		return 0;
	if (is_there(root))
		set_root_aside(node->name, root, folder);
	return rename(next, root) < 0
		       ? snet__err_sys(err, -errno, "cannot name the folder '%s'", root)
		       : 0;
}

static int find_root(char **ret, const struct snet__model_node *node, const char *folder,
		     struct snet_err *err)
{
	autofree char *root = NULL;
	int r;

	if (is_folder(node))
		return use_folder(ret, node, err);
	root = name_root(node, folder);
	if (!root)
		return snet__err_oom(err);
	r = node->is_writable ? move_in(node, root, folder, err) : 0;
	if (r == 0 && !is_there(root)) {
		r = snet__container_fetch(node, folder, -1, err);
		if (r == 0 && node->is_writable)
			r = move_in(node, root, folder, err);
	}
	if (r == 0)
		*ret = steal_ptr(root);
	return r;
}

/* crun makes the folder that a program is to start in, whether it may write or not. */
int snet__container_root(char **ret, const struct snet__model_node *node,
			 const char *folder, struct snet_err *err)
{
	autofree char *root = NULL;
	int r;

	r = find_root(&root, node, folder, err);
	if (r == 0 && node->cwd && !node->is_writable)
		r = snet__inside_check_cwd(root, node->cwd, err);
	if (r == 0)
		*ret = steal_ptr(root);
	return r;
}

void snet__container_discard(const char *folder, const char *path)
{
	autofree char *gone =
		snet__text_format("%s/" SNET__CONTAINERS_GONE "%016llx", folder,
				  (unsigned long long)snet__random_entropy());

	if (gone)
		(void)rename(path, gone); /* it need not be there */
}
