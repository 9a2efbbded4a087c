/* SPDX-License-Identifier: MIT */
/* snet add: more nodes, links and backends for a running lab. */

#include "cli/change.h"

static int run(const struct call *call)
{
	return change_by_file(call, "/v1/extend");
}

static const struct cmd_option options[] = {
	CHANGE_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_add = {
	.name = "add",
	.args = "FILE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "add the nodes, links and backends of a file to a running lab",
	.details =
		"The file is a lab file with nothing but \"nodes\", \"links\" and \"backends\", which\n"
		"may name nodes of the lab. It is checked first: all its errors are printed,\n"
		"nothing is added, and the exit code is 2. Returns when every new device has\n"
		"registered. FILE can be -, which is stdin.",
	.run = run,
};
