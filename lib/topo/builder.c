/* SPDX-License-Identifier: MIT */
/* The entries of a generated lab file. What runs out of memory on the way is remembered and told at
 * the end. */

#include "topo/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "topo/expand.h"
#include "topo/write.h"

#define BACKEND  "cloud"
#define FUNCTION "flip"

static const struct {
	const char *kind;
	char letter; /* of its name */
} devices[] = {
	[SNET__DEVICE_BUTTON] = {"button", 'b'},
	[SNET__DEVICE_ACTUATOR] = {"actuator", 'a'},
	[SNET__DEVICE_SENSOR] = {"sensor", 't'},
};

const char *snet__name(struct snet__name *into, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(into->text, sizeof(into->text), fmt, args); /* all are short */
	va_end(args);
	return into->text;
}

size_t snet__part_of(size_t total, size_t parts, size_t index)
{
	return total / parts + (index < total % parts);
}

/* The fewest switches for so many devices, with at most @room on each. */
static size_t switches_for(size_t count, size_t room)
{
	return (count + room - 1) / room;
}

void snet__builder_put(struct snet__builder *builder, struct snet__json *object,
		       const char *key, struct snet__json *child)
{
	if (!snet__json_add(object, key, child))
		builder->is_short = true;
}

static void append(struct snet__builder *builder, struct snet__json *array,
		   struct snet__json *child)
{
	if (!snet__json_append(array, child))
		builder->is_short = true;
}

static void put_text(struct snet__builder *builder, struct snet__json *object,
		     const char *key, const char *text)
{
	if (text)
		snet__builder_put(builder, object, key, snet__json_new_string(text));
}

/* What is repeated once is written plainly: {i} is 0 then, and there is no count. */
static void put_pattern(struct snet__builder *builder, struct snet__json *object,
			const char *key, const char *pattern, size_t count)
{
	autofree char *text = NULL;

	if (count != 1)
		put_text(builder, object, key, pattern);
	else if (snet__expand(&text, pattern, 0) < 0)
		builder->is_short = true;
	else
		put_text(builder, object, key, text);
}

static void put_count(struct snet__builder *builder, struct snet__json *object,
		      size_t count)
{
	if (count > 1)
		snet__builder_put(builder, object, "count", snet__json_new_u64(count));
}

void snet__builder_begin(struct snet__builder *builder)
{
	builder->root = snet__json_new_object();
	put_text(builder, builder->root, "lab", builder->opts->name);
	if (builder->opts->seed)
		snet__builder_put(builder, builder->root, "seed",
				  snet__write_seed(builder->opts->seed));
	builder->nodes = snet__json_add(builder->root, "nodes", snet__json_new_array());
	builder->links = snet__json_add(builder->root, "links", snet__json_new_array());
}

char *snet__builder_end(struct snet__builder *builder)
{
	autojson *root = steal_ptr(builder->root);

	return builder->is_short ? NULL : snet__json_format_pretty(root);
}

struct snet__json *snet__builder_add_node(struct snet__builder *builder, const char *kind,
					  const char *name, size_t count)
{
	struct snet__json *node = snet__json_new_object();

	put_pattern(builder, node, "name", name, count);
	put_text(builder, node, "kind", kind);
	put_count(builder, node, count);
	append(builder, builder->nodes, node);
	return builder->is_short ? NULL : node;
}

void snet__builder_add_link(struct snet__builder *builder, const char *profile,
			    const char *from, const char *to, size_t count)
{
	struct snet__json *link = snet__json_new_object();

	put_pattern(builder, link, "from", from, count);
	put_pattern(builder, link, "to", to, count);
	put_count(builder, link, count);
	if (builder->opts->profiles)
		put_text(builder, link, "profile", profile);
	append(builder, builder->links, link);
}

/* A route of the events of one type; those of buttons are what routes are for by default. */
static struct snet__json *new_route(struct snet__builder *builder, const char *key)
{
	struct snet__json *route = snet__json_new_object();

	put_text(builder, route, "key", key);
	put_text(builder, route, "function", FUNCTION);
	return route;
}

