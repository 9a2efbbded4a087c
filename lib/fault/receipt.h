/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RECEIPT_H
#define SNET_FAULT_RECEIPT_H

/* The proof that a fault took effect: what was counted where it was put, and what the probes of its
 * paths have seen before, during and after it. */

#include "fault/scenario.h"

/* Complete the receipts of all faults of a run that has ended. @scenario: whose timeline the faults
 * are of, to know which of them meet on a path; NULL: all do. -ENOMEM. */
int snet__receipts_make(struct snet__history *history,
			const struct snet__scenario *scenario, struct snet_err *err);

#endif
