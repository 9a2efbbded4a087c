/* SPDX-License-Identifier: MIT */
/* Deliveries: from a journaled event to the end of its trace.
 *
 * A delivery is fresh until the store has committed it, then its legs start. It ends when the
 * last leg closes, or at its deadline; an invocation that a backend still has then keeps the
 * memory, not the event. One timer serves all that is open: back-offs and deadlines. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "relay/exchange.h"
#include "relay/leg.h"
#include "sys/netns.h"

#define SWEEP_NS (20 * SNET__NS_PER_MS)
#define TTL_NS   (60 * SNET__NS_PER_S)

void snet__delivery_note(struct snet__delivery *delivery, const char *step,
			 const char *node, uint64_t at_ns, const char *detail)
{
	/* A trace without memory for a step is a shorter trace. */
	(void)snet__trace_add(&delivery->trace, step, node, at_ns, detail);
}

void snet__delivery_save(struct snet__leg *leg)
{
	struct snet__delivery *delivery = leg->delivery;
	autofree char *record = snet__leg_format(leg);
	struct snet_err err = {.msg = "out of memory"};
	int r = -ENOMEM;

	if (record)
		r = snet__store_put_open(delivery->all->env.store, delivery->trace.seq,
					 leg->index, record, strlen(record), &err);
	/* The record of before stands: after a restart more is done again than needed. */
	if (r < 0)
		snet__log(SNET_LOG_WARNING,
			  "cannot write to the outbox event=%s error=%s",
			  delivery->trace.id, err.msg);
}

static void list_add(struct snet__delivery *delivery)
{
	struct snet__deliveries *all = delivery->all;

	delivery->prev = all->last;
	*(all->last ? &all->last->next : &all->first) = delivery;
	all->last = delivery;
	if (all->is_sweeping)
		return;
	all->is_sweeping = true;
	snet__timer_start(all->sweep, SWEEP_NS, SWEEP_NS);
}

static void list_remove(struct snet__delivery *delivery)
{
	struct snet__deliveries *all = delivery->all;

	*(delivery->prev ? &delivery->prev->next : &all->first) = delivery->next;
	*(delivery->next ? &delivery->next->prev : &all->last) = delivery->prev;
}

static void free_delivery(struct snet__delivery *delivery)
{
	list_remove(delivery);
	if (snet__map_find(&delivery->all->by_id, delivery->trace.id) == delivery)
		(void)snet__map_remove(&delivery->all->by_id, delivery->trace.id);
	for (unsigned int i = 0; i < delivery->leg_count; i++)
		snet__leg_clear(&delivery->legs[i]);
	free(delivery->legs);
	free(delivery->event);
	snet__trace_clear(&delivery->trace);
	free(delivery);
}

static void write_end(struct snet__delivery *delivery)
{
	const struct snet__relayer_env *env = &delivery->all->env;
	struct snet_err err = {0};

	if (snet__store_put_trace(env->store, &delivery->trace, &err) < 0)
		snet__log(SNET_LOG_WARNING, "cannot write a trace event=%s error=%s",
			  delivery->trace.id, err.msg);
	env->watcher.ended(env->watcher.user, &delivery->trace);
}

void snet__delivery_release(struct snet__delivery *delivery)
{
	if (--delivery->open_count > 0)
		return;
	if (!delivery->has_expired) {
		if (delivery->trace.outcome == SNET_OUTCOME_PENDING)
			delivery->trace.outcome = SNET_OUTCOME_DONE;
		write_end(delivery);
	}
	free_delivery(delivery);
}

void snet__delivery_close_leg(struct snet__leg *leg, enum snet_outcome outcome)
{
	struct snet__delivery *delivery = leg->delivery;

	if (leg->state == SNET__LEG_CLOSED)
		return;
	leg->state = SNET__LEG_CLOSED;
	snet__leg_stop(leg);
	if (outcome != SNET_OUTCOME_DONE)
		delivery->trace.outcome = outcome;
	snet__delivery_release(delivery);
}

static void expire(struct snet__delivery *delivery, uint64_t now_ns)
{
	unsigned int left = 0;

	snet__delivery_note(delivery, "expired", delivery->all->node->name, now_ns,
			    "its time to live has ended");
	delivery->trace.outcome = SNET_OUTCOME_EXPIRED;
	delivery->has_expired = true;
	write_end(delivery);
	for (unsigned int i = 0; i < delivery->leg_count; i++) {
		snet__leg_stop(&delivery->legs[i]);
		left += delivery->legs[i].state == SNET__LEG_INVOKED;
	}
	delivery->open_count = left + 1;
	snet__delivery_release(delivery);
}

static void sweep_one(struct snet__delivery *delivery, uint64_t now_ns)
{
	if (delivery->has_expired || !delivery->is_committed)
		return;
	if (delivery->deadline_ns <= now_ns) {
		expire(delivery, now_ns);
		return;
	}
	delivery->open_count++; /* it may end in here, but is not freed */
	for (unsigned int i = 0; i < delivery->leg_count; i++)
		snet__leg_sweep(&delivery->legs[i], now_ns);
	snet__delivery_release(delivery);
}

