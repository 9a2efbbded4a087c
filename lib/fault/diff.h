/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_DIFF_H
#define SNET_FAULT_DIFF_H

/* What differs between two runs, by their histories alone. Ids of events are made anew by each run,
 * so an event is known again by its device, and which press of it this was. */

#include "fault/history.h"
#include "io/json.h"

/* Events that are named; those beyond are counted. */
#define SNET__DIFF_NAMED_MAX 20
/* Less of a difference between two latencies is no other outcome: machines differ by more than they
 * should, and a message that is sent again by CoAP comes two seconds later. Source: RFC 7252, 4.8. */
#define SNET__DIFF_LATE_NS (1000ull * 1000 * 1000)

/* An object, as snet_run_diff() has it. -ENOMEM. */
int snet__run_diff(struct snet__json **ret, const struct snet__history *before,
		   const struct snet__history *after, struct snet_err *err);

#endif
