/* SPDX-License-Identifier: MIT */
/* Each bridge of a switch and each interface of a node is a point; links that are not down join
 * points to islands (union-find). A packet goes from router to router as their routes have it, and
 * each time from one interface to another of the same segment, which it reaches on its island. */

#include "topo/reach.h"

#include <stdlib.h>

#include "base/cleanup.h"

/* More routers than this no packet passes: its time to live. */
#define HOPS_MAX 64

/* An interface that has an address. */
struct station {
	uint32_t ipv4;
	const struct snet__model_node *node;
	const struct snet__model_iface *iface;
};

struct snet__reach {
	const struct snet__model *model;
	size_t *first;            /* point of each node: bridges, or interfaces */
	size_t *parents;          /* of each point */
	struct station *stations; /* sorted by address */
	size_t station_count;
};

bool snet__reach_is_down(const struct snet__model_link *link)
{
	return link->forth.down || link->back.down;
}

static size_t find_root(size_t *parents, size_t point)
{
	while (parents[point] != point) {
		parents[point] = parents[parents[point]];
		point = parents[point];
	}
	return point;
}

static void join(struct snet__reach *reach, size_t a, size_t b)
{
	reach->parents[find_root(reach->parents, a)] = find_root(reach->parents, b);
}

static size_t point_of(const struct snet__reach *reach,
		       const struct snet__model_node *node,
		       const struct snet__model_iface *iface)
{
	return reach->first[node->index] + (size_t)(iface - node->ifaces);
}

static void join_switches(struct snet__reach *reach, const struct snet__model_link *link)
{
	const struct snet__model_node *a = link->ends[0], *b = link->ends[1];

	for (size_t i = 0; i < a->bridge_count; i++) {
		const struct snet__model_bridge *other =
			snet__node_find_bridge(b, a->bridges[i].vlan);

		if (other && snet__link_carries(link, a->bridges[i].vlan))
			join(reach, reach->first[a->index] + i,
			     reach->first[b->index] + (size_t)(other - b->bridges));
	}
}

/* The point at one end of a link that a node has. */
static bool find_end(size_t *ret, const struct snet__reach *reach,
		     const struct snet__model_link *link, int end)
{
	const struct snet__model_node *node = link->ends[end];
	const struct snet__model_bridge *bridge;
	const struct snet__model_iface *iface;

	if (node->role != SNET__ROLE_SWITCH) {
		iface = snet__node_find_iface(node, link);
		*ret = iface ? point_of(reach, node, iface) : 0;
		return iface;
	}
	bridge = snet__node_find_bridge(node, snet__link_vlan(link));
	*ret = bridge ? reach->first[node->index] + (size_t)(bridge - node->bridges) : 0;
	return bridge;
}

static void join_ends(struct snet__reach *reach, const struct snet__model_link *link)
{
	size_t a, b;

	if (snet__reach_is_down(link))
		return;
	if (link->ends[0]->role == SNET__ROLE_SWITCH &&
	    link->ends[1]->role == SNET__ROLE_SWITCH)
		join_switches(reach, link);
	else if (find_end(&a, reach, link, 0) && find_end(&b, reach, link, 1))
		join(reach, a, b);
}

static int compare_stations(const void *a, const void *b)
{
	uint32_t x = ((const struct station *)a)->ipv4,
		 y = ((const struct station *)b)->ipv4;

	return x < y ? -1 : x > y;
}

static void list_stations(struct snet__reach *reach)
{
	const struct snet__model *model = reach->model;

	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		for (size_t k = 0; k < node->iface_count; k++)
			reach->stations[reach->station_count++] =
				(struct station){node->ifaces[k].ipv4, node,
						 &node->ifaces[k]};
	}
	qsort(reach->stations, reach->station_count, sizeof(*reach->stations),
	      compare_stations);
}

static size_t count_points(struct snet__reach *reach)
{
	const struct snet__model *model = reach->model;
	size_t count = 0;

	for (size_t i = 0; i < model->node_count; i++) {
		reach->first[i] = count;
		count += model->nodes[i]->bridge_count + model->nodes[i]->iface_count;
	}
	return count;
}

int snet__reach_new(struct snet__reach **ret, const struct snet__model *model,
		    struct snet_err *err)
{
	struct snet__reach *reach = calloc(1, sizeof(*reach));
	size_t count = 0;

	if (!reach)
		return snet__err_oom(err);
	reach->model = model;
	reach->first = calloc(model->node_count + 1, sizeof(*reach->first));
	if (reach->first)
		count = count_points(reach);
	reach->parents = calloc(count + 1, sizeof(*reach->parents));
	reach->stations = calloc(count + 1, sizeof(*reach->stations));
	if (!reach->first || !reach->parents || !reach->stations) {
		snet__reach_free(reach);
		return snet__err_oom(err);
	}
	for (size_t i = 0; i < count; i++)
		reach->parents[i] = i;
	for (size_t i = 0; i < model->link_count; i++)
		join_ends(reach, model->links[i]);
	list_stations(reach);
	*ret = reach;
	return 0;
}

void snet__reach_free(struct snet__reach *reach)
{
	if (!reach)
		return;
	free(reach->first);
	free(reach->parents);
	free(reach->stations);
	free(reach);
}

static bool is_within(uint32_t ipv4, uint32_t net, unsigned int prefix)
{
	return !prefix || (ipv4 ^ net) >> (32 - prefix) == 0;
}

/* The interface whose subnet an address is in. */
static const struct snet__model_iface *find_direct(const struct snet__model_node *node,
						   uint32_t ipv4)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (is_within(ipv4, node->ifaces[i].ipv4, node->ifaces[i].prefix))
			return &node->ifaces[i];
	return NULL;
}

/* By which interface packets to @ipv4 leave, and to which address next to it; NULL for none. */
static const struct snet__model_iface *find_way(const struct snet__model_node *node,
						uint32_t ipv4, uint32_t *ret_next)
{
	const struct snet__model_iface *iface = find_direct(node, ipv4);
	const struct snet__model_hop *best = NULL;

	*ret_next = ipv4;
	if (iface)
		return iface;
	for (size_t i = 0; i < node->hop_count; i++) {
		const struct snet__model_hop *hop = &node->hops[i];

		if (is_within(ipv4, hop->net, hop->prefix) &&
		    (!best || hop->prefix > best->prefix))
			best = hop;
	}
	if (!best)
		return NULL;
	*ret_next = best->via;
	return find_direct(node, best->via);
}

static const struct station *find_station(const struct snet__reach *reach, uint32_t ipv4)
{
	const struct station key = {.ipv4 = ipv4};

	return bsearch(&key, reach->stations, reach->station_count,
		       sizeof(*reach->stations), compare_stations);
}

static bool has_address(const struct snet__model_node *node, uint32_t ipv4)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (node->ifaces[i].ipv4 == ipv4)
			return true;
	return false;
}

static bool walk(const struct snet__reach *reach, const struct snet__model_node *node,
		 uint32_t ipv4)
{
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		const struct snet__model_iface *iface;
		const struct station *next;
		uint32_t address;

		if (has_address(node, ipv4))
			return true;
		iface = find_way(node, ipv4, &address);
		next = iface ? find_station(reach, address) : NULL;
		if (!next || find_root(reach->parents, point_of(reach, node, iface)) !=
				     find_root(reach->parents,
					       point_of(reach, next->node, next->iface)))
			return false;
		node = next->node;
	}
	return false;
}

bool snet__reach_has(const struct snet__reach *reach, const struct snet__model_node *node,
		     const struct snet__model_node *other)
{
	return walk(reach, node, other->ipv4) && walk(reach, other, node->ipv4);
}
