/* SPDX-License-Identifier: MIT */
/* junit.xml, for CI systems: a suite for the run, a case for each expectation and each fault.
 * Source: what Jenkins' junit plug-in and GitLab's test reports read of it; both know a case by its
 * class and its name, so no two may have the same. */

#include <string.h>

#include <snet/version.h>

#include "base/clock.h"
#include "fault/report_parts.h"

#define FINDINGS_MAX 100

enum result {
	PASSED,
	FAILED,
	ERROR, /* nothing can be said */
	SKIPPED,
	RESULT_COUNT,
};

static const char *const tags[] = {
	[FAILED] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};

static const enum result by_verdict[] = {
	[SNET_VERDICT_HELD] = PASSED,
	[SNET_VERDICT_VIOLATED] = FAILED,
	[SNET_VERDICT_UNTRUSTED] = ERROR,
};

static enum result find_result(const struct snet__digest *digest,
			       const struct snet__history_fault *fault)
{
	enum snet__fault_state state = snet__fault_state(fault);

	return state == SNET__FAULT_UNSEEN || state == SNET__FAULT_PLANNED
		       ? SKIPPED
		       : by_verdict[snet__fault_verdict(digest, fault)];
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	(void)fprintf(out, " %s=\"", name);
	snet__put_markup(out, value);
	(void)fputc('"', out);
}

static void put_property(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	(void)fputs("   <property", out);
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	(void)fputs("/>\n", out);
}

/* ---- Cases. */

static void begin_case(FILE *out, const struct snet__digest *digest, const char *group,
		       const char *name)
{
	(void)fputs("  <testcase classname=\"", out);
	snet__put_markup(out, digest->history->scenario);
	(void)fprintf(out, ".%s\" name=\"", group);
	snet__put_markup(out, name);
	(void)fputc('"', out);
}

static void begin_result(FILE *out, enum result result, const char *type,
			 const char *message)
{
	(void)fprintf(out, "   <%s", tags[result]);
	put_attribute(out, "message", message);
	put_attribute(out, "type", type);
	(void)fputc('>', out);
}

static void end_result(FILE *out, enum result result)
{
	(void)fprintf(out, "</%s>\n", tags[result]);
}

static void put_output(FILE *out, const char *text)
{
	if (!text)
		return;
	(void)fputs("   <system-out>", out);
	snet__put_markup(out, text);
	(void)fputs("</system-out>\n", out);
}

static void write_expectation(FILE *out, const struct snet__digest *digest, size_t index)
{
	const struct snet__judgement *judgement = &digest->report->judgements[index];
	enum result result = by_verdict[judgement->verdict];
	size_t total = judgement->finding_count + judgement->beyond, shown = 0;
	char title[SNET__TITLE_MAX];

	begin_case(out, digest, "expectations",
		   snet__expectation_title(title, digest->report->expectations, index));
	(void)fputs(" time=\"0\">\n", out);
	if (result == PASSED) {
		put_output(out, judgement->summary);
	} else {
		begin_result(out, result, snet_verdict_name(judgement->verdict),
			     judgement->summary);
		for (; shown < judgement->finding_count && shown < FINDINGS_MAX;
		     shown++) {
			snet__put_markup(out, judgement->findings[shown].text);
			(void)fputc('\n', out);
		}
		if (total > shown)
			(void)fprintf(out, "and %zu more\n", total - shown);
		end_result(out, result);
	}
	(void)fputs("  </testcase>\n", out);
}

static void write_fault(FILE *out, const struct snet__digest *digest,
			const struct snet__history_fault *fault)
{
	enum result result = find_result(digest, fault);
	bool is_timed = fault->begun_ns != SNET__NEVER && fault->healed_ns != SNET__NEVER;
	double took_s = is_timed ? (double)(fault->healed_ns - fault->begun_ns) / 1e9 : 0;
	char title[SNET__TITLE_MAX];

	begin_case(out, digest, "faults", snet__fault_title(title, fault));
	(void)fprintf(out, " time=\"%.3f\">\n", took_s);
	if (result != PASSED) {
		begin_result(out, result, "receipt",
			     fault->failure
				     ? fault->failure
				     : snet__fault_state_name(snet__fault_state(fault)));
		snet__put_markup(out, fault->what);
		end_result(out, result);
	}
	put_output(out, fault->receipt);
	(void)fputs("  </testcase>\n", out);
}

