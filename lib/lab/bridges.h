/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_BRIDGES_H
#define SNET_LAB_BRIDGES_H

/* The switches of a lab and the cables between them. */

#include "lab/lab.h"

/* Whether switches that are made for a segment are quiet: see lab/switches.c. */
bool snet__bridges_is_quiet(const struct snet__model_segment *segment);
/* What a node is plugged into that is in a VLAN of the switch; negative: none. */
int snet__bridges_find(const struct snet__run *run, const struct snet__model_node *node,
		       unsigned int vlan);
/* The bridges of all switches, as far as they are not there yet. */
int snet__bridges_make(struct snet__run *run, struct snet_err *err);
/* The cables of a link between two switches. */
int snet__bridges_join(struct snet__run *run, struct snet__run_link *made,
		       struct snet_err *err);

#endif
