/* SPDX-License-Identifier: MIT */
/* The timeline of report.html: faults as bands over events by when they were pressed and how long
 * they took. From some number on events are drawn as quantiles of each stretch of time, and only
 * the worst of them as themselves, so that the picture stays readable and the page small. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fault/report_html.h"

#define TOP  6
#define LANE 24
#define AXIS 40

#define EACH_MAX  2000 /* events that are drawn one by one */
#define WORST_MAX 300  /* of more only the slowest */
#define LANES_MAX 12
#define BANDS_MAX 2000
#define GLYPH     6.4 /* about how wide a letter is */

double snet__chart_x(const struct snet__chart *chart, uint64_t at_ns)
{
	double share = chart->end_ns ? (double)at_ns / (double)chart->end_ns : 0;

	return SNET__CHART_LEFT +
	       (share < 1 ? share : 1) * (SNET__CHART_RIGHT - SNET__CHART_LEFT);
}

double snet__chart_y(const struct snet__chart *chart, uint64_t latency_ns)
{
	double decades = log10(latency_ns ? (double)latency_ns : 1);
	double share = (decades - chart->low) / (chart->high - chart->low);

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	return chart->plot_y + (1 - share) * SNET__CHART_PLOT;
}

/* ---- Axes. */

double snet__chart_round_up(double value)
{
	double power = pow(10, floor(log10(value)));

	for (int i = 1; i <= 5; i += i == 1 ? 1 : 3)
		if (value <= i * power * 1.000001)
			return i * power;
	return 10 * power;
}

static void put_times(const struct snet__chart *chart)
{
	double end_s = (double)chart->end_ns / 1e9;
	bool is_long = end_s > 600;
	double unit_s = is_long ? 60 : 1;
	double step = snet__chart_round_up(end_s / unit_s / 12);
	double bottom = chart->axis_y;
	FILE *out = chart->out;

	for (double at = 0; at * unit_s <= end_s * 1.000001; at += step) {
		double x = snet__chart_x(chart, (uint64_t)(at * unit_s * 1e9));

		(void)fprintf(
			out,
			"<path class=\"grid\" d=\"M%.1f %.0fV%.0f\"/><text x=\"%.1f\" "
			"y=\"%.0f\" text-anchor=\"middle\">%.6g %s</text>\n",
			x, bottom, bottom + 5, x, bottom + 18, at, is_long ? "min" : "s");
	}
	(void)fprintf(
		out,
		"<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">since the run began; "
		"events stand where they were pressed</text>\n",
		SNET__CHART_RIGHT, bottom + 34);
}

static void put_latencies(const struct snet__chart *chart)
{
	static const char *const units[] = {"ns", "\302\265s", "ms", "s"};
	FILE *out = chart->out;

	for (int decade = (int)chart->low; decade <= (int)chart->high; decade++) {
		double y = snet__chart_y(chart, (uint64_t)pow(10, decade));
		int unit = decade / 3 > 3 ? 3 : decade / 3;

		(void)fprintf(out,
			      "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" "
			      "y=\"%.1f\" text-anchor=\"end\">%.0f %s</text>\n",
			      SNET__CHART_LEFT, y, SNET__CHART_RIGHT,
			      SNET__CHART_LEFT - 6, y + 4, pow(10, decade - 3 * unit),
			      units[unit]);
	}
}

/* Where the workload ends, if the run does not end there. */
static void put_workload_end(const struct snet__chart *chart)
{
	uint64_t at_ns = chart->digest->history->workload_end_ns;
	double x = snet__chart_x(chart, at_ns);

	if (!at_ns || at_ns >= chart->end_ns)
		return;
	(void)fprintf(chart->out,
		      "<path class=\"end\" d=\"M%.1f %.0fV%.0f\"><title>the workload "
		      "ends</title></path>\n",
		      x, chart->missed_y, chart->axis_y);
}

/* ---- Faults. */

static uint64_t or_end(const struct snet__chart *chart, uint64_t at_ns)
{
	return at_ns < chart->end_ns ? at_ns : chart->end_ns;
}

static void put_rect(const struct snet__chart *chart, const char *class, uint64_t from_ns,
		     uint64_t to_ns, double y, double height)
{
	double x = snet__chart_x(chart, from_ns);
	double width = snet__chart_x(chart, or_end(chart, to_ns)) - x;

	if (from_ns == SNET__NEVER)
		return;
	(void)fprintf(chart->out,
		      "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		      "height=\"%.1f\"/>",
		      class, x, y, width > 1 ? width : 1, height);
}

