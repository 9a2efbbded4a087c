/* SPDX-License-Identifier: MIT */
/* The wire format. Options are encoded and whole messages decoded by libcoap; the four bytes
 * of the header in front are fixed. */

#include "io/coap_codec.h"

#include <coap3/coap.h>
#include <string.h>

struct writer {
	uint8_t *at, *end;
	uint16_t last; /* option number: they are sent in order, as differences */
	bool full;
};

static void put_option(struct writer *out, uint16_t number, const void *value,
		       size_t size)
{
	size_t used;

	if (out->full)
		return;
	used = coap_opt_encode(out->at, (size_t)(out->end - out->at),
			       (uint16_t)(number - out->last), value, size);
	out->full = used == 0;
	out->at += used;
	out->last = number;
}

static void put_number(struct writer *out, uint16_t number, unsigned int value)
{
	uint8_t bytes[4];

	put_option(out, number, bytes, coap_encode_var_safe(bytes, sizeof(bytes), value));
}

/* One option for each part of @text between @separator. */
static void put_parts(struct writer *out, uint16_t number, const char *text,
		      char separator)
{
	size_t length;

	if (!text || !*text)
		return;
	for (;;) {
		length = strcspn(text, (char[]){separator, '\0'});
		put_option(out, number, text, length);
		if (!text[length])
			return;
		text += length + 1;
	}
}

size_t snet__coap_encode(const struct snet__coap_message *message, uint8_t *out,
			 size_t size)
{
	struct writer w = {out, out + size, 0, false};

	if (size < 4 + message->token_size)
		return 0;
	/* Source: RFC 7252 section 3: version 1, type, token length; code; message id */
	out[0] = (uint8_t)(1 << 6 | (unsigned int)message->type << 4 |
			   message->token_size);
	out[1] = (uint8_t)message->code;
	out[2] = (uint8_t)(message->mid >> 8);
	out[3] = (uint8_t)message->mid;
	memcpy(out + 4, message->token, message->token_size);
	w.at += 4 + message->token_size;

	put_parts(&w, COAP_OPTION_LOCATION_PATH, message->location, '/');
	put_parts(&w, COAP_OPTION_URI_PATH, message->path, '/');
	if (message->format != SNET__COAP_NO_FORMAT)
		put_number(&w, COAP_OPTION_CONTENT_FORMAT, message->format);
	put_parts(&w, COAP_OPTION_URI_QUERY, message->query, '&');
	if (message->block2 >= 0)
		put_number(&w, COAP_OPTION_BLOCK2, (unsigned int)message->block2);
	if (w.full || (message->size && (size_t)(w.end - w.at) < message->size + 1))
		return 0;
	if (message->size) {
		*w.at++ = 0xff;
		memcpy(w.at, message->payload, message->size);
		w.at += message->size;
	}
	return (size_t)(w.at - out);
}

/* Append @value to @text, behind @separator when there is something already. */
static bool join(char *text, size_t size, char separator, const uint8_t *value,
		 size_t length)
{
	size_t used = strlen(text);

	if (memchr(value, 0, length) || used + (used > 0) + length + 1 > size)
		return false;
	if (used)
		text[used++] = separator;
	memcpy(text + used, value, length);
	text[used + length] = '\0';
	return true;
}

static enum snet__coap_parsed read_option(struct snet__coap_message *message,
					  struct snet__coap_decoder *room,
					  uint16_t number, const coap_opt_t *option)
{
	const uint8_t *value = coap_opt_value(option);
	size_t length = coap_opt_length(option);

	switch (number) {
	case COAP_OPTION_URI_PATH:
		/* An option that does not fit names nothing that we have. */
		return join(room->path, sizeof(room->path), '/', value, length)
			       ? SNET__COAP_OK
			       : SNET__COAP_BAD_CRITICAL;
	case COAP_OPTION_URI_QUERY:
		return join(room->query, sizeof(room->query), '&', value, length)
			       ? SNET__COAP_OK
			       : SNET__COAP_BAD_CRITICAL;
	case COAP_OPTION_CONTENT_FORMAT:
		message->format = coap_decode_var_bytes(value, length);
		return SNET__COAP_OK;
	case COAP_OPTION_BLOCK2:
		message->block2 = (int)(coap_decode_var_bytes(value, length) & 0xffffff);
		return SNET__COAP_OK;
	case COAP_OPTION_BLOCK1: /* bit 3: more blocks follow; above it the block's number */
		return coap_decode_var_bytes(value, length) >> 3 ? SNET__COAP_HAS_BLOCK1
								 : SNET__COAP_OK;
	case COAP_OPTION_PROXY_URI:
	case COAP_OPTION_PROXY_SCHEME:
		return SNET__COAP_WANTS_PROXY;
	case COAP_OPTION_URI_HOST:
	case COAP_OPTION_URI_PORT:
	case COAP_OPTION_ACCEPT: /* each resource has one format */
		return SNET__COAP_OK;
	default: /* odd numbers are critical: RFC 7252 section 5.4.6 */
		return number & 1 ? SNET__COAP_BAD_CRITICAL : SNET__COAP_OK;
	}
}

static enum snet__coap_parsed read_pdu(struct snet__coap_message *message,
				       struct snet__coap_decoder *room,
				       const coap_pdu_t *pdu)
{
	enum snet__coap_parsed parsed = SNET__COAP_OK;
	coap_bin_const_t token = coap_pdu_get_token(pdu);
	const uint8_t *data = NULL;
	coap_opt_iterator_t options;
	const coap_opt_t *option;

	message->type = (enum snet__coap_type)coap_pdu_get_type(pdu);
	message->code = coap_pdu_get_code(pdu);
	message->mid = (uint16_t)coap_pdu_get_mid(pdu);
	message->token_size = token.length;
	memcpy(message->token, token.s, token.length);

	coap_option_iterator_init(pdu, &options, COAP_OPT_ALL);
	while (parsed == SNET__COAP_OK && (option = coap_option_next(&options)))
		parsed = read_option(message, room, options.number, option);

	if (coap_get_data(pdu, &message->size, &data))
		message->payload = (const char *)data;
	return parsed;
}

enum snet__coap_parsed snet__coap_decode(struct snet__coap_message *message,
					 struct snet__coap_decoder *room, uint8_t *data,
					 size_t size)
{
	enum snet__coap_parsed parsed;
	coap_pdu_t *pdu;

	*message =
		(struct snet__coap_message){.format = SNET__COAP_NO_FORMAT, .block2 = -1};
	room->path[0] = room->query[0] = '\0';
	message->path = room->path;
	message->query = room->query;
	message->payload = "";
	if (size < 4 || data[0] >> 6 != 1 || (data[0] & 0xf) > SNET__COAP_TOKEN_MAX)
		return SNET__COAP_MALFORMED;

	pdu = coap_pdu_init(COAP_MESSAGE_NON, 0, 0, size);
	if (!pdu)
		return SNET__COAP_MALFORMED; /* as good as lost: it is sent again */
	if (!coap_pdu_parse(COAP_PROTO_UDP, data, size, pdu)) {
		coap_delete_pdu(pdu);
		return SNET__COAP_MALFORMED;
	}
	parsed = read_pdu(message, room, pdu);
	if (message->size) {
		/* The PDU holds a copy; ours ends the same number of bytes before its end. */
		message->payload = (const char *)data + size - message->size;
		data[size] = '\0';
	}
	coap_delete_pdu(pdu);
	return parsed;
}
