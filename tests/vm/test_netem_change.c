/* SPDX-License-Identifier: MIT */
/* Changes of the kernel's netem are in place, leave nothing of what was before, and zero is zero
 * again. */

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../conformance/shaper_bed.h"
#include "base/clock.h"
#include "link/shaper_netem.h"
#include "rights.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "sys/nl.h"
#include "wait.h"

static struct snet_err err;
/* Of the last flow that was run. */
static struct packets_arrived bed_got;

static void run(size_t count)
{
	packets_run(&bed_got, &bed_a, &bed_b,
		    &(const struct packets_flow){.count = count});
}

static struct snet__qdisc get_netem(void)
{
	struct snet__qdisc qdisc;

	ck_assert_msg(snet__qdisc_get_netem(bed_a.nl, bed_a.index, &qdisc, &err) == 0,
		      "%s", err.msg);
	return qdisc;
}

/* One after the other on the same interface, so that each has what the one before left. */
static const struct snet_impairment series[] = {
	{.delay_ns = 10099000, .limit_packets = 50},
	{.delay_ns = 123456789,
	 .jitter_ns = 3000001,
	 .delay_correlation = 0.25,
	 .distribution = SNET_DISTRIBUTION_PARETO,
	 .loss = 0.03,
	 .loss_correlation = 0.1,
	 .duplicate = 0.02,
	 .duplicate_correlation = 0.3,
	 .corrupt = 0.01,
	 .corrupt_correlation = 0.4,
	 .reorder = 0.05,
	 .reorder_correlation = 0.5,
	 .gap = 7,
	 .rate_bps = 50000000,
	 .overhead_bytes = -20,
	 .limit_packets = 1234,
	 .ecn = true},
	{.loss_model = SNET_LOSS_STATE,
	 .loss_state = {0.1, 0.2, 0.3, 0.4, 0.5},
	 .limit_packets = 1},
	{.loss_model = SNET_LOSS_GEMODEL,
	 .loss_gemodel = {0.1, 0.2, 0.7, 0.05},
	 .rate_bps = 100000000000,
	 .limit_packets = 2},
	{.delay_ns = 3600000000000, .jitter_ns = INT32_MAX, .limit_packets = 3},
	{.limit_packets = 100000},
};

#define SAME(field)                                                                   \
	ck_assert_msg(fabs((double)real.field - (double)wanted->field) <= tolerance,  \
		      "step %zu, " #field ": %.12g for %.12g", i, (double)real.field, \
		      (double)wanted->field)

static void assert_same(size_t i, const struct snet_impairment *wanted)
{
	const struct snet_impairment real = get_netem().impairment;
	double tolerance = 0;

	SAME(delay_ns);
	SAME(jitter_ns);
	SAME(loss_model);
	SAME(gap);
	SAME(rate_bps);
	SAME(overhead_bytes);
	SAME(limit_packets);
	SAME(ecn);
	tolerance = 1e-9;
	SAME(delay_correlation);
	SAME(loss);
	SAME(loss_correlation);
	SAME(duplicate);
	SAME(duplicate_correlation);
	SAME(corrupt);
	SAME(corrupt_correlation);
	SAME(reorder);
	SAME(reorder_correlation);
	for (int k = 0; k < 5; k++)
		SAME(loss_state[k]);
	for (int k = 0; k < 4; k++)
		SAME(loss_gemodel[k]);
}

START_TEST(changes_leave_nothing_of_what_was)
{
	const size_t count = sizeof(series) / sizeof(*series);

	for (size_t i = 0; i < count; i++) {
		bed_set(&series[i]);
		assert_same(i, &series[i]);
	}
	/* And back, by which each follows another one. */
	for (size_t i = count; i-- > 0;) {
		bed_set(&series[i]);
		assert_same(i, &series[i]);
	}
}
END_TEST

