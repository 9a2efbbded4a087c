/* SPDX-License-Identifier: MIT */
/* The entries of "timeline". All kinds of faults share one table of keys; which of them a kind has,
 * it says itself. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fault/kind.h"
#include "fault/reader.h"
#include "topo/impairment.h"

static const struct snet__range range_period = {SNET__NS_PER_MS, SNET__DURATION_MAX,
						"1ms to 24h"};

/* ---- Values. */

static void read_between(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	const struct snet__key one = {.range = &snet__range_run};
	struct snet__spot at = {.up = spot};
	uint64_t *times = into;

	if (!snet__json_is(json, SNET__JSON_ARRAY) || snet__json_count(json) != 2) {
		snet__reader_complain(reader, spot, json, false,
				      "expected two times such as [\"2s\", \"5s\"]");
		return;
	}
	for (at.index = 0; at.index < 2; at.index++)
		snet__read_duration(reader, &at, snet__json_at(json, at.index), &one,
				    &times[at.index]);
	if (times[0] > times[1])
		snet__reader_complain(reader, spot, json, false,
				      "the second time is before the first");
}

static void read_direction(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, const struct snet__key *key,
			   void *into)
{
	static const char *const words[] = {"both", "forth", "back", NULL};
	int choice = snet__reader_choice(reader, spot, json, words,
					 "'forth', 'back' or 'both'");
	bool *ways = into;

	if (choice < 0)
		return;
	ways[0] = choice != 2;
	ways[1] = choice != 1;
}

/* @into: the fault */
static void read_impairment(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into)
{
	struct snet__fault *fault = into;
	size_t count = 0;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		return;
	snet__reader_object(reader, spot, json, &snet__keys_impairment, 0, "fault",
			    &fault->set);
	while (snet__impairment_key(count))
		count++;
	fault->given = calloc(count + 1, sizeof(*fault->given));
	if (!fault->given) {
		reader->r = snet__err_oom(reader->err);
		return;
	}
	for (size_t i = 0; i < count; i++)
		fault->given[i] = snet__json_get(json, snet__impairment_key(i));
}

/* @into: the fault */
static void read_groups(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	struct snet__spot at = {.up = spot};
	struct snet__fault *fault = into;

	if (!snet__json_is(json, SNET__JSON_ARRAY) || snet__json_count(json) < 2) {
		snet__reader_complain(reader, spot, json, false,
				      "expected two groups of nodes or more");
		return;
	}
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at.index++) {
		reader->r = snet__vec_reserve(&fault->groups, &fault->group_cap,
					      fault->group_count + 1,
					      sizeof(*fault->groups), reader->err);
		if (reader->r < 0)
			return;
		fault->groups[fault->group_count] = (struct snet__set){0};
		snet__read_nodes_set(reader, &at, json, NULL,
				     &fault->groups[fault->group_count++]);
	}
}

#define FAULT(member) offsetof(struct snet__fault, member)
static void read_after_fault(struct snet__reader *reader, const struct snet__spot *spot,
			     const struct snet__json *json, const struct snet__key *key,
			     void *into)
{
	((struct snet__fault *)into)->trigger = SNET__TRIGGER_FAULT;
	snet__read_text(reader, spot, json, key, &((struct snet__fault *)into)->after);
}

static void read_after_step(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into)
{
	((struct snet__fault *)into)->trigger = SNET__TRIGGER_STEP;
	snet__read_text(reader, spot, json, key, &((struct snet__fault *)into)->after);
}

static const struct snet__key after_keys[] = {
	{.name = "fault", .read = read_after_fault, .check = snet__value_check_text},
	{.name = "end", .read = snet__read_bool, .offset = FAULT(is_after_end)},
	{.name = "step", .read = read_after_step, .check = snet__scenario_check_step},
	{
		.name = "event",
		.read = snet__read_u32,
		.offset = FAULT(after_count),
		.range = &snet__range_number,
	},
};
const struct snet__keys snet__keys_after = {"after", SNET__KEYS(after_keys)};

/* The name of a fault, or an object. @into: the fault */
static void read_after(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	struct snet__spot at = {.up = spot};
	struct snet__fault *fault = into;

	if (snet__json_is(json, SNET__JSON_STRING)) {
		read_after_fault(reader, spot, json, &after_keys[0], fault);
		return;
	}
	if (!snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT,
				 "the name of a fault, or an object"))
		return;
	snet__reader_object(reader, spot, json, &snet__keys_after, 0, "after", fault);
	if (!snet__json_get(json, "fault") == !snet__json_get(json, "step")) {
		snet__reader_complain(reader, spot, json, false,
				      "needs either a 'fault' or a 'step'");
		return;
	}
	at.key = snet__json_get(json, "step") ? "end" : "event";
	if (snet__json_get(json, at.key))
		snet__reader_complain(
			reader, &at, snet__json_get(json, at.key), false,
			fault->trigger == SNET__TRIGGER_STEP
				? "goes with a 'fault' only: a step has no end"
				: "goes with a 'step' only");
}

