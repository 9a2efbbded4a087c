/* SPDX-License-Identifier: MIT */
/* A leg: invoke a function until it has answered, then see that each command of its result is
 * obeyed. The ids of commands follow from the event's, so that a command that is sent once more
 * after a restart is known to its actuator. */

#include "relay/leg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "io/json.h"

#define BACKOFF_FIRST_NS (100 * SNET__NS_PER_MS)
#define BACKOFF_LAST_NS  (10 * SNET__NS_PER_S)
#define ABSENT_NS        (200 * SNET__NS_PER_MS) /* until a device may have registered */
#define COMMANDS_MAX     1000

/* A command and its place in a leg. */
struct snet__order {
	struct snet__command command; /* first: a callback gets this pointer */
	struct snet__leg *leg;
	uint64_t due_ns; /* to be sent again then, 0: on its way */
	bool is_closed;
};

static const char *relayer_of(const struct snet__leg *leg)
{
	return leg->delivery->all->node->name;
}

static void note(struct snet__leg *leg, const char *step, const char *detail)
{
	snet__delivery_note(leg->delivery, step, relayer_of(leg), snet__clock_ns(),
			    detail);
}

/* Of @why the first line: a program's stack is in its log. */
static void fail(struct snet__leg *leg, const char *why)
{
	autofree char *line = strndup(why, strcspn(why, "\n"));

	note(leg, "failed", line ? line : "");
	snet__delivery_close_leg(leg, SNET_OUTCOME_FAILED);
}

/* Doubling, with a fifth of chance so that what failed together is not tried together. */
static uint64_t backoff_ns(struct snet__leg *leg)
{
	uint64_t delay = BACKOFF_FIRST_NS;

	for (unsigned int i = 1; i < leg->attempts && delay < BACKOFF_LAST_NS; i++)
		delay *= 2;
	if (delay > BACKOFF_LAST_NS)
		delay = BACKOFF_LAST_NS;
	return (uint64_t)((double)delay *
			  (0.9 + 0.2 * snet__random_unit(&leg->delivery->all->random)));
}

static void close_order(struct snet__order *order)
{
	struct snet__leg *leg = order->leg;

	order->is_closed = true;
	if (--leg->open_count == 0)
		snet__delivery_close_leg(leg, SNET_OUTCOME_DONE);
}

static void note_applied(struct snet__order *order, const char *answer)
{
	const char *target = order->command.target, *at;
	autofree char *was = NULL, *state = NULL, *change = NULL;
	struct snet__leg *leg = order->leg;
	autojson *json = NULL;

	if (snet__json_parse(&json, answer, strlen(answer), NULL) < 0) {
		/* A device of another make: all that it says is that it has obeyed. */
		snet__delivery_note(leg->delivery, "applied", target, snet__clock_ns(),
				    "");
		return;
	}
	state = snet__json_format(snet__json_get(json, "state"));
	was = snet__json_format(snet__json_get(json, "was"));
	at = snet__json_get_string(json, "at");
	if (state && was)
		change = snet__text_format("%s \342\206\222 %s", was, state);
	else if (state)
		change = snet__text_format("%s, applied before", state);
	snet__delivery_note(leg->delivery, "applied", target,
			    at ? strtoull(at, NULL, 10) : snet__clock_ns(),
			    change ? change : "");
}

static void on_command_done(struct snet__command *command, int status,
			    enum snet__coap_code code, const char *text)
{
	struct snet__order *order = (struct snet__order *)command;
	struct snet__leg *leg = order->leg;
	autofree char *why = NULL;

	if (status < 0) {
		why = snet__text_format("no answer from %s", command->target);
		note(leg, "retry", why ? why : "");
		/* Not at once: who resets is there, and would be asked without an end. */
		order->due_ns = snet__clock_ns() + ABSENT_NS;
		return;
	}
	if (code >> 5 != 2) {
		why = snet__text_format("%s refused the command: %.160s", command->target,
					text);
		fail(leg, why ? why : "a command was refused");
		return;
	}
	note_applied(order, text);
	note(leg, "acknowledged", command->target);
	close_order(order);
}

static void send_order(struct snet__order *order)
{
	struct snet__leg *leg = order->leg;

	order->due_ns = 0;
	/* NOLINTNEXTLINE: every order has been given its leg when it was made */
	if (snet__register_send(&leg->delivery->all->reg, &order->command) < 0)
		order->due_ns = snet__clock_ns() + ABSENT_NS;
	else
		note(leg, "sent", order->command.target);
}

