/* SPDX-License-Identifier: MIT */
/* What a recorder hears of its lab, and what it does there: all of it on the lab's thread. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "device/device.h"
#include "fault/recorder_private.h"
#include "io/json.h"

static void *need(struct snet__recorder *recorder, void *item)
{
	recorder->has_no_memory |= !item;
	return item;
}

static bool is_open(const struct snet__history_event *event)
{
	return event->ended_ns == SNET__NEVER && event->dropped_ns == SNET__NEVER;
}

/* It is under way: once, whoever tells of it. */
static void count_event(struct snet__recorder *recorder,
			struct snet__history_event *event)
{
	if (event->is_counted)
		return;
	event->is_counted = true;
	recorder->open_count++;
}

/* It was not under way when no relayer has journaled it, and is no more when it ends after it was
 * dropped. */
static void uncount_event(struct snet__recorder *recorder,
			  struct snet__history_event *event)
{
	if (!event->is_counted)
		return;
	event->is_counted = false;
	if (--recorder->open_count == 0)
		(void)pthread_cond_broadcast(&recorder->changed);
}

/* NULL for one that is not of this run, whatever else is heard of it. */
static struct snet__history_event *find_event(const struct snet__recorder *recorder,
					      const char *id)
{
	return snet__history_find_event(recorder->history, id);
}

static struct snet__history_event *add_event(struct snet__recorder *recorder,
					     const char *id, const char *node,
					     uint64_t pressed_ns)
{
	struct snet__history_event *event =
		need(recorder, snet__history_add_event(recorder->history, id));

	if (!event)
		return NULL;
	if (node)
		event->node = need(recorder,
				   (void *)snet__history_word(recorder->history, node));
	event->pressed_ns = pressed_ns;
	return event;
}

/* One that the workload has not asked for is of this run only if it was made in the workload's
 * time: of others nobody has watched the beginning, or waits for the end. @at_ns: of the clock. */
static struct snet__history_event *add_by_itself(struct snet__recorder *recorder,
						 const char *id, const char *node,
						 const char *data, uint64_t at_ns)
{
	uint64_t pressed_ns = at_ns - recorder->began_ns;
	struct snet__history_event *event;

	if (at_ns < recorder->began_ns || pressed_ns > recorder->until_ns ||
	    pressed_ns > recorder->scenario->duration_ns)
		return NULL;
	event = add_event(recorder, id, node, pressed_ns);
	if (event && data)
		event->data = need(recorder,
				   (void *)snet__history_text(recorder->history, data));
	return event;
}

static void on_emitted(struct snet__observer *observer, const char *node, const char *id,
		       const char *data, uint64_t at_ns)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	struct snet__history_event *event;

	snet__recorder_lock(recorder);
	event = add_by_itself(recorder, id, node, data, at_ns);
	if (event)
		count_event(recorder, event);
	snet__recorder_unlock(recorder);
}

static void close_event(struct snet__recorder *recorder,
			struct snet__history_event *event, uint64_t *at, uint64_t now_ns)
{
	uncount_event(recorder, event);
	if (*at == SNET__NEVER)
		*at = now_ns;
}

static void on_acknowledged(struct snet__observer *observer, const char *id)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	struct snet__history_event *event;

	snet__recorder_lock(recorder);
	event = find_event(recorder, id);
	if (event && event->acknowledged_ns == SNET__NEVER)
		event->acknowledged_ns = snet__recorder_now(recorder);
	snet__recorder_unlock(recorder);
}

static void on_dropped(struct snet__observer *observer, const char *id, const char *why)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	struct snet__history_event *event;

	snet__recorder_lock(recorder);
	event = find_event(recorder, id);
	if (event) {
		close_event(recorder, event, &event->dropped_ns,
			    snet__recorder_now(recorder));
		event->why = need(recorder,
				  (void *)snet__history_word(recorder->history, why));
	}
	snet__recorder_unlock(recorder);
}

