/* SPDX-License-Identifier: MIT */
/* Of which fault a measurement tells: of any that was in place between its question and its answer.
 * How many those are is known from two sorted lists of times, of which there are two for each thing
 * that faults do on a probe's path: those that had begun when the answer came, less those that had
 * healed when the question was asked.
 *
 * A lost question has no answer; nor is it known of an answered one when it would have been lost.
 * So what tells of losses lasts as long as the longest of its probe's usual round trips, answered
 * or not: else what is lost would be left out more often than what is not. And of what was asked
 * shortly before the end of the run only the answers are known. */

#include "fault/looks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fault/phases.h"
#include "fault/probes.h"
#include "fault/touch.h"

/* A usual round trip is not longer than this share of them, and not a longer one than that. */
#define USUAL 0.99

enum deed {
	LOSES,
	DELAYS,
	OWN, /* those of the probe's own entry, whatever they do */
	DEEDS,
};

/* When the faults were in place that do something on a path: each list sorted by itself. */
struct spans {
	uint64_t *begun_ns, *healed_ns;
	size_t count;
};

struct taking {
	const struct snet__history *history;
	const struct snet__scenario *scenario;
	const struct snet__history_fault **by_begin, **by_end;
	size_t fault_count;
	struct spans spans[DEEDS];
	unsigned char *touches; /* entries */
	uint64_t *rtts;
};

static void taking_clear_at(struct taking *taking)
{
	for (int i = 0; i < DEEDS; i++) {
		free(taking->spans[i].begun_ns);
		free(taking->spans[i].healed_ns);
	}
	free(taking->by_begin);
	free(taking->by_end);
	free(taking->touches);
	free(taking->rtts);
}

