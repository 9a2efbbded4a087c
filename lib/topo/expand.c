/* SPDX-License-Identifier: MIT */
/* {i}: the number of an entry that "count" repeats, {i+7}: 7 more than that, {{}: a brace that
 * begins neither. JSON is expanded as text: these can only stand within its strings, where
 * digits and braces need no quoting. */

#include "topo/expand.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More digits are no number of an entry, but somebody's text. */
#define DIGITS_MAX 9

struct mark {
	size_t length;
	bool is_brace; /* {{} */
	long offset;
};

/* Whether a mark begins at @at. */
static bool read_mark(struct mark *mark, const char *at)
{
	size_t digits;

	*mark = (struct mark){.length = 3};
	if (strncmp(at, "{i}", 3) == 0)
		return true;
	mark->is_brace = strncmp(at, "{{}", 3) == 0;
	if (mark->is_brace)
		return true;
	if (strncmp(at, "{i+", 3) != 0)
		return false;
	digits = strspn(at + 3, "0123456789");
	if (!digits || digits > DIGITS_MAX || at[3 + digits] != '}')
		return false;
	mark->offset = strtol(at + 3, NULL, 10);
	mark->length = digits + 4;
	return true;
}

/* "%ld" at @to, without a zero behind it; returns its end. */
static char *put_number(char *to, long number)
{
	char text[24];
	size_t length = (size_t)snprintf(text, sizeof(text), "%ld", number);

	memcpy(to, text, length);
	return to + length;
}

static char *put_text(char *to, const char *text, size_t length)
{
	memcpy(to, text, length);
	return to + length;
}

bool snet__expand_has_number(const char *text)
{
	struct mark mark;

	for (; (text = strchr(text, '{')); text += mark.is_brace ? mark.length : 1)
		if (read_mark(&mark, text) && !mark.is_brace)
			return true;
	return false;
}

int snet__expand(char **ret, const char *text, long instance)
{
	size_t braces = 0;
	struct mark mark;
	char *to;

	if (instance < 0 && snet__expand_has_number(text))
		return -EINVAL;
	for (const char *at = text; (at = strchr(at, '{')); at++)
		braces++;
	/* A long has at most 20 characters. */
	to = malloc(strlen(text) + braces * 20 + 1);
	if (!to)
		return -ENOMEM;

	*ret = to;
	while (*text) {
		if (*text != '{' || !read_mark(&mark, text)) {
			*to++ = *text++;
			continue;
		}
		if (mark.is_brace)
			*to++ = '{';
		else
			to = put_number(to, instance + mark.offset);
		text += mark.length;
	}
	*to = '\0';
	return 0;
}

/* A template under way: there is room for all of it. */
struct writer {
	char *at;
};

static void write_literal(struct writer *writer, const char *text)
{
	struct mark mark;

	if (*text == '{' && read_mark(&mark, text))
		writer->at = put_text(writer->at, "{{}", 3);
	else
		*writer->at++ = *text;
}

static void write_mark(struct writer *writer, long offset)
{
	writer->at = put_text(writer->at, "{i", 2);
	if (offset) {
		*writer->at++ = '+';
		writer->at = put_number(writer->at, offset);
	}
	*writer->at++ = '}';
}

/* One run of digits of two texts that follow each other. False when it is no number that is
 * one more in @second. */
static bool write_number(struct writer *writer, const char *first, size_t first_length,
			 const char *second, size_t second_length)
{
	long number;

	if (first_length == second_length && memcmp(first, second, first_length) == 0) {
		writer->at = put_text(writer->at, first, first_length);
		return true;
	}
	for (; first_length > 1 && second_length > 1 && *first == '0' && *second == '0';
	     first_length--, second_length--, first++, second++)
		*writer->at++ = '0';
	if ((*first == '0' && first_length > 1) || *second == '0' ||
	    first_length > DIGITS_MAX || second_length > DIGITS_MAX)
		return false;
	number = strtol(first, NULL, 10);
	if (strtol(second, NULL, 10) != number + 1)
		return false;
	write_mark(writer, number);
	return true;
}

static bool write_template(struct writer *writer, const char *first, const char *second)
{
	while (*first && *second) {
		size_t first_digits = strspn(first, "0123456789"),
		       second_digits = strspn(second, "0123456789");

		if (first_digits && second_digits) {
			if (!write_number(writer, first, first_digits, second,
					  second_digits))
				return false;
			first += first_digits;
			second += second_digits;
			continue;
		}
		if (*first != *second)
			return false;
		write_literal(writer, first++);
		second++;
	}
	return !*first && !*second;
}

int snet__expand_find(char **ret, const char *first, const char *second)
{
	/* A digit becomes "{i+7}" at most. */
	struct writer writer = {malloc(5 * strlen(first) + 1)};
	char *begin = writer.at;

	if (!begin)
		return -ENOMEM;
	if (!write_template(&writer, first, second)) {
		free(begin);
		return -EINVAL;
	}
	*writer.at = '\0';
	*ret = begin;
	return 0;
}
