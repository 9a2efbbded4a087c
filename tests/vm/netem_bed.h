/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VM_NETEM_BED_H
#define TESTS_VM_NETEM_BED_H

/* A pair of interfaces, what the library sets of the netem at the first, and what arrives at the
 * second. */

#include "../conformance/packets.h"
#include "link/shaper_netem.h"
#include "suite.h"

#define MS 1000000

extern struct packets_end bed_a, bed_b;
/* Of the last flow that was run. */
extern struct packets_arrived bed_got;

/* A test case of that name with this pair for each of its tests. */
TCase *bed_case(const char *name);

void bed_set(const struct snet_impairment *impairment);
struct snet__qdisc bed_get(void);
/* What arrived, the shortest delay first. */
void bed_sort_delays(void);

#endif
