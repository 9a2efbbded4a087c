/* SPDX-License-Identifier: MIT */
/* Text to quantity and back, names, and the guess behind "did you mean". */

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit duration_units[] = {
	{"ns", 1},     {"us", 1e3},   {"\302\265s", 1e3}, {"ms", 1e6}, {"s", 1e9},
	{"min", 60e9}, {"h", 3600e9}, {"", 1e9},          {NULL, 0},
};
static const struct unit rate_units[] = {
	{"bit", 1}, {"kbit", 1e3}, {"Mbit", 1e6}, {"Gbit", 1e9}, {"", 1}, {NULL, 0},
};
static const struct unit size_units[] = {
	{"B", 1},        {"kB", 1e3},     {"MB", 1e6}, {"GB", 1e9}, {"KiB", 0x1p10},
	{"MiB", 0x1p20}, {"GiB", 0x1p30}, {"", 1},     {NULL, 0},
};
/* In hundredths. */
static const struct unit share_units[] = {{"%", 1}, {"", 100}, {NULL, 0}};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

/* The largest power of ten that is exact. */
#define PLACE_MAX 1e22

/* A whole number, and what it is to be divided by: that once, of two exact numbers, gives what the
 * compiler makes of the same text. strtod() takes too much (hex, inf, leading blanks) and its point
 * follows the locale. */
static int parse_decimal(double *ret_digits, double *ret_place, const char *text,
			 const char **ret_end)
{
	double digits = 0, place = 1;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++)
		digits = digits * 10 + (*at - '0');
	if (at == text)
		return -EINVAL;
	if (*at == '.') {
		if (!isdigit((unsigned char)at[1]))
			return -EINVAL;
		for (at++; isdigit((unsigned char)*at); at++) {
			if (place >= PLACE_MAX)
				continue; /* it is too little to count */
			digits = digits * 10 + (*at - '0');
			place *= 10;
		}
	}
	*ret_digits = digits;
	*ret_place = place;
	*ret_end = at;
	return 0;
}

/* In @parts of the units. */
static int parse_quantity(double *ret, const char *text, const struct unit *units,
			  double parts)
{
	const char *end;
	double digits, place;
	int r;

	r = parse_decimal(&digits, &place, text, &end);
	if (r < 0)
		return r;
	if (*end == ' ' && end[1])
		end++;
	for (; units->name; units++) {
		if (strcmp(end, units->name) != 0)
			continue;
		*ret = digits * units->factor / (place * parts);
		return 0;
	}
	return -EINVAL;
}

static int parse_whole(uint64_t *ret, const char *text, const struct unit *units)
{
	double value;
	int r;

	r = parse_quantity(&value, text, units, 1);
	if (r < 0)
		return r;
	if (value > 0x1p62 || (value > 0 && value < 1))
		return -ERANGE;

	*ret = (uint64_t)llround(value);
	return 0;
}

int snet__text_parse_duration(uint64_t *ret_ns, const char *text)
{
	return parse_whole(ret_ns, text, duration_units);
}

int snet__text_parse_rate(uint64_t *ret_bps, const char *text)
{
	return parse_whole(ret_bps, text, rate_units);
}

int snet__text_parse_size(uint64_t *ret_bytes, const char *text)
{
	return parse_whole(ret_bytes, text, size_units);
}

int snet__text_parse_share(double *ret, const char *text)
{
	double value;
	int r;

	r = parse_quantity(&value, text, share_units, 100);
	if (r < 0)
		return r;
	if (value > 1)
		return -ERANGE;

	*ret = value;
	return 0;
}

int snet__text_parse_number(double *ret, const char *text)
{
	return parse_quantity(ret, text, no_units, 1);
}

char *snet__text_format_duration(char *text, size_t size, uint64_t ns)
{
	if (ns >= SNET__NS_PER_S)
		(void)snprintf(text, size, "%.2f s", (double)ns / 1e9);
	else if (ns >= SNET__NS_PER_MS / 10)
		(void)snprintf(text, size, "%.1f ms", (double)ns / 1e6);
	else if (ns >= SNET__NS_PER_US)
		(void)snprintf(text, size, "%.1f \302\265s", (double)ns / 1e3);
	else
		(void)snprintf(text, size, "%u ns", (unsigned int)ns);
	return text;
}

char *snet__text_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&text, fmt, args);
	va_end(args);
	return r < 0 ? NULL : text;
}

int snet__text_open(struct snet__text_stream *stream, struct snet_err *err)
{
	*stream = (struct snet__text_stream){0};
	stream->out = open_memstream(&stream->text, &stream->size);
	return stream->out ? 0 : snet__err_oom(err);
}

int snet__text_close(struct snet__text_stream *stream, int r, char **ret,
		     struct snet_err *err)
{
	bool is_short = ferror(stream->out);

	is_short |= fclose(stream->out) != 0;
	if (r == 0 && is_short)
		r = snet__err_oom(err);
	if (r == 0)
		*ret = stream->text;
	else
		free(stream->text);
	return r;
}