static void on_sweep(void *user)
{
	struct snet__deliveries *all = user;
	struct snet__delivery *delivery, *next;
	uint64_t now_ns = snet__clock_ns();

	for (delivery = all->first; delivery; delivery = next) {
		next = delivery->next;
		sweep_one(delivery, now_ns);
	}
	if (all->first)
		return;
	all->is_sweeping = false;
	snet__timer_stop(all->sweep);
}

int snet__deliveries_init(struct snet__deliveries *all,
			  const struct snet__relayer_env *env,
			  const struct snet__model_node *node, struct snet_err *err)
{
	all->node = node;
	all->env = *env;
	snet__random_seed(&all->random, env->seed, node->name);
	all->backends = calloc(node->route_count + 1, sizeof(*all->backends));
	if (!all->backends)
		return snet__err_oom(err);
	return snet__timer_new(&all->sweep, env->loop, on_sweep, all, err);
}

void snet__deliveries_clear(struct snet__deliveries *all)
{
	while (all->first)
		free_delivery(all->first);
	snet__timer_free(all->sweep);
	snet__register_clear(&all->reg);
	snet__map_clear(&all->by_id);
	free(all->backends);
	free(all->fresh);
}

/* A leg for each queue that one of the routes leads to. */
static int route(struct snet__delivery *delivery, struct snet_err *err)
{
	struct snet__deliveries *all = delivery->all;
	const struct snet__model_node *node = all->node;
	uint64_t ttl_ns = 0;
	unsigned int n;

	delivery->legs = calloc(node->route_count + 1, sizeof(*delivery->legs));
	if (!delivery->legs)
		return snet__err_oom(err);
	for (size_t i = 0; i < node->route_count; i++) {
		const struct snet__model_route *candidate = &node->routes[i];

		if (!snet__exchange_matches(candidate, delivery->type))
			continue;
		for (n = 0; n < delivery->leg_count; n++)
			if (snet__exchange_is_same_queue(delivery->legs[n].route,
							 candidate))
				break;
		if (n < delivery->leg_count)
			continue;
		delivery->legs[n] = (struct snet__leg){.delivery = delivery,
						       .route = candidate,
						       .backend = all->backends[i],
						       .index = n};
		delivery->leg_count++;
		if (candidate->ttl_ns > ttl_ns)
			ttl_ns = candidate->ttl_ns;
	}
	delivery->deadline_ns = snet__clock_ns() + (ttl_ns ? ttl_ns : TTL_NS);
	return 0;
}

static struct snet__delivery *new_delivery(struct snet__deliveries *all,
					   const struct snet__delivery_opts *opts,
					   struct snet_err *err)
{
	struct snet__delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery || !(delivery->event = strdup(opts->json))) {
		free(delivery);
		(void)snet__err_oom(err);
		return NULL;
	}
	delivery->all = all;
	delivery->trace.seq = opts->seq;
	(void)snprintf(delivery->trace.id, sizeof(delivery->trace.id), "%s", opts->id);
	(void)snprintf(delivery->room, sizeof(delivery->room), "%s", opts->type);
	delivery->type = delivery->room;
	/* Two sources may use one id; the older event is then found in the store only. */
	(void)snet__map_add(&all->by_id, delivery->trace.id, delivery, NULL);
	list_add(delivery);
	return delivery;
}

/* The one leg of an event that is commands already. */
static int add_result(struct snet__delivery *delivery, const char *result,
		      struct snet_err *err)
{
	delivery->legs = calloc(1, sizeof(*delivery->legs));
	if (!delivery->legs)
		return snet__err_oom(err);
	delivery->legs->delivery = delivery;
	delivery->legs->result = strdup(result);
	delivery->leg_count = 1;
	delivery->deadline_ns = snet__clock_ns() + TTL_NS;
	return delivery->legs->result ? 0 : snet__err_oom(err);
}

/* To be started after the next commit. The hold is released then. */
static int make_fresh(struct snet__delivery *delivery, struct snet_err *err)
{
	struct snet__deliveries *all = delivery->all;
	int r;

	r = snet__vec_reserve(&all->fresh, &all->fresh_cap, all->fresh_count + 1,
			      sizeof(struct snet__delivery *), err);
	if (r < 0)
		return r;
	delivery->open_count = delivery->leg_count + 1;
	all->fresh[all->fresh_count++] = delivery;
	return 0;
}

static int write_new(struct snet__delivery *delivery, struct snet_err *err)
{
	struct snet__store *store = delivery->all->env.store;
	int r;

	r = snet__store_put_trace(store, &delivery->trace, err);
	for (unsigned int i = 0; i < delivery->leg_count && r == 0; i++) {
		autofree char *record = snet__leg_format(&delivery->legs[i]);

		r = record ? snet__store_put_open(store, delivery->trace.seq, i, record,
						  strlen(record), err)
			   : snet__err_oom(err);
	}
	return r;
}

