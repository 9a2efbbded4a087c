/* SPDX-License-Identifier: MIT */
/* The timeline stays what it is, so that each fault keeps its number, and with it its stream of
 * random numbers; only what it begins by is another. The schedule reads the history. */

#include "fault/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/schedule.h"
#include "topo/problems.h"

static int set_workload(struct snet__scenario *scenario, struct snet_err *err)
{
	int r = snet__vec_reserve(&scenario->workload, &scenario->workload_cap, 1,
				  sizeof(*scenario->workload), err);

	if (r < 0)
		return r;
	scenario->workload[0] = (struct snet__workload){
		.rhythm = SNET__RHYTHM_RECORDED,
		.burst = 1,
		.until_ns = SNET__NEVER,
		.recorded = strdup(scenario->recorded),
	};
	scenario->workload_count = 1;
	return scenario->workload[0].recorded ? 0 : snet__err_oom(err);
}

/* It was read already, for its seed: what does not fit is said before anything is brought up. That of
 * its presses the schedule's check says. */
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
	ret->is_of_run = true;
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
	if (r == 0)
		r = set_workload(ret, err);
	if (r == 0)
		r = snet__schedule_check(ret, &problems, err);
	snet__problems_clear(&problems);
	return r;
}
