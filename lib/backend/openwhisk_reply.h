/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_OPENWHISK_REPLY_H
#define SNET_BACKEND_OPENWHISK_REPLY_H

/* What an answer of OpenWhisk's REST API says about an invocation. Pure: no network. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "io/http.h"

/* How long a call may take when nothing is said of it, and the pauses between the questions for its
 * activation, each twice as long as the one before. */
#define SNET__OPENWHISK_TIMEOUT_NS    (60 * SNET__NS_PER_S)
#define SNET__OPENWHISK_POLL_FIRST_NS (50 * SNET__NS_PER_MS)
#define SNET__OPENWHISK_POLL_MAX_NS   (2 * SNET__NS_PER_S)

/* One answer, and what its meaning depends on. */
struct snet__openwhisk_answer {
	const struct snet__http_response *http;
	const char *activation_header; /* x-openwhisk-activation-id, or NULL */
	const char *location_header;   /* NULL for none */
	const char *function;
	const char *url;  /* the API host, for messages */
	bool is_resumed;  /* of a poll: the invocation was accepted in an earlier life */
	bool is_poll;     /* it answers GET activations/ID, not the invocation itself */
	bool is_local;    /* it ran on this machine: its monotonic times are ours */
	uint64_t wall_ns; /* CLOCK_REALTIME, for the rate limit's minute */
};

struct snet__openwhisk_reply {
	bool is_pending;            /* not ended: ask for result.activation later */
	struct snet__result result; /* points into the two below */
	char *json;
	char text[SNET_ERR_MAX];
};

/* Fill @reply, which is zeroed. */
void snet__openwhisk_reply_read(struct snet__openwhisk_reply *reply,
				const struct snet__openwhisk_answer *answer);
void snet__openwhisk_reply_clear(struct snet__openwhisk_reply *reply);

#endif
