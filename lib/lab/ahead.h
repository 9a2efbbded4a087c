/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_AHEAD_H
#define SNET_LAB_AHEAD_H

/* Network namespaces made ahead of need, by a thread. Making one is a third of the cost of a
 * node and hardly uses the lock under which interfaces are made, so the two overlap. */

#include <stddef.h>

#include "base/err.h"

struct snet__ahead;
struct snet__nl;

/* Start making @count namespaces; only a few stand ready at a time. The thread lives in the
 * namespace @home, borrowed until snet__ahead_free(). */
int snet__ahead_new(struct snet__ahead **ret, size_t count, int home,
		    struct snet_err *err);
/* The next one, as snet__netns_new_connected() makes it; waits for it. Beyond the count, or
 * once one could not be made, it is made by the caller's thread. @ahead may be NULL. */
int snet__ahead_take(struct snet__ahead *ahead, int *ret_fd, struct snet__nl **ret_nl,
		     struct snet_err *err);
void snet__ahead_free(struct snet__ahead *ahead);

#endif
