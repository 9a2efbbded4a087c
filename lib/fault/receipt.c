/* SPDX-License-Identifier: MIT */
#include "fault/receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/json.h"

/* A round trip that is longer by this, and by a fifth, is another one than before. */
#define LONGER_NS 300000
#define LONGER    1.2

/* What the probes of one fault saw in one part of the run. */
struct view {
	size_t asked, answered;
	uint64_t *rtts;
	size_t cap;
	uint64_t median_ns, max_ns; /* SNET__NEVER: nothing was answered */
};

static void add_sample(struct view *view, const struct snet__history_sample *sample)
{
	view->asked++;
	if (!sample->is_answered ||
	    snet__vec_reserve(&view->rtts, &view->cap, view->answered + 1,
			      sizeof(*view->rtts), NULL) < 0)
		return;
	view->rtts[view->answered++] = sample->rtt_ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void finish(struct view *view)
{
	view->median_ns = view->max_ns = SNET__NEVER;
	if (!view->answered)
		return;
	qsort(view->rtts, view->answered, sizeof(*view->rtts), compare);
	view->median_ns = view->rtts[view->answered / 2];
	view->max_ns = view->rtts[view->answered - 1];
}

static double lost(const struct view *view)
{
	return view->asked ? 1 - (double)view->answered / (double)view->asked : 0;
}

enum part {
	BEFORE,
	DURING,
	AFTER,
	PARTS
};

static bool lasts(const struct snet__history_fault *fault, uint64_t at_ns)
{
	return fault->begun_ns != SNET__NEVER && at_ns >= fault->begun_ns &&
	       at_ns < fault->healed_ns;
}

/* Whether the answer to what was asked at @at_ns tells of another fault. */
static bool is_disturbed(const struct snet__history *history,
			 const struct snet__history_fault *fault,
			 const struct snet__history_sample *sample)
{
	uint64_t end_ns =
		sample->at_ns + (sample->is_answered ? sample->rtt_ns : LONGER_NS);

	for (size_t i = 0; i < history->faults_count; i++)
		if (&history->faults[i] != fault &&
		    (lasts(&history->faults[i], sample->at_ns) ||
		     lasts(&history->faults[i], end_ns)))
			return true;
	return false;
}

/* Neither what was asked just before a change, nor what other faults have touched, tells of it. */
static enum part part_of(const struct snet__history *history,
			 const struct snet__history_fault *fault,
			 const struct snet__history_sample *sample)
{
	if (lasts(fault, sample->at_ns))
		return DURING;
	if (is_disturbed(history, fault, sample))
		return PARTS;
	if (sample->at_ns >= fault->healed_ns)
		return AFTER;
	return sample->at_ns + (sample->is_answered ? sample->rtt_ns : 0) <
			       fault->begun_ns
		       ? BEFORE
		       : PARTS;
}

static bool is_another(const struct snet__history_sample *sample,
		       const struct view *before)
{
	if (!sample->is_answered)
		return before->answered > 0;
	return before->median_ns == SNET__NEVER ||
	       ((double)sample->rtt_ns > (double)before->max_ns * LONGER &&
		sample->rtt_ns > before->max_ns + LONGER_NS);
}

/* Whether it was worse, as a whole, than before. */
static bool is_worse(const struct view *during, const struct view *before)
{
	if (!during->asked || !before->answered)
		return false;
	if (lost(during) > lost(before) + 0.02 && during->asked - during->answered >= 2)
		return true;
	return during->answered &&
	       (double)during->median_ns > (double)before->median_ns * LONGER &&
	       during->median_ns > before->median_ns + LONGER_NS;
}

static struct snet__json *describe(const struct view *view)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_u64(json, "asked", view->asked);
	snet__json_add_u64(json, "answered", view->answered);
	if (view->answered)
		snet__json_add_u64(json, "rtt_p50", view->median_ns);
	return json;
}

static void say_view(char *text, size_t size, const struct view *view)
{
	char rtt[32] = "";

	if (!view->asked)
		(void)snprintf(text, size, "not measured");
	else if (!view->answered)
		(void)snprintf(text, size, "all lost");
	else if (lost(view) > 0)
		(void)snprintf(text, size, "%.0f%% lost, %s", 100 * lost(view),
			       snet__text_format_duration(rtt, sizeof(rtt),
							  view->median_ns));
	else
		(void)snprintf(text, size, "%s",
			       snet__text_format_duration(rtt, sizeof(rtt),
							  view->median_ns));
}

/* Add the probes' views to what was counted. */
static void write_receipt(struct snet__history *history,
			  struct snet__history_fault *fault,
			  const struct view views[PARTS])
{
	static const char *const names[PARTS] = {"before", "during", "after"};
	autojson *measures = NULL, *probes = snet__json_new_object();
	autofree char *text = NULL, *json = NULL;
	char words[PARTS][64];

	for (int i = 0; i < PARTS; i++) {
		(void)snet__json_add(probes, names[i], describe(&views[i]));
		say_view(words[i], sizeof(words[i]), &views[i]);
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
}

static bool is_probed(const struct snet__history *history,
		      const struct snet__history_fault *fault,
		      const struct snet__history_sample *sample)
{
	return history->probes[sample->probe].fault == fault->entry;
}

static void make_receipt(struct snet__history *history, struct snet__history_fault *fault)
{
	struct view views[PARTS + 1] = {0};
	bool is_seen = false;

	for (size_t i = 0; i < history->samples_count; i++)
		if (is_probed(history, fault, &history->samples[i]))
			add_sample(&views[part_of(history, fault, &history->samples[i])],
				   &history->samples[i]);
	for (int i = 0; i < PARTS; i++)
		finish(&views[i]);
	if (!views[BEFORE].asked && !views[DURING].asked)
		goto out;
	fault->has_effect |= is_worse(&views[DURING], &views[BEFORE]);
	for (size_t i = 0; i < history->samples_count; i++) {
		const struct snet__history_sample *sample = &history->samples[i];

		if (!is_probed(history, fault, sample) ||
		    part_of(history, fault, sample) != DURING ||
		    !is_another(sample, &views[BEFORE]))
			continue;
		if (!is_seen && sample->at_ns < fault->effect_ns)
			fault->effect_ns = sample->at_ns;
		if (fault->effect_end_ns == SNET__NEVER ||
		    sample->at_ns > fault->effect_end_ns)
			fault->effect_end_ns = sample->at_ns;
		is_seen = true;
	}
	/* It is mended when what was reached before is reached again. */
	if (views[BEFORE].answered && views[AFTER].asked >= 3 && !views[AFTER].answered &&
	    !fault->failure)
		fault->failure = snet__history_text(
			history, "it did not heal: no probe was answered afterwards");
	write_receipt(history, fault, views);
out:
	for (int i = 0; i <= PARTS; i++)
		free(views[i].rtts);
}

void snet__receipts_make(struct snet__history *history)
{
	for (size_t i = 0; i < history->faults_count; i++)
		if (history->faults[i].begun_ns != SNET__NEVER)
			make_receipt(history, &history->faults[i]);
}
