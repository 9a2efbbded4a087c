/* SPDX-License-Identifier: MIT */
/* netem through rtnetlink.
 *
 * Setting and changing are one request (NLM_F_CREATE with NLM_F_REPLACE and no handle): the kernel
 * makes a netem where there is none, and changes the one that is there under its lock otherwise,
 * with what waits in it. What a request leaves out stays as it was, so each has everything. That
 * goes for the table of the jitter too, which nothing removes: a uniform jitter is a table as
 * well. libnl-route knows neither times in ns nor rates, loss models, marks and seeds, so the
 * attributes are put here.
 *
 * Source: net/sched/sch_netem.c and sch_api.c of Linux. */

#include "sys/qdisc.h"

#include <assert.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/netns.h"
#include "sys/nl.h"

/* In the kernel's headers since Linux 6.6 (TCA_NETEM_PRNG_SEED) and 5.6 (TCA_STATS_PKT64); older
 * kernels ignore the first and never send the second. */
#define NETEM_SEED  14
#define STATS_PKT64 8

/* Probabilities and correlations of the kernel: UINT32_MAX is always. Rounded down, so that those of
 * one state never add up to more than always, which would wrap around to never. */
static uint32_t to_kernel(double share)
{
	return (uint32_t)(share * UINT32_MAX);
}

static double from_kernel(uint32_t share)
{
	return (double)share / UINT32_MAX;
}

/* Packets that are delayed count against netem's limit as well as those that queue for a rate. Its
 * own default of 1,000 is kept for the queue; where nothing queues, it would lose packets that are
 * only on their way, so there is one that memory sets. */
#define DEFAULT_QUEUE    1000
#define DEFAULT_FLIGHT   100000
#define FULL_PACKET_BITS 12000

static uint32_t limit_of(const struct snet_impairment *impairment)
{
	double flight = DEFAULT_FLIGHT;

	if (impairment->limit_packets)
		return impairment->limit_packets;

	if (impairment->rate_bps)
		flight = ((double)impairment->delay_ns + (double)impairment->jitter_ns) /
			 (double)SNET__NS_PER_S * (double)impairment->rate_bps /
			 FULL_PACKET_BITS;
	return flight < DEFAULT_FLIGHT ? DEFAULT_QUEUE + (uint32_t)flight
				       : DEFAULT_FLIGHT;
}

static void put_options(struct nl_msg *msg, const struct snet_impairment *impairment)
{
	bool is_random = impairment->loss_model == SNET_LOSS_RANDOM;
	struct tc_netem_qopt options = {
		.limit = limit_of(impairment),
		.loss = is_random ? to_kernel(impairment->loss) : 0,
		.duplicate = to_kernel(impairment->duplicate),
	};
	int r;

	/* Without a gap the kernel does not reorder at all; 1 is no gap. */
	if (impairment->reorder > 0)
		options.gap = impairment->gap ? impairment->gap : 1;
	r = nlmsg_append(msg, &options, sizeof(options), NLMSG_ALIGNTO);
	assert(r == 0);
	(void)r;
}

static void put_delay(struct nl_msg *msg, const struct snet__qdisc_netem *netem)
{
	const struct snet_impairment *impairment = netem->impairment;
	const int64_t delay = (int64_t)impairment->delay_ns,
		      jitter = (int64_t)impairment->jitter_ns;
	const struct tc_netem_corr correlations = {
		.delay_corr = to_kernel(impairment->delay_correlation),
		.loss_corr = to_kernel(impairment->loss_correlation),
		.dup_corr = to_kernel(impairment->duplicate_correlation),
	};

	snet__nl_put(msg, TCA_NETEM_LATENCY64, &delay, sizeof(delay));
	snet__nl_put(msg, TCA_NETEM_JITTER64, &jitter, sizeof(jitter));
	snet__nl_put(msg, TCA_NETEM_CORR, &correlations, sizeof(correlations));
	if (impairment->jitter_ns)
		snet__nl_put(msg, TCA_NETEM_DELAY_DIST, netem->table,
			     netem->table_count * sizeof(*netem->table));
}

