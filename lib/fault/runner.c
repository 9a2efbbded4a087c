/* SPDX-License-Identifier: MIT */
/* The run's thread is the caller's: it sleeps from one action to the next. What happens in the lab
 * meanwhile is written down by the recorder, on the lab's thread. */

#include "fault/runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/injector.h"
#include "fault/lateness.h"
#include "fault/probes.h"
#include "fault/receipt.h"
#include "lab/shaping.h"
#include "link/shaper_user.h"

#define POLL_NS      (100 * SNET__NS_PER_MS)
#define STEP_POLL_NS (10 * SNET__NS_PER_MS)

struct runner {
	const struct snet__scenario *scenario;
	const struct snet__runner_opts *opts;
	struct snet__outcome *outcome;
	struct snet_lab *lab;
	struct snet__schedule schedule;
	struct snet__recorder recorder;
	struct snet__injector injector;
	struct snet__probes *probes;
	const char *phase, *fault;
	uint64_t duration_ns; /* as the scenario has it, until its "until" comes */
	uint64_t until_ns, told_ns;
	size_t presses;
	struct snet__lateness lateness;
	bool is_ended;  /* by the scenario's "until" */
	bool has_begun; /* there is something in the history */
};

static int tell(struct runner *runner, struct snet_err *err)
{
	const struct snet__runner_opts *opts = runner->opts;
	uint64_t now_ns = snet__clock_ns();
	struct snet_run_progress progress = {.phase = runner->phase,
					     .until_ns = runner->until_ns,
					     .presses = runner->presses,
					     .fault = runner->fault};

	/* About ten times a second is enough. */
	if (now_ns - runner->told_ns < POLL_NS)
		return 0;
	runner->told_ns = now_ns;
	if (runner->recorder.lab) {
		progress.at_ns = snet__recorder_now(&runner->recorder);
		snet__recorder_lock(&runner->recorder);
		progress.ended = runner->outcome->history.events_count -
				 runner->recorder.open_count;
		snet__recorder_unlock(&runner->recorder);
	}
	if (opts->progress)
		opts->progress(opts->user, &progress);
	if (opts->is_cancelled && opts->is_cancelled(opts->user))
		return snet__err_set(err, -EINTR, "interrupted");
	if (runner->lab && snet__lab_is_end_wanted(runner->lab))
		return snet__err_set(err, -ENOTCONN,
				     "the lab was taken down during the run");
	return 0;
}

/* ---- The lab. */

static int bring_up(struct runner *runner, struct snet_err *err)
{
	const struct snet__runner_opts *opts = runner->opts;
	int r = snet_lab_up(runner->lab, err);

	/* Its links have the shapers that faults want, and nobody else can change them yet. */
	if (r == 0 && opts->calibration)
		runner->outcome->exceeded =
			snet__calibration_judge(opts->calibration, &runner->lab->model);
	if (r < 0 || !opts->serves)
		return r;
	/* To its end: whatever a run knows of it is by the numbers of its nodes and links. */
	snet__lab_reserve(runner->lab);
	/* Another one of that name may run, and does not disturb this one. */
	r = snet_lab_serve(runner->lab, NULL, err);
	return r == -EADDRINUSE ? 0 : r;
}

/* The scenario's model stays as it is: it may be run again. */
static int make_lab(struct runner *runner, struct snet_err *err)
{
	const struct snet__scenario *scenario = runner->scenario;
	struct snet_lab *lab;
	int r;

	r = snet_lab_new(&runner->lab, "run", err);
	if (r < 0)
		return r;
	lab = runner->lab;
	snet__model_clear(&lab->model);
	r = snet__model_copy(&lab->model, &scenario->model, err);
	if (r < 0) {
		snet__model_init(&lab->model);
		return r;
	}
	if (runner->opts->lab || !lab->model.name)
		r = snet_lab_set_name(lab,
				      runner->opts->lab ? runner->opts->lab
							: scenario->name,
				      err);
	lab->model.seed = runner->opts->seed;
	if (r == 0)
		r = snet__model_plan(&lab->model, err);
	for (size_t i = 0; i < scenario->fault_count && r == 0; i++)
		if (scenario->faults[i].kind->adapt)
			r = scenario->faults[i].kind->adapt(&scenario->faults[i], lab,
							    err);
	return r < 0 ? r : bring_up(runner, err);
}

