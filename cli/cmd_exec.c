/* SPDX-License-Identifier: MIT */
/* snet exec: run a program inside a node. The lab hands over descriptors of the node's
 * namespaces; a child process enters them and becomes the program, and this one sees to it that
 * the program does not outlive the node. */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/client.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "sys/process.h"
#include "sys/userns.h"

/* As shells and env(1) have it. */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND      127

/* Whether @fd is the namespace @name that this process is in already: entering one's own user
 * namespace is forbidden. */
static bool is_own(int fd, const char *name)
{
	autofree char *path = snet__text_format("/proc/self/ns/%s", name);
	struct stat own, other;

	return path && stat(path, &own) == 0 && fstat(fd, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* The user namespace first: it gives the rights over the others. */
static int enter(const int fds[SNET__ENTER_COUNT], const char *node, struct snet_err *err)
{
	static const struct {
		const char *name;
		int type;
	} namespaces[] = {
		[SNET__ENTER_USER] = {"user", CLONE_NEWUSER},
		[SNET__ENTER_MOUNT] = {"mnt", CLONE_NEWNS},
		[SNET__ENTER_NET] = {"net", CLONE_NEWNET},
	};
	autofree char *cwd = getcwd(NULL, 0);

	for (int i = 0; i < SNET__ENTER_END; i++) {
		if (is_own(fds[i], namespaces[i].name))
			continue;
		if (setns(fds[i], namespaces[i].type) < 0)
			return snet__err_sys(err, -errno,
					     "cannot enter the %s namespace of node '%s'",
					     namespaces[i].name, node);
	}
	/* Entering a mount namespace moves to its root. A folder that is gone stays left. */
	if (cwd && chdir(cwd) < 0)
		(void)chdir("/");
	return 0;
}

struct program {
	const int *fds;
	const char *node;
	char **argv;
	pid_t parent;
};

/* execvp(3) says "permission denied" for a folder of PATH that cannot be entered, wherever the
 * program is not. */
static void fail_exec(const char *name, int code, struct snet_err *err)
{
	autofree char *path = NULL;

	if (code == EACCES && !strchr(name, '/') &&
	    snet__process_find(&path, name, NULL) == -ENOENT)
		code = ENOENT;
	(void)snet__err_sys(err, -code, "cannot run '%s'", name);
}

/* In the child: returns only when that fails, with an exit code. */
static int become(void *user)
{
	const struct program *program = user;
	char **argv = program->argv;
	struct snet_err err = {0};

	if (enter(program->fds, program->node, &err) < 0)
		return call_fail(&err);
	snet__userns_pass_rights();
	/* Entering has made the kernel forget what was asked for before. */
	if (!child_die_with(program->parent))
		return EXIT_FAILED;
	(void)execvp(argv[0], argv);
	fail_exec(argv[0], errno, &err);
	(void)call_fail(&err);
	return err.code == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int run(const struct call *call)
{
	int fds[SNET__ENTER_COUNT];
	const char *node = call->argv[0];
	struct snet_err err = {0};
	struct program program;
	autolab lab = {0};
	int r;

	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	r = snet__client_enter(fds, lab.sock, node, &err);
	/* The descriptors are O_CLOEXEC, and both processes end soon or become another. */
	if (r < 0)
		return lab_fail(&err);
	program = (struct program){fds, node, call->rest, getpid()};
	return child_run(&(struct child_place){&lab, node, fds[SNET__ENTER_END]}, become,
			 &program);
}

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "NODE COMMAND ...",
	.min = 1,
	.max = 1,
	.has_rest = true,
	.help = "run a program inside a node, on its network and with its names",
	.details =
		"The exit code is the program's; 127 when it is not found, 126 when it cannot be\n"
		"executed. The program ends when the node does, and what it leaves behind when it\n"
		"ends.",
	.run = run,
};
