/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_HEAP_H
#define SNET_LINK_HEAP_H

/* What is due first: a heap of items that are parts of their owners' structs. */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct snet__heap_item {
	uint64_t due_ns; /* UINT64_MAX: never */
	size_t at;
};

/* With the time beside it, so that items that are only passed by are not touched: they are far apart,
 * in memory that no cache has. */
struct snet__heap_place {
	uint64_t due_ns;
	struct snet__heap_item *item;
};

struct snet__heap {
	struct snet__heap_place *places;
	size_t count, cap;
};

/* Never due. -ENOMEM. */
int snet__heap_add(struct snet__heap *heap, struct snet__heap_item *item,
		   struct snet_err *err);
/* One that was not added is left alone. */
void snet__heap_remove(struct snet__heap *heap, struct snet__heap_item *item);
void snet__heap_set(struct snet__heap *heap, struct snet__heap_item *item,
		    uint64_t due_ns);
/* UINT64_MAX: none is. */
uint64_t snet__heap_first(const struct snet__heap *heap);
/* The one that is due first, of a heap that has any. */
struct snet__heap_item *snet__heap_top(const struct snet__heap *heap);
void snet__heap_clear(struct snet__heap *heap);

#endif
