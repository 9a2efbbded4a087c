/* SPDX-License-Identifier: MIT */
/* JSON as people write it: what fits in a line stands in one. What does not is broken; an
 * object in a list keeps its braces beside its first and last member, so that a list of
 * objects stays a list of lines. Each value is tried in one line first, and taken back when it
 * reaches too far. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/json.h"

#define COLUMNS 96 /* and a few for what closes behind a value */
#define INDENT  2

struct printer {
	struct snet__text_buffer text;
	size_t line; /* where the last line begins */
};

static void put(struct printer *printer, const char *text)
{
	snet__text_add(&printer->text, text, strlen(text));
}

static void put_line(struct printer *printer, size_t indent)
{
	put(printer, "\n");
	printer->line = printer->text.size;
	for (size_t i = 0; i < indent; i++)
		put(printer, " ");
}

static bool is_container(const struct snet__json *json)
{
	return snet__json_is(json, SNET__JSON_ARRAY) ||
	       snet__json_is(json, SNET__JSON_OBJECT);
}

static void put_opener(struct printer *printer, const struct snet__json *json)
{
	put(printer, snet__json_is(json, SNET__JSON_ARRAY) ? "[" : "{");
}

static void put_closer(struct printer *printer, const struct snet__json *json)
{
	put(printer, snet__json_is(json, SNET__JSON_ARRAY) ? "]" : "}");
}

static void put_scalar(struct printer *printer, const struct snet__json *json)
{
	autofree char *text = snet__json_format(json);

	printer->text.is_short |= !text;
	put(printer, text ? text : "");
}

/* The key of a member of @in, when that is an object. */
static void put_key(struct printer *printer, const struct snet__json *in,
		    const struct snet__json *member)
{
	autojson *key = NULL;

	if (!snet__json_is(in, SNET__JSON_OBJECT))
		return;
	key = snet__json_new_string(snet__json_key(member));
	put_scalar(printer, key);
	put(printer, ": ");
}

static bool is_too_long(const struct printer *printer)
{
	return printer->text.size - printer->line > COLUMNS;
}

/* All of it in one line. False when that became too long, and was left somewhere. */
static bool put_inline(struct printer *printer, const struct snet__json *json)
{
	const struct snet__json *first = snet__json_first(json);

	if (!is_container(json)) {
		put_scalar(printer, json);
		return !is_too_long(printer);
	}
	put_opener(printer, json);
	for (const struct snet__json *at = first; at; at = snet__json_next(at)) {
		if (at != first)
			put(printer, ", ");
		put_key(printer, json, at);
		if (!put_inline(printer, at))
			return false;
	}
	put_closer(printer, json);
	return !is_too_long(printer);
}

/* Whether it fits behind what the line has already; else nothing is printed. */
static bool try_inline(struct printer *printer, const struct snet__json *json)
{
	size_t size = printer->text.size;

	if (put_inline(printer, json))
		return true;
	printer->text.size = size;
	return false;
}

static void put_value(struct printer *printer, const struct snet__json *in,
		      const struct snet__json *json, size_t indent);

/* Each member in a line of its own. */
static void put_block(struct printer *printer, const struct snet__json *json,
		      size_t indent)
{
	put_opener(printer, json);
	for (const struct snet__json *at = snet__json_first(json); at;
	     at = snet__json_next(at)) {
		put_line(printer, indent + INDENT);
		put_key(printer, json, at);
		put_value(printer, json, at, indent + INDENT);
		if (snet__json_next(at))
			put(printer, ",");
	}
	put_line(printer, indent);
	put_closer(printer, json);
}

/* As many members in a line as fit. */
static void put_filled(struct printer *printer, const struct snet__json *json,
		       size_t indent)
{
	const struct snet__json *first = snet__json_first(json);

	put_opener(printer, json);
	for (const struct snet__json *at = first; at; at = snet__json_next(at)) {
		size_t size = printer->text.size;

		if (at != first)
			put(printer, " ");
		put_key(printer, json, at);
		if (!try_inline(printer, at)) {
			printer->text.size = size;
			if (at != first)
				put_line(printer, indent + 1);
			put_key(printer, json, at);
			put_value(printer, json, at, indent);
		}
		if (snet__json_next(at))
			put(printer, ",");
	}
	put_closer(printer, json);
}

static bool has_containers(const struct snet__json *json)
{
	for (const struct snet__json *at = snet__json_first(json); at;
	     at = snet__json_next(at))
		if (is_container(at))
			return true;
	return false;
}

static void put_value(struct printer *printer, const struct snet__json *in,
		      const struct snet__json *json, size_t indent)
{
	bool is_listed = snet__json_is(in, SNET__JSON_ARRAY) &&
			 snet__json_is(json, SNET__JSON_OBJECT);

	if (!is_container(json))
		put_scalar(printer, json);
	else if (try_inline(printer, json))
		return;
	else if (has_containers(json) && !is_listed)
		put_block(printer, json, indent);
	else
		put_filled(printer, json, indent);
}

/* The outermost two levels are broken in any case: the next change is then one of a line. */
static void put_root(struct printer *printer, const struct snet__json *root)
{
	if (!is_container(root) || !snet__json_first(root)) {
		put_value(printer, NULL, root, 0);
		return;
	}
	put_opener(printer, root);
	for (const struct snet__json *at = snet__json_first(root); at;
	     at = snet__json_next(at)) {
		put_line(printer, INDENT);
		put_key(printer, root, at);
		if (snet__json_first(at))
			put_block(printer, at, INDENT);
		else
			put_value(printer, root, at, INDENT);
		if (snet__json_next(at))
			put(printer, ",");
	}
	put_line(printer, 0);
	put_closer(printer, root);
}

char *snet__json_format_pretty(const struct snet__json *json)
{
	struct printer printer = {0};

	if (!json)
		return NULL;
	put_root(&printer, json);
	put(&printer, "\n");
	if (!printer.text.is_short)
		return printer.text.data;
	free(printer.text.data);
	return NULL;
}
