/* SPDX-License-Identifier: MIT */
/* Entries are compared as the JSON that a lab file would have of them, so that a key which is
 * written is a key which is noticed. Of addresses it is what they came to be that is compared, where
 * they were planned: a node that gets another one is made anew. */

#include "topo/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "topo/impairment.h"
#include "topo/kinds.h"
#include "topo/write.h"

/* Both descriptions, and the changes found so far. */
struct comparison {
	struct snet__diff *diff;
	const struct snet__model *before, *after;
	struct snet_err *err;
	int r; /* -ENOMEM: everything is over */
};

static void run_short(struct comparison *comparison)
{
	comparison->r = snet__err_oom(comparison->err);
}

static void clear_key(struct snet__changed_key *key)
{
	free(key->key);
	free(key->before);
	free(key->after);
	*key = (struct snet__changed_key){0};
}

static void clear_change(struct snet__change *change)
{
	for (size_t i = 0; i < change->key_count; i++)
		clear_key(&change->keys[i]);
	free(change->keys);
	free(change->name);
	*change = (struct snet__change){0};
}

void snet__diff_clear(struct snet__diff *diff)
{
	for (size_t i = 0; i < diff->count; i++)
		clear_change(&diff->changes[i]);
	free(diff->changes);
	*diff = (struct snet__diff){0};
}

/* Keep @change, and leave it empty. */
static void keep_change(struct comparison *comparison, struct snet__change *change)
{
	struct snet__diff *diff = comparison->diff;

	if (comparison->r == 0)
		comparison->r =
			snet__vec_reserve(&diff->changes, &diff->cap, diff->count + 1,
					  sizeof(*diff->changes), comparison->err);
	if (comparison->r < 0)
		return;
	diff->of_kind[change->kind]++;
	diff->changes[diff->count++] = *change;
	*change = (struct snet__change){0};
}

/* An entry comes or goes. */
static void add_whole(struct comparison *comparison, struct snet__change change,
		      const char *name)
{
	change.kind = change.after ? SNET__CHANGE_ADDED : SNET__CHANGE_REMOVED;
	change.takes = SNET__TAKES_PLACE;
	change.name = name ? strdup(name) : NULL;
	if (change.name)
		keep_change(comparison, &change);
	else
		run_short(comparison);
	clear_change(&change);
}

static void add_key(struct comparison *comparison, struct snet__change *change,
		    const char *prefix, const struct snet__json *before,
		    const struct snet__json *after)
{
	const char *name = snet__json_key(before ? before : after);
	struct snet__changed_key key = {
		.key = snet__text_format("%s%s", prefix, name),
		.before = snet__json_format(before),
		.after = snet__json_format(after),
		.takes = snet__diff_takes(change->of, name),
	};
	int r = snet__vec_reserve(&change->keys, &change->key_cap, change->key_count + 1,
				  sizeof(*change->keys), comparison->err);

	if (r < 0 || !key.key || (before && !key.before) || (after && !key.after)) {
		clear_key(&key);
		run_short(comparison);
		return;
	}
	change->keys[change->key_count++] = key;
}

/* Compared by themselves, or what entries are found by. */
static bool is_apart(enum snet__change_of of, const char *key)
{
	static const struct {
		enum snet__change_of of;
		const char *key;
	} apart[] = {
		{SNET__CHANGE_OF_LAB, "lab"},
		{SNET__CHANGE_OF_NODE, "routes"},
		{SNET__CHANGE_OF_NODE, "functions"},
	};

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (apart[i].of == of && strcmp(apart[i].key, key) == 0)
			return true;
	return false;
}

/* Note each key in which two entries differ. Takes both, NULL when memory was short. */
static void compare_keys(struct comparison *comparison, struct snet__change *change,
			 const char *prefix, struct snet__json *before,
			 struct snet__json *after)
{
	const struct snet__json *at, *other;

	if (!before || !after)
		run_short(comparison);
	for (at = snet__json_first(before); at && comparison->r == 0;
	     at = snet__json_next(at)) {
		other = snet__json_get(after, snet__json_key(at));
		if (!is_apart(change->of, snet__json_key(at)) &&
		    !(other && snet__json_is_equal(at, other)))
			add_key(comparison, change, prefix, at, other);
	}
	for (at = snet__json_first(after); at && comparison->r == 0;
	     at = snet__json_next(at))
		if (!is_apart(change->of, snet__json_key(at)) &&
		    !snet__json_get(before, snet__json_key(at)))
			add_key(comparison, change, prefix, NULL, at);
	snet__json_free(before);
	snet__json_free(after);
}

