/* SPDX-License-Identifier: MIT */
/* Static routes. From each segment the others are searched in the order of their distance, by
 * way of the nodes that forward; what is remembered is the first of those. All nodes with a
 * single interface in a segment have the same routes, so that a search serves them all.
 *
 * A multihomed host, a node in several segments that does not forward, may stand in areas that
 * nothing else joins. Whoever reaches one of its interfaces gets routes to the addresses of the
 * others by way of that one: the kernel takes what is for any of its addresses wherever it comes in.
 * Whoever is on-link with it has such a route to the address of its name as well, which all that it
 * sends has as its source. Source: RFC 1122 section 3.3.4, for the word. */

#include "topo/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* With more of them in a segment each station would have as many routes: their number is not to
 * grow with the square of the lab's. They go by way of a router then, where there is one. */
#define MULTIHOMED_MAX 64

/* Interfaces of some nodes, by segment: those of segment S are items[first[S]] to
 * items[first[S + 1] - 1]. */
struct table {
	struct station {
		const struct snet__model_node *node;
		const struct snet__model_iface *iface;
	} * items;
	uint32_t *first;
	size_t count;
};

struct search {
	struct snet__model *model;
	struct table doors;      /* of nodes that forward */
	struct table multihomed; /* of others that are in several segments */

	/* Of one search. */
	uint32_t *
		via; /* of each segment: the first step there, 0: none yet or none needed */
	uint32_t *found; /* segments, in the order of their distance */
	size_t found_count;
	/* In which search: saves clearing them. */
	uint32_t *seen_segment, *seen_node, *seen_area;
	uint32_t number;
	uint32_t outside; /* the first step to the rest of the world, 0: no way */
	struct snet__model_hop *hops;
	size_t hop_count;
};

static int compare_hops(const void *a, const void *b)
{
	const struct snet__model_hop *x = a, *y = b;

	if (x->net != y->net)
		return x->net < y->net ? -1 : 1;
	return x->prefix < y->prefix ? -1 : x->prefix > y->prefix;
}

static bool is_door(const struct snet__model_node *node)
{
	return snet__role_forwards(node->role) &&
	       (node->iface_count > 1 || snet__model_leads_outside(node));
}

static bool is_multihomed(const struct snet__model_node *node)
{
	for (size_t i = 1; i < node->iface_count; i++)
		if (node->ifaces[i].segment != node->ifaces[0].segment)
			return !snet__role_forwards(node->role);
	return false;
}

static int collect(struct table *table, const struct snet__model *model,
		   bool are_multihomed)
{
	uint32_t *first = calloc(model->segment_count + 2, sizeof(*first));
	autofree bool *is_in = calloc(model->node_count + 1, sizeof(*is_in));

	table->first = first;
	if (!first || !is_in)
		return -ENOMEM;
	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		is_in[i] = are_multihomed ? is_multihomed(node) : is_door(node);
		for (size_t k = 0; is_in[i] && k < node->iface_count; k++) {
			first[node->ifaces[k].segment + 1]++;
			table->count++;
		}
	}
	for (size_t i = 0; i < model->segment_count; i++)
		first[i + 1] += first[i];
	table->items = calloc(table->count + 1, sizeof(*table->items));
	if (!table->items)
		return -ENOMEM;
	/* From the last: each fills its part from the end, so first[] must be put back. */
	for (size_t i = model->node_count; i-- > 0;)
		for (size_t k = model->nodes[i]->iface_count; is_in[i] && k-- > 0;) {
			const struct snet__model_iface *iface =
				&model->nodes[i]->ifaces[k];

			table->items[--first[iface->segment + 1]] =
				(struct station){model->nodes[i], iface};
		}
	for (size_t i = 0; i < model->segment_count; i++)
		first[i] = first[i + 1];
	first[model->segment_count] = (uint32_t)table->count;
	return 0;
}

static void find(struct search *search, uint32_t segment, uint32_t via)
{
	if (search->seen_segment[segment] == search->number)
		return;
	search->seen_segment[segment] = search->number;
	search->via[segment] = via;
	search->found[search->found_count++] = segment;
}

static void pass(struct search *search, const struct station *door, uint32_t via)
{
	assert(door->node); /* all were filled */
	if (search->seen_node[door->node->index] == search->number)
		return;
	search->seen_node[door->node->index] = search->number;
	if (!via)
		via = door->iface->ipv4;
	if (snet__model_leads_outside(door->node) && !search->outside)
		search->outside = via;
	for (size_t i = 0; i < door->node->iface_count; i++)
		find(search, door->node->ifaces[i].segment, via);
}

