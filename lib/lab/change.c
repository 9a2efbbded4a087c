/* SPDX-License-Identifier: MIT */
/* What is to be, and how it differs from what is. */

#include "lab/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "lab/shaping.h"
#include "topo/parts.h"
#include "topo/problems.h"
#include "topo/value.h"

int snet__change_read_ways(bool ret[2], const char *link, enum snet_direction direction,
			   struct snet_err *err)
{
	if (!link)
		return snet__err_set(err, -EINVAL, "link: missing");
	if ((unsigned int)direction > SNET_DIRECTION_BACK)
		return snet__err_set(err, -EINVAL,
				     "direction: none of enum snet_direction");
	ret[0] = direction != SNET_DIRECTION_BACK;
	ret[1] = direction != SNET_DIRECTION_FORTH;
	return 0;
}

/* Where the file gives @key; nowhere when it leaves that at its default. */
static int complain_whole(struct snet__problems *problems,
			  const struct snet__changed_key *key,
			  const struct snet__json *root,
			  const struct snet__json_places *places, struct snet_err *err)
{
	const struct snet__json *member = snet__json_get(root, key->key);
	unsigned int line = 0, column = 0;

	if (member)
		snet__json_places_find(places, member, true, &line, &column);
	return snet__problems_addf(
		problems, line, column, key->key, err,
		"is %s in the lab, and cannot change while that is up: "
		"take it down, and up again",
		key->before ? key->before : "the default");
}

/* Complain about each key of the lab itself that differs in @text, which was read. */
static int find_whole_changes(const struct snet__diff *diff, const char *text,
			      struct snet__problems *problems, struct snet_err *err)
{
	const struct snet__change *lab = diff->changes;
	struct snet__json_places *places = NULL;
	autojson *root = NULL;
	struct snet_err first;
	int r;

	if (!diff->count || lab->takes != SNET__TAKES_LAB)
		return 0;
	r = snet__json_parse(&root, text, strlen(text), err);
	if (r == 0)
		r = snet__json_places_new(&places, root, text, strlen(text), err);
	for (size_t i = 0; i < lab->key_count && r == 0; i++)
		r = complain_whole(problems, &lab->keys[i], root, places, err);
	snet__json_places_free(places);
	if (r == 0)
		r = snet__problems_sort(problems, err);
	if (r < 0)
		return r;
	(void)snet__problems_err(problems, NULL, &first);
	return snet__err_set(err, -ENOTSUP, "%s", first.msg);
}

int snet__change_compare(const struct snet__model *model, struct snet__model *wanted,
			 struct snet__problems *problems, struct snet__diff *diff,
			 struct snet_err *err)
{
	int r;

	wanted->before = model;
	r = snet__model_check(wanted, problems, err);
	if (r == 0)
		r = snet__model_plan(wanted, err);
	if (r == 0)
		r = snet__shaping_check(wanted, err);
	return r == 0 ? snet__diff(diff, model, wanted, err) : r;
}

/* The addresses that are given to new nodes, sorted. */
struct takers {
	struct taker {
		uint32_t ipv4;
		const struct snet__model_node *node;
	} * items;
	size_t count, cap;
};

static int compare_takers(const void *a, const void *b)
{
	uint32_t x = ((const struct taker *)a)->ipv4, y = ((const struct taker *)b)->ipv4;

	return (x > y) - (x < y);
}

/* What is new follows what was there. */
static int list_takers(struct takers *takers, const struct snet__model *model,
		       const struct snet__model *wanted, struct snet_err *err)
{
	int r = 0;

	for (size_t i = model->node_count; i < wanted->node_count; i++) {
		const struct snet__model_node *node = wanted->nodes[i];

		for (size_t k = 0; k < node->iface_count && r == 0; k++) {
			if (!snet__node_given(node, k).address)
				continue;
			r = snet__vec_reserve(&takers->items, &takers->cap,
					      takers->count + 1, sizeof(*takers->items),
					      err);
			if (r == 0)
				takers->items[takers->count++] = (struct taker){
					node->ifaces[k].ipv4,
					node,
				};
		}
	}
	if (takers->count)
		qsort(takers->items, takers->count, sizeof(*takers->items),
		      compare_takers);
	return r;
}

/* The new node that is given @ipv4, or NULL. */
static const struct snet__model_node *find_taker(const struct takers *takers,
						 uint32_t ipv4)
{
	const struct taker key = {.ipv4 = ipv4}, *taker = NULL;

	if (takers->count)
		taker = bsearch(&key, takers->items, takers->count, sizeof(key),
				compare_takers);
	return taker ? taker->node : NULL;
}

