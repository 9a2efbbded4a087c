/* SPDX-License-Identifier: MIT */
#include "lab/breakage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lab/run.h"
#include "topo/kinds.h"

static const struct snet__breakage_kind *const kinds[] = {
	&snet__breakage_kill, &snet__breakage_pause, &snet__breakage_slow,
	&snet__breakage_skew, &snet__breakage_full,
};

const struct snet__breakage_kind *snet__breakage_find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* Also in a model that was not checked yet. */
static const struct snet__model_node *find_described(const struct snet_lab *lab,
						     const char *name,
						     struct snet_err *err)
{
	for (size_t i = 0; name && i < lab->model.node_count; i++)
		if (strcmp(lab->model.nodes[i]->name, name) == 0)
			return lab->model.nodes[i];
	(void)snet__model_refuse_node(&lab->model, name, err);
	return NULL;
}

int snet__breakage_check_program(const struct snet__model_node *node,
				 struct snet_err *err)
{
	if (node->role == SNET__ROLE_PROGRAM)
		return 0;
	return snet__err_set(err, -EINVAL, "it is %s %s, not a program of its own",
			     snet__kind_article(node->kind), node->kind);
}

/* The lab need not be up: then on any thread. -ENOENT for the node, and those of can(). */
static int check(const struct snet__breakage_kind *kind, const struct snet_lab *lab,
		 const struct snet__breakage *breakage, struct snet_err *err)
{
	const struct snet__model_node *node = find_described(lab, breakage->node, err);
	int r;

	if (!node)
		return -ENOENT;
	r = kind->can(node, breakage, err);
	return r < 0 ? snet__err_prefix(err, r, "'%s' cannot be %s", node->name,
					kind->done)
		     : 0;
}

static void prepared_free_at(struct snet__breakage_prepared **at)
{
	if (!*at)
		return;
	free((*at)->node);
	free((*at)->folder);
	free(*at);
}

static int add_prepared(struct snet_lab *lab, const struct snet__breakage_kind *kind,
			const struct snet__breakage *breakage, struct snet_err *err)
{
	cleanup_with(prepared_free_at) struct snet__breakage_prepared *prepared =
		calloc(1, sizeof(*prepared));

	if (!prepared)
		return snet__err_oom(err);
	prepared->kind = kind;
	prepared->size_bytes = breakage->size_bytes;
	prepared->node = strdup(breakage->node);
	prepared->folder = breakage->folder ? strdup(breakage->folder) : NULL;
	if (!prepared->node || (breakage->folder && !prepared->folder))
		return snet__err_oom(err);
	prepared->next = lab->prepared;
	lab->prepared = steal_ptr(prepared);
	return 0;
}

int snet__breakage_prepare(const struct snet__breakage_kind *kind, struct snet_lab *lab,
			   const struct snet__breakage *breakage, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	if (r == 0)
		r = check(kind, lab, breakage, err);
	if (r < 0 || !kind->is_prepared)
		return r;
	return add_prepared(lab, kind, breakage, err);
}

const struct snet__breakage_prepared *snet__breakage_find_prepared(
	const struct snet__breakage_kind *kind, const struct snet_lab *lab,
	const char *node)
{
	const struct snet__breakage_prepared *prepared = lab->prepared;

	while (prepared && (prepared->kind != kind || strcmp(prepared->node, node) != 0))
		prepared = prepared->next;
	return prepared;
}

void snet__breakage_free_prepared(struct snet_lab *lab)
{
	struct snet__breakage_prepared *prepared;

	while ((prepared = lab->prepared)) {
		lab->prepared = prepared->next;
		prepared_free_at(&prepared);
	}
}

/* A program that could not be begun anew: there is nothing to mend, or to look at. Of all others
 * what is done to them may be done to more than what lives in them. */
static bool is_absent(const struct snet__run_node *node)
{
	return node->node->role == SNET__ROLE_PROGRAM && !node->program;
}

/* The newest of a kind. */
static const struct snet__breakage_held *find_held(const struct snet__run_node *node,
						   const struct snet__breakage_kind *kind)
{
	const struct snet__breakage_held *held = node->held;

	while (held && held->kind != kind)
		held = held->next;
	return held;
}