static void put_loss_model(struct nl_msg *msg, const struct snet_impairment *impairment)
{
	const double *state = impairment->loss_state, *ge = impairment->loss_gemodel;
	const struct tc_netem_gimodel four = {
		.p13 = to_kernel(state[0]),
		.p31 = to_kernel(state[1]),
		.p32 = to_kernel(state[2]),
		.p23 = to_kernel(state[3]),
		.p14 = to_kernel(state[4]),
	};
	/* The kernel wants the share that gets through in the bad state. */
	const struct tc_netem_gemodel gilbert = {
		.p = to_kernel(ge[0]),
		.r = to_kernel(ge[1]),
		.h = UINT32_MAX - to_kernel(ge[2]),
		.k1 = to_kernel(ge[3]),
	};
	struct nlattr *nest;

	/* The one attribute that means something by not being there: random loss. */
	if (impairment->loss_model != SNET_LOSS_STATE &&
	    impairment->loss_model != SNET_LOSS_GEMODEL)
		return;

	nest = snet__nl_open_nest(msg, TCA_NETEM_LOSS);
	if (impairment->loss_model == SNET_LOSS_STATE)
		snet__nl_put(msg, NETEM_LOSS_GI, &four, sizeof(four));
	else
		snet__nl_put(msg, NETEM_LOSS_GE, &gilbert, sizeof(gilbert));
	nla_nest_end(msg, nest);
}

static void put_rate(struct nl_msg *msg, const struct snet_impairment *impairment)
{
	/* In bytes, and never none by rounding, which would be no limit. */
	uint64_t bytes = impairment->rate_bps / 8 + (impairment->rate_bps % 8 >= 4);
	struct tc_netem_rate rate = {.packet_overhead = impairment->overhead_bytes};

	if (impairment->rate_bps && !bytes)
		bytes = 1;
	/* The kernel takes the larger of the two. */
	rate.rate = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
	snet__nl_put(msg, TCA_NETEM_RATE, &rate, sizeof(rate));
	snet__nl_put(msg, TCA_NETEM_RATE64, &bytes, sizeof(bytes));
}