void snet__builder_add_relayer(struct snet__builder *builder, const char *name,
			       const char *to, size_t count)
{
	struct snet__json *routes = snet__json_new_array();

	append(builder, routes, new_route(builder, NULL));
	if (builder->sensors)
		append(builder, routes, new_route(builder, "value"));
	snet__builder_put(builder,
			  snet__builder_add_node(builder, "relayer", name, count),
			  "routes", routes);
	snet__builder_add_link(builder, "ethernet", name, to, count);
}

void snet__builder_add_cloud(struct snet__builder *builder, const char *profile,
			     const char *to)
{
	static const char code[] = "function main({ data }) {"
				   " return data && data.target ? { target: data.target }"
				   " : {}; }";
	struct snet__json *functions = snet__json_new_object(),
			  *flip = snet__json_new_object(),
			  *backends = snet__json_new_object(),
			  *backend = snet__json_new_object();

	put_text(builder, flip, "kind", "nodejs:default");
	put_text(builder, flip, "code", code);
	snet__builder_put(builder, functions, FUNCTION, flip);
	snet__builder_put(builder,
			  snet__builder_add_node(builder, "functions", BACKEND, 0),
			  "functions", functions);
	snet__builder_add_link(builder, profile, BACKEND, to, 0);
	put_text(builder, backend, "kind", "openwhisk");
	put_text(builder, backend, "node", BACKEND);
	snet__builder_put(builder, backends, BACKEND, backend);
	snet__builder_put(builder, builder->root, "backends", backends);
}

void snet__crowd_spread(struct snet__crowd *crowd, size_t room, size_t min)
{
	size_t movers = crowd->movers, sensors = crowd->sensors;

	crowd->switches = switches_for(movers + sensors, room);
	crowd->sensor_switches = 0;
	if (movers > 1 && sensors && movers < 2 * crowd->switches) {
		crowd->sensor_switches = switches_for(sensors, room);
		crowd->switches = switches_for(movers, room) + crowd->sensor_switches;
	}
	if (crowd->switches < min)
		crowd->switches = min;
}

/* How many sensors are on a switch: the last ones have one more, as the first ones have of movers, so
 * that all have equally many devices, or some one more. */
static size_t count_sensors(const struct snet__crowd *crowd, size_t index)
{
	size_t switches =
		crowd->sensor_switches ? crowd->sensor_switches : crowd->switches;
	size_t behind = crowd->switches - 1 - index;

	return behind < switches ? snet__part_of(crowd->sensors, switches, behind) : 0;
}

/* How many movers are: at least two where there are so many, as one that is alone is no button. */
static size_t count_movers(const struct snet__crowd *crowd, size_t index)
{
	size_t switches = crowd->switches - crowd->sensor_switches;

	if (switches > (crowd->movers + 1) / 2)
		switches = (crowd->movers + 1) / 2;
	return index < switches ? snet__part_of(crowd->movers, switches, index) : 0;
}

/* How many of a kind are on a switch. Those that have the most of a kind are in a row. */
static size_t count_on(const struct snet__crowd *crowd, enum snet__device kind,
		       size_t index)
{
	size_t movers = count_movers(crowd, index);
	size_t buttons = (movers * crowd->buttons + 50) / 100; /* rounded */

	if (buttons > movers / 2)
		buttons = movers / 2; /* each has an actuator of its own */
	if (kind == SNET__DEVICE_SENSOR)
		return count_sensors(crowd, index);
	return kind == SNET__DEVICE_BUTTON ? buttons : movers - buttons;
}

/* The most of a kind on one of @count switches. */
static size_t most_on(const struct snet__crowd *crowd, enum snet__device kind,
		      size_t first, size_t count)
{
	size_t most = 0;

	for (size_t i = first; i < first + count; i++)
		if (count_on(crowd, kind, i) > most)
			most = count_on(crowd, kind, i);
	return most;
}

/* Devices of one kind, by one entry: their names are PREFIX, the kind's letter, SUFFIX. */
struct group {
	enum snet__device kind;
	const char *prefix, *suffix, *at, *relayer;
	size_t count;
};

static const char *name_in(struct snet__name *into, const struct group *group,
			   enum snet__device kind)
{
	return snet__name(into, "%s%c%s", group->prefix, devices[kind].letter,
			  group->suffix);
}

