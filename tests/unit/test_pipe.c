/* SPDX-License-Identifier: MIT */
/* Time and order: delays, rates, changes, and what a pipe counts. What chance decides is tested in
 * test_pipe_chance.c, _jitter.c and _seeds.c, queues in test_pipe_queue.c, filters and what
 * a trace is asked in test_pipe_hooks.c, what it makes of a rate, a burst and a queue in
 * test_pipe_trace.c. */

#include <stdlib.h>
#include <string.h>

#include "link/line.h"
#include "pipe_fixture.h"
#include "suite.h"

void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

/* An array of this item size cannot grow. */
static size_t refused_size;

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return size == refused_size ? NULL : __real_reallocarray(old, count, size);
}

static void teardown(void)
{
	refused_size = 0;
	bed_tear_down();
}

START_TEST(a_plain_pipe_passes_all_at_once)
{
	const struct snet_impairment plain = {0};

	bed = bed_new(&plain);
	bed_run(bed, 1000, 7, 100);
	ck_assert_uint_eq(bed->out_count, 1000);
	ck_assert(bed_is_ordered(bed));
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns, 7 * i);
	ck_assert_uint_eq(bed_counts(bed)->in_bytes, 100000);
	ck_assert_uint_eq(bed_counts(bed)->out_bytes, 100000);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets_max, 1);
	ck_assert_uint_eq(snet__pipe_next_ns(bed->pipe), UINT64_MAX);
}
END_TEST

START_TEST(each_packet_is_late_by_the_delay_exactly)
{
	const struct snet_impairment slow = {.delay_ns = 20 * MS};

	bed = bed_new(&slow);
	bed_run(bed, 1000, MS / 3, 100);
	ck_assert_uint_eq(bed->out_count, 1000);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns,
				  bed->outs[i].arrived_ns + 20 * MS);
	ck_assert_uint_eq(bed_counts(bed)->queue_packets_max, 61);
	ck_assert_uint_eq(bed_counts(bed)->queue_bytes_max, 6100);
	ck_assert_uint_eq(bed_counts(bed)->late, 0);
}
END_TEST

START_TEST(nothing_leaves_before_its_time_and_no_call_too_late_loses_it)
{
	const struct snet_impairment slow = {.delay_ns = 20 * MS};
	struct snet__packet *packet;

	bed = bed_new(&slow);
	bed_push(bed, 60);
	ck_assert_uint_eq(snet__pipe_next_ns(bed->pipe), 20 * MS);
	ck_assert_ptr_null(snet__pipe_pop(bed->pipe, 20 * MS - 1));
	packet = snet__pipe_pop(bed->pipe, 30 * MS);
	ck_assert_ptr_nonnull(packet);
	/* What is reported is what was, not what should have been. */
	ck_assert_uint_eq(snet__pipe_delay_ns(bed->pipe, 1), 30 * MS);
	free(packet);
	bed->held--;
	bed->out_count++;
}
END_TEST

START_TEST(jitter_reorders_and_is_counted)
{
	const struct snet_impairment jittery = {.delay_ns = 20 * MS, .jitter_ns = 5 * MS};
	uint64_t last = 0;
	size_t late = 0;

	bed = bed_new(&jittery);
	bed_run(bed, 10000, MS, 100);
	ck_assert_uint_eq(bed->out_count, 10000);
	ck_assert(!bed_is_ordered(bed));
	for (size_t i = 0; i < bed->out_count; i++) {
		uint64_t took = bed->outs[i].left_ns - bed->outs[i].arrived_ns;

		bed_need(took >= 15 * MS && took <= 25 * MS, "the jitter is bounded");
		late += bed->outs[i].number < last;
		last = bed->outs[i].number > last ? bed->outs[i].number : last;
	}
	ck_assert_uint_gt(late, 1000);
	ck_assert_uint_eq(bed_counts(bed)->late, late);
	ck_assert_uint_eq(bed_counts(bed)->reordered, 0);
}
END_TEST

