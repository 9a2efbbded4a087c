/* SPDX-License-Identifier: MIT */
/* As netem does, a list for the usual case, that each packet is due after all others, and
 * something sorted for the rest: here a heap of four children a node, which touches less memory
 * than a tree of packets. What is in the heap is due before the last of the list, so that the list
 * is never empty while the heap is not. */

#include "link/line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define CHILDREN 4

static bool is_before(const struct snet__line_early *a, const struct snet__line_early *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	return a->packet->number < b->packet->number;
}

static bool add_early(struct snet__line *line, struct snet__packet *packet)
{
	struct snet__line_early early = {packet->due_ns, packet};
	size_t at = line->count;

	if (line->count == line->cap &&
	    snet__vec_reserve(&line->heap, &line->cap, line->count + 1,
			      sizeof(*line->heap), NULL) < 0)
		return false;
	for (; at && is_before(&early, &line->heap[(at - 1) / CHILDREN]);
	     at = (at - 1) / CHILDREN)
		line->heap[at] = line->heap[(at - 1) / CHILDREN];
	line->heap[at] = early;
	line->count++;
	return true;
}

/* The first of the children of @at, or @end when it has none. */
static size_t first_child(const struct snet__line_early *heap, size_t at, size_t end)
{
	size_t from = at * CHILDREN + 1, first = from;

	if (from >= end)
		return end;
	for (size_t i = from + 1; i < end && i < from + CHILDREN; i++)
		if (is_before(&heap[i], &heap[first]))
			first = i;
	return first;
}

static void remove_early(struct snet__line *line)
{
	struct snet__line_early last = line->heap[--line->count];
	size_t at = 0, child;

	for (;;) {
		child = first_child(line->heap, at, line->count);
		if (child == line->count || !is_before(&line->heap[child], &last))
			break;
		line->heap[at] = line->heap[child];
		at = child;
	}
	line->heap[at] = last;
}

bool snet__line_add(struct snet__line *line, struct snet__packet *packet)
{
	if (line->list.first && packet->due_ns < line->list.last->due_ns)
		return add_early(line, packet);
	snet__packets_add(&line->list, packet);
	return true;
}

struct snet__packet *snet__line_first(const struct snet__line *line)
{
	if (line->count && line->heap[0].due_ns < line->list.first->due_ns)
		return line->heap[0].packet;
	return line->list.first;
}

struct snet__packet *snet__line_remove(struct snet__line *line)
{
	struct snet__packet *packet = snet__line_first(line);

	if (packet && packet != line->list.first)
		remove_early(line);
	else
		(void)snet__packets_remove(&line->list); /* the same */
	return packet;
}

uint64_t snet__line_latest_ns(const struct snet__line *line)
{
	return line->list.first ? line->list.last->due_ns : 0;
}

void snet__line_hasten(struct snet__line *line, uint64_t at_ns)
{
	struct snet__packets sorted = {NULL};
	struct snet__packet *packet;

	if (snet__line_latest_ns(line) <= at_ns)
		return;
	while ((packet = snet__line_remove(line))) {
		if (packet->due_ns > at_ns)
			packet->due_ns = at_ns;
		snet__packets_add(&sorted, packet);
	}
	line->list = sorted;
}

void snet__line_clear(struct snet__line *line)
{
	assert(!line->list.first && !line->count);
	free(line->heap);
	memset(line, 0, sizeof(*line));
}
