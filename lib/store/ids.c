/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing; removal shifts the run back, so there are no tombstones
 * however long events come and go. */

#include "store/ids.h"

#include <stdlib.h>

#define CAP_MIN 256

static void insert(struct snet__ids *ids, uint64_t hash, uint64_t seq)
{
	size_t i = hash & (ids->cap - 1);

	while (ids->slots[i].seq)
		i = (i + 1) & (ids->cap - 1);
	ids->slots[i] = (struct snet__ids_slot){.hash = hash, .seq = seq};
	ids->count++;
}

static int grow(struct snet__ids *ids, struct snet_err *err)
{
	struct snet__ids bigger = {.cap = ids->cap ? ids->cap * 2 : CAP_MIN};

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return snet__err_oom(err);

	for (size_t i = 0; i < ids->cap; i++)
		if (ids->slots[i].seq)
			insert(&bigger, ids->slots[i].hash, ids->slots[i].seq);
	free(ids->slots);
	*ids = bigger;
	return 0;
}

int snet__ids_add(struct snet__ids *ids, uint64_t hash, uint64_t seq,
		  struct snet_err *err)
{
	if (4 * (ids->count + 1) > 3 * ids->cap) {
		int r = grow(ids, err);

		if (r < 0)
			return r;
	}
	insert(ids, hash, seq);
	return 0;
}

uint64_t snet__ids_find(const struct snet__ids *ids, uint64_t hash, size_t *at)
{
	if (!ids->count)
		return 0;
	for (;; ++*at) {
		const struct snet__ids_slot *slot =
			&ids->slots[(hash + *at) & (ids->cap - 1)];

		if (!slot->seq)
			return 0;
		if (slot->hash != hash)
			continue;
		++*at;
		return slot->seq;
	}
}

/* Close the gap at @hole: only what would not be found past it moves into it. */
static void close_gap(struct snet__ids *ids, size_t hole)
{
	size_t mask = ids->cap - 1;

	for (size_t i = (hole + 1) & mask; ids->slots[i].seq; i = (i + 1) & mask) {
		size_t home = ids->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ids->slots[hole] = ids->slots[i];
		hole = i;
	}
	ids->slots[hole] = (struct snet__ids_slot){0};
	ids->count--;
}

void snet__ids_remove(struct snet__ids *ids, uint64_t hash, uint64_t seq)
{
	size_t i = hash & (ids->cap - 1);

	if (!ids->count)
		return;
	for (; ids->slots[i].seq; i = (i + 1) & (ids->cap - 1)) {
		if (ids->slots[i].seq != seq || ids->slots[i].hash != hash)
			continue;
		close_gap(ids, i);
		return;
	}
}

void snet__ids_clear(struct snet__ids *ids)
{
	free(ids->slots);
	*ids = (struct snet__ids){0};
}
