/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_PIPE_PRIVATE_H
#define SNET_LINK_PIPE_PRIVATE_H

/* What pipe.c and its parts share. */

#include "link/decider.h"
#include "link/histogram.h"
#include "link/line.h"
#include "link/medium.h"
#include "link/pipe.h"

struct snet__pipe {
	const struct snet__pipe_ops *ops;
	void *user;
	const uint64_t *lead_ns;
	struct snet__rules *rules;
	struct snet__decider decider;
	bool (*replay)(void *user, struct snet__decision *ret);
	void *replay_user;
	struct snet__guard *guards;

	struct snet__packets left; /* due when a later one came; still to be popped */
	uint64_t left_packets, left_bytes;
	struct snet__packets front;
	struct snet__line line;
	struct snet__packets waiting;
	/* Of a queue that ends by them: how many of the first of the waiting are ready for the
	 * medium, and the one behind these. */
	uint64_t ready_packets;
	const struct snet__packet *unready;
	uint64_t floor_ns; /* nothing is due before what came under earlier rules */

	struct snet__medium medium;  /* of what has been sent */
	struct snet__medium promise; /* of that, and all that waits */
	uint64_t sent_ns;            /* when the last packet that was sent is due */
	uint64_t sent_bps;           /* at which rate it was sent */
	struct snet__queue_state queue;
	uint32_t largest_bytes, most_segments; /* of all packets so far */

	struct snet__pipe_counts counts;
	uint64_t last_out; /* the highest number */
	struct snet__histogram delays;
};

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* ---- pipe.c ---- */

void snet__pipe_lose(struct snet__pipe *pipe, struct snet__packet *packet,
		     enum snet__drop cause);
/* The same of one that is held. */
void snet__pipe_lose_held(struct snet__pipe *pipe, struct snet__packet *packet,
			  enum snet__drop cause);
/* Mark it instead of losing it; false when that cannot be. */
bool snet__pipe_mark(struct snet__pipe *pipe, struct snet__packet *packet);
/* It is held, and has a time. */
void snet__pipe_put_on_line(struct snet__pipe *pipe, struct snet__packet *packet);

/* ---- pipe_queue.c ---- */

/* Make room for @packet, which is to be sent or due from @ready_ns on; false: it is lost. */
bool snet__pipe_admit(struct snet__pipe *pipe, uint64_t now_ns, uint64_t ready_ns,
		      struct snet__packet *packet);
/* It is held, and waits for the medium. */
void snet__pipe_add_waiting(struct snet__pipe *pipe, struct snet__packet *packet);
/* Lose the first of the waiting. */
void snet__pipe_lose_waiting(struct snet__pipe *pipe, uint64_t now_ns,
			     enum snet__drop cause);
/* Send what the medium has been free for until now. */
void snet__pipe_send_waiting(struct snet__pipe *pipe, uint64_t now_ns);
/* Of the first of the waiting: when it is to be looked at again. */
uint64_t snet__pipe_waiting_ns(const struct snet__pipe *pipe);
/* The rules are no longer @old. */
void snet__pipe_retime(struct snet__pipe *pipe, uint64_t now_ns,
		       const struct snet__rules *old);

#endif
