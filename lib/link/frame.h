/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_FRAME_H
#define SNET_LINK_FRAME_H

#include <stdbool.h>

#include "link/packet.h"

/* The least MTU that it passes: bytes behind the Ethernet header and its tags, of a large segment those
 * of each packet that it stands for. */
size_t snet__frame_mtu(const struct snet__packet *packet);
/* Is it an IP packet whose ends understand ECN (RFC 3168)? */
bool snet__frame_is_markable(const struct snet__packet *packet);
/* Set "congestion experienced" in such a packet, which may have it already; false: no such packet. */
bool snet__frame_mark(struct snet__packet *packet);
/* Invert the bit that is @place / 2^32 of the way through what follows the Ethernet header; false
 * when nothing does. */
bool snet__frame_corrupt(struct snet__packet *packet, uint32_t place);

#endif
