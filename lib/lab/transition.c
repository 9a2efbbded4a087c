/* SPDX-License-Identifier: MIT */
/* What is to be becomes what is, in two walks of many steps: to the end of what ends, and from the
 * description that is to be to all that begins. The thread that changes the lab has the lab's
 * thread walk a few steps at a time; in between, that one has its turns, and what is described may
 * be there, half there or not at all: see snet__run_refuse_absent(). Between the two walks the
 * kernel removes what was unplugged, which concerns nobody.
 *
 * Should something fail, the way back is the same change to the model that was before, which has
 * been kept as a copy. Nobody else changes the lab until then, or takes it down. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"
#include "lab/acquaint.h"
#include "lab/announce.h"
#include "lab/capture.h"
#include "lab/change.h"
#include "lab/fabric.h"
#include "lab/network.h"
#include "lab/renew.h"
#include "lab/run.h"
#include "lab/services.h"

/* The states of nodes that go, in case that they come back. */
struct states {
	struct state {
		char *node;
		char text[SNET_STATE_MAX];
	} * items;
	size_t count, cap;
	bool is_back; /* they are coming back */
};

static void clear_states(struct states *states)
{
	for (size_t i = 0; i < states->count; i++)
		free(states->items[i].node);
	free(states->items);
}

/* What cannot be remembered, for lack of memory, begins as it is described. */
static void remember_state(struct states *states, const struct snet__run *run,
			   const char *node)
{
	struct state *state;

	if (snet__vec_reserve(&states->items, &states->cap, states->count + 1,
			      sizeof(*states->items), NULL) < 0)
		return;
	state = &states->items[states->count];
	if (snet__store_find_state(run->store, node, state->text, NULL) < 0)
		return;
	state->node = strdup(node);
	states->count += state->node != NULL;
}

static void restore_states(struct snet__run *run, const struct states *states)
{
	for (size_t i = 0; i < states->count; i++)
		(void)snet__store_put_state(run->store, states->items[i].node,
					    states->items[i].text, NULL);
}

static void forget_device(struct snet__run *run, const struct snet__run_node *node)
{
	const struct snet__run_node *relayer =
		node->node->relayer ? snet__run_find(run, node->node->relayer, NULL)
				    : NULL;

	if (relayer && relayer->relayer)
		snet__relayer_remove_device(relayer->relayer, node->node->name);
	/* It is of no use to another device of this name; if it stays, that is no harm. */
	(void)snet__store_remove_state(run->store, node->node->name, NULL);
}

struct leaving {
	struct snet__run *run;
	const char *relayer;
};

static int tell_left(void *user, const char *relayer, uint64_t seq, const char *event,
		     const struct snet_trace *trace, unsigned int index, const void *data,
		     size_t size)
{
	const struct leaving *leaving = user;

	if (index == 0 && strcmp(relayer, leaving->relayer) == 0)
		snet__run_on_left(leaving->run, trace->id,
				  "its relayer was removed; it goes on when one of that "
				  "name is in the lab again");
	return 0;
}

/* Whoever waits for an event of a relayer that goes has nothing to wait for. */
static void leave_events(struct snet__run *run, const struct snet__run_node *node)
{
	struct leaving leaving = {run, node->node->name};

	if (node->relayer)
		(void)snet__store_each_open(run->store, tell_left, &leaving, NULL);
}

static void remove_node(struct snet__run *run, struct snet__run_node *node,
			struct states *states)
{
	if (!states->is_back)
		remember_state(states, run, node->node->name);
	forget_device(run, node);
	leave_events(run, node);
	snet__services_free(run, node);
	if (node->node->role == SNET__ROLE_PROGRAM)
		snet__program_discard(run->folder, node->node->name);
}

static bool is_new(const struct snet__run_node *node)
{
	return node->is_new;
}

/* ---- In steps. */

/* A piece of a change holds up the lab's thread for so long, and for the step with which it ends. A
 * press takes a dozen turns, and may meet a piece in each. */
#define PIECE_NS (2 * SNET__NS_PER_MS)

