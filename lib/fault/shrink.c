/* SPDX-License-Identifier: MIT */
/* Smaller scenarios that still do not hold: one fault less, one entry of the workload less, one
 * device instead of all. What is left at the end, nothing can be taken away from. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/explore.h"

/* What is violated only now and then is tried again. */
#define ATTEMPTS 4

static int is_violated(struct snet__explorer *explorer, const struct snet__json *root,
		       struct snet_err *err)
{
	int r = 0;

	for (int i = 0; i < ATTEMPTS && r == 0; i++) {
		struct snet__trial trial = {0};

		r = snet__explorer_try(explorer, root, &trial, err);
		if (r == 0)
			r = trial.verdict == SNET_VERDICT_VIOLATED;
		free(trial.summary);
		explorer->at.done++;
		if (explorer->progress)
			explorer->progress(explorer->user, &explorer->at);
	}
	return r;
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
static int remove_entries(struct snet__explorer *explorer, struct snet__json **root,
			  const char *key, size_t least, struct snet_err *err)
{
	size_t at = 0;
	int r;

	while (at < snet__json_count(snet__json_get(*root, key)) &&
	       snet__json_count(snet__json_get(*root, key)) > least) {
		autojson *less = without(*root, key, at);

		if (!less)
			return snet__err_oom(err);
		r = is_violated(explorer, less, err);
		if (r < 0)
			return r;
		if (r == 0) {
			at++;
			continue;
		}
		snet__json_free(*root);
		*root = steal_ptr(less);
	}
	return 0;
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

/* @less, or else the same with first events, takes the place of @root if it is violated. */
static int take_less(struct snet__explorer *explorer, struct snet__json **root,
		     struct snet__json *less, struct snet_err *err)
{
	autojson *first = NULL, *second = less;
	int r = second ? is_violated(explorer, second, err) : snet__err_oom(err);

	if (r == 0) {
		first = with_first_events(second);
		r = first ? is_violated(explorer, first, err) : snet__err_oom(err);
	}
	if (r > 0) {
		snet__json_free(*root);
		*root = first ? steal_ptr(first) : steal_ptr(second);
	}
	return r;
}

/* Of each entry of the workload that names several devices, one that is enough. */
static int find_senders(struct snet__explorer *explorer, struct snet__json **root,
			struct snet_err *err)
{
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	int r;

	snet__scenario_init(&scenario);
	r = snet__variant_read(&scenario, *root, explorer->origin.folder, err);
	for (size_t i = 0; i < scenario.workload_count && r == 0; i++) {
		const struct snet__set *nodes = &scenario.workload[i].nodes;

		for (size_t k = 0; nodes->count > 1 && k < nodes->count; k++) {
			r = take_less(explorer, root,
				      with_one_sender(*root, i,
						      scenario.model
							      .nodes[nodes->items[k]]
							      ->name),
				      err);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
			r = 0;
			break;
		}
	}
	return r;
}

int snet__explorer_shrink(struct snet__explorer *explorer,
			  const struct snet__json *timeline, struct snet__json **ret,
			  struct snet_err *err)
{
	autojson *root =
		snet__variant_new(explorer->origin.root, snet__json_copy(timeline));
	int r = root ? 0 : snet__err_oom(err);

	explorer->at.phase = "shrink";
	if (r == 0)
		r = remove_entries(explorer, &root, "timeline", 0, err);
	if (r == 0)
		r = remove_entries(explorer, &root, "workload", 1, err);
	if (r == 0)
		r = find_senders(explorer, &root, err);
	if (r == 0)
		*ret = steal_ptr(root);
	return r;
}
