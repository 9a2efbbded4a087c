/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_INTERNAL_H
#define SNET_FAAS_INTERNAL_H

/* What the files of this folder share: the endpoint, its actions, their activations, runs and
 * workers. A request is routed by server.c to action.c, activation.c or invoke.c; invoke.c
 * makes a run, which worker.c gives to a process; its end becomes an activation. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "faas/faas.h"
#include "io/httpd.h"
#include "io/json.h"

/* Source: OpenWhisk's reference.md and application.conf, "limits" */
#define SNET__FAAS_TIMEOUT_MIN_MS     100
#define SNET__FAAS_TIMEOUT_MAX_MS     300000
#define SNET__FAAS_TIMEOUT_DEFAULT_MS 60000
#define SNET__FAAS_MEMORY_MIN_MB      128
#define SNET__FAAS_MEMORY_MAX_MB      512
#define SNET__FAAS_MEMORY_DEFAULT_MB  256
#define SNET__FAAS_LOGS_MAX_MB        10
#define SNET__FAAS_CODE_MAX           (48u * 1024 * 1024)
#define SNET__FAAS_PAYLOAD_MAX        (1024u * 1024)
#define SNET__FAAS_BLOCKING_MAX_MS    60000
#define SNET__FAAS_LIST_MAX           200
#define SNET__FAAS_LIST_DEFAULT       30
#define SNET__FAAS_NAME_MAX           256
#define SNET__FAAS_ID_SIZE            33 /* 32 hexadecimal digits and a zero */

/* Ours: what an endpoint keeps and lets wait. */
#define SNET__FAAS_ACTIVATION_MAX 10000
#define SNET__FAAS_QUEUE_MAX      10000

struct snet__faas_worker;
struct snet__faas_run;

/* One language or protocol; constant tables, listed in runtime.c. */
struct snet__faas_runtime {
	const char *family; /* "nodejs" */
	const char *const
		*kinds;     /* all accepted; the first is what "FAMILY:default" means */
	const char *suffix; /* of a source file, NULL: any executable */
	/* A fresh process per run, whose last line on stdout is the result. */
	bool one_shot;
	/* A runner of ours: says when it is ready, is given the code as a line of its input,
	 * and acknowledges it. Others are the code. */
	bool has_runner;
	/* Append the command's words to @argv (room for 8), borrowed from @worker. */
	int (*command)(struct snet__faas_worker *worker, const char **argv,
		       struct snet_err *err);
	/* Whether an ended process's waitpid(2) status means that its own heap was full. */
	bool (*has_exhausted)(int status);
};

extern const struct snet__faas_runtime snet__faas_nodejs, snet__faas_python,
	snet__faas_native, snet__faas_blackbox;

/* The runtime of @kind; *ret_kind is the concrete kind ("nodejs:default" is "nodejs:20").
 * NULL when none has it. */
const struct snet__faas_runtime *snet__faas_find_runtime(const char *kind,
							 const char *image,
							 const char **ret_kind);
/* All kinds, as an error message lists them; to be freed. */
char *snet__faas_list_kinds(void);
/* {family: [{"kind"...}]}, as OpenWhisk's root page shows it. */
struct snet__json *snet__faas_describe_runtimes(void);
/* The runtime whose sources end as @file does. */
const char *snet__faas_kind_of_file(const char *file);

/* One version of an action. Constant once it is registered; workers and runs hold it. */
struct snet__faas_action {
	unsigned int refs;
	char *name;
	const struct snet__faas_runtime *runtime;
	const char *kind;
	char *image, *main; /* or NULL */
	char *code;
	size_t code_size;
	int code_fd; /* the executable in memory, -1: not made yet */
	bool is_binary;
	bool is_archive; /* zip or tar.gz */
	bool publish;
	bool has_run; /* for cold starts of one-shot runtimes */
	struct snet__json *parameters, *annotations;
	unsigned int timeout_ms, memory_mb, logs_mb;
	unsigned int version[3];
	uint64_t updated_ms;
};

/* How an activation ended; the numbers are OpenWhisk's.
 * Source: entity/ActivationResult.scala */
enum snet__faas_status {
	SNET__FAAS_SUCCESS,
	SNET__FAAS_APPLICATION_ERROR,
	SNET__FAAS_DEVELOPER_ERROR,
	SNET__FAAS_INTERNAL_ERROR,
};

struct snet__faas_activation {
	char id[SNET__FAAS_ID_SIZE];
	struct snet__faas_activation *older, *newer;
	struct snet__faas_action *action; /* held */
	enum snet__faas_status status;
	bool timed_out;
	bool has_init;
	uint64_t start_ms, end_ms; /* since 1970 */
	uint64_t wait_ms, init_ms;
	uint64_t started_ns, ended_ns; /* CLOCK_MONOTONIC */
	char *result;                  /* JSON */
	struct snet__json *logs;
};

