/* SPDX-License-Identifier: MIT */
#include "cli/lab_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <snet/lab.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "topo/model.h"

const char *lab_file_name(const char *file)
{
	return strcmp(file, "-") == 0 ? "stdin" : file;
}

int lab_file_read(char **ret_text, size_t *ret_size, char **ret_folder, const char *file,
		  struct snet_err *err)
{
	int r;

	if (strcmp(file, "-") != 0) {
		r = snet__model_read_file(ret_text, ret_folder, file, err);
		if (r == 0)
			*ret_size = strlen(*ret_text);
		return r;
	}
	*ret_folder = realpath(".", NULL);
	if (!*ret_folder)
		return snet__err_sys(err, -errno, "cannot find the current folder");
	r = snet__file_read_fd(ret_text, ret_size, STDIN_FILENO, "stdin",
			       SNET__MODEL_FILE_MAX, err);
	return r == -EFBIG
		       ? snet__err_set(err, r, "too large for a lab file: over 64 MiB")
		       : r;
}

static void print_place(const char *what, const char *file, unsigned int line,
			unsigned int column)
{
	fprintf(stderr, "snet: %s%s:", what, lab_file_name(file));
	if (line)
		fprintf(stderr, "%u:%u:", line, column);
}

void lab_file_print_problem(const char *file, unsigned int line, unsigned int column,
			    const char *path, const char *text)
{
	print_place("", file, line, column);
	fprintf(stderr, " %s%s%s\n", path, *path ? ": " : "", text);
}

void lab_file_print_warning(void *file, unsigned int line, unsigned int column,
			    const char *path, const char *text)
{
	print_place("warning: ", file, line, column);
	fprintf(stderr, " %s: %s\n", path, text);
}

struct check {
	const char *file;
	int count;
};

static void print_problem(void *user, unsigned int line, unsigned int column,
			  const char *path, const char *text)
{
	struct check *check = user;

	if (check->count++ < LAB_FILE_PROBLEMS_MAX)
		lab_file_print_problem(check->file, line, column, path, text);
}

/* The same as snet_lab_check() for what came on stdin. */
static int check_stdin(struct check *check, char **ret_text, struct snet_err *err)
{
	struct snet__problems problems = {0};
	autofree char *folder = NULL;
	struct snet__model model;
	size_t size = 0;
	int r;

	r = lab_file_read(ret_text, &size, &folder, check->file, err);
	if (r < 0)
		return r;
	snet__model_init(&model);
	r = snet__model_read(&model, *ret_text, size, folder, &problems, err);
	for (size_t i = 0; i < problems.count; i++)
		print_problem(check, problems.items[i].line, problems.items[i].column,
			      problems.items[i].path, problems.items[i].text);
	if (problems.count)
		r = 0;
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	return r;
}

int lab_file_check(const char *file, char **ret_text)
{
	struct check check = {.file = file};
	struct snet_err err = {0};
	int r;

	r = strcmp(file, "-") == 0 ? check_stdin(&check, ret_text, &err)
				   : snet_lab_check(file, print_problem, &check, &err);
	if (r < 0) {
		(void)call_fail(&err);
		return r == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
	}
	if (check.count > LAB_FILE_PROBLEMS_MAX)
		fprintf(stderr, "snet: ... and %d more\n",
			check.count - LAB_FILE_PROBLEMS_MAX);
	return check.count ? EXIT_USAGE : EXIT_DONE;
}
