/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_LINES_H
#define SNET_TOPO_LINES_H

/* The lines of a small text file: those that are empty or begin with '#' are passed over. */

#include <stdio.h>

#include "topo/kept_file.h"

/* The largest file, usually: 16 MiB. */
#define SNET__LINES_SIZE_MAX (16u << 20)

struct snet__lines {
	const char *path; /* borrowed */
	FILE *file;
	char *line;
	size_t cap;
	unsigned int number; /* of the line, from 1 */
};

/* -ENOENT ..., -EFBIG (over @size_max, some MiB), -EINVAL (no file). Also what failed is to be
 * closed. */
int snet__lines_open(struct snet__lines *ret, const char *path, unsigned int size_max,
		     struct snet_err *err);
/* The same of one that was read; borrowed. -ENOMEM. */
int snet__lines_open_kept(struct snet__lines *ret, const struct snet__kept_file *file,
			  struct snet_err *err);
/* The next line without blanks around it, valid until the next call. 1, 0 at the end, or an
 * error: -EINVAL (no text), -EIO ... */
int snet__lines_next(struct snet__lines *lines, char **ret, struct snet_err *err);
/* Raise -EINVAL: "FILE:LINE: what". */
__attribute__((format(printf, 3, 4))) int snet__lines_refuse(
	const struct snet__lines *lines, struct snet_err *err, const char *fmt, ...);
void snet__lines_close(struct snet__lines *lines);

#endif
