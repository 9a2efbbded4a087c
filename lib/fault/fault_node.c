/* SPDX-License-Identifier: MIT */
/* Nodes that break: the kinds are those of lab/breakage.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fault/kind.h"
#include "lab/breakage.h"

struct node_view {
	bool has_begun;
	bool is_seen;       /* to be broken */
	uint64_t looked_ns; /* last; 0: not yet */
};

struct node_state {
	struct node_view *views; /* of each node */
	size_t seen;             /* of these */
	uint64_t first_ns, last_ns;
	size_t shown; /* of which node the text is */
	char text[SNET_NAME_MAX + SNET__BREAKAGE_TEXT + 3];
};

static const struct snet__breakage_kind *kind_of(const struct snet__fault *fault)
{
	return snet__breakage_find_kind(fault->kind->detail);
}

static struct snet__breakage describe(const struct snet__fault *fault,
				      const struct snet__model *model, size_t place)
{
	return (struct snet__breakage){
		.node = model->nodes[fault->nodes.items[place]]->name,
		.millicpus = fault->share > 0 ? (unsigned int)(fault->share * 1000) : 0,
		.offset_ns = fault->offset_ns,
		.folder = fault->path,
		.size_bytes = fault->size_bytes,
	};
}

/* Of what can be done without it is seen when it is to begin that it cannot be done here. */
static bool is_fatal(const struct snet__fault *fault, int r)
{
	return r < 0 && !(r == -ENOTSUP && fault->is_optional);
}

static int check(const struct snet__scenario *scenario, const struct snet__fault *fault,
		 struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < fault->nodes.count && r == 0; i++) {
		const struct snet__model_node *node =
			scenario->model.nodes[fault->nodes.items[i]];
		struct snet__breakage breakage = describe(fault, &scenario->model, i);

		r = kind_of(fault)->can(node, &breakage, err);
		r = is_fatal(fault, r)
			    ? snet__err_prefix(err, r, "'%s' cannot be %s", node->name,
					       kind_of(fault)->done)
			    : 0;
	}
	return r;
}

static int adapt(const struct snet__fault *fault, struct snet_lab *lab,
		 struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < fault->nodes.count && r == 0; i++) {
		struct snet__breakage breakage = describe(fault, &lab->model, i);

		r = snet__breakage_prepare(kind_of(fault), lab, &breakage, err);
		r = is_fatal(fault, r) ? r : 0;
	}
	return r;
}

static int prepare(struct snet__injection *injection, struct snet_err *err)
{
	struct node_state *state = injection->state;

	state->views = calloc(injection->fault->nodes.count + 1, sizeof(*state->views));
	return state->views ? 0 : snet__err_oom(err);
}

/* In words what there is to see of node number @place. */
static void show(struct node_state *state, size_t place, const char *node,
		 const struct snet__breakage_sight *sight)
{
	state->shown = place;
	(void)snprintf(state->text, sizeof(state->text), "%s: %s", node, sight->text);
}

/* What is seen of node number @place. */
static void look(struct snet__injection *injection, size_t place)
{
	const struct snet__fault *fault = injection->fault;
	struct snet__breakage breakage = describe(fault, &injection->lab->model, place);
	struct node_state *state = injection->state;
	struct node_view *view = &state->views[place];
	uint64_t before_ns = view->looked_ns, first_ns;
	struct snet__breakage_sight sight;

	view->looked_ns = snet__clock_ns();
	if (!snet__breakage_observe(kind_of(fault), injection->lab->run, &breakage,
				    &sight)) {
		if (!state->seen)
			show(state, place, breakage.node, &sight);
		return;
	}
	/* Of the first that is seen to be broken; later there is more to see. */
	if (!state->seen || (view->is_seen && state->shown == place))
		show(state, place, breakage.node, &sight);
	state->last_ns = view->looked_ns;
	if (view->is_seen)
		return;
	view->is_seen = true;
	/* It came between two looks. */
	first_ns = before_ns && sight.since_ns > before_ns ? sight.since_ns
							   : view->looked_ns;
	if (!state->seen || first_ns < state->first_ns)
		state->first_ns = first_ns;
	state->seen++;
}

