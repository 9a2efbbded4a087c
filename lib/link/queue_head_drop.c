/* SPDX-License-Identifier: MIT */
/* A full queue loses what has waited longest, so that what gets through is fresh. */

#include "link/queue.h"

const struct snet__queue_kind snet__queue_head_drop = {
	.name = "head-drop",
	.drops_oldest = true,
};
