/* SPDX-License-Identifier: MIT */
/* What a queue that is full or late does. */

#include "pipe_fixture.h"
#include "suite.h"

/* 100 packets of 1000 bytes at once, at 8 Mbit/s: each takes a millisecond. */
static void flood(const struct snet_impairment *description)
{
	bed = bed_new(description);
	for (int i = 0; i < 100; i++)
		bed_push(bed, 1000);
	bed_drain(bed);
}

START_TEST(a_limit_in_packets_takes_the_first_ones)
{
	const struct snet_impairment limited = {.rate_bps = 8000000, .limit_packets = 10};

	flood(&limited);
	ck_assert_uint_eq(bed->out_count, 10);
	ck_assert_uint_eq(bed->outs[9].number, 10);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets_max, 10);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 90);
}
END_TEST

START_TEST(a_limit_in_packets_counts_the_delayed_as_well)
{
	const struct snet_impairment limited = {.delay_ns = 10 * MS, .limit_packets = 10};

	bed = bed_new(&limited);
	bed_run(bed, 1000, MS / 2, 100);
	/* Twenty come in the time of the delay, of which ten find room. */
	ck_assert_uint_eq(bed->out_count, 500);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets_max, 10);
}
END_TEST

START_TEST(a_limit_in_bytes_is_never_exceeded)
{
	const struct snet_impairment limited = {.rate_bps = 8000000, .limit_bytes = 5500};

	flood(&limited);
	ck_assert_uint_eq(bed->out_count, 5);
	ck_assert_uint_eq(bed_counts(bed)->queue_bytes_max, 5000);
	/* A small one may find room where a large one does not. */
	for (int i = 0; i < 5; i++)
		bed_push(bed, 1000);
	bed_push(bed, 1000);
	bed_push(bed, 400);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 11);
	ck_assert_uint_eq(bed->outs[10].size, 400);
}
END_TEST

START_TEST(a_limit_in_time_is_of_the_wait_without_the_delay)
{
	const struct snet_impairment limited = {.rate_bps = 8000000,
						.limit_ns = 20 * MS,
						.delay_ns = 70 * MS};

	flood(&limited);
	/* The 21st waits 20 ms, the 22nd would wait 21. */
	ck_assert_uint_eq(bed->out_count, 21);
	ck_assert_uint_eq(bed->outs[20].left_ns, 91 * MS);
	ck_assert_uint_eq(snet__pipe_delay_ns(bed->pipe, 1), 91 * MS);
}
END_TEST

START_TEST(by_default_as_much_may_wait_as_with_netem_but_for_the_delay)
{
	const struct snet_impairment slow = {.rate_bps = 1000000000,
					     .delay_ns = 100 * MS};

	bed = bed_new(&slow);
	for (int i = 0; i < 1100; i++)
		bed_push(bed, 1500);
	/* The first one is being sent. */
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 99);
	bed_drain(bed);
	/* At its rate it runs, however many are on their way. */
	bed_run(bed, 50000, 12000, 1500);
	ck_assert_uint_eq(bed_counts(bed)->lost[SNET__DROP_QUEUE], 99);
	ck_assert_uint_gt(bed_counts(bed)->queue_packets_max, 8000);
}
END_TEST

START_TEST(a_head_drop_lets_the_newest_through)
{
	const struct snet_impairment limited = {.rate_bps = 8000000,
						.limit_packets = 10,
						.queue = SNET_QUEUE_HEAD_DROP};

	flood(&limited);
	ck_assert_uint_eq(bed->out_count, 10);
	/* The first is being sent already. */
	ck_assert_uint_eq(bed->outs[0].number, 1);
	for (size_t i = 1; i < 10; i++)
		ck_assert_uint_eq(bed->outs[i].number, 91 + i);
	/* What was lost takes no time of the medium. */
	ck_assert_uint_eq(bed->now_ns, 10 * MS);
}
END_TEST

START_TEST(a_head_drop_makes_no_room_for_what_never_fits)
{
	const struct snet_impairment limited = {.delay_ns = 10 * MS,
						.limit_bytes = 4000,
						.queue = SNET_QUEUE_HEAD_DROP};

	bed = bed_new(&limited);
	for (int i = 0; i < 4; i++)
		bed_push(bed, 1000);
	bed_push(bed, 4001);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 1);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets, 4);
	/* It does for one that just fits. */
	bed_push(bed, 4000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 5);
	ck_assert_uint_eq(bed->out_count, 1);
	ck_assert_uint_eq(bed->outs[0].number, 6);
}
END_TEST

