/* SPDX-License-Identifier: MIT */
/* Smaller scenarios that still do not hold: one fault less, one entry of the workload less, one
 * device instead of all. What is left at the end, nothing can be taken away from. What could be taken
 * away next is tried at the same time. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/explore.h"

/* What is violated only now and then is tried again. */
#define ATTEMPTS 4

struct shrinking {
	struct snet__explorer *explorer;
	const struct snet__trial *like;
	struct snet__json *root; /* the smallest so far */
	size_t *budget;
	bool is_cut; /* there was more to try than that */
};

/* All at the same time; the first of @less, smaller ones in the order in which they are preferred, that
 * is violated takes the place of what there is. 1: @ret is which; 0: none is. */
static int take_less(struct shrinking *shrinking, const struct snet__json *less,
		     size_t *ret, struct snet_err *err)
{
	cleanup_with(snet__trials_clear) struct snet__trials trials = {0};
	size_t all = snet__json_count(less), first = 0;
	size_t count = all < *shrinking->budget ? all : *shrinking->budget;
	struct snet__json *root;
	int r = 0;

	for (size_t i = 0; i < count * ATTEMPTS && r == 0; i++) {
		r = snet__trials_add(&trials, snet__json_new_array(), err);
		if (r == 0)
			trials.items[i].root = snet__json_at(less, i / ATTEMPTS);
	}
	shrinking->explorer->at.faults =
		snet__json_count(snet__json_get(shrinking->root, "timeline"));
	if (r == 0)
		r = snet__explorer_find(shrinking->explorer, &trials, shrinking->like,
					&first, err);
	/* As if they had been tried one after the other, whatever was. */
	*shrinking->budget -= r > 0 ? first / ATTEMPTS + 1 : count;
	shrinking->is_cut |= r == 0 && count < all;
	if (r <= 0)
		return r;
	*ret = first / ATTEMPTS;
	root = snet__json_copy(snet__json_at(less, *ret));
	if (!root)
		return snet__err_oom(err);
	snet__json_free(shrinking->root);
	shrinking->root = root;
	return 1;
}

/* A list of what may be NULL, as memory was short. */
static int append(struct snet__json *list, struct snet__json *json, struct snet_err *err)
{
	return json && snet__json_append(list, json) ? 0 : snet__err_oom(err);
}

/* A copy of @root whose array @key lacks the entry @index. */
static struct snet__json *without(const struct snet__json *root, const char *key,
				  size_t index)
{
	autojson *copy = snet__json_copy(root);
	struct snet__json *list = snet__json_new_array();
	const struct snet__json *entry = snet__json_first(snet__json_get(root, key));

	for (size_t i = 0; entry; entry = snet__json_next(entry), i++)
		if (i != index)
			(void)snet__json_append(list, snet__json_copy(entry));
	if (!copy)
		snet__json_free(list);
	else if (snet__json_set(copy, key, list) == 0)
		return steal_ptr(copy);
	return NULL;
}

/* Take entries away as long as it is violated; @least are kept. */
static int remove_entries(struct shrinking *shrinking, const char *key, size_t least,
			  struct snet_err *err)
{
	size_t at = 0, taken = 0;
	int r;

	do {
		autojson *less = snet__json_new_array();
		size_t count = snet__json_count(snet__json_get(shrinking->root, key));

		if (at >= count || count <= least)
			return 0;
		r = 0;
		for (size_t i = at; i < count && r == 0; i++)
			r = append(less, without(shrinking->root, key, i), err);
		if (r == 0)
			r = take_less(shrinking, less, &taken, err);
		/* Those before it are needed. */
		if (r > 0)
			at += taken;
	} while (r > 0);
	return r;
}

static struct snet__json *with_one_sender(const struct snet__json *root, size_t entry,
					  const char *name)
{
	autojson *copy = snet__json_copy(root);
	struct snet__json *workload =
		(struct snet__json *)snet__json_get(copy, "workload");
	struct snet__json *at = (struct snet__json *)snet__json_at(workload, entry);

	return snet__json_set(at, "press", snet__json_new_string(name)) == 0
		       ? steal_ptr(copy)
		       : NULL;
}

/* What waits for the n-th event, or call, waits for the first: there may be no other. */
static struct snet__json *with_first_events(const struct snet__json *root)
{
	struct snet__json *copy = snet__json_copy(root);
	const struct snet__json *entry =
		snet__json_first(snet__json_get(copy, "timeline"));

	for (; entry; entry = snet__json_next(entry)) {
		struct snet__json *after =
			(struct snet__json *)snet__json_get(entry, "after");

		if (snet__json_get(after, "event"))
			(void)snet__json_set(after, "event", snet__json_new_number(1));
		if (snet__json_get(entry, "nodes") && snet__json_get(entry, "first"))
			(void)snet__json_set((struct snet__json *)entry, "first",
					     snet__json_new_number(1));
	}
	return copy;
}

/* Of the entry @index of the workload one device of @nodes that is enough: with the same events, or with
 * the first ones. */
static int find_sender(struct shrinking *shrinking, size_t index,
		       const struct snet__scenario *scenario, struct snet_err *err)
{
	const struct snet__set *nodes = &scenario->workload[index].nodes;
	autojson *less = snet__json_new_array();
	size_t taken;
	int r = 0;

	for (size_t k = 0; nodes->count > 1 && k < nodes->count && r == 0; k++) {
		const char *name = scenario->model.nodes[nodes->items[k]]->name;
		struct snet__json *one = with_one_sender(shrinking->root, index, name);

		r = append(less, one, err);
		if (r == 0)
			r = append(less, with_first_events(one), err);
	}
	if (r == 0)
		r = take_less(shrinking, less, &taken, err);
	return r < 0 ? r : 0;
}

static int find_senders(struct shrinking *shrinking, struct snet_err *err)
{
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	int r;

	snet__scenario_init(&scenario);
	r = snet__variant_read(&scenario, shrinking->root,
			       shrinking->explorer->origin.folder, err);
	for (size_t i = 0; i < scenario.workload_count && r == 0; i++)
		r = find_sender(shrinking, i, &scenario, err);
	return r;
}

int snet__explorer_shrink(struct snet__explorer *explorer,
			  const struct snet__trial *trial, size_t *budget,
			  struct snet__json **ret, bool *ret_is_smallest,
			  struct snet_err *err)
{
	autojson *root = snet__variant_new(explorer->origin.root,
					   snet__json_copy(trial->timeline));
	struct shrinking shrinking = {.explorer = explorer,
				      .like = trial,
				      .root = root,
				      .budget = budget};
	int r = root ? 0 : snet__err_oom(err);

	if (r == 0)
		r = remove_entries(&shrinking, "timeline", 0, err);
	if (r == 0)
		r = remove_entries(&shrinking, "workload", 1, err);
	if (r == 0)
		r = find_senders(&shrinking, err);
	root = shrinking.root;
	if (r < 0)
		return r;
	*ret = steal_ptr(root);
	*ret_is_smallest = !shrinking.is_cut;
	return 0;
}
