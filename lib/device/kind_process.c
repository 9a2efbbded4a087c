/* SPDX-License-Identifier: MIT */
/* A process: a program of this machine, in its node's namespaces. */

#include <unistd.h>

#include "device/program_private.h"

static int prepare(struct snet__program *program, struct snet_err *err)
{
	program->variables = snet__program_variables(&program->env, environ);
	return program->variables ? 0 : snet__err_oom(err);
}

static int command(struct snet__program *program, struct snet__process_opts *opts,
		   struct snet_err *err)
{
	(void)err;
	opts->argv = (const char *const *)program->argv;
	opts->env = (const char *const *)program->variables;
	opts->cwd = program->env.node->cwd;
	opts->address_space_bytes = program->address_space_bytes;
	opts->passes_rights = true;
	return 0;
}

const struct snet__program_kind snet__program_process = {
	.name = "process",
	.needs_keeper = true,
	.prepare = prepare,
	.command = command,
};
