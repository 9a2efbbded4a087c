/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_REPORT_HTML_H
#define SNET_FAULT_REPORT_HTML_H

/* The parts of report.html. Nothing in it needs a script or another file. */

#include "fault/report_parts.h"

/* Of an event, or'ed. */
enum {
	SNET__PAGE_NAMED = 1 << 0,  /* by a finding */
	SNET__PAGE_TRACED = 1 << 1, /* its trace is shown */
};

#define SNET__PAGE_TRACES_MAX 34

struct snet__page {
	FILE *out;
	const struct snet__digest *digest;
	unsigned char *flags; /* of each event */
	size_t *slowest; /* events that were delivered, and when is known, the slowest first */
	size_t slowest_count;
	size_t traces[SNET__PAGE_TRACES_MAX]; /* events whose traces are shown */
	size_t trace_count;
};

/* ---- report_html_timeline.c: the chart, and report_html_buckets.c, report_html_probes.c: what is
 * drawn in it. */

#define SNET__CHART_LEFT   66
#define SNET__CHART_RIGHT  1068
#define SNET__CHART_MISSED 30 /* high: where what was not delivered is shown */
#define SNET__CHART_PLOT   270

/* How it is laid out, in its own units; its time goes from 0 to the end of the run. */
struct snet__chart {
	struct snet__page *page;
	const struct snet__digest *digest;
	FILE *out;
	uint64_t end_ns;
	size_t lane_count;
	double missed_y, plot_y, axis_y, height; /* tops */
	double low, high;                        /* decades of nanoseconds, log10 */
	uint64_t bucket_ns;                      /* 0: events are drawn one by one */
	size_t bucket_count;
};
double snet__chart_x(const struct snet__chart *chart, uint64_t at_ns);
double snet__chart_y(const struct snet__chart *chart, uint64_t latency_ns);
/* The smallest of 1, 2 and 5 times a power of ten that is no less. */
double snet__chart_round_up(double value);

/* -ENOMEM */
int snet__page_timeline(struct snet__page *page, struct snet_err *err);
/* Choose the stretches of time, and draw what each has. */
void snet__page_set_buckets(struct snet__chart *chart);
int snet__page_buckets(const struct snet__chart *chart, struct snet_err *err);
/* What the chart needs for the strips of its probes, and the strips from @top on. */
double snet__page_probes_height(const struct snet__page *page);
void snet__page_probes(const struct snet__chart *chart, double top);

/* ---- report_html_tables.c, report_html_traces.c */

void snet__page_expectations(const struct snet__page *page);
void snet__page_phases(const struct snet__page *page);
void snet__page_receipts(const struct snet__page *page);
void snet__page_machine(const struct snet__page *page);
void snet__page_traces(const struct snet__page *page);

/* "100 000". Returns @text. */
const char *snet__page_count(char text[static SNET__TIME_MAX], unsigned long long value);
#define SNET__PAGE_QUANTILE_MAX 160
/* Markup of a quantile of @count times: below it, that these are too few for it to be another one than
 * the largest. Returns @text. */
const char *snet__page_quantile(char text[static SNET__PAGE_QUANTILE_MAX], uint64_t ns,
				size_t count, double quantile);

#endif
