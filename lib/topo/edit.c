/* SPDX-License-Identifier: MIT */
/* A model as the beginning of another one. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "io/filter.h"
#include "topo/impairment.h"
#include "topo/parts.h"
#include "topo/value.h"

static void keep_files(struct snet__model_link *link, const struct snet__model_link *from)
{
	for (int i = 0; i < 2; i++) {
		link->kept[i].table = snet__kept_file_ref(from->kept[i].table);
		link->kept[i].trace = snet__kept_file_ref(from->kept[i].trace);
		link->kept[i].filter = snet__filter_ref(from->kept[i].filter);
	}
}

/* It stands in no file that anybody has seen. */
static void forget_place(struct snet__model_node *node)
{
	node->line = 0;
	node->entry = SNET__NO_ENTRY;
	for (size_t i = 0; i < node->route_count; i++)
		node->routes[i].line = node->routes[i].column = 0;
}

/* By way of its text: whatever can be said in a lab file is copied so. */
int snet__model_copy(struct snet__model *ret, const struct snet__model *model,
		     struct snet_err *err)
{
	const struct snet__format_opts opts = {0};
	autofree char *text = snet__model_format(model, &opts);
	struct snet__problems problems = {0};
	int r;

	if (!text)
		return snet__err_oom(err);
	snet__model_init(ret);
	ret->device_kinds = model->device_kinds;
	ret->backend_kinds = model->backend_kinds;
	r = snet__model_read(ret, text, strlen(text), NULL, &problems, err);
	snet__problems_clear(&problems);
	if (r < 0) {
		snet__model_clear(ret);
		return r;
	}
	for (size_t i = 0; i < ret->node_count; i++)
		forget_place(ret->nodes[i]);
	for (size_t i = 0; i < ret->link_count; i++) {
		ret->links[i]->line = 0;
		ret->links[i]->entry = SNET__NO_ENTRY;
		keep_files(ret->links[i],
			   snet__model_find_link(model, ret->links[i]->name));
	}
	return 0;
}

/* Give @node each address of @was that it is not given. 1: there was one. */
static int give_addresses(struct snet__model_node *node,
			  const struct snet__model_node *was, struct snet_err *err)
{
	struct snet__model_given *given = &node->first;
	struct snet__shown shown;
	int r = 0;

	if (node->given_count || was->iface_count > 1) {
		r = snet__vec_reserve(&node->given, &node->given_cap, was->iface_count,
				      sizeof(*node->given), err);
		if (r < 0)
			return r;
		while (node->given_count < was->iface_count)
			node->given[node->given_count++] = (struct snet__model_given){0};
		given = node->given;
		if (node->first.address || node->first.mac) {
			given[0] = node->first;
			node->first = (struct snet__model_given){0};
		}
	}
	for (size_t i = 0; i < was->iface_count; i++) {
		if (given[i].address)
			continue;
		given[i].address = strdup(snet__show_net(&shown, was->ifaces[i].ipv4, 0));
		if (!given[i].address)
			return snet__err_oom(err);
		r = 1;
	}
	return r;
}

static bool is_in_place(const struct snet__model_node *node,
			const struct snet__model_node *was)
{
	for (size_t i = 0; i < was->iface_count; i++)
		if (node->ifaces[i].ipv4 != was->ifaces[i].ipv4)
			return false;
	return true;
}

/* Give addresses to the nodes of @copy that have others than in @model, or to @all. 1: to some. */
static int give_where_moved(struct snet__model *copy, const struct snet__model *model,
			    bool all, struct snet_err *err)
{
	int r = 0, given = 0;

	for (size_t i = 0; i < model->node_count && r >= 0; i++) {
		if (!all && is_in_place(copy->nodes[i], model->nodes[i]))
			continue;
		r = give_addresses(copy->nodes[i], model->nodes[i], err);
		given |= r > 0;
	}
	return r < 0 ? r : given;
}

static int plan_alone(struct snet__model *model, struct snet_err *err)
{
	struct snet__problems problems = {0};
	int r = snet__model_check(model, &problems, err);

	snet__problems_clear(&problems);
	return r < 0 ? r : snet__model_plan(model, err);
}

int snet__model_copy_in_place(struct snet__model *ret, const struct snet__model *model,
			      struct snet_err *err)
{
	int given = 1, r = snet__model_copy(ret, model, err);

	if (r < 0)
		return r;
	/* An address that is given is no other node's any more: those may move in turn, and have to
	 * be looked at again, or fit no longer. It is not worth to find the fewest. */
	for (int round = 0; given > 0; round++) {
		r = plan_alone(ret, err);
		if (r == -ENOMEM)
			break;
		given = give_where_moved(ret, model, r < 0 || round > 1, err);
	}
	if (given < 0)
		r = given;
	if (r < 0)
		snet__model_clear(ret);
	return r;
}

/* Free the links of nodes that go, and close the gaps. */
static void remove_links(struct snet__model *model, const bool *goes)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->link_count; i++) {
		struct snet__model_link *link = model->links[i];

		if (goes[link->ends[0]->index] || goes[link->ends[1]->index]) {
			snet__link_free(link);
			continue;
		}
		link->index = kept;
		model->links[kept++] = link;
	}
	model->link_count = kept;
}

static void remove_marked(struct snet__model *model, const bool *goes)
{
	size_t kept = 0;

	remove_links(model, goes);
	for (size_t i = 0; i < model->node_count; i++) {
		struct snet__model_node *node = model->nodes[i];

		if (goes[i]) {
			snet__node_free(node);
			continue;
		}
		node->index = kept;
		model->nodes[kept++] = node;
	}
	model->node_count = kept;
	snet__map_clear(&model->node_by_name);
	snet__map_clear(&model->link_by_name);
}

int snet__model_remove_nodes(struct snet__model *model, const char *const *names,
			     size_t count, struct snet_err *err)
{
	autofree bool *goes = calloc(model->node_count + 1, sizeof(*goes));

	if (!goes)
		return snet__err_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct snet__model_node *node =
			snet__model_find_node(model, names[i]);

		if (!node)
			return snet__model_refuse_node(model, names[i], err);
		goes[node->index] = true;
	}
	remove_marked(model, goes);
	return 0;
}

int snet__model_impair_link(struct snet__model *model, const char *name,
			    const bool ways[2], const struct snet_impairment *impairment,
			    struct snet_err *err)
{
	struct snet__model_link *link = snet__model_find_link(model, name);
	struct snet_impairment *impairments[2];
	int r = snet__impairment_check(impairment, err);

	if (r < 0)
		return r;
	if (!link)
		return snet__model_refuse_link(model, name, err);
	link->is_running = false;
	impairments[0] = &link->forth;
	impairments[1] = &link->back;
	for (int i = 0; i < 2 && r == 0; i++) {
		if (!ways[i])
			continue;
		snet__kept_files_clear(&link->kept[i]);
		snet__impairment_clear(impairments[i]);
		*impairments[i] = snet__impairment_plain;
		r = snet__impairment_copy(impairments[i], impairment, err);
	}
	return r;
}
