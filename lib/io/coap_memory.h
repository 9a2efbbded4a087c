/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_COAP_MEMORY_H
#define SNET_IO_COAP_MEMORY_H

/* The confirmable requests that were answered lately, so that one which comes twice is answered
 * twice and handled once (RFC 7252 section 4.5): a cache of sets, of each of which the oldest goes. */

#include "io/coap.h"

#define SNET__COAP_MEMORY_BUSY 4096
#define SNET__COAP_MEMORY_FEW  16

/* Peer and message id are not enough: who begins anew at the same address and port begins with any
 * message id, perhaps one that its former self has used, and would be given that one's answer. */
struct snet__coap_key {
	struct snet__coap_peer from;
	uint16_t mid;
	uint32_t hash; /* of the request's bytes, the same each time that it is sent */
};

struct snet__coap_seen {
	uint64_t key; /* peer and message id; 0: none, also to forget it */
	uint64_t at_ns;
	uint32_t hash;
	uint16_t size;
	uint8_t bytes[106]; /* of the response */
};

struct snet__coap_memory {
	size_t room;                  /* a power of two, SNET__COAP_MEMORY_FEW at least */
	struct snet__coap_seen *seen; /* made at the first request; the owner frees it */
};

/* Keep a response. NULL when it is too long, or memory short: the request is then handled
 * again if it comes again. */
struct snet__coap_seen *snet__coap_remember(struct snet__coap_memory *memory,
					    const struct snet__coap_key *request,
					    const void *bytes, size_t size);
/* What was answered, NULL when nothing was. */
const struct snet__coap_seen *snet__coap_recall(const struct snet__coap_memory *memory,
						const struct snet__coap_key *request);

#endif
