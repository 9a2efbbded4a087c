/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_QDISC_H
#define SNET_SYS_QDISC_H

/* The kernel's netem as the root queueing discipline of an interface: what happens to the packets
 * that leave through it. Meanings are those of tc-netem(8). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/link.h>

#include "sys/iface.h"

/* What a netem is to do. */
struct snet__qdisc_netem {
	/* Without what netem has not: the n-th packet, queues other than tail drop of so many
	 * packets, bursts, filters, traces. All else is set, also what is zero; @down loses all. */
	const struct snet_impairment *impairment;
	/* Of the jitter, see base/distribution.h; needed with one, at most SNET__DISTRIBUTION_MAX. */
	const int16_t *table;
	size_t table_count;
	/* Of its random numbers, which begin anew; 0: they go on as they were. */
	uint64_t seed;
};

/* Since it was made. */
struct snet__qdisc_counts {
	uint64_t packets; /* that left; those of a large segment each */
	uint64_t bytes;
	uint32_t
		drops; /* lost by chance or to a full queue, or marked (RFC 3168) instead */
	uint32_t reordered;      /* sent at once, ahead of others */
	uint32_t queued_packets; /* that wait */
	uint32_t queued_bytes;
};

/* What the kernel says of a netem. */
struct snet__qdisc {
	/* As it was set, but for the distribution and what is no matter: without @distribution,
	 * @table and @down, and a @gap of 1 is 0. The limit is the real one. */
	struct snet_impairment impairment;
	bool is_seeded; /* it has a seed, below: since Linux 6.6 */
	uint64_t seed;
	struct snet__qdisc_counts counts;
};

/* Whether this kernel has netem, loading its module if need be; else @err says why not. A yes is
 * remembered; a no costs a few milliseconds each time. Any thread; may need snet_init(). */
bool snet__qdisc_has_netem(struct snet_err *err);

/* Make netem the root of @index, or change the one that is there: in one step, packets that wait in
 * it keep their time. -ENOENT: the kernel has no netem. */
int snet__qdisc_set_netem(struct snet__nl *nl, int index,
			  const struct snet__qdisc_netem *netem, struct snet_err *err);
/* Not while @nl is held. -ENOENT: its root is no netem. */
int snet__qdisc_get_netem(struct snet__nl *nl, int index, struct snet__qdisc *ret,
			  struct snet_err *err);

/* The request of snet__qdisc_set_netem(), NULL when memory is short, and how such a message is
 * read: 0, -ENOENT (of another kind), -EBADMSG. */
struct nl_msg;
struct nlmsghdr;
struct nl_msg *snet__qdisc_netem_msg(int index, const struct snet__qdisc_netem *netem);
int snet__qdisc_read(struct snet__qdisc *ret, struct nlmsghdr *hdr);

#endif
