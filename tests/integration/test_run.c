/* SPDX-License-Identifier: MIT */
/* Runs as a program makes them, by the public API alone: what they return, what they have written, and
 * that they can be made again. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/history.h"
#include "folder.h"
#include "io/json.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"

static struct test_folder folder;
static struct snet_scenario *scenario;
static struct snet_run *result;
static struct snet_run_opts opts;
static struct snet_err err;
static char phases[64]; /* each once, as they came */
static bool is_over;    /* enough has been pressed */

static void look(void *user, const struct snet_run_progress *progress)
{
	ck_assert_ptr_eq(user, &opts);
	if (!strstr(phases, progress->phase)) {
		strncat(phases, progress->phase, sizeof(phases) - strlen(phases) - 1);
		strncat(phases, " ", sizeof(phases) - strlen(phases) - 1);
	}
	is_over |= progress->presses >= 2;
}

static bool end_run(void *user)
{
	(void)user;
	return is_over;
}

static void set_up(void)
{
	test_folder_new(&folder);
	scenario = NULL;
	result = NULL;
	opts = (struct snet_run_opts){.size = sizeof(opts),
				      .progress = look,
				      .user = &opts};
	phases[0] = '\0';
	is_over = false;
}

static void tear_down(void)
{
	snet_run_free(result);
	snet_scenario_free(scenario);
	test_folder_free(&folder);
}

/* In both ' stands for ". */
static void parse_for(const char *lab, const char *more)
{
	autofree char *text = quote(
		snet__text_format("{'scenario': 'x', 'lab': %s, 'settle': '60s', %s}",
				  lab, more));

	snet_scenario_free(scenario);
	LABS_OK(snet_scenario_parse(&scenario, text, EXAMPLES, &err));
}

static void parse(const char *more)
{
	parse_for("'house.json'", more);
}

/* A machine that is busy with something else has another try, in another folder. */
static enum snet_verdict run_into(char path[PATH_MAX], const char *name)
{
	enum snet_verdict verdict = SNET_VERDICT_UNTRUSTED;

	for (int i = 0; i < 10 && verdict == SNET_VERDICT_UNTRUSTED; i++) {
		(void)snprintf(path, PATH_MAX, "%.3000s/%s-%d", folder.path, name, i);
		opts.folder = path;
		snet_run_free(result);
		result = NULL;
		LABS_OK(snet_scenario_run(scenario, &opts, &result, &err));
		verdict = snet_run_verdict(result);
	}
	return verdict;
}

static char *format(const char *as)
{
	char *text = NULL;

	LABS_OK(snet_run_format(result, as, &text, &err));
	ck_assert_ptr_nonnull(text);
	return text;
}

static void has_written(const char *path, const char *name, const char *as)
{
	autofree char *file = snet__text_format("%s/%s", path, name);
	autofree char *text = as ? format(as) : NULL, *written = NULL;

	LABS_OK(snet__file_read(&written, NULL, file, 64 << 20, &err));
	ck_assert_msg(!text || strcmp(text, written) == 0, "%s is another one", file);
}

static struct snet__json *report(void)
{
	autofree char *text = format("json");
	struct snet__json *json = NULL;

	LABS_OK(snet__json_parse(&json, text, strlen(text), &err));
	return json;
}

/* Those that were obeyed: an answer that came late has one sent once more. */
static double count_obeyed(const struct snet__json *counts)
{
	return snet__json_number(snet__json_get(counts, "commands"), 0) -
	       snet__json_number(snet__json_get(counts, "repeated"), 0);
}

#define CUT                                                                               \
	"'duration': '600ms', 'workload': [{'press': 'kind:button', 'every': '100ms'}], " \
	"'timeline': [{'fault': 'down', 'links': 'cloud-s1', 'at': '200ms'}], "           \
	"'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}]"

