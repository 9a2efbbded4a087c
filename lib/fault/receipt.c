/* SPDX-License-Identifier: MIT */
/* Each time that a fault happened is compared with the rest of the run, in which it was not there.
 * What other faults may have done as well is left out on both sides: see looks.h. */

#include "fault/receipt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "fault/calls.h"
#include "fault/looks.h"
#include "fault/phases.h"
#include "fault/share.h"
#include "fault/window.h"
#include "io/json.h"

/* Of what would have been answered that long before a fault ended, without it, it is certain that it was
 * held up by it. */
#define ENDING_NS (10 * SNET__NS_PER_MS)

/* So many without any answer, or all of them slow, are enough where there was no such thing before. */
#define BAD_MIN 3

enum part {
	BEFORE,
	DURING,
	AFTER,
	PARTS
};

/* What the probes of one fault saw in one part of the run: see struct snet__window. */
struct view {
	size_t total, heard, touched;
	size_t asked, answered;
	size_t timed;
	uint64_t min_ns, median_ns, max_ns; /* SNET__NEVER: nothing was timed */
	uint64_t last_ns;                   /* when the last was asked */
};

/* All times that one entry of the timeline happened, and all that was measured for it. */
struct entry {
	struct snet__history *history;
	struct snet__history_fault **faults; /* by time */
	size_t fault_count;
	const struct snet__look *looks; /* by time */
	size_t look_count;
	uint64_t *times; /* when they were asked */
	struct snet__window windows[PARTS];
};

static size_t lost(const struct view *view)
{
	return view->asked - view->answered;
}

static double lost_share(const struct view *view)
{
	return view->asked ? (double)lost(view) / (double)view->asked : 0;
}

/* What was before is the measure of a fault; unless nothing was. */
static const struct view *base_of(const struct view views[PARTS])
{
	return views[BEFORE].timed ? &views[BEFORE] : &views[AFTER];
}

static bool loses_more(const struct view views[PARTS])
{
	const struct view *before = &views[BEFORE], *after = &views[AFTER];

	return snet__share_is_higher(lost(&views[DURING]), views[DURING].asked,
				     lost(before) + lost(after),
				     before->asked + after->asked);
}

static bool is_longer(uint64_t rtt_ns, uint64_t than_ns)
{
	return (double)rtt_ns > (double)than_ns * SNET__LONGER &&
	       rtt_ns > than_ns + SNET__LONGER_NS;
}

static bool takes_longer(const struct view views[PARTS])
{
	const struct view *base = base_of(views);

	return views[DURING].timed && base->timed &&
	       is_longer(views[DURING].median_ns, base->median_ns);
}

/* It is mended when what was reached before is reached again. */
static bool stays_dead(const struct view views[PARTS])
{
	const struct view *before = &views[BEFORE], *after = &views[AFTER];

	if (!before->answered || after->heard)
		return false;
	return lost(before) ? snet__share_is_higher(after->asked, after->asked,
						    lost(before), before->asked)
			    : after->asked >= BAD_MIN;
}

/* Each round trip is longer than any before it, also when what the fault had held up has come. */
static bool stays_slow(const struct view views[PARTS], uint64_t healed_ns)
{
	const struct view *before = &views[BEFORE], *after = &views[AFTER];

	return takes_longer(views) && before->timed >= BAD_MIN &&
	       after->timed >= BAD_MIN &&
	       after->last_ns > healed_ns + 2 * views[DURING].max_ns &&
	       is_longer(after->min_ns, before->max_ns);
}

/* ---- Words and numbers. */

static void add_known(struct snet__json *json, const char *key, bool is_known,
		      uint64_t value)
{
	if (is_known)
		snet__json_add_u64(json, key, value);
	else
		(void)snet__json_add(json, key, snet__json_new_null());
}

/* Round trips may be known where losses are not. */
static struct snet__json *describe(const struct view *view)
{
	struct snet__json *json = snet__json_new_object();

	add_known(json, "asked", view->asked, view->asked);
	add_known(json, "answered", view->asked, view->answered);
	add_known(json, "rtt_p50", view->timed, view->median_ns);
	return json;
}

/* What was asked while a fault was there, and tells nothing of it. */
static const char *say_unmeasured(const struct view *view)
{
	return view->touched ? " apart from other faults"
			     : " (too little time was left before the run ended)";
}

