/* SPDX-License-Identifier: MIT */
/* Searches: what they tell and what becomes of it, what they have found when they are cancelled, and
 * programs that judge. */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/explore.h"
#include "folder.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"

static struct test_folder folder;
static struct snet_exploration *exploration;
static struct snet_err err;
static atomic_bool wanted; /* that it ends */
static size_t told;        /* violations */
static struct snet_explore_opts opts;

static void look(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (progress->violations > 0)
		wanted = true;
}

static void look_for_shrinking(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (progress->groups > 0 && progress->faults > 1)
		wanted = true;
}

/* From then on no lab comes up: there is no place for its files. */
static void break_runs(void)
{
	autofree char *gone = snet__text_format("%s/gone", folder.path);

	ck_assert_int_eq(setenv("TMPDIR", gone, 1), 0);
}

static void break_search(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	(void)progress;
	break_runs();
}

static void break_when_found(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (progress->violations > 0)
		break_runs();
}

static void break_shrinking(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (progress->groups > 0)
		break_runs();
}

static bool is_wanted(void *user)
{
	(void)user;
	return wanted;
}

static bool never(void *user)
{
	(void)user;
	return false;
}

static void set_up(void)
{
	test_folder_new(&folder);
	exploration = NULL;
	wanted = false;
	told = 0;
	opts = (struct snet_explore_opts){.size = sizeof(opts),
					  .parallel = 1,
					  .progress = look};
}

static void tear_down(void)
{
	(void)unsetenv("TMPDIR");
	snet_exploration_free(exploration);
	test_folder_free(&folder);
}

static void hear(void *user, const struct snet_explore_violation *violation)
{
	(void)user;
	ck_assert_ptr_nonnull(violation->faults);
	ck_assert_ptr_nonnull(violation->summary);
	told++;
}

/* Of a button that is pressed once, with expectations in which ' stands for "; to be freed. */
static char *write_scenario(const char *duration, const char *settle,
			    const char *expectations)
{
	return quote(snet__text_format(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'b', 'kind': 'button'}], 'links': [{'from': 'b', "
		"'to': 'r'}]}, 'duration': '%s', 'settle': '%s', 'workload': [{'press': "
		"'b', 'at': 0}], 'expect': [%s]}",
		duration, settle, expectations));
}

static int explore_text(const char *text, bool (*is_cancelled)(void *user))
{
	autofree char *path = snet__text_format("%s/scenario.json", folder.path);

	opts.found = hear;
	opts.is_cancelled = is_cancelled;
	LABS_OK(snet__file_write(path, text, SNET__FILE_SHARED, &err));
	return snet_scenario_explore(path, &opts, &exploration, &err);
}

static int explore(const char *expectations, bool (*is_cancelled)(void *user))
{
	autofree char *text = write_scenario("20ms", "2s", expectations);

	return explore_text(text, is_cancelled);
}

/* Of the search's JSON; to be freed. */
static struct snet__json *get(const char *key)
{
	autofree char *text = snet_exploration_json(exploration);
	autojson *json = NULL;

	LABS_OK(snet__json_parse(&json, text, strlen(text), &err));
	return snet__json_copy(snet__json_get(json, key));
}

static void has(const char *word)
{
	autofree char *json = snet_exploration_json(exploration);

	ck_assert_msg(strstr(json, word), "%s: %s", word, json);
}

START_TEST(a_program_judges_by_a_history)
{
	LABS_OK(explore("{'check': 'command', 'command': ['grep', '-q', 'press']}",
			never));
	ck_assert_uint_eq(snet_exploration_finding_count(exploration), 0);
	has("\"untrusted\":0");
	has("\"interrupted\":false");
	has("\"left_out\":{\"packets\":0,\"calls\":0,\"kills\":0}");
}
END_TEST