static int note_warnings(struct runner *runner, struct snet_err *err)
{
	const struct snet__problems *warnings = &runner->scenario->warnings;

	for (size_t i = 0; i < warnings->count; i++) {
		autofree char *text = snet__text_format("%s: %s", warnings->items[i].path,
							warnings->items[i].text);

		if (!text || !snet__history_add_note(&runner->outcome->history,
						     SNET__NOTE_WARNING, NULL, text, 0))
			return snet__err_oom(err);
	}
	return 0;
}

static int fill_head(struct runner *runner, struct snet_err *err)
{
	struct snet__history *history = &runner->outcome->history;

	history->scenario = snet__history_word(history, runner->scenario->name);
	history->lab = snet__history_word(history, runner->lab->model.name);
	history->path = snet__history_word(history, runner->scenario->path);
	history->seed = runner->opts->seed;
	return history->scenario && history->lab ? note_warnings(runner, err)
						 : snet__err_oom(err);
}

/* ---- What is done. */

static int act(struct runner *runner, const struct snet__action *action,
	       struct snet_err *err)
{
	if (action->deed == SNET__DEED_PRESS) {
		runner->presses++;
		return snet__recorder_press(&runner->recorder, action, err);
	}
	snet__injector_do(&runner->injector, action);
	runner->fault = action->deed == SNET__DEED_BEGIN
				? runner->scenario->faults[action->index].name
				: NULL;
	return 0;
}

static int carry_out(struct runner *runner, const struct snet__action *action,
		     struct snet_err *err)
{
	uint64_t begun_ns = snet__recorder_now(&runner->recorder);
	int r = act(runner, action, err);

	snet__lateness_add(&runner->lateness, runner->scenario, action, begun_ns,
			   snet__recorder_now(&runner->recorder));
	return r;
}

/* Never before what has been done already. */
static uint64_t not_before(const struct runner *runner, size_t next, uint64_t at_ns)
{
	const struct snet__action *actions = runner->schedule.actions;

	return next && at_ns < actions[next - 1].at_ns ? actions[next - 1].at_ns : at_ns;
}

/* What has begun at its step, or does so later, and what follows from it. */
static int add_due(struct runner *runner, size_t next, struct snet_err *err)
{
	struct snet__schedule *schedule = &runner->schedule;
	uint64_t at_ns;
	size_t fault;
	int r = 0;

	while (r == 0 && snet__recorder_take_due(&runner->recorder, &fault, &at_ns)) {
		at_ns = not_before(runner, next, at_ns);
		r = snet__schedule_add_fault(
			schedule, runner->scenario, fault,
			at_ns + runner->scenario->faults[fault].at_ns, err);
	}
	return r;
}

/* Sleep until then, with a look around now and then; 1: something is due by a step. */
static int sleep_until(struct runner *runner, uint64_t until_ns, struct snet_err *err)
{
	uint64_t now_ns;
	int r = 0;

	/* Also when the next action is late already. */
	if (snet__recorder_has_due(&runner->recorder))
		return 1;
	while (r == 0 && (now_ns = snet__recorder_now(&runner->recorder)) < until_ns) {
		snet__recorder_sleep(&runner->recorder, until_ns - now_ns > POLL_NS
								? now_ns + POLL_NS
								: until_ns);
		if (snet__recorder_has_due(&runner->recorder))
			return 1;
		r = tell(runner, err);
	}
	return r == 0 ? tell(runner, err) : r;
}

static bool has_open(struct runner *runner)
{
	bool has;

	snet__recorder_lock(&runner->recorder);
	has = runner->recorder.open_count > 0;
	snet__recorder_unlock(&runner->recorder);
	return has;
}

/* At the end of its duration a run goes on with faults that begin at a step, as long as anything is
 * under way; all others are mended, and nothing else is done any more. */
static bool goes_on(struct runner *runner, uint64_t *end_ns)
{
	const struct snet__scenario *scenario = runner->scenario;

	if (!snet__injector_awaits(&runner->injector) || !has_open(runner) ||
	    *end_ns >= runner->duration_ns + scenario->settle_ns)
		return false;
	if (*end_ns == runner->duration_ns)
		snet__injector_end_planned(&runner->injector);
	*end_ns += STEP_POLL_NS;
	return true;
}

