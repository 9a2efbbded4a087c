/* SPDX-License-Identifier: MIT */
/* Python, by the python3 of the machine whatever version was asked for. */

#include <sys/wait.h>

#include "faas/worker.h"

/* Source: ansible/files/runtimes.json; the first is its default. */
static const char *const kinds[] = {"python:3.11", "python:3.10", "python:3", NULL};
static const char *const other_kinds[] = {"python:3.6",  "python:3.7",  "python:3.8",
					  "python:3.9",  "python:3.12", "python:3.13",
					  "python:3.14", "python",      NULL};

static int add_command(struct snet__faas_worker *worker, const char **argv,
		       struct snet_err *err)
{
	argv[0] = "python3";
	argv[1] = "-c";
	argv[2] = snet__faas_runner_py;
	return 0;
}

/* What the runner exits with on a MemoryError. */
static bool has_exhausted(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 137;
}

const struct snet__faas_runtime snet__faas_python = {
	.family = "python",
	.kinds = kinds,
	.other_kinds = other_kinds,
	.suffix = ".py",
	.has_runner = true,
	.command = add_command,
	.has_exhausted = has_exhausted,
};
