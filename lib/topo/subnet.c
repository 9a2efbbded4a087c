/* SPDX-License-Identifier: MIT */
/* The subnet of each segment.
 *
 * What is said comes first: a switch's own "subnet", or a block around given addresses. A lab
 * that takes the place of another keeps the subnets of that one, unless they leave no room for
 * what is new. The rest gets blocks of the lab's subnet one after the other, with room to grow
 * where there is any. */

#include "topo/subnet.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Blocks are no larger than this unless they must be: 65,534 nodes. */
#define BLOCK_PREFIX 16
/* Nor smaller, while there is room. */
#define SMALL_PREFIX 24
#define LAST_PREFIX  30

static bool is_done(const struct snet__model_segment *segment)
{
	return segment->prefix != 0;
}

static void set_block(struct snet__subnets *all, uint32_t index, uint32_t network,
		      unsigned int prefix)
{
	struct snet__model_segment *segment = &all->model->segments[index];

	segment->subnet = network;
	segment->prefix = prefix;
	all->taken[all->taken_count++] =
		(struct snet__subnet){network, network | snet__subnet_hosts(prefix),
				      index};
}

static int compare_blocks(const void *a, const void *b)
{
	const struct snet__subnet *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->segment < y->segment ? -1 : x->segment > y->segment;
}

/* The smallest block for @stations, by its prefix. */
static unsigned int fit(uint32_t stations)
{
	unsigned int prefix = LAST_PREFIX;

	while (prefix > 1 && snet__subnet_hosts(prefix) - 1 < stations)
		prefix--;
	return prefix;
}

/* How large blocks are where nothing says more: with room for as many segments again. */
static unsigned int usual_prefix(const struct snet__model *model, size_t count)
{
	unsigned int bits = 0, prefix;

	if (model->prefix > BLOCK_PREFIX && count <= 1)
		return model->prefix;
	while (((size_t)1 << bits) < 2 * count)
		bits++;
	prefix = model->prefix + bits;
	if (model->prefix <= BLOCK_PREFIX && prefix < BLOCK_PREFIX)
		prefix = BLOCK_PREFIX;
	if (model->prefix < SMALL_PREFIX && prefix > SMALL_PREFIX)
		prefix = SMALL_PREFIX;
	return prefix > LAST_PREFIX ? LAST_PREFIX : prefix;
}

static void take_own(struct snet__subnets *all)
{
	struct snet__model *model = all->model;

	for (uint32_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i], *first;
		const struct snet__model_bridge *bridge =
			snet__node_find_bridge(node, SNET__VLAN_DEFAULT);
		uint32_t network;
		unsigned int prefix;

		if (!node->subnet || !bridge ||
		    snet__value_parse_subnet(&network, &prefix, node->subnet, NULL) < 0)
			continue; /* a bad one was refused when it was given */
		first = all->owner[bridge->segment];
		if (!first) {
			all->owner[bridge->segment] = node;
			set_block(all, bridge->segment, network, prefix);
		} else if (model->segments[bridge->segment].subnet != network ||
			   model->segments[bridge->segment].prefix != prefix) {
			snet__check_complain(all->check, SNET__SECTION_NODES, i, "subnet",
					     "'%s' is connected with '%s', whose subnet "
					     "is '%s'",
					     node->name, first->name, first->subnet);
			all->has_failed = true;
		}
	}
}

/* The segment of the model before that has the same switch, or the same link. */
static const struct snet__model_segment *find_former(const struct snet__model *before,
						     const struct snet__model_link *link)
{
	const struct snet__model_link *former = snet__model_find_link(before, link->name);
	const struct snet__model_node *node;
	const struct snet__model_bridge *bridge;

	for (int i = 0; i < 2; i++) {
		if (!snet__check_is_switch(link->ends[i]))
			continue;
		node = snet__model_find_node(before, link->ends[i]->name);
		bridge =
			node ? snet__node_find_bridge(node, snet__link_vlan(link)) : NULL;
		return bridge ? &before->segments[bridge->segment] : NULL;
	}
	if (!former || !former->ends[0] || !former->ends[0]->iface_count)
		return NULL;
	return snet__node_find_iface(former->ends[0], former)
		       ? &before->segments[snet__node_find_iface(former->ends[0], former)
						   ->segment]
		       : NULL;
}

