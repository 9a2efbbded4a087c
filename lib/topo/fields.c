/* SPDX-License-Identifier: MIT */
/* Reading one value of a lab file: complaints with path and place, objects by their tables of
 * keys, texts, and quantities with units. */

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "topo/kinds.h"
#include "topo/problems.h"
#include "topo/reader.h"

#define KEYS_MAX 64
/* Far above any lab that a machine could run, far below what would fill its memory. */
#define TEXT_BYTES_MAX (256u << 20)

static char *spot_path(const struct snet__spot *spot)
{
	autofree char *up = NULL;
	struct snet__shown shown;

	if (!spot || (!spot->up && !spot->key))
		return strdup("");
	up = spot_path(spot->up);
	if (!up)
		return NULL;
	if (!spot->key)
		return snet__text_format("%s[%zu]", up, spot->index);
	(void)snet__show(&shown, spot->key);
	if (snet__text_is_name(spot->key))
		return snet__text_format("%s%s%s", up, *up ? "." : "", shown.text);
	return snet__text_format("%s['%s']", up, shown.text);
}

void snet__reader_complain(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, bool at_key, const char *fmt,
			   ...)
{
	unsigned int line, column;
	va_list args;
	int r;

	reader->complaints++;
	if (reader->r < 0 || reader->complaints > SNET__PROBLEMS_MAX)
		return;
	snet__json_places_find(reader->places, json, at_key, &line, &column);
	va_start(args, fmt);
	r = snet__problems_add(reader->problems, line, column, spot_path(spot), fmt, args,
			       reader->err);
	va_end(args);
	if (r < 0)
		reader->r = r;
}

bool snet__reader_expect(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, enum snet__json_type type,
			 const char *wanted)
{
	if (snet__json_is(json, type))
		return true;
	snet__reader_complain(reader, spot, json, false, "expected %s, got %s", wanted,
			      snet__json_type_name(json));
	return false;
}

int snet__reader_choice(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const char *const *words,
			const char *wanted)
{
	const char *text = snet__json_string(json);
	struct snet__shown shown;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, wanted))
		return -1;
	for (int i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	snet__reader_complain(reader, spot, json, false, "expected %s, got '%s'", wanted,
			      snet__show(&shown, text));
	return -1;
}

void snet__read_word(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	int choice = snet__reader_choice(reader, spot, json, key->words, key->wanted);

	if (choice >= 0)
		*(unsigned int *)into = (unsigned int)choice;
}

static const struct snet__key *find_key(const struct snet__keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->keys[i].name, name) == 0)
			return &keys->keys[i];
	return NULL;
}

static void refuse_unknown(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *member, const struct snet__keys *keys,
			   unsigned int kinds)
{
	const char *words[KEYS_MAX + 1] = {0}, *similar;
	size_t count = 0;

	for (size_t i = 0; i < keys->count && count < KEYS_MAX; i++)
		if (!kinds || keys->keys[i].kinds & kinds)
			words[count++] = keys->keys[i].name;
	similar = snet__text_find_similar(spot->key, words);
	if (keys->others && find_key(keys->others, spot->key))
		snet__reader_complain(reader, spot, member, true, "%s",
				      keys->others_text);
	else if (similar)
		snet__reader_complain(reader, spot, member, true,
				      "unknown key, did you mean '%s'?", similar);
	else
		snet__reader_complain(reader, spot, member, true, "unknown key");
}

void snet__reader_object(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__keys *keys,
			 unsigned int kinds, const char *kind_name, void *into)
{
	for (const struct snet__json *member = snet__json_first(json);
	     member && reader->r == 0; member = snet__json_next(member)) {
		struct snet__spot at = {.up = spot, .key = snet__json_key(member)};
		const struct snet__key *key = find_key(keys, at.key);

		if (!key)
			refuse_unknown(reader, &at, member, keys, kinds);
		else if (kinds && !(key->kinds & kinds))
			snet__reader_complain(reader, &at, member, true,
					      "%s %s has no '%s'",
					      snet__kind_article(kind_name), kind_name,
					      key->name);
		else
			key->read(reader, &at, member, key, (char *)into + key->offset);
	}
	for (size_t i = 0; i < keys->count; i++) {
		struct snet__spot at = {.up = spot, .key = keys->keys[i].name};

		if (keys->keys[i].is_needed && !snet__json_get(json, at.key))
			snet__reader_complain(reader, &at, json, false, "missing");
	}
}

