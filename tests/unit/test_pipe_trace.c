/* SPDX-License-Identifier: MIT */
/* A trace beside a rate, a burst, a correlation and a queue, and what comes after it; each from a
 * file. */

#include "link/hooks.h"
#include "pipe_fixture.h"
#include "suite.h"
#include "text_file.h"

/* A packet that takes an opportunity of its own, and at what rate it takes a millisecond. */
#define FULL         1504
#define FULL_EACH_MS (8 * FULL * UINT64_C(1000))

/* What else @description says holds beside the trace. In a pipe that is there already it begins
 * with the next packet. */
static void play(const char *text, struct snet_impairment description)
{
	struct snet__rule_hooks hooks;
	struct snet__rules *rules;

	text_file_set_up();
	text_file_write(text);
	description.trace = path;
	ck_assert_int_eq(snet__hooks_make(&hooks, &description, NULL, NULL), 0);
	text_file_tear_down();
	if (!bed) {
		bed = bed_new_seeded(&description, 42, "l", false, &hooks);
		return;
	}
	ck_assert_int_eq(snet__rules_new(&rules, &description, &hooks, NULL), 0);
	snet__pipe_set(bed->pipe, bed->now_ns, rules);
}

/* One opportunity each @step_ms, @count of them. */
static void play_deliveries(unsigned int step_ms, unsigned int count,
			    struct snet_impairment description)
{
	char text[4096], *at = text;

	for (unsigned int i = 1; i <= count; i++)
		at += snprintf(at, sizeof(text) - (size_t)(at - text), "%u\n",
			       i * step_ms);
	play(text, description);
}

static void push_many(int count, uint32_t size)
{
	for (int i = 0; i < count; i++)
		bed_push(bed, size);
}

/* From @from on each leaves so long after the one before it. */
static void expect_spaced(size_t from, uint64_t gap_ns)
{
	for (size_t i = from; i < bed->out_count; i++)
		bed_need(bed->outs[i].left_ns - bed->outs[i - 1].left_ns == gap_ns,
			 "each takes its time");
}

START_TEST(what_a_trace_leaves_behind_is_sent_at_the_rate_that_follows)
{
	const struct snet_impairment none = {0}, slow = {.rate_bps = FULL_EACH_MS / 10};

	play_deliveries(5, 100, none);
	push_many(400, FULL);
	bed_advance(bed, 500 * MS);
	ck_assert_uint_eq(bed->out_count, 100);
	bed_set(bed, &slow);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 400);
	/* The one that is being sent leaves at the trace's time. */
	ck_assert_uint_eq(bed->outs[100].left_ns, 505 * MS);
	expect_spaced(101, 10 * MS);
}
END_TEST

START_TEST(what_comes_after_a_trace_waits_for_what_it_has_left)
{
	const struct snet_impairment none = {0}, slow = {.rate_bps = FULL_EACH_MS / 10,
							 .limit_ns = 15 * MS};

	play_deliveries(5, 100, none);
	push_many(3, FULL);
	bed_advance(bed, 6 * MS);
	bed_set(bed, &slow);
	/* Until 10 ms one is being sent, and one waits: the next would wait 10 ms, the second 20. */
	push_many(10, FULL);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 9);
	bed_drain(bed);
	expect_spaced(2, 10 * MS);
}
END_TEST

START_TEST(what_a_trace_leaves_at_its_end_is_sent_at_the_rate_beside_it)
{
	const struct snet_impairment once = {.rate_bps = FULL_EACH_MS,
					     .trace_once = true};

	play_deliveries(5, 100, once);
	push_many(400, FULL);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 400);
	ck_assert_uint_eq(bed->outs[99].left_ns, 500 * MS);
	expect_spaced(100, MS);
}
END_TEST

START_TEST(a_burst_after_a_trace_is_no_larger)
{
	const struct snet_impairment none = {0}, bursty = {.rate_bps = FULL_EACH_MS / 10,
							   .burst_bytes = 10 * FULL};

	play_deliveries(5, 100, none);
	push_many(400, FULL);
	bed_advance(bed, 500 * MS);
	bed_set(bed, &bursty);
	bed_drain(bed);
	/* Ten pass with the one that is being sent. */
	ck_assert_uint_eq(bed->outs[110].left_ns, 505 * MS);
	expect_spaced(111, 10 * MS);
}
END_TEST

/* ---- rates ---- */

START_TEST(a_rate_beside_opportunities_is_not_in_force)
{
	const struct snet_impairment slow = {.rate_bps = FULL_EACH_MS / 10,
					     .burst_bytes = _i ? 10 * FULL : 0};

	play_deliveries(1, 1, slow);
	push_many(30, FULL);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[0].left_ns, MS);
	expect_spaced(1, MS);
}
END_TEST

