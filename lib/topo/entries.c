/* SPDX-License-Identifier: MIT */
/* The objects of a lab file and their keys. A key is added by adding a line to a table here,
 * a property to the schema and a paragraph to snet-lab(5); a test compares the first two. */

#include "topo/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/kinds.h"
#include "topo/parts.h"

static const char *const exchanges[] = {
	[SNET__EXCHANGE_DIRECT] = "direct",
	[SNET__EXCHANGE_FANOUT] = "fanout",
	NULL,
};

#define ROUTE(member) offsetof(struct snet__model_route, member)
static const struct snet__key route_keys[] = {
	{
		.name = "exchange",
		.read = snet__read_word,
		.offset = ROUTE(exchange),
		.words = exchanges,
		.wanted = "'direct' or 'fanout'",
	},
	{
		.name = "key",
		.read = snet__read_text,
		.offset = ROUTE(key),
		.check = snet__value_check_text,
	},
	{
		.name = "function",
		.read = snet__read_text,
		.offset = ROUTE(function),
		.check = snet__value_check_text,
		.is_needed = true,
	},
	{
		.name = "backend",
		.read = snet__read_text,
		.offset = ROUTE(backend),
		.check = snet__value_check_name,
	},
	{
		.name = "ttl",
		.read = snet__read_duration,
		.offset = ROUTE(ttl_ns),
		.range = &snet__range_ttl,
	},
	{
		.name = "attempts",
		.read = snet__read_u32,
		.offset = ROUTE(attempts),
		.range = &snet__range_nth,
	},
};
const struct snet__keys snet__keys_route = {"route", SNET__KEYS(route_keys)};

static void read_route(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	cleanup_with(snet__route_clear) struct snet__model_route route = {0};
	struct snet__spot at = {.up = spot, .key = "key"};

	snet__reader_object(reader, spot, json, &snet__keys_route, 0, "route", &route);
	if (route.exchange == SNET__EXCHANGE_FANOUT && route.key)
		snet__reader_complain(
			reader, &at, snet__json_get(json, "key"), true,
			"a fanout exchange has no key: every event matches");
	snet__json_places_find(reader->places, json, false, &route.line, &route.column);
	if (reader->r == 0)
		reader->r = snet__route_finish(&route, reader->err);
	if (reader->r == 0)
		reader->r = snet__node_append_route(into, &route, reader->err);
}

#define FUNCTION(member) offsetof(struct snet__model_function, member)
static const struct snet__key function_keys[] = {
	{
		.name = "file",
		.read = snet__read_file,
		.offset = FUNCTION(file),
		.check = snet__value_check_text,
	},
	{
		.name = "code",
		.read = snet__read_code,
		.offset = FUNCTION(code),
		.check = snet__value_check_code,
	},
	{
		.name = "kind",
		.read = snet__read_text,
		.offset = FUNCTION(kind),
		.check = snet__value_check_text,
	},
	{
		.name = "main",
		.read = snet__read_text,
		.offset = FUNCTION(main),
		.check = snet__value_check_text,
	},
	{
		.name = "parameters",
		.read = snet__read_json,
		.offset = FUNCTION(parameters),
		.check = snet__value_check_object,
	},
	{
		.name = "timeout",
		.read = snet__read_duration_ms,
		.offset = FUNCTION(timeout_ms),
		.range = &snet__range_timeout_ms,
	},
	{
		.name = "memory",
		.read = snet__read_size_mb,
		.offset = FUNCTION(memory_mb),
		.range = &snet__range_memory_mb,
	},
};
const struct snet__keys snet__keys_function = {"function", SNET__KEYS(function_keys)};

static void read_function(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, struct snet__model_node *node)
{
	cleanup_with(snet__function_clear) struct snet__model_function function = {0};
	const bool has_file = snet__json_get(json, "file"),
		   has_code = snet__json_get(json, "code");
	struct snet_err err = {0};

	if (snet__value_check_function(spot->key, &err) < 0)
		snet__reader_complain(reader, spot, json, true, "%s", err.msg);
	snet__reader_object(reader, spot, json, &snet__keys_function, 0, "function",
			    &function);
	if (has_file == has_code)
		snet__reader_complain(reader, spot, json, false,
				      has_file ? "'file' and 'code' exclude each other"
					       : "needs 'file' or 'code'");
	else if (has_code && !snet__json_get(json, "kind"))
		snet__reader_complain(reader, spot, json, false,
				      "'code' needs a 'kind' such as 'nodejs:default'");
	function.name = strdup(spot->key);
	if (!function.name)
		reader->r = snet__err_oom(reader->err);
	snet__function_finish(&function);
	if (reader->r == 0)
		reader->r = snet__node_append_function(node, &function, reader->err);
}

