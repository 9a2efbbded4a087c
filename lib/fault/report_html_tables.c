/* SPDX-License-Identifier: MIT */
/* The tables of report.html: what was expected, how long events took, what the faults did, and
 * where all this was measured. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fault/report_html.h"

#define FINDINGS_MAX 100
#define FAULTS_MAX   200
#define ROWS_MAX     100 /* about the machine */
#define DEPTH_MAX    4
#define KEYS_MAX     120

const char *snet__page_count(char text[static SNET__TIME_MAX], unsigned long long value)
{
	char plain[SNET__TIME_MAX];
	size_t length = (size_t)snprintf(plain, sizeof(plain), "%llu", value), used = 0;

	/* Groups of three, with a thin space that does not break: U+202F. */
	for (size_t i = 0; i < length && used + 5 < SNET__TIME_MAX; i++) {
		if (i && (length - i) % 3 == 0) {
			memcpy(text + used, "\xe2\x80\xaf", 3);
			used += 3;
		}
		text[used++] = plain[i];
	}
	text[used] = '\0';
	return text;
}

const char *snet__page_quantile(char text[static SNET__PAGE_QUANTILE_MAX], uint64_t ns,
				size_t count, double quantile)
{
	char time[SNET__TIME_MAX], note[80] = "";

	if (count < snet__quantile_need(quantile))
		(void)snprintf(note, sizeof(note),
			       "<br><span class=\"quiet small\">largest of %zu</span>",
			       count);
	(void)snprintf(text, SNET__PAGE_QUANTILE_MAX, "<span>%s%s</span>",
		       snet__report_time(time, ns), note);
	return text;
}

/* ---- Measures: numbers by name. */

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), size = strlen(end);

	return length >= size && strcmp(name + length - size, end) == 0;
}

static void put_value(FILE *out, const char *name, const struct snet__json *json)
{
	/* As it is written: what was added as a whole number is not kept as a double. */
	autofree char *written = snet__json_format(json);
	double value = written ? strtod(written, NULL) : 0;
	char text[SNET__TIME_MAX];

	if (snet__json_is(json, SNET__JSON_STRING))
		snet__put_markup(out, snet__json_string(json));
	else if (snet__json_is(json, SNET__JSON_BOOL))
		(void)fputs(snet__json_is_true(json) ? "yes" : "no", out);
	else if (!snet__json_is(json, SNET__JSON_NUMBER))
		(void)fputs("\342\200\223", out);
	else if (ends_in(name, "_ns") && value >= 0)
		(void)fputs(snet__report_time(text, (uint64_t)value), out);
	else if (strncmp(name, "share", 5) == 0 || strcmp(name, "quantile") == 0)
		(void)fprintf(out, "%.6g %%", 100 * value);
	else if (value >= 0 && value < 1e15 && value == (double)(uint64_t)value)
		(void)fputs(snet__page_count(text, (unsigned long long)value), out);
	else
		(void)fprintf(out, "%.6g", value);
}

