/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_TOUCH_H
#define SNET_FAULT_TOUCH_H

/* Which faults of a scenario may change what is seen on a path. */

#include "fault/scenario.h"

enum {
	SNET__TOUCH_LOSES = 1 << 0,
	SNET__TOUCH_DELAYS = 1 << 1,
	SNET__TOUCH_ALL = SNET__TOUCH_LOSES | SNET__TOUCH_DELAYS,
};

/* @ret: of each entry of the timeline, what it may do to packets between two nodes and back. Of
 * nodes that are not in the lab nothing is known: everything. -ENOMEM. */
int snet__touch_find(unsigned char *ret, const struct snet__scenario *scenario,
		     const char *from, const char *to);

#endif
