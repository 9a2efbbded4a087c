/* SPDX-License-Identifier: MIT */
/* Traces in memory: a sorted array of steps, and the public accessors. The words of a step are
 * one allocation, node and detail behind each other; its name is a literal of step_names. */

#include "store/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/json.h"

#define STEPS_MAX 256

/* In the store as indices: names are added at the end only. */
static const char *const step_names[] = {
	"pressed", "received", "journaled", "invoked", "accepted",     "started",
	"ended",   "result",   "sent",      "applied", "acknowledged", "retry",
	"resumed", "expired",  "failed",    "dropped",
};
#define STEP_NAMES_COUNT (sizeof(step_names) / sizeof(*step_names))

const char *snet__trace_step_name(unsigned int index)
{
	return index < STEP_NAMES_COUNT ? step_names[index] : NULL;
}

unsigned int snet__trace_step_index(const char *name)
{
	unsigned int i;

	/* Mostly it is the literal itself, because that is what a trace holds. */
	for (i = 0; i < STEP_NAMES_COUNT; i++)
		if (step_names[i] == name)
			return i;
	for (i = 0; i < STEP_NAMES_COUNT; i++)
		if (strcmp(step_names[i], name) == 0)
			break;
	return i;
}

const char *snet_outcome_name(enum snet_outcome outcome)
{
	static const char *const names[] = {
		[SNET_OUTCOME_PENDING] = "pending",
		[SNET_OUTCOME_DONE] = "done",
		[SNET_OUTCOME_EXPIRED] = "expired",
		[SNET_OUTCOME_FAILED] = "failed",
	};

	return (unsigned int)outcome <= SNET_OUTCOME_FAILED ? names[outcome] : "unknown";
}

/* At most @max bytes of @text, without cutting a character. */
static size_t cut_length(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);

	if (length <= max)
		return length;
	for (length = max; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

/* Copy @text as a string. A detail may quote what a server answered: what is not UTF-8 would
 * make JSON of it that nobody can read. */
static char *copy_text(char *to, const char *text, size_t length)
{
	memcpy(to, text, length);
	to[length] = '\0';
	if (!snet__text_is_utf8(to, length))
		for (size_t i = 0; i < length; i++)
			if ((unsigned char)to[i] >= 0x80)
				to[i] = '?';
	return to;
}

static int make_step(struct snet_step *ret, const char *step, const char *node,
		     uint64_t at_ns, const char *detail)
{
	size_t node_length = cut_length(node, SNET__TRACE_NODE_MAX);
	size_t detail_length = cut_length(detail, SNET__TRACE_DETAIL_MAX);
	unsigned int index = snet__trace_step_index(step);
	char *words;

	if (index == STEP_NAMES_COUNT)
		return -EINVAL;
	words = malloc(node_length + detail_length + 2);
	if (!words)
		return -ENOMEM;

	ret->step = step_names[index];
	ret->node = copy_text(words, node, node_length);
	ret->detail = copy_text(words + node_length + 1, detail, detail_length);
	ret->at_ns = at_ns;
	return 0;
}

static void free_step(struct snet_step *step)
{
	free((char *)(uintptr_t)step->node); /* and with it the detail */
}

int snet__trace_add(struct snet_trace *trace, const char *step, const char *node,
		    uint64_t at_ns, const char *detail)
{
	struct snet_step new;
	size_t at;
	int r;

	if (trace->count == STEPS_MAX && at_ns < trace->steps[STEPS_MAX - 1].at_ns)
		return 0;
	r = snet__vec_reserve(&trace->steps, &trace->cap,
			      trace->count < STEPS_MAX ? trace->count + 1 : STEPS_MAX,
			      sizeof(*trace->steps), NULL);
	if (r < 0)
		return r;
	r = make_step(&new, step, node, at_ns, detail ? detail : "");
	if (r < 0)
		return r;

	if (trace->count == STEPS_MAX)
		free_step(&trace->steps[--trace->count]);
	for (at = trace->count; at && trace->steps[at - 1].at_ns > at_ns; at--)
		trace->steps[at] = trace->steps[at - 1];
	trace->steps[at] = new;
	trace->count++;
	return 0;
}

void snet__trace_clear(struct snet_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		free_step(&trace->steps[i]);
	free(trace->steps);
	trace->steps = NULL;
	trace->count = trace->cap = 0;
}

struct snet_trace *snet__trace_move(struct snet_trace *trace)
{
	struct snet_trace *moved = malloc(sizeof(*moved));

	if (!moved) {
		snet__trace_clear(trace);
		return NULL;
	}
	*moved = *trace;
	trace->steps = NULL;
	trace->count = trace->cap = 0;
	return moved;
}

struct snet_trace *snet__trace_copy(const struct snet_trace *trace)
{
	struct snet_trace copy = *trace;
	int r = 0;

	copy.steps = NULL;
	copy.count = copy.cap = 0;
	for (size_t i = 0; i < trace->count && r == 0; i++)
		r = snet__trace_add(&copy, trace->steps[i].step, trace->steps[i].node,
				    trace->steps[i].at_ns, trace->steps[i].detail);
	if (r < 0) {
		snet__trace_clear(&copy);
		return NULL;
	}
	return snet__trace_move(&copy);
}

static struct snet__json *json_of_step(const struct snet_step *step)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "step", step->step);
	snet__json_add_string(json, "node", step->node);
	snet__json_add_u64(json, "at_ns", step->at_ns);
	if (*step->detail)
		snet__json_add_string(json, "detail", step->detail);
	return json;
}

char *snet__trace_json(const struct snet_trace *trace)
{
	autojson *json = snet__json_new_object();
	struct snet__json *steps;

	snet__json_add_string(json, "id", trace->id);
	snet__json_add_string(json, "outcome", snet_outcome_name(trace->outcome));
	steps = snet__json_add(json, "steps", snet__json_new_array());
	for (size_t i = 0; i < trace->count; i++) {
		struct snet__json *step = json_of_step(&trace->steps[i]);

		/* One that lacks a member for want of memory must not look whole. */
		if (snet__json_count(step) != 3u + !!*trace->steps[i].detail) {
			snet__json_free(step);
			return NULL;
		}
		if (!snet__json_append(steps, step))
			return NULL;
	}
	return snet__json_count(json) == 3 ? snet__json_format(json) : NULL;
}

void snet_trace_free(struct snet_trace *trace)
{
	if (!trace)
		return;
	snet__trace_clear(trace);
	free(trace);
}

const char *snet_trace_id(const struct snet_trace *trace)
{
	return trace->id;
}

enum snet_outcome snet_trace_outcome(const struct snet_trace *trace)
{
	return trace->outcome;
}

size_t snet_trace_step_count(const struct snet_trace *trace)
{
	return trace->count;
}

const struct snet_step *snet_trace_step(const struct snet_trace *trace, size_t index)
{
	assert(index < trace->count);
	return &trace->steps[index];
}

uint64_t snet_trace_total_ns(const struct snet_trace *trace)
{
	size_t last;

	if (!trace->count)
		return 0;
	for (last = trace->count; last; last--)
		if (strcmp(trace->steps[last - 1].step, "applied") == 0)
			break;
	if (!last)
		last = trace->count;
	return trace->steps[last - 1].at_ns - trace->steps[0].at_ns;
}

char *snet_trace_json(const struct snet_trace *trace)
{
	return snet__trace_json(trace);
}
