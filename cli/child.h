/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

/* A program that runs in the terminal as if it were snet, but no longer than a node of a lab. */

#include <stdbool.h>
#include <sys/types.h>

#include "cli/lab.h"

/* Where it runs. */
struct child_place {
	const struct lab *lab;
	const char *node;
	int end; /* what is readable once the node has ended */
};

/* Run @become, which turns into the program or returns an exit code, in a child process. Its
 * signals and its way to end are those of the program. When the node ends or the lab does, in
 * whatever way, the program and all that it has started get SIGHUP, and a little later SIGKILL.
 * Returns an exit code. */
int child_run(const struct child_place *place, int (*become)(void *user), void *user);

/* For @become, behind its last change of credentials: end when @parent ends. False when
 * it has ended already. */
bool child_die_with(pid_t parent);

#endif
