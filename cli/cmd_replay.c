/* SPDX-License-Identifier: MIT */
/* snet replay: do again what was done in a run. */

#include <errno.h>

#include <snet/fault.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/lab_file.h"

static int run(const struct call *call)
{
	struct batch batch = {.call = call, .repeat = 1, .parallel = 1};
	struct snet_err err = {0};
	int status, r;

	r = snet_init(&err);
	if (r < 0)
		return call_fail(&err);
	r = snet_scenario_load_run(&batch.scenario, call->argv[0], &err);
	if (r < 0) {
		(void)call_fail(&err);
		return r == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
	}
	(void)snet_scenario_warnings(batch.scenario, lab_file_print_warning,
				     call->argv[0]);
	batch.seed = snet_scenario_seed(batch.scenario);
	status = batch_run(&batch);
	snet_scenario_free(batch.scenario);
	return status;
}

static const struct cmd_option options[] = {
	{.name = "output",
	 .letter = 'o',
	 .arg = "FOLDER",
	 .help = "where the reports go, not runs/NAME-TIME"},
	{.name = "name", .arg = "LAB", .help = "call the lab so, not as its file does"},
	{.name = NULL},
};

const struct cmd cmd_replay = {
	.name = "replay",
	.args = "RUN",
	.min = 1,
	.max = 1,
	.has_json = true,
	.is_apart = true,
	.options = options,
	.help = "do again what was done in a run",
	.details =
		"RUN is the folder of a run. Its presses are made again at the times when they\n"
		"were planned, its faults as well, whatever these had waited for, and with its seed\n"
		"whatever is random is what it was. It is judged as the run was, with the same exit\n"
		"codes as those of 'snet run'; 'snet diff' compares the two.",
	.run = run,
};