START_TEST(packets_on_their_way_are_let_alone)
{
	const struct packets_flow flow = {.count = 20};
	struct packets_arrived *list = &bed_got;

	bed_set(&(const struct snet_impairment){.delay_ns = 500 * MS});
	packets_send(&bed_a, &bed_b, &flow);
	ck_assert_uint_eq(get_netem().counts.queued_packets, 20);
	bed_set(&(const struct snet_impairment){.delay_ns = 5 * MS,
						.rate_bps = 1000000000});
	ck_assert_uint_eq(get_netem().counts.queued_packets, 20);
	bed_set(&(const struct snet_impairment){.down = true});
	packets_receive(list, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(list->count, 20);
	for (size_t i = 0; i < list->count; i++)
		ck_assert_int_ge(list->list[i].delay_ns, 499 * MS);
}
END_TEST

START_TEST(zero_is_a_plain_link_again)
{
	const struct snet_impairment plain = {.limit_packets = 100000};
	uint64_t before;

	bed_set(&series[1]);
	bed_set(&(const struct snet_impairment){0});
	assert_same(0, &plain);
	before = get_netem().counts.packets;
	run(1000);
	ck_assert_uint_eq(bed_got.count, 1000);
	ck_assert_uint_eq(bed_got.twice, 0);
	ck_assert_uint_eq(get_netem().counts.packets - before, 1000);
	for (size_t i = 0; i < bed_got.count; i++) {
		ck_assert_uint_eq(bed_got.list[i].number, i);
		ck_assert_uint_eq(bed_got.list[i].wrong_bits, 0);
	}
	packets_sort(&bed_got);
	printf("plain again: half below %.3f ms\n",
	       (double)bed_got.list[500].delay_ns / MS);
	ck_assert_int_lt(bed_got.list[500].delay_ns, 2 * MS);
	ck_assert_uint_eq(get_netem().counts.drops, 0);
}
END_TEST

static int connect_ends(int *ret_reader)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(7000),
				 .sin_addr = {htonl(0x0a000002)}};
	int listener = -1, writer = -1;
	struct pollfd p;

	ck_assert_int_eq(snet__iface_add_address(bed_a.nl, bed_a.index, 0x0a000001, 8,
						 &err),
			 0);
	ck_assert_int_eq(snet__iface_add_address(bed_b.nl, bed_b.index, 0x0a000002, 8,
						 &err),
			 0);
	ck_assert_int_eq(snet__netns_listen(&listener, bed_b.netns, 7000, &err), 0);
	ck_assert_int_eq(snet__netns_socket(&writer, bed_a.netns, AF_INET, SOCK_STREAM, 0,
					    &err),
			 0);
	if (connect(writer, (struct sockaddr *)&to, sizeof(to)) < 0)
		ck_assert_int_eq(errno, EINPROGRESS);
	ck_assert(wait_readable(listener));
	*ret_reader = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ck_assert_int_ge(*ret_reader, 0);
	p = (struct pollfd){.fd = writer, .events = POLLOUT};
	ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
	close(listener);
	return writer;
}

/* Bytes with a count that repeats at a prime, so that none can go missing unseen. */
static void fill_pattern(unsigned char *data, size_t size, size_t at)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)((at + i) % 251);
}

/* Write what goes and read what came, for @ms. */
static void stream(int writer, int reader, size_t *written, size_t *was_read, int ms)
{
	const uint64_t until = snet__clock_ns() + (uint64_t)ms * MS;
	unsigned char data[65536], wanted[65536];
	ssize_t size;

	do {
		struct pollfd p[] = {{.fd = writer, .events = POLLOUT},
				     {.fd = reader, .events = POLLIN}};

		(void)poll(p, 2, 1); /* both are tried below */
		fill_pattern(data, sizeof(data), *written);
		size = write(writer, data, sizeof(data));
		*written += size > 0 ? (size_t)size : 0;
		size = read(reader, data, sizeof(data));
		if (size <= 0)
			continue;
		fill_pattern(wanted, (size_t)size, *was_read);
		ck_assert_mem_eq(data, wanted, size);
		*was_read += (size_t)size;
	} while (snet__clock_ns() < until);
}

