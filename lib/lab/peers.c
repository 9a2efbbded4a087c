/* SPDX-License-Identifier: MIT */
#include "lab/peers.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vec.h"

/* A node with more next steps than this asks for the rest when it needs them. */
#define STEPS_MAX 16

struct station {
	const struct snet__model_node *node;
	const struct snet__model_iface *iface;
};

struct directory {
	struct station *stations; /* by address */
	size_t count;
};

static int compare_stations(const void *a, const void *b)
{
	const struct station *x = a, *y = b;

	return x->iface->ipv4 < y->iface->ipv4 ? -1 : x->iface->ipv4 > y->iface->ipv4;
}

static const struct station *find_station(const struct directory *all, uint32_t ipv4)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all->stations[middle].iface->ipv4 < ipv4)
			low = middle + 1;
		else
			high = middle;
	}
	return low < all->count && all->stations[low].iface->ipv4 == ipv4
		       ? &all->stations[low]
		       : NULL;
}

static int make_directory(struct directory *all, const struct snet__model *model,
			  struct snet_err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < model->node_count; i++)
		count += model->nodes[i]->iface_count;
	all->stations = calloc(count + 1, sizeof(*all->stations));
	if (!all->stations)
		return snet__err_oom(err);
	for (size_t i = 0; i < model->node_count; i++)
		for (size_t k = 0; k < model->nodes[i]->iface_count; k++)
			all->stations[all->count++] =
				(struct station){model->nodes[i],
						 &model->nodes[i]->ifaces[k]};
	qsort(all->stations, all->count, sizeof(*all->stations), compare_stations);
	return 0;
}

/* Both of them, and each the other. */
static int add_pair(struct snet__peers *peers, const struct station *a,
		    const struct station *b, struct snet_err *err)
{
	int r = snet__vec_reserve(&peers->items, &peers->cap, peers->count + 2,
				  sizeof(*peers->items), err);

	if (r < 0)
		return r;
	peers->items[peers->count++] = (struct snet__peer){a->node, a->iface, b->iface};
	peers->items[peers->count++] = (struct snet__peer){b->node, b->iface, a->iface};
	return 0;
}

/* The interface of @node in the segment of @other. */
static const struct snet__model_iface *iface_towards(const struct snet__model_node *node,
						     const struct station *other)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (node->ifaces[i].segment == other->iface->segment)
			return &node->ifaces[i];
	return NULL;
}

static int add_step(struct snet__peers *peers, const struct snet__model_node *node,
		    const struct station *other, struct snet_err *err)
{
	struct station own = {node, other ? iface_towards(node, other) : NULL};

	return own.iface ? add_pair(peers, &own, other, err) : 0;
}

/* The routers that @node hands packets to; each once. */
static int add_steps(struct snet__peers *peers, const struct directory *all,
		     const struct snet__model_node *node, struct snet_err *err)
{
	uint32_t seen[STEPS_MAX];
	size_t count = 0, k;
	int r = 0;

	for (size_t i = 0; i < node->hop_count && count < STEPS_MAX && r == 0; i++) {
		for (k = 0; k < count && seen[k] != node->hops[i].via; k++)
			;
		if (k < count)
			continue;
		seen[count++] = node->hops[i].via;
		r = add_step(peers, node, find_station(all, node->hops[i].via), err);
	}
	return r;
}

static int add_relayer(struct snet__peers *peers, const struct snet__model *model,
		       const struct snet__model_node *node, struct snet_err *err)
{
	const struct snet__model_node *relayer =
		node->relayer ? snet__model_find_node(model, node->relayer) : NULL;

	for (size_t i = 0; relayer && i < relayer->iface_count; i++) {
		struct station there = {relayer, &relayer->ifaces[i]};

		if (iface_towards(node, &there))
			return add_step(peers, node, &there, err);
	}
	return 0;
}

/* The other ends of its cables. */
static int add_cables(struct snet__peers *peers, const struct snet__model_node *node,
		      struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++) {
		const struct snet__model_link *link = node->ifaces[i].link;
		struct station own = {node, &node->ifaces[i]};
		struct station other = {.node = link->ends[1]};

		/* Once, at its first end. */
		if (link->ends[0] != node || other.node->role == SNET__ROLE_SWITCH)
			continue;
		other.iface = snet__node_find_iface(other.node, link);
		r = add_pair(peers, &own, &other, err);
	}
	return r;
}

static int compare_peers(const void *a, const void *b)
{
	const struct snet__peer *x = a, *y = b;

	if (x->node->index != y->node->index)
		return x->node->index < y->node->index ? -1 : 1;
	return x->peer->ipv4 < y->peer->ipv4 ? -1 : x->peer->ipv4 > y->peer->ipv4;
}

int snet__peers_find(struct snet__peers *peers, const struct snet__model *model,
		     struct snet_err *err)
{
	struct directory all = {0};
	int r = make_directory(&all, model, err);

	/* An array of none has a place, too. */
	if (r == 0)
		r = snet__vec_reserve(&peers->items, &peers->cap, 1,
				      sizeof(*peers->items), err);
	for (size_t i = 0; i < model->node_count && r == 0; i++) {
		r = add_steps(peers, &all, model->nodes[i], err);
		if (r == 0)
			r = add_relayer(peers, model, model->nodes[i], err);
		if (r == 0)
			r = add_cables(peers, model->nodes[i], err);
	}
	free(all.stations);
	if (peers->count)
		qsort(peers->items, peers->count, sizeof(*peers->items), compare_peers);
	return r;
}

void snet__peers_clear(struct snet__peers *peers)
{
	free(peers->items);
	*peers = (struct snet__peers){0};
}

const struct snet__peer *snet__peers_of(const struct snet__peers *peers,
					const struct snet__model_node *node)
{
	size_t low = 0, high = peers->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (peers->items[middle].node->index < node->index)
			low = middle + 1;
		else
			high = middle;
	}
	return peers->items + low;
}