static int parse_offset(int64_t *ret, const char *text)
{
	bool is_back = *text == '-';
	uint64_t ns;
	int r = snet__text_parse_duration(&ns, text + (is_back || *text == '+'));

	if (r == 0 && ns > INT64_MAX)
		r = -ERANGE;
	if (r == 0)
		*ret = is_back ? -(int64_t)ns : (int64_t)ns;
	return r;
}

/* What hits nothing is no fault. */
static void read_share(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	double share = -1;

	snet__read_share(reader, spot, json, key, &share);
	if (share == 0)
		snet__reader_complain(reader, spot, json, false,
				      "out of range: over 0%% to 100%%");
	else
		*(double *)into = share;
}

/* "+30s", "-1h": of a clock. */
static void read_offset(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	const char *text = snet__json_string(json);
	struct snet__shown shown;

	if (!text || parse_offset(into, text) < 0)
		snet__reader_complain(
			reader, spot, json, false,
			"expected an offset such as '+30s' or '-1h', got %s",
			text ? snet__show(&shown, text) : snet__json_type_name(json));
}

/* ---- The table. */

enum {
	IS_COMMON = 1,
	IS_OWN = 2,
	IS_FOREIGN = 4
};

static void read_kind(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	/* It has been read: it decides which of the other keys there are. */
}

static const struct snet__key fault_keys[] = {
	{.name = "fault", .read = read_kind, .is_needed = true, .kinds = IS_COMMON},
	{
		.name = "name",
		.read = snet__read_text,
		.offset = FAULT(name),
		.check = snet__value_check_name,
		.kinds = IS_COMMON,
	},
	{
		.name = "at",
		.read = snet__read_duration,
		.offset = FAULT(at_ns),
		.range = &snet__range_run,
		.kinds = IS_COMMON,
	},
	{
		.name = "every",
		.read = snet__read_duration,
		.offset = FAULT(every_ns),
		.range = &range_period,
		.kinds = IS_COMMON,
	},
	{
		.name = "between",
		.read = read_between,
		.offset = FAULT(between_ns),
		.kinds = IS_COMMON,
	},
	{.name = "after", .read = read_after, .kinds = IS_COMMON},
	{
		.name = "for",
		.read = snet__read_duration,
		.offset = FAULT(for_ns),
		.range = &snet__range_run,
		.kinds = IS_COMMON,
	},
	{
		.name = "optional",
		.read = snet__read_bool,
		.offset = FAULT(is_optional),
		.kinds = IS_COMMON,
	},
	{.name = "links", .read = snet__read_links_set, .offset = FAULT(links)},
	{.name = "direction", .read = read_direction, .offset = FAULT(ways)},
	{.name = "set", .read = read_impairment},
	{
		.name = "down",
		.read = snet__read_duration,
		.offset = FAULT(down_ns),
		.range = &range_period,
	},
	{
		.name = "up",
		.read = snet__read_duration,
		.offset = FAULT(up_ns),
		.range = &range_period,
	},
	{
		.name = "filter",
		.read = snet__read_code,
		.offset = FAULT(filter),
		.check = snet__value_check_text,
	},
	{
		.name = "first",
		.read = snet__read_u64,
		.offset = FAULT(first),
		.range = &snet__range_number,
	},
	{
		.name = "count",
		.read = snet__read_u64,
		.offset = FAULT(count),
		.range = &snet__range_number,
	},
	{.name = "groups", .read = read_groups},
	{
		.name = "shape",
		.read = snet__read_word,
		.offset = FAULT(shape),
		.words = snet__partition_shapes,
		.wanted = "'isolate', 'halves', 'random' or 'ring'",
	},
	{.name = "one_way", .read = snet__read_bool, .offset = FAULT(is_one_way)},
	{.name = "nodes", .read = snet__read_nodes_set, .offset = FAULT(nodes)},
	{
		.name = "function",
		.read = snet__read_text,
		.offset = FAULT(function),
		.check = snet__value_check_text,
	},
	{
		.name = "delay",
		.read = snet__read_duration,
		.offset = FAULT(delay_ns),
		.range = &snet__range_run,
	},
	{
		.name = "record_delay",
		.read = snet__read_duration,
		.offset = FAULT(record_delay_ns),
		.range = &snet__range_run,
	},
	{.name = "share", .read = read_share, .offset = FAULT(share)},
	{.name = "offset", .read = read_offset, .offset = FAULT(offset_ns)},
	{
		.name = "path",
		.read = snet__read_text,
		.offset = FAULT(path),
		.check = snet__value_check_text,
	},
	{
		.name = "size",
		.read = snet__read_size,
		.offset = FAULT(size_bytes),
		.range = &snet__range_memory,
	},
	{
		.name = "variant",
		.read = snet__read_text,
		.offset = FAULT(variant),
		.check = snet__value_check_text,
	},
};
#define KEY_COUNT (sizeof(fault_keys) / sizeof(*fault_keys))
const struct snet__keys snet__keys_timeline = {"fault", fault_keys, KEY_COUNT};

