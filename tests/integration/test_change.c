/* SPDX-License-Identifier: MIT */
/* Labs that change while they are up, by nothing but the public API. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "folder.h"
#include "inside.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;
static char *lines;

#define NODES                                                                              \
	"{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': 'relayer', 'routes': "     \
	"[{'function': 'echo'}]},\n"                                                       \
	"{'name': 'b', 'kind': 'button', 'data': {'target': 'a'}}, {'name': 'a', 'kind': " \
	"'actuator'}"
#define LINKS \
	"{'from': 'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'a', 'to': 's'}"
#define LAB(nodes, links)                                      \
	"{'nodes': [" NODES nodes "],\n'links': [" LINKS links \
	"], 'backends': {'local': "                            \
	"{'kind': 'native'}}}"

static void up(const char *text)
{
	char *json = quoted(text);

	LABS_OK(snet_lab_new(&lab, "lab", &err));
	LABS_OK(snet_lab_parse(lab, json, NULL, &err));
	LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	LABS_OK(snet_lab_up(lab, &err));
	free(json);
}

static void set_up(void)
{
	err = (struct snet_err){0};
	lines = NULL;
	up(LAB("", ""));
}

static void tear_down(void)
{
	snet_lab_free(lab);
	free(lines);
}

typedef int (*change_fn)(struct snet_lab *, const struct snet_change_opts *, char **,
			 struct snet_err *);

static int change(change_fn fn, const char *text, bool is_dry)
{
	char *json = quoted(text);
	struct snet_change_opts opts = {.size = sizeof(opts),
					.text = json,
					.dry_run = is_dry};
	int r;

	free(lines);
	lines = NULL;
	r = fn(lab, &opts, &lines, &err);
	free(json);
	return r;
}

#define CHANGE(fn, text)                                                 \
	do {                                                             \
		int r_ = change(fn, text, false);                        \
		ck_assert_msg(r_ == 0, "%s: %d: %s", text, r_, err.msg); \
	} while (0)

static void press(const char *button, const char *actuator, const char *state)
{
	LABS_OK(snet_device_press(lab, button, NULL, NULL, WAIT_MS, &err));
	LABS_OK(snet_device_wait_state(lab, actuator, state, WAIT_MS, &err));
}

START_TEST(what_is_added_lives_with_what_is_there)
{
	ino_t a = inside_netns(lab, "a");

	press("b", "a", "1");
	CHANGE(snet_lab_extend,
	       "{'nodes': [{'name': 't', 'kind': 'switch'}, {'name': 'b2', 'kind': 'button', "
	       "'data': {'target': 'a2'}}, {'name': 'a2', 'kind': 'actuator'}],\n"
	       "'links': [{'from': 't', 'to': 's'}, {'from': 'b2', 'to': 't'}, {'from': 'a2', "
	       "'to': 't'}]}");
	ck_assert_str_eq(lines, "+ node t (switch)\n"
				"+ node b2 (button)\n"
				"+ node a2 (actuator)\n"
				"+ link t-s\n"
				"+ link b2-t\n"
				"+ link a2-t\n"
				"6 added\n");
	press("b2", "a2", "1");
	press("b", "a", "0");
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
	ck_assert(inside_reaches(lab, "b2", "10.0.0.3"));
}
END_TEST

START_TEST(what_is_removed_is_gone_and_forgotten)
{
	char state[SNET_STATE_MAX];

	press("b", "a", "1");
	LABS_FAILS(snet_lab_remove_node(lab, "r", &err), -EINVAL,
		   "cannot remove 'r': node b.relayer: no node 'r'");
	LABS_FAILS(snet_lab_remove_node(lab, "s", &err), -EINVAL, "has no link");
	LABS_FAILS(snet_lab_remove_node(lab, "x", &err), -ENOENT,
		   "lab 'lab' has no node 'x'");
	LABS_OK(snet_lab_remove_node(lab, "a", &err));
	LABS_FAILS(snet_device_state(lab, "a", state, &err), -ENOENT, "no node 'a'");
	ck_assert_uint_eq(snet_lab_node_count(lab), 3);
	CHANGE(snet_lab_extend, "{'nodes': [{'name': 'a', 'kind': 'actuator'}], 'links': "
				"[{'from': 'a', 'to': 's'}]}");
	LABS_STATE(lab, "a", "0");
	press("b", "a", "1");
}
END_TEST

START_TEST(the_same_lab_changes_nothing)
{
	ino_t a = inside_netns(lab, "a");

	CHANGE(snet_lab_apply, LAB("", ""));
	ck_assert_str_eq(lines, "no changes\n");
	ck_assert_int_eq(change(snet_lab_apply,
				LAB(", {'name': 'h', 'kind': 'host'}",
				    ", {'from': 'h', 'to': 's'}"),
				true),
			 0);
	ck_assert_str_eq(lines, "+ node h (host)\n+ link h-s\n2 would be added\n");
	ck_assert_uint_eq(snet_lab_node_count(lab), 4);
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
}
END_TEST

/* From one switch to two networks with a router between them, and back. */
START_TEST(a_lab_becomes_another)
{
	static const char routed[] =
		"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'},\n"
		"{'name': 'g', 'kind': 'router'}, {'name': 'r', 'kind': 'relayer', 'routes': "
		"[{'function': 'echo'}]},\n"
		"{'name': 'b', 'kind': 'button', 'data': {'target': 'a'}}, {'name': 'a', 'kind': "
		"'actuator'}],\n"
		"'links': [{'from': 'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': 'g', 'to': "
		"'s'},\n"
		"{'from': 'g', 'to': 't'}, {'from': 'a', 'to': 't'}], 'backends': {'local': "
		"{'kind': 'native'}}}";
	char address[16];

	press("b", "a", "1");
	for (int i = 0; i < 3; i++) {
		CHANGE(snet_lab_apply, routed);
		LABS_OK(snet_node_address(lab, "a", address, &err));
		ck_assert_str_eq(address, "10.1.0.2");
		LABS_STATE(lab, "a", "1");
		press("b", "a", "0");
		ck_assert(inside_reaches(lab, "r", address));
		CHANGE(snet_lab_apply, LAB("", ""));
		LABS_OK(snet_node_address(lab, "a", address, &err));
		ck_assert_str_eq(address, "10.0.0.3");
		LABS_STATE(lab, "a", "0");
		press("b", "a", "1");
	}
}
END_TEST

