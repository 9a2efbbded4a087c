/* SPDX-License-Identifier: MIT */
/* Runs, as many at the same time as the explorer says: each thread takes the next one. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/explore.h"
#include "fault/runner.h"

struct pool {
	struct snet__explorer *explorer;
	struct snet__trials *trials;
	bool first_only;
	pthread_mutex_t lock; /* guards the rest */
	size_t next;
	bool is_over;
	int result;
	struct snet_err err;
};

void snet__trials_clear(struct snet__trials *trials)
{
	for (size_t i = 0; i < trials->count; i++) {
		snet__json_free(trials->items[i].timeline);
		free(trials->items[i].summary);
	}
	free(trials->items);
	*trials = (struct snet__trials){0};
}

int snet__trials_add(struct snet__trials *trials, struct snet__json *timeline,
		     struct snet_err *err)
{
	if (!timeline ||
	    snet__vec_reserve(&trials->items, &trials->cap, trials->count + 1,
			      sizeof(*trials->items), NULL) < 0) {
		snet__json_free(timeline);
		return snet__err_oom(err);
	}
	trials->items[trials->count++] = (struct snet__trial){.timeline = timeline};
	return 0;
}

static int keep(struct snet__trial *trial, enum snet_verdict verdict, const char *text,
		struct snet_err *err)
{
	if (trial->verdict == SNET_VERDICT_VIOLATED ||
	    (trial->verdict == SNET_VERDICT_UNTRUSTED &&
	     verdict != SNET_VERDICT_VIOLATED))
		return 0;
	trial->verdict = verdict;
	free(trial->summary);
	trial->summary = strdup(text);
	return trial->summary ? 0 : snet__err_oom(err);
}

/* What could not be broken as it was to be, or in time, says nothing; what stays broken says a lot. */
static int judge_run(struct snet__trial *trial, const struct snet__outcome *outcome,
		     struct snet_err *err)
{
	const struct snet__history *history = &outcome->history;
	int r = 0;

	for (size_t i = 0; i < history->faults_count && r == 0; i++)
		if (history->faults[i].failure)
			r = keep(trial,
				 history->faults[i].begun_ns == SNET__NEVER
					 ? SNET_VERDICT_UNTRUSTED
					 : SNET_VERDICT_VIOLATED,
				 history->faults[i].failure, err);
	return r == 0 && outcome->slow
		       ? keep(trial, SNET_VERDICT_UNTRUSTED, outcome->slow, err)
		       : r;
}

/* That a fault was of no effect is no finding here. */
static int judge(struct snet__trial *trial, const struct snet__outcome *outcome,
		 struct snet_err *err)
{
	trial->verdict = SNET_VERDICT_HELD;
	for (size_t i = 0; i < outcome->count; i++) {
		const struct snet__judgement *one = &outcome->judgements[i];

		if (one->verdict == SNET_VERDICT_HELD ||
		    trial->verdict == SNET_VERDICT_VIOLATED)
			continue;
		trial->verdict = one->verdict;
		free(trial->summary);
		trial->summary =
			snet__text_format("%s%s%s", one->summary ? one->summary : "",
					  one->finding_count ? ": " : "",
					  one->finding_count ? one->findings[0].text
							     : "");
		if (!trial->summary)
			return snet__err_oom(err);
	}
	return judge_run(trial, outcome, err);
}

int snet__explorer_carry_out(const struct snet__explorer *explorer,
			     const struct snet__scenario *scenario,
			     struct snet__outcome *outcome, struct snet_err *err)
{
	const struct snet__runner_opts opts = {.seed = explorer->seed,
					       .is_blind = true,
					       .is_cancelled = explorer->is_cancelled,
					       .user = explorer->user};
	int r = snet__runner_run(outcome, scenario, &opts, err);

	return r == 0 && outcome->broken_off
		       ? snet__err_set(err, outcome->broken_off, "%s", outcome->reason)
		       : r;
}

static bool has_command(const struct snet__scenario *scenario)
{
	for (size_t i = 0; i < scenario->expectation_count; i++)
		if (scenario->expectations[i].command)
			return true;
	return false;
}

