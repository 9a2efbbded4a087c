/* SPDX-License-Identifier: MIT */
/* Processes and containers in the description of a lab. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_fixture.h"
#include "quoted.h"
#include "suite.h"

/* Read a lab of a switch and these nodes, linked to it, in which ' stands for ". */
static int read_nodes(const char *nodes)
{
	char json[2048], name[16];
	FILE *out = fmemopen(json, sizeof(json), "w");

	fprintf(out, "{'nodes': [{'name': 's', 'kind': 'switch'},\n%s], 'links': [",
		nodes);
	for (const char *at = nodes; (at = strstr(at, "'name': '")); at++)
		if (sscanf(at, "'name': '%15[^']", name) == 1)
			fprintf(out, "%s{'from': '%s', 'to': 's'%s}",
				at == nodes + 1 ? "" : ", ", name,
				strchr(name, '{') ? ", 'count': 2" : "");
	fprintf(out, "]}");
	fclose(out);
	return snet__model_read(&model, quote(json), strlen(json), "/usr", &problems,
				&err);
}

#define PROCESS(more)   "{'name': 'p', 'kind': 'process', " more "}"
#define CONTAINER(more) "{'name': 'c', 'kind': 'container', 'command': ['x'], " more "}"

static const struct bad {
	const char *nodes, *path, *text;
} bad[] = {
	{"{'name': 'p', 'kind': 'process'}", "nodes[1].command", "missing"},
	{PROCESS("'command': []"), "nodes[1].command",
	 "expected an array of a program and its arguments"},
	{PROCESS("'command': 'ls'"), "nodes[1].command",
	 "expected an array of a program and its arguments"},
	{PROCESS("'command': ['']"), "nodes[1].command", "the program's name is empty"},
	{PROCESS("'command': ['ls', 7]"), "nodes[1].command",
	 "expected strings only, but [1] is a number"},
	{PROCESS("'command': ['{i}']"), "nodes[1].command",
	 "'{i}' needs a \"count\" in its entry"},
	{PROCESS("'command': ['ls'], 'env': ['A=1']"), "nodes[1].env",
	 "expected an object, got an array"},
	{PROCESS("'command': ['ls'], 'env': {'A': 1}"), "nodes[1].env.A",
	 "expected a string, got a number"},
	{PROCESS("'command': ['ls'], 'env': {'A=B': '1'}"), "nodes[1].env['A=B']",
	 "'A=B' is no name for a variable"},
	{PROCESS("'command': ['ls'], 'cwd': 'no/where'"), "nodes[1].cwd",
	 "nothing can run in '/usr/no/where': No such file or directory; make that folder, "
	 "or leave 'cwd' out to run in the file's own"},
	{PROCESS("'command': ['ls'], 'cwd': '/etc/passwd'"), "nodes[1].cwd",
	 "nothing can run in '/etc/passwd': Not a directory; make that folder, or leave "
	 "'cwd' out to run in the file's own"},
	{PROCESS("'command': ['no-such-program', 'x']"), "nodes[1].command[0]",
	 "cannot start 'no-such-program': not found in PATH"},
	{PROCESS("'command': ['no/such']"), "nodes[1].command[0]",
	 "cannot start 'no/such' in '/usr': No such file or directory"},
	{PROCESS("'command': ['/etc/passwd']"), "nodes[1].command[0]",
	 "cannot start '/etc/passwd': Permission denied"},
	{PROCESS("'command': ['./ls'], 'cwd': '/'"), "nodes[1].command[0]",
	 "cannot start './ls' in '/': No such file or directory"},
	{PROCESS("'command': ['./bin']"), "nodes[1].command[0]",
	 "cannot start './bin' in '/usr': not a file"},
	{PROCESS("'command': ['ls'], 'restart': 'never'"), "nodes[1].restart",
	 "expected 'no', 'on-failure' or 'always', got 'never'"},
	{PROCESS("'command': ['ls'], 'cpus': 0"), "nodes[1].cpus",
	 "out of range: 0.01 to 4096"},
	{PROCESS("'command': ['ls'], 'cpus': -1"), "nodes[1].cpus",
	 "out of range: 0.01 to 4096"},
	{PROCESS("'command': ['ls'], 'cpus': 1e300"), "nodes[1].cpus",
	 "out of range: 0.01 to 4096"},
	{PROCESS("'command': ['ls'], 'cpus': 'one'"), "nodes[1].cpus",
	 "expected a number, got a string"},
	{PROCESS("'command': ['ls'], 'memory': '1kB'"), "nodes[1].memory",
	 "out of range: 1MiB to 1024TiB"},
	{PROCESS("'command': ['ls'], 'relayer': 's'"), "nodes[1].relayer",
	 "'s' is a switch, not a relayer"},
	{PROCESS("'command': ['ls'], 'rootfs': '/'"), "nodes[1].rootfs",
	 "a process has no 'rootfs'"},
	{CONTAINER("'count': 1"), "nodes[1]", "a container needs 'rootfs' or 'image'"},
	{CONTAINER("'rootfs': '/', 'image': 'x'"), "nodes[1]",
	 "'rootfs' and 'image' exclude each other"},
	{CONTAINER("'rootfs': 'no/where'"), "nodes[1].rootfs",
	 "cannot read '/usr/no/where': No such file or directory"},
	{CONTAINER("'rootfs': '/dev/null'"), "nodes[1].rootfs",
	 "'/dev/null' is neither a folder nor a file"},
	{CONTAINER("'rootfs': '/', 'cwd': 'here'"), "nodes[1].cwd",
	 "expected a path that begins with '/': it is one in the container"},
	{"{'name': 'h', 'kind': 'host', 'command': ['ls']}", "nodes[1].command",
	 "a host has no 'command'"},
};

