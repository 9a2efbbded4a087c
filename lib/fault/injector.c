/* SPDX-License-Identifier: MIT */
#include "fault/injector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/overlay.h"

static struct snet__history_fault *record_of(const struct snet__injector *injector,
					     const struct snet__injected *injected)
{
	return &injector->recorder->history->faults[injected->record];
}

static void free_injected(struct snet__injected *injected)
{
	struct snet__injection *injection = &injected->injection;

	if (injection->state && injection->fault->kind->clear)
		injection->fault->kind->clear(injection);
	free(injection->state);
	free(injected);
}

/* "cloud-s1", "cloud-s1 and 3 more" */
static char *name_targets(const struct snet__scenario *scenario,
			  const struct snet__fault *fault)
{
	const struct snet__set *set = fault->links.count ? &fault->links : &fault->nodes;
	const struct snet__model *model = &scenario->model;
	const char *first;

	if (fault->group_count)
		return snet__text_format("%zu groups", fault->group_count);
	if (!set->count)
		return snet__text_format("%s", fault->function ? fault->function : "");
	first = fault->links.count ? model->links[set->items[0]]->name
				   : model->nodes[set->items[0]]->name;
	return set->count == 1
		       ? snet__text_format("%s", first)
		       : snet__text_format("%s and %zu more", first, set->count - 1);
}

static int add_record(struct snet__injector *injector, struct snet__injected *injected,
		      const struct snet__action *action, struct snet_err *err)
{
	const struct snet__fault *fault = injected->injection.fault;
	struct snet__history *history = injector->recorder->history;
	autofree char *targets =
		name_targets(injected->injection.scenario, injected->injection.fault);
	autofree char *what =
		targets ? snet__text_format("%s %s", fault->kind->name, targets) : NULL;
	struct snet__history_fault *record;

	snet__recorder_lock(injector->recorder);
	record = what ? snet__history_add_fault(history) : NULL;
	if (record) {
		injected->record = (size_t)(record - history->faults);
		record->name = snet__history_word(history, fault->name);
		record->kind = fault->kind->name; /* a literal */
		record->what = snet__history_word(history, what);
		record->entry = action->index;
		record->occurrence = action->occurrence;
		record->is_optional = fault->is_optional;
		record->planned_ns = action->at_ns;
		if (fault->for_ns != SNET__NEVER && action->at_ns != SNET__NEVER)
			record->planned_end_ns = action->at_ns + fault->for_ns;
	}
	snet__recorder_unlock(injector->recorder);
	return record ? 0 : snet__err_oom(err);
}

static int prepare(struct snet__injector *injector, const struct snet__action *action,
		   struct snet_err *err)
{
	const struct snet__scenario *scenario = injector->recorder->scenario;
	const struct snet__fault *fault = &scenario->faults[action->index];
	struct snet__injected *injected;
	char stream[64];
	int r;

	r = snet__vec_reserve(&injector->items, &injector->cap, injector->count + 1,
			      sizeof(struct snet__injected *), err);
	if (r < 0)
		return r;
	injected = calloc(1, sizeof(*injected));
	if (!injected)
		return snet__err_oom(err);
	injector->items[injector->count++] = injected;
	injected->injection = (struct snet__injection){
		.scenario = scenario,
		.fault = fault,
		.lab = injector->recorder->lab,
		.overlays = injector->overlays,
		.state = calloc(1, fault->kind->state_size + 1),
	};
	(void)snprintf(stream, sizeof(stream), "scenario/fault/%u/%u", action->index,
		       action->occurrence);
	snet__random_seed(&injected->injection.random, injector->seed, stream);
	r = injected->injection.state ? add_record(injector, injected, action, err)
				      : snet__err_oom(err);
	if (r == 0 && fault->kind->prepare)
		r = fault->kind->prepare(&injected->injection, err);
	return r < 0 ? snet__err_prefix(err, r, "fault '%s'", fault->name) : 0;
}

static struct snet__injected *find(const struct snet__injector *injector,
				   const struct snet__action *action)
{
	for (size_t i = 0; i < injector->count; i++) {
		const struct snet__history_fault *record =
			record_of(injector, injector->items[i]);

		if (record->entry == action->index &&
		    record->occurrence == action->occurrence)
			return injector->items[i];
	}
	return NULL;
}

