/* SPDX-License-Identifier: MIT */
/* Which faults a search tries, by the history of a run without any, and how many it leaves out. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/candidates.h"
#include "store/store.h"
#include "suite.h"
#include "topo/problems.h"

static struct snet__scenario scenario;
static struct snet__history history;
static struct snet__left_out left_out;
static struct snet_err err;

#define LAB                                                                                     \
	"{\"lab\": \"l\", \"nodes\": [{\"name\": \"r\", \"kind\": \"relayer\"}, "               \
	"{\"name\": \"b\", \"kind\": \"button\"}, {\"name\": \"f\", \"kind\": \"functions\"}]," \
	"\"links\": [{\"from\": \"b\", \"to\": \"r\"}, {\"from\": \"f\", \"to\": \"r\"}]}"

static void set_up(void)
{
	static const char text[] =
		"{\"scenario\": \"x\", \"expect\": [], \"lab\": " LAB "}";
	struct snet__problems problems = {0};
	int r;

	snet__scenario_init(&scenario);
	history = (struct snet__history){0};
	r = snet__scenario_read(&scenario, text, strlen(text), NULL, &problems, &err);
	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
}

static void tear_down(void)
{
	snet__history_clear(&history);
	snet__scenario_clear(&scenario);
}

/* The run has seen so many packets on each link and direction, and so many events, each of which came
 * to these steps. */
static void see_steps(size_t packets, size_t events, struct snet_step *steps,
		      size_t step_count)
{
	const struct snet_trace trace = {.steps = steps, .count = step_count};
	autofree char *measures = snet__text_format("{\"seen\": %zu}", packets);

	for (int i = 0; i < 4; i++) {
		struct snet__history_fault *fault = snet__history_add_fault(&history);

		ck_assert_ptr_nonnull(fault);
		fault->measures = snet__history_text(&history, measures);
	}
	for (size_t i = 0; i < events; i++) {
		autofree char *id = snet__text_format("b-1-%zu", i);
		struct snet__history_event *event = snet__history_add_event(&history, id);

		ck_assert_ptr_nonnull(event);
		ck_assert_int_eq(snet__history_set_trace(&history, event, &trace, 0,
							 &err),
				 0);
	}
}

static void see(size_t packets, size_t events)
{
	struct snet_step steps[] = {{"received", "r", "", 5}, {"invoked", "r", "", 6}};

	see_steps(packets, events, steps, 2);
}

/* How many entries of that fault there are. */
static size_t count(const struct snet__json *list, const char *fault)
{
	const struct snet__json *entry = snet__json_first(list);
	size_t found = 0;

	for (; entry; entry = snet__json_next(entry))
		found += strcmp(snet__json_get_string(entry, "fault"), fault) == 0;
	return found;
}

START_TEST(all_of_a_short_run_is_tried)
{
	autojson *list = NULL;

	see(24, 4);
	list = snet__candidates_find(&scenario, &history, &left_out);
	ck_assert_uint_eq(count(list, "drop"), 4 * 24);
	ck_assert_uint_eq(count(list, "429"), 4);
	/* The relayer at both steps, the functions when they are called. */
	ck_assert_uint_eq(count(list, "kill"), 3 * 4);
	ck_assert_uint_eq(left_out.packets, 0);
	ck_assert_uint_eq(left_out.calls, 0);
	ck_assert_uint_eq(left_out.kills, 0);
}
END_TEST

/* "fault variant", or of a kill "kill NODE STEP", and of a drop "drop LINK DIRECTION". */
static bool is_called(const struct snet__json *entry, const char *name)
{
	static const char *const keys[] = {"links", "direction", "variant", "after"};
	bool is_kill = strcmp(snet__json_get_string(entry, "fault"), "kill") == 0;
	char text[128];
	int used = snprintf(text, sizeof(text), "%s%s%s",
			    snet__json_get_string(entry, "fault"), is_kill ? " " : "",
			    is_kill ? snet__json_get_string(entry, "nodes") : "");

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct snet__json *value = snet__json_get(entry, keys[i]);
		const char *word = snet__json_is(value, SNET__JSON_OBJECT)
					   ? snet__json_get_string(value, "step")
					   : snet__json_string(value);

		if (word)
			used += snprintf(text + used, sizeof(text) - (size_t)used, " %s",
					 word);
	}
	return strcmp(text, name) == 0;
}

/* One event that has come all the way, one packet each way: each of these once, and nothing else. */
START_TEST(each_message_answer_and_step_is_broken_once)
{
	static const char *const names[] = {
		"drop b-r forth",
		"drop b-r back",
		"drop f-r forth",
		"drop f-r back",
		"429 concurrent",
		"503",
		"500 controller",
		"gateway-500",
		"gateway-502",
		"gateway-503",
		"gateway-504",
		"lost-result recorded",
		"lost-result forgotten",
		"twice",
		"timeout-202 recorded",
		"garbage truncated",
		"garbage no-json",
		"late",
		"cold",
		"refuse invoked",
		"gone invoked",
		"kill r received",
		"kill r journaled",
		"kill r invoked",
		"kill r accepted",
		"kill r started",
		"kill r ended",
		"kill r result",
		"kill r sent",
		"kill r obeyed",
		"kill r applied",
		"kill r acknowledged",
		"kill f invoked",
		"kill b sent",
	};
	const size_t name_count = sizeof(names) / sizeof(*names);
	struct snet_step steps[] = {
		{"received", "r", "", 5}, {"journaled", "r", "", 6},
		{"invoked", "r", "", 7},  {"accepted", "r", "", 8},
		{"started", "f", "", 9},  {"ended", "f", "", 10},
		{"result", "r", "", 11},  {"sent", "r", "", 12},
		{"applied", "a", "", 13}, {"acknowledged", "r", "", 14},
	};
	autojson *list = NULL;

	see_steps(1, 1, steps, sizeof(steps) / sizeof(*steps));
	ck_assert_ptr_nonnull(snet__history_add_command(&history));
	list = snet__candidates_find(&scenario, &history, &left_out);
	for (size_t i = 0; i < name_count; i++) {
		const struct snet__json *entry = snet__json_first(list);
		size_t found = 0;

		for (; entry; entry = snet__json_next(entry))
			found += is_called(entry, names[i]);
		ck_assert_msg(found == 1, "%zu x '%s'", found, names[i]);
	}
	ck_assert_uint_eq(snet__json_count(list), name_count);
}
END_TEST

START_TEST(what_is_too_much_is_counted)
{
	autojson *list = NULL;

	see(30, 6);
	list = snet__candidates_find(&scenario, &history, &left_out);
	ck_assert_uint_eq(count(list, "drop"), 4 * 24);
	ck_assert_uint_eq(count(list, "429"), 4);
	ck_assert_uint_eq(count(list, "kill"), 3 * 4);
	ck_assert_uint_eq(left_out.packets, 4 * 6);
	ck_assert_uint_eq(left_out.calls, 2);
	ck_assert_uint_eq(left_out.kills, 3 * 2);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("candidates");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_of_a_short_run_is_tried);
	tcase_add_test(tc, each_message_answer_and_step_is_broken_once);
	tcase_add_test(tc, what_is_too_much_is_counted);
	suite_add_tcase(s, tc);
	return s;
}