START_TEST(what_was_found_before_it_was_cancelled_is_kept)
{
	ck_assert_int_eq(explore("{'check': 'command', 'command': ['false']}", is_wanted),
			 1);
	ck_assert_uint_eq(snet_exploration_finding_count(exploration), 1);
	ck_assert_ptr_nonnull(strstr(snet_exploration_scenario(exploration, 0),
				     "Found by 'snet explore'"));
	has("\"runs\":1,");
	has("\"interrupted\":true");
}
END_TEST

START_TEST(what_was_found_can_be_run_with_any_seed)
{
	struct snet_scenario *scenario = NULL;
	autofree char *path = snet__text_format("%s/found.json", folder.path);

	opts.has_seed = true;
	opts.seed = UINT64_MAX; /* no double */
	ck_assert_int_eq(explore("{'check': 'command', 'command': ['false']}", is_wanted),
			 1);
	LABS_OK(snet__file_write(path, snet_exploration_scenario(exploration, 0),
				 SNET__FILE_SHARED, &err));
	LABS_OK(snet_scenario_load(&scenario, path, &err));
	snet_scenario_free(scenario);
}
END_TEST

START_TEST(options_of_another_version_are_refused)
{
	opts.size--;
	ck_assert_int_eq(explore("", never), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "sizeof(struct snet_explore_opts)"));
}
END_TEST

START_TEST(one_that_is_cancelled_at_once_has_found_nothing)
{
	wanted = true;
	ck_assert_int_eq(explore("{'check': 'command', 'command': ['false']}", is_wanted),
			 -EINTR);
}
END_TEST

/* What is violated by nothing is the same with any fault. */
START_TEST(each_violation_is_told_and_counted_with_those_like_it)
{
	autojson *violations = NULL, *findings = NULL;
	const struct snet__json *first;

	opts.parallel = 4;
	LABS_OK(explore("{'check': 'command', 'command': ['false']}", never));
	violations = get("violations");
	findings = get("findings");
	ck_assert_uint_gt(told, 2);
	ck_assert_uint_eq(told, (size_t)snet__json_number(violations, 0));
	ck_assert_uint_eq(snet__json_count(findings), 1);
	first = snet__json_at(findings, 0);
	ck_assert_str_eq(snet__json_get_string(first, "faults"), "no fault");
	ck_assert_uint_eq(snet__json_count(snet__json_get(first, "others")), told - 1);
	ck_assert(snet__json_is_true(snet__json_get(first, "smallest")));
}
END_TEST

#define ONE_FAULT_AT_MOST                               \
	"{'check': 'command', 'command': ['sh', '-c', " \
	"'test $(grep -c type.:.fault) -lt 2']}"

/* On a machine that is too busy nothing is said of some runs; of those there is to be none. */
static void explore_until_trusted(const char *text)
{
	double untrusted = 1;

	for (int i = 0; i < 10 && untrusted > 0; i++) {
		autojson *json = NULL;

		snet_exploration_free(exploration);
		exploration = NULL;
		LABS_OK(explore_text(text, never));
		json = get("untrusted");
		untrusted = snet__json_number(json, 1);
	}
	ck_assert(untrusted == 0);
}

/* Two faults are too many: of three or four the last two are left, as the first are tried first. */
START_TEST(what_is_found_does_not_depend_on_how_many_labs_there_are)
{
	autofree char *text = write_scenario("20ms", "100ms", ONE_FAULT_AT_MOST);
	autojson *few = NULL, *many = NULL;

	opts.random = 2;
	opts.parallel = 2;
	explore_until_trusted(text);
	few = get("findings");
	ck_assert_uint_gt(snet__json_count(few), 0);
	for (const struct snet__json *one = snet__json_first(few); one;
	     one = snet__json_next(one))
		ck_assert_uint_eq(snet__json_count(
					  snet__json_get(snet__json_get(one, "scenario"),
							 "timeline")),
				  2);
	opts.parallel = 8;
	explore_until_trusted(text);
	many = get("findings");
	ck_assert(snet__json_is_equal(few, many));
}
END_TEST

