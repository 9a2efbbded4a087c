/* SPDX-License-Identifier: MIT */
#include "fault/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "io/filter.h"

/* What makes events go on; neighbours are known from the start. */
#define MESSAGES "udp or tcp"
#define MOMENT   "50ms"

/* ---- Messages. Each has an end that is no relayer, on whose link it is seen once. */

const struct snet__model_node *snet__candidates_end(const struct snet__model_link *link)
{
	for (int i = 0; i < 2; i++) {
		enum snet__role role = link->ends[i]->role;

		if (role == SNET__ROLE_DEVICE || role == SNET__ROLE_FUNCTIONS ||
		    role == SNET__ROLE_PROGRAM || role == SNET__ROLE_GATEWAY)
			return link->ends[i];
	}
	return NULL;
}

static const char *const ways[] = {"forth", "back"};

static struct snet__json *new_drop(const struct snet__model_link *link, int way)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "fault", "drop");
	snet__json_add_string(json, "links", link->name);
	snet__json_add_string(json, "direction", ways[way]);
	if (snet__filter_version())
		snet__json_add_string(json, "filter", MESSAGES);
	snet__json_add_number(json, "at", 0);
	snet__json_add_bool(json, "optional", true);
	return json;
}

struct snet__json *snet__candidates_count(const struct snet__model *model)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < model->link_count; i++)
		for (int way = 0; snet__candidates_end(model->links[i]) && way < 2;
		     way++) {
			struct snet__json *json = new_drop(model->links[i], way);
			autofree char *name = snet__text_format("count.%zu.%d", i, way);

			snet__json_add_string(json, "name", name);
			snet__json_add_number(json, "first", 1000000000);
			(void)snet__json_append(list, json);
		}
	return list;
}

static size_t beyond(size_t count, size_t max)
{
	return count > max ? count - max : 0;
}

/* How many packets the counting fault has seen; its order is that of the links. */
static uint64_t count_seen(const struct snet__history_fault *fault)
{
	autojson *measures = NULL;

	if (!fault->measures || snet__json_parse(&measures, fault->measures,
						 strlen(fault->measures), NULL) < 0)
		return 0;
	return (uint64_t)snet__json_number(snet__json_get(measures, "seen"), 0);
}

static void add_drops(struct snet__json *list, const struct snet__model *model,
		      const struct snet__history *history,
		      struct snet__left_out *left_out)
{
	size_t number = 0;

	for (size_t i = 0; i < model->link_count; i++) {
		if (!snet__candidates_end(model->links[i]))
			continue;
		for (int way = 0; way < 2 && number < history->faults_count; way++) {
			uint64_t seen = count_seen(&history->faults[number++]);

			left_out->packets += beyond(seen, SNET__CANDIDATE_PACKETS);
			for (uint64_t n = 1; n <= seen && n <= SNET__CANDIDATE_PACKETS;
			     n++) {
				struct snet__json *json = new_drop(model->links[i], way);

				snet__json_add_u64(json, "first", n);
				snet__json_add_number(json, "count", 1);
				(void)snet__json_append(list, json);
			}
		}
	}
}

/* ---- Calls. Those that make an event fail, as its function would have, are no faults of delivery;
 * and those that a relayer waits a minute for, a limit by the minute and a record that never comes, are
 * not for a search of seconds. */

static const struct {
	const char *fault, *variant, *delay;
} answers[] = {
	{"429", "concurrent", NULL},
	{"503", NULL, NULL},
	{"500", "controller", NULL},
	{"gateway-500", NULL, NULL},
	{"gateway-502", NULL, NULL},
	{"gateway-503", NULL, NULL},
	{"lost-result", "recorded", NULL},
	{"lost-result", "forgotten", NULL},
	{"twice", NULL, NULL},
	{"timeout-202", "recorded", "20ms"},
	{"gateway-504", NULL, "20ms"},
	{"garbage", "truncated", NULL},
	{"garbage", "no-json", NULL},
	{"late", NULL, "200ms"},
	{"cold", NULL, "100ms"},
};

/* Of the endpoint, when an event is about to call it. */
static const char *const outages[] = {"refuse", "gone"};
#define CALLING "invoked"