static int complain_moved(struct snet__problems *problems, const char *name,
			  const struct snet__model_iface *was,
			  const struct snet__model_iface *is,
			  const struct snet__model_node *taker, struct snet_err *err)
{
	struct snet__shown former, other;
	char path[64];

	if (!taker)
		return snet__problems_addf(
			problems, 0, 0, "", err,
			"'%s' would move from %s to %s, as the subnet of its segment "
			"would change: 'snet apply' a file of the whole lab to see what "
			"moves, and accept it",
			name, snet__show_net(&former, was->ipv4, was->prefix),
			snet__show_net(&other, is->ipv4, is->prefix));
	(void)snprintf(path, sizeof(path), "nodes[%zu]", taker->entry);
	return snet__problems_addf(problems, taker->line, taker->column, path, err,
				   "'%s' is the address of '%s': give '%s' another",
				   snet__show_net(&former, was->ipv4, 0), name,
				   taker->name);
}

/* What is there stays where it is, whatever is added. One complaint is enough when all of a segment
 * moves. */
static int refuse_moves(const struct snet__model *model, const struct snet__model *wanted,
			struct snet__problems *problems, struct snet_err *err)
{
	struct takers takers = {0};
	bool is_alone = true;
	int r;

	r = list_takers(&takers, model, wanted, err);
	for (size_t i = 0; i < model->node_count && r == 0; i++) {
		const struct snet__model_node *node = model->nodes[i], *other;

		other = snet__model_find_node(wanted, node->name);
		for (size_t k = 0; k < node->iface_count && r == 0; k++) {
			const struct snet__model_iface *a = &node->ifaces[k];
			const struct snet__model_iface *b = &other->ifaces[k];
			const struct snet__model_node *taker;

			if (a->ipv4 == b->ipv4 && a->prefix == b->prefix)
				continue;
			taker = find_taker(&takers, a->ipv4);
			if (taker || is_alone)
				r = complain_moved(problems, node->name, a, b, taker,
						   err);
			is_alone = is_alone && taker;
		}
	}
	free(takers.items);
	if (r == 0)
		r = snet__problems_sort(problems, err);
	return r == 0 && problems->count ? snet__problems_err(problems, NULL, err) : r;
}

/* What somebody asks for, even beside no file, is to be there: see snet__model_read(). */
static const char *folder_of(const struct snet__change_request *request)
{
	return request->folder ? request->folder : "";
}

static int update_link(struct snet__model *wanted, const struct snet__model *model,
		       const struct snet__change_request *request,
		       struct snet__problems *problems, struct snet_err *err)
{
	const struct snet__model_link *former =
		snet__model_find_link(model, request->link);
	int r;

	if (request->impairment)
		r = snet__model_impair_link(wanted, request->link, request->ways,
					    request->impairment, err);
	else
		r = snet__model_update_link(wanted, request->link, request->ways,
					    request->text, folder_of(request), problems,
					    err);
	if (r < 0)
		return r;
	snet__shaping_keep(snet__model_find_link(wanted, request->link), former);
	return 0;
}

static int read_wanted(const struct snet__model *model, struct snet__model *wanted,
		       const struct snet__change_request *request,
		       struct snet__problems *problems, struct snet_err *err)
{
	int r;

	if (!request->nodes && !request->link && request->mode == SNET__CHANGE_TO) {
		wanted->device_kinds = model->device_kinds;
		wanted->backend_kinds = model->backend_kinds;
		return snet__model_read(wanted, request->text, strlen(request->text),
					folder_of(request), problems, err);
	}
	r = snet__model_copy(wanted, model, err);
	if (r < 0)
		return r;
	if (request->link)
		return update_link(wanted, model, request, problems, err);
	if (request->nodes)
		return snet__model_remove_nodes(wanted, request->nodes,
						request->node_count, err);
	return snet__model_read_more(wanted, request->text, strlen(request->text),
				     folder_of(request), problems, err);
}

int snet__change_plan(struct snet__change_plan *plan, const struct snet_lab *lab,
		      const struct snet__change_request *request,
		      struct snet__problems *problems, struct snet_err *err)
{
	int r;

	*plan = (struct snet__change_plan){0};
	snet__model_init(&plan->wanted);
	r = read_wanted(&lab->model, &plan->wanted, request, problems, err);
	if (r == 0)
		r = snet__change_compare(&lab->model, &plan->wanted, problems,
					 &plan->diff, err);
	if (r == 0)
		r = find_whole_changes(&plan->diff, request->text, problems, err);
	if (r == 0 && request->mode == SNET__CHANGE_PLUS)
		r = refuse_moves(&lab->model, &plan->wanted, problems, err);
	if (r == -EINVAL && request->nodes)
		r = snet__err_prefix(err, r, "cannot remove '%s'%s", request->nodes[0],
				     request->node_count > 1 ? " and the others" : "");
	return r;
}

void snet__change_plan_clear(struct snet__change_plan *plan)
{
	snet__diff_clear(&plan->diff);
	snet__model_clear(&plan->wanted);
}
