/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_ROUTE_H
#define SNET_TOPO_ROUTE_H

#include "topo/model.h"

/* The static routes of all nodes: shortest ways, the same each time. -ENOMEM. */
int snet__model_route(struct snet__model *model, struct snet_err *err);
/* Where what @node sends to the address @to comes from, once there are routes; 0: there is no
 * way. */
uint32_t snet__node_source(const struct snet__model_node *node, uint32_t to);

#endif