static void read_functions(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, const struct snet__key *key,
			   void *into)
{
	if (!snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		return;
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json)) {
		struct snet__spot at = {.up = spot, .key = snet__json_key(json)};

		if (snet__reader_expect(reader, &at, json, SNET__JSON_OBJECT,
					"an object"))
			read_function(reader, &at, json, into);
	}
}

static void read_node_kind(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, const struct snet__key *key,
			   void *into)
{
	const char *kind = snet__json_string(json), *similar;
	struct snet__shown shown;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, "a string"))
		return;
	if (snet__kind_find_node(reader->model, kind)) {
		snet__read_text(reader, spot, json, key, into);
		return;
	}
	similar = snet__kind_guess_node(reader->model, kind);
	snet__reader_complain(reader, spot, json, false, "unknown kind '%s'%s%s%s",
			      snet__show(&shown, kind), similar ? ", did you mean '" : "",
			      similar ? similar : "", similar ? "'?" : "");
}

/* Each variable by itself: all that are wrong are told. */
static void read_env(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	size_t complaints = reader->complaints;
	const struct snet__json *member;
	struct snet__shown shown;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		return;
	for (member = snet__json_first(json); member; member = snet__json_next(member)) {
		const char *name = snet__json_key(member);
		struct snet__spot at = {.up = spot, .key = name};

		if (!*name || strchr(name, '='))
			snet__reader_complain(reader, &at, member, true,
					      "'%s' is no name for a variable",
					      snet__show(&shown, name));
		else
			(void)snet__reader_expect(reader, &at, member, SNET__JSON_STRING,
						  "a string");
	}
	if (reader->complaints == complaints)
		snet__read_json(reader, spot, json, key, into);
}

static const char *const modes[] = {
	[SNET__GATEWAY_FORWARD] = "forward",
	[SNET__GATEWAY_NAT] = "nat",
	NULL,
};

