/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_RUN_H
#define SNET_FAAS_RUN_H

/* What happens between a request and its record. */

#include "faas/internal.h"

struct snet__faas_plan;

/* One invocation, from its request to its record. */
struct snet__faas_run {
	struct snet__faas_run *next; /* in the queue */
	struct snet__faas *faas;
	struct snet__faas_action *action;    /* held */
	struct snet__httpd_request *request; /* waits for the end; NULL: nobody does */
	struct snet__timer *patience;        /* until it waits no longer */
	bool wants_result;
	char id[SNET__FAAS_ID_SIZE];
	char *line;       /* what an ActionLoop worker reads */
	size_t head_size; /* of it, before its deadline */
	size_t line_size; /* once it has begun */
	char *value;      /* the arguments alone */
	char *transaction;
	uint64_t arrived_ns, started_ns;
	struct snet__json *logs;
	size_t log_size;
	bool logs_are_cut;
	struct snet__faas_plan *plan; /* what faults make of it; NULL normally */
};

/* What a worker has to say about a run. @result is JSON or NULL for @message as an error. */
struct snet__faas_outcome {
	enum snet__faas_status status;
	char *result; /* taken */
	const char *message;
	bool timed_out;
	bool has_init;
	uint64_t init_ms;
};

/* invoke.c */
void snet__faas_on_invoke(struct snet__faas_call *call, struct snet__faas_action *action);
/* When a start or run of @action that begins now has to end, since 1970. */
uint64_t snet__faas_deadline_ms(const struct snet__faas_action *action);
/* Its worker is ready: its time begins, by which its line gets its deadline. */
void snet__faas_run_begin(struct snet__faas_run *run);
/* Record how @run ended, answer it and free it. */
void snet__faas_run_end(struct snet__faas_run *run,
			const struct snet__faas_outcome *outcome);
/* Free @run without an answer. */
void snet__faas_run_free(struct snet__faas_run *run);
void snet__faas_run_log(struct snet__faas_run *run, const char *stream, const char *line,
			size_t size);
/* The status that OpenWhisk gives to a line of a worker's. Takes nothing. */
void snet__faas_judge(const char *line, size_t size, struct snet__faas_outcome *outcome);

/* pool.c */
/* Give @run to a worker, now or when one is free. */
void snet__faas_pool_run(struct snet__faas *faas, struct snet__faas_run *run);
/* A worker is idle or gone: go on with what waits. */
void snet__faas_pool_serve(struct snet__faas *faas);
/* End the workers of a version that is no longer current. */
void snet__faas_pool_retire(struct snet__faas *faas, struct snet__faas_action *action);
/* Remove an ended worker's group, now or when it can be. Takes it; accepts NULL. */
void snet__faas_pool_bury(struct snet__faas *faas, struct snet__cgroup *cgroup);
void snet__faas_pool_free(struct snet__faas *faas);

#endif
