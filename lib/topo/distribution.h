/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_DISTRIBUTION_H
#define SNET_TOPO_DISTRIBUTION_H

/* A distribution of delays from a file, in the format of tc(8): numbers from -32768 to 32767,
 * where SNET__DISTRIBUTION_ONE is one standard deviation, parted by blanks. A random number
 * picks one of them. */

#include <stddef.h>
#include <stdint.h>

#include "base/distribution.h"
#include "topo/kept_file.h"

/* @ret: to be freed. -EINVAL ("FILE:LINE: what"), -ENOMEM. */
int snet__distribution_parse(int16_t **ret, size_t *ret_count,
			     const struct snet__kept_file *file, struct snet_err *err);

#endif