START_TEST(a_jitter_above_the_delay_never_goes_back_in_time)
{
	const struct snet_impairment jittery = {.delay_ns = MS, .jitter_ns = 10 * MS};
	size_t at_once = 0;

	bed = bed_new(&jittery);
	bed_run(bed, 10000, MS, 100);
	for (size_t i = 0; i < bed->out_count; i++)
		at_once += bed->outs[i].left_ns == bed->outs[i].arrived_ns;
	/* Of -9 to 11 ms, nine twentieths. */
	ck_assert_uint_gt(at_once, 4300);
	ck_assert_uint_lt(at_once, 4700);
}
END_TEST

START_TEST(a_reordered_packet_leaves_at_once_ahead_of_the_others)
{
	const struct snet_impairment gaps = {.delay_ns = 10 * MS, .gap = 5};

	bed = bed_new(&gaps);
	bed_run(bed, 100, MS, 100);
	ck_assert_uint_eq(bed_counts(bed)->reordered, 20);
	for (size_t i = 0; i < bed->out_count; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns - bed->outs[i].arrived_ns,
				  bed->outs[i].number % 5 ? 10 * MS : 0);
	ck_assert_uint_eq(bed->outs[0].number, 5);
	/* Those before it are what RFC 4737 counts. */
	ck_assert_uint_gt(bed_counts(bed)->late, 70);
}
END_TEST

/* ---- rates ---- */

START_TEST(rates_are_exact)
{
	static const uint64_t rates[] = {1000,       9600,      1000000,    7777777,
					 1000000000, 999999937, 10000000000};
	struct snet_impairment slow = {.rate_bps = rates[_i], .limit_packets = 1000000};
	const size_t count = 10000;
	uint64_t wanted;

	bed = bed_new(&slow);
	for (size_t i = 0; i < count; i++)
		bed_push(bed, 60 + (uint32_t)i % 1455);
	wanted = (uint64_t)((double)bed_counts(bed)->in_bytes * 8e9 / (double)rates[_i]);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, count);
	ck_assert(bed_is_ordered(bed));
	/* Not even a nanosecond is lost on ten thousand packets, but for the division here. */
	ck_assert_uint_le(bed->now_ns, wanted + 1);
	ck_assert_uint_ge(bed->now_ns + 1, wanted);
}
END_TEST

START_TEST(a_packet_takes_its_time_after_its_delay)
{
	const struct snet_impairment slow = {.delay_ns = 10 * MS, .rate_bps = 8000000};

	bed = bed_new(&slow);
	bed_push(bed, 1000);
	bed_push(bed, 500);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[0].left_ns, 11 * MS);
	ck_assert_uint_eq(bed->outs[1].left_ns, 11 * MS + MS / 2);
	/* An idle medium owes nothing. */
	bed_advance(bed, S);
	bed_push(bed, 1000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[2].left_ns, S + 11 * MS);
}
END_TEST

START_TEST(jitter_never_reorders_what_has_a_rate)
{
	const struct snet_impairment slow = {.delay_ns = 10 * MS,
					     .jitter_ns = 5 * MS,
					     .rate_bps = 100000000};

	bed = bed_new(&slow);
	bed_run(bed, 5000, MS / 10, 100);
	ck_assert_uint_eq(bed->out_count, 5000);
	ck_assert(bed_is_ordered(bed));
	ck_assert_uint_eq(bed_counts(bed)->late, 0);
}
END_TEST

/* How long a packet of 1000 bytes takes at 8 Mbit/s. */
static uint64_t time_with_overhead(int32_t overhead_bytes, uint32_t segments)
{
	const struct snet_impairment slow = {.rate_bps = 8000000,
					     .overhead_bytes = overhead_bytes};
	struct bed *one = bed_new(&slow);
	struct snet__packet *packet = calloc(1, sizeof(*packet) + 1000);
	uint64_t took;

	packet->size = 1000;
	packet->segments = segments;
	packet->wire_bytes = segments > 1 ? 1000 + 100 * (segments - 1) : 0;
	one->held++;
	snet__pipe_push(one->pipe, 0, packet);
	bed_drain(one);
	took = one->now_ns;
	bed_free(one);
	return took;
}

