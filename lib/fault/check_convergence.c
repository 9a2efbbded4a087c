/* SPDX-License-Identifier: MIT */
/* Convergence: some time after the last fault has healed and the workload is over, whichever is
 * later, everything has come to rest: no event is under way, no actuator changes, and each is in
 * the state that the last command it applied has set.
 *
 * A run that ends before that, because no event is under way any more, has come to rest. A fault
 * that is not meant to heal counts from when it was in place. Actuators are the nodes that were
 * given a command, or, with a pattern, the nodes of that: a sensor's state never rests. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/phases.h"

/* What is known of one node in the end. */
struct last {
	const struct snet__history_command *command;
	const struct snet__history_state *state;
	bool is_moved_on; /* by what nobody waits for: it was sent behind the workload */
	uint64_t own_ns;  /* the last command of an event of this run; 0: none */
};

struct convergence {
	const struct snet__expectation *expectation;
	const struct snet__history *history;
	struct snet__judgement *result;
	struct snet__map nodes; /* struct last */
	struct last *lasts;     /* for all of them */
	size_t last_count;
	const char *since; /* what the time is measured from, in words */
	uint64_t from_ns;  /* when that was */
	uint64_t until_ns; /* from then on everything is to rest */
	uint64_t rest_ns;  /* from then on it did; SNET__NEVER: it did not */
	size_t pending, changed, diverged;
};

static void convergence_clear_at(struct convergence *convergence)
{
	snet__map_clear(&convergence->nodes);
	free(convergence->lasts);
}

/* NULL when memory is short. */
static struct last *last_of(struct convergence *convergence, const char *node)
{
	struct last *last = snet__map_find(&convergence->nodes, node);

	if (last)
		return last;
	last = &convergence->lasts[convergence->last_count];
	if (snet__map_add(&convergence->nodes, node, last, NULL) < 0)
		return NULL;
	convergence->last_count++;
	return last;
}

static int find_lasts(struct convergence *convergence)
{
	const struct snet__history *history = convergence->history;
	struct last *last;

	/* There are not more nodes than entries. */
	convergence->lasts = calloc(history->commands_count + history->states_count + 1,
				    sizeof(*convergence->lasts));
	if (!convergence->lasts)
		return -ENOMEM;
	for (size_t i = 0; i < history->commands_count; i++) {
		const struct snet__history_command *command = &history->commands[i];

		last = last_of(convergence, command->node);
		if (!last)
			return -ENOMEM;
		last->is_moved_on |= command->event == SIZE_MAX &&
				     command->at_ns > history->workload_end_ns;
		if (command->event != SIZE_MAX && command->at_ns > last->own_ns)
			last->own_ns = command->at_ns;
		if (!command->is_repeated &&
		    (!last->command || command->at_ns >= last->command->at_ns))
			last->command = command;
	}
	for (size_t i = 0; i < history->states_count; i++) {
		const struct snet__history_state *state = &history->states[i];

		last = last_of(convergence, state->node);
		if (!last)
			return -ENOMEM;
		if (!last->state || state->at_ns >= last->state->at_ns)
			last->state = state;
	}
	return 0;
}

static bool is_asked_for(const struct convergence *convergence, const char *node)
{
	const struct last *last = snet__map_find(&convergence->nodes, node);

	return snet__expectation_has_node(convergence->expectation, node) &&
	       (convergence->expectation->nodes || (last && last->command));
}

/* When an event was through, by its relayer; or by its device, which has given it up before any
 * relayer had it. */
static uint64_t settled_ns(const struct snet__history_event *event)
{
	bool is_received = event->acknowledged_ns != SNET__NEVER;

	if (event->ended_ns != SNET__NEVER)
		return event->ended_ns;
	if (event->outcome != SNET_OUTCOME_PENDING)
		return event->step_count ? event->steps[event->step_count - 1].at_ns : 0;
	for (size_t i = 0; i < event->step_count && !is_received; i++)
		is_received = strcmp(event->steps[i].step, "journaled") == 0;
	return is_received ? SNET__NEVER : event->dropped_ns;
}

