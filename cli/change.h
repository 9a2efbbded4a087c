/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

/* What the commands that change a running lab share. */

#include <stdbool.h>

#include "api/client.h"
#include "cli/cmd.h"
#include "cli/lab.h"

/* Ask @lab for a change, and say so on a terminal while that takes long. As
 * snet__client_request(). */
int change_ask(char **ret, const struct lab *lab,
	       const struct snet__client_request *request,
	       struct snet__json **ret_refusal, struct snet_err *err);
/* Print what the answer warns of, if anything. */
void change_warn(const struct snet__json *answer);
/* Print what has changed: an exit code. */
int change_print(const struct call *call, const char *answer);
/* The whole of a command that sends a lab file, its argument, to @path of the API. */
int change_by_file(const struct call *call, const char *path);

#define CHANGE_OPTIONS                                                \
	{                                                             \
		.name = "dry-run", .help = "print what would change," \
					   " and change nothing"      \
	}

#endif
