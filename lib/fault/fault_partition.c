/* SPDX-License-Identifier: MIT */
/* Nodes that cannot reach each other: what one of them sends to one that it must not reach is lost
 * on its own link. Groups may overlap: who is in two reaches the members of both. Nodes of no group
 * reach all, and are reached. */

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/guards.h"

const char *const snet__partition_shapes[] = {
	[SNET__PARTITION_ISOLATE] = "isolate",
	[SNET__PARTITION_HALVES] = "halves",
	[SNET__PARTITION_RANDOM] = "random",
	[SNET__PARTITION_RING] = "ring",
	NULL,
};

/* A partition that is being made. */
struct partition {
	const struct snet__fault *fault;
	const struct snet__model *model;
	struct snet__set members; /* of all groups, or "nodes"; of "isolate" all nodes */
	bool *sides;              /* of each member: "halves" and "random" */
};

struct partition_state {
	struct snet__posts posts;
	uint32_t **peers; /* of each member */
	size_t peer_count;
};

static bool is_addressed(const struct snet__model_node *node)
{
	return node->role != SNET__ROLE_SWITCH;
}

/* ---- Who reaches whom. By their places among the members. */

static bool is_joined_by_group(const struct partition *partition, size_t a, size_t b)
{
	const struct snet__fault *fault = partition->fault;
	size_t from = partition->members.items[a], to = partition->members.items[b];

	for (size_t i = 0; i < fault->group_count; i++)
		if (snet__set_has(&fault->groups[i], from) &&
		    snet__set_has(&fault->groups[i], to))
			return true;
	/* One way: only what the first group sends is lost. */
	return fault->is_one_way && !snet__set_has(&fault->groups[0], from);
}

static bool is_joined_by_side(const struct partition *partition, size_t a, size_t b)
{
	return partition->sides[a] == partition->sides[b] ||
	       (partition->fault->is_one_way && partition->sides[a]);
}

/* Each reaches only those beside it. */
static bool is_joined_in_ring(const struct partition *partition, size_t a, size_t b)
{
	size_t count = partition->members.count, gap = a > b ? a - b : b - a;

	if (partition->fault->is_one_way && b == (a + count - 1) % count)
		return false;
	return gap <= 1 || gap == count - 1;
}

/* Those that are named reach nobody, and nobody reaches them. */
static bool is_joined_unless_alone(const struct partition *partition, size_t a, size_t b)
{
	const struct snet__set *alone = &partition->fault->nodes;
	bool is_from = snet__set_has(alone, partition->members.items[a]);
	bool is_to = snet__set_has(alone, partition->members.items[b]);

	return !is_from && (!is_to || partition->fault->is_one_way);
}

typedef bool (*joined_fn)(const struct partition *partition, size_t a, size_t b);

static joined_fn find_rule(const struct snet__fault *fault)
{
	static const joined_fn rules[] = {
		[SNET__PARTITION_ISOLATE] = is_joined_unless_alone,
		[SNET__PARTITION_HALVES] = is_joined_by_side,
		[SNET__PARTITION_RANDOM] = is_joined_by_side,
		[SNET__PARTITION_RING] = is_joined_in_ring,
	};

	return fault->group_count ? is_joined_by_group : rules[fault->shape];
}

/* ---- The members. */

static int add_member(struct partition *partition, size_t item, struct snet_err *err)
{
	struct snet__set *members = &partition->members;
	int r;

	if (!is_addressed(partition->model->nodes[item]))
		return 0;
	r = snet__vec_reserve(&members->items, &members->cap, members->count + 1,
			      sizeof(*members->items), err);
	if (r == 0)
		members->items[members->count++] = item;
	return r;
}

static bool is_named(const struct partition *partition, size_t item)
{
	const struct snet__fault *fault = partition->fault;

	if (!fault->group_count)
		return fault->shape == SNET__PARTITION_ISOLATE ||
		       snet__set_has(&fault->nodes, item);
	for (size_t i = 0; i < fault->group_count; i++)
		if (snet__set_has(&fault->groups[i], item))
			return true;
	return false;
}

static int find_members(struct partition *partition, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < partition->model->node_count && r == 0; i++)
		if (is_named(partition, i))
			r = add_member(partition, i, err);
	return r;
}

/* The first half is on one side; or chance decides who is, with at least one on each. */
static int find_sides(struct partition *partition, struct snet__random *random,
		      struct snet_err *err)
{
	size_t count = partition->members.count, half = count / 2;
	autofree size_t *order = calloc(count + 1, sizeof(*order));

	partition->sides = calloc(count + 1, sizeof(*partition->sides));
	if (!order || !partition->sides)
		return snet__err_oom(err);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	if (partition->fault->shape == SNET__PARTITION_RANDOM && count) {
		half = 1 + (size_t)(snet__random_unit(random) * (double)(count - 1));
		for (size_t i = count - 1; i > 0; i--) {
			size_t k = (size_t)(snet__random_unit(random) * (double)(i + 1));
			size_t kept = order[i];

			order[i] = order[k];
			order[k] = kept;
		}
	}
	for (size_t i = half; i < count; i++)
		partition->sides[order[i]] = true;
	return 0;
}

/* ---- The kind. */

