/* SPDX-License-Identifier: MIT */
/* JavaScript, by the node of the machine whatever version was asked for. */

#include <stdio.h>

#include "faas/worker.h"

/* Source: ansible/files/runtimes.json; the first is its default. */
static const char *const kinds[] = {"nodejs:20", "nodejs:18", "nodejs:22", NULL};
static const char *const old_kinds[] = {"nodejs:16", "nodejs:14", "nodejs:12",
					"nodejs:10", "nodejs:24", "nodejs",
					NULL};

static int add_command(struct snet__faas_worker *worker, const char **argv,
		       struct snet_err *err)
{
	/* The limit of the old generation; what lies outside of it (young generation, Buffers,
	 * V8 itself) is for the limit of the whole process. */
	(void)snprintf(worker->words[0], sizeof(worker->words[0]),
		       "--max-old-space-size=%u", worker->action->memory_mb);
	argv[0] = "node";
	argv[1] = worker->words[0];
	argv[2] = "--no-warnings";
	argv[3] = "-e";
	argv[4] = snet__faas_runner_js;
	return 0;
}

const struct snet__faas_runtime snet__faas_nodejs = {
	.family = "nodejs",
	.kinds = kinds,
	.other_kinds = old_kinds,
	.suffix = ".js",
	.has_runner = true,
	.command = add_command,
	/* V8 then aborts, as a function may do for any other reason. */
	.exhausted_text = "heap out of memory",
};