/* At last, for what it waits for may wait itself. */
static bool waits_for_step(const struct snet__scenario *scenario,
			   const struct snet__fault *fault)
{
	while (fault->trigger == SNET__TRIGGER_FAULT) {
		size_t i = 0;

		while (strcmp(scenario->faults[i].name, fault->after) != 0)
			i++;
		fault = &scenario->faults[i];
	}
	return fault->trigger == SNET__TRIGGER_STEP;
}

static void note_failure(struct snet__injector *injector,
			 const struct snet__injected *injected, const char *what,
			 const struct snet_err *why)
{
	struct snet__history *history = injector->recorder->history;
	autofree char *text = snet__text_format("%s: %s", what, why->msg);

	snet__recorder_lock(injector->recorder);
	record_of(injector, injected)->failure =
		snet__history_text(history, text ? text : what);
	snet__recorder_unlock(injector->recorder);
}

static void begin(struct snet__injector *injector, struct snet__injected *injected)
{
	struct snet__injection *injection = &injected->injection;
	struct snet_err err = {0};
	uint64_t now_ns;
	int r;

	/* At its step, before it came into the schedule. */
	if (injected->has_begun)
		return;
	injected->has_begun = true;
	r = injection->fault->kind->begin(injection, &err);
	now_ns = snet__recorder_now(injector->recorder);
	if (r < 0)
		note_failure(injector, injected, "it could not begin", &err);
	snet__recorder_lock(injector->recorder);
	if (r == 0)
		record_of(injector, injected)->begun_ns = now_ns;
	snet__recorder_unlock(injector->recorder);
}

/* Of one that has waited: it is planned now, by whichever thread comes first. */
static void set_planned(struct snet__injector *injector,
			const struct snet__injected *injected,
			const struct snet__action *action)
{
	const struct snet__fault *fault = injected->injection.fault;
	struct snet__history_fault *record = record_of(injector, injected);

	snet__recorder_lock(injector->recorder);
	if (record->planned_ns == SNET__NEVER)
		record->planned_ns = action->at_ns;
	if (record->planned_end_ns == SNET__NEVER && fault->for_ns != SNET__NEVER)
		record->planned_end_ns = record->planned_ns + fault->for_ns;
	snet__recorder_unlock(injector->recorder);
}

/* On the lab's thread. One that is to begin later does so by the schedule. */
static void on_due(void *user, size_t fault, uint64_t at_ns)
{
	struct snet__injector *injector = user;
	const struct snet__action action = {.at_ns = at_ns, .index = (uint32_t)fault};
	struct snet__injected *injected = find(injector, &action);

	if (!injected || injected->injection.fault->at_ns)
		return;
	set_planned(injector, injected, &action);
	begin(injector, injected);
}

static int end(struct snet__injector *injector, struct snet__injected *injected,
	       struct snet_err *err)
{
	struct snet__injection *injection = &injected->injection;
	uint64_t now_ns;
	int r;

	if (!injected->has_begun || injected->has_ended)
		return 0;
	injected->has_ended = true;
	r = injection->fault->kind->end(injection, err);
	now_ns = snet__recorder_now(injector->recorder);
	if (r < 0)
		note_failure(injector, injected, "it did not heal", err);
	snet__recorder_lock(injector->recorder);
	if (r == 0)
		record_of(injector, injected)->healed_ns = now_ns;
	if (injector->recorder->history->healed_ns < now_ns)
		injector->recorder->history->healed_ns = now_ns;
	snet__recorder_unlock(injector->recorder);
	return r;
}

static void toggle(struct snet__injector *injector, struct snet__injected *injected,
		   bool on)
{
	struct snet__injection *injection = &injected->injection;
	struct snet_err err = {0};

	if (injected->has_begun && !injected->has_ended &&
	    injection->fault->kind->toggle(injection, on, &err) < 0)
		note_failure(injector, injected, "it could not go on", &err);
}

