/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_HOLDER_H
#define SNET_FAULT_HOLDER_H

/* Who has an event that its trace says is pending when the run ends. */

#include "fault/history.h"
#include "fault/sentence.h"

/* "still under way at r0 (attempt 2)", or "lost at r0: ..." when nobody has it. */
void snet__holder_format(struct snet__sentence *sentence,
			 const struct snet__history_event *event);

#endif
