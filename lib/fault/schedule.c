/* SPDX-License-Identifier: MIT */
/* Each entry of a scenario has a stream of random numbers of its own, so that one more of them
 * changes nothing of what the others do. */

#include "fault/schedule.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "io/json.h"
#include "topo/problems.h"

struct planner {
	struct snet__schedule *schedule;
	const struct snet__scenario *scenario;
	const struct snet__workload *workload; /* that is planned now */
	/* What its presses carry in turns; behind them the same for sensors. */
	const char **texts;
	size_t text_count;
	uint32_t *turns; /* of each of its nodes */
	size_t presses;
	bool is_dry;                     /* presses are only counted */
	struct snet__problems *warnings; /* NULL: nobody is warned */
	const char *list; /* NULL, or of this the entry that is planned now */
	size_t index;
	struct snet_err *err;
};

static int add(struct snet__schedule *schedule, const struct snet__action *action,
	       struct snet_err *err)
{
	int r;

	schedule->fault_actions += action->deed != SNET__DEED_PRESS;
	if (schedule->fault_actions > SNET__FAULT_ACTIONS_MAX)
		return snet__err_set(err, -E2BIG,
				     "the timeline begins and ends faults over %d times",
				     SNET__FAULT_ACTIONS_MAX);
	r = snet__vec_reserve(&schedule->actions, &schedule->cap, schedule->count + 1,
			      sizeof(*schedule->actions), err);
	if (r < 0)
		return r;
	schedule->actions[schedule->count] = *action;
	schedule->actions[schedule->count].order = (uint32_t)schedule->count;
	schedule->count++;
	return 0;
}

static int compare_actions(const void *a, const void *b)
{
	const struct snet__action *left = a, *right = b;

	if (left->at_ns != right->at_ns)
		return left->at_ns < right->at_ns ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static void sort(struct snet__schedule *schedule)
{
	if (schedule->count)
		qsort(schedule->actions, schedule->count, sizeof(*schedule->actions),
		      compare_actions);
}

static void seed_stream(struct snet__random *random, uint64_t seed, const char *of,
			size_t index)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "scenario/%s/%zu", of, index);
	snet__random_seed(random, seed, name);
}

/* ---- Presses. */

/* Of the node at @place of the workload's. */
static int press(struct planner *planner, size_t place, uint64_t at_ns)
{
	const struct snet__workload *workload = planner->workload;
	const struct snet__model_node *node =
		planner->scenario->model.nodes[workload->nodes.items[place]];
	const char **texts = planner->texts;
	struct snet__action action = {
		.at_ns = at_ns,
		.deed = SNET__DEED_PRESS,
		.index = (uint32_t)workload->nodes.items[place],
	};
	int r = 0;

	planner->presses += workload->burst;
	if (planner->presses > SNET__PRESSES_MAX)
		return snet__err_set(planner->err, -E2BIG,
				     "the workload has over %d presses",
				     SNET__PRESSES_MAX);
	if (strcmp(node->kind, "sensor") == 0)
		texts += planner->text_count;
	for (unsigned int i = 0; i < workload->burst && !planner->is_dry && r == 0; i++) {
		if (planner->text_count)
			action.data =
				texts[planner->turns[place]++ % planner->text_count];
		r = add(planner->schedule, &action, planner->err);
	}
	return r;
}

static uint64_t end_of(const struct planner *planner)
{
	return planner->workload->until_ns < planner->scenario->duration_ns
		       ? planner->workload->until_ns
		       : planner->scenario->duration_ns;
}

static int plan_periodic(struct planner *planner, struct snet__random *random)
{
	const struct snet__workload *workload = planner->workload;
	size_t count = workload->nodes.count;
	uint64_t end_ns = end_of(planner);
	int r = 0;

	(void)random;
	for (size_t i = 0; i < count && r == 0; i++) {
		uint64_t at_ns = workload->from_ns + workload->every_ns * i / count;

		for (; at_ns < end_ns && r == 0; at_ns += workload->every_ns)
			r = press(planner, i, at_ns);
	}
	return r;
}

static int plan_poisson(struct planner *planner, struct snet__random *random)
{
	const struct snet__workload *workload = planner->workload;
	uint64_t end_ns = end_of(planner), at_ns = workload->from_ns;
	size_t place;
	int r = 0;

	while (r == 0) {
		at_ns += (uint64_t)(-log1p(-snet__random_unit(random)) *
				    (double)workload->every_ns);
		if (at_ns >= end_ns)
			break;
		place = (size_t)(snet__random_unit(random) *
				 (double)workload->nodes.count);
		r = press(planner, place, at_ns);
	}
	return r;
}

