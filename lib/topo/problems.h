/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_PROBLEMS_H
#define SNET_TOPO_PROBLEMS_H

#include <stdarg.h>

#include "topo/model.h"

/* More than these are not kept: whoever made so many made one mistake many times. */
#define SNET__PROBLEMS_MAX 200000

/* Takes @path, also on failure; NULL for "memory was short". */
__attribute__((format(printf, 5, 0))) int snet__problems_add(
	struct snet__problems *problems, unsigned int line, unsigned int column,
	char *path, const char *fmt, va_list args, struct snet_err *err);
/* The same; @path is copied. */
__attribute__((format(printf, 6, 7))) int snet__problems_addf(
	struct snet__problems *problems, unsigned int line, unsigned int column,
	const char *path, struct snet_err *err, const char *fmt, ...);
/* Into the order of the file; of several about one value only the first stays. */
int snet__problems_sort(struct snet__problems *problems, struct snet_err *err);

#endif
