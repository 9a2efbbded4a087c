/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_SHAPER_BED_H
#define TESTS_CONFORMANCE_SHAPER_BED_H

/* Two ends, and what the library puts between them: one kind of shaper, the same for all programs
 * that are linked with a bed_KIND.c. */

#include "packets.h"
#include "suite.h"
#include "topo/impairment.h"

#define MS 1000000

extern struct packets_end bed_a, bed_b;
extern const char bed_kind[];

/* Of what goes from a to b. */
struct bed_counts {
	size_t lost, reordered, queued;
};

/* Ends the program, with 77, where the machine does not have it. */
void bed_require(void);
void bed_set_up(void);
void bed_tear_down(void);
/* For packets from a to b. */
void bed_set(const struct snet_impairment *impairment);
struct bed_counts bed_count(void);
/* Whether the machine, since this was asked last, had no time for it. */
bool bed_was_starved(void);

#endif