static int plan_times(struct planner *planner, struct snet__random *random)
{
	const struct snet__workload *workload = planner->workload;
	int r = 0;

	(void)random;
	for (size_t i = 0; i < workload->time_count; i++)
		for (size_t k = 0; k < workload->nodes.count && r == 0; k++)
			r = press(planner, k, workload->times[i]);
	return r;
}

static const char *keep_text(struct planner *planner, const char *text)
{
	struct snet__schedule *schedule = planner->schedule;
	char *copy;

	if (snet__vec_reserve(&schedule->texts, &schedule->text_cap,
			      schedule->text_count + 1, sizeof(*schedule->texts),
			      NULL) < 0)
		return NULL;
	copy = text ? strdup(text) : NULL;
	if (copy)
		schedule->texts[schedule->text_count++] = copy;
	return copy;
}

/* Sensors and programs send by themselves, and do so again; a button was pressed by somebody. */
static bool is_pressed_by_hand(const struct snet__model_node *node)
{
	return node && node->role == SNET__ROLE_DEVICE && !node->every_ns;
}

/* The presses of another run. */
struct replayed {
	size_t count, late;
	uint64_t last_ns;
};

static int replay_event(struct planner *planner, const struct snet__history_event *event,
			struct replayed *replayed)
{
	const struct snet__model_node *node =
		event->node
			? snet__model_find_node(&planner->scenario->model, event->node)
			: NULL;
	struct snet__action action = {.at_ns = event->planned_ns,
				      .deed = SNET__DEED_PRESS};

	if (action.at_ns == SNET__NEVER && is_pressed_by_hand(node))
		action.at_ns = event->pressed_ns;
	if (action.at_ns == SNET__NEVER)
		return 0;
	if (!node)
		return snet__err_set(
			planner->err, -EINVAL,
			"'%s' has presses of '%s', which is no node of the lab",
			planner->workload->recorded, event->node ? event->node : "");
	action.index = (uint32_t)node->index;
	replayed->count++;
	replayed->late += action.at_ns > planner->scenario->duration_ns;
	if (action.at_ns > replayed->last_ns)
		replayed->last_ns = action.at_ns;
	if (planner->is_dry)
		return 0;
	if (event->data) {
		action.data = keep_text(planner, event->data);
		if (!action.data)
			return snet__err_oom(planner->err);
	}
	return add(planner->schedule, &action, planner->err);
}

/* Who has recorded a longer run may not mean to cut it. */
static int warn_of_late(struct planner *planner, const struct replayed *replayed)
{
	uint64_t ms = (replayed->last_ns + SNET__NS_PER_MS - 1) / SNET__NS_PER_MS;
	char path[64];

	(void)snprintf(path, sizeof(path), "workload[%zu].recorded", planner->index);
	return snet__problems_addf(
		planner->warnings, planner->workload->line, planner->workload->column,
		path, planner->err,
		"%zu of its %zu presses come when the run has ended, and are left out: a "
		"'duration' of '%" PRIu64 ".%03us' has them all",
		replayed->late, replayed->count, ms / 1000, (unsigned int)(ms % 1000));
}

static int plan_recorded(struct planner *planner, struct snet__random *random)
{
	struct snet__history history = {0};
	struct replayed replayed = {0};
	int r;

	(void)random;
	r = snet__history_read(&history, planner->workload->recorded, planner->err);
	for (size_t i = 0; i < history.events_count && r == 0; i++)
		r = replay_event(planner, &history.events[i], &replayed);
	snet__history_clear(&history);
	return r == 0 && replayed.late && planner->warnings
		       ? warn_of_late(planner, &replayed)
		       : r;
}

/* What its presses carry, one after the other: of a sensor the values are measured, and sent as it
 * sends those of its own. */
