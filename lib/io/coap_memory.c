/* SPDX-License-Identifier: MIT */
#include "io/coap_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"

/* Source: RFC 7252 section 4.8.2, EXCHANGE_LIFETIME: how long a message id means one message */
#define LIFETIME_NS (247 * SNET__NS_PER_S)

/* A client that asks again does so within seconds: by then so many others must not have asked. */
#define SET_SIZE SNET__COAP_MEMORY_FEW

static uint64_t key_of(const struct snet__coap_key *request)
{
	return (uint64_t)request->from.ipv4 << 32 | (uint64_t)request->from.port << 16 |
	       request->mid;
}

/* Where the request is, else where it would be. */
static struct snet__coap_seen *slot_of(const struct snet__coap_memory *memory,
				       uint64_t key)
{
	size_t sets = memory->room / SET_SIZE;
	struct snet__coap_seen *set =
		&memory->seen[(snet__hash(&key, sizeof(key)) & (sets - 1)) * SET_SIZE];
	struct snet__coap_seen *oldest = set;

	for (size_t i = 0; i < SET_SIZE; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].at_ns < oldest->at_ns)
			oldest = &set[i];
	}
	return oldest;
}

struct snet__coap_seen *snet__coap_remember(struct snet__coap_memory *memory,
					    const struct snet__coap_key *request,
					    const void *bytes, size_t size)
{
	struct snet__coap_seen *seen;

	if (!memory->seen)
		memory->seen = calloc(memory->room, sizeof(*memory->seen));
	if (!memory->seen || size > sizeof(seen->bytes))
		return NULL;
	seen = slot_of(memory, key_of(request));
	seen->key = key_of(request);
	seen->hash = request->hash;
	seen->at_ns = snet__clock_ns();
	seen->size = (uint16_t)size;
	memcpy(seen->bytes, bytes, size);
	return seen;
}

const struct snet__coap_seen *snet__coap_recall(const struct snet__coap_memory *memory,
						const struct snet__coap_key *request)
{
	const struct snet__coap_seen *seen;

	if (!memory->seen)
		return NULL;
	seen = slot_of(memory, key_of(request));
	if (seen->key != key_of(request) || seen->hash != request->hash ||
	    snet__clock_ns() - seen->at_ns > LIFETIME_NS)
		return NULL;
	return seen;
}