static int compare_u64(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

static int compare_begins(const void *a, const void *b)
{
	return compare_u64((*(const struct snet__history_fault *const *)a)->begun_ns,
			   (*(const struct snet__history_fault *const *)b)->begun_ns);
}

static int compare_ends(const void *a, const void *b)
{
	return compare_u64((*(const struct snet__history_fault *const *)a)->healed_ns,
			   (*(const struct snet__history_fault *const *)b)->healed_ns);
}

static size_t count_entries(const struct taking *taking)
{
	const struct snet__history *history = taking->history;
	size_t count = taking->scenario ? taking->scenario->fault_count : 0;

	for (size_t i = 0; i < history->faults_count; i++)
		if (history->faults[i].entry >= count)
			count = history->faults[i].entry + 1;
	return count;
}

static int make_room(struct taking *taking)
{
	const struct snet__history *history = taking->history;
	size_t count = history->faults_count + 1, entries = count_entries(taking);

	taking->by_begin = calloc(count, sizeof(struct snet__history_fault *));
	taking->by_end = calloc(count, sizeof(struct snet__history_fault *));
	taking->touches = malloc(entries + 1);
	taking->rtts = calloc(history->samples_count + 1, sizeof(*taking->rtts));
	if (!taking->by_begin || !taking->by_end || !taking->touches || !taking->rtts)
		return -ENOMEM;
	memset(taking->touches, SNET__TOUCH_ALL, entries);
	for (int i = 0; i < DEEDS; i++) {
		taking->spans[i].begun_ns = calloc(count, sizeof(uint64_t));
		taking->spans[i].healed_ns = calloc(count, sizeof(uint64_t));
		if (!taking->spans[i].begun_ns || !taking->spans[i].healed_ns)
			return -ENOMEM;
	}
	return 0;
}

static void sort_faults(struct taking *taking)
{
	const struct snet__history *history = taking->history;

	for (size_t i = 0; i < history->faults_count; i++)
		if (history->faults[i].begun_ns != SNET__NEVER)
			taking->by_begin[taking->fault_count++] = &history->faults[i];
	memcpy(taking->by_end, taking->by_begin,
	       taking->fault_count * sizeof(struct snet__history_fault *));
	qsort(taking->by_begin, taking->fault_count, sizeof(struct snet__history_fault *),
	      compare_begins);
	qsort(taking->by_end, taking->fault_count, sizeof(struct snet__history_fault *),
	      compare_ends);
}

static bool does(const struct taking *taking, enum deed deed,
		 const struct snet__history_fault *fault, unsigned int own)
{
	if (deed == OWN || fault->entry == own)
		return deed == OWN && fault->entry == own;
	return taking->touches[fault->entry] &
	       (deed == LOSES ? SNET__TOUCH_LOSES : SNET__TOUCH_DELAYS);
}

/* What happened on the path of @probe. */
static int find_spans(struct taking *taking, const struct snet__history_probe *probe)
{
	if (taking->scenario && snet__touch_find(taking->touches, taking->scenario,
						 probe->from, probe->to) < 0)
		return -ENOMEM;
	for (int deed = 0; deed < DEEDS; deed++) {
		struct spans *spans = &taking->spans[deed];
		size_t begun = 0, healed = 0;

		for (size_t i = 0; i < taking->fault_count; i++) {
			if (does(taking, deed, taking->by_begin[i], probe->fault))
				spans->begun_ns[begun++] = taking->by_begin[i]->begun_ns;
			if (does(taking, deed, taking->by_end[i], probe->fault))
				spans->healed_ns[healed++] = taking->by_end[i]->healed_ns;
		}
		spans->count = begun;
	}
	return 0;
}

static bool is_touched(const struct taking *taking, enum deed deed, uint64_t from_ns,
		       uint64_t to_ns)
{
	const struct spans *spans = &taking->spans[deed];

	return snet__count_until(spans->begun_ns, spans->count, to_ns) >
	       snet__count_until(spans->healed_ns, spans->count, from_ns);
}

/* @looks are all of one probe. */
static uint64_t find_usual(struct taking *taking, const struct snet__look *looks,
			   size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (looks[i].is_delay_plain)
			taking->rtts[used++] = looks[i].rtt_ns;
	snet__sort_times(taking->rtts, used);
	return used ? (uint64_t)((double)snet__quantile(taking->rtts, used, USUAL) *
				 SNET__LONGER) +
			       SNET__LONGER_NS
		    : SNET__LONGER_NS;
}

static int judge_probe(struct taking *taking, struct snet__look *looks, size_t count)
{
	uint64_t usual_ns;

	if (find_spans(taking, &taking->history->probes[looks->probe]) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct snet__look *look = &looks[i];
		uint64_t end_ns = look->at_ns + look->rtt_ns;

		if (look->rtt_ns == SNET__NEVER)
			continue;
		look->tells_delay = !is_touched(taking, DELAYS, look->at_ns, end_ns);
		look->is_delay_plain = look->tells_delay &&
				       !is_touched(taking, OWN, look->at_ns, end_ns);
	}
	usual_ns = find_usual(taking, looks, count);
	for (size_t i = 0; i < count; i++) {
		struct snet__look *look = &looks[i];
		uint64_t end_ns = look->at_ns + usual_ns;

		bool is_lossy = is_touched(taking, LOSES, look->at_ns, end_ns);

		look->tells_loss = look->at_ns + SNET__PROBES_TIMEOUT_NS <=
					   taking->history->ended_ns &&
				   !is_lossy;
		look->is_loss_plain =
			look->tells_loss && !is_touched(taking, OWN, look->at_ns, end_ns);
		look->is_touched =
			is_lossy || (look->rtt_ns != SNET__NEVER && !look->tells_delay);
	}
	return 0;
}

static int compare_by_probe(const void *a, const void *b)
{
	const struct snet__look *left = a, *right = b;
	int r = compare_u64(left->probe, right->probe);

	return r ? r : compare_u64(left->at_ns, right->at_ns);
}

static int compare_by_entry(const void *a, const void *b)
{
	const struct snet__look *left = a, *right = b;
	int r = compare_u64(left->entry, right->entry);

	return r ? r : compare_u64(left->at_ns, right->at_ns);
}

int snet__looks_take(struct snet__looks *ret, const struct snet__history *history,
		     const struct snet__scenario *scenario)
{
	cleanup_with(taking_clear_at) struct taking taking = {.history = history,
							      .scenario = scenario};
	autofree struct snet__look *items =
		calloc(history->samples_count + 1, sizeof(*items));
	size_t count = history->samples_count, end;
	int r = items ? make_room(&taking) : -ENOMEM;

	if (r == 0)
		sort_faults(&taking);
	for (size_t i = 0; i < count && r == 0; i++)
		items[i] = (struct snet__look){
			.entry = history->probes[history->samples[i].probe].fault,
			.probe = history->samples[i].probe,
			.at_ns = history->samples[i].at_ns,
			.rtt_ns = history->samples[i].is_answered
					  ? history->samples[i].rtt_ns
					  : SNET__NEVER,
		};
	if (r == 0)
		qsort(items, count, sizeof(*items), compare_by_probe);
	for (size_t i = 0; i < count && r == 0; i = end) {
		for (end = i; end < count && items[end].probe == items[i].probe;)
			end++;
		r = judge_probe(&taking, &items[i], end - i);
	}
	if (r < 0)
		return r;
	qsort(items, count, sizeof(*items), compare_by_entry);
	*ret = (struct snet__looks){.items = steal_ptr(items), .count = count};
	return 0;
}

void snet__looks_clear(struct snet__looks *looks)
{
	free(looks->items);
	*looks = (struct snet__looks){0};
}
