/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_ANNOUNCE_H
#define SNET_LAB_ANNOUNCE_H

/* After a change, nodes tell their segments where they are: those with a new interface, and those
 * in a segment whose switches are joined in another way. Otherwise others would send to where they
 * were, for up to a minute, and switches for up to five. */

#include "lab/lab.h"

struct snet__announce {
	struct snet__run *run;
	struct snet__announce_segment *segments; /* NULL: nobody has anything to tell */
};

/* When links that are silent take packets: find out who has something to tell. -ENOMEM. */
int snet__announce_new(struct snet__announce *announce, struct snet__run *run,
		       struct snet_err *err);
/* Let the node with this number tell what it has to. What does not get out is not missed: it
 * would only have been earlier. */
void snet__announce_node(const struct snet__announce *announce, size_t at);
/* No link is silent any more. Does nothing unless somebody had something to tell. */
void snet__announce_clear(struct snet__announce *announce);
/* All of these. */
void snet__announce_all(struct snet__run *run);

#endif
