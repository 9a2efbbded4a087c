/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_PLAYER_H
#define SNET_LINK_PLAYER_H

/* A trace file as it is played on one direction of a link, from the first packet on. */

#include <snet/link.h>

#include "base/err.h"
#include "link/rules.h"
#include "topo/kept_file.h"

/* Into @hooks, which own it: what @description has as its trace, which may be @kept. Codes of
 * reading the file. */
int snet__player_new(struct snet__rule_hooks *hooks,
		     const struct snet_impairment *description,
		     struct snet__kept_file *kept, struct snet_err *err);

#endif
