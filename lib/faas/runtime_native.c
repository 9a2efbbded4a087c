/* SPDX-License-Identifier: MIT */
/* Executables: an ELF file, a script with its "#!", or an archive with "exec" at its root.
 *
 * Two protocols. "native" is ActionLoop: one process, a line of JSON in and a line out on
 * descriptor 3 for each run. "blackbox" is OpenWhisk's dockerskeleton, what "wsk --native"
 * makes: the program is started for each run with the arguments as its first argument and on
 * standard input, and its last line of standard output is the result. A kind of OpenWhisk's
 * whose code is compiled (go, rust, swift) runs as ActionLoop when its executable is given.
 * Source: OpenWhisk's actions-actionloop.md, openwhisk-runtime-docker's actionproxy.py
 *
 * Programs are executed from memory, so nothing is written to a disk. */

#include <string.h>

#include "faas/worker.h"

/* Source: actionproxy.py; the kernel refuses a single argument of 128 KiB. */
#define ARGUMENT_MAX 131071

static const char *const native_kinds[] = {"native", "go:1.20", NULL};
static const char *const other_native_kinds[] = {"go:1.19",   "go:1.22",   "rust:1.34",
						 "swift:5.7", "swift:5.3", NULL};
static const char *const blackbox_kinds[] = {"blackbox", NULL};

static int add_program(struct snet__faas_worker *worker, const char **argv,
		       struct snet_err *err)
{
	int r;

	r = snet__faas_worker_code_path(worker, err);
	if (r < 0)
		return r;
	if (!worker->action->is_archive) {
		argv[0] = worker->words[0];
		return 1;
	}
	r = snet__faas_worker_folder(worker, err);
	if (r < 0)
		return r;
	argv[0] = "python3";
	argv[1] = "-c";
	argv[2] = snet__faas_unpack_py;
	argv[3] = worker->words[0];
	argv[4] = worker->folder;
	return 5;
}

static int add_native(struct snet__faas_worker *worker, const char **argv,
		      struct snet_err *err)
{
	int r = add_program(worker, argv, err);

	return r < 0 ? r : 0;
}

static int add_blackbox(struct snet__faas_worker *worker, const char **argv,
			struct snet_err *err)
{
	int r = add_program(worker, argv, err);

	if (r < 0)
		return r;
	argv[r] = strlen(worker->run->value) > ARGUMENT_MAX ? "{}" : worker->run->value;
	return 0;
}

const struct snet__faas_runtime snet__faas_native = {
	.family = "native",
	.kinds = native_kinds,
	.other_kinds = other_native_kinds,
	.command = add_native,
};

const struct snet__faas_runtime snet__faas_blackbox = {
	.family = "blackbox",
	.kinds = blackbox_kinds,
	.one_shot = true,
	.command = add_blackbox,
};
