/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_SCAN_H
#define SNET_FAULT_SCAN_H

/* JSON read where it stands, without a tree: for files of a million objects, and for integers of 64
 * bits, which io/json.h has as doubles. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value as it is written: its first byte says of which type it is. */
struct snet__span {
	char *at, *end; /* @at NULL: there is none */
};

/* A walk through a text that ends with a zero byte. When it meets what is not JSON it stops, and
 * all that follows does nothing. */
struct snet__scan {
	char *at;
	const char *what; /* is wrong; NULL: nothing */
};

/* The next value, whole: checked as snet__json_parse() does, but for keys given twice. */
struct snet__span snet__scan_value(struct snet__scan *scan);
/* The same for a text that is one value, and nothing else; it is not changed. */
bool snet__scan_is_json(const char *text);
/* Only blanks are left. */
bool snet__scan_is_end(struct snet__scan *scan);

/* Enter an array or an object. False, and nothing done, when the next value is none. */
bool snet__scan_open(struct snet__scan *scan, char opener);
/* Whether there is another element, which then is the next value, or the end, which is passed.
 * @is_first: none has been read yet. */
bool snet__scan_next(struct snet__scan *scan, char closer, bool is_first);
/* The key in front of the next value, and the colon. */
struct snet__span snet__scan_key(struct snet__scan *scan);

/* What a span holds. Each may write behind the value and, for texts, into it: once a value, when
 * what follows it has been read. */

/* A string's, which lives where it stands; NULL: it is no string. */
char *snet__span_text(const struct snet__span *span);
/* -EINVAL: no whole number, or below 0; -ERANGE. */
int snet__span_u64(const struct snet__span *span, uint64_t *ret);
/* The JSON as it is written. */
char *snet__span_raw(const struct snet__span *span);

#endif
