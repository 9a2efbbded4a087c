/* SPDX-License-Identifier: MIT */
/* Changes as lines for a person, and as JSON. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "topo/diff.h"

/* A value of more characters is cut: a line is to be read at a glance. */
#define VALUE_MAX 40

static const struct {
	char sign;
	const char *word, *would;
} kinds[] = {
	[SNET__CHANGE_ADDED] = {'+', "added", "would be added"},
	[SNET__CHANGE_REMOVED] = {'-', "removed", "would be removed"},
	[SNET__CHANGE_CHANGED] = {'~', "changed", "would change"},
};

/* What changes: its word, and what is said of a value that is not given. */
static const struct {
	const char *word, *none;
} things[] = {
	[SNET__CHANGE_OF_LAB] = {"lab", "default"},
	[SNET__CHANGE_OF_NODE] = {"node", "default"},
	[SNET__CHANGE_OF_LINK] = {"link", "none"},
	[SNET__CHANGE_OF_BACKEND] = {"backend", "default"},
	[SNET__CHANGE_OF_ROUTE] = {"route", "default"},
	[SNET__CHANGE_OF_FUNCTION] = {"function", "default"},
};

static const struct {
	const char *word;
	const char *note; /* NULL: nobody notices */
} takes[] = {
	[SNET__TAKES_NOTHING] = {"nothing", NULL},
	[SNET__TAKES_PLACE] = {"place", NULL},
	[SNET__TAKES_RESTART] = {"restart", "restarts"},
	[SNET__TAKES_REMAKE] = {"remake", "made anew"},
	[SNET__TAKES_LAB] = {"lab", "needs the lab down and up"},
};

static bool is_secret(const char *key)
{
	return strcmp(key, "credentials") == 0;
}

/* The kind of a node or a backend, NULL for what has none. */
static const char *kind_of(const struct snet__change *change)
{
	const void *entry = change->after ? change->after : change->before;

	if (change->of == SNET__CHANGE_OF_NODE)
		return ((const struct snet__model_node *)entry)->kind;
	if (change->of == SNET__CHANGE_OF_BACKEND)
		return ((const struct snet__model_backend *)entry)->kind;
	return NULL;
}

static const char *owner_of(const struct snet__change *change)
{
	return change->node_after ? change->node_after->name : NULL;
}

