/* SPDX-License-Identifier: MIT */
/* The requests that make and change netem have all of a description in them, in the kernel's
 * units; and what the kernel answers is read back, or refused when it is cut. */

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <math.h>
#include <string.h>

#include "suite.h"
#include "sys/nl.h"
#include "sys/qdisc.h"

#define SEED_ATTR 14 /* TCA_NETEM_PRNG_SEED, since Linux 6.6 */

static const int16_t table[] = {-8192, 0, 8192};
static const struct snet_impairment full = {
	.delay_ns = 20000001,
	.jitter_ns = 3000007,
	.delay_correlation = 0.25,
	.loss = 0.01,
	.loss_correlation = 0.5,
	.duplicate = 0.02,
	.duplicate_correlation = 0.125,
	.corrupt = 0.03,
	.corrupt_correlation = 0.75,
	.reorder = 0.04,
	.reorder_correlation = 1,
	.gap = 5,
	.rate_bps = 20000000,
	.overhead_bytes = -14,
	.limit_packets = 77,
	.ecn = true,
};
static struct nl_msg *msg;

static void tear_down(void)
{
	nlmsg_free(msg);
	msg = NULL;
}

static void build(const struct snet_impairment *impairment, uint64_t seed)
{
	const struct snet__qdisc_netem netem = {.impairment = impairment,
						.table = table,
						.table_count = 3,
						.seed = seed};

	nlmsg_free(msg);
	msg = snet__qdisc_netem_msg(5, &netem);
	ck_assert_ptr_nonnull(msg);
}

static struct nlattr *options(void)
{
	struct nlattr *attr =
		nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct tcmsg), TCA_OPTIONS);

	ck_assert_ptr_nonnull(attr);
	return attr;
}

/* An attribute among the options, NULL when it is not there. */
static void *find(int type, int size)
{
	const int head = sizeof(struct tc_netem_qopt);
	struct nlattr *all = options();
	struct nlattr *attr = nla_find((struct nlattr *)((char *)nla_data(all) + head),
				       nla_len(all) - head, type);

	if (!attr)
		return NULL;
	ck_assert_int_eq(nla_len(attr), size);
	return nla_data(attr);
}

static void assert_share(uint32_t real, double wanted)
{
	ck_assert_msg(fabs(real / 4294967295.0 - wanted) < 1e-9, "%u for %g", real,
		      wanted);
}

START_TEST(a_request_changes_the_root_in_place)
{
	struct nlmsghdr *hdr;
	struct tcmsg *header;

	build(&full, 0);
	hdr = nlmsg_hdr(msg);
	header = nlmsg_data(hdr);
	ck_assert_int_eq(hdr->nlmsg_type, RTM_NEWQDISC);
	ck_assert_int_eq(hdr->nlmsg_flags, NLM_F_CREATE | NLM_F_REPLACE);
	ck_assert_int_eq(header->tcm_ifindex, 5);
	ck_assert_uint_eq(header->tcm_parent, TC_H_ROOT);
	ck_assert_uint_eq(header->tcm_handle, 0);
}
END_TEST

START_TEST(all_is_in_the_kernels_units)
{
	struct tc_netem_qopt *head;
	struct tc_netem_corr *correlations;
	struct tc_netem_reorder *reorder;
	struct tc_netem_corrupt *corrupt;
	struct tc_netem_rate *rate;
	int64_t time;

	build(&full, 0);
	head = nla_data(options());
	ck_assert_uint_eq(head->limit, 77);
	ck_assert_uint_eq(head->gap, 5);
	assert_share(head->loss, 0.01);
	assert_share(head->duplicate, 0.02);
	memcpy(&time, find(TCA_NETEM_LATENCY64, 8), 8);
	ck_assert_int_eq(time, 20000001);
	memcpy(&time, find(TCA_NETEM_JITTER64, 8), 8);
	ck_assert_int_eq(time, 3000007);
	correlations = find(TCA_NETEM_CORR, sizeof(*correlations));
	assert_share(correlations->delay_corr, 0.25);
	assert_share(correlations->loss_corr, 0.5);
	assert_share(correlations->dup_corr, 0.125);
	reorder = find(TCA_NETEM_REORDER, sizeof(*reorder));
	assert_share(reorder->probability, 0.04);
	ck_assert_uint_eq(reorder->correlation, UINT32_MAX);
	corrupt = find(TCA_NETEM_CORRUPT, sizeof(*corrupt));
	assert_share(corrupt->probability, 0.03);
	assert_share(corrupt->correlation, 0.75);
	rate = find(TCA_NETEM_RATE, sizeof(*rate));
	ck_assert_uint_eq(rate->rate, 2500000);
	ck_assert_int_eq(rate->packet_overhead, -14);
	ck_assert_uint_eq(*(uint32_t *)find(TCA_NETEM_ECN, 4), 1);
	ck_assert_mem_eq(find(TCA_NETEM_DELAY_DIST, sizeof(table)), table, sizeof(table));
	ck_assert_ptr_null(find(TCA_NETEM_LOSS, 0));
	ck_assert_ptr_null(find(SEED_ATTR, 8));
}
END_TEST

