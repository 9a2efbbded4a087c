/* SPDX-License-Identifier: MIT */
/* What was planned, as the JSON of entries that are compared. Nothing of it is in a lab file. */

#include <stdio.h>
#include <string.h>

#include "topo/parts.h"
#include "topo/value.h"
#include "topo/write.h"

/* That of @iface, unless it follows from its address as others do. */
static void add_mac(struct snet__json *json, const char *key,
		    const struct snet__model_iface *iface)
{
	unsigned char usual[6];
	char text[sizeof("00:00:00:00:00:00")];
	const unsigned char *mac = iface->mac;

	snet__plan_mac(usual, iface->ipv4);
	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		       mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (memcmp(mac, usual, sizeof(usual)) != 0)
		snet__json_add_string(json, key, text);
}

struct snet__json *snet__write_addresses(const struct snet__model_node *node,
					 const struct snet__model_node *other)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__shown shown;
	char key[64];

	for (size_t i = 0; i < node->iface_count && i < other->iface_count; i++) {
		const struct snet__model_iface *iface = &node->ifaces[i];
		size_t at =
			i ? (size_t)snprintf(key, sizeof(key), "interfaces[%zu].", i) : 0;

		(void)snprintf(key + at, sizeof(key) - at, "address");
		snet__json_add_string(json, key, snet__show_net(&shown, iface->ipv4, 0));
		(void)snprintf(key + at, sizeof(key) - at, "mac");
		add_mac(json, key, iface);
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
