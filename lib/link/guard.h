/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_GUARD_H
#define SNET_LINK_GUARD_H

/* Stops packets of one direction of a link, whatever its impairments are: those to certain
 * stations, those that match a filter, the n-th of them. What it lets pass it does not touch, and
 * no random choice is made for what it stops. */

#include <stdbool.h>

#include "link/packet.h"

struct snet__filter;

/* A packet is seen when it passes each of the three tests, and stopped when it is one of @count from
 * the @first one on. */
struct snet__guard {
	struct snet__guard *next; /* the pipe's, while it has the guard */
	/* To one of these, by ARP or IP; host byte order, rising. Borrowed. None: to anybody. */
	const uint32_t *peers;
	size_t peer_count;
	const unsigned char *ipv6; /* of the lab: see snet__model_ipv6(); NULL: none */
	const struct snet__filter *filter; /* borrowed; NULL: all */
	uint64_t first, count;             /* from 1; UINT64_MAX: all that come */

	/* Written by the pipe's thread. */
	uint64_t seen, stopped;
	uint64_t first_ns, last_ns; /* when one was stopped */
};

/* Of a list, each of which sees the packet unless one before it has stopped it. */
bool snet__guards_stop(struct snet__guard *guards, const struct snet__packet *packet,
		       uint64_t now_ns);

#endif
