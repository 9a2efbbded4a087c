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
#include "cli/lab_file.h"
#include "cli/number.h"
#include "cli/print.h"
#include "io/json.h"

#define RUNS_MAX 100000
#define LABS_MAX 256

/* More of those that are like a finding are counted; all are named as they are found. */
#define OTHERS_MAX 8

static void print_shrinking(const struct snet_explore_progress *progress)
{
	fprintf(stderr, "\rshrinking %zu of %zu: %zu fault%s left, %zu runs\33[K",
		progress->group, progress->groups, progress->faults,
		progress->faults == 1 ? "" : "s", progress->done);
}

static void print_progress(void *user, const struct snet_explore_progress *progress)
{
	(void)user;
	if (!isatty(STDERR_FILENO))
		return;
	if (progress->groups) {
		print_shrinking(progress);
		return;
	}
	fprintf(stderr, "\r%s", progress->phase);
	if (progress->total)
		fprintf(stderr, ": %zu of %zu", progress->done, progress->total);
	else if (progress->done)
		fprintf(stderr, ": %zu", progress->done);
	if (progress->violations)
		fprintf(stderr, ", %zu violated", progress->violations);
	fprintf(stderr, "\33[K");
}

/* Above the progress, and at once also where there is none: it may go on for minutes. */
static void print_violation(void *user, const struct snet_explore_violation *violation)
{
	(void)user;
	print_clear_progress();
	printf("%s: %s\n", violation->faults, violation->summary);
	(void)fflush(stdout);
}

static bool is_cancelled(void *user)
{
	(void)user;
	return interrupt_signal();
}

/* "violation-1.json" ... in @folder; what is there is kept. */
static int write_finding(const struct call *call, const char *folder, const char *text,
			 struct snet_err *err)
{
	unsigned int number = 0;
	int r;

	do {
		autofree char *path =
			snet__text_format("%s/violation-%u.json", folder, ++number);

		r = path ? snet__file_create(path, text, SNET__FILE_PRIVATE, err)
			 : snet__err_oom(err);
		if (r == 0 && !call->json)
			printf("  %s\n", path);
	} while (r == -EEXIST);
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
	double voids = number(json, "no_effect");
	double more = 1 + single + pairs + random - runs;
	size_t ways = snet__json_count(snet__json_get(json, "findings"));
	bool is_interrupted = snet__json_is_true(snet__json_get(json, "interrupted"));
	bool is_all;

	printf("%.0f runs in %.1f s: %.0f single faults, %.0f pairs, %.0f random sets\n",
	       runs, number(json, "seconds"), single, pairs, random);
	is_all = !print_left_out(json) && !is_interrupted;
	if (is_interrupted && more > 0)
		printf("interrupted: %.0f more were to be tried\n", more);
	else if (is_interrupted)
		printf("interrupted: not all was made small\n");
	if (voids > 0)
		printf("in %.0f of them a fault had no effect\n", voids);
	if (untrusted > 0)
		printf("nothing can be said of %.0f of them\n", untrusted);
	if (!violations) {
		printf("everything%s%s held\n", untrusted > 0 ? " else" : "",
		       is_all ? "" : " that was tried");
		return;
	}
	printf("%.0f violated what is expected, in %zu way%s; %s that show it:\n",
	       violations, ways, ways == 1 ? "" : "s",
	       is_interrupted ? "scenarios" : "the smallest scenarios");
}

/* "  and 3 others like it: A; B; C" */
static void print_others(const struct snet__json *others)
{
	size_t count = snet__json_count(others);

	if (!count)
		return;
	printf("  and %zu other%s like it: ", count, count == 1 ? "" : "s");
	for (size_t i = 0; i < count && i < OTHERS_MAX; i++)
		printf("%s%s", i ? "; " : "",
		       snet__json_get_string(snet__json_at(others, i), "faults"));
	printf("%s\n", count > OTHERS_MAX ? " ..." : "");
}

static void print_finding(const struct snet__json *finding, bool is_interrupted)
{
	printf("%s: %s\n", snet__json_get_string(finding, "faults"),
	       snet__json_get_string(finding, "summary"));
	print_others(snet__json_get(finding, "others"));
	if (!is_interrupted && !snet__json_is_true(snet__json_get(finding, "smallest")))
		printf("  perhaps not the smallest: its share of what is tried was used up\n");
}