START_TEST(overhead_counts_for_each_packet_of_a_segment)
{
	ck_assert_uint_eq(time_with_overhead(0, 0), MS);
	ck_assert_uint_eq(time_with_overhead(20, 0), MS / 1000 * 1020);
	ck_assert_uint_eq(time_with_overhead(-20, 1), MS / 1000 * 980);
	ck_assert_uint_eq(time_with_overhead(-5000, 0), 0);
	ck_assert_uint_eq(time_with_overhead(20, 3), MS / 1000 * 1260);
}
END_TEST

START_TEST(a_burst_passes_at_once_after_a_pause_and_the_rate_holds)
{
	const struct snet_impairment bursty = {.rate_bps = 8000000, .burst_bytes = 10000};

	bed = bed_new(&bursty);
	for (size_t round = 0; round < 2; round++) {
		bed_advance(bed, round * S);
		for (int i = 0; i < 100; i++)
			bed_push(bed, 1000);
		ck_assert_uint_eq(bed->out_count, 100 * round + 10);
		bed_drain(bed);
		/* 90 packets remain, of a millisecond each. */
		ck_assert_uint_eq(bed->now_ns, round * S + 90 * MS);
	}
	/* Half a burst after half the time. */
	bed_advance(bed, bed->now_ns + 5 * MS);
	for (int i = 0; i < 6; i++)
		bed_push(bed, 1000);
	ck_assert_uint_eq(bed->out_count, 205);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[205].left_ns, S + 96 * MS);
}
END_TEST

/* ---- changes ---- */

START_TEST(a_change_keeps_order_and_loses_nothing)
{
	const struct snet_impairment all[] = {
		{.delay_ns = 50 * MS},
		{.delay_ns = 5 * MS},
		{0},
		{.delay_ns = 5 * MS, .rate_bps = 10000000},
		{.rate_bps = 1000000},
		{.rate_bps = 1000000000, .delay_ns = MS},
		{.delay_ns = MS, .rate_bps = 100000000, .burst_bytes = 100000},
		{.rate_bps = 1000000000, .queue = SNET_QUEUE_CODEL},
	};
	const size_t count = sizeof(all) / sizeof(all[0]);

	bed = bed_new(&all[0]);
	for (size_t i = 0; i < 10 * count * count; i++) {
		bed_set(bed, &all[i % count]);
		for (int k = 0; k < 10; k++) {
			bed_push(bed, k % 3 ? 100 : 1500);
			bed_advance(bed, bed->now_ns + MS / 5);
		}
		bed_set(bed, &all[i / count % count]);
	}
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 100 * count * count);
	ck_assert(bed_is_ordered(bed));
}
END_TEST

START_TEST(back_to_zero_is_zero_at_once)
{
	const struct snet_impairment slow = {.delay_ns = 20 * S}, plain = {0};

	bed = bed_new(&slow);
	bed_push(bed, 100);
	bed_advance(bed, 10 * MS);
	bed_push(bed, 100);
	bed_set(bed, &plain);
	bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns, 10 * MS);
	ck_assert(bed_is_ordered(bed));
}
END_TEST

START_TEST(what_is_on_its_way_takes_no_longer_than_what_comes)
{
	const struct snet_impairment slow = {.delay_ns = 50 * MS},
				     middle = {.delay_ns = 20 * MS},
				     slower = {.delay_ns = S};

	bed = bed_new(&slow);
	bed_push(bed, 100);
	bed_advance(bed, 35 * MS);
	bed_push(bed, 100);
	bed_set(bed, &middle);
	bed_push(bed, 100);
	bed_set(bed, &slower);
	bed_drain(bed);
	/* The first has less than the new delay left, and keeps it; longer does not lengthen it. */
	ck_assert_uint_eq(bed->outs[0].left_ns, 50 * MS);
	ck_assert_uint_eq(bed->outs[1].left_ns, 55 * MS);
	ck_assert_uint_eq(bed->outs[2].left_ns, 55 * MS);
	ck_assert(bed_is_ordered(bed));
}
END_TEST

