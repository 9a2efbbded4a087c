/* SPDX-License-Identifier: MIT */
/* snet: a thin command over libsnet. Here are the array of commands and the way from argv to
 * one of them; what an option is stands in each command's table entry. */

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/parse.h"

const struct cmd *const cmds[] = {
	&cmd_up,     &cmd_down,      &cmd_ls,   &cmd_status,  &cmd_press, &cmd_watch,
	&cmd_events, &cmd_trace,     &cmd_exec, &cmd_logs,    &cmd_apply, &cmd_add,
	&cmd_rm,     &cmd_restart,   &cmd_save, &cmd_graph,   &cmd_link,  &cmd_capture,
	&cmd_fn,     &cmd_topo,      &cmd_run,  &cmd_explore, &cmd_diff,  &cmd_replay,
	&cmd_doctor, &cmd_calibrate, &cmd_help, &cmd_version, NULL,
};

const struct cmd *cmd_find(const char *name)
{
	for (const struct cmd *const *at = cmds; *at; at++)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

/* Whoever closed stdin, stdout or stderr did not mean the first files that are opened here. */
static bool open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR); /* to be inherited, as the others are */
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* "snet ls --json > /dev/full" has failed, though each printf() seemed fine. */
static bool end_output(void)
{
	int code = fflush(stdout) ? errno : 0;

	if (!code && !ferror(stdout))
		return true;
	/* It failed some time ago, and why is forgotten. It mostly does so again; if not, a line
	 * more does no harm to what is broken. */
	if (!code && (fputc('\n', stdout) == EOF || fflush(stdout)))
		code = errno;
	fprintf(stderr, "snet: cannot write the output%s%s\n", code ? ": " : "",
		code ? strerrordesc_np(code) : "");
	return false;
}

int main(int argc, char **argv)
{
	struct call call = {0};
	int status;

	/* Who ignores it hands that on, and then there is no child to wait for. */
	(void)signal(SIGCHLD, SIG_DFL);
	if (!open_standard())
		return EXIT_FAILED;
	/* For the widths of characters; numbers stay as they are in C and JSON. What is printed
	 * is UTF-8, also where nobody has set a locale: containers, sudo. */
	(void)setlocale(LC_CTYPE, "");
	if (MB_CUR_MAX == 1)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	status = call_parse(&call, argc, argv);
	if (status == EXIT_DONE && call.cmd)
		status = call.cmd->run(&call);
	call_clear(&call);
	return !end_output() && status == EXIT_DONE ? EXIT_FAILED : status;
}
