/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_BASE64_H
#define SNET_BASE_BASE64_H

/* Base64 (RFC 4648 section 4), in which OpenWhisk carries code that is not text. */

#include <stdbool.h>
#include <stddef.h>

/* To be freed; NULL when memory is short. */
char *snet__base64_encode(const void *data, size_t size);
/* What is not of the alphabet (white space, padding) is passed over. */
char *snet__base64_decode(const char *text, size_t size, size_t *ret_size);
/* Nothing but the alphabet, padded. */
bool snet__base64_is(const char *text, size_t size);

#endif
