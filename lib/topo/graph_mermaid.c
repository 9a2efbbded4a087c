/* SPDX-License-Identifier: MIT */
/* Mermaid, which many pages that show Markdown draw: a flowchart.
 * Source: https://mermaid.js.org/syntax/flowchart.html */

#include <string.h>

#include "topo/graph.h"

/* What stands around the label of a node. */
static const struct {
	const char *open, *close;
} shapes[SNET__LOOK_COUNT] = {
	[SNET__LOOK_SWITCH] = {"[", "]"},      [SNET__LOOK_ROUTER] = {"{{", "}}"},
	[SNET__LOOK_HOST] = {"(", ")"},        [SNET__LOOK_RELAYER] = {"{{", "}}"},
	[SNET__LOOK_FUNCTIONS] = {"[[", "]]"}, [SNET__LOOK_GATEWAY] = {"[/", "\\]"},
	[SNET__LOOK_BUTTON] = {"([", "])"},    [SNET__LOOK_SENSOR] = {"([", "])"},
	[SNET__LOOK_ACTUATOR] = {"([", "])"},  [SNET__LOOK_DEVICE] = {"([", "])"},
	[SNET__LOOK_PROCESS] = {"(", ")"},     [SNET__LOOK_CONTAINER] = {"[[", "]]"},
};

static const char *const classes[SNET__LOOK_COUNT] = {
	[SNET__LOOK_SWITCH] = "switch",       [SNET__LOOK_ROUTER] = "router",
	[SNET__LOOK_HOST] = "host",           [SNET__LOOK_RELAYER] = "relayer",
	[SNET__LOOK_FUNCTIONS] = "functions", [SNET__LOOK_GATEWAY] = "gateway",
	[SNET__LOOK_BUTTON] = "button",       [SNET__LOOK_SENSOR] = "sensor",
	[SNET__LOOK_ACTUATOR] = "actuator",   [SNET__LOOK_DEVICE] = "device",
	[SNET__LOOK_PROCESS] = "process",     [SNET__LOOK_CONTAINER] = "container",
};

/* Within quotes all is text but these: entities are written with a hash, and a label is HTML. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\"#&<>`\\", *text))
			(void)fprintf(out, "#%d;", *text);
		else if (*text == '\n')
			(void)fputs("<br>", out);
		else
			(void)fputc(*text, out);
	}
}

/* Ids are numbers of boxes: "end" and others are words of the language. */
static void put_node(FILE *out, size_t box, size_t node, enum snet__look look,
		     const char *caption, const char *detail)
{
	(void)fprintf(out, "n%zu", box);
	if (node)
		(void)fprintf(out, "_%zu", node);
	(void)fprintf(out, "%s\"", shapes[look].open);
	put_text(out, caption);
	if (detail) {
		(void)fputs("<br><small>", out);
		put_text(out, detail);
		(void)fputs("</small>", out);
	}
	(void)fprintf(out, "\"%s:::%s\n", shapes[look].close, classes[look]);
}

static void put_box(FILE *out, const struct snet__graph *graph, size_t index)
{
	const struct snet__graph_box *box = &graph->boxes[index];

	if (box->count == 1 || graph->is_short) {
		(void)fputs("  ", out);
		put_node(out, index, 0, box->look, box->caption, box->detail);
		return;
	}
	(void)fprintf(out, "  subgraph n%zu[\"", index);
	put_text(out, box->detail);
	(void)fputs("\"]\n", out);
	for (size_t i = 0; i < box->count; i++) {
		(void)fputs("    ", out);
		put_node(out, index, i + 1, box->look, box->nodes[i]->name, NULL);
	}
	(void)fputs("  end\n", out);
}

static void put_line(FILE *out, const struct snet__graph_line *line)
{
	(void)fprintf(out, "  n%zu %s", line->upper, line->is_down ? "-.-" : "---");
	if (*line->label) {
		(void)fputs("|\"", out);
		put_text(out, line->label);
		(void)fputs("\"|", out);
	}
	(void)fprintf(out, " n%zu\n", line->lower);
}

static void put_classes(FILE *out, const struct snet__graph *graph)
{
	bool is_used[SNET__LOOK_COUNT] = {false};

	for (size_t i = 0; i < graph->box_count; i++)
		is_used[graph->boxes[i].look] = true;
	for (size_t i = 0; i < SNET__LOOK_COUNT; i++)
		if (is_used[i])
			(void)fprintf(out,
				      "  classDef %s fill:%s,stroke:%s,color:#1c2429\n",
				      classes[i], snet__paints[i].fill,
				      snet__paints[i].line);
}

static int write_mermaid(FILE *out, const struct snet__graph *graph, struct snet_err *err)
{
	(void)err;
	(void)fprintf(out, "flowchart %s\n", graph->is_wide ? "LR" : "TB");
	for (size_t i = 0; i < graph->box_count; i++)
		put_box(out, graph, i);
	for (size_t i = 0; i < graph->line_count; i++)
		put_line(out, &graph->lines[i]);
	put_classes(out, graph);
	return 0;
}

static const char *const suffixes[] = {"mmd", "mermaid", NULL};

const struct snet__graph_format snet__graph_mermaid = {
	.name = "mermaid",
	.suffixes = suffixes,
	.write = write_mermaid,
};
