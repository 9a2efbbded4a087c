/* SPDX-License-Identifier: MIT */
/* The entries of "workload" and of "expect". */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fault/reader.h"
#include "sys/process.h"
#include "topo/kinds.h"

static const struct snet__range range_every = {SNET__NS_PER_US * 10, SNET__DURATION_MAX,
					       "10us to 24h"};
static const struct snet__range range_burst = {1, 1000000, "1 to 1000000"};

static void add_time(struct snet__reader *reader, struct snet__workload *workload,
		     uint64_t time_ns)
{
	reader->r = snet__vec_reserve(&workload->times, &workload->time_cap,
				      workload->time_count + 1, sizeof(*workload->times),
				      reader->err);
	if (reader->r == 0)
		workload->times[workload->time_count++] = time_ns;
}

static void read_time(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, struct snet__workload *workload)
{
	const struct snet__scenario_reader *own = snet__scenario_reader_of(reader);
	const struct snet__key one = {.range = &snet__range_run};
	uint64_t time_ns = SNET__NEVER;

	snet__read_duration(reader, spot, json, &one, &time_ns);
	if (time_ns == SNET__NEVER)
		return;
	if (!own->is_lab_broken && time_ns > own->scenario->duration_ns)
		snet__reader_complain(
			reader, spot, json, false,
			"comes when the run has ended: it is beyond the 'duration'");
	else
		add_time(reader, workload, time_ns);
}

/* A time, or an array of them. @into: the workload */
static void read_times(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	struct snet__spot at = {.up = spot};

	if (!snet__json_is(json, SNET__JSON_ARRAY)) {
		read_time(reader, spot, json, into);
		return;
	}
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at.index++)
		read_time(reader, &at, json, into);
}

static int check_values(const char *text, struct snet_err *err)
{
	return snet__value_check_values(text, err);
}

#define WORKLOAD(member) offsetof(struct snet__workload, member)
static const struct snet__key workload_keys[] = {
	{.name = "press", .read = snet__read_nodes_set, .offset = WORKLOAD(nodes)},
	{
		.name = "every",
		.read = snet__read_duration,
		.offset = WORKLOAD(every_ns),
		.range = &range_every,
	},
	{
		.name = "poisson",
		.read = snet__read_duration,
		.offset = WORKLOAD(every_ns),
		.range = &range_every,
	},
	{.name = "at", .read = read_times},
	{
		.name = "burst",
		.read = snet__read_u32,
		.offset = WORKLOAD(burst),
		.range = &range_burst,
	},
	{
		.name = "from",
		.read = snet__read_duration,
		.offset = WORKLOAD(from_ns),
		.range = &snet__range_run,
	},
	{
		.name = "until",
		.read = snet__read_duration,
		.offset = WORKLOAD(until_ns),
		.range = &snet__range_run,
	},
	{
		.name = "data",
		.read = snet__read_json,
		.offset = WORKLOAD(data),
		.check = snet__value_check_data,
	},
	{
		.name = "values",
		.read = snet__read_json,
		.offset = WORKLOAD(values),
		.check = check_values,
	},
	{.name = "recorded", .read = snet__read_file, .offset = WORKLOAD(recorded)},
};
const struct snet__keys snet__keys_workload = {"workload", SNET__KEYS(workload_keys)};

/* Keys of which one has exactly one, and what each means. */
static const char *const rhythms[] = {
	[SNET__RHYTHM_EVERY] = "every",
	[SNET__RHYTHM_POISSON] = "poisson",
	[SNET__RHYTHM_AT] = "at",
	[SNET__RHYTHM_RECORDED] = "recorded",
};

static void find_rhythm(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, struct snet__workload *workload)
{
	size_t found = 0;

	for (size_t i = 0; i < sizeof(rhythms) / sizeof(*rhythms); i++) {
		if (!snet__json_get(json, rhythms[i]))
			continue;
		workload->rhythm = (enum snet__rhythm)i;
		found++;
	}
	if (found != 1)
		snet__reader_complain(
			reader, spot, json, false,
			"needs one of 'every', 'poisson', 'at' and 'recorded'%s",
			found ? ", and only one" : "");
}

