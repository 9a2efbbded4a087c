/* SPDX-License-Identifier: MIT */
#ifndef CLI_FN_LAB_H
#define CLI_FN_LAB_H

#include <stdbool.h>

#include "backend/whisk.h"
#include "cli/cmd.h"

/* Whether a lab runs that @call means; several count as well. */
bool fn_has_lab(const struct call *call);

/* For snet__whisk_opts.connect: go to the functions node of the lab that @user, a struct call,
 * names. The process enters the node's network, where only the node's server is. */
int fn_connect_to_lab(void *user, struct snet__whisk_place *place, struct snet_err *err);

#endif
