/* SPDX-License-Identifier: MIT */
#include "fault/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "topo/impairment.h"

void snet__set_clear(struct snet__set *set)
{
	free(set->items);
	*set = (struct snet__set){0};
}

bool snet__set_has(const struct snet__set *set, size_t item)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->items[middle] == item)
			return true;
		if (set->items[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void snet__workload_clear(struct snet__workload *workload)
{
	snet__set_clear(&workload->nodes);
	free(workload->times);
	free(workload->data);
	free(workload->values);
	free(workload->recorded);
}

void snet__fault_clear(struct snet__fault *fault)
{
	snet__set_clear(&fault->nodes);
	snet__set_clear(&fault->links);
	for (size_t i = 0; i < fault->group_count; i++)
		snet__set_clear(&fault->groups[i]);
	free(fault->groups);
	snet__impairment_clear(&fault->set);
	free(fault->given);
	free(fault->name);
	free(fault->after);
	free(fault->filter);
	free(fault->function);
	free(fault->path);
	free(fault->variant);
}

void snet__scenario_init(struct snet__scenario *scenario)
{
	*scenario = (struct snet__scenario){
		.duration_ns = 10 * SNET__NS_PER_S,
		.settle_ns = 30 * SNET__NS_PER_S,
		.until_count = 1,
	};
	snet__model_init(&scenario->model);
}

void snet__scenario_clear(struct snet__scenario *scenario)
{
	for (size_t i = 0; i < scenario->workload_count; i++)
		snet__workload_clear(&scenario->workload[i]);
	for (size_t i = 0; i < scenario->fault_count; i++)
		snet__fault_clear(&scenario->faults[i]);
	for (size_t i = 0; i < scenario->expectation_count; i++)
		snet__expectation_clear(&scenario->expectations[i]);
	free(scenario->workload);
	free(scenario->faults);
	free(scenario->expectations);
	free(scenario->name);
	free(scenario->description);
	free(scenario->lab);
	free(scenario->path);
	free(scenario->text);
	free(scenario->recorded);
	free(scenario->folder);
	free(scenario->until);
	snet__problems_clear(&scenario->warnings);
	snet__model_clear(&scenario->model);
}

bool snet__fault_may_be_late(const struct snet__scenario *scenario,
			     const struct snet__fault *fault)
{
	if (!scenario->waits_for_steps)
		return false;
	while (fault->trigger == SNET__TRIGGER_FAULT) {
		size_t i = 0;

		while (strcmp(scenario->faults[i].name, fault->after) != 0)
			i++;
		fault = &scenario->faults[i];
	}
	return fault->trigger == SNET__TRIGGER_STEP ||
	       fault->trigger == SNET__TRIGGER_RECORDED;
}