/* What a program judges by is there as long as it does so. */
static int judge_outcome(struct snet__outcome *outcome,
			 const struct snet__scenario *scenario, struct snet_err *err)
{
	const char *tmp = getenv("TMPDIR");
	autofree char *folder = NULL;
	int r;

	if (!has_command(scenario))
		return snet__runner_judge(outcome, scenario, NULL, err);
	if (!tmp || *tmp != '/')
		tmp = "/tmp";
	folder = snet__text_format("%s/snet-explore-XXXXXX", tmp);
	if (!folder)
		return snet__err_oom(err);
	if (!mkdtemp(folder))
		return snet__err_sys(err, -errno, "cannot create a folder below '%s'",
				     tmp);
	r = snet__history_save(&outcome->history, folder, err);
	if (r == 0)
		r = snet__runner_judge(outcome, scenario, folder, err);
	snet__file_remove(folder);
	return r;
}

int snet__explorer_try(struct snet__explorer *explorer, const struct snet__json *root,
		       struct snet__trial *trial, struct snet_err *err)
{
	cleanup_with(snet__outcome_clear) struct snet__outcome outcome = {0};
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	int r;

	snet__scenario_init(&scenario);
	r = snet__variant_read(&scenario, root, explorer->origin.folder, err);
	if (r == 0)
		r = snet__explorer_carry_out(explorer, &scenario, &outcome, err);
	if (r == 0)
		r = judge_outcome(&outcome, &scenario, err);
	if (r == 0)
		r = judge(trial, &outcome, err);
	trial->has_run = r == 0;
	return r;
}

static int run_trial(const struct pool *pool, struct snet__trial *trial,
		     struct snet_err *err)
{
	autojson *root = snet__variant_new(pool->explorer->origin.root,
					   snet__json_copy(trial->timeline));

	return root ? snet__explorer_try(pool->explorer, root, trial, err)
		    : snet__err_oom(err);
}

/* With the lock held. */
static void finish(struct pool *pool, const struct snet__trial *trial)
{
	struct snet__explorer *explorer = pool->explorer;

	explorer->at.done++;
	if (trial->has_run && trial->verdict == SNET_VERDICT_VIOLATED) {
		explorer->at.violations++;
		pool->is_over |= pool->first_only;
	}
	if (explorer->progress)
		explorer->progress(explorer->user, &explorer->at);
}

static struct snet__trial *take(struct pool *pool)
{
	while (pool->next < pool->trials->count &&
	       pool->trials->items[pool->next].has_run)
		pool->next++;
	if (pool->is_over || pool->next == pool->trials->count)
		return NULL;
	return &pool->trials->items[pool->next++];
}

static void *work(void *arg)
{
	struct pool *pool = arg;
	struct snet_err err = {0};
	struct snet__trial *trial;
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	while ((trial = take(pool))) {
		(void)pthread_mutex_unlock(&pool->lock);
		r = run_trial(pool, trial, &err);
		(void)pthread_mutex_lock(&pool->lock);
		if (r < 0 && !pool->result) {
			pool->result = r;
			pool->err = err;
			pool->is_over = true;
		}
		finish(pool, trial);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int snet__explorer_run(struct snet__explorer *explorer, struct snet__trials *trials,
		       bool first_only, struct snet_err *err)
{
	struct pool pool = {.explorer = explorer,
			    .trials = trials,
			    .first_only = first_only,
			    .lock = PTHREAD_MUTEX_INITIALIZER};
	autofree pthread_t *threads = calloc(explorer->parallel + 1, sizeof(*threads));
	unsigned int count = 0;

	if (!threads)
		return snet__err_oom(err);
	while (count + 1 < explorer->parallel && count + 1 < trials->count &&
	       pthread_create(&threads[count], NULL, work, &pool) == 0)
		count++;
	(void)work(&pool);
	while (count > 0)
		(void)pthread_join(threads[--count], NULL);
	return pool.result < 0 ? snet__err_set(err, pool.result, "%s", pool.err.msg) : 0;
}
