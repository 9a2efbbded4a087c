/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_H
#define SNET_FAULT_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: scenarios
 *
 * A scenario says what is done in a lab (the workload), what is broken and when (the timeline),
 * and what is expected. Running it brings the lab up, does all that, mends what was broken, and
 * judges what has happened by the history of the run. See snet-scenario(5).
 */
struct snet_scenario;

/**
 * snet_scenario_load() - read a scenario file and the lab that it names
 * @ret:  the scenario, to be freed with snet_scenario_free()
 * @path: a JSON file, see snet-scenario(5); files that it names are relative to its folder
 * @err:  filled on failure, may be NULL: the first error with its line and column, and how
 *        many more there are; snet_scenario_check() lists them all
 *
 * Return: 0, -EINVAL (no scenario), -ENOENT and others of open(2), -EFBIG (over 64 MiB), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_scenario_load(struct snet_scenario **ret, const char *path,
				struct snet_err *err);

/**
 * snet_scenario_load_run() - read a run that has ended, to do the same again
 * @ret:    as for snet_scenario_load()
 * @folder: that snet_scenario_run() has written: its scenario.json and history.jsonl are read,
 *          the latter once more by each run
 * @err:    filled on failure, may be NULL
 *
 * Run with its own seed it presses what was pressed, and breaks what was broken, when that was
 * planned.
 *
 * Return: as snet_scenario_load(), and -EINVAL when the folder's files do not fit each other
 * Since: 0.1
 */
SNET_API int snet_scenario_load_run(struct snet_scenario **ret, const char *folder,
				    struct snet_err *err);

/**
 * snet_scenario_parse() - the same from a text
 * @ret:    as for snet_scenario_load()
 * @text:   JSON, borrowed during the call
 * @folder: what the files that it names are relative to; NULL for the current folder
 * @err:    filled on failure, may be NULL
 *
 * Return: as snet_scenario_load()
 * Since: 0.1
 */
SNET_API int snet_scenario_parse(struct snet_scenario **ret, const char *text,
				 const char *folder, struct snet_err *err);

/**
 * snet_scenario_check() - list every error of a scenario file, its lab's included
 * @path: the file
 * @fn:   called once an error, in file order, on the calling thread; NULL to count only
 * @user: handed to @fn
 * @err:  filled on failure, may be NULL
 *
 * Privilege: none; nothing is created.
 * Return: the number of errors (0: a good file), or as snet_scenario_load()
 * Since: 0.1
 */
SNET_API int snet_scenario_check(const char *path, snet_problem_fn fn, void *user,
				 struct snet_err *err);

/**
 * snet_scenario_warnings() - list what in a scenario may not be meant
 * @scenario: borrowed
 * @fn:       called once a warning, on the calling thread; NULL to count only. A line of 0 is no place
 *            in a file
 * @user:     handed to @fn
 *
 * Of a workload that was recorded: presses that come when the run has ended. A run does without
 * them, and its report.json has the warnings too.
 *
 * Return: the number of warnings
 * Since: 0.1
 */
SNET_API size_t snet_scenario_warnings(const struct snet_scenario *scenario,
				       snet_problem_fn fn, void *user);

/**
 * snet_scenario_free() - forget a scenario
 * @scenario: may be NULL
 * Since: 0.1
 */
SNET_API void snet_scenario_free(struct snet_scenario *scenario);

/**
 * snet_scenario_name() - the name that its file gives it
 * @scenario: borrowed
 * Return: valid until @scenario is freed
 * Since: 0.1
 */
SNET_API const char *snet_scenario_name(const struct snet_scenario *scenario);

/**
 * snet_scenario_seed() - the seed of its file: its own, or that of its lab
 * @scenario: borrowed
 * Since: 0.1
 */
SNET_API uint64_t snet_scenario_seed(const struct snet_scenario *scenario);

/** enum snet_verdict - what a run has come to */
enum snet_verdict {
	SNET_VERDICT_HELD = 0, /**< all that was expected is so */
	SNET_VERDICT_VIOLATED, /**< something is not, a fault had no effect or did not heal, or
				     the event of "until" did not come */
	SNET_VERDICT_UNTRUSTED, /**< nothing can be said: the machine was too slow, say */
};

/**
 * snet_verdict_name() - "held", "violated", "untrusted"
 * @verdict: any value
 * Return: static
 * Since: 0.1
 */
SNET_API const char *snet_verdict_name(enum snet_verdict verdict);

