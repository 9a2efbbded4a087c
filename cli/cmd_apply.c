/* SPDX-License-Identifier: MIT */
/* snet apply: change a running lab into what a file says. */

#include "cli/change.h"

static int run(const struct call *call)
{
	return change_by_file(call, "/v1/apply");
}

static const struct cmd_option options[] = {
	CHANGE_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_apply = {
	.name = "apply",
	.args = "FILE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "change a running lab into what a file says",
	.details =
		"What is in both and the same is not touched. The file is checked first: all its\n"
		"errors are printed, nothing is changed, and the exit code is 2. Returns when\n"
		"every new device has registered. FILE can be -, which is stdin.",
	.run = run,
};
