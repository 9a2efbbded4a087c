/* SPDX-License-Identifier: MIT */
/* What is wrong with a file is told by the lab, which knows more kinds of nodes than this command
 * when it is a program's. */

#include "cli/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cli/lab_file.h"
#include "cli/progress.h"

int change_ask(char **ret, const struct lab *lab,
	       const struct snet__client_request *request,
	       struct snet__json **ret_refusal, struct snet_err *err)
{
	autoprogress progress = {0};

	progress_start(&progress, "changing lab '%s'", lab->name);
	return snet__client_request(ret, request, ret_refusal, err);
}

void change_warn(const struct snet__json *answer)
{
	const char *warning = snet__json_get_string(answer, "warning");

	if (warning)
		fprintf(stderr, "snet: warning: %s\n", warning);
}

int change_print(const struct call *call, const char *answer)
{
	unsigned long nodes, links;
	autojson *json = NULL;
	const char *text;

	if (snet__json_parse(&json, answer, strlen(answer), NULL) < 0)
		return EXIT_FAILED;
	change_warn(json);
	if (call->json) {
		printf("%s\n", answer);
		return EXIT_DONE;
	}
	text = snet__json_get_string(json, "text");
	printf("%s", text ? text : "");
	if (call_option(call, "dry-run") ||
	    !snet__json_count(snet__json_get(json, "changes")))
		return EXIT_DONE;
	nodes = (unsigned long)snet__json_number(snet__json_get(json, "nodes"), 0);
	links = (unsigned long)snet__json_number(snet__json_get(json, "links"), 0);
	printf("lab '%s' has %lu node%s and %lu link%s now\n",
	       snet__json_get_string(json, "lab"), nodes, nodes == 1 ? "" : "s", links,
	       links == 1 ? "" : "s");
	return EXIT_DONE;
}

/* Print what is wrong with the lab that would be, each behind @what; false when the refusal has
 * another reason. */
static bool print_problems(const char *what, const struct snet__json *refusal)
{
	const struct snet__json *problems = snet__json_get(refusal, "problems"), *at;
	size_t count = snet__json_count(problems), printed = 0;

	for (at = snet__json_first(problems); at && printed < LAB_FILE_PROBLEMS_MAX;
	     at = snet__json_next(at), printed++) {
		const char *path = snet__json_get_string(at, "path");
		const char *text = snet__json_get_string(at, "text");

		lab_file_print_problem(
			what,
			(unsigned int)snet__json_number(snet__json_get(at, "line"), 0),
			(unsigned int)snet__json_number(snet__json_get(at, "column"), 0),
			path ? path : "", text ? text : "");
	}
	if (count > printed)
		fprintf(stderr, "snet: ... and %zu more\n", count - printed);
	return count > 0;
}

static char *make_target(const struct call *call, const char *path, const char *folder)
{
	autofree char *encoded = snet__client_encode(folder);

	if (!encoded)
		return NULL;
	return snet__text_format("%s?folder=%s%s", path, encoded,
				 call_option(call, "dry-run") ? "&dry=1" : "");
}

static int send_file(const struct call *call, const struct lab *lab, const char *target,
		     const char *text)
{
	const struct snet__client_request request = {
		.sock = lab->sock,
		.method = "POST",
		.target = target,
		.body = text,
		.timeout_ms = -1, /* the lab answers, sooner or later */
	};
	autojson *refusal = NULL;
	autofree char *answer = NULL;
	struct snet_err err = {0};

	if (change_ask(&answer, lab, &request, &refusal, &err) == 0)
		return change_print(call, answer);
	return print_problems(call->argv[0], refusal) ? EXIT_USAGE : call_fail(&err);
}

int change_by_file(const struct call *call, const char *path)
{
	autofree char *text = NULL, *folder = NULL, *target = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	r = lab_file_read(&text, &folder, call->argv[0], &err);
	if (r < 0) {
		(void)call_fail(&err);
		return r == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
	}
	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	target = make_target(call, path, folder);
	if (!target) {
		(void)snet__err_oom(&err);
		return call_fail(&err);
	}
	return send_file(call, &lab, target, text);
}