static bool is_inner(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The character so many before the one at @at, or the first. */
static size_t go_back(const char *text, size_t at, size_t count)
{
	for (; at && count; count--)
		for (at--; at && is_inner(text[at]); at--)
			;
	return at;
}

/* Where to begin with two values for their first difference to be among what is shown. */
static size_t find_start(const char *before, const char *after)
{
	size_t at = 0;

	while (before[at] && before[at] == after[at])
		at++;
	while (at && is_inner(before[at]))
		at--;
	return go_back(before, at, VALUE_MAX - 1) ? go_back(before, at, VALUE_MAX / 2)
						  : 0;
}

/* Cut within no character. JSON may have control characters from U+007F on as they are. */
static void print_cut(FILE *out, const char *text, size_t start)
{
	size_t end = start;

	(void)fputs(start ? "\u2026" : "", out);
	for (size_t shown = 0; text[end] && shown < VALUE_MAX; shown++, start = end) {
		for (end++; is_inner(text[end]); end++)
			;
		if (snet__text_measure_control(text + start))
			(void)fputc(' ', out);
		else
			(void)fwrite(text + start, 1, end - start, out);
	}
	(void)fputs(text[end] ? "\u2026" : "", out);
}

/* A string without quotes, unless it has control characters; the rest as JSON. @ret_value is to be
 * kept as long. */
static const char *show_value(struct snet__json **ret_value, const char *json,
			      const char *none)
{
	const char *text;

	if (!json)
		return none;
	/* Without memory it keeps its quotes. */
	(void)snet__json_parse(ret_value, json, strlen(json), NULL);
	text = snet__json_string(*ret_value);
	return text && *text && snet__text_is_plain(text) ? text : json;
}

static void print_values(FILE *out, const struct snet__changed_key *key, const char *none)
{
	autojson *was = NULL, *is = NULL;
	const char *before = show_value(&was, key->before, none),
		   *after = show_value(&is, key->after, none);
	size_t start = find_start(before, after);

	if (key->before && key->after && strcmp(key->before, key->after) == 0) {
		print_cut(out, before, go_back(before, strlen(before), VALUE_MAX));
		(void)fputs(" (another text)", out);
		return;
	}
	print_cut(out, before, start);
	(void)fputs(" \u2192 ", out);
	print_cut(out, after, start);
}

static void print_keys(FILE *out, const struct snet__change *change)
{
	for (size_t i = 0; i < change->key_count; i++) {
		const struct snet__changed_key *key = &change->keys[i];

		(void)fprintf(out, "%s %s", i ? "," : ":", key->key);
		if (is_secret(key->key)) {
			(void)fputs(" changed", out);
			continue;
		}
		(void)fputc(' ', out);
		/* Beside its impairments, a link always has one. */
		print_values(out, key,
			     strcmp(key->key, "shaper") == 0 ? "auto"
							     : things[change->of].none);
	}
	if (takes[change->takes].note)
		(void)fprintf(out, " (%s)", takes[change->takes].note);
}

static void print_change(FILE *out, const struct snet__change *change)
{
	(void)fprintf(out, "%c %s", kinds[change->kind].sign, things[change->of].word);
	if (owner_of(change))
		(void)fprintf(out, " of %s", owner_of(change));
	if (*change->name)
		(void)fprintf(out, "%s %s", owner_of(change) ? ":" : "", change->name);
	if (change->kind == SNET__CHANGE_CHANGED)
		print_keys(out, change);
	else if (kind_of(change))
		(void)fprintf(out, " (%s)", kind_of(change));
	(void)fputc('\n', out);
}

/* "2 added, 1 removed, 3 changed" */
static void print_summary(FILE *out, const struct snet__diff *diff, bool is_dry)
{
	const char *comma = "";

	if (!diff->count)
		(void)fputs("no changes", out);
	for (size_t i = 0; i < SNET__CHANGE_KIND_COUNT; i++) {
		if (!diff->of_kind[i])
			continue;
		(void)fprintf(out, "%s%zu %s", comma, diff->of_kind[i],
			      is_dry ? kinds[i].would : kinds[i].word);
		comma = ", ";
	}
	(void)fputc('\n', out);
}

char *snet__diff_format(const struct snet__diff *diff, bool is_dry)
{
	struct snet__text_stream stream;
	char *text = NULL;

	if (snet__text_open(&stream, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < diff->count; i++)
		print_change(stream.out, &diff->changes[i]);
	print_summary(stream.out, diff, is_dry);
	(void)snet__text_close(&stream, 0, &text, NULL); /* NULL then */
	return text;
}

static void add_value(struct snet__json *json, const char *key, const char *text)
{
	struct snet__json *value = NULL;

	if (text && snet__json_parse(&value, text, strlen(text), NULL) == 0)
		(void)snet__json_add(json, key, value);
}

static struct snet__json *key_json(const struct snet__changed_key *key)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "key", key->key);
	if (!is_secret(key->key)) {
		add_value(json, "before", key->before);
		add_value(json, "after", key->after);
	}
	snet__json_add_string(json, "takes", takes[key->takes].word);
	return json;
}

static struct snet__json *change_json(const struct snet__change *change)
{
	struct snet__json *json = snet__json_new_object(), *keys;

	snet__json_add_string(json, "change", kinds[change->kind].word);
	snet__json_add_string(json, "what", things[change->of].word);
	if (*change->name)
		snet__json_add_string(json, "name", change->name);
	snet__json_add_string(json, "kind", kind_of(change));
	snet__json_add_string(json, "node", owner_of(change));
	snet__json_add_string(json, "takes", takes[change->takes].word);
	if (change->kind != SNET__CHANGE_CHANGED)
		return json;
	keys = snet__json_add(json, "keys", snet__json_new_array());
	for (size_t i = 0; i < change->key_count; i++)
		(void)snet__json_append(keys, key_json(&change->keys[i]));
	return json;
}

struct snet__json *snet__diff_json(const struct snet__diff *diff)
{
	struct snet__json *json = snet__json_new_object(), *changes;

	changes = snet__json_add(json, "changes", snet__json_new_array());
	for (size_t i = 0; i < diff->count; i++)
		(void)snet__json_append(changes, change_json(&diff->changes[i]));
	for (size_t i = 0; i < SNET__CHANGE_KIND_COUNT; i++)
		snet__json_add_number(json, kinds[i].word, (double)diff->of_kind[i]);
	return json;
}