/* What would be passed over without a word. */
static void check_strangers(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, enum snet__rhythm rhythm)
{
	static const char *const strangers[][8] = {
		[SNET__RHYTHM_EVERY] = {NULL},
		[SNET__RHYTHM_POISSON] = {NULL},
		[SNET__RHYTHM_AT] = {"from", "until", NULL},
		[SNET__RHYTHM_RECORDED] = {"press", "burst", "from", "until", "data",
					   "values", NULL},
	};
	struct snet__spot at = {.up = spot};

	for (size_t i = 0; (at.key = strangers[rhythm][i]); i++)
		if (snet__json_get(json, at.key))
			snet__reader_complain(reader, &at, snet__json_get(json, at.key),
					      false,
					      "means nothing beside '%s': leave it out",
					      rhythms[rhythm]);
}

/* That there is a time between the first press and the last. */
static void check_span(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json,
		       const struct snet__workload *workload)
{
	const struct snet__scenario_reader *own = snet__scenario_reader_of(reader);
	struct snet__spot at = {.up = spot, .key = "from"};
	const struct snet__json *from = snet__json_get(json, at.key);

	if (!from || workload->rhythm == SNET__RHYTHM_AT ||
	    workload->rhythm == SNET__RHYTHM_RECORDED)
		return;
	if (workload->from_ns >= workload->until_ns)
		snet__reader_complain(reader, &at, from, false,
				      "nothing is pressed: it is not below 'until'");
	else if (!own->is_lab_broken && workload->from_ns >= own->scenario->duration_ns)
		snet__reader_complain(
			reader, &at, from, false,
			"nothing is pressed: it is not below the 'duration'");
}

static void check_senders(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json,
			  const struct snet__workload *workload)
{
	struct snet__spot at = {.up = spot, .key = "press"};

	for (size_t i = 0; i < workload->nodes.count; i++) {
		const struct snet__model_node *node =
			reader->model->nodes[workload->nodes.items[i]];
		const struct snet__node_kind *kind =
			snet__kind_find_node(reader->model, node->kind);

		if (kind && kind->bit & SNET__ON_SENDERS)
			continue;
		snet__reader_complain(reader, &at, snet__json_get(json, at.key), false,
				      "'%s' is %s %s, which cannot be pressed",
				      node->name, snet__kind_article(node->kind),
				      node->kind);
		return;
	}
}

void snet__scenario_read_workload(struct snet__reader *reader,
				  const struct snet__spot *spot,
				  const struct snet__json *json)
{
	struct snet__scenario *scenario = snet__scenario_reader_of(reader)->scenario;
	struct snet__workload workload = {.burst = 1, .until_ns = SNET__NEVER};
	struct snet__keys keys = snet__keys_workload;
	size_t complaints = reader->complaints;

	snet__reader_object(reader, spot, json, &keys, 0, "workload", &workload);
	if (reader->complaints == complaints) {
		find_rhythm(reader, spot, json, &workload);
		if (workload.rhythm != SNET__RHYTHM_RECORDED &&
		    !snet__json_get(json, "press"))
			snet__reader_complain(reader, spot, json, false,
					      "needs a 'press': which devices");
		if (workload.data && workload.values)
			snet__reader_complain(reader, spot, json, false,
					      "'data' and 'values' exclude each other");
		check_strangers(reader, spot, json, workload.rhythm);
		check_span(reader, spot, json, &workload);
		check_senders(reader, spot, json, &workload);
	}
	snet__json_places_find(reader->places, json, false, &workload.line,
			       &workload.column);
	if (reader->r == 0)
		reader->r =
			snet__vec_reserve(&scenario->workload, &scenario->workload_cap,
					  scenario->workload_count + 1, sizeof(workload),
					  reader->err);
	if (reader->r < 0)
		snet__workload_clear(&workload);
	else
		scenario->workload[scenario->workload_count++] = workload;
}

