/* SPDX-License-Identifier: MIT */
/* The public face of scenarios and their runs. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fault/replay.h"
#include "fault/report.h"
#include "fault/runner.h"
#include "fault/variant.h"
#include "topo/problems.h"

struct snet_scenario {
	struct snet__scenario scenario;
};

struct snet_run {
	const struct snet__scenario *scenario;
	struct snet__outcome outcome;
	struct snet__report report;
	struct snet__json *machine, *calibration;
	char *command;
};

static int new_scenario(struct snet_scenario **ret, struct snet_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return snet__err_oom(err);
	snet__scenario_init(&(*ret)->scenario);
	return 0;
}

static void free_scenario_at(struct snet_scenario **scenario)
{
	snet_scenario_free(*scenario);
}

int snet_scenario_load(struct snet_scenario **ret, const char *path, struct snet_err *err)
{
	cleanup_with(free_scenario_at) struct snet_scenario *scenario = NULL;
	struct snet__problems problems = {0};
	int r;

	r = new_scenario(&scenario, err);
	if (r == 0)
		r = snet__scenario_load(&scenario->scenario, path, &problems, err);
	snet__problems_clear(&problems);
	if (r == 0)
		*ret = steal_ptr(scenario);
	return r;
}

int snet_scenario_load_run(struct snet_scenario **ret, const char *folder,
			   struct snet_err *err)
{
	cleanup_with(free_scenario_at) struct snet_scenario *scenario = NULL;
	int r;

	r = new_scenario(&scenario, err);
	if (r == 0)
		r = snet__replay_load(&scenario->scenario, folder, err);
	if (r == 0)
		*ret = steal_ptr(scenario);
	return r < 0 ? snet__err_prefix(err, r, "cannot replay '%s'", folder) : 0;
}

int snet_scenario_parse(struct snet_scenario **ret, const char *text, const char *folder,
			struct snet_err *err)
{
	cleanup_with(free_scenario_at) struct snet_scenario *scenario = NULL;
	struct snet__problems problems = {0};
	int r;

	r = new_scenario(&scenario, err);
	if (r == 0)
		r = snet__scenario_read(&scenario->scenario, text, strlen(text), folder,
					&problems, err);
	snet__problems_clear(&problems);
	if (r == 0)
		*ret = steal_ptr(scenario);
	return r;
}

static void tell(const struct snet__problems *problems, snet_problem_fn fn, void *user)
{
	for (size_t i = 0; i < problems->count && fn; i++)
		fn(user, problems->items[i].line, problems->items[i].column,
		   problems->items[i].path, problems->items[i].text);
}

int snet_scenario_check(const char *path, snet_problem_fn fn, void *user,
			struct snet_err *err)
{
	cleanup_with(free_scenario_at) struct snet_scenario *scenario = NULL;
	struct snet__problems problems = {0};
	int r;

	r = new_scenario(&scenario, err);
	if (r == 0)
		r = snet__scenario_load(&scenario->scenario, path, &problems, err);
	tell(&problems, fn, user);
	if (problems.count)
		r = (int)problems.count;
	snet__problems_clear(&problems);
	return r;
}

size_t snet_scenario_warnings(const struct snet_scenario *scenario, snet_problem_fn fn,
			      void *user)
{
	tell(&scenario->scenario.warnings, fn, user);
	return scenario->scenario.warnings.count;
}

void snet_scenario_free(struct snet_scenario *scenario)
{
	if (scenario)
		snet__scenario_clear(&scenario->scenario);
	free(scenario);
}

const char *snet_scenario_name(const struct snet_scenario *scenario)
{
	return scenario->scenario.name;
}

uint64_t snet_scenario_seed(const struct snet_scenario *scenario)
{
	return scenario->scenario.seed;
}

/* ---- Runs. */

static struct snet__json *describe_machine(const struct snet_run *run)
{
	struct snet__json *json = snet__json_new_object();
	char load[128] = "";
	autofile FILE *file = fopen("/proc/loadavg", "re");
	struct utsname system;

	if (file && fgets(load, sizeof(load), file))
		load[strcspn(load, "\n")] = '\0';
	if (uname(&system) == 0) {
		snet__json_add_string(json, "system", system.sysname);
		snet__json_add_string(json, "kernel", system.release);
		snet__json_add_string(json, "machine", system.machine);
	}
	snet__json_add_number(json, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN));
	snet__json_add_string(json, "load at the end", load);
	snet__json_add_string(json, "too slow", run->outcome.slow);
	return json;
}

/* What was measured, and what the lab asked for beyond it. */
static struct snet__json *describe_calibration(struct snet_run *run, const char *text)
{
	struct snet__json *json = NULL;

	if (!text || snet__json_parse(&json, text, strlen(text), NULL) < 0)
		return NULL;
	if (run->outcome.exceeded)
		(void)snet__json_set(json, "exceeded", steal_ptr(run->outcome.exceeded));
	return json;
}

/* What it takes to run it again. */
static int write_scenario(const struct snet_run *run, const char *folder,
			  struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/scenario.json", folder);

	return path ? snet__variant_save(run->scenario, run->outcome.history.seed, path,
					 err)
		    : snet__err_oom(err);
}