/* The same, if the lab may still have its subnet, and that has room for all of @segment. */
static const struct snet__model_segment *find_fitting(
	const struct snet__subnets *all, const struct snet__model_link *link,
	const struct snet__model_segment *segment)
{
	const struct snet__model *model = all->model;
	const struct snet__model_segment *former =
		all->before ? find_former(all->before, link) : NULL;

	return former && former->station_count &&
			       snet__subnet_hosts(former->prefix) - 1 >=
				       segment->station_count &&
			       snet__subnet_has(former->subnet, model->subnet,
						model->prefix)
		       ? former
		       : NULL;
}

/* The block of a segment's first given address: the former one, if it is there. */
static void take_around(struct snet__subnets *all, const struct snet__given *one,
			unsigned int usual)
{
	const struct snet__model *model = all->model;
	const struct snet__model_segment *segment = &model->segments[one->segment];
	const struct snet__model_segment *former =
		find_fitting(all, model->nodes[one->node]->ifaces[one->iface].link,
			     segment);
	unsigned int prefix = fit(segment->station_count);

	prefix = prefix < usual ? prefix : usual;
	prefix = prefix > model->prefix ? prefix : model->prefix;
	if (former && snet__subnet_has(one->address, former->subnet, former->prefix))
		prefix = former->prefix;
	set_block(all, one->segment, one->address & ~snet__subnet_hosts(prefix), prefix);
}

/* An address that is no node's. */
static bool is_edge(uint32_t address, uint32_t network, unsigned int prefix)
{
	return address == network || address == (network | snet__subnet_hosts(prefix));
}

/* The block around all given addresses of a segment that has no subnet of its own. One that @is_tight
 * grows until they are nodes' in it; another is as large as a reader of the file expects. */
static void take_given(struct snet__subnets *all, unsigned int around, bool is_tight)
{
	const struct snet__model *model = all->model;

	for (size_t i = 0; i < all->given_count; i++) {
		const struct snet__given *one = &all->given[i];
		struct snet__model_segment *segment = &model->segments[one->segment];
		unsigned int prefix;

		if (all->owner[one->segment])
			continue;
		if (!is_done(segment))
			take_around(all, one, around);
		/* The last block that was taken need not be its own. */
		prefix = segment->prefix;
		while (prefix > model->prefix &&
		       (!snet__subnet_has(one->address, segment->subnet, prefix) ||
			(is_tight && is_edge(one->address, segment->subnet, prefix))))
			segment->subnet &= ~snet__subnet_hosts(--prefix);
		segment->prefix = prefix;
	}
}

static void refresh_taken(struct snet__subnets *all)
{
	for (size_t i = 0; i < all->taken_count; i++) {
		const struct snet__model_segment *segment =
			&all->model->segments[all->taken[i].segment];

		all->taken[i].first = segment->subnet;
		all->taken[i].last =
			segment->subnet | snet__subnet_hosts(segment->prefix);
	}
	qsort(all->taken, all->taken_count, sizeof(*all->taken), compare_blocks);
}

/* At @b, where one of them has a "subnet". */
static void complain_overlap(struct snet__subnets *all, const struct snet__subnet *a,
			     const struct snet__subnet *b)
{
	const struct snet__model_segment *x = &all->model->segments[a->segment];
	const struct snet__model_segment *y = &all->model->segments[b->segment];
	const struct snet__model_node *owner = all->owner[b->segment];
	struct snet__shown shown[2];
	const char *text = snet__show_net(&shown[0], x->subnet, x->prefix);
	const char *other = snet__show_net(&shown[1], y->subnet, y->prefix);

	if (owner)
		snet__check_complain(all->check, SNET__SECTION_NODES, owner->index,
				     "subnet", "'%s' and %s, of another segment, overlap",
				     other, text);
	else
		snet__check_complain(
			all->check, SNET__SECTION_LAB, 0, "subnet",
			"two segments of the lab would have the same addresses: "
			"%s and %s; give their switches a \"subnet\"",
			text, other);
	all->has_failed = true;
}

