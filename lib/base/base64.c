/* SPDX-License-Identifier: MIT */
/* Base64 to and fro. */

#include "base/base64.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *snet__base64_encode(const void *data, size_t size)
{
	const uint8_t *from = data;
	char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t word = (uint32_t)from[i] << 16;

		word |= left > 1 ? (uint32_t)from[i + 1] << 8 : 0;
		word |= left > 2 ? from[i + 2] : 0;
		*to++ = alphabet[word >> 18];
		*to++ = alphabet[word >> 12 & 63];
		*to++ = left > 1 ? alphabet[word >> 6 & 63] : '=';
		*to++ = left > 2 ? alphabet[word & 63] : '=';
	}
	*to = '\0';
	return text;
}

char *snet__base64_decode(const char *text, size_t size, size_t *ret_size)
{
	char *data = malloc(size / 4 * 3 + 4);
	int8_t value[256];
	uint32_t word = 0;
	unsigned int bits = 0;
	size_t count = 0;

	if (!data)
		return NULL;
	memset(value, -1, sizeof(value));
	for (int i = 0; alphabet[i]; i++)
		value[(uint8_t)alphabet[i]] = (int8_t)i;
	for (size_t i = 0; i < size; i++) {
		if (value[(uint8_t)text[i]] < 0)
			continue;
		word = word << 6 | (uint32_t)value[(uint8_t)text[i]];
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			data[count++] = (char)(word >> bits);
		}
	}
	*ret_size = count;
	return data;
}

bool snet__base64_is(const char *text, size_t size)
{
	size_t padding = 0;

	while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < size - padding; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80 || (!isalnum(c) && c != '+' && c != '/'))
			return false;
	}
	return size % 4 == 0;
}
