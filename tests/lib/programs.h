/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROGRAMS_H
#define TESTS_PROGRAMS_H

/* A lab with programs in it, seen through its API: for the tests of each kind of them. Each
 * test has a lab and a folder of its own. */

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "api/client.h"
#include "base/clock.h"
#include "base/text.h"
#include "folder.h"
#include "labs.h"
#include "rights.h"
#include "sys/cgroup.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;
static struct test_folder folder;
static char sock[128];

LABS_UNUSED void programs_set_up(void)
{
	err = (struct snet_err){0};
	lab = labs_new("programs");
	test_folder_new(&folder);
	(void)snprintf(sock, sizeof(sock), "%.100s/sock", folder.path);
}

LABS_UNUSED void programs_tear_down(void)
{
	snet_lab_free(lab);
	test_folder_free(&folder);
}

LABS_UNUSED void programs_up(void)
{
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_lab_serve(lab, sock, &err));
}

#define SHELL(script)  ((const char *const[]){"sh", "-c", script, NULL})
#define PYTHON(script) ((const char *const[]){"python3", "-c", script, NULL})

/* The node's log, to be freed, once it has a line that begins with @wanted. */
LABS_UNUSED char *wait_log(const char *node, const char *wanted)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	autofree char *target = snet__text_format("/v1/nodes/%s/logs?follow=1", node);
	autostream *stream = NULL;
	char *text = strdup("");
	const char *line;

	LABS_OK(snet__client_stream_open(&stream, sock, target, &err));
	while (snet__clock_ns() < until_ns) {
		char *before = text;

		if (snet__client_stream_read(stream, WAIT_MS, &line, &err) != 1)
			break;
		text = snet__text_format("%s%s\n", before, line);
		free(before);
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			return text;
	}
	ck_abort_msg("no line '%s' of node '%s' in:\n%.3000s", wanted, node, text);
}

LABS_UNUSED void expect_log(const char *node, const char *wanted)
{
	free(wait_log(node, wanted));
}

/* What the node has written, from its beginning on. */
LABS_UNUSED struct snet__client_stream *open_log(const char *node)
{
	autofree char *target = snet__text_format("/v1/nodes/%s/logs?follow=1", node);
	struct snet__client_stream *stream = NULL;

	LABS_OK(snet__client_stream_open(&stream, sock, target, &err));
	return stream;
}

LABS_UNUSED const char *next_line(struct snet__client_stream *stream)
{
	const char *line;

	ck_assert_int_eq(snet__client_stream_read(stream, WAIT_MS, &line, &err), 1);
	return line;
}

LABS_UNUSED void wait_line(struct snet__client_stream *stream, const char *wanted)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (strcmp(next_line(stream), wanted) != 0)
		ck_assert_msg(snet__clock_ns() < until_ns, "no '%s'", wanted);
}

/* The lab's status of a node: {"state": ..., "program": ...}, to be freed. */
LABS_UNUSED struct snet__json *find_status(const char *name)
{
	autojson *status = NULL;
	const struct snet__json *node;

	LABS_OK(snet__client_call(&status, sock, "GET", "/v1/status", NULL, WAIT_MS,
				  &err));
	node = snet__json_first(snet__json_get(status, "nodes"));
	while (node && strcmp(snet__json_get_string(node, "name"), name) != 0)
		node = snet__json_next(node);
	ck_assert_msg(node != NULL, "%s", name);
	return snet__json_copy(node);
}

LABS_UNUSED void expect_status(const char *name, const char *state, const char *program)
{
	autojson *node = find_status(name);
	autofree char *got = snet__json_format(snet__json_get(node, "program"));

	ck_assert_str_eq(snet__json_get_string(node, "state"), state);
	ck_assert_str_eq(got, program);
}

/* How many processes have @marker in their command. */
LABS_UNUSED size_t count_processes(const char *marker)
{
	char command[4096];
	size_t count = 0;
	glob_t found = {0};

	ck_assert_int_eq(glob("/proc/[0-9]*/cmdline", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, command, sizeof(command)) : 0;

		count += n > 0 && memmem(command, (size_t)n, marker, strlen(marker));
		if (fd >= 0)
			close(fd);
	}
	globfree(&found);
	return count;
}

/* Until no process has @marker in its command. */
LABS_UNUSED bool wait_none(const char *marker)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (count_processes(marker))
		if (snet__clock_ns() > until_ns)
			return false;
	return true;
}

/* A marker for commands that no other test has. */
LABS_UNUSED const char *mark(char text[32])
{
	(void)snprintf(text, 32, "600.%d", (int)getpid());
	return text;
}

/* Whether this machine limits by cgroups; else why not. */
LABS_UNUSED bool has_cgroups(struct snet_err *why)
{
	const struct snet__cgroup_opts opts = {.name = "trial",
					       .memory_bytes = 64 << 20,
					       .millicpus = 500};
	struct snet__cgroup *cgroup = NULL;
	int r = snet__cgroup_new(&cgroup, &opts, why);

	snet__cgroup_free(cgroup);
	return r == 0;
}

/* How many ms it takes. */
LABS_UNUSED uint64_t time_down(void)
{
	uint64_t begin_ns = snet__clock_ns();

	snet_lab_down(lab);
	return (snet__clock_ns() - begin_ns) / SNET__NS_PER_MS;
}

#endif
