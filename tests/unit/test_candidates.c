/* SPDX-License-Identifier: MIT */
/* Which faults a search tries, by the history of a run without any, and how many it leaves out. */

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

/* The run has seen so many packets on each link and direction, and so many events, each of which was
 * received and made a call. */
static void see(size_t packets, size_t events)
{
	struct snet_step steps[] = {{"received", "r", "", 5}, {"invoked", "r", "", 6}};
	const struct snet_trace trace = {.steps = steps, .count = 2};
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
	tcase_add_test(tc, what_is_too_much_is_counted);
	suite_add_tcase(s, tc);
	return s;
}
