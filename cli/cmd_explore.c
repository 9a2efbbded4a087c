/* SPDX-License-Identifier: MIT */
/* snet explore: search for the faults that break what a scenario expects. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/number.h"
#include "io/json.h"

#define RUNS_MAX 100000
#define LABS_MAX 256

static void print_progress(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s", progress->phase);
	if (progress->total)
		fprintf(stderr, ": %zu of %zu", progress->done, progress->total);
	else if (progress->done)
		fprintf(stderr, ": %zu", progress->done);
	if (progress->violations)
		fprintf(stderr, ", %zu violated", progress->violations);
	fprintf(stderr, "\33[K");
}

static bool is_cancelled(void *user)
{
	(void)user;
	return interrupt_signal();
}

/* "violation-1.json" ... in the folder of --output, or here; what is there is kept. */
static int write_findings(const struct call *call,
			  const struct snet_exploration *exploration,
			  struct snet_err *err)
{
	const char *folder = call_option(call, "output");
	int r = 0;

	for (size_t i = 0; i < snet_exploration_finding_count(exploration) && r == 0;
	     i++) {
		autofree char *path = NULL;
		unsigned int number = 0;

		do {
			free(path);
			path = snet__text_format("%s/violation-%u.json",
						 folder ? folder : ".", ++number);
			r = path ? snet__file_create(
					   path,
					   snet_exploration_scenario(exploration, i), err)
				 : snet__err_oom(err);
		} while (r == -EEXIST);
		if (r == 0 && !call->json)
			printf("  %s\n", path);
	}
	return r;
}

static double number(const struct snet__json *json, const char *key)
{
	return snet__json_number(snet__json_get(json, key), 0);
}

/* Whether anything was. */
static bool print_left_out(const struct snet__json *json)
{
	static const struct {
		const char *key, *text;
	} kinds[] = {
		{"packets", "packets behind the first 24 of a link and direction"},
		{"calls", "calls behind the first 4"},
		{"kills", "kills at events behind the first 4 of a step"},
	};
	const struct snet__json *left_out = snet__json_get(json, "left_out");
	bool is_any = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		double count = number(left_out, kinds[i].key);

		if (count > 0)
			printf("%s%.0f %s", is_any ? ", " : "not tried: ", count,
			       kinds[i].text);
		is_any |= count > 0;
	}
	if (is_any)
		printf("\n");
	return is_any;
}

static void print_summary(const struct snet__json *json)
{
	double single = number(json, "single"), pairs = number(json, "pairs");
	double random = number(json, "random"), untrusted = number(json, "untrusted");
	double violations = number(json, "violations"), runs = number(json, "runs");
	const struct snet__json *findings = snet__json_get(json, "findings"), *one;
	bool is_interrupted = snet__json_is_true(snet__json_get(json, "interrupted"));
	bool is_all;

	printf("%.0f runs in %.1f s: %.0f single faults, %.0f pairs, %.0f random sets\n",
	       runs, number(json, "seconds"), single, pairs, random);
	is_all = !print_left_out(json) && !is_interrupted;
	if (is_interrupted)
		printf("interrupted: %.0f more were to be tried\n",
		       1 + single + pairs + random - runs);
	if (untrusted > 0)
		printf("nothing can be said of %.0f of them\n", untrusted);
	if (!violations) {
		printf("everything%s%s held\n", untrusted > 0 ? " else" : "",
		       is_all ? "" : " that was tried");
		return;
	}
	printf("%.0f violated what is expected; %s that show it:\n", violations,
	       is_interrupted ? "scenarios" : "the smallest scenarios");
	for (one = snet__json_first(findings); one; one = snet__json_next(one))
		printf("%s\n", snet__json_get_string(one, "summary"));
}

static int report(const struct call *call, const struct snet_exploration *exploration)
{
	autofree char *text = snet_exploration_json(exploration);
	struct snet_err err = {0};
	autojson *json = NULL;

	if (!text || snet__json_parse(&json, text, strlen(text), &err) < 0) {
		(void)snet__err_oom(&err);
		return call_fail(&err);
	}
	if (call->json)
		printf("%s\n", text);
	else
		print_summary(json);
	if (write_findings(call, exploration, &err) < 0)
		return call_fail(&err);
	if (number(json, "violations") > 0)
		return EXIT_FAILED;
	/* A busy machine may leave a few open; what nothing is known of did not hold. */
	return 2 * number(json, "untrusted") > number(json, "runs") ? EXIT_UNTRUSTED
								    : EXIT_DONE;
}

static int run(const struct call *call)
{
	struct snet_explore_opts opts = {.size = sizeof(opts),
					 .progress = print_progress,
					 .is_cancelled = is_cancelled};
	unsigned long parallel = 0, pairs = 0, random = 0;
	struct snet_exploration *exploration = NULL;
	struct snet_err err = {0};
	int status, r;

	opts.has_seed = call_option(call, "seed");
	status = number_read_seed(call, &opts.seed);
	if (status == EXIT_DONE)
		status = number_read(call, "parallel", LABS_MAX, &parallel);
	if (status == EXIT_DONE)
		status = number_read(call, "pairs", RUNS_MAX, &pairs);
	if (status == EXIT_DONE)
		status = number_read(call, "random", RUNS_MAX, &random);
	if (status != EXIT_DONE)
		return status;
	opts.parallel = (unsigned int)parallel;
	opts.pairs = pairs;
	opts.random = random;
	if (snet_init(&err) < 0)
		return call_fail(&err);
	interrupt_take();
	r = snet_scenario_explore(call->argv[0], &opts, &exploration, &err);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\33[K");
	if (r < 0 && interrupt_signal())
		return interrupt_report();
	if (r < 0) {
		(void)call_fail(&err);
		return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_FAILED;
	}
	status = report(call, exploration);
	snet_exploration_free(exploration);
	return r > 0 ? interrupt_report() : status;
}

static const struct cmd_option options[] = {
	{.name = "seed", .arg = "N", .help = "of every random choice, not the file's"},
	{.name = "pairs", .arg = "N", .help = "then N pairs of faults"},
	{.name = "random", .arg = "N", .help = "then N larger sets"},
	{.name = "parallel", .arg = "K", .help = "K labs at the same time, not 24"},
	{.name = "output",
	 .letter = 'o',
	 .arg = "FOLDER",
	 .help = "where scenarios that show a violation go"},
	{.name = NULL},
};

const struct cmd cmd_explore = {
	.name = "explore",
	.args = "FILE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "search for the faults that break what is expected",
	.details =
		"FILE is a scenario, whose own timeline is left out, or a lab, of which each\n"
		"device is pressed once and everything is to be delivered exactly once. Each\n"
		"message is lost once, each call of a function answered wrongly in each way, each\n"
		"node killed at each step of an event's way: one of these a run. A violation is\n"
		"made as small as it goes, and written as a scenario that shows it. The exit code\n"
		"is 0 when everything held and 1 when something did not.",
	.run = run,
};
