/* SPDX-License-Identifier: MIT */
/* A call is what a relayer has invoked, until its answer: the result, a failure, or that it was
 * accepted. Of an event with several at a time it is not known which answer is whose: they are left
 * out. */

#include "fault/calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "fault/kind.h"
#include "fault/window.h"
#include "io/json.h"

enum part {
	BEFORE,
	DURING,
	AFTER,
	PARTS
};

/* Those that an entry of the timeline may hit. */
struct calls {
	const struct snet__scenario *scenario;
	const struct snet__fault *fault;
	struct snet__look *items; /* by time */
	size_t count, cap;
};

static void calls_clear_at(struct calls *calls)
{
	free(calls->items);
}

static bool is_its_node(const struct calls *calls, const char *backend)
{
	const struct snet__model *model = &calls->scenario->model;
	const struct snet__set *nodes = &calls->fault->nodes;
	const struct snet__model_backend *at = snet__model_find_backend(model, backend);

	for (size_t i = 0; at && at->node && i < nodes->count; i++)
		if (strcmp(at->node, model->nodes[nodes->items[i]]->name) == 0)
			return true;
	return false;
}

/* @what: "FUNCTION@BACKEND" */
static bool is_its_call(const struct calls *calls, const char *what)
{
	const char *function = calls->fault->function;
	const char *at = what ? strrchr(what, '@') : NULL;

	if (!at || !is_its_node(calls, at + 1))
		return false;
	return !function || (strlen(function) == (size_t)(at - what) &&
			     strncmp(function, what, strlen(function)) == 0);
}

static bool is_answer(const struct snet__history_step *step)
{
	static const char *const names[] = {"result", "accepted", "retry", "failed"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(step->step, names[i]) == 0)
			return true;
	return false;
}

static int add_call(struct calls *calls, uint64_t at_ns, uint64_t until_ns)
{
	if (snet__vec_reserve(&calls->items, &calls->cap, calls->count + 1,
			      sizeof(*calls->items), NULL) < 0)
		return -ENOMEM;
	calls->items[calls->count++] = (struct snet__look){
		.at_ns = at_ns,
		.rtt_ns = until_ns - at_ns,
		.tells_delay = true,
		.is_delay_plain = true,
	};
	return 0;
}

static int add_event(struct calls *calls, const struct snet__history_event *event)
{
	const struct snet__history_step *invoked = NULL;
	size_t open = 0;
	int r = 0;

	for (size_t i = 0; i < event->step_count && r == 0; i++) {
		const struct snet__history_step *step = &event->steps[i];

		if (strcmp(step->step, "invoked") == 0) {
			invoked = open++ ? NULL : step;
		} else if (open && is_answer(step)) {
			open--;
			if (invoked && is_its_call(calls, invoked->detail))
				r = add_call(calls, invoked->at_ns, step->at_ns);
			invoked = NULL;
		}
	}
	return r;
}

static int compare_times(const void *a, const void *b)
{
	const struct snet__look *left = a, *right = b;

	return (left->at_ns > right->at_ns) - (left->at_ns < right->at_ns);
}

