/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_UPLINK_H
#define SNET_SYS_UPLINK_H

/* The way of a namespace to the host's network: a pair of interfaces between the two, and address
 * translation, so that the host sees one address instead of all that are behind. Needs rights
 * over the host's network. Of that, an interface called "snetgwN" is all that is touched; it goes
 * with the namespace. */

#include <stdint.h>

#include "base/err.h"

/* Its name in the namespace. */
#define SNET__UPLINK_INSIDE "out0"

struct snet__uplink {
	char name[16];      /* on the host */
	uint32_t ipv4;      /* in the namespace; host byte order */
	uint32_t host_ipv4; /* of @name */
};

/* From @netns to the host's network @host. All or nothing. -EPERM without the rights, -ENOSPC
 * when no address is free. */
int snet__uplink_up(struct snet__uplink *ret, int netns, int host, struct snet_err *err);
/* What of it is there; cannot fail. */
void snet__uplink_down(int netns);

#endif
