/* SPDX-License-Identifier: MIT */
/* Exchanges stand in slots, which their tokens name, and in a heap by the time of what is due
 * next for each. One timer runs for the top of the heap. */

#include "io/coap_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/vec.h"

/* Source: RFC 7252 section 4.8 */
#define ACK_TIMEOUT_NS    (2 * SNET__NS_PER_S)
#define ACK_RANDOM_FACTOR 1.5
#define MAX_RETRANSMIT    4
#define MAX_WAIT_NS       (93 * SNET__NS_PER_S)

/* What is held is due never. When that ends, what has come meanwhile is read before anything is
 * sent again for want of it. */
#define NEVER_NS     UINT64_MAX
#define READ_TIME_NS (100 * SNET__NS_PER_MS)

struct snet__coap_exchange {
	struct snet__coap_exchange_opts opts;
	struct snet__coap_exchange *next, **at; /* in the owner's list */
	uint32_t slot, salt;                    /* the token */
	size_t place;                           /* in the heap */
	unsigned int sent_again;
	bool is_acknowledged;
	bool is_unsent; /* it was held before it was sent */
	uint64_t timeout_ns, due_ns;
	uint64_t held_due_ns; /* when it would be due; 0: it is not held */
	size_t size;
	uint8_t bytes[];
};

struct snet__coap_exchanges {
	snet__coap_again_fn again;
	void *user;
	struct snet__timer *timer;
	uint64_t timer_due_ns; /* what the timer runs for, 0: it does not */
	struct snet__random random;
	struct snet__coap_exchange **slots;
	size_t slot_cap;
	uint32_t *free_slots;
	size_t free_count, free_cap;
	struct snet__coap_exchange **heap;
	size_t count, cap;
};

static void place_at(struct snet__coap_exchanges *all, size_t place,
		     struct snet__coap_exchange *exchange)
{
	all->heap[place] = exchange;
	exchange->place = place;
}

