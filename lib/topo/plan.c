/* SPDX-License-Identifier: MIT */
/* Addresses: given ones stay, the others are the next free in the order of the file, so that
 * a lab has the same addresses each time and a node added at the end changes none. */

#include <stdlib.h>

#include "base/cleanup.h"
#include "topo/model.h"
#include "topo/value.h"

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The given addresses, sorted. */
static int collect_given(struct snet__model *model, uint32_t *given, size_t *ret_count,
			 struct snet_err *err)
{
	size_t count = 0;
	int r;

	for (size_t i = 0; i < model->node_count; i++) {
		struct snet__model_node *node = &model->nodes[i];

		node->ipv4 = 0;
		if (!node->address || node->role == SNET__ROLE_SWITCH)
			continue;
		r = snet__value_parse_address(&node->ipv4, node->address, err);
		if (r < 0)
			return snet__err_prefix(err, r, "address of node '%s'",
						node->name);
		given[count++] = node->ipv4;
	}
	qsort(given, count, sizeof(*given), compare);
	*ret_count = count;
	return 0;
}

int snet__model_plan(struct snet__model *model, struct snet_err *err)
{
	autofree uint32_t *given = calloc(model->node_count + 1, sizeof(*given));
	uint32_t last = (model->subnet | ~0U >> model->prefix) - 1,
		 next = model->subnet + 1;
	size_t count = 0, passed = 0;
	int r;

	if (!given)
		return snet__err_oom(err);
	r = collect_given(model, given, &count, err);
	if (r < 0)
		return r;

	for (size_t i = 0; i < model->node_count; i++) {
		struct snet__model_node *node = &model->nodes[i];

		if (node->ipv4 || node->role == SNET__ROLE_SWITCH)
			continue;
		for (; passed < count && given[passed] <= next; passed++)
			if (given[passed] == next)
				next++;
		if (next > last)
			return snet__err_set(err, -ENOSPC,
					     "the subnet has no address for node '%s'",
					     node->name);
		node->ipv4 = next++;
	}
	return 0;
}
