/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_CGROUP_H
#define SNET_SYS_CGROUP_H

/* Memory limits through cgroups, version 2 or the version 1 memory controller, whichever the
 * machine has writable below the caller's own group. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct snet__cgroup;

/* A group with a memory limit (swap included where that can be said). -ENOTSUP with the reason
 * where no cgroup is writable: the caller then limits in another way. */
int snet__cgroup_new(struct snet__cgroup **ret, const char *name, uint64_t memory_bytes,
		     struct snet_err *err);
/* The descriptor for struct snet__process_opts.cgroup_procs; borrowed. */
int snet__cgroup_procs_fd(const struct snet__cgroup *cgroup);
/* Whether the kernel killed a process of it for its memory. */
bool snet__cgroup_has_oom(const struct snet__cgroup *cgroup);
/* Remove it from the machine; it can then only be freed. -EBUSY while it has processes: they
 * leave it a moment after they were reaped, and nothing tells when, so try again later. */
int snet__cgroup_remove(struct snet__cgroup *cgroup);
/* Free it, and remove it if that can be done at once. One that stays is empty and harmless, and
 * is removed by the first snet__cgroup_new() after this process has ended. Accepts NULL. */
void snet__cgroup_free(struct snet__cgroup *cgroup);

#endif