START_TEST(what_waits_for_a_delay_and_a_medium_waits_for_neither_without)
{
	const struct snet_impairment slow = {.delay_ns = 20 * S, .rate_bps = 1},
				     fast = {.rate_bps = 8000000}, plain = {0};

	bed = bed_new(&slow);
	for (int i = 0; i < 3; i++)
		bed_push(bed, 1000);
	/* One is being sent, for more than two hours. */
	bed_advance(bed, 30 * S);
	bed_set(bed, &fast);
	bed_advance(bed, 30 * S + 3 * MS);
	ck_assert_uint_eq(bed->out_count, 3);
	bed_push(bed, 1000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[3].left_ns, 30 * S + 4 * MS);
	bed_set(bed, &slow);
	for (int i = 0; i < 3; i++)
		bed_push(bed, 1000);
	bed_set(bed, &plain);
	bed_push(bed, 1000);
	ck_assert_uint_eq(bed->out_count, 8);
	ck_assert(bed_is_ordered(bed));
}
END_TEST

/* However little the rate changes: with its overhead a packet of 1,000 bytes is one of 3,000. */
START_TEST(what_is_being_sent_is_sent_with_its_overhead)
{
	const struct snet_impairment one = {.rate_bps = 8000000, .overhead_bytes = 2000},
				     other = {.rate_bps = 8000001,
					      .overhead_bytes = 2000};

	bed = bed_new(&one);
	bed_push(bed, 1000);
	bed_advance(bed, MS);
	bed_set(bed, &other);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[0].left_ns, 3 * MS);
}
END_TEST

START_TEST(what_jitter_has_sorted_is_hastened_in_that_order)
{
	const struct snet_impairment jittery = {.delay_ns = S, .jitter_ns = 500 * MS},
				     plain = {.delay_ns = MS};

	bed = bed_new(&jittery);
	for (int i = 0; i < 1000; i++)
		bed_push(bed, 100);
	bed_set(bed, &plain);
	bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 1001);
	for (size_t i = 0; i < 1001; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns, MS);
	ck_assert_uint_gt(bed_counts(bed)->late, 100);
}
END_TEST

START_TEST(what_is_set_again_does_not_stop_jitter_from_reordering)
{
	struct snet_impairment jittery = {.delay_ns = 20 * MS, .jitter_ns = 5 * MS};

	bed = bed_new(&jittery);
	for (int i = 0; i < 1000; i++) {
		jittery.duplicate = i % 2 ? 0 : 1e-9;
		bed_set(bed, &jittery);
		bed_push(bed, 100);
		bed_advance(bed, bed->now_ns + MS);
	}
	bed_drain(bed);
	ck_assert_uint_gt(bed_counts(bed)->late, 100);
}
END_TEST

START_TEST(what_waits_is_sent_at_the_new_rate)
{
	const struct snet_impairment slow = {.rate_bps = 8000},
				     fast = {.rate_bps = 8000000};

	bed = bed_new(&slow);
	for (int i = 0; i < 10; i++)
		bed_push(bed, 1000);
	bed_advance(bed, S + S / 2);
	ck_assert_uint_eq(bed->out_count, 1);
	bed_set(bed, &fast);
	bed_drain(bed);
	/* The second one is half sent; the rest takes no longer than all of it would. */
	ck_assert_uint_eq(bed->outs[1].left_ns, S + S / 2 + MS);
	ck_assert_uint_eq(bed->outs[9].left_ns, S + S / 2 + 9 * MS);
}
END_TEST

START_TEST(a_burst_is_owed_in_bytes_when_the_rate_changes)
{
	const struct snet_impairment slow = {.rate_bps = 8000, .burst_bytes = 10000},
				     fast = {.rate_bps = 8000000, .burst_bytes = 10000};

	bed = bed_new(&slow);
	for (int i = 0; i < 10; i++)
		bed_push(bed, 1000);
	ck_assert_uint_eq(bed->out_count, 10);
	/* Half of it is paid by then. */
	bed_advance(bed, 5 * S);
	bed_set(bed, &fast);
	for (int i = 0; i < 6; i++)
		bed_push(bed, 1000);
	ck_assert_uint_eq(bed->out_count, 15);
	bed_drain(bed);
	ck_assert_uint_eq(bed->outs[15].left_ns, 5 * S + MS);
}
END_TEST

