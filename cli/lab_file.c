/* SPDX-License-Identifier: MIT */
#include "cli/lab_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "topo/model.h"

const char *lab_file_name(const char *file)
{
	return strcmp(file, "-") == 0 ? "stdin" : file;
}

static int read_stdin(char **ret_text, char **ret_folder, struct snet_err *err)
{
	autofree char *text = NULL, *folder = realpath(".", NULL);
	size_t size = 0;
	int r;

	if (!folder)
		return snet__err_sys(err, -errno, "cannot find the current folder");
	r = snet__file_read_fd(&text, &size, STDIN_FILENO, "stdin", SNET__MODEL_FILE_MAX,
			       err);
	if (r == -EFBIG)
		return snet__err_set(err, r, "too large for a lab file: over 64 MiB");
	if (r < 0)
		return r;
	/* It would be read, and sent, as far as that. */
	if (memchr(text, '\0', size))
		return snet__err_set(err, -EINVAL, "'stdin' has a byte of zero in it");
	*ret_text = steal_ptr(text);
	*ret_folder = steal_ptr(folder);
	return 0;
}

int lab_file_read(char **ret_text, char **ret_folder, const char *file,
		  struct snet_err *err)
{
	return strcmp(file, "-") == 0
		       ? read_stdin(ret_text, ret_folder, err)
		       : snet__model_read_file(ret_text, ret_folder, file, err);
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

/* Print what is wrong with @text. Returns 1 when there is something. */
static int print_problems(const char *file, const char *text, const char *folder,
			  struct snet_err *err)
{
	struct snet__problems problems = {0};
	struct snet__model model;
	size_t count;
	int r;

	snet__model_init(&model);
	r = snet__model_read(&model, text, strlen(text), folder, &problems, err);
	count = problems.count;
	for (size_t i = 0; i < count && i < LAB_FILE_PROBLEMS_MAX; i++)
		lab_file_print_problem(file, problems.items[i].line,
				       problems.items[i].column, problems.items[i].path,
				       problems.items[i].text);
	if (count > LAB_FILE_PROBLEMS_MAX)
		fprintf(stderr, "snet: ... and %zu more\n",
			count - LAB_FILE_PROBLEMS_MAX);
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	return count ? 1 : r;
}

int lab_file_check(char **ret_text, char **ret_folder, const char *file)
{
	struct snet_err err = {0};
	int r;

	r = lab_file_read(ret_text, ret_folder, file, &err);
	if (r == 0)
		r = print_problems(file, *ret_text, *ret_folder, &err);
	if (r < 0)
		(void)call_fail(&err);
	if (r == -ENOMEM)
		return EXIT_FAILED;
	return r ? EXIT_USAGE : EXIT_DONE;
}