/* {"id": ..., "set": VALUE} or {"id": ..., "toggle": true}, to be freed. */
static char *format_command(const struct snet__leg *leg, size_t index,
			    const struct snet__json *wish)
{
	const struct snet__json *value = snet__json_get(wish, "set");
	autojson *json = snet__json_new_object();
	/* With the event's number: two sources may use one id. */
	autofree char *id =
		snet__text_format("%s.%" PRIu64 ".%u.%zu", leg->delivery->trace.id,
				  leg->delivery->trace.seq, leg->index, index);

	snet__json_add_string(json, "id", id);
	if (value)
		(void)snet__json_add(json, "set", snet__json_copy(value));
	else
		snet__json_add_bool(json, "toggle", true);
	return id ? snet__json_format(json) : NULL;
}

static int make_order(struct snet__leg *leg, const struct snet__json *wish,
		      struct snet_err *err)
{
	const struct snet__relayer_watcher *watcher = &leg->delivery->all->env.watcher;
	const char *target = snet__json_get_string(wish, "target");
	struct snet__order *order = &leg->orders[leg->order_count];

	if (!target)
		return snet__err_set(err, -EINVAL,
				     "the result has a command without a target");
	if (!watcher->knows(watcher->user, relayer_of(leg), target))
		return snet__err_set(err, -EINVAL,
				     "the result names '%s', which is no actuator of %s",
				     target, relayer_of(leg));
	order->leg = leg;
	order->command.done = on_command_done;
	order->command.target = strdup(target);
	order->command.json = format_command(leg, leg->order_count, wish);
	leg->order_count++;
	return order->command.target && order->command.json ? 0 : snet__err_oom(err);
}

static int make_orders(struct snet__leg *leg, const struct snet__json *result,
		       struct snet_err *err)
{
	const struct snet__json *list = snet__json_get(result, "commands"), *wish;
	size_t count = snet__json_count(list);
	int r = 0;

	if (!list && !snet__json_get(result, "target"))
		return 0;
	if (list && !snet__json_is(list, SNET__JSON_ARRAY))
		return snet__err_set(err, -EINVAL,
				     "the result's \"commands\" is %s, no array",
				     snet__json_type_name(list));
	if (count > COMMANDS_MAX)
		return snet__err_set(err, -E2BIG, "the result has %zu commands, over %d",
				     count, COMMANDS_MAX);
	leg->orders = calloc(list ? count + 1 : 1, sizeof(*leg->orders));
	if (!leg->orders)
		return snet__err_oom(err);
	if (!list)
		return make_order(leg, result, err);
	for (wish = snet__json_first(list); wish && r == 0; wish = snet__json_next(wish))
		r = make_order(leg, wish, err);
	return r;
}

/* The function has answered: do what it says. */
static void command(struct snet__leg *leg)
{
	struct snet_err err = {0};
	autojson *result = NULL;
	int r;

	leg->state = SNET__LEG_COMMANDING;
	r = snet__json_parse(&result, leg->result, strlen(leg->result), &err);
	if (r == 0)
		r = make_orders(leg, result, &err);
	if (r < 0) {
		fail(leg, err.msg);
		return;
	}
	leg->open_count = leg->order_count;
	for (size_t i = 0; i < leg->order_count; i++)
		send_order(&leg->orders[i]);
	if (!leg->order_count)
		snet__delivery_close_leg(leg, SNET_OUTCOME_DONE);
}

static void note_run(struct snet__leg *leg, const struct snet__result *result)
{
	char detail[64] = "warm", duration[24];

	if (!result->started_ns)
		return;
	if (result->init_ns)
		(void)snprintf(detail, sizeof(detail), "cold, %s",
			       snet__text_format_duration(duration, sizeof(duration),
							  result->init_ns));
	snet__delivery_note(leg->delivery, "started", leg->route->backend,
			    result->started_ns, detail);
	snet__delivery_note(leg->delivery, "ended", leg->route->backend, result->ended_ns,
			    "");
}

