/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_HTTP_H
#define SNET_IO_HTTP_H

/* An HTTP client on the loop: libcurl's multi interface, connections kept alive. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"
#include "sys/outside.h"

struct snet__http; /* one client: its connections and their namespace */
struct snet__http_call;

struct snet__http_opts {
	int netns; /* where its sockets are born; borrowed; -1: the thread's own */
	struct snet__outside
		*outside; /* they are born there instead; borrowed; or NULL */
	bool insecure;    /* do not verify certificates */
	/* "NAME:PORT:ADDRESS:PORT", as CURLOPT_CONNECT_TO; NULL for none */
	const char *connect_to;
	/* "NAME:PORT:ADDRESS[,ADDRESS ...]", as CURLOPT_RESOLVE; NULL for none */
	const char *resolve;
	const char *unix_socket; /* connect to this path instead; NULL */
};

struct snet__http_request {
	const char *method;
	const char *url;
	const char *user_password; /* "user:password" for Basic authentication, or NULL */
	const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
	const void *body;           /* copied; NULL for none */
	size_t body_size;
	uint64_t timeout_ns; /* of the whole call; 0: 60 s */
};

/* How a call ended. @status is 0 when there was no whole answer; then @sent tells whether the
 * server may have got the request, and @error why, in words. Valid during the callback. */
struct snet__http_response {
	unsigned int status;
	bool sent;
	bool timed_out;
	bool untrusted; /* the server's certificate did not verify, or the authorities not load */
	bool too_large;   /* the answer exceeded 8 MiB */
	const char *body; /* zero-terminated behind its @body_size bytes */
	size_t body_size;
	const char *error;
	struct snet__http_call *call; /* for snet__http_header() */
};
typedef void (*snet__http_fn)(void *user, const struct snet__http_response *response);

int snet__http_new(struct snet__http **ret, struct snet__loop *loop,
		   const struct snet__http_opts *opts, struct snet_err *err);
/* Open calls are dropped without a callback. Accepts NULL. */
void snet__http_free(struct snet__http *http);

/* Start a call; @fn is called once, later, unless the call or the client goes first. */
int snet__http_start(struct snet__http *http, const struct snet__http_request *request,
		     snet__http_fn fn, void *user, struct snet__http_call **ret,
		     struct snet_err *err);
/* Drop a call without its callback. */
void snet__http_cancel(struct snet__http_call *call);
/* A header of the answer, NULL when absent. */
const char *snet__http_header(const struct snet__http_response *response,
			      const char *name);

/* For snet__http_opts.resolve, to be freed: the server of @url and the addresses that it has for
 * @outside now. -EINVAL, -ENOENT. */
int snet__http_pin(char **ret, const char *url, struct snet__outside *outside,
		   struct snet_err *err);

/* One call without a loop, for programs that do nothing else; @fn as above. */
int snet__http_run(const struct snet__http_opts *opts,
		   const struct snet__http_request *request, snet__http_fn fn, void *user,
		   struct snet_err *err);

#endif