static void say_view(char *text, size_t size, const struct view *view, enum part part)
{
	char rtt[32] = "answered", share[32] = "";

	if (!view->asked && !view->timed)
		(void)snprintf(text, size, "not measured%s",
			       view->total && part == DURING ? say_unmeasured(view) : "");
	else if (view->asked && !view->heard)
		(void)snprintf(text, size, "all lost");
	else {
		if (lost(view))
			(void)snprintf(share, sizeof(share), "%.0f%% lost, ",
				       100 * lost_share(view));
		if (view->timed)
			(void)snet__text_format_duration(rtt, sizeof(rtt),
							 view->median_ns);
		(void)snprintf(text, size, "%s%s", share, rtt);
	}
}

/* Add the probes' views to what was counted. */
static int write_receipt(struct snet__history *history, struct snet__history_fault *fault,
			 const struct view views[PARTS])
{
	static const char *const names[PARTS] = {"before", "during", "after"};
	autojson *measures = NULL, *probes = snet__json_new_object();
	autofree char *text = NULL, *json = NULL;
	char words[PARTS][80];

	for (int i = 0; i < PARTS; i++) {
		(void)snet__json_add(probes, names[i], describe(&views[i]));
		say_view(words[i], sizeof(words[i]), &views[i], i);
	}
	if (!fault->measures || snet__json_parse(&measures, fault->measures,
						 strlen(fault->measures), NULL) < 0)
		measures = snet__json_new_object();
	(void)snet__json_add(measures, "probes", steal_ptr(probes));
	json = snet__json_format(measures);
	fault->measures = snet__history_text(history, json);
	text = snet__text_format("%s%sround trip before %s, during %s, after %s",
				 fault->receipt ? fault->receipt : "",
				 fault->receipt && *fault->receipt ? "; " : "", words[0],
				 words[1], words[2]);
	fault->receipt = snet__history_text(history, text);
	return fault->measures && fault->receipt ? 0 : -ENOMEM;
}

/* ---- One time that a fault happened. */

/* Whether it has met with the fault. */
static bool is_another(const struct snet__look *look, const struct view views[PARTS],
		       bool are_losses)
{
	const struct view *base = base_of(views);

	if (look->rtt_ns == SNET__NEVER)
		return look->tells_loss && are_losses;
	return look->tells_delay && base->timed && is_longer(look->rtt_ns, base->max_ns);
}

/* When it was first and last seen. */
static void find_effect(struct snet__history_fault *fault,
			const struct snet__window *during, const struct view views[PARTS])
{
	const struct view *before = &views[BEFORE], *after = &views[AFTER];
	/* Where nothing else loses any, each is the fault's. */
	bool are_losses = loses_more(views) ||
			  (before->asked + after->asked && !lost(before) && !lost(after));
	bool is_seen = false;

	for (size_t i = during->low; i < during->high; i++) {
		uint64_t at_ns = during->looks[i].at_ns;

		if (!is_another(&during->looks[i], views, are_losses))
			continue;
		if (!is_seen && at_ns < fault->effect_ns)
			fault->effect_ns = at_ns;
		if (fault->effect_end_ns == SNET__NEVER || at_ns > fault->effect_end_ns)
			fault->effect_end_ns = at_ns;
		is_seen = true;
	}
}

static struct view view_of(const struct snet__window *window)
{
	return (struct view){
		.total = window->high - window->low,
		.heard = window->heard,
		.touched = window->touched,
		.asked = window->asked,
		.answered = window->answered,
		.timed = window->timed,
		.min_ns = snet__window_rtt(window, 0),
		.median_ns = snet__window_rtt(window, window->timed / 2),
		.max_ns = snet__window_rtt(window, window->timed - 1),
		.last_ns = window->high > window->low
				   ? window->looks[window->high - 1].at_ns
				   : 0,
	};
}

/* The first that was asked at that time or later. */
static size_t first_from(const struct entry *entry, uint64_t at_ns)
{
	return at_ns ? snet__count_until(entry->times, entry->look_count, at_ns - 1) : 0;
}

/* What was answered while the fault was being ended tells nothing, unless it was held up by it: it may
 * have passed before or after. */
static size_t end_of_during(const struct entry *entry,
			    const struct snet__history_fault *fault, size_t begin,
			    size_t end, const struct view *base)
{
	for (; end > begin; end--) {
		const struct snet__look *look = &entry->looks[end - 1];

		if (look->rtt_ns == SNET__NEVER ||
		    look->at_ns + look->rtt_ns < fault->planned_end_ns)
			break;
		if (base->timed &&
		    look->at_ns + base->max_ns + ENDING_NS < fault->planned_end_ns)
			break;
	}
	return end;
}

