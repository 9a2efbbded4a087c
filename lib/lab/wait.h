/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_WAIT_H
#define SNET_LAB_WAIT_H

/* Threads of the program that wait for something to happen in the lab. */

#include "lab/lab.h"

/* With the lab held: until all devices have registered that can, see lab/ready.h. -ETIMEDOUT names
 * some that have not. */
int snet__wait_ready(struct snet_lab *lab, bool is_starting, struct snet_err *err);
/* -EDEADLK for the lab's own thread, which cannot wait for what it is to do itself. */
int snet__wait_refuse_callback(const struct snet_lab *lab, struct snet_err *err);
#endif
