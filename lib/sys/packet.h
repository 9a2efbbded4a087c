/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_PACKET_H
#define SNET_SYS_PACKET_H

/* Whole Ethernet frames, taken from an end of a pair and put into another: packet(7) sockets. What
 * the kernel has put off until a frame leaves the machine, segments and checksums, goes along with
 * it, so that large frames pass whole. */

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The largest frame: 64 KiB that are to be cut into segments, and their headers. */
#define SNET__PACKET_MAX (65536 + 256)

struct snet__packet_opts {
	int index;  /* of an interface, the only one it is for; 0: of none yet */
	bool sends; /* frames as well, past any queue, and hears only those that arrive */
	bool is_stamped; /* the kernel notes when frames pass */
	/* What may wait to be read, and be on its way, as far as the kernel allows it. */
	int buffer_bytes;
};
/* In the namespace @netns; non-blocking. */
int snet__packet_open(int *ret_fd, int netns, const struct snet__packet_opts *opts,
		      struct snet_err *err);
/* What was opened for no interface hears from now on what passes @index. */
int snet__packet_bind(int fd, int index, struct snet_err *err);

/* A frame to be received or sent; the memory is the caller's. */
struct snet__packet_slot {
	struct virtio_net_hdr header;
	void *data;
	size_t size;         /* of the room, 4 at least; then of the frame */
	uint64_t arrived_ns; /* received: by snet__clock_ns() */
	bool is_refused;     /* sent: it was lost */
};
#define SNET__PACKET_BATCH 32

/* Up to SNET__PACKET_BATCH of those that wait; how many, 0 when none does or the interface is
 * gone. @stamped: with the time when the kernel had it, else with that of the call. */
size_t snet__packet_receive(int fd, struct snet__packet_slot *slots, size_t count,
			    bool stamped);
/* Let the kernel note when frames arrive. */
void snet__packet_set_stamped(int fd, bool stamped);
/* How many of @count were lost: the way out is full, down or gone, or does not take such. */
size_t snet__packet_send(int fd, struct snet__packet_slot *const *slots, size_t count);
/* How many frames found no room since the last call. */
uint64_t snet__packet_missed(int fd);
/* What a frame is on the medium: a large one is cut into segments, each with all headers. */
struct snet__packet_cut {
	uint32_t wire_bytes, segments;
	uint32_t largest_bytes; /* of the segments */
};
struct snet__packet_cut snet__packet_cut(const struct snet__packet_slot *slot);
/* Put in the checksum that was put off. */
void snet__packet_finish(struct snet__packet_slot *slot);

#endif
