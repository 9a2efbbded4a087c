/* SPDX-License-Identifier: MIT */
/* A scenario file: its own keys, the lab, and its lists one after the other. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fault/kind.h"
#include "fault/reader.h"
#include "fault/schedule.h"
#include "store/trace.h"
#include "topo/problems.h"

/* Where a run ends at a step, and the file does not say when at the latest. */
#define UNTIL_MAX_NS (600 * SNET__NS_PER_S)

const struct snet__range snet__range_run = {0, SNET__DURATION_MAX, "at most 24h"};
const struct snet__range snet__range_number = {1, 1000000000, "1 to 1000000000"};

/* ---- Names of nodes and links. */

#define SETS_DEPTH_MAX 8

typedef int (*select_fn)(struct snet__set *set, const struct snet__model *model,
			 const char *text, struct snet_err *err);

static void read_set(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, select_fn select,
		     struct snet__set *set, int depth);

/* Whether what @json names is set @name, or leads to that. */
static bool leads_to(const struct snet__json *sets, const struct snet__json *json,
		     const char *name, int depth)
{
	const char *text = snet__json_string(json);

	if (snet__json_is(json, SNET__JSON_ARRAY)) {
		for (json = snet__json_first(json); json; json = snet__json_next(json))
			if (leads_to(sets, json, name, depth))
				return true;
		return false;
	}
	if (*text != '@')
		return false;
	return strcmp(text + 1, name) == 0 ||
	       (depth < SETS_DEPTH_MAX &&
		leads_to(sets, snet__json_get(sets, text + 1), name, depth + 1));
}

/* "@left": the set of that name. What is wrong in a set is told where it is described, once. */
static void read_named_set(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, select_fn select,
			   struct snet__set *set, int depth)
{
	const struct snet__scenario_reader *own = snet__scenario_reader_of(reader);
	const char *name = snet__json_string(json) + 1;
	const struct snet__json *named = snet__json_get(own->sets, name);
	struct snet__shown shown;

	if (!named)
		snet__reader_complain(reader, spot, json, false,
				      "there is no set '%s' in \"sets\"",
				      snet__show(&shown, name));
	else if (own->checked_set && leads_to(own->sets, json, own->checked_set, 0))
		snet__reader_complain(reader, spot, json, false,
				      "the sets name each other");
	else if (depth == SETS_DEPTH_MAX)
		snet__reader_complain(reader, spot, json, false,
				      "sets of sets, over %d deep", SETS_DEPTH_MAX);
	else if (!own->checked_set && !own->are_sets_broken)
		read_set(reader, spot, named, select, set, depth + 1);
}

static void read_set(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, select_fn select,
		     struct snet__set *set, int depth)
{
	const char *text = snet__json_string(json);
	struct snet__spot at = {.up = spot};
	struct snet_err err = {0};
	int r;

	if (snet__json_is(json, SNET__JSON_ARRAY)) {
		if (snet__json_count(json) == 0)
			snet__reader_complain(reader, spot, json, false, "names nothing");
		for (json = snet__json_first(json); json && reader->r == 0;
		     json = snet__json_next(json), at.index++)
			if (snet__reader_expect(reader, &at, json, SNET__JSON_STRING,
						"a name or a pattern"))
				read_set(reader, &at, json, select, set, depth);
		return;
	}
	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING,
				 "a name, a pattern such as 'sw*', or a list of them"))
		return;
	if (*text == '@') {
		read_named_set(reader, spot, json, select, set, depth);
		return;
	}
	if (snet__scenario_reader_of(reader)->is_lab_broken)
		return;
	r = select(set, reader->model, text, &err);
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
}

void snet__read_nodes_set(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into)
{
	read_set(reader, spot, json, snet__select_nodes, into, 0);
}

void snet__read_links_set(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into)
{
	read_set(reader, spot, json, snet__select_links, into, 0);
}

/* Of a set nobody knows what it is for before it is used. */
static int select_either(struct snet__set *set, const struct snet__model *model,
			 const char *text, struct snet_err *err)
{
	struct snet__shown shown;
	int r = snet__select_nodes(set, model, text, err);

	if (r == -EINVAL)
		r = snet__select_links(set, model, text, err);
	return r == -EINVAL ? snet__err_set(err, r,
					    "no node or link of the lab is called '%s'",
					    snet__show(&shown, text))
			    : r;
}

/* Also those that are not used. */
static void check_sets(struct snet__reader *reader, const struct snet__spot *root)
{
	struct snet__scenario_reader *own = snet__scenario_reader_of(reader);
	struct snet__spot sets = {.up = root, .key = "sets"}, at = {.up = &sets};
	size_t complaints = reader->complaints;

	for (const struct snet__json *json = snet__json_first(own->sets);
	     json && reader->r == 0; json = snet__json_next(json)) {
		struct snet__set named = {0};

		at.key = own->checked_set = snet__json_key(json);
		read_set(reader, &at, json, select_either, &named, 0);
		snet__set_clear(&named);
	}
	own->checked_set = NULL;
	own->are_sets_broken = reader->complaints > complaints;
}