/* Begin a search from all interfaces of @node. */
static void set_out(struct search *search, const struct snet__model_node *node)
{
	const struct snet__model *model = search->model;

	search->number++;
	search->found_count = 0;
	search->hop_count = 0;
	search->outside = 0;
	search->seen_node[node->index] = search->number;
	for (size_t i = 0; i < node->iface_count; i++) {
		uint32_t segment = node->ifaces[i].segment;

		find(search, segment, 0);
		search->seen_area[model->segments[segment].area] = search->number;
	}
}

static void search_from(struct search *search, const struct snet__model_node *node)
{
	set_out(search, node);
	for (size_t i = 0; i < search->found_count; i++) {
		uint32_t segment = search->found[i];

		for (uint32_t d = search->doors.first[segment];
		     d < search->doors.first[segment + 1]; d++)
			pass(search, &search->doors.items[d], search->via[segment]);
	}
}

/* What all ways begin with, 0 when they differ. */
static uint32_t common_step(const struct search *search)
{
	uint32_t step = 0;

	for (size_t i = 0; i < search->found_count; i++) {
		uint32_t via = search->via[search->found[i]];

		if (!via)
			continue;
		if (step && step != via)
			return 0;
		step = via;
	}
	return step;
}

/* The two halves of a network, in order, by the same way. */
static bool are_halves(const struct snet__model_hop *a, const struct snet__model_hop *b)
{
	uint32_t bit = a->prefix ? 1u << (32 - a->prefix) : 0;

	return bit && a->prefix == b->prefix && a->via == b->via && !(a->net & bit) &&
	       b->net == (a->net | bit);
}

/* In a chain of a thousand routers each would have a thousand routes. */
static void merge_hops(struct search *search)
{
	struct snet__model_hop *hops = search->hops;
	size_t count = 0;

	for (size_t i = 0; i < search->hop_count; i++) {
		hops[count++] = hops[i];
		for (; count > 1 && are_halves(&hops[count - 2], &hops[count - 1]);
		     count--)
			hops[count - 2].prefix--;
	}
	search->hop_count = count;
}

/* Whether an address of a multihomed host is reached without a route of its own. @is_on_link: the
 * host is in a segment of the node's, and no router is to be between them. */
static bool is_known(const struct search *search, const struct snet__model_iface *iface,
		     bool is_on_link)
{
	uint32_t segment = iface->segment;

	if (search->seen_area[search->model->segments[segment].area] != search->number)
		return false;
	return !is_on_link ||
	       (search->seen_segment[segment] == search->number && !search->via[segment]);
}

static bool is_crowded(const struct search *search, uint32_t segment)
{
	const uint32_t *first = &search->multihomed.first[segment];

	return first[1] - first[0] > MULTIHOMED_MAX;
}

/* Routes to the addresses of a multihomed host in @segment that are not known. */
static void visit(struct search *search, const struct station *host, uint32_t segment,
		  uint32_t usual)
{
	const struct snet__model_node *node = host->node;
	uint32_t via = search->via[segment];
	bool is_named = !via && !is_crowded(search, segment);

	if (search->seen_node[node->index] == search->number)
		return;
	search->seen_node[node->index] = search->number;
	if (!via)
		via = host->iface->ipv4;
	for (size_t i = 0; via != usual && i < node->iface_count; i++)
		if (!is_known(search, &node->ifaces[i], is_named && i == 0))
			search->hops[search->hop_count++] =
				(struct snet__model_hop){node->ifaces[i].ipv4, 32, via};
}

static bool is_leaf(const struct snet__model_node *node)
{
	return node->iface_count == 1 && !is_door(node);
}

/* Whether @node leaves the multihomed hosts on-link to its usual router, which knows them all. */
static bool leaves_multihomed(const struct search *search,
			      const struct snet__model_node *node, uint32_t usual)
{
	return is_leaf(node) && usual && is_crowded(search, node->ifaces[0].segment);
}

/* Those in the segments that were found, the nearest first; and all is in order then. */
static void finish_hops(struct search *search, const struct snet__model_node *node,
			uint32_t usual)
{
	/* A leaf's own segment is the first. */
	for (size_t i = leaves_multihomed(search, node, usual); i < search->found_count;
	     i++) {
		uint32_t segment = search->found[i];

		for (uint32_t k = search->multihomed.first[segment];
		     k < search->multihomed.first[segment + 1]; k++)
			visit(search, &search->multihomed.items[k], segment, usual);
	}
	qsort(search->hops, search->hop_count, sizeof(*search->hops), compare_hops);
	merge_hops(search);
}

/* One route for all where that will do; it leads nowhere in a ring, since a router that has
 * several ways has no such route. Of one that leads outside, that route is not within the lab. */
