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
#include "faas/action.h"
#include "faas/faas.h"
#include "io/httpd.h"
#include "io/json.h"

/* Ours: what an endpoint keeps and lets wait. */
#define SNET__FAAS_ACTIVATION_MAX       10000
#define SNET__FAAS_ACTIVATION_MAX_BYTES (128 * 1024 * 1024) /* of results and logs */
#define SNET__FAAS_QUEUE_MAX            10000

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
	uint64_t started_ns, ended_ns; /* CLOCK_MONOTONIC; 0: it never ran */
	/* By a fault: it is not there until then, while the fault with this serial is; 0. */
	uint64_t hidden_until_ns, hidden_by;
	char *result; /* JSON */
	struct snet__json *logs;
	size_t size; /* of both, in memory */
};

struct snet__cgroup;
struct snet__faas_worker;
struct snet__faas_run;
struct snet__faas_fault;
struct snet__faas_held;

struct snet__faas {
	struct snet__loop *loop;
	struct snet__httpd *httpd;
	char *name, *credentials, *api_host;
	char *home;       /* of the workers */
	char *folder;     /* where archives are unpacked */
	bool owns_folder; /* nobody else unpacks there */
	unsigned int invocations_per_minute;
	int netns, mntns;
	void (*log)(void *user, const char *function, const char *line);
	void *user;

	struct snet__map actions; /* name -> struct snet__faas_action */

	struct snet__map activations; /* id -> struct snet__faas_activation */
	struct snet__faas_activation *oldest, *newest;
	size_t activations_size;

	uint64_t minute; /* since 1970, of the count below */
	unsigned int minute_count;

	struct snet__faas_worker *workers;
	size_t worker_count, worker_max;
	struct snet__faas_run *queue, **queue_last;
	size_t queue_count;
	bool closing;

	struct snet__faas_faults *faults; /* NULL: there are never any */
	struct snet__faas_held *held;     /* what they hold back */

	/* Groups of ended workers, to be removed. */
	struct snet__cgroup **graves;
	size_t grave_count, grave_cap;
	struct snet__timer *gravedigger;
	uint64_t grave_delay_ns; /* until the next attempt */
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

#endif
