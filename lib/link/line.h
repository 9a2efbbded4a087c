/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_LINE_H
#define SNET_LINK_LINE_H

#include <stdbool.h>

#include "link/packet.h"

/* Packets that are on their way, each with the time at which it is due. Those due at the same time
 * leave in the order of their numbers. */
struct snet__line {
	struct snet__packets list; /* whose times rise */
	struct snet__line_early {
		uint64_t due_ns;
		struct snet__packet *packet;
	} * heap; /* those due before one that was in the list already */
	size_t count, cap;
};

/* false: out of memory, which only packets that overtake others can be. */
bool snet__line_add(struct snet__line *line, struct snet__packet *packet);
/* The next one, or NULL for none. */
struct snet__packet *snet__line_first(const struct snet__line *line);
struct snet__packet *snet__line_remove(struct snet__line *line);
/* When the last one is due; 0 when there is none. */
uint64_t snet__line_latest_ns(const struct snet__line *line);
/* What is due later than @at_ns is due then, in the order that it had. */
void snet__line_hasten(struct snet__line *line, uint64_t at_ns);
/* Release the memory; no packet is left. */
void snet__line_clear(struct snet__line *line);

#endif
