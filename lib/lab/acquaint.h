/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_ACQUAINT_H
#define SNET_LAB_ACQUAINT_H

#include "lab/lab.h"

/* Two nodes of a lab that is up know one another's hardware addresses from now on, in each segment
 * where they meet. On the lab's thread. Codes of netlink. */
int snet__lab_acquaint(struct snet__run *run, const struct snet__model_node *a,
		       const struct snet__model_node *b, struct snet_err *err);

#endif
