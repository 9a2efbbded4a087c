/* SPDX-License-Identifier: MIT */
#include "link/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

static void put(struct snet__heap *heap, size_t at, struct snet__heap_item *item)
{
	heap->items[at] = item;
	item->at = at;
}

/* To where it belongs, from @at on. */
static void sift(struct snet__heap *heap, size_t at, struct snet__heap_item *item)
{
	size_t child;

	for (; at && heap->items[(at - 1) / 2]->due_ns > item->due_ns; at = (at - 1) / 2)
		put(heap, at, heap->items[(at - 1) / 2]);
	while ((child = 2 * at + 1) < heap->count) {
		if (child + 1 < heap->count &&
		    heap->items[child + 1]->due_ns < heap->items[child]->due_ns)
			child++;
		if (heap->items[child]->due_ns >= item->due_ns)
			break;
		put(heap, at, heap->items[child]);
		at = child;
	}
	put(heap, at, item);
}

static bool has(const struct snet__heap *heap, const struct snet__heap_item *item)
{
	return item->at < heap->count && heap->items[item->at] == item;
}

int snet__heap_add(struct snet__heap *heap, struct snet__heap_item *item,
		   struct snet_err *err)
{
	int r = snet__vec_reserve(&heap->items, &heap->cap, heap->count + 1,
				  sizeof(struct snet__heap_item *), err);

	if (r < 0)
		return r;
	item->due_ns = UINT64_MAX;
	put(heap, heap->count++, item);
	return 0;
}

void snet__heap_remove(struct snet__heap *heap, struct snet__heap_item *item)
{
	struct snet__heap_item *last;

	if (!has(heap, item))
		return;
	last = heap->items[--heap->count];
	if (last != item)
		sift(heap, item->at, last);
}

void snet__heap_set(struct snet__heap *heap, struct snet__heap_item *item,
		    uint64_t due_ns)
{
	if (item->due_ns == due_ns)
		return;
	item->due_ns = due_ns;
	sift(heap, item->at, item);
}

uint64_t snet__heap_first(const struct snet__heap *heap)
{
	return heap->count ? heap->items[0]->due_ns : UINT64_MAX;
}

struct snet__heap_item *snet__heap_top(const struct snet__heap *heap)
{
	return heap->items[0];
}

void snet__heap_clear(struct snet__heap *heap)
{
	free(heap->items);
	*heap = (struct snet__heap){0};
}
