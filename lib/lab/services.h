/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_SERVICES_H
#define SNET_LAB_SERVICES_H

#include "base/steps.h"
#include "lab/lab.h"

/* Which nodes are meant. */
typedef bool (*snet__services_fn)(const struct snet__run_node *node);

/* What lives in the nodes that are meant is made, with what the store has open of it, and lives:
 * devices register, programs start. In steps; what is there after a failure is ended with its
 * node. */
struct snet__beginning {
	struct snet__run *run;
	snet__services_fn which;
	struct snet__steps steps;
};
void snet__services_begin(struct snet__beginning *beginning, struct snet__run *run,
			  snet__services_fn which);
/* See snet__steps_walk(). */
int snet__services_make(struct snet__beginning *beginning, uint64_t until_ns,
			struct snet_err *err);
/* Whether anything is meant to live in such a node. */
bool snet__services_has(const struct snet__run_node *node);
/* Whether that is not there. */
bool snet__services_lacks(const struct snet__run_node *node);
/* End what lives in a node, if anything does; its namespace stays. */
void snet__services_free(struct snet__run *run, struct snet__run_node *node);
/* The same, for it to be made again: what others have told it is remembered until then. */
void snet__services_end(struct snet__run *run, struct snet__run_node *node);

#endif
