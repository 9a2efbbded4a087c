/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_RENEW_H
#define SNET_LAB_RENEW_H

#include "lab/rewire.h"
#include "topo/diff.h"

/* Fill rewire->is_changed: what lives in these nodes is to be made anew, because they are described
 * otherwise, or what they have to do with is somewhere else. */
void snet__renew_find(struct snet__rewire *rewire, const struct snet__diff *diff);

#endif