static void keep_trace(struct snet__recorder *recorder, const struct snet_trace *trace)
{
	struct snet__history_event *event = find_event(recorder, trace->id);

	if (!event)
		return;
	if (trace->outcome != SNET_OUTCOME_PENDING)
		close_event(recorder, event, &event->ended_ns,
			    snet__recorder_now(recorder));
	/* Nobody says whose it is: then it is its relayer's, which has received it. */
	if (!event->node && trace->count)
		event->node =
			need(recorder, (void *)snet__history_word(recorder->history,
								  trace->steps[0].node));
	if (snet__history_set_trace(recorder->history, event, trace, recorder->began_ns,
				    NULL) < 0)
		recorder->has_no_memory = true;
}

static void on_trace(struct snet__observer *observer, const struct snet_trace *trace)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;

	snet__recorder_lock(recorder);
	keep_trace(recorder, trace);
	snet__recorder_unlock(recorder);
}

static void on_state(struct snet__observer *observer, const char *node, const char *text)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	struct snet__history *history = recorder->history;
	struct snet__history_state *state;

	snet__recorder_lock(recorder);
	state = need(recorder, snet__history_add_state(history));
	if (state) {
		state->at_ns = snet__recorder_now(recorder);
		state->node = snet__history_word(history, node);
		state->state = snet__history_word(history, text);
	}
	snet__recorder_unlock(recorder);
}

/* The event of a command, whose id is "EVENT.NUMBER.LEG.INDEX". */
static size_t event_of(const struct snet__history *history, const char *id)
{
	char text[SNET_EVENT_ID_MAX + 64];
	const struct snet__history_event *event;
	char *dot;

	if (snprintf(text, sizeof(text), "%s", id) >= (int)sizeof(text))
		return SIZE_MAX;
	for (int i = 0; i < 3; i++) {
		dot = strrchr(text, '.');
		if (!dot)
			return SIZE_MAX;
		*dot = '\0';
	}
	event = snet__history_find_event(history, text);
	return event ? (size_t)(event - history->events) : SIZE_MAX;
}

/* The run may end by it: each event counts once, however often it comes to the step. */
static void reach_until(struct snet__recorder *recorder,
			struct snet__history_event *event, const char *step)
{
	const struct snet__scenario *scenario = recorder->scenario;
	uint64_t now_ns = snet__recorder_now(recorder);

	if (!event || event->has_reached || now_ns > scenario->duration_ns ||
	    strcmp(scenario->until, step) != 0)
		return;
	event->has_reached = true;
	if (++recorder->until_reached != scenario->until_count)
		return;
	recorder->until_ns = now_ns;
	(void)pthread_cond_broadcast(&recorder->changed);
}

static const struct snet__model_node *find_node(const struct snet__recorder *recorder,
						const char *name)
{
	return name ? snet__model_find_node(&recorder->lab->model, name) : NULL;
}

/* Of an event that is not by a device of ours it is the first that is heard. Under way it is only when
 * its relayer has journaled it: nobody waits for what was refused. */
static struct snet__history_event *add_foreign(struct snet__recorder *recorder,
					       const char *id,
					       const struct snet__json *json)
{
	const char *source = snet__json_get_string(json, "source"),
		   *slash = strrchr(source, '/'), *node = slash ? slash + 1 : source;
	const char *pressed = snet__json_get_string(json, "snetpressed");
	uint64_t at_ns = pressed ? strtoull(pressed, NULL, 10) : 0;
	uint64_t now_ns = snet__clock_ns();
	autofree char *data = snet__json_format(snet__json_get(json, "data"));

	/* Who sends it may have another clock. */
	return add_by_itself(recorder, id, find_node(recorder, node) ? node : NULL, data,
			     at_ns && at_ns < now_ns ? at_ns : now_ns);
}

/* Whether the event is known already. As devices of ours begin theirs it is found out without a look
 * at all of it. */
static bool is_known(const struct snet__recorder *recorder, const char *text)
{
	static const char begin[] = "{\"specversion\":\"1.0\",\"id\":\"";
	char id[SNET_EVENT_ID_MAX + 1];
	size_t length;

	if (strncmp(text, begin, strlen(begin)) != 0)
		return false;
	text += strlen(begin);
	length = strcspn(text, "\"\\");
	if (length >= sizeof(id))
		return false;
	memcpy(id, text, length);
	id[length] = '\0';
	return find_event(recorder, id);
}

