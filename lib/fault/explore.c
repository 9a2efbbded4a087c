/* SPDX-License-Identifier: MIT */
#include "fault/explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "fault/candidates.h"

#define PARALLEL 24
/* Of a set that chance puts together. */
#define FAULTS_MAX 4
/* More violations than these are counted, and not made small. */
#define SHRUNK_MAX 5
#define DOUBTS_MAX 5

struct snet_exploration {
	size_t runs;
	uint64_t took_ns;
	size_t single_count, pair_count, random_count;
	struct finding {
		char *scenario; /* JSON, as people write it */
		char *summary;
	} * findings;
	size_t finding_count, finding_cap;
	size_t violations, untrusted; /* runs */
	struct snet__left_out left_out;
	bool is_broken_off;
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
		r = snet__explorer_carry_out(explorer, &counted, &outcome, err);
	if (r < 0)
		return r;
	*ret = snet__candidates_find(&counted, &outcome.history, ret_left_out);
	return *ret ? 0 : snet__err_oom(err);
}

/* What has been found, as a scenario that shows it. */
static int describe(struct snet__explorer *explorer, struct snet__json *root,
		    const char *summary, char **ret, struct snet_err *err)
{
	const char *name = snet__json_get_string(root, "scenario");
	autofree char *found = snet__text_format("%s-violation", name);
	autofree char *text =
		snet__text_format("Found by 'snet explore': %s", summary ? summary : "");

	if (!found || !text ||
	    snet__json_set(root, "scenario", snet__json_new_string(found)) < 0 ||
	    snet__json_set(root, "description", snet__json_new_string(text)) < 0 ||
	    snet__json_set(root, "seed", snet__json_new_u64(explorer->seed)) < 0)
		return snet__err_oom(err);
	*ret = snet__json_format_pretty(root);
	return *ret ? 0 : snet__err_oom(err);
}

static bool is_known(const struct snet_exploration *exploration, const char *scenario)
{
	for (size_t i = 0; i < exploration->finding_count; i++)
		if (strcmp(exploration->findings[i].scenario, scenario) == 0)
			return true;
	return false;
}

/* As small as it goes; when the search has been broken off, as it is. */
static int make_small(struct snet__explorer *explorer,
		      struct snet_exploration *exploration,
		      const struct snet__trial *trial, struct snet__json **ret,
		      struct snet_err *err)
{
	int r = exploration->is_broken_off
			? -EINTR
			: snet__explorer_shrink(explorer, trial->timeline, ret, err);

	if (r != -EINTR)
		return r;
	exploration->is_broken_off = true;
	*ret = snet__variant_new(explorer->origin.root, snet__json_copy(trial->timeline));
	return *ret ? 0 : snet__err_oom(err);
}

static int keep_finding(struct snet__explorer *explorer,
			struct snet_exploration *exploration,
			const struct snet__trial *trial, struct snet_err *err)
{
	autofree char *scenario = NULL;
	autojson *root = NULL;
	struct finding *finding;
	int r;

	r = make_small(explorer, exploration, trial, &root, err);
	if (r == 0)
		r = describe(explorer, root, trial->summary, &scenario, err);
	if (r < 0 || is_known(exploration, scenario))
		return r;
	r = snet__vec_reserve(&exploration->findings, &exploration->finding_cap,
			      exploration->finding_count + 1,
			      sizeof(*exploration->findings), err);
	if (r < 0)
		return r;
	finding = &exploration->findings[exploration->finding_count];
	finding->summary = strdup(trial->summary ? trial->summary : "");
	if (!finding->summary)
		return snet__err_oom(err);
	finding->scenario = steal_ptr(scenario);
	exploration->finding_count++;
	return 0;
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

static int judge(struct snet__explorer *explorer, struct snet_exploration *exploration,
		 const struct snet__trials *trials, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < trials->count && r == 0; i++) {
		const struct snet__trial *trial = &trials->items[i];

		exploration->runs += trial->has_run;
		if (trial->has_run && trial->verdict == SNET_VERDICT_UNTRUSTED)
			keep_doubt(exploration, trial);
		if (!trial->has_run || trial->verdict != SNET_VERDICT_VIOLATED)
			continue;
		exploration->violations++;
		if (exploration->finding_count < SHRUNK_MAX)
			r = keep_finding(explorer, exploration, trial, err);
	}
	return r;
}

static int search(struct snet__explorer *explorer, struct snet_exploration *exploration,
		  const char *phase, struct snet__trials *trials, struct snet_err *err)
{
	int r;

	explorer->at =
		(struct snet_explore_progress){.phase = phase, .total = trials->count};
	r = snet__explorer_run(explorer, trials, false, err);
	/* What was found until then is worth something. */
	if (r == -EINTR) {
		exploration->is_broken_off = true;
		r = 0;
	}
	return r < 0 ? r : judge(explorer, exploration, trials, err);
}

