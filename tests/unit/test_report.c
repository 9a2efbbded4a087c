/* SPDX-License-Identifier: MIT */
/* Reports of a run that never was, for programs, in every format, also with every allocation in turn refused: the
 * allocator of the whole program is wrapped here. */

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/report_parts.h"
#include "folder.h"
#include "report_bed.h"
#include "scarce.h"
#include "suite.h"

static struct snet__json *format_json(void)
{
	autofree char *text = format("json");
	struct snet__json *json = NULL;

	ck_assert_int_eq(snet__json_parse(&json, text, strlen(text), &err), 0);
	return json;
}

static double number(const struct snet__json *json, const char *object, const char *key)
{
	return snet__json_number(snet__json_get(snet__json_get(json, object), key), -1);
}

/* ---- What all have. */

START_TEST(an_unknown_format_is_told_the_known_ones)
{
	char *text = NULL;

	ck_assert_int_eq(snet__report_format(&run.report, "pdf", &text, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "no report format 'pdf': json, junit, html or text");
}
END_TEST

START_TEST(a_run_is_saved_as_three_files)
{
	static const char *const files[] = {"report.json", "junit.xml", "report.html"};
	struct test_folder folder;
	char path[PATH_MAX + 32];

	test_folder_new(&folder);
	ck_assert_int_eq(snet__report_save(&run.report, folder.path, &err), 0);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder.path, files[i]);
		ck_assert_int_eq(access(path, R_OK), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/none", folder.path);
	ck_assert_int_eq(snet__report_save(&run.report, path, &err), -ENOENT);
	need(err.msg, "none/report.json");
	test_folder_free(&folder);
}
END_TEST

START_TEST(the_same_run_has_the_same_report)
{
	autofree char *first = format(formats[_i]), *second = format(formats[_i]);

	ck_assert_str_eq(first, second);
}
END_TEST

/* Where this machine has a locale whose numbers are others. */
START_TEST(numbers_are_the_same_in_every_locale)
{
	autofree char *first = format(formats[_i]), *second = NULL;

	if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
		skip("locale", "there is no de_DE.UTF-8 here");
		return;
	}
	second = format(formats[_i]);
	ck_assert_str_eq(localeconv()->decimal_point, ",");
	ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(a_run_of_nothing_has_a_report)
{
	struct snet__history nothing = {.scenario = "empty", .lab = "none"};
	autofree char *text = NULL;

	run.report = (struct snet__report){.history = &nothing};
	text = format(formats[_i]);
	need(text, "nothing was expected, and nothing was broken");
}
END_TEST

/* cJSON and streams have allocators of their own. */
START_TEST(no_memory_is_an_error)
{
	int r = -ENOMEM, tries = 0;
	char *text = NULL;

	for (; r < 0; tries++) {
		left = tries;
		r = snet__report_format(&run.report, formats[_i], &text, &err);
		left = -1;
		ck_assert_int_eq(r < 0 ? r : -ENOMEM, -ENOMEM);
	}
	ck_assert_int_gt(tries, 8);
	free(text);
}
END_TEST

/* ---- Words. */

START_TEST(expectations_are_named_by_what_distinguishes_them)
{
	const struct snet__expectation none = {.within_ns = SNET__NEVER, .share = -1};
	struct snet__expectation expectation = none;
	char title[SNET__TITLE_MAX], name[SNET__TITLE_MAX + 40] = "";

	expectation.checker = snet__checker_find("delivery");
	expectation.guarantee = 1;
	ck_assert_str_eq(snet__expectation_title(title, &expectation, 0),
			 "delivery at-most-once");
	expectation.guarantee = 3;
	expectation.is_ordered = true;
	expectation.nodes = (char *)"sw*";
	expectation.phase = SNET__PHASE_AFTER;
	ck_assert_str_eq(snet__expectation_title(title, &expectation, 0),
			 "delivery exactly-once in order of sw* after");
	expectation = none;
	expectation.checker = snet__checker_find("latency");
	expectation.quantile = 0.999;
	expectation.phase = SNET__PHASE_DURING;
	ck_assert_str_eq(snet__expectation_title(title, &expectation, 0),
			 "latency p99.9 during");
	expectation.quantile = 0;
	ck_assert_str_eq(snet__expectation_title(title, &expectation, 0),
			 "latency p0 during");
	expectation.name = (char *)"quick enough";
	ck_assert_str_eq(snet__expectation_title(title, &expectation, 0), "quick enough");

	/* A long one is cut, within no character. */
	for (size_t i = 0; i < SNET__TITLE_MAX; i += 2)
		memcpy(name + 1 + i, "\302\265", 2);
	name[0] = 'x';
	expectation.name = name;
	(void)snet__expectation_title(title, &expectation, 0);
	ck_assert_uint_gt(strlen(title), SNET__TITLE_MAX - 4);
	ck_assert(snet__text_is_utf8(title, strlen(title)));
}
END_TEST

START_TEST(a_quantile_of_too_few_is_told_to_be_the_largest)
{
	char text[SNET__QUANTILE_MAX];

	ck_assert_str_eq(snet__report_quantile(text, 3350000000, 99, 0.99),
			 "3.35 s (the largest of 99)");
	ck_assert_str_eq(snet__report_quantile(text, 3350000000, 100, 0.99), "3.35 s");
	ck_assert_str_eq(snet__report_quantile(text, SNET__NEVER, 1, 0.9),
			 "never (the largest of 1)");
}
END_TEST

START_TEST(expectations_that_are_called_the_same_are_numbered)
{
	char *const judge[] = {(char *)"sh", (char *)"judge.sh", (char *)"all", NULL},
		    *const script[] = {(char *)"sh", (char *)"-c", (char *)"true\nfalse",
				       NULL};
	char name[SNET__TITLE_MAX + 40], title[SNET__TITLE_MAX];
	struct snet__expectation expectations[] = {
		{.command = (char **)judge},
		{.command = (char **)script},
		{.command = (char **)judge},
		{.name = name},
		{.name = name},
	};

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 5; i++)
		expectations[i].checker = snet__checker_find("command");
	ck_assert_str_eq(snet__expectation_title(title, expectations, 0),
			 "command sh judge.sh all");
	ck_assert_str_eq(snet__expectation_title(title, expectations, 1),
			 "command sh -c true ...");
	ck_assert_str_eq(snet__expectation_title(title, expectations, 2),
			 "command sh judge.sh all (2)");
	(void)snet__expectation_title(title, expectations, 3);
	ck_assert_uint_eq(strlen(title), SNET__TITLE_MAX - 1);
	(void)snet__expectation_title(title, expectations, 4);
	ck_assert_uint_eq(strlen(title), SNET__TITLE_MAX - 1);
	ck_assert_str_eq(title + strlen(title) - 5, "x (2)");
}
END_TEST