static int make_receipt(struct entry *entry, struct snet__history_fault *fault)
{
	size_t begin = first_from(entry, fault->begun_ns);
	size_t end = first_from(entry, fault->healed_ns);
	struct view views[PARTS];

	snet__window_move(&entry->windows[BEFORE], 0, begin);
	snet__window_move(&entry->windows[AFTER], end, entry->look_count);
	views[BEFORE] = view_of(&entry->windows[BEFORE]);
	views[AFTER] = view_of(&entry->windows[AFTER]);
	end = end_of_during(entry, fault, begin, end, base_of(views));
	snet__window_move(&entry->windows[DURING], begin, end);
	views[DURING] = view_of(&entry->windows[DURING]);
	if (!views[BEFORE].total && !views[DURING].total)
		return 0;
	fault->has_effect |= loses_more(views) || takes_longer(views);
	if (fault->has_effect)
		find_effect(fault, &entry->windows[DURING], views);
	if (!fault->failure && stays_dead(views))
		fault->failure = snet__history_text(
			entry->history,
			"it did not heal: no probe was answered afterwards");
	else if (!fault->failure && stays_slow(views, fault->healed_ns)) {
		fault->is_only_slow = true;
		fault->failure = snet__history_text(
			entry->history,
			"it did not heal: every round trip stays longer than before");
	}
	return write_receipt(entry->history, fault, views);
}

/* ---- All of them. */

static int make_receipts(struct entry *entry)
{
	int r = 0;

	entry->times = calloc(entry->look_count + 1, sizeof(*entry->times));
	if (!entry->times)
		return -ENOMEM;
	for (size_t i = 0; i < entry->look_count; i++)
		entry->times[i] = entry->looks[i].at_ns;
	for (int i = 0; i < PARTS && r == 0; i++)
		r = snet__window_init(&entry->windows[i], entry->looks, entry->look_count,
				      i != DURING);
	for (size_t i = 0; i < entry->fault_count && r == 0; i++)
		r = make_receipt(entry, entry->faults[i]);
	for (int i = 0; i < PARTS; i++)
		snet__window_clear(&entry->windows[i]);
	free(entry->times);
	return r;
}

static int compare_faults(const void *a, const void *b)
{
	const struct snet__history_fault *left =
		*(const struct snet__history_fault *const *)a;
	const struct snet__history_fault *right =
		*(const struct snet__history_fault *const *)b;

	if (left->entry != right->entry)
		return left->entry < right->entry ? -1 : 1;
	return (left->begun_ns > right->begun_ns) - (left->begun_ns < right->begun_ns);
}

/* Both @faults and @looks are sorted by entry, then time. */
static int make_all(struct snet__history *history, struct snet__history_fault **faults,
		    size_t count, const struct snet__looks *looks)
{
	size_t end, first = 0, last = 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i = end) {
		unsigned int number = faults[i]->entry;
		struct entry entry = {.history = history, .faults = &faults[i]};

		for (end = i; end < count && faults[end]->entry == number;)
			end++;
		for (first = last;
		     first < looks->count && looks->items[first].entry < number;)
			first++;
		for (last = first;
		     last < looks->count && looks->items[last].entry == number;)
			last++;
		entry.fault_count = end - i;
		entry.looks = &looks->items[first];
		entry.look_count = last - first;
		r = make_receipts(&entry);
	}
	return r;
}

int snet__receipts_make(struct snet__history *history,
			const struct snet__scenario *scenario, struct snet_err *err)
{
	autofree struct snet__history_fault **faults =
		calloc(history->faults_count + 1, sizeof(struct snet__history_fault *));
	struct snet__looks looks = {0};
	size_t count = 0;
	int r = faults ? snet__looks_take(&looks, history, scenario) : -ENOMEM;

	for (size_t i = 0; i < history->faults_count && r == 0; i++)
		if (history->faults[i].begun_ns != SNET__NEVER)
			faults[count++] = &history->faults[i];
	if (r == 0) {
		qsort(faults, count, sizeof(struct snet__history_fault *),
		      compare_faults);
		r = make_all(history, faults, count, &looks);
	}
	if (r == 0 && scenario)
		r = snet__calls_tell(history, scenario);
	snet__looks_clear(&looks);
	return r < 0 ? snet__err_oom(err) : 0;
}