START_TEST(a_head_drop_keeps_the_rate_and_the_wait)
{
	const struct snet_impairment limited = {.rate_bps = 8000000,
						.limit_ns = 20 * MS,
						.queue = SNET_QUEUE_HEAD_DROP};

	bed = bed_new(&limited);
	bed_run(bed, 20000, MS / 2, 1000);
	/* Twice what it can carry. */
	ck_assert_uint_ge(bed->out_count, 9999);
	ck_assert_uint_le(bed->out_count, 10022);
	ck_assert(bed_is_ordered(bed));
	ck_assert_uint_le(snet__pipe_delay_ns(bed->pipe, 1), 22 * MS);
	/* What gets through are the last twenty of those that come, two a millisecond. */
	ck_assert_uint_ge(snet__pipe_delay_ns(bed->pipe, 0.5), 10 * MS);
	ck_assert_uint_le(snet__pipe_delay_ns(bed->pipe, 0.5), 12 * MS);
}
END_TEST

START_TEST(a_head_drop_of_what_is_only_delayed_loses_the_oldest)
{
	const struct snet_impairment limited = {.delay_ns = 10 * MS,
						.limit_packets = 3,
						.queue = SNET_QUEUE_HEAD_DROP};

	bed = bed_new(&limited);
	for (int i = 0; i < 5; i++) {
		bed_push(bed, 100);
		bed_advance(bed, bed->now_ns + MS);
	}
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 3);
	ck_assert_uint_eq(bed->outs[0].number, 3);
	ck_assert_uint_eq(bed->outs[0].left_ns, 12 * MS);
}
END_TEST

/* Who takes packets late, or many at once, finds those that a link on time would have carried, in
 * the same order. */
START_TEST(what_was_due_before_a_packet_came_takes_none_of_its_room)
{
	static const struct snet_impairment kinds[] = {
		{.rate_bps = 8000000, .limit_packets = 5},
		{.rate_bps = 8000000, .limit_bytes = 5000},
		{.delay_ns = 10 * MS, .limit_packets = 2},
		{.delay_ns = 10 * MS, .limit_bytes = 2000},
		{.delay_ns = 10 * MS, .limit_packets = 2, .queue = SNET_QUEUE_HEAD_DROP},
		{.delay_ns = 10 * MS, .reorder = 0.5, .limit_packets = 3},
		/* Of these some are lost. */
		{.rate_bps = 1000000, .limit_packets = 5},
		{.rate_bps = 1000000, .limit_packets = 5, .queue = SNET_QUEUE_HEAD_DROP},
	};
	struct bed *on_time = bed_new(&kinds[_i]);

	bed = bed_new(&kinds[_i]);
	bed_run(on_time, 32, 6 * MS, 1000);
	bed_push_late(bed, 32, 6 * MS, 1000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE],
			  on_time->dropped[SNET__DROP_QUEUE]);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE] > 0, _i >= 6);
	ck_assert_uint_eq(bed->out_count, on_time->out_count);
	for (size_t i = 0; i < bed->out_count; i++)
		ck_assert_uint_eq(bed->outs[i].number, on_time->outs[i].number);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets_max,
			  bed_counts(on_time)->queue_packets_max);
	ck_assert_uint_eq(bed_counts(bed)->queue_bytes_max,
			  bed_counts(on_time)->queue_bytes_max);
	bed_free(on_time);
}
END_TEST

/* By jitter the one that is lost may have been to begin long after the new one. */
START_TEST(what_was_waited_for_and_is_lost_is_not_waited_for)
{
	const struct snet_impairment limited = {.delay_ns = S,
						.jitter_ns = S / 2,
						.rate_bps = 8000000,
						.limit_packets = 1,
						.limit_ns = 20 * MS,
						.queue = SNET_QUEUE_HEAD_DROP};

	bed = bed_new(&limited);
	for (int i = 0; i < 50; i++) {
		bed_push(bed, 1000);
		ck_assert_uint_eq(bed_counts(bed)->queue_packets, 1);
	}
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 1);
	ck_assert_uint_eq(bed->outs[0].number, 50);
}
END_TEST
Suite *suite(void)
{
	Suite *suite = suite_create("pipe_queue");
	TCase *tcase = tcase_create("pipe_queue");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_limit_in_packets_takes_the_first_ones);
	tcase_add_test(tcase, a_limit_in_packets_counts_the_delayed_as_well);
	tcase_add_test(tcase, a_limit_in_bytes_is_never_exceeded);
	tcase_add_test(tcase, a_limit_in_time_is_of_the_wait_without_the_delay);
	tcase_add_test(tcase,
		       by_default_as_much_may_wait_as_with_netem_but_for_the_delay);
	tcase_add_test(tcase, a_head_drop_lets_the_newest_through);
	tcase_add_test(tcase, a_head_drop_makes_no_room_for_what_never_fits);
	tcase_add_test(tcase, a_head_drop_keeps_the_rate_and_the_wait);
	tcase_add_test(tcase, a_head_drop_of_what_is_only_delayed_loses_the_oldest);
	tcase_add_loop_test(tcase,
			    what_was_due_before_a_packet_came_takes_none_of_its_room, 0,
			    8);
	tcase_add_test(tcase, what_was_waited_for_and_is_lost_is_not_waited_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
