/* SPDX-License-Identifier: MIT */
#include "fault/explore.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "fault/candidates.h"
#include "fault/groups.h"
#include "topo/write.h"

/* Labs for each processor: most of a run is waiting. With more of them functions take so long to start
 * that a second press finds none ready, and starts another. */
#define PARALLEL 6
/* Of a set that chance puts together. */
#define FAULTS_MAX 4
/* So many reductions are tried in all, each in up to 4 runs. A number of these and not a time: what is
 * found is the same on every machine. */
#define REDUCTIONS_MAX 200
#define DOUBTS_MAX     5

struct snet_exploration {
	size_t runs;
	uint64_t took_ns;
	struct snet__trials singles, pairs, sets;
	struct snet__groups groups;
	size_t violations, untrusted, voids; /* runs */
	struct snet__left_out left_out;
	bool is_broken_off;
	struct snet_err failure;   /* that has broken it off; code 0: it was cancelled */
	struct snet__json *doubts; /* the first of the latter: why, and which faults */
};

/* ---- What is tried. */

static struct snet__json *list_of(const struct snet__json *candidates,
				  const size_t *places, size_t count)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < count; i++)
		(void)snet__json_append(list, snet__json_copy(snet__json_at(candidates,
									    places[i])));
	return list;
}

/* How a set of faults is chosen. */
typedef void (*choose_fn)(struct snet__random *random, size_t candidates, size_t *places,
			  size_t *ret_count);

static size_t choose(struct snet__random *random, size_t below)
{
	return (size_t)(snet__random_unit(random) * (double)below);
}

static void choose_pair(struct snet__random *random, size_t candidates, size_t *places,
			size_t *ret_count)
{
	places[0] = choose(random, candidates);
	places[1] = choose(random, candidates - 1);
	places[1] += places[1] >= places[0];
	*ret_count = 2;
}

static void choose_set(struct snet__random *random, size_t candidates, size_t *places,
		       size_t *ret_count)
{
	*ret_count = 3 + choose(random, FAULTS_MAX - 2);
	for (size_t i = 0; i < *ret_count; i++)
		places[i] = choose(random, candidates);
}

static int add_sets(struct snet__trials *trials, const struct snet__json *candidates,
		    uint64_t seed, const char *stream, choose_fn fn, size_t wanted,
		    struct snet_err *err)
{
	size_t count = snet__json_count(candidates), places[FAULTS_MAX], chosen;
	struct snet__random random;
	int r = 0;

	snet__random_seed(&random, seed, stream);
	for (size_t i = 0; i < wanted && count >= 2 && r == 0; i++) {
		fn(&random, count, places, &chosen);
		r = snet__trials_add(trials, list_of(candidates, places, chosen), err);
	}
	return r;
}

static int add_singles(struct snet__trials *trials, const struct snet__json *candidates,
		       struct snet_err *err)
{
	/* First nothing at all: it may be violated by itself. */
	int r = snet__trials_add(trials, list_of(candidates, NULL, 0), err);

	for (size_t i = 0; i < snet__json_count(candidates) && r == 0; i++)
		r = snet__trials_add(trials, list_of(candidates, &i, 1), err);
	return r;
}

/* ---- The search. */

/* Without faults, to see what there is to be broken. */
static int find_candidates(struct snet__explorer *explorer,
			   struct snet__left_out *ret_left_out, struct snet__json **ret,
			   struct snet_err *err)
{
	cleanup_with(snet__scenario_clear) struct snet__scenario plain, counted;
	cleanup_with(snet__outcome_clear) struct snet__outcome outcome = {0};
	const struct snet__runner_opts opts = {.seed = explorer->seed,
					       .is_blind = true,
					       .is_cancelled = explorer->is_cancelled,
					       .user = explorer->user};
	autojson *root = NULL;
	int r;