/* What a request leaves out would stay as it was. */
START_TEST(a_plain_link_is_told_in_full)
{
	static const int types[] = {TCA_NETEM_LATENCY64, TCA_NETEM_JITTER64,
				    TCA_NETEM_CORR,      TCA_NETEM_REORDER,
				    TCA_NETEM_CORRUPT,   TCA_NETEM_RATE,
				    TCA_NETEM_RATE64,    TCA_NETEM_ECN,
				    TCA_NETEM_SLOT};
	static const int sizes[] = {8, 8, 12, 8, 8, 16, 8, 4, 40};
	static const char nothing[64];
	const struct snet_impairment plain = {0};

	build(&plain, 0);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const void *data = find(types[i], sizes[i]);

		ck_assert_msg(data != NULL, "attribute %d is missing", types[i]);
		ck_assert_mem_eq(data, nothing, sizes[i]);
	}
	/* Without a jitter it does not matter which table the kernel has. */
	ck_assert_ptr_null(find(TCA_NETEM_DELAY_DIST, 0));
}
END_TEST

START_TEST(a_seed_is_in_the_request_when_there_is_one)
{
	uint64_t seed = 0;

	build(&full, 0x123456789abcdef0);
	memcpy(&seed, find(SEED_ATTR, 8), 8);
	ck_assert_uint_eq(seed, 0x123456789abcdef0);
}
END_TEST

START_TEST(down_loses_all_and_neither_doubles_nor_marks)
{
	struct snet_impairment down = full;
	struct tc_netem_qopt *head;

	down.down = true;
	down.loss_model = SNET_LOSS_GEMODEL;
	build(&down, 0);
	head = nla_data(options());
	ck_assert_uint_eq(head->loss, UINT32_MAX);
	ck_assert_uint_eq(head->duplicate, 0);
	ck_assert_uint_eq(head->limit, 77);
	ck_assert_ptr_null(find(TCA_NETEM_LOSS, 0));
	ck_assert_uint_eq(*(uint32_t *)find(TCA_NETEM_ECN, 4), 0);
}
END_TEST

static uint64_t rate64_of(uint64_t rate_bps)
{
	const struct snet_impairment impairment = {.rate_bps = rate_bps};
	uint64_t rate;

	build(&impairment, 0);
	memcpy(&rate, find(TCA_NETEM_RATE64, 8), 8);
	return rate;
}

START_TEST(no_rate_is_rounded_to_none)
{
	ck_assert_uint_eq(rate64_of(0), 0);
	ck_assert_uint_eq(rate64_of(1), 1);
	ck_assert_uint_eq(rate64_of(12), 2);
	ck_assert_uint_eq(rate64_of(100000000000), 12500000000);
	/* The old attribute has 32 bits. */
	ck_assert_uint_eq(((struct tc_netem_rate *)find(TCA_NETEM_RATE,
							sizeof(struct tc_netem_rate)))
				  ->rate,
			  UINT32_MAX);
}
END_TEST

