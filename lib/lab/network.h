/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_NETWORK_H
#define SNET_LAB_NETWORK_H

#include "lab/lab.h"

/* Make the network that the model describes: fills the namespaces of @run's nodes, its fabric
 * and its mount namespace, and settles the calling thread, which is the lab's, in the fabric.
 * What a failure leaves goes with @run. */
int snet__network_up(struct snet__run *run, struct snet_err *err);

#endif
