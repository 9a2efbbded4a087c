/* SPDX-License-Identifier: MIT */
/* Links and addresses of a description: both ends of each link, no loops, what is connected
 * with what, room in the subnet, no address twice. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/check.h"
#include "topo/kinds.h"

static uint32_t find_root(uint32_t *group, uint32_t node)
{
	while (group[node] != node) {
		group[node] = group[group[node]]; /* halves the way for the next */
		node = group[node];
	}
	return node;
}

bool snet__check_is_connected(struct snet__check *check, size_t a, size_t b)
{
	return check->is_link_missing || find_root(check->group, (uint32_t)a) ==
						 find_root(check->group, (uint32_t)b);
}

/* The node at one end of a link, -1 after a complaint. */
static long find_end(struct snet__check *check, size_t index, const char *key,
		     const char *name)
{
	const struct snet__model_node *node = snet__model_find_node(check->model, name);
	struct snet__shown guess;

	if (node)
		return node - check->model->nodes;
	if (!check->is_node_missing)
		snet__check_complain(check, SNET__SECTION_LINKS, index, key,
				     "no node '%s'%s", name,
				     snet__check_guess_node(check, name, &guess, -1));
	return -1;
}

static bool is_switch(const struct snet__model_node *node)
{
	/* Whoever is not known to be something else may be one. */
	return node->role == SNET__ROLE_SWITCH || !node->kind;
}

/* Count a link at one of its ends; false when that has no room for it. */
static bool add_to_end(struct snet__check *check, size_t index, const char *key, long end)
{
	const struct snet__model_node *node = &check->model->nodes[end];

	if (check->degree[end]++ && !is_switch(node)) {
		snet__check_complain(
			check, SNET__SECTION_LINKS, index, key,
			"'%s' has a link already: only switches can have several",
			node->name);
		return false;
	}
	return true;
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

/* A link between the same two nodes is one complaint, not also a loop or a second link. */
static void refuse_repeated(struct snet__check *check, struct pair *pairs, size_t count,
			    bool *is_repeated)
{
	const struct snet__model *model = check->model;

	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 1, first = 0; i < count; i++) {
		const struct snet__model_link *link = &model->links[pairs[first].link];

		if (pairs[i].low != pairs[first].low ||
		    pairs[i].high != pairs[first].high) {
			first = i;
			continue;
		}
		is_repeated[pairs[i].link] = true;
		if (link->line)
			snet__check_complain(
				check, SNET__SECTION_LINKS, pairs[i].link, NULL,
				"'%s' and '%s' are linked already by links[%zu] in "
				"line %u",
				link->from, link->to, link->entry, link->line);
		else
			snet__check_complain(
				check, SNET__SECTION_LINKS, pairs[i].link, NULL,
				"'%s' and '%s' are linked already by links[%zu]",
				link->from, link->to, link->entry);
	}
}

static void join(struct snet__check *check, size_t index, const struct pair *ends)
{
	const struct snet__model *model = check->model;
	const struct snet__model_link *link = &model->links[index];
	bool has_room = add_to_end(check, index, "from", ends->low);
	uint32_t a, b;

	has_room &= add_to_end(check, index, "to", ends->high);
	a = find_root(check->group, ends->low);
	b = find_root(check->group, ends->high);
	if (a != b)
		check->group[a < b ? b : a] = a < b ? a : b;
	else if (has_room)
		snet__check_complain(check, SNET__SECTION_LINKS, index, NULL,
				     "makes a loop: '%s' and '%s' are connected already",
				     link->from, link->to);
}

/* FROM-TO is not unique by itself: "a-b" to "c", and "a" to "b-c". */
static void check_link_names(struct snet__check *check, const bool *is_repeated)
{
	const struct snet__model *model = check->model;
	struct snet__map seen = {0};
	int r = 0;

	for (size_t i = 0; i < model->link_count && r != -ENOMEM; i++) {
		if (is_repeated[i])
			continue;
		r = snet__map_add(&seen, model->links[i].name, NULL, check->err);
		if (r == -EEXIST)
			snet__check_complain(
				check, SNET__SECTION_LINKS, i, NULL,
				"another link has the same name '%s': exchange "
				"'from' and 'to'",
				model->links[i].name);
	}
	if (r == -ENOMEM)
		check->r = r;
	snet__map_clear(&seen);
}