/* Presses that are late would go on for long after the step that ends a run. */
static bool is_left_out(const struct runner *runner, const struct snet__action *action)
{
	if (action->deed == SNET__DEED_PRESS)
		return runner->is_ended || action->at_ns > runner->duration_ns;
	return action->at_ns > runner->duration_ns &&
	       !snet__fault_may_be_late(runner->scenario,
					&runner->scenario->faults[action->index]);
}

/* The event has come that ends the run. */
static void end_by_step(struct runner *runner, size_t next, uint64_t *end_ns)
{
	uint64_t at_ns;

	if (!snet__recorder_take_until(&runner->recorder, &at_ns))
		return;
	runner->is_ended = true;
	*end_ns = runner->duration_ns = not_before(runner, next, at_ns);
}

static int walk(struct runner *runner, struct snet_err *err)
{
	const struct snet__schedule *schedule = &runner->schedule;
	uint64_t end_ns = runner->duration_ns, until_ns;
	size_t next = 0;
	int r = 0;

	runner->phase = "run";
	while (r >= 0) {
		bool has_next;

		while (next < schedule->count &&
		       is_left_out(runner, &schedule->actions[next]))
			next++;
		has_next =
			next < schedule->count && schedule->actions[next].at_ns <= end_ns;
		runner->until_ns = end_ns;
		until_ns = has_next ? schedule->actions[next].at_ns : end_ns;
		r = sleep_until(runner, until_ns, err);
		if (r == 1) {
			end_by_step(runner, next, &end_ns);
			r = add_due(runner, next, err);
		} else if (r == 0 && has_next)
			r = carry_out(runner, &schedule->actions[next++], err);
		else if (r == 0 && !goes_on(runner, &end_ns))
			break;
	}
	runner->outcome->history.workload_end_ns = runner->duration_ns;
	return r;
}

/* What was to end the run, and did not. */
static int find_unreached(struct runner *runner, struct snet_err *err)
{
	const struct snet__scenario *scenario = runner->scenario;
	unsigned int reached;
	char text[32];

	if (!scenario->until)
		return 0;
	snet__recorder_lock(&runner->recorder);
	reached = runner->recorder.until_reached;
	snet__recorder_unlock(&runner->recorder);
	if (reached >= scenario->until_count)
		return 0;
	(void)snet__text_format_duration(text, sizeof(text), scenario->duration_ns);
	runner->outcome->unreached = snet__text_format(
		"until: %u of %u events had come to '%s' when the duration of %s was over",
		reached, scenario->until_count, scenario->until, text);
	return runner->outcome->unreached ? 0 : snet__err_oom(err);
}

/* When it is known of all questions that were asked while something was broken whether they were
 * answered; 0 where nobody asks. */
static uint64_t find_told_ns(const struct runner *runner)
{
	uint64_t healed_ns = runner->outcome->history.healed_ns;

	return snet__probes_settle_ns(runner->probes) && healed_ns
		       ? healed_ns + SNET__PROBES_TIMEOUT_NS
		       : 0;
}

/* Wait for what is under way, and a moment for probes to see what was lost, and that all is well
 * again. */
static int settle(struct runner *runner, struct snet_err *err)
{
	struct snet__recorder *recorder = &runner->recorder;
	uint64_t now_ns = snet__recorder_now(recorder);
	uint64_t healed_ns = now_ns + snet__probes_settle_ns(runner->probes);
	uint64_t end_ns = now_ns + runner->scenario->settle_ns;
	/* Until it is known that a path stays dead. */
	uint64_t probed_ns = healed_ns + SNET__PROBES_TIMEOUT_NS, begun_ns = now_ns;
	uint64_t told_ns = find_told_ns(runner);
	bool is_settled = false;
	int r = 0;

	runner->phase = "settle";
	runner->fault = NULL;
	runner->until_ns = end_ns;
	while (r == 0 && (now_ns < healed_ns || now_ns < told_ns ||
			  (!is_settled && now_ns < end_ns) ||
			  (now_ns < probed_ns &&
			   !snet__probes_are_well(runner->probes, begun_ns)))) {
		r = tell(runner, err);
		is_settled = snet__recorder_settle(recorder, now_ns + POLL_NS);
		if (is_settled)
			snet__recorder_sleep(recorder, now_ns + POLL_NS / 2);
		now_ns = snet__recorder_now(recorder);
	}
	return r;
}

