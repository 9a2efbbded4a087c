/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_GRAPH_PARTS_H
#define SNET_TOPO_GRAPH_PARTS_H

/* How a graph is made: graph_boxes.c groups nodes and says which is above which, graph_label.c
 * finds the words. */

#include "topo/graph.h"

enum snet__look snet__graph_look(const struct snet__model_node *node);

/* "20ms ±3ms, 0.1% loss", to be freed; NULL when memory is short. @is_turned: as if it led from "to"
 * to "from". */
char *snet__graph_link_label(const struct snet__model_link *link, bool is_turned);
/* The texts of a box; false when memory is short. */
bool snet__graph_name_box(struct snet__graph_box *box, const struct snet__map *states);

/* Fill @graph; -ENOMEM leaves what there is to snet__graph_clear(). */
int snet__graph_build(struct snet__graph *graph, const struct snet__model *model,
		      const struct snet__graph_opts *opts, struct snet_err *err);
void snet__graph_clear(struct snet__graph *graph);

#endif