/* ---- The lab. */

/* Another file, whose problems are those of the scenario. */
static void load_lab(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json)
{
	struct snet__scenario *scenario = snet__scenario_reader_of(reader)->scenario;
	const struct snet__key key = {.check = snet__value_check_text};
	struct snet__problems problems = {0};
	size_t complaints = reader->complaints;
	struct snet_err err = {0};
	int r;

	snet__read_file(reader, spot, json, &key, &scenario->lab);
	if (reader->complaints > complaints || reader->r < 0)
		return;
	r = snet__model_load(&scenario->model, scenario->lab, &problems, &err);
	for (size_t i = 0; i < problems.count; i++) {
		const struct snet__problem *one = &problems.items[i];

		snet__reader_complain(reader, spot, json, false, "%s:%u:%u: %s%s%s",
				      scenario->lab, one->line, one->column, one->path,
				      *one->path ? ": " : "", one->text);
	}
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0 && !problems.count)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	snet__problems_clear(&problems);
}

static void read_lab(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	if (snet__json_is(json, SNET__JSON_STRING))
		load_lab(reader, spot, json);
	else if (snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT,
				     "the path of a lab file, or a lab"))
		(void)snet__reader_lab(reader, spot, json); /* in reader->r */
}

/* ---- The file. */

static void read_seed(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	snet__scenario_reader_of(reader)->scenario->has_seed = true;
	snet__read_seed(reader, spot, json, key, into);
}

static void read_sets(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	if (snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		snet__scenario_reader_of(reader)->sets = json;
}

static bool is_step(const char *text)
{
	return strcmp(text, SNET__STEP_OBEYED) == 0 ||
	       snet__trace_step_name(snet__trace_step_index(text));
}

/* Of a trace, and the one that a device has of its own; as many as there is room for. */
static void list_steps(const char **ret, size_t max)
{
	const char *name;

	*ret++ = SNET__STEP_OBEYED;
	for (unsigned int i = 0; i + 2 < max && (name = snet__trace_step_name(i)); i++)
		*ret++ = name;
	*ret = NULL;
}

int snet__scenario_check_step(const char *text, struct snet_err *err)
{
	const char *steps[32], *similar;
	struct snet__shown shown;
	char list[400] = "";
	size_t used = 0;

	if (is_step(text))
		return 0;
	list_steps(steps, sizeof(steps) / sizeof(*steps));
	similar = snet__text_find_similar(text, steps);
	for (size_t i = 0; steps[i] && !similar && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s'%s'",
					 i ? ", " : ": expected one of ", steps[i]);
	return snet__err_set(err, -EINVAL, "unknown step '%s'%s%s%s%s",
			     snet__show(&shown, text), similar ? ", did you mean '" : "",
			     similar ? similar : "", similar ? "'?" : "", list);
}

#define SCENARIO(member) offsetof(struct snet__scenario, member)
static const struct snet__key until_keys[] = {
	{
		.name = "step",
		.read = snet__read_text,
		.offset = SCENARIO(until),
		.check = snet__scenario_check_step,
		.is_needed = true,
	},
	{
		.name = "event",
		.read = snet__read_u32,
		.offset = SCENARIO(until_count),
		.range = &snet__range_number,
	},
};
const struct snet__keys snet__keys_until = {"until", SNET__KEYS(until_keys)};

/* @into: the scenario */
static void read_until(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	if (snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT,
				"an object such as {\"step\": \"acknowledged\", "
				"\"event\": 100}"))
		snet__reader_object(reader, spot, json, &snet__keys_until, 0, "until",
				    into);
}

static const struct snet__key keys[] = {
	{
		.name = "scenario",
		.read = snet__read_text,
		.offset = SCENARIO(name),
		.check = snet__value_check_name,
		.is_needed = true,
	},
	{
		.name = "description",
		.read = snet__read_code,
		.offset = SCENARIO(description),
		.check = snet__value_check_text,
	},
	{.name = "lab", .read = read_lab, .is_needed = true},
	{.name = "seed", .read = read_seed, .offset = SCENARIO(seed)},
	{
		.name = "duration",
		.read = snet__read_duration,
		.offset = SCENARIO(duration_ns),
		.range = &snet__range_run,
	},
	{.name = "until", .read = read_until},
	{
		.name = "settle",
		.read = snet__read_duration,
		.offset = SCENARIO(settle_ns),
		.range = &snet__range_run,
	},
	{.name = "sets", .read = read_sets},
	{.name = "workload", .read = snet__read_later},
	{.name = "timeline", .read = snet__read_later},
	{.name = "expect", .read = snet__read_later, .is_needed = true},
};
const struct snet__keys snet__keys_scenario = {"", SNET__KEYS(keys)};

