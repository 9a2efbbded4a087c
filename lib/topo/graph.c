/* SPDX-License-Identifier: MIT */
/* The formats of pictures, and the way from a lab to one of them. */

#include "topo/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/graph_parts.h"
#include "topo/value.h"

static const struct snet__graph_format *const formats[] = {
	&snet__graph_dot,
	&snet__graph_mermaid,
	&snet__graph_svg,
};

const struct snet__paint snet__paints[SNET__LOOK_COUNT] = {
	[SNET__LOOK_SWITCH] = {"#dce8f6", "#41699c"},
	[SNET__LOOK_ROUTER] = {"#c9dcf3", "#2f5688"},
	[SNET__LOOK_HOST] = {"#eceff1", "#607078"},
	[SNET__LOOK_RELAYER] = {"#fdebc8", "#b0750f"},
	[SNET__LOOK_FUNCTIONS] = {"#e8e0f5", "#6a4aa8"},
	[SNET__LOOK_GATEWAY] = {"#f6e0ee", "#9c3f78"},
	[SNET__LOOK_BUTTON] = {"#ddf1dd", "#3d8344"},
	[SNET__LOOK_SENSOR] = {"#d8f0f0", "#1f7f86"},
	[SNET__LOOK_ACTUATOR] = {"#fadfd9", "#b24a34"},
	[SNET__LOOK_DEVICE] = {"#eef0d8", "#747a24"},
	[SNET__LOOK_PROCESS] = {"#e6e6e6", "#555555"},
	[SNET__LOOK_CONTAINER] = {"#dfe6ea", "#3f5a68"},
};

const struct snet__graph_format *snet__graph_at(size_t index)
{
	return index < sizeof(formats) / sizeof(*formats) ? formats[index] : NULL;
}

const struct snet__graph_format *snet__graph_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const struct snet__graph_format *snet__graph_find_suffix(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(formats) / sizeof(*formats); i++)
		for (const char *const *at = formats[i]->suffixes; *at; at++)
			if (strcmp(dot + 1, *at) == 0)
				return formats[i];
	return NULL;
}

static int write_text(char **ret, const struct snet__graph *graph,
		      const struct snet__graph_format *format, struct snet_err *err)
{
	struct snet__text_stream stream;
	int r = snet__text_open(&stream, err);

	return r < 0 ? r
		     : snet__text_close(&stream, format->write(stream.out, graph, err),
					ret, err);
}

int snet__graph_draw(char **ret, const struct snet__model *model, const char *format,
		     const struct snet__graph_opts *opts, struct snet_err *err)
{
	static const struct snet__graph_opts plain;
	const struct snet__graph_format *found = snet__graph_find(format);
	struct snet__graph graph = {0};
	struct snet__shown shown;
	int r;

	if (!found)
		return snet__err_set(err, -EINVAL,
				     "no format '%s' for pictures: dot, mermaid or svg",
				     snet__show(&shown, format));
	r = snet__graph_build(&graph, model, opts ? opts : &plain, err);
	if (r == 0)
		r = write_text(ret, &graph, found, err);
	snet__graph_clear(&graph);
	return r;
}
