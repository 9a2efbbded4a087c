/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_TEXT_H
#define SNET_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Quantities as people write them. Each returns 0, or -EINVAL (not such a quantity) or
 * -ERANGE: too large, or less than one that is not 0, which often is no limit. A message is the
 * caller's, who knows the place. */

/* The units, for messages. */
#define SNET__DURATION_UNITS "ns, us, ms, s, min, h"
#define SNET__RATE_UNITS     "bit, kbit, Mbit, Gbit"
#define SNET__SIZE_UNITS     "B, kB, MB, GB, KiB, MiB, GiB"

/* "20ms" "1.5s" "3us" "100ns" "2min" "1h"; a bare number is in seconds. Result in ns. */
int snet__text_parse_duration(uint64_t *ret_ns, const char *text);
/* "0.1%" or a share such as "0.001"; 0 to 1. */
int snet__text_parse_share(double *ret, const char *text);
/* "20Mbit" "1.5Gbit" "300kbit" "9600bit"; a bare number is in bit/s. */
int snet__text_parse_rate(uint64_t *ret_bps, const char *text);
/* "64KiB" "1MiB" "1500B" "2kB"; a bare number is in bytes. */
int snet__text_parse_size(uint64_t *ret_bytes, const char *text);
/* "12" "0.5": no sign, no exponent. */
int snet__text_parse_number(double *ret, const char *text);

/* "1.2 s" "61.4 ms" "12.3 µs" "850 ns": three figures or so; room for it that is enough. Returns
 * @text. */
#define SNET__TIME_MAX 32
char *snet__text_format_duration(char *text, size_t size, uint64_t ns);

/* malloc'd printf; NULL when memory is short. */
__attribute__((format(printf, 1, 2))) char *snet__text_format(const char *fmt, ...);

/* A text that is written as a file is: to @out. */
struct snet__text_stream {
	FILE *out;
	char *text;
	size_t size;
};
int snet__text_open(struct snet__text_stream *stream, struct snet_err *err);
/* What was written becomes @ret, to be freed, when @r, which whoever wrote has returned, is 0.
 * Returns @r, or -ENOMEM. */
int snet__text_close(struct snet__text_stream *stream, int r, char **ret,
		     struct snet_err *err);

/* A text that grows by pieces, where a stream takes too long for each. Zeroed is empty; its owner
 * frees @data, which ends with a zero that @size leaves out. */
struct snet__text_buffer {
	char *data;
	size_t size, cap;
	bool is_short; /* there was no memory: something is missing, and nothing is added any more */
};
void snet__text_add(struct snet__text_buffer *buffer, const char *bytes, size_t size);

/* Either may be NULL, which is equal to itself alone. */
bool snet__text_is_equal(const char *a, const char *b);
/* Names of labs, nodes, functions: letters, digits, '_', '-', '.', starting with a letter or
 * digit; 1 to 63 bytes, as DNS has it (RFC 1035 section 2.3.4). */
bool snet__text_is_name(const char *text);
#define SNET__TEXT_NAME_MAX 63
/* What a thing is called for its file: "house" for "labs/house.json"; @otherwise where that is no
 * name. Returns @name. */
char *snet__text_name_after(char name[static SNET__TEXT_NAME_MAX + 1], const char *path,
			    const char *otherwise);
bool snet__text_is_utf8(const char *text, size_t size);
/* How many bytes the control character at @text has: U+0001 to U+001F, U+007F to U+009F, which steer
 * terminals. 0 for anything else. */
size_t snet__text_measure_control(const char *text);
/* Make spaces of them, byte for byte. */
void snet__text_flatten(char *text);
/* Whether @text, which is UTF-8, has no control characters. */
bool snet__text_is_plain(const char *text);
/* @size bytes as text, to be freed: each that is no UTF-8, and each zero byte, replaced by
 * U+FFFD. NULL when memory is short. */
char *snet__text_from_bytes(const char *bytes, size_t size);

/* A word of a command line that a shell reads as @text, to be freed: quoted where that is needed. NULL
 * when memory is short. */
char *snet__text_format_word(const char *text);

/* The entry of @words (NULL-terminated) that @text most likely meant, or NULL. */
const char *snet__text_find_similar(const char *text, const char *const *words);

#endif