/* Keep a change of an entry that is in both, if there is one. */
static void finish_change(struct comparison *comparison, struct snet__change *change,
			  const char *name)
{
	change->kind = SNET__CHANGE_CHANGED;
	for (size_t i = 0; i < change->key_count; i++)
		if (change->keys[i].takes > change->takes)
			change->takes = change->keys[i].takes;
	if (change->key_count && comparison->r == 0) {
		change->name = strdup(name);
		if (change->name)
			keep_change(comparison, change);
		else
			run_short(comparison);
	}
	clear_change(change);
}

static void compare_heads(struct comparison *comparison)
{
	struct snet__change change = {.of = SNET__CHANGE_OF_LAB,
				      .before = comparison->before,
				      .after = comparison->after};

	compare_keys(comparison, &change, "", snet__write_head(comparison->before),
		     snet__write_head(comparison->after));
	finish_change(comparison, &change, "");
}

/* Whether two routes bring the same events to the same function. */
static bool is_route_equal(const struct snet__model_route *a,
			   const struct snet__model_route *b)
{
	return a->exchange == b->exchange && snet__text_is_equal(a->key, b->key) &&
	       snet__text_is_equal(a->function, b->function) &&
	       snet__text_is_equal(a->backend, b->backend);
}

/* "press → flip@cloud" */
static char *name_route(const struct snet__model_route *route)
{
	return snet__text_format("%s \u2192 %s%s%s", route->key ? route->key : "*",
				 route->function, route->backend ? "@" : "",
				 route->backend ? route->backend : "");
}

static struct snet__json *write_entry(enum snet__change_of of, const void *entry)
{
	if (of == SNET__CHANGE_OF_ROUTE)
		return snet__write_route(entry);
	return of == SNET__CHANGE_OF_FUNCTION ? snet__write_function(entry, NULL)
					      : snet__write_backend(entry);
}

/* A route, a function or a backend: what it was and what it is; NULL: it comes or goes. */
static void compare_entry(struct comparison *comparison, struct snet__change change,
			  const char *name)
{
	if (!change.before || !change.after) {
		add_whole(comparison, change, name);
		return;
	}
	compare_keys(comparison, &change, "", write_entry(change.of, change.before),
		     write_entry(change.of, change.after));
	finish_change(comparison, &change, name);
}

static void compare_route(struct comparison *comparison,
			  const struct snet__model_node *node,
			  const struct snet__model_route *before,
			  const struct snet__model_route *after)
{
	autofree char *name = name_route(after ? after : before);
	struct snet__change change = {.of = SNET__CHANGE_OF_ROUTE,
				      .before = before,
				      .after = after,
				      .node_after = node};

	if (name)
		compare_entry(comparison, change, name);
	else
		run_short(comparison);
}

/* Pair each route with the first equal one that has no partner yet; relayers have few. */
static void compare_routes(struct comparison *comparison,
			   const struct snet__model_node *before,
			   const struct snet__model_node *after)
{
	autofree size_t *partner = calloc(after->route_count + 1, sizeof(*partner));

	if (!partner) {
		run_short(comparison);
		return;
	}
	for (size_t i = 0; i < before->route_count && comparison->r == 0; i++) {
		size_t j = 0;

		while (j < after->route_count &&
		       (partner[j] ||
			!is_route_equal(&before->routes[i], &after->routes[j])))
			j++;
		if (j < after->route_count)
			partner[j] = i + 1;
		else
			compare_route(comparison, after, &before->routes[i], NULL);
	}
	for (size_t j = 0; j < after->route_count && comparison->r == 0; j++)
		compare_route(comparison, after,
			      partner[j] ? &before->routes[partner[j] - 1] : NULL,
			      &after->routes[j]);
}

static void compare_functions(struct comparison *comparison,
			      const struct snet__model_node *before,
			      const struct snet__model_node *after)
{
	struct snet__change change = {.of = SNET__CHANGE_OF_FUNCTION,
				      .node_after = after};

	for (size_t i = 0; i < before->function_count && comparison->r == 0; i++) {
		change.before = &before->functions[i];
		if (!snet__node_find_function(after, before->functions[i].name))
			add_whole(comparison, change, before->functions[i].name);
	}
	for (size_t i = 0; i < after->function_count && comparison->r == 0; i++) {
		change.after = &after->functions[i];
		change.before =
			snet__node_find_function(before, after->functions[i].name);
		compare_entry(comparison, change, after->functions[i].name);
	}
}

