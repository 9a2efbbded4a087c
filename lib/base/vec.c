/* SPDX-License-Identifier: MIT */
/* Growing arrays: a pointer, a count and a capacity in their owner's struct. */

#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int snet__vec_reserve(void *items, size_t *cap, size_t need, size_t item_size,
		      struct snet_err *err)
{
	void **at = items;
	size_t want = *cap ? *cap : 8;
	void *bigger;

	if (need <= *cap)
		return 0;

	while (want < need)
		want = want > SIZE_MAX / 2 ? need : want * 2;

	bigger = reallocarray(*at, want, item_size);
	if (!bigger)
		return snet__err_oom(err);

	memset((char *)bigger + *cap * item_size, 0, (want - *cap) * item_size);
	*at = bigger;
	*cap = want;
	return 0;
}
