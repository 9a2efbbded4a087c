/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_UNIX_H
#define SNET_SYS_UNIX_H

/* Sockets that stand in the file system. */

#include <sys/un.h>

/* -ENAMETOOLONG when @path does not fit. */
int snet__unix_address(struct sockaddr_un *ret, const char *path);
/* Remove the socket at @address if nobody listens at it any more. 0 when nothing is in the way, or
 * something that is no socket; -EADDRINUSE when somebody listens. */
int snet__unix_clear(const struct sockaddr_un *address);

#endif
