/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_WRITE_VALUE_H
#define SNET_TOPO_WRITE_VALUE_H

/* Single values of a lab file as a person would have written them. */

#include "io/json.h"
#include "topo/model.h"

struct snet__json *snet__write_duration(uint64_t ns);
struct snet__json *snet__write_rate(uint64_t bps);
struct snet__json *snet__write_size(uint64_t bytes);
/* As a percentage where that is exact. */
struct snet__json *snet__write_share(double share);
/* Absolute, or relative to @opts->folder; "." when that is the folder itself. */
struct snet__json *snet__write_path(const char *path,
				    const struct snet__format_opts *opts);

#endif
