/* SPDX-License-Identifier: MIT */
/* What probes measured, a strip a path, below the events in the timeline of report.html: the longest
 * round trip in each column of the picture, and where none was answered. */

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/report_html.h"

#define STRIPS_MAX 12
#define STRIP      52 /* high, with */
#define LABEL      16 /* for its label */
#define COLUMNS    1200

/* One column of a strip. */
struct column {
	uint64_t rtt_ns; /* the longest; 0: none was answered */
	bool is_lost;    /* one was not answered */
};

struct strip {
	const struct snet__chart *chart;
	size_t probe;
	double top;
	struct column columns[COLUMNS];
	uint64_t least_ns, most_ns;
};

static size_t strip_count(const struct snet__page *page)
{
	size_t count = page->digest->history->probes_count;

	return count < STRIPS_MAX ? count : STRIPS_MAX;
}

double snet__page_probes_height(const struct snet__page *page)
{
	return STRIP * (double)strip_count(page);
}

static void fill_columns(struct strip *strip)
{
	const struct snet__history *history = strip->chart->digest->history;
	double width = SNET__CHART_RIGHT - SNET__CHART_LEFT;

	for (size_t i = 0; i < history->samples_count; i++) {
		const struct snet__history_sample *sample = &history->samples[i];
		double x = snet__chart_x(strip->chart, sample->at_ns) - SNET__CHART_LEFT;
		struct column *column;

		if (sample->probe != strip->probe || x < 0 || x > width)
			continue;
		column = &strip->columns[(size_t)x];
		column->is_lost |= !sample->is_answered;
		if (!sample->is_answered)
			continue;
		if (sample->rtt_ns > column->rtt_ns)
			column->rtt_ns = sample->rtt_ns;
		if (!strip->least_ns || sample->rtt_ns < strip->least_ns)
			strip->least_ns = sample->rtt_ns;
		if (sample->rtt_ns > strip->most_ns)
			strip->most_ns = sample->rtt_ns;
	}
}

/* From what was not answered until an answer came. */
static void put_lost(const struct strip *strip)
{
	bool is_lost = false, was_lost;
	size_t begin = 0;

	for (size_t i = 0; i <= COLUMNS; i++) {
		was_lost = is_lost;
		if (i == COLUMNS)
			is_lost = false;
		else if (strip->columns[i].is_lost || strip->columns[i].rtt_ns)
			is_lost = strip->columns[i].is_lost;
		if (is_lost && !was_lost)
			begin = i;
		if (was_lost && !is_lost)
			(void)fprintf(strip->chart->out,
				      "<rect class=\"gone\" x=\"%.0f\" y=\"%.0f\" "
				      "width=\"%zu\" height=\"5\"/>\n",
				      SNET__CHART_LEFT + (double)begin,
				      strip->top + LABEL, i - begin);
	}
}

static double rtt_y(const struct strip *strip, uint64_t rtt_ns)
{
	double low = log((double)strip->least_ns), high = log((double)strip->most_ns);
	double share = high > low ? (log((double)rtt_ns) - low) / (high - low) : 0.5;

	return strip->top + STRIP - 4 - share * (STRIP - LABEL - 12);
}

/* A line, but not over what was lost. */
static void put_line(const struct strip *strip)
{
	FILE *out = strip->chart->out;
	bool is_open = false;

	(void)fputs("<path class=\"rtt\" d=\"", out);
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *column = &strip->columns[i];

		if (column->rtt_ns)
			(void)fprintf(out, "%c%.0f %.1f", is_open ? 'L' : 'M',
				      SNET__CHART_LEFT + (double)i,
				      rtt_y(strip, column->rtt_ns));
		is_open = column->rtt_ns || (is_open && !column->is_lost);
	}
	(void)fputs("\"/>\n", out);
}

static void put_strip(const struct strip *strip)
{
	const struct snet__history_probe *probe =
		&strip->chart->digest->history->probes[strip->probe];
	char least[SNET__TIME_MAX], most[SNET__TIME_MAX];
	FILE *out = strip->chart->out;

	(void)fprintf(out,
		      "<rect class=\"strip\" x=\"%d\" y=\"%.0f\" width=\"%d\" "
		      "height=\"%d\"/>\n<text x=\"%d\" y=\"%.0f\">",
		      SNET__CHART_LEFT, strip->top + LABEL,
		      SNET__CHART_RIGHT - SNET__CHART_LEFT, STRIP - LABEL,
		      SNET__CHART_LEFT, strip->top + LABEL - 4);
	snet__put_markup(out, probe->kind);
	(void)fputs(" round trip, ", out);
	snet__put_markup(out, probe->from);
	(void)fputs(" \342\206\222 ", out);
	snet__put_markup(out, probe->to);
	(void)fputs("</text>\n", out);
	put_lost(strip);
	if (!strip->most_ns)
		return;
	put_line(strip);
	(void)fprintf(out,
		      "<text text-anchor=\"end\" x=\"%d\" y=\"%.0f\">%s</text>\n<text "
		      "text-anchor=\"end\" x=\"%d\" y=\"%.0f\">%s</text>\n",
		      SNET__CHART_LEFT - 6, strip->top + LABEL + 12,
		      snet__report_time(most, strip->most_ns), SNET__CHART_LEFT - 6,
		      strip->top + STRIP - 2, snet__report_time(least, strip->least_ns));
}

void snet__page_probes(const struct snet__chart *chart, double top)
{
	for (size_t i = 0; i < strip_count(chart->page); i++) {
		struct strip strip = {.chart = chart,
				      .probe = i,
				      .top = top + STRIP * (double)i};

		fill_columns(&strip);
		put_strip(&strip);
	}
}
