/* SPDX-License-Identifier: MIT */
/* Traces of links: both formats, played once and over and over. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "suite.h"
#include "text_file.h"
#include "topo/trace_file.h"

#define MS SNET__NS_PER_MS
#define S  SNET__NS_PER_S

static struct snet__trace_file *trace;
static struct snet__trace_cursor cursor;
static struct snet_err err;

static void setup(void)
{
	text_file_set_up();
	trace = NULL;
	cursor = (struct snet__trace_cursor){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	snet__trace_file_free(trace);
	text_file_tear_down();
}

static int try_load(const char *text, bool is_once)
{
	autokept *file = NULL;
	int r;

	text_file_write(text);
	r = snet__kept_file_new(&file, path, &err);
	return r < 0 ? r : snet__trace_file_parse(&trace, file, is_once, &err);
}

static void load(const char *text, bool is_once)
{
	ck_assert_msg(try_load(text, is_once) == 0, "%s", err.msg);
}

/* In microseconds, both. */
static void offer(uint64_t at_us, size_t bytes, uint64_t leaves_us)
{
	uint64_t leaves = snet__trace_file_departure(trace, &cursor, at_us * 1000, bytes);

	ck_assert_msg(leaves == leaves_us * 1000, "offered at %llu us it leaves at %llu",
		      (unsigned long long)at_us, (unsigned long long)leaves / 1000);
}

START_TEST(a_packet_takes_the_opportunities_that_it_needs)
{
	load("1\n1\n5\n12\n", false);
	ck_assert(snet__trace_file_has_deliveries(trace));
	offer(0, 1504, 1000);
	offer(0, 1504, 1000);
	offer(0, 1505, 12000);
	/* What is left of the last one is for who waits already. */
	offer(11000, 1503, 12000);
	offer(11000, 1, 13000);
}
END_TEST

START_TEST(packets_share_an_opportunity_only_when_they_wait_for_it)
{
	load("10\n20\n", false);
	offer(0, 100, 10000);
	offer(10000, 100, 10000);
	offer(10001, 100, 20000);
	offer(10002, 1504, 30000);
	offer(10003, 100, 30000);
	/* Nobody waits for the one at 40 ms. */
	offer(41000, 10, 50000);
}
END_TEST

START_TEST(deliveries_begin_again_or_end)
{
	load("0\n4\n", false);
	offer(0, 1504, 0);
	offer(0, 1504, 4000);
	/* The end of one round and the beginning of the next are two opportunities. */
	offer(3000, 1504, 4000);
	offer(3000, 1504, 8000);
	offer(1000000001, 10, 1000004000);
	snet__trace_file_free(trace);
	cursor = (struct snet__trace_cursor){0};
	load("0\n4\n", true);
	offer(0, 4000, 4000);
	offer(2000, 9000, 4000);
	offer(5000, 9000, 5000);
	offer(1000000001, 100000, 1000000001);
}
END_TEST

START_TEST(deliveries_are_those_of_mahimahi_for_all_times)
{
	static const unsigned int times[] = {0, 3, 3, 3, 7, 8, 20};
	unsigned int at = 0, left = 0, next = 0, round = 0, now = 0;

	load("0\n3\n3\n3\n7\n8\n20\n", false);
	/* Step by step, as mm-link does, for packets of changing sizes offered one by one when the
	 * one before has left: an opportunity is used by whoever was there before its time. */
	for (unsigned int i = 1; i < 2000; i++) {
		size_t bytes = i * 7919 % 4000 + 1, need = bytes;

		for (;;) {
			while (left && now <= at && need) {
				unsigned int used =
					left < need ? left : (unsigned int)need;

				left -= used;
				need -= used;
			}
			if (!need)
				break;
			left = 0;
			do {
				at = round * 20 + times[next];
				next = (next + 1) % 7;
				round += next == 0;
			} while (at < now);
			left = 1504;
		}
		offer((uint64_t)now * 1000, bytes, (uint64_t)at * 1000);
		now += i % 5;
		if (at < now)
			left = 0;
	}
}
END_TEST

static void expect(uint64_t at_ns, uint64_t delay_ns, double loss, uint64_t rate_bps)
{
	struct snet__trace_point point = {7, 0.7, 7};

	ck_assert(snet__trace_file_at(trace, at_ns, &point));
	ck_assert_uint_eq(point.delay_ns, delay_ns);
	ck_assert_double_eq_tol(point.loss, loss, 1e-12);
	ck_assert_uint_eq(point.rate_bps, rate_bps);
}

/* In milliseconds and kbit/s; -1: it is over. */
static void expect_rate(uint64_t at_ms, int kbps)
{
	uint64_t rate_bps = 0;
	bool is_over = !snet__trace_file_rate(trace, at_ms * MS, &rate_bps);

	ck_assert_msg(is_over ? kbps == -1 : rate_bps == (uint64_t)kbps * 1000,
		      "at %llu ms it is %llu bit/s", (unsigned long long)at_ms,
		      (unsigned long long)rate_bps);
}