START_TEST(a_fault_counts_by_what_was_seen)
{
	struct snet__history_fault fault = {.begun_ns = SNET__NEVER};

	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_MISSING);
	fault.begun_ns = 1;
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_POINTLESS);
	fault.is_optional = true;
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_UNSEEN);
	fault.has_effect = true;
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_SEEN);
	fault.failure = "it did not heal";
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_BROKEN);
	fault = (struct snet__history_fault){.begun_ns = SNET__NEVER,
					     .healed_ns = 2,
					     .failure = "it could not begin"};
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_BROKEN);
	fault.is_optional = true;
	ck_assert_int_eq(snet__fault_state(&fault), SNET__FAULT_PLANNED);
}
END_TEST

START_TEST(a_verdict_says_why)
{
	autofree char *text = format("text");

	ck_assert_int_eq(strncmp(text,
				 "\u2717 violated: 1 of 4 expectations does not hold: "
				 "delivery exactly-once; fault 'filter' had no effect",
				 60),
			 0);
	run.report.verdict = SNET_VERDICT_UNTRUSTED;
	run.report.reason = NULL;
	run.judgements[0].verdict = SNET_VERDICT_HELD;
	free(text);
	text = format("text");
	need(text, "? untrusted: nothing can be said of 1 of 4 expectations: "
		   "availability 95 %\n");
	run.report.verdict = SNET_VERDICT_HELD;
	run.judgements[2].verdict = SNET_VERDICT_HELD;
	free(text);
	text = format("text");
	need(text, "\u2713 held: all 4 expectations hold, and 2 faults took effect\n");
}
END_TEST

