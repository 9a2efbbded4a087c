/* SPDX-License-Identifier: MIT */
/* A clock of its own for a process, by a library of ours that is loaded into it: the kernel has
 * namespaces for the clocks that count since the boot only. What it adds to the time of day is in a
 * file that both map. Timers and CLOCK_MONOTONIC stay as they are, as they do on a machine whose
 * clock was set wrong. */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "device/clock_library.h"
#include "device/program_private.h"
#include "topo/kinds.h"

int snet__program_can_skew(const struct snet__model_node *node, struct snet_err *err)
{
	if (strcmp(node->kind, "process") != 0)
		return snet__err_set(err, -EINVAL,
				     "it is %s %s: only a process has a clock of its own",
				     snet__kind_article(node->kind), node->kind);
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

static int set_variables(struct snet__program *program)
{
	const char *others = get(program->variables, "LD_PRELOAD");
	char ***variables = &program->variables;
	int r;

	r = set(variables, snet__text_format("LD_PRELOAD=%s%s%s", program->clock_library,
					     others ? ":" : "", others ? others : ""));
	if (r == 0)
		r = set(variables, snet__text_format(SNET__CLOCK_VARIABLE "=%s",
						     program->clock_file));
	return r;
}

/* Whether the dynamic linker can load a library from there. Source: ld.so(8), LD_PRELOAD, of which
 * nothing can be quoted. */
static int check_folder(const char *folder, struct snet_err *err)
{
	struct statvfs info;

	if (strpbrk(folder, " :$"))
		return snet__err_set(
			err, -ENOTSUP,
			"a clock of its own needs a folder of the lab without "
			"' ', ':' and '$' in its path '%s'",
			folder);
	if (statvfs(folder, &info) == 0 && info.f_flag & ST_NOEXEC)
		return snet__err_set(
			err, -ENOTSUP,
			"a clock of its own needs a folder of the lab from "
			"which libraries can be loaded: '%s' is mounted noexec",
			folder);
	return 0;
}

/* One of a lab that was killed may be there still. */
static int make_file(int *ret_fd, const char *path, const void *data, size_t size,
		     struct snet_err *err)
{
	autoclose int fd = -1;
	ssize_t n;

	(void)unlink(path); /* or open() tells */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot make '%s'", path);
	n = write(fd, data, size);
	if (n != (ssize_t)size)
		return snet__err_sys(err, n < 0 ? -errno : -ENOSPC, "cannot write '%s'",
				     path);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int make_files(struct snet__program *program, struct snet_err *err)
{
	const int64_t none = 0;
	autoclose int library = -1, clock = -1;
	void *map;
	int r;

	r = make_file(&library, program->clock_library, snet__clock_library,
		      snet__clock_library_size, err);
	if (r == 0)
		r = make_file(&clock, program->clock_file, &none, sizeof(none), err);
	if (r < 0)
		return r;
	map = mmap(NULL, sizeof(*program->clock_ns), PROT_READ | PROT_WRITE, MAP_SHARED,
		   clock, 0);
	if (map == MAP_FAILED)
		return snet__err_sys(err, -errno, "cannot map '%s'", program->clock_file);
	program->clock_ns = map;
	return 0;
}

int snet__program_make_clock(struct snet__program *program, struct snet_err *err)
{
	autofree char *folder = realpath(program->env.folder, NULL);
	int r;

	if (!folder)
		return snet__err_oom(err);
	r = snet__program_can_skew(program->env.node, err);
	if (r == 0)
		r = check_folder(folder, err);
	if (r < 0)
		return r;
	program->clock_library =
		snet__text_format("%s/clock.so@%s", folder, program->env.node->name);
	program->clock_file =
		snet__text_format("%s/clock@%s", folder, program->env.node->name);
	if (!program->clock_library || !program->clock_file || set_variables(program) < 0)
		return snet__err_oom(err);
	return make_files(program, err);
}

static void remove_file(char *path)
{
	if (path)
		(void)unlink(path); /* it may not have come to be */
	free(path);
}

void snet__program_free_clock(struct snet__program *program)
{
	if (program->clock_ns)
		(void)munmap(program->clock_ns, sizeof(*program->clock_ns));
	remove_file(program->clock_library);
	remove_file(program->clock_file);
}

int snet__program_set_skew(struct snet__program *program, int64_t offset_ns,
			   struct snet_err *err)
{
	if (!program->clock_ns)
		return snet__err_set(err, -ENOTSUP,
				     "it was not started with a clock of its own");
	atomic_store(program->clock_ns, offset_ns);
	return 0;
}

/* Whether the program has loaded the library, which then has the clock: one that is linked
 * statically, or that may not read these files, has not. */
static bool has_loaded(struct snet__program *program)
{
	pid_t pid = snet__program_find_main(program);
	autofree char *path = snet__text_format("/proc/%d/maps", (int)pid);
	autofile FILE *file = pid && path ? fopen(path, "re") : NULL;
	autofree char *line = NULL;
	bool has_found = false;
	size_t size = 0;

	while (file && !has_found && getline(&line, &size, file) > 0)
		has_found = strstr(line, strrchr(program->clock_file, '/')) != NULL;
	return has_found;
}

bool snet__program_skew(struct snet__program *program, int64_t *ret_offset_ns)
{
	if (!program->clock_ns || !has_loaded(program))
		return false;
	*ret_offset_ns = atomic_load(program->clock_ns);
	return true;
}
