/* SPDX-License-Identifier: MIT */
/* Deliveries: from a journaled event to the end of its trace.
 *
 * A delivery is fresh until the store has committed it, then its legs start. A leg closes when
 * its commands are obeyed, when it fails or at its deadline; the last one ends the delivery,
 * with the worst outcome of all. It is freed when that end is committed, or later: a backend
 * may still have an invocation of a leg that has expired. One timer serves all that is open:
 * back-offs and deadlines. */

#include <errno.h>
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

void snet__delivery_note(struct snet__delivery *delivery, const char *step,
			 const char *node, uint64_t at_ns, const char *detail)
{
	const struct snet__relayer_watcher *watcher = &delivery->all->env.watcher;

	/* A trace without memory for a step is a shorter trace. */
	(void)snet__trace_add(&delivery->trace, step, node, at_ns, detail);
	if (watcher->noted)
		watcher->noted(watcher->user, delivery->trace.id, step);
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

static void list_ended(struct snet__delivery *delivery)
{
	delivery->next_ended = delivery->all->ended;
	delivery->all->ended = delivery;
}

static void write_trace(struct snet__delivery *delivery)
{
	struct snet_err err = {0};
	int r;

	r = snet__store_put_trace(delivery->all->env.store, &delivery->trace, &err);
	if (r < 0)
		snet__log(SNET_LOG_WARNING, "cannot write a trace event=%s error=%s",
			  delivery->trace.id, err.msg);
	/* What is not in the store any more has nothing to be written to. */
	delivery->is_end_written = delivery->has_ended && (r == 0 || r == -ENOENT);
}

static void end(struct snet__delivery *delivery)
{
	const struct snet__relayer_watcher *watcher = &delivery->all->env.watcher;

	delivery->trace.outcome = delivery->worst == SNET_OUTCOME_PENDING
					  ? SNET_OUTCOME_DONE
					  : delivery->worst;
	delivery->has_ended = true;
	/* From now on it is found in the store. */
	if (snet__map_find(&delivery->all->by_id, delivery->trace.id) == delivery)
		(void)snet__map_remove(&delivery->all->by_id, delivery->trace.id);
	write_trace(delivery);
	list_ended(delivery);
	watcher->ended(watcher->user, &delivery->trace);
}

/* Outcomes are in the order of their badness. */
static void take_outcome(struct snet__delivery *delivery, enum snet_outcome outcome)
{
	if (outcome > delivery->worst)
		delivery->worst = outcome;
}

void snet__delivery_close_leg(struct snet__leg *leg, enum snet_outcome outcome)
{
	struct snet__delivery *delivery = leg->delivery;

	if (snet__leg_is_closed(leg))
		return;
	if (leg->state == SNET__LEG_INVOKED) {
		leg->state = SNET__LEG_ABANDONED;
		delivery->abandoned++;
	} else {
		leg->state = SNET__LEG_CLOSED;
	}
	leg->outcome = outcome;
	snet__leg_stop(leg);
	take_outcome(delivery, outcome);
	if (--delivery->open_count == 0) {
		end(delivery);
		return;
	}
	/* The others go on, perhaps after a restart: this one must not begin again then. */
	snet__delivery_save(leg);
	write_trace(delivery);
}

void snet__delivery_return_leg(struct snet__leg *leg)
{
	struct snet__delivery *delivery = leg->delivery;

	leg->state = SNET__LEG_CLOSED;
	/* Not freed in here: who calls may be going through all deliveries. */
	if (--delivery->abandoned == 0 && delivery->is_end_committed)
		list_ended(delivery);
}

static void sweep_one(struct snet__delivery *delivery, uint64_t now_ns)
{
	if (delivery->has_ended || !delivery->is_committed)
		return;
	for (unsigned int i = 0; i < delivery->leg_count; i++)
		snet__leg_sweep(&delivery->legs[i], now_ns);
}

static void on_sweep(void *user)
{
	struct snet__deliveries *all = user;
	struct snet__delivery *delivery;
	uint64_t now_ns = snet__clock_ns();

	for (delivery = all->first; delivery; delivery = delivery->next)
		sweep_one(delivery, now_ns);
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

/* The leg for the queue of @route: a new one, or one that another route has led to. */
static struct snet__leg *leg_for(struct snet__delivery *delivery, size_t route)
{
	const struct snet__model_route *candidate = &delivery->all->node->routes[route];
	struct snet__leg *leg = delivery->legs;

	for (; leg < delivery->legs + delivery->leg_count; leg++)
		if (snet__exchange_is_same_queue(leg->route, candidate))
			return leg;
	*leg = (struct snet__leg){.delivery = delivery,
				  .route = candidate,
				  .backend = delivery->all->backends[route],
				  .attempts = 1,
				  .is_counted = true,
				  .index = delivery->leg_count++};
	return leg;
}

/* A leg for each queue that one of the routes leads to, for as long as the most patient of
 * these says. */
static int route(struct snet__delivery *delivery, struct snet_err *err)
{
	const struct snet__model_node *node = delivery->all->node;
	uint64_t now_ns = snet__clock_ns();

	delivery->legs = calloc(node->route_count + 1, sizeof(*delivery->legs));
	if (!delivery->legs)
		return snet__err_oom(err);
	for (size_t i = 0; i < node->route_count; i++) {
		uint64_t deadline_ns = now_ns + node->routes[i].ttl_ns;
		struct snet__leg *leg;

		if (!snet__exchange_matches(&node->routes[i], delivery->type))
			continue;
		leg = leg_for(delivery, i);
		if (deadline_ns > leg->deadline_ns)
			leg->deadline_ns = deadline_ns;
	}
	delivery->open_count = delivery->leg_count;
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
	delivery->legs->deadline_ns = snet__clock_ns() + SNET__TTL_DEFAULT_NS;
	delivery->leg_count = delivery->open_count = 1;
	return delivery->legs->result ? 0 : snet__err_oom(err);
}

/* Have room for one more that is fresh. */
static int reserve_fresh(struct snet__deliveries *all, struct snet_err *err)
{
	return snet__vec_reserve(&all->fresh, &all->fresh_cap, all->fresh_count + 1,
				 sizeof(struct snet__delivery *), err);
}

/* To be started after the next commit. */
static void make_fresh(struct snet__delivery *delivery)
{
	delivery->all->fresh[delivery->all->fresh_count++] = delivery;
}

/* All that needs memory. */
static int prepare(struct snet__delivery *delivery,
		   const struct snet__delivery_opts *opts, struct snet_err *err)
{
	int r;

	if (opts->pressed_ns)
		snet__delivery_note(delivery, "pressed", opts->source_node,
				    opts->pressed_ns, "");
	snet__delivery_note(delivery, "received", delivery->all->node->name,
			    snet__clock_ns(), "");
	r = opts->result ? add_result(delivery, opts->result, err) : route(delivery, err);
	if (r == 0)
		r = reserve_fresh(delivery->all, err);
	for (unsigned int i = 0; i < delivery->leg_count && r == 0; i++) {
		delivery->legs[i].record = snet__leg_format(&delivery->legs[i]);
		if (!delivery->legs[i].record)
			r = snet__err_oom(err);
	}
	return r;
}

/* When this fails, then because the store has lost the transaction, the event with it. */
static int write_new(struct snet__delivery *delivery, struct snet_err *err)
{
	struct snet__store *store = delivery->all->env.store;
	int r;

	r = snet__store_put_trace(store, &delivery->trace, err);
	for (unsigned int i = 0; i < delivery->leg_count && r == 0; i++) {
		struct snet__leg *leg = &delivery->legs[i];

		r = snet__store_put_open(store, delivery->trace.seq, i, leg->record,
					 strlen(leg->record), err);
		free(leg->record);
		leg->record = NULL;
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
	/* In this order: an event that is journaled and not delivered would be acknowledged
	 * when its device sends it again. */
	r = prepare(delivery, opts, err);
	if (r == 0)
		r = snet__store_add_event(all->env.store, all->node->name, opts->source,
					  opts->id, opts->json, &delivery->trace.seq,
					  err);
	if (r == 0)
		r = write_new(delivery, err);
	if (r == 0)
		make_fresh(delivery);
	else
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
		take_outcome(delivery, SNET_OUTCOME_FAILED);
		snet__leg_clear(leg);
		return 0;
	}
	if (leg->outcome != SNET_OUTCOME_PENDING) {
		take_outcome(delivery, leg->outcome);
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
		/* The watcher was told of these when they came; without memory for one the
		 * trace is shorter, as in snet__delivery_note(). */
		for (size_t i = 0; i < trace->count; i++)
			(void)snet__trace_add(&delivery->trace, trace->steps[i].step,
					      trace->steps[i].node, trace->steps[i].at_ns,
					      trace->steps[i].detail);
		delivery->is_resumed = true;
		snet__delivery_note(delivery, "resumed", all->node->name,
				    snet__clock_ns(), "");
		r = data ? 0 : route(delivery, err);
		if (r == 0)
			r = reserve_fresh(all, err);
		if (r < 0) {
			free_delivery(delivery);
			return r;
		}
		make_fresh(delivery);
	}
	if (r == 0 && data)
		r = resume_leg(delivery, index, data, size, err);
	return r;
}

static void start(struct snet__delivery *delivery, uint64_t now_ns)
{
	struct snet__deliveries *all = delivery->all;
	const struct snet__relayer_watcher *watcher = &all->env.watcher;

	delivery->is_committed = true;
	/* What was resumed had been journaled in an earlier life. */
	if (!delivery->is_resumed) {
		watcher->journaled(watcher->user, delivery->trace.seq, delivery->event);
		snet__delivery_note(delivery, "journaled", all->node->name, now_ns, "");
	}
	if (!delivery->leg_count && delivery->worst == SNET_OUTCOME_PENDING)
		snet__delivery_note(delivery, "dropped", all->node->name, now_ns,
				    "no route takes it");
	if (!delivery->leg_count)
		end(delivery);
	for (unsigned int i = 0; i < delivery->leg_count; i++) {
		/* The legs of a resumed event may have moved while they were gathered. */
		delivery->legs[i].delivery = delivery;
		snet__leg_start(&delivery->legs[i]);
	}
}

/* Their ends are committed. */
static void release_ended(struct snet__deliveries *all)
{
	struct snet__delivery *delivery = all->ended, *next;

	all->ended = NULL;
	for (; delivery; delivery = next) {
		next = delivery->next_ended;
		if (!delivery->is_end_written) {
			write_trace(delivery);
			list_ended(delivery);
			continue;
		}
		delivery->is_end_committed = true;
		if (!delivery->abandoned)
			free_delivery(delivery);
	}
}

void snet__deliveries_committed(struct snet__deliveries *all)
{
	uint64_t now_ns = all->fresh_count ? snet__clock_ns() : 0;
	cleanup_with(snet__netns_leave) int outside = -1;
	size_t count = all->fresh_count;

	release_ended(all);
	/* What a relayer resumes that stands still, as it did before it was killed, waits. */
	if (snet__loop_is_held(all->env.loop))
		return;
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
	size_t count = all->fresh_count;

	all->fresh_count = 0;
	for (size_t i = 0; i < count; i++)
		if (all->fresh[i]->is_resumed) /* had been committed in an earlier life */
			make_fresh(all->fresh[i]);
		else
			free_delivery(all->fresh[i]);
	for (struct snet__delivery *delivery = all->ended; delivery;
	     delivery = delivery->next_ended)
		write_trace(delivery);
}