START_TEST(a_link_that_is_down_loses_all_and_comes_back_empty)
{
	struct snet_impairment slow = {.delay_ns = 10 * MS, .rate_bps = 8000};

	bed = bed_new(&slow);
	for (int i = 0; i < 5; i++)
		bed_push(bed, 1000);
	bed_advance(bed, 100 * MS);
	slow.down = true;
	bed_set(bed, &slow);
	bed_push(bed, 1000);
	ck_assert_uint_eq(snet__pipe_next_ns(bed->pipe), UINT64_MAX);
	ck_assert_uint_eq(bed_counts(bed)->lost[SNET__DROP_DOWN], 6);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_DOWN], 6);
	slow.down = false;
	bed_set(bed, &slow);
	/* What was being sent, for a second, is not in its way. */
	bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 1);
	ck_assert_uint_eq(bed->outs[0].left_ns, 100 * MS + 10 * MS + 100 * MS);
}
END_TEST

START_TEST(what_is_larger_than_the_path_mtu_is_lost)
{
	static const unsigned char tagged[1400] = {[12] = 0x81, [16] = 0x08};
	const struct snet_impairment plain = {0}, narrow = {.delay_ns = MS, .pmtu = 1280};

	bed = bed_new(&narrow);
	bed_push(bed, 14 + 1280);
	bed_push(bed, 14 + 1281);
	bed_push_data(bed, tagged, 18 + 1280);
	bed_push_data(bed, tagged, 18 + 1281);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 2);
	ck_assert_uint_eq(bed->outs[0].number, 1);
	ck_assert_uint_eq(bed->outs[1].number, 3);
	ck_assert_uint_eq(bed_counts(bed)->lost[SNET__DROP_PMTU], 2);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_PMTU], 2);
	bed_set(bed, &plain);
	bed_push(bed, 9000);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 3);
}
END_TEST

/* One that stands for three, the largest of which has @largest bytes. */
static bool passes(uint32_t largest)
{
	const struct snet_impairment narrow = {.pmtu = 1280};
	struct bed *one = bed_new(&narrow);
	struct snet__packet *packet = calloc(1, sizeof(*packet) + 3000);
	bool ret;

	packet->size = 3000;
	packet->segments = 3;
	packet->wire_bytes = 3000 + 2 * 54;
	packet->largest_bytes = largest;
	one->held++;
	snet__pipe_push(one->pipe, 0, packet);
	bed_drain(one);
	ret = one->out_count;
	bed_free(one);
	return ret;
}

START_TEST(the_path_mtu_is_of_each_packet_of_a_segment)
{
	ck_assert(passes(14 + 1280));
	ck_assert(!passes(14 + 1281));
}
END_TEST

START_TEST(what_the_path_mtu_loses_takes_no_decision)
{
	const struct snet_impairment lossy = {.loss = 0.5, .pmtu = 1000};
	struct bed *other = bed_new(&lossy);

	bed = bed_new(&lossy);
	for (int i = 0; i < 1000; i++) {
		bed_push(bed, 100);
		bed_push(other, 100);
		bed_push(other, 1100);
		bed_refuse(other, 1100);
	}
	ck_assert(bed_decided_as(bed, other));
	ck_assert_uint_eq(bed_counts(other)->lost[SNET__DROP_PMTU], 1000);
	bed_free(other);
}
END_TEST

/* ---- memory ---- */

