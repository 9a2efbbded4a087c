/* SPDX-License-Identifier: MIT */
/* The subnet of each segment, and the addresses that the description gives.
 *
 * What is said comes first: a switch's own "subnet", or a block around given addresses. A lab
 * that takes the place of another keeps the subnets of that one. The rest gets blocks of the
 * lab's subnet one after the other, with room to grow where there is any. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/check.h"

/* Blocks are no larger than this unless they must be: 65,534 nodes. */
#define BLOCK_PREFIX 16
/* Nor smaller, while there is room. */
#define SMALL_PREFIX 24
#define LAST_PREFIX  30

/* An address that was given, and whose. */
struct given {
	uint32_t address;
	uint32_t node, iface;
	uint32_t segment;
};

/* A subnet that is taken. */
struct block {
	uint32_t first, last;
	uint32_t segment;
};

struct subnets {
	struct snet__check *check;
	struct snet__model *model;
	struct given *given;
	size_t given_count;
	const struct snet__model_node *
		*owner;      /* of each segment: whose "subnet" it has */
	struct block *taken; /* sorted */
	size_t taken_count;
	bool has_failed; /* said */
};

static uint32_t hosts_of(unsigned int prefix)
{
	return ~0U >> prefix;
}

static bool is_done(const struct snet__model_segment *segment)
{
	return segment->prefix != 0;
}

static void set_block(struct subnets *all, uint32_t index, uint32_t network,
		      unsigned int prefix)
{
	struct snet__model_segment *segment = &all->model->segments[index];

	segment->subnet = network;
	segment->prefix = prefix;
	all->taken[all->taken_count++] =
		(struct block){network, network | hosts_of(prefix), index};
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->segment < y->segment ? -1 : x->segment > y->segment;
}

/* The smallest block for @stations, by its prefix. */
static unsigned int fit(uint32_t stations)
{
	unsigned int prefix = LAST_PREFIX;

	while (prefix > 1 && hosts_of(prefix) - 1 < stations)
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

static void take_own(struct subnets *all)
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

static const char *given_key(const struct subnets *all, const struct given *one)
{
	return all->model->nodes[one->node]->given_count ? "interfaces" : "address";
}

static const char *given_text(const struct subnets *all, const struct given *one)
{
	return snet__node_given(all->model->nodes[one->node], one->iface).address;
}

__attribute__((format(printf, 3, 4))) static void complain(struct subnets *all,
							   const struct given *one,
							   const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt,
			args); /* an address and names: it fits */
	va_end(args);
	snet__check_complain(all->check, SNET__SECTION_NODES, one->node,
			     given_key(all, one), "'%s' %s", given_text(all, one), text);
	all->has_failed = true;
}

/* An address of one family follows from that of the other. */
static bool is_of_lab(struct subnets *all, const struct given *one)
{
	const struct snet__model *model = all->model;
	const char *text = given_text(all, one);
	char net[INET6_ADDRSTRLEN];

	if (!strchr(text, ':') ||
	    (model->has_ipv6 && snet__value_is_ipv6(text, model->ipv6)))
		return true;
	if (model->has_ipv6)
		complain(all, one, "is not in the lab's IPv6 network %s/96",
			 inet_ntop(AF_INET6, model->ipv6, net, sizeof(net)));
	else
		complain(all, one, "is an IPv6 address, and the lab has no \"ipv6\"");
	return false;
}

static void collect_given(struct subnets *all)
{
	const struct snet__model *model = all->model;

	for (uint32_t i = 0; i < model->node_count; i++)
		for (uint32_t k = 0; k < model->nodes[i]->iface_count; k++) {
			const char *text = snet__node_given(model->nodes[i], k).address;
			struct given one = {.node = i,
					    .iface = k,
					    .segment =
						    model->nodes[i]->ifaces[k].segment};

			/* What is no address was refused when it was given. */
			if (text &&
			    snet__value_parse_address(&one.address, text, NULL) == 0 &&
			    is_of_lab(all, &one))
				all->given[all->given_count++] = one;
		}
}

static bool is_within(uint32_t address, uint32_t network, unsigned int prefix)
{
	return (address & ~hosts_of(prefix)) == network;
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
	const struct subnets *all, const struct snet__model_link *link,
	const struct snet__model_segment *segment)
{
	const struct snet__model *model = all->model;
	const struct snet__model_segment *former =
		model->before ? find_former(model->before, link) : NULL;

	return former && former->station_count &&
			       hosts_of(former->prefix) - 1 >= segment->station_count &&
			       is_within(former->subnet, model->subnet, model->prefix)
		       ? former
		       : NULL;
}

