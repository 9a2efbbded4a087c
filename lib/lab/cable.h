/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_CABLE_H
#define SNET_LAB_CABLE_H

/* The interfaces that a link is made of: those of its nodes, ports of switches, and where its cable is
 * cut the halves in between. */

#include "lab/run.h"
#include "sys/iface.h"

/* Have @set give @value to each; some may have it after a failure. */
int snet__cable_set(const struct snet__run *run, const struct snet__run_link *link,
		    snet__iface_set_fn set, uint32_t value, struct snet_err *err);

#endif