/* ---- Expectations. */

static void read_checker(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	const char *text = snet__json_string(json), *words[32] = {0}, *similar;
	struct snet__expectation *expectation = into;
	struct snet__shown shown;

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING, "a string"))
		return;
	expectation->checker = snet__checker_find(text);
	if (expectation->checker)
		return;
	for (size_t i = 0; snet__checkers[i] && i + 1 < sizeof(words) / sizeof(*words);
	     i++)
		words[i] = snet__checkers[i]->name;
	similar = snet__text_find_similar(text, words);
	snet__reader_complain(reader, spot, json, false, "unknown check '%s'%s%s%s",
			      snet__show(&shown, text), similar ? ", did you mean '" : "",
			      similar ? similar : "", similar ? "'?" : "");
}

static void read_guarantee(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *json, const struct snet__key *key,
			   void *into)
{
	int choice =
		snet__reader_choice(reader, spot, json, snet__guarantees,
				    "'at-most-once', 'at-least-once' or 'exactly-once'");

	if (choice >= 0)
		*(unsigned int *)into = (unsigned int)choice + 1;
}

static const char *const phases[] = {
	[SNET__PHASE_ALL] = "all",
	[SNET__PHASE_BEFORE] = "before",
	[SNET__PHASE_DURING] = "during",
	[SNET__PHASE_AFTER] = "after",
	NULL,
};

static void read_command(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into)
{
	size_t count = snet__json_count(json), at = 0;
	char **words;

	if (!snet__json_is(json, SNET__JSON_ARRAY) || !count) {
		snet__reader_complain(reader, spot, json, false,
				      "expected an array of words, the program first");
		return;
	}
	words = calloc(count + 1, sizeof(*words));
	*(char ***)into = words;
	if (!words) {
		reader->r = snet__err_oom(reader->err);
		return;
	}
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at++) {
		struct snet__spot spot_of = {.up = spot, .index = at};

		if (!snet__reader_expect(reader, &spot_of, json, SNET__JSON_STRING,
					 "a string"))
			return;
		words[at] = strdup(snet__json_string(json));
		if (!words[at])
			reader->r = snet__err_oom(reader->err);
	}
}

/* A run names folders by absolute paths, also those that nobody has given. That one of them is not there
 * any more, or not on this machine, is not to keep a run from being replayed: its own folder does. */
static void read_cwd(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	const struct snet__scenario *scenario =
		snet__scenario_reader_of(reader)->scenario;
	const char *path = snet__json_string(json);

	if (!scenario->is_of_run || !path || *path != '/' || snet__path_is_folder(path))
		snet__read_folder(reader, spot, json, key, into);
}

#define EXPECT(member) offsetof(struct snet__expectation, member)
static const struct snet__key expect_keys[] = {
	{.name = "check", .read = read_checker, .is_needed = true},
	{
		.name = "name",
		.read = snet__read_text,
		.offset = EXPECT(name),
		.check = snet__value_check_text,
	},
	{
		.name = "nodes",
		.read = snet__read_text,
		.offset = EXPECT(nodes),
		.check = snet__value_check_text,
	},
	{
		.name = "phase",
		.read = snet__read_word,
		.offset = EXPECT(phase),
		.words = phases,
		.wanted = "'all', 'before', 'during' or 'after'",
	},
	{.name = "guarantee", .read = read_guarantee, .offset = EXPECT(guarantee)},
	{
		.name = "within",
		.read = snet__read_duration,
		.offset = EXPECT(within_ns),
		.range = &snet__range_run,
	},
	{.name = "share", .read = snet__read_share, .offset = EXPECT(share)},
	{.name = "quantile", .read = snet__read_share, .offset = EXPECT(quantile)},
	{
		.name = "below",
		.read = snet__read_duration,
		.offset = EXPECT(below_ns),
		.range = &snet__range_run,
	},
	{.name = "ordered", .read = snet__read_bool, .offset = EXPECT(is_ordered)},
	{
		.name = "expression",
		.read = snet__read_code,
		.offset = EXPECT(expression),
		.check = snet__value_check_text,
	},
	{.name = "command", .read = read_command, .offset = EXPECT(command)},
	{.name = "cwd", .read = read_cwd, .offset = EXPECT(cwd)},
};
const struct snet__keys snet__keys_expect = {"expect", SNET__KEYS(expect_keys)};

