/* SPDX-License-Identifier: MIT */
/* The hardware addresses that the description gives: of two stations of a segment with the same
 * one, the switches between them would lead everything to the one that was heard last. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/check.h"

struct given {
	unsigned char mac[6];
	uint32_t segment, node, iface;
};

static int compare_given(const void *a, const void *b)
{
	const struct given *x = a, *y = b;
	int order = memcmp(x->mac, y->mac, sizeof(x->mac));

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	if (order)
		return order;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->iface < y->iface ? -1 : x->iface > y->iface;
}

static size_t collect(struct given *given, const struct snet__model *model)
{
	size_t count = 0;

	for (uint32_t i = 0; i < model->node_count; i++)
		for (uint32_t k = 0; k < model->nodes[i]->iface_count; k++) {
			const char *text = snet__node_given(model->nodes[i], k).mac;
			struct given *one = &given[count];

			*one = (struct given){.segment =
						      model->nodes[i]->ifaces[k].segment,
					      .node = i,
					      .iface = k};
			/* What is no address was refused when it was given. */
			count += text && snet__value_parse_mac(one->mac, text, NULL) == 0;
		}
	return count;
}

static const char *given_key(const struct snet__model_node *node)
{
	return node->given_count ? "interfaces" : "mac";
}

static void refuse_clashes(struct snet__check *check, struct given *given, size_t count)
{
	struct snet__model_node *const *nodes = check->model->nodes;

	qsort(given, count, sizeof(*given), compare_given);
	for (size_t i = 1, first = 0; i < count; i++) {
		const struct given *one = &given[i], *other = &given[first];
		const struct snet__model_node *node = nodes[one->node];

		if (one->segment != other->segment ||
		    memcmp(one->mac, other->mac, sizeof(one->mac)) != 0)
			first = i;
		else
			snet__check_complain(
				check, SNET__SECTION_NODES, one->node, given_key(node),
				"'%s' is also the hardware address of '%s', in the same "
				"segment",
				snet__node_given(node, one->iface).mac,
				nodes[other->node]->name);
	}
}

/* Whether it is what another interface of the segment has unless it gives one itself. */
static bool is_of_plan(const struct snet__model *model, const struct given *one)
{
	const struct snet__model_segment *segment = &model->segments[one->segment];
	const char *own = snet__node_given(model->nodes[one->node], one->iface).address;
	uint32_t ipv4 = 0, own_ipv4 = 0;

	for (int i = 2; i < 6; i++)
		ipv4 = ipv4 << 8 | one->mac[i];
	if (own)
		(void)snet__value_parse_address(&own_ipv4, own, NULL); /* stays 0 */
	return one->mac[0] == 0x02 && one->mac[1] == 0x00 && segment->prefix &&
	       ipv4 != own_ipv4 && (ipv4 & ~(~0U >> segment->prefix)) == segment->subnet;
}

static void refuse_planned(struct snet__check *check, const struct given *given,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct given *one = &given[i];
		const struct snet__model_node *node = check->model->nodes[one->node];

		if (is_of_plan(check->model, one))
			snet__check_complain(
				check, SNET__SECTION_NODES, one->node, given_key(node),
				"'%s' belongs to the address %u.%u.%u.%u: choose "
				"another, or give the interface that 'address'",
				snet__node_given(node, one->iface).mac, one->mac[2],
				one->mac[3], one->mac[4], one->mac[5]);
	}
}

void snet__check_macs(struct snet__check *check)
{
	struct snet__model *model = check->model;
	size_t ifaces = 0, count;

	for (size_t i = 0; i < model->node_count; i++)
		ifaces += model->nodes[i]->iface_count;

	autofree struct given *given = calloc(ifaces + 1, sizeof(*given));

	if (!given) {
		check->r = snet__err_oom(check->err);
		return;
	}
	count = collect(given, model);
	refuse_clashes(check, given, count);
	refuse_planned(check, given, count);
}