struct transition {
	struct snet_lab *lab;
	struct snet__model *wanted;
	const struct snet__diff *diff;
	struct states *states;
	struct snet__rewire rewire;
	struct snet__extension extension;
	struct snet__beginning beginning;
	struct snet__announce announce;
	struct snet__fabric *fabric;
	struct snet__steps steps;
	uint64_t until_ns; /* of the piece that is on */
};

static struct snet__run *run_of(const struct transition *transition)
{
	return transition->lab->run;
}

static size_t count_nodes(const void *work)
{
	return run_of(work)->node_count;
}

static size_t count_links(const void *work)
{
	return run_of(work)->link_count;
}

/* What was to begin in a change that has failed, if it has, has ended, and is to begin as it is
 * described then. */
static int end_begun(void *work, size_t at, struct snet_err *err)
{
	struct snet__run_node *node = run_of(work)->nodes[at];

	(void)err;
	if (node->is_new)
		snet__services_end(run_of(work), node);
	return 0;
}

static int restore_programs(void *work, size_t at, struct snet_err *err)
{
	(void)at;
	(void)err;
	snet__program_restore(run_of(work)->folder);
	return 0;
}

static const struct snet__phase undoings[] = {
	{count_nodes, end_begun},
	{NULL, restore_programs},
};

static int prepare(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;
	int r;

	(void)at;
	run_of(transition)->is_changing = true;
	r = snet__rewire_new(&transition->rewire, run_of(transition), transition->wanted,
			     err);
	if (r < 0)
		return r;
	snet__renew_find(&transition->rewire, transition->diff);
	snet__lab_forget_acquaintances(run_of(transition), &transition->rewire.peers);
	return 0;
}

/* Devices that go are forgotten by their relayers; relayers end before what they have to do with,
 * lest they take that for a failure of theirs. */
enum {
	GOING_DEVICES,
	RELAYERS,
	OTHERS,
	PASS_COUNT
};

static int pass_of(const struct snet__run_node *node, bool stays)
{
	if (node->node->role == SNET__ROLE_RELAYER)
		return RELAYERS;
	return !stays && node->node->relayer ? GOING_DEVICES : OTHERS;
}

static size_t count_passes(const void *work)
{
	return PASS_COUNT * count_nodes(work);
}

static int end_node(void *work, size_t at, struct snet_err *err)
{
	const struct transition *transition = work;
	struct snet__run *run = run_of(transition);
	const struct snet__rewire *rewire = &transition->rewire;
	size_t index = at % run->node_count;
	struct snet__run_node *node = run->nodes[index];
	bool stays = rewire->node_stays[index];

	(void)err;
	if (pass_of(node, stays) != (int)(at / run->node_count))
		return 0;
	if (!stays) {
		remove_node(run, node, transition->states);
	} else if (rewire->is_changed[snet__model_find_node(rewire->wanted,
							    node->node->name)
					      ->index]) {
		snet__services_end(run, node);
		node->is_new = true;
	}
	return 0;
}

static int remove_source(void *work, size_t at, struct snet_err *err)
{
	const struct transition *transition = work;

	(void)err;
	snet__rewire_remove_source(&transition->rewire, at);
	return 0;
}

static int forget_peers(void *work, size_t at, struct snet_err *err)
{
	const struct transition *transition = work;

	(void)err;
	snet__rewire_forget_peers(&transition->rewire, at);
	return 0;
}

static int unplug(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;

	(void)err;
	snet__rewire_unplug(&transition->rewire, at);
	return 0;
}

static int remove_bridges(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;

	(void)err;
	snet__rewire_remove_bridges(&transition->rewire, at);
	return 0;
}

static const struct snet__phase endings[] = {
	{NULL, prepare},
	{count_passes, end_node},
	{count_nodes, remove_source},
	{count_nodes, forget_peers},
	{count_links, unplug},
	{count_nodes, remove_bridges},
};