	snet__scenario_init(&plain);
	snet__scenario_init(&counted);
	r = snet__variant_read(&plain, explorer->origin.root, explorer->origin.folder,
			       err);
	if (r == 0) {
		root = snet__variant_new(explorer->origin.root,
					 snet__candidates_count(&plain.model));
		r = root ? snet__variant_read(&counted, root, explorer->origin.folder,
					      err)
			 : snet__err_oom(err);
	}
	if (r == 0)
		r = snet__explorer_carry_out(&opts, &counted, &outcome, err);
	if (r < 0)
		return r;
	*ret = snet__candidates_find(&counted, &outcome.history, ret_left_out);
	return *ret ? 0 : snet__err_oom(err);
}

/* What has been found, as a scenario that shows it: a text that is the same each time it is found. */
static int describe(const struct snet__explorer *explorer, struct snet__group *group,
		    struct snet_err *err)
{
	const struct snet__trial *trial = group->first;
	struct snet__json *root = group->root;
	const char *name = snet__json_get_string(root, "scenario");
	autofree char *found = snet__text_format("%s-violation", name);
	autofree char *text = snet__text_format("Found by 'snet explore': %s%s%s",
						trial->faults, trial->what ? ": " : "",
						trial->what ? trial->what : "");

	if (!found || !text ||
	    snet__json_set(root, "scenario", snet__json_new_string(found)) < 0 ||
	    snet__json_set(root, "description", snet__json_new_string(text)) < 0 ||
	    snet__json_set(root, "seed", snet__write_seed(explorer->seed)) < 0)
		return snet__err_oom(err);
	group->scenario = snet__json_format_pretty(root);
	return group->scenario ? 0 : snet__err_oom(err);
}

/* What was found until then is worth something. */
static void break_off(struct snet_exploration *exploration, int why,
		      const struct snet_err *err)
{
	exploration->is_broken_off = true;
	if (why == -EINTR)
		return;
	exploration->failure = *err;
	exploration->failure.code = why;
}

/* As small as it goes, by its share of what may be tried; when the search has been broken off, as it
 * is. */
static int make_small(struct snet__explorer *explorer,
		      struct snet_exploration *exploration, struct snet__group *group,
		      size_t *share, struct snet_err *err)
{
	const struct snet__trial *trial = group->first;
	int r;

	if (!exploration->is_broken_off) {
		r = snet__explorer_shrink(explorer, trial, share, &group->root,
					  &group->is_smallest, err);
		if (r == 0)
			return 0;
		break_off(exploration, r, err);
	}
	group->root = snet__variant_new(explorer->origin.root,
					snet__json_copy(trial->timeline));
	return group->root ? 0 : snet__err_oom(err);
}

/* One of each group; those that turn out to be the same are one. */
static int shrink(struct snet__explorer *explorer, struct snet_exploration *exploration,
		  struct snet_err *err)
{
	struct snet__groups *groups = &exploration->groups;
	size_t total = groups->count, left = REDUCTIONS_MAX, i = 0;
	int r = 0;

	explorer->at = (struct snet_explore_progress){.phase = "shrink", .groups = total};
	for (size_t done = 0; done < total && r >= 0; done++) {
		size_t share = left / (total - done);

		left -= share;
		explorer->at.group = done + 1;
		r = make_small(explorer, exploration, &groups->items[i], &share, err);
		left += share;
		if (r == 0)
			r = snet__groups_merge(groups, i, err);
		i += r == 0;
	}
	for (i = 0; i < groups->count && r >= 0; i++)
		r = describe(explorer, &groups->items[i], err);
	return r < 0 ? r : 0;
}

static void keep_doubt(struct snet_exploration *exploration,
		       const struct snet__trial *trial)
{
	struct snet__json *doubt;

	if (exploration->untrusted++ >= DOUBTS_MAX)
		return;
	if (!exploration->doubts)
		exploration->doubts = snet__json_new_array();
	doubt = snet__json_new_object();
	snet__json_add_string(doubt, "summary", trial->summary);
	(void)snet__json_add(doubt, "timeline", snet__json_copy(trial->timeline));
	(void)snet__json_append(exploration->doubts, doubt);
}

