/* SPDX-License-Identifier: MIT */
/* The dashboard's model. Nodes come with "status", which comes again when the lab has changed; which
 * actuator belongs to which button is learnt: from the target that an event names, and from
 * the steps of traces that say where a command was applied. */

#include "cli/tui/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/print.h"
#include "cli/waterfall.h"
#include "io/json.h"

#define RATE_SECONDS 10

int tui_model_new(struct tui_model **ret, struct snet_err *err)
{
	struct tui_model *model = calloc(1, sizeof(*model));

	if (!model)
		return snet__err_oom(err);
	*ret = model;
	return 0;
}

void tui_model_free(struct tui_model *model)
{
	if (!model)
		return;

	snet__map_clear(&model->by_name);
	tui_links_clear(&model->links);
	free(model->nodes);
	free(model);
}

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

/* A value as a person reads it: strings without quotes. */
static void copy_value(char *to, size_t size, const struct snet__json *value)
{
	autofree char *text = NULL;

	if (snet__json_is(value, SNET__JSON_STRING)) {
		copy(to, size, snet__json_string(value));
		return;
	}
	if (value && !snet__json_is(value, SNET__JSON_NULL))
		text = snet__json_format(value);
	copy(to, size, text);
}

struct tui_node *tui_model_find(const struct tui_model *model, const char *name)
{
	size_t index = name ? (size_t)snet__map_find(&model->by_name, name) : 0;

	return index ? &model->nodes[index - 1] : NULL;
}

static enum tui_role role_of(const char *kind)
{
	static const char *const rest[] = {"switch",    "router",  "host", "relayer",
					   "functions", "gateway", NULL};

	if (strcmp(kind, "actuator") == 0)
		return TUI_ROLE_ACTUATOR;
	for (const char *const *at = rest; *at; at++)
		if (strcmp(kind, *at) == 0)
			return TUI_ROLE_REST;
	return TUI_ROLE_SENDER;
}

static bool is_on(const struct snet__json *state)
{
	const char *text = snet__json_string(state);

	if (text)
		return *text && strcmp(text, "off") != 0 && strcmp(text, "0") != 0;
	if (snet__json_is(state, SNET__JSON_NUMBER))
		return snet__json_number(state, 0) != 0;
	if (snet__json_is(state, SNET__JSON_BOOL))
		return snet__json_is_true(state);
	return state && !snet__json_is(state, SNET__JSON_NULL);
}

static void set_state(struct tui_node *node, const struct snet__json *state)
{
	copy_value(node->state, sizeof(node->state), state);
	node->is_on = is_on(state);
}

static void set_node(struct tui_node *node, const struct snet__json *json)
{
	copy(node->name, sizeof(node->name), snet__json_get_string(json, "name"));
	copy(node->kind, sizeof(node->kind), snet__json_get_string(json, "kind"));
	node->role = role_of(node->kind);
	set_state(node, snet__json_get(json, "state"));
}

/* What was learnt of a node that was there before; its targets are somewhere else now. */
static void keep_learnt(struct tui_node *nodes, struct tui_node *node,
			const struct snet__map *by_name, const struct tui_model *model)
{
	const struct tui_node *former = tui_model_find(model, node->name);

	if (!former || strcmp(former->kind, node->kind) != 0)
		return;
	node->has_failed = former->has_failed;
	node->active_ns = former->active_ns;
	node->events = former->events;
	for (size_t i = 0; i < former->target_count; i++) {
		const char *name = model->nodes[former->targets[i]].name;
		size_t index = (size_t)snet__map_find(by_name, name);

		if (index && nodes[index - 1].role == TUI_ROLE_ACTUATOR)
			node->targets[node->target_count++] = index - 1;
	}
}

/* An actuator stands beside the buttons that move it, or else alone. */
static void mark_targets(struct tui_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < nodes[i].target_count; k++)
			nodes[nodes[i].targets[k]].is_target = true;
}