START_TEST(a_device_that_changes_begins_anew_with_its_state)
{
	press("b", "a", "1");
	CHANGE(snet_lab_apply,
	       "{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': 'relayer', "
	       "'routes': [{'function': 'echo'}, {'function': 'echo', 'key': 'knock'}]},\n"
	       "{'name': 'b', 'kind': 'button', 'type': 'knock', 'data': {'target': 'a'}},\n"
	       "{'name': 'a', 'kind': 'actuator'}],\n"
	       "'links': [" LINKS "], 'backends': {'local': {'kind': 'native'}}}");
	ck_assert_msg(strstr(lines, "~ node b: type default → knock (restarts)\n"), "%s",
		      lines);
	LABS_STATE(lab, "a", "1");
	press("b", "a", "0");
}
END_TEST

/* Of a key whose change renews nothing, too: the next comparison is with what was said last. */
START_TEST(what_has_changed_is_as_described)
{
	static const char wanted[] =
		"{'nodes': [{'name': 's', 'kind': 'switch', 'subnet': '10.9.0.0/16'}, "
		"{'name': 'r', 'kind': 'relayer', 'routes': [{'function': 'echo'}]},\n"
		"{'name': 'b', 'kind': 'button', 'data': {'target': 'a'}}, "
		"{'name': 'a', 'kind': 'actuator', 'state': 5}],\n"
		"'links': [" LINKS "], 'backends': {'local': {'kind': 'native'}}}";

	CHANGE(snet_lab_apply, wanted);
	ck_assert_msg(strstr(lines, "4 changed"), "%s", lines);
	ck_assert(inside_reaches(lab, "b", "10.9.0.1"));
	CHANGE(snet_lab_apply, wanted);
	ck_assert_str_eq(lines, "no changes\n");
	LABS_OK(snet_lab_restart_node(lab, "a", true, &err));
	LABS_STATE(lab, "a", "5");
}
END_TEST

