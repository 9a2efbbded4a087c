/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_FAAS_H
#define SNET_FAAS_FAAS_H

/* The "functions" node: an endpoint that speaks OpenWhisk's REST API and runs functions in
 * worker processes inside its own network namespace. All on the loop's thread.
 *
 * A worker has PIDs of its own, and all that it has started ends with it, as it does with this
 * process. Its folder, and HOME, is one that all workers share and that goes with them; one with
 * an archive works where that was unpacked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

#define SNET__FAAS_PORT 3233 /* Source: OpenWhisk's standalone server */

struct snet__faas;

/* What of a lab's folder is its functions', as fnmatch(3) has it: "function@NODE@*" */
#define SNET__FAAS_FILES "function@*"

struct snet__faas_function {
	const char *name;
	const char *file;       /* source or executable; or */
	const char *code;       /* the source itself */
	const char *kind;       /* NULL: by the name of @file */
	const char *main;       /* NULL: "main" */
	const char *parameters; /* JSON object of default parameters, or NULL */
	unsigned int timeout_ms, memory_mb; /* 0: OpenWhisk's defaults */
};

struct snet__faas_opts {
	const char *name;        /* of the node: for cgroups and messages */
	const char *credentials; /* "uuid:key"; NULL: OpenWhisk's guest key */
	const char
		*api_host; /* "http://10.0.0.7:3233": what workers get as __OW_API_HOST */
	const char *
		folder; /* where archives are unpacked, in "function@NODE@*"; NULL: /tmp */
	unsigned int invocations_per_minute; /* 0: no limit */
	int listen_fd;    /* listening TCP socket, taken also on failure */
	int netns, mntns; /* of the workers; borrowed; -1: the caller's own */
	const struct snet__faas_function *functions;
	size_t function_count;
	/* What it suffers from: see faas/fault.h. Optional, borrowed. */
	struct snet__faas_faults *faults;
	/* One line that a worker wrote; optional. */
	void (*log)(void *user, const char *function, const char *line);
	void *user;
};

int snet__faas_new(struct snet__faas **ret, struct snet__loop *loop,
		   const struct snet__faas_opts *opts, struct snet_err *err);
/* Its workers stop, or go on; the rest of it is on its loop, which is held by others. */
void snet__faas_set_stopped(struct snet__faas *faas, bool is_stopped);
/* Whether all its workers have, if there are any. */
bool snet__faas_is_stopped(const struct snet__faas *faas);
/* Before it is freed: as if killed, without what is answered but not sent. */
void snet__faas_cut(struct snet__faas *faas);
/* Kills the workers. Accepts NULL. */
void snet__faas_free(struct snet__faas *faas);

#endif
