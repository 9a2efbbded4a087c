/* SPDX-License-Identifier: MIT */
/* Line and column of JSON values, which cJSON does not keep. The text is walked once beside
 * the tree that was parsed from it: both have the same values in the same order, so a value
 * needs no parsing here, only skipping. Made only when there is an error to report. */

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "io/json.h"

struct place {
	const cJSON *node;
	unsigned int line, column, key_line, key_column;
};

struct snet__json_places {
	struct place *places;
	size_t count, cap;
};

struct walk {
	const char *at, *end;
	unsigned int line, column;
	struct snet__json_places *into;
};

static void step(struct walk *walk)
{
	if (*walk->at == '\n') {
		walk->line++;
		walk->column = 1;
	} else if (((unsigned char)*walk->at & 0xc0) != 0x80) {
		walk->column++;
	}
	walk->at++;
}

/* Skip blanks and any of @also. */
static void skip(struct walk *walk, const char *also)
{
	while (walk->at < walk->end && *walk->at &&
	       (strchr(" \t\r\n", *walk->at) || strchr(also, *walk->at)))
		step(walk);
}

static void skip_string(struct walk *walk)
{
	step(walk);
	while (walk->at < walk->end && *walk->at != '"') {
		if (*walk->at == '\\')
			step(walk);
		if (walk->at < walk->end)
			step(walk);
	}
	if (walk->at < walk->end)
		step(walk);
}

static void skip_scalar(struct walk *walk)
{
	if (walk->at < walk->end && *walk->at == '"') {
		skip_string(walk);
		return;
	}
	while (walk->at < walk->end && !strchr(" \t\r\n,]}", *walk->at))
		step(walk);
}

static int walk_value(struct walk *walk, const cJSON *node, struct snet_err *err)
{
	struct snet__json_places *into = walk->into;
	size_t own = into->count;
	const cJSON *child;
	int r;

	r = snet__vec_reserve(&into->places, &into->cap, own + 1, sizeof(*into->places),
			      err);
	if (r < 0)
		return r;
	into->count++;
	into->places[own].node = node;
	skip(walk, ",:");
	if (node->string) {
		into->places[own].key_line = walk->line;
		into->places[own].key_column = walk->column;
		skip_string(walk);
		skip(walk, ":");
	}
	into->places[own].line = walk->line;
	into->places[own].column = walk->column;
	if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) {
		skip_scalar(walk);
		return 0;
	}
	if (walk->at < walk->end)
		step(walk); /* [ or { */
	cJSON_ArrayForEach(child, node)
	{
		r = walk_value(walk, child, err);
		if (r < 0)
			return r;
	}
	skip(walk, ",");
	if (walk->at < walk->end)
		step(walk); /* ] or } */
	return 0;
}

static int compare(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct place *)a)->node;
	uintptr_t y = (uintptr_t)((const struct place *)b)->node;

	return x < y ? -1 : x > y;
}

int snet__json_places_new(struct snet__json_places **ret, const struct snet__json *root,
			  const char *text, size_t size, struct snet_err *err)
{
	struct snet__json_places *places = calloc(1, sizeof(*places));
	struct walk walk = {text, text + size, 1, 1, places};
	int r;

	if (!places)
		return snet__err_oom(err);

	/* cJSON skips a byte order mark, which is not a character of the file. */
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		walk.at += 3;
	r = walk_value(&walk, (const cJSON *)root, err);
	if (r < 0) {
		snet__json_places_free(places);
		return r;
	}
	qsort(places->places, places->count, sizeof(*places->places), compare);
	*ret = places;
	return 0;
}

void snet__json_places_free(struct snet__json_places *places)
{
	if (!places)
		return;
	free(places->places);
	free(places);
}

void snet__json_places_find(const struct snet__json_places *places,
			    const struct snet__json *json, bool of_key,
			    unsigned int *ret_line, unsigned int *ret_column)
{
	struct place key = {.node = (const cJSON *)json};
	const struct place *place;

	place = bsearch(&key, places->places, places->count, sizeof(key), compare);
	of_key = of_key && place && place->key_line;
	*ret_line = !place ? 1 : of_key ? place->key_line : place->line;
	*ret_column = !place ? 1 : of_key ? place->key_column : place->column;
}
