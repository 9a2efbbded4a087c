/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_METRICS_H
#define SNET_API_METRICS_H

#include "lab/lab.h"

/* To be freed; NULL when memory is short. */
char *snet__metrics_format(const struct snet__run *run);

#endif
