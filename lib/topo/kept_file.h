/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_KEPT_FILE_H
#define SNET_TOPO_KEPT_FILE_H

/* The text of a file that a link names, as it was when it was read: the link keeps that, whatever
 * becomes of the file, until a change names it again. A model and its copies share one; any
 * thread may read it. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct snet__filter;
struct snet__kept_file;

/* What one direction of a link names; NULL: nothing, or nobody has read it. A filter is kept as long
 * as its expression is the same: names of hosts in it stand for what they did. */
struct snet__kept_files {
	struct snet__kept_file *table, *trace;
	struct snet__filter *filter;
};

/* -ENOENT ..., -EINVAL (no file), -EFBIG, -ENOMEM. */
int snet__kept_file_new(struct snet__kept_file **ret, const char *path,
			struct snet_err *err);
/* NULL for NULL. */
struct snet__kept_file *snet__kept_file_ref(struct snet__kept_file *file);
/* Accepts NULL. */
void snet__kept_file_unref(struct snet__kept_file *file);
/* @file when it is that at @path, else what is there now; to be unref'd. */
int snet__kept_file_get(struct snet__kept_file **ret, struct snet__kept_file *file,
			const char *path, struct snet_err *err);
const char *snet__kept_file_path(const struct snet__kept_file *file);
const char *snet__kept_file_text(const struct snet__kept_file *file, size_t *ret_size);
/* Whether @file, which may be NULL, is that at @path. */
bool snet__kept_file_is_of(const struct snet__kept_file *file, const char *path);
/* Whether one path has another text than it had: false when either is NULL. */
bool snet__kept_file_differs(const struct snet__kept_file *a,
			     const struct snet__kept_file *b);

/* For cleanup_with(). */
void snet__kept_file_unref_at(struct snet__kept_file **file);
#define autokept cleanup_with(snet__kept_file_unref_at) struct snet__kept_file

void snet__kept_files_clear(struct snet__kept_files *files);

#endif