/**
 * struct snet_run_progress - how far a run is
 * @phase:    "up", "run", "settle", in this order; static
 * @at_ns:    the run's time
 * @until_ns: when this phase ends, at the latest
 * @presses:  so far
 * @ended:    of these, whose outcome is known
 * @fault:    which began last and has not ended; NULL: none
 */
struct snet_run_progress {
	const char *phase;
	uint64_t at_ns, until_ns;
	size_t presses, ended;
	const char *fault;
};

/**
 * struct snet_run_opts - how a scenario is run; zero or NULL is the default
 * @size:         sizeof(struct snet_run_opts)
 * @has_seed:     @seed counts, not that of the scenario
 * @seed:         of every random choice: when what is pressed and broken, and what links lose
 * @lab:          the lab's name; NULL: that of its file. Two labs of a name cannot run at once
 *                where they are served
 * @serves:       other processes may look at the lab while it runs, as for snet_lab_serve()
 * @folder:       where the reports are written: history.jsonl, report.json, junit.xml and
 *                report.html; beside them scenario.json, what was run, its lab included, with
 *                mode 0600 for the lab's credentials; made if it does not exist. NULL: nowhere
 * @calibration:  what snet_calibrate() has returned on this machine, for the reports and for
 *                judging whether it was fast enough; NULL: not known
 * @command:      how a person runs this again: for the reports. NULL: "snet run FILE --seed N",
 *                or "snet replay FOLDER"
 * @progress:     called now and then by the calling thread
 * @is_cancelled: asked about ten times a second: true ends the run, which returns -EINTR
 * @user:         handed to both
 */
struct snet_run_opts {
	size_t size;
	bool has_seed;
	uint64_t seed;
	const char *lab;
	bool serves;
	const char *folder;
	const char *calibration;
	const char *command;
	void (*progress)(void *user, const struct snet_run_progress *progress);
	bool (*is_cancelled)(void *user);
	void *user;
};

/**
 * struct snet_run - a run that has ended: its history and its verdict
 *
 * Opaque; freed with snet_run_free().
 */
struct snet_run;

/**
 * snet_scenario_run() - carry out a scenario
 * @scenario: borrowed until the run is freed; any number of threads may run one at the same time
 * @opts:     borrowed during the call; NULL for the defaults
 * @ret:      the run, to be freed with snet_run_free()
 * @err:      filled on failure, may be NULL
 *
 * The lab is brought up for it, and taken down again in any case. It returns 0 whatever the verdict.
 * That the reports can be written is seen to before. Of a run that is cancelled, or whose lab is taken
 * down, there are reports too: of what had happened by then, of which nothing can be said.
 *
 * Privilege: that of snet_init().
 * Return: 0, 1 (@ret is there, but not all reports could be written: @err says why), -EINTR
 *         (cancelled), -ENOTCONN (somebody has taken the lab down), -EINVAL and -E2BIG (with this seed
 *         the scenario cannot be planned), -ENOTSUP (a fault needs what this machine has not),
 *         -ENOTDIR and others of mkdir(2) (the folder), those of snet_lab_up()
 * Since: 0.1
 */
SNET_API int snet_scenario_run(const struct snet_scenario *scenario,
			       const struct snet_run_opts *opts, struct snet_run **ret,
			       struct snet_err *err);

/**
 * snet_run_free() - forget a run; what it has written stays
 * @run: may be NULL
 * Since: 0.1
 */
SNET_API void snet_run_free(struct snet_run *run);

/**
 * snet_run_verdict() - what it has come to
 * @run: borrowed
 * Since: 0.1
 */
SNET_API enum snet_verdict snet_run_verdict(const struct snet_run *run);

/**
 * snet_run_format() - a report of a run
 * @run:    borrowed
 * @format: "json", "junit", "html", or "text" for a terminal
 * @ret:    to be freed with free()
 * @err:    filled on failure, may be NULL
 * Return: 0, -EINVAL (no such format), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_run_format(const struct snet_run *run, const char *format, char **ret,
			     struct snet_err *err);

/**
 * snet_run_diff() - what differs between two runs
 * @path_a: the folder of a run, or its history.jsonl
 * @path_b: of another one, or the same
 * @ret:    what "snet diff --json" prints, to be freed with free(); see snet-diff(1)
 * @err:    filled on failure, may be NULL
 *
 * Events are known again by their device and which press of it they are.
 *
 * Return: 0, -EINVAL (no history), -ENOENT and others of open(2), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_run_diff(const char *path_a, const char *path_b, char **ret,
			   struct snet_err *err);

/**
 * struct snet_explore_progress - how far a search is
 * @phase:      "look", "single faults", "pairs", "random sets", "shrink"; static
 * @done:       runs of this phase that have ended
 * @total:      all of them, where that is known
 * @violations: found so far in this phase
 * @group:      "shrink": which violation is made small, from 1
 * @groups:     of how many
 * @faults:     how many faults it has left
 */
