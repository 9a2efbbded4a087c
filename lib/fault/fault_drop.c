/* SPDX-License-Identifier: MIT */
/* Certain packets of a link are lost: those that match a filter, the n-th of them. */

#include "fault/guards.h"
#include "io/filter.h"

struct drop_state {
	struct snet__posts posts;
	struct snet__filter *filter;
};

static int check(const struct snet__scenario *scenario, const struct snet__fault *fault,
		 struct snet_err *err)
{
	autofilter *filter = NULL;

	(void)scenario;
	return fault->filter ? snet__filter_new(&filter, fault->filter, err) : 0;
}

static int adapt(const struct snet__fault *fault, struct snet_lab *lab,
		 struct snet_err *err)
{
	return snet__links_adapt(&fault->links, fault->name, &lab->model, err);
}

static int prepare(struct snet__injection *injection, struct snet_err *err)
{
	const struct snet__fault *fault = injection->fault;
	struct drop_state *state = injection->state;
	struct snet__guard *guard;
	int r = 0;

	if (fault->filter)
		r = snet__filter_new(&state->filter, fault->filter, err);
	for (size_t i = 0; i < fault->links.count && r == 0; i++)
		for (int way = 0; way < 2 && r == 0; way++) {
			if (!fault->ways[way])
				continue;
			guard = snet__posts_add(&state->posts, fault->links.items[i],
						way);
			if (!guard)
				return snet__err_oom(err);
			guard->filter = state->filter;
			guard->first = fault->first;
			guard->count = fault->count ? fault->count : UINT64_MAX;
		}
	return r;
}

static int begin(struct snet__injection *injection, struct snet_err *err)
{
	struct drop_state *state = injection->state;

	return snet__posts_place(&state->posts, injection, err);
}

static int end(struct snet__injection *injection, struct snet_err *err)
{
	struct drop_state *state = injection->state;

	return snet__posts_remove(&state->posts, injection, err);
}

static void measure(struct snet__injection *injection, struct snet__effect *effect)
{
	const struct drop_state *state = injection->state;

	snet__posts_measure(&state->posts, effect);
}

static void clear(struct snet__injection *injection)
{
	struct drop_state *state = injection->state;

	snet__posts_clear(&state->posts);
	snet__filter_free(state->filter);
}

static const char *const keys[] = {"links", "direction", "filter",
				   "first", "count",     NULL};
static const char *const needed[] = {"links", NULL};

const struct snet__fault_kind snet__fault_drop = {
	.name = "drop",
	.help = "packets of links are lost: those that match a filter, the n-th of them",
	.on = SNET__FAULT_ON_LINKS,
	.keys = keys,
	.needed = needed,
	.check = check,
	.adapt = adapt,
	.state_size = sizeof(struct drop_state),
	.prepare = prepare,
	.begin = begin,
	.end = end,
	.measure = measure,
	.clear = clear,
};
