/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_ERR_H
#define SNET_BASE_ERR_H

#include <errno.h>

#include <snet/err.h>

/* Raise: fill @err (NULL allowed) and return @code, a negative errno. */
__attribute__((format(printf, 3, 4))) int snet__err_set(struct snet_err *err, int code,
							const char *fmt, ...);

/* The same with ": " and the kernel's words for @code appended. */
__attribute__((format(printf, 3, 4))) int snet__err_sys(struct snet_err *err, int code,
							const char *fmt, ...);

/* Add context in front of what @err says already, and return @code. */
__attribute__((format(printf, 3, 4))) int snet__err_prefix(struct snet_err *err, int code,
							   const char *fmt, ...);

int snet__err_oom(struct snet_err *err);

#endif
