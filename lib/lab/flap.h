/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_FLAP_H
#define SNET_LAB_FLAP_H

/* A link that goes down and up, again and again. */

#include "lab/lab.h"

struct snet__flap {
	const char *link;
	bool ways[2]; /* which of its directions: forth, back */
	uint64_t down_ns, up_ns;
	unsigned int count;
	int stop_fd; /* it ends early, with the link up, once this is readable; -1: it does not */
	/* Optional: the link has changed so, by the lines of snet__diff_format(); borrowed. */
	void (*told)(void *user, const char *lines);
	void *user;
};

/* Until it is through, by a thread that is not the lab's. However it ends the link is up then, unless
 * that fails. As snet_link_set(). */
int snet__flap_run(struct snet_lab *lab, const struct snet__flap *flap,
		   struct snet_err *err);

#endif