static void check_degrees(struct snet__check *check)
{
	const struct snet__model *model = check->model;

	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = &model->nodes[i];

		if (node->role == SNET__ROLE_SWITCH && node->kind &&
		    check->degree[i] > SNET__SWITCH_LINKS_MAX)
			snet__check_complain(
				check, SNET__SECTION_NODES, i, NULL,
				"'%s' has %u links: a switch takes at most %d, "
				"connect it to others",
				node->name, check->degree[i], SNET__SWITCH_LINKS_MAX);
		else if (!node->is_broken && !is_switch(node) && !check->degree[i] &&
			 !check->is_link_missing)
			snet__check_complain(check, SNET__SECTION_NODES, i, NULL,
					     "'%s' has no link: %s %s needs one",
					     node->name, snet__kind_article(node->kind),
					     node->kind);
	}
}

void snet__check_links(struct snet__check *check)
{
	const struct snet__model *model = check->model;
	autofree struct pair *pairs = calloc(model->link_count + 1, sizeof(*pairs));
	autofree struct pair *sorted = calloc(model->link_count + 1, sizeof(*sorted));
	autofree bool *is_repeated = calloc(model->link_count + 1, sizeof(*is_repeated));
	size_t count = 0;

	if (!pairs || !sorted || !is_repeated) {
		check->r = snet__err_oom(check->err);
		return;
	}
	for (uint32_t i = 0; i < model->node_count; i++)
		check->group[i] = i;
	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = &model->links[i];
		long from = find_end(check, i, "from", link->from);
		long to = find_end(check, i, "to", link->to);

		if (from < 0 || to < 0) {
			check->is_link_missing = true;
		} else if (from == to) {
			check->is_link_missing = true;
			snet__check_complain(check, SNET__SECTION_LINKS, i, NULL,
					     "links '%s' to itself", link->from);
		} else {
			pairs[count] = (struct pair){(uint32_t)from, (uint32_t)to, i};
			sorted[count] = pairs[count];
			if (from > to)
				sorted[count] =
					(struct pair){(uint32_t)to, (uint32_t)from, i};
			count++;
		}
	}
	refuse_repeated(check, sorted, count, is_repeated);
	for (size_t i = 0; i < count; i++)
		if (!is_repeated[pairs[i].link])
			join(check, pairs[i].link, &pairs[i]);
	check_link_names(check, is_repeated);
	check_degrees(check);
}

struct given {
	uint32_t address;
	uint32_t node;
};

static int compare_given(const void *a, const void *b)
{
	const struct given *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static bool is_in_subnet(struct snet__check *check, const struct given *given)
{
	const struct snet__model *model = check->model;
	uint32_t hosts = ~0U >> model->prefix, network = model->subnet;
	char text[INET_ADDRSTRLEN];
	struct in_addr in = {htonl(network)};

	(void)inet_ntop(AF_INET, &in, text, sizeof(text)); /* it is large enough */
	if ((given->address & ~hosts) != network)
		snet__check_complain(check, SNET__SECTION_NODES, given->node, "address",
				     "'%s' is not in the lab's subnet %s/%u",
				     model->nodes[given->node].address, text,
				     model->prefix);
	else if (given->address == network)
		snet__check_complain(check, SNET__SECTION_NODES, given->node, "address",
				     "'%s' is the address of the subnet itself",
				     model->nodes[given->node].address);
	else if (given->address == (network | hosts))
		snet__check_complain(check, SNET__SECTION_NODES, given->node, "address",
				     "'%s' is the broadcast address of the subnet",
				     model->nodes[given->node].address);
	else
		return true;
	return false;
}

static void refuse_clashes(struct snet__check *check, struct given *given, size_t count)
{
	const struct snet__model *model = check->model;

	qsort(given, count, sizeof(*given), compare_given);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (given[i].address == given[first].address)
			snet__check_complain(check, SNET__SECTION_NODES, given[i].node,
					     "address",
					     "'%s' is also the address of '%s'",
					     model->nodes[given[i].node].address,
					     model->nodes[given[first].node].name);
		else
			first = i;
	}
}

void snet__check_addresses(struct snet__check *check)
{
	const struct snet__model *model = check->model;
	autofree struct given *given = calloc(model->node_count + 1, sizeof(*given));
	size_t count = 0, needed = 0, room = (~0U >> model->prefix) - 1;

	if (!given) {
		check->r = snet__err_oom(check->err);
		return;
	}
	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = &model->nodes[i];
		struct given one = {.node = (uint32_t)i};

		needed += node->role != SNET__ROLE_SWITCH;
		/* What is no address was refused when it was given. */
		if (!node->address ||
		    snet__value_parse_address(&one.address, node->address, NULL) < 0)
			continue;
		if (is_in_subnet(check, &one))
			given[count++] = one;
	}
	refuse_clashes(check, given, count);
	if (needed > room)
		snet__check_complain(check, SNET__SECTION_LAB, 0, "subnet",
				     "too small: room for %zu nodes, the lab has %zu",
				     room, needed);
}
