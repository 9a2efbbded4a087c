/* SPDX-License-Identifier: MIT */
/* Typed access to JSON. cJSON parses and prints; what it lets pass (bytes that are not UTF-8,
 * a key given twice, something behind the value) is refused here. */

#include "io/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"

#define DEPTH_MAX  1000    /* cJSON's own limit, too */
#define VALUES_MAX 5000000 /* some 100 bytes each */
#define FEW        8       /* members of an object */

static cJSON *node_of(const struct snet__json *json)
{
	return (cJSON *)(uintptr_t)json;
}

static struct snet__json *json_of(const cJSON *node)
{
	return (struct snet__json *)(uintptr_t)node;
}

static void place_of(const char *text, const char *at, unsigned int *ret_line,
		     unsigned int *ret_column)
{
	unsigned int line = 1, column = 1;

	for (; text < at; text++) {
		if (*text == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*text & 0xc0) != 0x80) {
			column++; /* a character, not a byte within one */
		}
	}
	*ret_line = line;
	*ret_column = column;
}

/* What cJSON lets pass and JSON does not, and what would cost too much. */
struct lexer {
	const char *at, *end;
	size_t values, depth;
	char closers[DEPTH_MAX]; /* what ends each level */
	bool is_in_string;
	const char *what; /* why it stopped before the end */
};

/* Within a string: a control character, or an escaped zero, which would end a C string. */
static const char *find_bad_in_string(const struct lexer *lexer)
{
	if ((unsigned char)*lexer->at < ' ')
		return "a control character in a string: write it as \\u00XX";
	if (lexer->end - lexer->at >= 6 && memcmp(lexer->at, "\\u0000", 6) == 0)
		return "\\u0000 in a string is not supported";
	return NULL;
}

static const char *find_bad_outside(struct lexer *lexer)
{
	if (*lexer->at == '[' || *lexer->at == '{') {
		if (lexer->depth == DEPTH_MAX)
			return "nested deeper than 1000 levels";
		lexer->closers[lexer->depth++] = *lexer->at == '[' ? ']' : '}';
	} else if (*lexer->at == ']' || *lexer->at == '}') {
		if (!lexer->depth)
			return "closes what was not opened";
		if (lexer->closers[--lexer->depth] != *lexer->at)
			return *lexer->at == ']' ? "expected '}', got ']'"
						 : "expected ']', got '}'";
	}
	lexer->values += *lexer->at == ',' || *lexer->at == ':';
	if (lexer->values > VALUES_MAX)
		return "more than 5000000 values";
	if ((unsigned char)*lexer->at < ' ' && !strchr("\t\r\n", *lexer->at))
		return "a control character";
	return *lexer->at ? NULL : "a zero byte";
}

/* What most of a string is, and most of a text is strings. */
static bool is_plain(char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static void run_lexer(struct lexer *lexer)
{
	for (; lexer->at < lexer->end; lexer->at++) {
		if (lexer->is_in_string && is_plain(*lexer->at))
			continue;
		if (*lexer->at == '"')
			lexer->is_in_string = !lexer->is_in_string;
		else if (lexer->is_in_string)
			lexer->what = find_bad_in_string(lexer);
		else
			lexer->what = find_bad_outside(lexer);
		if (lexer->what)
			return;
		if (lexer->is_in_string && *lexer->at == '\\' &&
		    lexer->at + 1 < lexer->end)
			lexer->at++;
	}
}

/* Whether a member before @child has its key. Most objects have few members, and maps of those would
 * cost more than all else; without memory for a map the text is taken as it is. */
static bool is_given_before(const cJSON *child, const cJSON *parent, bool has_few,
			    struct snet__map *seen)
{
	const cJSON *at = parent->child;

	if (!has_few)
		return snet__map_add(seen, child->string, NULL, NULL) == -EEXIST;
	while (at != child && strcmp(at->string, child->string) != 0)
		at = at->next;
	return at != child;
}

/* A value that is to be refused: in what, "nodes[0]", and why. */
struct bad_value {
	const cJSON *node;
	char place[256];
	const char *what;
};

/* Put what leads from its parent to @child before the place; of a long one the end is cut. */
static void prepend(struct bad_value *bad, const cJSON *child, size_t index)
{
	char rest[sizeof(bad->place) / 2];
	const char *dot = bad->place[0] && bad->place[0] != '[' ? "." : "";

	(void)snprintf(rest, sizeof(rest), "%.120s", bad->place);
	if (child->string)
		(void)snprintf(bad->place, sizeof(bad->place), "%.80s%s%s", child->string,
			       dot, rest);
	else
		(void)snprintf(bad->place, sizeof(bad->place), "[%zu]%s%s", index, dot,
			       rest);
}

/* The first value of a tree that is to be refused: a key given twice, a number that is not
 * finite as a double. */
static bool find_bad_value(const cJSON *node, struct bad_value *bad)
{
	struct snet__map seen = {0};
	const cJSON *child;
	bool is_object, has_few;
	size_t index = 0;

	if (!node->child) { /* as most: no more than this for them */
		if (!cJSON_IsNumber(node) || isfinite(node->valuedouble))
			return false;
		bad->node = node;
		bad->what = "the number is too large";
		return true;
	}
	is_object = cJSON_IsObject(node);
	has_few = is_object && cJSON_GetArraySize(node) <= FEW;
	cJSON_ArrayForEach(child, node)
	{
		if (is_object && is_given_before(child, node, has_few, &seen)) {
			bad->node = child;
			bad->what = "given twice";
			break;
		}
		if (find_bad_value(child, bad)) {
			/* A key of its own is said by itself. */
			if (bad->node != child || !child->string)
				prepend(bad, child, index);
			break;
		}
		index++;
	}
	snet__map_clear(&seen);
	return child;
}

static int refuse_bad_value(const struct snet__json *root, const char *text, size_t size,
			    struct snet_err *err)
{
	struct snet__json_places *places = NULL;
	unsigned int line = 1, column = 1;
	struct bad_value bad = {.node = NULL};
	int r;

	if (!find_bad_value(node_of(root), &bad))
		return 0;
	r = snet__json_places_new(&places, root, text, size, err);
	if (r < 0)
		return r;
	snet__json_places_find(places, json_of(bad.node),
			       !cJSON_IsNumber(bad.node) || bad.node->string, &line,
			       &column);
	snet__json_places_free(places);
	if (!bad.node->string)
		return snet__err_set(err, -EINVAL, "%u:%u: %s%s%s", line, column,
				     bad.place, *bad.place ? ": " : "", bad.what);
	return snet__err_set(err, -EINVAL, "%u:%u: %s%skey '%.80s': %s", line, column,
			     bad.place, *bad.place ? ": " : "", bad.node->string,
			     bad.what);
}

/* The first byte that is no part of a valid character; the end when there is none. */
static const char *find_bad_utf8(const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		size_t length = 1, left = (size_t)(end - text);

		while (length <= 4 && length <= left && !snet__text_is_utf8(text, length))
			length++;
		if (length > 4 || length > left)
			break;
		text += length;
	}
	return text;
}

