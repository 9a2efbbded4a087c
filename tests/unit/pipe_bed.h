/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PIPE_BED_H
#define TESTS_PIPE_BED_H

/* A pipe in virtual time, and what came out of it. Everything is checked on the way that holds for
 * all pipes: a packet leaves at the time that was said, once, and none is forgotten. */

#include "link/pipe.h"

#define MS UINT64_C(1000000)
#define S  (1000 * MS)

/* Check's assertions each write a line to a file, which is too much for each packet. */
void bed_need(bool is_so, const char *what);

struct bed_out {
	uint64_t number, arrived_ns, left_ns;
	uint32_t size;
};

struct bed {
	struct snet__pipe *pipe;
	uint64_t now_ns;
	uint64_t
		lead_ns; /* how long before they are due packets leave: 0, until it is set */
	struct bed_out *outs;
	size_t out_count, out_cap;
	struct snet__decision *decisions; /* as made */
	size_t decision_count, decision_cap, replayed;
	uint64_t dropped[SNET__DROP_COUNT];
	uint64_t changed;
	size_t held;             /* packets that are in the pipe */
	bool has_memory;         /* for copies */
	unsigned char *last_out; /* the last packet's data; freed with the bed */
	uint32_t last_size;
};

/* Seed 42, link "l", forth. */
struct bed *bed_new(const struct snet_impairment *description);
struct bed *bed_new_seeded(const struct snet_impairment *description, uint64_t seed,
			   const char *link, bool is_back,
			   const struct snet__rule_hooks *hooks);
/* Checks that the pipe's counts add up. */
void bed_free(struct bed *bed);
void bed_set(struct bed *bed, const struct snet_impairment *description);

/* A packet of @size bytes of zeros, or of @data, now. */
void bed_push(struct bed *bed, uint32_t size);
void bed_push_data(struct bed *bed, const void *data, uint32_t size);
/* One that there is no memory for. */
void bed_refuse(struct bed *bed, uint32_t size);
/* @count packets of @size bytes, @gap_ns apart, the first one now; nothing that leaves is taken until
 * after the last one. */
void bed_push_late(struct bed *bed, size_t count, uint64_t gap_ns, uint32_t size);
/* Let time pass; what leaves until then does. */
void bed_advance(struct bed *bed, uint64_t until_ns);
/* Until nothing is in it any more. */
void bed_drain(struct bed *bed);
/* @count packets, @gap_ns apart, the first one now; then drain. */
void bed_run(struct bed *bed, size_t count, uint64_t gap_ns, uint32_t size);

const struct snet__pipe_counts *bed_counts(const struct bed *bed);
/* How many times each of the packets 1 to @count came out, to be freed. */
unsigned int *bed_times_out(const struct bed *bed, size_t count);
/* Were the same decisions made? */
bool bed_decided_as(const struct bed *bed, const struct bed *other);
/* Do the packets come out in order? */
bool bed_is_ordered(const struct bed *bed);

#endif
