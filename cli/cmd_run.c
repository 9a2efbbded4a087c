/* SPDX-License-Identifier: MIT */
/* snet run: carry out a scenario, once or many times, and say whether it held. */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <snet/fault.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/lab_file.h"
#include "cli/number.h"

struct problems {
	const char *file;
	int count;
};

static void print_problem(void *user, unsigned int line, unsigned int column,
			  const char *path, const char *text)
{
	struct problems *problems = user;

	if (problems->count++ < LAB_FILE_PROBLEMS_MAX)
		lab_file_print_problem(problems->file, line, column, path, text);
}

/* All that is wrong with it; but a pipe is read once, and has said the first of it. */
static int print_problems(const char *file, const struct snet_err *first)
{
	struct problems problems = {.file = file};
	struct stat info;
	int count = 0;

	if (first->code == -EINVAL && stat(file, &info) == 0 && S_ISREG(info.st_mode))
		count = snet_scenario_check(file, print_problem, &problems, NULL);
	if (count <= 0)
		(void)call_fail(first);
	if (count > LAB_FILE_PROBLEMS_MAX)
		fprintf(stderr, "snet: %s: %d errors in all\n", file, count);
	return first->code == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

static int run(const struct call *call)
{
	struct batch batch = {.call = call, .repeat = 1, .parallel = 1};
	struct snet_err err = {0};
	uint64_t seed = 0;
	int status;

	status = number_read(call, "repeat", REPEAT_MAX, &batch.repeat);
	if (status == EXIT_DONE)
		status = number_read(call, "parallel", PARALLEL_MAX, &batch.parallel);
	if (status == EXIT_DONE)
		status = number_read_seed(call, &seed);
	if (status != EXIT_DONE)
		return status;
	if (!call_option(call, "check") && snet_init(&err) < 0)
		return call_fail(&err);
	if (snet_scenario_load(&batch.scenario, call->argv[0], &err) < 0)
		return print_problems(call->argv[0], &err);
	batch.seed =
		call_option(call, "seed") ? seed : snet_scenario_seed(batch.scenario);
	(void)snet_scenario_warnings(batch.scenario, lab_file_print_warning,
				     call->argv[0]);
	if (!call_option(call, "check"))
		status = batch_run(&batch);
	snet_scenario_free(batch.scenario);
	return status;
}

static const struct cmd_option options[] = {
	{.name = "seed", .arg = "N", .help = "of every random choice, not the file's"},
	{.name = "repeat", .arg = "N", .help = "run it N times, with N seeds in a row"},
	{.name = "parallel", .arg = "K", .help = "K of them at the same time"},
	{.name = "output",
	 .letter = 'o',
	 .arg = "FOLDER",
	 .help = "where the reports go, not runs/NAME-TIME"},
	{.name = "name", .arg = "LAB", .help = "call the lab so, not as its file does"},
	{.name = "check", .help = "only check the file"},
	{.name = NULL},
};

const struct cmd cmd_run = {
	.name = "run",
	.args = "SCENARIO",
	.min = 1,
	.max = 1,
	.has_json = true,
	.is_apart = true,
	.options = options,
	.help = "carry out a scenario: work, faults, and a verdict",
	.details =
		"Brings up the scenario's lab, presses what its workload says, breaks what its\n"
		"timeline says, mends all of it, and judges what has happened. The exit code is\n"
		"0 when everything held that was expected, 1 when something did not, a fault had\n"
		"no effect, or the event of \"until\" did not come, 2 for a file that is wrong, and\n"
		"3 when it cannot be told: an expectation could not be decided, or this machine was\n"
		"too slow for the result to be trusted.",
	.run = run,
};