START_TEST(a_copy_without_memory_is_counted_and_its_packet_passes)
{
	const struct snet_impairment twice = {.duplicate = 1};

	bed = bed_new(&twice);
	bed->has_memory = false;
	bed_run(bed, 100, MS, 100);
	ck_assert_uint_eq(bed->out_count, 100);
	ck_assert_uint_eq(bed_counts(bed)->duplicated, 100);
	ck_assert_uint_eq(bed_counts(bed)->lost[SNET__DROP_MEMORY], 100);
	bed->has_memory = true;
	bed_run(bed, 100, MS, 100);
	ck_assert_uint_eq(bed->out_count, 300);
}
END_TEST

START_TEST(what_cannot_be_sorted_without_memory_is_lost_and_counted)
{
	const struct snet_impairment jittery = {.delay_ns = 20 * MS, .jitter_ns = 5 * MS};

	bed = bed_new(&jittery);
	refused_size = sizeof(struct snet__line_early);
	bed_run(bed, 1000, MS, 100);
	ck_assert(bed_is_ordered(bed));
	ck_assert_uint_gt(bed->dropped[SNET__DROP_MEMORY], 100);
	ck_assert_uint_eq(bed->out_count + bed->dropped[SNET__DROP_MEMORY], 1000);
}
END_TEST

START_TEST(a_refused_packet_takes_its_decision_with_it)
{
	const struct snet_impairment lossy = {.loss = 0.5, .duplicate = 0.5};
	struct bed *other = bed_new(&lossy);

	bed = bed_new(&lossy);
	for (int i = 0; i < 1000; i++) {
		bed_push(bed, 100);
		if (i % 3)
			bed_push(other, 100);
		else
			bed_refuse(other, 100);
	}
	ck_assert(bed_decided_as(bed, other));
	ck_assert_uint_eq(bed_counts(other)->lost[SNET__DROP_MEMORY], 334);
	bed_free(other);
}
END_TEST

/* ---- figures ---- */

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

START_TEST(delays_are_reported_within_two_per_cent)
{
	static const double shares[] = {0.01, 0.5, 0.9, 0.99, 0.999};
	const struct snet_impairment jittery = {.delay_ns = 100 * MS,
						.jitter_ns = 30 * MS,
						.distribution = SNET_DISTRIBUTION_PARETO};
	static uint64_t took[20000];

	bed = bed_new(&jittery);
	bed_run(bed, 20000, MS, 100);
	for (size_t i = 0; i < 20000; i++)
		took[i] = bed->outs[i].left_ns - bed->outs[i].arrived_ns;
	qsort(took, 20000, sizeof(took[0]), compare_numbers);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double wanted = (double)took[(size_t)(shares[i] * 20000) - 1];

		ck_assert_double_eq_tol((double)snet__pipe_delay_ns(bed->pipe, shares[i]),
					wanted, 0.017 * wanted);
	}
	ck_assert_uint_eq(snet__pipe_delay_ns(bed->pipe, 1), took[19999]);
}
END_TEST

/* ---- Before they are due. ---- */

#define LEAD 20000

START_TEST(what_is_delayed_leaves_ahead_of_time)
{
	bed = bed_new(&(const struct snet_impairment){.delay_ns = 10 * MS});
	bed_push(bed, 100);
	bed->lead_ns = LEAD;
	bed_run(bed, 10, MS, 100);
	ck_assert_uint_eq(bed->out_count, 11);
	/* It was to be looked at when it is due. */
	ck_assert_uint_eq(bed->outs[0].left_ns, bed->outs[0].arrived_ns + 10 * MS - LEAD);
	for (size_t i = 1; i < 11; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns,
				  bed->outs[i].arrived_ns + 10 * MS - LEAD);
	/* That is not how long it takes. */
	ck_assert_uint_eq(snet__pipe_delay_ns(bed->pipe, 1), 10 * MS);
}
END_TEST

