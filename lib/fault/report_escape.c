/* SPDX-License-Identifier: MIT */
/* Text of a run, made safe for where it is put. */

#include <string.h>

#include "base/text.h"
#include "fault/report_parts.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* How many bytes the character at @at has; 0 when it is none that may be shown. XML 1.0 section
 * 2.2 has U+FFFE and U+FFFF for none. */
static size_t measure(const char *at)
{
	unsigned char first = (unsigned char)*at;
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (snet__text_measure_control(at))
		return 0;
	if (strnlen(at, size) < size || !snet__text_is_utf8(at, size))
		return 0;
	return first == 0xef && memcmp(at, "\xef\xbf", 2) == 0 &&
			       (unsigned char)at[2] >= 0xbe
		       ? 0
		       : size;
}

/* What stands for @c; NULL: itself. */
typedef const char *(*replace_fn)(char c);

static const char *replace_plain(char c)
{
	return c == '\n' || c == '\t' || c == '\r' ? " " : NULL;
}

static const char *replace_markup(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	/* By number: a reader makes blanks of them between quotes. */
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

static void put(FILE *out, const char *text, replace_fn replace)
{
	const char *at = text ? text : "", *kept = at;

	while (*at) {
		const char *other = replace(*at);
		size_t size = other ? 0 : measure(at);

		if (size) {
			at += size;
			continue;
		}
		(void)fwrite(kept, 1, (size_t)(at - kept), out);
		(void)fputs(other ? other : REPLACEMENT, out);
		kept = ++at;
	}
	(void)fwrite(kept, 1, (size_t)(at - kept), out);
}

void snet__put_plain(FILE *out, const char *text)
{
	put(out, text, replace_plain);
}

void snet__put_markup(FILE *out, const char *text)
{
	put(out, text, replace_markup);
}