#define NODE(member) offsetof(struct snet__model_node, member)
static const struct snet__key node_keys[] = {
	{
		.name = "name",
		.read = snet__read_text,
		.offset = NODE(name),
		.kinds = SNET__ON_ALL,
		.check = snet__value_check_name,
		.is_needed = true,
	},
	{
		.name = "kind",
		.read = read_node_kind,
		.offset = NODE(kind),
		.kinds = SNET__ON_ALL,
		.is_needed = true,
	},
	{.name = "count", .read = snet__read_later, .kinds = SNET__ON_ALL},
	{
		.name = "address",
		.read = snet__read_text,
		.offset = NODE(first.address),
		.kinds = SNET__ON_ADDRESSED,
		.check = snet__value_check_address,
	},
	{
		.name = "mac",
		.read = snet__read_text,
		.offset = NODE(first.mac),
		.kinds = SNET__ON_ADDRESSED,
		.check = snet__value_check_mac,
	},
	/* It gets the node, to append to it. */
	{
		.name = "interfaces",
		.read = snet__read_objects,
		.kinds = SNET__ON_ADDRESSED,
		.each = snet__read_interface,
	},
	{
		.name = "stp",
		.read = snet__read_bool,
		.offset = NODE(stp),
		.kinds = SNET__ON_SWITCH,
	},
	{
		.name = "subnet",
		.read = snet__read_text,
		.offset = NODE(subnet),
		.kinds = SNET__ON_SWITCH,
		.check = snet__value_check_subnet,
	},
	{
		.name = "relayer",
		.read = snet__read_text,
		.offset = NODE(relayer),
		.kinds = SNET__ON_DEVICES | SNET__ON_PROGRAMS,
		.check = snet__value_check_name,
	},
	{
		.name = "type",
		.read = snet__read_text,
		.offset = NODE(type),
		.kinds = SNET__ON_SENDERS,
		.check = snet__value_check_text,
	},
	{
		.name = "data",
		.read = snet__read_json,
		.offset = NODE(data),
		.kinds = SNET__ON_BUTTON | SNET__ON_CUSTOM,
		.check = snet__value_check_data,
	},
	{
		.name = "state",
		.read = snet__read_json,
		.offset = NODE(state),
		.kinds = SNET__ON_ACTUATOR | SNET__ON_CUSTOM,
		.check = snet__value_check_state,
	},
	{
		.name = "values",
		.read = snet__read_json,
		.offset = NODE(values),
		.kinds = SNET__ON_SENSOR | SNET__ON_CUSTOM,
		.check = snet__value_check_values,
	},
	{
		.name = "every",
		.read = snet__read_duration,
		.offset = NODE(every_ns),
		.kinds = SNET__ON_SENDERS,
		.range = &snet__range_every,
	},
	/* These get the node, to append to it. */
	{
		.name = "routes",
		.read = snet__read_objects,
		.kinds = SNET__ON_RELAYER,
		.each = read_route,
	},
	{.name = "functions", .read = read_functions, .kinds = SNET__ON_FUNCTIONS},
	{
		.name = "forward",
		.read = snet__read_objects,
		.kinds = SNET__ON_GATEWAY,
		.each = snet__read_forward,
	},
	{
		.name = "mode",
		.read = snet__read_word,
		.offset = NODE(mode),
		.kinds = SNET__ON_GATEWAY,
		.words = modes,
		.wanted = "'forward' or 'nat'",
	},
	{
		.name = "keep",
		.read = snet__read_u64,
		.offset = NODE(keep),
		.kinds = SNET__ON_RELAYER,
		.range = &snet__range_keep,
	},
	{
		.name = "credentials",
		.read = snet__read_text,
		.offset = NODE(credentials),
		.kinds = SNET__ON_FUNCTIONS,
		.check = snet__value_check_key_pair,
	},
	{
		.name = "rate",
		.read = snet__read_u32,
		.offset = NODE(invocations_per_minute),
		.kinds = SNET__ON_FUNCTIONS,
		.range = &snet__range_per_minute,
	},
	{
		.name = "command",
		.read = snet__read_json,
		.offset = NODE(command),
		.kinds = SNET__ON_PROGRAMS,
		.check = snet__value_check_command,
	},
	{
		.name = "env",
		.read = read_env,
		.offset = NODE(env),
		.kinds = SNET__ON_PROGRAMS,
		.check = snet__value_check_env,
	},
	{.name = "cwd", .read = snet__read_later, .kinds = SNET__ON_PROGRAMS},
	{
		.name = "restart",
		.read = snet__read_word,
		.offset = NODE(restart),
		.kinds = SNET__ON_PROGRAMS,
		.words = snet__restart_words,
		.wanted = SNET__RESTART_WANTED,
	},
	{
		.name = "cpus",
		.read = snet__read_millis,
		.offset = NODE(millicpus),
		.kinds = SNET__ON_PROGRAMS,
		.range = &snet__range_millicpus,
	},
	{
		.name = "memory",
		.read = snet__read_size,
		.offset = NODE(memory_bytes),
		.kinds = SNET__ON_PROGRAMS,
		.range = &snet__range_memory,
	},
	{
		.name = "rootfs",
		.read = snet__read_rootfs,
		.offset = NODE(rootfs),
		.kinds = SNET__ON_CONTAINER,
		.check = snet__value_check_text,
	},
	{
		.name = "image",
		.read = snet__read_text,
		.offset = NODE(image),
		.kinds = SNET__ON_CONTAINER,
		.check = snet__value_check_text,
	},
	{
		.name = "writable",
		.read = snet__read_bool,
		.offset = NODE(is_writable),
		.kinds = SNET__ON_CONTAINER,
	},
};
const struct snet__keys snet__keys_node = {"node", SNET__KEYS(node_keys)};

void snet__entry_read_node(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *entry, struct snet__model_node *node)
{
	const char *name = snet__json_get_string(entry, "kind");
	const struct snet__node_kind *kind = NULL;
	size_t complaints = reader->complaints;

	if (name)
		kind = snet__kind_find_node(reader->model, name);
	snet__reader_object(reader, spot, entry, &snet__keys_node, kind ? kind->bit : 0,
			    name, node);
	if (reader->r == 0 && kind && kind->bit & SNET__ON_PROGRAMS)
		snet__read_cwd(reader, spot, entry, kind->bit, node);
	if (reader->r == 0 && kind && kind->bit == SNET__ON_PROCESS)
		snet__check_program(reader, spot, entry, node);
	if (node->given_count && (node->first.address || node->first.mac))
		snet__reader_complain(reader, spot, entry, false,
				      "'interfaces' excludes 'address' and 'mac'");
	if (reader->r == 0 && reader->complaints == complaints && kind)
		reader->r = snet__node_finish(reader->model, node, reader->err);
}

void snet__entry_name_node(struct snet__reader *reader, const struct snet__json *entry,
			   struct snet__model_node *node)
{
	const char *name = snet__json_get_string(entry, "kind");
	const struct snet__node_kind *kind = NULL;

	if (name)
		kind = snet__kind_find_node(reader->model, name);
	if (!kind)
		return;
	node->role = kind->role;
	node->kind = strdup(name);
	if (!node->kind)
		reader->r = snet__err_oom(reader->err);
}