/* As many scenarios as can be written. */
static int report_findings(const struct call *call, const char *folder,
			   const struct snet_exploration *exploration,
			   const struct snet__json *json)
{
	const struct snet__json *findings = snet__json_get(json, "findings");
	bool is_interrupted = snet__json_is_true(snet__json_get(json, "interrupted"));
	int status = EXIT_DONE;

	for (size_t i = 0; i < snet_exploration_finding_count(exploration); i++) {
		struct snet_err err = {0};

		if (!call->json)
			print_finding(snet__json_at(findings, i), is_interrupted);
		if (write_finding(call, folder, snet_exploration_scenario(exploration, i),
				  &err) < 0)
			status = call_fail(&err);
	}
	return status;
}

static int report(const struct call *call, const char *folder,
		  const struct snet_exploration *exploration)
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
	if (report_findings(call, folder, exploration, json) != EXIT_DONE ||
	    number(json, "violations") > 0)
		return EXIT_FAILED;
	/* A busy machine may leave a few open; what nothing is known of did not hold. */
	return 2 * number(json, "untrusted") > number(json, "runs") ? EXIT_UNTRUSTED
								    : EXIT_DONE;
}

static int explore(const struct call *call, const struct snet_explore_opts *opts,
		   const char *folder)
{
	struct snet_exploration *exploration = NULL;
	struct snet_err err = {0};
	int status, r;

	r = snet_scenario_explore(call->argv[0], opts, &exploration, &err);
	print_clear_progress();
	if (r < 0 && interrupt_signal())
		return interrupt_report();
	if (r < 0) {
		(void)call_fail(&err);
		return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_FAILED;
	}
	if (r == 2)
		(void)call_fail(&err);
	status = report(call, folder, exploration);
	snet_exploration_free(exploration);
	if (r == 2)
		return EXIT_FAILED;
	return r > 0 ? interrupt_report() : status;
}

/* What takes minutes to find has a place before it is looked for. */
static int explore_into(const struct call *call, const struct snet_explore_opts *opts)
{
	const char *given = call_option(call, "output"), *folder = given ? given : ".";
	struct snet_err err = {0};
	int status, is_new;

	is_new = snet__file_make_folder(folder, &err);
	if (is_new < 0)
		return given ? call_usage(call, "%s", err.msg) : call_fail(&err);
	interrupt_take(is_new ? folder : NULL);
	status = explore(call, opts, folder);
	if (is_new)
		(void)rmdir(folder); /* if nothing came into it */
	return status;
}

static int run(const struct call *call)
{
	struct snet_explore_opts opts = {.size = sizeof(opts),
					 .progress = print_progress,
					 .is_cancelled = is_cancelled,
					 .warning = lab_file_print_warning,
					 .user = call->argv[0]};
	unsigned long parallel = 0, pairs = 0, random = 0;
	struct snet_err err = {0};
	int status;

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
	opts.found = call->json ? NULL : print_violation;
	opts.parallel = (unsigned int)parallel;
	opts.pairs = pairs;
	opts.random = random;
	if (snet_init(&err) < 0)
		return call_fail(&err);
	return explore_into(call, &opts);
}

static const struct cmd_option options[] = {
	{.name = "seed", .arg = "N", .help = "of every random choice, not the file's"},
	{.name = "pairs", .arg = "N", .help = "then N pairs of faults"},
	{.name = "random", .arg = "N", .help = "then N larger sets"},
	{.name = "parallel",
	 .arg = "K",
	 .help = "K labs at the same time, not 6 a processor"},
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
	.is_apart = true,
	.options = options,
	.help = "search for the faults that break what is expected",
	.details =
		"FILE is a scenario, whose own timeline is left out, or a lab, of which each\n"
		"device is pressed once and everything is to be delivered exactly once. Each\n"
		"message is lost once, each call of a function refused, lost, and answered wrongly\n"
		"in each way, each node killed at each step of an event's way: one of these a run.\n"
		"A violation is told as it is found; of those that are alike one is made as small\n"
		"as it goes, and written as a scenario that shows it. The exit code is 0 when\n"
		"everything held and 1 when something did not.",
	.run = run,
};
