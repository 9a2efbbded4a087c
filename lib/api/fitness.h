/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_FITNESS_H
#define SNET_API_FITNESS_H

/* Whether this machine does for a lab what the lab asks for. */

#include "lab/calibration.h"
#include "lab/lab.h"

/* What was measured of this machine last, and as it has been kept, to be freed; zero and NULL when
 * nothing was. Negative: what is kept cannot be used, and @err has why, where it is and what to do;
 * @ret and @ret_text are as when nothing was. */
int snet__fitness_load(struct snet__calibration *ret, char **ret_text,
		       struct snet_err *err);

/* {"date", "unusable", "exceeded", "late"}, to be freed: of the calibration, a string or null; why
 * the one that is kept cannot be used, a sentence or null; what
 * snet__calibration_judge() says of the lab; {"than_us", "packets", "late", "starved"}, of all
 * packets so far that were to wait, the last a sentence or null. */
struct snet__json *snet__fitness_describe(const struct snet__run *run);

#endif
