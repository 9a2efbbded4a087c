/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_SCENARIO_H
#define SNET_FAULT_SCENARIO_H

/* A scenario as plain data: a lab, what is done in it, what is broken when, and what is expected.
 * No kernel, no privilege. Read by scenario_read.c, made into a plan by schedule.c, carried out by
 * runner.c. */

#include "fault/verdict.h"
#include "topo/model.h"

/* More than these nobody means. */
#define SNET__ENTRIES_MAX  10000
#define SNET__DURATION_MAX (24 * 3600 * SNET__NS_PER_S)

struct snet__fault_kind;

/* Nodes or links, by their number in the model, rising. */
struct snet__set {
	size_t *items;
	size_t count, cap;
};
void snet__set_clear(struct snet__set *set);
bool snet__set_has(const struct snet__set *set, size_t item);

/* When presses are made. */
enum snet__rhythm {
	SNET__RHYTHM_EVERY, /* each node once a period, spread over it */
	SNET__RHYTHM_POISSON, /* all nodes together, at random, with a mean time between two */
	SNET__RHYTHM_AT,      /* once at each of the times */
	SNET__RHYTHM_RECORDED, /* as in another run */
};

struct snet__workload {
	enum snet__rhythm rhythm;
	struct snet__set nodes;
	uint64_t every_ns; /* or the mean */
	uint64_t *times;   /* of SNET__RHYTHM_AT */
	size_t time_count, time_cap;
	unsigned int burst; /* presses each time; at least 1 */
	uint64_t from_ns, until_ns;
	char *data;     /* JSON of each press, or NULL: the node's own */
	char *values;   /* JSON array, whose items are taken in turns; or NULL */
	char *recorded; /* the path of a history */
	unsigned int line, column;
};

/* Of no trace, but like a step of one: a device of ours has obeyed a command, and does not have said so
 * yet. */
#define SNET__STEP_OBEYED "obeyed"

/* What makes a fault begin. */
enum snet__trigger {
	SNET__TRIGGER_AT,       /* once, and then each period, if there is one */
	SNET__TRIGGER_RANDOM,   /* at some time between two */
	SNET__TRIGGER_FAULT,    /* when another one begins, or ends */
	SNET__TRIGGER_STEP,     /* when the n-th event has come to a step of its trace */
	SNET__TRIGGER_RECORDED, /* as in another run */
};

/* An entry of the timeline. Which members a kind of fault has, its keys say. */
struct snet__fault {
	char *name; /* unique */
	const struct snet__fault_kind *kind;
	enum snet__trigger trigger;
	uint64_t at_ns;
	uint64_t every_ns; /* 0: once */
	uint64_t between_ns[2];
	char *after; /* the other fault, or the step */
	bool is_after_end;
	unsigned int after_count; /* which event, from 1 */
	uint64_t for_ns;          /* SNET__NEVER: until the run ends */
	bool is_optional;

	struct snet__set nodes, links;
	bool ways[2]; /* forth and back */
	struct snet_impairment
		set; /* by the keys in @given: see snet__impairment_key() */
	bool *given;
	struct snet__set *groups; /* of nodes */
	size_t group_count, group_cap;
	unsigned int shape; /* of a partition of @nodes: see fault_partition.c */
	bool is_one_way;    /* what the first group sends is lost, not the rest */
	char *filter;
	uint64_t first, count;   /* of packets, or calls */
	uint64_t down_ns, up_ns; /* of a flap */
	char *function;          /* NULL: all */
	uint64_t delay_ns, record_delay_ns;
	double share;      /* of calls; or of a processor */
	int64_t offset_ns; /* of a clock */
	char *path;
	uint64_t size_bytes;
	char *variant;
	unsigned int line, column;
};

struct snet__scenario {
	char *name;
	char *description;
	char *lab;    /* the lab file's path, or NULL: it is part of the scenario */
	char *path;   /* of the scenario itself, or NULL */
	char *text;   /* that it was read from */
	char *folder; /* what paths in it are relative to, or NULL: the process's own */
	struct snet__model model; /* checked and planned */
	bool has_seed;
	uint64_t seed;
	uint64_t duration_ns; /* of workload and timeline */
	/* Their end when the how-many-th event has come to this step of its trace, if that is sooner;
	 * NULL: none does. */
	char *until;
	unsigned int until_count;
	uint64_t
		settle_ns; /* how long at most is waited for what is still under way then */
	struct snet__workload *workload;
	size_t workload_count, workload_cap;
	struct snet__fault *faults;
	size_t fault_count, fault_cap;
	bool waits_for_steps; /* a fault begins at one: maybe when the duration is over */
	/* A run has written it, perhaps elsewhere, and has a history of what was pressed: set before it
	 * is read, without its workload. */
	bool is_of_run;
	char *recorded; /* the history that SNET__TRIGGER_RECORDED is about, or NULL */
	struct snet__expectation *expectations;
	size_t expectation_count, expectation_cap;
	struct snet__problems warnings; /* of what may not be meant */
};

void snet__scenario_init(struct snet__scenario *scenario);
/* Also for a half-built one. */
void snet__scenario_clear(struct snet__scenario *scenario);
void snet__workload_clear(struct snet__workload *workload);
void snet__fault_clear(struct snet__fault *fault);

/* Whether it may begin when the duration is over: at a step, or when one that does so has begun or ended;
 * or as it did in another run. */
bool snet__fault_may_be_late(const struct snet__scenario *scenario,
			     const struct snet__fault *fault);

/* Read a scenario from its text; relative paths begin at @folder. 0, -EINVAL with @problems filled,
 * -ENOMEM. All of it is checked, the lab included, and nothing is created. */
int snet__scenario_read(struct snet__scenario *scenario, const char *text, size_t size,
			const char *folder, struct snet__problems *problems,
			struct snet_err *err);
/* The same from a file: -ENOENT ..., -EFBIG. */
int snet__scenario_load(struct snet__scenario *scenario, const char *path,
			struct snet__problems *problems, struct snet_err *err);

/* -EINVAL when @text names no such thing of the model; adds to @set. Names may be globs. */
int snet__select_nodes(struct snet__set *set, const struct snet__model *model,
		       const char *text, struct snet_err *err);
int snet__select_links(struct snet__set *set, const struct snet__model *model,
		       const char *text, struct snet_err *err);

#endif
