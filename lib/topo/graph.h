/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_GRAPH_H
#define SNET_TOPO_GRAPH_H

/* A lab as a picture. graph.c decides what is drawn: boxes, and lines between them; each format
 * is a file of its own that writes this down. */

#include <stdio.h>

#include "io/json.h"
#include "topo/model.h"

/* What nodes look like. */
enum snet__look {
	SNET__LOOK_SWITCH,
	SNET__LOOK_ROUTER,
	SNET__LOOK_HOST,
	SNET__LOOK_RELAYER,
	SNET__LOOK_FUNCTIONS,
	SNET__LOOK_GATEWAY,
	SNET__LOOK_BUTTON,
	SNET__LOOK_SENSOR,
	SNET__LOOK_ACTUATOR,
	SNET__LOOK_DEVICE, /* of a kind that a program added */
	SNET__LOOK_PROCESS,
	SNET__LOOK_CONTAINER,
	SNET__LOOK_COUNT,
};

/* Colours as "#rrggbb". */
struct snet__paint {
	const char *fill, *line;
};
extern const struct snet__paint snet__paints[SNET__LOOK_COUNT];

/* A node, or several of one kind that hang on the same node by links of one sort. */
struct snet__graph_box {
	const struct snet__model_node **nodes; /* in the order of the lab */
	size_t count;
	enum snet__look look;
	char *caption; /* "b0", "b0 … b47" */
	char *detail;  /* "button", "48 buttons", "actuator, 1" */
	size_t depth;  /* of switches and routers: how far from the middle of the lab */
};

struct snet__graph_line {
	size_t upper, lower; /* boxes; which one is drawn above the other */
	char *label; /* what happens to packets on it, one or two lines; "" for nothing */
	bool is_down;
	bool is_level; /* drawn between two of the same depth, beside each other */
};

struct snet__graph {
	const char *name; /* of the lab, NULL for none */
	struct snet__graph_box *boxes;
	size_t box_count;
	struct snet__graph_line *lines;
	size_t line_count;
	bool is_short; /* boxes of several nodes show a range, not each name */
	bool is_wide;  /* better drawn from the left to the right than downwards */
};

/* How many names stand beside each other where a box shows them all. */
size_t snet__graph_columns(const struct snet__graph_box *box);

struct snet__graph_opts {
	bool all; /* every node by its name, however many there are */
	/* The answer to GET /v1/status: states, and which links are down. NULL: not known. */
	const struct snet__json *status;
};

/* One format. Constant table; graph.c is the only caller. */
struct snet__graph_format {
	const char *name;            /* on the command line */
	const char *const *suffixes; /* of files that have it, NULL-terminated */
	/* Write @graph to @out, whose errors are the caller's to find. May block; no namespace.
	 * -ENOTSUP when libsnet was built without what it needs, with the remedy. */
	int (*write)(FILE *out, const struct snet__graph *graph, struct snet_err *err);
	/* Optional: the version of the library that draws it, static; NULL when libsnet was built
	 * without one. */
	const char *(*version)(void);
};
extern const struct snet__graph_format snet__graph_dot, snet__graph_mermaid,
	snet__graph_svg;

/* The format at @index, NULL behind the last. */
const struct snet__graph_format *snet__graph_at(size_t index);
/* The format called so, and the one of a file with such a name; NULL for none. */
const struct snet__graph_format *snet__graph_find(const char *name);
const struct snet__graph_format *snet__graph_find_suffix(const char *path);

/* Draw a checked model; @ret is text, to be freed. -EINVAL when there is no such format; -ENOTSUP
 * as above, -ENOMEM. @opts may be NULL. */
int snet__graph_draw(char **ret, const struct snet__model *model, const char *format,
		     const struct snet__graph_opts *opts, struct snet_err *err);
/* The same of the text of a lab file whose kinds of devices and backends may be a program's. */
int snet__graph_draw_text(char **ret, const char *text, const char *format,
			  const struct snet__graph_opts *opts, struct snet_err *err);

#endif
