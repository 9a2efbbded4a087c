/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_GENERATOR_H
#define SNET_TOPO_GENERATOR_H

/* The shapes of generated labs: one constant table each, listed in generate.c. */

#include "topo/builder.h"

struct snet__generator {
	const char *name; /* stable: on the command line */
	const char *help; /* one line, lower case, no full stop */
	/* Add all nodes and links: opts->devices devices of which builder->sensors are sensors, each
	 * with a relayer that it can reach, and a cloud that each relayer can. Each choice is by
	 * builder->random. */
	void (*build)(struct snet__builder *builder);
};

extern const struct snet__generator snet__generator_star, snet__generator_tree,
	snet__generator_ring, snet__generator_mesh, snet__generator_linear,
	snet__generator_campus, snet__generator_city;

#endif
