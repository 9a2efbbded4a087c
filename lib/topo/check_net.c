/* SPDX-License-Identifier: MIT */
/* Links of a description: both ends of each, none twice without a name of its own, VLANs where
 * they can be. What they make up is in segment.c, the addresses on them in subnet.c. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/check.h"
#include "topo/kinds.h"

bool snet__check_is_switch(const struct snet__model_node *node)
{
	/* Whoever is not known to be something else may be one. */
	return node->role == SNET__ROLE_SWITCH || !node->kind;
}

/* The node at one end of a link, NULL after a complaint. */
static struct snet__model_node *find_end(struct snet__check *check, size_t index,
					 const char *key, const char *name)
{
	struct snet__model_node *node = snet__model_find_node(check->model, name);
	struct snet__shown guess;

	if (!node && !check->is_node_missing)
		snet__check_complain(check, SNET__SECTION_LINKS, index, key,
				     "no node '%s'%s", name,
				     snet__check_guess_node(check, name, &guess, -1));
	return node;
}

static void find_ends(struct snet__check *check, struct snet__model_link *link)
{
	struct snet__model_node *from = find_end(check, link->index, "from", link->from);
	struct snet__model_node *to = find_end(check, link->index, "to", link->to);

	link->ends[0] = link->ends[1] = NULL;
	if (from && to && from != to) {
		link->ends[0] = from;
		link->ends[1] = to;
		return;
	}
	check->is_link_missing = true;
	if (from && to)
		snet__check_complain(check, SNET__SECTION_LINKS, link->index, NULL,
				     "links '%s' to itself", link->from);
}

static void check_vlans(struct snet__check *check, const struct snet__model_link *link)
{
	int switches = snet__check_is_switch(link->ends[0]) +
		       snet__check_is_switch(link->ends[1]);

	if (!switches && (link->vlan || link->vlan_count))
		snet__check_complain(check, SNET__SECTION_LINKS, link->index,
				     link->vlan ? "vlan" : "vlans",
				     "a cable between two nodes has no VLANs: those are "
				     "of switches");
	else if (switches == 1 && link->vlan_count)
		snet__check_complain(check, SNET__SECTION_LINKS, link->index, "vlans",
				     "a node is in one VLAN of a switch: use 'vlan', and "
				     "one link each");
}

static void check_mtu(struct snet__check *check, const struct snet__model_link *link)
{
	if (check->model->has_ipv6 && snet__link_mtu(link) < SNET__IPV6_MIN_MTU)
		snet__check_complain(check, SNET__SECTION_LINKS, link->index, "mtu",
				     "too small for the lab's IPv6: at least 1280");
}

struct pair {
	uint32_t low, high;
	size_t link;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return x->link < y->link ? -1 : x->link > y->link;
}

static void complain_repeated(struct snet__check *check, size_t index, size_t first)
{
	const struct snet__model_link *link = check->model->links[first];

	if (link->entry == SNET__NO_ENTRY)
		snet__check_complain(check, SNET__SECTION_LINKS, index, NULL,
				     "'%s' and '%s' are linked already by '%s': a second "
				     "link needs a \"name\"",
				     link->from, link->to, link->name);
	else if (link->line)
		snet__check_complain(
			check, SNET__SECTION_LINKS, index, NULL,
			"'%s' and '%s' are linked already by links[%zu] in line %u: a "
			"second link needs a \"name\"",
			link->from, link->to, link->entry, link->line);
	else
		snet__check_complain(
			check, SNET__SECTION_LINKS, index, NULL,
			"'%s' and '%s' are linked already by links[%zu]: a second link "
			"needs a \"name\"",
			link->from, link->to, link->entry);
}

/* A second link without a name between the same two nodes is more often a slip than a wish. */
static void refuse_repeated(struct snet__check *check, struct pair *pairs, size_t count)
{
	struct snet__model *model = check->model;

	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 1, first = 0; i < count; i++) {
		struct snet__model_link *link = model->links[pairs[i].link];

		if (pairs[i].low != pairs[first].low ||
		    pairs[i].high != pairs[first].high) {
			first = i;
			continue;
		}
		complain_repeated(check, link->index, pairs[first].link);
		/* One complaint, not also of what follows from it. */
		link->ends[0] = link->ends[1] = NULL;
	}
}

/* FROM-TO is not unique by itself: "a-b" to "c", and "a" to "b-c". */
static void check_link_names(struct snet__check *check)
{
	struct snet__model *model = check->model;
	int r = 0;

	snet__map_clear(&model->link_by_name);
	for (size_t i = 0; i < model->link_count && r != -ENOMEM; i++) {
		struct snet__model_link *link = model->links[i];

		/* The name may be what is wrong with it. */
		if (!link->ends[0] || (link->is_broken && link->is_named))
			continue;
		r = snet__map_add(&model->link_by_name, link->name, link, check->err);
		if (r != -EEXIST)
			continue;
		snet__check_complain(check, SNET__SECTION_LINKS, i,
				     link->is_named ? "name" : NULL,
				     "another link has the same name '%s'%s", link->name,
				     link->is_named ? "" : ": give one a \"name\"");
	}
	if (r == -ENOMEM)
		check->r = r;
}

static void check_degrees(struct snet__check *check)
{
	const struct snet__model *model = check->model;

	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		/* Links to a name that two nodes have are all taken to be the first one's. */
		if (node->is_broken || snet__check_is_switch(node) ||
		    check->is_link_missing ||
		    snet__model_find_node(model, node->name) != node)
			continue;
		if (!check->degree[i])
			snet__check_complain(check, SNET__SECTION_NODES, i, NULL,
					     "'%s' has no link: %s %s needs one",
					     node->name, snet__kind_article(node->kind),
					     node->kind);
		else if (node->given_count > check->degree[i])
			snet__check_complain(check, SNET__SECTION_NODES, i, "interfaces",
					     "%zu interfaces, but '%s' has %u link%s",
					     node->given_count, node->name,
					     check->degree[i],
					     check->degree[i] == 1 ? "" : "s");
	}
}

void snet__check_links(struct snet__check *check)
{
	struct snet__model *model = check->model;
	autofree struct pair *pairs = calloc(model->link_count + 1, sizeof(*pairs));
	size_t count = 0;

	if (!pairs) {
		check->r = snet__err_oom(check->err);
		return;
	}
	for (size_t i = 0; i < model->link_count; i++) {
		struct snet__model_link *link = model->links[i];
		size_t a, b;

		find_ends(check, link);
		if (!link->ends[0])
			continue;
		a = link->ends[0]->index;
		b = link->ends[1]->index;
		check->degree[a]++;
		check->degree[b]++;
		check_vlans(check, link);
		check_mtu(check, link);
		if (!link->is_named)
			pairs[count++] = (struct pair){(uint32_t)(a < b ? a : b),
						       (uint32_t)(a < b ? b : a), i};
	}
	refuse_repeated(check, pairs, count);
	check_link_names(check);
	check_degrees(check);
}