static uint32_t limit_of(uint64_t delay_ns, uint64_t rate_bps)
{
	const struct snet_impairment impairment = {.delay_ns = delay_ns,
						   .rate_bps = rate_bps};

	build(&impairment, 0);
	return ((struct tc_netem_qopt *)nla_data(options()))->limit;
}

START_TEST(the_usual_limit_leaves_room_for_what_is_on_its_way)
{
	ck_assert_uint_eq(limit_of(0, 0), 100000);
	ck_assert_uint_eq(limit_of(1000000000, 0), 100000);
	ck_assert_uint_eq(limit_of(0, 12000000), 1000);
	ck_assert_uint_eq(limit_of(500000000, 12000000), 1500);
	ck_assert_uint_eq(limit_of(UINT64_MAX, UINT64_MAX), 100000);
}
END_TEST

static struct snet__qdisc read_back(void)
{
	struct snet__qdisc qdisc;

	ck_assert_int_eq(snet__qdisc_read(&qdisc, nlmsg_hdr(msg)), 0);
	return qdisc;
}

#define ASSERT_SAME(real, wanted, field)                                          \
	ck_assert_msg(fabs((double)(real).field - (double)(wanted).field) < 1e-9, \
		      #field ": %.12g for %.12g", (double)(real).field,           \
		      (double)(wanted).field)

START_TEST(all_is_read_back)
{
	struct snet__qdisc qdisc;

	build(&full, 77);
	qdisc = read_back();
	ASSERT_SAME(qdisc.impairment, full, delay_ns);
	ASSERT_SAME(qdisc.impairment, full, jitter_ns);
	ASSERT_SAME(qdisc.impairment, full, delay_correlation);
	ASSERT_SAME(qdisc.impairment, full, loss);
	ASSERT_SAME(qdisc.impairment, full, loss_correlation);
	ASSERT_SAME(qdisc.impairment, full, duplicate);
	ASSERT_SAME(qdisc.impairment, full, duplicate_correlation);
	ASSERT_SAME(qdisc.impairment, full, corrupt);
	ASSERT_SAME(qdisc.impairment, full, corrupt_correlation);
	ASSERT_SAME(qdisc.impairment, full, reorder);
	ASSERT_SAME(qdisc.impairment, full, reorder_correlation);
	ASSERT_SAME(qdisc.impairment, full, gap);
	ASSERT_SAME(qdisc.impairment, full, rate_bps);
	ASSERT_SAME(qdisc.impairment, full, overhead_bytes);
	ASSERT_SAME(qdisc.impairment, full, limit_packets);
	ck_assert(qdisc.impairment.ecn);
	ck_assert(qdisc.is_seeded);
	ck_assert_uint_eq(qdisc.seed, 77);
}
END_TEST

START_TEST(the_loss_models_are_read_back)
{
	struct snet_impairment model = {.loss_model = SNET_LOSS_STATE,
					.loss = 0.5, /* of another model */
					.loss_state = {0.5, 0.2, 0.3, 0.4, 0.5}};
	struct tc_netem_gimodel *four;
	struct tc_netem_gemodel *gilbert;
	struct nlattr *nest;
	struct snet__qdisc qdisc;

	build(&model, 0);
	nest = (struct nlattr *)((char *)find(TCA_NETEM_LOSS, 24) - NLA_HDRLEN);
	four = nla_data(nla_data(nest));
	assert_share(four->p14, 0.5);
	assert_share(four->p23, 0.4);
	/* Their sum would be nothing if it wrapped around. */
	ck_assert_uint_ge(four->p13 + four->p14, UINT32_MAX - 1);
	qdisc = read_back();
	ck_assert_int_eq(qdisc.impairment.loss_model, SNET_LOSS_STATE);
	ASSERT_SAME(qdisc.impairment, (struct snet_impairment){0}, loss);
	for (int i = 0; i < 5; i++)
		ASSERT_SAME(qdisc.impairment, model, loss_state[i]);

	model = (struct snet_impairment){.loss_model = SNET_LOSS_GEMODEL,
					 .loss_gemodel = {0.1, 0.3, 0.7, 0.01}};
	build(&model, 0);
	nest = (struct nlattr *)((char *)find(TCA_NETEM_LOSS, 20) - NLA_HDRLEN);
	gilbert = nla_data(nla_data(nest));
	assert_share(gilbert->h, 0.3);
	assert_share(gilbert->k1, 0.01);
	qdisc = read_back();
	ck_assert_int_eq(qdisc.impairment.loss_model, SNET_LOSS_GEMODEL);
	for (int i = 0; i < 4; i++)
		ASSERT_SAME(qdisc.impairment, model, loss_gemodel[i]);
}
END_TEST

