/* SPDX-License-Identifier: MIT */
#ifndef CLI_FN_LAB_H
#define CLI_FN_LAB_H

#include "backend/whisk.h"

/* For snet__whisk_opts.connect: go to the functions node of the lab that @user, a struct call,
 * names. The process enters the node's network, where only the node's server is. */
int fn_connect_to_lab(void *user, struct snet__whisk_place *place, struct snet_err *err);

#endif