static bool has_word(const char *const *words, const char *word)
{
	for (size_t i = 0; words && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static void read_members(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, struct snet__fault *fault)
{
	autofree char *what = snet__text_format("'%s' fault", fault->kind->name);
	struct snet__key keys[KEY_COUNT];
	const struct snet__keys table = {"fault", keys, KEY_COUNT};

	if (!what) {
		reader->r = snet__err_oom(reader->err);
		return;
	}
	memcpy(keys, fault_keys, sizeof(keys));
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!keys[i].kinds)
			keys[i].kinds = has_word(fault->kind->keys, keys[i].name)
						? IS_OWN
						: IS_FOREIGN;
		keys[i].is_needed |= has_word(fault->kind->needed, keys[i].name);
	}
	snet__reader_object(reader, spot, json, &table, IS_COMMON | IS_OWN, what, fault);
}

static const struct snet__fault_kind *find_kind(struct snet__reader *reader,
						const struct snet__spot *spot,
						const struct snet__json *json)
{
	const struct snet__json *value = snet__json_get(json, "fault");
	struct snet__spot at = {.up = spot, .key = "fault"};
	const char *text = snet__json_string(value), *words[64] = {0}, *similar;
	const struct snet__fault_kind *kind;
	struct snet__shown shown;

	if (!value) {
		snet__reader_complain(reader, &at, json, false, "missing");
		return NULL;
	}
	if (!snet__reader_expect(reader, &at, value, SNET__JSON_STRING, "a string"))
		return NULL;
	for (size_t i = 0; (kind = snet__fault_kind_at(i)) && i < 63; i++) {
		words[i] = kind->name;
		if (strcmp(kind->name, text) == 0)
			return kind;
	}
	similar = snet__text_find_similar(text, words);
	snet__reader_complain(reader, &at, value, false, "unknown fault '%s'%s%s%s",
			      snet__show(&shown, text), similar ? ", did you mean '" : "",
			      similar ? similar : "", similar ? "'?" : "");
	return NULL;
}

/* When it begins: one of four ways. */
static void find_trigger(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, struct snet__fault *fault)
{
	const struct snet__json *after = snet__json_get(json, "after");
	const struct snet__json *between = snet__json_get(json, "between");

	if (between && after)
		snet__reader_complain(reader, spot, json, false,
				      "'between' and 'after' exclude each other");
	if (between && snet__json_get(json, "at"))
		snet__reader_complain(reader, spot, json, false,
				      "'between' and 'at' exclude each other");
	if (fault->every_ns && (between || after))
		snet__reader_complain(reader, spot, json, false,
				      "'every' goes with 'at' only");
	if (between)
		fault->trigger = SNET__TRIGGER_RANDOM;
	else if (!after && !snet__json_get(json, "at") && !fault->every_ns)
		snet__reader_complain(
			reader, spot, json, false,
			"needs an 'at', 'every', 'between' or 'after': when it begins");
	if (!after && !between &&
	    fault->at_ns >= snet__scenario_reader_of(reader)->scenario->duration_ns)
		snet__reader_complain(
			reader, spot, json, false,
			"begins when the run has ended: its 'at' is not below the 'duration'");
	if (between && fault->between_ns[1] >
			       snet__scenario_reader_of(reader)->scenario->duration_ns)
		snet__reader_complain(
			reader, spot, json, false,
			"may begin when the run has ended: 'between' goes beyond the 'duration'");
	if (fault->every_ns && fault->for_ns >= fault->every_ns)
		snet__reader_complain(reader, spot, json, false,
				      "'for' must be shorter than 'every'");
}

