/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_FITNESS_H
#define SNET_API_FITNESS_H

/* Whether this machine does for a lab what the lab asks for. */

#include "lab/calibration.h"
#include "lab/lab.h"

/* What was measured last, zero when nothing was, or nothing that can be read. */
void snet__fitness_load(struct snet__calibration *ret);

/* {"date", "exceeded", "late"}, to be freed: of the calibration, a string or null; what
 * snet__calibration_judge() says of the lab; {"than_us", "packets", "late", "starved"}, of all
 * packets so far that were to wait, the last a sentence or null. */
struct snet__json *snet__fitness_describe(const struct snet__run *run);

#endif
