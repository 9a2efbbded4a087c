/* SPDX-License-Identifier: MIT */
/* A plan's hops as the kernel's routes, of both families.
 *
 * A multihomed node has one name, which stands for the address of its first interface. All its
 * routes, those to the nets on-link as well, have that one as their source: who asks by name is
 * answered from where he has asked, by whichever interface the answer leaves. Left to itself the
 * kernel takes an address of that interface. */

#include "lab/routes.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/conf.h"

static void fill_ipv4(unsigned char ret[static 4], uint32_t ipv4)
{
	for (int i = 0; i < 4; i++)
		ret[i] = (unsigned char)(ipv4 >> (24 - 8 * i));
}

/* A hop as routes, one for each family that the lab speaks; returns how many. @index: of the
 * interface that its net is on-link on, 0 when it has a way; @source: 0 for none. */
static size_t describe_routes(struct snet__iface_route ret[static 2],
			      const struct snet__model *model,
			      const struct snet__model_hop *hop, int index,
			      uint32_t source)
{
	for (int i = 0; i < 2; i++)
		ret[i] = (struct snet__iface_route){.family = i ? AF_INET6 : AF_INET,
						    .prefix = hop->prefix,
						    .index = index,
						    .has_source = source};
	fill_ipv4(ret[0].net, hop->net);
	fill_ipv4(ret[0].via, hop->via);
	fill_ipv4(ret[0].source, source);
	if (!model->has_ipv6)
		return 1;
	if (hop->prefix) {
		ret[1].prefix += 96;
		snet__model_ipv6(ret[1].net, model, hop->net);
	}
	snet__model_ipv6(ret[1].via, model, hop->via);
	snet__model_ipv6(ret[1].source, model, source);
	return 2;
}

static int queue_hop(const struct snet__model *model, struct snet__nl *nl,
		     const struct snet__model_hop *hop, int index, uint32_t source,
		     struct snet_err *err)
{
	struct snet__iface_route routes[2];
	size_t count = describe_routes(routes, model, hop, index, source);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = snet__iface_add_route(nl, &routes[i], err);
	return r;
}

/* What a node asks its neighbours for on behalf of another interface of its own, or of others, it
 * asks from a link-local address; without one it does not ask (ndisc_send_ns() of net/ipv6). With one
 * it would look for routers for as long as it is up (addrconf_dad_completed()), and there are none
 * that it has not been told of. */
static int queue_local(const struct snet__model *model, struct snet__fabric_node *made,
		       const struct snet__model_node *node, size_t at, int index,
		       struct snet_err *err)
{
	unsigned char local[16] = {0xfe, 0x80};
	char key[64];
	int r;

	if (!model->has_ipv6)
		return 0;
	(void)snprintf(key, sizeof(key), "ipv6/conf/eth%zu/router_solicitations", at);
	r = snet__conf_write(made->netns, key, "0", err);
	if (r < 0)
		return r;
	fill_ipv4(local + 12, node->ifaces[at].ipv4);
	return snet__iface_add_address6(made->nl, index, local, 64, err);
}

/* Of two interfaces in a segment the first has what is sent to it. */
static bool is_first_there(const struct snet__model_node *node, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (node->ifaces[i].segment == node->ifaces[at].segment)
			return false;
	return true;
}

/* The nets on-link of a multihomed node. */
static int queue_on_link(const struct snet__run *run, struct snet__fabric_node *made,
			 const struct snet__model_node *node, uint32_t source,
			 struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++) {
		const struct snet__model_iface *iface = &node->ifaces[i];
		const struct snet__run_link *link = run->links[iface->link->index];
		const struct snet__model_hop hop = {
			.net = model->segments[iface->segment].subnet,
			.prefix = iface->prefix};

		/* In the midst of a change not all are there. */
		if (!link->number_count)
			continue;
		r = queue_local(model, made, node, i, link->numbers[0], err);
		if (r == 0 && is_first_there(node, i))
			r = queue_hop(model, made->nl, &hop, link->numbers[0], source,
				      err);
	}
	return r;
}

static int queue_all(const struct snet__run *run, struct snet__fabric_node *made,
		     const struct snet__model_node *node, uint32_t source,
		     struct snet_err *err)
{
	int r = 0;

	if (node->iface_count > 1)
		r = queue_on_link(run, made, node, source, err);
	for (size_t i = 0; i < node->hop_count && r == 0; i++)
		r = queue_hop(&run->lab->model, made->nl, &node->hops[i], 0, source, err);
	return r;
}

int snet__routes_queue(const struct snet__run *run, struct snet__fabric_node *made,
		       const struct snet__model_node *node, struct snet_err *err)
{
	return queue_all(run, made, node, node->iface_count > 1 ? node->ipv4 : 0, err);
}

void snet__routes_remove_source(struct snet__run *run, const struct snet__run_node *node)
{
	struct snet__fabric_node made;
	autoclose int netns = -1;
	int r;

	if (snet__run_open_netns(node, &netns, NULL) < 0 ||
	    snet__fabric_begin_node(run->fabric, netns, &made, NULL) < 0)
		return;
	r = queue_all(run, &made, node->node, 0, NULL);
	(void)snet__fabric_finish_node(&made, r, NULL);
}

bool snet__routes_has(const struct snet__model_node *node,
		      const struct snet__model_hop *hop)
{
	for (size_t i = 0; i < node->hop_count; i++)
		if (node->hops[i].net == hop->net && node->hops[i].prefix == hop->prefix)
			return true;
	return false;
}

void snet__routes_remove(struct snet__run *run, const struct snet__run_node *node,
			 const struct snet__model_hop *hops, size_t count)
{
	struct snet__fabric_node made;
	autoclose int netns = -1;

	if (snet__run_open_netns(node, &netns, NULL) < 0 ||
	    snet__fabric_begin_node(run->fabric, netns, &made, NULL) < 0)
		return;
	/* Those whose interface has gone went with it; the others are still tried. */
	for (size_t i = 0; i < count; i++) {
		struct snet__iface_route routes[2];
		size_t families =
			describe_routes(routes, &run->lab->model, &hops[i], 0, 0);

		for (size_t k = 0; k < families; k++)
			(void)snet__iface_remove_route(made.nl, &routes[k], NULL);
	}
	(void)snet__fabric_finish_node(&made, 0, NULL);
}