/* A medium is free when it is: what it has not begun to send does not leave. */
START_TEST(what_is_sent_leaves_ahead_of_time_but_not_before_it_begins)
{
	static const enum snet_queue queues[] = {SNET_QUEUE_TAIL_DROP, SNET_QUEUE_CODEL};
	struct snet_impairment impairment = {0};

	for (size_t i = 0; i < 4; i++) {
		/* 125 bytes: 1 ms, or 1 us. */
		uint64_t each_ns = i < 2 ? MS : 1000;

		impairment.rate_bps = 1000000000 / (each_ns / 1000);
		impairment.queue = queues[i % 2];
		bed = bed_new(&impairment);
		bed->lead_ns = LEAD;
		for (int k = 0; k < 10; k++)
			bed_push(bed, 125);
		bed_drain(bed);
		ck_assert_uint_eq(bed->out_count, 10);
		for (uint64_t k = 0; k < 10; k++)
			ck_assert_uint_eq(bed->outs[k].left_ns,
					  k * each_ns +
						  (each_ns > LEAD ? each_ns - LEAD : 0));
		bed_free(bed);
		bed = NULL;
	}
}
END_TEST

START_TEST(what_does_not_wait_leaves_when_it_comes)
{
	bed = bed_new(&(const struct snet_impairment){.delay_ns = 0});
	bed->lead_ns = LEAD;
	bed_run(bed, 10, MS, 100);
	for (size_t i = 0; i < 10; i++)
		ck_assert_uint_eq(bed->outs[i].left_ns, bed->outs[i].arrived_ns);
	ck_assert_uint_eq(snet__pipe_delay_ns(bed->pipe, 1), 0);
}
END_TEST

START_TEST(a_hundred_thousand_packets_leave_sorted)
{
	enum {
		COUNT = 100000
	};
	static struct snet__packet packets[COUNT];
	struct snet__line line = {0};
	uint64_t due = 0, number = 0;
	uint32_t random = 1;

	for (size_t i = 0; i < COUNT; i++) {
		random = random * 1664525 + 1013904223;
		packets[i].number = i + 1;
		packets[i].due_ns = random >> 16; /* many are due together */
		bed_need(snet__line_add(&line, &packets[i]), "there is memory");
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct snet__packet *packet = snet__line_remove(&line);

		bed_need(packet, "none is missing");
		bed_need(packet->due_ns > due ||
				 (packet->due_ns == due && packet->number > number),
			 "they are in the order of their times and numbers");
		due = packet->due_ns;
		number = packet->number;
	}
	ck_assert_ptr_null(snet__line_remove(&line));
	snet__line_clear(&line);
}
END_TEST

/* Each of the impairments by chance, at any time. */
static struct snet_impairment any_impairment(struct snet__random *random)
{
	struct snet_impairment any = {0};
	uint64_t bits = snet__random_next(random);

	any.delay_ns = 1 + snet__random_next(random) % (20 * MS);
	any.jitter_ns = bits & 1 ? any.delay_ns / 2 : 0;
	any.distribution = bits >> 1 & 3;
	any.loss_model = bits >> 3 & 1;
	any.loss = bits & 16 ? 0.2 : 0;
	any.loss_nth = bits & 32 ? 7 : 0;
	any.duplicate = bits & 64 ? 0.3 : 0;
	any.corrupt = bits & 128 ? 0.3 : 0;
	any.reorder = bits & 256 ? 0.3 : 0;
	any.rate_bps = bits & 512 ? 1000000 + bits % 100000000 : 0;
	any.burst_bytes = bits & 1024 ? bits % 100000 : 0;
	any.limit_packets = bits & 2048 ? 1 + bits % 50 : 0;
	any.limit_bytes = bits & 4096 ? 1500 + bits % 50000 : 0;
	any.limit_ns = bits & 8192 ? 1 + bits % (5 * MS) : 0;
	any.queue = (bits >> 14) % 3;
	any.overhead_bytes = (int32_t)(bits >> 20 & 127) - 64;
	any.pmtu = bits >> 27 & 1 ? 68 + bits % 1500 : 0;
	any.down = (bits >> 30) % 16 == 0;
	return any;
}

