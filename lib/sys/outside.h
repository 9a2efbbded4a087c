/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_OUTSIDE_H
#define SNET_SYS_OUTSIDE_H

/* The way out of a lab: a thread that stays on the network where it was started, the host's,
 * and opens sockets and starts lookups there for threads that have left it. Without root those
 * could not go back to do it themselves: the host's network belongs to another user namespace.
 * What passes between the two is one request at a time, and its answer, which takes no longer
 * than a system call. */

#include "base/err.h"
#include "sys/lookup.h"

struct snet__outside;

/* Stay on the calling thread's network. */
int snet__outside_new(struct snet__outside **ret, struct snet_err *err);
/* Sockets that were opened stay open. Accepts NULL. */
void snet__outside_free(struct snet__outside *outside);
/* As snet__netns_socket(). */
int snet__outside_socket(struct snet__outside *outside, int *ret_fd, int domain, int type,
			 int protocol, struct snet_err *err);
/* As snet__lookup_new(). */
int snet__outside_lookup(struct snet__outside *outside, struct snet__lookup **ret,
			 const char *host, struct snet_err *err);
/* The same, awaited: its addresses. May take as long as the host's resolver does, unless they were
 * found before. One thread at a time. */
int snet__outside_resolve(struct snet__outside *outside, char **ret, const char *host,
			  struct snet_err *err);
/* The namespace of that network; borrowed. Only with rights over it is it good for anything. */
int snet__outside_netns(const struct snet__outside *outside);

#endif
