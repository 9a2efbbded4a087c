/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_CAPTURE_H
#define SNET_LAB_CAPTURE_H

/* Captures of a running lab's links and nodes. On the lab's thread. */

#include "lab/lab.h"
#include "link/capture.h"

/* Begin @capture, which has nothing to capture yet, with @link, or else with @node. The run holds it
 * as well, and ends it. */
int snet__capture_start(struct snet__run *run, struct snet__capture *capture,
			const char *link, const char *node, struct snet_err *err);
/* End all; the lab goes. */
void snet__captures_end(struct snet__run *run);

#endif