START_TEST(what_was_not_made_small_when_it_was_cancelled_is_kept)
{
	autofree char *text = write_scenario("20ms", "100ms", ONE_FAULT_AT_MOST);
	autojson *findings = NULL;

	opts.random = 2;
	opts.parallel = 4;
	opts.progress = look_for_shrinking;
	ck_assert_int_eq(explore_text(text, is_wanted), 1);
	has("\"interrupted\":true");
	findings = get("findings");
	ck_assert_uint_gt(snet__json_count(findings), 0);
	ck_assert(!snet__json_is_true(
		snet__json_get(snet__json_at(findings, 0), "smallest")));
	ck_assert_ptr_nonnull(snet_exploration_scenario(exploration, 0));
}
END_TEST

static void keeps_what_was_found(void)
{
	autofree char *text = write_scenario("20ms", "100ms", ONE_FAULT_AT_MOST);

	opts.random = 2;
	ck_assert_int_eq(explore_text(text, never), 2);
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "cannot create a folder"));
	has("\"interrupted\":true");
	ck_assert_uint_gt(snet_exploration_finding_count(exploration), 0);
	ck_assert_ptr_nonnull(strstr(snet_exploration_scenario(exploration, 0),
				     "Found by 'snet explore'"));
}

START_TEST(what_was_found_before_a_run_failed_is_kept)
{
	opts.progress = break_when_found;
	keeps_what_was_found();
}
END_TEST

START_TEST(what_was_not_made_small_when_a_run_failed_is_kept)
{
	opts.progress = break_shrinking;
	keeps_what_was_found();
}
END_TEST

START_TEST(a_run_that_fails_when_nothing_was_found_fails_the_search)
{
	opts.progress = break_search;
	ck_assert_int_eq(explore("", never), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "cannot create a folder"));
	ck_assert_ptr_null(exploration);
}
END_TEST

static void shrink(size_t budget, size_t left, size_t faults, bool is_smallest)
{
	static const char drops[] =
		"[{\"fault\": \"drop\", \"links\": \"b-r\", \"at\": 0, \"first\": 1}, "
		"{\"fault\": \"drop\", \"links\": \"b-r\", \"at\": 0, \"first\": 2}, "
		"{\"fault\": \"drop\", \"links\": \"b-r\", \"at\": 0, \"first\": 3}]";
	autofree char *text =
		write_scenario("20ms", "2s",
			       "{'check': 'command', 'command': ['false']}");
	struct snet__explorer explorer = {.parallel = 4};
	struct snet__trial trial = {0};
	autojson *timeline = NULL, *root = NULL;
	bool is_all = false;

	LABS_OK(snet__origin_parse(&explorer.origin, text, "x", folder.path, &err));
	LABS_OK(snet__json_parse(&timeline, drops, strlen(drops), &err));
	trial.timeline = timeline;
	LABS_OK(snet__explorer_shrink(&explorer, &trial, &budget, &root, &is_all, &err));
	snet__origin_clear(&explorer.origin);
	ck_assert_uint_eq(budget, left);
	ck_assert_uint_eq(snet__json_count(snet__json_get(root, "timeline")), faults);
	ck_assert(is_all == is_smallest);
}

/* Each of the reductions succeeds at once. */
START_TEST(no_more_reductions_are_tried_than_there_may_be)
{
	shrink(1, 0, 2, false);
	shrink(9, 6, 0, true);
}
END_TEST

/* There is a file as soon as any run has ended. */
static void mark_end(void *user, const struct snet_explore_progress *progress)
{
	autofree char *path = snet__text_format("%s/ended", folder.path);

	(void)user;
	(void)progress;
	LABS_OK(snet__file_write(path, "", SNET__FILE_SHARED, &err));
}