/* What is broken and not said to end is mended when the run is over, and all comes to its end. */
START_TEST(a_run_is_carried_out_judged_and_written)
{
	const struct snet__json *fault;
	autojson *json = NULL;
	char path[PATH_MAX];

	parse(CUT);
	ck_assert_str_eq(snet_scenario_name(scenario), "x");
	ck_assert_int_eq(run_into(path, "cut"), SNET_VERDICT_HELD);
	ck_assert_str_eq(phases, "up run settle ");
	json = report();
	ck_assert_str_eq(snet__json_get_string(json, "verdict"), "held");
	fault = snet__json_first(snet__json_get(json, "faults"));
	ck_assert(snet__json_is_true(snet__json_get(fault, "has_effect")));
	ck_assert(snet__json_number(snet__json_get(fault, "healed_ns"), 0) >= 600e6);
	ck_assert(snet__json_number(snet__json_get(snet__json_get(json, "counts"),
						   "presses"),
				    0) == 18);
	has_written(path, "report.json", "json");
	has_written(path, "junit.xml", "junit");
	has_written(path, "report.html", "html");
	has_written(path, "history.jsonl", NULL);
	has_written(path, "scenario.json", NULL);
	free(format("text"));
}
END_TEST

/* A function that has two commands for each press. */
#define BOTH                                                                               \
	"{'lab': 'both', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', "        \
	"'kind': 'relayer', 'routes': [{'function': 'both', 'backend': 'c'}]}, {'name': "  \
	"'b', 'kind': 'button', 'relayer': 'r'}, {'name': 'a{i}', 'kind': 'actuator', "    \
	"'count': 2, 'relayer': 'r'}, {'name': 'c', 'kind': 'functions', 'functions': "    \
	"{'both': {'code': 'function main() { return {commands: [{target: "                \
	"\\\"a0\\\"}, {target: \\\"a1\\\"}]}; }', 'kind': 'nodejs:default'}}}], 'links': " \
	"[{'from': 'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'a{i}', 'to': "     \
	"'s', 'count': 2}, {'from': 'c', 'to': 's'}], 'backends': {'c': {'kind': "         \
	"'openwhisk', 'node': 'c'}}}"

/* Both are obeyed once, also when the one cannot be reached for a while from the third result on; the run
 * ends with the fifth event that is acknowledged, not with the fifth command that is. */
START_TEST(an_event_may_have_several_commands)
{
	const struct snet__json *counts, *fault;
	autojson *json = NULL;
	char path[PATH_MAX];

	parse_for(
		BOTH,
		"'duration': '60s', 'until': {'step': 'acknowledged', 'event': 5}, "
		"'workload': [{'press': 'b', 'every': '200ms'}], 'timeline': [{'fault': "
		"'down', 'links': 'a0-s', 'after': {'step': 'result', 'event': 3}, 'for': "
		"'600ms'}], 'expect': [{'check': 'delivery', 'guarantee': "
		"'exactly-once'}]");
	ck_assert_int_eq(run_into(path, "both"), SNET_VERDICT_HELD);
	json = report();
	counts = snet__json_get(json, "counts");
	ck_assert(snet__json_number(snet__json_get(counts, "presses"), 0) >= 5);
	ck_assert(snet__json_number(snet__json_get(counts, "presses"), 0) < 100);
	ck_assert(count_obeyed(counts) ==
		  2 * snet__json_number(snet__json_get(counts, "presses"), 0));
	fault = snet__json_first(snet__json_get(json, "faults"));
	ck_assert(snet__json_is_true(snet__json_get(fault, "has_effect")));
}
END_TEST

/* Sensors send what the scenario has them measure; of the second one's type no route takes any. */
#define SENSORS_EVERY(period)                                                             \
	"{'lab': 'sensors', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', "    \
	"'kind': 'relayer', 'routes': [{'function': 'show', 'backend': 'c', 'key': "      \
	"'value'}]}, {'name': 't', 'kind': 'sensor', 'relayer': 'r', 'every': '" period   \
	"'}, "                                                                            \
	"{'name': 'u', 'kind': 'sensor', 'relayer': 'r', 'every': '1h', 'type': 'odd'}, " \
	"{'name': 'a', 'kind': 'actuator', 'relayer': 'r'}, {'name': 'c', 'kind': "       \
	"'functions', 'functions': {'show': {'code': 'function main(e) { return "         \
	"{commands: [{target: \\\"a\\\", set: e.data}]}; }', 'kind': "                    \
	"'nodejs:default'}}}], 'links': [{'from': 'r', 'to': 's'}, {'from': 't', 'to': "  \
	"'s'}, {'from': 'u', 'to': 's'}, {'from': 'a', 'to': 's'}, {'from': 'c', 'to': "  \
	"'s'}], 'backends': {'c': {'kind': 'openwhisk', 'node': 'c'}}}"
#define SENSORS SENSORS_EVERY("1h")

