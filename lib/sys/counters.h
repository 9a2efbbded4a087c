/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_COUNTERS_H
#define SNET_SYS_COUNTERS_H

/* What the kernel counts in a network namespace.
 * Source: RFC 4022 and RFC 4293, as /proc/net/snmp shows them */

#include <stdint.h>

#include "base/err.h"

/* Of @netns (-1: the caller's own); it stays readable from anywhere. */
int snet__counters_open(int *ret_fd, int netns, struct snet_err *err);
/* "Tcp", "OutRsts"; 0 when there is no such counter. */
uint64_t snet__counters_get(int fd, const char *protocol, const char *name);

#endif
