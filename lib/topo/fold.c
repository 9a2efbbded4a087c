/* SPDX-License-Identifier: MIT */
/* Entries that "count" can repeat, found again: neighbours of one shape, whose strings differ by
 * numbers that go up by one. Two neighbours suggest the template; whoever follows belongs to it
 * when the template expands to exactly that. The order of entries is kept: it decides which
 * addresses nodes get. */

#include <string.h>

#include "base/cleanup.h"
#include "topo/expand.h"
#include "topo/write.h"

/* Fewer are as easily read one by one, unless they are numbered from 0 on, as somebody who
 * wrote "count" would have had it. */
#define RUN_MIN 3

/* What is expanded differs from place to place in an entry. */
enum place {
	PLACE_ENTRY, /* an object with the keys of a table: its strings are expanded */
	PLACE_FUNCTIONS, /* functions by name */
	PLACE_FUNCTION,
	PLACE_CODE, /* taken as it is */
	PLACE_DATA, /* the user's own JSON: its keys are expanded, too */
};

static const struct {
	enum place in;
	const char *key;
	enum place is;
} places[] = {
	{PLACE_ENTRY, "data", PLACE_DATA},
	{PLACE_ENTRY, "state", PLACE_DATA},
	{PLACE_ENTRY, "values", PLACE_DATA},
	{PLACE_ENTRY, "functions", PLACE_FUNCTIONS},
	{PLACE_ENTRY, "command", PLACE_DATA},
	{PLACE_ENTRY, "env", PLACE_DATA},
	{PLACE_FUNCTION, "parameters", PLACE_DATA},
	{PLACE_FUNCTION, "code", PLACE_CODE},
};

static enum place place_of(enum place in, const char *key)
{
	if (in == PLACE_FUNCTIONS)
		return PLACE_FUNCTION;
	for (size_t i = 0; key && i < sizeof(places) / sizeof(*places); i++)
		if (places[i].in == in && strcmp(places[i].key, key) == 0)
			return places[i].is;
	return in == PLACE_FUNCTION ? PLACE_ENTRY : in;
}

static bool is_container(const struct snet__json *json)
{
	return snet__json_is(json, SNET__JSON_ARRAY) ||
	       snet__json_is(json, SNET__JSON_OBJECT);
}

static struct snet__json *find_template(const struct snet__json *first,
					const struct snet__json *second,
					enum place place);

/* The template of a key, to be freed; NULL for none. */
static char *find_key(const char *first, const char *second, enum place in)
{
	char *key = NULL;

	if (in != PLACE_DATA)
		return strcmp(first, second) == 0 ? strdup(first) : NULL;
	return snet__expand_find(&key, first, second) == 0 ? key : NULL;
}

static struct snet__json *find_container(const struct snet__json *first,
					 const struct snet__json *second,
					 enum place place)
{
	bool is_object = snet__json_is(first, SNET__JSON_OBJECT);
	autojson *template = is_object ? snet__json_new_object() : snet__json_new_array();
	const struct snet__json *a = snet__json_first(first),
				*b = snet__json_first(second);

	for (; a && b; a = snet__json_next(a), b = snet__json_next(b)) {
		const char *name = is_object ? snet__json_key(a) : NULL;
		autofree char *key =
			is_object ? find_key(name, snet__json_key(b), place) : NULL;
		struct snet__json *member = find_template(a, b, place_of(place, name));

		if (!member || (is_object && !key)) {
			snet__json_free(member);
			return NULL;
		}
		if (!(is_object ? snet__json_add(template, key, member)
				: snet__json_append(template, member)))
			return NULL;
	}
	return a || b ? NULL : steal_ptr(template);
}

/* What expands to @first for 0 and to @second for 1; NULL for none. */
static struct snet__json *find_template(const struct snet__json *first,
					const struct snet__json *second, enum place place)
{
	autofree char *text = NULL;

	if (snet__json_type(first) != snet__json_type(second))
		return NULL;
	if (is_container(first))
		return find_container(first, second, place);
	if (!snet__json_is(first, SNET__JSON_STRING) || place == PLACE_CODE)
		return snet__json_is_equal(first, second) ? snet__json_copy(first) : NULL;
	if (snet__expand_find(&text, snet__json_string(first),
			      snet__json_string(second)) < 0)
		return NULL;
	return snet__json_new_string(text);
}