/* ---- The suite. */

static void count_results(size_t counts[static RESULT_COUNT],
			  const struct snet__digest *digest)
{
	for (size_t i = 0; i < digest->report->count; i++)
		counts[by_verdict[digest->report->judgements[i].verdict]]++;
	for (size_t i = 0; i < digest->history->faults_count; i++)
		counts[find_result(digest, &digest->history->faults[i])]++;
}

/* What the run itself has come to, if no case tells as much. */
static enum result own_result(const struct snet__digest *digest,
			      const size_t counts[static RESULT_COUNT])
{
	enum result result = by_verdict[digest->report->verdict];

	return counts[FAILED] || (result == ERROR && counts[ERROR]) ? PASSED : result;
}

static void write_run(FILE *out, const struct snet__digest *digest, enum result result)
{
	if (result == PASSED)
		return;
	begin_case(out, digest, "run", "run");
	(void)fputs(" time=\"0\">\n", out);
	begin_result(out, result, snet_verdict_name(digest->report->verdict),
		     digest->why);
	end_result(out, result);
	(void)fputs("  </testcase>\n", out);
}

static void put_counts(FILE *out, const struct snet__digest *digest,
		       const size_t counts[static RESULT_COUNT])
{
	(void)fprintf(out,
		      " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		      counts[PASSED] + counts[FAILED] + counts[ERROR] + counts[SKIPPED],
		      counts[FAILED], counts[ERROR], counts[SKIPPED]);
	(void)fprintf(out, " time=\"%.3f\"", (double)digest->history->ended_ns / 1e9);
}

static void put_properties(FILE *out, const struct snet__digest *digest)
{
	const struct snet__history *history = digest->history;
	char seed[32];

	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)history->seed);
	(void)fputs("  <properties>\n", out);
	put_property(out, "seed", seed);
	put_property(out, "lab", history->lab);
	put_property(out, "scenario", history->path);
	put_property(out, "command", digest->report->command);
	put_property(out, "verdict", snet_verdict_name(digest->report->verdict));
	put_property(out, "snet", snet_version());
	(void)fputs("  </properties>\n", out);
}

static int write_report(FILE *out, const struct snet__digest *digest,
			struct snet_err *err)
{
	const struct snet__history *history = digest->history;
	size_t counts[RESULT_COUNT] = {0};
	char began[SNET__CLOCK_TEXT_MAX];
	enum result own;

	(void)err;
	count_results(counts, digest);
	own = own_result(digest, counts);
	if (own != PASSED)
		counts[own]++;
	/* Jenkins takes no zone, and no fraction of nine digits. */
	snet__clock_format(began, history->began_wall_ns);
	began[sizeof("2026-11-28T06:25:18") - 1] = '\0';
	(void)fputs(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"snet\"",
		out);
	put_counts(out, digest, counts);
	(void)fputs(">\n <testsuite", out);
	put_attribute(out, "name", history->scenario);
	put_attribute(out, "timestamp", began);
	put_counts(out, digest, counts);
	(void)fputs(">\n", out);
	put_properties(out, digest);
	for (size_t i = 0; i < digest->report->count; i++)
		write_expectation(out, digest, i);
	for (size_t i = 0; i < history->faults_count; i++)
		write_fault(out, digest, &history->faults[i]);
	write_run(out, digest, own);
	put_output(out, digest->why);
	(void)fputs(" </testsuite>\n</testsuites>\n", out);
	return 0;
}

const struct snet__report_format snet__report_junit = {
	.name = "junit",
	.file = "junit.xml",
	.write = write_report,
};
