/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_FILE_H
#define SNET_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* What a new file may be; of the former the umask takes some away. */
#define SNET__FILE_SHARED  0666
#define SNET__FILE_PRIVATE 0600 /* it may have credentials in it */

/* Make @text the content of the file at @path, all or nothing: who reads it meanwhile, and a disk
 * that is full, leave the file that was. A new one has @mode, one that is replaced keeps its own.
 * What is no plain file, such as /dev/stdout, is written to as it is. Codes of open(2), write(2)
 * and rename(2), the path in @err. */
int snet__file_write(const char *path, const char *text, mode_t mode,
		     struct snet_err *err);

/* The same for a file that is not there yet: -EEXIST when it is. */
int snet__file_create(const char *path, const char *text, mode_t mode,
		      struct snet_err *err);

/* All of a file, with a zero behind it, to be freed; @ret_size may be NULL. -EFBIG above @size_max
 * bytes; codes of open(2) and read(2), the path in @err. */
int snet__file_read(char **ret, size_t *ret_size, const char *path, size_t size_max,
		    struct snet_err *err);

/* The same for what is open as @fd, whose @path is for @err only. */
int snet__file_read_fd(char **ret, size_t *ret_size, int fd, const char *path,
		       size_t size_max, struct snet_err *err);

/* The folder of @path, absolute, to be freed: -ENOENT ... when there is none. */
int snet__file_folder(char **ret, const char *path, struct snet_err *err);

/* Make the folder at @path, and all above it, or see that files can be written into the one that is
 * there. 1: it is new. -ENOTDIR, -EACCES and others of mkdir(2), the path in @err. */
int snet__file_make_folder(const char *path, struct snet_err *err);

/* Remove the folder at @path with all that is in it, or the file. What cannot be removed stays. */
void snet__file_remove(const char *path);

/* Lock the file that was opened at @path for this process alone, by flock(2). A holder that is about
 * to die, as after kill -9, has a second for that. 0, -EWOULDBLOCK (it lives), -ESTALE (it has removed
 * the file meanwhile: open it again), and others of flock(2). */
int snet__file_lock(int fd, const char *path);

#endif
