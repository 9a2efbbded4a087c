/* SPDX-License-Identifier: MIT */
/* The keys of a lab file itself, and its backends. */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topo/entries.h"
#include "topo/kinds.h"
#include "topo/parts.h"

static void read_backend_kind(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json, const struct snet__key *key,
			      void *into)
{
	const char *kind = snet__json_string(json), *similar;
	struct snet__shown shown;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, "a string"))
		return;
	if (snet__kind_is_backend(reader->model, kind)) {
		snet__read_text(reader, spot, json, key, into);
		return;
	}
	similar = snet__kind_guess_backend(reader->model, kind);
	snet__reader_complain(reader, spot, json, false, "unknown kind '%s'%s%s%s",
			      snet__show(&shown, kind), similar ? ", did you mean '" : "",
			      similar ? similar : "", similar ? "'?" : "");
}

#define BACKEND(member) offsetof(struct snet__model_backend, member)
static const struct snet__key backend_keys[] = {
	{
		.name = "kind",
		.read = read_backend_kind,
		.offset = BACKEND(kind),
		.is_needed = true,
	},
	{
		.name = "node",
		.read = snet__read_text,
		.offset = BACKEND(node),
		.check = snet__value_check_name,
	},
	{
		.name = "url",
		.read = snet__read_text,
		.offset = BACKEND(url),
		.check = snet__value_check_url,
	},
	{
		.name = "credentials",
		.read = snet__read_text,
		.offset = BACKEND(credentials),
		.check = snet__value_check_text,
	},
	{.name = "insecure", .read = snet__read_bool, .offset = BACKEND(insecure)},
	{
		.name = "timeout",
		.read = snet__read_duration,
		.offset = BACKEND(timeout_ns),
		.range = &snet__range_ttl,
	},
	{
		.name = "gateway",
		.read = snet__read_text,
		.offset = BACKEND(gateway),
		.check = snet__value_check_name,
	},
};
const struct snet__keys snet__keys_backend = {"backend", SNET__KEYS(backend_keys)};

static void read_backend(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json)
{
	cleanup_with(snet__backend_clear) struct snet__model_backend backend = {0};
	size_t complaints = reader->complaints;
	struct snet_err err = {0};

	if (snet__value_check_name(spot->key, &err) < 0)
		snet__reader_complain(reader, spot, json, true, "%s", err.msg);
	if (snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		snet__reader_object(reader, spot, json, &snet__keys_backend, 0, "backend",
				    &backend);
	backend.is_broken = reader->complaints > complaints;
	snet__json_places_find(reader->places, json, false, &backend.line,
			       &backend.column);
	snet__backend_finish(&backend);
	backend.name = strdup(spot->key);
	if (!backend.name)
		reader->r = snet__err_oom(reader->err);
	if (reader->r == 0)
		reader->r =
			snet__model_append_backend(reader->model, &backend, reader->err);
}

static void read_backends(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into)
{
	if (!snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		return;
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json)) {
		struct snet__spot at = {.up = spot, .key = snet__json_key(json)};

		read_backend(reader, &at, json);
	}
}

/* A number, or digits in a string: see snet__write_seed(). */
void snet__read_seed(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	const char *text = snet__json_string(json);
	unsigned long long seed;
	char *end = NULL;

	if (snet__json_number(json, 0) >= 0x1p53) {
		snet__reader_complain(reader, spot, json, false,
				      "not exact as a number from 2^53 on: put its "
				      "digits between quotes");
		return;
	}
	if (!text) {
		snet__read_u64(reader, spot, json, key, into);
		return;
	}
	errno = 0;
	seed = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (!end || *end || errno)
		snet__reader_complain(reader, spot, json, false,
				      "expected a whole number below 2^64");
	else
		*(uint64_t *)into = seed;
}

static void read_subnet(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	const char *text = snet__json_string(json);
	struct snet_err err = {0};

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING,
				 "a subnet such as '10.0.0.0/8'"))
		return;
	if (snet__value_parse_subnet(&reader->model->subnet, &reader->model->prefix, text,
				     &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
}

static const char *const durabilities[] = {
	[SNET_DURABILITY_PROCESS] = "process",
	[SNET_DURABILITY_DISK] = "disk",
	NULL,
};

#define LAB(member) offsetof(struct snet__model, member)
static const struct snet__key lab_keys[] = {
	{
		.name = "lab",
		.read = snet__read_text,
		.offset = LAB(name),
		.check = snet__value_check_name,
	},
	{.name = "seed", .read = snet__read_seed, .offset = LAB(seed)},
	{
		.name = "durability",
		.read = snet__read_word,
		.offset = LAB(durability),
		.words = durabilities,
		.wanted = "'process' or 'disk'",
	},
	{.name = "subnet", .read = read_subnet},
	/* It gets the model. */
	{.name = "ipv6", .read = snet__read_ipv6},
	{.name = "nodes", .read = snet__read_nodes, .is_needed = true},
	{.name = "links", .read = snet__read_links},
	{.name = "backends", .read = read_backends},
};
const struct snet__keys snet__keys_lab = {"", SNET__KEYS(lab_keys)};

/* What belongs to a lab as a whole has been decided when something is added to it. */
static void refuse_whole(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	snet__reader_complain(reader, spot, json, true,
			      "only nodes, links and backends can be added to a lab");
}

static const struct snet__key more_keys[] = {
	{.name = "lab", .read = refuse_whole},
	{.name = "seed", .read = refuse_whole},
	{.name = "durability", .read = refuse_whole},
	{.name = "subnet", .read = refuse_whole},
	{.name = "ipv6", .read = refuse_whole},
	{.name = "nodes", .read = snet__read_nodes},
	{.name = "links", .read = snet__read_links},
	{.name = "backends", .read = read_backends},
};
const struct snet__keys snet__keys_more = {"", SNET__KEYS(more_keys)};