static void sift(struct snet__coap_exchanges *all, struct snet__coap_exchange *exchange)
{
	size_t at = exchange->place, child;

	while (at > 0 && all->heap[(at - 1) / 2]->due_ns > exchange->due_ns) {
		place_at(all, at, all->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		child = 2 * at + 1;
		if (child + 1 < all->count &&
		    all->heap[child + 1]->due_ns < all->heap[child]->due_ns)
			child++;
		if (child >= all->count || all->heap[child]->due_ns >= exchange->due_ns)
			break;
		place_at(all, at, all->heap[child]);
		at = child;
	}
	place_at(all, at, exchange);
}

/* The timer may fire too early, never too late: an exchange that ended does not move it. */
static void arm(struct snet__coap_exchanges *all)
{
	uint64_t now, due;

	if (!all->count)
		return;
	due = all->heap[0]->due_ns;
	if (due == NEVER_NS || (all->timer_due_ns && all->timer_due_ns <= due))
		return;
	now = snet__clock_ns();
	all->timer_due_ns = due;
	snet__timer_start(all->timer, due > now ? due - now : 0, 0);
}

static void take_out(struct snet__coap_exchanges *all,
		     struct snet__coap_exchange *exchange)
{
	struct snet__coap_exchange *last = all->heap[--all->count];

	if (last != exchange) {
		place_at(all, exchange->place, last);
		sift(all, last);
	}
	*exchange->at = exchange->next;
	if (exchange->next)
		exchange->next->at = exchange->at;
	all->slots[exchange->slot] = NULL;
	all->free_slots[all->free_count++] = exchange->slot;
}

void snet__coap_exchange_end(struct snet__coap_exchanges *all,
			     struct snet__coap_exchange *exchange,
			     const struct snet__coap_reply *reply)
{
	take_out(all, exchange);
	exchange->opts.done(exchange->opts.user, reply);
	free(exchange);
}

static void on_due(struct snet__coap_exchanges *all, struct snet__coap_exchange *exchange)
{
	struct snet__coap_reply timed_out = {.status = -ETIMEDOUT, .payload = ""};

	if (exchange->is_acknowledged || exchange->sent_again == MAX_RETRANSMIT) {
		snet__coap_exchange_end(all, exchange, &timed_out);
		return;
	}
	exchange->sent_again++;
	exchange->timeout_ns *= 2;
	/* From now on: a process that was stopped for long does not send all at once. */
	exchange->due_ns = snet__clock_ns() + exchange->timeout_ns;
	sift(all, exchange);
	all->again(all->user, exchange->opts.owner, &exchange->opts.to, exchange->bytes,
		   exchange->size);
}

static void on_timer(void *user)
{
	struct snet__coap_exchanges *all = user;
	uint64_t now = snet__clock_ns();

	all->timer_due_ns = 0;
	while (all->count && all->heap[0]->due_ns <= now)
		on_due(all, all->heap[0]);
	arm(all);
}

int snet__coap_exchanges_new(struct snet__coap_exchanges **ret, struct snet__loop *loop,
			     snet__coap_again_fn again, void *user, struct snet_err *err)
{
	struct snet__coap_exchanges *all = calloc(1, sizeof(*all));
	int r;

	if (!all)
		return snet__err_oom(err);
	r = snet__timer_new(&all->timer, loop, on_timer, all, err);
	if (r < 0) {
		free(all);
		return r;
	}
	all->again = again;
	all->user = user;
	/* Tokens must not be guessed: RFC 7252 section 5.3.1. */
	snet__random_seed(&all->random, snet__random_entropy(), "token");
	*ret = all;
	return 0;
}

void snet__coap_exchanges_free(struct snet__coap_exchanges *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		free(all->heap[i]);
	snet__timer_free(all->timer);
	free(all->heap);
	free(all->slots);
	free(all->free_slots);
	free(all);
}

static int grow_slots(struct snet__coap_exchanges *all)
{
	size_t old = all->slot_cap;
	int r;

	r = snet__vec_reserve(&all->slots, &all->slot_cap, old + 1, sizeof(*all->slots),
			      NULL);
	if (r < 0)
		return r;
	/* The list of free slots always has room for all, so that ending cannot fail. */
	r = snet__vec_reserve(&all->free_slots, &all->free_cap, all->slot_cap,
			      sizeof(*all->free_slots), NULL);
	if (r < 0) {
		all->slot_cap = old;
		return r;
	}
	for (size_t i = all->slot_cap; i > old; i--)
		all->free_slots[all->free_count++] = (uint32_t)(i - 1);
	return 0;
}

int snet__coap_exchange_reserve(struct snet__coap_exchanges *all,
				uint8_t token[SNET__COAP_TOKEN_MAX])
{
	uint32_t slot, salt;

	if (!all->free_count && grow_slots(all) < 0)
		return -ENOMEM;
	slot = all->free_slots[all->free_count - 1];
	salt = (uint32_t)snet__random_next(&all->random);
	memcpy(token, &slot, 4);
	memcpy(token + 4, &salt, 4);
	return 0;
}

static void hold(struct snet__coap_exchange *exchange)
{
	exchange->held_due_ns = exchange->due_ns;
	exchange->due_ns = NEVER_NS;
}

int snet__coap_exchange_start(struct snet__coap_exchanges *all,
			      const struct snet__coap_exchange_opts *opts,
			      const uint8_t token[SNET__COAP_TOKEN_MAX],
			      const void *bytes, size_t size, struct snet_err *err)
{
	struct snet__coap_exchange *exchange;
	int r;

	r = snet__vec_reserve(&all->heap, &all->cap, all->count + 1, sizeof(*all->heap),
			      err);
	if (r < 0)
		return r;
	exchange = malloc(sizeof(*exchange) + size);
	if (!exchange)
		return snet__err_oom(err);

	*exchange = (struct snet__coap_exchange){.opts = *opts, .size = size};
	memcpy(&exchange->slot, token, 4);
	memcpy(&exchange->salt, token + 4, 4);
	memcpy(exchange->bytes, bytes, size);
	exchange->at = opts->open;
	exchange->next = *opts->open;
	if (exchange->next)
		exchange->next->at = &exchange->next;
	*opts->open = exchange;
	all->free_count--;
	all->slots[exchange->slot] = exchange;
	exchange->timeout_ns = (uint64_t)((double)ACK_TIMEOUT_NS *
					  (1 + opts->spread * (ACK_RANDOM_FACTOR - 1)));
	exchange->due_ns = snet__clock_ns() + exchange->timeout_ns;
	exchange->is_unsent = opts->is_held;
	if (opts->is_held)
		hold(exchange);
	place_at(all, all->count++, exchange);
	sift(all, exchange);
	arm(all);
	return 0;
}

static bool is_of(const struct snet__coap_exchange *exchange, const void *owner,
		  const struct snet__coap_peer *from)
{
	return exchange->opts.owner == owner && exchange->opts.to.ipv4 == from->ipv4 &&
	       exchange->opts.to.port == from->port;
}

struct snet__coap_exchange *snet__coap_exchange_find(
	struct snet__coap_exchanges *all, const void *owner,
	const struct snet__coap_peer *from, const struct snet__coap_message *message)
{
	struct snet__coap_exchange *exchange;
	uint32_t slot, salt;

	if (message->token_size != SNET__COAP_TOKEN_MAX)
		return NULL;
	memcpy(&slot, message->token, 4);
	memcpy(&salt, message->token + 4, 4);
	exchange = slot < all->slot_cap ? all->slots[slot] : NULL;
	if (!exchange || exchange->salt != salt || !is_of(exchange, owner, from))
		return NULL;
	return exchange;
}

/* Only for messages without a token, which are rare: so without an index. */
struct snet__coap_exchange *snet__coap_exchange_find_mid(
	struct snet__coap_exchange *open, const struct snet__coap_peer *from,
	uint16_t mid)
{
	for (; open; open = open->next)
		if (open->opts.mid == mid && is_of(open, open->opts.owner, from))
			return open;
	return NULL;
}

void snet__coap_exchange_acknowledge(struct snet__coap_exchanges *all,
				     struct snet__coap_exchange *exchange)
{
	exchange->is_acknowledged = true;
	exchange->due_ns = snet__clock_ns() + MAX_WAIT_NS;
	sift(all, exchange);
}

static void go_on(struct snet__coap_exchanges *all, struct snet__coap_exchange *exchange)
{
	uint64_t now = snet__clock_ns(), soonest = now + READ_TIME_NS;

	exchange->due_ns =
		exchange->held_due_ns > soonest ? exchange->held_due_ns : soonest;
	exchange->held_due_ns = 0;
	if (!exchange->is_unsent)
		return;
	exchange->is_unsent = false;
	exchange->due_ns = now + exchange->timeout_ns;
	all->again(all->user, exchange->opts.owner, &exchange->opts.to, exchange->bytes,
		   exchange->size);
}

void snet__coap_exchanges_set_held(struct snet__coap_exchanges *all,
				   struct snet__coap_exchange *open, bool is_held,
				   bool is_queued)
{
	for (; open; open = open->next) {
		if (is_held == (open->held_due_ns != 0))
			continue;
		if (is_held) {
			hold(open);
			open->is_unsent = is_queued;
		} else {
			go_on(all, open);
		}
		sift(all, open);
	}
	arm(all);
}

void snet__coap_exchanges_cancel(struct snet__coap_exchanges *all,
				 struct snet__coap_exchange **open)
{
	struct snet__coap_reply canceled = {.status = -ECANCELED, .payload = ""};

	while (*open)
		snet__coap_exchange_end(all, *open, &canceled);
}
