/* SPDX-License-Identifier: MIT */
/* Scenarios that are written down, and read again from elsewhere. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "fault/variant.h"
#include "folder.h"
#include "quoted.h"
#include "suite.h"

static struct test_folder folder;
static struct snet__scenario scenario, again;
static struct snet_err err;
static char *saved;

static void set_up(void)
{
	test_folder_new(&folder);
	snet__scenario_init(&scenario);
	snet__scenario_init(&again);
	saved = snet__text_format("%s/saved.json", folder.path);
}

static void tear_down(void)
{
	free(saved);
	snet__scenario_clear(&scenario);
	snet__scenario_clear(&again);
	test_folder_free(&folder);
}

#define OK(call)                                                          \
	do {                                                              \
		int r_ = (call);                                          \
		ck_assert_msg(r_ == 0, "%s: %d: %s", #call, r_, err.msg); \
	} while (0)

/* @text: in which ' stands for ". */
static void write_quoted(const char *name, const char *text)
{
	autofree char *path = snet__text_format("%s/%s", folder.path, name);
	autofree char *json = quoted(text);

	OK(snet__file_write(path, json, SNET__FILE_SHARED, &err));
}

#define LAB                                                                               \
	"{'lab': 'l', 'nodes': [{'name': 'r', 'kind': 'relayer'}, {'name': 'b', 'kind': " \
	"'button'}], 'links': [{'from': 'b', 'to': 'r', 'loss': "                         \
	"'10%', 'decisions': 'd'}]}"

static void load(struct snet__scenario *into, const char *path)
{
	struct snet__problems problems = {0};
	int r = snet__scenario_load(into, path, &problems, &err);

	snet__problems_clear(&problems);
	ck_assert_msg(r == 0, "%s", err.msg);
}

/* Write @text as a scenario, read it, save it with the largest seed, and read that. */
static struct snet__json *save(const char *text)
{
	autofree char *path = snet__text_format("%s/scenario.json", folder.path);
	autofree char *written = NULL;
	struct snet__json *json;
	struct stat info;

