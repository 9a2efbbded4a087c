/* SPDX-License-Identifier: MIT */
/* What is done to a program that runs: stopped and continued, slowed down. */

#include "base/cleanup.h"
#include "device/program_private.h"
#include "sys/tree.h"

/* How often all processes are moved into a group. Who is born of one that is in it is in it, so
 * each time leaves at most what was born during it. */
#define MOVES 3

void snet__program_set_stopped(struct snet__program *program, bool is_stopped)
{
	if (is_stopped)
		snet__tree_stop(program->pid);
	else
		snet__tree_continue(program->pid);
}

bool snet__program_is_stopped(const struct snet__program *program)
{
	return snet__tree_is_stopped(program->pid);
}

static void move(void *user, pid_t pid, char state)
{
	(void)state;
	(void)snet__cgroup_add(user, pid); /* it has ended, or was let in before */
}

int snet__program_set_cpu(struct snet__program *program, unsigned int millicpus,
			  struct snet_err *err)
{
	autofree char *name = snet__program_group_name(program);
	const struct snet__cgroup_opts opts = {.name = name, .millicpus = millicpus};
	int r;

	if (!name)
		return snet__err_oom(err);
	if (!millicpus)
		millicpus = program->env.node->millicpus;
	if (program->cgroup)
		r = snet__cgroup_set_cpu(program->cgroup, millicpus, err);
	else
		r = millicpus ? snet__cgroup_new(&program->cgroup, &opts, err) : 0;
	if (r == 0 && program->cgroup)
		program->throttled_ns = snet__cgroup_throttled_ns(program->cgroup);
	for (int i = 0; r == 0 && program->cgroup && i < MOVES; i++)
		(void)snet__tree_each(program->pid, move, program->cgroup);
	return r;
}

unsigned int snet__program_cpu(struct snet__program *program)
{
	return program->cgroup ? snet__cgroup_get_cpu(program->cgroup) : 0;
}

uint64_t snet__program_throttled_ns(const struct snet__program *program)
{
	uint64_t now_ns =
		program->cgroup ? snet__cgroup_throttled_ns(program->cgroup) : 0;

	return now_ns > program->throttled_ns ? now_ns - program->throttled_ns : 0;
}
