/* SPDX-License-Identifier: MIT */
/* What lies between two nodes is found by cutting off, again and again, what hangs on one link
 * only: in a tree of links only the path is left, else the rings on it and beside it as well. */

#include "fault/touch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fault/kind.h"
#include "topo/impairment.h"

/* With more, answers come when nobody waits for them any more: see fault/probes.c. */
#define DELAY_MAX (200 * SNET__NS_PER_MS)

struct stop {
	size_t degree;
	size_t links; /* their numbers, XORed: of one link its number */
	bool is_end;
};

/* What is left of the model. */
struct path {
	const struct snet__model *model;
	struct stop *stops; /* nodes */
	bool *is_cut;       /* links */
};

static void join(struct path *path, const struct snet__model_link *link)
{
	for (int i = 0; i < 2; i++) {
		path->stops[link->ends[i]->index].degree++;
		path->stops[link->ends[i]->index].links ^= link->index;
	}
}

static void cut(struct path *path, size_t node)
{
	while (path->stops[node].degree == 1 && !path->stops[node].is_end) {
		const struct snet__model_link *link =
			path->model->links[path->stops[node].links];

		path->is_cut[link->index] = true;
		for (int i = 0; i < 2; i++) {
			path->stops[link->ends[i]->index].degree--;
			path->stops[link->ends[i]->index].links ^= link->index;
		}
		node = link->ends[link->ends[0]->index == node]->index;
	}
}

static int find_path(struct path *path, const struct snet__model_node *from,
		     const struct snet__model_node *to)
{
	const struct snet__model *model = path->model;

	path->stops = calloc(model->node_count + 1, sizeof(*path->stops));
	path->is_cut = calloc(model->link_count + 1, sizeof(*path->is_cut));
	if (!path->stops || !path->is_cut)
		return -ENOMEM;
	path->stops[from->index].is_end = path->stops[to->index].is_end = true;
	for (size_t i = 0; i < model->link_count; i++)
		join(path, model->links[i]);
	for (size_t i = 0; i < model->node_count; i++)
		cut(path, i);
	return 0;
}

static bool has_node(const struct path *path, const struct snet__set *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (path->stops[nodes->items[i]].degree ||
		    path->stops[nodes->items[i]].is_end)
			return true;
	return false;
}

static bool has_link(const struct path *path, const struct snet__set *links)
{
	for (size_t i = 0; i < links->count; i++)
		if (!path->is_cut[links->items[i]])
			return true;
	return false;
}

/* Of an impairment; all else does both. */
static unsigned char deeds_of_key(const char *key)
{
	static const struct {
		const char *key;
		unsigned char deeds;
	} keys[] = {
		{"delay", SNET__TOUCH_DELAYS},
		{"jitter", SNET__TOUCH_DELAYS},
		{"distribution", SNET__TOUCH_DELAYS},
		{"delay_correlation", SNET__TOUCH_DELAYS},
		{"reorder", SNET__TOUCH_DELAYS},
		{"reorder_correlation", SNET__TOUCH_DELAYS},
		{"gap", SNET__TOUCH_DELAYS},
		{"loss", SNET__TOUCH_LOSES},
		{"loss_correlation", SNET__TOUCH_LOSES},
		{"pmtu", SNET__TOUCH_LOSES},
		{"duplicate", 0},
		{"duplicate_correlation", 0},
		{"corrupt", SNET__TOUCH_LOSES},
		{"corrupt_correlation", SNET__TOUCH_LOSES},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].deeds;
	return SNET__TOUCH_ALL;
}

static unsigned char deeds_on_links(const struct snet__fault *fault)
{
	unsigned char deeds = 0;
	const char *key;

	/* Down, or dropped. */
	if (!fault->given || fault->kind->is_down)
		return SNET__TOUCH_LOSES;
	for (size_t i = 0; (key = snet__impairment_key(i)); i++)
		if (fault->given[i])
			deeds |= deeds_of_key(key);
	if (fault->set.delay_ns > DELAY_MAX || fault->set.jitter_ns > DELAY_MAX)
		deeds = SNET__TOUCH_ALL;
	return deeds;
}

static unsigned char deeds_of(const struct path *path, const struct snet__fault *fault)
{
	unsigned char deeds = has_node(path, &fault->nodes) ? SNET__TOUCH_ALL : 0;

	for (size_t i = 0; i < fault->group_count; i++)
		if (has_node(path, &fault->groups[i]))
			deeds = SNET__TOUCH_ALL;
	if (has_link(path, &fault->links))
		deeds |= deeds_on_links(fault);
	return deeds;
}

int snet__touch_find(unsigned char *ret, const struct snet__scenario *scenario,
		     const char *from, const char *to)
{
	struct path path = {.model = &scenario->model};
	const struct snet__model_node *a = snet__model_find_node(path.model, from);
	const struct snet__model_node *b = snet__model_find_node(path.model, to);
	int r = 0;

	memset(ret, SNET__TOUCH_ALL, scenario->fault_count);
	if (!a || !b)
		return 0;
	r = find_path(&path, a, b);
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++)
		ret[i] = deeds_of(&path, &scenario->faults[i]);
	free(path.stops);
	free(path.is_cut);
	return r;
}
