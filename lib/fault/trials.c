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
#include "fault/groups.h"
#include "fault/runner.h"

struct pool {
	struct snet__explorer *explorer;
	struct snet__trials *trials;
	const struct snet__trial *like; /* see snet__explorer_find(); or NULL */
	pthread_mutex_t lock;           /* guards the rest */
	size_t next;
	/* That is like it, or has failed, so far: those behind it need not run, and those before it
	 * may still take its place. */
	size_t first;
	int result; /* of that one: 0, or why it has failed */
	struct snet_err err;
};

void snet__trials_clear(struct snet__trials *trials)
{
	for (size_t i = 0; i < trials->count; i++) {
		snet__json_free(trials->items[i].timeline);
		free(trials->items[i].brief);
		free(trials->items[i].summary);
		free(trials->items[i].faults);
		snet__json_free(trials->items[i].kinds);
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

static int set_texts(struct snet__trial *trial, const char *brief, const char *finding,
		     struct snet_err *err)
{
	free(trial->brief);
	free(trial->summary);
	trial->brief = strdup(brief);
	trial->summary = snet__text_format("%s%s%s", brief, finding ? ": " : "",
					   finding ? finding : "");
	return trial->brief && trial->summary ? 0 : snet__err_oom(err);
}

static int keep(struct snet__trial *trial, enum snet_verdict verdict, const char *text,
		struct snet_err *err)
{
	if (trial->verdict == SNET_VERDICT_VIOLATED ||
	    (trial->verdict == SNET_VERDICT_UNTRUSTED &&
	     verdict != SNET_VERDICT_VIOLATED))
		return 0;
	trial->verdict = verdict;
	trial->expectation = SIZE_MAX;
	trial->what = NULL;
	return set_texts(trial, text, NULL, err);
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

/* That a fault had no effect is no finding here; it is counted. */
static int judge(struct snet__trial *trial, const struct snet__outcome *outcome,
		 struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < outcome->history.faults_count; i++)
		trial->is_void |= !outcome->history.faults[i].has_effect;
	trial->verdict = SNET_VERDICT_HELD;
	for (size_t i = 0; i < outcome->count && r == 0; i++) {
		const struct snet__judgement *one = &outcome->judgements[i];
		const struct snet__finding *finding =
			one->finding_count ? one->findings : NULL;

		if (one->verdict == SNET_VERDICT_HELD ||
		    trial->verdict == SNET_VERDICT_VIOLATED)
			continue;
		trial->verdict = one->verdict;
		trial->expectation = i;
		trial->what = finding ? finding->what : NULL;
		r = set_texts(trial, one->summary ? one->summary : "",
			      finding ? finding->text : NULL, err);
	}
	return r < 0 ? r : judge_run(trial, outcome, err);
}

int snet__explorer_carry_out(const struct snet__runner_opts *opts,
			     const struct snet__scenario *scenario,
			     struct snet__outcome *outcome, struct snet_err *err)
{
	int r = snet__runner_run(outcome, scenario, opts, err);

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
			 const struct snet__scenario *scenario,
			 const struct snet__runner_opts *opts, struct snet_err *err)
{
	struct snet__check_opts how = {.is_cancelled = opts->is_cancelled,
				       .user = opts->user};
	const char *tmp = getenv("TMPDIR");
	autofree char *folder = NULL;
	int r;

	if (!has_command(scenario))
		return snet__outcome_judge(outcome, scenario, &how, err);
	if (!tmp || *tmp != '/')
		tmp = "/tmp";
	folder = snet__text_format("%s/snet-explore-XXXXXX", tmp);
	if (!folder)
		return snet__err_oom(err);
	if (!mkdtemp(folder))
		return snet__err_sys(err, -errno, "cannot create a folder below '%s'",
				     tmp);
	how.folder = folder;
	r = snet__history_save(&outcome->history, folder, err);
	if (r == 0)
		r = snet__outcome_judge(outcome, scenario, &how, err);
	snet__file_remove(folder);
	return r;
}

/* What a thread is about. */
struct job {
	struct pool *pool;
	struct snet__trial *trial;
};

/* With the lock held. */
static bool is_behind(const struct job *job)
{
	return (size_t)(job->trial - job->pool->trials->items) > job->pool->first;
}

static bool is_cancelled(void *user)
{
	const struct job *job = user;
	const struct snet__explorer *explorer = job->pool->explorer;
	bool is_needless;

	(void)pthread_mutex_lock(&job->pool->lock);
	is_needless = is_behind(job);
	(void)pthread_mutex_unlock(&job->pool->lock);
	return is_needless ||
	       (explorer->is_cancelled && explorer->is_cancelled(explorer->user));
}

static int run_root(struct job *job, const struct snet__json *root, struct snet_err *err)
{
	const struct snet__explorer *explorer = job->pool->explorer;
	const struct snet__runner_opts opts = {.seed = explorer->seed,
					       .is_blind = true,
					       .is_cancelled = is_cancelled,
					       .user = job};
	cleanup_with(snet__outcome_clear) struct snet__outcome outcome = {0};
	cleanup_with(snet__scenario_clear) struct snet__scenario scenario;
	struct snet__trial *trial = job->trial;
	int r;

	snet__scenario_init(&scenario);
	r = snet__variant_read(&scenario, root, explorer->origin.folder, err);
	if (r == 0)
		r = snet__explorer_carry_out(&opts, &scenario, &outcome, err);
	if (r == 0)
		r = judge_outcome(&outcome, &scenario, &opts, err);
	if (r == 0 && outcome.broken_off)
		r = snet__err_set(err, outcome.broken_off, "%s", outcome.reason);
	if (r == 0)
		r = judge(trial, &outcome, err);
	if (r == 0 && trial->verdict == SNET_VERDICT_VIOLATED)
		r = snet__trial_name_faults(trial, &scenario, err);
	trial->has_run = r == 0;
	return r;
}

static int run_job(struct job *job, struct snet_err *err)
{
	autojson *root = NULL;

	if (job->trial->root)
		return run_root(job, job->trial->root, err);
	root = snet__variant_new(job->pool->explorer->origin.root,
				 snet__json_copy(job->trial->timeline));
	return root ? run_root(job, root, err) : snet__err_oom(err);
}

/* With the lock held: what is tried to make something smaller is nothing new. */
static void tell(struct snet__explorer *explorer, const struct snet__trial *trial)
{
	const struct snet_explore_violation violation = {.faults = trial->faults,
							 .summary = trial->brief};

	explorer->at.violations++;
	if (explorer->found)
		explorer->found(explorer->user, &violation);
}

/* With the lock held: the first in their order ends it, whichever comes first in time. */
static void end_at(const struct job *job, int result, const struct snet_err *err)
{
	struct pool *pool = job->pool;

	if (is_behind(job))
		return;
	pool->first = (size_t)(job->trial - pool->trials->items);
	pool->result = result;
	pool->err = *err;
}

/* With the lock held. */
static void finish(const struct job *job, int result, const struct snet_err *err)
{
	struct snet__explorer *explorer = job->pool->explorer;
	const struct snet__trial *trial = job->trial, *like = job->pool->like;

	explorer->at.done++;
	if (result < 0)
		end_at(job, result, err);
	else if (trial->verdict == SNET_VERDICT_VIOLATED && !like)
		tell(explorer, trial);
	else if (trial->verdict == SNET_VERDICT_VIOLATED &&
		 snet__trial_is_violated_as(trial, like))
		end_at(job, 0, err);
	if (explorer->progress)
		explorer->progress(explorer->user, &explorer->at);
}

static struct snet__trial *take(struct pool *pool)
{
	if (pool->next >= pool->trials->count || pool->next > pool->first)
		return NULL;
	return &pool->trials->items[pool->next++];
}

static void *work(void *arg)
{
	struct job job = {.pool = arg};
	struct pool *pool = arg;
	struct snet_err err = {0};
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	while ((job.trial = take(pool))) {
		(void)pthread_mutex_unlock(&pool->lock);
		r = run_job(&job, &err);
		(void)pthread_mutex_lock(&pool->lock);
		finish(&job, r, &err);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int run_pool(struct pool *pool, struct snet_err *err)
{
	unsigned int parallel = pool->explorer->parallel, count = 0;
	autofree pthread_t *threads = calloc(parallel + 1, sizeof(*threads));

	if (!threads)
		return snet__err_oom(err);
	while (count + 1 < parallel && count + 1 < pool->trials->count &&
	       pthread_create(&threads[count], NULL, work, pool) == 0)
		count++;
	(void)work(pool);
	while (count > 0)
		(void)pthread_join(threads[--count], NULL);
	return pool->result < 0 ? snet__err_set(err, pool->result, "%s", pool->err.msg)
				: 0;
}

int snet__explorer_run(struct snet__explorer *explorer, struct snet__trials *trials,
		       struct snet_err *err)
{
	struct pool pool = {.explorer = explorer,
			    .trials = trials,
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .first = SIZE_MAX};

	return run_pool(&pool, err);
}

int snet__explorer_find(struct snet__explorer *explorer, struct snet__trials *trials,
			const struct snet__trial *like, size_t *ret, struct snet_err *err)
{
	struct pool pool = {.explorer = explorer,
			    .trials = trials,
			    .like = like,
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .first = SIZE_MAX};
	int r;

	r = run_pool(&pool, err);
	if (r < 0 || pool.first == SIZE_MAX)
		return r;
	*ret = pool.first;
	return 1;
}