/* The first taken block that overlaps the one before it, or NULL. */
static const struct snet__subnet *find_overlap(const struct snet__subnets *all)
{
	for (size_t i = 1; i < all->taken_count; i++)
		if (all->taken[i].first <= all->taken[i - 1].last)
			return &all->taken[i];
	return NULL;
}

/* The first taken block that ends at @address or behind it; taken_count for none. */
static size_t find_taken(const struct snet__subnets *all, uint32_t address)
{
	size_t low = 0, high = all->taken_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all->taken[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_free(const struct snet__subnets *all, uint32_t network,
		    unsigned int prefix)
{
	size_t at = find_taken(all, network);

	return at == all->taken_count ||
	       all->taken[at].first > (network | snet__subnet_hosts(prefix));
}

/* Put the block that was taken last among the others, which are sorted. */
static void sort_last(struct snet__subnets *all)
{
	struct snet__subnet *at = &all->taken[all->taken_count - 1], last = *at;

	for (; at > all->taken && compare_blocks(at - 1, &last) > 0; at--)
		*at = at[-1];
	*at = last;
}

static void keep_former(struct snet__subnets *all)
{
	const struct snet__model *model = all->model;

	for (size_t i = 0; all->before && i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];
		const struct snet__model_iface *iface = NULL;
		const struct snet__model_segment *former;

		for (int k = 0; k < 2 && link->ends[0] && !iface; k++)
			iface = snet__node_find_iface(link->ends[k], link);
		if (!iface || is_done(&model->segments[iface->segment]))
			continue;
		former = find_fitting(all, link, &model->segments[iface->segment]);
		if (!former || !is_free(all, former->subnet, former->prefix))
			continue;
		set_block(all, iface->segment, former->subnet, former->prefix);
		sort_last(all);
	}
}

/* The next free block from @from on; false when the lab's subnet ends before it does. */
static bool find_block(const struct snet__subnets *all, uint64_t from,
		       unsigned int prefix, uint32_t *ret)
{
	const struct snet__model *model = all->model;
	uint64_t size = (uint64_t)snet__subnet_hosts(prefix) + 1;
	uint64_t last = model->subnet | snet__subnet_hosts(model->prefix);

	for (;;) {
		size_t at;

		from = (from + size - 1) / size * size;
		if (from + size - 1 > last)
			return false;
		at = find_taken(all, (uint32_t)from);
		if (at == all->taken_count || all->taken[at].first > from + size - 1)
			break;
		from = (uint64_t)all->taken[at].last + 1;
	}
	*ret = (uint32_t)from;
	return true;
}

/* Blocks for all that have none: none smaller than needed, none smaller than @usual. */
static bool give_blocks(struct snet__subnets *all, unsigned int usual)
{
	struct snet__model *model = all->model;
	struct snet__subnet *list = all->wanted;
	size_t count = 0;
	uint64_t from = model->subnet;
	uint32_t network;

	for (uint32_t i = 0; i < model->segment_count; i++) {
		unsigned int prefix = fit(model->segments[i].station_count);

		if (is_done(&model->segments[i]) || !model->segments[i].station_count)
			continue;
		list[count++] =
			(struct snet__subnet){.first = prefix < usual ? prefix : usual,
					      .segment = i};
	}
	/* "first" is the prefix here: large blocks before small ones leave no gaps. */
	if (usual == LAST_PREFIX)
		qsort(list, count, sizeof(*list), compare_blocks);
	for (size_t i = 0; i < count; i++) {
		if (!find_block(all, from, list[i].first, &network))
			return false;
		list[i].last = network;
		from = (uint64_t)network + snet__subnet_hosts(list[i].first) + 1;
	}
	for (size_t i = 0; i < count; i++)
		set_block(all, list[i].segment, list[i].last, list[i].first);
	return true;
}

/* A block for each segment, of prefix @around at least where addresses are given. False when there
 * is no room, or two overlap. */
static bool place(struct snet__subnets *all, unsigned int around, unsigned int usual)
{
	take_given(all, around, around > usual);
	refresh_taken(all);
	keep_former(all);
	return !find_overlap(all) &&
	       (give_blocks(all, usual) || give_blocks(all, LAST_PREFIX));
}

/* Leave only the blocks that switches have by their own "subnet". */
static void take_back(struct snet__subnets *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->taken_count; i++) {
		uint32_t segment = all->taken[i].segment;

		if (all->owner[segment])
			all->taken[kept++] = all->taken[i];
		else
			all->model->segments[segment].prefix = 0;
	}
	all->taken_count = kept;
}

