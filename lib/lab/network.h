/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_NETWORK_H
#define SNET_LAB_NETWORK_H

#include "base/steps.h"
#include "lab/lab.h"
#include "lab/peers.h"

/* Make the lab's network: run->fabric, the namespaces of run->nodes, run->links, run->mntns.
 * The calling thread lives in the fabric from here on. What is there after a failure goes with
 * the run. */
int snet__network_up(struct snet__run *run, struct snet_err *err);

/* The same for what of the model is not there yet, in steps that can be left between any two. */
struct snet__extension {
	struct snet__run *run;
	const bool *is_rerouted;
	struct snet__peers peers;
	struct snet__steps steps;
};
/* @is_rerouted: by number of nodes, whose routes are others than they were, borrowed until the end;
 * NULL: none's. */
void snet__network_begin(struct snet__extension *extension, struct snet__run *run,
			 const bool *is_rerouted);
/* See snet__steps_walk(). */
int snet__network_extend(struct snet__extension *extension, uint64_t until_ns,
			 struct snet_err *err);
/* Also after a failure. */
void snet__network_end(struct snet__extension *extension);

/* Whether a link is whole, and is to let packets pass in both directions. */
bool snet__network_is_up(const struct snet__run *run, const struct snet__run_link *link);

#endif