static struct snet__changed_key *find_key(const struct snet__change *change,
					  const char *prefix, const char *key)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < change->key_count; i++)
		if (strncmp(change->keys[i].key, prefix, length) == 0 &&
		    strcmp(change->keys[i].key + length, key) == 0)
			return &change->keys[i];
	return NULL;
}

static void remove_key(struct snet__change *change, struct snet__changed_key *key)
{
	struct snet__changed_key *end = change->keys + change->key_count;

	clear_key(key);
	memmove(key, key + 1, (size_t)(end - key - 1) * sizeof(*key));
	change->key_count--;
}

static bool is_planned(const struct snet__model_node *node)
{
	return node->iface_count && node->ifaces[0].prefix;
}

/* What is said of addresses, where it is known what they came to be. */
static void remove_given(struct snet__change *change)
{
	static const char *const keys[] = {"address", "mac", "interfaces"};
	struct snet__changed_key *key;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		key = find_key(change, "", keys[i]);
		if (key)
			remove_key(change, key);
	}
}

/* @before: NULL for a new one. */
static void compare_node(struct comparison *comparison,
			 const struct snet__model_node *before,
			 const struct snet__model_node *after)
{
	struct snet__change change = {.of = SNET__CHANGE_OF_NODE,
				      .before = before,
				      .after = after};

	if (!before) {
		add_whole(comparison, change, after->name);
		return;
	}
	compare_keys(comparison, &change, "",
		     snet__write_node(comparison->before, before, NULL),
		     snet__write_node(comparison->after, after, NULL));
	if (is_planned(before) && is_planned(after)) {
		remove_given(&change);
		compare_keys(comparison, &change, "",
			     snet__write_addresses(before, after),
			     snet__write_addresses(after, before));
	}
	finish_change(comparison, &change, after->name);
	/* What is another node now has nothing left that could be changed. */
	if (strcmp(before->kind, after->kind) != 0)
		return;
	compare_routes(comparison, before, after);
	compare_functions(comparison, before, after);
}

static void compare_nodes(struct comparison *comparison)
{
	const struct snet__model *before = comparison->before, *after = comparison->after;

	for (size_t i = 0; i < before->node_count && comparison->r == 0; i++)
		if (!snet__model_find_node(after, before->nodes[i]->name))
			add_whole(comparison,
				  (struct snet__change){.of = SNET__CHANGE_OF_NODE,
							.before = before->nodes[i]},
				  before->nodes[i]->name);
	for (size_t i = 0; i < after->node_count && comparison->r == 0; i++)
		compare_node(comparison,
			     snet__model_find_node(before, after->nodes[i]->name),
			     after->nodes[i]);
}

static bool is_impairment(const char *key)
{
	const char *other;

	for (size_t i = 0; (other = snet__impairment_key(i)); i++)
		if (strcmp(other, key) == 0)
			return true;
	return false;
}

/* What changes alike in both directions is said once, without naming one. */
static void join_directions(struct comparison *comparison, struct snet__change *change)
{
	for (size_t i = 0; i < change->key_count && comparison->r == 0; i++) {
		struct snet__changed_key *forth = &change->keys[i], *back;
		char *key;

		if (!is_impairment(forth->key))
			continue;
		back = find_key(change, "back.", forth->key);
		if (back && snet__text_is_equal(forth->before, back->before) &&
		    snet__text_is_equal(forth->after, back->after)) {
			remove_key(change, back);
			continue;
		}
		key = snet__text_format("forth.%s", forth->key);
		if (!key) {
			run_short(comparison);
			return;
		}
		free(forth->key);
		forth->key = key;
	}
}

/* A shaper comes into a link that was plain where that is plugged into a switch; elsewhere, and to
 * go again, it takes other cables. */
static bool is_reshaped(const struct snet__model_link *before,
			const struct snet__model_link *after)
{
	return snet__link_is_shaped(after) &&
	       (snet__link_is_shaped(before) || snet__link_is_port(after));
}

/* It may be the one that it was by itself. */
static bool is_shaper_named(const struct snet__changed_key *key,
			    const struct snet__model_link *before,
			    const struct snet__model_link *after)
{
	return strcmp(key->key, "shaper") == 0 &&
	       (before->shaper == SNET_SHAPER_AUTO || after->shaper == SNET_SHAPER_AUTO);
}

/* They are opened when the link is made. */
static bool is_file(const struct snet__changed_key *key)
{
	const char *dot = strrchr(key->key, '.'), *name = dot ? dot + 1 : key->key;

	return strcmp(name, "decisions") == 0 || strcmp(name, "replay") == 0;
}