static int make_nodes(struct tui_node **ret, struct snet__map *ret_by_name,
		      const struct snet__json *list, struct snet_err *err)
{
	struct tui_node *nodes = calloc(snet__json_count(list) + 1, sizeof(*nodes));
	const struct snet__json *at;
	size_t i = 0;

	if (!nodes)
		return snet__err_oom(err);
	for (at = snet__json_first(list); at; at = snet__json_next(at), i++) {
		set_node(&nodes[i], at);
		/* Names are unique in a lab; were they not, the first would do. */
		(void)snet__map_add(ret_by_name, nodes[i].name, (void *)(i + 1), NULL);
	}
	*ret = nodes;
	return 0;
}

/* As the line of "links" does each second: of those that a thread of the lab shapes. */
static void sum_links(struct tui_model *model, const struct snet__json *list)
{
	static const char *const ways[] = {"forth", "back"};
	const struct snet__json *at;

	model->has_packets = false;
	model->packets = model->lost = model->queued = 0;
	for (at = snet__json_first(list); at; at = snet__json_next(at)) {
		const char *shaper = snet__json_get_string(at, "shaper");

		if (!shaper || strcmp(shaper, "user") != 0)
			continue;
		model->has_packets = true;
		for (size_t i = 0; i < 2; i++) {
			const struct snet__json *way = snet__json_get(at, ways[i]);

			model->packets +=
				snet__json_number(snet__json_get(way, "packets"), 0);
			model->lost += snet__json_number(snet__json_get(way, "lost"), 0);
			model->queued +=
				snet__json_number(snet__json_get(way, "queued"), 0);
		}
	}
}

/* A new status replaces the nodes; what was learnt of those with the same name and kind stays. */
static int feed_status(struct tui_model *model, const struct snet__json *status,
		       struct snet_err *err)
{
	const struct snet__json *list = snet__json_get(status, "nodes");
	struct snet__map by_name = {0};
	struct tui_node *nodes = NULL;
	size_t count = snet__json_count(list);
	int r;

	r = make_nodes(&nodes, &by_name, list, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		keep_learnt(nodes, &nodes[i], &by_name, model);
	mark_targets(nodes, count);
	snet__map_clear(&model->by_name);
	free(model->nodes);
	model->nodes = nodes;
	model->node_count = count;
	model->by_name = by_name;
	model->link_count = snet__json_count(snet__json_get(status, "links"));
	sum_links(model, snet__json_get(status, "links"));
	copy(model->lab, sizeof(model->lab), snet__json_get_string(status, "lab"));
	return 0;
}

static void learn_target(struct tui_model *model, struct tui_node *sender,
			 const char *name)
{
	struct tui_node *target = tui_model_find(model, name);
	size_t index;

	if (!sender || !target || target->role != TUI_ROLE_ACTUATOR)
		return;
	index = (size_t)(target - model->nodes);
	for (size_t i = 0; i < sender->target_count; i++)
		if (sender->targets[i] == index)
			return;
	if (sender->target_count == TUI_TARGETS_MAX)
		return;
	sender->targets[sender->target_count++] = index;
	target->is_target = true;
}

void tui_model_tick(struct tui_model *model, uint64_t now_ns)
{
	uint64_t second = now_ns / SNET__NS_PER_S;

	if (second <= model->second)
		return;
	if (second - model->second >= TUI_SECONDS_MAX)
		memset(model->seconds, 0, sizeof(model->seconds));
	else
		for (uint64_t at = model->second + 1; at <= second; at++)
			model->seconds[at % TUI_SECONDS_MAX] = (struct tui_second){0};
	model->second = second;
}

/* The part of "2026-11-23T21:09:00.123456789Z" that tells events of one sitting apart. */
static void copy_time(char to[16], const char *time)
{
	const char *at = time ? strchr(time, 'T') : NULL;

	(void)snprintf(to, 16, "%.12s", at ? at + 1 : "");
	to[strcspn(to, "Z+")] = '\0';
}

static struct tui_event *find_event(struct tui_model *model, const char *id)
{
	uint64_t least = 0;