/* ---- JSON. */

START_TEST(json_has_the_numbers_of_the_history)
{
	autojson *json = format_json();
	size_t acknowledged = 0, outcomes[SNET_OUTCOME_FAILED + 1] = {0};

	for (size_t i = 0; i < run.history.events_count; i++) {
		outcomes[run.history.events[i].outcome]++;
		acknowledged += run.history.events[i].acknowledged_ns != SNET__NEVER;
	}
	ck_assert_uint_gt(outcomes[SNET_OUTCOME_FAILED], 0);
	ck_assert_double_eq(number(json, "counts", "presses"), 400);
	ck_assert_double_eq(number(json, "counts", "acknowledged"), (double)acknowledged);
	ck_assert_double_eq(number(json, "counts", "done"),
			    (double)outcomes[SNET_OUTCOME_DONE]);
	ck_assert_double_eq(number(json, "counts", "lost"),
			    (double)outcomes[SNET_OUTCOME_FAILED]);
	ck_assert_double_eq(number(json, "counts", "commands"),
			    (double)run.history.commands_count);
	ck_assert_str_eq(snet__json_get_string(json, "verdict"), "violated");
	ck_assert_str_eq(snet__json_get_string(json, "began"),
			 "2026-11-28T06:15:18.123456789Z");
}
END_TEST

static int compare(const void *a, const void *b)
{
	uint64_t left_ns = *(const uint64_t *)a, right_ns = *(const uint64_t *)b;

	return (left_ns > right_ns) - (left_ns < right_ns);
}

/* Before the first fault, where nothing is lost: by hand from the steps. */
START_TEST(json_has_the_latencies_of_the_history)
{
	autojson *json = format_json();
	const struct snet__json *latency = snet__json_get(json, "latency");
	uint64_t times[400];
	size_t n = 0;

	for (size_t i = 0; i < run.history.events_count; i++) {
		const struct snet__history_event *event = &run.history.events[i];

		if (event->pressed_ns < run.history.faults[0].begun_ns)
			times[n++] = event->ended_ns - event->pressed_ns;
	}
	qsort(times, n, sizeof(*times), compare);
	ck_assert_uint_gt(n, 100);
	ck_assert_double_eq(number(latency, "before", "events"), (double)n);
	ck_assert_double_eq(number(latency, "before", "p50_ns"),
			    (double)times[(n + 1) / 2 - 1]);
	ck_assert_double_eq(number(latency, "before", "max_ns"), (double)times[n - 1]);
	/* Some of all got nowhere. */
	ck_assert(snet__json_is(snet__json_get(snet__json_get(latency, "all"), "max_ns"),
				SNET__JSON_NULL));
}
END_TEST

START_TEST(json_has_each_fault_against_its_plan)
{
	autojson *json = format_json();
	const struct snet__json *faults = snet__json_get(json, "faults");
	const struct snet__json *down = snet__json_at(faults, 0);
	const struct snet__json *filter = snet__json_at(faults, 2);

	ck_assert_uint_eq(snet__json_count(faults), 3);
	ck_assert_str_eq(snet__json_get_string(down, "name"), "outage");
	ck_assert_str_eq(snet__json_get_string(down, "state"), "took effect");
	ck_assert_double_eq(snet__json_number(snet__json_get(down, "begun_late_ns"), 0),
			    2e6);
	ck_assert_double_eq(number(down, "measures", "packets"), 412);
	ck_assert_str_eq(snet__json_get_string(filter, "state"), "no effect");
	ck_assert(snet__json_is(snet__json_get(filter, "effect_ns"), SNET__JSON_NULL));
	ck_assert(snet__json_is(snet__json_get(filter, "measures"), SNET__JSON_NULL));
}
END_TEST

