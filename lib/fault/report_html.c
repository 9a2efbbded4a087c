/* SPDX-License-Identifier: MIT */
/* report.html: one file for a person to look at, the verdict first. It has no script and asks for
 * nothing, which its content policy also forbids; what comes from the run is escaped. However many
 * events there are, it stays of a size that can be opened and read. */

#include "fault/report_html.h"

#include <stdlib.h>

#include <snet/version.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define SLOWEST_MAX   10 /* whose traces are shown, and */
#define NAMED_MAX     24 /* of those that findings name: in all, and */
#define NAMED_OF_EACH 8  /* by one expectation */

extern const char snet__report_css[]; /* report.css */

/* ---- Which events are shown. */

static int compare_latencies(const void *a, const void *b, void *user)
{
	const struct snet__account *accounts = user;
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	uint64_t left_ns = accounts[left].latency_ns,
		 right_ns = accounts[right].latency_ns;

	/* The order of the history, so that the same run has the same page. */
	if (left_ns == right_ns)
		return (left > right) - (left < right);
	return left_ns < right_ns ? 1 : -1;
}

static void sort_events(struct snet__page *page)
{
	struct snet__account *accounts = page->digest->ledger.accounts;

	for (size_t i = 0; i < page->digest->history->events_count; i++)
		if (accounts[i].fate == SNET__FATE_DELIVERED &&
		    accounts[i].latency_ns != SNET__NEVER)
			page->slowest[page->slowest_count++] = i;
	qsort_r(page->slowest, page->slowest_count, sizeof(*page->slowest),
		compare_latencies, accounts);
}

static void show_trace(struct snet__page *page, size_t event)
{
	if (page->flags[event] & SNET__PAGE_TRACED ||
	    page->digest->history->events[event].step_count < 2)
		return;
	page->flags[event] |= SNET__PAGE_TRACED;
	page->traces[page->trace_count++] = event;
}

static void choose_named(struct snet__page *page, const struct snet__judgement *judgement)
{
	size_t had = page->trace_count;

	for (size_t i = 0; i < judgement->finding_count; i++) {
		size_t event = judgement->findings[i].event;

		if (event >= page->digest->history->events_count)
			continue;
		page->flags[event] |= SNET__PAGE_NAMED;
		if (page->trace_count - had < NAMED_OF_EACH &&
		    page->trace_count < NAMED_MAX)
			show_trace(page, event);
	}
}

static int choose(struct snet__page *page, struct snet_err *err)
{
	size_t count = page->digest->history->events_count;

	page->flags = calloc(count + 1, sizeof(*page->flags));
	page->slowest = calloc(count + 1, sizeof(*page->slowest));
	if (!page->flags || !page->slowest)
		return snet__err_oom(err);
	sort_events(page);
	for (size_t i = 0; i < page->digest->report->count; i++)
		choose_named(page, &page->digest->report->judgements[i]);
	for (size_t i = 0; i < page->slowest_count && i < SLOWEST_MAX; i++)
		show_trace(page, page->slowest[i]);
	return 0;
}

static void page_clear_at(struct snet__page *page)
{
	free(page->flags);
	free(page->slowest);
}

/* ---- Its frame. */

static void put_head(const struct snet__page *page)
{
	const struct snet__history *history = page->digest->history;
	FILE *out = page->out;

	(void)fputs(
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		"'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
		"'none'\">\n<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<title>",
		out);
	snet__put_markup(out, history->scenario);
	(void)fprintf(out, ": %s</title>\n<style>\n%s</style>\n</head>\n<body>\n",
		      snet_verdict_name(page->digest->report->verdict), snet__report_css);
}