static bool has_open(const struct snet__history *history)
{
	for (size_t i = 0; i < history->events_count; i++)
		if (settled_ns(&history->events[i]) == SNET__NEVER &&
		    (history->events[i].pressed_ns != SNET__NEVER ||
		     history->events[i].step_count))
			return true;
	return false;
}

static void rest_later(struct convergence *convergence, uint64_t at_ns)
{
	if (at_ns > convergence->rest_ns)
		convergence->rest_ns = at_ns;
}

static int judge_events(struct convergence *convergence)
{
	const struct snet__history *history = convergence->history;
	char after[SNET__TIME_MAX];

	for (size_t i = 0; i < history->events_count; i++) {
		const struct snet__history_event *event = &history->events[i];
		uint64_t at_ns = settled_ns(event);
		int r;

		/* One that was never pressed is none. */
		if (event->pressed_ns == SNET__NEVER && !event->step_count)
			continue;
		rest_later(convergence, at_ns);
		if (at_ns <= convergence->until_ns)
			continue;
		convergence->pending++;
		if (at_ns == SNET__NEVER)
			r = snet__judgement_add(convergence->result, "pending", i,
						event->node, SNET__NEVER,
						"event %s was pending when the run ended",
						event->id);
		else
			r = snet__judgement_add(convergence->result, "pending", i,
						event->node, at_ns,
						"event %s was pending for %s too long",
						event->id,
						snet__text_format_duration(
							after, sizeof(after),
							at_ns - convergence->until_ns));
		if (r < 0)
			return r;
	}
	return 0;
}

