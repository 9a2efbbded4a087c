/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_LOOKUP_H
#define SNET_SYS_LOOKUP_H

/* The addresses of a host, asked for without waiting: the resolver may take half a minute, and
 * cannot be stopped. Each lookup has a thread, which ends by itself, whoever still cares;
 * that of an answered lookup has ended when the lookup is freed. */

#include "base/err.h"

struct snet__lookup;

/* Ask on the calling thread's network. */
int snet__lookup_new(struct snet__lookup **ret, const char *host, struct snet_err *err);
/* At any time; accepts NULL. */
void snet__lookup_free(struct snet__lookup *lookup);
/* Readable once there is a result; borrowed. */
int snet__lookup_fd(const struct snet__lookup *lookup);
/* The addresses, those to be preferred first, "[2001:db8::1],192.0.2.1", to be freed. -ENOENT
 * when there are none, -EAGAIN when it is too early. */
int snet__lookup_result(struct snet__lookup *lookup, char **ret, struct snet_err *err);

#endif
