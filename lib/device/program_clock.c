/* SPDX-License-Identifier: MIT */
/* A clock of its own for a process, by libfaketime, which the dynamic linker loads first: the
 * kernel has namespaces for the clocks that count since the boot only. What it adds to the time of
 * day is in a file that it reads at each call. Timers and CLOCK_MONOTONIC stay as they are, as
 * they do on a machine whose clock was set wrong. */

#include <glob.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "device/program_private.h"
#include "topo/kinds.h"

#define LIBRARY "libfaketimeMT.so.1"

/* Source: the packages of Debian and Fedora, and its own installation. */
static const char *const places[] = {
	"/usr/lib/*/faketime/" LIBRARY,
	"/usr/lib64/faketime/" LIBRARY,
	"/usr/lib/faketime/" LIBRARY,
	"/usr/local/lib/faketime/" LIBRARY,
};

static char *find_library(void)
{
	char *path = NULL;
	glob_t found;

	for (size_t i = 0; !path && i < sizeof(places) / sizeof(*places); i++) {
		if (glob(places[i], 0, NULL, &found) == 0)
			path = strdup(found.gl_pathv[0]);
		globfree(&found);
	}
	return path;
}

int snet__program_can_skew(const struct snet__model_node *node, struct snet_err *err)
{
	autofree char *library = find_library();

	if (strcmp(node->kind, "process") != 0)
		return snet__err_set(err, -ENOTSUP,
				     "it is %s %s: only a process has a clock of its own",
				     snet__kind_article(node->kind), node->kind);
	if (!library)
		return snet__err_set(err, -ENOTSUP,
				     "a clock of its own needs " LIBRARY
				     ", which is not installed (package 'faketime')");
	return 0;
}

/* Replace a variable, or add it. Takes @text, NULL for lack of memory. */
static int set(char ***variables, char *text)
{
	size_t length = text ? strcspn(text, "=") + 1 : 0, count = 0;
	char **more;

	if (!text)
		return -ENOMEM;
	for (; (*variables)[count]; count++) {
		if (strncmp((*variables)[count], text, length) != 0)
			continue;
		free((*variables)[count]);
		(*variables)[count] = text;
		return 0;
	}
	more = reallocarray(*variables, count + 2, sizeof(*more));
	if (!more) {
		free(text);
		return -ENOMEM;
	}
	more[count] = text;
	more[count + 1] = NULL;
	*variables = more;
	return 0;
}

static const char *get(char *const *variables, const char *name)
{
	size_t length = strlen(name);

	for (; *variables; variables++)
		if (strncmp(*variables, name, length) == 0 && (*variables)[length] == '=')
			return *variables + length + 1;
	return NULL;
}

static int set_variables(struct snet__program *program, const char *library)
{
	const char *others = get(program->variables, "LD_PRELOAD");
	char ***variables = &program->variables;
	int r;

	r = set(variables, snet__text_format("LD_PRELOAD=%s%s%s", library,
					     others ? ":" : "", others ? others : ""));
	if (r == 0)
		r = set(variables, snet__text_format("FAKETIME_TIMESTAMP_FILE=%s",
						     program->clock_file));
	if (r == 0)
		r = set(variables, strdup("FAKETIME_NO_CACHE=1"));
	if (r == 0)
		r = set(variables, strdup("FAKETIME_DONT_FAKE_MONOTONIC=1"));
	return r;
}

int snet__program_make_clock(struct snet__program *program, struct snet_err *err)
{
	autofree char *library = find_library();
	autofree char *folder = realpath(program->env.folder, NULL);
	int r;

	r = snet__program_can_skew(program->env.node, err);
	if (r < 0)
		return r;
	if (!library || !folder)
		return snet__err_oom(err);
	program->clock_file =
		snet__text_format("%s/clock@%s", folder, program->env.node->name);
	if (!program->clock_file || set_variables(program, library) < 0)
		return snet__err_oom(err);
	return snet__program_set_skew(program, 0, err);
}

void snet__program_free_clock(struct snet__program *program)
{
	if (program->clock_file)
		(void)unlink(program->clock_file); /* it may not have come to be */
	free(program->clock_file);
}

int snet__program_set_skew(struct snet__program *program, int64_t offset_ns,
			   struct snet_err *err)
{
	char text[48];

	if (!program->clock_file)
		return snet__err_set(err, -ENOTSUP,
				     "it was not started with a clock of its own");
	(void)snprintf(text, sizeof(text), "%+.9f\n",
		       (double)offset_ns / (double)SNET__NS_PER_S);
	return snet__file_write(program->clock_file, text, err);
}

/* Whether the program has loaded the library: one that is linked statically, or that is another
 * user's, has not. */
static bool has_loaded(struct snet__program *program)
{
	pid_t pid = snet__program_find_main(program);
	autofree char *path = snet__text_format("/proc/%d/maps", (int)pid);
	FILE *file = pid && path ? fopen(path, "re") : NULL;
	autofree char *line = NULL;
	bool has_found = false;
	size_t size = 0;

	while (file && !has_found && getline(&line, &size, file) > 0)
		has_found = strstr(line, "/" LIBRARY) != NULL;
	if (file)
		(void)fclose(file); /* only read */
	return has_found;
}

bool snet__program_skew(struct snet__program *program, int64_t *ret_offset_ns)
{
	FILE *file = program->clock_file ? fopen(program->clock_file, "re") : NULL;
	double seconds = 0;
	bool is_read = file && fscanf(file, "%lf", &seconds) == 1;

	if (file)
		(void)fclose(file); /* only read */
	if (!is_read || !has_loaded(program))
		return false;
	*ret_offset_ns = llround(seconds * (double)SNET__NS_PER_S);
	return true;
}
