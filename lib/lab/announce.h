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
	int *sockets;                            /* that have been used */
	size_t socket_count, socket_cap;
};

/* When links that are silent take packets: find out who has something to tell. -ENOMEM. */
int snet__announce_new(struct snet__announce *announce, struct snet__run *run,
		       struct snet_err *err);
/* Let the node with this number tell what it has to. What does not get out is not missed: it
 * would only have been earlier. */
void snet__announce_node(struct snet__announce *announce, size_t at);
/* Close what nodes have told it by. The kernel takes long for that: on another thread than the
 * lab's, which does none of these meanwhile. */
void snet__announce_close(struct snet__announce *announce);
/* No link is silent any more, and no socket is open. Does nothing unless somebody had something to
 * tell. */
void snet__announce_clear(struct snet__announce *announce);
/* All of these. */
void snet__announce_all(struct snet__run *run);

#endif