/* The search for the first of these that is violated. */
static int find(const char *const *texts, size_t count, size_t *ret)
{
	cleanup_with(snet__trials_clear) struct snet__trials trials = {0};
	struct snet__explorer explorer = {.parallel = (unsigned int)count,
					  .progress = mark_end};
	autojson *roots = snet__json_new_array();
	const struct snet__trial like = {0};

	for (size_t i = 0; i < count; i++) {
		struct snet__json *root = NULL;

		LABS_OK(snet__json_parse(&root, texts[i], strlen(texts[i]), &err));
		LABS_OK(snet__trials_add(&trials, snet__json_new_array(), &err));
		trials.items[i].root = snet__json_append(roots, root);
	}
	return snet__explorer_find(&explorer, &trials, &like, ret, &err);
}

START_TEST(the_first_in_order_wins_and_those_behind_it_are_broken_off)
{
	autofree char *held = write_scenario("20ms", "2s", "");
	autofree char *slow = write_scenario(
		"20ms", "2s",
		"{'check': 'command', 'command': ['sh', '-c', 'sleep 1; false']}");
	autofree char *fast =
		write_scenario("20ms", "2s",
			       "{'check': 'command', 'command': ['false']}");
	autofree char *endless = write_scenario("1h", "2s", "");
	const char *const texts[] = {held, slow, fast, endless};
	size_t first = 0;

	ck_assert_int_eq(find(texts, 4, &first), 1);
	ck_assert_uint_eq(first, 1);
	ck_assert_int_eq(find(texts, 1, &first), 0);
}
END_TEST

/* The first one waits for the end of the second. */
START_TEST(what_fails_behind_the_first_that_is_violated_does_not_matter)
{
	autofree char *command = snet__text_format(
		"{'check': 'command', 'command': ['sh', '-c', 'until test -e "
		"%s/ended; do sleep 0.01; done; false']}",
		folder.path);
	autofree char *patient = write_scenario("20ms", "2s", command);
	const char *const texts[] = {patient, "{}"};
	size_t first = 1;

	ck_assert_int_eq(find(texts, 2, &first), 1);
	ck_assert_uint_eq(first, 0);
}
END_TEST

START_TEST(what_fails_before_all_that_are_violated_is_told)
{
	autofree char *violated =
		write_scenario("20ms", "2s",
			       "{'check': 'command', 'command': ['false']}");
	const char *const texts[] = {"{}", violated};
	size_t first = 7;

	ck_assert_int_eq(find(texts, 2, &first), -EINVAL);
	ck_assert_uint_eq(first, 7);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("explore");
	TCase *tc = tcase_create("all");

	rights_get();
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_program_judges_by_a_history);
	tcase_add_test(tc, what_was_found_before_it_was_cancelled_is_kept);
	tcase_add_test(tc, what_was_found_can_be_run_with_any_seed);
	tcase_add_test(tc, options_of_another_version_are_refused);
	tcase_add_test(tc, one_that_is_cancelled_at_once_has_found_nothing);
	tcase_add_test(tc, each_violation_is_told_and_counted_with_those_like_it);
	tcase_add_test(tc, what_is_found_does_not_depend_on_how_many_labs_there_are);
	tcase_add_test(tc, what_was_not_made_small_when_it_was_cancelled_is_kept);
	tcase_add_test(tc, what_was_found_before_a_run_failed_is_kept);
	tcase_add_test(tc, what_was_not_made_small_when_a_run_failed_is_kept);
	tcase_add_test(tc, a_run_that_fails_when_nothing_was_found_fails_the_search);
	tcase_add_test(tc, no_more_reductions_are_tried_than_there_may_be);
	tcase_add_test(tc, the_first_in_order_wins_and_those_behind_it_are_broken_off);
	tcase_add_test(tc, what_fails_behind_the_first_that_is_violated_does_not_matter);
	tcase_add_test(tc, what_fails_before_all_that_are_violated_is_told);
	suite_add_tcase(s, tc);
	return s;
}
