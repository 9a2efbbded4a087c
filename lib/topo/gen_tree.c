/* SPDX-License-Identifier: MIT */
/* A tree: "root", below it the switches s0, s1 ..., below s3 the switches s3s0, s3s1 ..., and
 * devices below the last ones. It is as flat as the fanout allows, and evenly filled. */

#include "topo/generator.h"

struct tree {
	struct snet__builder *builder;
	struct snet__crowd crowd; /* on all leaves; of one switch alone in its names */
};

/* What can be below a switch: @leaves of the tree from @first on. */
struct branch {
	const char *name, *prefix; /* "s3" both; "root" and "" */
	size_t first, leaves;
	size_t room; /* leaves below each switch below it; 1: those are leaves */
};

/* Build what is below a branch's switch. At most 17 levels deep. */
static void build_below(struct tree *tree, const struct branch *branch)
{
	size_t fanout = tree->builder->opts->fanout;
	size_t count = (branch->leaves + branch->room - 1) / branch->room;
	struct branch below = {.first = branch->first,
			       .room = branch->room > 1 ? branch->room / fanout : 1};
	struct snet__crowd crowd = tree->crowd;
	struct snet__name pattern, name;

	(void)snet__name(&pattern, "%ss{i}", branch->prefix);
	(void)snet__builder_add_node(tree->builder, "switch", pattern.text, count);
	snet__builder_add_link(tree->builder, "ethernet", pattern.text, branch->name,
			       count);
	if (branch->room == 1) {
		crowd.at = crowd.prefix = pattern.text;
		snet__builder_add_devices(tree->builder, &crowd, branch->first, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		below.name = below.prefix =
			snet__name(&name, "%ss%zu", branch->prefix, i);
		below.leaves = snet__part_of(branch->leaves, count, i);
		build_below(tree, &below);
		below.first += below.leaves;
	}
}

static void build(struct snet__builder *builder)
{
	size_t fanout = builder->opts->fanout;
	struct tree tree = {
		.builder = builder,
		.crowd = {.at = "root",
			  .prefix = "",
			  .relayer = "r0",
			  .movers = builder->opts->devices - builder->sensors,
			  .sensors = builder->sensors,
			  .buttons = 50},
	};
	struct branch root = {.name = "root", .prefix = "", .room = 1};

	snet__crowd_spread(&tree.crowd, fanout, 1);
	root.leaves = tree.crowd.switches;
	while (root.room * fanout < root.leaves)
		root.room *= fanout;
	(void)snet__builder_add_node(builder, "switch", "root", 0);
	snet__builder_add_relayer(builder, "r0", "root", 0);
	snet__builder_add_cloud(builder, "ethernet", "root");
	if (root.leaves == 1)
		snet__builder_add_devices(builder, &tree.crowd, 0, 1);
	else
		build_below(&tree, &root);
}

const struct snet__generator snet__generator_tree = {
	.name = "tree",
	.help = "switches in levels, as many as are needed",
	.build = build,
};
