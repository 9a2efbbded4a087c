/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_JSON_H
#define SNET_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

/* JSON values. Opaque: cJSON stays behind this file. Strings are UTF-8. A value belongs to the
 * object or array that it was added to; only a root is freed. Adding functions take ownership
 * of @child also when they fail, and accept NULL for both (memory was short, say), so that a
 * tree can be built without a check a line and be tested once at the end. */
struct snet__json;

enum snet__json_type {
	SNET__JSON_NULL,
	SNET__JSON_BOOL,
	SNET__JSON_NUMBER,
	SNET__JSON_STRING,
	SNET__JSON_ARRAY,
	SNET__JSON_OBJECT,
};

/* Parse exactly one value from @size bytes: valid UTF-8, at most 1,000 levels and 5,000,000
 * values, no key twice, no \u0000, nothing behind it. -EINVAL with "LINE:COLUMN: what" in @err. */
int snet__json_parse(struct snet__json **ret, const char *text, size_t size,
		     struct snet_err *err);
void snet__json_free(struct snet__json *json);
/* One line, to be freed; NULL when memory is short or @json is NULL. */
char *snet__json_format(const struct snet__json *json);
/* As people write it, with a newline at its end: each member of the outermost two levels in a
 * line of its own, or in several where one is too long. */
char *snet__json_format_pretty(const struct snet__json *json);
struct snet__json *snet__json_copy(const struct snet__json *json);
bool snet__json_is_equal(const struct snet__json *a, const struct snet__json *b);

static inline void snet__json_free_at(struct snet__json **at)
{
	snet__json_free(*at);
}
#define autojson cleanup_with(snet__json_free_at) struct snet__json

enum snet__json_type snet__json_type(const struct snet__json *json);
/* "a string", "a number" ...: for messages. */
const char *snet__json_type_name(const struct snet__json *json);

/* Getters accept NULL and a value of another type, and then return NULL, false, @fallback. */
const struct snet__json *snet__json_get(const struct snet__json *object, const char *key);
const struct snet__json *snet__json_at(const struct snet__json *array, size_t index);
const char *snet__json_string(const struct snet__json *json);
double snet__json_number(const struct snet__json *json, double fallback);
bool snet__json_is_true(const struct snet__json *json);
bool snet__json_is(const struct snet__json *json, enum snet__json_type type);
size_t snet__json_count(const struct snet__json *json);
/* Members in file order: for (m = first(o); m; m = next(m)). */
const struct snet__json *snet__json_first(const struct snet__json *json);
const struct snet__json *snet__json_next(const struct snet__json *member);
/* The key of an object's member. */
const char *snet__json_key(const struct snet__json *member);
/* Shorthand: snet__json_string(snet__json_get(object, key)). */
const char *snet__json_get_string(const struct snet__json *object, const char *key);

struct snet__json *snet__json_new_object(void);
struct snet__json *snet__json_new_array(void);
struct snet__json *snet__json_new_string(const char *value);
struct snet__json *snet__json_new_number(double value);
struct snet__json *snet__json_new_bool(bool value);
struct snet__json *snet__json_new_null(void);
/* A number written exactly as @value is; a double would round above 2^53. */
struct snet__json *snet__json_new_u64(unsigned long long value);

/* Add to an object, replacing nothing: keys must be new. Return @child, or NULL on failure. */
struct snet__json *snet__json_add(struct snet__json *object, const char *key,
				  struct snet__json *child);
struct snet__json *snet__json_append(struct snet__json *array, struct snet__json *child);
/* NULL @value adds nothing. */
void snet__json_add_string(struct snet__json *object, const char *key, const char *value);
void snet__json_add_number(struct snet__json *object, const char *key, double value);
void snet__json_add_bool(struct snet__json *object, const char *key, bool value);
void snet__json_add_u64(struct snet__json *object, const char *key,
			unsigned long long value);
/* Set, replacing what was there. Takes @child also on failure (-ENOMEM). */
int snet__json_set(struct snet__json *object, const char *key, struct snet__json *child);
void snet__json_remove(struct snet__json *object, const char *key);

/* Where values stand in the text that they were parsed from. */
struct snet__json_places;
/* Walks @text beside the unchanged tree @root; -ENOMEM. */
int snet__json_places_new(struct snet__json_places **ret, const struct snet__json *root,
			  const char *text, size_t size, struct snet_err *err);
void snet__json_places_free(struct snet__json_places *places);
/* Line and column (from 1, in characters) of @json; of its key when it is an object's member
 * and @of_key. */
void snet__json_places_find(const struct snet__json_places *places,
			    const struct snet__json *json, bool of_key,
			    unsigned int *ret_line, unsigned int *ret_column);

#endif
