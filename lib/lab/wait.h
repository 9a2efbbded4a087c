/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_WAIT_H
#define SNET_LAB_WAIT_H

/* Threads of the program that wait for something to happen in the lab. */

#include "lab/lab.h"

/* Until all devices have registered. -ETIMEDOUT names one that has not. */
int snet__wait_ready(struct snet_lab *lab, unsigned int timeout_ms, struct snet_err *err);
#endif