static int break_nodes(void *arg, struct snet_err *err)
{
	struct snet__injection *injection = arg;
	const struct snet__fault *fault = injection->fault;
	struct node_state *state = injection->state;
	int r = 0;

	for (size_t i = 0; i < fault->nodes.count && r == 0; i++) {
		struct snet__breakage breakage =
			describe(fault, &injection->lab->model, i);

		r = snet__breakage_begin(kind_of(fault), injection->lab->run, &breakage,
					 err);
		state->views[i].has_begun = r == 0;
		if (r == 0)
			look(injection, i);
	}
	return r;
}

static int mend_nodes(void *arg, struct snet_err *err)
{
	struct snet__injection *injection = arg;
	const struct snet__fault *fault = injection->fault;
	struct node_state *state = injection->state;
	int r = 0, failed;

	for (size_t i = 0; i < fault->nodes.count; i++) {
		struct snet__breakage breakage =
			describe(fault, &injection->lab->model, i);

		if (!state->views[i].has_begun)
			continue;
		look(injection, i);
		failed = snet__breakage_end(kind_of(fault), injection->lab->run,
					    &breakage, r < 0 ? NULL : err);
		state->views[i].has_begun = false;
		r = r < 0 ? r : failed;
	}
	return r;
}

static int begin(struct snet__injection *injection, struct snet_err *err)
{
	return snet__lab_call(injection->lab, break_nodes, injection, err);
}

static int end(struct snet__injection *injection, struct snet_err *err)
{
	return snet__lab_call(injection->lab, mend_nodes, injection, err);
}

/* "; nothing was seen of a2 and 1 more", or "" */
static void name_unseen(const struct snet__injection *injection, size_t size, char *text)
{
	const struct snet__set *nodes = &injection->fault->nodes;
	const struct node_state *state = injection->state;
	size_t more = nodes->count - state->seen - 1, i = 0;
	char others[32] = "";

	text[0] = '\0';
	if (state->seen == nodes->count)
		return;
	while (state->views[i].is_seen)
		i++;
	if (more)
		(void)snprintf(others, sizeof(others), " and %zu more", more);
	(void)snprintf(text, size, "; nothing was seen of %s%s",
		       injection->lab->model.nodes[nodes->items[i]]->name, others);
}

static void write_text(const struct snet__injection *injection,
		       char text[static SNET__EFFECT_TEXT])
{
	const struct node_state *state = injection->state;
	size_t count = injection->fault->nodes.count;
	char unseen[SNET_NAME_MAX + 60];

	if (count == 1 || !state->seen) {
		(void)snprintf(text, SNET__EFFECT_TEXT, "%s", state->text);
		return;
	}
	name_unseen(injection, sizeof(unseen), unseen);
	(void)snprintf(text, SNET__EFFECT_TEXT, "%zu of %zu nodes, first %s%s",
		       state->seen, count, state->text, unseen);
}

static void measure(struct snet__injection *injection, struct snet__effect *effect)
{
	const struct node_state *state = injection->state;

	effect->has_effect = state->seen > 0;
	effect->first_ns = state->first_ns;
	effect->last_ns = state->last_ns;
	snet__json_add_u64(effect->measures, "nodes", injection->fault->nodes.count);
	snet__json_add_u64(effect->measures, "seen", state->seen);
	write_text(injection, effect->text);
}

static void clear(struct snet__injection *injection)
{
	free(((struct node_state *)injection->state)->views);
}

static const char *const plain_keys[] = {"nodes", NULL};
static const char *const slow_keys[] = {"nodes", "share", NULL};
static const char *const skew_keys[] = {"nodes", "offset", NULL};
static const char *const full_keys[] = {"nodes", "path", "size", NULL};

#define KIND(word, text, own, must)                          \
	const struct snet__fault_kind snet__fault_##word = { \
		.name = #word,                               \
		.help = (text),                              \
		.on = SNET__FAULT_ON_NODES,                  \
		.keys = (own),                               \
		.needed = (must),                            \
		.detail = #word,                             \
		.check = check,                              \
		.adapt = adapt,                              \
		.state_size = sizeof(struct node_state),     \
		.prepare = prepare,                          \
		.begin = begin,                              \
		.end = end,                                  \
		.measure = measure,                          \
		.clear = clear,                              \
	}

KIND(kill, "what lives in a node ends at once, and begins again at the end", plain_keys,
     plain_keys);
KIND(pause, "what lives in a node stands still", plain_keys, plain_keys);
KIND(slow, "a program has only a share of a processor", slow_keys, slow_keys);
KIND(skew, "the clock of a process is wrong", skew_keys, skew_keys);
KIND(full, "the disk of a process, or of a relayer, is full", full_keys, plain_keys);
