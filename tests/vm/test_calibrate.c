/* SPDX-License-Identifier: MIT */
/* What the kernel's netem achieves is measured, all of it, and is near what was asked for. The guest
 * may be slow, so that only medians count, and rates that it has time for: the lowest one has a fifth
 * of a second of packets ready, and must be exact. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <snet/calibrate.h>

#include "base/text.h"
#include "io/json.h"
#include "lab/calibration.h"
#include "lab/measure.h"
#include "rights.h"
#include "suite.h"

#define RATE_MIN 1000000
#define RATE_MAX 10000000

static struct snet_err err;
/* Once for all tests. */
static char *text;
static struct snet__json *measured;
static double shares[64];
static size_t told;

static void note(void *user, const char *what, double share)
{
	(void)user;
	(void)what;
	if (told < sizeof(shares) / sizeof(*shares))
		shares[told++] = share;
}

static void calibrate(void)
{
	int r = snet_calibrate(&text, SNET_SHAPER_NETEM, note, NULL, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_int_eq(snet__json_parse(&measured, text, strlen(text), &err), 0);
}

static void forget(void)
{
	snet__json_free(measured);
	free(text);
}

static double number(const struct snet__json *json, const char *key)
{
	double value = snet__json_number(snet__json_get(json, key), NAN);

	ck_assert_msg(!isnan(value), "no '%s' in %s", key, text);
	return value;
}

START_TEST(every_way_has_its_figures)
{
	const struct snet__json *way = snet__json_get(measured, _i ? "netem" : "plain");
	const struct snet__json *latency = snet__json_get(way, "latency_us");

	ck_assert_double_gt(number(way, "stream_gbps"), 0);
	ck_assert_double_gt(number(way, "packets_per_s"), 0);
	ck_assert_double_gt(number(latency, "p50"), 0);
	ck_assert_double_ge(number(latency, "p99"), number(latency, "p50"));
}
END_TEST

START_TEST(a_delay_is_off_by_less_than_itself)
{
	static const double delays_us[] = {1e3, 1e4, 1e5};
	const struct snet__json *at = snet__json_first(
		snet__json_get(snet__json_get(measured, "netem"), "delay_error_us"));

	for (size_t i = 0; i < sizeof(delays_us) / sizeof(*delays_us); i++) {
		uint64_t delay_ns;

		ck_assert_ptr_nonnull(at);
		ck_assert_int_eq(snet__text_parse_duration(&delay_ns, snet__json_key(at)),
				 0);
		ck_assert_double_eq((double)delay_ns, delays_us[i] * 1e3);
		ck_assert_double_ge(number(at, "p50"), 0);
		ck_assert_double_lt(number(at, "p50"), delays_us[i]);
		ck_assert_double_ge(number(at, "p99"), number(at, "p50"));
		at = snet__json_next(at);
	}
	ck_assert_ptr_null(at);
}
END_TEST

START_TEST(a_rate_is_kept_to_a_fifth)
{
	const struct snet__json *at = snet__json_first(
		snet__json_get(snet__json_get(measured, "netem"), "rate_error"));
	size_t count = 0;

	for (; at; at = snet__json_next(at), count++) {
		double error = snet__json_number(at, NAN);
		uint64_t rate_bps;

		ck_assert_int_eq(snet__text_parse_rate(&rate_bps, snet__json_key(at)), 0);
		ck_assert_double_gt(error, rate_bps <= RATE_MAX ? -0.2 : -1);
		ck_assert_double_lt(error, 0.2);
		if (rate_bps == RATE_MIN)
			ck_assert_double_eq_tol(error, 0, 0.03);
	}
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(packets_that_are_counted_pass_netem)
{
	const struct snet__measured lossy = {.shaper = SNET_SHAPER_NETEM,
					     .forth.loss = 1};
	double per_s;
	int r = snet__measure_packets(&per_s, &lossy, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	/* Nothing but what the other end sends by itself. */
	ck_assert_double_lt(per_s, 100);
}
END_TEST

START_TEST(what_is_lost_is_about_what_was_asked_for)
{
	const struct snet__json *loss =
		snet__json_get(snet__json_get(measured, "netem"), "loss");

	/* Five standard deviations of 10,000 packets. */
	ck_assert_double_eq_tol(number(loss, "1%"), 0.01, 0.005);
	ck_assert_double_eq_tol(number(loss, "10%"), 0.1, 0.015);
}
END_TEST

START_TEST(what_was_measured_is_for_links_of_netem)
{
	struct snet__calibration calibration;

	ck_assert_msg(snet__calibration_parse(&calibration, text, &err) == 0, "%s",
		      err.msg);
	ck_assert(calibration.of[SNET_SHAPER_NETEM].is_measured);
	ck_assert(!calibration.of[SNET_SHAPER_USER].is_measured);
	/* The one that was not asked for is not told of. */
	ck_assert_ptr_null(snet__json_get(measured, "user"));
}
END_TEST

START_TEST(each_measurement_is_told_of)
{
	/* One of the machine, three of a plain link; the same, 3 delays, 4 rates and 2 losses of a
	 * shaped one. */
	ck_assert_uint_eq(told, 1 + 3 + 3 + 3 + 4 + 2);
	for (size_t i = 0; i < told; i++)
		ck_assert_double_eq_tol(shares[i], (double)i / (double)told, 1e-9);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("calibrate");
	TCase *t = tcase_create("netem");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, calibrate, forget);
	tcase_add_loop_test(t, every_way_has_its_figures, 0, 2);
	tcase_add_test(t, a_delay_is_off_by_less_than_itself);
	tcase_add_test(t, a_rate_is_kept_to_a_fifth);
	tcase_add_test(t, packets_that_are_counted_pass_netem);
	tcase_add_test(t, what_is_lost_is_about_what_was_asked_for);
	tcase_add_test(t, what_was_measured_is_for_links_of_netem);
	tcase_add_test(t, each_measurement_is_told_of);
	suite_add_tcase(s, t);
	return s;
}
