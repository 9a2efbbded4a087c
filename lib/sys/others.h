/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_OTHERS_H
#define SNET_SYS_OTHERS_H

/* How much of the processors' time others than this process take, over one or several times of watching. */

#include <stdbool.h>

#include "base/err.h"

/* In ticks of sysconf(_SC_CLK_TCK), summed over all processors. */
struct snet__processor_time {
	double busy; /* whoever it was that took it, a hypervisor too */
	double all;
};

/* Zeroed: not watched yet. */
struct snet__others {
	struct snet__processor_time since;
	double own_since;
	double taken, all; /* of the times that have ended */
	bool is_watching;
};

/* The first line of /proc/stat. -EINVAL: it is none. */
int snet__others_parse(struct snet__processor_time *ret, const char *line,
		       struct snet_err *err);

/* What happens between these counts. Where the kernel does not tell, nothing does. */
void snet__others_begin(struct snet__others *others);
void snet__others_end(struct snet__others *others);
/* 0 to 1, of all processors; -1: not known. */
double snet__others_share(const struct snet__others *others);

#endif