START_TEST(a_restarted_node_keeps_what_it_has)
{
	ino_t a = inside_netns(lab, "a"), r = inside_netns(lab, "r");

	press("b", "a", "1");
	LABS_OK(snet_lab_restart_node(lab, "a", false, &err));
	LABS_STATE(lab, "a", "1");
	LABS_OK(snet_lab_restart_node(lab, "r", false, &err));
	LABS_OK(snet_lab_restart_node(lab, "b", false, &err));
	press("b", "a", "0");
	press("b", "a", "1");
	LABS_OK(snet_lab_restart_node(lab, "a", true, &err));
	LABS_STATE(lab, "a", "0");
	press("b", "a", "1");
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
	ck_assert_uint_eq(inside_netns(lab, "r"), r);
	LABS_FAILS(snet_lab_restart_node(lab, "s", false, &err), -EINVAL,
		   "'s' is a switch: nothing lives in it");
	LABS_FAILS(snet_lab_restart_node(lab, "x", false, &err), -ENOENT, "no node 'x'");
}
END_TEST

/* Also those that came after its first restart. */
START_TEST(a_relayer_that_is_restarted_again_knows_all_devices)
{
	LABS_OK(snet_lab_restart_node(lab, "r", false, &err));
	CHANGE(snet_lab_extend,
	       "{'nodes': [{'name': 'b2', 'kind': 'button', 'data': {'target': 'a2'}}, "
	       "{'name': 'a2', 'kind': 'actuator'}],\n"
	       "'links': [{'from': 'b2', 'to': 's'}, {'from': 'a2', 'to': 's'}]}");
	LABS_OK(snet_lab_restart_node(lab, "r", false, &err));
	press("b2", "a2", "1");
	press("b", "a", "1");
}
END_TEST

static void make_program(struct test_folder *folder, char program[160])
{
	test_folder_new(folder);
	(void)snprintf(program, 160, "%.100s/sleep", folder->path);
	ck_assert_int_eq(symlink("/bin/sleep", program), 0);
}

/* A program that is not there: the node waits for its next restart, the lab for nothing. */
START_TEST(a_restart_that_fails_is_not_tried_again_by_the_next_change)
{
	struct test_folder folder;
	autofree char *text = NULL;
	char program[160];

	make_program(&folder, program);
	text = snet__text_format(
		"{'nodes': [{'name': 'p', 'kind': 'process', 'command': ['%s', '600']}], "
		"'links': [{'from': 'p', 'to': 's'}]}",
		program);
	CHANGE(snet_lab_extend, text);
	ck_assert_int_eq(unlink(program), 0);
	LABS_FAILS(snet_lab_restart_node(lab, "p", false, &err), -ENOENT,
		   "cannot restart 'p'");
	CHANGE(snet_lab_extend,
	       "{'nodes': [{'name': 'h', 'kind': 'host'}], 'links': [{'from': 'h', 'to': "
	       "'s'}]}");
	ck_assert(inside_reaches(lab, "h", "10.0.0.3"));
	LABS_FAILS(snet_lab_restart_node(lab, "p", false, &err), -ENOENT,
		   "cannot restart 'p'");
	ck_assert_int_eq(symlink("/bin/sleep", program), 0);
	LABS_OK(snet_lab_restart_node(lab, "p", false, &err));
	press("b", "a", "1");
	test_folder_free(&folder);
}
END_TEST

