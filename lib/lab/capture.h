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
/* Captures of a link go on with it when it is made anew, or gets a shaper: in this order. */
/* It is going to change; they are to wait for what it becomes. */
void snet__captures_hold(struct snet__run *run, const char *link);
/* It is there again, or its shaper is: from now on both are captured, */
void snet__captures_add(struct snet__run *run, const char *link);
/* and from now on only what it has become. */
void snet__captures_turn(struct snet__run *run, const char *link);
/* The lab has changed: what is held is held no longer. */
void snet__captures_release(struct snet__run *run);
/* End all; the lab goes. */
void snet__captures_end(struct snet__run *run);

#endif
