/* SPDX-License-Identifier: MIT */
/* The broadcast domains of a description. A switch with several VLANs is as many bridges; a
 * link between switches joins those of the VLANs that it carries. Each such bridge, and each
 * cable between two nodes, is a unit; units that are joined make up a segment. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/check.h"

/* Units of a lab at most: switches times VLANs, and cables. */
#define UNITS_MAX (1u << 23)

#define NONE UINT32_MAX

struct segments {
	struct snet__check *check;
	struct snet__model *model;
	unsigned int vlans[SNET__VLAN_MAX]; /* in use, sorted */
	size_t vlan_count;
	uint32_t *slot;    /* of each node: its number among the switches */
	uint32_t *parent;  /* of each unit, by union-find */
	uint32_t *segment; /* of each root, NONE: not numbered yet */
	size_t switch_count, unit_count;
	uint32_t *loops; /* links that close a ring */
	size_t loop_count;
};

static uint32_t find_root(uint32_t *parent, uint32_t unit)
{
	while (parent[unit] != unit) {
		parent[unit] = parent[parent[unit]]; /* halves the way for the next */
		unit = parent[unit];
	}
	return unit;
}

static void use_vlan(bool used[static SNET__VLAN_MAX + 1], unsigned int vlan)
{
	if (vlan <= SNET__VLAN_MAX)
		used[vlan] = true;
}

static void collect_vlans(struct segments *all)
{
	bool used[SNET__VLAN_MAX + 1] = {[SNET__VLAN_DEFAULT] = true};

	for (size_t i = 0; i < all->model->link_count; i++) {
		const struct snet__model_link *link = all->model->links[i];

		if (link->vlan)
			use_vlan(used, link->vlan);
		for (size_t k = 0; k < link->vlan_count; k++)
			use_vlan(used, link->vlans[k]);
	}
	for (unsigned int vlan = 1; vlan <= SNET__VLAN_MAX; vlan++)
		if (used[vlan])
			all->vlans[all->vlan_count++] = vlan;
}

static size_t vlan_slot(const struct segments *all, unsigned int vlan)
{
	size_t i = 0;

	while (i + 1 < all->vlan_count && all->vlans[i] != vlan)
		i++;
	return i;
}

static uint32_t switch_unit(const struct segments *all,
			    const struct snet__model_node *node, size_t vlan)
{
	return (uint32_t)(all->slot[node->index] * all->vlan_count + vlan);
}

/* The unit of a link with a node at one end, at least. */
static uint32_t station_unit(const struct segments *all,
			     const struct snet__model_link *link)
{
	for (int i = 0; i < 2; i++)
		if (snet__check_is_switch(link->ends[i]))
			return switch_unit(all, link->ends[i],
					   vlan_slot(all, snet__link_vlan(link)));
	return (uint32_t)(all->switch_count * all->vlan_count + link->index);
}

static bool is_trunk(const struct snet__model_link *link)
{
	return link->ends[0] && snet__check_is_switch(link->ends[0]) &&
	       snet__check_is_switch(link->ends[1]);
}

static int prepare(struct segments *all)
{
	const struct snet__model *model = all->model;

	all->slot = calloc(model->node_count + 1, sizeof(*all->slot));
	all->loops = calloc(model->link_count + 1, sizeof(*all->loops));
	if (!all->slot || !all->loops)
		return -ENOMEM;
	for (size_t i = 0; i < model->node_count; i++)
		if (snet__check_is_switch(model->nodes[i]))
			all->slot[i] = (uint32_t)all->switch_count++;
	collect_vlans(all);
	if (all->switch_count * all->vlan_count > UNITS_MAX) {
		snet__check_complain(all->check, SNET__SECTION_LAB, 0, "links",
				     "too many VLANs on too many switches: %zu on %zu",
				     all->vlan_count, all->switch_count);
		return -EINVAL;
	}
	all->unit_count = all->switch_count * all->vlan_count + model->link_count;
	all->parent = calloc(all->unit_count + 1, sizeof(*all->parent));
	all->segment = calloc(all->unit_count + 1, sizeof(*all->segment));
	if (!all->parent || !all->segment)
		return -ENOMEM;
	for (uint32_t i = 0; i < all->unit_count; i++) {
		all->parent[i] = i;
		all->segment[i] = NONE;
	}
	return 0;
}

static void join_switches(struct segments *all, const struct snet__model_link *link)
{
	bool closes_loop = false;

	for (size_t v = 0; v < all->vlan_count; v++) {
		uint32_t a, b;

		if (!snet__link_carries(link, all->vlans[v]))
			continue;
		a = find_root(all->parent, switch_unit(all, link->ends[0], v));
		b = find_root(all->parent, switch_unit(all, link->ends[1], v));
		closes_loop |= a == b;
		all->parent[a < b ? b : a] = a < b ? a : b;
	}
	if (closes_loop)
		all->loops[all->loop_count++] = (uint32_t)link->index;
}

static uint32_t number(struct segments *all, uint32_t unit)
{
	uint32_t root = find_root(all->parent, unit);

	if (all->segment[root] == NONE)
		all->segment[root] = (uint32_t)all->model->segment_count++;
	return all->segment[root];
}

/* In the order of the links; and what only switches are in, behind. VLANs without stations do
 * not come to be. */