static int find_texts(struct planner *planner)
{
	const struct snet__workload *workload = planner->workload;
	const struct snet__json *value;
	autojson *values = NULL;
	size_t count;
	int r;

	if (workload->data) {
		planner->texts[0] = planner->texts[1] = workload->data;
		planner->text_count = 1;
	}
	if (!workload->values)
		return 0;
	r = snet__json_parse(&values, workload->values, strlen(workload->values),
			     planner->err);
	if (r < 0)
		return r;
	count = snet__json_count(values);
	free(planner->texts);
	planner->texts = calloc(2 * count + 1, sizeof(*planner->texts));
	if (!planner->texts)
		return snet__err_oom(planner->err);
	value = snet__json_first(values);
	for (size_t i = 0; i < count; i++, value = snet__json_next(value)) {
		autofree char *text = snet__json_format(value);
		autofree char *measured =
			text ? snet__text_format("{\"value\":%s}", text) : NULL;

		planner->texts[i] = keep_text(planner, text);
		planner->texts[count + i] = keep_text(planner, measured);
		if (!planner->texts[i] || !planner->texts[count + i])
			return snet__err_oom(planner->err);
	}
	planner->text_count = count;
	return 0;
}

static int plan_workload(struct planner *planner, struct snet__random *random)
{
	static int (*const plans[])(struct planner * planner,
				    struct snet__random * random) = {
		[SNET__RHYTHM_EVERY] = plan_periodic,
		[SNET__RHYTHM_POISSON] = plan_poisson,
		[SNET__RHYTHM_AT] = plan_times,
		[SNET__RHYTHM_RECORDED] = plan_recorded,
	};
	int r;

	planner->texts = calloc(2, sizeof(*planner->texts));
	planner->text_count = 0;
	planner->turns =
		calloc(planner->workload->nodes.count + 1, sizeof(*planner->turns));
	r = planner->texts && planner->turns ? find_texts(planner)
					     : snet__err_oom(planner->err);
	if (r == 0)
		r = plans[planner->workload->rhythm](planner, random);
	free(planner->texts);
	free(planner->turns);
	return r;
}

/* ---- Faults. */

/* What goes on between its begin and its end. */
static int add_toggles(struct snet__schedule *schedule, const struct snet__fault *fault,
		       struct snet__action action, uint64_t end_ns, struct snet_err *err)
{
	bool is_on = true;
	int r = 0;

	while (r == 0) {
		action.at_ns += is_on ? fault->down_ns : fault->up_ns;
		is_on = !is_on;
		action.deed = is_on ? SNET__DEED_ON : SNET__DEED_OFF;
		if (action.at_ns >= end_ns)
			break;
		r = add(schedule, &action, err);
	}
	return r;
}

static uint32_t count_begins(const struct snet__schedule *schedule, size_t fault)
{
	uint32_t count = 0;

	for (size_t i = 0; i < schedule->count; i++)
		count += schedule->actions[i].deed == SNET__DEED_BEGIN &&
			 schedule->actions[i].index == fault;
	return count;
}

static int add_fault(struct snet__schedule *schedule,
		     const struct snet__scenario *scenario, size_t index, uint64_t at_ns,
		     struct snet_err *err)
{
	const struct snet__fault *fault = &scenario->faults[index];
	struct snet__action action = {
		.at_ns = at_ns,
		.deed = SNET__DEED_BEGIN,
		.index = (uint32_t)index,
		.occurrence = count_begins(schedule, index),
	};
	uint64_t end_ns =
		fault->for_ns == SNET__NEVER ? SNET__NEVER : at_ns + fault->for_ns;
	int r;

	r = add(schedule, &action, err);
	if (r == 0 && fault->down_ns)
		r = add_toggles(schedule, fault, action,
				end_ns < scenario->duration_ns ? end_ns
							       : scenario->duration_ns,
				err);
	action.deed = SNET__DEED_END;
	action.at_ns = end_ns;
	if (r == 0 && end_ns != SNET__NEVER)
		r = add(schedule, &action, err);
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++) {
		const struct snet__fault *other = &scenario->faults[i];

		if (other->trigger == SNET__TRIGGER_FAULT &&
		    strcmp(other->after, fault->name) == 0)
			r = add_fault(schedule, scenario, i,
				      (other->is_after_end ? end_ns : at_ns) +
					      other->at_ns,
				      err);
	}
	return r;
}

static int plan_fault(struct snet__schedule *schedule,
		      const struct snet__scenario *scenario, size_t index,
		      struct snet__random *random, struct snet_err *err)
{
	const struct snet__fault *fault = &scenario->faults[index];
	uint64_t at_ns = fault->at_ns, room_ns;
	int r;

	if (fault->trigger == SNET__TRIGGER_RANDOM) {
		room_ns = fault->between_ns[1] - fault->between_ns[0];
		at_ns = fault->between_ns[0] +
			(uint64_t)(snet__random_unit(random) * (double)room_ns);
	}
	r = add_fault(schedule, scenario, index, at_ns, err);
	if (!fault->every_ns)
		return r;
	for (at_ns += fault->every_ns; at_ns < scenario->duration_ns && r == 0;
	     at_ns += fault->every_ns)
		r = add_fault(schedule, scenario, index, at_ns, err);
	return r;
}

