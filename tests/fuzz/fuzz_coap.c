/* SPDX-License-Identifier: MIT */
/* A datagram, whatever it is: it is refused, or read into something that can be written and
 * read again as the same. The buffer ends right behind it, so that a sanitizer sees a step
 * too far. */

#include <assert.h>
#include <coap3/coap.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "io/coap_codec.h"

static void check_again(struct snet__coap_message *message)
{
	size_t room = message->size + SNET__COAP_OVERHEAD_MAX + 600, size;
	struct snet__coap_decoder texts;
	struct snet__coap_message again;
	uint8_t *bytes = malloc(room);

	assert(bytes);
	/* A part of a path or query may hold the separator, and be two when it is written. */
	message->path = message->query = NULL;
	size = snet__coap_encode(message, bytes, room - 1);
	assert(size);
	assert(snet__coap_decode(&again, &texts, bytes, size) == SNET__COAP_OK);
	assert(again.type == message->type && again.code == message->code);
	assert(again.mid == message->mid && again.token_size == message->token_size);
	assert(memcmp(again.token, message->token, again.token_size) == 0);
	assert(again.size == message->size && again.block2 == message->block2);
	assert(memcmp(again.payload, message->payload, again.size) == 0);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snet__coap_decoder texts;
	struct snet__coap_message message;
	enum snet__coap_parsed parsed;
	uint8_t *bytes = malloc(size + 1);

	coap_set_log_level(LOG_EMERG); /* it says what is wrong with each */
	assert(bytes);
	memcpy(bytes, data, size);
	parsed = snet__coap_decode(&message, &texts, bytes, size);
	if (parsed != SNET__COAP_MALFORMED) {
		assert(message.token_size <= SNET__COAP_TOKEN_MAX);
		assert(strlen(message.path) < sizeof(texts.path));
		assert(message.payload[message.size] == '\0');
	}
	if (parsed == SNET__COAP_OK)
		check_again(&message);
	free(bytes);
	return 0;
}