START_TEST(deliveries_come_to_a_rate_second_by_second)
{
	load("0\n10\n999\n1000\n2500\n", false);
	expect_rate(0, 36);
	expect_rate(999, 36);
	expect_rate(1000, 12);
	/* The round has half of its last second. */
	expect_rate(2000, 24);
	expect_rate(2499, 24);
	expect_rate(2500, 36);
	expect_rate(3500, 12);
	snet__trace_file_free(trace);
	load("1\n2000\n", true);
	expect_rate(1500, 12);
	expect_rate(1999, 12);
	expect_rate(2000, -1);
	snet__trace_file_free(trace);
	load("5000\n", false);
	expect_rate(3000, 0);
	snet__trace_file_free(trace);
	load("1\n", false);
	expect_rate(123456, 12032);
}
END_TEST

START_TEST(steps_hold_until_the_next)
{
	load("# of a drive\ntime, rate, delay, loss\n0, 1Mbit, 20ms, 0\n1.5s, 300kbit, 1s, 1%\n"
	     "2s, 5, 0.5, 0.25\n",
	     false);
	ck_assert(!snet__trace_file_has_deliveries(trace));
	expect(0, 20 * MS, 0, 1000000);
	expect(1500 * MS - 1, 20 * MS, 0, 1000000);
	expect(1500 * MS, S, 0.01, 300000);
	expect(2 * S, 500 * MS, 0.25, 5);
	/* The last one holds as long as the one before it. */
	expect(2500 * MS - 1, 500 * MS, 0.25, 5);
	expect(2500 * MS, 20 * MS, 0, 1000000);
	expect(2500 * MS * 1000000 + 1500 * MS, S, 0.01, 300000);
}
END_TEST

START_TEST(a_column_that_is_not_there_says_nothing)
{
	struct snet__trace_point point = {7, 0.7, 7};

	load("time,loss\n100,1%\n101,2%\n", true);
	expect(0, 7, 0.01, 7);
	expect(S, 7, 0.02, 7);
	/* Over: as without a trace. */
	ck_assert(!snet__trace_file_at(trace, 2 * S, &point));
	ck_assert_double_eq_tol(point.loss, 0.7, 1e-12);
}
END_TEST

START_TEST(one_step_holds_for_ever)
{
	load("time,delay\n1700000000,5ms\n", true);
	expect(0, 5 * MS, 0.7, 7);
	expect(UINT64_MAX / 2, 5 * MS, 0.7, 7);
}
END_TEST

static const struct {
	const char *text, *what; /* behind the path */
} bad[] = {
	{"1\n2 3\n", ":2: expected whole milliseconds, got '2 3'"},
	{"1\n-2\n", ":2: expected whole milliseconds, got '-2'"},
	{"1\n99999999999999999999\n",
	 ":2: expected whole milliseconds, got '99999999999999999999'"},
	{"2\n1\n", ":2: before the line before"},
	{"0\n0\n", ":2: a trace must end after 0 ms"},
	{"tiem,delay\n",
	 ":1: expected milliseconds, or a header of 'time' and 'delay', 'loss', 'rate', got "
	 "'tiem'"},
	{"delay,time\n", ":1: the first column must be 'time'"},
	{"time\n0\n", ":1: 'time' alone: needs 'delay', 'loss' or 'rate'"},
	{"time,loss,loss\n", ":1: 'loss' is there twice"},
	{"time,loss\n", ":1: nothing follows the header"},
	{"time,loss\n0,1%\n\n0,2%\n", ":4: the time is not after that before"},
	{"time,loss\n0,1%\n1\n", ":3: has 1 values, the header 2"},
	{"time,loss\n0,1%,7\n", ":2: has 3 values, the header 2"},
	{"time,loss\n0,\n", ":2: loss: expected a share such as '0.1%', got ''"},
	{"time,loss\nx,1%\n", ":2: time: expected a time such as '1.5s', got 'x'"},
	{"time,delay\n0,2h\n",
	 ":2: delay: expected a delay such as '20ms', at most 1h, got '2h'"},
	{"time,rate\n0,0\n",
	 ":2: rate: expected a rate such as '20Mbit', above 0 (an outage is a loss of 100%), "
	 "got '0'"},
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
	ck_assert_int_eq(try_load(bad[_i].text, false), -EINVAL);
	ck_assert_msg(strncmp(err.msg, path, strlen(path)) == 0, "%s", err.msg);
	ck_assert_str_eq(err.msg + strlen(path), bad[_i].what);
}
END_TEST

START_TEST(an_empty_file_is_no_trace)
{
	ck_assert_int_eq(try_load("\n# nothing\n", false), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "is empty: no trace"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("trace_file");
	TCase *t = tcase_create("trace_file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_packet_takes_the_opportunities_that_it_needs);
	tcase_add_test(t, packets_share_an_opportunity_only_when_they_wait_for_it);
	tcase_add_test(t, deliveries_begin_again_or_end);
	tcase_add_test(t, deliveries_are_those_of_mahimahi_for_all_times);
	tcase_add_test(t, deliveries_come_to_a_rate_second_by_second);
	tcase_add_test(t, steps_hold_until_the_next);
	tcase_add_test(t, a_column_that_is_not_there_says_nothing);
	tcase_add_test(t, one_step_holds_for_ever);
	tcase_add_loop_test(t, what_is_wrong_is_told_with_its_line, 0,
			    (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, an_empty_file_is_no_trace);
	suite_add_tcase(s, t);
	return s;
}
