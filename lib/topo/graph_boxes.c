/* SPDX-License-Identifier: MIT */
/* What is drawn as one, and what is above what. Many equal devices on one switch are one box.
 * Relayers, functions and gateways stand above the network, devices below it; switches and
 * routers in the order of their distance from the one that most others are linked with. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/graph_parts.h"

/* With more ends than this each one by its name is no picture any more. */
#define ENDS_MAX 200
/* So many equal ones are put into one box: with their names, and with no more than a range. */
#define GROUP_MIN_NAMED 5
#define GROUP_MIN_SHORT 3

#define COLUMNS_MIN 4
#define COLUMNS_MAX 20
#define WIDTH_MAX   32 /* see width_of() */

#define NO_BOX SIZE_MAX

struct build {
	struct snet__graph *graph;
	const struct snet__model *model;
	const struct snet__model_link **only; /* of each node: its link, if it has one */
	size_t *degree;                       /* of each node: links */
	char **labels;                        /* of each link */
	bool *is_down;                        /* of each link */
	size_t *box_of;                       /* of each node */
	struct snet__map states;              /* text by node, borrowed from @texts */
	char **texts;
};

/* Nodes that hang on one link, and that there may be many of. */
static bool is_end(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_DEVICE || node->role == SNET__ROLE_PROGRAM ||
	       node->role == SNET__ROLE_HOST;
}

static bool is_core(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_SWITCH || node->role == SNET__ROLE_ROUTER;
}

static size_t end_of(const struct build *build, const char *name)
{
	return snet__model_find_node(build->model, name)->index;
}

/* The other end of the only link of @node. */
static size_t peer_of(const struct build *build, const struct snet__model_node *node)
{
	const struct snet__model_link *link = build->only[node->index];
	size_t from = end_of(build, link->from);

	return from == node->index ? end_of(build, link->to) : from;
}

static void look_at_links(struct build *build)
{
	const struct snet__model *model = build->model;

	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];
		size_t ends[] = {end_of(build, link->from), end_of(build, link->to)};

		for (int k = 0; k < 2; k++) {
			build->only[ends[k]] = build->degree[ends[k]] ? NULL : link;
			build->degree[ends[k]]++;
		}
	}
}

/* Whether a node may be drawn as one with others. */
static bool is_leaf(const struct build *build, size_t node)
{
	return is_end(build->model->nodes[node]) && build->only[node];
}

static bool label_links(struct build *build)
{
	const struct snet__model *model = build->model;

	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];

		/* Devices are equal whichever end of their links is named first. */
		build->labels[i] = snet__graph_link_label(
			link, is_leaf(build, end_of(build, link->to)) &&
				      !is_leaf(build, end_of(build, link->from)));
		if (!build->labels[i])
			return false;
	}
	return true;
}

/* States and links that are down, of a lab that runs. */
static bool look_at_status(struct build *build, const struct snet__json *status)
{
	const struct snet__json *at = snet__json_first(snet__json_get(status, "nodes"));
	const struct snet__model *model = build->model;
	struct snet__map down = {0};
	size_t count = 0;
	bool is_good = true;

	for (; at && count < model->node_count && is_good; at = snet__json_next(at)) {
		const struct snet__json *state = snet__json_get(at, "state");
		const char *name = snet__json_get_string(at, "name");

		if (!name || !state || snet__json_is(state, SNET__JSON_NULL))
			continue;
		build->texts[count] = snet__json_is(state, SNET__JSON_STRING)
					      ? strdup(snet__json_string(state))
					      : snet__json_format(state);
		is_good = build->texts[count] &&
			  snet__map_add(&build->states, name, build->texts[count],
					NULL) != -ENOMEM;
		count++;
	}
	at = snet__json_first(snet__json_get(status, "links"));
	for (; at && is_good; at = snet__json_next(at)) {
		const char *name = snet__json_get_string(at, "name");

		if (name && !snet__json_is_true(snet__json_get(at, "up")))
			is_good = snet__map_add(&down, name, build, NULL) != -ENOMEM;
	}
	for (size_t i = 0; i < model->link_count; i++)
		build->is_down[i] = snet__map_find(&down, model->links[i]->name);
	snet__map_clear(&down);
	return is_good;
}

