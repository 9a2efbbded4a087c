/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_IDS_H
#define SNET_STORE_IDS_H

/* Which events have a hash: a table from hashes to event numbers, several a hash. What it
 * finds is a candidate: its user compares the event itself. */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct snet__ids {
	struct snet__ids_slot {
		uint64_t hash;
		uint64_t seq; /* 0: free */
	} * slots;
	size_t cap; /* a power of two, or 0 */
	size_t count;
};

int snet__ids_add(struct snet__ids *ids, uint64_t hash, uint64_t seq,
		  struct snet_err *err);
/* The next number with @hash, 0 for none. *@at is 0 at first and belongs to this call. */
uint64_t snet__ids_find(const struct snet__ids *ids, uint64_t hash, size_t *at);
/* Does nothing when it is not there. */
void snet__ids_remove(struct snet__ids *ids, uint64_t hash, uint64_t seq);
void snet__ids_clear(struct snet__ids *ids);

#endif