static void on_received(struct snet__observer *observer, const char *text)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	autojson *json = NULL;
	const char *id;

	snet__recorder_lock(recorder);
	if (is_known(recorder, text)) {
		snet__recorder_unlock(recorder);
		return;
	}
	/* Its relayer has read the same text. */
	recorder->has_no_memory |= snet__json_parse(&json, text, strlen(text), NULL) < 0;
	id = snet__json_get_string(json, "id");
	if (id && !find_event(recorder, id))
		(void)add_foreign(recorder, id, json);
	snet__recorder_unlock(recorder);
}

/* What its relayer has is under way, whoever is said to have sent it. Of a program nobody else tells
 * when it may rely on that; of a device it does so itself, if it is its own. */
static void acknowledge_foreign(struct snet__recorder *recorder,
				struct snet__history_event *event)
{
	const struct snet__model_node *node;

	if (!event || event->acknowledged_ns != SNET__NEVER)
		return;
	if (is_open(event))
		count_event(recorder, event);
	node = find_node(recorder, event->node);
	if (node && node->role == SNET__ROLE_DEVICE)
		return;
	event->acknowledged_ns = snet__recorder_now(recorder);
	/* These steps came before it was known. */
	for (size_t i = 0; i < 2 && recorder->scenario->until; i++)
		reach_until(recorder, event, i ? "received" : "pressed");
}

/* Faults that wait for it are due. */
static void reach(struct snet__recorder *recorder, const char *step)
{
	const struct snet__scenario *scenario = recorder->scenario;

	for (size_t i = 0; i < scenario->fault_count; i++) {
		const struct snet__fault *fault = &scenario->faults[i];

		if (fault->trigger != SNET__TRIGGER_STEP ||
		    strcmp(fault->after, step) != 0 ||
		    ++recorder->reached[i] != fault->after_count)
			continue;
		recorder->fresh[recorder->fresh_count++] = i; /* each comes once */
	}
}

static void on_command(struct snet__observer *observer, const char *node, const char *id,
		       const char *state, bool again)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;
	struct snet__history *history = recorder->history;
	struct snet__history_command *command;

	snet__recorder_lock(recorder);
	command = need(recorder, snet__history_add_command(history));
	if (command) {
		command->at_ns = snet__recorder_now(recorder);
		command->node = snet__history_word(history, node);
		command->id = snet__history_text(history, id);
		command->state = snet__history_word(history, state);
		command->event = event_of(history, id);
		command->is_repeated = again;
	}
	if (!again)
		reach(recorder, SNET__STEP_OBEYED);
	if (recorder->scenario->until && command && command->event != SIZE_MAX)
		reach_until(recorder, &history->events[command->event],
			    SNET__STEP_OBEYED);
	snet__recorder_unlock(recorder);
}

static void on_step(struct snet__observer *observer, const char *id, const char *step)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;

	snet__recorder_lock(recorder);
	reach(recorder, step);
	if (strcmp(step, "journaled") == 0)
		acknowledge_foreign(recorder, find_event(recorder, id));
	if (recorder->scenario->until)
		reach_until(recorder, find_event(recorder, id), step);
	snet__recorder_unlock(recorder);
}

static void on_log(struct snet__observer *observer, const char *node, const char *line)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;

	snet__recorder_lock(recorder);
	(void)need(recorder, snet__history_add_note(recorder->history, "log", node, line,
						    snet__recorder_now(recorder)));
	snet__recorder_unlock(recorder);
}

static void on_gone(struct snet__observer *observer)
{
	struct snet__recorder *recorder = (struct snet__recorder *)observer;

	snet__recorder_lock(recorder);
	recorder->is_gone = true;
	(void)pthread_cond_broadcast(&recorder->changed);
	snet__recorder_unlock(recorder);
}