static void make_hops(struct search *search, const struct snet__model_node *node)
{
	const struct snet__model *model = search->model;
	uint32_t usual = search->outside ? search->outside : common_step(search);

	if (snet__model_leads_outside(node))
		usual = 0;
	if (usual)
		search->hops[search->hop_count++] = (struct snet__model_hop){0, 0, usual};
	for (size_t i = 0; i < search->found_count; i++) {
		uint32_t segment = search->found[i], via = search->via[segment];

		if (via && via != usual && model->segments[segment].station_count)
			search->hops[search->hop_count++] =
				(struct snet__model_hop){model->segments[segment].subnet,
							 model->segments[segment].prefix,
							 via};
	}
	finish_hops(search, node, usual);
}

static int keep_hops(const struct search *search, struct snet__model_node *node)
{
	free(node->hops);
	node->hops = NULL;
	node->hop_count = 0;
	if (!search->hop_count)
		return 0;
	node->hops = malloc(search->hop_count * sizeof(*node->hops));
	if (!node->hops)
		return -ENOMEM;
	memcpy(node->hops, search->hops, search->hop_count * sizeof(*node->hops));
	node->hop_count = search->hop_count;
	return 0;
}

static int compare_leaves(const void *a, const void *b)
{
	const struct snet__model_node *x = *(struct snet__model_node *const *)a;
	const struct snet__model_node *y = *(struct snet__model_node *const *)b;

	if (x->ifaces[0].segment != y->ifaces[0].segment)
		return x->ifaces[0].segment < y->ifaces[0].segment ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Routes of a node with nothing but an interface in @segment. A single door is the way to all
 * there is, which need not be searched: a router may have as many segments as there are leaves. */
static void find_hops(struct search *search, const struct snet__model_node *leaf,
		      uint32_t segment)
{
	const uint32_t *first = &search->doors.first[segment];
	uint32_t usual;

	if (first[1] - first[0] != 1) {
		search_from(search, leaf);
		make_hops(search, leaf);
		return;
	}
	set_out(search, leaf);
	usual = search->doors.items[*first].iface->ipv4;
	search->hops[search->hop_count++] = (struct snet__model_hop){0, 0, usual};
	finish_hops(search, leaf, usual);
}

static int route_leaves(struct search *search)
{
	const struct snet__model *model = search->model;
	autofree struct snet__model_node **leaves =
		calloc(model->node_count + 1, sizeof(*leaves));
	uint32_t segment = UINT32_MAX;
	size_t count = 0;
	int r = 0;

	if (!leaves)
		return -ENOMEM;
	for (size_t i = 0; i < model->node_count; i++)
		if (is_leaf(model->nodes[i]))
			leaves[count++] = model->nodes[i];
	qsort(leaves, count, sizeof(struct snet__model_node *), compare_leaves);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (leaves[i]->ifaces[0].segment != segment) {
			segment = leaves[i]->ifaces[0].segment;
			find_hops(search, leaves[i], segment);
		}
		r = keep_hops(search, leaves[i]);
	}
	return r;
}

static int prepare(struct search *search)
{
	const struct snet__model *model = search->model;
	int r = collect(&search->doors, model, false);

	if (r == 0)
		r = collect(&search->multihomed, model, true);
	if (r < 0)
		return r;
	search->hops = calloc(model->segment_count + search->multihomed.count + 1,
			      sizeof(*search->hops));
	return search->hops ? 0 : -ENOMEM;
}

static int route_all(struct search *search)
{
	const struct snet__model *model = search->model;
	int r = prepare(search);

	if (r == 0)
		r = route_leaves(search);
	for (size_t i = 0; i < model->node_count && r == 0; i++) {
		struct snet__model_node *node = model->nodes[i];

		if (!node->iface_count || is_leaf(node))
			continue;
		search_from(search, node);
		make_hops(search, node);
		r = keep_hops(search, node);
	}
	return r;
}

static void clear(struct search *search)
{
	free(search->doors.items);
	free(search->doors.first);
	free(search->multihomed.items);
	free(search->multihomed.first);
	free(search->hops);
}

int snet__model_route(struct snet__model *model, struct snet_err *err)
{
	size_t segments = model->segment_count + 2, nodes = model->node_count + 1;
	autofree uint32_t *via = calloc(segments, sizeof(*via));
	autofree uint32_t *found = calloc(segments, sizeof(*found));
	autofree uint32_t *seen_segment = calloc(segments, sizeof(*seen_segment));
	autofree uint32_t *seen_node = calloc(nodes, sizeof(*seen_node));
	autofree uint32_t *seen_area = calloc(segments, sizeof(*seen_area));
	struct search search = {.model = model,
				.via = via,
				.found = found,
				.seen_segment = seen_segment,
				.seen_node = seen_node,
				.seen_area = seen_area};
	int r;

	if (!via || !found || !seen_segment || !seen_node || !seen_area)
		return snet__err_oom(err);
	r = route_all(&search);
	clear(&search);
	return r < 0 ? snet__err_oom(err) : 0;
}