static int refuse_at(const char *text, const char *at, const char *what,
		     struct snet_err *err)
{
	unsigned int line, column;

	place_of(text, at, &line, &column);
	return snet__err_set(err, -EINVAL, "%u:%u: %s", line, column, what);
}

/* Why cJSON stopped at @at. It knows only where, and at the end not even that. */
static int refuse_syntax(const struct lexer *lexer, const char *text, const char *at,
			 struct snet_err *err)
{
	const char *last = lexer->end;
	unsigned int line, column;
	char near[17] = "";
	size_t length;

	while (last > text && strchr(" \t\r\n", last[-1]))
		last--;
	if (lexer->is_in_string || (at + 1 >= last && (lexer->depth || last == text)))
		return refuse_at(text, last, "JSON ends too early", err);

	length = (size_t)(lexer->end - at) < sizeof(near) ? (size_t)(lexer->end - at)
							  : sizeof(near) - 1;
	memcpy(near, at, length);
	while (length && !snet__text_is_utf8(near, length))
		length--; /* cut within a character */
	near[length] = '\0';
	near[strcspn(near, "\r\n")] = '\0';
	place_of(text, at, &line, &column);
	return snet__err_set(err, -EINVAL, "%u:%u: not JSON near '%s'", line, column,
			     near);
}

int snet__json_parse(struct snet__json **ret, const char *text, size_t size,
		     struct snet_err *err)
{
	struct lexer lexer = {.at = text, .end = text + size};
	autojson *json = NULL;
	const char *end = text;
	int r;

	if (!snet__text_is_utf8(text, size))
		return refuse_at(text, find_bad_utf8(text, size), "not UTF-8", err);
	run_lexer(&lexer);
	if (lexer.what)
		return refuse_at(text, lexer.at, lexer.what, err);