static int explore(struct snet__explorer *explorer, struct snet_exploration *exploration,
		   const struct snet_explore_opts *opts, struct snet_err *err)
{
	cleanup_with(snet__trials_clear) struct snet__trials singles = {0}, pairs = {0},
							     sets = {0};
	autojson *candidates = NULL;
	int r;

	explorer->at = (struct snet_explore_progress){.phase = "look"};
	r = find_candidates(explorer, &exploration->left_out, &candidates, err);
	if (r == 0)
		r = add_singles(&singles, candidates, err);
	if (r == 0)
		r = add_sets(&pairs, candidates, explorer->seed, "explore/pairs",
			     choose_pair, opts->pairs, err);
	if (r == 0)
		r = add_sets(&sets, candidates, explorer->seed, "explore/random",
			     choose_set, opts->random, err);
	exploration->single_count = singles.count ? singles.count - 1 : 0;
	exploration->pair_count = pairs.count;
	exploration->random_count = sets.count;
	if (r == 0)
		r = search(explorer, exploration, "single faults", &singles, err);
	if (r == 0 && pairs.count && !exploration->is_broken_off)
		r = search(explorer, exploration, "pairs", &pairs, err);
	if (r == 0 && sets.count && !exploration->is_broken_off)
		r = search(explorer, exploration, "random sets", &sets, err);
	return r;
}

/* ---- The public face. */

int snet_scenario_explore(const char *path, const struct snet_explore_opts *opts,
			  struct snet_exploration **ret, struct snet_err *err)
{
	struct snet_exploration *exploration = calloc(1, sizeof(*exploration));
	struct snet__explorer explorer = {
		.parallel = opts->parallel ? opts->parallel : PARALLEL,
		.progress = opts->progress,
		.is_cancelled = opts->is_cancelled,
		.user = opts->user,
	};
	autofree char *text = NULL, *folder = NULL, *real = realpath(path, NULL);
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	uint64_t began_ns = snet__clock_ns();
	int r;

	snet__scenario_init(&scenario);
	if (!exploration)
		return snet__err_oom(err);
	r = snet__model_read_file(&text, &folder, path, err);
	if (r == 0)
		r = snet__origin_parse(&explorer.origin, text, real ? real : path, folder,
				       err);
	if (r == 0)
		r = snet__variant_read(&scenario, explorer.origin.root, folder, err);
	if (r == 0)
		r = snet__variant_set_lab(explorer.origin.root, &scenario, err);
	explorer.seed = opts->has_seed ? opts->seed : scenario.seed;
	if (r == 0)
		r = explore(&explorer, exploration, opts, err);
	snet__origin_clear(&explorer.origin);
	exploration->took_ns = snet__clock_ns() - began_ns;
	if (r < 0) {
		snet_exploration_free(exploration);
		return snet__err_prefix(err, r, "%s", path);
	}
	*ret = exploration;
	return exploration->is_broken_off;
}

void snet_exploration_free(struct snet_exploration *exploration)
{
	if (!exploration)
		return;
	for (size_t i = 0; i < exploration->finding_count; i++) {
		free(exploration->findings[i].scenario);
		free(exploration->findings[i].summary);
	}
	free(exploration->findings);
	snet__json_free(exploration->doubts);
	free(exploration);
}

size_t snet_exploration_finding_count(const struct snet_exploration *exploration)
{
	return exploration->finding_count;
}

const char *snet_exploration_scenario(const struct snet_exploration *exploration,
				      size_t index)
{
	return index < exploration->finding_count ? exploration->findings[index].scenario
						  : NULL;
}

char *snet_exploration_json(const struct snet_exploration *exploration)
{
	autojson *json = snet__json_new_object();
	struct snet__json *findings, *left_out;

	snet__json_add_u64(json, "runs", exploration->runs);
	snet__json_add_number(json, "seconds",
			      (double)exploration->took_ns / (double)SNET__NS_PER_S);
	snet__json_add_u64(json, "single", exploration->single_count);
	snet__json_add_u64(json, "pairs", exploration->pair_count);
	snet__json_add_u64(json, "random", exploration->random_count);
	left_out = snet__json_add(json, "left_out", snet__json_new_object());
	snet__json_add_u64(left_out, "packets", exploration->left_out.packets);
	snet__json_add_u64(left_out, "calls", exploration->left_out.calls);
	snet__json_add_u64(left_out, "kills", exploration->left_out.kills);
	snet__json_add_bool(json, "interrupted", exploration->is_broken_off);
	snet__json_add_u64(json, "violations", exploration->violations);
	snet__json_add_u64(json, "untrusted", exploration->untrusted);
	findings = snet__json_add(json, "findings", snet__json_new_array());
	for (size_t i = 0; i < exploration->finding_count; i++) {
		const struct finding *finding = &exploration->findings[i];
		struct snet__json *one = snet__json_new_object(), *scenario = NULL;

		snet__json_add_string(one, "summary", finding->summary);
		(void)snet__json_parse(&scenario, finding->scenario,
				       strlen(finding->scenario), NULL);
		(void)snet__json_add(one, "scenario", scenario);
		(void)snet__json_append(findings, one);
	}
	if (exploration->doubts)
		(void)snet__json_add(json, "doubts",
				     snet__json_copy(exploration->doubts));
	return snet__json_format(json);
}
