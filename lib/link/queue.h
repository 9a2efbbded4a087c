/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_QUEUE_H
#define SNET_LINK_QUEUE_H

#include <snet/link.h>

/* Constant from its making on. */
struct snet__queue_rule {
	const struct snet__queue_kind *kind;
	uint64_t target_ns, interval_ns;
};

/* Where CoDel is; goes on when the rule's times change, and begins anew when its kind does. The names
 * are those of RFC 8289 section 5. */
struct snet__queue_state {
	bool is_dropping;
	bool has_dropped; /* the last packet, so that the next drop is to be planned */
	uint32_t count, last_count;
	uint64_t drop_next_ns;
	uint64_t first_above_ns; /* 0: below */
};

/* A packet at the head of the queue that the medium is free for. */
struct snet__queue_head {
	uint64_t now_ns;
	uint64_t waited_ns;
	uint64_t behind_bytes;  /* of the queue behind it, or more than @largest_bytes */
	uint32_t largest_bytes; /* of all packets so far */
};

struct snet__queue_kind {
	const char *name;
	bool drops_oldest; /* when it is full; else what comes */
	/* Optional: is @head to be lost, so that what follows waits less? */
	bool (*judge)(const struct snet__queue_rule *rule,
		      struct snet__queue_state *state,
		      const struct snet__queue_head *head);
};

extern const struct snet__queue_kind snet__queue_tail_drop;
extern const struct snet__queue_kind snet__queue_head_drop;
extern const struct snet__queue_kind snet__queue_codel;

/* -EINVAL for an unknown kind. */
int snet__queue_compile(struct snet__queue_rule *ret,
			const struct snet_impairment *description, struct snet_err *err);

#endif
