/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_ORPHANS_H
#define SNET_SYS_ORPHANS_H

/* The name of a process that looks after what it has started in a node, and ends all of it. */
#define SNET__ORPHANS_GUARDIAN "snet-exec"

/* Kill the processes in a mount namespace that have no guardian above them any more: what was
 * started in a node by one that was killed. It takes as long as they take to end, a second at most.
 * -1 does nothing. */
void snet__orphans_kill(int mntns);

#endif
