/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_ACTION_H
#define SNET_FAAS_ACTION_H

/* Actions, and the runtimes that run their kinds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faas/faas.h"
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

struct snet__faas_worker;

/* One language or protocol; constant tables, listed in runtime.c. */
struct snet__faas_runtime {
	const char *family;             /* "nodejs" */
	const char *const *kinds;       /* the first is what "FAMILY:default" means */
	const char *const *other_kinds; /* accepted, not advertised; or NULL */
	const char *suffix;             /* of a source file, NULL: any executable */
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
	/* What it says of it on stderr before a signal ends it, or NULL. */
	const char *exhausted_text;
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

/* action_read.c */
/* Fill @action with what @body (a PUT's) says, and what @old (NULL: none) was where it says
 * nothing. On failure *status is the HTTP status. */
int snet__faas_action_read(struct snet__faas_action *action,
			   const struct snet__faas_action *old,
			   const struct snet__json *body, unsigned int *status,
			   struct snet_err *err);
/* A copy of @text in the place of *ret; NULL for NULL. */
int snet__faas_copy_text(char **ret, const char *text, struct snet_err *err);
/* The pair of [{"key", "value"}] with @key, or NULL. */
const struct snet__json *snet__faas_find_pair(const struct snet__json *pairs,
					      const char *key);
/* Takes @value. */
void snet__faas_append_pair(struct snet__json *pairs, const char *key,
			    struct snet__json *value);

/* action.c */
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

extern const char snet__faas_runner_js[], snet__faas_runner_py[], snet__faas_unpack_py[];

#endif