/* Nothing lives in it, and no kill lasts that would let it begin again: that has failed. */
static bool is_down(const struct snet__run_node *node)
{
	if (node->node->role == SNET__ROLE_PROGRAM)
		return is_absent(node);
	return !node->device && !node->relayer && !node->faas &&
	       !find_held(node, &snet__breakage_kill);
}

static bool is_as_much(const struct snet__breakage_held *held,
		       const struct snet__breakage *breakage)
{
	return held->millicpus == breakage->millicpus &&
	       held->offset_ns == breakage->offset_ns;
}

static int hold(struct snet__run_node *node, const struct snet__breakage_kind *kind,
		const struct snet__breakage *breakage, struct snet_err *err)
{
	struct snet__breakage_held *held = malloc(sizeof(*held));

	if (!held)
		return snet__err_oom(err);
	*held = (struct snet__breakage_held){
		.kind = kind,
		.millicpus = breakage->millicpus,
		.offset_ns = breakage->offset_ns,
		.next = node->held,
	};
	node->held = held;
	return 0;
}

static void release(struct snet__run_node *node, const struct snet__breakage_kind *kind,
		    const struct snet__breakage *breakage)
{
	struct snet__breakage_held **at = &node->held, *held;

	while (*at && ((*at)->kind != kind || !is_as_much(*at, breakage)))
		at = &(*at)->next;
	held = *at;
	if (!held)
		return;
	*at = held->next;
	free(held);
}

void snet__breakage_free_held(struct snet__run_node *node)
{
	struct snet__breakage_held *held;

	while ((held = node->held)) {
		node->held = held->next;
		free(held);
	}
}

void snet__breakage_renew(struct snet__run_node *node)
{
	for (const struct snet__breakage_held *at = node->held; at; at = at->next)
		if (at->kind->renew)
			at->kind->renew(node);
}

int snet__breakage_begin(const struct snet__breakage_kind *kind, struct snet__run *run,
			 const struct snet__breakage *breakage, struct snet_err *err)
{
	const struct snet__breakage_held *held;
	struct snet__run_node *node;
	int r;

	r = check(kind, run->lab, breakage, err);
	if (r < 0)
		return r;
	node = snet__run_find(run, breakage->node, err);
	if (is_down(node))
		return snet__err_set(err, -EHOSTDOWN, "'%s' is down", breakage->node);
	held = find_held(node, kind);
	r = hold(node, kind, breakage, err);
	if (r < 0 || (held && is_as_much(held, breakage)))
		return r;
	r = kind->begin(node, breakage, err);
	if (r == 0)
		return 0;
	release(node, kind, breakage);
	return snet__err_prefix(err, r, "'%s' cannot be %s", breakage->node, kind->done);
}

int snet__breakage_end(const struct snet__breakage_kind *kind, struct snet__run *run,
		       const struct snet__breakage *breakage, struct snet_err *err)
{
	struct snet__run_node *node = snet__run_find(run, breakage->node, NULL);
	const struct snet__breakage_held *held;
	struct snet__breakage left = *breakage;
	int r = 0;

	if (!node)
		return 0;
	release(node, kind, breakage);
	if (is_absent(node))
		return 0;
	held = find_held(node, kind);
	if (!held) {
		r = kind->end(node, breakage, err);
	} else if (!is_as_much(held, breakage)) {
		left.millicpus = held->millicpus;
		left.offset_ns = held->offset_ns;
		r = kind->begin(node, &left, err);
	}
	return r < 0 ? snet__err_prefix(err, r, "'%s' stays %s", breakage->node,
					kind->done)
		     : 0;
}

bool snet__breakage_observe(const struct snet__breakage_kind *kind, struct snet__run *run,
			    const struct snet__breakage *breakage,
			    struct snet__breakage_sight *ret)
{
	struct snet__run_node *node = snet__run_find(run, breakage->node, NULL);

	*ret = (struct snet__breakage_sight){0};
	return node && !is_absent(node) && kind->observe(node, breakage, ret);
}
