/* SPDX-License-Identifier: MIT */
/* A star: one switch that everything is on. */

#include "topo/generator.h"

static void build(struct snet__builder *builder)
{
	struct snet__crowd crowd = {
		.at = "s0",
		.prefix = "",
		.relayer = "r0",
		.switches = 1,
		.movers = builder->opts->devices - builder->sensors,
		.sensors = builder->sensors,
		.buttons = 50,
	};

	(void)snet__builder_add_node(builder, "switch", "s0", 0);
	snet__builder_add_relayer(builder, "r0", "s0", 0);
	snet__builder_add_cloud(builder, "ethernet", "s0");
	snet__builder_add_devices(builder, &crowd, 0, 1);
}

const struct snet__generator snet__generator_star = {
	.name = "star",
	.help = "one switch that all devices are on",
	.build = build,
};