/* What nodes have in common that are drawn as one, to be freed; NULL for nodes that are drawn
 * alone, and when memory is short. */
static char *group_key(const struct build *build, const struct snet__model_node *node)
{
	const struct snet__model_link *link = build->only[node->index];

	if (!is_leaf(build, node->index))
		return NULL;
	return snet__text_format("%zu %s %d %s", peer_of(build, node), node->kind,
				 build->is_down[link->index], build->labels[link->index]);
}

struct group {
	char *key;
	size_t count;
	size_t box; /* once it has one */
};

/* Sort nodes into groups; a node's own in @of, NULL for none. */
static bool find_groups(const struct build *build, struct group *groups,
			struct group **of)
{
	struct snet__map by_key = {0};
	size_t count = 0;
	bool is_good = true;

	for (size_t i = 0; i < build->model->node_count && is_good; i++) {
		const struct snet__model_node *node = build->model->nodes[i];
		char *key = group_key(build, node);

		if (!key) {
			is_good = !is_leaf(build, i);
			continue;
		}
		of[i] = snet__map_find(&by_key, key);
		if (!of[i]) {
			of[i] = &groups[count++];
			*of[i] = (struct group){.key = key, .box = NO_BOX};
			is_good = snet__map_add(&by_key, key, of[i], NULL) == 0;
		} else {
			free(key);
		}
		of[i]->count++;
	}
	snet__map_clear(&by_key);
	return is_good;
}

static struct snet__graph_box *add_box(struct build *build, size_t room)
{
	struct snet__graph_box *box = &build->graph->boxes[build->graph->box_count];

	box->nodes = calloc(room, sizeof(*box->nodes));
	if (!box->nodes)
		return NULL;
	build->graph->box_count++;
	return box;
}

static bool make_boxes(struct build *build, struct group **of)
{
	struct snet__graph *graph = build->graph;
	size_t min = graph->is_short ? GROUP_MIN_SHORT : GROUP_MIN_NAMED;

	for (size_t i = 0; i < build->model->node_count; i++) {
		const struct snet__model_node *node = build->model->nodes[i];
		struct group *group = of[i] && of[i]->count >= min ? of[i] : NULL;
		struct snet__graph_box *box;

		if (!group || group->box == NO_BOX) {
			box = add_box(build, group ? group->count : 1);
			if (!box)
				return false;
			box->look = snet__graph_look(node);
			if (group)
				group->box = graph->box_count - 1;
		}
		build->box_of[i] = group ? group->box : graph->box_count - 1;
		box = &graph->boxes[build->box_of[i]];
		box->nodes[box->count++] = node;
	}
	for (size_t i = 0; i < graph->box_count; i++)
		if (!snet__graph_name_box(&graph->boxes[i], &build->states))
			return false;
	return true;
}

static bool group_nodes(struct build *build)
{
	size_t count = build->model->node_count;
	struct group *groups = calloc(count + 1, sizeof(*groups));
	autofree struct group **of = calloc(count + 1, sizeof(*of));
	bool is_good =
		groups && of && find_groups(build, groups, of) && make_boxes(build, of);

	for (size_t i = 0; groups && i < count; i++)
		free(groups[i].key);
	free(groups);
	return is_good;
}

/* A line for each link that leads from one box to another; one for a box of several. */
static bool make_lines(struct build *build)
{
	const struct snet__model *model = build->model;
	struct snet__graph *graph = build->graph;

	for (size_t i = 0; i < model->link_count; i++) {
		size_t ends[] = {end_of(build, model->links[i]->from),
				 end_of(build, model->links[i]->to)};
		struct snet__graph_line line = {.upper = build->box_of[ends[0]],
						.lower = build->box_of[ends[1]],
						.is_down = build->is_down[i]};
		bool is_said = false;

		/* The others of a box have the same link as its first. */
		for (int k = 0; k < 2; k++)
			is_said |= graph->boxes[build->box_of[ends[k]]].nodes[0]->index !=
				   ends[k];
		if (is_said)
			continue;
		line.label = strdup(build->labels[i]);
		if (!line.label)
			return false;
		graph->lines[graph->line_count++] = line;
	}
	return true;
}

/* ---- What is above what. */

