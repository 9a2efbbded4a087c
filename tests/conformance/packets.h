/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_PACKETS_H
#define TESTS_CONFORMANCE_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/err.h>

/* Frames from one end to another, each with a number and the time when it was sent; the kernel says
 * when it arrived. */

#define PACKETS_MAX  4096 /* in one go */
#define PACKET_MAX   1514
#define PACKET_LEAST 64

struct snet__nl;

/* One end. */
struct packets_end {
	int netns;
	int index;
	struct snet__nl *nl;
	int fd; /* a socket for frames */
	/* How many that it has sent are on their way; NULL: those of its netem, if it has one. */
	size_t (*queued)(void);
};

/* Two namespaces and a pair that is up. Fails the test that calls it. */
void packets_new(struct packets_end *a, struct packets_end *b);
void packets_free(struct packets_end *a, struct packets_end *b);
/* The steps of it: an end's namespace; its interface eth0, whose peer @name is in the namespace of
 * @peer; its socket. */
void packets_new_end(struct packets_end *end);
void packets_connect(struct packets_end *end, struct packets_end *peer, const char *name);
void packets_listen(struct packets_end *end);
void packets_free_end(struct packets_end *end);

/* What is to be sent. */
struct packets_flow {
	size_t count;
	size_t size;     /* of a frame; 0: the least */
	uint64_t gap_ns; /* between two of them; 0: as fast as it goes */
	bool is_ip; /* IPv4, ECN-capable (RFC 3168); else of an experimental protocol */
};

/* What came of it. */
struct packets_arrived {
	size_t count;
	struct packets_one {
		uint32_t number;
		int64_t delay_ns;
		int64_t at_ns; /* CLOCK_REALTIME */
		bool is_marked;
		unsigned int wrong_bits; /* only where all came, in order */
	} list[2 * PACKETS_MAX];
	unsigned int copies[PACKETS_MAX]; /* of each number */
	size_t missing;                   /* that never came */
	size_t twice;
};

/* Send @flow from @a to @b and wait until nothing is on its way any more. */
void packets_run(struct packets_arrived *ret, const struct packets_end *a,
		 const struct packets_end *b, const struct packets_flow *flow);
/* The two halves of it. */
void packets_send(const struct packets_end *a, const struct packets_end *b,
		  const struct packets_flow *flow);
void packets_receive(struct packets_arrived *ret, const struct packets_end *a,
		     const struct packets_end *b, const struct packets_flow *flow);
/* The shortest delay first. */
void packets_sort(struct packets_arrived *arrived);

#endif
