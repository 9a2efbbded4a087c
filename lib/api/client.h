/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_CLIENT_H
#define SNET_API_CLIENT_H

/* The client half of a lab's REST API, snet-api(7), for programs that block while they wait.
 * Requests are HTTP/1.0, one a connection: an answer then ends where the connection does, so a
 * stream of lines needs no chunks and a reader needs no parser but that of the head. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "io/json.h"

/* A connection to the lab that listens at @sock, to be closed. -ECONNREFUSED or -ENOENT: nobody
 * does. */
int snet__client_connect(int *ret_fd, const char *sock, struct snet_err *err);

/* @timeout_ms: -1 waits for ever */

/* One request. The text of a good answer goes to @ret, to be freed; any other status becomes
 * the error that its body states. @body may be NULL.
 * -ECONNREFUSED or -ENOENT: nobody listens at @sock; -ETIMEDOUT; -EPROTO: no such API. */
int snet__client_ask(char **ret, const char *sock, const char *method, const char *target,
		     const char *body, int timeout_ms, struct snet_err *err);
/* The same, with all that an error says. */
struct snet__client_request {
	const char *sock, *method, *target;
	const char *body; /* NULL: none */
	int timeout_ms;
};
/* @ret_refusal: what the lab answered with an error, JSON, to be freed; or NULL. */
int snet__client_request(char **ret, const struct snet__client_request *request,
			 struct snet__json **ret_refusal, struct snet_err *err);
/* The same, its answer parsed. */
int snet__client_call(struct snet__json **ret, const char *sock, const char *method,
		      const char *target, const char *body, int timeout_ms,
		      struct snet_err *err);

/* @text as a part of a target: percent-encoded (RFC 3986), to be freed. */
char *snet__client_encode(const char *text);

/* An answer read line by line. */
struct snet__client_stream;
int snet__client_stream_open(struct snet__client_stream **ret, const char *sock,
			     const char *target, struct snet_err *err);
/* The same of what changes something: POST. */
int snet__client_stream_post(struct snet__client_stream **ret, const char *sock,
			     const char *target, struct snet_err *err);
/* The next line without its end, valid until the next call: 1; 0 when the answer has ended;
 * -EAGAIN when none came in time, -EPROTO for a line over 16 MiB. */
int snet__client_stream_read(struct snet__client_stream *stream, int timeout_ms,
			     const char **ret_line, struct snet_err *err);
/* An answer that is no text: all of it that has come and was not taken, valid until the next call.
 * 1 when that has become more; 0 when the answer has ended; -EAGAIN when nothing came in time. */
int snet__client_stream_more(struct snet__client_stream *stream, int timeout_ms,
			     const void **ret, size_t *ret_size, struct snet_err *err);
void snet__client_stream_take(struct snet__client_stream *stream, size_t size);
/* Say that the rest of what there is will do: the lab ends the answer. */
void snet__client_stream_finish(struct snet__client_stream *stream);
/* For poll(2). Lines may wait in the stream though it is not readable: read until -EAGAIN. */
int snet__client_stream_fd(const struct snet__client_stream *stream);
void snet__client_stream_close(struct snet__client_stream *stream); /* accepts NULL */

static inline void snet__client_stream_close_at(struct snet__client_stream **at)
{
	snet__client_stream_close(*at);
}
#define autostream cleanup_with(snet__client_stream_close_at) struct snet__client_stream

/* The namespaces of a node, descriptors for setns(2), and what becomes readable when it ends while
 * the lab's process goes on. */
enum {
	SNET__ENTER_USER = 0,
	SNET__ENTER_MOUNT,
	SNET__ENTER_NET,
	SNET__ENTER_END,
	SNET__ENTER_COUNT,
};
/* All are to be closed; all are -1 on failure. */
int snet__client_enter(int ret_fds[SNET__ENTER_COUNT], const char *sock, const char *node,
		       struct snet_err *err);

#endif
