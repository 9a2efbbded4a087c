/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_ACQUAINT_H
#define SNET_LAB_ACQUAINT_H

#include "lab/lab.h"
#include "lab/peers.h"

/* Two nodes of a lab that is up know one another's hardware addresses until the lab changes, in each
 * segment where they meet. On the lab's thread. Codes of netlink. */
int snet__lab_acquaint(struct snet__run *run, const struct snet__model_node *a,
		       const struct snet__model_node *b, struct snet_err *err);
/* Before a change: they ask again, but for those that all nodes know from the start. */
void snet__lab_forget_acquaintances(struct snet__run *run,
				    const struct snet__peers *peers);

#endif
