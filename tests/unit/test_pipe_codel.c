/* SPDX-License-Identifier: MIT */
/* CoDel, and marks instead of losses. */

#include <math.h>
#include <string.h>

#include "pipe_fixture.h"
#include "suite.h"

/* A sender as TCP is: a window that grows by one packet a round trip, and is halved, once a round
 * trip, when it hears of a loss or a mark. */
struct sender {
	double window;
	uint64_t in_flight;
	uint64_t halved_ns;
	size_t heard;
	uint64_t signals;
};

#define ROUND_TRIP (20 * MS)

static uint64_t signals_so_far(void)
{
	const struct snet__pipe_counts *counts = snet__pipe_counts(bed->pipe);

	return counts->marked + counts->lost[SNET__DROP_QUEUE] +
	       counts->lost[SNET__DROP_CODEL];
}

static void hear(struct sender *sender)
{
	uint64_t signals = signals_so_far();

	if (signals > sender->signals && bed->now_ns > sender->halved_ns + ROUND_TRIP) {
		sender->window = fmax(1, sender->window / 2);
		sender->halved_ns = bed->now_ns;
	}
	sender->signals = signals;
	/* Acknowledgements are on their way for the rest of the round trip. */
	for (; sender->heard < bed->out_count &&
	       bed->outs[sender->heard].left_ns + ROUND_TRIP / 2 <= bed->now_ns;
	     sender->heard++)
		sender->window += 1 / sender->window;
	sender->in_flight =
		bed_counts(bed)->queue_packets + bed->out_count - sender->heard;
}

/* An IPv4 packet, 1000 bytes, of a sender who understands ECN. */
static unsigned char ecn_packet[1000] = {[12] = 0x08, 0x00, 0x45, 0x02};

static void send_for(uint64_t time_ns)
{
	struct sender sender = {.window = 10};

	while (bed->now_ns < time_ns) {
		hear(&sender);
		while ((double)sender.in_flight < sender.window) {
			bed_push_data(bed, ecn_packet, sizeof(ecn_packet));
			sender.in_flight++;
		}
		bed_advance(bed, bed->now_ns + MS / 4);
	}
}

/* 8 Mbit/s; half the round trip is the link's delay. */
static struct snet_impairment bottleneck(enum snet_queue queue)
{
	return (struct snet_impairment){.rate_bps = 8000000,
					.delay_ns = ROUND_TRIP / 2,
					.limit_packets = 200,
					.queue = queue};
}

START_TEST(codel_keeps_the_standing_wait_near_the_target)
{
	const struct snet_impairment codel = bottleneck(SNET_QUEUE_CODEL);
	uint64_t median;

	bed = bed_new(&codel);
	send_for(60 * S);
	median = snet__pipe_delay_ns(bed->pipe, 0.5) - codel.delay_ns - MS;
	ck_assert_uint_lt(median, 8 * MS);
	ck_assert_uint_lt(snet__pipe_delay_ns(bed->pipe, 0.95) - codel.delay_ns, 30 * MS);
	ck_assert_uint_gt(bed->out_count, 54000); /* 90 % of what can be */
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 0);
	ck_assert_uint_gt(bed->dropped[SNET__DROP_CODEL], 10);
	ck_assert_uint_lt(bed->dropped[SNET__DROP_CODEL], 1200);
}
END_TEST

START_TEST(without_codel_the_same_sender_fills_the_queue)
{
	const struct snet_impairment tail = bottleneck(SNET_QUEUE_TAIL_DROP);

	bed = bed_new(&tail);
	send_for(60 * S);
	ck_assert_uint_gt(snet__pipe_delay_ns(bed->pipe, 0.5), 100 * MS);
	ck_assert_uint_gt(bed->dropped[SNET__DROP_QUEUE], 0);
}
END_TEST

START_TEST(codel_marks_who_understands_it)
{
	struct snet_impairment codel = bottleneck(SNET_QUEUE_CODEL);

	codel.ecn = true;
	bed = bed_new(&codel);
	send_for(60 * S);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_CODEL], 0);
	ck_assert_uint_gt(bed_counts(bed)->marked, 10);
	ck_assert_uint_eq(bed->changed, bed_counts(bed)->marked);
	ck_assert_uint_lt(snet__pipe_delay_ns(bed->pipe, 0.5) - codel.delay_ns, 9 * MS);
}
END_TEST

