/* SPDX-License-Identifier: MIT */
/* report.json, for programs; snet-report(5) describes it. Keys are always there and always in this
 * order; what has not happened or is not known is null. */

#include <stdlib.h>
#include <string.h>

#include <snet/version.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "fault/report_parts.h"

#define FINDINGS_MAX 1000

static void add_time(struct snet__json *object, const char *key, uint64_t ns)
{
	(void)snet__json_add(object, key,
			     ns == SNET__NEVER ? snet__json_new_null()
					       : snet__json_new_u64(ns));
}

/* How much later than planned: less than nothing when it was too early. */
static void add_lateness(struct snet__json *object, const char *key, uint64_t planned_ns,
			 uint64_t ns)
{
	bool is_known = planned_ns != SNET__NEVER && ns != SNET__NEVER;

	(void)snet__json_add(object, key,
			     is_known ? snet__json_new_number((double)ns -
							      (double)planned_ns)
				      : snet__json_new_null());
}

static void add_text(struct snet__json *object, const char *key, const char *text)
{
	(void)snet__json_add(object, key,
			     text ? snet__json_new_string(text) : snet__json_new_null());
}

static void add_copy(struct snet__json *object, const char *key,
		     const struct snet__json *json)
{
	(void)snet__json_add(object, key,
			     json ? snet__json_copy(json) : snet__json_new_null());
}

static void add_head(struct snet__json *root, const struct snet__digest *digest)
{
	const struct snet__history *history = digest->history;
	char began[SNET__CLOCK_TEXT_MAX];

	snet__clock_format(began, history->began_wall_ns);
	snet__json_add_string(root, "verdict",
			      snet_verdict_name(digest->report->verdict));
	snet__json_add_string(root, "why", digest->why);
	add_text(root, "reason", digest->report->reason);
	add_text(root, "scenario", history->scenario);
	add_text(root, "lab", history->lab);
	add_text(root, "path", history->path);
	snet__json_add_u64(root, "seed", history->seed);
	add_text(root, "command", digest->report->command);
	snet__json_add_string(root, "version", snet_version());
	snet__json_add_string(root, "began", began);
	snet__json_add_u64(root, "workload_end_ns", history->workload_end_ns);
	add_time(root, "healed_ns", snet__phases_healed_ns(&digest->ledger.phases));
	snet__json_add_u64(root, "ended_ns", history->ended_ns);
}

struct snet__json *snet__digest_counts(const struct snet__digest *digest)
{
	const struct snet__tally *tally = &digest->tally;
	struct snet__json *counts = snet__json_new_object();

	snet__json_add_u64(counts, "presses", tally->presses);
	snet__json_add_u64(counts, "refused", tally->refused);
	snet__json_add_u64(counts, "acknowledged", tally->acknowledged);
	for (int i = SNET_OUTCOME_PENDING; i <= SNET_OUTCOME_FAILED; i++)
		snet__json_add_u64(counts, snet_outcome_name((enum snet_outcome)i),
				   tally->outcomes[i]);
	snet__json_add_u64(counts, "dropped", tally->dropped);
	snet__json_add_u64(counts, "delivered", tally->delivered);
	snet__json_add_u64(counts, "lost", tally->lost);
	snet__json_add_u64(counts, "unrouted", tally->unrouted);
	snet__json_add_u64(counts, "commands", tally->commands);
	snet__json_add_u64(counts, "repeated", tally->repeated);
	return counts;
}

struct snet__json *snet__digest_latency(const struct snet__digest *digest)
{
	struct snet__json *all = snet__json_new_object();

	for (int i = 0; i < SNET__PHASE_COUNT; i++) {
		const struct snet__latency *latency = &digest->latencies[i];
		struct snet__json *json = snet__json_new_object();

		snet__json_add_u64(json, "events", latency->count);
		add_time(json, "p50_ns", latency->p50_ns);
		add_time(json, "p90_ns", latency->p90_ns);
		add_time(json, "p99_ns", latency->p99_ns);
		add_time(json, "max_ns", latency->max_ns);
		(void)snet__json_add(all, snet__phase_name((enum snet__phase)i), json);
	}
	return all;
}

static struct snet__json *make_finding(const struct snet__history *history,
				       const struct snet__finding *finding)
{
	struct snet__json *json = snet__json_new_object();

	add_text(json, "what", finding->what);
	add_text(json, "event",
		 finding->event < history->events_count
			 ? history->events[finding->event].id
			 : NULL);
	add_text(json, "node", finding->node);
	add_time(json, "at_ns", finding->at_ns);
	add_text(json, "text", finding->text);
	return json;
}

