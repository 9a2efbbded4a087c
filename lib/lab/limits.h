/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_LIMITS_H
#define SNET_LAB_LIMITS_H

/* Limits of programs that this machine keeps less well than they are described. */

#include "lab/lab.h"

#define SNET__LIMITS_TEXT_MAX 320

/* Any thread: whose memory no cgroup limits, and what to do about it; false when there are none. */
bool snet__limits_ask(char text[static SNET__LIMITS_TEXT_MAX], struct snet_lab *lab);

#endif