/* Only these have events or a state. */
#define SPOKEN_OF (SNET__ON_DEVICES | SNET__ON_PROGRAMS | SNET__ON_HOST)

static bool is_spoken_of(const struct snet__model *model, const struct snet__set *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		const char *name = model->nodes[nodes->items[i]]->kind;
		const struct snet__node_kind *kind = snet__kind_find_node(model, name);

		if (!kind || kind->bit & SPOKEN_OF)
			return true;
	}
	return false;
}

/* Of what is nowhere, everything would hold. */
static void check_nodes(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const char *pattern)
{
	struct snet__spot at = {.up = spot, .key = "nodes"};
	struct snet__set nodes = {0};
	struct snet_err err = {0};
	struct snet__shown shown;
	int r;

	json = snet__json_get(json, at.key);
	if (!pattern || snet__scenario_reader_of(reader)->is_lab_broken)
		return;
	r = snet__select_nodes(&nodes, reader->model, pattern, &err);
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (*pattern == '@' || strncmp(pattern, "kind:", strlen("kind:")) == 0)
		snet__reader_complain(reader, &at, json, false,
				      "expected a pattern of names such as 'sw*', got "
				      "'%s'",
				      snet__show(&shown, pattern));
	else if (r < 0)
		snet__reader_complain(reader, &at, json, false, "%s", err.msg);
	else if (!is_spoken_of(reader->model, &nodes))
		snet__reader_complain(reader, &at, json, false,
				      "'%s' names no device: there is nothing to judge",
				      snet__show(&shown, pattern));
	snet__set_clear(&nodes);
}

/* Where a run is replayed it may be another machine, and the rest is judged nevertheless. */
static void check_program(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json,
			  struct snet__expectation *expectation)
{
	const struct snet__spot at = {.up = spot, .key = "command"};
	struct snet_err err = {0};
	int r;

	if (!expectation->cwd)
		snet__read_own_folder(reader, &expectation->cwd);
	if (reader->r < 0 || snet__scenario_reader_of(reader)->scenario->is_of_run)
		return;
	r = snet__process_check(*expectation->command, expectation->cwd, &err);
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0)
		snet__reader_complain(reader, &at, snet__json_get(json, at.key), false,
				      "%s", err.msg);
}

void snet__scenario_read_expectation(struct snet__reader *reader,
				     const struct snet__spot *spot,
				     const struct snet__json *json)
{
	struct snet__scenario *scenario = snet__scenario_reader_of(reader)->scenario;
	struct snet__expectation expectation = {.within_ns = SNET__NEVER,
						.share = -1,
						.quantile = -1,
						.below_ns = SNET__NEVER};
	size_t complaints = reader->complaints;
	struct snet_err err = {0};

	snet__reader_object(reader, spot, json, &snet__keys_expect, 0, "expectation",
			    &expectation);
	if (reader->complaints == complaints && expectation.checker->prepare &&
	    expectation.checker->prepare(&expectation, &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	if (reader->complaints == complaints && expectation.command)
		check_program(reader, spot, json, &expectation);
	check_nodes(reader, spot, json, expectation.nodes);
	if (reader->r == 0)
		reader->r = snet__vec_reserve(&scenario->expectations,
					      &scenario->expectation_cap,
					      scenario->expectation_count + 1,
					      sizeof(expectation), reader->err);
	if (reader->r < 0)
		snet__expectation_clear(&expectation);
	else
		scenario->expectations[scenario->expectation_count++] = expectation;
}
