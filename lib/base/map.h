/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_MAP_H
#define SNET_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A hash map from strings to pointers. Keys are borrowed until they are removed. */
struct snet__map {
	struct snet__map_slot {
		const char *key; /* NULL: free */
		uint64_t hash;
		void *value;
	} * slots;
	size_t cap; /* a power of two, or 0 */
	size_t count;
};

/* Add @key. -EEXIST when it is there already, -ENOMEM. */
int snet__map_add(struct snet__map *map, const char *key, void *value,
		  struct snet_err *err);
/* The value, or NULL for none. */
void *snet__map_find(const struct snet__map *map, const char *key);
/* Remove @key and return its value, or NULL for none. */
void *snet__map_remove(struct snet__map *map, const char *key);
/* Release the table; keys and values are their owner's. */
void snet__map_clear(struct snet__map *map);

/* FNV-1a of @size bytes, for hashes that need no secret. */
uint64_t snet__hash(const void *data, size_t size);

#endif