static int judge(struct snet_exploration *exploration, const struct snet__trials *trials,
		 struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < trials->count && r == 0; i++) {
		const struct snet__trial *trial = &trials->items[i];

		exploration->runs += trial->has_run;
		exploration->voids += trial->has_run && trial->is_void;
		if (trial->has_run && trial->verdict == SNET_VERDICT_UNTRUSTED)
			keep_doubt(exploration, trial);
		if (!trial->has_run || trial->verdict != SNET_VERDICT_VIOLATED)
			continue;
		exploration->violations++;
		r = snet__groups_add(&exploration->groups, trial, err);
	}
	return r;
}

static int search(struct snet__explorer *explorer, struct snet_exploration *exploration,
		  const char *phase, struct snet__trials *trials, struct snet_err *err)
{
	int r;

	explorer->at =
		(struct snet_explore_progress){.phase = phase, .total = trials->count};
	r = snet__explorer_run(explorer, trials, err);
	if (r < 0)
		break_off(exploration, r, err);
	return judge(exploration, trials, err);
}

static int explore(struct snet__explorer *explorer, struct snet_exploration *exploration,
		   const struct snet_explore_opts *opts, struct snet_err *err)
{
	struct snet__trials *singles = &exploration->singles,
			    *pairs = &exploration->pairs, *sets = &exploration->sets;
	autojson *candidates = NULL;
	int r;

	explorer->at = (struct snet_explore_progress){.phase = "look"};
	r = find_candidates(explorer, &exploration->left_out, &candidates, err);
	if (r == 0)
		r = add_singles(singles, candidates, err);
	if (r == 0)
		r = add_sets(pairs, candidates, explorer->seed, "explore/pairs",
			     choose_pair, opts->pairs, err);
	if (r == 0)
		r = add_sets(sets, candidates, explorer->seed, "explore/random",
			     choose_set, opts->random, err);
	if (r == 0)
		r = search(explorer, exploration, "single faults", singles, err);
	if (r == 0 && pairs->count && !exploration->is_broken_off)
		r = search(explorer, exploration, "pairs", pairs, err);
	if (r == 0 && sets->count && !exploration->is_broken_off)
		r = search(explorer, exploration, "random sets", sets, err);
	if (r == 0)
		r = shrink(explorer, exploration, err);
	if (r < 0 || !exploration->failure.code || exploration->groups.count)
		return r;
	return snet__err_set(err, exploration->failure.code, "%s",
			     exploration->failure.msg);
}

/* As it stands in its file, so that places in it are right; a lab is none yet. */
static int read_origin(const struct snet__origin *origin, const char *text,
		       struct snet__scenario *scenario, struct snet_err *err)
{
	struct snet__problems problems = {0};
	int r;

	if (origin->is_lab)
		return snet__variant_read(scenario, origin->root, origin->folder, err);
	r = snet__scenario_read(scenario, text, strlen(text), origin->folder, &problems,
				err);
	snet__problems_clear(&problems);
	/* A fault that keeps an event from coming would make it another workload, and a long one. */
	if (r == 0 && scenario->until)
		r = snet__err_set(err, -EINVAL,
				  "a search needs the same workload in each run: give a "
				  "'duration' in place of 'until'");
	return r;
}

static void warn(const struct snet__problems *warnings,
		 const struct snet_explore_opts *opts)
{
	for (size_t i = 0; i < warnings->count && opts->warning; i++) {
		const struct snet__problem *one = &warnings->items[i];

		opts->warning(opts->user, one->line, one->column, one->path, one->text);
	}
}

/* What is wrong in the file begins with its place there. */
static int blame(const char *path, const struct snet_err *why, int code,
		 struct snet_err *err)
{
	return snet__err_set(err, code,
			     isdigit((unsigned char)*why->msg) ? "%s:%s" : "%s: %s", path,
			     why->msg);
}

/* ---- The public face. */

