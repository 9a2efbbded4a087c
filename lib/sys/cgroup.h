/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_CGROUP_H
#define SNET_SYS_CGROUP_H

/* Limits through cgroups, version 2 or the controllers of version 1, whichever the machine has
 * writable below the caller's own group. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Of memory and of CPU time; those of version 2 are one group. */
#define SNET__CGROUP_COUNT 2

struct snet__cgroup;

struct snet__cgroup_opts {
	const char *name;
	uint64_t memory_bytes;  /* swap included where that can be said; 0: no limit */
	unsigned int millicpus; /* CPU time a second, in ms; 0: no limit */
};

/* A group with these limits, all or none. -ENOTSUP with what was tried and why it failed where
 * no cgroup is writable: the caller then limits in another way. */
int snet__cgroup_new(struct snet__cgroup **ret, const struct snet__cgroup_opts *opts,
		     struct snet_err *err);
/* Remove the groups that processes which are gone have left. snet__cgroup_new() does it as well,
 * where it makes one. */
void snet__cgroup_sweep(void);
/* Limit CPU time otherwise, also in a group that did not; 0: no more. A limit that is new holds for
 * those that are added from then on. -ENOTSUP, -ERANGE (below SNET__CGROUP_MILLICPUS_MIN). */
#define SNET__CGROUP_MILLICPUS_MIN 10 /* the kernel's: 1 ms of 100 ms */
int snet__cgroup_set_cpu(struct snet__cgroup *cgroup, unsigned int millicpus,
			 struct snet_err *err);
/* What the kernel says that the limit is; 0: none. */
unsigned int snet__cgroup_get_cpu(const struct snet__cgroup *cgroup);
/* For how long that has kept its processes from running, on all CPUs together; 0 also where it is not
 * known. */
uint64_t snet__cgroup_throttled_ns(const struct snet__cgroup *cgroup);
/* Move a process into it. 0, or a negative errno. */
int snet__cgroup_add(const struct snet__cgroup *cgroup, pid_t pid);
/* The same only with those of @pid, whose processes are dying: wait for that, at most @ms. */
void snet__cgroup_sweep_of(pid_t pid, unsigned int ms);
/* What a process of one thread writes "0" to so as to move into it: files to be closed, also after a
 * failure; -1 for none. */
int snet__cgroup_open(const struct snet__cgroup *cgroup,
		      int ret_files[SNET__CGROUP_COUNT], struct snet_err *err);
/* How many processes of it the kernel has killed for their memory. */
unsigned long snet__cgroup_oom_kills(const struct snet__cgroup *cgroup);
/* Remove it from the machine; it can then only be freed. -EBUSY while it has processes: they
 * leave it a moment after they were reaped, and nothing tells when, so try again later. */
int snet__cgroup_remove(struct snet__cgroup *cgroup);
/* Free it, and remove it if that can be done at once. One that stays is empty and harmless, and
 * is removed by the first snet__cgroup_new() after this process has ended. Accepts NULL. */
void snet__cgroup_free(struct snet__cgroup *cgroup);

#endif