/* An event that waits for a function which is not there survives its relayer's restart. */
START_TEST(open_events_survive_a_restart_of_their_relayer)
{
	char id[SNET_EVENT_ID_MAX + 1];
	struct snet_trace *trace = NULL;

	/* An actuator that is not there yet: its command waits. */
	LABS_OK(snet_lab_remove_node(lab, "a", &err));
	LABS_OK(snet_device_send(lab, "b", NULL, id, &err));
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	snet_trace_free(trace);
	for (int i = 0; i < 10; i++)
		LABS_OK(snet_device_send(lab, "b", NULL, id, &err));
	LABS_OK(snet_lab_restart_node(lab, "r", false, &err));
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	snet_trace_free(trace);
}
END_TEST

START_TEST(a_change_that_cannot_be_is_not_begun)
{
	static const struct {
		const char *text;
		int code;
		const char *why;
	} bad[] = {
		{"{", -EINVAL, "1:2"},
		{"{'nodes': []}", -EINVAL, ""},
		{"{'seed': 7, 'nodes': [" NODES "], 'links': [" LINKS
		 "], 'backends': {'local': {'kind': 'native'}}}",
		 -ENOTSUP, "1:2: seed: is the default in the lab, and cannot change"},
		{"{'subnet': '10.2.0.0/16',\n'durability': 'disk', 'nodes': [" NODES
		 "], 'links': [" LINKS "], 'backends': {'local': {'kind': 'native'}}}",
		 -ENOTSUP, "take it down, and up again (and 1 more error)"},
		{LAB(", {'name': 'x', 'kind': 'host'}", ""), -EINVAL, "'x' has no link"},
		{LAB("",
		     ", {'from': 'b', 'to': 'a', 'shaper': 'netem', 'loss': {'nth': 7}}"),
		 -EINVAL, ".loss: netem cannot lose every n-th packet"},
	};
	ino_t a = inside_netns(lab, "a");

	for (size_t i = 1; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!*bad[i].why)
			continue;
		ck_assert_int_eq(change(snet_lab_apply, bad[i].text, false), bad[i].code);
		ck_assert_msg(strstr(err.msg, bad[i].why), "%s", err.msg);
	}
	ck_assert_int_eq(change(snet_lab_extend, "{'seed': 1}", false), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "1:2: seed: only nodes, links and backends can be added to a "
			 "lab");
	ck_assert_int_eq(
		change(snet_lab_extend,
		       "{'nodes': [{'name': 'a', 'kind': 'host'}], 'links': [{'from': "
		       "'a', 'to': 's'}]}",
		       false),
		-EINVAL);
	ck_assert_msg(strstr(err.msg, "the lab has a node 'a' already"), "%s", err.msg);
	ck_assert_uint_eq(snet_lab_node_count(lab), 4);
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
	press("b", "a", "1");
}
END_TEST

#define MOVES                                                                            \
	", as the subnet of its segment would change: 'snet apply' a file of the whole " \
	"lab to see what moves, and accept it"

/* What is added cannot take the address, the room or the subnet of what is there. */
static const struct {
	const char *text, *why;
} takers[] = {
	{"{'nodes': [{'name': 'h', 'kind': 'host'},\n{'name': 'z', 'kind': 'host', "
	 "'address': '10.0.0.2'}], 'links': [{'from': 'h', 'to': 's'}, {'from': 'z', 'to': 's'}]}",
	 "2:1: nodes[1]: '10.0.0.2' is the address of 'b': give 'z' another"},
	{"{'nodes': [{'name': 't', 'kind': 'switch', 'subnet': '10.0.0.0/24'}, "
	 "{'name': 'h', 'kind': 'host'}], 'links': [{'from': 'h', 'to': 't'}]}",
	 "'r' would move from 10.0.0.1/16 to 10.1.0.1/16" MOVES},
	{"{'nodes': [{'name': 'z', 'kind': 'host', 'address': '10.1.0.1'}], 'links': "
	 "[{'from': 'z', 'to': 's'}]}",
	 "'r' would move from 10.0.0.1/16 to 10.1.0.2/16" MOVES},
};

