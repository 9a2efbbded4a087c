/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

/* Where commands that make a file put it: to stdout, or with --output to a new file, which with
 * --force may also be an old one. */

#include <sys/types.h>

#include "cli/cmd.h"

/* The two options, for a command's table. */
#define OUTPUT_OPTIONS                                     \
	{.name = "output",                                 \
	 .letter = 'o',                                    \
	 .arg = "FILE",                                    \
	 .help = "write a new file instead of to stdout"}, \
	{                                                  \
		.name = "force", .help = "replace FILE"    \
	}

/* The file that is meant, NULL: stdout, which "-" means as well. */
const char *output_path(const struct call *call);
/* EXIT_USAGE after a complaint when they do not go together. */
int output_check(const struct call *call);
/* Write @text where the options say; half a file is never left. @mode: of a new one. */
int output_write(const struct call *call, const char *text, mode_t mode,
		 struct snet_err *err);

#endif