static size_t count_step(const struct snet__history *history, const char *step)
{
	size_t count = 0;

	if (strcmp(step, SNET__STEP_OBEYED) == 0)
		return history->commands_count;

	for (size_t i = 0; i < history->events_count; i++)
		for (size_t k = 0; k < history->events[i].step_count; k++)
			if (strcmp(history->events[i].steps[k].step, step) == 0) {
				count++;
				break;
			}
	return count;
}

/* When the how many-th event has come to @step, for a moment. */
static struct snet__json *new_at_step(const char *fault, const char *node,
				      const char *step, size_t event)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__json *after = snet__json_new_object();

	snet__json_add_string(json, "fault", fault);
	snet__json_add_string(json, "nodes", node);
	snet__json_add_string(after, "step", step);
	snet__json_add_u64(after, "event", event);
	(void)snet__json_add(json, "after", after);
	snet__json_add_string(json, "for", MOMENT);
	snet__json_add_bool(json, "optional", true);
	return json;
}

static void add_answers(struct snet__json *list, const struct snet__model *model,
			const struct snet__history *history,
			struct snet__left_out *left_out)
{
	size_t calls = count_step(history, "invoked");

	for (size_t i = 0; i < model->node_count; i++) {
		if (model->nodes[i]->role != SNET__ROLE_FUNCTIONS)
			continue;
		left_out->calls = beyond(calls, SNET__CANDIDATE_CALLS);
		for (size_t n = 1; n <= calls && n <= SNET__CANDIDATE_CALLS; n++)
			for (size_t k = 0; k < sizeof(answers) / sizeof(*answers); k++) {
				struct snet__json *json = snet__json_new_object();

				snet__json_add_string(json, "fault", answers[k].fault);
				snet__json_add_string(json, "nodes",
						      model->nodes[i]->name);
				snet__json_add_string(json, "variant",
						      answers[k].variant);
				snet__json_add_string(json, "delay", answers[k].delay);
				snet__json_add_u64(json, "first", n);
				snet__json_add_number(json, "count", 1);
				snet__json_add_number(json, "at", 0);
				snet__json_add_bool(json, "optional", true);
				(void)snet__json_append(list, json);
			}
		for (size_t n = 1; n <= calls && n <= SNET__CANDIDATE_CALLS; n++)
			for (size_t k = 0; k < sizeof(outages) / sizeof(*outages); k++)
				(void)snet__json_append(list,
							new_at_step(outages[k],
								    model->nodes[i]->name,
								    CALLING, n));
	}
}

/* ---- Deaths, at each step that the history has. */

static const char *const steps[] = {"received", "journaled",   "invoked",
				    "accepted", "started",     "ended",
				    "result",   "sent",        SNET__STEP_OBEYED,
				    "applied",  "acknowledged"};

static void add_deaths(struct snet__json *list, const struct snet__model *model,
		       const struct snet__history *history,
		       struct snet__left_out *left_out)
{
	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		/* A button that dies loses what it has not handed over: that is no loss. */
		if (node->role != SNET__ROLE_RELAYER && node->role != SNET__ROLE_DEVICE &&
		    node->role != SNET__ROLE_FUNCTIONS)
			continue;
		for (size_t k = 0; k < sizeof(steps) / sizeof(*steps); k++) {
			size_t count = count_step(history, steps[k]);

			/* Only of relayers at all steps: the others have to do with few. */
			if (node->role != SNET__ROLE_RELAYER &&
			    strcmp(steps[k], node->role == SNET__ROLE_DEVICE
						     ? "sent"
						     : "invoked") != 0)
				continue;
			left_out->kills += beyond(count, SNET__CANDIDATE_EVENTS);
			for (size_t n = 1; n <= count && n <= SNET__CANDIDATE_EVENTS; n++)
				(void)snet__json_append(list,
							new_at_step("kill", node->name,
								    steps[k], n));
		}
	}
}

struct snet__json *snet__candidates_find(const struct snet__scenario *scenario,
					 const struct snet__history *history,
					 struct snet__left_out *ret_left_out)
{
	struct snet__json *list = snet__json_new_array();

	*ret_left_out = (struct snet__left_out){0};
	add_drops(list, &scenario->model, history, ret_left_out);
	add_deaths(list, &scenario->model, history, ret_left_out);
	/* Last, as they take the least time: when many are tried at once all end together. */
	add_answers(list, &scenario->model, history, ret_left_out);
	return list;
}
