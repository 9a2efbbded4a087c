/* SPDX-License-Identifier: MIT */
/* Which nodes or links a text means: a name, a glob, or "kind:button". */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "fault/scenario.h"
#include "topo/value.h"

#define KIND "kind:"

/* What nodes and links have in common here. */
struct things {
	const char *what; /* "node" */
	size_t count;
	const char *(*name)(const struct snet__model *model, size_t index);
	const char *(*kind)(const struct snet__model *model, size_t index);
};

static const char *node_name(const struct snet__model *model, size_t index)
{
	return model->nodes[index]->name;
}

static const char *node_kind(const struct snet__model *model, size_t index)
{
	return model->nodes[index]->kind;
}

static const char *link_name(const struct snet__model *model, size_t index)
{
	return model->links[index]->name;
}

/* Into its place among the others, unless it is there. */
static int add(struct snet__set *set, size_t item, struct snet_err *err)
{
	size_t at = set->count;
	int r;

	while (at && set->items[at - 1] > item)
		at--;
	if (at && set->items[at - 1] == item)
		return 0;
	r = snet__vec_reserve(&set->items, &set->cap, set->count + 1, sizeof(*set->items),
			      err);
	if (r < 0)
		return r;
	memmove(&set->items[at + 1], &set->items[at],
		(set->count - at) * sizeof(*set->items));
	set->items[at] = item;
	set->count++;
	return 0;
}

static int refuse(const struct things *things, const struct snet__model *model,
		  const char *text, struct snet_err *err)
{
	const char **names = calloc(things->count + 1, sizeof(*names)), *similar = NULL;
	struct snet__shown shown;

	for (size_t i = 0; names && i < things->count; i++)
		names[i] = things->name(model, i);
	if (names)
		similar = snet__text_find_similar(text, names);
	(void)snet__err_set(err, -EINVAL, "no %s of the lab is called '%s'%s%s%s",
			    things->what, snet__show(&shown, text),
			    similar ? ", did you mean '" : "", similar ? similar : "",
			    similar ? "'?" : "");
	free(names);
	return -EINVAL;
}

static int select_things(struct snet__set *set, const struct things *things,
			 const struct snet__model *model, const char *text,
			 struct snet_err *err)
{
	bool is_kind = things->kind && strncmp(text, KIND, strlen(KIND)) == 0;
	size_t found = 0;
	int r = 0;

	for (size_t i = 0; i < things->count && r == 0; i++) {
		const char *word =
			is_kind ? things->kind(model, i) : things->name(model, i);

		if (fnmatch(is_kind ? text + strlen(KIND) : text, word, 0) != 0)
			continue;
		found++;
		r = add(set, i, err);
	}
	return r < 0 || found ? r : refuse(things, model, text, err);
}

int snet__select_nodes(struct snet__set *set, const struct snet__model *model,
		       const char *text, struct snet_err *err)
{
	const struct things nodes = {"node", model->node_count, node_name, node_kind};

	return select_things(set, &nodes, model, text, err);
}

int snet__select_links(struct snet__set *set, const struct snet__model *model,
		       const char *text, struct snet_err *err)
{
	const struct things links = {"link", model->link_count, link_name, NULL};

	return select_things(set, &links, model, text, err);
}
