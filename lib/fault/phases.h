/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_PHASES_H
#define SNET_FAULT_PHASES_H

/* The parts of a run's time, cut by when its faults were in place, and which events an
 * expectation is about. */

#include "fault/verdict.h"

#define SNET__PHASE_COUNT (SNET__PHASE_AFTER + 1)

struct snet__phases {
	/* When some fault was in place: apart from each other, by time. */
	struct snet__phases_span {
		uint64_t begun_ns, healed_ns;
	} * spans;
	size_t span_count;
};

/* A fault that could not be put in place is none. -ENOMEM. */
int snet__phases_init(struct snet__phases *ret, const struct snet__history *history,
		      struct snet_err *err);
void snet__phases_clear(struct snet__phases *phases);

/* "all", "before", "during", "after" */
const char *snet__phase_name(enum snet__phase phase);
/* A run without faults is all before the first one; between two faults it is neither. */
bool snet__phases_has(const struct snet__phases *phases, enum snet__phase phase,
		      uint64_t at_ns);
/* When the last fault had healed; 0 without faults, SNET__NEVER when one has not. */
uint64_t snet__phases_healed_ns(const struct snet__phases *phases);

/* When @event was pressed, by whomever; when it was planned to be, if it was not; SNET__NEVER
 * when nothing is known. */
uint64_t snet__event_pressed_ns(const struct snet__history_event *event);
/* Whether @expectation is about @event, by its device and when it was pressed. */
bool snet__phases_has_event(const struct snet__phases *phases,
			    const struct snet__expectation *expectation,
			    const struct snet__history_event *event);
/* Whether @note is a press that its device refused, so that there is no event of it, and
 * @expectation is about it. */
bool snet__phases_has_refusal(const struct snet__phases *phases,
			      const struct snet__expectation *expectation,
			      const struct snet__history_note *note);
/* Whether @node is one of the nodes of @expectation. */
bool snet__expectation_has_node(const struct snet__expectation *expectation,
				const char *node);

/* The smallest of @sorted that at least the share @quantile of them does not exceed. Source: the
 * nearest-rank method; nothing is invented between what was measured. SNET__NEVER for none. */
uint64_t snet__quantile(const uint64_t *sorted, size_t count, double quantile);
/* How many values make @quantile differ from the maximum. */
size_t snet__quantile_need(double quantile);
void snet__sort_times(uint64_t *times, size_t count);
/* How many of @sorted are not later than @at_ns. */
size_t snet__count_until(const uint64_t *sorted, size_t count, uint64_t at_ns);

#endif
