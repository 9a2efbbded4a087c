/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_WHISK_H
#define SNET_BACKEND_WHISK_H

/* An OpenWhisk server's functions, managed by a program that does nothing else: each call
 * blocks until it has its answer. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "io/json.h"

struct snet__whisk;

/* Where a server is; the strings are owned by whoever gets it. */
struct snet__whisk_place {
	char *api_host;
	char *key; /* NULL: OpenWhisk's guest key */
	int netns; /* in which it is reached; -1: the own one. Borrowed by the client */
};

struct snet__whisk_opts {
	const char *api_host; /* NULL: what the .wskprops file says */
	const char *
		credentials; /* "uuid:key" or a path; NULL: what the .wskprops file says */
	bool insecure;
	/* Optional, instead of @api_host and its default: fill @place, whose netns is -1. */
	int (*connect)(void *user, struct snet__whisk_place *place, struct snet_err *err);
	void *user;
};

struct snet__whisk_action {
	const char *name;
	const char *kind;
	const char *code; /* text, or base64 */
	const char *main; /* NULL: the server's default */
	const struct snet__json
		*params; /* object of default parameters; NULL keeps what is */
	unsigned int timeout_ms, memory_mb; /* 0: what is, or the server's default */
};

int snet__whisk_new(struct snet__whisk **ret, const struct snet__whisk_opts *opts,
		    struct snet_err *err);
void snet__whisk_free(struct snet__whisk *whisk);
static inline void snet__whisk_free_at(struct snet__whisk **at)
{
	snet__whisk_free(*at);
}
#define autowhisk cleanup_with(snet__whisk_free_at) struct snet__whisk

/* All functions of the namespace: an array of the server's list items. */
int snet__whisk_list(struct snet__whisk *whisk, struct snet__json **ret,
		     struct snet_err *err);
/* One function's record, its code in it. -ENOENT. */
int snet__whisk_get(struct snet__whisk *whisk, const char *name, struct snet__json **ret,
		    struct snet_err *err);
/* Create or replace. Gives the record that the server made of it. */
int snet__whisk_put(struct snet__whisk *whisk, const struct snet__whisk_action *action,
		    struct snet__json **ret, struct snet_err *err);
/* -ENOENT */
int snet__whisk_remove(struct snet__whisk *whisk, const char *name, struct snet_err *err);
/* Run @name with @params, an object as text, and give its result, any JSON; it is waited for
 * for @timeout_ns, 0 for a minute. -EREMOTEIO: it ran and failed, in the words of @err. */
int snet__whisk_invoke(struct snet__whisk *whisk, const char *name, const char *params,
		       uint64_t timeout_ns, struct snet__json **ret,
		       struct snet_err *err);
/* The same without waiting for its end: gives the activation id. */
int snet__whisk_start(struct snet__whisk *whisk, const char *name, const char *params,
		      char **ret_activation, struct snet_err *err);

#endif
