/* SPDX-License-Identifier: MIT */
/* SVG without Graphviz: libsnet was built without it. */

#include "base/err.h"
#include "topo/graph.h"

static int write_svg(FILE *out, const struct snet__graph *graph, struct snet_err *err)
{
	(void)out;
	(void)graph;
	return snet__err_set(
		err, -ENOTSUP,
		"libsnet was built without Graphviz, which draws SVG: install "
		"libgraphviz-dev and build it again, or take the format dot");
}

static const char *find_version(void)
{
	return NULL;
}

static const char *const suffixes[] = {"svg", NULL};

const struct snet__graph_format snet__graph_svg = {
	.name = "svg",
	.suffixes = suffixes,
	.write = write_svg,
	.version = find_version,
};
