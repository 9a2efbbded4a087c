/* SPDX-License-Identifier: MIT */
/* Killed: what is in memory is gone. The store has one transaction for all, so what the node wrote
 * in this turn of the loop is committed with the rest: it died after that, and before its answers
 * were sent, which go with its sockets. */

#include <stdio.h>
#include <string.h>

#include "lab/breakage.h"
#include "lab/change.h"
#include "lab/run.h"
#include "lab/services.h"
#include "topo/kinds.h"

static bool is_device_dead(const struct snet__run_node *node)
{
	return !node->device;
}

static void kill_device(struct snet__run_node *node)
{
	snet__device_end(node->device,
			 "its device was killed before the relayer had acknowledged it");
	snet__services_free(node->run, node);
}

static bool is_relayer_dead(const struct snet__run_node *node)
{
	return !node->relayer;
}

/* Programs do not know that they are to register again: commands wait until they do, perhaps because
 * they do so now and then. */
static void miss_programs(const struct snet__run_node *relayer)
{
	struct snet__run *run = relayer->run;

	for (size_t i = 0; i < run->node_count; i++)
		if (run->nodes[i]->program &&
		    snet__relayer_has_registered(relayer->relayer,
						 run->nodes[i]->node->name))
			run->nodes[i]->is_missed = true;
}

static void kill_relayer(struct snet__run_node *node)
{
	miss_programs(node);
	snet__relayer_cut(node->relayer);
	snet__services_free(node->run, node);
}

static bool is_faas_dead(const struct snet__run_node *node)
{
	return !node->faas;
}

static void kill_faas(struct snet__run_node *node)
{
	snet__faas_cut(node->faas);
	snet__services_free(node->run, node);
}

static bool is_program_down(const struct snet__run_node *node)
{
	return node->program && snet__program_is_crashed(node->program);
}

static bool is_program_dead(const struct snet__run_node *node)
{
	return node->program && snet__program_crashed_ns(node->program);
}

static bool is_program_over(const struct snet__run_node *node)
{
	return node->program && !snet__program_is_running(node->program);
}

static void kill_program(struct snet__run_node *node)
{
	snet__program_crash(node->program);
}

static int begin_again(struct snet__run_node *node, struct snet_err *err)
{
	return snet__run_begin(node->run, node, err);
}

static int begin_program(struct snet__run_node *node, struct snet_err *err)
{
	return snet__program_start(node->program, err);
}

static int begin_relayer(struct snet__run_node *node, struct snet_err *err)
{
	struct snet__run *run = node->run;
	int r = begin_again(node, err);

	for (size_t i = 0; r == 0 && i < run->node_count; i++) {
		const struct snet__model_node *other = run->nodes[i]->node;

		if (run->nodes[i]->device &&
		    strcmp(other->relayer, node->node->name) == 0)
			snet__device_register(run->nodes[i]->device);
	}
	return r;
}

/* How to do it to what lives in nodes of a role; constant table. */
static const struct victim {
	enum snet__role role;
	bool (*is_down)(const struct snet__run_node *node); /* it was killed, */
	bool (*is_dead)(const struct snet__run_node *node); /* and has died */
	void (*kill)(struct snet__run_node *node);
	int (*begin)(struct snet__run_node *node, struct snet_err *err);
} victims[] = {
	{SNET__ROLE_DEVICE, is_device_dead, is_device_dead, kill_device, begin_again},
	{SNET__ROLE_RELAYER, is_relayer_dead, is_relayer_dead, kill_relayer,
	 begin_relayer},
	{SNET__ROLE_FUNCTIONS, is_faas_dead, is_faas_dead, kill_faas, begin_again},
	{SNET__ROLE_PROGRAM, is_program_down, is_program_dead, kill_program,
	 begin_program},
};

static const struct victim *find_victim(const struct snet__model_node *node)
{
	for (size_t i = 0; i < sizeof(victims) / sizeof(*victims); i++)
		if (victims[i].role == node->role)
			return &victims[i];
	return NULL;
}

static int can(const struct snet__model_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return find_victim(node)
		       ? 0
		       : snet__err_set(err, -EINVAL,
				       "it is %s %s: nothing lives in it that "
				       "dies alone",
				       snet__kind_article(node->kind), node->kind);
}

static int begin(struct snet__run_node *node, const struct snet__breakage *breakage,
		 struct snet_err *err)
{
	(void)breakage;
	(void)err;
	find_victim(node->node)->kill(node);
	snet__run_on_change(node->run);
	return 0;
}

static int end(struct snet__run_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	const struct victim *victim = find_victim(node->node);
	int r;

	(void)breakage;
	if (!victim->is_down(node))
		return 0;
	/* It begins from what is committed, and nothing of its former life is in the air. */
	snet__run_on_turn(node->run);
	r = victim->begin(node, err);
	if (r == 0)
		snet__breakage_renew(node);
	return r;
}

static bool observe(struct snet__run_node *node, const struct snet__breakage *breakage,
		    struct snet__breakage_sight *sight)
{
	bool is_dead = find_victim(node->node)->is_dead(node);

	(void)breakage;
	/* Of all others it is done when begin() returns. */
	if (node->program)
		sight->since_ns = snet__program_crashed_ns(node->program);
	(void)snprintf(sight->text, sizeof(sight->text), "%s",
		       is_dead                 ? "nothing lives in it"
		       : is_program_over(node) ? "it had ended by itself"
					       : "it lives");
	return is_dead;
}

const struct snet__breakage_kind snet__breakage_kill = {
	.name = "kill",
	.done = "killed",
	.can = can,
	.begin = begin,
	.end = end,
	.observe = observe,
};
