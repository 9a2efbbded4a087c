/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_CLOSER_H
#define SNET_SYS_CLOSER_H

/* Packet sockets are closed by threads beside: with each the kernel waits until nobody can be
 * looking at it any more, some 15 ms, but for many at a time it waits once (packet_release() of
 * net/packet). */

#include "base/err.h"

struct snet__closer;

int snet__closer_new(struct snet__closer **ret, struct snet_err *err);
/* Returns at once; any thread may call it. -1 is none. */
void snet__closer_take(struct snet__closer *closer, int fd);
/* Returns when all are closed. Accepts NULL. */
void snet__closer_free(struct snet__closer *closer);

#endif
