/* SPDX-License-Identifier: MIT */
/* The numbers of a run. Events are judged by the ledger, as the checkers do it: a report and a
 * verdict cannot differ about what was lost. */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/report_parts.h"

#define NAMED_MAX 3 /* expectations in the sentence */

/* The relayer says so in the trace. Nothing was lost; but it may be a mistake of who wrote the routes. */
static bool is_unrouted(const struct snet__history_event *event)
{
	for (size_t i = 0; i < event->step_count; i++)
		if (strcmp(event->steps[i].step, "dropped") == 0)
			return true;
	return false;
}

static void count_events(struct snet__digest *digest)
{
	const struct snet__expectation all = {.phase = SNET__PHASE_ALL};
	const struct snet__history *history = digest->history;
	struct snet__tally *tally = &digest->tally;

	for (size_t i = 0; i < history->events_count; i++) {
		const struct snet__history_event *event = &history->events[i];
		enum snet__fate fate = digest->ledger.accounts[i].fate;

		tally->presses += event->pressed_ns != SNET__NEVER;
		tally->acknowledged += event->acknowledged_ns != SNET__NEVER;
		tally->dropped += event->dropped_ns != SNET__NEVER;
		tally->outcomes[event->outcome]++;
		tally->unrouted += is_unrouted(event);
		tally->delivered += fate == SNET__FATE_DELIVERED;
		tally->lost += snet__fate_is_lost(fate);
	}
	for (size_t i = 0; i < history->notes_count; i++)
		tally->refused += snet__phases_has_refusal(&digest->ledger.phases, &all,
							   &history->notes[i]);
	tally->commands = history->commands_count;
	for (size_t i = 0; i < history->commands_count; i++)
		tally->repeated += history->commands[i].is_repeated;
}

static int measure_latency(struct snet__digest *digest, enum snet__phase phase,
			   struct snet_err *err)
{
	const struct snet__expectation of_phase = {.phase = phase};
	struct snet__latency *latency = &digest->latencies[phase];
	autolatencies latencies = {0};
	const uint64_t *times;
	int r;

	r = snet__ledger_latencies(&latencies, &digest->ledger, &of_phase, err);
	if (r < 0)
		return r;
	times = latencies.most;
	latency->count = latencies.count;
	latency->p50_ns = snet__quantile(times, latency->count, 0.5);
	latency->p90_ns = snet__quantile(times, latency->count, 0.9);
	latency->p99_ns = snet__quantile(times, latency->count, 0.99);
	latency->max_ns = snet__quantile(times, latency->count, 1);
	return 0;
}

/* ---- The verdict as a sentence. */

static void name_expectations(FILE *out, const struct snet__report *report,
			      enum snet_verdict verdict, size_t count)
{
	char title[SNET__TITLE_MAX];
	size_t named = 0;

	for (size_t i = 0; i < report->count && named < NAMED_MAX; i++)
		if (report->judgements[i].verdict == verdict)
			(void)fprintf(out, "%s%s", named++ ? ", " : ": ",
				      snet__expectation_title(title, report->expectations,
							      i));
	if (count > named)
		(void)fprintf(out, " and %zu more", count - named);
}

static void say_held(FILE *out, const struct snet__digest *digest)
{
	size_t count = digest->report->count, seen = 0;

	if (count > 1)
		(void)fprintf(out, "all %zu expectations hold", count);
	else
		(void)fputs(count ? "what was expected holds" : "nothing was expected",
			    out);
	for (size_t i = 0; i < digest->history->faults_count; i++)
		seen += snet__fault_state(&digest->history->faults[i]) ==
			SNET__FAULT_SEEN;
	if (!seen)
		(void)fputs(", and nothing was broken", out);
	else if (seen == 1)
		(void)fputs(", and 1 fault took effect", out);
	else
		(void)fprintf(out, ", and %zu faults took effect", seen);
}

static void say_expectations(FILE *out, const struct snet__digest *digest)
{
	const struct snet__report *report = digest->report;
	size_t counts[SNET_VERDICT_UNTRUSTED + 1] = {0};
	size_t violated, untrusted;

	for (size_t i = 0; i < report->count; i++)
		counts[report->judgements[i].verdict]++;
	violated = counts[SNET_VERDICT_VIOLATED];
	untrusted = counts[SNET_VERDICT_UNTRUSTED];
	if (violated) {
		(void)fprintf(out, "%zu of %zu expectations %s not hold", violated,
			      report->count, violated > 1 ? "do" : "does");
		name_expectations(out, report, SNET_VERDICT_VIOLATED, violated);
	} else if (untrusted) {
		(void)fprintf(out, "nothing can be said of %zu of %zu expectations",
			      untrusted, report->count);
		name_expectations(out, report, SNET_VERDICT_UNTRUSTED, untrusted);
	} else if (!report->reason) {
		say_held(out, digest);
	}
	if (report->reason)
		(void)fprintf(out, "%s%s", violated || untrusted ? "; " : "",
			      report->reason);
}

static int say_why(struct snet__digest *digest, struct snet_err *err)
{
	struct snet__text_stream stream;
	int r = snet__text_open(&stream, err);

	if (r < 0)
		return r;
	say_expectations(stream.out, digest);
	return snet__text_close(&stream, 0, &digest->why, err);
}

int snet__digest_init(struct snet__digest *ret, const struct snet__report *report,
		      struct snet_err *err)
{
	cleanup_with(snet__digest_clear) struct snet__digest digest = {
		.report = report, .history = report->history};
	int r;

	r = snet__ledger_init(&digest.ledger, report->history, err);
	for (int i = 0; i < SNET__PHASE_COUNT && r == 0; i++)
		r = measure_latency(&digest, (enum snet__phase)i, err);
	if (r == 0)
		r = say_why(&digest, err);
	if (r < 0)
		return r;
	count_events(&digest);
	*ret = digest;
	digest = (struct snet__digest){0};
	return 0;
}

void snet__digest_clear(struct snet__digest *digest)
{
	snet__ledger_clear(&digest->ledger);
	free(digest->why);
	*digest = (struct snet__digest){0};
}
