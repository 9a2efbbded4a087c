/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_PACKET_H
#define SNET_LINK_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An Ethernet frame on its way through a pipe. Its memory belongs to the pipe's owner, who fills
 * in the sizes and the data; the rest is the pipe's while it has the packet. */
struct snet__packet {
	struct snet__packet *next;
	uint64_t arrived_ns;
	/* When it is to be at the other end; while it waits for the medium: when it may be sent. */
	uint64_t due_ns;
	uint64_t number; /* of all that came, from 1; a copy has its packet's */
	uint32_t size;   /* of @data, from the Ethernet header on */
	/* What the medium carries: of a large segment, with the headers of each packet it stands
	 * for, and how many those are. 0: @size, and one. */
	uint32_t wire_bytes;
	uint32_t segments;
	uint32_t largest_bytes; /* of those packets; 0: @size */
	uint16_t vlan; /* that it is in between two switches, without a tag; 0: none */
	bool is_copy;
	unsigned char data[];
};

/* First in, first out. */
struct snet__packets {
	struct snet__packet *first, *last;
};

static inline void snet__packets_add(struct snet__packets *list,
				     struct snet__packet *packet)
{
	packet->next = NULL;
	if (list->first)
		list->last->next = packet;
	else
		list->first = packet;
	list->last = packet;
}

/* NULL: none is left. */
static inline struct snet__packet *snet__packets_remove(struct snet__packets *list)
{
	struct snet__packet *packet = list->first;

	if (packet)
		list->first = packet->next;
	return packet;
}

static inline uint32_t snet__packet_wire_bytes(const struct snet__packet *packet)
{
	return packet->wire_bytes ? packet->wire_bytes : packet->size;
}

#endif
