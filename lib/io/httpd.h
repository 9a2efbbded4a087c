/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_HTTPD_H
#define SNET_IO_HTTPD_H

/* An HTTP/1.1 server on the loop: libmicrohttpd without a thread of its own, driven through its
 * epoll descriptor. Requests are handed over whole, and may be answered at once or later. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct snet__httpd;
struct snet__httpd_request;

/* A whole request. Must be answered by exactly one snet__httpd_respond(), _start_stream() or
 * _upgrade(), now or later; until then it stays valid, whatever the client does. */
typedef void (*snet__httpd_fn)(void *user, struct snet__httpd_request *request);

/* @listen_fd: a listening stream socket (TCP of any namespace, or unix), taken also on failure
 * @body_max:  larger bodies are given as truncated, see snet__httpd_too_large() */
int snet__httpd_new(struct snet__httpd **ret, struct snet__loop *loop, int listen_fd,
		    size_t body_max, snet__httpd_fn fn, void *user, struct snet_err *err);
/* Let requests for @path, a literal, have larger bodies. -ENOMEM. */
int snet__httpd_allow(struct snet__httpd *httpd, const char *path, size_t body_max,
		      struct snet_err *err);
/* Nothing is sent any more, not even what was answered in this turn: to be freed now. */
void snet__httpd_cut(struct snet__httpd *httpd);
/* Open requests are closed without an answer and become invalid. Accepts NULL. */
void snet__httpd_free(struct snet__httpd *httpd);

const char *snet__httpd_method(const struct snet__httpd_request *request);
/* The path as sent, still percent-encoded, without the query. */
const char *snet__httpd_path(const struct snet__httpd_request *request);
/* The decoded value of a query's key: NULL when absent, "" for "?key". */
const char *snet__httpd_query(const struct snet__httpd_request *request, const char *key);
/* The first key of the query, decoded, that is none of @keys (NULL-terminated), or NULL. */
const char *snet__httpd_find_other_key(const struct snet__httpd_request *request,
				       const char *const *keys);
/* NULL when absent; names are not case-sensitive. */
const char *snet__httpd_header(const struct snet__httpd_request *request,
			       const char *name);
/* The body, zero-terminated behind its @ret_size bytes. */
const char *snet__httpd_body(const struct snet__httpd_request *request, size_t *ret_size);
/* How many bytes it may have. */
size_t snet__httpd_body_max(const struct snet__httpd_request *request);
/* How many bytes the body had (or announced) when that was over the limit, else 0. */
size_t snet__httpd_too_large(const struct snet__httpd_request *request);
/* User and password of HTTP Basic authentication, to be freed; false when there is none. */
bool snet__httpd_basic_auth(const struct snet__httpd_request *request, char **ret_user,
			    char **ret_password);

/* Add a header to the answer that follows; copied. */
void snet__httpd_add_header(struct snet__httpd_request *request, const char *name,
			    const char *value);
/* Answer with @size bytes of @body, copied; @content_type NULL for none. */
void snet__httpd_respond(struct snet__httpd_request *request, unsigned int status,
			 const char *content_type, const void *body, size_t size);

/* Faults: answers and connections as a broken server has them.
 *
 * Close the connection without an answer. */
void snet__httpd_drop(struct snet__httpd_request *request);
/* Announce @size bytes, send the first half of them, and close the connection. */
void snet__httpd_respond_cut(struct snet__httpd_request *request, unsigned int status,
			     const char *content_type, const void *body, size_t size);
/* Forget what snet__httpd_add_header() has added. */
void snet__httpd_clear_headers(struct snet__httpd_request *request);
/* As if the server's process had ended: what connects is refused by the kernel, and connections
 * that exist are closed. Requests go on; their answers reach nobody. Not from within a request.
 * Several may ask for it, it ends with the last. Return how many connections were closed. */
size_t snet__httpd_start_refusing(struct snet__httpd *httpd);
/* Listen again. 0, or a negative errno: the port is lost. */
int snet__httpd_stop_refusing(struct snet__httpd *httpd);
/* As if the server's host had gone: packets to the port and to all connections are dropped,
 * unacknowledged, and nothing is sent; answers wait. Not from within a request; counted as
 * above. -ENOMEM. */
int snet__httpd_start_silence(struct snet__httpd *httpd);
void snet__httpd_stop_silence(struct snet__httpd *httpd);
/* How many packets were dropped so, on the sockets that there are. */
uint64_t snet__httpd_count_dropped(const struct snet__httpd *httpd);

/* An answer without an end: chunks as they come. */
struct snet__httpd_stream;
/* @closed is called once when the client has gone or the server is freed; the stream is then
 * invalid. NULL on lack of memory (the request is then answered with 503). */
struct snet__httpd_stream *snet__httpd_start_stream(struct snet__httpd_request *request,
						    const char *content_type,
						    void (*closed)(void *user),
						    void *user);
/* Queue @size bytes, copied. False when the client reads too slowly (40 MiB wait): the bytes
 * are dropped. */
bool snet__httpd_stream_write(struct snet__httpd_stream *stream, const void *data,
			      size_t size);
/* How many bytes the client has not taken yet. */
size_t snet__httpd_stream_waiting(const struct snet__httpd_stream *stream);
/* Have @finish called, with the stream's user, once the client closes its sending half: it wants
 * no more than the rest. Otherwise it has gone then. */
void snet__httpd_stream_on_finish(struct snet__httpd_stream *stream,
				  void (*finish)(void *user));
/* End the answer in an orderly way; @closed is called later. */
void snet__httpd_stream_end(struct snet__httpd_stream *stream);

/* Answer 101 and hand the connection's socket to @fn, on the loop's thread. The socket is
 * borrowed during the call and closed after it. @fn is called once in any case, with -1 when the
 * client cannot be answered so, as one of HTTP/1.0, or has gone. */
void snet__httpd_upgrade(struct snet__httpd_request *request, const char *protocol,
			 void (*fn)(void *user, int sock), void *user);

#endif
