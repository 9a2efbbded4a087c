/* SPDX-License-Identifier: MIT */
/* What a change of the description means for what lives in a node. */

#include "lab/renew.h"

#include <string.h>

static bool names_backend(const struct snet__model_node *relayer, const char *backend)
{
	for (size_t i = 0; i < relayer->route_count; i++)
		if (strcmp(relayer->routes[i].backend, backend) == 0)
			return true;
	return false;
}

static const struct snet__model_node *find_wanted(const struct snet__rewire *rewire,
						  const char *name)
{
	return name ? snet__model_find_node(rewire->wanted, name) : NULL;
}

static struct snet__run_node *find(const struct snet__rewire *rewire, const char *name)
{
	const struct snet__model_node *node = find_wanted(rewire, name);

	return node ? rewire->nodes[node->index] : NULL;
}

static void renew(struct snet__rewire *rewire, const struct snet__model_node *wanted)
{
	if (wanted->role != SNET__ROLE_SWITCH)
		rewire->is_changed[wanted->index] = true;
}

/* Whether a node that others have to do with is not at the address where it was. */
static bool has_moved(const struct snet__rewire *rewire, const char *name)
{
	const struct snet__model_node *wanted = find_wanted(rewire, name);

	return wanted && (snet__rewire_is_made(rewire, wanted->index) ||
			  rewire->nodes[wanted->index]->node->ipv4 != wanted->ipv4);
}

/* The same, or what lives in it is made anew. */
static bool is_other(const struct snet__rewire *rewire, const char *name)
{
	return has_moved(rewire, name) ||
	       (find(rewire, name) &&
		rewire->is_changed[snet__model_find_node(rewire->wanted, name)->index]);
}

/* By a change that has failed: it begins again. */
static bool was_stopped(const struct snet__rewire *rewire, const char *name)
{
	const struct snet__run_node *node = find(rewire, name);

	return node && node->program && snet__program_is_stopping(node->program);
}

static void renew_users(struct snet__rewire *rewire, const char *backend)
{
	for (size_t i = 0; i < rewire->wanted->node_count; i++)
		if (names_backend(rewire->wanted->nodes[i], backend))
			renew(rewire, rewire->wanted->nodes[i]);
}

static void renew_changed(struct snet__rewire *rewire, const struct snet__change *change)
{
	const struct snet__model_backend *backend;
	const struct snet__run_node *gateway;

	if (change->of == SNET__CHANGE_OF_NODE && change->kind == SNET__CHANGE_CHANGED &&
	    change->takes > SNET__TAKES_NOTHING)
		renew(rewire, change->after);
	else if (change->node_after)
		renew(rewire, change->node_after);
	if (change->of != SNET__CHANGE_OF_BACKEND)
		return;
	renew_users(rewire, change->name);
	for (int i = 0; i < 2; i++) {
		backend = i ? change->before : change->after;
		gateway = backend ? find(rewire, backend->gateway) : NULL;
		if (gateway)
			renew(rewire,
			      snet__model_find_node(rewire->wanted, backend->gateway));
	}
}

/* What follows from a node that is made anew or somewhere else. */
static void renew_dependents(struct snet__rewire *rewire)
{
	const struct snet__model *wanted = rewire->wanted;

	for (size_t i = 0; i < wanted->backend_count; i++) {
		const struct snet__model_backend *backend = &wanted->backends[i];

		if (is_other(rewire, backend->node) || is_other(rewire, backend->gateway))
			renew_users(rewire, backend->name);
	}
	for (size_t i = 0; i < wanted->node_count; i++) {
		const struct snet__model_node *node = wanted->nodes[i];

		if (has_moved(rewire, node->name) || has_moved(rewire, node->relayer) ||
		    was_stopped(rewire, node->name))
			renew(rewire, node);
	}
}

void snet__renew_find(struct snet__rewire *rewire, const struct snet__diff *diff)
{
	for (size_t i = 0; i < diff->count; i++)
		renew_changed(rewire, &diff->changes[i]);
	renew_dependents(rewire);
}