void snet__read_objects(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	struct snet__spot at = {.up = spot};

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_ARRAY, "an array"))
		return;
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at.index++)
		if (snet__reader_expect(reader, &at, json, SNET__JSON_OBJECT,
					"an object"))
			key->each(reader, &at, json, key, into);
}

/* Whether @bytes more may be read. */
static bool has_room(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, size_t bytes)
{
	if (reader->text_bytes > TEXT_BYTES_MAX)
		return false; /* said already */
	reader->text_bytes += bytes;
	if (reader->text_bytes <= TEXT_BYTES_MAX)
		return true;
	snet__reader_complain(
		reader, spot, json, false,
		"too much: with \"count\" the lab has over 256 MiB of text");
	return false;
}

/* @text with {i} replaced, or NULL after a complaint. */
static char *expand(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const char *text)
{
	char *expanded = NULL;
	int r;

	if (!has_room(reader, spot, json, strlen(text)))
		return NULL;
	r = snet__expand(&expanded, text, reader->instance);
	if (r == -EINVAL)
		snet__reader_complain(reader, spot, json, false,
				      "'{i}' needs a \"count\" in its entry");
	else if (r < 0)
		reader->r = snet__err_oom(reader->err);
	return expanded;
}

char *snet__reader_text(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json)
{
	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, "a string"))
		return NULL;
	return expand(reader, spot, json, snet__json_string(json));
}

/* Give @into the text if it passes the key's check. */
static void keep_text(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into, char *text)
{
	autofree char *own = text;
	struct snet_err err = {0};
	int r;

	if (!own)
		return;
	r = key->check ? key->check(own, &err) : 0;
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	else
		*(char **)into = steal_ptr(own);
}

void snet__read_text(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	keep_text(reader, spot, json, key, into, snet__reader_text(reader, spot, json));
}

/* Source code is full of braces: {i} means nothing in it. */
void snet__read_code(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	const char *text = snet__json_string(json);
	char *copy;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, "a string") ||
	    !has_room(reader, spot, json, strlen(text)))
		return;
	copy = strdup(text);
	if (!copy)
		reader->r = snet__err_oom(reader->err);
	keep_text(reader, spot, json, key, into, copy);
}

void snet__read_json(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	autofree char *text = snet__json_format(json);

	if (!text) {
		reader->r = snet__err_oom(reader->err);
		return;
	}
	keep_text(reader, spot, json, key, into, expand(reader, spot, json, text));
}

void snet__read_bool(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	if (snet__reader_expect(reader, spot, json, SNET__JSON_BOOL, "true or false"))
		*(bool *)into = snet__json_is_true(json);
}

static bool is_in_range(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			uint64_t value)
{
	struct snet_err err = {0};

	if (!key->range || snet__value_check_range(value, key->range, &err) == 0)
		return true;
	snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	return false;
}

/* A whole number that a double holds exactly. */
static bool read_whole(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       uint64_t *ret)
{
	double value = snet__json_number(json, -1);

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_NUMBER, "a whole number"))
		return false;
	if (!(value >= 0) || value != floor(value)) {
		snet__reader_complain(reader, spot, json, false,
				      "expected a whole number from %llu on, got %.15g",
				      (unsigned long long)(key->range ? key->range->min
								      : 0),
				      value);
		return false;
	}
	/* What is not exact is beyond all ranges. */
	*ret = value < 0x1p53 ? (uint64_t)value : UINT64_MAX;
	return is_in_range(reader, spot, json, key, *ret);
}

void snet__read_u64(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into)
{
	(void)read_whole(reader, spot, json, key, into); /* it complained */
}

void snet__read_u32(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into)
{
	uint64_t value;

	if (read_whole(reader, spot, json, key, &value))
		*(uint32_t *)into = (uint32_t)value;
}

struct quantity {
	const char *wanted;
	int (*parse)(uint64_t *ret, const char *text);
	double base; /* what the number 1 is, in the unit of the model */
	const char *units;
};

static const struct quantity duration = {"a duration such as '20ms'",
					 snet__text_parse_duration, 1e9,
					 SNET__DURATION_UNITS};
static const struct quantity rate = {"a rate such as '20Mbit'", snet__text_parse_rate, 1,
				     SNET__RATE_UNITS};
static const struct quantity bytes = {"a size such as '256MiB'", snet__text_parse_size, 1,
				      SNET__SIZE_UNITS};

