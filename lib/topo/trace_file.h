/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_TRACE_FILE_H
#define SNET_TOPO_TRACE_FILE_H

/* What a link could carry over time, from a file of one of two formats:
 *
 * Deliveries, as of Mahimahi's mm-link: a line for each opportunity to send
 * SNET__DELIVERY_BYTES, the milliseconds since the trace began, never less than the line before.
 * A packet takes as many opportunities as it needs, and several packets share one when they
 * wait for it; one that nobody waits for is lost. Over again after the last.
 *
 * Steps: a header that names the columns, "time" and some of "delay", "loss" and "rate", then
 * lines of values parted by commas: quantities as in a lab file. Each line holds from its time,
 * counted from the first, until the next; the last one as long as the one before it.
 *
 * An object does not change after it was loaded: any thread may ask. All times are nanoseconds
 * since the trace began to be played. Nothing allocates but the loading. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topo/kept_file.h"

/* Source: PACKET_SIZE of Mahimahi's link_queue.hh. */
#define SNET__DELIVERY_BYTES 1504

struct snet__trace_file;

/* How far the packets of one direction have used up the deliveries; zero to begin with. */
struct snet__trace_cursor {
	uint64_t begun; /* opportunities, those of all rounds counted */
	uint32_t left;  /* bytes that are left of the last of them */
};

/* What holds at some time. */
struct snet__trace_point {
	uint64_t delay_ns;
	double loss;
	uint64_t rate_bps;
};

/* @is_once: nothing is limited after the end, rather than beginning again. -EINVAL ("FILE:LINE:
 * what"), -ENOMEM. */
int snet__trace_file_parse(struct snet__trace_file **ret,
			   const struct snet__kept_file *file, bool is_once,
			   struct snet_err *err);
void snet__trace_file_free(struct snet__trace_file *trace);

/* Of which format it is; the functions below are each for one. */
bool snet__trace_file_has_deliveries(const struct snet__trace_file *trace);

/* Whether its steps have a column of rates. */
bool snet__trace_file_has_rate(const struct snet__trace_file *trace);

/* Does it say nothing more? */
bool snet__trace_file_is_over(const struct snet__trace_file *trace, uint64_t at_ns);

/* When the last byte of a packet leaves that is offered at @at_ns, behind those for which
 * @cursor was used before. Offer packets in the order of their times. */
uint64_t snet__trace_file_departure(const struct snet__trace_file *trace,
				    struct snet__trace_cursor *cursor, uint64_t at_ns,
				    size_t bytes);
/* What the deliveries come to in that second of a round that @at_ns is in, or what the round has of
 * it, in whole kbit/s. False: the trace is over. */
bool snet__trace_file_rate(const struct snet__trace_file *trace, uint64_t at_ns,
			   uint64_t *ret_bps);
/* Put into @point what the trace says for @at_ns; what it has no column for stays. False: the
 * trace is over, @point stays as it was. */
bool snet__trace_file_at(const struct snet__trace_file *trace, uint64_t at_ns,
			 struct snet__trace_point *point);

#endif
