/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_ROUTE_H
#define SNET_TOPO_ROUTE_H

#include "topo/model.h"

/* The static routes of all nodes: shortest ways, the same each time. -ENOMEM. */
int snet__model_route(struct snet__model *model, struct snet_err *err);

#endif