/* Only then does the run's thread hear of it, which would take the same fault in hand. */
static void on_interlude(void *user)
{
	struct snet__recorder *recorder = user;

	while (recorder->fresh_count) {
		size_t fault = recorder->fresh[--recorder->fresh_count];
		uint64_t now_ns = snet__recorder_now(recorder);

		recorder->on_due(recorder->user, fault, now_ns);
		snet__recorder_lock(recorder);
		if (!recorder->due_count)
			recorder->due_ns = now_ns;
		recorder->due[recorder->due_count++] = fault;
		(void)pthread_cond_broadcast(&recorder->changed);
		snet__recorder_unlock(recorder);
	}
}

const struct snet__observer snet__recorder_observer = {
	.emitted = on_emitted,
	.received = on_received,
	.trace = on_trace,
	.acknowledged = on_acknowledged,
	.dropped = on_dropped,
	.state = on_state,
	.command = on_command,
	.step = on_step,
	.log = on_log,
	.gone = on_gone,
};

int snet__recorder_observe(void *arg, struct snet_err *err)
{
	struct snet__recorder *recorder = arg;
	struct snet__run *run = recorder->lab->run;

	(void)err;
	/* Here: else what is emitted until then would be of this run, and nobody would know of it. */
	recorder->began_ns = snet__clock_ns();
	recorder->history->began_wall_ns = snet__clock_wall_ns();
	snet__run_observe(run, &recorder->observer);
	run->interlude = recorder->on_due ? on_interlude : NULL;
	run->interlude_user = recorder;
	return 0;
}

/* Whether it is one of a program that no relayer has journaled. */
static bool is_refused(const struct snet__recorder *recorder,
		       const struct snet__history_event *event)
{
	const struct snet__model_node *node = find_node(recorder, event->node);

	return event->acknowledged_ns == SNET__NEVER &&
	       event->dropped_ns == SNET__NEVER &&
	       !(node && node->role == SNET__ROLE_DEVICE);
}

/* What the events have come to that are still under way. */
int snet__recorder_unobserve(void *arg, struct snet_err *err)
{
	struct snet__recorder *recorder = arg;
	struct snet__history *history = recorder->history;
	struct snet_trace *trace;

	(void)err;
	snet__run_unobserve(recorder->lab->run, &recorder->observer);
	recorder->lab->run->interlude = NULL;
	for (size_t i = 0; i < history->events_count; i++) {
		struct snet__history_event *event = &history->events[i];

		if (is_refused(recorder, event)) {
			event->node = event->node ? event->node : "unknown";
			event->dropped_ns = event->pressed_ns;
			event->why = "its relayer did not take it";
			continue;
		}
		/* Its device may have given up what its relayer has. */
		if (event->ended_ns != SNET__NEVER ||
		    snet__run_trace(recorder->lab->run, event->id, &trace, NULL) < 0)
			continue;
		keep_trace(recorder, trace);
		event->is_forgotten =
			event->outcome == SNET_OUTCOME_PENDING &&
			!snet__run_has_pending(recorder->lab->run, event->id);
		snet_trace_free(trace);
	}
	return 0;
}

/* Nothing can be heard of the event before it is in the history. */
int snet__recorder_do_press(void *arg, struct snet_err *err)
{
	const struct snet__recorder_press *press = arg;
	struct snet__recorder *recorder = press->recorder;
	struct snet__history *history = recorder->history;
	const struct snet__run_node *node =
		recorder->lab->run->nodes[press->action->index];
	char id[SNET_EVENT_ID_MAX + 1] = "";
	struct snet__history_event *event;
	int r;

	if (!node->device)
		return snet__err_set(err, -ENODEV, "'%s' is not there", node->node->name);
	r = snet__device_press(node->device, press->action->data, id, err);
	if (r < 0 || !id[0])
		return r;
	snet__recorder_lock(recorder);
	event = find_event(recorder, id);
	if (!event) {
		event = add_event(recorder, id, node->node->name, press->at_ns);
		if (event)
			count_event(recorder, event);
	}
	if (event) {
		/* What it was given: a replay gives that again, and lets it measure the rest. */
		event->data = snet__history_text(history, press->action->data
								  ? press->action->data
								  : node->node->data);
		event->planned_ns = press->action->at_ns;
		event->pressed_ns = press->at_ns; /* before the lab's thread did it */
	}
	snet__recorder_unlock(recorder);
	return 0;
}