START_TEST(a_sensor_measures_what_the_workload_says)
{
	autofree char *file = NULL, *history = NULL, *text = NULL;
	const struct snet__json *counts;
	autojson *json = NULL;
	char path[PATH_MAX];

	parse_for(
		SENSORS,
		"'duration': '1s', 'workload': [{'press': 't', 'at': ['100ms', '300ms'], "
		"'values': [20.5, {'celsius': 21}]}, {'press': 'u', 'at': '200ms'}], "
		"'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}]");
	ck_assert_int_eq(run_into(path, "sensors"), SNET_VERDICT_HELD);
	file = snet__text_format("%s/history.jsonl", path);
	LABS_OK(snet__file_read(&history, NULL, file, 64 << 20, &err));
	ck_assert_ptr_nonnull(strstr(history, "\"state\":{\"value\":20.5}"));
	ck_assert_ptr_nonnull(strstr(history, "\"state\":{\"value\":{\"celsius\":21}}"));
	json = report();
	counts = snet__json_get(json, "counts");
	ck_assert(count_obeyed(counts) == 2);
	ck_assert(snet__json_number(snet__json_get(counts, "unrouted"), 0) == 1);
	text = format("text");
	ck_assert_ptr_nonnull(
		strstr(text, "3 delivered (1 of them that no route took), 0 lost"));
}
END_TEST

/* Its presses, to be cleared. */
static void read_history(struct snet__history *ret, const char *path)
{
	autofree char *file = snet__text_format("%s/history.jsonl", path);

	LABS_OK(snet__history_read(ret, file, &err));
	ck_assert_uint_gt(ret->events_count, 0);
}

/* The sensor measures before the run begins and after its end, and a relayer that stands still keeps
 * some of what it sends from being acknowledged before it is killed. */
START_TEST(what_a_sensor_measures_by_itself_is_judged_within_the_duration)
{
	struct snet__history history = {0};
	char path[PATH_MAX];

	parse_for(SENSORS_EVERY("3ms"),
		  "'duration': '400ms', 'timeline': [{'fault': 'pause', 'nodes': 'r', "
		  "'at': '100ms', 'for': '200ms'}, {'fault': 'kill', 'nodes': 't', 'at': "
		  "'200ms', 'for': '20ms'}], 'expect': [{'check': 'delivery', "
		  "'guarantee': 'exactly-once'}]");
	ck_assert_int_eq(run_into(path, "often"), SNET_VERDICT_HELD);
	read_history(&history, path);
	/* It has heard of all their ends, and did not wait until it may wait no more. */
	ck_assert_uint_lt(history.ended_ns, 60 * SNET__NS_PER_S);
	for (size_t i = 0; i < history.events_count; i++) {
		const struct snet__history_event *event = &history.events[i];

		ck_assert_str_eq(event->node, "t");
		ck_assert_uint_gt(event->pressed_ns, 0);
		ck_assert_uint_le(event->pressed_ns, history.workload_end_ns);
		ck_assert_int_eq(strncmp(event->data, "{\"value\":", 9), 0);
		ck_assert(event->acknowledged_ns != SNET__NEVER ||
			  event->dropped_ns != SNET__NEVER);
	}
	snet__history_clear(&history);
}
END_TEST

/* What it sends is its relayer's as soon as that has it, and its commands are the run's. */
START_TEST(the_events_of_a_program_are_judged)
{
	struct snet__history history = {0};
	char path[PATH_MAX];

	parse_for("{'lab': 'porch', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': "
		  "'r', 'kind': 'relayer', 'routes': [{'function': 'flip', 'backend': "
		  "'c'}]}, {'name': 'motion', 'kind': 'process', 'command': ['python3', "
		  "'-B', '" EXAMPLES "/devices/motion.py'], 'env': {'TARGET': 'bell', "
		  "'EVERY': '0.05'}}, {'name': 'bell', 'kind': 'actuator'}, {'name': "
		  "'c', 'kind': 'functions', 'functions': {'flip': {'file': "
		  "'functions/flip_switch.js'}}}], 'links': [{'from': 'r', 'to': 's'}, "
		  "{'from': 'motion', 'to': 's'}, {'from': 'bell', 'to': 's'}, {'from': "
		  "'c', 'to': 's'}], 'backends': {'c': {'kind': 'openwhisk', 'node': "
		  "'c'}}}",
		  "'duration': '30s', 'until': {'step': 'received', 'event': 5}, "
		  "'expect': [{'check': 'availability', 'share': '100%'}, {'check': "
		  "'delivery', 'guarantee': 'exactly-once'}]");
	ck_assert_int_eq(run_into(path, "porch"), SNET_VERDICT_HELD);
	read_history(&history, path);
	ck_assert_uint_eq(history.events_count, 5);
	for (size_t i = 0; i < history.events_count; i++)
		ck_assert_str_eq(history.events[i].node, "motion");
	ck_assert_uint_ne(history.commands[0].event, SIZE_MAX);
	snet__history_clear(&history);
}
END_TEST