START_TEST(json_keeps_a_thousand_findings)
{
	struct snet__judgement *judgement = &run.judgements[3];
	autojson *json = NULL;
	const struct snet__json *kept;

	for (size_t i = 0; i < 1500; i++)
		ck_assert_int_eq(snet__judgement_add(judgement, "late", i % 400, "a0", i,
						     "finding %zu", i),
				 0);
	judgement->beyond = 7;
	json = format_json();
	kept = snet__json_at(snet__json_get(json, "expectations"), 3);
	ck_assert_double_eq(snet__json_number(snet__json_get(kept, "finding_count"), 0),
			    1507);
	kept = snet__json_get(kept, "findings");
	ck_assert_uint_eq(snet__json_count(kept), 1000);
	ck_assert_str_eq(snet__json_get_string(snet__json_at(kept, 999), "text"),
			 "finding 999");
	ck_assert_str_eq(snet__json_get_string(snet__json_at(kept, 1), "event"),
			 run.history.events[1].id);
}
END_TEST

START_TEST(json_has_its_keys_in_order_and_a_seed_of_64_bits)
{
	static const char *const keys[] = {"verdict",
					   "why",
					   "reason",
					   "scenario",
					   "lab",
					   "path",
					   "seed",
					   "command",
					   "version",
					   "began",
					   "workload_end_ns",
					   "healed_ns",
					   "ended_ns",
					   "counts",
					   "latency",
					   "expectations",
					   "faults",
					   "warnings",
					   "machine",
					   "calibration"};
	autofree char *text = NULL;
	autojson *json = NULL;
	const struct snet__json *at;
	size_t i = 0;

	run.history.seed = UINT64_MAX - 1;
	text = format("json");
	need(text, "\"seed\": 18446744073709551614,");
	json = format_json();
	for (at = snet__json_first(json); at; at = snet__json_next(at))
		ck_assert_str_eq(snet__json_key(at), keys[i++]);
	ck_assert_uint_eq(i, sizeof(keys) / sizeof(*keys));
}
END_TEST

START_TEST(json_has_the_warnings_among_the_notes)
{
	autojson *json = NULL;
	autofree char *list = NULL;

	snet__history_add_note(&run.history, "refused", "sw0", "no", 1);
	snet__history_add_note(&run.history, "warning", NULL, "cut", 0);
	json = format_json();
	list = snet__json_format(snet__json_get(json, "warnings"));
	ck_assert_str_eq(list, "[\"cut\"]");
}
END_TEST

START_TEST(refused_presses_are_counted_everywhere)
{
	autofree char *text = NULL, *page = NULL;
	autojson *json = NULL;

	for (uint64_t i = 1; i < 3; i++)
		snet__history_add_note(&run.history, "refused", "sw0", "no", i);
	json = format_json();
	ck_assert_double_eq(number(json, "counts", "presses"), 400);
	ck_assert_double_eq(number(json, "counts", "refused"), 2);
	text = format("text");
	need(text, "400 pressed, 2 refused, ");
	page = format("html");
	need(page, "Refused");
}
END_TEST

START_TEST(events_without_a_route_are_counted_everywhere)
{
	autofree char *text = NULL, *page = NULL;
	autojson *json = NULL;
	size_t unrouted = 0;

	for (size_t i = 0; unrouted < 3; i++) {
		struct snet__history_event *event = &run.history.events[i];

		if (!event->step_count)
			continue;
		event->steps[event->step_count - 1].step = "dropped";
		unrouted++;
	}
	json = format_json();
	ck_assert_double_eq(number(json, "counts", "unrouted"), 3);
	text = format("text");
	need(text, " (3 of them that no route took), ");
	page = format("html");
	need(page, "Without a route");
}
END_TEST

