/* SPDX-License-Identifier: MIT */
/* The lab in numbers, in the text format of Prometheus, version 0.0.4. Names of labs, nodes, links
 * and kinds are plain, and need no quoting. */

#include "api/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/shaping.h"

/* What counts the packets of a direction: the label of "result", and where it is. */
#define AT(name) offsetof(struct snet_link_counts, name)
static const struct {
	const char *result;
	size_t offset;
} packets[] = {
	{"in", AT(in_packets)},         {"out", AT(out_packets)},
	{"lost_loss", AT(lost_loss)},   {"lost_queue", AT(lost_queue)},
	{"lost_codel", AT(lost_codel)}, {"lost_down", AT(lost_down)},
	{"lost_pmtu", AT(lost_pmtu)},   {"lost_memory", AT(lost_memory)},
	{"lost_fault", AT(lost_fault)}, {"missed", AT(missed)},
	{"refused", AT(refused)},       {"duplicated", AT(duplicated)},
	{"corrupted", AT(corrupted)},   {"marked", AT(marked)},
	{"reordered", AT(reordered)},
};

static const struct {
	const char *name;
	size_t offset;
} quantiles[] = {
	{"0.5", AT(delay_p50_ns)},
	{"0.9", AT(delay_p90_ns)},
	{"0.99", AT(delay_p99_ns)},
	{"1", AT(delay_max_ns)},
};

static uint64_t value_at(const struct snet_link_counts *counts, size_t offset)
{
	return *(const uint64_t *)((const char *)counts + offset);
}

/* What is counted of each shaped link, taken once. */
struct counted {
	const struct snet__run_link *link;
	struct snet_link_counts counts[2];
};

/* One kind of number of all shaped links, which stand together; what a shaper does not tell is left
 * out. */
struct metric {
	const char *name, *type, *help;
	void (*write)(FILE *to, const struct metric *metric, const char *labels,
		      const struct counted *counted, int way);
	size_t offset; /* of a gauge */
};

static bool tells(const struct counted *counted, size_t offset)
{
	return snet__shaping_tells(counted->link, offset);
}

static void write_packets(FILE *to, const struct metric *metric, const char *labels,
			  const struct counted *counted, int way)
{
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++)
		if (tells(counted, packets[i].offset))
			(void)fprintf(to, "%s{%s,result=\"%s\"} %" PRIu64 "\n",
				      metric->name, labels, packets[i].result,
				      value_at(&counted->counts[way], packets[i].offset));
}

static void write_bytes(FILE *to, const struct metric *metric, const char *labels,
			const struct counted *counted, int way)
{
	if (tells(counted, AT(in_bytes)))
		(void)fprintf(to, "%s{%s,result=\"in\"} %" PRIu64 "\n", metric->name,
			      labels, counted->counts[way].in_bytes);
	(void)fprintf(to, "%s{%s,result=\"out\"} %" PRIu64 "\n", metric->name, labels,
		      counted->counts[way].out_bytes);
}

static void write_gauge(FILE *to, const struct metric *metric, const char *labels,
			const struct counted *counted, int way)
{
	if (tells(counted, metric->offset))
		(void)fprintf(to, "%s{%s} %" PRIu64 "\n", metric->name, labels,
			      value_at(&counted->counts[way], metric->offset));
}

/* Of no packet there is no delay. */
static void write_delay(FILE *to, const struct metric *metric, const char *labels,
			const struct counted *counted, int way)
{
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		if (tells(counted, quantiles[i].offset) &&
		    counted->counts[way].out_packets)
			(void)fprintf(to, "%s{%s,quantile=\"%s\"} %.9f\n", metric->name,
				      labels, quantiles[i].name,
				      (double)value_at(&counted->counts[way],
						       quantiles[i].offset) /
					      1e9);
}

