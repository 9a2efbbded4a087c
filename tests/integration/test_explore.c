/* SPDX-License-Identifier: MIT */
/* Searches: what they have found when they are cancelled, and programs that judge. */

#include <errno.h>
#include <string.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "folder.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"

static struct test_folder folder;
static struct snet_exploration *exploration;
static struct snet_err err;
static bool wanted; /* that it ends */

static void set_up(void)
{
	test_folder_new(&folder);
	exploration = NULL;
	wanted = false;
}

static void tear_down(void)
{
	snet_exploration_free(exploration);
	test_folder_free(&folder);
}

static void look(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	wanted |= progress->violations > 0;
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

/* Of a button that is pressed once, with expectations in which ' stands for ". */
static int explore(const char *expectations, bool (*is_cancelled)(void *user))
{
	const struct snet_explore_opts opts = {.size = sizeof(opts),
					       .parallel = 1,
					       .progress = look,
					       .is_cancelled = is_cancelled};
	autofree char *path = snet__text_format("%s/scenario.json", folder.path);
	autofree char *text = snet__text_format(
		"{'scenario': 'x', 'lab': {'lab': 'l', 'nodes': [{'name': 'r', 'kind': "
		"'relayer'}, {'name': 'b', 'kind': 'button'}], 'links': [{'from': 'b', "
		"'to': 'r'}]}, 'duration': '20ms', 'settle': '2s', 'workload': [{'press': "
		"'b', 'at': 0}], 'expect': [%s]}",
		expectations);

	for (char *at = text; *at; at++)
		if (*at == '\'')
			*at = '"';
	LABS_OK(snet__file_write(path, text, &err));
	return snet_scenario_explore(path, &opts, &exploration, &err);
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

START_TEST(one_that_is_cancelled_at_once_has_found_nothing)
{
	wanted = true;
	ck_assert_int_eq(explore("{'check': 'command', 'command': ['false']}", is_wanted),
			 -EINTR);
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
	tcase_add_test(tc, one_that_is_cancelled_at_once_has_found_nothing);
	suite_add_tcase(s, tc);
	return s;
}
