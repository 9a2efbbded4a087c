/* SPDX-License-Identifier: MIT */
/* Paused: processes are stopped by the kernel; what is a part of this process has a part of the
 * loop, which is held, and perhaps an endpoint in what all share. */

#include <stdio.h>

#include "lab/breakage.h"
#include "lab/run.h"
#include "topo/kinds.h"

static void hold_device(struct snet__run_node *node, bool is_held)
{
	if (node->device)
		snet__device_set_held(node->device, is_held);
}

static void hold_relayer(struct snet__run_node *node, bool is_held)
{
	if (node->relayer)
		snet__relayer_set_held(node->relayer, is_held);
}

static void hold_faas(struct snet__run_node *node, bool is_held)
{
	if (node->faas)
		snet__faas_set_stopped(node->faas, is_held);
}

static void hold_program(struct snet__run_node *node, bool is_held)
{
	if (node->program)
		snet__program_set_stopped(node->program, is_held);
}

static bool is_held(const struct snet__run_node *node)
{
	return node->loop && snet__loop_is_held(node->loop);
}

static bool is_faas_held(const struct snet__run_node *node)
{
	return is_held(node) && snet__faas_is_stopped(node->faas);
}

static bool is_program_held(const struct snet__run_node *node)
{
	return node->program && snet__program_is_stopped(node->program);
}

/* What is to be held besides the node's part of the loop; constant table. */
static const struct sleeper {
	enum snet__role role;
	void (*hold)(struct snet__run_node *node, bool is_held);
	bool (*is_held)(const struct snet__run_node *node);
} sleepers[] = {
	{SNET__ROLE_DEVICE, hold_device, is_held},
	{SNET__ROLE_RELAYER, hold_relayer, is_held},
	{SNET__ROLE_FUNCTIONS, hold_faas, is_faas_held},
	{SNET__ROLE_PROGRAM, hold_program, is_program_held},
};

static const struct sleeper *find_sleeper(const struct snet__model_node *node)
{
	for (size_t i = 0; i < sizeof(sleepers) / sizeof(*sleepers); i++)
		if (sleepers[i].role == node->role)
			return &sleepers[i];
	return NULL;
}

static int can(const struct snet__model_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return find_sleeper(node)
		       ? 0
		       : snet__err_set(err, -EINVAL,
				       "it is %s %s: its packets are the "
				       "kernel's business",
				       snet__kind_article(node->kind), node->kind);
}

static void set_held(struct snet__run_node *node, bool is_held)
{
	if (node->loop)
		snet__loop_set_held(node->loop, is_held);
	find_sleeper(node->node)->hold(node, is_held);
}

static int begin(struct snet__run_node *node, const struct snet__breakage *breakage,
		 struct snet_err *err)
{
	(void)breakage;
	(void)err;
	/* Between two turns: what it has said already is sent. */
	snet__run_on_turn(node->run);
	set_held(node, true);
	return 0;
}

/* In the turn in which it began: what it has said, or asked, is not sent yet. */
static void renew(struct snet__run_node *node)
{
	set_held(node, true);
}

static int end(struct snet__run_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	(void)err;
	set_held(node, false);
	return 0;
}

static bool observe(struct snet__run_node *node, const struct snet__breakage *breakage,
		    struct snet__breakage_sight *sight)
{
	bool is_held = find_sleeper(node->node)->is_held(node);

	(void)breakage;
	(void)snprintf(sight->text, sizeof(sight->text), "%s",
		       is_held ? "it stands still" : "it runs");
	return is_held;
}

const struct snet__breakage_kind snet__breakage_pause = {
	.name = "pause",
	.done = "paused",
	.can = can,
	.begin = begin,
	.end = end,
	.renew = renew,
	.observe = observe,
};
