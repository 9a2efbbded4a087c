/* SPDX-License-Identifier: MIT */
/* What a lab asks for is compared with what was measured, and what was not achieved is said. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "api/fitness.h"
#include "base/file.h"
#include "folder.h"
#include "lab/calibration.h"
#include "link/histogram.h"
#include "link/shaper_user.h"
#include "quoted.h"
#include "suite.h"

#define US SNET__NS_PER_US

/* As snet_calibrate() returns it: of both shapers, and of a machine without netem. */
#define HEAD                                                                        \
	"{\"date\":\"2026-11-28T05:56:13.384285692Z\",\"kernel\":\"6\",\"cpus\":2," \
	"\"timer\":{\"p50\":46,\"p99\":825},"                                       \
	"\"plain\":{\"stream_gbps\":10,\"packets_per_s\":722375,"                   \
	"\"latency_us\":{\"p50\":6,\"p99\":8}},"
#define NETEM                                                    \
	"\"netem\":{\"stream_gbps\":9,\"packets_per_s\":500000," \
	"\"latency_us\":{\"p50\":7,\"p99\":9},"                  \
	"\"delay_error_us\":{\"1ms\":{\"p50\":60,\"p99\":400}}," \
	"\"rate_error\":{\"1Mbit\":0,\"1Gbit\":-0.05},\"loss\":{\"1%\":0.0099}},"
#define USER                                                                       \
	"\"user\":{\"stream_gbps\":4.9,\"packets_per_s\":116106,"                  \
	"\"latency_us\":{\"p50\":34,\"p99\":57},"                                  \
	"\"delay_error_us\":{\"1ms\":{\"p50\":28,\"p99\":220},"                    \
	"\"10ms\":{\"p50\":90,\"p99\":140},\"100ms\":{\"p50\":27,\"p99\":190}},"   \
	"\"rate_error\":{\"1Mbit\":0.0001,\"100Mbit\":-0.005,\"1Gbit\":-0.38012}," \
	"\"loss\":{\"1%\":0.0105}}}"
static const char measured_text[] = HEAD NETEM USER;

static struct snet__calibration measured;
static struct snet__model model;
static struct snet_err err;

static void parse(const char *text)
{
	ck_assert_msg(snet__calibration_parse(&measured, text, &err) == 0, "%s", err.msg);
}

static void setup(void)
{
	err = (struct snet_err){0};
	snet__model_init(&model);
	parse(measured_text);
}

static void teardown(void)
{
	snet__model_clear(&model);
}

/* Hosts h0 to h@count, and what the link of each to a switch is; ' for ". */
static void describe(unsigned int count, const char *link)
{
	char text[1024];
	struct snet__problems problems = {0};

	(void)snprintf(
		text, sizeof(text),
		"{'lab': 'l', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': "
		"'h{i}', 'kind': 'host', 'count': %u}], 'links': [{'from': 'h{i}', "
		"'to': 's', 'count': %u, %s}]}",
		count, count, link);
	ck_assert_msg(snet__model_read(&model, quote(text), strlen(text), "/", &problems,
				       &err) == 0,
		      "%s: %s", text, problems.count ? problems.items[0].text : err.msg);
	snet__problems_clear(&problems);
}

/* The sentences, a line each, with the link before it. */
static char *judge(void)
{
	autojson *all = snet__calibration_judge(&measured, &model);
	const struct snet__json *at;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	ck_assert(snet__json_is(all, SNET__JSON_ARRAY));
	for (at = snet__json_first(all); at; at = snet__json_next(at)) {
		const char *link = snet__json_get_string(at, "link");

		fprintf(to, "%s: %s\n", link ? link : "lab",
			snet__json_get_string(at, "text"));
	}
	ck_assert_int_eq(fclose(to), 0);
	return text;
}

static void expect(const char *sentences)
{
	char *text = judge();

	ck_assert_str_eq(text, sentences);
	free(text);
}

static void expect_user(const struct snet__ability *ability)
{
	ck_assert(ability->is_measured);
	ck_assert_uint_eq(ability->latency_ns, 28 * US);
	ck_assert_uint_eq(ability->error_p50_ns, 90 * US);
	ck_assert_uint_eq(ability->error_p99_ns, 220 * US);
	ck_assert_uint_eq(ability->rate_bps, 619880000);
	ck_assert_uint_eq((uint64_t)ability->packets_per_s, 116106);
}