static void put_behaviour(struct snet__builder *builder, struct snet__json *node,
			  const struct group *group)
{
	/* Degrees of a room. */
	static const double values[] = {20, 20.5, 21, 20.5};
	struct snet__json *json;
	struct snet__name name;

	if (group->kind == SNET__DEVICE_BUTTON) {
		json = snet__json_new_object();
		put_pattern(builder, json, "target",
			    name_in(&name, group, SNET__DEVICE_ACTUATOR), group->count);
		snet__builder_put(builder, node, "data", json);
	} else if (group->kind == SNET__DEVICE_SENSOR) {
		json = snet__json_new_array();
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
			append(builder, json, snet__json_new_number(values[i]));
		put_text(builder, node, "every", "60s");
		snet__builder_put(builder, node, "values", json);
	}
}

static void add_group(struct snet__builder *builder, const struct group *group)
{
	struct snet__json *node;
	struct snet__name name;

	if (!group->count)
		return;
	(void)name_in(&name, group, group->kind);
	node = snet__builder_add_node(builder, devices[group->kind].kind, name.text,
				      group->count);
	put_pattern(builder, node, "relayer", group->relayer, group->count);
	put_behaviour(builder, node, group);
	snet__builder_add_link(builder, builder->profiles[group->kind], name.text,
			       group->at, group->count);
}

/* The devices of one switch, an entry a kind. */
static void add_switch(struct snet__builder *builder, const struct snet__crowd *crowd,
		       size_t index, size_t number)
{
	autofree char *prefix = NULL, *at = NULL, *relayer = NULL;

	if (snet__expand(&prefix, crowd->prefix, (long)number) < 0 ||
	    snet__expand(&at, crowd->at, (long)number) < 0 ||
	    snet__expand(&relayer, crowd->relayer, (long)number) < 0) {
		builder->is_short = true;
		return;
	}
	for (int kind = 0; kind < SNET__DEVICE_COUNT; kind++)
		add_group(builder, &(const struct group){
					   .kind = (enum snet__device)kind,
					   .prefix = prefix,
					   .suffix = "{i}",
					   .at = at,
					   .relayer = relayer,
					   .count = count_on(crowd, kind, index),
				   });
}

/* @pattern with its {i} from @from on. */
static const char *shift(struct snet__name *into, const char *pattern, size_t from)
{
	const char *mark = strstr(pattern, "{i}");

	if (!mark || !from)
		return pattern;
	return snet__name(into, "%.*s{i+%zu}%s", (int)(mark - pattern), pattern, from,
			  mark + strlen("{i}"));
}

/* The @number-th device of a kind on each switch that has so many: those are in a row. */
static void add_row(struct snet__builder *builder, const struct snet__crowd *crowd,
		    enum snet__device kind, size_t number, size_t first, size_t count)
{
	struct snet__name suffix, prefix, at, relayer;
	struct group group = {
		.kind = kind,
		.suffix = snet__name(&suffix, "%zu", number),
	};
	size_t from = 0;

	while (from < count && count_on(crowd, kind, first + from) <= number)
		from++;
	while (from + group.count < count &&
	       count_on(crowd, kind, first + from + group.count) > number)
		group.count++;
	group.prefix = shift(&prefix, crowd->prefix, from);
	group.at = shift(&at, crowd->at, from);
	group.relayer = shift(&relayer, crowd->relayer, from);
	add_group(builder, &group);
}

/* Whether many small switches take fewer entries by row than by switch. */
static bool is_shorter_by_row(const struct snet__crowd *crowd, size_t first, size_t count)
{
	size_t by_row = 0, by_switch = 0;

	for (int kind = 0; kind < SNET__DEVICE_COUNT; kind++) {
		by_row += most_on(crowd, kind, first, count);
		for (size_t i = 0; i < count; i++)
			by_switch += count_on(crowd, kind, first + i) > 0;
	}
	return by_row < by_switch;
}

void snet__builder_add_devices(struct snet__builder *builder,
			       const struct snet__crowd *crowd, size_t first,
			       size_t count)
{
	if (!is_shorter_by_row(crowd, first, count)) {
		for (size_t i = 0; i < count; i++)
			add_switch(builder, crowd, first + i, i);
		return;
	}
	for (int kind = 0; kind < SNET__DEVICE_COUNT; kind++) {
		size_t rows = most_on(crowd, kind, first, count);

		for (size_t i = 0; i < rows; i++)
			add_row(builder, crowd, (enum snet__device)kind, i, first, count);
	}
}