	if (model->event_count > TUI_EVENTS_MAX)
		least = model->event_count - TUI_EVENTS_MAX;
	/* Newest first: most events end soon. */
	for (uint64_t n = model->event_count; n > least; n--)
		if (strcmp(model->events[(n - 1) % TUI_EVENTS_MAX].id, id) == 0)
			return &model->events[(n - 1) % TUI_EVENTS_MAX];
	return NULL;
}

static void feed_event(struct tui_model *model, const struct snet__json *event,
		       uint64_t now_ns)
{
	const struct snet__json *data = snet__json_get(event, "data");
	const char *id = snet__json_get_string(event, "id");
	struct tui_node *sender;
	struct tui_event *at;

	/* What happens while the earlier events are read is told twice. */
	if (!id || find_event(model, id))
		return;
	at = &model->events[model->event_count++ % TUI_EVENTS_MAX];
	copy(at->id, sizeof(at->id), id);
	copy_time(at->time, snet__json_get_string(event, "time"));
	copy(at->source, sizeof(at->source),
	     print_source(snet__json_get_string(event, "source")));
	copy(at->type, sizeof(at->type), snet__json_get_string(event, "type"));
	copy_value(at->text, sizeof(at->text), data);
	at->outcome = now_ns ? TUI_OUTCOME_PENDING : TUI_OUTCOME_UNKNOWN;
	at->took_ns = 0;

	sender = tui_model_find(model, at->source);
	learn_target(model, sender, snet__json_get_string(data, "target"));
	if (sender)
		sender->events++;
	if (!now_ns)
		return;
	model->seconds[model->second % TUI_SECONDS_MAX].events++;
	if (!sender)
		return;
	sender->pending++;
	sender->active_ns = now_ns;
}

static enum tui_outcome outcome_of(const char *name)
{
	static const struct {
		const char *name;
		enum tui_outcome outcome;
	} outcomes[] = {
		{"done", TUI_OUTCOME_DONE},
		{"expired", TUI_OUTCOME_EXPIRED},
		{"failed", TUI_OUTCOME_FAILED},
	};