START_TEST(what_was_measured_is_read)
{
	ck_assert_str_eq(measured.date, "2026-11-28T05:56:13.384285692Z");
	expect_user(&measured.of[SNET_SHAPER_USER]);
	ck_assert(measured.of[SNET_SHAPER_NETEM].is_measured);
	ck_assert_uint_eq(measured.of[SNET_SHAPER_NETEM].latency_ns, 1 * US);
	ck_assert_uint_eq(measured.of[SNET_SHAPER_NETEM].error_p50_ns, 60 * US);
	ck_assert_uint_eq(measured.of[SNET_SHAPER_NETEM].error_p99_ns, 400 * US);
	ck_assert_uint_eq(measured.of[SNET_SHAPER_NETEM].rate_bps, 950000000);
	ck_assert_uint_eq((uint64_t)measured.of[SNET_SHAPER_NETEM].packets_per_s, 500000);
	/* netem has no thread of ours. */
	ck_assert_uint_eq(snet__calibration_late_ns(&measured), 220 * US);
}
END_TEST

/* What was kept before netem was measured, and what is kept where it is not there. */
static const char *const without_netem[] = {HEAD USER, HEAD "\"netem\":null," USER};

START_TEST(what_lacks_netem_is_read)
{
	parse(without_netem[_i]);
	expect_user(&measured.of[SNET_SHAPER_USER]);
	ck_assert(!measured.of[SNET_SHAPER_NETEM].is_measured);
	ck_assert_uint_eq(measured.of[SNET_SHAPER_NETEM].rate_bps, 0);
}
END_TEST

START_TEST(what_is_none_is_refused_and_changes_nothing)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"date\":\"today\"}",
		"{\"user\":{}}",
		"{\"date\":\"today\",\"netem\":null,\"user\":null}",
		"{\"date\":\"\",\"user\":{}}",
		("{\"date\":\"a date that is longer than any time can be written\","
		 "\"user\":{}}"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert_msg(snet__calibration_parse(&measured, texts[i], &err) ==
				      -EINVAL,
			      "%s", texts[i]);
		expect_user(&measured.of[SNET_SHAPER_USER]);
	}
}
END_TEST

START_TEST(without_a_calibration_nothing_is_said)
{
	measured = (struct snet__calibration){0};
	describe(1, "'shaper': 'user', 'rate': '90Gbit', 'delay': '1ns'");
	expect("");
	ck_assert_uint_eq(snet__calibration_late_ns(&measured), SNET__NS_PER_MS);
}
END_TEST

START_TEST(what_was_achieved_is_not_told_of)
{
	/* A per cent is no difference. */
	describe(
		1,
		"'shaper': 'user', 'rate': '625Mbit', 'delay': '28us', 'jitter': '90us'");
	expect("");
}
END_TEST

START_TEST(a_rate_that_was_not_achieved_is)
{
	describe(1, "'shaper': 'user', 'rate': '1Mbit', 'back': {'rate': '900Mbit'}");
	expect("h0-s: link 'h0-s' asks for 900Mbit, this machine's user shaper was "
	       "measured at 620Mbit\n");
}
END_TEST

START_TEST(a_delay_below_what_the_shaper_adds_is)
{
	describe(1, "'shaper': 'user', 'delay': '20us', 'back': {'delay': '10ms'}");
	expect("h0-s: link 'h0-s' asks for a delay of 20.0 \302\265s, less than the 28.0 "
	       "\302\265s that this machine's user shaper adds by itself\n");
}
END_TEST

START_TEST(a_jitter_below_the_error_of_delays_is)
{
	describe(1, "'shaper': 'user', 'delay': '10ms', 'jitter': '50us'");
	expect("h0-s: link 'h0-s' asks for a jitter of 50.0 \302\265s, less than the 90.0 "
	       "\302\265s by which half of the delays of this machine's user shaper were "
	       "measured to be off\n");
}
END_TEST

START_TEST(packets_of_all_links_add_up)
{
	/* 600 Mbit in packets of 1,514 bytes are 49,538 a second, in each direction. */
	describe(1, "'shaper': 'user', 'rate': '600Mbit'");
	expect("");
	teardown();
	setup();
	describe(2, "'shaper': 'user', 'rate': '600Mbit'");
	expect("lab: the rates of 2 links are those of 198151 packets a second, this "
	       "machine's user shaper was measured at 116106\n");
	teardown();
	setup();
	describe(2, "'shaper': 'user', 'rate': '600Mbit', 'mtu': 9000");
	expect("");
}
END_TEST

