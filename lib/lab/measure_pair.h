/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_MEASURE_PAIR_H
#define SNET_LAB_MEASURE_PAIR_H

/* The lab in which a link is measured, for measure.c. */

#include <netinet/in.h>

#include "lab/measure.h"

struct snet__measure_pair {
	struct snet_lab *lab;
	int netns[2];
	struct sockaddr_in address; /* of the second */
	int fds[2];                 /* what is to be closed with it */
};

/* To be closed also after a failure. */
int snet__measure_open_pair(struct snet__measure_pair *pair,
			    const struct snet__measured *measured, struct snet_err *err);
void snet__measure_close_pair(struct snet__measure_pair *pair);
/* Sockets from the first to the second, who waits so long for the next packet. */
int snet__measure_open_flow(struct snet__measure_pair *pair, unsigned int patience_s,
			    struct snet_err *err);

#endif