/* Beside its band, where there is room. */
static void put_lane_name(const struct snet__chart *chart,
			  const struct snet__history_fault *fault, double y)
{
	double from = snet__chart_x(chart, or_end(chart, fault->planned_ns));
	double to = snet__chart_x(chart, or_end(chart, fault->planned_end_ns));
	double width = GLYPH * (double)strlen(fault->name);
	bool is_left = to + 6 + width > SNET__CHART_RIGHT;

	(void)fprintf(chart->out,
		      "<text class=\"name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		      is_left ? from - 6 : to + 6, y + 14, is_left ? "end" : "start");
	snet__put_markup(chart->out, fault->name);
	(void)fputs("</text>\n", chart->out);
}

/* As long as it was seen; where nobody looked, as long as it was in place. */
static void put_effect(const struct snet__chart *chart,
		       const struct snet__history_fault *fault, double y)
{
	uint64_t from_ns = fault->effect_ns, to_ns = fault->effect_end_ns;

	if (from_ns == SNET__NEVER)
		from_ns = fault->begun_ns;
	if (to_ns == SNET__NEVER)
		to_ns = fault->healed_ns;
	put_rect(chart, "effect", from_ns, to_ns, y + 3, LANE - 8);
	put_rect(chart, "shade", from_ns, to_ns, chart->missed_y,
		 chart->axis_y - chart->missed_y);
}

static void put_fault(const struct snet__chart *chart,
		      const struct snet__history_fault *fault)
{
	double y = TOP + LANE * (double)fault->entry;
	char title[SNET__TITLE_MAX], begun[SNET__TIME_MAX], healed[SNET__TIME_MAX];
	FILE *out = chart->out;

	(void)fputs("<g><title>", out);
	snet__put_markup(out, snet__fault_title(title, fault));
	(void)fputs(": ", out);
	snet__put_markup(out, fault->what);
	(void)fprintf(out, "; %s, %s to %s</title>",
		      snet__fault_state_name(snet__fault_state(fault)),
		      snet__report_time(begun, fault->begun_ns),
		      snet__report_time(healed, fault->healed_ns));
	put_rect(chart, "begun", fault->begun_ns, fault->healed_ns, y + 3, LANE - 8);
	if (fault->has_effect)
		put_effect(chart, fault, y);
	put_rect(chart, "planned", fault->planned_ns, fault->planned_end_ns, y + 1,
		 LANE - 4);
	(void)fputs("</g>\n", out);
	if (!fault->occurrence)
		put_lane_name(chart, fault, y);
}

static void put_faults(const struct snet__chart *chart)
{
	const struct snet__history *history = chart->digest->history;

	for (size_t i = 0; i < history->faults_count && i < BANDS_MAX; i++)
		if (history->faults[i].entry < chart->lane_count)
			put_fault(chart, &history->faults[i]);
}

/* ---- Events, one by one. */

/* Not by colour alone. */
static void put_symbols(FILE *out)
{
	(void)fputs(
		"<defs>\n"
		"<circle id=\"delivered\" class=\"mark delivered\" r=\"2.6\"/>\n"
		"<path id=\"repeated\" class=\"mark repeated\" d=\"M0-4.5L4 3H-4z\"/>\n"
		"<path id=\"lost\" class=\"mark lost\" d=\"M-3.5-3.5L3.5 3.5M-3.5 "
		"3.5L3.5-3.5\"/>\n"
		"<path id=\"failed\" class=\"mark failed\" d=\"M0-4.5V4.5M-4.5 "
		"0H4.5\"/>\n"
		"<path id=\"expired\" class=\"mark expired\" d=\"M0-4.5L4.5 0L0 4.5L-4.5 "
		"0z\"/>\n"
		"<path id=\"dropped\" class=\"mark dropped\" "
		"d=\"M-3.5-3.5H3.5V3.5H-3.5z\"/>\n"
		"<circle id=\"unacknowledged\" class=\"mark unacknowledged\" "
		"r=\"3.5\"/>\n"
		"<circle id=\"named\" class=\"named\" r=\"6\"/>\n"
		"</defs>\n",
		out);
}

/* NULL: it has no place in the plot, and none above it. */
static const char *symbol_of(const struct snet__account *account)
{
	if (account->fate != SNET__FATE_DELIVERED)
		return snet__fate_name(account->fate);
	if (account->latency_ns == SNET__NEVER)
		return NULL;
	return account->is_repeated ? "repeated" : "delivered";
}

static void put_event(const struct snet__chart *chart, size_t index)
{
	const struct snet__account *account = &chart->digest->ledger.accounts[index];
	const char *symbol = symbol_of(account);
	unsigned char flags = chart->page->flags[index];
	char took[SNET__TIME_MAX] = "";
	FILE *out = chart->out;
	double x, y;

	if (!symbol || account->pressed_ns == SNET__NEVER)
		return;
	x = snet__chart_x(chart, account->pressed_ns);
	y = account->fate == SNET__FATE_DELIVERED
		    ? snet__chart_y(chart, account->latency_ns)
		    : chart->missed_y + SNET__CHART_MISSED / 2.0;
	/* Not one more stop for the keyboard: lists have the same links. */
	if (flags & SNET__PAGE_TRACED)
		(void)fprintf(out, "<a href=\"#e%zu\" tabindex=\"-1\">", index);
	(void)fprintf(out, "<use href=\"#%s\" x=\"%.1f\" y=\"%.1f\"><title>", symbol, x,
		      y);
	snet__put_markup(out, chart->digest->history->events[index].id);
	if (account->fate == SNET__FATE_DELIVERED)
		(void)snet__report_time(took, account->latency_ns);
	(void)fprintf(out, " %s%s%s</title></use>", symbol, *took ? ", " : "", took);
	if (flags & SNET__PAGE_NAMED)
		(void)fprintf(out, "<use href=\"#named\" x=\"%.1f\" y=\"%.1f\"/>", x, y);
	(void)fputs(flags & SNET__PAGE_TRACED ? "</a>\n" : "\n", out);
}

static void put_each(const struct snet__chart *chart)
{
	for (size_t i = 0; i < chart->digest->history->events_count; i++)
		put_event(chart, i);
}

/* Of very many only the slowest. */
static void put_worst(const struct snet__chart *chart)
{
	const struct snet__page *page = chart->page;

	for (size_t i = 0; i < page->slowest_count && i < WORST_MAX; i++)
		put_event(chart, page->slowest[i]);
}

/* ---- All of it. */

/* Whole decades around all that is drawn. */
static void set_scale(struct snet__chart *chart)
{
	const struct snet__page *page = chart->page;
	const struct snet__account *accounts = chart->digest->ledger.accounts;
	uint64_t most_ns = 0, least_ns = 0;

	if (page->slowest_count) {
		most_ns = accounts[page->slowest[0]].latency_ns;
		least_ns = accounts[page->slowest[page->slowest_count - 1]].latency_ns;
	}
	chart->low = floor(log10(least_ns ? (double)least_ns : 1e6));
	chart->high = ceil(log10(most_ns ? (double)most_ns : 1e9));
	if (chart->high <= chart->low)
		chart->high = chart->low + 1;
}

static void lay_out(struct snet__chart *chart)
{
	const struct snet__history *history = chart->digest->history;
	uint64_t end_ns = history->ended_ns;

	/* A history that was cut off has no end. */
	for (size_t i = 0; i < history->events_count; i++) {
		uint64_t pressed_ns = chart->digest->ledger.accounts[i].pressed_ns;

		if (pressed_ns != SNET__NEVER && pressed_ns > end_ns)
			end_ns = pressed_ns;
	}
	chart->end_ns = end_ns ? end_ns : 1;
	for (size_t i = 0; i < history->faults_count; i++)
		if (history->faults[i].entry >= chart->lane_count)
			chart->lane_count = history->faults[i].entry + 1;
	if (chart->lane_count > LANES_MAX)
		chart->lane_count = LANES_MAX;
	chart->missed_y = TOP + LANE * (double)chart->lane_count;
	chart->plot_y = chart->missed_y + SNET__CHART_MISSED;
	chart->axis_y = chart->plot_y + SNET__CHART_PLOT;
	chart->height = chart->axis_y + AXIS + snet__page_probes_height(chart->page) + 4;
	set_scale(chart);
	if (history->events_count > EACH_MAX)
		snet__page_set_buckets(chart);
}

static void put_key(FILE *out, const char *symbol, const char *words)
{
	(void)fprintf(out,
		      "<li><svg viewBox=\"-11 -7 22 14\" aria-hidden=\"true\"><use "
		      "href=\"#%s\"/></svg>%s</li>\n",
		      symbol, words);
}

static void put_event_keys(const struct snet__chart *chart)
{
	const struct snet__history *history = chart->digest->history;
	size_t fates[SNET__FATE_COUNT] = {0}, named = 0;

	for (size_t i = 0; i < history->events_count; i++) {
		fates[chart->digest->ledger.accounts[i].fate]++;
		named += chart->page->flags[i] & SNET__PAGE_NAMED;
	}
	for (int i = 0; i < SNET__FATE_COUNT; i++) {
		const char *name = snet__fate_name((enum snet__fate)i);

		if (fates[i] && (i == SNET__FATE_DELIVERED || !chart->bucket_ns))
			put_key(chart->out, name, name);
	}
	if (chart->digest->ledger.repeat_count)
		put_key(chart->out, "repeated", "delivered more than once");
	if (named && !chart->bucket_ns)
		put_key(chart->out, "named", "named by a finding");
}

/* @shape: in a box of 22 by 14 */
static void put_shape_key(FILE *out, const char *shape, const char *words)
{
	(void)fprintf(out,
		      "<li><svg viewBox=\"0 0 22 14\" "
		      "aria-hidden=\"true\">%s</svg>%s</li>\n",
		      shape, words);
}

static void put_legend(const struct snet__chart *chart)
{
	FILE *out = chart->out;

	(void)fputs("<ul class=\"legend\">\n", out);
	put_event_keys(chart);
	if (chart->bucket_ns) {
		put_shape_key(out, "<path class=\"p50\" d=\"M0 7H22\"/>", "p50");
		put_shape_key(out, "<path class=\"p99\" d=\"M0 7H22\"/>", "p99");
		put_shape_key(out,
			      "<path class=\"missed\" d=\"M4 14V7H9V14zM12 "
			      "14V2H17V14z\"/>",
			      "not delivered");
	}
	if (chart->lane_count) {
		put_shape_key(out,
			      "<rect class=\"planned\" x=\"1\" y=\"1\" width=\"20\" "
			      "height=\"12\"/>",
			      "fault as planned");
		put_shape_key(out,
			      "<rect class=\"begun\" y=\"1\" width=\"22\" "
			      "height=\"12\"/>",
			      "in place");
		put_shape_key(out,
			      "<rect class=\"effect\" y=\"1\" width=\"22\" "
			      "height=\"12\"/>",
			      "its effect, as measured");
	}
	(void)fputs("</ul>\n", out);
}

static void put_caption(const struct snet__chart *chart)
{
	char count[SNET__TIME_MAX];
	FILE *out = chart->out;

	if (!chart->bucket_ns)
		return;
	(void)fprintf(
		out,
		"<figcaption>%s events are too many to draw each: the lines are "
		"quantiles of those that were pressed in every %g s, the bars on top "
		"are how many of them were not delivered. Only the %d slowest are "
		"drawn one by one.</figcaption>\n",
		snet__page_count(count, chart->digest->history->events_count),
		(double)chart->bucket_ns / 1e9, WORST_MAX);
}

static int put_chart(const struct snet__chart *chart, struct snet_err *err)
{
	FILE *out = chart->out;
	int r = 0;

	(void)fprintf(
		out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"Timeline\">\n<svg class=\"chart\" viewBox=\"0 0 %d "
		"%.0f\" role=\"img\" aria-labelledby=\"chart-title chart-words\">\n"
		"<title id=\"chart-title\">Faults and events over time</title>\n<desc "
		"id=\"chart-words\">Each fault is a band over the events that were "
		"pressed in its time; events stand higher the longer they took, and on "
		"top when they were not delivered. The tables below have the "
		"numbers.</desc>\n",
		SNET__CHART_RIGHT + 12, chart->height);
	put_symbols(out);
	put_latencies(chart);
	put_faults(chart);
	(void)fprintf(out,
		      "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">missed</text>\n",
		      SNET__CHART_LEFT - 6,
		      chart->missed_y + SNET__CHART_MISSED / 2.0 + 4);
	put_workload_end(chart);
	if (chart->bucket_ns)
		r = snet__page_buckets(chart, err);
	if (r == 0 && chart->bucket_ns)
		put_worst(chart);
	else if (r == 0)
		put_each(chart);
	put_times(chart);
	snet__page_probes(chart, chart->axis_y + AXIS);
	(void)fputs("</svg>\n</div>\n", out);
	return r;
}

int snet__page_timeline(struct snet__page *page, struct snet_err *err)
{
	struct snet__chart chart = {.page = page,
				    .digest = page->digest,
				    .out = page->out};
	int r;

	if (!page->digest->history->events_count && !page->digest->history->faults_count)
		return 0;
	lay_out(&chart);
	(void)fputs("<section>\n<h2 id=\"timeline\">Timeline</h2>\n<figure>\n",
		    page->out);
	r = put_chart(&chart, err);
	if (r < 0)
		return r;
	put_legend(&chart);
	put_caption(&chart);
	(void)fputs("</figure>\n", page->out);
	snet__page_phases(page);
	(void)fputs("</section>\n", page->out);
	return 0;
}