START_TEST(what_is_there_stays_where_it_is)
{
	for (int is_dry = 0; is_dry < 2; is_dry++) {
		ck_assert_int_eq(change(snet_lab_extend, takers[_i].text, is_dry),
				 -EINVAL);
		ck_assert_str_eq(err.msg, takers[_i].why);
	}
	ck_assert_uint_eq(snet_lab_node_count(lab), 4);
	press("b", "a", "1");
}
END_TEST

START_TEST(what_moves_is_told)
{
	const char *text = LAB(", {'name': 'z', 'kind': 'host', 'address': '10.0.0.3'}",
			       ", {'from': 'z', 'to': 's'}");

	press("b", "a", "1");
	ck_assert_int_eq(change(snet_lab_apply, text, true), 0);
	ck_assert_str_eq(
		lines, "~ node a: address 10.0.0.3 \u2192 10.0.0.4 (made anew)\n"
		       "+ node z (host)\n+ link z-s\n2 would be added, 1 would change\n");
	CHANGE(snet_lab_apply, text);
	ck_assert(inside_reaches(lab, "z", "10.0.0.4"));
	press("b", "a", "0");
}
END_TEST

/* The network is there, and then the program cannot be started. */
START_TEST(a_change_that_fails_half_way_is_undone)
{
	ino_t a = inside_netns(lab, "a");

	press("b", "a", "1");
	ck_assert_int_eq(
		change(snet_lab_extend,
		       "{'nodes': [{'name': 't', 'kind': 'switch'}, {'name': 'p', 'kind': "
		       "'process', 'command': ['/no/such/program']}],\n"
		       "'links': [{'from': 't', 'to': 's'}, {'from': 'p', 'to': 't'}]}",
		       false),
		-ENOENT);
	ck_assert_msg(strstr(err.msg, "/no/such/program"), "%s", err.msg);
	ck_assert_uint_eq(snet_lab_node_count(lab), 4);
	ck_assert_uint_eq(snet_lab_link_count(lab), 3);
	ck_assert_uint_eq(inside_netns(lab, "a"), a);
	press("b", "a", "0");
	CHANGE(snet_lab_extend,
	       "{'nodes': [{'name': 't', 'kind': 'switch'}, {'name': 'h', "
	       "'kind': 'host'}],\n"
	       "'links': [{'from': 't', 'to': 's'}, {'from': 'h', 'to': 't'}]}");
	ck_assert(inside_reaches(lab, "h", "10.0.0.3"));
}
END_TEST

START_TEST(nodes_that_moved_go_back_when_a_change_fails)
{
	ck_assert_int_eq(
		change(snet_lab_apply,
		       LAB(", {'name': 'z', 'kind': 'host', 'address': '10.0.0.3'}, "
			   "{'name': 'p', 'kind': 'process', 'command': ['/no/such']}",
			   ", {'from': 'z', 'to': 's'}, {'from': 'p', 'to': 's'}"),
		       false),
		-ENOENT);
	ck_assert(inside_reaches(lab, "b", "10.0.0.3"));
	press("b", "a", "1");
	CHANGE(snet_lab_apply, LAB("", ""));
	ck_assert_str_eq(lines, "no changes\n");
}
END_TEST

/* What was forgotten of nodes that went is remembered when they come back. */
START_TEST(a_removal_that_fails_is_undone)
{
	press("b", "a", "1");
	ck_assert_int_eq(
		change(snet_lab_apply,
		       "{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'a', 'kind': "
		       "'host'}, {'name': 'p', 'kind': 'process', 'command': "
		       "['/no/such/program']}],\n"
		       "'links': [{'from': 'a', 'to': 's'}, {'from': 'p', 'to': 's'}]}",
		       false),
		-ENOENT);
	ck_assert_uint_eq(snet_lab_node_count(lab), 4);
	LABS_STATE(lab, "a", "1");
	press("b", "a", "0");
}
END_TEST

/* The relayer's first address moves, and all that has to do with it begins anew but for the program,
 * which cannot, there and back. */