START_TEST(codel_drops_ever_more_often_while_nobody_listens)
{
	struct snet_impairment codel = {.rate_bps = 8000000,
					.limit_packets = 100000,
					.queue = SNET_QUEUE_CODEL};
	uint64_t seen = 0, first_ns = 0;

	bed = bed_new(&codel);
	for (uint64_t i = 0; i < 20000; i++) {
		bed_push(bed, 1000);
		bed_advance(bed, i * MS / 2);
		if (!seen && bed->dropped[SNET__DROP_CODEL])
			first_ns = bed->now_ns;
		seen = bed->dropped[SNET__DROP_CODEL];
		if (seen == 50)
			break;
	}
	/* The wait reaches 5 ms within 10 ms or so, and is above it for 100 ms; from then on the
	 * n-th interval is 100 ms / sqrt(n): 50 of them take about 1.27 s. */
	ck_assert_uint_ge(first_ns, 108 * MS);
	ck_assert_uint_le(first_ns, 114 * MS);
	ck_assert_uint_eq(seen, 50);
	ck_assert_double_eq_tol((double)(bed->now_ns - first_ns) / 1e9, 1.257, 0.03);
}
END_TEST

START_TEST(codel_lets_a_burst_pass)
{
	const struct snet_impairment codel = {.rate_bps = 8000000,
					      .queue = SNET_QUEUE_CODEL};

	bed = bed_new(&codel);
	for (int i = 0; i < 100; i++)
		bed_push(bed, 1000);
	bed_drain(bed);
	/* 100 packets are a burst of 100 ms, which is an interval. */
	ck_assert_uint_eq(bed->out_count, 100);
	ck_assert_uint_eq(bed->now_ns, 100 * MS);
}
END_TEST

START_TEST(codel_leaves_a_short_queue_of_a_slow_link_alone)
{
	const struct snet_impairment codel = {.rate_bps = 8000,
					      .queue = SNET_QUEUE_CODEL};

	bed = bed_new(&codel);
	bed_push(bed, 1000);
	bed_push(bed, 1000);
	bed_run(bed, 100, S, 1000);
	/* All of them wait for two seconds, but never more than two. */
	ck_assert_uint_eq(bed->out_count, 102);
	ck_assert_uint_ge(snet__pipe_delay_ns(bed->pipe, 0.5), 2 * S);
}
END_TEST

/* A closed window of 11 packets, of which the delay and the medium hold nine and a third: no more
 * than one waits behind that which begins to be sent, for longer than the target. */
START_TEST(codel_does_not_take_what_is_delayed_for_a_queue)
{
	const struct snet_impairment codel = {.rate_bps = 1000000,
					      .delay_ns = 100 * MS,
					      .queue = SNET_QUEUE_CODEL};

	bed = bed_new(&codel);
	for (size_t in = 0; in < 1000; in++) {
		while (in >= bed->out_count + bed->dropped[SNET__DROP_CODEL] + 11)
			bed_advance(bed, snet__pipe_next_ns(bed->pipe));
		bed_push(bed, 1500);
	}
	ck_assert_uint_eq(bed->dropped[SNET__DROP_CODEL], 0);
	ck_assert_uint_ge(snet__pipe_delay_ns(bed->pipe, 0.5), 130 * MS);
	bed_drain(bed);
}
END_TEST

/* 100 packets a second more than it can carry. */
static void press_for(uint64_t time_ns)
{
	for (uint64_t until_ns = bed->now_ns + time_ns; bed->now_ns < until_ns;) {
		bed_push(bed, 1000);
		bed_advance(bed, bed->now_ns + S / 1100);
	}
}

START_TEST(codel_begins_anew_after_another_queue)
{
	const struct snet_impairment codel = bottleneck(SNET_QUEUE_CODEL);
	const struct snet_impairment tail = bottleneck(SNET_QUEUE_TAIL_DROP);
	uint64_t lost;

	bed = bed_new(&codel);
	press_for(3 * S);
	lost = bed->dropped[SNET__DROP_CODEL];
	ck_assert_uint_gt(lost, 10);
	bed_set(bed, &tail);
	press_for(6 * S);
	bed_set(bed, &codel);
	/* The queue is as long as it can be, but for less than an interval. */
	press_for(95 * MS);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_CODEL], lost);
	press_for(S);
	ck_assert_uint_gt(bed->dropped[SNET__DROP_CODEL], lost);
	ck_assert_uint_lt(bed->dropped[SNET__DROP_CODEL], lost + 50);
}
END_TEST

