/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_COAP_H
#define SNET_IO_COAP_H

/* CoAP (RFC 7252) over UDP for all nodes of a lab: requests, responses, confirmable messages
 * with their retransmissions and duplicates. libcoap encodes and decodes; the message layer is
 * ours, for three reasons that were measured: one libcoap context walks over all its endpoints
 * at each turn (75 us an exchange at 9,000 of them against 13 at one), it needs two sockets a
 * device (one to be asked, one to ask), and it answers before a group commit can be made.
 *
 * Nothing is sent by the calls here: messages queue up until snet__coap_flush(), so that the
 * owner of the loop can make durable what they promise first. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

#define SNET__COAP_PORT 5683 /* Source: RFC 7252 section 12.6 */

/* The longest payload: a UDP datagram over IPv4 less room for header and options. */
#define SNET__COAP_PAYLOAD_MAX 60000

/* Codes as RFC 7252 section 3 packs them: class << 5 | detail. */
enum snet__coap_code {
	SNET__COAP_GET = 1,
	SNET__COAP_POST = 2,
	SNET__COAP_PUT = 3,
	SNET__COAP_DELETE = 4,
	SNET__COAP_CREATED = 2 << 5 | 1,
	SNET__COAP_CHANGED = 2 << 5 | 4,
	SNET__COAP_CONTENT = 2 << 5 | 5,
	SNET__COAP_BAD_REQUEST = 4 << 5,
	SNET__COAP_BAD_OPTION = 4 << 5 | 2,
	SNET__COAP_NOT_FOUND = 4 << 5 | 4,
	SNET__COAP_NOT_ALLOWED = 4 << 5 | 5,
	SNET__COAP_TOO_LARGE = 4 << 5 | 13,
	SNET__COAP_INTERNAL = 5 << 5,
	SNET__COAP_UNAVAILABLE = 5 << 5 | 3,
	SNET__COAP_NO_PROXY = 5 << 5 | 5,
};

/* Source: RFC 7252 section 12.3, and the CloudEvents registration of IANA's CoAP registry is
 * missing, so events are plain application/json. */
enum snet__coap_format {
	SNET__COAP_TEXT = 0,
	SNET__COAP_LINKS = 40,
	SNET__COAP_JSON = 50,
	SNET__COAP_NO_FORMAT = 0xffff,
};

struct snet__coap_peer {
	uint32_t ipv4; /* host byte order */
	uint16_t port;
};

struct snet__coap_request {
	struct snet__coap_peer from;
	enum snet__coap_code method;
	const char *path;  /* without the leading '/' */
	const char *query; /* "ep=a0&lt=60", "" for none */
	enum snet__coap_format format;
	const char *payload; /* zero-terminated behind its bytes */
	size_t size;
};

/* Filled by the handler; NOT_FOUND with no payload on entry. */
struct snet__coap_response {
	enum snet__coap_code code;
	enum snet__coap_format format;
	const char *location; /* Location-Path, or NULL */
	/* Copied after the handler returned: it may point to what the handler's object owns, or
	 * to the room of @text. */
	const char *payload;
	size_t size;
	bool is_promise; /* true once what was written is durable: see snet__coap_drop() */
	char text[1024];
};

typedef void (*snet__coap_handler)(void *user, const struct snet__coap_request *request,
				   struct snet__coap_response *response);

/* How a request ended: @status is 0, -ETIMEDOUT (no acknowledgement), -ECONNREFUSED (reset),
 * -ECANCELED. @code and @payload are the response's when it is 0. */
struct snet__coap_reply {
	int status;
	enum snet__coap_code code;
	const char *payload; /* zero-terminated behind its bytes */
	size_t size;
};
typedef void (*snet__coap_done)(void *user, const struct snet__coap_reply *reply);

struct snet__coap;
struct snet__coap_endpoint;

int snet__coap_new(struct snet__coap **ret, struct snet__loop *loop,
		   struct snet_err *err);
/* All endpoints must have been freed. Accepts NULL. */
void snet__coap_free(struct snet__coap *coap);

/* A UDP socket at @port of any address in the namespace @netns, borrowed during the call.
 * @busy: many peers talk to it (a relayer), so room is kept to know many duplicates. */
int snet__coap_endpoint_new(struct snet__coap_endpoint **ret, struct snet__coap *coap,
			    int netns, uint16_t port, bool busy,
			    snet__coap_handler handler, void *user, struct snet_err *err);
/* How long its requests wait for their answers follows from these from now on, not from chance. */
void snet__coap_endpoint_seed(struct snet__coap_endpoint *endpoint, uint64_t seed,
			      const char *name);
/* Its open requests end with -ECANCELED. Accepts NULL. */
void snet__coap_endpoint_free(struct snet__coap_endpoint *endpoint);
/* While it is held nothing is received, sent, or given up for want of an answer: it is all done
 * later. To be held between two turns of the loop, when nothing of its is queued, or in the one in
 * which it was made: what it has asked in that is not sent yet. */
void snet__coap_endpoint_set_held(struct snet__coap_endpoint *endpoint, bool is_held);
/* The socket, for SIOCGSKNS; borrowed. */
int snet__coap_endpoint_fd(const struct snet__coap_endpoint *endpoint);

/* A confirmable request; @path and @query as in struct snet__coap_request. @done is called
 * once, later, on the loop's thread. */
struct snet__coap_call {
	struct snet__coap_peer to;
	enum snet__coap_code method;
	const char *path;
	const char *query; /* NULL for none */
	enum snet__coap_format format;
	const void *payload;
	size_t size;
};
int snet__coap_send(struct snet__coap_endpoint *endpoint,
		    const struct snet__coap_call *call, snet__coap_done done, void *user,
		    struct snet_err *err);

/* Send what is queued. */
void snet__coap_flush(struct snet__coap *coap);
/* Forget what is queued, as what it follows from could not be made durable. Requests stay: they are
 * sent again by their retransmission. Whoever was promised something is told at once that it cannot
 * be, and @why (5.03), or with NULL nothing: it asks again. */
void snet__coap_drop(struct snet__coap *coap, const char *why);

/* One method of one resource, and a handler's table of them: the one that is asked for is
 * called; without it the response is 4.04, or 4.05 when the resource has other methods. */
struct snet__coap_resource {
	const char *path;
	enum snet__coap_code method;
	snet__coap_handler handler;
};
void snet__coap_dispatch(const struct snet__coap_resource *resources, size_t count,
			 void *user, const struct snet__coap_request *request,
			 struct snet__coap_response *response);

/* The value of a key in a query: "ep" in "ep=a0&lt=60". False when absent or too long. */
bool snet__coap_query(const char *query, const char *key, char *value, size_t size);

#endif
