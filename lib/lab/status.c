/* SPDX-License-Identifier: MIT */
/* What there is of a running lab, as text: in a lab of ten thousand nodes a tree of it would take
 * longer to make and to print than all else, and a stream of stdio takes each byte by itself. Names
 * of nodes, links and kinds are plain, and need no quoting. */

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/gateway.h"
#include "lab/lab.h"
#include "lab/network.h"
#include "lab/shaping.h"
#include "lab/shaping_kind.h"

static void put(struct snet__text_buffer *to, const char *what)
{
	snet__text_add(to, what, strlen(what));
}

/* The quotation mark before @what is the end of @before. */
static void put_name(struct snet__text_buffer *to, const char *before, const char *what)
{
	put(to, before);
	put(to, what);
	put(to, "\"");
}

/* What only few nodes have; @json is taken. */
static void put_part(struct snet__text_buffer *to, const char *key,
		     struct snet__json *json)
{
	autofree char *text = snet__json_format(json);

	put_name(to, ",\"", key);
	put(to, ":");
	put(to, text ? text : "null");
	snet__json_free(json);
}

/* IPv4 ones first, each in the order of the interfaces. */
static void put_addresses(struct snet__text_buffer *to, const struct snet__model *model,
			  const struct snet__model_node *node)
{
	size_t count = node->iface_count;
	char address[INET6_ADDRSTRLEN];
	unsigned char ipv6[16];

	put(to, ",\"addresses\":[");
	for (size_t i = 0; i < count; i++)
		put_name(to, i ? ",\"" : "\"",
			 snet__ipv4_format(address, node->ifaces[i].ipv4));
	for (size_t i = 0; i < count && model->has_ipv6; i++) {
		snet__model_ipv6(ipv6, model, node->ifaces[i].ipv4);
		put_name(to, ",\"", inet_ntop(AF_INET6, ipv6, address, sizeof(address)));
	}
	put(to, "]");
}

static void put_node(struct snet__text_buffer *to, const struct snet__model *model,
		     const struct snet__run_node *node)
{
	const struct snet__model_node *described = node->node;

	put_name(to, "{\"name\":\"", described->name);
	put_name(to, ",\"kind\":\"", described->kind);
	put_addresses(to, model, described);
	if ((node->device || node->program) && described->relayer)
		put_name(to, ",\"relayer\":\"", described->relayer);
	if (node->program) {
		put_name(to, ",\"state\":\"", snet__program_state(node->program));
		put_part(to, "program", snet__program_describe(node->program));
	} else {
		put(to, ",\"state\":");
		put(to, node->device ? snet__device_state(node->device) : "null");
	}
	if (node->gateway)
		put_part(to, "gateway", snet__gateway_status(node->gateway));
	put(to, "}");
}

/* @all: NULL, or what else there is of the link. */
static void put_way(struct snet__text_buffer *to, const char *way,
		    const struct snet__shaper_total *total, const struct snet__json *all)
{
	autofree char *rest = all ? snet__json_format(snet__json_get(all, way)) : NULL;
	char numbers[128];

	put_name(to, ",\"", way);
	(void)snprintf(numbers, sizeof(numbers),
		       ":{\"packets\":%" PRIu64 ",\"lost\":%" PRIu64
		       ",\"queued\":%" PRIu64,
		       total->in, total->lost, total->queued);
	put(to, numbers);
	put(to, rest ? "," : "}");
	put(to, rest ? rest + 1 : ""); /* without its brace */
}

static void put_link(struct snet__text_buffer *to, const struct snet__run *run,
		     const struct snet__run_link *link, bool has_counts)
{
	autojson *all =
		has_counts && link->shaping ? snet__shaping_describe(run, link) : NULL;
	struct snet__shaper_total totals[2];

	put_name(to, "{\"name\":\"", link->link->name);
	put_name(to, ",\"from\":\"", link->link->from);
	put_name(to, ",\"to\":\"", link->link->to);
	put(to, ",\"up\":");
	put(to, snet__network_is_up(run, link) ? "true" : "false");
	if (link->shaping)
		put_name(to, ",\"shaper\":\"", link->shaping->name);
	if (snet__shaping_glance(run, link, totals)) {
		put_way(to, "forth", &totals[0], all);
		put_way(to, "back", &totals[1], all);
	}
	put(to, "}");
}

char *snet__run_status(const struct snet__run *run, bool has_counts)
{
	struct snet__shaper_total total;
	struct snet__text_buffer text = {0};

	snet__shaping_sum(run, &total);
	put_name(&text, "{\"lab\":\"", run->lab->model.name);
	put(&text, ",\"nodes\":[");
	for (size_t i = 0; i < run->node_count; i++) {
		put(&text, i ? "," : "");
		put_node(&text, &run->lab->model, run->nodes[i]);
	}
	put(&text, "],\"links\":[");
	for (size_t i = 0; i < run->link_count; i++) {
		put(&text, i ? "," : "");
		put_link(&text, run, run->links[i], has_counts);
	}
	put(&text, "]}");
	if (!text.is_short)
		return text.data;
	free(text.data);
	return NULL;
}

static void put_head(struct snet__text_buffer *to, const struct snet__run *run)
{
	char counts[64];

	put_name(to, "{\"lab\":\"", run->lab->model.name);
	(void)snprintf(counts, sizeof(counts), ",\"nodes\":%zu,\"links\":%zu}\n",
		       run->node_count, run->link_count);
	put(to, counts);
}

bool snet__run_status_line(struct snet__text_buffer *to, const struct snet__run *run,
			   size_t at)
{
	struct snet__shaper_total total;

	if (at == 0) {
		snet__shaping_sum(run, &total);
		put_head(to, run);
	} else if (at <= run->node_count) {
		put(to, "{\"node\":");
		put_node(to, &run->lab->model, run->nodes[at - 1]);
		put(to, "}\n");
	} else if (at <= run->node_count + run->link_count) {
		put(to, "{\"link\":");
		put_link(to, run, run->links[at - 1 - run->node_count], false);
		put(to, "}\n");
	} else {
		return false;
	}
	return true;
}
