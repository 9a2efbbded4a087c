/* SPDX-License-Identifier: MIT */
#include "lab/acquaint.h"

#include "base/cleanup.h"
#include "lab/fabric.h"
#include "sys/iface.h"

static int queue_all(const struct snet__run *run, struct snet__nl *nl,
		     const struct snet__model_node *node,
		     const struct snet__model_node *other, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count; i++) {
		const struct snet__model_iface *own = &node->ifaces[i];
		int number = run->links[own->link->index]->numbers[0];

		for (size_t k = 0; k < other->iface_count && r == 0; k++)
			if (other->ifaces[k].segment == own->segment)
				r = snet__iface_add_neighbour(nl, number,
							      other->ifaces[k].ipv4,
							      other->ifaces[k].mac, err);
	}
	return r;
}

static int introduce(struct snet__run *run, const struct snet__model_node *node,
		     const struct snet__model_node *other, struct snet_err *err)
{
	struct snet__fabric_node made = {.netns = -1};
	autoclose int netns = -1;
	int r;

	r = snet__run_open_netns(run->nodes[node->index], &netns, err);
	if (r == 0)
		r = snet__fabric_begin_node(run->fabric, netns, &made, err);
	if (r == 0)
		r = queue_all(run, made.nl, node, other, err);
	r = snet__fabric_finish_node(&made, r, err);
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", node->name) : 0;
}

int snet__lab_acquaint(struct snet__run *run, const struct snet__model_node *a,
		       const struct snet__model_node *b, struct snet_err *err)
{
	int r = introduce(run, a, b, err);

	return r < 0 ? r : introduce(run, b, a, err);
}
