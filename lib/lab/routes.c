/* SPDX-License-Identifier: MIT */
/* A plan's hops as the kernel's routes, of both families. */

#include "lab/routes.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

static void fill_ipv4(unsigned char ret[16], uint32_t ipv4)
{
	for (int i = 0; i < 4; i++)
		ret[i] = (unsigned char)(ipv4 >> (24 - 8 * i));
}

/* A hop as routes, one for each family that the lab speaks; returns how many. */
static size_t describe_routes(struct snet__iface_route ret[static 2],
			      const struct snet__model *model,
			      const struct snet__model_hop *hop)
{
	ret[0] = (struct snet__iface_route){.family = AF_INET, .prefix = hop->prefix};
	fill_ipv4(ret[0].net, hop->net);
	fill_ipv4(ret[0].via, hop->via);
	if (!model->has_ipv6)
		return 1;
	ret[1] = (struct snet__iface_route){.family = AF_INET6,
					    .prefix = hop->prefix ? 96 + hop->prefix : 0};
	if (hop->prefix)
		snet__model_ipv6(ret[1].net, model, hop->net);
	snet__model_ipv6(ret[1].via, model, hop->via);
	return 2;
}

int snet__routes_queue(const struct snet__run *run, struct snet__fabric_node *made,
		       const struct snet__model_node *node, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->hop_count; i++) {
		struct snet__iface_route routes[2];
		size_t count = describe_routes(routes, &run->lab->model, &node->hops[i]);

		for (size_t k = 0; k < count && r == 0; k++)
			r = snet__iface_add_route(made->nl, &routes[k], err);
	}
	return r;
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
		size_t families = describe_routes(routes, &run->lab->model, &hops[i]);

		for (size_t k = 0; k < families; k++)
			(void)snet__iface_remove_route(made.nl, &routes[k], NULL);
	}
	(void)snet__fabric_finish_node(&made, 0, NULL);
}