/* The block of a segment's first given address: the former one, if it is there. */
static void take_around(struct subnets *all, const struct given *one, unsigned int usual)
{
	const struct snet__model *model = all->model;
	const struct snet__model_segment *segment = &model->segments[one->segment];
	const struct snet__model_segment *former =
		find_fitting(all, model->nodes[one->node]->ifaces[one->iface].link,
			     segment);
	unsigned int prefix = fit(segment->station_count);

	prefix = prefix < usual ? prefix : usual;
	prefix = prefix > model->prefix ? prefix : model->prefix;
	if (former && is_within(one->address, former->subnet, former->prefix))
		prefix = former->prefix;
	set_block(all, one->segment, one->address & ~hosts_of(prefix), prefix);
}

/* The block around all given addresses of a segment that has no subnet of its own. */
static void take_given(struct subnets *all, unsigned int usual)
{
	const struct snet__model *model = all->model;
	struct snet__shown text;

	for (size_t i = 0; i < all->given_count; i++) {
		const struct given *one = &all->given[i];
		struct snet__model_segment *segment = &model->segments[one->segment];
		unsigned int prefix;

		if (all->owner[one->segment])
			continue;
		if (!is_within(one->address, model->subnet, model->prefix)) {
			complain(all, one, "is not in the lab's subnet %s",
				 snet__show_net(&text, model->subnet, model->prefix));
			continue;
		}
		if (!is_done(segment))
			take_around(all, one, usual);
		/* The last block that was taken need not be its own. */
		prefix = segment->prefix;
		while (prefix > model->prefix &&
		       !is_within(one->address, segment->subnet, prefix))
			segment->subnet &= ~hosts_of(--prefix);
		segment->prefix = prefix;
	}
}

static void refresh_taken(struct subnets *all)
{
	for (size_t i = 0; i < all->taken_count; i++) {
		const struct snet__model_segment *segment =
			&all->model->segments[all->taken[i].segment];

		all->taken[i].first = segment->subnet;
		all->taken[i].last = segment->subnet | hosts_of(segment->prefix);
	}
	qsort(all->taken, all->taken_count, sizeof(*all->taken), compare_blocks);
}

/* At @b, where one of them has a "subnet". */
static void complain_overlap(struct subnets *all, const struct block *a,
			     const struct block *b)
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

static void refuse_overlaps(struct subnets *all)
{
	for (size_t i = 1; i < all->taken_count && !all->has_failed; i++) {
		const struct block *a = &all->taken[i - 1], *b = &all->taken[i];

		if (b->first > a->last)
			continue;
		if (all->owner[a->segment] && !all->owner[b->segment])
			complain_overlap(all, b, a);
		else
			complain_overlap(all, a, b);
	}
}

/* The first taken block that ends at @address or behind it; taken_count for none. */
static size_t find_taken(const struct subnets *all, uint32_t address)
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

static bool is_free(const struct subnets *all, uint32_t network, unsigned int prefix)
{
	size_t at = find_taken(all, network);

	return at == all->taken_count ||
	       all->taken[at].first > (network | hosts_of(prefix));
}

/* Put the block that was taken last among the others, which are sorted. */
static void sort_last(struct subnets *all)
{
	struct block *at = &all->taken[all->taken_count - 1], last = *at;

	for (; at > all->taken && compare_blocks(at - 1, &last) > 0; at--)
		*at = at[-1];
	*at = last;
}