static void expect_problem(const struct bad *wrong)
{
	ck_assert_msg(read_nodes(wrong->nodes) == -EINVAL, "%s", wrong->nodes);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.items[0].path, wrong->path);
	ck_assert_str_eq(problems.items[0].text, wrong->text);
	ck_assert_uint_eq(problems.items[0].line, 2);
}

START_TEST(what_is_wrong_is_named)
{
	expect_problem(&bad[_i]);
}
END_TEST

static const struct bad bad_folders[] = {
	{CONTAINER("'rootfs': '/', 'cwd': '/no/where'"), "nodes[1].cwd",
	 "nothing can run in '/no/where' of the container: No such file or directory; "
	 "make that folder in its root file system, or set 'writable'"},
	{CONTAINER("'rootfs': '/', 'cwd': '/dev/../etc/passwd'"), "nodes[1].cwd",
	 "nothing can run in '/dev/../etc/passwd' of the container: Not a directory; "
	 "make that folder in its root file system, or set 'writable'"},
};

START_TEST(it_starts_in_no_folder_that_is_not_there)
{
	expect_problem(&bad_folders[_i]);
}
END_TEST

/* What has a file system of its own mounted over it in the container has more in it there. */
START_TEST(it_starts_below_what_is_mounted)
{
	static const char *const folders[] = {"/tmp/..a/b", "/dev/no/where",
					      "/proc/no/where"};
	char node[128];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		(void)snprintf(node, sizeof(node),
			       CONTAINER("'rootfs': '/', 'cwd': '%s'"), folders[i]);
		ck_assert_msg(read_nodes(node) == 0, "%s", err.msg);
		snet__model_clear(&model);
		snet__model_init(&model);
	}
}
END_TEST

START_TEST(every_program_that_is_not_there_is_told)
{
	ck_assert_int_eq(
		read_nodes("{'name': 'p', 'kind': 'process', 'command': ['/no/a']},"
			   "{'name': 'q', 'kind': 'process', 'command': ['/no/b']}"),
		-EINVAL);
	ck_assert_uint_eq(problems.count, 2);
}
END_TEST

/* A lab that runs needs them no more. */
START_TEST(what_a_lab_says_of_itself_needs_no_programs)
{
	static const char lab[] = "{\"nodes\": [{\"name\": \"s\", \"kind\": \"switch\"},"
				  "{\"name\": \"p\", \"kind\": \"process\","
				  " \"command\": [\"/no/such\"]}],"
				  "\"links\": [{\"from\": \"p\", \"to\": \"s\"}]}";

	ck_assert_int_eq(snet__model_read(&model, lab, strlen(lab), NULL, &problems,
					  &err),
			 0);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
	ck_assert_int_eq(read_nodes(PROCESS("'command': ['a\\u0000b']")), -EINVAL);
	ck_assert_ptr_nonnull(strstr(problems.items[0].text, "\\u0000"));
}
END_TEST

