/* SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_FILE_H
#define CLI_LAB_FILE_H

/* Lab files as arguments of commands, and what is wrong with them. */

#include <snet/err.h>

/* More errors than this do not help anybody. */
#define LAB_FILE_PROBLEMS_MAX 100

/* The text of @file and the folder that it is in, to be freed; "-" is stdin, in the current folder. It
 * may be a pipe, which can be read but once. */
int lab_file_read(char **ret_text, char **ret_folder, const char *file,
		  struct snet_err *err);
/* The same, and print all that is wrong with it: an exit code. */
int lab_file_check(char **ret_text, char **ret_folder, const char *file);
/* What to call it in messages. */
const char *lab_file_name(const char *file);
/* "snet: FILE:LINE:COLUMN: PATH: TEXT" on stderr; a line of 0 is no place in it. */
void lab_file_print_problem(const char *file, unsigned int line, unsigned int column,
			    const char *path, const char *text);
/* "snet: warning: ..." the same: a snet_problem_fn, whose user is the file's name. */
void lab_file_print_warning(void *file, unsigned int line, unsigned int column,
			    const char *path, const char *text);

#endif
