/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CHECK_BED_H
#define TESTS_CHECK_BED_H

/* A history made by hand, and the judgement of one checker about it. All times are milliseconds;
 * what fails ends the test. */

#include "fault/verdict.h"

#define BED_MS 1000000ull

struct check_bed {
	struct snet__history
		history; /* of a run that ended at 10 s, its workload at 5 s */
	struct snet__expectation expectation;
	struct snet__judgement result;
	struct snet_err err;
};

void bed_new(struct check_bed *bed);
void bed_free(struct check_bed *bed);

/* Given to the device, which knows a millisecond later that its relayer has it. */
struct snet__history_event *bed_press(struct check_bed *bed, const char *id,
				      const char *node, uint64_t at);
/* The same, and done. */
struct snet__history_event *bed_done(struct check_bed *bed, const char *id,
				     const char *node, uint64_t at, uint64_t ended);
/* @id: "EVENT.LEG.INDEX" */
struct snet__history_command *bed_command(struct check_bed *bed, const char *node,
					  const char *id, const char *state, uint64_t at);
void bed_state(struct check_bed *bed, const char *node, const char *state, uint64_t at);
/* @healed: 0 for never. */
struct snet__history_fault *bed_fault(struct check_bed *bed, const char *name,
				      uint64_t begun, uint64_t healed);
/* The trace of an event; times of @steps are milliseconds. */
void bed_trace(struct check_bed *bed, const char *id, enum snet_outcome outcome,
	       const struct snet_step *steps, size_t count);
#define BED_TRACE(bed, id, outcome, ...)                               \
	bed_trace(bed, id, outcome, (struct snet_step[]){__VA_ARGS__}, \
		  sizeof((struct snet_step[]){__VA_ARGS__}) / sizeof(struct snet_step))

/* Prepared, and judged: the verdict's name. The result is in the bed until the next. */
const char *bed_check(struct check_bed *bed, const char *checker);
/* The finding with that index: "lost: event sw0-1 was ..."; "" when there are not so many. Valid
 * until the next call. */
const char *bed_finding(const struct check_bed *bed, size_t index);
double bed_measure(const struct check_bed *bed, const char *name);

#endif