START_TEST(a_rate_beside_opportunities_is_in_force_after_their_end)
{
	const struct snet_impairment slow = {.delay_ns = 3 * MS,
					     .rate_bps = FULL_EACH_MS / 10,
					     .trace_once = true};

	play_deliveries(1, 10, slow);
	push_many(5, FULL);
	/* They begin when the first packet is to be sent. */
	bed_advance(bed, 12 * MS);
	ck_assert_uint_eq(bed->out_count, 5);
	ck_assert_uint_eq(bed->outs[4].left_ns, 8 * MS);
	push_many(2, FULL);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[5].left_ns, 25 * MS);
	expect_spaced(6, 10 * MS);
}
END_TEST

/* ---- bursts ---- */

/* A packet of 1000 bytes takes a millisecond at 8 Mbit/s. */
START_TEST(a_burst_is_as_large_at_the_rate_of_a_trace)
{
	static const uint64_t beside[] = {0, 80000, 8000000, 800000000};
	const struct snet_impairment bursty = {.rate_bps = beside[_i],
					       .burst_bytes = 10000};

	play("time,rate\n0,8Mbit\n", bursty);
	for (size_t round = 0; round < 2; round++) {
		bed_advance(bed, round * S);
		push_many(100, 1000);
		ck_assert_uint_eq(bed->out_count, 100 * round + 10);
		bed_drain(bed);
		ck_assert_uint_eq(bed->now_ns, round * S + 90 * MS);
	}
	/* Half a burst after half the time. */
	bed_advance(bed, bed->now_ns + 5 * MS);
	push_many(6, 1000);
	ck_assert_uint_eq(bed->out_count, 205);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[205].left_ns, S + 96 * MS);
}
END_TEST

START_TEST(a_burst_is_owed_in_bytes_when_a_trace_changes_the_rate)
{
	const struct snet_impairment bursty = {.burst_bytes = 10000};

	play("time,rate\n0,8kbit\n5s,8Mbit\n", bursty);
	push_many(10, 1000);
	ck_assert_uint_eq(bed->out_count, 10);
	/* Half of it is paid by then. */
	bed_advance(bed, 5 * S);
	push_many(6, 1000);
	ck_assert_uint_eq(bed->out_count, 15);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[15].left_ns, 5 * S + MS);
	/* All of it is owed at the lower rate, which holds again from 10 s on. */
	bed_advance(bed, 10 * S - 1);
	push_many(10, 1000);
	ck_assert_uint_eq(bed->out_count, 26);
	bed_advance(bed, 10 * S);
	push_many(1, 1000);
	bed_drain(bed);
	ck_assert_uint_ge(bed->outs[26].left_ns, 11 * S - MS);
	ck_assert_uint_le(bed->outs[26].left_ns, 11 * S);
}
END_TEST

/* A burst at 8 kbit/s, then a trace. */
static void owe_a_burst(const char *text, struct snet_impairment after)
{
	const struct snet_impairment bursty = {.rate_bps = 8000, .burst_bytes = 10000};

	bed = bed_new(&bursty);
	push_many(10, 1000);
	bed_advance(bed, 5 * S);
	play(text, after);
	push_many(6, 1000);
}

START_TEST(a_burst_is_owed_in_bytes_to_a_trace_that_comes)
{
	const struct snet_impairment bursty = {.burst_bytes = 10000}, none = {0};

	owe_a_burst("time,rate\n0,8Mbit\n", bursty);
	ck_assert_uint_eq(bed->out_count, 15);
	/* And back: the sixth, which is being sent, leaves all of a burst owed. */
	bed_set(bed, &(struct snet_impairment){.rate_bps = 8000, .burst_bytes = 10000});
	bed_push(bed, 1000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[15].left_ns, 5 * S + MS);
	ck_assert_uint_eq(bed->outs[16].left_ns, 6 * S + MS);
	bed_free(bed);
	owe_a_burst("time,rate\n0,8Mbit\n", none);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[10].left_ns, 5 * S + MS);
	bed_free(bed);
	/* Opportunities let nothing be sent ahead. */
	owe_a_burst("1\n", none);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[10].left_ns, 5 * S + MS);
}
END_TEST

/* ---- losses ---- */

static void play_losses(const char *text, struct snet_impairment description)
{
	play(text, description);
	bed_run(bed, 10000, MS, 100);
}

START_TEST(the_first_number_decides_about_all_losses_of_a_trace)
{
	const struct snet_impairment random = {.loss_correlation = 1},
				     beside = {.loss_correlation = 1, .loss = 0.1};

	play_losses("time,loss\n0,50%\n", _i ? beside : random);
	ck_assert(bed->out_count == 0 || bed->out_count == 10000);
}
END_TEST

START_TEST(a_trace_loses_what_a_loss_of_that_share_does)
{
	const struct snet_impairment plain = {.loss = 0.4, .loss_correlation = 0.5},
				     traced = {.loss_correlation = 0.5};
	struct bed *other = bed_new(&plain);

	bed_run(other, 10000, MS, 100);
	play_losses("time,loss\n0,40%\n", traced);
	ck_assert_uint_gt(bed->dropped[SNET__DROP_LOSS], 0);
	ck_assert(bed_decided_as(bed, other));
	bed_free(other);
}
END_TEST