static const struct snet__model_node *first_of(const struct snet__graph *graph,
					       size_t box)
{
	assert(graph->boxes[box].nodes);
	return graph->boxes[box].nodes[0];
}

/* How many lines lead from each box to a switch or a router. */
static void count_core_lines(const struct snet__graph *graph, size_t *counts)
{
	for (size_t i = 0; i < graph->line_count; i++) {
		const struct snet__graph_line *line = &graph->lines[i];

		counts[line->upper] += is_core(first_of(graph, line->lower));
		counts[line->lower] += is_core(first_of(graph, line->upper));
	}
}

/* The lines of each box, one box behind the other: those of box i begin at first[i]. */
struct adjacency {
	size_t *first, *lines;
};

static bool find_adjacency(struct adjacency *adjacency, const struct snet__graph *graph)
{
	size_t *at;

	adjacency->first = calloc(graph->box_count + 2, sizeof(*adjacency->first));
	adjacency->lines = calloc(2 * graph->line_count + 1, sizeof(*adjacency->lines));
	if (!adjacency->first || !adjacency->lines)
		return false;
	/* Counted two places further on, summed up to their beginnings, filled in between. */
	at = adjacency->first + 1;
	for (size_t i = 0; i < graph->line_count; i++) {
		at[graph->lines[i].upper + 1]++;
		at[graph->lines[i].lower + 1]++;
	}
	for (size_t i = 0; i < graph->box_count; i++)
		at[i + 1] += at[i];
	for (size_t i = 0; i < graph->line_count; i++) {
		adjacency->lines[at[graph->lines[i].upper]++] = i;
		adjacency->lines[at[graph->lines[i].lower]++] = i;
	}
	return true;
}

/* Give every switch and router that @root is connected with its distance. */
static void spread_depth(struct snet__graph *graph, const struct adjacency *adjacency,
			 size_t root, size_t *queue, bool *is_seen)
{
	size_t head = 0, tail = 0;

	queue[tail++] = root;
	is_seen[root] = true;
	while (head < tail) {
		size_t box = queue[head++];

		for (size_t i = adjacency->first[box]; i < adjacency->first[box + 1];
		     i++) {
			const struct snet__graph_line *line =
				&graph->lines[adjacency->lines[i]];
			size_t other = line->upper == box ? line->lower : line->upper;

			if (is_seen[other] || !is_core(first_of(graph, other)))
				continue;
			is_seen[other] = true;
			graph->boxes[other].depth = graph->boxes[box].depth + 1;
			queue[tail++] = other;
		}
	}
}

static bool find_depths(struct snet__graph *graph)
{
	autofree size_t *counts = calloc(graph->box_count + 1, sizeof(*counts));
	autofree size_t *queue = calloc(graph->box_count + 1, sizeof(*queue));
	autofree bool *is_seen = calloc(graph->box_count + 1, sizeof(*is_seen));
	struct adjacency adjacency = {0};
	bool is_good = counts && queue && is_seen && find_adjacency(&adjacency, graph);

	if (is_good)
		count_core_lines(graph, counts);
	/* One round for each part that is not connected with the others. */
	while (is_good) {
		size_t root = NO_BOX;

		for (size_t i = 0; i < graph->box_count; i++)
			if (!is_seen[i] && is_core(first_of(graph, i)) &&
			    (root == NO_BOX || counts[i] > counts[root]))
				root = i;
		if (root == NO_BOX)
			break;
		spread_depth(graph, &adjacency, root, queue, is_seen);
	}
	free(adjacency.first);
	free(adjacency.lines);
	return is_good;
}

/* Small is high: services, then the network, then what hangs on it. */
static size_t height_of(const struct snet__graph *graph, size_t box)
{
	const struct snet__model_node *node = first_of(graph, box);

	if (is_core(node))
		return graph->boxes[box].depth + 1;
	return is_end(node) ? SIZE_MAX : 0;
}

/* Between others than switches and routers a label has its place only above or below a node. */
static bool may_be_level(const struct snet__graph *graph,
			 const struct snet__graph_line *line)
{
	return !*line->label || is_core(first_of(graph, line->upper));
}