static void add_counts(const struct gnet_stats_basic *basic, size_t size)
{
	const struct gnet_stats_queue queue = {.qlen = 3,
					       .backlog = 4500,
					       .drops = 7,
					       .requeues = 2};
	struct nlattr *nest = snet__nl_open_nest(msg, TCA_STATS2);

	snet__nl_put(msg, TCA_STATS_BASIC, basic, size);
	snet__nl_put(msg, TCA_STATS_QUEUE, &queue, sizeof(queue));
	nla_nest_end(msg, nest);
}

START_TEST(counters_are_read)
{
	const struct gnet_stats_basic basic = {.bytes = 1ull << 40, .packets = 12};
	struct snet__qdisc_counts counts;

	build(&full, 0);
	add_counts(&basic, sizeof(basic));
	counts = read_back().counts;
	ck_assert_uint_eq(counts.packets, 12);
	ck_assert_uint_eq(counts.bytes, 1ull << 40);
	ck_assert_uint_eq(counts.drops, 7);
	ck_assert_uint_eq(counts.reordered, 2);
	ck_assert_uint_eq(counts.queued_packets, 3);
	ck_assert_uint_eq(counts.queued_bytes, 4500);
}
END_TEST

START_TEST(answers_that_are_cut_are_refused)
{
	const struct gnet_stats_basic basic = {0};
	struct nlattr *all;
	struct snet__qdisc qdisc;

	build(&full, 0);
	add_counts(&basic, 8);
	ck_assert_int_eq(snet__qdisc_read(&qdisc, nlmsg_hdr(msg)), -EBADMSG);
	build(&full, 0);
	all = options();
	for (uint16_t length = all->nla_len; length > NLA_HDRLEN; length--) {
		all->nla_len = length;
		/* Whatever it says: no read beyond the end, which sanitizers would see. */
		(void)snet__qdisc_read(&qdisc, nlmsg_hdr(msg));
	}
	all->nla_len = NLA_HDRLEN + 8;
	ck_assert_int_eq(snet__qdisc_read(&qdisc, nlmsg_hdr(msg)), -EBADMSG);
}
END_TEST

START_TEST(other_kinds_are_told_apart)
{
	const struct tcmsg header = {0};
	struct snet__qdisc qdisc;

	msg = snet__nl_msg_new(RTM_NEWQDISC, 0, &header, sizeof(header));
	ck_assert_int_eq(snet__qdisc_read(&qdisc, nlmsg_hdr(msg)), -ENOENT);
	snet__nl_put_text(msg, TCA_KIND, "noqueue");
	ck_assert_int_eq(snet__qdisc_read(&qdisc, nlmsg_hdr(msg)), -ENOENT);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("qdisc");
	TCase *t = tcase_create("netem");

	tcase_add_checked_fixture(t, NULL, tear_down);
	tcase_add_test(t, a_request_changes_the_root_in_place);
	tcase_add_test(t, all_is_in_the_kernels_units);
	tcase_add_test(t, a_plain_link_is_told_in_full);
	tcase_add_test(t, a_seed_is_in_the_request_when_there_is_one);
	tcase_add_test(t, down_loses_all_and_neither_doubles_nor_marks);
	tcase_add_test(t, no_rate_is_rounded_to_none);
	tcase_add_test(t, the_usual_limit_leaves_room_for_what_is_on_its_way);
	tcase_add_test(t, all_is_read_back);
	tcase_add_test(t, the_loss_models_are_read_back);
	tcase_add_test(t, counters_are_read);
	tcase_add_test(t, answers_that_are_cut_are_refused);
	tcase_add_test(t, other_kinds_are_told_apart);
	suite_add_tcase(s, t);
	return s;
}