	json = json_of(cJSON_ParseWithLengthOpts(text, size, &end, false));
	if (!json)
		return refuse_syntax(&lexer, text, end, err);
	while (end < text + size && strchr(" \t\r\n", *end))
		end++;
	if (end != text + size)
		return refuse_at(text, end, "something follows the JSON value", err);
	r = refuse_bad_value(json, text, size, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(json);
	return 0;
}

void snet__json_free(struct snet__json *json)
{
	cJSON_Delete(node_of(json));
}

char *snet__json_format(const struct snet__json *json)
{
	return json ? cJSON_PrintUnformatted(node_of(json)) : NULL;
}

struct snet__json *snet__json_copy(const struct snet__json *json)
{
	return json_of(cJSON_Duplicate(node_of(json), true));
}

bool snet__json_is_equal(const struct snet__json *a, const struct snet__json *b)
{
	return cJSON_Compare(node_of(a), node_of(b), true);
}

enum snet__json_type snet__json_type(const struct snet__json *json)
{
	switch (json ? node_of(json)->type & 0xff : cJSON_NULL) {
	case cJSON_True:
	case cJSON_False:
		return SNET__JSON_BOOL;
	case cJSON_Number:
	case cJSON_Raw: /* only made by snet__json_new_u64() */
		return SNET__JSON_NUMBER;
	case cJSON_String:
		return SNET__JSON_STRING;
	case cJSON_Array:
		return SNET__JSON_ARRAY;
	case cJSON_Object:
		return SNET__JSON_OBJECT;
	default:
		return SNET__JSON_NULL;
	}
}

const char *snet__json_type_name(const struct snet__json *json)
{
	static const char *const names[] = {
		[SNET__JSON_NULL] = "null",       [SNET__JSON_BOOL] = "a boolean",
		[SNET__JSON_NUMBER] = "a number", [SNET__JSON_STRING] = "a string",
		[SNET__JSON_ARRAY] = "an array",  [SNET__JSON_OBJECT] = "an object",
	};

	return names[snet__json_type(json)];
}

bool snet__json_is(const struct snet__json *json, enum snet__json_type type)
{
	return json && snet__json_type(json) == type;
}

const struct snet__json *snet__json_get(const struct snet__json *object, const char *key)
{
	return json_of(cJSON_GetObjectItemCaseSensitive(node_of(object), key));
}

const struct snet__json *snet__json_at(const struct snet__json *array, size_t index)
{
	if (index >= snet__json_count(array))
		return NULL;
	return json_of(cJSON_GetArrayItem(node_of(array), (int)index));
}

const char *snet__json_string(const struct snet__json *json)
{
	return cJSON_GetStringValue(node_of(json));
}

double snet__json_number(const struct snet__json *json, double fallback)
{
	return cJSON_IsNumber(node_of(json)) ? node_of(json)->valuedouble : fallback;
}

bool snet__json_is_true(const struct snet__json *json)
{
	return cJSON_IsTrue(node_of(json));
}

size_t snet__json_count(const struct snet__json *json)
{
	return json ? (size_t)cJSON_GetArraySize(node_of(json)) : 0;
}

const struct snet__json *snet__json_first(const struct snet__json *json)
{
	return json ? json_of(node_of(json)->child) : NULL;
}

const struct snet__json *snet__json_next(const struct snet__json *member)
{
	return json_of(node_of(member)->next);
}

const char *snet__json_key(const struct snet__json *member)
{
	return node_of(member)->string;
}

const char *snet__json_get_string(const struct snet__json *object, const char *key)
{
	return snet__json_string(snet__json_get(object, key));
}

struct snet__json *snet__json_new_object(void)
{
	return json_of(cJSON_CreateObject());
}

struct snet__json *snet__json_new_array(void)
{
	return json_of(cJSON_CreateArray());
}

struct snet__json *snet__json_new_string(const char *value)
{
	return json_of(cJSON_CreateString(value));
}

struct snet__json *snet__json_new_number(double value)
{
	return json_of(cJSON_CreateNumber(value));
}

struct snet__json *snet__json_new_bool(bool value)
{
	return json_of(cJSON_CreateBool(value));
}

struct snet__json *snet__json_new_null(void)
{
	return json_of(cJSON_CreateNull());
}

struct snet__json *snet__json_new_u64(unsigned long long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", value);
	return json_of(cJSON_CreateRaw(text));
}

struct snet__json *snet__json_add(struct snet__json *object, const char *key,
				  struct snet__json *child)
{
	if (object && child &&
	    cJSON_AddItemToObject(node_of(object), key, node_of(child)))
		return child;

	snet__json_free(child);
	return NULL;
}

struct snet__json *snet__json_append(struct snet__json *array, struct snet__json *child)
{
	if (array && child && cJSON_AddItemToArray(node_of(array), node_of(child)))
		return child;

	snet__json_free(child);
	return NULL;
}

void snet__json_add_string(struct snet__json *object, const char *key, const char *value)
{
	if (value)
		(void)snet__json_add(object, key, snet__json_new_string(value));
}

void snet__json_add_number(struct snet__json *object, const char *key, double value)
{
	(void)snet__json_add(object, key, snet__json_new_number(value));
}

void snet__json_add_bool(struct snet__json *object, const char *key, bool value)
{
	(void)snet__json_add(object, key, snet__json_new_bool(value));
}

void snet__json_add_u64(struct snet__json *object, const char *key,
			unsigned long long value)
{
	(void)snet__json_add(object, key, snet__json_new_u64(value));
}

/* By an item that takes its name over: cJSON would copy that, and not say that it found no memory. */
static void replace(cJSON *object, cJSON *old, cJSON *item)
{
	char *name = item->string;

	item->string = old->string;
	old->string = name;
	(void)cJSON_ReplaceItemViaPointer(object, old, item); /* @old is there */
}

int snet__json_set(struct snet__json *object, const char *key, struct snet__json *child)
{
	cJSON *old;

	if (!object || !child) {
		snet__json_free(child);
		return -ENOMEM;
	}
	old = cJSON_GetObjectItemCaseSensitive(node_of(object), key);
	if (old) {
		replace(node_of(object), old, node_of(child));
		return 0;
	}
	return snet__json_add(object, key, child) ? 0 : -ENOMEM;
}

void snet__json_remove(struct snet__json *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(node_of(object), key);
}
