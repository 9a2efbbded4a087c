/* SPDX-License-Identifier: MIT */
#include "lab/acquaint.h"

#include "base/cleanup.h"
#include "base/vec.h"
#include "lab/fabric.h"
#include "sys/iface.h"

struct snet__acquaintance {
	const struct snet__run_node *node;
	int number; /* of its interface */
	uint32_t ipv4;
};

static int keep(struct snet__run *run, const struct snet__acquaintance *acquaintance,
		struct snet_err *err)
{
	int r;

	for (size_t i = 0; i < run->acquaintance_count; i++)
		if (run->acquaintances[i].node == acquaintance->node &&
		    run->acquaintances[i].number == acquaintance->number &&
		    run->acquaintances[i].ipv4 == acquaintance->ipv4)
			return 0;
	r = snet__vec_reserve(&run->acquaintances, &run->acquaintance_cap,
			      run->acquaintance_count + 1, sizeof(*run->acquaintances),
			      err);
	if (r == 0)
		run->acquaintances[run->acquaintance_count++] = *acquaintance;
	return r;
}

static int queue_all(struct snet__run *run, struct snet__nl *nl,
		     const struct snet__model_node *node,
		     const struct snet__model_node *other, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count; i++) {
		const struct snet__model_iface *own = &node->ifaces[i];
		int number = run->links[own->link->index]->numbers[0];

		for (size_t k = 0; k < other->iface_count && r == 0; k++) {
			const struct snet__model_iface *there = &other->ifaces[k];
			const struct snet__acquaintance added = {run->nodes[node->index],
								 number, there->ipv4};

			if (there->segment != own->segment)
				continue;
			r = keep(run, &added, err);
			if (r == 0)
				r = snet__iface_add_neighbour(nl, number, there->ipv4,
							      there->mac, err);
		}
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

static bool is_peer(const struct snet__peers *peers,
		    const struct snet__acquaintance *acquaintance)
{
	const struct snet__model_node *node = acquaintance->node->node;
	const struct snet__peer *peer = snet__peers_of(peers, node);

	for (; peer < peers->items + peers->count && peer->node == node; peer++)
		if (peer->peer->ipv4 == acquaintance->ipv4)
			return true;
	return false;
}

/* What is not there any more is not missed. */
static void forget(struct snet__run *run, const struct snet__acquaintance *acquaintance)
{
	struct snet__fabric_node made;
	autoclose int netns = -1;
	int r;

	if (snet__run_open_netns(acquaintance->node, &netns, NULL) < 0 ||
	    snet__fabric_begin_node(run->fabric, netns, &made, NULL) < 0)
		return;
	r = snet__iface_remove_neighbour(made.nl, acquaintance->number,
					 acquaintance->ipv4, NULL);
	(void)snet__fabric_finish_node(&made, r, NULL);
}

void snet__lab_forget_acquaintances(struct snet__run *run,
				    const struct snet__peers *peers)
{
	for (size_t i = 0; i < run->acquaintance_count; i++)
		if (!is_peer(peers, &run->acquaintances[i]))
			forget(run, &run->acquaintances[i]);
	run->acquaintance_count = 0;
}