/* Else a description that is set again and again would keep it from losing anything. */
START_TEST(codel_goes_on_when_something_else_changes)
{
	struct snet_impairment codel = bottleneck(SNET_QUEUE_CODEL);

	bed = bed_new(&codel);
	for (int i = 0; i < 100; i++) {
		press_for(30 * MS);
		codel.delay_ns ^= 1;
		bed_set(bed, &codel);
	}
	ck_assert_uint_gt(bed->dropped[SNET__DROP_CODEL], 10);
}
END_TEST

static bool judge(struct snet__queue_state *state, uint64_t now_ns, uint64_t waited_ns)
{
	const struct snet__queue_rule rule = {.target_ns = 5 * MS,
					      .interval_ns = 100 * MS};
	const struct snet__queue_head head = {.now_ns = now_ns,
					      .waited_ns = waited_ns,
					      .behind_bytes = 10000};

	return snet__queue_codel.judge(&rule, state, &head);
}

/* When, from @from_ns on, a queue that is always too long loses the packet after the first. */
static uint64_t second_drop_after_ms(struct snet__queue_state *state, uint64_t from_ns)
{
	uint64_t first = 0, ms;

	for (ms = 0; ms < 1000; ms++) {
		if (!judge(state, from_ns + ms * MS, 10 * MS))
			continue;
		if (first)
			break;
		first = ms;
	}
	ck_assert_uint_eq(first, 100);
	return ms - first;
}

START_TEST(codel_remembers_how_often_it_had_to_drop)
{
	struct snet__queue_state state = {0};
	uint64_t ms = 0;

	ck_assert_uint_eq(second_drop_after_ms(&state, S), 100);
	for (; state.count < 10; ms++)
		(void)judge(&state, 2 * S + ms * MS, 10 * MS);
	/* Nine drops more than it began with. */
	ck_assert(!judge(&state, 2 * S + ms * MS, 0));
	ck_assert_uint_eq(second_drop_after_ms(&state, 2 * S + (ms + 1) * MS), 34);
	for (ms += 300; state.count < 20; ms++)
		(void)judge(&state, 2 * S + ms * MS, 10 * MS);
	/* Long after, nothing is known any more. */
	ck_assert(!judge(&state, 60 * S, 0));
	ck_assert_uint_eq(second_drop_after_ms(&state, 61 * S), 100);
}
END_TEST

START_TEST(codel_takes_other_targets)
{
	struct snet_impairment codel = bottleneck(SNET_QUEUE_CODEL);
	uint64_t median;

	codel.codel_target_ns = 40 * MS;
	codel.codel_interval_ns = 200 * MS;
	bed = bed_new(&codel);
	send_for(60 * S);
	median = snet__pipe_delay_ns(bed->pipe, 0.5) - codel.delay_ns - MS;
	ck_assert_uint_gt(median, 20 * MS);
	ck_assert_uint_lt(median, 50 * MS);
}
END_TEST

/* ---- marks ---- */

