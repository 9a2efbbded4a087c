/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_VEC_H
#define SNET_BASE_VEC_H

#include <stddef.h>

#include "base/err.h"

/* Make room for @need items in a growing array: *(void **)@items has @cap items of
 * @item_size bytes. New items are zeroed. Grows by doubling; -ENOMEM leaves it as it was. */
int snet__vec_reserve(void *items, size_t *cap, size_t need, size_t item_size,
		      struct snet_err *err);

#endif