/* Each event once, whatever the answer is, and as if another node had made it. */
static const char send_once[] =
	"import coap, itertools, os, struct, time\n"
	"device = coap.Device()\n"
	"for number in itertools.count(1):\n"
	"    event = '{\"specversion\": \"1.0\", \"id\": \"p-%d\", \"type\": \"x\", "
	"\"source\": \"/full/%s\"}' % (number, os.environ['AS'])\n"
	"    packet = struct.pack('!BBH', 0x50, coap.POST, number)\n"
	"    packet += coap.pack_option(coap.URI_PATH, b'event')\n"
	"    packet += coap.pack_option(coap.CONTENT_FORMAT - coap.URI_PATH, "
	"bytes([coap.JSON]))\n"
	"    device.socket.sendto(packet + b'\\xff' + event.encode(), device.relayer)\n"
	"    time.sleep(0.02)\n";

/* A lab with such a program, and a scenario for it. */
static void parse_for_sender(const char *as, const char *more)
{
	char program[PATH_MAX], lab[2 * PATH_MAX];

	(void)snprintf(program, sizeof(program), "%.3000s/once.py", folder.path);
	LABS_OK(snet__file_write(program, send_once, SNET__FILE_SHARED, &err));
	(void)snprintf(
		lab, sizeof(lab),
		"{'lab': 'full', 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', "
		"'kind': 'relayer'}, {'name': 'b', 'kind': 'button'}, {'name': 'p', "
		"'kind': 'process', 'command': ['python3', '-B', '%s'], 'env': "
		"{'PYTHONPATH': '" EXAMPLES
		"/devices', 'AS': '%s'}}], 'links': [{'from': "
		"'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'p', 'to': 's'}]}",
		program, as);
	parse_for(lab, more);
}

/* A relayer hears of an event before its store refuses it. */
START_TEST(nobody_waits_for_events_of_programs_that_were_refused)
{
	struct snet__history history = {0};
	size_t refused = 0;
	char path[PATH_MAX];

	parse_for_sender(
		"p",
		"'duration': '6s', 'timeline': [{'fault': 'full', 'nodes': 'r', 'after': "
		"{'step': 'journaled', 'event': 5}, 'for': '300ms'}], 'expect': [{'check': "
		"'convergence', 'within': '9s'}]");
	ck_assert_int_eq(run_into(path, "full"), SNET_VERDICT_HELD);
	read_history(&history, path);
	for (size_t i = 0; i < history.events_count; i++)
		refused += history.events[i].dropped_ns != SNET__NEVER;
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_lt(refused, history.events_count);
	snet__history_clear(&history);
}
END_TEST

/* Its end is not the end of one that a device has begun. */
START_TEST(what_a_program_sends_in_the_name_of_a_device_is_counted_for_itself)
{
	struct snet__history history = {0};
	size_t pressed = 0;
	char path[PATH_MAX];

	parse_for_sender("b",
			 "'duration': '30s', 'until': {'step': 'journaled', 'event': "
			 "6}, 'workload': [{'press': 'b', 'at': '100ms'}], "
			 "'expect': [{'check': 'delivery', 'guarantee': "
			 "'exactly-once'}]");
	ck_assert_int_eq(run_into(path, "named"), SNET_VERDICT_HELD);
	read_history(&history, path);
	/* Nothing is under way when all have ended. */
	ck_assert_uint_lt(history.ended_ns, 60 * SNET__NS_PER_S);
	ck_assert_uint_ge(history.events_count, 6);
	for (size_t i = 0; i < history.events_count; i++) {
		ck_assert_str_eq(history.events[i].node, "b");
		pressed += history.events[i].planned_ns != SNET__NEVER;
	}
	ck_assert_uint_eq(pressed, 1);
	snet__history_clear(&history);
}
END_TEST