#define OF_NETEM "'shaper': 'netem', 'rate': '960Mbit', 'delay': '5us', 'jitter': '70us'"

START_TEST(each_shaper_is_asked_for_what_its_links_want)
{
	/* The rate alone is more than it was measured at, and is not for the other. */
	describe(1, OF_NETEM);
	expect("h0-s: link 'h0-s' asks for 960Mbit, this machine's netem shaper was "
	       "measured at 950Mbit\n");
	teardown();
	setup();
	describe(1, "'shaper': 'user', 'rate': '960Mbit', 'delay': '29us', 'mtu': 9000");
	expect("h0-s: link 'h0-s' asks for 960Mbit, this machine's user shaper was "
	       "measured at 620Mbit\n");
	teardown();
	setup();
	/* More packets than one of them passes, and not more than the other. */
	describe(4, "'shaper': 'netem', 'rate': '600Mbit'");
	expect("");
}
END_TEST

START_TEST(a_shaper_that_was_not_measured_is_told_of)
{
	parse(without_netem[_i]);
	describe(2, OF_NETEM);
	expect("lab: 2 links have this machine's netem shaper, which 'snet calibrate' has "
	       "not measured\n");
	teardown();
	setup();
	parse(without_netem[_i]);
	describe(1, OF_NETEM);
	expect("lab: 1 link has this machine's netem shaper, which 'snet calibrate' has "
	       "not measured\n");
	teardown();
	setup();
	parse(without_netem[_i]);
	describe(1, "'shaper': 'user', 'delay': '1ms'");
	expect("");
}
END_TEST

START_TEST(plain_links_are_not_judged)
{
	describe(1, "'mtu': 1400");
	expect("");
}
END_TEST

START_TEST(of_many_links_some_are_told_of)
{
	char *text;
	size_t lines = 0;

	describe(SNET__CALIBRATION_TOLD_MAX + 12, "'shaper': 'user', 'delay': '1us'");
	text = judge();
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, SNET__CALIBRATION_TOLD_MAX + 1);
	ck_assert_ptr_nonnull(strstr(text, "\nlab: more such demands of links: 12\n"));
	free(text);
}
END_TEST

/* ---- The file. */

static char file_path[PATH_MAX + 40];

/* Where it is kept; teardown is the folder's. */
static void make_place(struct test_folder *folder)
{
	test_folder_new(folder);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", folder->path, 1), 0);
	(void)snprintf(file_path, sizeof(file_path), "%s/snet", folder->path);
	ck_assert_int_eq(mkdir(file_path, 0700), 0);
	(void)strcat(file_path, "/@calibration.json");
}

/* What is kept is @text, its "kernel" and "cpus" instead of "6" and 2. */
static void keep(const char *text, const char *kernel, long cpus)
{
	char *machine = strstr(text, "\"kernel\":\"6\",\"cpus\":2"), *kept = NULL;
	size_t before = machine ? (size_t)(machine - text) : 0;

	if (machine)
		ck_assert_int_gt(asprintf(&kept, "%.*s\"kernel\":\"%s\",\"cpus\":%ld%s",
					  (int)before, text, kernel, cpus,
					  machine +
						  strlen("\"kernel\":\"6\",\"cpus\":2")),
				 0);
	ck_assert_int_eq(snet__file_write(file_path, kept ? kept : text,
					  SNET__FILE_SHARED, &err),
			 0);
	free(kept);
}

/* What is kept is not used, and why is said. */
static void expect_unusable(int code, const char *why)
{
	struct snet__calibration loaded;
	char *text = NULL, *expected = NULL;

	err = (struct snet_err){0};
	ck_assert_int_eq(snet__fitness_load(&loaded, &text, &err), code);
	ck_assert_ptr_null(text);
	ck_assert_str_eq(loaded.date, "");
	ck_assert(!loaded.of[SNET_SHAPER_USER].is_measured);
	ck_assert_int_gt(asprintf(&expected,
				  "'%s' is not used: %s; run 'snet calibrate' again",
				  file_path, why),
			 0);
	ck_assert_str_eq(err.msg, expected);
	free(expected);
}

