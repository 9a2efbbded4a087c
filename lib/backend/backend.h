/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_BACKEND_H
#define SNET_BACKEND_BACKEND_H

/* Backends: where functions run. An invocation is owned by its caller, embedded in the caller's
 * struct; a backend ends it with exactly one snet__invocation_end(). */

#include <stdint.h>

#include <snet/backend.h>

#include "io/loop.h"
#include "sys/outside.h"

/* What is known at the end of an invocation; borrowed during done(). */
struct snet__result {
	enum snet_result result;
	const char *json; /* DONE: the function's result, an object; else NULL */
	const char *text; /* else: why */
	uint64_t
		retry_after_ns; /* NOT_RUN: not sooner than this; 0 for the caller's back-off */
	char activation[64]; /* "" when there is none */
	/* Where the backend tells them, ns; 0 for unknown. started and ended are on
	 * CLOCK_MONOTONIC of this machine, and only set when the function ran on it. */
	uint64_t started_ns, ended_ns;
	uint64_t init_ns;     /* a cold start's initialisation */
	uint64_t duration_ns; /* the function's own run time, init included */
};

struct snet_invocation {
	/* The caller fills these before snet__backend_invoke(); borrowed until the end. */
	const char *function;
	const char *params;   /* JSON object */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC: no result is wanted afterwards */
	/* An activation that was accepted earlier (before a restart): ask for its result, do not
	 * invoke again. NULL normally. */
	const char *activation;
	/* The function was accepted and will be asked after: worth writing down. Optional. */
	void (*accepted)(struct snet_invocation *invocation, const char *activation);
	/* The end. The backend is through with the invocation; it may be freed in here. */
	void (*done)(struct snet_invocation *invocation,
		     const struct snet__result *result);

	/* The backend's own, NULL at the beginning. */
	void *call;
	/* Filled by snet__backend_invoke(). */
	struct snet__backend *backend;
};

/* What a kind gets to be built from. */
struct snet__backend_env {
	const struct snet_backend_opts *opts;
	struct snet__loop *loop;
	int netns; /* of the relayer that calls; borrowed while the backend lives */
	struct snet__outside *outside; /* to what is not in the lab; borrowed; or NULL */
	/* How opts->url is reached when not by @outside: through this port of a gateway, as
	 * CURLOPT_CONNECT_TO has it, or by the relayer's own routes. */
	const char *connect_to;
	bool is_routed;
	const char
		*node_url; /* "http://10.0.0.7:3233": of opts->node; NULL without one */
	const char *node_credentials; /* what that node accepts */
	void *user;                   /* native: its table of functions */
};

/* One backend kind. Constant table; backend.c is its only caller, on the loop's thread. */
struct snet__backend_kind {
	const char *name; /* stable: in lab files */
	size_t state_size;
	/* Build @state, zeroed. On failure fill @err; fini() is called either way. */
	int (*init)(void *state, const struct snet__backend_env *env,
		    struct snet_err *err);
	/* Release everything, open invocations too (without their done()). */
	void (*fini)(void *state);
	/* Start @invocation. Ends in exactly one snet__invocation_end(), also during this call. */
	void (*invoke)(void *state, struct snet_invocation *invocation);
};

extern const struct snet__backend_kind snet__backend_openwhisk;
extern const struct snet__backend_kind snet__backend_native;
/* Around a kind that a program added, which is its env->user. Not in the registry. */
extern const struct snet__backend_kind snet__backend_custom;

/* One backend, as one relayer uses it. */
struct snet__backend;
/* The kind called @name, NULL for none. */
const struct snet__backend_kind *snet__backend_find_kind(const char *name);
int snet__backend_new(struct snet__backend **ret, const struct snet__backend_kind *kind,
		      const struct snet__backend_env *env, struct snet_err *err);
/* A kind that a program added. */
int snet__backend_new_custom(struct snet__backend **ret,
			     const struct snet_backend_kind *kind,
			     const struct snet__backend_env *env, struct snet_err *err);
void snet__backend_free(struct snet__backend *backend);
void snet__backend_invoke(struct snet__backend *backend,
			  struct snet_invocation *invocation);
/* Called by kinds, on the loop's thread. */
void snet__invocation_end(struct snet_invocation *invocation,
			  const struct snet__result *result);
/* The same with what a program wrote: DONE becomes ERROR unless @text is a JSON object; NULL
 * and "" stand for an empty one. */
void snet__invocation_end_text(struct snet_invocation *invocation,
			       const struct snet__result *result, const char *text);

/* The functions of "native" backends, by name: struct snet__backend_env.user. */
struct snet__native_functions {
	struct snet__native_function {
		char *name;
		snet_native_fn fn;
		void *user;
	} * items;
	size_t count, cap;
};

#endif
