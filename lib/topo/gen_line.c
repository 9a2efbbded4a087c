/* SPDX-License-Identifier: MIT */
/* Switches one behind the other: s0, s1 ..., each with devices. In a ring the last is linked
 * with the first, and the spanning tree protocol opens the loop. */

#include "topo/generator.h"

/* So that it is a ring, or a line with an inside, however few devices there are. */
#define SWITCHES_MIN 3

static void add_switches(struct snet__builder *builder, size_t count, bool is_ring)
{
	struct snet__json *switches;
	struct snet__name last;

	switches = snet__builder_add_node(builder, "switch", "s{i}", count);
	if (is_ring)
		snet__builder_put(builder, switches, "stp", snet__json_new_bool(true));
	snet__builder_add_link(builder, "ethernet", "s{i}", "s{i+1}", count - 1);
	if (is_ring)
		snet__builder_add_link(builder, "ethernet",
				       snet__name(&last, "s%zu", count - 1), "s0", 0);
}

static void build_line(struct snet__builder *builder, bool is_ring)
{
	struct snet__crowd crowd = {
		.at = "s{i}",
		.prefix = "s{i}",
		.relayer = "r0",
		.movers = builder->opts->devices - builder->sensors,
		.sensors = builder->sensors,
		.buttons = 50,
	};

	snet__crowd_spread(&crowd, builder->opts->fanout, SWITCHES_MIN);
	add_switches(builder, crowd.switches, is_ring);
	snet__builder_add_relayer(builder, "r0", "s0", 0);
	snet__builder_add_cloud(builder, "ethernet", "s0");
	snet__builder_add_devices(builder, &crowd, 0, crowd.switches);
}

static void build_linear(struct snet__builder *builder)
{
	build_line(builder, false);
}

static void build_ring(struct snet__builder *builder)
{
	build_line(builder, true);
}

const struct snet__generator snet__generator_linear = {
	.name = "linear",
	.help = "a chain of switches",
	.build = build_linear,
};

const struct snet__generator snet__generator_ring = {
	.name = "ring",
	.help = "a ring of switches, with spanning tree",
	.build = build_ring,
};