static bool is_expanded(const char *template, const char *text, long instance)
{
	autofree char *expanded = NULL;

	return snet__expand(&expanded, template, instance) == 0 &&
	       strcmp(expanded, text) == 0;
}

/* Whether @template is @json when it is expanded for @instance. */
static bool is_instance(const struct snet__json *template, const struct snet__json *json,
			enum place place, long instance)
{
	const struct snet__json *a = snet__json_first(template),
				*b = snet__json_first(json);
	bool is_object = snet__json_is(template, SNET__JSON_OBJECT);

	if (snet__json_type(template) != snet__json_type(json))
		return false;
	if (!is_container(template)) {
		if (!snet__json_is(template, SNET__JSON_STRING) || place == PLACE_CODE)
			return snet__json_is_equal(template, json);
		return is_expanded(snet__json_string(template), snet__json_string(json),
				   instance);
	}
	for (; a && b; a = snet__json_next(a), b = snet__json_next(b)) {
		const char *key = is_object ? snet__json_key(b) : NULL;

		if (is_object &&
		    !(place == PLACE_DATA ? is_expanded(snet__json_key(a), key, instance)
					  : strcmp(snet__json_key(a), key) == 0))
			return false;
		if (!is_instance(a, b, place_of(place, key), instance))
			return false;
	}
	return !a && !b;
}

/* Whether the repetitions of an entry differ in what tells entries apart, as the reader wants
 * it: its first two members are name and kind, or from and to, behind which a link may have a name.
 * @ret_is_plain: by {i} itself. */
static bool is_numbered(const struct snet__json *template, bool *ret_is_plain)
{
	const struct snet__json *member = snet__json_first(template);
	bool is_numbered = false;

	*ret_is_plain = true;
	for (int i = 0; i < 3 && member; i++, member = snet__json_next(member)) {
		const char *text = snet__json_string(member);

		if (!text || !snet__expand_has_number(text) ||
		    (i == 2 && strcmp(snet__json_key(member), "name") != 0))
			continue;
		is_numbered = true;
		*ret_is_plain &= strstr(text, "{i}") != NULL;
	}
	return is_numbered;
}

/* @template with its "count" as the third member. */
static struct snet__json *add_count(const struct snet__json *template, size_t count)
{
	struct snet__json *entry = snet__json_new_object();
	const struct snet__json *member = snet__json_first(template);

	for (size_t i = 0; member; i++, member = snet__json_next(member)) {
		if (i == 2)
			snet__json_add_u64(entry, "count", count);
		(void)snet__json_add(entry, snet__json_key(member),
				     snet__json_copy(member));
	}
	if (snet__json_count(template) <= 2)
		snet__json_add_u64(entry, "count", count);
	return entry;
}

/* Take the entry at *@at, and those behind it that belong to it; *@at is then the next. */
static struct snet__json *fold_one(const struct snet__json **at)
{
	const struct snet__json *first = *at, *next = snet__json_next(first);
	autojson *template = next ? find_template(first, next, PLACE_ENTRY) : NULL;
	bool is_plain = false;
	size_t count = 1;

	if (template && is_numbered(template, &is_plain)) {
		for (count = 2, next = snet__json_next(next);
		     next && count < SNET__COUNT_MAX &&
		     is_instance(template, next, PLACE_ENTRY, (long)count);
		     count++)
			next = snet__json_next(next);
		if (count >= RUN_MIN || is_plain) {
			*at = next;
			return add_count(template, count);
		}
	}
	*at = snet__json_next(first);
	return snet__fold_alone(first);
}

struct snet__json *snet__fold_alone(const struct snet__json *entry)
{
	return find_template(entry, entry, PLACE_ENTRY);
}

struct snet__json *snet__fold(const struct snet__json *entries)
{
	const struct snet__json *at = snet__json_first(entries);
	struct snet__json *folded = snet__json_new_array();

	while (at)
		if (!snet__json_append(folded, fold_one(&at))) {
			snet__json_free(folded);
			return NULL; /* memory is short */
		}
	return folded;
}
