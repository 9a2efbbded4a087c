/* SPDX-License-Identifier: MIT */
/* SVG: the DOT of the same picture, laid out and drawn by Graphviz. */

#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/graph.h"

/* Graphviz keeps its state in globals: one picture at a time, and one context for the life of the
 * process. Its Pango plugin (2.43) looks at the name of the last font again after gvFreeContext()
 * has freed it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GVC_t *context;

/* What Graphviz would print, in its words; it has no way to hand over an object of ours. */
static char complaint[160];

static int keep_complaint(char *text)
{
	size_t length = strcspn(text, "\n");

	/* The first says why the others follow. */
	if (!*complaint && length) {
		length = length < sizeof(complaint) ? length : sizeof(complaint) - 1;
		memcpy(complaint, text, length);
		complaint[length] = '\0';
	}
	return 0;
}

static int refuse(struct snet_err *err, const char *what)
{
	return snet__err_set(err, -EIO, "Graphviz cannot %s: %s", what,
			     *complaint ? complaint : "it does not say why");
}

static bool open_context(void)
{
	if (!context)
		context = gvContext();
	return context;
}

static int draw(FILE *out, const char *dot, struct snet_err *err)
{
	Agraph_t *graph = agmemread(dot);
	unsigned int size = 0;
	char *svg = NULL;
	int r = 0;

	if (!graph)
		return refuse(err, "read the picture");
	if (gvLayout(context, graph, "dot") != 0) {
		r = refuse(err, "lay out the picture");
	} else {
		if (gvRenderData(context, graph, "svg", &svg, &size) != 0 || !svg)
			r = refuse(err, "draw the picture");
		else
			(void)fwrite(svg, 1, size, out);
		gvFreeRenderData(svg);
		(void)gvFreeLayout(context, graph);
	}
	(void)agclose(graph);
	return r;
}

static int write_svg(FILE *out, const struct snet__graph *graph, struct snet_err *err)
{
	autofree char *dot = NULL;
	struct snet__text_stream text;
	int r = snet__text_open(&text, err);

	if (r < 0)
		return r;
	r = snet__graph_dot.write(text.out, graph, err);
	r = snet__text_close(&text, r, &dot, err);
	if (r < 0)
		return r;

	(void)pthread_mutex_lock(&lock);
	complaint[0] = '\0';
	(void)agseterrf(keep_complaint);
	r = open_context() ? draw(out, dot, err) : refuse(err, "start");
	(void)agseterrf(NULL);
	(void)pthread_mutex_unlock(&lock);
	return r;
}

static const char *find_version(void)
{
	const char *version;

	(void)pthread_mutex_lock(&lock);
	version = open_context() ? gvcVersion(context) : "cannot start";
	(void)pthread_mutex_unlock(&lock);
	return version;
}

static const char *const suffixes[] = {"svg", NULL};

const struct snet__graph_format snet__graph_svg = {
	.name = "svg",
	.suffixes = suffixes,
	.write = write_svg,
	.version = find_version,
};