static int number_segments(struct segments *all)
{
	struct snet__model *model = all->model;

	free(model->segments);
	model->segments = NULL;
	model->segment_count = 0;
	for (size_t i = 0; i < model->link_count; i++)
		if (model->links[i]->ends[0] && !is_trunk(model->links[i]))
			(void)number(all, station_unit(all, model->links[i]));
	for (size_t i = 0; i < model->node_count; i++)
		if (snet__check_is_switch(model->nodes[i]))
			(void)number(all,
				     switch_unit(all, model->nodes[i],
						 vlan_slot(all, SNET__VLAN_DEFAULT)));
	model->segments = calloc(model->segment_count + 1, sizeof(*model->segments));
	return model->segments ? 0 : -ENOMEM;
}

static int fill_switch(struct segments *all, struct snet__model_node *node)
{
	uint32_t segment;

	free(node->bridges);
	node->bridge_count = 0;
	node->bridges = calloc(all->vlan_count + 1, sizeof(*node->bridges));
	if (!node->bridges)
		return -ENOMEM;
	for (size_t v = 0; v < all->vlan_count; v++) {
		segment = all->segment[find_root(all->parent, switch_unit(all, node, v))];
		if (segment == NONE)
			continue;
		node->bridges[node->bridge_count++] =
			(struct snet__model_bridge){all->vlans[v], segment};
		all->model->segments[segment].has_stp |= node->stp;
	}
	return 0;
}

static int fill_ifaces(struct segments *all)
{
	const struct snet__model *model = all->model;

	for (size_t i = 0; i < model->node_count; i++) {
		struct snet__model_node *node = model->nodes[i];

		free(node->ifaces);
		node->iface_count = 0;
		node->ifaces = calloc(all->check->degree[i] + 1, sizeof(*node->ifaces));
		if (!node->ifaces)
			return -ENOMEM;
	}
	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];
		uint32_t segment;

		if (!link->ends[0] || is_trunk(link))
			continue;
		segment = number(all, station_unit(all, link));
		for (int k = 0; k < 2; k++) {
			struct snet__model_node *node = link->ends[k];

			if (snet__check_is_switch(node))
				continue;
			node->ifaces[node->iface_count++] =
				(struct snet__model_iface){.link = link,
							   .segment = segment};
			model->segments[segment].station_count++;
		}
	}
	return 0;
}

/* Frames go round in a ring for ever unless all its switches know better. */
static void check_loops(struct segments *all)
{
	const struct snet__model *model = all->model;

	for (size_t i = 0; i < all->loop_count; i++) {
		const struct snet__model_link *link = model->links[all->loops[i]];
		const struct snet__model_node *without = NULL;

		for (int k = 0; k < 2 && !without; k++)
			if (!link->ends[k]->stp && link->ends[k]->kind)
				without = link->ends[k];
		if (without && !all->check->is_link_missing)
			snet__check_complain(
				all->check, SNET__SECTION_LINKS, link->index, NULL,
				"makes a loop: '%s' and '%s' are connected already, and "
				"'%s' has no \"stp\": true",
				link->from, link->to, without->name);
	}
}

/* Two segments with a router between them are one area: whoever is in it reaches all of it. */
static int find_areas(struct segments *all)
{
	const struct snet__model *model = all->model;
	autofree uint32_t *parent = calloc(model->segment_count + 1, sizeof(*parent));

	if (!parent)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->segment_count; i++)
		parent[i] = i;
	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		if (node->kind && !snet__role_forwards(node->role))
			continue;
		for (size_t k = 1; k < node->iface_count; k++) {
			uint32_t a = find_root(parent, node->ifaces[0].segment);
			uint32_t b = find_root(parent, node->ifaces[k].segment);

			parent[a < b ? b : a] = a < b ? a : b;
		}
	}
	for (uint32_t i = 0; i < model->segment_count; i++)
		model->segments[i].area = find_root(parent, i);
	return 0;
}

bool snet__role_forwards(enum snet__role role)
{
	return role == SNET__ROLE_ROUTER || role == SNET__ROLE_GATEWAY;
}

static int make(struct segments *all)
{
	const struct snet__model *model = all->model;
	int r = prepare(all);

	for (size_t i = 0; i < model->link_count && r == 0; i++)
		if (is_trunk(model->links[i]))
			join_switches(all, model->links[i]);
	if (r == 0)
		r = number_segments(all);
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (snet__check_is_switch(model->nodes[i]))
			r = fill_switch(all, model->nodes[i]);
	if (r == 0)
		r = fill_ifaces(all);
	if (r == 0)
		r = find_areas(all);
	if (r == 0)
		check_loops(all);
	return r;
}

void snet__check_segments(struct snet__check *check)
{
	struct segments all = {.check = check, .model = check->model};

	if (make(&all) == -ENOMEM)
		check->r = snet__err_oom(check->err);
	free(all.slot);
	free(all.loops);
	free(all.parent);
	free(all.segment);
}

bool snet__check_is_connected(const struct snet__check *check, size_t a, size_t b)
{
	const struct snet__model *model = check->model;
	const struct snet__model_node *x = model->nodes[a], *y = model->nodes[b];

	if (check->is_link_missing)
		return true;
	for (size_t i = 0; i < x->iface_count; i++)
		for (size_t k = 0; k < y->iface_count; k++)
			if (model->segments[x->ifaces[i].segment].area ==
			    model->segments[y->ifaces[k].segment].area)
				return true;
	return false;
}
