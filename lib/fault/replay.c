/* SPDX-License-Identifier: MIT */
/* The timeline stays what it is, so that each fault keeps its number, and with it its stream of
 * random numbers; only what it begins by is another. The schedule reads the history. */

#include "fault/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "topo/problems.h"

static int set_workload(struct snet__scenario *scenario, struct snet_err *err)
{
	struct snet__workload all = {
		.rhythm = SNET__RHYTHM_RECORDED,
		.burst = 1,
		.until_ns = SNET__NEVER,
		.recorded = strdup(scenario->recorded),
	};
	int r = all.recorded ? 0 : snet__err_oom(err);

	if (r == 0)
		r = snet__vec_reserve(&scenario->workload, &scenario->workload_cap, 1,
				      sizeof(all), err);
	if (r < 0) {
		snet__workload_clear(&all);
		return r;
	}
	for (size_t i = 0; i < scenario->workload_count; i++)
		snet__workload_clear(&scenario->workload[i]);
	scenario->workload[0] = all;
	scenario->workload_count = 1;
	return 0;
}

/* It was read already, for its seed: what does not fit is said before anything is brought up. */
static int check_history(const struct snet__scenario *scenario,
			 const struct snet__history *history, struct snet_err *err)
{
	for (size_t i = 0; i < history->faults_count; i++) {
		const struct snet__history_fault *fault = &history->faults[i];

		if (fault->entry >= scenario->fault_count ||
		    strcmp(scenario->faults[fault->entry].name, fault->name) != 0)
			return snet__err_set(err, -EINVAL,
					     "'%s' has a fault '%s', which is not "
					     "timeline[%u] of the scenario",
					     scenario->recorded, fault->name,
					     fault->entry);
	}
	for (size_t i = 0; i < history->events_count; i++)
		if (history->events[i].planned_ns != SNET__NEVER &&
		    !snet__model_find_node(&scenario->model, history->events[i].node))
			return snet__err_set(err, -EINVAL,
					     "'%s' has presses of '%s', which is no node "
					     "of the lab",
					     scenario->recorded, history->events[i].node);
	return 0;
}

int snet__replay_load(struct snet__scenario *ret, const char *folder,
		      struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/scenario.json", folder);
	autofree char *recorded = snet__text_format("%s/history.jsonl", folder);
	struct snet__history history = {0};
	struct snet__problems problems = {0};
	int r;

	if (!path || !recorded)
		return snet__err_oom(err);
	r = snet__scenario_load(ret, path, &problems, err);
	snet__problems_clear(&problems);
	if (r < 0)
		return r;
	ret->recorded = realpath(recorded, NULL);
	if (!ret->recorded)
		return snet__err_sys(err, -errno, "cannot open '%s'", recorded);
	r = snet__history_read(&history, ret->recorded, err);
	if (r == 0)
		r = check_history(ret, &history, err);
	ret->has_seed = true;
	ret->seed = history.seed;
	snet__history_clear(&history);
	for (size_t i = 0; i < ret->fault_count; i++)
		ret->faults[i].trigger = SNET__TRIGGER_RECORDED;
	return r < 0 ? r : set_workload(ret, err);
}
