/* SPDX-License-Identifier: MIT */
#include "link/buffers.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_ROOM 2048 /* a frame that is no larger than Ethernet's */
/* Large ones that are kept for the next; small ones all are. */
#define LARGE_SPARE 256

struct size_class {
	size_t room;
	size_t spare_max;
	struct snet__buffer *spare;
	size_t spare_count;
};

struct snet__buffers {
	size_t bytes; /* of those that are in use */
	struct size_class classes[2];
};

int snet__buffers_new(struct snet__buffers **ret, struct snet_err *err)
{
	struct snet__buffers *buffers = calloc(1, sizeof(*buffers));

	if (!buffers)
		return snet__err_oom(err);
	buffers->classes[0] =
		(struct size_class){.room = SMALL_ROOM, .spare_max = SIZE_MAX};
	buffers->classes[1] =
		(struct size_class){.room = SNET__PACKET_MAX, .spare_max = LARGE_SPARE};
	*ret = buffers;
	return 0;
}

void snet__buffers_free(struct snet__buffers *buffers)
{
	struct snet__buffer *next;

	for (int i = 0; buffers && i < 2; i++)
		for (struct snet__buffer *at = buffers->classes[i].spare; at; at = next) {
			next = at->next;
			free(at);
		}
	free(buffers);
}

static struct snet__buffer *make(size_t room)
{
	struct snet__buffer *buffer = malloc(sizeof(*buffer) + room);

	if (buffer)
		buffer->room = room;
	return buffer;
}

static bool is_refused(const struct snet__buffers *buffers,
		       const struct snet__buffers_share *share, size_t room)
{
	size_t used = buffers->bytes + room;

	return used > SNET__BUFFERS_BYTES ||
	       (share && share->held / 4 > SNET__BUFFERS_BYTES - used);
}

struct snet__buffer *snet__buffers_get(struct snet__buffers *buffers,
				       struct snet__buffers_share *share, size_t size)
{
	struct size_class *class = &buffers->classes[size > SMALL_ROOM];
	struct snet__buffer *ret = class->spare;

	if (is_refused(buffers, share, class->room))
		return NULL;
	if (ret) {
		class->spare = ret->next;
		class->spare_count--;
	} else {
		ret = make(class->room);
		if (!ret)
			return NULL;
	}
	buffers->bytes += class->room;
	ret->share = share;
	if (share)
		share->held += class->room;
	ret->slot = (struct snet__packet_slot){.data = ret->packet.data, .size = size};
	return ret;
}

void snet__buffers_put(struct snet__buffers *buffers, struct snet__buffer *buffer)
{
	struct size_class *class = &buffers->classes[buffer->room > SMALL_ROOM];

	buffers->bytes -= class->room;
	if (buffer->share)
		buffer->share->held -= class->room;
	if (class->spare_count == class->spare_max) {
		free(buffer);
		return;
	}
	buffer->next = class->spare;
	class->spare = buffer;
	class->spare_count++;
}

struct snet__packet *snet__buffers_copy(struct snet__buffers *buffers,
					const struct snet__packet *packet)
{
	const struct snet__buffer *from = snet__buffer_of(packet);
	struct snet__buffer *ret = snet__buffers_get(buffers, from->share, packet->size);

	if (!ret)
		return NULL;
	ret->out = from->out;
	ret->slot.header = from->slot.header;
	ret->slot.arrived_ns = from->slot.arrived_ns;
	memcpy(&ret->packet, packet, sizeof(*packet) + packet->size);
	return &ret->packet;
}

void snet__buffers_swap(struct snet__buffer *buffer, struct snet__buffer *from)
{
	buffer->share = from->share;
	from->share = NULL;
}

struct snet__buffer *snet__buffer_of(const struct snet__packet *packet)
{
	return (struct snet__buffer *)((uintptr_t)packet -
				       offsetof(struct snet__buffer, packet));
}
