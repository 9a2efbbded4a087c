/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_OUTSIDE_H
#define SNET_SYS_OUTSIDE_H

/* The way out of a lab: a thread that stays on the network where it was started, the host's,
 * and opens sockets and resolves names there for threads that have left it. Without root those
 * could not go back to do it themselves: the host's network belongs to another user namespace.
 * What passes between the two is one request at a time, and its answer. */

#include "base/err.h"

struct snet__outside;

/* Stay on the calling thread's network. */
int snet__outside_new(struct snet__outside **ret, struct snet_err *err);
/* Sockets that were opened stay open. Accepts NULL. */
void snet__outside_free(struct snet__outside *outside);
/* As snet__netns_socket(). */
int snet__outside_socket(struct snet__outside *outside, int *ret_fd, int domain, int type,
			 int protocol, struct snet_err *err);
/* The addresses of @host, those to be preferred first, "[2001:db8::1],192.0.2.1", to be freed.
 * May take as long as the host's resolver does. -ENOENT when there are none. */
int snet__outside_resolve(struct snet__outside *outside, char **ret, const char *host,
			  struct snet_err *err);

#endif