static int adopt(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;
	struct snet__run *run = run_of(transition);

	(void)at;
	(void)err;
	snet__rewire_adopt(&transition->rewire);
	/* What has not registered yet waits for what is to come. */
	run->next_start = run->node_count;
	if (transition->states->is_back)
		restore_states(run, transition->states);
	snet__network_begin(&transition->extension, run, transition->rewire.is_rerouted);
	snet__services_begin(&transition->beginning, run, is_new);
	return 0;
}

static int extend(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;

	(void)at;
	return snet__network_extend(&transition->extension, transition->until_ns, err);
}

/* Else ports of switches take packets later: see snet__run_start_devices(). */
static int begin_announcing(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;
	struct snet__run *run = run_of(transition);

	(void)at;
	return run->is_unsettled || !run->is_settled
		       ? 0
		       : snet__announce_new(&transition->announce, run, err);
}

static int announce(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;

	(void)err;
	snet__announce_node(&transition->announce, at);
	return 0;
}

static int reshape(void *work, size_t at, struct snet_err *err)
{
	const struct transition *transition = work;

	return snet__rewire_reshape(&transition->rewire, at, err);
}

static int unroute(void *work, size_t at, struct snet_err *err)
{
	const struct transition *transition = work;

	(void)err;
	snet__rewire_unroute(&transition->rewire, at);
	return 0;
}

static int make_services(void *work, size_t at, struct snet_err *err)
{
	struct transition *transition = work;

	(void)at;
	return snet__services_make(&transition->beginning, transition->until_ns, err);
}

static int settle(void *work, size_t at, struct snet_err *err)
{
	(void)err;
	run_of(work)->nodes[at]->is_new = false;
	return 0;
}

static const struct snet__phase beginnings[] = {
	{NULL, adopt},           {NULL, extend},         {NULL, begin_announcing},
	{count_nodes, announce}, {count_links, reshape}, {count_nodes, unroute},
	{NULL, make_services},   {count_nodes, settle},
};

static int walk_piece(void *arg, struct snet_err *err)
{
	struct transition *transition = arg;

	transition->fabric = run_of(transition)->fabric;
	/* What came in this turn is to be answered by those who took it. */
	snet__run_on_turn(run_of(transition));
	transition->until_ns = snet__clock_ns() + PIECE_NS;
	return snet__steps_walk(&transition->steps, transition, transition->until_ns,
				err);
}

/* Between two pieces the lab has its turns. */
static int walk(struct transition *transition, const struct snet__phase *phases,
		size_t count, struct snet_err *err)
{
	int r;

	transition->steps = (struct snet__steps){.phases = phases, .count = count};
	do {
		r = snet__lab_run(transition->lab, walk_piece, transition, err);
		snet__announce_close(&transition->announce);
	} while (r > 0);
	return r;
}

/* There is no way back from the way back: what has begun on it has begun, even if not all has. */
static void keep_begun(struct snet__run *run)
{
	for (size_t i = 0; i < run->node_count; i++)
		run->nodes[i]->is_new &= snet__services_lacks(run->nodes[i]);
}

static int finish(void *arg, struct snet_err *err)
{
	struct transition *transition = arg;

	(void)err;
	run_of(transition)->is_changing = false;
	if (transition->states->is_back)
		keep_begun(run_of(transition));
	snet__announce_clear(&transition->announce);
	if (transition->extension.run)
		snet__network_end(&transition->extension);
	if (transition->rewire.run)
		snet__rewire_clear(&transition->rewire);
	return 0;
}

static int carry_out(struct snet_lab *lab, struct snet__model *wanted,
		     const struct snet__diff *diff, struct states *states,
		     struct snet_err *err)
{
	struct transition transition = {.lab = lab,
					.wanted = wanted,
					.diff = diff,
					.states = states};
	int r;

	r = walk(&transition, endings, sizeof(endings) / sizeof(*endings), err);
	/* The kernel takes long for that, even for little: beside the lab. */
	if (r == 0)
		snet__fabric_sweep(transition.fabric);
	if (r == 0)
		r = walk(&transition, beginnings,
			 sizeof(beginnings) / sizeof(*beginnings), err);
	(void)snet__lab_run(lab, finish, &transition, NULL); /* it stays up until then */
	return r;
}