/* Each at its time and for as long as it was to be; what had waited for something in vain did not
 * begin. */
static int plan_recorded_faults(struct snet__schedule *schedule,
				const struct snet__scenario *scenario,
				struct snet_err *err)
{
	struct snet__history history = {0};
	int r;

	r = snet__history_read(&history, scenario->recorded, err);
	for (size_t i = 0; i < history.faults_count && r == 0; i++) {
		const struct snet__history_fault *fault = &history.faults[i];

		/* An event had ended the run before. */
		if (fault->begun_ns == SNET__NEVER &&
		    fault->planned_ns > history.workload_end_ns)
			continue;
		if (fault->planned_ns != SNET__NEVER &&
		    fault->entry < scenario->fault_count)
			r = add_fault(schedule, scenario, fault->entry, fault->planned_ns,
				      err);
	}
	snet__history_clear(&history);
	return r;
}

static int plan_all(struct planner *planner, uint64_t seed)
{
	const struct snet__scenario *scenario = planner->scenario;
	struct snet__random random;
	int r = 0;

	/* Faults first: at the same time they are in place before a press. */
	planner->list = "timeline";
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++) {
		enum snet__trigger trigger = scenario->faults[i].trigger;

		planner->index = i;
		seed_stream(&random, seed, "timeline", i);
		if (trigger == SNET__TRIGGER_AT || trigger == SNET__TRIGGER_RANDOM)
			r = plan_fault(planner->schedule, scenario, i, &random,
				       planner->err);
	}
	if (r < 0)
		return r;
	planner->list = NULL;
	if (scenario->recorded)
		r = plan_recorded_faults(planner->schedule, scenario, planner->err);
	if (r < 0)
		return r;
	planner->list = "workload";
	for (size_t i = 0; i < scenario->workload_count && r == 0; i++) {
		planner->index = i;
		seed_stream(&random, seed, "workload", i);
		planner->workload = &scenario->workload[i];
		r = plan_workload(planner, &random);
	}
	return r;
}

int snet__schedule_plan(struct snet__schedule *schedule,
			const struct snet__scenario *scenario, uint64_t seed,
			struct snet_err *err)
{
	struct planner planner = {.schedule = schedule, .scenario = scenario, .err = err};
	int r = plan_all(&planner, seed);

	if (r < 0)
		return planner.list ? snet__err_prefix(err, r, "%s[%zu]", planner.list,
						       planner.index)
				    : r;
	sort(schedule);
	return 0;
}

int snet__schedule_check(struct snet__scenario *scenario, struct snet__problems *problems,
			 struct snet_err *err)
{
	cleanup_with(snet__schedule_clear) struct snet__schedule schedule = {0};
	struct snet_err why = {0};
	struct planner planner = {.schedule = &schedule,
				  .scenario = scenario,
				  .err = &why,
				  .is_dry = true,
				  .warnings = &scenario->warnings};
	unsigned int line, column;
	char path[64];
	int r;

	snet__problems_clear(&scenario->warnings);
	r = plan_all(&planner, scenario->seed);
	if (r == -ENOMEM)
		return snet__err_oom(err);
	if (r == 0)
		return 0;
	if (!planner.list)
		return snet__err_set(err, r, "%s", why.msg);
	if (planner.workload) {
		line = planner.workload->line;
		column = planner.workload->column;
	} else {
		line = scenario->faults[planner.index].line;
		column = scenario->faults[planner.index].column;
	}
	(void)snprintf(path, sizeof(path), "%s[%zu]", planner.list, planner.index);
	r = snet__problems_addf(problems, line, column, path, err, "%s", why.msg);
	return r < 0 ? r : snet__problems_err(problems, NULL, err);
}

int snet__schedule_add_fault(struct snet__schedule *schedule,
			     const struct snet__scenario *scenario, size_t fault,
			     uint64_t at_ns, struct snet_err *err)
{
	int r = add_fault(schedule, scenario, fault, at_ns, err);

	sort(schedule);
	return r;
}

void snet__schedule_clear(struct snet__schedule *schedule)
{
	for (size_t i = 0; i < schedule->text_count; i++)
		free(schedule->texts[i]);
	free(schedule->texts);
	free(schedule->actions);
	*schedule = (struct snet__schedule){0};
}
