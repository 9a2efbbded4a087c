/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_DISTRIBUTION_H
#define SNET_BASE_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#include <snet/link.h>

/* How random delays are spread, as the kernel's netem takes it: a table of the inverse of the
 * distribution function. An entry picked at random, times the jitter, is what is added to the
 * delay. */

/* The entry that stands for once the jitter (NETEM_DIST_SCALE of linux/pkt_sched.h). */
#define SNET__DISTRIBUTION_ONE 8192
/* What our tables have, and what a file may have (NETEM_DIST_MAX). */
#define SNET__DISTRIBUTION_SIZE 4096
#define SNET__DISTRIBUTION_MAX  16384

/* The table of SNET__DISTRIBUTION_SIZE entries, rising, as that of iproute2: its mean is about 0
 * and, but for the uniform one, which ends at once the jitter, its standard deviation about 1, less
 * where the tail is cut off. Of all but SNET_DISTRIBUTION_TABLE. Any thread; borrowed for good. */
const int16_t *snet__distribution_table(enum snet_distribution distribution);

#endif