/* Of what begins with a number it is the unit that is wrong. */
static void refuse_text(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct quantity *quantity,
			const char *text)
{
	bool is_number = isdigit((unsigned char)*text);
	struct snet__shown shown;

	snet__reader_complain(reader, spot, json, false, "expected %s, got '%s'%s%s",
			      quantity->wanted, snet__show(&shown, text),
			      is_number ? ": the units are " : "",
			      is_number ? quantity->units : "");
}

static bool read_quantity(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  const struct quantity *quantity, uint64_t *ret)
{
	double number = snet__json_number(json, -1) * quantity->base;
	autofree char *text = NULL;
	int r = 0;

	if (snet__json_is(json, SNET__JSON_NUMBER)) {
		/* Less than one that is not 0 would become 0, which often is no limit. */
		if (number == 0 || (number >= 1 && number < 0x1p62))
			*ret = (uint64_t)llround(number);
		else
			r = -ERANGE;
	} else if (snet__reader_expect(reader, spot, json, SNET__JSON_STRING,
				       quantity->wanted)) {
		text = expand(reader, spot, json, snet__json_string(json));
		if (!text)
			return false;
		r = quantity->parse(ret, text);
	} else {
		return false;
	}
	if (r == -EINVAL)
		refuse_text(reader, spot, json, quantity, text);
	else if (r < 0)
		snet__reader_complain(reader, spot, json, false, "out of range: %s",
				      key->range->text);
	return r == 0;
}

void snet__read_duration(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	uint64_t value;

	if (read_quantity(reader, spot, json, key, &duration, &value) &&
	    is_in_range(reader, spot, json, key, value))
		*(uint64_t *)into = value;
}

void snet__read_duration_ms(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into)
{
	uint64_t value;

	if (!read_quantity(reader, spot, json, key, &duration, &value) ||
	    !is_in_range(reader, spot, json, key, value / SNET__NS_PER_MS))
		return;
	if (value % SNET__NS_PER_MS)
		snet__reader_complain(reader, spot, json, false,
				      "expected whole milliseconds");
	else
		*(unsigned int *)into = (unsigned int)(value / SNET__NS_PER_MS);
}

void snet__read_size_mb(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	uint64_t value;

	if (!read_quantity(reader, spot, json, key, &bytes, &value) ||
	    !is_in_range(reader, spot, json, key, value >> 20))
		return;
	if (value & ((1u << 20) - 1))
		snet__reader_complain(reader, spot, json, false,
				      "expected whole MiB such as '256MiB'");
	else
		*(unsigned int *)into = (unsigned int)(value >> 20);
}

void snet__read_size(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	uint64_t value;

	if (read_quantity(reader, spot, json, key, &bytes, &value) &&
	    is_in_range(reader, spot, json, key, value))
		*(uint64_t *)into = value;
}

void snet__read_millis(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	double value = snet__json_number(json, -1) * 1000;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_NUMBER, "a number"))
		return;
	/* What is out of range is so in any unit, and fits a whole number. */
	value = value < 0 ? 0 : value > 0x1p30 ? 0x1p30 : round(value);
	if (is_in_range(reader, spot, json, key, (uint64_t)value))
		*(unsigned int *)into = (unsigned int)value;
}

void snet__read_rate(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	uint64_t value;

	if (read_quantity(reader, spot, json, key, &rate, &value) &&
	    is_in_range(reader, spot, json, key, value))
		*(uint64_t *)into = value;
}

void snet__reader_share(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const char *wanted, double *into)
{
	double value = snet__json_number(json, -1);
	autofree char *text = NULL;
	struct snet__shown shown;
	struct snet_err err = {0};
	int r = 0;

	if (!snet__json_is(json, SNET__JSON_NUMBER)) {
		if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, wanted))
			return;
		text = expand(reader, spot, json, snet__json_string(json));
		if (!text)
			return;
		r = snet__text_parse_share(&value, text);
	}
	if (r == -EINVAL)
		snet__reader_complain(reader, spot, json, false, "expected %s, got '%s'",
				      wanted, snet__show(&shown, text));
	else if (r < 0 || snet__value_check_share(value, &err) < 0)
		snet__reader_complain(reader, spot, json, false,
				      "out of range: 0%% to 100%%");
	else
		*into = value;
}

void snet__read_share(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	snet__reader_share(reader, spot, json, "a share such as '0.1%'", into);
}

void snet__read_later(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
}