START_TEST(what_is_violated_is_a_verdict_and_no_error)
{
	autojson *json = NULL;
	char path[PATH_MAX], *text = NULL;

	parse("'duration': '20ms', 'workload': [{'press': 'sw0', 'at': 0}], 'expect': "
	      "[{'check': 'expression', 'expression': 'presses == 2'}]");
	ck_assert_int_eq(run_into(path, "violated"), SNET_VERDICT_VIOLATED);
	json = report();
	ck_assert_str_eq(snet__json_get_string(json, "verdict"), "violated");
	ck_assert_int_eq(snet_run_format(result, "pdf", &text, &err), -EINVAL);
	ck_assert_ptr_null(text);
}
END_TEST

/* With nothing but what it has written; and it is compared with the first one. */
START_TEST(a_run_is_made_again_from_its_folder)
{
	autofree char *diff = NULL, *file = NULL;
	autojson *first = NULL, *second = NULL, *json = NULL;
	char path[PATH_MAX], again[PATH_MAX];

	parse("'duration': '300ms', 'workload': [{'press': 'kind:button', 'poisson': "
	      "'30ms'}], 'timeline': [{'name': 'cut', 'fault': 'down', 'links': "
	      "'cloud-s1', 'between': ['50ms', '150ms'], 'for': '100ms', 'optional': "
	      "true}], 'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}]");
	opts.has_seed = true;
	opts.seed = 7;
	ck_assert_int_eq(run_into(path, "first"), SNET_VERDICT_HELD);
	first = report();
	snet_scenario_free(scenario);
	scenario = NULL;
	LABS_OK(snet_scenario_load_run(&scenario, path, &err));
	ck_assert_uint_eq(snet_scenario_seed(scenario), 7);
	opts.has_seed = false;
	ck_assert_int_eq(run_into(again, "second"), SNET_VERDICT_HELD);
	second = report();
	ck_assert(snet__json_is_equal(
		snet__json_get(snet__json_get(first, "counts"), "presses"),
		snet__json_get(snet__json_get(second, "counts"), "presses")));
	ck_assert(snet__json_is_equal(
		snet__json_get(snet__json_first(snet__json_get(first, "faults")),
			       "planned_ns"),
		snet__json_get(snet__json_first(snet__json_get(second, "faults")),
			       "planned_ns")));
	LABS_OK(snet_run_diff(path, again, &diff, &err));
	LABS_OK(snet__json_parse(&json, diff, strlen(diff), &err));
	ck_assert(snet__json_is_equal(
		snet__json_get(snet__json_get(json, "events"), "compared"),
		snet__json_get(snet__json_get(first, "counts"), "presses")));
	file = snet__text_format("%s/gone", folder.path);
	free(diff);
	diff = NULL;
	ck_assert_int_eq(snet_run_diff(path, file, &diff, &err), -ENOENT);
}
END_TEST

/* Of which there is what had happened by then. */
START_TEST(a_run_that_is_cancelled_has_its_reports)
{
	autofree char *path = snet__text_format("%s/cancelled", folder.path);

	parse("'duration': '1h', 'workload': [{'press': 'sw0', 'every': '50ms'}], "
	      "'expect': []");
	opts.folder = path;
	opts.is_cancelled = end_run;
	ck_assert_int_eq(snet_scenario_run(scenario, &opts, &result, &err), -EINTR);
	ck_assert_ptr_null(result);
	has_written(path, "report.json", NULL);
	has_written(path, "history.jsonl", NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("run");
	TCase *tc = tcase_create("run");

	rights_get();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_run_is_carried_out_judged_and_written);
	tcase_add_test(tc, an_event_may_have_several_commands);
	tcase_add_test(tc, a_sensor_measures_what_the_workload_says);
	tcase_add_test(tc,
		       what_a_sensor_measures_by_itself_is_judged_within_the_duration);
	tcase_add_test(tc, the_events_of_a_program_are_judged);
	tcase_add_test(tc, nobody_waits_for_events_of_programs_that_were_refused);
	tcase_add_test(
		tc, what_a_program_sends_in_the_name_of_a_device_is_counted_for_itself);
	tcase_add_test(tc, what_is_violated_is_a_verdict_and_no_error);
	tcase_add_test(tc, a_run_is_made_again_from_its_folder);
	tcase_add_test(tc, a_run_that_is_cancelled_has_its_reports);
	suite_add_tcase(s, tc);
	return s;
}
