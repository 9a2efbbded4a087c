/* SPDX-License-Identifier: MIT */
/* A full queue takes no more. */

#include "link/queue.h"

const struct snet__queue_kind snet__queue_tail_drop = {
	.name = "tail-drop",
};
