/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_STAMP_H
#define SNET_SYS_STAMP_H

/* When the kernel had a packet: it notes that for a socket that asks it to. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

/* What a stamp takes of the control data of a message. */
#define SNET__STAMP_CONTROL CMSG_SPACE(sizeof(struct timespec))

/* False when it cannot be had. */
bool snet__stamp_enable(int fd, bool enable);
/* Of a message that was received, since 1970; 0: it has none. */
uint64_t snet__stamp_find(struct msghdr *message);

#endif