/* How a person runs it again. */
static char *name_command(const struct snet__scenario *scenario, uint64_t seed)
{
	const char *what = scenario->recorded ? scenario->folder
			   : scenario->path   ? scenario->path
					      : scenario->name;
	autofree char *word = snet__text_format_word(what);

	if (!word)
		return NULL;
	return scenario->recorded ? snet__text_format("snet replay %s", word)
				  : snet__text_format("snet run %s --seed %llu", word,
						      (unsigned long long)seed);
}

static int describe(struct snet_run *run, const struct snet_run_opts *opts,
		    struct snet_err *err)
{
	const struct snet__scenario *scenario = run->scenario;

	run->command = opts->command ? strdup(opts->command)
				     : name_command(scenario, run->outcome.history.seed);
	if (!run->command)
		return snet__err_oom(err);
	run->machine = describe_machine(run);
	run->calibration = describe_calibration(run, opts->calibration);
	run->report = (struct snet__report){
		.machine = run->machine,
		.calibration = run->calibration,
		.history = &run->outcome.history,
		.expectations = scenario->expectations,
		.judgements = run->outcome.judgements,
		.count = run->outcome.count,
		.verdict = run->outcome.verdict,
		.reason = run->outcome.reason,
		.command = run->command,
	};
	return 0;
}

static void free_run_at(struct snet_run **run)
{
	snet_run_free(*run);
}

/* What has happened is saved, and judged all the same where that fails; the checks that run a command
 * want it to be there. 1: it was not saved. */
static int judge(struct snet_run *run, const struct snet_run_opts *opts,
		 struct snet_err *err)
{
	struct snet__check_opts how = {.is_cancelled = opts->is_cancelled,
				       .user = opts->user};
	struct snet_err why = {0};
	int r, saved = 0;

	if (opts->folder)
		saved = snet__history_save(&run->outcome.history, opts->folder, &why);
	if (opts->folder && saved == 0)
		saved = write_scenario(run, opts->folder, &why);
	how.folder = saved == 0 ? opts->folder : NULL;
	r = snet__outcome_judge(&run->outcome, run->scenario, &how, err);
	if (r == 0)
		r = describe(run, opts, err);
	if (r == 0 && opts->folder && saved == 0)
		saved = snet__report_save(&run->report, opts->folder, &why);
	if (r < 0 || saved == 0)
		return r;
	(void)snet__err_set(err, saved, "not all reports of '%s' could be written: %s",
			    run->scenario->name, why.msg);
	return 1;
}

static int carry_out(struct snet_run *run, const struct snet_run_opts *opts,
		     struct snet_err *err)
{
	struct snet__calibration calibration = {0};
	struct snet__runner_opts how = {
		.seed = opts->has_seed ? opts->seed : run->scenario->seed,
		.lab = opts->lab,
		.serves = opts->serves,
		.progress = opts->progress,
		.is_cancelled = opts->is_cancelled,
		.user = opts->user,
	};
	bool is_new;
	int r;

	/* What is no calibration is none. */
	if (opts->calibration &&
	    snet__calibration_parse(&calibration, opts->calibration, NULL) == 0)
		how.calibration = &calibration;
	r = opts->folder ? snet__file_make_folder(opts->folder, err) : 0;
	is_new = r > 0;
	if (r >= 0)
		r = snet__runner_run(&run->outcome, run->scenario, &how, err);
	if (r == 0)
		r = judge(run, opts, err);
	else if (is_new)
		(void)rmdir(opts->folder); /* nothing is in it */
	return r >= 0 && run->outcome.broken_off
		       ? snet__err_set(err, run->outcome.broken_off, "%s",
				       run->outcome.reason)
		       : r;
}

int snet_scenario_run(const struct snet_scenario *scenario,
		      const struct snet_run_opts *opts, struct snet_run **ret,
		      struct snet_err *err)
{
	const struct snet_run_opts defaults = {.size = sizeof(defaults)};
	cleanup_with(free_run_at) struct snet_run *run = NULL;
	int r;

	if (opts && opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_run_opts)");
	run = calloc(1, sizeof(*run));
	if (!run)
		return snet__err_oom(err);
	run->scenario = &scenario->scenario;
	r = carry_out(run, opts ? opts : &defaults, err);
	if (r >= 0)
		*ret = steal_ptr(run);
	return r < 0 ? snet__err_prefix(err, r, "cannot run '%s'",
					scenario->scenario.name)
		     : r;
}

void snet_run_free(struct snet_run *run)
{
	if (!run)
		return;
	snet__outcome_clear(&run->outcome);
	snet__json_free(run->machine);
	snet__json_free(run->calibration);
	free(run->command);
	free(run);
}

enum snet_verdict snet_run_verdict(const struct snet_run *run)
{
	return run->outcome.verdict;
}

int snet_run_format(const struct snet_run *run, const char *format, char **ret,
		    struct snet_err *err)
{
	return snet__report_format(&run->report, format, ret, err);
}