typedef void (*read_entry_fn)(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json);

static void read_list(struct snet__reader *reader, const struct snet__spot *up,
		      const char *name, read_entry_fn read)
{
	const struct snet__json *json = snet__json_get(reader->root, name);
	struct snet__spot spot = {.up = up, .key = name}, at = {.up = &spot};

	if (!json ||
	    !snet__reader_expect(reader, &spot, json, SNET__JSON_ARRAY, "an array"))
		return;
	if (snet__json_count(json) > SNET__ENTRIES_MAX) {
		snet__reader_complain(reader, &spot, json, false,
				      "too many entries: over %d", SNET__ENTRIES_MAX);
		return;
	}
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at.index++)
		if (snet__reader_expect(reader, &at, json, SNET__JSON_OBJECT,
					"an object"))
			read(reader, &at, json);
}

/* Unless the file says: what a fault still holds up is to come to its end as well. */
static void lengthen_settle(struct snet__scenario *scenario)
{
	uint64_t holds_ns = 0;

	for (size_t i = 0; i < scenario->fault_count; i++) {
		const struct snet__fault_kind *kind = scenario->faults[i].kind;

		if (kind && kind->holds_ns > holds_ns)
			holds_ns = kind->holds_ns;
	}
	scenario->settle_ns += holds_ns;
}

static int read_root(struct snet__reader *reader)
{
	struct snet__scenario_reader *own = snet__scenario_reader_of(reader);
	struct snet__spot spot = {0};
	size_t complaints;

	if (!snet__reader_expect(reader, &spot, reader->root, SNET__JSON_OBJECT,
				 "an object"))
		return reader->r;
	complaints = reader->complaints;
	snet__reader_object(reader, &spot, reader->root, &snet__keys_scenario, 0,
			    "scenario", own->scenario);
	own->is_lab_broken = reader->complaints > complaints;
	check_sets(reader, &spot);
	if (own->scenario->until && !snet__json_get(reader->root, "duration"))
		own->scenario->duration_ns = UNTIL_MAX_NS;
	/* What a run has pressed is in its history. */
	if (!own->scenario->is_of_run)
		read_list(reader, &spot, "workload", snet__scenario_read_workload);
	read_list(reader, &spot, "timeline", snet__scenario_read_fault);
	if (!snet__json_get(reader->root, "settle"))
		lengthen_settle(own->scenario);
	read_list(reader, &spot, "expect", snet__scenario_read_expectation);
	snet__scenario_check_faults(reader, snet__json_get(reader->root, "timeline"));
	return reader->r;
}

/* It can be written down again: see variant.h. */
static int keep_text(struct snet__scenario *scenario, const char *text, size_t size,
		     const char *folder, struct snet_err *err)
{
	scenario->text = strndup(text, size);
	scenario->folder = folder ? strdup(folder) : NULL;
	return scenario->text && (scenario->folder || !folder) ? 0 : snet__err_oom(err);
}

int snet__scenario_read(struct snet__scenario *scenario, const char *text, size_t size,
			const char *folder, struct snet__problems *problems,
			struct snet_err *err)
{
	struct snet__scenario_reader reader = {
		.base = {.model = &scenario->model,
			 .problems = problems,
			 .folder = folder ? folder : ""},
		.scenario = scenario,
	};
	int r;

	r = snet__reader_run(&reader.base, text, size, read_root, err);
	if (r == 0)
		r = snet__model_plan(&scenario->model, err);
	if (r == 0 && !scenario->has_seed)
		scenario->seed = scenario->model.seed;
	if (r == 0)
		r = snet__schedule_check(scenario, problems, err);
	if (r == 0)
		r = keep_text(scenario, text, size, folder, err);
	return r;
}

int snet__scenario_load(struct snet__scenario *scenario, const char *path,
			struct snet__problems *problems, struct snet_err *err)
{
	autofree char *text = NULL, *folder = NULL;
	int r;

	r = snet__model_read_file(&text, &folder, path, err);
	if (r < 0)
		return r;
	scenario->path = realpath(path, NULL);
	/* What comes from a pipe is nowhere. */
	if (!scenario->path && errno == ENOENT)
		scenario->path = strdup(path);
	if (!scenario->path)
		return snet__err_sys(err, -errno, "cannot find '%s'", path);
	r = snet__scenario_read(scenario, text, strlen(text), folder, problems, err);
	return problems->count ? snet__problems_err(problems, path, err) : r;
}
