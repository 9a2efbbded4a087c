/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_INSIDE_H
#define SNET_TOPO_INSIDE_H

#include "base/err.h"

/* Whether a container that may not write to @root, its root folder, can start in @cwd, an absolute
 * path in it: a folder that is there, or one that would be made in what is mounted over it.
 * -ENOENT, -ENOTDIR, another one of openat2(2). */
int snet__inside_check_cwd(const char *root, const char *cwd, struct snet_err *err);

#endif