static int judge_changes(struct convergence *convergence)
{
	const struct snet__history *history = convergence->history;
	char after[SNET__TIME_MAX];

	for (size_t i = 0; i < history->states_count; i++) {
		const struct snet__history_state *state = &history->states[i];
		const struct last *last =
			snet__map_find(&convergence->nodes, state->node);
		int r;

		if (state->at_ns == SNET__NEVER ||
		    (last->is_moved_on && state->at_ns > last->own_ns) ||
		    !is_asked_for(convergence, state->node))
			continue;
		rest_later(convergence, state->at_ns);
		if (state->at_ns <= convergence->until_ns)
			continue;
		convergence->changed++;
		r = snet__judgement_add(
			convergence->result, "changed", SIZE_MAX, state->node,
			state->at_ns, "%s has changed to %s, %s too late", state->node,
			state->state,
			snet__text_format_duration(after, sizeof(after),
						   state->at_ns - convergence->until_ns));
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_same_state(const char *a, const char *b)
{
	autojson *left = NULL, *right = NULL;

	if (strcmp(a, b) == 0)
		return true;
	return snet__json_parse(&left, a, strlen(a), NULL) == 0 &&
	       snet__json_parse(&right, b, strlen(b), NULL) == 0 &&
	       snet__json_is_equal(left, right);
}

/* In the order in which the nodes were first heard of. */
static int judge_states(struct convergence *convergence)
{
	for (size_t i = 0; i < convergence->last_count; i++) {
		const struct snet__history_command *command =
			convergence->lasts[i].command;
		const struct snet__history_state *state = convergence->lasts[i].state;
		int r;

		/* Without a change of its state there is nothing to compare with. */
		if (!command || !command->state || !state ||
		    !is_asked_for(convergence, command->node) ||
		    is_same_state(command->state, state->state))
			continue;
		convergence->diverged++;
		r = snet__judgement_add(convergence->result, "diverged", command->event,
					command->node, state->at_ns,
					"%s is %s, but command %s has set it to %s last",
					command->node, state->state,
					command->id ? command->id : "without an id",
					command->state);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the time is measured from; the fault that was to heal and has not, or NULL. */
static const struct snet__history_fault *find_from(struct convergence *convergence)
{
	const struct snet__history *history = convergence->history;

	convergence->since = "the workload's end";
	convergence->from_ns = history->workload_end_ns;
	for (size_t i = 0; i < history->faults_count; i++) {
		const struct snet__history_fault *fault = &history->faults[i];
		uint64_t over_ns = fault->healed_ns;

		if (fault->begun_ns == SNET__NEVER)
			continue;
		if (over_ns == SNET__NEVER && fault->planned_end_ns != SNET__NEVER)
			return fault;
		if (over_ns == SNET__NEVER)
			over_ns = fault->begun_ns;
		if (over_ns <= convergence->from_ns)
			continue;
		convergence->from_ns = over_ns;
		convergence->since = fault->healed_ns == SNET__NEVER
					     ? "the last fault's beginning"
					     : "the last heal";
	}
	convergence->rest_ns = convergence->from_ns;
	convergence->until_ns =
		convergence->from_ns + convergence->expectation->within_ns;
	return NULL;
}

static int set_measures(const struct convergence *convergence, struct snet_err *err)
{
	const struct {
		const char *name;
		double value;
	} measures[] = {
		{"from_ns", (double)convergence->from_ns},
		{"rest_ns", convergence->rest_ns == SNET__NEVER
				    ? NAN
				    : (double)convergence->rest_ns},
		{"pending", (double)convergence->pending},
		{"changed", (double)convergence->changed},
		{"diverged", (double)convergence->diverged},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(measures) / sizeof(*measures) && r == 0; i++)
		r = snet__judgement_set_measure(convergence->result, measures[i].name,
						measures[i].value, err);
	return r;
}

static int set_result(const struct convergence *convergence, struct snet_err *err)
{
	size_t pending = convergence->pending, changed = convergence->changed,
	       diverged = convergence->diverged;
	char within[SNET__TIME_MAX], from[SNET__TIME_MAX], rest[SNET__TIME_MAX];
	int r = set_measures(convergence, err);

	if (r < 0)
		return r;
	snet__text_format_duration(within, sizeof(within),
				   convergence->expectation->within_ns);
	snet__text_format_duration(from, sizeof(from), convergence->from_ns);
	if (pending || changed || diverged)
		return snet__judgement_set(
			convergence->result, SNET_VERDICT_VIOLATED, err,
			"not at rest within %s of %s at %s: %zu events pending, %zu "
			"changes of states, %zu actuators in another state than was set",
			within, convergence->since, from, pending, changed, diverged);
	return snet__judgement_set(convergence->result, SNET_VERDICT_HELD, err,
				   "everything was at rest at %s, within %s of %s at %s",
				   snet__text_format_duration(rest, sizeof(rest),
							      convergence->rest_ns),
				   within, convergence->since, from);
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	return snet__expectation_need(expectation, SNET__HAS_WITHIN, SNET__HAS_NODES,
				      err);
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	cleanup_with(convergence_clear_at) struct convergence convergence = {
		.expectation = expectation, .history = history, .result = result};
	const struct snet__history_fault *unhealed = find_from(&convergence);
	char ended[SNET__TIME_MAX], until[SNET__TIME_MAX];
	int r;

	(void)opts;
	if (unhealed)
		return snet__judgement_set(
			result, SNET_VERDICT_UNTRUSTED, err,
			"fault '%s' has not healed: nothing can be said", unhealed->name);
	/* With nothing under way nothing can change any more. */
	if (history->ended_ns < convergence.until_ns && has_open(history))
		return snet__judgement_set(
			result, SNET_VERDICT_UNTRUSTED, err,
			"the run ended after %s, before all had to be at rest (%s)",
			snet__text_format_duration(ended, sizeof(ended),
						   history->ended_ns),
			snet__text_format_duration(until, sizeof(until),
						   convergence.until_ns));
	r = find_lasts(&convergence);
	if (r == 0)
		r = judge_events(&convergence);
	if (r == 0)
		r = judge_changes(&convergence);
	if (r == 0)
		r = judge_states(&convergence);
	return r < 0 ? snet__err_oom(err) : set_result(&convergence, err);
}

const struct snet__checker snet__check_convergence = {
	.name = "convergence",
	.help = "some time after the last fault has healed, everything is at rest as it "
		"was set",
	.is_timed = true,
	.prepare = prepare,
	.check = check,
};
