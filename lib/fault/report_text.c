/* SPDX-License-Identifier: MIT */
/* A summary for a terminal: the verdict first, then a line for each thing that it is made of. */

#include "fault/report_parts.h"

#define FINDINGS_MAX 3
#define FAULTS_MAX   20

static void put_line(FILE *out, const char *sign, const char *title, const char *text)
{
	(void)fprintf(out, "%s ", sign);
	snet__put_plain(out, title);
	if (text && *text)
		(void)fputs(": ", out);
	snet__put_plain(out, text);
	(void)fputc('\n', out);
}

static void write_expectation(FILE *out, const struct snet__digest *digest, size_t index)
{
	const struct snet__judgement *judgement = &digest->report->judgements[index];
	size_t total = judgement->finding_count + judgement->beyond, shown = 0;
	char title[SNET__TITLE_MAX];

	put_line(out, snet__verdict_sign(judgement->verdict),
		 snet__expectation_title(title, digest->report->expectations, index),
		 judgement->summary);
	for (; shown < judgement->finding_count && shown < FINDINGS_MAX; shown++)
		put_line(out, "   ", judgement->findings[shown].text, NULL);
	if (total > shown)
		(void)fprintf(out, "    and %zu more\n", total - shown);
}

static void write_fault(FILE *out, const struct snet__digest *digest,
			const struct snet__history_fault *fault)
{
	char title[SNET__TITLE_MAX], begun[SNET__TIME_MAX], healed[SNET__TIME_MAX];

	(void)fprintf(out, "%s fault ",
		      snet__verdict_sign(snet__fault_verdict(digest, fault)));
	snet__put_plain(out, snet__fault_title(title, fault));
	if (fault->begun_ns != SNET__NEVER)
		(void)fprintf(out, " from %s to %s",
			      snet__report_time(begun, fault->begun_ns),
			      snet__report_time(healed, fault->healed_ns));
	(void)fprintf(out, ": %s", snet__fault_state_name(snet__fault_state(fault)));
	if (fault->failure)
		(void)fputs(": ", out);
	snet__put_plain(out, fault->failure);
	if (fault->receipt && *fault->receipt)
		(void)fputs("; ", out);
	snet__put_plain(out, fault->receipt);
	(void)fputc('\n', out);
}

/* What the lab asked of the machine that it was not measured to achieve. */
static void write_exceeded(FILE *out, const struct snet__json *calibration)
{
	const struct snet__json *at =
		snet__json_first(snet__json_get(calibration, "exceeded"));

	for (; at; at = snet__json_next(at))
		put_line(out, "!", snet__json_get_string(at, "text"), NULL);
}

static void write_numbers(FILE *out, const struct snet__digest *digest)
{
	const struct snet__latency *latency = &digest->latencies[SNET__PHASE_ALL];
	const struct snet__tally *tally = &digest->tally;
	char p50[SNET__TIME_MAX], p99[SNET__QUANTILE_MAX], max[SNET__TIME_MAX];

	(void)fprintf(out, "%zu pressed, ", tally->presses);
	if (tally->refused)
		(void)fprintf(out, "%zu refused, ", tally->refused);
	(void)fprintf(out, "%zu acknowledged, %zu delivered", tally->acknowledged,
		      tally->delivered);
	if (tally->unrouted)
		(void)fprintf(out, " (%zu of them that no route took)", tally->unrouted);
	(void)fprintf(out, ", %zu lost", tally->lost);
	if (latency->count)
		(void)fprintf(out, "; latency p50 %s, p99 %s, max %s",
			      snet__report_time(p50, latency->p50_ns),
			      snet__report_quantile(p99, latency->p99_ns, latency->count,
						    0.99),
			      snet__report_time(max, latency->max_ns));
	(void)fputc('\n', out);
}

static int write_report(FILE *out, const struct snet__digest *digest,
			struct snet_err *err)
{
	const struct snet__history *history = digest->history;
	char took[SNET__TIME_MAX];
	size_t i;

	(void)err;
	put_line(out, snet__verdict_sign(digest->report->verdict),
		 snet_verdict_name(digest->report->verdict), digest->why);
	for (i = 0; i < digest->report->count; i++)
		write_expectation(out, digest, i);
	for (i = 0; i < history->faults_count && i < FAULTS_MAX; i++)
		write_fault(out, digest, &history->faults[i]);
	if (history->faults_count > i)
		(void)fprintf(out, "  and %zu faults more\n", history->faults_count - i);
	write_exceeded(out, digest->report->calibration);
	write_numbers(out, digest);
	snet__put_plain(out, history->scenario);
	(void)fprintf(out, ": seed %llu, %s\n", (unsigned long long)history->seed,
		      snet__report_time(took, history->ended_ns));
	return 0;
}

const struct snet__report_format snet__report_text = {
	.name = "text",
	.write = write_report,
};