static void expect_used(void)
{
	struct snet__calibration loaded;
	char *text = NULL;

	ck_assert_msg(snet__fitness_load(&loaded, &text, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(loaded.date, measured.date);
	expect_user(&loaded.of[SNET_SHAPER_USER]);
	ck_assert_ptr_nonnull(strstr(text, measured.date));
	free(text);
}

START_TEST(the_file_is_read_anew_each_time)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct test_folder folder;
	struct snet__calibration loaded;
	struct utsname now;
	char *text;

	ck_assert_int_eq(uname(&now), 0);
	make_place(&folder);
	ck_assert_int_eq(snet__fitness_load(&loaded, &text, &err), 0);
	ck_assert_str_eq(loaded.date, "");
	ck_assert_ptr_null(text);
	keep(measured_text, now.release, cpus);
	expect_used();
	keep("{bad", "", 0);
	expect_unusable(-EINVAL, "1:3: not JSON near 'ad'");
	keep(measured_text, now.release, cpus);
	expect_used();
	test_folder_free(&folder);
}
END_TEST

START_TEST(what_another_machine_achieves_is_not_used)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct test_folder folder;
	struct utsname now;
	char why[400];

	ck_assert_int_eq(uname(&now), 0);
	make_place(&folder);
	keep(measured_text, "5.4.0-other", cpus);
	(void)snprintf(why, sizeof(why),
		       "it was measured on kernel 5.4.0-other with %ld processors, and "
		       "this is kernel %s with %ld",
		       cpus, now.release, cpus);
	expect_unusable(-ESTALE, why);
	keep(measured_text, now.release, cpus + 62);
	(void)snprintf(why, sizeof(why),
		       "it was measured on kernel %s with %ld processors, and this is "
		       "kernel %s with %ld",
		       now.release, cpus + 62, now.release, cpus);
	expect_unusable(-ESTALE, why);
	test_folder_free(&folder);
}
END_TEST

/* What is in place of a text of measured_text, and what is said of it. */
static const struct {
	const char *from, *to, *said;
} damages[] = {
	{"\"stream_gbps\":4.9", "\"stream_gbps\":-5",
	 "'user.stream_gbps' is no number from 0 to 1e+12"},
	{"\"packets_per_s\":116106", "\"packets_per_s\":\"x\"",
	 "'user.packets_per_s' is no number from 0 to 1e+12"},
	{"\"latency_us\":{\"p50\":6,", "\"latency_us\":{",
	 "'plain.latency_us.p50' is no number from 0 to 1e+12"},
	{"{\"p50\":90,\"p99\":140}", "{\"p50\":90,\"p99\":1e300}",
	 "'user.delay_error_us.10ms.p99' is no number from 0 to 1e+12"},
	{"\"1Gbit\":-0.05", "\"1Gbit\":-1.5",
	 "'netem.rate_error.1Gbit' is no number from -1 to 1e+12"},
	{"\"user\":{", "\"user\":5,\"x\":{",
	 "'user.stream_gbps' is no number from 0 to 1e+12"},
	{"\"cpus\":2", "\"cpus\":\"2\"", "'cpus' is no number of at least 1"},
	{"\"kernel\":\"6\"", "\"kernel\":6", "'kernel' is missing or no such text"},
};

START_TEST(what_cannot_have_been_measured_is_named)
{
	const char *from = damages[_i].from, *at = strstr(measured_text, from);
	char *text = NULL;

	ck_assert_ptr_nonnull(at);
	ck_assert_int_gt(asprintf(&text, "%.*s%s%s", (int)(at - measured_text),
				  measured_text, damages[_i].to, at + strlen(from)),
			 0);
	ck_assert_int_eq(snet__calibration_parse(&measured, text, &err), -EINVAL);
	ck_assert_str_eq(err.msg, damages[_i].said);
	expect_user(&measured.of[SNET_SHAPER_USER]);
	free(text);
}
END_TEST

/* ---- What is late. */

START_TEST(a_histogram_counts_what_is_above)
{
	struct snet__histogram histogram = {0};
	uint64_t total, above;

	for (uint64_t us = 1; us <= 1000; us++)
		snet__histogram_add(&histogram, us * US);
	snet__histogram_count(&histogram, 0, &total, &above);
	ck_assert_uint_eq(total, 1000);
	ck_assert_uint_eq(above, 1000);
	snet__histogram_count(&histogram, 500 * US, &total, &above);
	ck_assert_uint_eq(total, 1000);
	/* By the class, which is a 32nd wide at most. */
	ck_assert_uint_le(above, 500);
	ck_assert_uint_ge(above, 500 - 500 / 32 - 1);
	snet__histogram_count(&histogram, 2000 * US, &total, &above);
	ck_assert_uint_eq(above, 0);
}
END_TEST

