/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_BUFFERS_H
#define SNET_LINK_BUFFERS_H

/* Memory for the packets on their way: of two sizes, used again and again, and bounded. Of one
 * thread. */

#include <stddef.h>

#include "link/pipe.h"
#include "sys/packet.h"

/* All packets on their way together. Source: of a fast long link, 1 Gbit/s at 1 s. */
#define SNET__BUFFERS_BYTES (256ul << 20)

struct snet__buffers;

/* What one user holds of them. It gets no more while that is over four times what is left: so there
 * always is something for the others. */
struct snet__buffers_share {
	size_t held;
};

struct snet__buffer {
	struct snet__buffer *next;         /* of those that are free */
	struct snet__buffers_share *share; /* whose it is, or NULL */
	size_t room;
	int out;                       /* the socket that it leaves by */
	struct snet__packet_slot slot; /* its data is the packet's */
	struct snet__packet packet;    /* last */
};

int snet__buffers_new(struct snet__buffers **ret, struct snet_err *err);
/* All buffers have been given back. Accepts NULL. */
void snet__buffers_free(struct snet__buffers *buffers);
/* For a frame of @size; NULL when the bound is met, or the share's. @share: NULL for nobody's. */
struct snet__buffer *snet__buffers_get(struct snet__buffers *buffers,
				       struct snet__buffers_share *share, size_t size);
/* Give @buffer, which is nobody's, the owner of @from, which becomes nobody's. Of one size. */
void snet__buffers_swap(struct snet__buffer *buffer, struct snet__buffer *from);
void snet__buffers_put(struct snet__buffers *buffers, struct snet__buffer *buffer);
/* NULL when the bound is met. */
struct snet__packet *snet__buffers_copy(struct snet__buffers *buffers,
					const struct snet__packet *packet);
/* The buffer that a packet is in. */
struct snet__buffer *snet__buffer_of(const struct snet__packet *packet);

#endif