START_TEST(whatever_is_set_no_packet_is_forgotten)
{
	const struct snet_impairment plain = {0};
	struct snet__random random;

	snet__random_seed(&random, 1, "any");
	bed = bed_new(&plain);
	for (int i = 0; i < 3000; i++) {
		struct snet_impairment any = any_impairment(&random);

		bed_set(bed, &any);
		for (uint64_t k = snet__random_next(&random) % 50; k > 0; k--) {
			bed_push(bed, 14 + (uint32_t)(snet__random_next(&random) % 1500));
			bed_advance(bed, bed->now_ns + snet__random_next(&random) % MS);
		}
		ck_assert_uint_eq(bed_counts(bed)->queue_packets, bed->held);
	}
	bed_set(bed, &plain);
	bed_drain(bed);
	ck_assert_uint_eq(bed_counts(bed)->queue_bytes, 0);
	for (int i = 0; i < SNET__DROP_COUNT; i++)
		ck_assert_uint_eq(bed_counts(bed)->lost[i], bed->dropped[i]);
	bed_run(bed, 100, MS, 100);
	ck_assert_uint_eq(bed->outs[bed->out_count - 1].left_ns, bed->now_ns);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("pipe");
	TCase *tcase = tcase_create("pipe");

	tcase_add_checked_fixture(tcase, bed_set_up, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_plain_pipe_passes_all_at_once);
	tcase_add_test(tcase, each_packet_is_late_by_the_delay_exactly);
	tcase_add_test(tcase,
		       nothing_leaves_before_its_time_and_no_call_too_late_loses_it);
	tcase_add_test(tcase, jitter_reorders_and_is_counted);
	tcase_add_test(tcase, a_jitter_above_the_delay_never_goes_back_in_time);
	tcase_add_test(tcase, a_reordered_packet_leaves_at_once_ahead_of_the_others);
	tcase_add_loop_test(tcase, rates_are_exact, 0, 7);
	tcase_add_test(tcase, a_packet_takes_its_time_after_its_delay);
	tcase_add_test(tcase, jitter_never_reorders_what_has_a_rate);
	tcase_add_test(tcase, overhead_counts_for_each_packet_of_a_segment);
	tcase_add_test(tcase, a_burst_passes_at_once_after_a_pause_and_the_rate_holds);
	tcase_add_test(tcase, a_change_keeps_order_and_loses_nothing);
	tcase_add_test(tcase, back_to_zero_is_zero_at_once);
	tcase_add_test(tcase, what_is_on_its_way_takes_no_longer_than_what_comes);
	tcase_add_test(tcase,
		       what_waits_for_a_delay_and_a_medium_waits_for_neither_without);
	tcase_add_test(tcase, what_is_being_sent_is_sent_with_its_overhead);
	tcase_add_test(tcase, what_jitter_has_sorted_is_hastened_in_that_order);
	tcase_add_test(tcase, what_is_set_again_does_not_stop_jitter_from_reordering);
	tcase_add_test(tcase, what_waits_is_sent_at_the_new_rate);
	tcase_add_test(tcase, a_burst_is_owed_in_bytes_when_the_rate_changes);
	tcase_add_test(tcase, a_link_that_is_down_loses_all_and_comes_back_empty);
	tcase_add_test(tcase, what_is_larger_than_the_path_mtu_is_lost);
	tcase_add_test(tcase, the_path_mtu_is_of_each_packet_of_a_segment);
	tcase_add_test(tcase, what_the_path_mtu_loses_takes_no_decision);
	tcase_add_test(tcase, a_copy_without_memory_is_counted_and_its_packet_passes);
	tcase_add_test(tcase, what_cannot_be_sorted_without_memory_is_lost_and_counted);
	tcase_add_test(tcase, a_refused_packet_takes_its_decision_with_it);
	tcase_add_test(tcase, delays_are_reported_within_two_per_cent);
	tcase_add_test(tcase, what_is_delayed_leaves_ahead_of_time);
	tcase_add_test(tcase, what_is_sent_leaves_ahead_of_time_but_not_before_it_begins);
	tcase_add_test(tcase, what_does_not_wait_leaves_when_it_comes);
	tcase_add_test(tcase, a_hundred_thousand_packets_leave_sorted);
	tcase_add_test(tcase, whatever_is_set_no_packet_is_forgotten);
	suite_add_tcase(suite, tcase);
	return suite;
}
