/* SPDX-License-Identifier: MIT */
#include "fault/scan.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 1000 /* as io/json.c has it */

static void stop(struct snet__scan *scan, const char *what)
{
	if (!scan->what)
		scan->what = what;
}

static void skip_blanks(struct snet__scan *scan)
{
	while (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' ||
	       *scan->at == '\r')
		scan->at++;
}

static bool take(struct snet__scan *scan, char wanted)
{
	skip_blanks(scan);
	if (scan->what || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- Values. */

/* Of four hexadecimal digits, or -1. */
static int hex_of(const char *at)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int c = (unsigned char)at[i];

		if (is_digit(at[i]))
			value = value * 16 + c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* The character of "\uXXXX" or of two of them, which are a pair, at @at; its bytes, 0: it is none.
 * Source: RFC 8259 section 7, RFC 2781 section 2.2 */
static size_t read_unicode(const char *at, unsigned int *ret)
{
	int high = hex_of(at + 2), low;

	if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
		return 0; /* also \u0000, which would end a C string */
	*ret = (unsigned int)high;
	if (high < 0xd800 || high >= 0xe000)
		return 6;
	low = at[6] == '\\' && at[7] == 'u' ? hex_of(at + 8) : -1;
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	*ret = 0x10000 + ((*ret & 0x3ff) << 10 | ((unsigned int)low & 0x3ff));
	return 12;
}

/* The length of the escape at @at; 0: it is none. */
static size_t escape_length(const char *at)
{
	unsigned int character;

	if (at[1] == 'u')
		return read_unicode(at, &character);
	return at[1] && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
}

static void skip_string(struct snet__scan *scan)
{
	char *at = scan->at + 1, *begin = at;
	unsigned char all = 0;
	size_t length;

	for (; *at != '"'; at += length) {
		length = 1;
		if ((unsigned char)*at < ' ') {
			stop(scan, *at ? "a control character in a string"
				       : "it ends within a string");
			return;
		}
		all |= (unsigned char)*at;
		if (*at == '\\')
			length = escape_length(at);
		if (!length) {
			stop(scan, "no such escape in a string");
			return;
		}
	}
	if (all & 0x80 && !snet__text_is_utf8(begin, (size_t)(at - begin)))
		stop(scan, "not UTF-8");
	scan->at = at + 1;
}

static bool skip_digits(struct snet__scan *scan)
{
	char *begin = scan->at;

	while (is_digit(*scan->at))
		scan->at++;
	return scan->at > begin;
}

static void skip_number(struct snet__scan *scan)
{
	bool is_good;

	scan->at += *scan->at == '-';
	if (*scan->at == '0')
		is_good = !is_digit(*++scan->at);
	else
		is_good = skip_digits(scan);
	if (is_good && *scan->at == '.') {
		scan->at++;
		is_good = skip_digits(scan);
	}
	if (is_good && (*scan->at | 0x20) == 'e') {
		scan->at++;
		scan->at += *scan->at == '+' || *scan->at == '-';
		is_good = skip_digits(scan);
	}
	if (!is_good)
		stop(scan, "not a number");
}

static void skip_word(struct snet__scan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);

		if (strncmp(scan->at, words[i], length) == 0) {
			scan->at += length;
			return;
		}
	}
	stop(scan, *scan->at ? "not JSON" : "it ends too early");
}

static void skip_value(struct snet__scan *scan, unsigned int depth);

static void skip_elements(struct snet__scan *scan, unsigned int depth)
{
	char opener = *scan->at, closer = opener == '{' ? '}' : ']';

	if (depth == DEPTH_MAX) {
		stop(scan, "nested deeper than 1000 levels");
		return;
	}
	scan->at++;
	for (bool is_first = true; snet__scan_next(scan, closer, is_first);
	     is_first = false) {
		if (opener == '{')
			(void)snet__scan_key(scan);
		skip_value(scan, depth + 1);
	}
}

static void skip_value(struct snet__scan *scan, unsigned int depth)
{
	skip_blanks(scan);
	if (scan->what)
		return;
	if (*scan->at == '"')
		skip_string(scan);
	else if (*scan->at == '{' || *scan->at == '[')
		skip_elements(scan, depth);
	else if (*scan->at == '-' || is_digit(*scan->at))
		skip_number(scan);
	else
		skip_word(scan);
}

struct snet__span snet__scan_value(struct snet__scan *scan)
{
	struct snet__span span;

	skip_blanks(scan);
	span.at = scan->at;
	skip_value(scan, 0);
	span.end = scan->at;
	return scan->what ? (struct snet__span){0} : span;
}

bool snet__scan_is_json(const char *text)
{
	/* A scan alone writes nothing. */
	struct snet__scan scan = {.at = (char *)(uintptr_t)text};

	(void)snet__scan_value(&scan);
	return snet__scan_is_end(&scan);
}

bool snet__scan_is_end(struct snet__scan *scan)
{
	skip_blanks(scan);
	if (*scan->at)
		stop(scan, "something follows the JSON value");
	return !scan->what;
}

bool snet__scan_open(struct snet__scan *scan, char opener)
{
	return take(scan, opener);
}

bool snet__scan_next(struct snet__scan *scan, char closer, bool is_first)
{
	if (scan->what || take(scan, closer))
		return false;
	if (is_first || take(scan, ','))
		return true;
	stop(scan, *scan->at ? "expected ',' or the end of an array or an object"
			     : "it ends too early");
	return false;
}

struct snet__span snet__scan_key(struct snet__scan *scan)
{
	struct snet__span key = {0};

	skip_blanks(scan);
	if (*scan->at == '"')
		key = snet__scan_value(scan);
	else
		stop(scan, *scan->at ? "expected a key" : "it ends too early");
	if (!take(scan, ':'))
		stop(scan, "expected ':' behind a key");
	return key;
}

/* ---- Spans. */

/* Source: RFC 3629 section 3 */
static char *put_utf8(char *to, unsigned int character)
{
	if (character < 0x80) {
		*to++ = (char)character;
		return to;
	}
	if (character < 0x800) {
		*to++ = (char)(0xc0 | character >> 6);
	} else {
		if (character < 0x10000) {
			*to++ = (char)(0xe0 | character >> 12);
		} else {
			*to++ = (char)(0xf0 | character >> 18);
			*to++ = (char)(0x80 | (character >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (character >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (character & 0x3f));
	return to;
}

/* The escape at *@at, which is passed. It takes more room than what it stands for. */
static char *put_escaped(char *to, char **at)
{
	static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
	unsigned int character = 0;
	const char *found;

	if ((*at)[1] == 'u') {
		*at += read_unicode(*at, &character);
		return put_utf8(to, character);
	}
	found = strchr(from, (*at)[1]);
	*to++ = found ? into[found - from] : (*at)[1];
	*at += 2;
	return to;
}

char *snet__span_text(const struct snet__span *span)
{
	char *end, *at, *to;

	if (!span->at || *span->at != '"')
		return NULL;
	end = span->end - 1;
	*end = '\0';
	at = memchr(span->at, '\\', (size_t)(end - span->at));
	if (!at)
		return span->at + 1;
	for (to = at; at < end;) {
		if (*at == '\\')
			to = put_escaped(to, &at);
		else
			*to++ = *at++;
	}
	*to = '\0';
	return span->at + 1;
}

int snet__span_u64(const struct snet__span *span, uint64_t *ret)
{
	uint64_t value = 0;

	for (const char *at = span->at; at < span->end; at++) {
		if (!is_digit(*at))
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

char *snet__span_raw(const struct snet__span *span)
{
	*span->end = '\0';
	return span->at;
}
