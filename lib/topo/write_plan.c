/* SPDX-License-Identifier: MIT */
/* What was planned, as the JSON of entries that are compared. Nothing of it is in a lab file. */

#include <stdio.h>
#include <string.h>

#include "topo/parts.h"
#include "topo/value.h"
#include "topo/write.h"

static bool is_given_alike(const struct snet__model_node *a,
			   const struct snet__model_node *b, size_t iface)
{
	const char *x = snet__node_given(a, iface).address;
	const char *y = snet__node_given(b, iface).address;

	return x && y ? strcmp(x, y) == 0 : x == y;
}

struct snet__json *snet__write_addresses(const struct snet__model_node *node,
					 const struct snet__model_node *other)
{
	struct snet__json *json = snet__json_new_object();
	char key[64] = "address";
	struct snet__shown shown;

	for (size_t i = 0; i < node->iface_count && i < other->iface_count; i++) {
		if (i)
			(void)snprintf(key, sizeof(key), "interfaces[%zu].address", i);
		if (is_given_alike(node, other, i))
			snet__json_add_string(json, key,
					      snet__show_net(&shown, node->ifaces[i].ipv4,
							     0));
	}
	return json;
}

struct snet__json *snet__write_subnet(const struct snet__model_link *link,
				      const struct snet__model_link *other)
{
	struct snet__json *json = snet__json_new_object();
	const struct snet__model_iface *a = NULL, *b = NULL;
	struct snet__shown shown;

	for (int i = 0; i < 2 && !(a && b); i++) {
		a = snet__node_find_iface(link->ends[i], link);
		b = snet__node_find_iface(other->ends[i], other);
	}
	if (a && b && a->ipv4 == b->ipv4 && a->prefix)
		snet__json_add_string(json, "subnet",
				      snet__show_net(&shown,
						     a->ipv4 & ~(~0U >> a->prefix),
						     a->prefix));
	return json;
}