static void retry(struct snet__leg *leg, const struct snet__result *result)
{
	bool is_last = leg->route->attempts && leg->attempts >= leg->route->attempts;
	uint64_t delay = backoff_ns(leg);
	autofree char *why = NULL;

	if (delay < result->retry_after_ns)
		delay = result->retry_after_ns;
	leg->state = SNET__LEG_WAITING;
	leg->due_ns = snet__clock_ns() + delay;
	/* At its deadline it expires, also when it would be due again in the same turn. */
	if (result->result == SNET_RESULT_UNKNOWN)
		why = snet__text_format("%s; it may have run%s", result->text,
					!is_last && leg->due_ns < leg->deadline_ns
						? ", and is invoked again"
						: "");
	if (is_last) {
		fail(leg, why ? why : result->text);
		return;
	}
	note(leg, "retry", why ? why : result->text);
	leg->activation[0] = '\0';
}

static void on_done(struct snet_invocation *invocation, const struct snet__result *result)
{
	struct snet__leg *leg = (struct snet__leg *)invocation;

	if (leg->state == SNET__LEG_ABANDONED) { /* nobody waits for it any more */
		snet__delivery_return_leg(leg);
		return;
	}
	leg->state = SNET__LEG_WAITING; /* the backend has it no more */
	note_run(leg, result);
	switch (result->result) {
	case SNET_RESULT_DONE:
		note(leg, "result", "");
		leg->result = strdup(result->json);
		if (!leg->result) {
			fail(leg, "out of memory");
			return;
		}
		snet__delivery_save(leg);
		command(leg);
		return;
	case SNET_RESULT_NOT_RUN:
	case SNET_RESULT_UNKNOWN:
		retry(leg, result);
		return;
	default:
		fail(leg, result->text);
		return;
	}
}

static void on_accepted(struct snet_invocation *invocation, const char *activation)
{
	struct snet__leg *leg = (struct snet__leg *)invocation;

	if (leg->state != SNET__LEG_INVOKED) /* an ended event has no outbox */
		return;
	(void)snprintf(leg->activation, sizeof(leg->activation), "%s", activation);
	note(leg, "accepted", activation);
	snet__delivery_save(leg);
}

/* Whether the next attempt may begin. Where they are limited, the outbox has it first: else
 * a relayer that is killed would not know of it. The first is counted when the event is
 * journaled. */
static bool count_attempt(struct snet__leg *leg)
{
	if (leg->is_counted) {
		leg->is_counted = false;
		return true;
	}
	leg->attempts++;
	if (!leg->route->attempts)
		return true;
	leg->is_counted = true;
	snet__delivery_save(leg);
	return false; /* but when it is swept next, after the commit */
}

static void invoke(struct snet__leg *leg)
{
	autofree char *what =
		snet__text_format("%s@%s", leg->route->function, leg->route->backend);

	if (!leg->activation[0] && !count_attempt(leg))
		return;
	leg->state = SNET__LEG_INVOKED;
	note(leg, "invoked", what ? what : "");
	leg->invocation = (struct snet_invocation){
		.function = leg->route->function,
		.params = leg->delivery->event,
		.deadline_ns = leg->deadline_ns,
		.activation = leg->activation[0] ? leg->activation : NULL,
		.accepted = on_accepted,
		.done = on_done,
	};
	snet__backend_invoke(leg->backend, &leg->invocation);
}

static void expire(struct snet__leg *leg)
{
	static const char why[] = "its time to live has ended";
	autofree char *what = NULL;

	if (leg->route)
		what = snet__text_format("%s@%s: %s", leg->route->function,
					 leg->route->backend, why);
	note(leg, "expired", what ? what : why);
	snet__delivery_close_leg(leg, SNET_OUTCOME_EXPIRED);
}

/* It was waited for when its relayer ended, and may not be invoked as often as it takes. */
static bool is_in_doubt(const struct snet__leg *leg)
{
	return leg->route->attempts && !leg->is_counted && !leg->activation[0];
}

void snet__leg_start(struct snet__leg *leg)
{
	static const struct snet__result lost = {.result = SNET_RESULT_UNKNOWN,
						 .text = "its relayer had ended"};

	if (leg->deadline_ns <= snet__clock_ns())
		expire(leg); /* while its lab was down */
	else if (leg->result)
		command(leg);
	else if (is_in_doubt(leg))
		retry(leg, &lost);
	else
		invoke(leg);
}