static int check(const struct snet__scenario *scenario, const struct snet__fault *fault,
		 struct snet_err *err)
{
	struct partition partition = {.fault = fault, .model = &scenario->model};
	size_t needed =
		fault->shape == SNET__PARTITION_RING && !fault->group_count ? 4 : 2;
	int r;

	if (!fault->group_count == !fault->nodes.count)
		return snet__err_set(err, -EINVAL,
				     "needs either 'groups', or 'nodes' and a 'shape'");
	r = find_members(&partition, err);
	if (r == 0 && partition.members.count < needed)
		r = snet__err_set(err, -EINVAL,
				  "has fewer than %zu nodes, switches not counted",
				  needed);
	snet__set_clear(&partition.members);
	return r;
}

/* All links of nodes that lose something on them. */
static int adapt(const struct snet__fault *fault, struct snet_lab *lab,
		 struct snet_err *err)
{
	struct snet__model *model = &lab->model;
	struct partition partition = {.fault = fault, .model = model};
	int r;

	r = find_members(&partition, err);
	for (size_t i = 0; i < partition.members.count && r == 0; i++) {
		const struct snet__model_node *node =
			model->nodes[partition.members.items[i]];

		for (size_t k = 0; k < node->iface_count && r == 0; k++) {
			size_t link = node->ifaces[k].link->index;
			const struct snet__set one = {.items = &link, .count = 1};

			r = snet__links_adapt(&one, fault->name, model, err);
		}
	}
	snet__set_clear(&partition.members);
	return r;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The addresses that member @from must not reach, rising. */
static int find_peers(const struct partition *partition, size_t from, uint32_t **ret,
		      size_t *ret_count, struct snet_err *err)
{
	joined_fn is_joined = find_rule(partition->fault);
	uint32_t *peers = NULL;
	size_t count = 0, cap = 0;

	for (size_t to = 0; to < partition->members.count; to++) {
		const struct snet__model_node *node =
			partition->model->nodes[partition->members.items[to]];

		if (to == from || is_joined(partition, from, to))
			continue;
		if (snet__vec_reserve(&peers, &cap, count + node->iface_count + 1,
				      sizeof(*peers), err) < 0) {
			free(peers);
			return -ENOMEM;
		}
		for (size_t k = 0; k < node->iface_count; k++)
			peers[count++] = node->ifaces[k].ipv4;
	}
	if (peers)
		qsort(peers, count, sizeof(*peers), compare_u32);
	*ret = peers;
	*ret_count = count;
	return 0;
}

static int post_guards(const struct partition *partition, size_t member,
		       struct partition_state *state, struct snet_err *err)
{
	const struct snet__model *model = partition->model;
	const struct snet__model_node *node =
		model->nodes[partition->members.items[member]];
	struct snet__guard *guard;
	size_t count;
	int r;

	r = find_peers(partition, member, &state->peers[member], &count, err);
	for (size_t k = 0; r == 0 && count && k < node->iface_count; k++) {
		const struct snet__model_link *link = node->ifaces[k].link;

		guard = snet__posts_add(&state->posts, link->index,
					link->ends[0] != node);
		if (!guard)
			return snet__err_oom(err);
		guard->peers = state->peers[member];
		guard->peer_count = count;
		guard->ipv6 = model->has_ipv6 ? model->ipv6 : NULL;
	}
	return r;
}

static int prepare(struct snet__injection *injection, struct snet_err *err)
{
	struct partition partition = {.fault = injection->fault,
				      .model = &injection->lab->model};
	struct partition_state *state = injection->state;
	int r;

	r = find_members(&partition, err);
	if (r == 0)
		r = find_sides(&partition, &injection->random, err);
	if (r == 0) {
		state->peers = calloc(partition.members.count + 1, sizeof(*state->peers));
		state->peer_count = state->peers ? partition.members.count : 0;
		r = state->peers ? 0 : snet__err_oom(err);
	}
	for (size_t i = 0; i < partition.members.count && r == 0; i++)
		r = post_guards(&partition, i, state, err);
	free(partition.sides);
	snet__set_clear(&partition.members);
	return r;
}

static int begin(struct snet__injection *injection, struct snet_err *err)
{
	struct partition_state *state = injection->state;

	return snet__posts_place(&state->posts, injection, err);
}

static int end(struct snet__injection *injection, struct snet_err *err)
{
	struct partition_state *state = injection->state;

	return snet__posts_remove(&state->posts, injection, err);
}

static void measure(struct snet__injection *injection, struct snet__effect *effect)
{
	const struct partition_state *state = injection->state;

	snet__posts_measure(&state->posts, effect);
}

static void clear(struct snet__injection *injection)
{
	struct partition_state *state = injection->state;

	for (size_t i = 0; i < state->peer_count; i++)
		free(state->peers[i]);
	free(state->peers);
	snet__posts_clear(&state->posts);
}

static const char *const keys[] = {"groups", "nodes", "shape", "one_way", NULL};

const struct snet__fault_kind snet__fault_partition = {
	.name = "partition",
	.help = "nodes cannot reach each other: groups, halves, a ring, one alone",
	.on = SNET__FAULT_ON_GROUPS,
	.keys = keys,
	.check = check,
	.adapt = adapt,
	.state_size = sizeof(struct partition_state),
	.prepare = prepare,
	.begin = begin,
	.end = end,
	.measure = measure,
	.clear = clear,
};
