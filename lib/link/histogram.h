/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_HISTOGRAM_H
#define SNET_LINK_HISTOGRAM_H

#include <stdint.h>

/* Times of up to 73 minutes, each in a class at most 1/32 wide: what is read from it is at most
 * 1.6 % off. Of fixed size, so that counting needs no memory. */
#define SNET__HISTOGRAM_STEPS   32 /* classes of each power of two */
#define SNET__HISTOGRAM_CLASSES (38 * SNET__HISTOGRAM_STEPS)

struct snet__histogram {
	uint32_t counts[SNET__HISTOGRAM_CLASSES];
	uint64_t max_ns;
	unsigned int halvings; /* how often all counts were halved, so that they fit */
};

void snet__histogram_add(struct snet__histogram *histogram, uint64_t ns);
/* Count in @into what was counted in @from. */
void snet__histogram_merge(struct snet__histogram *into,
			   const struct snet__histogram *from);
/* What the share @share, 0 to 1, of the times is not above; 1: the longest, exactly. 0 when there
 * is none. */
uint64_t snet__histogram_quantile(const struct snet__histogram *histogram, double share);
/* How many there are, and how many of them are above @ns, by the class that it is in. */
void snet__histogram_count(const struct snet__histogram *histogram, uint64_t ns,
			   uint64_t *ret_total, uint64_t *ret_above);

#endif