START_TEST(histograms_are_counted_together)
{
	struct snet__histogram all = {0}, one = {0};
	uint64_t total, above;

	snet__histogram_add(&all, 1 * US);
	snet__histogram_add(&one, 1 * US);
	snet__histogram_add(&one, 70 * US);
	snet__histogram_merge(&all, &one);
	snet__histogram_count(&all, 10 * US, &total, &above);
	ck_assert_uint_eq(total, 3);
	ck_assert_uint_eq(above, 1);
	ck_assert_uint_eq(all.max_ns, 70 * US);
	ck_assert_uint_eq(all.halvings, 0);

	/* More than a class can count: all are halved, as often as either was. */
	all.counts[5] = UINT32_MAX - 1;
	one.counts[5] = 8;
	snet__histogram_merge(&all, &one);
	ck_assert_uint_eq(all.halvings, 1);
	ck_assert_uint_eq(all.counts[5], (UINT32_MAX - 1) / 2 + 4);
	one.halvings = 3;
	snet__histogram_merge(&all, &one);
	ck_assert_uint_eq(all.halvings, 3);
	ck_assert_uint_eq(all.counts[5], (((UINT32_MAX - 1) / 2 + 4) >> 2) + 8);
}
END_TEST

START_TEST(counts_that_are_halved_are_still_compared)
{
	struct snet__histogram histogram = {0};
	struct snet__shaper_moment from = {.than_ns = 10 * US}, to = from, between;

	for (int i = 0; i < 100; i++) {
		snet__histogram_add(&histogram, 1);
		snet__histogram_add(&histogram, 20 * US);
	}
	snet__histogram_count(&histogram, from.than_ns, &from.packets, &from.late);
	/* A class of its own that is full. */
	snet__histogram_add(&histogram, 2);
	histogram.counts[2] = UINT32_MAX;
	snet__histogram_add(&histogram, 2);
	ck_assert_uint_eq(histogram.halvings, 1);
	for (int i = 0; i < 10; i++)
		snet__histogram_add(&histogram, 20 * US);
	to.halvings = histogram.halvings;
	snet__histogram_count(&histogram, to.than_ns, &to.packets, &to.late);
	between = snet__shaper_between(&from, &to);
	ck_assert_uint_eq(between.than_ns, 10 * US);
	ck_assert_uint_eq(between.late, 10);
	/* However it came to be more than it can count. */
	ck_assert_uint_eq(between.packets, UINT32_MAX / 2 + 1 + 10);
	/* Nothing is less than nothing. */
	between = snet__shaper_between(&to, &to);
	ck_assert_uint_eq(between.packets, 0);
	ck_assert_uint_eq(between.late, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("calibration");
	TCase *t = tcase_create("calibration");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_measured_is_read);
	tcase_add_loop_test(t, what_lacks_netem_is_read, 0, 2);
	tcase_add_test(t, what_is_none_is_refused_and_changes_nothing);
	tcase_add_test(t, without_a_calibration_nothing_is_said);
	tcase_add_test(t, what_was_achieved_is_not_told_of);
	tcase_add_test(t, a_rate_that_was_not_achieved_is);
	tcase_add_test(t, a_delay_below_what_the_shaper_adds_is);
	tcase_add_test(t, a_jitter_below_the_error_of_delays_is);
	tcase_add_test(t, packets_of_all_links_add_up);
	tcase_add_test(t, each_shaper_is_asked_for_what_its_links_want);
	tcase_add_loop_test(t, a_shaper_that_was_not_measured_is_told_of, 0, 2);
	tcase_add_test(t, plain_links_are_not_judged);
	tcase_add_test(t, of_many_links_some_are_told_of);
	tcase_add_test(t, the_file_is_read_anew_each_time);
	tcase_add_test(t, what_another_machine_achieves_is_not_used);
	tcase_add_loop_test(t, what_cannot_have_been_measured_is_named, 0,
			    sizeof(damages) / sizeof(*damages));
	tcase_add_test(t, a_histogram_counts_what_is_above);
	tcase_add_test(t, histograms_are_counted_together);
	tcase_add_test(t, counts_that_are_halved_are_still_compared);
	suite_add_tcase(s, t);
	return s;
}