	for (size_t i = 0; name && i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (strcmp(outcomes[i].name, name) == 0)
			return outcomes[i].outcome;
	return TUI_OUTCOME_PENDING;
}

/* The node of the trace's first step: who sent the event. */
static struct tui_node *sender_of(const struct tui_model *model,
				  const struct snet__json *trace)
{
	const struct snet__json *steps = snet__json_get(trace, "steps");

	return tui_model_find(model,
			      snet__json_get_string(snet__json_first(steps), "node"));
}

static void learn_from_steps(struct tui_model *model, struct tui_node *sender,
			     const struct snet__json *trace, uint64_t now_ns)
{
	const struct snet__json *at = snet__json_first(snet__json_get(trace, "steps"));

	for (; at; at = snet__json_next(at)) {
		const char *step = snet__json_get_string(at, "step");
		struct tui_node *node =
			tui_model_find(model, snet__json_get_string(at, "node"));

		if (!step || !node)
			continue;
		if (strcmp(step, "applied") == 0)
			learn_target(model, sender, node->name);
		if (now_ns)
			node->active_ns = now_ns;
	}
}

static void count_end(struct tui_model *model, enum tui_outcome outcome, uint64_t took_ns,
		      uint64_t now_ns)
{
	struct tui_second *second = &model->seconds[model->second % TUI_SECONDS_MAX];

	if (outcome == TUI_OUTCOME_DONE)
		model->done++;
	else
		model->failed++;
	if (outcome != TUI_OUTCOME_DONE)
		return;
	model->samples[model->sample_count++ % TUI_SAMPLES_MAX] = took_ns;
	if (!now_ns)
		return;
	second->ended++;
	second->took_ns += took_ns;
}

static void feed_trace(struct tui_model *model, const struct snet__json *trace,
		       uint64_t now_ns)
{
	enum tui_outcome outcome = outcome_of(snet__json_get_string(trace, "outcome"));
	const char *id = snet__json_get_string(trace, "id");
	struct tui_event *event = id ? find_event(model, id) : NULL;
	struct tui_node *sender = sender_of(model, trace);
	uint64_t took_ns = waterfall_total_ns(trace);
	char result[TUI_TEXT_MAX];

	learn_from_steps(model, sender, trace, now_ns);
	if (outcome == TUI_OUTCOME_PENDING)
		return;
	if (event && event->outcome >= TUI_OUTCOME_DONE)
		return; /* told twice */
	if (event) {
		event->outcome = outcome;
		event->took_ns = took_ns;
		waterfall_result(result, sizeof(result), trace);
		if (*result)
			copy(event->text, sizeof(event->text), result);
	}
	if (sender) {
		sender->pending -= sender->pending > 0;
		sender->has_failed = outcome != TUI_OUTCOME_DONE;
	}
	count_end(model, outcome, took_ns, now_ns);
}

static void feed_state(struct tui_model *model, const struct snet__json *state,
		       uint64_t now_ns)
{
	struct tui_node *node =
		tui_model_find(model, snet__json_get_string(state, "node"));

	if (!node)
		return;
	set_state(node, snet__json_get(state, "state"));
	if (now_ns)
		node->active_ns = now_ns;
}

/* All together, or each. */
static int feed_links(struct tui_model *model, const struct snet__json *links,
		      struct snet_err *err)
{
	if (snet__json_is(links, SNET__JSON_ARRAY))
		return tui_links_feed(&model->links, links, err);
	model->has_packets = true;
	model->packets = snet__json_number(snet__json_get(links, "packets"), 0);
	model->lost = snet__json_number(snet__json_get(links, "lost"), 0);
	model->queued = snet__json_number(snet__json_get(links, "queued"), 0);
	return 0;
}

int tui_model_feed(struct tui_model *model, const char *line, size_t size,
		   uint64_t now_ns, struct snet_err *err)
{
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, line, size, err);
	if (r < 0)
		return r;
	if (now_ns)
		tui_model_tick(model, now_ns);
	if (snet__json_get(json, "status"))
		return feed_status(model, snet__json_get(json, "status"), err);
	if (snet__json_get(json, "event"))
		feed_event(model, snet__json_get(json, "event"), now_ns);
	else if (snet__json_get(json, "trace"))
		feed_trace(model, snet__json_get(json, "trace"), now_ns);
	else if (snet__json_get(json, "state"))
		feed_state(model, snet__json_get(json, "state"), now_ns);
	else if (snet__json_get(json, "links"))
		return feed_links(model, snet__json_get(json, "links"), err);
	else
		return snet__err_set(err, -EINVAL,
				     "the lab tells what this version cannot read");
	return 0;
}

const struct tui_event *tui_model_event(const struct tui_model *model, uint64_t count,
					size_t back)
{
	/* What is older than the ring has been overwritten. */
	if (back >= count || model->event_count - count + back >= TUI_EVENTS_MAX)
		return NULL;
	return &model->events[(count - 1 - back) % TUI_EVENTS_MAX];
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Source: the nearest-rank method: the smallest value with at least that share at or below. */
uint64_t tui_model_percentile(const struct tui_model *model, double share)
{
	uint64_t sorted[TUI_SAMPLES_MAX];
	size_t count = TUI_SAMPLES_MAX, rank;

	if (model->sample_count < count)
		count = (size_t)model->sample_count;
	if (!count)
		return 0;
	memcpy(sorted, model->samples, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_u64);
	rank = (size_t)(share * (double)count + 0.999999);
	return sorted[rank ? (rank > count ? count : rank) - 1 : 0];
}

const struct tui_second *tui_model_second(const struct tui_model *model, size_t back)
{
	static const struct tui_second none;

	if (back >= TUI_SECONDS_MAX || back > model->second)
		return &none;
	return &model->seconds[(model->second - back) % TUI_SECONDS_MAX];
}

/* The current second has not ended and would only pull the figure down. */
double tui_model_rate(const struct tui_model *model)
{
	unsigned int sum = 0;

	for (size_t back = 1; back <= RATE_SECONDS; back++)
		sum += tui_model_second(model, back)->events;
	return (double)sum / RATE_SECONDS;
}
