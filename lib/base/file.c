/* SPDX-License-Identifier: MIT */
/* Files written as a whole: under another name first, which then takes the place. Whole folders
 * removed. Files that only one process has. */

#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"

#define TREE_FILES    16 /* that a walk through a folder opens at a time */
#define READ_BYTES    4096
#define LOCK_ATTEMPTS 100
#define LOCK_PAUSE_NS 10000000

static int write_all(int fd, const char *text, size_t size)
{
	ssize_t written;

	while (size) {
		written = write(fd, text, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		size -= (size_t)written;
	}
	return 0;
}

/* A pipe, a terminal: nothing that could be replaced. */
static int write_through(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_all(fd, text, strlen(text));
}

static int write_new(const char *path, const char *text, mode_t mode, bool is_old)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	/* Who could read the old one can read the new one, whatever the umask is. */
	if (r == 0 && is_old && fchmod(fd, mode) < 0)
		r = -errno;
	/* Some file systems report only here that the disk is full. */
	if (r == 0 && close(steal_fd(&fd)) < 0)
		r = -errno;
	return r;
}

static int replace(const char *path, const char *text, mode_t mode, bool is_old,
		   struct snet_err *err)
{
	/* Through a symbolic link to the file that it means. */
	autofree char *real = is_old ? realpath(path, NULL) : NULL;
	const char *to = real ? real : path;
	autofree char *new = snet__text_format("%s.%d.new", to, (int)getpid());
	int r;

	if (!new)
		return snet__err_oom(err);
	(void)unlink(new); /* of a dead process with our number, if at all */
	r = write_new(new, text, mode, is_old);
	if (r == 0 && rename(new, to) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(new); /* it may never have been made */
	return r < 0 ? snet__err_sys(err, r, "cannot write '%s'", path) : 0;
}

/* 1 after writing to what is no plain file, 0 for a file or nothing. @info: of the file. */
static int try_through(const char *path, const char *text, struct stat *info,
		       struct snet_err *err)
{
	int r;

	if (stat(path, info) < 0) {
		info->st_mode = 0;
		return 0;
	}
	if (S_ISREG(info->st_mode))
		return 0;
	r = write_through(path, text);
	return r < 0 ? snet__err_sys(err, r, "cannot write '%s'", path) : 1;
}

int snet__file_write(const char *path, const char *text, mode_t mode,
		     struct snet_err *err)
{
	struct stat info;
	int r = try_through(path, text, &info, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!info.st_mode)
		return replace(path, text, mode, false, err);
	return replace(path, text, info.st_mode & 07777, true, err);
}

int snet__file_create(const char *path, const char *text, mode_t mode,
		      struct snet_err *err)
{
	struct stat info;
	int r = try_through(path, text, &info, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = write_new(path, text, mode, false);
	/* Half a file is none; one that was there is not ours. */
	if (r < 0 && r != -EEXIST)
		(void)unlink(path);
	return r < 0 ? snet__err_sys(err, r, "cannot write '%s'", path) : 0;
}

static int check_folder(const char *path, struct snet_err *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return snet__err_sys(err, -errno, "cannot look at '%s'", path);
	if (!S_ISDIR(info.st_mode))
		return snet__err_set(err, -ENOTDIR,
				     "cannot write into '%s', which is no folder", path);
	if (access(path, W_OK | X_OK) < 0)
		return snet__err_sys(err, -errno, "cannot write into folder '%s'", path);
	return 0;
}

int snet__file_make_folder(const char *path, struct snet_err *err)
{
	autofree char *part = strdup(path);
	bool is_new = false;
	int r;

	if (!part)
		return snet__err_oom(err);
	if (!*part)
		return snet__err_set(err, -EINVAL,
				     "a folder that is to be made has no name");
	for (char *at = part + 1;; at++) {
		char was = *at;

		if (was && was != '/')
			continue;
		*at = '\0';
		r = mkdir(part, 0777) < 0 ? -errno : 0;
		if (r < 0 && r != -EEXIST)
			return snet__err_sys(err, r, "cannot make folder '%s'", part);
		/* What is below a new one is new, too: a '/' at the end names it again. */
		is_new |= r == 0;
		if (!was)
			break;
		*at = was;
	}
	return is_new ? 1 : check_folder(path, err);
}

int snet__file_read_fd(char **ret, size_t *ret_size, int fd, const char *path,
		       size_t size_max, struct snet_err *err)
{
	autofree char *text = NULL;
	size_t size = 0, cap = 0;
	ssize_t got;
	int r;

	do {
		r = snet__vec_reserve(&text, &cap, size + READ_BYTES, 1, err);
		if (r < 0)
			return r;
		got = read(fd, text + size, cap - size);
		if (got < 0 && errno != EINTR)
			return snet__err_sys(err, -errno, "cannot read '%s'", path);
		size += got > 0 ? (size_t)got : 0;
		if (size > size_max)
			return snet__err_set(err, -EFBIG, "'%s' is too large", path);
	} while (got != 0);
	text[size] = '\0'; /* there is room: reading ends only where nothing came */
	*ret = steal_ptr(text);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int snet__file_read(char **ret, size_t *ret_size, const char *path, size_t size_max,
		    struct snet_err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot open '%s'", path);
	return snet__file_read_fd(ret, ret_size, fd, path, size_max, err);
}

int snet__file_folder(char **ret, const char *path, struct snet_err *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = NULL;
	char *folder;

	if (!slash)
		parent = strdup(".");
	else
		parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!parent)
		return snet__err_oom(err);
	folder = realpath(parent, NULL);
	if (!folder)
		return snet__err_sys(err, -errno, "cannot find the folder '%s'", parent);
	*ret = folder;
	return 0;
}

/* What was unpacked may be folders that their owner cannot write into. */
static int make_writable(const char *path, const struct stat *info, int type,
			 struct FTW *at)
{
	(void)at;
	if (type == FTW_D)
		(void)chmod(path, info->st_mode | S_IRWXU);
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

void snet__file_remove(const char *path)
{
	(void)nftw(path, make_writable, TREE_FILES, FTW_PHYS);
	(void)nftw(path, remove_one, TREE_FILES, FTW_DEPTH | FTW_PHYS);
}

static bool is_at(int fd, const char *path)
{
	struct stat open, there;

	return fstat(fd, &open) == 0 && stat(path, &there) == 0 &&
	       open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

int snet__file_lock(int fd, const char *path)
{
	/* Nothing tells when a lock is free, but waiting for it without an end. */
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK || i == LOCK_ATTEMPTS)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return is_at(fd, path) ? 0 : -ESTALE;
}
