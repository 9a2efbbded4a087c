/* SPDX-License-Identifier: MIT */
/* A full mesh: router0, router1 ..., each linked with each other; behind router2 the switch s2
 * with the relayer r2 and devices. */

#include "topo/generator.h"

/* However few devices there are it is a mesh. So many have 496 links with each other; where
 * more would be needed their switches grow. */
#define ROUTERS_MIN 3
#define ROUTERS_MAX 32

static void add_routers(struct snet__builder *builder, size_t count)
{
	struct snet__name to;

	(void)snet__builder_add_node(builder, "router", "router{i}", count);
	(void)snet__builder_add_node(builder, "switch", "s{i}", count);
	snet__builder_add_link(builder, "ethernet", "s{i}", "router{i}", count);
	for (size_t i = 1; i < count; i++)
		snet__builder_add_link(builder, "fibre", "router{i}",
				       snet__name(&to, "router%zu", i), i);
}

static void build(struct snet__builder *builder)
{
	struct snet__crowd crowd = {
		.at = "s{i}",
		.prefix = "s{i}",
		.relayer = "r{i}",
		.movers = builder->opts->devices - builder->sensors,
		.sensors = builder->sensors,
		.buttons = 50,
	};

	snet__crowd_spread(&crowd, builder->opts->fanout, ROUTERS_MIN);
	if (crowd.switches > ROUTERS_MAX) {
		crowd.switches = ROUTERS_MAX;
		crowd.sensor_switches = 0;
	}
	add_routers(builder, crowd.switches);
	snet__builder_add_relayer(builder, "r{i}", "s{i}", crowd.switches);
	snet__builder_add_cloud(builder, "ethernet", "s0");
	snet__builder_add_devices(builder, &crowd, 0, crowd.switches);
}

const struct snet__generator snet__generator_mesh = {
	.name = "mesh",
	.help = "routers, each linked with each, a switch behind each",
	.build = build,
};