	write_quoted("scenario.json", text);
	load(&scenario, path);
	OK(snet__variant_save(&scenario, UINT64_MAX, saved, &err));
	/* There may be credentials in it. */
	ck_assert_int_eq(stat(saved, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	load(&again, saved);
	ck_assert_uint_eq(again.seed, UINT64_MAX);
	OK(snet__file_read(&written, NULL, saved, 100000, &err));
	OK(snet__json_parse(&json, written, strlen(written), &err));
	return json;
}

/* Whether it is the path of that file in the test's folder; "": of the folder itself. */
static void is_in_folder(const char *path, const char *name)
{
	autofree char *in =
		snet__text_format("%s%s%s", folder.path, *name ? "/" : "", name);

	ck_assert_pstr_eq(path, in);
}

START_TEST(what_it_names_is_named_by_absolute_paths)
{
	autojson *json = NULL;

	write_quoted("history.jsonl",
		     "{'at':0,'type':'run','scenario':'x','lab':'l','seed':5,'began':1}\n"
		     "{'at':9,'type':'end','workload_end':9,'healed':0}\n");
	json = save("{'scenario': 'x', 'lab': " LAB ", 'expect': [],"
		    "'workload': [{'recorded': 'history.jsonl'}]}");
	is_in_folder(again.workload[0].recorded, "history.jsonl");
}
END_TEST

/* Save a scenario whose lab is another file, remove @gone of that one's folder, and read it again. */
static int load_without(const char *gone)
{
	autofree char *sub = snet__text_format("%s/sub", folder.path);
	autofree char *path = snet__text_format("%s/%s", sub, gone);
	struct snet__problems problems = {0};
	autojson *json = NULL;
	int r;

	ck_assert_int_eq(mkdir(sub, 0755), 0);
	write_quoted("sub/g.js", "");
	write_quoted("sub/lab.json",
		     "{'lab': 'l', 'nodes': [{'name': 'f', 'kind': 'functions', "
		     "'functions': {'g': {'file': 'g.js'}}}, {'name': 'h{i}', 'kind': "
		     "'host', 'count': 3}], 'links': [{'from': 'h{i}', 'to': 'f', "
		     "'count': 3}]}");
	json = save("{'scenario': 'x', 'lab': 'sub/lab.json', 'expect': []}");
	ck_assert_int_eq(remove(path), 0);
	snet__scenario_clear(&again);
	snet__scenario_init(&again);
	r = snet__scenario_load(&again, saved, &problems, &err);
	snet__problems_clear(&problems);
	return r;
}

START_TEST(the_file_of_its_lab_is_not_needed_any_more)
{
	OK(load_without("lab.json"));
	ck_assert_pstr_eq(again.model.name, "l");
	ck_assert_uint_eq(again.model.node_count, 4);
	ck_assert_uint_eq(again.model.link_count, 3);
	is_in_folder(again.model.nodes[0]->functions[0].file, "sub/g.js");
}
END_TEST

START_TEST(what_its_lab_names_is_and_is_said_to_be_gone)
{
	autofree char *path = snet__text_format("%s/sub/g.js", folder.path);

	ck_assert_int_eq(load_without("g.js"), -EINVAL);
	ck_assert_msg(strstr(err.msg, path) != NULL, "%s", err.msg);
}
END_TEST

START_TEST(what_a_fault_names_is_as_well)
{
	autojson *json = NULL;
	const struct snet__json *set;

	write_quoted("t.csv", "0,1\n1,2\n");
	write_quoted("t.dist", "1\n2\n3\n4\n");
	json = save("{'scenario': 'x', 'lab': " LAB ", 'expect': [], 'timeline': ["
		    "{'fault': 'impair', 'links': '*', 'at': 0, 'set': {'delay': '1ms',"
		    "'jitter': '1ms', 'distribution': 't.dist', 'trace': 't.csv'}}]}");
	set = snet__json_get(snet__json_at(snet__json_get(json, "timeline"), 0), "set");
	is_in_folder(snet__json_get_string(set, "trace"), "t.csv");
	is_in_folder(snet__json_get_string(set, "distribution"), "t.dist");
}
END_TEST

START_TEST(a_command_runs_in_the_scenarios_folder_or_in_its_own)
{
	static const char *const cwds[] = {"", "sub"};
	autofree char *sub = snet__text_format("%s/sub", folder.path);
	autofree char *program = snet__text_format("%s/chk.sh", folder.path);
	autojson *json = NULL;
	const struct snet__json *one;

	ck_assert_int_eq(mkdir(sub, 0755), 0);
	write_quoted("chk.sh", "#!/bin/sh\n");
	ck_assert_int_eq(chmod(program, 0755), 0);
	json = save("{'scenario': 'x', 'lab': " LAB ", 'expect': [{'check': 'command', "
		    "'command': ['./chk.sh', './word']}, {'check': 'command', 'command': "
		    "['true', '-x'], 'cwd': 'sub'}]}");
	for (int i = 0; i < 2; i++) {
		autofree char *words = NULL;

		one = snet__json_at(snet__json_get(json, "expect"), (size_t)i);
		words = snet__json_format(snet__json_get(one, "command"));
		ck_assert_str_eq(words,
				 i ? "[\"true\",\"-x\"]" : "[\"./chk.sh\",\"./word\"]");
		is_in_folder(snet__json_get_string(one, "cwd"), cwds[i]);
		is_in_folder(scenario.expectations[i].cwd, cwds[i]);
		is_in_folder(again.expectations[i].cwd, cwds[i]);
	}
}
END_TEST

START_TEST(what_a_lab_within_names_is_as_well)
{
	autojson *json = save("{'scenario': 'x', 'lab': " LAB ", 'expect': []}");
	const struct snet__json *lab = snet__json_get(json, "lab");
	const struct snet__json *link = snet__json_at(snet__json_get(lab, "links"), 0);

	is_in_folder(snet__json_get_string(link, "decisions"), "d");
	ck_assert_uint_eq(again.model.node_count, 2);
}
END_TEST

START_TEST(all_else_is_as_it_was)
{
	autojson *json = save(
		"{'scenario': 'x', 'description': 'why', 'lab': " LAB
		", 'seed': 3, 'expect': [{'check': 'delivery', 'guarantee': 'exactly-once'}],"
		"'timeline': [{'fault': 'down', 'links': '*', 'between': "
		"['1s', '2s'], 'for': '1s'}]}");
	autofree char *timeline = snet__json_format(snet__json_get(json, "timeline"));

	ck_assert_str_eq(timeline, "[{\"fault\":\"down\",\"links\":\"*\",\"between\":"
				   "[\"1s\",\"2s\"],\"for\":\"1s\"}]");
	ck_assert_pstr_eq(snet__json_get_string(json, "description"), "why");
	ck_assert_uint_eq(again.expectation_count, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("variant");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_it_names_is_named_by_absolute_paths);
	tcase_add_test(tc, the_file_of_its_lab_is_not_needed_any_more);
	tcase_add_test(tc, what_its_lab_names_is_and_is_said_to_be_gone);
	tcase_add_test(tc, what_a_fault_names_is_as_well);
	tcase_add_test(tc, a_command_runs_in_the_scenarios_folder_or_in_its_own);
	tcase_add_test(tc, what_a_lab_within_names_is_as_well);
	tcase_add_test(tc, all_else_is_as_it_was);
	suite_add_tcase(s, tc);
	return s;
}
