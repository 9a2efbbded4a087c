/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_OUTGOING_H
#define SNET_DEVICE_OUTGOING_H

/* Events of one device that wait for the relayer's acknowledgement, in order, one at a time on
 * the wire (RFC 7252 section 4.7, NSTART 1). */

#include <snet/event.h>

#include "io/coap.h"

#define SNET__OUTGOING_MAX 1024

/* How an event left the queue: @status 0 for acknowledged, else why not in @why. */
typedef void (*snet__outgoing_fn)(void *user, const char *id, int status,
				  const char *why);

struct snet__outgoing_event;
struct snet__outgoing {
	struct snet__loop *loop;
	struct snet__coap_endpoint *endpoint; /* borrowed */
	struct snet__coap_peer relayer;
	snet__outgoing_fn fn;
	/* The relayer cannot take an event now, and says why; it is tried again. */
	void (*refused)(void *user, const char *id, const char *why);
	void *user;
	struct snet__timer *again; /* made at the first event that has to wait */
	struct snet__outgoing_event *first, *last;
	size_t count;
	bool is_sending;
};

/* Queue @json, taken also on failure. */
int snet__outgoing_add(struct snet__outgoing *outgoing, const char *id, char *json,
		       struct snet_err *err);
bool snet__outgoing_has(const struct snet__outgoing *outgoing, const char *id);
/* Give up all that wait, which are told of as dropped. */
void snet__outgoing_drop(struct snet__outgoing *outgoing, const char *why);
void snet__outgoing_clear(struct snet__outgoing *outgoing);

#endif
