/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_TAG_H
#define SNET_SYS_TAG_H

/* The VLAN tag of a frame that comes by a packet(7) socket. The kernel takes it out of the frame
 * and tells it beside: what hands the frame on must put it back, or it is one of no VLAN. */

#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

#define SNET__TAG_BYTES 4
#define SNET__TAG_AT    12 /* behind both addresses */
/* What has to be left for it among a message's control data. */
#define SNET__TAG_CONTROL CMSG_SPACE(sizeof(struct tpacket_auxdata))

/* Have @fd tell of tags. */
int snet__tag_enable(int fd, struct snet_err *err);
/* Put the tag that @message tells of into the frame @data of @size bytes, behind which there is
 * room for it; the size then. */
size_t snet__tag_restore(struct msghdr *message, struct virtio_net_hdr *header,
			 void *data, size_t size);

/* That of a VLAN. */
void snet__tag_make(unsigned char ret[SNET__TAG_BYTES], unsigned int vlan);

#endif
