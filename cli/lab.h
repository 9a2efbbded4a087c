/* SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_H
#define CLI_LAB_H

/* Which lab a command is about. */

#include <stdbool.h>
#include <stddef.h>

#include <snet/err.h>

#include "base/cleanup.h"
#include "cli/cmd.h"

/* A lab, running (@sock is where it listens) or down (@sock is NULL, @folder has its store). */
struct lab {
	char *name;
	char *sock;
	char *folder;
};
void lab_clear(struct lab *lab);
#define autolab cleanup_with(lab_clear) struct lab

/* Find the lab that @call means: the one of @name (NULL: of --lab), or the only one that runs.
 * On failure @err says what there is instead. */
int lab_find(struct lab *ret, const struct call *call, const char *name,
	     struct snet_err *err);
/* The same, and a lab that is down will do when it is named and has left its store. */
int lab_find_any(struct lab *ret, const struct call *call, struct snet_err *err);

/* Whether somebody listens at @sock. */
bool lab_is_alive(const char *sock);

/* A pidfd of the process that listens at @sock, and its number; -1 for none. */
int lab_open_process(const char *sock, pid_t *ret_pid);

/* All sockets in the folder for them, sorted by lab. A killed lab leaves one that is dead. */
struct labs {
	struct lab *items;
	size_t count, cap;
};
int labs_list(struct labs *ret, struct snet_err *err);
void labs_clear(struct labs *labs);
#define autolabs cleanup_with(labs_clear) struct labs

/* As call_fail(), of what a lab has answered to a name: -ENOENT, that it has no such node or link, is
 * a wrong command line. */
int lab_fail(const struct snet_err *err);

#endif