START_TEST(a_lab_goes_on_after_a_change_that_could_not_be_undone)
{
	const struct snet_impairment late = {.delay_ns = 1000};
	struct test_folder folder;
	autofree char *text = NULL;
	char program[160];

	make_program(&folder, program);
	text = snet__text_format(
		"{'nodes': [{'name': 'c', 'kind': 'host'}, {'name': 'p', 'kind': "
		"'process', 'relayer': 'r', 'command': ['%s', '600']},\n" NODES
		"], 'links': [{'from': 'c', 'to': 'r'}, {'from': 'p', 'to': 'r'}, " LINKS
		"], 'backends': {'local': {'kind': 'native'}}}",
		program);
	snet_lab_free(lab);
	up(text);
	ck_assert_int_eq(unlink(program), 0);
	LABS_FAILS(snet_lab_remove_node(lab, "c", &err), -ENOENT, "could not be undone");
	LABS_OK(snet_link_set(lab, "b-s", SNET_DIRECTION_BOTH, &late, &err));
	press("b", "a", "1");
	LABS_FAILS(snet_lab_restart_node(lab, "p", false, &err), -ENOENT,
		   "cannot restart 'p'");
	ck_assert_int_eq(symlink("/bin/sleep", program), 0);
	LABS_OK(snet_lab_restart_node(lab, "p", false, &err));
	LABS_OK(snet_lab_remove_node(lab, "c", &err));
	press("b", "a", "0");
	test_folder_free(&folder);
}
END_TEST

/* Interfaces come and go at a node that stays. */
START_TEST(links_of_a_node_come_and_go)
{
	CHANGE(snet_lab_extend,
	       "{'nodes': [{'name': 'h', 'kind': 'host'}, {'name': 'x', 'kind': 'host'}],\n"
	       "'links': [{'from': 'h', 'to': 's'}, {'from': 'a', 'to': 'x'}, {'from': 'h', 'to': "
	       "'x'}]}");
	ck_assert(inside_reaches(lab, "h", "10.0.0.3"));
	ck_assert(inside_reaches(lab, "a", "10.1.0.2"));
	ck_assert(inside_reaches(lab, "x", "10.2.0.1"));
	LABS_OK(snet_lab_remove_node(lab, "x", &err));
	ck_assert(inside_reaches(lab, "h", "10.0.0.3"));
	press("b", "a", "1");
	CHANGE(snet_lab_extend,
	       "{'links': [{'name': 'direct', 'from': 'a', 'to': 'h'}]}");
	ck_assert(inside_reaches(lab, "a", "10.1.0.2"));
	CHANGE(snet_lab_apply, LAB("", ""));
	press("b", "a", "0");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("change");
	TCase *t = tcase_create("change");

	rights_get();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_is_added_lives_with_what_is_there);
	tcase_add_test(t, what_is_removed_is_gone_and_forgotten);
	tcase_add_test(t, the_same_lab_changes_nothing);
	tcase_add_test(t, a_lab_becomes_another);
	tcase_add_test(t, a_device_that_changes_begins_anew_with_its_state);
	tcase_add_test(t, what_has_changed_is_as_described);
	tcase_add_test(t, a_restarted_node_keeps_what_it_has);
	tcase_add_test(t, a_relayer_that_is_restarted_again_knows_all_devices);
	tcase_add_test(t, a_restart_that_fails_is_not_tried_again_by_the_next_change);
	tcase_add_test(t, open_events_survive_a_restart_of_their_relayer);
	tcase_add_test(t, a_change_that_cannot_be_is_not_begun);
	tcase_add_loop_test(t, what_is_there_stays_where_it_is, 0,
			    sizeof(takers) / sizeof(*takers));
	tcase_add_test(t, what_moves_is_told);
	tcase_add_test(t, a_change_that_fails_half_way_is_undone);
	tcase_add_test(t, nodes_that_moved_go_back_when_a_change_fails);
	tcase_add_test(t, a_removal_that_fails_is_undone);
	tcase_add_test(t, a_lab_goes_on_after_a_change_that_could_not_be_undone);
	tcase_add_test(t, links_of_a_node_come_and_go);
	suite_add_tcase(s, t);
	return s;
}