/* ---- The terminal. */

START_TEST(text_names_three_findings_of_each)
{
	autofree char *text = format("text");

	ck_assert_uint_gt(run.judgements[0].finding_count, 3);
	ck_assert_uint_eq(count(text, "\n    event sw"), 3);
	need(text, "    and ");
	need(text, "\n\u2713 latency p99 during: the 99 % quantile");
	need(text, "\n? availability 95 %: 117 of 120");
	need(text,
	     "\n\u2713 fault outage from 6.00 s to 9.00 s: took effect; 412 packets");
	need(text, "\n\u2717 fault filter from 18.00 s to 19.00 s: no effect; 0 packets");
	need(text, "\noutage: seed 42, 21.00 s\n");
}
END_TEST

/* ---- The machine. */

#define ASKED \
	"link 'a-b' asks for 90Gbit, this machine's netem shaper was measured at 1Gbit"

START_TEST(what_the_lab_asked_for_beyond_the_calibration_is_told)
{
	static const char calibration[] =
		"{\"netem\":{\"packets_per_s\":1},\"user\":null,\"exceeded\":[{\"link\":"
		"\"a-b\",\"text\":\"" ASKED "\"},{\"text\":\"1 link has it\"}]}";
	static const char *const expected[][2] = {
		{"json", "\"text\": \"" ASKED "\""},
		{"text", "\n! " ASKED "\n! 1 link has it\n"},
		{"html", "beyond it</span> link &#39;a-b&#39; asks for 90Gbit"},
	};
	autojson *json = NULL;
	autofree char *text = NULL;

	ck_assert_int_eq(snet__json_parse(&json, calibration, strlen(calibration), &err),
			 0);
	run.report.calibration = json;
	text = format(expected[_i][0]);
	need(text, expected[_i][1]);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("report");
	TCase *plain = tcase_create("plain");

	tcase_add_checked_fixture(plain, setup_run, teardown_run);
	tcase_add_test(plain, an_unknown_format_is_told_the_known_ones);
	tcase_add_test(plain, a_run_is_saved_as_three_files);
	tcase_add_loop_test(plain, the_same_run_has_the_same_report, 0, 4);
	tcase_add_loop_test(plain, numbers_are_the_same_in_every_locale, 0, 4);
	tcase_add_loop_test(plain, a_run_of_nothing_has_a_report, 0, 4);
	tcase_add_loop_test(plain, no_memory_is_an_error, 0, 4);
	tcase_add_test(plain, expectations_are_named_by_what_distinguishes_them);
	tcase_add_test(plain, a_quantile_of_too_few_is_told_to_be_the_largest);
	tcase_add_test(plain, expectations_that_are_called_the_same_are_numbered);
	tcase_add_test(plain, a_fault_counts_by_what_was_seen);
	tcase_add_test(plain, a_verdict_says_why);
	tcase_add_test(plain, json_has_the_numbers_of_the_history);
	tcase_add_test(plain, json_has_the_latencies_of_the_history);
	tcase_add_test(plain, json_has_each_fault_against_its_plan);
	tcase_add_test(plain, json_keeps_a_thousand_findings);
	tcase_add_test(plain, json_has_its_keys_in_order_and_a_seed_of_64_bits);
	tcase_add_test(plain, json_has_the_warnings_among_the_notes);
	tcase_add_test(plain, refused_presses_are_counted_everywhere);
	tcase_add_test(plain, events_without_a_route_are_counted_everywhere);
	tcase_add_test(plain, text_names_three_findings_of_each);
	tcase_add_loop_test(plain, what_the_lab_asked_for_beyond_the_calibration_is_told,
			    0, 3);
	suite_add_tcase(suite, plain);
	return suite;
}