static int name_fault(const struct snet__scenario *scenario, struct snet__fault *fault,
		      struct snet_err *err)
{
	if (!fault->name)
		fault->name = snet__text_format("%s-%zu", fault->kind->name,
						scenario->fault_count + 1);
	return fault->name ? 0 : snet__err_oom(err);
}

void snet__scenario_read_fault(struct snet__reader *reader, const struct snet__spot *spot,
			       const struct snet__json *json)
{
	struct snet__scenario *scenario = snet__scenario_reader_of(reader)->scenario;
	struct snet__fault fault = {
		.for_ns = SNET__NEVER,
		.ways = {true, true},
		.set = snet__impairment_plain,
		.first = 1,
		.after_count = 1,
		.share = -1,
	};
	size_t complaints = reader->complaints;
	struct snet_err err = {0};

	fault.kind = find_kind(reader, spot, json);
	if (!fault.kind)
		return;
	fault.set.down = fault.kind->is_down;
	read_members(reader, spot, json, &fault);
	find_trigger(reader, spot, json, &fault);
	if (reader->complaints == complaints && fault.kind->check &&
	    !snet__scenario_reader_of(reader)->is_lab_broken &&
	    fault.kind->check(scenario, &fault, &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	snet__json_places_find(reader->places, json, false, &fault.line, &fault.column);
	if (reader->r == 0)
		reader->r = name_fault(scenario, &fault, reader->err);
	if (reader->r == 0)
		reader->r = snet__vec_reserve(&scenario->faults, &scenario->fault_cap,
					      scenario->fault_count + 1, sizeof(fault),
					      reader->err);
	if (reader->r < 0) {
		snet__fault_clear(&fault);
		return;
	}
	scenario->faults[scenario->fault_count++] = fault;
	scenario->waits_for_steps |= fault.trigger == SNET__TRIGGER_STEP;
}

/* ---- What they say of each other. */

static const struct snet__fault *find_fault(const struct snet__scenario *scenario,
					    const char *name)
{
	for (size_t i = 0; i < scenario->fault_count; i++)
		if (strcmp(scenario->faults[i].name, name) == 0)
			return &scenario->faults[i];
	return NULL;
}

/* Whether what it waits for waits, at last, for itself. */
static bool is_circular(const struct snet__scenario *scenario,
			const struct snet__fault *fault)
{
	const struct snet__fault *at = fault;

	for (size_t i = 0; at && i <= scenario->fault_count; i++) {
		if (at->trigger != SNET__TRIGGER_FAULT)
			return false;
		at = find_fault(scenario, at->after);
	}
	return at;
}

static void check_fault(struct snet__reader *reader,
			const struct snet__scenario *scenario,
			const struct snet__fault *fault, const struct snet__spot *spot,
			const struct snet__json *json)
{
	struct snet__spot at = {.up = spot, .key = "after"};
	const struct snet__json *after = snet__json_get(json, "after");
	const struct snet__fault *other = find_fault(scenario, fault->name);
	struct snet__shown shown;

	if (other != fault) {
		at.key = "name";
		snet__reader_complain(reader, &at, json, false,
				      "two faults are called '%s'", fault->name);
		return;
	}
	if (fault->trigger != SNET__TRIGGER_FAULT)
		return;
	other = find_fault(scenario, fault->after);
	if (!other)
		snet__reader_complain(reader, &at, after, false,
				      "there is no fault called '%s'",
				      snet__show(&shown, fault->after));
	else if (is_circular(scenario, fault))
		snet__reader_complain(reader, &at, after, false,
				      "the faults wait for each other");
	else if (fault->is_after_end && other->for_ns == SNET__NEVER)
		snet__reader_complain(reader, &at, after, false,
				      "'%s' has no 'for': it ends with the run",
				      other->name);
}

void snet__scenario_check_faults(struct snet__reader *reader,
				 const struct snet__json *timeline)
{
	const struct snet__scenario *scenario =
		snet__scenario_reader_of(reader)->scenario;
	struct snet__spot root = {0}, spot = {.up = &root, .key = "timeline"};
	struct snet__spot at = {.up = &spot};

	/* Without one of them it is not known which fault is of which entry. */
	if (scenario->fault_count != snet__json_count(timeline))
		return;
	for (; at.index < scenario->fault_count && reader->r == 0; at.index++)
		check_fault(reader, scenario, &scenario->faults[at.index], &at,
			    snet__json_at(timeline, at.index));
}
