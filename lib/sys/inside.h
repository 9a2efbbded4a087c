/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_INSIDE_H
#define SNET_SYS_INSIDE_H

#include "base/err.h"

/* Whether a container that may not write to @root, its root folder, can start in @cwd, an absolute
 * path in it: a folder that is there, or one below what is mounted over it, where it is or would be
 * made. -ENOENT, -ENOTDIR, another one of openat2(2), -ENOMEM. */
int snet__inside_check_cwd(const char *root, const char *cwd, struct snet_err *err);

#endif