int snet__delivery_add(struct snet__deliveries *all,
		       const struct snet__delivery_opts *opts, struct snet_err *err)
{
	struct snet__delivery *delivery = new_delivery(all, opts, err);
	int r;

	if (!delivery)
		return -ENOMEM;
	if (opts->pressed_ns)
		snet__delivery_note(delivery, "pressed", opts->source_node,
				    opts->pressed_ns, "");
	snet__delivery_note(delivery, "received", all->node->name, snet__clock_ns(), "");
	r = opts->result ? add_result(delivery, opts->result, err) : route(delivery, err);
	if (r == 0)
		r = write_new(delivery, err);
	if (r == 0)
		r = make_fresh(delivery, err);
	if (r < 0)
		free_delivery(delivery);
	return r;
}

static int resume_leg(struct snet__delivery *delivery, unsigned int index,
		      const void *data, size_t size, struct snet_err *err)
{
	struct snet__leg *legs, *leg;
	struct snet_err why = {0};

	legs = reallocarray(delivery->legs, delivery->leg_count + 1, sizeof(*legs));
	if (!legs)
		return snet__err_oom(err);
	delivery->legs = legs;
	leg = &legs[delivery->leg_count];
	*leg = (struct snet__leg){.delivery = delivery, .index = index};
	if (snet__leg_parse(leg, data, size, &why) < 0) {
		/* The lab file has changed since: that queue is gone. */
		snet__delivery_note(delivery, "failed", delivery->all->node->name,
				    snet__clock_ns(), why.msg);
		delivery->trace.outcome = SNET_OUTCOME_FAILED;
		snet__leg_clear(leg);
		return 0;
	}
	delivery->leg_count++;
	delivery->open_count++;
	return 0;
}

int snet__delivery_resume(struct snet__deliveries *all,
			  const struct snet__delivery_opts *opts,
			  const struct snet_trace *trace, unsigned int index,
			  const void *data, size_t size, struct snet_err *err)
{
	/* The records of an event come one after the other. Its id does not name it: two
	 * sources may use the same. */
	struct snet__delivery *delivery =
		all->last && all->last->trace.seq == opts->seq ? all->last : NULL;
	int r = 0;

	if (!delivery) {
		delivery = new_delivery(all, opts, err);
		if (!delivery)
			return -ENOMEM;
		for (size_t i = 0; i < trace->count; i++)
			snet__delivery_note(delivery, trace->steps[i].step,
					    trace->steps[i].node, trace->steps[i].at_ns,
					    trace->steps[i].detail);
		delivery->is_resumed = true;
		snet__delivery_note(delivery, "resumed", all->node->name,
				    snet__clock_ns(), "");
		delivery->deadline_ns = snet__clock_ns() + TTL_NS;
		r = data ? 0 : route(delivery, err);
		if (r == 0)
			r = make_fresh(delivery, err);
	}
	if (r == 0 && data)
		r = resume_leg(delivery, index, data, size, err);
	return r;
}

static void start(struct snet__delivery *delivery, uint64_t now_ns)
{
	struct snet__deliveries *all = delivery->all;

	delivery->is_committed = true;
	if (delivery->deadline_ns <= now_ns) {
		expire(delivery, now_ns); /* while its lab was down */
		return;
	}
	/* What was resumed had been journaled in an earlier life. */
	if (!delivery->is_resumed)
		snet__delivery_note(delivery, "journaled", all->node->name, now_ns, "");
	if (!delivery->leg_count)
		snet__delivery_note(delivery, "dropped", all->node->name, now_ns,
				    "no route takes it");
	for (unsigned int i = 0; i < delivery->leg_count; i++) {
		/* The legs of a resumed event may have moved while they were gathered. */
		delivery->legs[i].delivery = delivery;
		snet__leg_start(&delivery->legs[i]);
	}
	snet__delivery_release(delivery);
}

void snet__deliveries_committed(struct snet__deliveries *all)
{
	uint64_t now_ns = all->fresh_count ? snet__clock_ns() : 0;
	cleanup_with(snet__netns_leave) int outside = -1;
	size_t count = all->fresh_count;

	/* Functions in C run in there: once in and out for all of them. One that finds that this
	 * has failed enters by itself, and says why it cannot. */
	if (count > 1 && all->env.netns >= 0)
		(void)snet__netns_enter(&outside, all->env.netns, NULL);
	all->fresh_count = 0; /* nothing becomes fresh in start() */
	for (size_t i = 0; i < count; i++)
		start(all->fresh[i], now_ns);
}

void snet__deliveries_forget(struct snet__deliveries *all)
{
	for (size_t i = 0; i < all->fresh_count; i++)
		free_delivery(all->fresh[i]);
	all->fresh_count = 0;
}