/* "p99_ns" is read as "p99", "share_wanted" as "share wanted". */
static void put_name(FILE *out, const char *name)
{
	char text[SNET__TITLE_MAX];

	(void)snprintf(text, sizeof(text), "%s", name);
	if (ends_in(text, "_ns"))
		text[strlen(text) - 3] = '\0';
	for (char *at = text; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	snet__put_markup(out, text);
}

/* What says nothing here: objects, and that there is none of a thing. */
static bool is_worth_showing(const struct snet__json *measure)
{
	autofree char *written = snet__json_format(measure);

	return !snet__json_is(measure, SNET__JSON_OBJECT) &&
	       !snet__json_is(measure, SNET__JSON_ARRAY) &&
	       !snet__json_is(measure, SNET__JSON_NULL) && written &&
	       strcmp(written, "0") != 0;
}

static void put_measures(FILE *out, const struct snet__json *measures)
{
	const struct snet__json *at;

	if (!snet__json_count(measures))
		return;
	(void)fputs("<dl class=\"measures\">", out);
	for (at = snet__json_first(measures); at; at = snet__json_next(at)) {
		if (!is_worth_showing(at))
			continue;
		(void)fputs("<div><dt>", out);
		put_name(out, snet__json_key(at));
		(void)fputs("</dt><dd>", out);
		put_value(out, snet__json_key(at), at);
		(void)fputs("</dd></div>", out);
	}
	(void)fputs("</dl>", out);
}

/* ---- Expectations. */

static void put_finding(const struct snet__page *page,
			const struct snet__finding *finding)
{
	size_t event = finding->event;
	bool is_traced = event < page->digest->history->events_count &&
			 page->flags[event] & SNET__PAGE_TRACED;
	char at[SNET__TIME_MAX];
	FILE *out = page->out;

	(void)fputs("<li>", out);
	if (is_traced)
		(void)fprintf(out, "<a href=\"#e%zu\">", event);
	snet__put_markup(out, finding->text);
	(void)fputs(is_traced ? "</a>" : "", out);
	if (finding->at_ns != SNET__NEVER)
		(void)fprintf(out, "<span class=\"quiet\">at %s</span>",
			      snet__report_time(at, finding->at_ns));
	(void)fputs("</li>\n", out);
}

static void put_findings(const struct snet__page *page,
			 const struct snet__judgement *judgement)
{
	size_t total = judgement->finding_count + judgement->beyond, shown = 0;
	char count[SNET__TIME_MAX];
	FILE *out = page->out;

	if (!total)
		return;
	(void)fprintf(out, "<details><summary>%s finding%s</summary><ul>\n",
		      snet__page_count(count, total), total > 1 ? "s" : "");
	for (; shown < judgement->finding_count && shown < FINDINGS_MAX; shown++)
		put_finding(page, &judgement->findings[shown]);
	if (total > shown)
		(void)fprintf(out, "<li class=\"quiet\">and %s more</li>\n",
			      snet__page_count(count, total - shown));
	(void)fputs("</ul></details>", out);
}

static const char *const tones[] = {[SNET_VERDICT_HELD] = "ok",
				    [SNET_VERDICT_VIOLATED] = "bad",
				    [SNET_VERDICT_UNTRUSTED] = "doubt"};

static void put_expectation(const struct snet__page *page, size_t index)
{
	const struct snet__judgement *judgement =
		&page->digest->report->judgements[index];
	char title[SNET__TITLE_MAX];
	FILE *out = page->out;

	(void)fprintf(out, "<tr class=\"%s\"><td><span class=\"chip\">%s %s</span></td>",
		      tones[judgement->verdict], snet__verdict_sign(judgement->verdict),
		      snet_verdict_name(judgement->verdict));
	(void)fputs("<th scope=\"row\">", out);
	snet__put_markup(out, snet__expectation_title(title,
						      page->digest->report->expectations,
						      index));
	(void)fputs("</th><td>", out);
	snet__put_markup(out, judgement->summary);
	put_measures(out, judgement->measures);
	put_findings(page, judgement);
	(void)fputs("</td></tr>\n", out);
}

void snet__page_expectations(const struct snet__page *page)
{
	FILE *out = page->out;

	if (!page->digest->report->count)
		return;
	(void)fputs("<section>\n<h2 id=\"expectations\">Expectations</h2>\n<table "
		    "class=\"stack\">\n<thead><tr><th scope=\"col\">Verdict</th><th "
		    "scope=\"col\">Expectation</th><th scope=\"col\">What was "
		    "found</th></tr></thead>\n<tbody>\n",
		    out);
	for (size_t i = 0; i < page->digest->report->count; i++)
		put_expectation(page, i);
	(void)fputs("</tbody></table>\n</section>\n", out);
}

/* ---- Latencies. */

static void put_time_cell(FILE *out, const char *label, const char *text)
{
	(void)fprintf(out, "<td class=\"number\" data-label=\"%s\">%s</td>", label, text);
}

static void put_latency(FILE *out, const struct snet__latency *latency)
{
	char text[SNET__PAGE_QUANTILE_MAX];

	put_time_cell(out, "p50", snet__report_time(text, latency->p50_ns));
	put_time_cell(out, "p90",
		      snet__page_quantile(text, latency->p90_ns, latency->count, 0.9));
	put_time_cell(out, "p99",
		      snet__page_quantile(text, latency->p99_ns, latency->count, 0.99));
	put_time_cell(out, "Slowest", snet__report_time(text, latency->max_ns));
}

void snet__page_phases(const struct snet__page *page)
{
	static const char *const names[] = {[SNET__PHASE_ALL] = "All of the run",
					    [SNET__PHASE_BEFORE] =
						    "Before the first fault",
					    [SNET__PHASE_DURING] = "During a fault",
					    [SNET__PHASE_AFTER] = "After the last"};
	char count[SNET__TIME_MAX];
	FILE *out = page->out;

	(void)fputs(
		"<table class=\"phases stack\"><caption>From press to effect, of "
		"acknowledged events; never: some got nowhere</caption>\n<thead><tr><th "
		"scope=\"col\">Pressed</th><th scope=\"col\" "
		"class=\"number\">Events</th><th scope=\"col\" "
		"class=\"number\">p50</th><th scope=\"col\" class=\"number\">p90</th><th "
		"scope=\"col\" class=\"number\">p99</th><th scope=\"col\" "
		"class=\"number\">Slowest</th></tr></thead>\n<tbody>\n",
		out);
	for (int i = 0; i < SNET__PHASE_COUNT; i++) {
		const struct snet__latency *latency = &page->digest->latencies[i];

		if (!latency->count)
			continue;
		(void)fprintf(out,
			      "<tr><th scope=\"row\">%s</th><td class=\"number\" "
			      "data-label=\"Events\">%s</td>",
			      names[i], snet__page_count(count, latency->count));
		put_latency(out, latency);
		(void)fputs("</tr>\n", out);
	}
	(void)fputs("</tbody></table>\n", out);
}

/* ---- Receipts. */

static void put_moment(FILE *out, const char *label, uint64_t planned_ns, uint64_t ns)
{
	char text[SNET__TIME_MAX];

	(void)fprintf(out, "<td class=\"number\" data-label=\"%s\"><span>%s", label,
		      snet__report_time(text, ns));
	if (ns != SNET__NEVER && planned_ns != SNET__NEVER)
		(void)fprintf(out, "<br><span class=\"quiet small\">%s%s</span>",
			      ns < planned_ns ? "\342\210\222" : "+",
			      snet__report_time(text, ns < planned_ns ? planned_ns - ns
								      : ns - planned_ns));
	(void)fputs("</span></td>", out);
}

/* What the probes saw: "4.1 ms, 58 of 60 answered"; of these each may be not known. */
static void put_view(FILE *out, const char *label, const struct snet__json *view)
{
	double asked = snet__json_number(snet__json_get(view, "asked"), 0);
	double answered = snet__json_number(snet__json_get(view, "answered"), 0);
	double rtt_ns = snet__json_number(snet__json_get(view, "rtt_p50"), -1);
	char text[SNET__TIME_MAX];

	(void)fprintf(out, "<td class=\"number\" data-label=\"%s\"><span>", label);
	if (rtt_ns >= 0)
		(void)fputs(snet__report_time(text, (uint64_t)rtt_ns), out);
	else
		(void)fputs(asked > 0 ? "no answer" : "\342\200\223", out);
	if (asked > 0)
		(void)fprintf(out, "<br><span class=\"quiet small\">%.0f of %.0f</span>",
			      answered, asked);
	(void)fputs("</span></td>", out);
}

static void put_fault(const struct snet__page *page,
		      const struct snet__history_fault *fault)
{
	autojson *measures = NULL;
	const struct snet__json *probes;
	char title[SNET__TITLE_MAX];
	FILE *out = page->out;

	if (fault->measures)
		(void)snet__json_parse(&measures, fault->measures,
				       strlen(fault->measures), NULL);
	probes = snet__json_get(measures, "probes");
	(void)fputs("<tr><th scope=\"row\">", out);
	snet__put_markup(out, snet__fault_title(title, fault));
	(void)fprintf(
		out, " <span class=\"chip small %s\">%s</span><br><span class=\"small\">",
		tones[snet__fault_verdict(page->digest, fault)],
		snet__fault_state_name(snet__fault_state(fault)));
	snet__put_markup(out, fault->what);
	(void)fputs("</span>", out);
	if (fault->failure) {
		(void)fputs("<br><span class=\"small\">", out);
		snet__put_markup(out, fault->failure);
		(void)fputs("</span>", out);
	}
	if (probes)
		put_measures(out, measures);
	else if (fault->receipt) {
		(void)fputs("<br><span class=\"small quiet\">", out);
		snet__put_markup(out, fault->receipt);
		(void)fputs("</span>", out);
	}
	(void)fputs("</th>", out);
	put_moment(out, "Planned", SNET__NEVER, fault->planned_ns);
	put_moment(out, "Begun", fault->planned_ns, fault->begun_ns);
	put_moment(out, "Effect seen", fault->begun_ns, fault->effect_ns);
	put_moment(out, "Healed", fault->planned_end_ns, fault->healed_ns);
	put_view(out, "Before", snet__json_get(probes, "before"));
	put_view(out, "During", snet__json_get(probes, "during"));
	put_view(out, "After", snet__json_get(probes, "after"));
	(void)fputs("</tr>\n", out);
}

void snet__page_receipts(const struct snet__page *page)
{
	const struct snet__history *history = page->digest->history;
	static const char *const columns[] = {"Planned", "Begun",  "Effect seen",
					      "Healed",  "Before", "During",
					      "After"};
	FILE *out = page->out;
	size_t shown = 0;

	if (!history->faults_count)
		return;
	(void)fputs(
		"<section>\n<h2 id=\"receipts\">Receipts</h2>\n<p>The proof that what "
		"was broken was broken: when, against the plan, and the round trip of "
		"its probes (the median, and how many were answered) before, during and "
		"after.</p>\n<table class=\"stack\">\n<thead><tr><th "
		"scope=\"col\">Fault</th>",
		out);
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		(void)fprintf(out, "<th scope=\"col\" class=\"number\">%s</th>",
			      columns[i]);
	(void)fputs("</tr></thead>\n<tbody>\n", out);
	for (; shown < history->faults_count && shown < FAULTS_MAX; shown++)
		put_fault(page, &history->faults[shown]);
	(void)fputs("</tbody></table>\n", out);
	if (history->faults_count > shown)
		(void)fprintf(out,
			      "<p class=\"quiet\">and %zu more in "
			      "<code>report.json</code></p>\n",
			      history->faults_count - shown);
	(void)fputs("</section>\n", out);
}

/* ---- The machine. */

/* All that @json has, a row a value; objects inside are walked, their keys joined to a path. */
static void put_rows(FILE *out, const struct snet__json *json, const char *path,
		     unsigned int depth, size_t *rows)
{
	char below[KEYS_MAX];

	if (depth < DEPTH_MAX && snet__json_is(json, SNET__JSON_OBJECT)) {
		const struct snet__json *at = snet__json_first(json);

		for (; at && *rows < ROWS_MAX; at = snet__json_next(at)) {
			(void)snprintf(below, sizeof(below), "%s%s%s", path,
				       *path ? " " : "", snet__json_key(at));
			put_rows(out, at, below, depth + 1, rows);
		}
		return;
	}
	(*rows)++;
	(void)fputs("<tr><th scope=\"row\">", out);
	put_name(out, path);
	(void)fputs("</th><td>", out);
	put_value(out, path, json);
	(void)fputs("</td></tr>\n", out);
}

static void put_tree(FILE *out, const char *caption, const struct snet__json *json)
{
	size_t rows = 0;

	if (!snet__json_count(json))
		return;
	(void)fprintf(out, "<table><caption>%s</caption><tbody>\n", caption);
	put_rows(out, json, "", 0, &rows);
	(void)fputs("</tbody></table>\n", out);
}

/* What the run asked for beyond what was measured. */
static void put_exceeded(FILE *out, const struct snet__json *calibration)
{
	const struct snet__json *at =
		snet__json_first(snet__json_get(calibration, "exceeded"));

	if (!at)
		return;
	(void)fputs("<ul>\n", out);
	for (; at; at = snet__json_next(at)) {
		const char *text = snet__json_get_string(at, "text");

		(void)fputs("<li><span class=\"chip doubt\">! beyond it</span> ", out);
		snet__put_markup(out, text ? text : "");
		(void)fputs("</li>\n", out);
	}
	(void)fputs("</ul>\n", out);
}

void snet__page_machine(const struct snet__page *page)
{
	const struct snet__report *report = page->digest->report;
	FILE *out = page->out;

	if (!report->machine && !report->calibration)
		return;
	(void)fprintf(
		out,
		"<section>\n<h2 id=\"machine\">Machine</h2>\n<p>Where this was measured, "
		"and how well this machine keeps the delays, rates and losses that are "
		"asked of it%s.</p>\n",
		report->calibration ? ""
				    : ": not known, as it is not calibrated; "
				      "<code>snet calibrate</code> measures it");
	put_exceeded(out, report->calibration);
	(void)fputs("<div class=\"pair\">\n", out);
	put_tree(out, "Machine", report->machine);
	put_tree(out, "Calibration", report->calibration);
	(void)fputs("</div>\n</section>\n", out);
}