static unsigned int count_parallel(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors > 0 ? PARALLEL * (unsigned int)processors : PARALLEL;
}

int snet_scenario_explore(const char *path, const struct snet_explore_opts *opts,
			  struct snet_exploration **ret, struct snet_err *err)
{
	struct snet_exploration *exploration;
	struct snet__explorer explorer = {
		.parallel = opts->parallel ? opts->parallel : count_parallel(),
		.found = opts->found,
		.progress = opts->progress,
		.is_cancelled = opts->is_cancelled,
		.user = opts->user,
	};
	autofree char *text = NULL, *folder = NULL, *real = realpath(path, NULL);
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	uint64_t began_ns = snet__clock_ns();
	struct snet_err why = {0};
	int r;

	snet__scenario_init(&scenario);
	if (opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_explore_opts)");
	exploration = calloc(1, sizeof(*exploration));
	if (!exploration)
		return snet__err_oom(err);
	r = snet__model_read_file(&text, &folder, path, &why);
	if (r == 0)
		r = snet__origin_parse(&explorer.origin, text, real ? real : path, folder,
				       &why);
	if (r == 0)
		r = read_origin(&explorer.origin, text, &scenario, &why);
	if (r == 0)
		r = snet__variant_set_lab(explorer.origin.root, &scenario, &why);
	explorer.seed = opts->has_seed ? opts->seed : scenario.seed;
	if (r == 0) {
		warn(&scenario.warnings, opts);
		r = explore(&explorer, exploration, opts, &why);
	}
	snet__origin_clear(&explorer.origin);
	exploration->took_ns = snet__clock_ns() - began_ns;
	if (r < 0) {
		snet_exploration_free(exploration);
		return blame(path, &why, r, err);
	}
	*ret = exploration;
	if (!exploration->failure.code)
		return exploration->is_broken_off;
	(void)blame(path, &exploration->failure, exploration->failure.code, err);
	return 2;
}

void snet_exploration_free(struct snet_exploration *exploration)
{
	if (!exploration)
		return;
	snet__groups_clear(&exploration->groups);
	snet__trials_clear(&exploration->singles);
	snet__trials_clear(&exploration->pairs);
	snet__trials_clear(&exploration->sets);
	snet__json_free(exploration->doubts);
	free(exploration);
}

size_t snet_exploration_finding_count(const struct snet_exploration *exploration)
{
	return exploration->groups.count;
}

const char *snet_exploration_scenario(const struct snet_exploration *exploration,
				      size_t index)
{
	return index < exploration->groups.count
		       ? exploration->groups.items[index].scenario
		       : NULL;
}

char *snet_exploration_json(const struct snet_exploration *exploration)
{
	autojson *json = snet__json_new_object();
	struct snet__json *left_out;

	snet__json_add_u64(json, "runs", exploration->runs);
	snet__json_add_number(json, "seconds",
			      (double)exploration->took_ns / (double)SNET__NS_PER_S);
	snet__json_add_u64(json, "single", exploration->singles.count - 1);
	snet__json_add_u64(json, "pairs", exploration->pairs.count);
	snet__json_add_u64(json, "random", exploration->sets.count);
	left_out = snet__json_add(json, "left_out", snet__json_new_object());
	snet__json_add_u64(left_out, "packets", exploration->left_out.packets);
	snet__json_add_u64(left_out, "calls", exploration->left_out.calls);
	snet__json_add_u64(left_out, "kills", exploration->left_out.kills);
	snet__json_add_bool(json, "interrupted", exploration->is_broken_off);
	snet__json_add_u64(json, "violations", exploration->violations);
	snet__json_add_u64(json, "untrusted", exploration->untrusted);
	snet__json_add_u64(json, "no_effect", exploration->voids);
	(void)snet__json_add(json, "findings", snet__groups_json(&exploration->groups));
	if (exploration->doubts)
		(void)snet__json_add(json, "doubts",
				     snet__json_copy(exploration->doubts));
	return snet__json_format(json);
}