void snet__leg_sweep(struct snet__leg *leg, uint64_t now_ns)
{
	if (snet__leg_is_closed(leg))
		return;
	if (leg->deadline_ns <= now_ns) {
		expire(leg);
		return;
	}
	if (leg->state == SNET__LEG_WAITING && leg->due_ns <= now_ns) {
		invoke(leg);
		return;
	}
	if (leg->state != SNET__LEG_COMMANDING)
		return;
	for (size_t i = 0; i < leg->order_count; i++)
		if (leg->orders[i].due_ns && leg->orders[i].due_ns <= now_ns)
			send_order(&leg->orders[i]);
}

void snet__leg_stop(struct snet__leg *leg)
{
	for (size_t i = 0; i < leg->order_count; i++) {
		snet__register_cancel(&leg->orders[i].command);
		leg->orders[i].due_ns = 0;
	}
}

void snet__leg_clear(struct snet__leg *leg)
{
	for (size_t i = 0; i < leg->order_count; i++) {
		snet__register_cancel(&leg->orders[i].command);
		free(leg->orders[i].command.target);
		free(leg->orders[i].command.json);
	}
	free(leg->orders);
	free(leg->result);
	free(leg->record);
}

/* Deadlines are written in the wall clock's time: the monotonic one begins anew at a boot. */
static uint64_t shift_ns(uint64_t at, uint64_t from_now, uint64_t to_now)
{
	/* What was due before this machine was booted is due at once. */
	return at + to_now > from_now ? at + to_now - from_now : 0;
}

char *snet__leg_format(const struct snet__leg *leg)
{
	uint64_t until =
		shift_ns(leg->deadline_ns, snet__clock_ns(), snet__clock_wall_ns());

	if (snet__leg_is_closed(leg))
		return snet__text_format("{\"outcome\":\"%s\"}",
					 snet_outcome_name(leg->outcome));
	return snet__text_format(
		"{\"function\":\"%s\",\"backend\":\"%s\",\"until\":\"%" PRIu64
		"\",\"attempts\":%u,\"activation\":\"%s\",\"result\":%s}",
		leg->route ? leg->route->function : "",
		leg->route ? leg->route->backend : "", until, leg->attempts,
		leg->activation, leg->result ? leg->result : "null");
}

/* The outcome in the record of a leg that was closed, PENDING in that of another. */
static enum snet_outcome outcome_of(const struct snet__json *json)
{
	const char *name = snet__json_get_string(json, "outcome");
	enum snet_outcome outcome = name ? SNET_OUTCOME_FAILED : SNET_OUTCOME_PENDING;

	while (outcome > SNET_OUTCOME_DONE &&
	       strcmp(snet_outcome_name(outcome), name) != 0)
		outcome--;
	return outcome;
}

static void find_route(struct snet__leg *leg, const char *function, const char *backend)
{
	const struct snet__model_node *node = leg->delivery->all->node;

	for (size_t i = 0; i < node->route_count; i++) {
		if (strcmp(node->routes[i].function, function) != 0 ||
		    strcmp(node->routes[i].backend, backend) != 0)
			continue;
		leg->route = &node->routes[i];
		leg->backend = leg->delivery->all->backends[i];
		return;
	}
}

int snet__leg_parse(struct snet__leg *leg, const void *data, size_t size,
		    struct snet_err *err)
{
	const char *function, *backend, *until, *activation;
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, data, size, err);
	if (r < 0)
		return snet__err_prefix(err, r, "an outbox record");
	leg->outcome = outcome_of(json);
	if (leg->outcome != SNET_OUTCOME_PENDING)
		return 0;
	function = snet__json_get_string(json, "function");
	backend = snet__json_get_string(json, "backend");
	until = snet__json_get_string(json, "until");
	activation = snet__json_get_string(json, "activation");
	if (!function || !backend || !until || !activation)
		return snet__err_set(err, -EINVAL, "an outbox record is not whole");

	find_route(leg, function, backend);
	leg->deadline_ns = shift_ns(strtoull(until, NULL, 10), snet__clock_wall_ns(),
				    snet__clock_ns());
	leg->attempts =
		(unsigned int)snet__json_number(snet__json_get(json, "attempts"), 0);
	(void)snprintf(leg->activation, sizeof(leg->activation), "%s", activation);
	if (snet__json_is(snet__json_get(json, "result"), SNET__JSON_OBJECT))
		leg->result = snet__json_format(snet__json_get(json, "result"));
	if (!leg->route && !leg->result)
		return snet__err_set(err, -ENOENT, "no route to '%s@%s' any more",
				     function, backend);
	return 0;
}