/* The delay only grows: packets that overtake others would be sent again by TCP. */
START_TEST(a_stream_runs_through_changes)
{
	struct snet_impairment impairment = {.rate_bps = 100000000};
	size_t written = 0, was_read = 0;
	int reader, writer = connect_ends(&reader);
	struct tcp_info info;
	socklen_t size = sizeof(info);

	for (uint64_t i = 0; i < 40; i++) {
		impairment.delay_ns = i * MS / 2;
		impairment.rate_bps = 100000000 + i * 1000000;
		bed_set(&impairment);
		stream(writer, reader, &written, &was_read, 25);
	}
	ck_assert_int_eq(getsockopt(writer, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	printf("a stream of %.1f Mbit/s through 40 changes in a second: %u segments sent "
	       "again, %u packets lost\n",
	       (double)was_read * 8 / 1e6, info.tcpi_total_retrans,
	       get_netem().counts.drops);
	ck_assert_uint_gt(was_read, 1 << 20);
	ck_assert_uint_eq(info.tcpi_total_retrans, 0);
	ck_assert_uint_eq(get_netem().counts.drops, 0);
	close(writer);
	close(reader);
}
END_TEST

START_TEST(down_is_one_direction_and_over_when_it_is_over)
{
	const struct snet_impairment down = {.duplicate = 0.5, .ecn = true, .down = true};
	const struct packets_flow flow = {.count = 200, .is_ip = true};

	bed_set(&down);
	packets_run(&bed_got, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(bed_got.count, 0);
	packets_run(&bed_got, &bed_b, &bed_a, &flow);
	ck_assert_uint_eq(bed_got.count, 200);
	bed_set(&(const struct snet_impairment){0});
	packets_run(&bed_got, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(bed_got.count, 200);
	ck_assert_uint_eq(bed_got.missing, 0);
}
END_TEST

START_TEST(what_netem_cannot_do_changes_nothing)
{
	const struct snet_impairment nth = {.loss_model = SNET_LOSS_NTH, .loss_nth = 3};

	bed_set(&series[0]);
	ck_assert_int_eq(snet__netem_set(bed_a.nl, bed_a.index, &nth, NULL, 0, &err),
			 -ENOTSUP);
	assert_same(0, &series[0]);
}
END_TEST

START_TEST(a_batch_does_one_after_the_other)
{
	int r;

	snet__nl_hold(bed_a.nl);
	r = snet__netem_set(bed_a.nl, bed_a.index, &series[1], NULL, 0, &err);
	if (r == 0)
		r = snet__netem_set(bed_a.nl, bed_a.index, &series[0], NULL, 0, &err);
	ck_assert_msg(snet__nl_finish(bed_a.nl, r, &err) == 0, "%s", err.msg);
	assert_same(0, &series[0]);
}
END_TEST

static void run_seeded(unsigned int *ret_copies, uint64_t seed)
{
	const struct snet_impairment lossy = {.loss = 0.3};

	ck_assert_msg(snet__netem_set(bed_a.nl, bed_a.index, &lossy, NULL, seed, &err) ==
			      0,
		      "%s", err.msg);
	run(200);
	memcpy(ret_copies, bed_got.copies, 200 * sizeof(*ret_copies));
}

START_TEST(a_seed_decides_where_the_kernel_takes_one)
{
	unsigned int first[200], again[200], other[200];
	bool is_seeded;

	run_seeded(first, 7);
	is_seeded = get_netem().is_seeded;
	printf("this kernel takes %s seed\n", is_seeded ? "a" : "no");
	ck_assert(!is_seeded || get_netem().seed == 7);
	run_seeded(again, 7);
	run_seeded(other, 8);
	ck_assert_int_eq(memcmp(first, again, sizeof(first)) == 0, is_seeded);
	ck_assert_mem_ne(first, other, sizeof(first));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("netem_change");
	TCase *t = tcase_create("netem_change");

	rights_get();
	tcase_add_checked_fixture(t, bed_set_up, bed_tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, changes_leave_nothing_of_what_was);
	tcase_add_test(t, packets_on_their_way_are_let_alone);
	tcase_add_test(t, zero_is_a_plain_link_again);
	tcase_add_test(t, a_stream_runs_through_changes);
	tcase_add_test(t, down_is_one_direction_and_over_when_it_is_over);
	tcase_add_test(t, what_netem_cannot_do_changes_nothing);
	tcase_add_test(t, a_batch_does_one_after_the_other);
	tcase_add_test(t, a_seed_decides_where_the_kernel_takes_one);
	suite_add_tcase(s, t);
	return s;
}