static void put_others(struct nl_msg *msg, const struct snet_impairment *impairment)
{
	const struct tc_netem_reorder reorder = {
		.probability = to_kernel(impairment->reorder),
		.correlation = to_kernel(impairment->reorder_correlation),
	};
	const struct tc_netem_corrupt corrupt = {
		.probability = to_kernel(impairment->corrupt),
		.correlation = to_kernel(impairment->corrupt_correlation),
	};
	const struct tc_netem_slot slot = {0};
	const uint32_t ecn = impairment->ecn;

	snet__nl_put(msg, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	snet__nl_put(msg, TCA_NETEM_CORRUPT, &corrupt, sizeof(corrupt));
	snet__nl_put(msg, TCA_NETEM_ECN, &ecn, sizeof(ecn));
	snet__nl_put(msg, TCA_NETEM_SLOT, &slot, sizeof(slot));
}

static struct nl_msg *root_msg(int type, int flags, int index, size_t more)
{
	const struct tcmsg header = {.tcm_ifindex = index, .tcm_parent = TC_H_ROOT};

	return snet__nl_msg_new_large(type, flags, &header, sizeof(header), more);
}

struct nl_msg *snet__qdisc_netem_msg(int index, const struct snet__qdisc_netem *netem)
{
	size_t table_size = netem->table_count * sizeof(*netem->table);
	/* Nothing passes: no duplicate of what is lost, and no mark instead. */
	const struct snet_impairment cut = {.loss = 1,
					    .limit_packets = limit_of(netem->impairment)};
	struct snet__qdisc_netem real = *netem;
	struct nlattr *nest;
	struct nl_msg *msg;

	msg = root_msg(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, index, table_size);
	if (!msg)
		return NULL;

	if (real.impairment->down)
		real.impairment = &cut;
	snet__nl_put_text(msg, TCA_KIND, "netem");
	nest = snet__nl_open_nest(msg, TCA_OPTIONS);
	put_options(msg, real.impairment);
	put_delay(msg, &real);
	put_loss_model(msg, real.impairment);
	put_rate(msg, real.impairment);
	put_others(msg, real.impairment);
	if (real.seed)
		snet__nl_put(msg, NETEM_SEED, &real.seed, sizeof(real.seed));
	nla_nest_end(msg, nest);
	return msg;
}

int snet__qdisc_set_netem(struct snet__nl *nl, int index,
			  const struct snet__qdisc_netem *netem, struct snet_err *err)
{
	return snet__nl_call_index(nl, snet__qdisc_netem_msg(index, netem),
				   "set netem of interface", index, err);
}

/* What is shorter than it should be makes the whole unreadable; the kernel may append. */
static struct nla_policy netem_policy[] = {
	[TCA_NETEM_CORR] = {.minlen = sizeof(struct tc_netem_corr)},
	[TCA_NETEM_REORDER] = {.minlen = sizeof(struct tc_netem_reorder)},
	[TCA_NETEM_CORRUPT] = {.minlen = sizeof(struct tc_netem_corrupt)},
	[TCA_NETEM_RATE] = {.minlen = sizeof(struct tc_netem_rate)},
	[TCA_NETEM_ECN] = {.minlen = sizeof(uint32_t)},
	[TCA_NETEM_RATE64] = {.minlen = sizeof(uint64_t)},
	[TCA_NETEM_LATENCY64] = {.minlen = sizeof(int64_t)},
	[TCA_NETEM_JITTER64] = {.minlen = sizeof(int64_t)},
	[NETEM_SEED] = {.minlen = sizeof(uint64_t)},
};
static struct nla_policy loss_policy[] = {
	[NETEM_LOSS_GI] = {.minlen = sizeof(struct tc_netem_gimodel)},
	[NETEM_LOSS_GE] = {.minlen = sizeof(struct tc_netem_gemodel)},
};
static struct nla_policy stats_policy[] = {
	/* The kernel sends a structure that ends in four bytes of nothing, or does not. */
	[TCA_STATS_BASIC] = {.minlen = offsetof(struct gnet_stats_basic, packets) +
				       sizeof(uint32_t)},
	[TCA_STATS_QUEUE] = {.minlen = sizeof(struct gnet_stats_queue)},
	[STATS_PKT64] = {.minlen = sizeof(uint64_t)},
};

/* Copied, because attributes are aligned to four bytes only. */
static bool copy(void *ret, size_t size, const struct nlattr *attr)
{
	if (attr)
		memcpy(ret, nla_data(attr), size);
	return attr != NULL;
}

static int read_loss_model(struct snet_impairment *ret, struct nlattr *nest)
{
	struct nlattr *attrs[NETEM_LOSS_MAX + 1];
	struct tc_netem_gimodel four;
	struct tc_netem_gemodel gilbert;

	if (nla_parse_nested(attrs, NETEM_LOSS_MAX, nest, loss_policy) < 0)
		return -EBADMSG;

	if (copy(&four, sizeof(four), attrs[NETEM_LOSS_GI])) {
		ret->loss_model = SNET_LOSS_STATE;
		ret->loss_state[0] = from_kernel(four.p13);
		ret->loss_state[1] = from_kernel(four.p31);
		ret->loss_state[2] = from_kernel(four.p32);
		ret->loss_state[3] = from_kernel(four.p23);
		ret->loss_state[4] = from_kernel(four.p14);
	}
	if (copy(&gilbert, sizeof(gilbert), attrs[NETEM_LOSS_GE])) {
		ret->loss_model = SNET_LOSS_GEMODEL;
		ret->loss_gemodel[0] = from_kernel(gilbert.p);
		ret->loss_gemodel[1] = from_kernel(gilbert.r);
		ret->loss_gemodel[2] = from_kernel(UINT32_MAX - gilbert.h);
		ret->loss_gemodel[3] = from_kernel(gilbert.k1);
	}
	return 0;
}

static void read_shares(struct snet_impairment *ret, struct nlattr **attrs)
{
	struct tc_netem_corr correlations;
	struct tc_netem_reorder reorder;
	struct tc_netem_corrupt corrupt;

	if (copy(&correlations, sizeof(correlations), attrs[TCA_NETEM_CORR])) {
		ret->delay_correlation = from_kernel(correlations.delay_corr);
		ret->loss_correlation = from_kernel(correlations.loss_corr);
		ret->duplicate_correlation = from_kernel(correlations.dup_corr);
	}
	if (copy(&reorder, sizeof(reorder), attrs[TCA_NETEM_REORDER])) {
		ret->reorder = from_kernel(reorder.probability);
		ret->reorder_correlation = from_kernel(reorder.correlation);
	}
	if (copy(&corrupt, sizeof(corrupt), attrs[TCA_NETEM_CORRUPT])) {
		ret->corrupt = from_kernel(corrupt.probability);
		ret->corrupt_correlation = from_kernel(corrupt.correlation);
	}
}

static void read_rate(struct snet_impairment *ret, struct nlattr **attrs)
{
	struct tc_netem_rate rate = {0};
	uint64_t bytes;

	(void)copy(&rate, sizeof(rate), attrs[TCA_NETEM_RATE]); /* stays zero without */
	if (!copy(&bytes, sizeof(bytes), attrs[TCA_NETEM_RATE64]))
		bytes = rate.rate;
	ret->rate_bps = bytes * 8;
	ret->overhead_bytes = rate.packet_overhead;
}

static int read_options(struct snet__qdisc *ret, struct nlattr *attr)
{
	struct snet_impairment *impairment = &ret->impairment;
	const int head = NLA_ALIGN(sizeof(struct tc_netem_qopt));
	struct nlattr *attrs[NETEM_SEED + 1];
	struct tc_netem_qopt options;
	uint32_t ecn = 0;

	if (nla_len(attr) < head ||
	    nla_parse(attrs, NETEM_SEED, (struct nlattr *)((char *)nla_data(attr) + head),
		      nla_len(attr) - head, netem_policy) < 0)
		return -EBADMSG;

	memcpy(&options, nla_data(attr), sizeof(options));
	impairment->limit_packets = options.limit;
	impairment->loss = from_kernel(options.loss);
	impairment->duplicate = from_kernel(options.duplicate);
	impairment->gap = options.gap > 1 ? options.gap : 0;
	/* Each of these stays zero where it is not told. */
	(void)copy(&impairment->delay_ns, sizeof(uint64_t), attrs[TCA_NETEM_LATENCY64]);
	(void)copy(&impairment->jitter_ns, sizeof(uint64_t), attrs[TCA_NETEM_JITTER64]);
	(void)copy(&ecn, sizeof(ecn), attrs[TCA_NETEM_ECN]);
	impairment->ecn = ecn;
	read_shares(impairment, attrs);
	read_rate(impairment, attrs);
	ret->is_seeded = copy(&ret->seed, sizeof(ret->seed), attrs[NETEM_SEED]);
	return attrs[TCA_NETEM_LOSS] ? read_loss_model(impairment, attrs[TCA_NETEM_LOSS])
				     : 0;
}

static int read_counts(struct snet__qdisc_counts *ret, struct nlattr *nest)
{
	struct nlattr *attrs[STATS_PKT64 + 1];
	struct gnet_stats_basic basic = {0};
	struct gnet_stats_queue queue = {0};

	if (nla_parse_nested(attrs, STATS_PKT64, nest, stats_policy) < 0)
		return -EBADMSG;

	/* Each stays zero where it is not told; the 64 bits are only where 32 are too few. */
	(void)copy(&basic, stats_policy[TCA_STATS_BASIC].minlen, attrs[TCA_STATS_BASIC]);
	(void)copy(&queue, sizeof(queue), attrs[TCA_STATS_QUEUE]);
	*ret = (struct snet__qdisc_counts){
		.packets = basic.packets,
		.bytes = basic.bytes,
		.drops = queue.drops,
		.reordered = queue.requeues,
		.queued_packets = queue.qlen,
		.queued_bytes = queue.backlog,
	};
	(void)copy(&ret->packets, sizeof(ret->packets), attrs[STATS_PKT64]);
	return 0;
}

int snet__qdisc_read(struct snet__qdisc *ret, struct nlmsghdr *hdr)
{
	struct nlattr *attrs[TCA_MAX + 1];
	struct snet__qdisc qdisc = {0};
	int r;

	if (nlmsg_parse(hdr, sizeof(struct tcmsg), attrs, TCA_MAX, NULL) < 0)
		return -EBADMSG;
	if (!attrs[TCA_KIND] || nla_strcmp(attrs[TCA_KIND], "netem") != 0)
		return -ENOENT;
	if (!attrs[TCA_OPTIONS])
		return -EBADMSG;

	r = read_options(&qdisc, attrs[TCA_OPTIONS]);
	if (r == 0 && attrs[TCA_STATS2])
		r = read_counts(&qdisc.counts, attrs[TCA_STATS2]);
	if (r == 0)
		*ret = qdisc;
	return r;
}

struct reading {
	struct snet__qdisc *ret;
	int result;
};

static void hear(struct nlmsghdr *hdr, void *user)
{
	struct reading *reading = user;

	if (hdr->nlmsg_type == RTM_NEWQDISC)
		reading->result = snet__qdisc_read(reading->ret, hdr);
}

int snet__qdisc_get_netem(struct snet__nl *nl, int index, struct snet__qdisc *ret,
			  struct snet_err *err)
{
	struct reading reading = {.ret = ret, .result = -ENOENT};
	int r;

	snet__nl_listen(nl, hear, &reading);
	/* Older kernels answer only those who ask for an echo. */
	r = snet__nl_call_index(nl, root_msg(RTM_GETQDISC, NLM_F_ECHO, index, 0),
				"ask for netem of interface", index, err);
	snet__nl_listen(nl, NULL, NULL);
	if (r < 0)
		return r;
	if (reading.result == -ENOENT)
		return snet__err_set(err, -ENOENT, "interface 'number %d' has no netem",
				     index);
	if (reading.result < 0)
		return snet__err_set(
			err, reading.result,
			"cannot read what the kernel says of netem of interface 'number "
			"%d'",
			index);
	return 0;
}

/* In a namespace of its own, which goes at once, so that nothing else is touched. */
static int try_netem(struct snet_err *err)
{
	const struct snet_impairment plain = {0};
	const struct snet__qdisc_netem netem = {.impairment = &plain};
	struct snet__nl *nl = NULL;
	autoclose int netns = -1;
	int r;

	r = snet__netns_new_connected(&netns, &nl, err);
	if (r < 0)
		return r;

	r = snet__qdisc_set_netem(nl, SNET__IFACE_LOOPBACK, &netem, err);
	snet__nl_close(nl);
	return r;
}

bool snet__qdisc_has_netem(struct snet_err *err)
{
	/* What a kernel has had once it can load again. A no is asked again: someone may have
	 * installed the module. */
	static atomic_bool has_had;
	int r;

	if (has_had)
		return true;

	r = try_netem(err);
	if (r == 0)
		has_had = true;
	if (r == -ENOENT)
		(void)snet__err_set(err, r, "this kernel has no sch_netem");
	return r == 0;
}
