/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_REACH_H
#define SNET_TOPO_REACH_H

/* Who reaches whom in a lab as it is described, with the links that are down in it: by the routes
 * that it has, and in a segment by whatever way is left. */

#include "topo/model.h"

struct snet__reach;

/* Whether a link is down in one direction or both: no question on it is ever answered. */
bool snet__reach_is_down(const struct snet__model_link *link);
/* Of a model with addresses, borrowed until the free; -ENOMEM. */
int snet__reach_new(struct snet__reach **ret, const struct snet__model *model,
		    struct snet_err *err);
/* Accepts NULL. */
void snet__reach_free(struct snet__reach *reach);
/* Whether @node can ask @other something, at its first address, and hear the answer. */
bool snet__reach_has(const struct snet__reach *reach, const struct snet__model_node *node,
		     const struct snet__model_node *other);

#endif
