/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_COAP_QUEUE_H
#define SNET_IO_COAP_QUEUE_H

/* Datagrams that wait for the end of the turn, of all endpoints: one buffer, in which each
 * sender's form a list, so that a sender's go out in a few calls of sendmmsg(2). */

#include "io/coap_codec.h"
#include "io/coap_memory.h"

struct snet__coap_datagram {
	struct snet__coap_peer to;
	size_t offset, size;          /* in the buffer */
	size_t next;                  /* of the same sender: index + 1, 0 for none */
	struct snet__coap_seen *seen; /* a response: where it is remembered */
	bool is_promise;              /* a response: see there */
};

/* Who sends: zeroed but for the socket, which is borrowed. */
struct snet__coap_sender {
	int fd;
	bool is_held; /* what it says is not sent */
	bool is_queued;
	size_t first, last; /* index + 1 */
	struct snet__coap_sender *next;
};

struct snet__coap_queue {
	uint8_t *bytes;
	size_t used, cap;
	struct snet__coap_datagram *items;
	size_t count, items_cap;
	struct snet__coap_sender *senders; /* that have something to send */
};

/* Encode and queue, valid until the next call. NULL for lack of memory: what cannot be queued is
 * as good as lost on the way. */
struct snet__coap_datagram *snet__coap_queue_message(
	struct snet__coap_queue *queue, struct snet__coap_sender *sender,
	const struct snet__coap_peer *to, const struct snet__coap_message *message);
void snet__coap_queue_bytes(struct snet__coap_queue *queue,
			    struct snet__coap_sender *sender,
			    const struct snet__coap_peer *to, const void *bytes,
			    size_t size);
void snet__coap_queue_send(struct snet__coap_queue *queue);
/* Without sending; responses are no longer remembered as given. With @why what is queued then are
 * refusals in the place of promises. */
void snet__coap_queue_drop(struct snet__coap_queue *queue, const char *why);
/* A sender goes. */
void snet__coap_queue_forget(struct snet__coap_queue *queue,
			     struct snet__coap_sender *sender);
void snet__coap_queue_clear(struct snet__coap_queue *queue);

#endif
