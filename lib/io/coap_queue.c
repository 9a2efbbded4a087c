/* SPDX-License-Identifier: MIT */
#include "io/coap_queue.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/vec.h"

#define BATCH 64 /* datagrams in one system call */

/* Room for @size bytes more in the buffer of what is to be sent. */
static uint8_t *reserve(struct snet__coap_queue *queue, size_t size)
{
	if (snet__vec_reserve(&queue->bytes, &queue->cap, queue->used + size, 1, NULL) <
		    0 ||
	    snet__vec_reserve(&queue->items, &queue->items_cap, queue->count + 1,
			      sizeof(*queue->items), NULL) < 0)
		return NULL;
	return queue->bytes + queue->used;
}

/* Queue @size bytes that were written to where reserve() said. */
static struct snet__coap_datagram *enqueue(struct snet__coap_queue *queue,
					   struct snet__coap_sender *sender,
					   const struct snet__coap_peer *to, size_t size)
{
	struct snet__coap_datagram *datagram = &queue->items[queue->count++];

	*datagram = (struct snet__coap_datagram){.to = *to,
						 .offset = queue->used,
						 .size = size};
	queue->used += size;
	if (sender->last)
		queue->items[sender->last - 1].next = queue->count;
	else
		sender->first = queue->count;
	sender->last = queue->count;
	if (!sender->is_queued) {
		sender->is_queued = true;
		sender->next = queue->senders;
		queue->senders = sender;
	}
	return datagram;
}

struct snet__coap_datagram *snet__coap_queue_message(
	struct snet__coap_queue *queue, struct snet__coap_sender *sender,
	const struct snet__coap_peer *to, const struct snet__coap_message *message)
{
	size_t room = message->size + SNET__COAP_OVERHEAD_MAX, size;
	uint8_t *out = reserve(queue, room);

	if (!out)
		return NULL;
	size = snet__coap_encode(message, out, room);
	return size ? enqueue(queue, sender, to, size) : NULL;
}

void snet__coap_queue_bytes(struct snet__coap_queue *queue,
			    struct snet__coap_sender *sender,
			    const struct snet__coap_peer *to, const void *bytes,
			    size_t size)
{
	uint8_t *out = reserve(queue, size);

	if (!out)
		return;
	memcpy(out, bytes, size);
	(void)enqueue(queue, sender, to, size);
}

static void send_all_of(const struct snet__coap_queue *queue,
			const struct snet__coap_sender *sender)
{
	struct sockaddr_in names[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	size_t next = sender->first;
	unsigned int n;

	while (next) {
		for (n = 0; next && n < BATCH; n++) {
			const struct snet__coap_datagram *out = &queue->items[next - 1];

			names[n] = (struct sockaddr_in){
				.sin_family = AF_INET,
				.sin_port = htons(out->to.port),
				.sin_addr.s_addr = htonl(out->to.ipv4),
			};
			parts[n] = (struct iovec){queue->bytes + out->offset, out->size};
			messages[n] =
				(struct mmsghdr){.msg_hdr = {
							 .msg_name = &names[n],
							 .msg_namelen = sizeof(names[n]),
							 .msg_iov = &parts[n],
							 .msg_iovlen = 1,
						 }};
			next = out->next;
		}
		/* What the kernel does not take is lost on the way: it is sent again. */
		for (unsigned int sent = 0; sent < n;) {
			int r = sendmmsg(sender->fd, messages + sent, n - sent,
					 MSG_DONTWAIT);

			sent += r > 0 ? (unsigned int)r : 1;
		}
	}
}

void snet__coap_queue_send(struct snet__coap_queue *queue)
{
	struct snet__coap_sender *sender, *next;

	for (sender = queue->senders; sender; sender = next) {
		next = sender->next;
		if (!sender->is_held)
			send_all_of(queue, sender);
		sender->first = sender->last = 0;
		sender->is_queued = false;
	}
	queue->senders = NULL;
	queue->used = queue->count = 0;
}

/* 5.03 instead of @promise, which is in @old: a diagnostic payload is text without a format.
 * Source: RFC 7252 sections 3 and 5.5.2. */
static void refuse(struct snet__coap_queue *queue, struct snet__coap_sender *sender,
		   const struct snet__coap_queue *old,
		   const struct snet__coap_datagram *promise, const char *why)
{
	const uint8_t *was = old->bytes + promise->offset;
	struct snet__coap_message message = {
		.type = was[0] >> 4 & 3,
		.code = SNET__COAP_UNAVAILABLE,
		.mid = (uint16_t)(was[2] << 8 | was[3]),
		.token_size = was[0] & 15,
		.format = SNET__COAP_NO_FORMAT,
		.block2 = -1,
		.payload = why,
		.size = strlen(why),
	};

	memcpy(message.token, was + 4, message.token_size);
	(void)snet__coap_queue_message(queue, sender, &promise->to, &message);
}

void snet__coap_queue_drop(struct snet__coap_queue *queue, const char *why)
{
	struct snet__coap_queue old = *queue;
	struct snet__coap_sender *sender, *next;

	*queue = (struct snet__coap_queue){0};
	for (size_t i = 0; i < old.count; i++)
		if (old.items[i].seen)
			old.items[i].seen->key = 0;
	for (sender = old.senders; sender; sender = next) {
		size_t at = sender->first;

		next = sender->next;
		sender->first = sender->last = 0;
		sender->is_queued = false;
		for (; why && at; at = old.items[at - 1].next)
			if (old.items[at - 1].is_promise)
				refuse(queue, sender, &old, &old.items[at - 1], why);
	}
	snet__coap_queue_clear(&old);
}

void snet__coap_queue_forget(struct snet__coap_queue *queue,
			     struct snet__coap_sender *sender)
{
	struct snet__coap_sender **at = &queue->senders;

	while (*at && *at != sender)
		at = &(*at)->next;
	if (*at)
		*at = sender->next;
	for (size_t next = sender->first; next; next = queue->items[next - 1].next)
		queue->items[next - 1].seen = NULL;
}

void snet__coap_queue_clear(struct snet__coap_queue *queue)
{
	free(queue->bytes);
	free(queue->items);
}
