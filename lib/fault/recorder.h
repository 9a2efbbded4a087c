/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RECORDER_H
#define SNET_FAULT_RECORDER_H

/* Watches a lab and writes down what happens: on the lab's thread, while the run's own thread adds
 * what it does. The lock is between the two. */

#include "fault/schedule.h"
#include "lab/lab.h"

struct snet__recorder {
	struct snet__observer observer; /* first: a callback gets this pointer */
	struct snet_lab *lab;
	struct snet__history *history;
	const struct snet__scenario *scenario;
	uint64_t began_ns;
	bool is_observing;

	pthread_mutex_t lock; /* guards the history, and: */
	pthread_cond_t changed;
	size_t open_count; /* events that are under way */
	/* Of each fault of the scenario: how many events have come to its step. */
	unsigned int *reached;
	size_t *due; /* faults whose step has come */
	size_t due_count;
	uint64_t due_ns; /* when that of the first was */
	/* Optional: one whose step has come, on the lab's thread, before what follows from the step is
	 * sent. */
	void (*on_due)(void *user, size_t fault, uint64_t at_ns);
	void *user;
	size_t *fresh; /* of these, those that it has not been told */
	size_t fresh_count;
	unsigned int until_reached; /* events that have come to the scenario's "until" */
	uint64_t
		until_ns; /* when that was the one that ends the run; SNET__NEVER: not yet */
	bool is_until_known; /* to the run's thread, or it does not matter to it any more */
	bool has_no_memory;
	bool is_gone; /* somebody else has taken the lab down */
};

/* With the lab up; @history is filled from snet__recorder_start() on, whose moment is its time 0. */
int snet__recorder_init(struct snet__recorder *recorder, struct snet_lab *lab,
			const struct snet__scenario *scenario,
			struct snet__history *history, struct snet_err *err);
int snet__recorder_start(struct snet__recorder *recorder, struct snet_err *err);
/* The traces of what is under way are read first. */
void snet__recorder_stop(struct snet__recorder *recorder);
/* Also of one that is zeroed. */
void snet__recorder_clear(struct snet__recorder *recorder);

/* Carry out a press. One that its device refuses is part of the history. */
int snet__recorder_press(struct snet__recorder *recorder,
			 const struct snet__action *action, struct snet_err *err);
/* Sleep until @until_ns of the run's time, or until a fault, or the run's end, is due by a step. */
void snet__recorder_sleep(struct snet__recorder *recorder, uint64_t until_ns);
bool snet__recorder_has_due(struct snet__recorder *recorder);
/* Whether, since this was asked last, the event has come that ends the run, and when. */
bool snet__recorder_take_until(struct snet__recorder *recorder, uint64_t *ret_at_ns);
/* The next fault that is due by a step, and when that was; false for none. */
bool snet__recorder_take_due(struct snet__recorder *recorder, size_t *ret_fault,
			     uint64_t *ret_at_ns);
/* No fault begins by its step any more, nor does the run end by one. */
void snet__recorder_forget_due(struct snet__recorder *recorder);
/* Sleep until nothing is under way any more, at most until @until_ns: whether it is so. */
bool snet__recorder_settle(struct snet__recorder *recorder, uint64_t until_ns);
/* The run's time. */
uint64_t snet__recorder_now(const struct snet__recorder *recorder);
void snet__recorder_lock(struct snet__recorder *recorder);
void snet__recorder_unlock(struct snet__recorder *recorder);

#endif
