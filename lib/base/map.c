/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing, at most half full; removal shifts the run back, so
 * there are no tombstones. */

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

uint64_t snet__hash(const void *data, size_t size)
{
	const unsigned char *byte = data;
	uint64_t hash = 0xcbf29ce484222325; /* Source: FNV-1a, 64-bit offset basis */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) *
		       0x100000001b3; /* Source: FNV-1a, 64-bit prime */
	return hash ^ hash >> 32;
}

static struct snet__map_slot *slot_of(const struct snet__map *map, const char *key,
				      uint64_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (map->slots[i].key &&
	       (map->slots[i].hash != hash || strcmp(map->slots[i].key, key) != 0))
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

static int grow(struct snet__map *map, struct snet_err *err)
{
	struct snet__map bigger = {.cap = map->cap ? map->cap * 2 : 16};

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return snet__err_oom(err);

	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key)
			*slot_of(&bigger, map->slots[i].key, map->slots[i].hash) =
				map->slots[i];
	bigger.count = map->count;
	free(map->slots);
	*map = bigger;
	return 0;
}

int snet__map_add(struct snet__map *map, const char *key, void *value,
		  struct snet_err *err)
{
	uint64_t hash = snet__hash(key, strlen(key));
	struct snet__map_slot *slot;
	int r;

	if (2 * (map->count + 1) > map->cap) {
		r = grow(map, err);
		if (r < 0)
			return r;
	}

	slot = slot_of(map, key, hash);
	if (slot->key)
		return snet__err_set(err, -EEXIST, "'%s' exists already", key);

	*slot = (struct snet__map_slot){.key = key, .hash = hash, .value = value};
	map->count++;
	return 0;
}

void *snet__map_find(const struct snet__map *map, const char *key)
{
	if (!map->count)
		return NULL;
	return slot_of(map, key, snet__hash(key, strlen(key)))->value;
}

void *snet__map_remove(struct snet__map *map, const char *key)
{
	size_t hole, i, home, mask = map->cap - 1;
	struct snet__map_slot *slot;
	void *value;

	if (!map->count)
		return NULL;
	slot = slot_of(map, key, snet__hash(key, strlen(key)));
	if (!slot->key)
		return NULL;

	value = slot->value;
	hole = (size_t)(slot - map->slots);
	for (i = (hole + 1) & mask; map->slots[i].key; i = (i + 1) & mask) {
		home = map->slots[i].hash & mask;
		/* Only what would not be found past the hole moves into it. */
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole] = (struct snet__map_slot){0};
	map->count--;
	return value;
}

void snet__map_clear(struct snet__map *map)
{
	free(map->slots);
	*map = (struct snet__map){0};
}
