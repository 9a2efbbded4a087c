/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_TREE_H
#define SNET_SYS_TREE_H

/* A process and all that descend from it. When it is process 1 of a PID namespace, and has those
 * that lost their parents as its children, that is the whole namespace. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* @state as of proc(5), such as 'R', 'S', 'T'. */
typedef void (*snet__tree_fn)(void *user, pid_t pid, char state);

/* Call @fn of each, parents first: a child that one has while @fn is called of it is found. How
 * many there were. */
size_t snet__tree_each(pid_t root, snet__tree_fn fn, void *user);
/* SIGSTOP for each until all have stopped, or do so before they run again; at most for a moment.
 * SIGCONT for each. */
void snet__tree_stop(pid_t root);
void snet__tree_continue(pid_t root);
/* Whether there are processes, and none of them runs. */
bool snet__tree_is_stopped(pid_t root);

#endif
