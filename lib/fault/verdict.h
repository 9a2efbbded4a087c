/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_VERDICT_H
#define SNET_FAULT_VERDICT_H

/* What is expected of a run, and whether it held. A checker judges one expectation by the history
 * alone: the same for a run that has just ended and for one that is read from its file. */

#include <snet/fault.h>

#include "base/vec.h"
#include "fault/history.h"
#include "io/json.h"

/* One thing that is not as it was expected. */
struct snet__finding {
	const char *
		what; /* "lost", "duplicated", "late", "reordered", "wrong actuator" ...; static */
	size_t event;     /* index in the history, SIZE_MAX: of no single event */
	const char *node; /* or NULL; the history's */
	uint64_t at_ns;   /* SNET__NEVER: of no time */
	char *text;       /* a sentence: "event sw0-1-7 was applied twice at a0" */
};

/* What a checker has found. */
struct snet__judgement {
	enum snet_verdict verdict;
	char *summary; /* a sentence with its numbers: "3 of 120 events lost (2.5 %), 0 allowed" */
	struct snet__json *measures; /* the numbers, an object; or NULL */
	struct snet__finding *findings;
	size_t finding_count, finding_cap;
	size_t beyond; /* findings that were not kept */
};
/* More than these are only counted. */
#define SNET__FINDINGS_MAX 10000
void snet__judgement_clear(struct snet__judgement *result);
__attribute__((format(printf, 6, 7))) int snet__judgement_add(
	struct snet__judgement *result, const char *what, size_t event, const char *node,
	uint64_t at_ns, const char *fmt, ...);
/* The verdict, and its summary. -ENOMEM. */
__attribute__((format(printf, 4, 5))) int snet__judgement_set(
	struct snet__judgement *result, enum snet_verdict verdict, struct snet_err *err,
	const char *fmt, ...);
/* A number among the measures, which are made with the first one; NAN is null. -ENOMEM. */
int snet__judgement_set_measure(struct snet__judgement *result, const char *name,
				double value, struct snet_err *err);

/* A part of the run's time that an expectation is about. */
enum snet__phase {
	SNET__PHASE_ALL,
	SNET__PHASE_BEFORE, /* before the first fault */
	SNET__PHASE_DURING, /* some fault was in place */
	SNET__PHASE_AFTER,  /* since the last one had healed */
};

/* An expectation, as read. Which members a checker has, its keys say. */
struct snet__expectation {
	const struct snet__checker *checker;
	char *name;  /* of it, or NULL: the checker's, and what distinguishes it */
	char *nodes; /* a glob of the events' devices or the actuators; NULL: all */
	enum snet__phase phase;
	unsigned int guarantee; /* delivery: 1 + index of snet__guarantees, 0: none */
	uint64_t within_ns;     /* SNET__NEVER: not given */
	double share;           /* of events; -1: not given */
	double quantile;        /* 0.99 */
	uint64_t below_ns;
	char *expression;
	char **command; /* NULL-terminated */
	char *cwd;      /* that it runs in, absolute; NULL: the process's own */
	bool is_ordered;
};
void snet__expectation_clear(struct snet__expectation *expectation);

/* "at-most-once", "at-least-once", "exactly-once"; NULL-terminated */
extern const char *const snet__guarantees[];

/* How a run is judged; NULL and zero are the defaults. */
struct snet__check_opts {
	const char *folder; /* of the run, where history.jsonl is; NULL: none */
	/* Asked before each check, and about ten times a second by one that takes its time. */
	bool (*is_cancelled)(void *user);
	void *user;
};
bool snet__check_is_cancelled(const struct snet__check_opts *opts);

/* A checker. Constant table; one file each, check_NAME.c. */
struct snet__checker {
	const char *name; /* stable: in scenario files */
	const char *help; /* one line */
	bool is_timed;    /* a machine that is too slow may violate it by itself */
	/* Optional. Give members that were not given their defaults; -EINVAL when one is missing, or
	 * means nothing here. */
	int (*prepare)(struct snet__expectation *expectation, struct snet_err *err);
	/* Fill a zeroed @result; what it has when it fails is cleared by the caller. -EINTR: it was
	 * cancelled. */
	int (*check)(const struct snet__expectation *expectation,
		     const struct snet__history *history,
		     const struct snet__check_opts *opts, struct snet__judgement *result,
		     struct snet_err *err);
};
/* NULL-terminated */
extern const struct snet__checker *const snet__checkers[];
const struct snet__checker *snet__checker_find(const char *name);

#endif
