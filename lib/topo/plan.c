/* SPDX-License-Identifier: MIT */
/* Addresses: given ones stay, so do those of the model before, and the others are the next
 * free of their segment in the order of the file: a lab has the same addresses each time, and
 * a node added at the end changes none. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/parts.h"
#include "topo/route.h"
#include "topo/value.h"

struct plan {
	struct snet__model *model;
	uint32_t *kept; /* addresses that are spoken for, sorted */
	size_t kept_count;
	uint32_t *next; /* of each segment */
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_kept(const struct plan *plan, uint32_t address)
{
	return bsearch(&address, plan->kept, plan->kept_count, sizeof(address), compare);
}

void snet__plan_mac(unsigned char ret[6], uint32_t ipv4)
{
	ret[0] = 0x02; /* locally administered */
	ret[1] = 0x00;
	for (int i = 0; i < 4; i++)
		ret[2 + i] = (unsigned char)(ipv4 >> (24 - 8 * i));
}

/* As large as the segment's. */
static void complete(const struct plan *plan, const struct snet__model_node *node,
		     size_t index)
{
	struct snet__model_iface *iface = &node->ifaces[index];
	const char *mac = snet__node_given(node, index).mac;

	iface->prefix = plan->model->segments[iface->segment].prefix;
	if (mac && snet__value_parse_mac(iface->mac, mac, NULL) == 0)
		return;
	snet__plan_mac(iface->mac, iface->ipv4);
}

static int keep_given(struct plan *plan, struct snet_err *err)
{
	const struct snet__model *model = plan->model;
	int r;

	for (size_t i = 0; i < model->node_count; i++)
		for (size_t k = 0; k < model->nodes[i]->iface_count; k++) {
			struct snet__model_iface *iface = &model->nodes[i]->ifaces[k];
			const char *text = snet__node_given(model->nodes[i], k).address;

			iface->ipv4 = 0;
			if (!text)
				continue;
			r = snet__value_parse_address(&iface->ipv4, text, err);
			if (r < 0)
				return snet__err_prefix(err, r, "address of node '%s'",
							model->nodes[i]->name);
			plan->kept[plan->kept_count++] = iface->ipv4;
		}
	qsort(plan->kept, plan->kept_count, sizeof(*plan->kept), compare);
	return 0;
}

static uint32_t former_address(const struct plan *plan,
			       const struct snet__model_node *node,
			       const struct snet__model_iface *iface)
{
	const struct snet__model *before = plan->model->before;
	const struct snet__model_segment *segment =
		&plan->model->segments[iface->segment];
	const struct snet__model_node *former;
	const struct snet__model_link *link;
	const struct snet__model_iface *was;

	if (!before)
		return 0;
	former = snet__model_find_node(before, node->name);
	link = snet__model_find_link(before, iface->link->name);
	was = former && link ? snet__node_find_iface(former, link) : NULL;
	/* Of a subnet that has become smaller it may be no node's any more. */
	if (!was || was->ipv4 <= segment->subnet ||
	    was->ipv4 >= (segment->subnet | ~0U >> segment->prefix) ||
	    is_kept(plan, was->ipv4))
		return 0;
	return was->ipv4;
}

static void keep_former(struct plan *plan)
{
	const struct snet__model *model = plan->model;
	size_t count = plan->kept_count;

	for (size_t i = 0; i < model->node_count; i++)
		for (size_t k = 0; k < model->nodes[i]->iface_count; k++) {
			struct snet__model_iface *iface = &model->nodes[i]->ifaces[k];

			if (!iface->ipv4)
				iface->ipv4 =
					former_address(plan, model->nodes[i], iface);
			else
				continue;
			if (iface->ipv4)
				plan->kept[count++] = iface->ipv4;
		}
	plan->kept_count = count;
	qsort(plan->kept, plan->kept_count, sizeof(*plan->kept), compare);
}

static int give_next(struct plan *plan, const struct snet__model_node *node,
		     struct snet__model_iface *iface, struct snet_err *err)
{
	const struct snet__model_segment *segment =
		&plan->model->segments[iface->segment];
	uint32_t *next = &plan->next[iface->segment];
	uint32_t last = (segment->subnet | ~0U >> segment->prefix) - 1;

	if (!*next)
		*next = segment->subnet + 1;
	while (*next <= last && is_kept(plan, *next))
		(*next)++;
	if (*next > last)
		return snet__err_set(err, -ENOSPC,
				     "the subnet has no address for node '%s'",
				     node->name);
	iface->ipv4 = (*next)++;
	return 0;
}

static int give_rest(struct plan *plan, struct snet_err *err)
{
	const struct snet__model *model = plan->model;
	int r = 0;

	for (size_t i = 0; i < model->node_count; i++) {
		struct snet__model_node *node = model->nodes[i];

		for (size_t k = 0; k < node->iface_count && r == 0; k++) {
			if (!node->ifaces[k].ipv4)
				r = give_next(plan, node, &node->ifaces[k], err);
			if (r == 0)
				complete(plan, node, k);
		}
		if (r < 0)
			return r;
		node->ipv4 = node->iface_count ? node->ifaces[0].ipv4 : 0;
	}
	return 0;
}

int snet__model_plan(struct snet__model *model, struct snet_err *err)
{
	size_t ifaces = 0;
	int r;

	for (size_t i = 0; i < model->node_count; i++)
		ifaces += model->nodes[i]->iface_count;

	autofree uint32_t *kept = calloc(ifaces + 1, sizeof(*kept));
	autofree uint32_t *next = calloc(model->segment_count + 1, sizeof(*next));
	struct plan plan = {.model = model, .kept = kept, .next = next};

	if (!kept || !next)
		return snet__err_oom(err);
	r = keep_given(&plan, err);
	if (r < 0)
		return r;
	keep_former(&plan);
	r = give_rest(&plan, err);
	if (r == 0)
		r = snet__model_route(model, err);
	return r < 0 ? r : snet__plan_gateways(model, err);
}
