/* SPDX-License-Identifier: MIT */
/* Functions that misbehave: the kinds are those of the endpoint, see faas/fault.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "faas/fault.h"
#include "fault/kind.h"

struct function_state {
	struct snet__faas_fault **faults;      /* of each node; NULL: none */
	struct snet__faas_fault_counts counts; /* of all together, when it ended */
};

static int check_node(const struct snet__scenario *scenario,
		      const struct snet__fault *fault, struct snet_err *err)
{
	for (size_t i = 0; i < fault->nodes.count; i++) {
		const struct snet__model_node *node =
			scenario->model.nodes[fault->nodes.items[i]];

		if (node->role != SNET__ROLE_FUNCTIONS)
			return snet__err_set(err, -EINVAL,
					     "'%s' is a %s: only nodes of kind "
					     "'functions' have such faults",
					     node->name, node->kind);
		if (fault->function && !snet__node_find_function(node, fault->function))
			return snet__err_set(err, -EINVAL, "'%s' has no function '%s'",
					     node->name, fault->function);
	}
	return 0;
}

static int check_variant(const struct snet__faas_fault_kind *kind,
			 const struct snet__fault *fault, struct snet_err *err)
{
	char words[200] = "";
	size_t used = 0;

	if (!fault->variant)
		return 0;
	for (size_t i = 0; kind->variants && kind->variants[i]; i++) {
		if (strcmp(kind->variants[i], fault->variant) == 0)
			return 0;
		if (used < sizeof(words))
			used += (size_t)snprintf(words + used, sizeof(words) - used,
						 "%s'%s'", i ? " or " : "",
						 kind->variants[i]);
	}
	return snet__err_set(err, -EINVAL,
			     kind->variants ? "its 'variant' is %s"
					    : "has no 'variant'%s",
			     words);
}

static int check(const struct snet__scenario *scenario, const struct snet__fault *fault,
		 struct snet_err *err)
{
	const struct snet__faas_fault_kind *kind =
		snet__faas_find_fault_kind(fault->kind->detail);
	int r;

	r = check_node(scenario, fault, err);
	if (r == 0)
		r = check_variant(kind, fault, err);
	if (r == 0 && fault->delay_ns && !kind->has_delay)
		r = snet__err_set(err, -EINVAL, "has no 'delay'");
	if (r == 0 && !fault->delay_ns && kind->has_delay)
		r = snet__err_set(err, -EINVAL, "needs a 'delay'");
	if (r == 0 && fault->record_delay_ns && !kind->has_record_delay)
		r = snet__err_set(err, -EINVAL, "has no 'record_delay'");
	if (r == 0 && kind->begin && (fault->function || fault->share >= 0))
		r = snet__err_set(
			err, -EINVAL,
			"is of the whole node: it has no 'function' or 'share'");
	return r;
}

static int prepare(struct snet__injection *injection, struct snet_err *err)
{
	struct function_state *state = injection->state;

	state->faults = calloc(injection->fault->nodes.count + 1, sizeof(*state->faults));
	return state->faults ? 0 : snet__err_oom(err);
}

bool snet__fault_is_of_calls(const struct snet__fault *fault)
{
	return fault->kind->on == SNET__FAULT_ON_FUNCTIONS &&
	       !snet__faas_find_fault_kind(fault->kind->detail)->begin;
}

static int add(void *arg, struct snet_err *err)
{
	struct snet__injection *injection = arg;
	const struct snet__fault *fault = injection->fault;
	struct function_state *state = injection->state;
	const struct snet__faas_fault_opts opts = {
		.kind = fault->kind->detail,
		.variant = fault->variant,
		.function = fault->function,
		.share = fault->share > 0 ? fault->share : 0,
		.random = &injection->random,
		.first = snet__fault_is_of_calls(fault) ? fault->first : 0,
		.count = fault->count,
		.delay_ns = fault->delay_ns,
		.record_delay_ns = fault->record_delay_ns,
	};
	int r = 0;

	for (size_t i = 0; i < fault->nodes.count && r == 0; i++)
		r = snet__faas_add_fault(
			&injection->lab->run->nodes[fault->nodes.items[i]]->faults, &opts,
			&state->faults[i], err);
	return r;
}

