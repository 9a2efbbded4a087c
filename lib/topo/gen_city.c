/* SPDX-License-Identifier: MIT */
/* A city: districts with the routers d0, d1 ... in a ring, each with buildings, whose gateways are
 * the routers d0h0, d0h1 ..., whose floors are d0h0f0, d0h0f1 ...; the cloud is behind d0. A
 * district has one relayer, d0r, or where that had too many devices one a building, d0h0r. */

#include <stdlib.h>

#include "topo/building.h"
#include "topo/generator.h"

#define BUILDINGS_MIN 4
#define BUILDINGS_MAX 10

struct district {
	struct snet__name name;
	const struct snet__crowd *buildings;
	size_t count;
};

static void add_relayers(struct snet__builder *builder, const struct district *district,
			 bool is_one)
{
	struct snet__name relayer, to;

	if (is_one)
		snet__builder_add_relayer(builder,
					  snet__name(&relayer, "%sr",
						     district->name.text),
					  district->name.text, 0);
	else
		snet__builder_add_relayer(
			builder, snet__name(&relayer, "%sh{i}r", district->name.text),
			snet__name(&to, "%sh{i}", district->name.text), district->count);
}

static void add_district(struct snet__builder *builder, const struct district *district)
{
	const char *name = district->name.text;
	struct snet__name house, relayer;
	size_t devices = 0;
	bool is_one;

	for (size_t i = 0; i < district->count; i++)
		devices += snet__building_devices(&district->buildings[i]);
	is_one = devices <= SNET__RELAYER_DEVICES_MAX;
	(void)snet__name(&house, "%sh{i}", name);
	(void)snet__builder_add_node(builder, "router", house.text, district->count);
	snet__builder_add_link(builder, "fibre", house.text, name, district->count);
	add_relayers(builder, district, is_one);
	for (size_t i = 0; i < district->count; i++) {
		(void)snet__name(&house, "%sh%zu", name, i);
		(void)snet__name(&relayer, "%sr", is_one ? name : house.text);
		snet__builder_add_floors(builder, &district->buildings[i], house.text,
					 relayer.text);
	}
}

/* The routers of the districts; two are a line, not a ring. */
static void add_backbone(struct snet__builder *builder, size_t count)
{
	struct snet__name last;

	(void)snet__builder_add_node(builder, "router", "d{i}", count);
	if (count > 1)
		snet__builder_add_link(builder, "fibre", "d{i}", "d{i+1}", count - 1);
	if (count > 2)
		snet__builder_add_link(builder, "fibre",
				       snet__name(&last, "d%zu", count - 1), "d0", 0);
	snet__builder_add_cloud(builder, "wan", "d0");
}

static void build(struct snet__builder *builder)
{
	struct snet__buildings buildings = {0};
	size_t in_district = snet__builder_draw(builder, BUILDINGS_MIN, BUILDINGS_MAX);
	size_t count;

	builder->profiles[SNET__DEVICE_BUTTON] = "ble";
	builder->profiles[SNET__DEVICE_ACTUATOR] = "zigbee";
	builder->profiles[SNET__DEVICE_SENSOR] = "lte-m";
	snet__buildings_draw(&buildings, builder);
	count = (buildings.count + in_district - 1) / in_district;
	if (count)
		add_backbone(builder, count);
	for (size_t i = 0, first = 0; i < count; i++) {
		struct district district = {
			.buildings = &buildings.items[first],
			.count = snet__part_of(buildings.count, count, i),
		};

		(void)snet__name(&district.name, "d%zu", i);
		add_district(builder, &district);
		first += district.count;
	}
	free(buildings.items);
}

const struct snet__generator snet__generator_city = {
	.name = "city",
	.help = "districts on a ring, buildings with gateways, floors",
	.build = build,
};
