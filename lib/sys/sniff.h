/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_SNIFF_H
#define SNET_SYS_SNIFF_H

/* A copy of every frame that passes an interface, in either direction, by a packet socket that is
 * stamped and does not send; the interface itself is not changed in any way. */

#include "sys/packet.h"

struct snet__sniffed {
	struct virtio_net_hdr header;
	size_t size;     /* of the frame, which may be more than there was room for */
	uint64_t at_ns;  /* since 1970 */
	bool is_leaving; /* the interface's namespace, by this interface */
};
/* One that waits: 1, or 0 when none does; -ENETDOWN, once: the interface is down. */
int snet__sniff_receive(int fd, void *room, size_t room_bytes, struct snet__sniffed *ret);
/* An interface that is down may come up again, or go, which nothing tells of. */
bool snet__sniff_is_gone(int fd);

#endif