START_TEST(all_keys_are_read)
{
	const struct snet__model_node *node;

	ck_assert_int_eq(
		read_nodes("{'name': 'p{i}', 'count': 2, 'kind': 'process',"
			   " 'command': ['sh', '-c', 'echo {i}'], 'env': {'N{i}': '{i}'},"
			   " 'cwd': 'bin', 'restart': 'on-failure', 'cpus': 0.25,"
			   " 'memory': '64MiB'},\n"
			   "{'name': 'c', 'kind': 'container', 'command': ['x'],"
			   " 'rootfs': '../usr', 'cwd': '/tmp', 'writable': true,"
			   " 'restart': 'always'},\n"
			   "{'name': 'q', 'kind': 'process', 'command': ['bin/env']}"),
		0);
	node = snet__model_find_node(&model, "p1");
	ck_assert_int_eq(node->role, SNET__ROLE_PROGRAM);
	ck_assert_str_eq(node->command, "[\"sh\",\"-c\",\"echo 1\"]");
	ck_assert_str_eq(node->env, "{\"N1\":\"1\"}");
	ck_assert_ptr_nonnull(strstr(node->cwd, "/bin"));
	ck_assert_int_eq(node->restart, SNET__RESTART_ON_FAILURE);
	ck_assert_uint_eq(node->millicpus, 250);
	ck_assert_uint_eq(node->memory_bytes, 64 << 20);
	ck_assert_ptr_null(node->relayer);
	node = snet__model_find_node(&model, "c");
	ck_assert_str_eq(node->rootfs, "/usr");
	ck_assert_str_eq(node->cwd, "/tmp");
	ck_assert(node->is_writable);
	ck_assert_int_eq(node->restart, SNET__RESTART_ALWAYS);
	node = snet__model_find_node(&model, "q");
	ck_assert_int_eq(node->restart, SNET__RESTART_NO);
	ck_assert_str_eq(node->cwd, "/usr");
	ck_assert_uint_eq(node->millicpus, 0);
	ck_assert_uint_eq(node->memory_bytes, 0);
}
END_TEST

#define RELAYER(name) ",\n{'name': '" name "', 'kind': 'relayer'}"

START_TEST(its_relayer_is_the_only_one_or_none)
{
	ck_assert_int_eq(read_nodes(PROCESS("'command': ['ls']") RELAYER("r0")), 0);
	ck_assert_str_eq(snet__model_find_node(&model, "p")->relayer, "r0");
	teardown();
	setup();
	ck_assert_int_eq(read_nodes(PROCESS("'command': ['ls']") RELAYER("r0")
					    RELAYER("r1")),
			 0);
	ck_assert_ptr_null(snet__model_find_node(&model, "p")->relayer);
}
END_TEST

#define ADD(...)                                                                      \
	snet__model_add_node(                                                         \
		&model,                                                               \
		&(const struct snet_node_opts){.size = sizeof(struct snet_node_opts), \
					       .name = "p",                           \
					       __VA_ARGS__},                          \
		&err)
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void refuse(int r, const char *message)
{
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_str_eq(err.msg, message);
}

START_TEST(it_is_described_in_c)
{
	const struct snet__model_node *node;

	ck_assert_int_eq(ADD(.kind = "process", .command = WORDS("echo", "a \"b\""),
			     .env = WORDS("A=1=2", "B="), .cwd = "/", .restart = "always",
			     .cpus = 1.5, .memory_bytes = 64 << 20),
			 0);
	node = model.nodes[0];
	ck_assert_str_eq(node->command, "[\"echo\",\"a \\\"b\\\"\"]");
	ck_assert_str_eq(node->env, "{\"A\":\"1=2\",\"B\":\"\"}");
	ck_assert_uint_eq(node->millicpus, 1500);
	ck_assert_uint_eq(node->memory_bytes, 64 << 20);
	ck_assert_int_eq(node->restart, SNET__RESTART_ALWAYS);
}
END_TEST

START_TEST(what_is_wrong_in_c_is_named)
{
	refuse(ADD(.kind = "process", .command = (const char *const[]){NULL}),
	       "node 'p': command: expected an array of a program and its arguments");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .env = WORDS("A")),
	       "node 'p': env: expected 'NAME=value', got 'A'");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .env = WORDS("=1")),
	       "node 'p': env: '' is no name for a variable");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .restart = "never"),
	       "node 'p': restart: expected 'no', 'on-failure' or 'always', got 'never'");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .cpus = 0.001),
	       "node 'p': cpus: out of range: 0.01 to 4096");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .memory_bytes = 1),
	       "node 'p': memory_bytes: out of range: 1MiB to 1024TiB");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .rootfs = "/"),
	       "node 'p': a process has no rootfs");
	refuse(ADD(.kind = "process", .command = WORDS("x"), .writable = true),
	       "node 'p': a process has no writable");
	refuse(ADD(.kind = "host", .cpus = 1), "node 'p': a host has no cpus");
	refuse(ADD(.kind = "host", .command = WORDS("x")),
	       "node 'p': a host has no command");
}
END_TEST

