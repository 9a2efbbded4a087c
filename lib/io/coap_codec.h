/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_COAP_CODEC_H
#define SNET_IO_COAP_CODEC_H

/* Messages to bytes and back, by libcoap. */

#include "io/coap.h"

enum snet__coap_type { /* Source: RFC 7252 section 3 */
	SNET__COAP_CON = 0,
	SNET__COAP_NON = 1,
	SNET__COAP_ACK = 2,
	SNET__COAP_RST = 3,
};

#define SNET__COAP_TOKEN_MAX    8
#define SNET__COAP_OVERHEAD_MAX 512 /* header, token and the options that we write */

struct snet__coap_message {
	enum snet__coap_type type;
	unsigned int code; /* 0: an empty message */
	uint16_t mid;
	uint8_t token[SNET__COAP_TOKEN_MAX];
	size_t token_size;
	const char *path;     /* encoding: Uri-Path; NULL for none */
	const char *query;    /* encoding: Uri-Query; NULL for none */
	const char *location; /* encoding: Location-Path; NULL for none */
	enum snet__coap_format format;
	int block2; /* the Block2 option's value, -1 for none; RFC 7959 section 2.2 */
	const char *payload;
	size_t size;
};

/* Returns the bytes used of @out, 0 when they do not fit. */
size_t snet__coap_encode(const struct snet__coap_message *message, uint8_t *out,
			 size_t size);

/* What a received message is found to be. */
enum snet__coap_parsed {
	SNET__COAP_OK,
	SNET__COAP_MALFORMED,    /* to be ignored, or reset if it is confirmable */
	SNET__COAP_BAD_CRITICAL, /* has a critical option that is not known: 4.02 */
	SNET__COAP_HAS_BLOCK1,   /* a part of a larger payload: 4.13 */
	SNET__COAP_WANTS_PROXY,  /* 5.05 */
};

/* Room for what a decoded message points to. */
struct snet__coap_decoder {
	char path[256];
	char query[256];
};
/* @data must have a writable byte behind its @size bytes: it is set to zero, so that payloads
 * are strings. */
enum snet__coap_parsed snet__coap_decode(struct snet__coap_message *message,
					 struct snet__coap_decoder *room, uint8_t *data,
					 size_t size);

#endif
