/* SPDX-License-Identifier: MIT */
#include "fault/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "fault/candidates.h"
#include "fault/kind.h"

/* ---- Faults in words. Only those that are tried: drops, kills, and what calls of functions
 * meet. */

static const char *first_node(const struct snet__scenario *scenario,
			      const struct snet__fault *fault)
{
	return scenario->model.nodes[fault->nodes.items[0]]->name;
}

static const struct snet__model_node *end_of(const struct snet__scenario *scenario,
					     const struct snet__fault *fault)
{
	return snet__candidates_end(scenario->model.links[fault->links.items[0]]);
}

/* Whether what @end, of the link, sends is lost, and not what it is sent. */
static const char *way_of(const struct snet__scenario *scenario,
			  const struct snet__fault *fault,
			  const struct snet__model_node *end)
{
	bool is_from =
		fault->ways[scenario->model.links[fault->links.items[0]]->ends[1] == end];

	return is_from ? "from" : "to";
}

/* "lost-result (forgotten)" */
static char *name_kind(const struct snet__fault *fault)
{
	return fault->variant
		       ? snet__text_format("%s (%s)", fault->kind->name, fault->variant)
		       : strdup(fault->kind->name);
}

/* Which one, or NULL when memory is short. */
static char *name_fault(const struct snet__scenario *scenario,
			const struct snet__fault *fault)
{
	const struct snet__model_node *end;
	autofree char *kind = name_kind(fault);

	if (!kind)
		return NULL;
	if (fault->links.count) {
		end = end_of(scenario, fault);
		return snet__text_format("%s packet %ju %s %s", kind,
					 (uintmax_t)fault->first,
					 way_of(scenario, fault, end), end->name);
	}
	if (fault->trigger == SNET__TRIGGER_STEP)
		return snet__text_format("%s %s at '%s' of event %u", kind,
					 first_node(scenario, fault), fault->after,
					 fault->after_count);
	return snet__text_format("%s for call %ju of %s", kind, (uintmax_t)fault->first,
				 first_node(scenario, fault));
}

/* The same of all that are alike. */
static char *name_likes(const struct snet__scenario *scenario,
			const struct snet__fault *fault)
{
	const struct snet__model_node *of;
	autofree char *kind = name_kind(fault);

	if (!kind)
		return NULL;
	if (fault->links.count) {
		of = end_of(scenario, fault);
		return snet__text_format("%s %s %s", kind, way_of(scenario, fault, of),
					 of->kind);
	}
	of = scenario->model.nodes[fault->nodes.items[0]];
	return fault->trigger == SNET__TRIGGER_STEP
		       ? snet__text_format("%s %s at '%s'", kind, of->kind, fault->after)
		       : snet__text_format("%s for a call of %s", kind, of->kind);
}

int snet__trial_name_faults(struct snet__trial *trial,
			    const struct snet__scenario *scenario, struct snet_err *err)
{
	struct snet__text_stream stream;
	int r = snet__text_open(&stream, err);

	if (r < 0)
		return r;
	trial->kinds = snet__json_new_array();
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++) {
		autofree char *fault = name_fault(scenario, &scenario->faults[i]);
		autofree char *likes = name_likes(scenario, &scenario->faults[i]);

		if (!fault || !likes ||
		    !snet__json_append(trial->kinds, snet__json_new_string(likes)))
			r = snet__err_oom(err);
		else
			fprintf(stream.out, "%s%s", i ? ", " : "", fault);
	}
	if (r == 0 && !scenario->fault_count)
		fputs("no fault", stream.out);
	return snet__text_close(&stream, r, &trial->faults, err);
}

/* ---- What is alike. */

bool snet__trial_is_violated_as(const struct snet__trial *trial,
				const struct snet__trial *other)
{
	return trial->expectation == other->expectation &&
	       (trial->what && other->what ? strcmp(trial->what, other->what) == 0
					   : trial->what == other->what);
}

static bool has(const struct snet__json *kinds, const struct snet__json *kind)
{
	const struct snet__json *one = snet__json_first(kinds);

	while (one && !snet__json_is_equal(one, kind))
		one = snet__json_next(one);
	return one;
}

static bool has_all(const struct snet__json *kinds, const struct snet__json *wanted)
{
	const struct snet__json *one = snet__json_first(wanted);

	while (one && has(kinds, one))
		one = snet__json_next(one);
	return !one;
}

static int add_other(struct snet__group *group, const struct snet__trial *trial,
		     struct snet_err *err)
{
	int r = snet__vec_reserve(&group->others, &group->other_cap,
				  group->other_count + 1, sizeof(*group->others), err);

	if (r == 0)
		group->others[group->other_count++] = trial;
	return r;
}

int snet__groups_add(struct snet__groups *groups, const struct snet__trial *trial,
		     struct snet_err *err)
{
	int r;

	for (size_t i = 0; i < groups->count; i++)
		if (snet__trial_is_violated_as(trial, groups->items[i].first) &&
		    has_all(trial->kinds, groups->items[i].first->kinds))
			return add_other(&groups->items[i], trial, err);
	r = snet__vec_reserve(&groups->items, &groups->cap, groups->count + 1,
			      sizeof(*groups->items), err);
	if (r == 0)
		groups->items[groups->count++].first = trial;
	return r;
}

static void clear_group(struct snet__group *group)
{
	free(group->others);
	snet__json_free(group->root);
	free(group->scenario);
	*group = (struct snet__group){0};
}

void snet__groups_clear(struct snet__groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		clear_group(&groups->items[i]);
	free(groups->items);
	*groups = (struct snet__groups){0};
}

static int move_all(struct snet__group *from, struct snet__group *to,
		    struct snet_err *err)
{
	int r = add_other(to, from->first, err);

	for (size_t i = 0; i < from->other_count && r == 0; i++)
		r = add_other(to, from->others[i], err);
	return r;
}

int snet__groups_merge(struct snet__groups *groups, size_t index, struct snet_err *err)
{
	struct snet__group *group = &groups->items[index];
	size_t earlier = 0;
	int r;

	while (earlier < index &&
	       !snet__json_is_equal(groups->items[earlier].root, group->root))
		earlier++;
	if (earlier == index)
		return 0;
	r = move_all(group, &groups->items[earlier], err);
	if (r < 0)
		return r;
	clear_group(group);
	groups->count--;
	memmove(group, group + 1, (groups->count - index) * sizeof(*group));
	groups->items[groups->count] = (struct snet__group){0};
	return 1;
}

static struct snet__json *trial_json(const struct snet__trial *trial)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "faults", trial->faults);
	snet__json_add_string(json, "summary", trial->summary);
	return json;
}

struct snet__json *snet__groups_json(const struct snet__groups *groups)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < groups->count; i++) {
		const struct snet__group *group = &groups->items[i];
		struct snet__json *json = trial_json(group->first), *others;

		others = snet__json_add(json, "others", snet__json_new_array());
		for (size_t k = 0; k < group->other_count; k++)
			(void)snet__json_append(others, trial_json(group->others[k]));
		snet__json_add_bool(json, "smallest", group->is_smallest);
		(void)snet__json_add(json, "scenario", snet__json_copy(group->root));
		(void)snet__json_append(list, json);
	}
	return list;
}
