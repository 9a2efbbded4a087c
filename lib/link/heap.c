/* SPDX-License-Identifier: MIT */
#include "link/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

/* A node's children are side by side, in two lines of the cache at most. Moving one, which writes to
 * its item, is what costs: so few levels. */
#define CHILDREN 4

static void put(struct snet__heap *heap, size_t at, struct snet__heap_place place)
{
	heap->places[at] = place;
	place.item->at = at;
}

/* The first of the children of @at, or the count when it has none. */
static size_t first_child(const struct snet__heap *heap, size_t at)
{
	size_t from = at * CHILDREN + 1, first = from;

	if (from >= heap->count)
		return heap->count;
	for (size_t i = from + 1; i < heap->count && i < from + CHILDREN; i++)
		if (heap->places[i].due_ns < heap->places[first].due_ns)
			first = i;
	return first;
}

/* To where it belongs, from @at on. */
static void sift(struct snet__heap *heap, size_t at, struct snet__heap_item *item)
{
	const struct snet__heap_place place = {.due_ns = item->due_ns, .item = item};
	struct snet__heap_place *places = heap->places;
	size_t child;

	for (; at && places[(at - 1) / CHILDREN].due_ns > place.due_ns;
	     at = (at - 1) / CHILDREN)
		put(heap, at, places[(at - 1) / CHILDREN]);
	while ((child = first_child(heap, at)) < heap->count &&
	       places[child].due_ns < place.due_ns) {
		put(heap, at, places[child]);
		at = child;
	}
	put(heap, at, place);
}

static bool has(const struct snet__heap *heap, const struct snet__heap_item *item)
{
	return item->at < heap->count && heap->places[item->at].item == item;
}

int snet__heap_add(struct snet__heap *heap, struct snet__heap_item *item,
		   struct snet_err *err)
{
	int r = snet__vec_reserve(&heap->places, &heap->cap, heap->count + 1,
				  sizeof(*heap->places), err);

	if (r < 0)
		return r;
	item->due_ns = UINT64_MAX;
	put(heap, heap->count++,
	    (struct snet__heap_place){.due_ns = item->due_ns, .item = item});
	return 0;
}

void snet__heap_remove(struct snet__heap *heap, struct snet__heap_item *item)
{
	struct snet__heap_item *last;

	if (!has(heap, item))
		return;
	last = heap->places[--heap->count].item;
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
	return heap->count ? heap->places[0].due_ns : UINT64_MAX;
}

struct snet__heap_item *snet__heap_top(const struct snet__heap *heap)
{
	return heap->places[0].item;
}

void snet__heap_clear(struct snet__heap *heap)
{
	free(heap->places);
	*heap = (struct snet__heap){0};
}
