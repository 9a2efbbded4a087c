/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_SHAPER_NETEM_H
#define SNET_LINK_SHAPER_NETEM_H

/* One direction of a link, impaired by the kernel's netem. It acts on what leaves an interface, so
 * the interface is the one at the *sending* end: of a node on a switch, the node's own for the
 * direction to the switch, and the switch's port, in the fabric, for the direction to the node. */

#include <snet/link.h>

#include "sys/qdisc.h"
#include "topo/kept_file.h"

/* Impair what leaves @index of the namespace of @nl, in one step from whatever it was: packets on
 * their way keep the time that they were given, and arrive even when the direction goes down.
 *
 * A plain @impairment leaves netem there, without any, until the interface goes: its removal would
 * lose what waits in it.
 *
 * @table: a file that may be the description's, or NULL: else that is read.
 * @seed: of the random decisions, which begin anew with it; 0: they go on. So a direction gets its
 * seed when it comes up and 0 with later changes. Kernels before 6.6 ignore it: snet__qdisc_get_netem()
 * tells (is_seeded). Later ones still take from elsewhere which bit is inverted, and where numbers
 * with a correlation begin.
 *
 * 0, -ENOTSUP (the description or the kernel, told apart in @err), codes of reading @table, -ENODEV,
 * -EPERM. While @nl is held a kernel without netem is found by snet__nl_finish() only, as
 * -ENOENT, so ask snet__qdisc_has_netem() first. */
int snet__netem_set(struct snet__nl *nl, int index,
		    const struct snet_impairment *impairment,
		    struct snet__kept_file *table, uint64_t seed, struct snet_err *err);
/* The counters. Not while @nl is held. -ENOENT: nothing was ever set. */
int snet__netem_counts(struct snet__nl *nl, int index, struct snet__qdisc_counts *ret,
		       struct snet_err *err);

#endif