static void complain_unplaced(struct snet__subnets *all, size_t count)
{
	const struct snet__model *model = all->model;
	const struct snet__subnet *overlap = find_overlap(all);
	size_t stations = 0;

	if (overlap && all->owner[overlap[-1].segment] && !all->owner[overlap->segment]) {
		complain_overlap(all, overlap, overlap - 1);
		return;
	}
	if (overlap) {
		complain_overlap(all, overlap - 1, overlap);
		return;
	}
	for (size_t i = 0; i < model->segment_count; i++)
		stations += model->segments[i].station_count;
	if (count == 1)
		snet__check_complain(all->check, SNET__SECTION_LAB, 0, "subnet",
				     "too small: room for %u nodes, the lab has %zu",
				     snet__subnet_hosts(model->prefix) - 1, stations);
	else
		snet__check_complain(
			all->check, SNET__SECTION_LAB, 0, "subnet",
			"too small: the lab has %zu segments with %zu interfaces", count,
			stations);
}

static void check_room(struct snet__subnets *all)
{
	const struct snet__model *model = all->model;
	struct snet__shown text;

	for (size_t i = 0; i < model->segment_count; i++) {
		const struct snet__model_segment *segment = &model->segments[i];
		const struct snet__model_node *owner = all->owner[i];

		if (!owner ||
		    snet__subnet_hosts(segment->prefix) - 1 >= segment->station_count)
			continue;
		snet__check_complain(
			all->check, SNET__SECTION_NODES, owner->index, "subnet",
			"too small: %s has room for %u, %u interfaces are in it",
			snet__show_net(&text, segment->subnet, segment->prefix),
			snet__subnet_hosts(segment->prefix) - 1, segment->station_count);
	}
}

/* All of it, with blocks as small as it takes: addresses of two segments may be closer than blocks
 * usually are large. */
static bool place_all(struct snet__subnets *all, unsigned int usual)
{
	unsigned int around = usual;
	bool is_placed = place(all, around, usual);

	while (!is_placed && all->given_count && around < LAST_PREFIX) {
		take_back(all);
		is_placed = place(all, ++around, usual);
	}
	return is_placed;
}

static void find_subnets(struct snet__subnets *all)
{
	size_t count = 0;
	unsigned int usual;
	bool is_placed;

	for (size_t i = 0; i < all->model->segment_count; i++)
		count += all->model->segments[i].station_count > 0;
	usual = usual_prefix(all->model, count);
	take_own(all);
	snet__given_collect(all);
	all->before = all->model->before;
	is_placed = place_all(all, usual);
	if (!is_placed && all->before) {
		take_back(all);
		all->before = NULL;
		is_placed = place_all(all, usual);
	}
	/* One address given twice fits into no blocks: more need not be said. */
	snet__given_refuse_clashes(all);
	if (!is_placed && !all->has_failed)
		complain_unplaced(all, count);
	snet__given_check(all);
	check_room(all);
}

void snet__check_addresses(struct snet__check *check)
{
	struct snet__model *model = check->model;
	size_t ifaces = 0;

	for (size_t i = 0; i < model->node_count; i++)
		ifaces += model->nodes[i]->iface_count;

	autofree struct snet__given *given = calloc(ifaces + 1, sizeof(*given));
	autofree const struct snet__model_node **owner =
		calloc(model->segment_count + 1, sizeof(*owner));
	autofree struct snet__subnet *taken =
		calloc(model->segment_count + 1, sizeof(*taken));
	autofree struct snet__subnet *wanted =
		calloc(model->segment_count + 1, sizeof(*wanted));
	struct snet__subnets all = {.check = check,
				    .model = model,
				    .given = given,
				    .owner = owner,
				    .taken = taken,
				    .wanted = wanted};

	if (!given || !owner || !taken || !wanted)
		check->r = snet__err_oom(check->err);
	else
		find_subnets(&all);
}
