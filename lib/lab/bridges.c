/* SPDX-License-Identifier: MIT */
#include "lab/bridges.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lab/fabric.h"
#include "lab/shaping.h"

/* A segment with more stations than this does without flooding: see lab/switches.c. */
#define LOUD_STATIONS 500

bool snet__bridges_is_quiet(const struct snet__model_segment *segment)
{
	return segment->station_count > LOUD_STATIONS && !segment->has_stp;
}

int snet__bridges_find(const struct snet__run *run, const struct snet__model_node *node,
		       unsigned int vlan)
{
	const struct snet__run_node *there = run->nodes[node->index];

	for (size_t i = 0; i < there->port_count; i++)
		if (there->ports[i].vlan == vlan)
			return there->ports[i].at;
	return -1;
}

/* A bridge for each VLAN that the switch has something of, and has none yet. @links: how many it
 * has at most. */
static int make_switch(struct snet__run *run, struct snet__run_node *node, size_t links,
		       struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	const struct snet__model_node *described = node->node;
	struct snet__run_port *more;
	int r = 0;

	more = reallocarray(node->ports, described->bridge_count + 1, sizeof(*more));
	if (!more)
		return snet__err_oom(err);
	node->ports = more;
	for (size_t i = 0; i < described->bridge_count && r == 0; i++) {
		const struct snet__model_segment *segment =
			&model->segments[described->bridges[i].segment];
		struct snet__fabric_switch made = {
			.name = described->name,
			.stp = described->stp,
			.ports = links,
			.is_quiet = snet__bridges_is_quiet(segment),
		};
		struct snet__run_port *port = &node->ports[node->port_count];

		if (snet__bridges_find(run, described, described->bridges[i].vlan) >= 0)
			continue;
		port->vlan = described->bridges[i].vlan;
		r = snet__fabric_add_switch(run->fabric, &made, &port->at, err);
		node->port_count += r == 0;
	}
	return r;
}

int snet__bridges_make(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree size_t *links = calloc(model->node_count + 1, sizeof(*links));
	int r = 0;

	if (!links)
		return snet__err_oom(err);
	for (size_t i = 0; i < model->link_count; i++)
		for (int k = 0; k < 2; k++)
			links[model->links[i]->ends[k]->index]++;
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (model->nodes[i]->role == SNET__ROLE_SWITCH)
			r = make_switch(run, run->nodes[i], links[i], err);
	return r;
}

/* A cable for each VLAN that both ends have something of. */
int snet__bridges_join(struct snet__run *run, struct snet__run_link *made,
		       struct snet_err *err)
{
	const struct snet__model_link *link = made->link;
	const struct snet__run_node *from = run->nodes[link->ends[0]->index];
	int r = 0;

	run->is_unsettled |= link->ends[0]->stp || link->ends[1]->stp;
	made->is_fresh = made->is_silent = true;
	made->is_cut = snet__shaping_is_cut(link);
	made->numbers = calloc(from->port_count + 1, sizeof(*made->numbers));
	made->vlans = calloc(from->port_count + 1, sizeof(*made->vlans));
	if (!made->numbers || !made->vlans)
		return snet__err_oom(err);
	for (size_t i = 0; i < from->port_count && r == 0; i++) {
		unsigned int vlan = from->ports[i].vlan;
		int to = snet__bridges_find(run, link->ends[1], vlan);

		if (to < 0 || !snet__link_carries(link, vlan))
			continue;
		made->vlans[made->number_count] = vlan == SNET__VLAN_DEFAULT ? 0 : vlan;
		r = snet__fabric_link_switches(run->fabric, from->ports[i].at, to,
					       link->mtu, snet__shaping_is_cut(link),
					       &made->numbers[made->number_count], err);
		made->number_count += r == 0;
	}
	return r;
}