static void order_lines(struct snet__graph *graph)
{
	for (size_t i = 0; i < graph->line_count; i++) {
		struct snet__graph_line *line = &graph->lines[i];
		size_t upper = height_of(graph, line->upper),
		       lower = height_of(graph, line->lower), box = line->upper;

		line->is_level = upper == lower && may_be_level(graph, line);
		if (upper <= lower)
			continue;
		line->upper = line->lower;
		line->lower = box;
	}
}

size_t snet__graph_columns(const struct snet__graph_box *box)
{
	size_t columns = COLUMNS_MIN;

	/* Wider than high, as names are. */
	while (columns < COLUMNS_MAX && columns * columns < 2 * box->count)
		columns++;
	return columns;
}

/* How many boxes of a single node are as wide, times two. */
static size_t width_of(const struct snet__graph *graph, size_t box)
{
	if (graph->boxes[box].count == 1 || graph->is_short)
		return 2;
	return snet__graph_columns(&graph->boxes[box]);
}

/* Downwards while no row becomes too wide: people read lists down, not across. */
static bool find_direction(struct snet__graph *graph)
{
	autofree size_t *widths = calloc(graph->box_count + 3, sizeof(*widths));

	if (!widths)
		return false;
	for (size_t i = 0; i < graph->box_count; i++)
		if (is_core(first_of(graph, i)))
			widths[graph->boxes[i].depth] += width_of(graph, i);
	for (size_t i = 0; i < graph->line_count; i++)
		if (is_end(first_of(graph, graph->lines[i].lower)))
			widths[graph->boxes[graph->lines[i].upper].depth + 1] +=
				width_of(graph, graph->lines[i].lower);
	for (size_t i = 0; i < graph->box_count + 2; i++)
		graph->is_wide |= widths[i] > WIDTH_MAX;
	return true;
}

static bool run_build(struct build *build, const struct snet__json *status)
{
	const struct snet__model *model = build->model;
	struct snet__graph *graph = build->graph;

	build->only = calloc(model->node_count + 1, sizeof(*build->only));
	build->degree = calloc(model->node_count + 1, sizeof(*build->degree));
	build->box_of = calloc(model->node_count + 1, sizeof(*build->box_of));
	build->texts = calloc(model->node_count + 1, sizeof(*build->texts));
	build->labels = calloc(model->link_count + 1, sizeof(*build->labels));
	build->is_down = calloc(model->link_count + 1, sizeof(*build->is_down));
	graph->boxes = calloc(model->node_count + 1, sizeof(*graph->boxes));
	graph->lines = calloc(model->link_count + 1, sizeof(*graph->lines));
	if (!build->only || !build->degree || !build->box_of || !build->texts ||
	    !build->labels || !build->is_down || !graph->boxes || !graph->lines)
		return false;
	look_at_links(build);
	if (!label_links(build) || !look_at_status(build, status) ||
	    !group_nodes(build) || !make_lines(build) || !find_depths(graph))
		return false;
	order_lines(graph);
	return find_direction(graph);
}

int snet__graph_build(struct snet__graph *graph, const struct snet__model *model,
		      const struct snet__graph_opts *opts, struct snet_err *err)
{
	struct build build = {.graph = graph, .model = model};
	size_t ends = 0;
	bool is_good;

	graph->name = model->name;
	for (size_t i = 0; i < model->node_count; i++)
		ends += is_end(model->nodes[i]);
	graph->is_short = ends > ENDS_MAX && !opts->all;
	is_good = run_build(&build, opts->status);
	for (size_t i = 0; build.texts && i < model->node_count; i++)
		free(build.texts[i]);
	for (size_t i = 0; build.labels && i < model->link_count; i++)
		free(build.labels[i]);
	snet__map_clear(&build.states);
	free(build.only);
	free(build.degree);
	free(build.box_of);
	free(build.texts);
	free(build.labels);
	free(build.is_down);
	return is_good ? 0 : snet__err_oom(err);
}

void snet__graph_clear(struct snet__graph *graph)
{
	for (size_t i = 0; i < graph->box_count; i++) {
		free(graph->boxes[i].nodes);
		free(graph->boxes[i].caption);
		free(graph->boxes[i].detail);
	}
	for (size_t i = 0; i < graph->line_count; i++)
		free(graph->lines[i].label);
	free(graph->boxes);
	free(graph->lines);
	*graph = (struct snet__graph){0};
}