static bool is_in_place(const struct snet__changed_key *key, bool is_wire,
			const struct snet__model_link *before,
			const struct snet__model_link *after)
{
	if (is_wire && strcmp(key->key, "mtu") == 0)
		return snet__link_can_resize(before, after);
	return is_reshaped(before, after) &&
	       !(snet__link_is_shaped(before) && is_file(key)) &&
	       (!is_wire || is_shaper_named(key, before, after));
}

/* Note the files of one direction that were read anew, and are others. */
static void compare_files(struct comparison *comparison, struct snet__change *change,
			  const char *prefix, struct snet__json *named,
			  const struct snet__kept_files *before,
			  const struct snet__kept_files *after)
{
	const struct snet__json *table = snet__json_get(named, "distribution"),
				*trace = snet__json_get(named, "trace");

	if (!named)
		run_short(comparison);
	if (table && snet__kept_file_differs(before->table, after->table))
		add_key(comparison, change, prefix, table, table);
	if (trace && snet__kept_file_differs(before->trace, after->trace))
		add_key(comparison, change, prefix, trace, trace);
	snet__json_free(named);
}

/* @before: NULL for a new one. */
static void compare_link(struct comparison *comparison,
			 const struct snet__model_link *before,
			 const struct snet__model_link *after)
{
	struct snet__change change = {.of = SNET__CHANGE_OF_LINK,
				      .before = before,
				      .after = after};
	size_t wire_keys;

	if (!before) {
		add_whole(comparison, change, after->name);
		return;
	}
	compare_keys(comparison, &change, "", snet__write_wire(before),
		     snet__write_wire(after));
	wire_keys = change.key_count;
	compare_keys(comparison, &change, "", snet__write_impairment(&before->forth),
		     snet__write_impairment(&after->forth));
	compare_keys(comparison, &change, "back.", snet__write_impairment(&before->back),
		     snet__write_impairment(&after->back));
	compare_files(comparison, &change, "", snet__write_impairment(&after->forth),
		      &before->kept[0], &after->kept[0]);
	compare_files(comparison, &change, "back.", snet__write_impairment(&after->back),
		      &before->kept[1], &after->kept[1]);
	for (size_t i = 0; i < change.key_count; i++)
		if (is_in_place(&change.keys[i], i < wire_keys, before, after))
			change.keys[i].takes = SNET__TAKES_PLACE;
	join_directions(comparison, &change);
	compare_keys(comparison, &change, "", snet__write_subnet(before, after),
		     snet__write_subnet(after, before));
	finish_change(comparison, &change, after->name);
}

static void compare_links(struct comparison *comparison)
{
	const struct snet__model *before = comparison->before, *after = comparison->after;

	for (size_t i = 0; i < before->link_count && comparison->r == 0; i++)
		if (!snet__model_find_link(after, before->links[i]->name))
			add_whole(comparison,
				  (struct snet__change){.of = SNET__CHANGE_OF_LINK,
							.before = before->links[i]},
				  before->links[i]->name);
	for (size_t i = 0; i < after->link_count && comparison->r == 0; i++)
		compare_link(comparison,
			     snet__model_find_link(before, after->links[i]->name),
			     after->links[i]);
}

static void compare_backends(struct comparison *comparison)
{
	const struct snet__model *before = comparison->before, *after = comparison->after;
	struct snet__change change = {.of = SNET__CHANGE_OF_BACKEND};

	for (size_t i = 0; i < before->backend_count && comparison->r == 0; i++) {
		change.before = &before->backends[i];
		if (!snet__model_find_backend(after, before->backends[i].name))
			add_whole(comparison, change, before->backends[i].name);
	}
	for (size_t i = 0; i < after->backend_count && comparison->r == 0; i++) {
		change.after = &after->backends[i];
		change.before = snet__model_find_backend(before, after->backends[i].name);
		compare_entry(comparison, change, after->backends[i].name);
	}
}

int snet__diff(struct snet__diff *ret, const struct snet__model *before,
	       const struct snet__model *after, struct snet_err *err)
{
	struct snet__diff diff = {0};
	struct comparison comparison = {.diff = &diff,
					.before = before,
					.after = after,
					.err = err};

	compare_heads(&comparison);
	if (comparison.r == 0)
		compare_nodes(&comparison);
	if (comparison.r == 0)
		compare_links(&comparison);
	if (comparison.r == 0)
		compare_backends(&comparison);
	if (comparison.r < 0) {
		snet__diff_clear(&diff);
		return comparison.r;
	}
	*ret = diff;
	return 0;
}
