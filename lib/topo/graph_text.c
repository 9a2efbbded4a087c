/* SPDX-License-Identifier: MIT */
/* Pictures of lab files that another program has written. What its own kinds of devices do is not
 * known here, and need not be. */

#include <stdlib.h>
#include <string.h>

#include "topo/graph.h"

/* The "kind" of each of @entries, NULL-terminated; borrowed from them. NULL when memory is short. */
static const char **list_kinds(const struct snet__json *entries)
{
	const char **kinds = calloc(snet__json_count(entries) + 1, sizeof(*kinds));
	size_t count = 0;

	if (!kinds)
		return NULL;
	for (const struct snet__json *at = snet__json_first(entries); at;
	     at = snet__json_next(at)) {
		const char *kind = snet__json_get_string(at, "kind");

		if (kind && (!count || strcmp(kind, kinds[count - 1]) != 0))
			kinds[count++] = kind;
	}
	return kinds;
}

int snet__graph_draw_text(char **ret, const char *text, const char *format,
			  const struct snet__graph_opts *opts, struct snet_err *err)
{
	autofree const char **nodes = NULL, **backends = NULL;
	struct snet__problems problems = {0};
	struct snet__model model;
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, text, strlen(text), err);
	if (r < 0)
		return r;
	nodes = list_kinds(snet__json_get(json, "nodes"));
	backends = list_kinds(snet__json_get(json, "backends"));
	if (!nodes || !backends)
		return snet__err_oom(err);

	snet__model_init(&model);
	model.device_kinds = nodes;
	model.backend_kinds = backends;
	r = snet__model_read(&model, text, strlen(text), NULL, &problems, err);
	if (r == 0)
		r = snet__graph_draw(ret, &model, format, opts, err);
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	return r;
}