static unsigned int sum_of(const unsigned char *header)
{
	unsigned int sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (unsigned int)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Behind @tags VLAN tags; returns where the IP header is. */
static size_t make_frame(unsigned char *frame, unsigned int version, unsigned int ecn,
			 int tags)
{
	unsigned int sum;
	size_t at = 12;

	memset(frame, 0, 100);
	for (; tags > 0; tags--, at += 4)
		frame[at] = 0x81;
	frame[at] = version == 4 ? 0x08 : 0x86;
	frame[at + 1] = version == 4 ? 0x00 : 0xdd;
	at += 2;
	if (version == 6) {
		frame[at] = 0x60;
		frame[at + 1] = (unsigned char)(ecn << 4);
		return at;
	}
	memcpy(frame + at, "\x45\x00\x00\x54\xbe\xef\x40\x00\x40\x01\x00\x00", 12);
	memcpy(frame + at + 12, "\x0a\x00\x00\x01\x0a\x01\x02\x03", 8);
	frame[at + 1] = (unsigned char)(0xb8 | ecn);
	sum = ~sum_of(frame + at) & 0xffff;
	frame[at + 10] = (unsigned char)(sum >> 8);
	frame[at + 11] = (unsigned char)sum;
	ck_assert_uint_eq(sum_of(frame + at), 0xffff);
	return at;
}

START_TEST(a_mark_changes_two_bits_and_the_checksum)
{
	static const unsigned int versions[] = {4, 6};
	const struct snet_impairment lossy = {.loss = 1, .ecn = true};
	unsigned int version = versions[_i / 3];
	unsigned char frame[100];
	size_t at;

	bed = bed_new(&lossy);
	for (unsigned int ecn = 1; ecn < 4; ecn++) {
		at = make_frame(frame, version, ecn, _i % 3);
		bed_push_data(bed, frame, sizeof(frame));
		ck_assert_uint_eq(bed->out_count, ecn);
		if (version == 4) {
			ck_assert_uint_eq(bed->last_out[at + 1], 0xbb);
			ck_assert_uint_eq(sum_of(bed->last_out + at), 0xffff);
			memcpy(frame + at + 10, bed->last_out + at + 10, 2);
		} else {
			ck_assert_uint_eq(bed->last_out[at + 1], 0x30);
		}
		frame[at + 1] = bed->last_out[at + 1];
		ck_assert_mem_eq(bed->last_out, frame, sizeof(frame));
	}
	ck_assert_uint_eq(bed_counts(bed)->marked, 3);
}
END_TEST

START_TEST(what_does_not_understand_marks_is_lost)
{
	const struct snet_impairment lossy = {.loss = 1, .ecn = true}, deaf = {.loss = 1};
	unsigned char frame[100];

	bed = bed_new(&lossy);
	(void)make_frame(frame, 4, 0, 0);
	bed_push_data(bed, frame, sizeof(frame));
	(void)make_frame(frame, 6, 0, 1);
	bed_push_data(bed, frame, sizeof(frame));
	/* Not a whole header, no IP, three tags. */
	(void)make_frame(frame, 4, 1, 0);
	bed_push_data(bed, frame, 33);
	(void)make_frame(frame, 6, 1, 0);
	bed_push_data(bed, frame, 53);
	bed_push_data(bed, frame, 13);
	bed_push_data(bed, frame, 0);
	frame[12] = 0x07;
	bed_push_data(bed, frame, sizeof(frame));
	(void)make_frame(frame, 4, 1, 3);
	bed_push_data(bed, frame, sizeof(frame));
	bed_set(bed, &deaf);
	(void)make_frame(frame, 4, 1, 0);
	bed_push_data(bed, frame, sizeof(frame));
	ck_assert_uint_eq(bed->out_count, 0);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_LOSS], 9);
	ck_assert_uint_eq(bed_counts(bed)->marked, 0);
}
END_TEST
Suite *suite(void)
{
	Suite *suite = suite_create("pipe_codel");
	TCase *tcase = tcase_create("pipe_codel");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, codel_keeps_the_standing_wait_near_the_target);
	tcase_add_test(tcase, without_codel_the_same_sender_fills_the_queue);
	tcase_add_test(tcase, codel_marks_who_understands_it);
	tcase_add_test(tcase, codel_drops_ever_more_often_while_nobody_listens);
	tcase_add_test(tcase, codel_lets_a_burst_pass);
	tcase_add_test(tcase, codel_leaves_a_short_queue_of_a_slow_link_alone);
	tcase_add_test(tcase, codel_does_not_take_what_is_delayed_for_a_queue);
	tcase_add_test(tcase, codel_begins_anew_after_another_queue);
	tcase_add_test(tcase, codel_goes_on_when_something_else_changes);
	tcase_add_test(tcase, codel_remembers_how_often_it_had_to_drop);
	tcase_add_test(tcase, codel_takes_other_targets);
	tcase_add_loop_test(tcase, a_mark_changes_two_bits_and_the_checksum, 0, 6);
	tcase_add_test(tcase, what_does_not_understand_marks_is_lost);
	suite_add_tcase(suite, tcase);
	return suite;
}