/* The first that was made at that time or later. */
static size_t first_from(const struct calls *calls, uint64_t at_ns)
{
	size_t low = 0, high = calls->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (calls->items[middle].at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- Words and numbers. */

static uint64_t median_of(const struct snet__window *window)
{
	return snet__window_rtt(window, window->timed / 2);
}

static uint64_t longest_of(const struct snet__window *window)
{
	return snet__window_rtt(window, window->timed - 1);
}

static void say(char text[static 32], uint64_t ns)
{
	if (ns == SNET__NEVER)
		(void)snprintf(text, 32, "not measured");
	else
		(void)snet__text_format_duration(text, 32, ns);
}

static char *format_words(const struct snet__window windows[PARTS])
{
	const struct snet__window *during = &windows[DURING];
	char words[PARTS][32], longest[32] = "";

	for (int i = 0; i < PARTS; i++)
		say(words[i], median_of(&windows[i]));
	if (during->timed)
		say(longest, longest_of(during));
	return snet__text_format("calls took before %s, during %s%s%s%s, after %s",
				 words[BEFORE], words[DURING],
				 *longest ? " (the longest " : "", longest,
				 *longest ? ")" : "", words[AFTER]);
}

static void add_time(struct snet__json *json, const char *key, uint64_t ns)
{
	if (ns == SNET__NEVER)
		(void)snet__json_add(json, key, snet__json_new_null());
	else
		snet__json_add_u64(json, key, ns);
}

static struct snet__json *describe(const struct snet__window *window)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_u64(json, "answered", window->timed);
	add_time(json, "p50", median_of(window));
	add_time(json, "max", longest_of(window));
	return json;
}

/* Add it to what the fault has counted itself. */
static int write_receipt(struct snet__history *history, struct snet__history_fault *fault,
			 const struct snet__window windows[PARTS])
{
	static const char *const names[PARTS] = {"before", "during", "after"};
	autojson *measures = NULL, *took = snet__json_new_object();
	autofree char *text = NULL, *json = NULL, *words = format_words(windows);

	if (!words || snet__json_parse(&measures, fault->measures,
				       strlen(fault->measures), NULL) < 0)
		return -ENOMEM;
	for (int i = 0; i < PARTS; i++)
		(void)snet__json_add(took, names[i], describe(&windows[i]));
	(void)snet__json_add(measures, "took", steal_ptr(took));
	json = snet__json_format(measures);
	fault->measures = snet__history_text(history, json);
	text = snet__text_format("%s; %s", fault->receipt, words);
	fault->receipt = snet__history_text(history, text);
	return fault->measures && fault->receipt ? 0 : -ENOMEM;
}

/* ---- The faults. */

static int tell_fault(const struct calls *calls, struct snet__history *history,
		      struct snet__history_fault *fault,
		      struct snet__window windows[PARTS])
{
	size_t begin = first_from(calls, fault->begun_ns);
	size_t end = first_from(calls, fault->healed_ns);

	snet__window_move(&windows[BEFORE], 0, begin);
	snet__window_move(&windows[DURING], begin, end);
	snet__window_move(&windows[AFTER], end, calls->count);
	return write_receipt(history, fault, windows);
}

static int tell_entry(const struct calls *calls, struct snet__history *history)
{
	size_t entry = (size_t)(calls->fault - calls->scenario->faults);
	struct snet__window windows[PARTS] = {0};
	int r = 0;

	for (int i = 0; i < PARTS && r == 0; i++)
		r = snet__window_init(&windows[i], calls->items, calls->count, true);
	for (size_t i = 0; i < history->faults_count && r == 0; i++) {
		struct snet__history_fault *fault = &history->faults[i];

		if (fault->entry == entry && fault->begun_ns != SNET__NEVER &&
		    fault->measures && fault->receipt)
			r = tell_fault(calls, history, fault, windows);
	}
	for (int i = 0; i < PARTS; i++)
		snet__window_clear(&windows[i]);
	return r;
}

int snet__calls_tell(struct snet__history *history, const struct snet__scenario *scenario)
{
	int r = 0;

	for (size_t i = 0; i < scenario->fault_count && r == 0; i++) {
		cleanup_with(calls_clear_at) struct calls calls = {
			.scenario = scenario, .fault = &scenario->faults[i]};

		if (!snet__fault_is_of_calls(calls.fault))
			continue;
		for (size_t k = 0; k < history->events_count && r == 0; k++)
			r = add_event(&calls, &history->events[k]);
		if (r < 0 || !calls.count)
			continue;
		qsort(calls.items, calls.count, sizeof(*calls.items), compare_times);
		r = tell_entry(&calls, history);
	}
	return r;
}
