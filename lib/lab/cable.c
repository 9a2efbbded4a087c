/* SPDX-License-Identifier: MIT */
#include "lab/cable.h"

#include "base/cleanup.h"
#include "lab/fabric.h"

static int set_at_node(const struct snet__run_node *node, int number,
		       snet__iface_set_fn set, uint32_t value, struct snet_err *err)
{
	struct snet__nl *nl = NULL;
	autoclose int netns = -1;
	int r;

	r = snet__run_open_netns(node, &netns, err);
	if (r == 0)
		r = snet__nl_open(&nl, netns, err);
	if (r == 0)
		r = set(nl, number, value, err);
	snet__nl_close(nl);
	return r;
}

int snet__cable_set(const struct snet__run *run, const struct snet__run_link *link,
		    snet__iface_set_fn set, uint32_t value, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < link->number_count && r == 0; i++)
		r = snet__fabric_set(run->fabric, link->numbers[i], set, value, err);
	for (int i = 0; i < 2 && r == 0; i++)
		if (link->link->ends[i]->role != SNET__ROLE_SWITCH)
			r = set_at_node(run->nodes[link->link->ends[i]->index],
					link->numbers[0], set, value, err);
	return r;
}
