/* SPDX-License-Identifier: MIT */
/* Phases of a run, the times of presses, quantiles. */

#include "fault/phases.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A share times a count is rarely the whole number that it should be. */
#define ROUNDING 1e-6

static int compare_spans(const void *a, const void *b)
{
	const struct snet__phases_span *left = a, *right = b;

	return (left->begun_ns > right->begun_ns) - (left->begun_ns < right->begun_ns);
}

/* Join those that overlap or touch. */
static void merge_spans(struct snet__phases *phases)
{
	struct snet__phases_span *last = phases->spans;

	if (!phases->span_count)
		return;
	for (size_t i = 1; i < phases->span_count; i++) {
		const struct snet__phases_span *span = &phases->spans[i];

		if (span->begun_ns > last->healed_ns)
			*++last = *span;
		else if (span->healed_ns > last->healed_ns)
			last->healed_ns = span->healed_ns;
	}
	phases->span_count = (size_t)(last - phases->spans) + 1;
}

int snet__phases_init(struct snet__phases *ret, const struct snet__history *history,
		      struct snet_err *err)
{
	struct snet__phases phases = {0};

	phases.spans = calloc(history->faults_count + 1, sizeof(*phases.spans));
	if (!phases.spans)
		return snet__err_oom(err);
	for (size_t i = 0; i < history->faults_count; i++) {
		const struct snet__history_fault *fault = &history->faults[i];

		if (fault->begun_ns != SNET__NEVER)
			phases.spans[phases.span_count++] =
				(struct snet__phases_span){fault->begun_ns,
							   fault->healed_ns};
	}
	qsort(phases.spans, phases.span_count, sizeof(*phases.spans), compare_spans);
	merge_spans(&phases);
	*ret = phases;
	return 0;
}

void snet__phases_clear(struct snet__phases *phases)
{
	free(phases->spans);
	*phases = (struct snet__phases){0};
}

const char *snet__phase_name(enum snet__phase phase)
{
	static const char *const names[] = {
		[SNET__PHASE_ALL] = "all",
		[SNET__PHASE_BEFORE] = "before",
		[SNET__PHASE_DURING] = "during",
		[SNET__PHASE_AFTER] = "after",
	};

	return names[phase];
}

uint64_t snet__phases_healed_ns(const struct snet__phases *phases)
{
	return phases->span_count ? phases->spans[phases->span_count - 1].healed_ns : 0;
}

/* Whether some fault was in place, from when it was until it had gone. */
static bool is_during(const struct snet__phases *phases, uint64_t at_ns)
{
	size_t low = 0, high = phases->span_count;

	/* The first that begins behind @at_ns. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (phases->spans[middle].begun_ns <= at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low && at_ns < phases->spans[low - 1].healed_ns;
}

bool snet__phases_has(const struct snet__phases *phases, enum snet__phase phase,
		      uint64_t at_ns)
{
	if (at_ns == SNET__NEVER)
		return phase == SNET__PHASE_ALL;
	switch (phase) {
	case SNET__PHASE_BEFORE:
		return !phases->span_count || at_ns < phases->spans[0].begun_ns;
	case SNET__PHASE_DURING:
		return is_during(phases, at_ns);
	case SNET__PHASE_AFTER:
		return phases->span_count && at_ns >= snet__phases_healed_ns(phases);
	default:
		return true;
	}
}

uint64_t snet__event_pressed_ns(const struct snet__history_event *event)
{
	if (event->pressed_ns != SNET__NEVER)
		return event->pressed_ns;
	return event->step_count ? event->steps[0].at_ns : event->planned_ns;
}

bool snet__expectation_has_node(const struct snet__expectation *expectation,
				const char *node)
{
	return !expectation->nodes || (node && fnmatch(expectation->nodes, node, 0) == 0);
}

bool snet__phases_has_event(const struct snet__phases *phases,
			    const struct snet__expectation *expectation,
			    const struct snet__history_event *event)
{
	return snet__phases_has(phases, expectation->phase,
				snet__event_pressed_ns(event)) &&
	       snet__expectation_has_node(expectation, event->node);
}

bool snet__phases_has_refusal(const struct snet__phases *phases,
			      const struct snet__expectation *expectation,
			      const struct snet__history_note *note)
{
	return snet__history_is_refusal(note) &&
	       snet__phases_has(phases, expectation->phase, note->at_ns) &&
	       snet__expectation_has_node(expectation, note->node);
}

uint64_t snet__quantile(const uint64_t *sorted, size_t count, double quantile)
{
	double rank = ceil(quantile * (double)count - ROUNDING);

	if (!count)
		return SNET__NEVER;
	return sorted[rank < 1 ? 0 : rank > (double)count ? count - 1 : (size_t)rank - 1];
}

size_t snet__quantile_need(double quantile)
{
	return quantile < 1 ? (size_t)ceil(1 / (1 - quantile) - ROUNDING) : 1;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

void snet__sort_times(uint64_t *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare_times);
}

size_t snet__count_until(const uint64_t *sorted, size_t count, uint64_t at_ns)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sorted[middle] <= at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