static void add_counts(struct snet__faas_fault_counts *sum,
		       const struct snet__faas_fault_counts *one)
{
	sum->seen += one->seen;
	sum->hit += one->hit;
	if (one->first_ns && (!sum->first_ns || one->first_ns < sum->first_ns))
		sum->first_ns = one->first_ns;
	if (one->last_ns > sum->last_ns)
		sum->last_ns = one->last_ns;
}

static int take_away(void *arg, struct snet_err *err)
{
	struct snet__injection *injection = arg;
	const struct snet__fault *fault = injection->fault;
	struct function_state *state = injection->state;
	struct snet__faas_fault_counts counts;

	(void)err;
	for (size_t i = 0; i < fault->nodes.count; i++) {
		if (!state->faults[i])
			continue;
		snet__faas_fault_counts(state->faults[i], &counts);
		add_counts(&state->counts, &counts);
		snet__faas_remove_fault(steal_ptr(state->faults[i]));
	}
	return 0;
}

static int begin(struct snet__injection *injection, struct snet_err *err)
{
	return snet__lab_call(injection->lab, add, injection, err);
}

static int end(struct snet__injection *injection, struct snet_err *err)
{
	return snet__lab_call(injection->lab, take_away, injection, err);
}

static void measure(struct snet__injection *injection, struct snet__effect *effect)
{
	const struct function_state *state = injection->state;
	const struct snet__faas_fault_counts *counts = &state->counts;

	effect->has_effect = counts->hit > 0;
	effect->first_ns = counts->first_ns;
	effect->last_ns = counts->last_ns;
	snet__json_add_u64(effect->measures, "hit", counts->hit);
	if (!snet__fault_is_of_calls(injection->fault)) {
		(void)snprintf(effect->text, sizeof(effect->text),
			       "%" PRIu64 " turned away", counts->hit);
		return;
	}
	snet__json_add_u64(effect->measures, "calls", counts->seen);
	(void)snprintf(effect->text, sizeof(effect->text),
		       "%" PRIu64 " of %" PRIu64 " call%s hit", counts->hit, counts->seen,
		       counts->seen == 1 ? "" : "s");
}

static void clear(struct snet__injection *injection)
{
	free(((struct function_state *)injection->state)->faults);
}

static const char *const keys[] = {"nodes", "function",     "share",
				   "first", "count",        "variant",
				   "delay", "record_delay", NULL};
static const char *const needed[] = {"nodes", NULL};

#define KIND(symbol, word, text, ...)                          \
	const struct snet__fault_kind snet__fault_##symbol = { \
		.name = (word),                                \
		.help = (text),                                \
		.on = SNET__FAULT_ON_FUNCTIONS,                \
		.keys = keys,                                  \
		.needed = needed,                              \
		.detail = (word),                              \
		.check = check,                                \
		.state_size = sizeof(struct function_state),   \
		.prepare = prepare,                            \
		.begin = begin,                                \
		.end = end,                                    \
		.measure = measure,                            \
		.clear = clear,                                \
		__VA_ARGS__}

KIND(refuse, "refuse", "connections to the functions are refused");
KIND(gone, "gone", "packets to the functions are dropped, as if their host had gone");
KIND(gateway_500, "gateway-500", "a gateway before the functions answers 500");
KIND(gateway_502, "gateway-502", "a gateway before the functions answers 502");
KIND(gateway_503, "gateway-503", "a gateway before the functions answers 503");
/* Who is told of a limit by the minute waits for the next one: see backend/openwhisk_reply.c. */
KIND(429, "429", "too many requests: 'rate' or 'concurrent'",
     .holds_ns = 60 * SNET__NS_PER_S);
KIND(503, "503", "OpenWhisk has no invoker");
KIND(500, "500", "OpenWhisk itself fails: its 'controller' or an 'invoker'");
KIND(502, "502", "the function fails: an 'application' or a 'developer' error");
KIND(cold, "cold", "each call begins in a new container, which takes 'delay' to come up");
KIND(twice, "twice", "the function is executed twice");
KIND(late, "late", "answers come 'delay' later");
KIND(lost_result, "lost-result", "the function is executed, and its result is lost");
KIND(gateway_504, "gateway-504",
     "a gateway gives up after 'delay', the function goes on");
KIND(timeout_202, "timeout-202", "after 'delay' 202 comes in place of the result");
KIND(garbage, "garbage", "the answer is none: 'no-json', 'no-object' or 'truncated'");