void snet__injector_do(struct snet__injector *injector, const struct snet__action *action)
{
	struct snet__injected *injected = find(injector, action);
	struct snet_err err = {0};

	if (!injected)
		return;
	set_planned(injector, injected, action);
	if (action->deed == SNET__DEED_BEGIN)
		begin(injector, injected);
	else if (action->deed == SNET__DEED_END)
		(void)end(injector, injected, &err); /* it is in the history */
	else
		toggle(injector, injected, action->deed == SNET__DEED_ON);
}

int snet__injector_start(struct snet__injector *injector, struct snet__recorder *recorder,
			 const struct snet__schedule *schedule, uint64_t seed,
			 struct snet_err *err)
{
	const struct snet__scenario *scenario = recorder->scenario;
	struct snet__action action = {.at_ns = SNET__NEVER, .deed = SNET__DEED_BEGIN};
	int r;

	*injector = (struct snet__injector){.recorder = recorder, .seed = seed};
	recorder->on_due = on_due;
	recorder->user = injector;
	r = snet__overlays_new(&injector->overlays, recorder->lab, err);
	for (size_t i = 0; i < schedule->count && r == 0; i++)
		if (schedule->actions[i].deed == SNET__DEED_BEGIN)
			r = prepare(injector, &schedule->actions[i], err);
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++) {
		action.index = (uint32_t)i;
		if (waits_for_step(scenario, &scenario->faults[i]))
			r = prepare(injector, &action, err);
	}
	return r;
}

static bool is_awaited(const struct snet__injected *injected)
{
	return !injected->has_ended &&
	       snet__fault_may_be_late(injected->injection.scenario,
				       injected->injection.fault);
}

bool snet__injector_awaits(const struct snet__injector *injector)
{
	for (size_t i = 0; i < injector->count; i++)
		if (is_awaited(injector->items[i]))
			return true;
	return false;
}

void snet__injector_end_planned(struct snet__injector *injector)
{
	struct snet_err err = {0};

	for (size_t i = injector->count; i-- > 0;)
		if (!is_awaited(injector->items[i]))
			(void)end(injector, injector->items[i],
				  &err); /* in the history */
}

/* The last that has begun is mended first. */
int snet__injector_heal(struct snet__injector *injector, struct snet_err *err)
{
	struct snet_err why = {0};
	int r = 0;

	for (size_t i = injector->count; i-- > 0;)
		if (end(injector, injector->items[i], &why) < 0 && r == 0)
			r = snet__err_set(err, -EIO, "fault '%s' did not heal: %s",
					  injector->items[i]->injection.fault->name,
					  why.msg);
	return r;
}

static void measure(struct snet__injector *injector, struct snet__injected *injected)
{
	struct snet__injection *injection = &injected->injection;
	struct snet__history_fault *record = record_of(injector, injected);
	struct snet__recorder *recorder = injector->recorder;
	struct snet__history *history = recorder->history;
	autojson *measures = snet__json_new_object();
	struct snet__effect effect = {.measures = measures};
	autofree char *text = NULL;

	if (!injected->has_begun || !injection->fault->kind->measure)
		return;
	injection->fault->kind->measure(injection, &effect);
	record->has_effect = effect.has_effect;
	if (effect.first_ns > recorder->began_ns)
		record->effect_ns = effect.first_ns - recorder->began_ns;
	/* Then it was in place, though what put it there had not returned. */
	if (record->begun_ns != SNET__NEVER && record->effect_ns < record->begun_ns)
		record->begun_ns = record->effect_ns;
	if (effect.last_ns > recorder->began_ns)
		record->effect_end_ns = effect.last_ns - recorder->began_ns;
	record->receipt = snet__history_text(history, effect.text);
	text = snet__json_format(measures);
	record->measures = snet__history_text(history, text);
}

void snet__injector_stop(struct snet__injector *injector)
{
	for (size_t i = 0; i < injector->count; i++) {
		snet__recorder_lock(injector->recorder);
		measure(injector, injector->items[i]);
		snet__recorder_unlock(injector->recorder);
		free_injected(injector->items[i]);
	}
	free(injector->items);
	snet__overlays_free(injector->overlays);
	*injector = (struct snet__injector){0};
}