static const struct metric metrics[] = {
	{"snet_link_packets_total", "counter",
	 "Packets of a shaped link, by what became of them.", write_packets, 0},
	{"snet_link_bytes_total", "counter", "Bytes of Ethernet frames.", write_bytes, 0},
	{"snet_link_queue_packets", "gauge", "Packets on their way now.", write_gauge,
	 AT(queue_packets)},
	{"snet_link_queue_bytes", "gauge", "Bytes on their way now.", write_gauge,
	 AT(queue_bytes)},
	{"snet_link_queue_packets_max", "gauge", "The most packets that were.",
	 write_gauge, AT(queue_packets_max)},
	{"snet_link_queue_bytes_max", "gauge", "The most bytes that were.", write_gauge,
	 AT(queue_bytes_max)},
	{"snet_link_delay_seconds", "summary", "Time between coming and leaving.",
	 write_delay, 0},
};

static void write_links(FILE *to, const char *lab, const struct counted *counted,
			size_t count)
{
	static const char *const ways[] = {"forth", "back"};
	char labels[3 * SNET_NAME_MAX + 64];

	for (size_t m = 0; m < sizeof(metrics) / sizeof(*metrics) && count; m++) {
		(void)fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", metrics[m].name,
			      metrics[m].help, metrics[m].name, metrics[m].type);
		for (size_t i = 0; i < 2 * count; i++) {
			(void)snprintf(labels, sizeof(labels),
				       "lab=\"%s\",link=\"%s\",direction=\"%s\"", lab,
				       counted[i / 2].link->link->name, ways[i % 2]);
			metrics[m].write(to, &metrics[m], labels, &counted[i / 2],
					 (int)(i % 2));
		}
	}
}

static void write_lateness(FILE *to, const struct snet__run *run)
{
	static const struct {
		const char *key, *quantile;
	} parts[] = {{"p50", "0.5"}, {"p99", "0.99"}, {"max", "1"}};
	autojson *late = snet__shaping_lateness(run);

	/* None was to wait so far. */
	if (snet__json_number(snet__json_get(late, "max"), 0) == 0)
		return;
	(void)fputs("# HELP snet_shaper_late_seconds How late packets left that were to "
		    "wait.\n# TYPE snet_shaper_late_seconds summary\n",
		    to);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		(void)fprintf(
			to, "snet_shaper_late_seconds{lab=\"%s\",quantile=\"%s\"} %.9f\n",
			run->lab->model.name, parts[i].quantile,
			snet__json_number(snet__json_get(late, parts[i].key), 0) / 1e6);
}

static void write_lab(FILE *to, const struct snet__run *run)
{
	const char *lab = run->lab->model.name;

	(void)fprintf(
		to,
		"# HELP snet_nodes Nodes of the lab.\n# TYPE snet_nodes gauge\n"
		"snet_nodes{lab=\"%s\"} %zu\n"
		"# HELP snet_links Links of the lab.\n# TYPE snet_links gauge\n"
		"snet_links{lab=\"%s\"} %zu\n"
		"# HELP snet_devices Devices of the lab.\n# TYPE snet_devices gauge\n"
		"snet_devices{lab=\"%s\"} %zu\n"
		"# HELP snet_devices_registered Devices that have registered.\n"
		"# TYPE snet_devices_registered gauge\n"
		"snet_devices_registered{lab=\"%s\"} %zu\n",
		lab, run->node_count, lab, run->link_count, lab, run->device_count, lab,
		run->registered_count);
}

char *snet__metrics_format(const struct snet__run *run)
{
	autofree struct counted *counted = calloc(run->link_count + 1, sizeof(*counted));
	struct snet__text_stream stream;
	char *text = NULL;
	size_t count = 0;

	if (!counted || snet__text_open(&stream, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < run->link_count; i++) {
		counted[count].link = run->links[i];
		count += snet__shaping_count(run, run->links[i], counted[count].counts);
	}
	write_lab(stream.out, run);
	write_links(stream.out, run->lab->model.name, counted, count);
	write_lateness(stream.out, run);
	(void)snet__text_close(&stream, 0, &text, NULL); /* NULL then */
	return text;
}