void snet__text_add(struct snet__text_buffer *buffer, const char *bytes, size_t size)
{
	if (buffer->is_short ||
	    (buffer->cap - buffer->size <= size &&
	     snet__vec_reserve(&buffer->data, &buffer->cap, buffer->size + size + 1, 1,
			       NULL) < 0)) {
		buffer->is_short = true;
		return;
	}
	memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

bool snet__text_is_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool snet__text_is_name(const char *text)
{
	size_t length = strlen(text);

	if (!length || length > SNET__TEXT_NAME_MAX || !isalnum((unsigned char)text[0]))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_-.", *text))
			return false;
	return true;
}

char *snet__text_name_after(char name[static SNET__TEXT_NAME_MAX + 1], const char *path,
			    const char *otherwise)
{
	const char *slash = strrchr(path, '/'), *begin = slash ? slash + 1 : path;
	const char *dot = strrchr(begin, '.');
	size_t length = dot ? (size_t)(dot - begin) : strlen(begin);

	if (length <= SNET__TEXT_NAME_MAX) {
		memcpy(name, begin, length);
		name[length] = '\0';
	}
	if (length > SNET__TEXT_NAME_MAX || !snet__text_is_name(name))
		(void)snprintf(name, SNET__TEXT_NAME_MAX + 1, "%s", otherwise);
	return name;
}

/* The bytes that follow a lead byte, or -1. */
static int tail_length(unsigned char lead)
{
	if (lead < 0x80)
		return 0;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef)
		return 2;
	return lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;
}

/* Source: RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool is_second_allowed(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

bool snet__text_is_utf8(const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + size;
	uint64_t many;
	int tail;

	while (at < end) {
		/* Most text is ASCII, and some is long. */
		if (end - at >= (ptrdiff_t)sizeof(many)) {
			memcpy(&many, at, sizeof(many));
			if (!(many & 0x8080808080808080)) {
				at += sizeof(many);
				continue;
			}
		}
		tail = tail_length(*at);
		if (tail < 0 || end - at <= tail)
			return false;
		if (tail && !is_second_allowed(at[0], at[1]))
			return false;
		for (int i = 1; i <= tail; i++)
			if ((at[i] & 0xc0) != 0x80)
				return false;
		at += tail + 1;
	}
	return true;
}

size_t snet__text_measure_control(const char *text)
{
	unsigned char c = (unsigned char)text[0];

	if (c == 0xc2)
		return (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0
			       ? 2
			       : 0;
	return (c && c < 0x20) || c == 0x7f ? 1 : 0;
}

void snet__text_flatten(char *text)
{
	for (; *text; text++)
		memset(text, ' ', snet__text_measure_control(text));
}

bool snet__text_is_plain(const char *text)
{
	while (*text && !snet__text_measure_control(text))
		text++;
	return !*text;
}

/* How many bytes at @at are one character; 0 for none. */
static size_t character_length(const char *at, size_t left)
{
	for (size_t length = 1; length <= 4 && length <= left; length++)
		if (*at && snet__text_is_utf8(at, length))
			return length;
	return 0;
}

char *snet__text_from_bytes(const char *bytes, size_t size)
{
	static const char unknown[] = "\357\277\275";
	const size_t unknown_size = sizeof(unknown) - 1;
	char *text = malloc(unknown_size * size + 1), *to = text;

	for (size_t i = 0; text && i < size;) {
		size_t length = character_length(bytes + i, size - i);

		memcpy(to, length ? bytes + i : unknown, length ? length : unknown_size);
		to += length ? length : unknown_size;
		i += length ? length : 1;
	}
	if (text)
		*to = '\0';
	return text;
}

char *snet__text_format_word(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-./+,:@%";
	static const char quote[] = "'\\''";
	char *word, *to;

	if (*text && !text[strspn(text, plain)])
		return strdup(text);
	to = word = malloc((sizeof(quote) - 1) * strlen(text) + 3);
	if (!word)
		return NULL;
	*to++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			to = stpcpy(to, quote);
		else
			*to++ = *text;
	}
	memcpy(to, "'", 2);
	return word;
}

#define SIMILAR_MAX 40

/* Source: the optimal string alignment distance: insert, delete, change, swap neighbours. */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t d[SIMILAR_MAX + 1][SIMILAR_MAX + 1], best;

	for (size_t i = 0; i <= na; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[na][nb];
}

const char *snet__text_find_similar(const char *text, const char *const *words)
{
	size_t n = strlen(text), m, distance, most, least = SIZE_MAX;
	const char *best = NULL;

	if (n > SIMILAR_MAX)
		return NULL;
	for (; *words; words++) {
		m = strlen(*words);
		if (m > SIMILAR_MAX)
			continue;
		distance = edit_distance(text, n, *words, m);
		most = (n > m ? n : m) / 3;
		/* A word changed in every letter was not meant, nor one in many. */
		if (distance >= m || (distance > 1 && distance > most) ||
		    distance >= least)
			continue;
		best = *words;
		least = distance;
	}
	return best;
}
