/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_ROUTES_H
#define SNET_LAB_ROUTES_H

#include "lab/fabric.h"
#include "lab/lab.h"

/* Into the batch of a node that is being made or changed, when all its interfaces are there: its
 * routes; those that are there already stay. */
int snet__routes_queue(const struct snet__run *run, struct snet__fabric_node *made,
		       const struct snet__model_node *node, struct snet_err *err);
/* What its routes have as their source is going to go: without one they stay, which the kernel
 * would remove otherwise. */
void snet__routes_remove_source(struct snet__run *run, const struct snet__run_node *node);
/* Whether a route of @node is where @hop leads. */
bool snet__routes_has(const struct snet__model_node *node,
		      const struct snet__model_hop *hop);
/* Remove routes of a node. */
void snet__routes_remove(struct snet__run *run, const struct snet__run_node *node,
			 const struct snet__model_hop *hops, size_t count);

#endif