static void put_banner(const struct snet__page *page)
{
	static const char *const tones[] = {[SNET_VERDICT_HELD] = "ok",
					    [SNET_VERDICT_VIOLATED] = "bad",
					    [SNET_VERDICT_UNTRUSTED] = "doubt"};
	const struct snet__history *history = page->digest->history;
	enum snet_verdict verdict = page->digest->report->verdict;
	char began[SNET__CLOCK_TEXT_MAX];
	FILE *out = page->out;

	snet__clock_format(began, history->began_wall_ns);
	began[10] = ' ';
	began[19] = '\0';
	(void)fprintf(out,
		      "<header>\n<div class=\"banner %s\"><div class=\"sign\" "
		      "aria-hidden=\"true\">%s</div>\n<div><h1><b>%s</b> ",
		      tones[verdict], snet__verdict_sign(verdict),
		      snet_verdict_name(verdict));
	snet__put_markup(out, history->scenario);
	(void)fputs("</h1>\n<p class=\"why\">", out);
	snet__put_markup(out, page->digest->why);
	(void)fputs(".</p>\n<p class=\"quiet small\">lab ", out);
	snet__put_markup(out, history->lab);
	(void)fprintf(out, " \302\267 seed %llu \302\267 %s UTC</p></div></div>\n",
		      (unsigned long long)history->seed, began);
}

static void put_fact(FILE *out, const char *name, bool is_bad, const char *value)
{
	(void)fprintf(out, "<div%s><dt>%s</dt><dd>%s</dd></div>\n",
		      is_bad ? " class=\"bad\"" : "", name, value);
}

static void put_count(FILE *out, const char *name, bool is_bad, size_t value)
{
	char text[SNET__TIME_MAX];

	put_fact(out, name, is_bad, snet__page_count(text, value));
}

static void put_facts(const struct snet__page *page)
{
	const struct snet__tally *tally = &page->digest->tally;
	const struct snet__latency *latency = &page->digest->latencies[SNET__PHASE_ALL];
	char text[SNET__PAGE_QUANTILE_MAX];
	FILE *out = page->out;

	(void)fputs("<dl class=\"facts\">\n", out);
	put_count(out, "Pressed", false, tally->presses);
	if (tally->refused)
		put_count(out, "Refused", false, tally->refused);
	put_count(out, "Acknowledged", false, tally->acknowledged);
	put_count(out, "Delivered", false, tally->delivered);
	put_count(out, "Lost", tally->lost, tally->lost);
	if (tally->unrouted)
		put_count(out, "Without a route", false, tally->unrouted);
	if (latency->count) {
		put_fact(out, "Latency p50", false,
			 snet__report_time(text, latency->p50_ns));
		put_fact(out, "Latency p99", false,
			 snet__page_quantile(text, latency->p99_ns, latency->count,
					     0.99));
		put_fact(out, "Slowest", false, snet__report_time(text, latency->max_ns));
	}
	put_fact(out, "Duration", false,
		 snet__report_time(text, page->digest->history->ended_ns));
	(void)fputs("</dl>\n</header>\n<main>\n", out);
}

static void put_again(const struct snet__page *page)
{
	FILE *out = page->out;

	(void)fprintf(out,
		      "<section>\n<h2 id=\"again\">Run it again</h2>\n<p>The seed %llu "
		      "decides every random choice: the same presses, the same faults at "
		      "the same times, the same packets lost.</p>\n",
		      (unsigned long long)page->digest->history->seed);
	if (page->digest->report->command) {
		(void)fputs("<pre tabindex=\"0\"><code>", out);
		snet__put_markup(out, page->digest->report->command);
		(void)fputs("</code></pre>\n", out);
	}
	(void)fputs("</section>\n", out);
}

static void put_foot(const struct snet__page *page)
{
	(void)fprintf(
		page->out,
		"</main>\n<footer>snet %s \302\267 beside this file: "
		"<code>report.json</code> for programs, <code>junit.xml</code> for CI, "
		"<code>history.jsonl</code> with all that happened</footer>\n</body>\n"
		"</html>\n",
		snet_version());
}

static int write_report(FILE *out, const struct snet__digest *digest,
			struct snet_err *err)
{
	cleanup_with(page_clear_at) struct snet__page page = {.out = out,
							      .digest = digest};
	int r;

	r = choose(&page, err);
	if (r < 0)
		return r;
	put_head(&page);
	put_banner(&page);
	put_facts(&page);
	snet__page_expectations(&page);
	r = snet__page_timeline(&page, err);
	if (r < 0)
		return r;
	snet__page_receipts(&page);
	snet__page_traces(&page);
	snet__page_machine(&page);
	put_again(&page);
	put_foot(&page);
	return 0;
}

const struct snet__report_format snet__report_html = {
	.name = "html",
	.file = "report.html",
	.write = write_report,
};
