/* SPDX-License-Identifier: MIT */
/* Where a store's files are, who may write them, and how a new store replaces an old one. */

#include "store/folder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "store/store.h"

/* Room for more than 254 readers of 64 bytes (MDB_reader of LMDB 0.9) and a head. */
#define LOCK_FILE_BYTES (20 * 1024)

/* How often a lock may be removed before it is ours. */
#define LOCK_ROUNDS 10

/* All that LMDB makes in its folder. */
static const char *const lmdb_files[] = {"data.mdb", "lock.mdb"};

/* The store in use, and the one that is to replace it. */
static const char *const names[] = {"store", "store.new"};

char *snet__folder_path(const char *folder, bool is_new)
{
	return snet__text_format("%s/%s", folder, names[is_new]);
}

/* Make @folder and what is missing above it, mode 0700. */
static int make_folder(const char *folder, struct snet_err *err)
{
	autofree char *path = strdup(folder);
	char *slash;

	if (!path)
		return snet__err_oom(err);

	/* What cannot be made above may exist all the same; only the last one tells. */
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return snet__err_sys(err, -errno, "cannot make the folder '%s'", folder);
	return 0;
}

static int refuse_busy(int fd, const char *folder, struct snet_err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return snet__err_set(err, -EBUSY,
			     "store '%s' belongs to the lab that process %s runs", folder,
			     *pid ? pid : "(unknown)");
}

/* -ESTALE: who had it has removed it meanwhile, perhaps with the folder. */
static int open_lock(int *ret_fd, const char *folder, const char *path,
		     struct snet_err *err)
{
	autoclose int fd = -1;
	int r;

	r = make_folder(folder, err);
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT)
		return -ESTALE;
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot open '%s'", path);

	r = snet__file_lock(fd, path);
	if (r == -EWOULDBLOCK)
		return refuse_busy(fd, folder, err);
	if (r == -ESTALE)
		return r;
	if (r < 0)
		return snet__err_sys(err, r, "cannot lock '%s'", path);
	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__folder_lock(int *ret_fd, const char *folder, struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/" SNET__STORE_LOCK, folder);
	autoclose int fd = -1;
	int r = -ESTALE;

	if (!path)
		return snet__err_oom(err);
	/* That of a lab that has not come up is removed. */
	for (int i = 0; i < LOCK_ROUNDS && r == -ESTALE; i++)
		r = open_lock(&fd, folder, path, err);
	if (r == -ESTALE)
		return snet__err_set(err, -EBUSY, "somebody keeps removing '%s'", path);
	if (r < 0)
		return r;
	/* Only for the message above, so it may fail. */
	if (ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%d\n", (int)getpid());
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Failing is noticed by the next one to make something there. Without memory it does not: it is
 * also how a lab is undone for which there was none. */
static void remove_store(const char *path)
{
	char file[PATH_MAX];

	for (size_t i = 0; i < sizeof(lmdb_files) / sizeof(*lmdb_files); i++) {
		if (snprintf(file, sizeof(file), "%s/%s", path, lmdb_files[i]) <
		    (int)sizeof(file))
			(void)unlink(file);
	}
	(void)rmdir(path);
}

int snet__folder_reserve(const char *path, struct snet_err *err)
{
	autofree char *file = snet__text_format("%s/lock.mdb", path);
	autoclose int fd = -1;
	int r;

	if (!file)
		return snet__err_oom(err);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot open '%s'", file);

	r = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
	/* A file system that cannot reserve has no remedy for this. */
	if (r != 0 && r != EOPNOTSUPP && r != EINVAL)
		return snet__err_sys(err, -r, "cannot make '%s'", file);
	return 0;
}

int snet__folder_start_new(const char *folder, struct snet_err *err)
{
	autofree char *now = snet__folder_path(folder, false);
	autofree char *path = snet__folder_path(folder, true);

	if (!now || !path)
		return snet__err_oom(err);

	if (!snet__store_is_there(folder)) {
		remove_store(now); /* what is left of one */
		if (access(now, F_OK) == 0)
			return snet__err_set(err, -EEXIST,
					     "'%s' is not of a lab: choose another "
					     "folder",
					     now);
	}
	remove_store(path);
	if (mkdir(path, 0700) < 0)
		return snet__err_sys(err, -errno, "cannot make the folder '%s'", path);
	return 0;
}

int snet__folder_switch(const char *folder, struct snet_err *err)
{
	autofree char *now = snet__folder_path(folder, false);
	autofree char *new = snet__folder_path(folder, true);

	if (!now || !new)
		return snet__err_oom(err);

	if (renameat2(AT_FDCWD, new, AT_FDCWD, now, RENAME_EXCHANGE) == 0) {
		remove_store(new);
		return 0;
	}
	/* Nothing is there yet, or this file system cannot exchange: then a reader may find
	 * no store for a moment. */
	remove_store(now);
	if (rename(new, now) < 0)
		return snet__err_sys(err, -errno, "cannot make the store '%s'", now);
	return 0;
}

bool snet__store_remove(const char *folder, bool is_shared)
{
	char lock[PATH_MAX], path[PATH_MAX];
	autoclose int fd = -1;

	(void)snprintf(lock, sizeof(lock), "%s/" SNET__STORE_LOCK, folder);
	if (is_shared)
		fd = open(lock, O_RDWR | O_CLOEXEC);
	if (is_shared && (fd < 0 || snet__file_lock(fd, lock) < 0))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove_store(path);
	}
	(void)unlink(lock);
	return true;
}

bool snet__store_is_there(const char *folder)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, names[false],
		       lmdb_files[0]);
	return access(path, F_OK) == 0;
}
