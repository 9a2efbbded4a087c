/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_READER_H
#define SNET_FAULT_READER_H

/* How a scenario file is read: with the reader of lab files, which is inside this one. */

#include "fault/scenario.h"
#include "topo/reader.h"

struct snet__scenario_reader {
	struct snet__reader base; /* first: readers of values get this pointer */
	struct snet__scenario *scenario;
	const struct snet__json *sets; /* by name; or NULL */
	const char *checked_set;       /* the one that is looked at by itself, or NULL */
	bool are_sets_broken;          /* nothing more is said about what they name */
	bool is_lab_broken;            /* nothing is said about what is not in it */
};

static inline struct snet__scenario_reader *snet__scenario_reader_of(
	struct snet__reader *reader)
{
	return (struct snet__scenario_reader *)reader;
}

extern const struct snet__range snet__range_run, snet__range_number;

/* Whether an event comes to such a step. */
int snet__scenario_check_step(const char *text, struct snet_err *err);

/* Of the file itself, and for the test of the schema: each with all keys that it may have. */
extern const struct snet__keys snet__keys_scenario, snet__keys_workload,
	snet__keys_timeline, snet__keys_expect, snet__keys_after, snet__keys_until;

/* Readers of values: names, into struct snet__set. */
void snet__read_nodes_set(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into);
void snet__read_links_set(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into);

/* Each reads one entry of its list. */
void snet__scenario_read_workload(struct snet__reader *reader,
				  const struct snet__spot *spot,
				  const struct snet__json *json);
void snet__scenario_read_fault(struct snet__reader *reader, const struct snet__spot *spot,
			       const struct snet__json *json);
void snet__scenario_read_expectation(struct snet__reader *reader,
				     const struct snet__spot *spot,
				     const struct snet__json *json);
/* When all of them are there: what they say of each other. */
void snet__scenario_check_faults(struct snet__reader *reader,
				 const struct snet__json *timeline);

#endif
