/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_PEERS_H
#define SNET_LAB_PEERS_H

/* Which nodes know one another's hardware addresses from the start: a node, and the routers and
 * the relayer that it has to do with, and the two at a cable. Both sides: the answer needs the
 * address as well. */

#include "topo/model.h"

/* @node knows @peer, which is in the segment of its interface @iface. */
struct snet__peer {
	const struct snet__model_node *node;
	const struct snet__model_iface *iface;
	const struct snet__model_iface *peer;
};

struct snet__peers {
	struct snet__peer *items; /* sorted by node */
	size_t count, cap;
};

/* Those of all nodes of a planned model. -ENOMEM. */
int snet__peers_find(struct snet__peers *peers, const struct snet__model *model,
		     struct snet_err *err);
void snet__peers_clear(struct snet__peers *peers);
/* The first that @node has; they end with its last, or the array. */
const struct snet__peer *snet__peers_of(const struct snet__peers *peers,
					const struct snet__model_node *node);

#endif