static struct snet__json *make_expectation(const struct snet__digest *digest,
					   size_t index)
{
	const struct snet__expectation *expectation =
		&digest->report->expectations[index];
	const struct snet__judgement *judgement = &digest->report->judgements[index];
	struct snet__json *json = snet__json_new_object();
	struct snet__json *findings = snet__json_new_array();
	char title[SNET__TITLE_MAX];

	for (size_t i = 0; i < judgement->finding_count && i < FINDINGS_MAX; i++)
		(void)snet__json_append(findings, make_finding(digest->history,
							       &judgement->findings[i]));
	snet__json_add_string(json, "name",
			      snet__expectation_title(title, digest->report->expectations,
						      index));
	snet__json_add_string(json, "check", expectation->checker->name);
	add_text(json, "nodes", expectation->nodes);
	snet__json_add_string(json, "phase", snet__phase_name(expectation->phase));
	snet__json_add_string(json, "verdict", snet_verdict_name(judgement->verdict));
	add_text(json, "summary", judgement->summary);
	add_copy(json, "measures", judgement->measures);
	snet__json_add_u64(json, "finding_count",
			   judgement->finding_count + judgement->beyond);
	(void)snet__json_add(json, "findings", findings);
	return json;
}

static struct snet__json *make_fault(const struct snet__history_fault *fault)
{
	struct snet__json *json = snet__json_new_object();
	autojson *measures = NULL;

	if (fault->measures)
		(void)snet__json_parse(&measures, fault->measures,
				       strlen(fault->measures), NULL);
	add_text(json, "name", fault->name);
	snet__json_add_u64(json, "occurrence", fault->occurrence);
	add_text(json, "kind", fault->kind);
	add_text(json, "what", fault->what);
	snet__json_add_string(json, "state",
			      snet__fault_state_name(snet__fault_state(fault)));
	snet__json_add_bool(json, "optional", fault->is_optional);
	add_time(json, "planned_ns", fault->planned_ns);
	add_time(json, "begun_ns", fault->begun_ns);
	add_lateness(json, "begun_late_ns", fault->planned_ns, fault->begun_ns);
	add_time(json, "planned_end_ns", fault->planned_end_ns);
	add_time(json, "healed_ns", fault->healed_ns);
	add_lateness(json, "healed_late_ns", fault->planned_end_ns, fault->healed_ns);
	snet__json_add_bool(json, "has_effect", fault->has_effect);
	add_time(json, "effect_ns", fault->effect_ns);
	add_time(json, "effect_end_ns", fault->effect_end_ns);
	add_text(json, "failure", fault->failure);
	add_text(json, "receipt", fault->receipt);
	(void)snet__json_add(json, "measures",
			     measures ? steal_ptr(measures) : snet__json_new_null());
	return json;
}

/* Of what of the scenario was left out, and the like. */
static struct snet__json *list_warnings(const struct snet__history *history)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < history->notes_count; i++)
		if (strcmp(history->notes[i].kind, SNET__NOTE_WARNING) == 0)
			(void)snet__json_append(list, snet__json_new_string(
							      history->notes[i].text));
	return list;
}

static int write_report(FILE *out, const struct snet__digest *digest,
			struct snet_err *err)
{
	const struct snet__history *history = digest->history;
	struct snet__json *expectations = snet__json_new_array();
	struct snet__json *faults = snet__json_new_array();
	autojson *root = snet__json_new_object();
	autofree char *text = NULL;

	for (size_t i = 0; i < digest->report->count; i++)
		(void)snet__json_append(expectations, make_expectation(digest, i));
	for (size_t i = 0; i < history->faults_count; i++)
		(void)snet__json_append(faults, make_fault(&history->faults[i]));
	add_head(root, digest);
	(void)snet__json_add(root, "counts", snet__digest_counts(digest));
	(void)snet__json_add(root, "latency", snet__digest_latency(digest));
	(void)snet__json_add(root, "expectations", expectations);
	(void)snet__json_add(root, "faults", faults);
	(void)snet__json_add(root, "warnings", list_warnings(history));
	add_copy(root, "machine", digest->report->machine);
	add_copy(root, "calibration", digest->report->calibration);
	text = snet__json_format_pretty(root);
	if (!text)
		return snet__err_oom(err);
	(void)fputs(text, out);
	return 0;
}

const struct snet__report_format snet__report_json = {
	.name = "json",
	.file = "report.json",
	.write = write_report,
};
