/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_ANNOUNCEMENT_H
#define SNET_SYS_ANNOUNCEMENT_H

/* What an interface tells its segment: that its addresses are at it now. Whoever knows them from
 * somebody else takes note, and so do the switches on the way. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct snet__announcement {
	unsigned char mac[6];
	uint32_t ipv4;             /* host byte order */
	const unsigned char *ipv6; /* of 16 bytes, or NULL */
	bool forwards;             /* it is a router's */
	/* Bridges that answer ARP take a request for theirs, and hand it on to nobody. */
	bool is_reply;
};

#define SNET__ANNOUNCEMENT_ARP_BYTES  42
#define SNET__ANNOUNCEMENT_IPV6_BYTES 86
/* The frames. Source: RFC 5227 section 3; RFC 4861 sections 4.4 and 7.2.6. */
void snet__announcement_write_arp(unsigned char ret[static SNET__ANNOUNCEMENT_ARP_BYTES],
				  const struct snet__announcement *what);
void snet__announcement_write_ipv6(
	unsigned char ret[static SNET__ANNOUNCEMENT_IPV6_BYTES],
	const struct snet__announcement *what);
/* A socket that sends by all interfaces of the namespace @netns. Closing it waits for an RCU grace
 * period, which is 10 to 20 ms. Source: packet_release() of Linux, net/packet/af_packet.c. */
int snet__announcement_open(int *ret_fd, int netns, struct snet_err *err);
/* Send them, once, by interface @index. */
int snet__announcement_send(int fd, int index, const struct snet__announcement *what,
			    struct snet_err *err);

#endif