struct snet_explore_progress {
	const char *phase;
	size_t done, total, violations;
	size_t group, groups, faults;
};

/**
 * struct snet_explore_violation - faults that were found to break something
 * @faults:  "kill r0 at 'invoked' of event 2", several with commas
 * @summary: of the first expectation that does not hold, or of what has failed
 *
 * Texts are borrowed during the call.
 */
struct snet_explore_violation {
	const char *faults, *summary;
};

/**
 * struct snet_explore_opts - how faults are searched; zero or NULL is the default
 * @size:         sizeof(struct snet_explore_opts)
 * @has_seed:     @seed counts, not that of the scenario
 * @seed:         of every random choice
 * @parallel:     labs at the same time; 0: 6 for each processor, as most of each run is
 *                waiting
 * @pairs:        how many pairs of faults are tried behind the single ones
 * @random:       how many larger sets
 * @found:        called for each violation as it is found, in no certain order, as @progress is
 * @progress:     called by any of the search's threads, one at a time
 * @is_cancelled: as in struct snet_run_opts, by any of its threads
 * @warning:      called once for each of the scenario's warnings, as snet_scenario_warnings() does,
 *                before anything is tried
 * @user:         handed to all of them
 */
struct snet_explore_opts {
	size_t size;
	bool has_seed;
	uint64_t seed;
	unsigned int parallel;
	size_t pairs, random;
	void (*found)(void *user, const struct snet_explore_violation *violation);
	void (*progress)(void *user, const struct snet_explore_progress *progress);
	bool (*is_cancelled)(void *user);
	snet_problem_fn warning;
	void *user;
};

/**
 * struct snet_exploration - what a search has found
 *
 * Opaque; freed with snet_exploration_free().
 */
struct snet_exploration;

/**
 * snet_scenario_explore() - search for the faults that break what a scenario expects
 * @path: a scenario, whose own timeline is left out; or a lab, of which each device that can be
 *        pressed is pressed once, and all is expected to be delivered exactly once
 * @opts: borrowed during the call
 * @ret:  to be freed with snet_exploration_free()
 * @err:  filled on failure, may be NULL
 *
 * The scenario is run once without faults. Then each message and each acknowledgement that was seen
 * is lost, each call of a function is refused, lost, and answered wrongly in each way, and what lives
 * in a node is killed at each step of an event's way: one of these a run. Pairs and larger sets of
 * them follow, by the seed. A scenario with "until" is refused: each run is to have the same workload. Of violations that are alike, see snet-explore(1), the first is shrunk: to the fewest
 * faults and presses that show it.
 *
 * Of a search that is cancelled, or in which a run fails when something has been found, @ret has what
 * was found until then; what was not shrunk by then is there as it was found.
 *
 * Privilege: that of snet_init().
 * Return: 0 whatever was found, 1 (cancelled), 2 (@ret is there, but a run has failed: @err says why),
 *         -EINTR (cancelled, and nothing was tried yet), those of snet_scenario_load() and
 *         snet_lab_up()
 * Since: 0.1
 */
SNET_API int snet_scenario_explore(const char *path, const struct snet_explore_opts *opts,
				   struct snet_exploration **ret, struct snet_err *err);

/**
 * snet_exploration_free() - forget what was found
 * @exploration: may be NULL
 * Since: 0.1
 */
SNET_API void snet_exploration_free(struct snet_exploration *exploration);

/**
 * snet_exploration_finding_count() - how many groups of violations that are alike there are
 * @exploration: borrowed
 * Since: 0.1
 */
SNET_API size_t
snet_exploration_finding_count(const struct snet_exploration *exploration);

/**
 * snet_exploration_scenario() - the text of a scenario file that shows the first of a group
 * @exploration: borrowed
 * @index:       below snet_exploration_finding_count()
 * Return: valid until @exploration is freed; NULL for none
 * Since: 0.1
 */
SNET_API const char *snet_exploration_scenario(const struct snet_exploration *exploration,
					       size_t index);

/**
 * snet_exploration_json() - what "snet explore --json" prints
 * @exploration: borrowed
 * Return: one line to be freed with free(3), NULL when memory is short
 * Since: 0.1
 */
SNET_API char *snet_exploration_json(const struct snet_exploration *exploration);

#ifdef __cplusplus
}
#endif
#endif
