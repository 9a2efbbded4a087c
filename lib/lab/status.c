/* SPDX-License-Identifier: MIT */
/* What there is of a running lab, as text: in a lab of ten thousand nodes a tree of it would take
 * longer to make and to print than all else. Names of nodes, links and kinds are plain, and need
 * no quoting. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/gateway.h"
#include "lab/lab.h"
#include "lab/network.h"
#include "lab/shaping.h"
#include "lab/shaping_kind.h"

/* What only few nodes have; @json is taken. */
static void write_part(FILE *to, const char *key, struct snet__json *json)
{
	char *text = snet__json_format(json);

	(void)fprintf(to, ",\"%s\":%s", key, text ? text : "null");
	free(text);
	snet__json_free(json);
}

static void write_node(FILE *to, const struct snet__run_node *node)
{
	const struct snet__model_node *described = node->node;
	char address[16];

	(void)fprintf(to, "{\"name\":\"%s\",\"kind\":\"%s\",\"addresses\":[",
		      described->name, described->kind);
	for (size_t i = 0; i < described->iface_count; i++)
		(void)fprintf(to, "%s\"%s\"", i ? "," : "",
			      snet__ipv4_format(address, described->ifaces[i].ipv4));
	(void)fputs("]", to);
	if ((node->device || node->program) && described->relayer)
		(void)fprintf(to, ",\"relayer\":\"%s\"", described->relayer);
	if (node->program)
		(void)fprintf(to, ",\"state\":\"%s\"",
			      snet__program_state(node->program));
	else
		(void)fprintf(to, ",\"state\":%s",
			      node->device ? snet__device_state(node->device) : "null");
	if (node->program)
		write_part(to, "program", snet__program_describe(node->program));
	if (node->gateway)
		write_part(to, "gateway", snet__gateway_status(node->gateway));
	(void)fputs("}", to);
}

static void write_link(FILE *to, const struct snet__run *run,
		       const struct snet__run_link *link)
{
	struct snet__shaper_total totals[2];

	(void)fprintf(to, "{\"name\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"up\":%s",
		      link->link->name, link->link->from, link->link->to,
		      snet__network_is_up(run, link) ? "true" : "false");
	if (link->shaping)
		(void)fprintf(to, ",\"shaper\":\"%s\"", link->shaping->name);
	if (snet__shaping_glance(run, link, totals))
		for (int i = 0; i < 2; i++)
			(void)fprintf(to,
				      ",\"%s\":{\"packets\":%" PRIu64 ",\"lost\":%" PRIu64
				      ",\"queued\":%" PRIu64 "}",
				      i ? "back" : "forth", totals[i].in, totals[i].lost,
				      totals[i].queued);
	(void)fputs("}", to);
}

char *snet__run_status(const struct snet__run *run)
{
	struct snet__shaper_total total;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	snet__shaping_sum(run, &total);
	(void)fprintf(to, "{\"lab\":\"%s\",\"nodes\":[", run->lab->model.name);
	for (size_t i = 0; i < run->node_count; i++) {
		(void)fputs(i ? "," : "", to);
		write_node(to, run->nodes[i]);
	}
	(void)fputs("],\"links\":[", to);
	for (size_t i = 0; i < run->link_count; i++) {
		(void)fputs(i ? "," : "", to);
		write_link(to, run, run->links[i]);
	}
	(void)fputs("]}", to);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