START_TEST(a_trace_loses_each_by_itself_without_a_correlation)
{
	const struct snet_impairment none = {0};

	play_losses("time,loss\n0,40%\n", none);
	check_share((double)bed->dropped[SNET__DROP_LOSS], 10000, 0.4);
}
END_TEST

/* ---- queues ---- */

START_TEST(what_a_trace_delays_has_no_limit)
{
	const struct snet_impairment none = {0};

	play("time,delay,loss\n0,1s,0\n", none);
	push_many(1500, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 1500);
	ck_assert_uint_eq(bed->now_ns, S);
}
END_TEST

START_TEST(a_limit_counts_what_a_trace_delays_as_well)
{
	const struct snet_impairment limited = {.limit_packets = 10};

	play("time,delay\n0,1s\n", limited);
	push_many(1500, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 10);
}
END_TEST

/* One packet each millisecond, in three ways. */
static void play_rate(int way, struct snet_impairment description)
{
	if (way == 0)
		play("time,rate\n0,12032kbit\n", description);
	if (way == 1)
		play_deliveries(1, 1, description);
	description.rate_bps = FULL_EACH_MS;
	if (way == 2)
		play("time,loss\n0,0\n", description);
}

START_TEST(by_default_no_more_wait_with_a_trace_than_with_netem)
{
	const struct snet_impairment tail = {0}, head = {.queue = SNET_QUEUE_HEAD_DROP};

	play_rate(_i / 2, _i % 2 ? head : tail);
	push_many(1100, FULL);
	/* The first one is being sent. */
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 99);
	bed_advance(bed, 10 * MS);
	push_many(20, FULL);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 99 + 10);
	bed_drain(bed);
	ck_assert_uint_eq(bed->now_ns, 1011 * MS);
}
END_TEST

START_TEST(what_has_waited_for_a_rate_counts_with_a_trace)
{
	const struct snet_impairment deep = {.rate_bps = FULL_EACH_MS,
					     .limit_packets = 5000},
				     none = {0};

	bed = bed_new(&deep);
	push_many(1500, FULL);
	bed_advance(bed, 100 * MS);
	play_rate(_i, none);
	push_many(10, FULL);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 10);
	bed_advance(bed, 510 * MS);
	/* One is being sent, and 989 wait. */
	push_many(20, FULL);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 10 + 9);
	bed_drain(bed);
}
END_TEST

START_TEST(what_is_on_its_way_leaves_a_trace_its_rate)
{
	const struct snet_impairment far = {.delay_ns = 2 * S};

	play_rate(_i, far);
	bed_run(bed, 5000, MS, FULL);
	ck_assert_uint_eq(bed->out_count, 5000);
	ck_assert_uint_gt(bed_counts(bed)->queue_packets_max, 1900);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("pipe_trace");
	TCase *tcase = tcase_create("pipe_trace");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       what_a_trace_leaves_behind_is_sent_at_the_rate_that_follows);
	tcase_add_test(tcase, what_comes_after_a_trace_waits_for_what_it_has_left);
	tcase_add_test(tcase,
		       what_a_trace_leaves_at_its_end_is_sent_at_the_rate_beside_it);
	tcase_add_test(tcase, a_burst_after_a_trace_is_no_larger);
	tcase_add_loop_test(tcase, a_rate_beside_opportunities_is_not_in_force, 0, 2);
	tcase_add_test(tcase, a_rate_beside_opportunities_is_in_force_after_their_end);
	tcase_add_loop_test(tcase, a_burst_is_as_large_at_the_rate_of_a_trace, 0, 4);
	tcase_add_test(tcase, a_burst_is_owed_in_bytes_when_a_trace_changes_the_rate);
	tcase_add_test(tcase, a_burst_is_owed_in_bytes_to_a_trace_that_comes);
	tcase_add_loop_test(tcase, the_first_number_decides_about_all_losses_of_a_trace,
			    0, 2);
	tcase_add_test(tcase, a_trace_loses_what_a_loss_of_that_share_does);
	tcase_add_test(tcase, a_trace_loses_each_by_itself_without_a_correlation);
	tcase_add_test(tcase, what_a_trace_delays_has_no_limit);
	tcase_add_test(tcase, a_limit_counts_what_a_trace_delays_as_well);
	tcase_add_loop_test(tcase, by_default_no_more_wait_with_a_trace_than_with_netem,
			    0, 6);
	tcase_add_loop_test(tcase, what_has_waited_for_a_rate_counts_with_a_trace, 0, 3);
	tcase_add_loop_test(tcase, what_is_on_its_way_leaves_a_trace_its_rate, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