/* What a program that was compiled with the first version passes. */
START_TEST(options_of_an_older_size_are_accepted)
{
	struct snet_node_opts opts = {
		.size = offsetof(struct snet_node_opts, mode),
		.name = "h",
		.kind = "host",
		.mode = "behind what it has",
		.cpus = 7,
	};

	ck_assert_msg(snet__model_add_node(&model, &opts, &err) == 0, "%s", err.msg);
	opts.size--;
	opts.name = "i";
	ck_assert_int_eq(snet__model_add_node(&model, &opts, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "size must be sizeof(struct snet_node_opts)");
}
END_TEST

START_TEST(it_is_written_as_it_was_read)
{
	struct snet__model copy;
	char *once, *twice;

	ck_assert_int_eq(
		read_nodes(
			"{'name': 'p', 'kind': 'process', 'command': ['sh', '-c', 'x'],"
			" 'env': {'A': '1'}, 'cwd': '/', 'restart': 'on-failure',"
			" 'cpus': 0.25, 'memory': '64MiB'},\n"
			"{'name': 'c', 'kind': 'container', 'command': ['x'],"
			" 'rootfs': '/', 'writable': true, 'memory': 1048577},\n"
			"{'name': 'i', 'kind': 'container', 'command': ['x'],"
			" 'image': 'busybox', 'restart': 'always'}"),
		0);
	once = snet__model_format(&model, NULL);
	snet__model_init(&copy);
	ck_assert_msg(snet__model_read(&copy, once, strlen(once), "/tmp", &problems,
				       &err) == 0,
		      "%s\n%s", err.msg, once);
	twice = snet__model_format(&copy, NULL);
	ck_assert_str_eq(once, twice);
	ck_assert_ptr_nonnull(strstr(once, "\"64MiB\""));
	ck_assert_ptr_nonnull(strstr(once, "0.25"));
	ck_assert_ptr_nonnull(strstr(once, "1048577B"));
	ck_assert_ptr_nonnull(strstr(once, "\"writable\": true"));
	free(once);
	free(twice);
	snet__model_clear(&copy);
}
END_TEST

/* Which is what 'cwd' has by default, and 'rootfs' has not. */
START_TEST(the_folder_of_the_file_is_named_where_it_has_to_be)
{
	const struct snet__format_opts opts = {.folder = "/usr"};
	autofree char *text = NULL;

	ck_assert_int_eq(read_nodes(
				 PROCESS("'command': ['ls'], 'cwd': '.'") ",\n" CONTAINER(
					 "'rootfs': '.'")),
			 0);
	text = snet__model_format(&model, &opts);
	ck_assert_ptr_nonnull(strstr(text, "\"rootfs\": \".\""));
	ck_assert_ptr_null(strstr(text, "\"cwd\""));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("programs");
	TCase *t = tcase_create("programs");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_wrong_is_named, 0,
			    (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, every_program_that_is_not_there_is_told);
	tcase_add_test(t, what_a_lab_says_of_itself_needs_no_programs);
	tcase_add_test(t, a_zero_byte_is_refused);
	tcase_add_test(t, all_keys_are_read);
	tcase_add_test(t, its_relayer_is_the_only_one_or_none);
	tcase_add_test(t, it_is_described_in_c);
	tcase_add_test(t, what_is_wrong_in_c_is_named);
	tcase_add_test(t, options_of_an_older_size_are_accepted);
	tcase_add_test(t, it_is_written_as_it_was_read);
	suite_add_tcase(s, t);

	/* Not every tool knows that system call. */
	t = tcase_create("folders");
	tcase_set_tags(t, "openat2");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, it_starts_in_no_folder_that_is_not_there, 0,
			    (int)(sizeof(bad_folders) / sizeof(*bad_folders)));
	tcase_add_test(t, it_starts_below_what_is_mounted);
	tcase_add_test(t, the_folder_of_the_file_is_named_where_it_has_to_be);
	suite_add_tcase(s, t);
	return s;
}
