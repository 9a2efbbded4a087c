/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_PIPE_H
#define SNET_LINK_PIPE_H

/* One direction of an impaired link: packets go in, and come out later, fewer, more, changed or in
 * another order, as struct snet_impairment says. It knows neither the kernel nor a clock: times
 * are what the caller says they are, and must not go back. Not thread-safe. */

#include "link/guard.h"
#include "link/packet.h"
#include "link/rules.h"
#include "topo/decision.h"

struct snet__pipe;

/* Why a packet was lost. */
enum snet__drop {
	SNET__DROP_LOSS,   /* by the loss model */
	SNET__DROP_QUEUE,  /* the queue was full */
	SNET__DROP_CODEL,  /* it had waited too long */
	SNET__DROP_PMTU,   /* it was too large */
	SNET__DROP_DOWN,   /* the link is down, or is no more */
	SNET__DROP_MEMORY, /* there was none */
	SNET__DROP_FAULT,  /* stopped by a guard */
};
#define SNET__DROP_COUNT 7

/* What the owner of the packets' memory does. Called from within push, pop, set and free, and may
 * not call them. */
struct snet__pipe_ops {
	/* A packet of the same sizes and data, or NULL when there is no memory for it. */
	struct snet__packet *(*copy)(void *user, const struct snet__packet *packet);
	/* @packet is lost, and the owner's again. */
	void (*drop)(void *user, struct snet__packet *packet, enum snet__drop cause);
	/* Optional: the data of @packet is about to change: finish checksums that were left to
	 * the hardware. */
	void (*change)(void *user, struct snet__packet *packet);
	/* Optional: what was decided, in the order in which snet__pipe_replay() wants it. */
	void (*decided)(void *user, const struct snet__decision *decision);
};

struct snet__pipe_opts {
	uint64_t seed; /* of the lab */
	const char *link;
	bool is_back;
	const struct snet__pipe_ops *ops; /* borrowed until the pipe is freed */
	void *user;
	/* How long before it is due a packet comes out, so that it is at the other end when it is;
	 * borrowed, and may change. NULL: not before. */
	const uint64_t *lead_ns;
};

/* in + duplicated = out + lost + queue, in packets. Bytes are those the medium carries, without
 * overhead_bytes. */
struct snet__pipe_counts {
	uint64_t in_packets, in_bytes;
	uint64_t out_packets, out_bytes;
	uint64_t lost[SNET__DROP_COUNT];
	uint64_t duplicated;
	uint64_t corrupted;
	uint64_t marked;
	uint64_t reordered; /* sent at once, ahead of the delayed */
	uint64_t late;      /* came out after one that came later (RFC 4737) */
	uint64_t queue_packets, queue_bytes; /* now, in all of the pipe */
	/* As if each had left when it was due, however late the owner takes it. */
	uint64_t queue_packets_max, queue_bytes_max;
};

/* @rules are taken when this succeeds. -ENOMEM */
int snet__pipe_new(struct snet__pipe **ret, const struct snet__pipe_opts *opts,
		   struct snet__rules *rules, struct snet_err *err);
/* What is in it is lost. */
void snet__pipe_free(struct snet__pipe *pipe);

/* From now on @rules, which are taken, hold. Random streams and counters go on, and so does a trace
 * that stays. What has a time at which it is due keeps it unless it would be due earlier if it came
 * now, and nothing that comes later overtakes it, unless by reordering. (netem would let them
 * overtake, and keep all times.) What still waits for the medium is sent at the new rate. A queue
 * above its new limit stays as it is. Of a link that goes down all packets are lost. */
void snet__pipe_set(struct snet__pipe *pipe, uint64_t now_ns, struct snet__rules *rules);

/* From now on @guard, borrowed until it is taken away again, looks at what comes. */
void snet__pipe_add_guard(struct snet__pipe *pipe, struct snet__guard *guard);
void snet__pipe_remove_guard(struct snet__pipe *pipe, struct snet__guard *guard);

/* A packet comes, and is taken. What was due by then takes no room in the queue any more, even if it
 * is still to be popped. */
void snet__pipe_push(struct snet__pipe *pipe, uint64_t now_ns,
		     struct snet__packet *packet);
/* One came that the owner had no memory for, and keeps: counted as lost, and seen by guards and decided
 * about as any other, so that later ones meet the fate that they would have met. */
void snet__pipe_refuse(struct snet__pipe *pipe, uint64_t now_ns,
		       const struct snet__packet *packet);
/* The next packet whose time has come, the caller's from then on; NULL: none. */
struct snet__packet *snet__pipe_pop(struct snet__pipe *pipe, uint64_t now_ns);
/* When snet__pipe_pop() is to be called again; UINT64_MAX: not before the next push. It may
 * find that nothing leaves yet. */
uint64_t snet__pipe_next_ns(const struct snet__pipe *pipe);

/* Valid until the pipe is freed. */
const struct snet__pipe_counts *snet__pipe_counts(const struct snet__pipe *pipe);
/* What the trace says of @now_ns, if there is one: see struct snet__trace_ops. */
void snet__pipe_look(const struct snet__pipe *pipe, uint64_t now_ns,
		     struct snet__trace_moment *ret);
/* How long the share @share, 0 to 1, of the packets was in the pipe at most, at most 1.6 % off; 1:
 * the longest time, exactly. */
uint64_t snet__pipe_delay_ns(const struct snet__pipe *pipe, double share);

/* Take decisions from @next, which returns false after the last one; chance decides about the
 * packets that come then. NULL: by chance again. */
void snet__pipe_replay(struct snet__pipe *pipe,
		       bool (*next)(void *user, struct snet__decision *ret), void *user);

#endif