static int find_starved(void *arg, struct snet_err *err)
{
	struct runner *runner = arg;
	const struct snet__calibration *calibration = runner->opts->calibration;
	const struct snet__shaper_moment begin = {
		.than_ns = calibration ? snet__calibration_late_ns(calibration)
				       : SNET__CALIBRATION_LATE_NS};
	struct snet__shaper_moment all;

	(void)err;
	runner->outcome->slow = snet__shaping_starved(runner->lab->run, &begin, &all);
	return 0;
}

/* Whether the machine has done in time what it was to do. */
static void find_slow(struct runner *runner)
{
	(void)snet__lab_call(runner->lab, find_starved, runner, NULL);
	if (!runner->outcome->slow)
		runner->outcome->slow = snet__lateness_format(&runner->lateness);
}

/* A run that an event has ended has no more of what was to come again and again: that it has come once
 * is enough. */
static void leave_out_faults(struct snet__history *history)
{
	size_t count = 0;

	for (size_t i = 0; i < history->faults_count; i++) {
		const struct snet__history_fault *fault = &history->faults[i];

		if (fault->occurrence == 0 || fault->begun_ns != SNET__NEVER ||
		    fault->failure || fault->planned_ns == SNET__NEVER ||
		    fault->planned_ns < history->workload_end_ns)
			history->faults[count++] = *fault;
	}
	history->faults_count = count;
}

static int run_lab(struct runner *runner, struct snet_err *err)
{
	struct snet__history *history = &runner->outcome->history;
	struct snet_err why = {0};
	int r, healed;

	r = fill_head(runner, err);
	if (r == 0)
		r = snet__recorder_init(&runner->recorder, runner->lab, runner->scenario,
					history, err);
	if (r == 0)
		r = snet__injector_start(&runner->injector, &runner->recorder,
					 &runner->schedule, runner->opts->seed, err);
	if (r == 0 && !runner->opts->is_blind)
		r = snet__probes_new(&runner->probes, &runner->recorder, err);
	if (r == 0)
		r = snet__recorder_start(&runner->recorder, err);
	runner->has_begun = r == 0;
	if (r == 0 && runner->probes)
		r = snet__probes_start(runner->probes, err);
	if (r == 0)
		r = walk(runner, err);
	if (r == 0)
		r = find_unreached(runner, err);
	snet__recorder_forget_due(&runner->recorder);
	healed = snet__injector_heal(&runner->injector, &why);
	if (r == 0)
		r = settle(runner, err);
	snet__probes_free(runner->probes);
	if (r == 0)
		find_slow(runner);
	if (runner->recorder.lab)
		history->ended_ns = snet__recorder_now(&runner->recorder);
	snet__recorder_stop(&runner->recorder);
	if (r == 0 && runner->recorder.has_no_memory)
		r = snet__err_oom(err);
	snet__injector_stop(&runner->injector);
	leave_out_faults(history);
	snet__recorder_clear(&runner->recorder);
	if (r == 0)
		r = snet__receipts_make(history, runner->scenario, err);
	if (r == 0 && healed < 0)
		runner->outcome->reason = strdup(why.msg);
	return r;
}

/* ---- All of it. */

/* What had happened until then is worth something. */
static int break_off(struct snet__outcome *outcome, int code, struct snet_err *why)
{
	free(outcome->reason);
	outcome->reason = strdup(why->msg);
	outcome->broken_off = code;
	return outcome->reason ? 0 : snet__err_oom(why);
}

int snet__runner_run(struct snet__outcome *ret, const struct snet__scenario *scenario,
		     const struct snet__runner_opts *opts, struct snet_err *err)
{
	struct snet__outcome outcome = {0};
	struct runner runner = {.scenario = scenario,
				.opts = opts,
				.outcome = &outcome,
				.duration_ns = scenario->duration_ns,
				.phase = "up"};
	struct snet_err why = {0};
	int r;

	r = tell(&runner, &why);
	if (r == 0)
		r = snet__schedule_plan(&runner.schedule, scenario, opts->seed, &why);
	if (r == 0)
		r = make_lab(&runner, &why);
	if (r == 0)
		r = run_lab(&runner, &why);
	snet_lab_free(runner.lab);
	snet__schedule_clear(&runner.schedule);
	if (r < 0 && r != -ENOMEM && runner.has_begun)
		r = break_off(&outcome, r, &why);
	if (r < 0) {
		snet__outcome_clear(&outcome);
		return snet__err_set(err, r, "%s", why.msg);
	}
	*ret = outcome;
	return 0;
}
