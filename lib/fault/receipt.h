/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RECEIPT_H
#define SNET_FAULT_RECEIPT_H

/* The proof that a fault took effect: what was counted where it was put, and what the probes of its
 * paths have seen before, during and after it. */

#include "fault/history.h"

/* Complete the receipts of all faults of a run that has ended. */
void snet__receipts_make(struct snet__history *history);

#endif
