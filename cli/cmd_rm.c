/* SPDX-License-Identifier: MIT */
/* snet rm: remove nodes of a running lab, and their links. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cli/change.h"

/* What the names may take together in a path of the API. */
#define NAMES_MAX 16000

/* Of so many nodes a reason is told. */
#define PATHS_MAX 8
/* The lab tells no more problems than these. */
#define PROBLEMS_MAX 1000

static int make_target(char **ret, const struct call *call, const struct lab *lab,
		       struct snet_err *err)
{
	struct snet__text_stream target;
	size_t size = 0;
	int r;

	for (unsigned int i = 0; i < call->argc; i++) {
		if (!snet__text_is_name(call->argv[i]))
			return snet__err_set(err, -ENOENT, "lab '%s' has no node '%s'",
					     lab->name, call->argv[i]);
		size += strlen(call->argv[i]) + 1;
	}
	if (size > NAMES_MAX)
		return snet__err_set(err, -E2BIG,
				     "too many nodes at once; 'snet apply' removes any "
				     "number of them");
	r = snet__text_open(&target, err);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < call->argc; i++)
		(void)fprintf(target.out, "%s%s", i ? "," : "/v1/nodes/", call->argv[i]);
	(void)fprintf(target.out, "%s", call_option(call, "dry-run") ? "?dry=1" : "");
	return snet__text_close(&target, 0, ret, err);
}

static const char *text_of(const struct snet__json *problem)
{
	const char *text = snet__json_get_string(problem, "text");

	return text ? text : "";
}

/* "node b.relayer": that it is one of a node needs no words here. */
static const char *path_of(const struct snet__json *problem)
{
	const char *path = snet__json_get_string(problem, "path");

	if (!path)
		return "";
	return strncmp(path, "node ", 5) == 0 ? path + 5 : path;
}

/* Whether a problem before @problem says the same. */
static bool is_told(const struct snet__json *problems, const struct snet__json *problem)
{
	const struct snet__json *at = snet__json_first(problems);

	while (at != problem && strcmp(text_of(at), text_of(problem)) != 0)
		at = snet__json_next(at);
	return at != problem;
}

/* What @first says, and of whom it and those behind it say that. */
static void print_problem(const struct snet__json *first, bool is_all)
{
	size_t count = 0;

	fprintf(stderr, "snet:   %s (", text_of(first));
	for (const struct snet__json *at = first; at; at = snet__json_next(at)) {
		if (strcmp(text_of(at), text_of(first)) != 0)
			continue;
		if (count < PATHS_MAX)
			fprintf(stderr, "%s%s", count ? ", " : "", path_of(at));
		count++;
	}
	if (count > PATHS_MAX && is_all)
		fprintf(stderr, " and %zu more", count - PATHS_MAX);
	else if (count > PATHS_MAX)
		fprintf(stderr, " and many more");
	fprintf(stderr, ")\n");
}

/* What is left without the nodes is no lab: say why, all of it, and what to do. */
static bool print_refusal(const struct call *call, const struct snet__json *refusal)
{
	const struct snet__json *problems = snet__json_get(refusal, "problems"), *at;
	size_t count = snet__json_count(problems);
	bool is_one = call->argc == 1;

	if (!count)
		return false;
	fprintf(stderr, "snet: cannot remove '%s'%s: what is left would be no lab\n",
		call->argv[0], is_one ? "" : " and the others");
	for (at = snet__json_first(problems); at; at = snet__json_next(at))
		if (!is_told(problems, at))
			print_problem(at, count < PROBLEMS_MAX);
	fprintf(stderr,
		"snet: remove what depends on %s too, or 'snet apply' a file that names "
		"something else there\n",
		is_one ? "it" : "them");
	return true;
}

static int run(const struct call *call)
{
	struct snet__client_request request = {.method = "DELETE", .timeout_ms = -1};
	autofree char *target = NULL, *answer = NULL;
	autojson *refusal = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	r = make_target(&target, call, &lab, &err);
	request.sock = lab.sock;
	request.target = target;
	if (r == 0)
		r = change_ask(&answer, &lab, &request, &refusal, &err);
	if (r < 0)
		return print_refusal(call, refusal) ? EXIT_FAILED : lab_fail(&err);
	return change_print(call, answer);
}

static const struct cmd_option options[] = {
	CHANGE_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_rm = {
	.name = "rm",
	.args = "NODE ...",
	.min = 1,
	.max = 10000,
	.has_json = true,
	.options = options,
	.help = "remove nodes from a running lab, with their links",
	.details =
		"All of them go in one change, or none does: what is left must be a lab, so a\n"
		"relayer goes together with its devices. Their states are forgotten.",
	.run = run,
};