/* Make it as it was before: @model. What has failed is in @err, and whether this has, too. */
static void go_back(struct snet_lab *lab, struct snet__model *model,
		    struct states *states, struct snet_err *err)
{
	struct transition undoing = {.lab = lab};
	struct snet__diff diff = {0};
	struct snet_err why = {0}, first = {0};
	int r;

	(void)walk(&undoing, undoings, sizeof(undoings) / sizeof(*undoings), NULL);
	states->is_back = true;
	r = snet__diff(&diff, &lab->model, model, &why);
	if (r == 0)
		r = carry_out(lab, model, &diff, states, &why);
	if (err)
		first = *err;
	if (r < 0)
		(void)snet__err_set(
			err, first.code,
			"%s; and what had changed by then could not be undone: "
			"%s",
			first.msg, why.msg);
	snet__diff_clear(&diff);
}

static bool is_leaving(const struct snet__run_node *node, void *user)
{
	const struct snet__rewire *rewire = user;
	const struct snet__model_node *wanted =
		snet__model_find_node(rewire->wanted, node->node->name);

	return !rewire->node_stays[node->node->index] ||
	       rewire->is_changed[wanted->index];
}

int snet__run_stop_changed(struct snet__run *run, struct snet__change_plan *plan,
			   struct snet_err *err)
{
	struct snet__rewire rewire;
	int r;

	r = snet__rewire_new(&rewire, run, &plan->wanted, err);
	if (r == 0) {
		snet__renew_find(&rewire, &plan->diff);
		snet__run_stop_programs(run, is_leaving, &rewire);
	}
	snet__rewire_clear(&rewire);
	return r;
}

static int tell_change(void *arg, struct snet_err *err)
{
	const struct snet_lab *lab = arg;

	(void)err;
	snet__captures_release(lab->run);
	snet__run_on_change(lab->run);
	return 0;
}

/* With the same addresses, to find the way back to them. */
static int copy_planned(struct snet__model *ret, const struct snet__model *model,
			struct snet_err *err)
{
	struct snet__problems problems = {0};
	struct snet__diff none = {0};
	int r;

	r = snet__model_copy(ret, model, err);
	if (r < 0)
		return r;
	r = snet__change_compare(model, ret, &problems, &none, err);
	snet__diff_clear(&none);
	snet__problems_clear(&problems);
	if (r < 0)
		snet__model_clear(ret);
	return r;
}

int snet__change_carry_out(struct snet_lab *lab, struct snet__change_plan *plan,
			   struct snet_err *err)
{
	struct states states = {0};
	struct snet__model before;
	int r;

	r = copy_planned(&before, &lab->model, err);
	if (r < 0)
		return r;
	r = carry_out(lab, &plan->wanted, &plan->diff, &states, err);
	if (r < 0)
		go_back(lab, &before, &states, err);
	clear_states(&states);
	snet__model_clear(&before);
	(void)snet__lab_run(lab, tell_change, lab, NULL); /* it stays up until then */
	return r;
}

int snet__run_begin(struct snet__run *run, struct snet__run_node *node,
		    struct snet_err *err)
{
	struct snet__beginning beginning;
	int r;

	node->is_new = true;
	snet__services_begin(&beginning, run, is_new);
	r = snet__services_make(&beginning, 0, err);
	/* What has failed to begin is no part of the next change; others that had failed to have begun
	 * with it. */
	node->is_new = false;
	if (!run->is_changing)
		keep_begun(run);
	snet__run_on_change(run);
	return r;
}

int snet__run_restart(struct snet__run *run, const char *name, bool fresh,
		      struct snet_err *err)
{
	struct snet__run_node *node = snet__run_find(run, name, err);
	int r;

	if (!node)
		return -ENOENT;
	if (!snet__services_has(node))
		return snet__err_set(err, -EINVAL, "'%s' is a %s: nothing lives in it",
				     name, node->node->kind);
	snet__run_on_turn(run);
	snet__services_end(run, node);
	if (fresh)
		(void)snet__store_remove_state(run->store, name, NULL);
	r = snet__run_begin(run, node, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot restart '%s'", name) : 0;
}
