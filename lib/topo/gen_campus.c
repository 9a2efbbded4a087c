/* SPDX-License-Identifier: MIT */
/* A campus: core0 and core1, linked with each other, and buildings, each with a router h0, h1 ...
 * that is linked with both; a building's relayer is h0r, its floors h0f0, h0f1 ... */

#include <stdlib.h>

#include "topo/building.h"
#include "topo/generator.h"

static void build(struct snet__builder *builder)
{
	struct snet__buildings buildings = {0};
	struct snet__name name, relayer;

	snet__buildings_draw(&buildings, builder);
	builder->profiles[SNET__DEVICE_BUTTON] = "wifi";
	builder->profiles[SNET__DEVICE_SENSOR] = "ble";
	(void)snet__builder_add_node(builder, "router", "core{i}", 2);
	snet__builder_add_link(builder, "fibre", "core0", "core1", 0);
	snet__builder_add_cloud(builder, "wan", "core0");
	(void)snet__builder_add_node(builder, "router", "h{i}", buildings.count);
	snet__builder_add_link(builder, "fibre", "h{i}", "core0", buildings.count);
	snet__builder_add_link(builder, "fibre", "h{i}", "core1", buildings.count);
	snet__builder_add_relayer(builder, "h{i}r", "h{i}", buildings.count);
	for (size_t i = 0; i < buildings.count; i++)
		snet__builder_add_floors(builder, &buildings.items[i],
					 snet__name(&name, "h%zu", i),
					 snet__name(&relayer, "h%zur", i));
	free(buildings.items);
}

const struct snet__generator snet__generator_campus = {
	.name = "campus",
	.help = "buildings around two core routers, a switch a floor",
	.build = build,
};
