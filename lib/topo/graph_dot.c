/* SPDX-License-Identifier: MIT */
/* DOT, the language of Graphviz. Labels are in its HTML, for a second line in another size and
 * for boxes that list many nodes. */

#include <string.h>

#include "topo/graph.h"

#define FONT "Helvetica,Arial,sans-serif"

/* More lines than this look better straight: bending them around each other takes long, and
 * nobody follows a single one any more. */
#define CURVES_MAX 400

static const struct {
	const char *shape;
	const char *style;
} shapes[SNET__LOOK_COUNT] = {
	[SNET__LOOK_SWITCH] = {"box", "filled"},
	[SNET__LOOK_ROUTER] = {"octagon", "filled"},
	[SNET__LOOK_HOST] = {"box", "filled,rounded"},
	[SNET__LOOK_RELAYER] = {"hexagon", "filled"},
	[SNET__LOOK_FUNCTIONS] = {"component", "filled"},
	[SNET__LOOK_GATEWAY] = {"house", "filled"},
	[SNET__LOOK_BUTTON] = {"box", "filled,rounded"},
	[SNET__LOOK_SENSOR] = {"box", "filled,rounded"},
	[SNET__LOOK_ACTUATOR] = {"box", "filled,rounded"},
	[SNET__LOOK_DEVICE] = {"box", "filled,rounded"},
	[SNET__LOOK_PROCESS] = {"note", "filled"},
	[SNET__LOOK_CONTAINER] = {"box3d", "filled"},
};

static void put_quoted(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void put_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			(void)fputs("&amp;", out);
		else if (*text == '<')
			(void)fputs("&lt;", out);
		else if (*text == '>')
			(void)fputs("&gt;", out);
		else if (*text == '"')
			(void)fputs("&quot;", out);
		else if (*text == '\n')
			(void)fputs("<br/>", out);
		else
			(void)fputc(*text, out);
	}
}

/* A box is called as its first node. */
static void put_id(FILE *out, const struct snet__graph *graph, size_t box)
{
	put_quoted(out, graph->boxes[box].nodes[0]->name);
}

static void put_detail(FILE *out, const struct snet__graph_box *box)
{
	(void)fputs("<font point-size=\"9\" color=\"#5c6770\">", out);
	put_html(out, box->detail);
	(void)fputs("</font>", out);
}

/* All nodes of a box by their names, in a grid. */
static void put_grid(FILE *out, const struct snet__graph_box *box)
{
	const struct snet__paint *paint = &snet__paints[box->look];
	size_t columns = snet__graph_columns(box);

	(void)fprintf(out,
		      "fillcolor=\"#fbfbfb\", shape=box, style=\"filled,rounded\", "
		      "margin=\"0.04\", label=<<table border=\"0\" cellborder=\"0\" "
		      "cellspacing=\"3\" cellpadding=\"3\"><tr><td colspan=\"%zu\">",
		      columns);
	put_detail(out, box);
	(void)fputs("</td></tr>", out);
	for (size_t i = 0; i < box->count; i++) {
		if (i % columns == 0)
			(void)fputs(i ? "</tr>\n<tr>" : "\n<tr>", out);
		(void)fprintf(out, "<td bgcolor=\"%s\">", paint->fill);
		put_html(out, box->nodes[i]->name);
		(void)fputs("</td>", out);
	}
	(void)fputs("</tr></table>>", out);
}

static void put_box(FILE *out, const struct snet__graph *graph, size_t index)
{
	const struct snet__graph_box *box = &graph->boxes[index];
	const struct snet__paint *paint = &snet__paints[box->look];

	(void)fputc('\t', out);
	put_id(out, graph, index);
	(void)fprintf(out, " [color=\"%s\", ", paint->line);
	if (box->count > 1 && !graph->is_short) {
		put_grid(out, box);
	} else {
		(void)fprintf(out, "fillcolor=\"%s\", shape=%s, style=\"%s\", %slabel=<",
			      paint->fill, shapes[box->look].shape,
			      shapes[box->look].style,
			      box->count > 1 ? "peripheries=2, " : "");
		put_html(out, box->caption);
		(void)fputs("<br/>", out);
		put_detail(out, box);
		(void)fputc('>', out);
	}
	(void)fputs("];\n", out);
}

static void put_line(FILE *out, const struct snet__graph *graph,
		     const struct snet__graph_line *line)
{
	const char *comma = "";

	(void)fputc('\t', out);
	put_id(out, graph, line->upper);
	(void)fputs(" -- ", out);
	put_id(out, graph, line->lower);
	if (*line->label || line->is_down || line->is_level)
		(void)fputs(" [", out);
	if (*line->label) {
		/* Spaces keep it off its line. Graphviz (2.43) frees what it must not when it lays
		 * out the labels of lines within a row: there it has to put them on afterwards. */
		(void)fputs(line->is_level ? "xlabel=< " : "label=< ", out);
		put_html(out, line->label);
		(void)fputs(" >", out);
		comma = ", ";
	}
	if (line->is_down) {
		(void)fprintf(out, "%sstyle=dashed, color=\"#c0392b\"", comma);
		comma = ", ";
	}
	if (line->is_level)
		(void)fprintf(out, "%sconstraint=false", comma);
	(void)fputs(*line->label || line->is_down || line->is_level ? "];\n" : ";\n",
		    out);
}

static int write_dot(FILE *out, const struct snet__graph *graph, struct snet_err *err)
{
	(void)err;
	(void)fputs("graph ", out);
	put_quoted(out, graph->name ? graph->name : "lab");
	(void)fprintf(out,
		      " {\n"
		      "\tgraph [bgcolor=white, fontname=\"" FONT "\", nodesep=0.2, "
		      "ranksep=0.45, rankdir=%s, splines=%s];\n"
		      "\tnode [fontname=\"" FONT "\", fontsize=11, height=0.4, "
		      "width=0.5, margin=\"0.09,0.04\"];\n"
		      "\tedge [fontname=\"" FONT "\", fontsize=9, color=\"#7d8a94\", "
		      "fontcolor=\"#45525b\"];\n",
		      graph->is_wide ? "LR" : "TB",
		      graph->line_count > CURVES_MAX ? "line" : "true");
	for (size_t i = 0; i < graph->box_count; i++)
		put_box(out, graph, i);
	for (size_t i = 0; i < graph->line_count; i++)
		put_line(out, graph, &graph->lines[i]);
	(void)fputs("}\n", out);
	return 0;
}

static const char *const suffixes[] = {"dot", "gv", NULL};

const struct snet__graph_format snet__graph_dot = {
	.name = "dot",
	.suffixes = suffixes,
	.write = write_dot,
};
