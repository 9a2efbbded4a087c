/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_CALLS_H
#define SNET_FAULT_CALLS_H

/* How long calls of functions took until they were answered, by the traces of events: what faults of
 * calls have done to them. */

#include "fault/scenario.h"

/* Add that to the receipts of such faults. -ENOMEM */
int snet__calls_tell(struct snet__history *history,
		     const struct snet__scenario *scenario);

#endif
