/* SPDX-License-Identifier: MIT */
/* What a lab file says of the network below the nodes: interfaces, VLANs, IPv6. */

#include "base/vec.h"
#include "topo/entries.h"
#include "topo/parts.h"

#define GIVEN(member) offsetof(struct snet__model_given, member)
static const struct snet__key interface_keys[] = {
	{
		.name = "address",
		.read = snet__read_text,
		.offset = GIVEN(address),
		.check = snet__value_check_address,
	},
	{
		.name = "mac",
		.read = snet__read_text,
		.offset = GIVEN(mac),
		.check = snet__value_check_mac,
	},
};
const struct snet__keys snet__keys_interface = {"interface", SNET__KEYS(interface_keys)};

void snet__read_interface(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into)
{
	struct snet__model_node *node = into;

	reader->r =
		snet__vec_reserve(&node->given, &node->given_cap, node->given_count + 1,
				  sizeof(*node->given), reader->err);
	if (reader->r == 0)
		snet__reader_object(reader, spot, json, &snet__keys_interface, 0,
				    "interface", &node->given[node->given_count++]);
}

void snet__read_vlans(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	struct snet__model_link *link = into;
	struct snet__spot at = {.up = spot};

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_ARRAY, "an array"))
		return;
	if (!snet__json_first(json))
		snet__reader_complain(reader, spot, json, false,
				      "expected at least one VLAN");
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json), at.index++) {
		reader->r = snet__vec_reserve(&link->vlans, &link->vlan_cap,
					      link->vlan_count + 1, sizeof(*link->vlans),
					      reader->err);
		if (reader->r == 0)
			snet__read_u32(reader, &at, json, key,
				       &link->vlans[link->vlan_count++]);
	}
}

void snet__read_ipv6(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	struct snet__model *model = into;
	const char *text = snet__json_string(json);
	struct snet_err err = {0};

	(void)key;
	if (snet__json_is(json, SNET__JSON_BOOL)) {
		model->has_ipv6 = snet__json_is_true(json);
		text = "fd00::/96";
	} else if (!snet__reader_expect(reader, spot, json, SNET__JSON_STRING,
					"true or a prefix such as 'fd00:1::/48'")) {
		return;
	} else {
		model->has_ipv6 = true;
	}
	if (snet__value_parse_ipv6(model->ipv6, text, &err) < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
}
