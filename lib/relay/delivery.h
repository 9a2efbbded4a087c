/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_DELIVERY_H
#define SNET_RELAY_DELIVERY_H

/* One event on its way through a relayer: its invocations ("legs", one for each queue that it
 * was routed to), their commands, its trace. */

#include "backend/backend.h"
#include "base/random.h"
#include "relay/register.h"
#include "relay/relayer.h"

struct snet__leg;

struct snet__delivery {
	struct snet__delivery *next, *prev; /* of the relayer's open ones, oldest first */
	struct snet__deliveries *all;
	struct snet_trace trace; /* with the event's id and number */
	char *event;             /* JSON: the parameters of the functions */
	const char *type;        /* in @room */
	struct snet__leg *legs;
	unsigned int leg_count;
	unsigned int open_count; /* of its legs */
	unsigned int abandoned;  /* of its legs, whose backends still have them */
	enum snet_outcome worst; /* of the legs that have closed; PENDING: of none */
	bool is_committed;
	bool is_resumed;
	bool has_ended;
	bool is_end_written;   /* to the store, and perhaps not committed */
	bool is_end_committed; /* only who is abandoned keeps it */
	struct snet__delivery *next_ended;
	char room[128];
};

/* All open deliveries of a relayer. */
struct snet__deliveries {
	const struct snet__model_node *node;
	struct snet__relayer_env env;
	struct snet__backend **backends; /* one for each route */
	struct snet__register reg;
	struct snet__delivery *first, *last;
	struct snet__map by_id;
	struct snet__delivery **fresh; /* came since the last commit */
	size_t fresh_count, fresh_cap;
	struct snet__delivery *ended; /* wait for a commit of their end, or to be freed */
	struct snet__timer *sweep;    /* runs while something is open */
	bool is_sweeping;
	struct snet__random random; /* of the back-off */
};

int snet__deliveries_init(struct snet__deliveries *all,
			  const struct snet__relayer_env *env,
			  const struct snet__model_node *node, struct snet_err *err);
void snet__deliveries_clear(struct snet__deliveries *all);

/* A new event, @json copied; @pressed_ns 0 when the device did not say. */
struct snet__delivery_opts {
	uint64_t seq; /* of one that is resumed */
	const char *id;
	const char *source;      /* the whole of it; not needed to resume */
	const char *source_node; /* who pressed, for the trace; "" unknown */
	const char *type;
	const char *json;
	uint64_t pressed_ns;
	/* What a function would have returned, when the event is commands and needs no function:
	 * JSON object, or NULL. */
	const char *result;
};
/* Journal it, route it, and write what is open to the store: all of that or nothing. 0; 1 when
 * it had been journaled before; or a negative errno. */
int snet__delivery_add(struct snet__deliveries *all,
		       const struct snet__delivery_opts *opts, struct snet_err *err);
/* Take up one record of an open event, see snet__store_open_fn. */
int snet__delivery_resume(struct snet__deliveries *all,
			  const struct snet__delivery_opts *opts,
			  const struct snet_trace *trace, unsigned int index,
			  const void *data, size_t size, struct snet_err *err);
/* After a commit, and after one that failed: that forgets what came since the one before, and
 * writes again what ended. */
void snet__deliveries_committed(struct snet__deliveries *all);
void snet__deliveries_forget(struct snet__deliveries *all);

#endif