struct snet__faas {
	struct snet__loop *loop;
	struct snet__httpd *httpd;
	char *name, *credentials, *api_host;
	unsigned int invocations_per_minute;
	int netns, mntns;
	void (*log)(void *user, const char *function, const char *line);
	void *user;

	struct snet__map actions; /* name -> struct snet__faas_action */

	struct snet__map activations; /* id -> struct snet__faas_activation */
	struct snet__faas_activation *oldest, *newest;

	uint64_t minute; /* since 1970, of the count below */
	unsigned int minute_count;

	struct snet__faas_worker *workers;
	size_t worker_count, worker_max;
	uint64_t worker_serial;
	struct snet__faas_run *queue, **queue_last;
	size_t queue_count;
	bool closing;
};

/* A request in the hands of a handler. */
struct snet__faas_call {
	struct snet__faas *faas;
	struct snet__httpd_request *request;
	const char *transaction; /* its X-Request-ID */
	char *name;              /* of the entity, decoded; NULL for a collection */
	char *rest;              /* what follows it, decoded, or NULL */
	const char *collection;
};

/* server.c */
void snet__faas_respond(struct snet__httpd_request *request, unsigned int status,
			const char *body);
/* Formats and frees @json. */
void snet__faas_respond_json(const struct snet__faas_call *call, unsigned int status,
			     struct snet__json *json);
__attribute__((format(printf, 3, 4))) void snet__faas_refuse(
	const struct snet__faas_call *call, unsigned int status, const char *fmt, ...);
/* Read "limit", "skip" and such: false when it was refused. Absent: unchanged. */
bool snet__faas_read_number(const struct snet__faas_call *call, const char *key,
			    uint64_t *number);
bool snet__faas_read_window(const struct snet__faas_call *call, uint64_t *ret_limit,
			    uint64_t *ret_skip);
bool snet__faas_is_flag(const struct snet__faas_call *call, const char *key,
			bool fallback);

/* action.c: names and code */
bool snet__faas_is_name(const char *name);
bool snet__faas_is_binary(const char *code, size_t size);
void snet__faas_action_unref(struct snet__faas_action *action);
static inline struct snet__faas_action *snet__faas_action_ref(
	struct snet__faas_action *action)
{
	action->refs++;
	return action;
}
/* Register what @body (a PUT's) describes. On failure *ret_status is the HTTP status. */
int snet__faas_action_put(struct snet__faas *faas, const char *name,
			  const struct snet__json *body, struct snet__faas_action **ret,
			  unsigned int *ret_status, struct snet_err *err);
int snet__faas_action_add(struct snet__faas *faas,
			  const struct snet__faas_function *function,
			  struct snet_err *err);
void snet__faas_actions_free(struct snet__faas *faas);
/* The limits as JSON text for activations. */
struct snet__json *snet__faas_describe_limits(const struct snet__faas_action *action);

/* action_api.c */
void snet__faas_on_actions(struct snet__faas_call *call);
void snet__faas_on_action(struct snet__faas_call *call);

/* activation.c */
/* Takes @record, but not on failure: without memory it is not kept. */
int snet__faas_activation_add(struct snet__faas *faas,
			      struct snet__faas_activation *record);
void snet__faas_activation_free(struct snet__faas_activation *record);
void snet__faas_activations_free(struct snet__faas *faas);
char *snet__faas_activation_format(const struct snet__faas_activation *record,
				   bool with_logs);
void snet__faas_on_activations(struct snet__faas_call *call);
void snet__faas_on_activation(struct snet__faas_call *call);
void snet__faas_new_id(char id[static SNET__FAAS_ID_SIZE]);

/* One invocation, from its request to its record. */
struct snet__faas_run {
	struct snet__faas_run *next; /* in the queue */
	struct snet__faas *faas;
	struct snet__faas_action *action;    /* held */
	struct snet__httpd_request *request; /* waits for the end; NULL: nobody does */
	struct snet__timer *patience;        /* until it waits no longer */
	bool wants_result;
	char id[SNET__FAAS_ID_SIZE];
	char *line; /* what an ActionLoop worker reads */
	size_t line_size;
	char *value; /* the arguments alone */
	char *transaction;
	uint64_t deadline_ms;
	uint64_t arrived_ns, started_ns;
	struct snet__json *logs;
	size_t log_size;
	bool logs_are_cut;
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
void snet__faas_pool_free(struct snet__faas *faas);

extern const char snet__faas_runner_js[], snet__faas_runner_py[], snet__faas_unpack_py[];

#endif
