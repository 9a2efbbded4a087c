/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_LEG_H
#define SNET_RELAY_LEG_H

#include "relay/delivery.h"

enum snet__leg_state {
	SNET__LEG_WAITING,    /* to be invoked, at due_ns */
	SNET__LEG_INVOKED,    /* the backend has it */
	SNET__LEG_COMMANDING, /* the result is there; its commands are under way */
	SNET__LEG_CLOSED,
	SNET__LEG_ABANDONED, /* closed, but the backend still has it */
};

/* One invocation and what follows from it. */
struct snet__leg {
	struct snet_invocation invocation; /* first: a callback gets this pointer */
	struct snet__delivery *delivery;
	const struct snet__model_route *route; /* NULL: commands without a function */
	struct snet__backend *backend;
	unsigned int index;
	enum snet__leg_state state;
	unsigned int attempts;
	bool is_counted; /* the next one, which has not begun, is among them */
	uint64_t due_ns;
	uint64_t deadline_ns;
	enum snet_outcome outcome; /* once it is closed */
	char *record;              /* for the outbox, until it is written */
	char activation[64];
	char *result; /* JSON, once it is known */
	struct snet__order *orders;
	size_t order_count, open_count;
};

/* Begin, or begin again after a restart. */
void snet__leg_start(struct snet__leg *leg);
/* Do what is due; at its deadline, expire. */
void snet__leg_sweep(struct snet__leg *leg, uint64_t now_ns);
static inline bool snet__leg_is_closed(const struct snet__leg *leg)
{
	return leg->state == SNET__LEG_CLOSED || leg->state == SNET__LEG_ABANDONED;
}
/* Cancel its commands. */
void snet__leg_stop(struct snet__leg *leg);
void snet__leg_clear(struct snet__leg *leg);
/* Its outbox record, to be freed; NULL when memory is short. */
char *snet__leg_format(const struct snet__leg *leg);
/* Take up what snet__leg_format() wrote. One that was closed gets its outcome only. */
int snet__leg_parse(struct snet__leg *leg, const void *data, size_t size,
		    struct snet_err *err);

/* Called by a leg, defined in delivery.c: it is through; its backend is, after that. */
void snet__delivery_close_leg(struct snet__leg *leg, enum snet_outcome outcome);
void snet__delivery_return_leg(struct snet__leg *leg);
void snet__delivery_note(struct snet__delivery *delivery, const char *step,
			 const char *node, uint64_t at_ns, const char *detail);
/* Write the leg's record to the store. */
void snet__delivery_save(struct snet__leg *leg);

#endif
