/* SPDX-License-Identifier: MIT */
/* Descriptions made ready for use; everything of a change that can fail, or takes time, is
 * here, so that a pipe changes at once or not at all. */

#include "link/rules.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "link/medium.h"

/* How much may wait by default, as many packets as netem lets wait: of the usual size, by rate;
 * of any size, by a trace. What is delayed does not count, unlike netem's: such a link would be
 * slower than its rate. Where nothing limits the rate the owner's memory is the bound. */
#define DEFAULT_PACKETS 1000
#define DEFAULT_BYTES   (DEFAULT_PACKETS * UINT64_C(1500))

static void rules_free_at(struct snet__rules **rules)
{
	snet__rules_free(*rules);
}

/* False for NaN, too. */
static bool set_share(struct snet__share *ret, double share, double correlation)
{
	if (!(share >= 0 && share <= 1 && correlation >= 0 && correlation <= 1))
		return false;
	ret->share = snet__chance_share(share);
	ret->correlation = snet__chance_share(correlation);
	return true;
}

static int set_shares(struct snet__rules *rules,
		      const struct snet_impairment *description, struct snet_err *err)
{
	if (!set_share(&rules->duplicate, description->duplicate,
		       description->duplicate_correlation))
		return snet__err_set(err, -ERANGE, "'duplicate' is not from 0 to 1");
	if (!set_share(&rules->corrupt, description->corrupt,
		       description->corrupt_correlation))
		return snet__err_set(err, -ERANGE, "'corrupt' is not from 0 to 1");
	if (!set_share(&rules->reorder, description->reorder,
		       description->reorder_correlation))
		return snet__err_set(err, -ERANGE, "'reorder' is not from 0 to 1");
	/* As in netem: a gap alone means all that it lets, reordering alone no gap. */
	rules->gap = description->gap;
	if (rules->gap && !rules->reorder.share)
		rules->reorder.share = UINT32_MAX;
	if (!rules->gap)
		rules->gap = 1;
	if (rules->reorder.share && !description->delay_ns && !description->trace)
		return snet__err_set(err, -EINVAL, "reordering needs a delay");
	return 0;
}

static uint64_t or_none(uint64_t limit)
{
	return limit ? limit : UINT64_MAX;
}

static uint64_t time_of(uint64_t bytes, uint64_t rate_bps)
{
	struct snet__medium medium = {0};

	if (bytes > SNET__BYTES_MAX)
		return (uint64_t)fmin((double)bytes * 8e9 / (double)rate_bps, 0x1p62);
	snet__medium_send(&medium, rate_bps, bytes, 0);
	return medium.free_ns;
}

static void set_rate(struct snet__rules *rules, const struct snet_impairment *description)
{
	rules->rate_bps = description->rate_bps;
	if (rules->rate_bps > SNET__RATE_MAX_BPS)
		rules->rate_bps = SNET__RATE_MAX_BPS;
	rules->burst_bytes = description->burst_bytes;
	if (rules->rate_bps)
		rules->burst_ns = time_of(rules->burst_bytes, rules->rate_bps);
	rules->overhead_bytes = description->overhead_bytes;
	rules->is_sent = rules->rate_bps || rules->hooks.trace_ops;
}

/* A trace may say nothing of how fast packets are sent. */
static bool has_medium(const struct snet__rules *rules)
{
	const struct snet__rule_hooks *hooks = &rules->hooks;

	return rules->rate_bps || hooks->trace_has_rate ||
	       (hooks->trace_ops && hooks->trace_ops->departure);
}

static void set_limits(struct snet__rules *rules,
		       const struct snet_impairment *description)
{
	rules->limit_packets = or_none(description->limit_packets);
	rules->limit_bytes = or_none(description->limit_bytes);
	rules->limit_ns = or_none(description->limit_ns);
	rules->limit_ready = UINT64_MAX;
	if (description->limit_packets || description->limit_bytes ||
	    description->limit_ns)
		return;
	if (rules->rate_bps && !rules->hooks.trace_ops)
		rules->limit_ns = time_of(DEFAULT_BYTES, rules->rate_bps);
	else if (has_medium(rules))
		rules->limit_ready = DEFAULT_PACKETS;
}

int snet__rules_new(struct snet__rules **ret, const struct snet_impairment *description,
		    const struct snet__rule_hooks *hooks, struct snet_err *err)
{
	cleanup_with(rules_free_at) struct snet__rules *rules = calloc(1, sizeof(*rules));
	int r;

	if (!rules)
		return snet__err_oom(err);
	if (description->delay_ns > SNET__DELAY_MAX_NS)
		return snet__err_set(err, -ERANGE, "the delay is longer than 19 hours");
	rules->delay_ns = description->delay_ns;
	rules->is_down = description->down;
	rules->marks = description->ecn;
	rules->pmtu = description->pmtu;
	r = set_shares(rules, description, err);
	if (r == 0)
		r = snet__loss_compile(&rules->loss, description, err);
	if (r == 0)
		r = snet__queue_compile(&rules->queue, description, err);
	if (r == 0)
		r = snet__dist_compile(&rules->dist, description,
				       hooks ? hooks->table : NULL, err);
	if (r < 0)
		return r;
	if (hooks)
		rules->hooks = *hooks;
	rules->hooks.table = NULL;
	set_rate(rules, description);
	set_limits(rules, description);
	rules->is_plain = !rules->loss.kind && !rules->dist.jitter_ns &&
			  !rules->duplicate.share && !rules->corrupt.share &&
			  !rules->reorder.share && !rules->hooks.trace_ops;
	*ret = steal_ptr(rules);
	return 0;
}

void snet__rules_free(struct snet__rules *rules)
{
	if (!rules)
		return;
	if (rules->hooks.filter_free)
		rules->hooks.filter_free(rules->hooks.filter);
	if (rules->hooks.trace_ops && rules->hooks.trace_ops->free)
		rules->hooks.trace_ops->free(rules->hooks.trace);
	snet__dist_clear(&rules->dist);
	free(rules);
}

uint64_t snet__rules_burst_ns(const struct snet__rules *rules, uint64_t rate_bps)
{
	if (rate_bps == rules->rate_bps)
		return rules->burst_ns;
	return rules->burst_bytes && rate_bps ? time_of(rules->burst_bytes, rate_bps) : 0;
}

void snet__rules_resume(struct snet__rules *rules, const struct snet__rules *former)
{
	const struct snet__trace_ops *ops = rules->hooks.trace_ops;

	if (ops && ops == former->hooks.trace_ops && ops->resume)
		ops->resume(rules->hooks.trace, former->hooks.trace);
}

bool snet__rules_differ_in_time(const struct snet__rules *a, const struct snet__rules *b)
{
	return a->delay_ns != b->delay_ns || a->dist.jitter_ns != b->dist.jitter_ns ||
	       a->rate_bps != b->rate_bps || a->hooks.trace_ops || b->hooks.trace_ops;
}
