/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_RULES_H
#define SNET_LINK_RULES_H

#include <snet/link.h>

#include "link/dist.h"
#include "link/loss.h"
#include "link/packet.h"
#include "link/queue.h"
#include "link/trace_ops.h"

/* What the fields @filter and @trace of a description stand for; the rules own it. All NULL:
 * nothing. */
struct snet__rule_hooks {
	/* Does the impairment apply to @packet? */
	bool (*applies)(void *filter, const struct snet__packet *packet);
	void (*filter_free)(void *filter); /* optional */
	void *filter;
	const struct snet__trace_ops *trace_ops;
	void *trace;
	bool trace_has_rate; /* it says at which rate packets are sent */
	/* A table that may be the description's: only looked at while the rules are made. */
	struct snet__kept_file *table;
};

/* With a correlation. */
struct snet__share {
	uint32_t share, correlation;
};

/* A description made ready: checked, its files read, its numbers in the form in which they are
 * needed for each packet. Constant, and used by one pipe. */
struct snet__rules {
	bool is_plain; /* nothing is decided about any packet */
	bool is_sent;  /* packets go one after the other, by a rate or a trace */
	bool is_down;
	bool marks;
	uint32_t pmtu; /* 0: none */
	struct snet__loss_rule loss;
	struct snet__dist_rule dist;
	uint64_t delay_ns;
	struct snet__share duplicate, corrupt, reorder;
	uint32_t gap;
	uint64_t rate_bps;
	uint64_t burst_bytes;
	uint64_t burst_ns; /* at @rate_bps */
	int32_t overhead_bytes;
	uint64_t limit_packets, limit_bytes, limit_ns; /* UINT64_MAX: none */
	uint64_t limit_ready; /* the same, in packets that nothing but the medium keeps */
	struct snet__queue_rule queue;
	struct snet__rule_hooks hooks;
};

/* @hooks may be NULL; it is taken when this succeeds. Codes: -EINVAL, -ERANGE, -ENOMEM, and those of
 * reading the file of a distribution. */
int snet__rules_new(struct snet__rules **ret, const struct snet_impairment *description,
		    const struct snet__rule_hooks *hooks, struct snet_err *err);
void snet__rules_free(struct snet__rules *rules);
/* How long its burst takes at the rate in force, @rate_bps; 0: there is none. */
uint64_t snet__rules_burst_ns(const struct snet__rules *rules, uint64_t rate_bps);
/* What goes on over time, such as a trace, goes on from where it was under @former. */
void snet__rules_resume(struct snet__rules *rules, const struct snet__rules *former);
/* Could a packet under @b be due before one that came earlier, under @a? */
bool snet__rules_differ_in_time(const struct snet__rules *a, const struct snet__rules *b);

#endif
