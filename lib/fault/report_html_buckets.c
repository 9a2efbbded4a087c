/* SPDX-License-Identifier: MIT */
/* Very many events in the timeline of report.html: quantiles of those that were pressed in the same
 * stretch of time, and how many of these were not delivered. */

#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/report_html.h"

#define BUCKETS_MAX 240
#define BUCKET_MIN  40 /* events, as a mean: fewer make no quantile */

void snet__page_set_buckets(struct snet__chart *chart)
{
	double end_s = (double)chart->end_ns / 1e9;
	double most = (double)chart->digest->history->events_count / BUCKET_MIN;

	if (most > BUCKETS_MAX)
		most = BUCKETS_MAX;
	chart->bucket_ns =
		(uint64_t)(snet__chart_round_up(end_s / (most > 1 ? most : 1)) * 1e9);
	if (!chart->bucket_ns)
		chart->bucket_ns = 1;
	chart->bucket_count = (size_t)(chart->end_ns / chart->bucket_ns) + 1;
}

/* Of the presses of one. */
struct bucket {
	size_t begin, count; /* what was delivered, in the list of latencies */
	size_t missed;
	uint64_t p50_ns, p99_ns;
};

static size_t bucket_of(const struct snet__chart *chart, size_t event)
{
	uint64_t pressed_ns = chart->digest->ledger.accounts[event].pressed_ns;
	size_t bucket = (size_t)(pressed_ns / chart->bucket_ns);

	return bucket < chart->bucket_count ? bucket : chart->bucket_count - 1;
}

/* From all by latency to those of each bucket by latency, the quickest first. */
static void fill_buckets(const struct snet__chart *chart, struct bucket *buckets,
			 uint64_t *latencies)
{
	const struct snet__page *page = chart->page;
	size_t begin = 0;

	for (size_t i = 0; i < page->slowest_count; i++)
		buckets[bucket_of(chart, page->slowest[i])].count++;
	for (size_t i = 0; i < chart->bucket_count; i++) {
		buckets[i].begin = begin;
		begin += buckets[i].count;
		buckets[i].count = 0;
	}
	for (size_t i = page->slowest_count; i > 0; i--) {
		size_t event = page->slowest[i - 1];
		struct bucket *bucket = &buckets[bucket_of(chart, event)];

		latencies[bucket->begin + bucket->count++] =
			chart->digest->ledger.accounts[event].latency_ns;
	}
	for (size_t i = 0; i < chart->bucket_count; i++) {
		const uint64_t *own = latencies + buckets[i].begin;

		buckets[i].p50_ns = snet__quantile(own, buckets[i].count, 0.5);
		buckets[i].p99_ns = snet__quantile(own, buckets[i].count, 0.99);
	}
}

static double bucket_x(const struct snet__chart *chart, size_t index)
{
	return snet__chart_x(chart, index * chart->bucket_ns + chart->bucket_ns / 2);
}

/* A line for each row of buckets without a gap. */
static void put_line(const struct snet__chart *chart, const struct bucket *buckets,
		     const char *class, bool is_p99)
{
	bool is_open = false;

	(void)fprintf(chart->out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < chart->bucket_count; i++) {
		uint64_t ns = is_p99 ? buckets[i].p99_ns : buckets[i].p50_ns;

		if (buckets[i].count)
			(void)fprintf(chart->out, "%c%.1f %.1f", is_open ? 'L' : 'M',
				      bucket_x(chart, i), snet__chart_y(chart, ns));
		is_open = buckets[i].count;
	}
	(void)fputs("\"/>\n", chart->out);
}

static void put_band(const struct snet__chart *chart, const struct bucket *buckets)
{
	double half = snet__chart_x(chart, chart->bucket_ns) - SNET__CHART_LEFT;

	(void)fputs("<path class=\"between\" d=\"", chart->out);
	for (size_t i = 0; i < chart->bucket_count; i++) {
		double top = snet__chart_y(chart, buckets[i].p99_ns);

		if (buckets[i].count)
			(void)fprintf(chart->out, "M%.1f %.1fh%.1fV%.1fh-%.1fz",
				      bucket_x(chart, i) - half / 2, top, half,
				      snet__chart_y(chart, buckets[i].p50_ns), half);
	}
	(void)fputs("\"/>\n", chart->out);
}

/* Bars, the highest of which is as high as there is room. */
static void put_missed(const struct snet__chart *chart, struct bucket *buckets)
{
	const struct snet__account *accounts = chart->digest->ledger.accounts;
	double width = snet__chart_x(chart, chart->bucket_ns) - SNET__CHART_LEFT;
	size_t most = 0;

	for (size_t i = 0; i < chart->digest->history->events_count; i++)
		if (accounts[i].fate != SNET__FATE_DELIVERED &&
		    accounts[i].pressed_ns != SNET__NEVER)
			buckets[bucket_of(chart, i)].missed++;
	for (size_t i = 0; i < chart->bucket_count; i++)
		most = buckets[i].missed > most ? buckets[i].missed : most;
	for (size_t i = 0; i < chart->bucket_count; i++) {
		double height = most ? (SNET__CHART_MISSED - 6) *
						(double)buckets[i].missed / (double)most
				     : 0;

		if (buckets[i].missed)
			(void)fprintf(
				chart->out,
				"<rect class=\"missed\" x=\"%.1f\" y=\"%.1f\" "
				"width=\"%.1f\" height=\"%.1f\"><title>%zu of %zu not "
				"delivered</title></rect>\n",
				bucket_x(chart, i) - width / 2,
				chart->plot_y - 2 - height, width * 0.85, height,
				buckets[i].missed, buckets[i].missed + buckets[i].count);
	}
}

int snet__page_buckets(const struct snet__chart *chart, struct snet_err *err)
{
	autofree struct bucket *buckets = calloc(chart->bucket_count, sizeof(*buckets));
	autofree uint64_t *latencies =
		calloc(chart->page->slowest_count + 1, sizeof(*latencies));

	if (!buckets || !latencies)
		return snet__err_oom(err);
	fill_buckets(chart, buckets, latencies);
	put_missed(chart, buckets);
	put_band(chart, buckets);
	put_line(chart, buckets, "p50", false);
	put_line(chart, buckets, "p99", true);
	return 0;
}