static void keep_former(struct subnets *all)
{
	const struct snet__model *model = all->model;

	for (size_t i = 0; model->before && i < model->link_count; i++) {
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
static bool find_block(const struct subnets *all, uint64_t from, unsigned int prefix,
		       uint32_t *ret)
{
	const struct snet__model *model = all->model;
	uint64_t size = (uint64_t)hosts_of(prefix) + 1;
	uint64_t last = model->subnet | hosts_of(model->prefix);

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

static int compare_sizes(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	/* "first" is the prefix here: large blocks before small ones leave no gaps. */
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->segment < y->segment ? -1 : x->segment > y->segment;
}

/* Blocks for all that have none: none smaller than needed, none smaller than @usual. */
static bool give_blocks(struct subnets *all, unsigned int usual, struct block *list)
{
	struct snet__model *model = all->model;
	size_t count = 0;
	uint64_t from = model->subnet;
	uint32_t network;

	for (uint32_t i = 0; i < model->segment_count; i++) {
		unsigned int prefix = fit(model->segments[i].station_count);

		if (is_done(&model->segments[i]) || !model->segments[i].station_count)
			continue;
		list[count++] = (struct block){.first = prefix < usual ? prefix : usual,
					       .segment = i};
	}
	if (usual == LAST_PREFIX)
		qsort(list, count, sizeof(*list), compare_sizes);
	for (size_t i = 0; i < count; i++) {
		if (!find_block(all, from, list[i].first, &network))
			return false;
		list[i].last = network;
		from = (uint64_t)network + hosts_of(list[i].first) + 1;
	}
	for (size_t i = 0; i < count; i++)
		set_block(all, list[i].segment, list[i].last, list[i].first);
	return true;
}

static void give_rest(struct subnets *all, unsigned int usual, size_t count)
{
	const struct snet__model *model = all->model;
	autofree struct block *list = calloc(model->segment_count + 1, sizeof(*list));
	size_t stations = 0;

	if (!list) {
		all->check->r = snet__err_oom(all->check->err);
		return;
	}
	if (give_blocks(all, usual, list) || give_blocks(all, LAST_PREFIX, list))
		return;
	for (size_t i = 0; i < model->segment_count; i++)
		stations += model->segments[i].station_count;
	if (count == 1)
		snet__check_complain(all->check, SNET__SECTION_LAB, 0, "subnet",
				     "too small: room for %u nodes, the lab has %zu",
				     hosts_of(model->prefix) - 1, stations);
	else
		snet__check_complain(
			all->check, SNET__SECTION_LAB, 0, "subnet",
			"too small: the lab has %zu segments with %zu interfaces", count,
			stations);
}

static int compare_given(const void *a, const void *b)
{
	const struct given *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->iface < y->iface ? -1 : x->iface > y->iface;
}

static void check_given(struct subnets *all)
{
	const struct snet__model *model = all->model;
	struct snet__shown shown;
	const char *text;

	for (size_t i = 0; i < all->given_count; i++) {
		const struct given *one = &all->given[i];
		const struct snet__model_segment *segment =
			&model->segments[one->segment];
		const struct snet__model_node *owner = all->owner[one->segment];

		if (!is_done(segment))
			continue;
		text = snet__show_net(&shown, segment->subnet, segment->prefix);
		if (!is_within(one->address, segment->subnet, segment->prefix))
			complain(all, one, "is not in the subnet %s of '%s'", text,
				 owner ? owner->name : "its switch");
		else if (one->address == segment->subnet)
			complain(all, one, "is the address of the subnet %s itself",
				 text);
		else if (one->address == (segment->subnet | hosts_of(segment->prefix)))
			complain(all, one, "is the broadcast address of the subnet %s",
				 text);
	}
}

static void refuse_clashes(struct subnets *all)
{
	qsort(all->given, all->given_count, sizeof(*all->given), compare_given);
	for (size_t i = 1, first = 0; i < all->given_count; i++) {
		if (all->given[i].address == all->given[first].address)
			complain(all, &all->given[i], "is also the address of '%s'",
				 all->model->nodes[all->given[first].node]->name);
		else
			first = i;
	}
}

static void check_room(struct subnets *all)
{
	const struct snet__model *model = all->model;
	struct snet__shown text;

	for (size_t i = 0; i < model->segment_count; i++) {
		const struct snet__model_segment *segment = &model->segments[i];
		const struct snet__model_node *owner = all->owner[i];

		if (!owner || hosts_of(segment->prefix) - 1 >= segment->station_count)
			continue;
		snet__check_complain(
			all->check, SNET__SECTION_NODES, owner->index, "subnet",
			"too small: %s has room for %u, %u interfaces are in it",
			snet__show_net(&text, segment->subnet, segment->prefix),
			hosts_of(segment->prefix) - 1, segment->station_count);
	}
}

static void find_subnets(struct subnets *all)
{
	size_t count = 0;
	unsigned int usual;

	for (size_t i = 0; i < all->model->segment_count; i++)
		count += all->model->segments[i].station_count > 0;
	usual = usual_prefix(all->model, count);
	take_own(all);
	collect_given(all);
	take_given(all, usual);
	refresh_taken(all);
	keep_former(all);
	refuse_overlaps(all);
	if (!all->has_failed)
		give_rest(all, usual, count);
	check_given(all);
	refuse_clashes(all);
	check_room(all);
}

void snet__check_addresses(struct snet__check *check)
{
	struct snet__model *model = check->model;
	size_t ifaces = 0;

	for (size_t i = 0; i < model->node_count; i++)
		ifaces += model->nodes[i]->iface_count;

	autofree struct given *given = calloc(ifaces + 1, sizeof(*given));
	autofree const struct snet__model_node **owner =
		calloc(model->segment_count + 1, sizeof(*owner));
	autofree struct block *taken = calloc(model->segment_count + 1, sizeof(*taken));
	struct subnets all = {.check = check,
			      .model = model,
			      .given = given,
			      .owner = owner,
			      .taken = taken};

	if (!given || !owner || !taken)
		check->r = snet__err_oom(check->err);
	else
		find_subnets(&all);
}
