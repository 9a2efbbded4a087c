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

static int make_target(char **ret, const struct call *call, const struct lab *lab,
		       struct snet_err *err)
{
	autofree char *target = NULL;
	size_t size = 0;
	FILE *out;

	for (unsigned int i = 0; i < call->argc; i++) {
		if (!snet__text_is_name(call->argv[i]))
			return snet__err_set(err, -ENOENT, "no node '%s' in lab '%s'",
					     call->argv[i], lab->name);
		size += strlen(call->argv[i]) + 1;
	}
	if (size > NAMES_MAX)
		return snet__err_set(err, -E2BIG,
				     "too many nodes at once; 'snet apply' removes any "
				     "number of them");
	out = open_memstream(&target, &size);
	if (!out)
		return snet__err_oom(err);
	for (unsigned int i = 0; i < call->argc; i++)
		(void)fprintf(out, "%s%s", i ? "," : "/v1/nodes/", call->argv[i]);
	(void)fprintf(out, "%s", call_option(call, "dry-run") ? "?dry=1" : "");
	if (fclose(out) != 0)
		return snet__err_oom(err);
	*ret = steal_ptr(target);
	return 0;
}

/* Of several names, the one that the lab does not know. */
static void suggest(const struct call *call, const struct lab *lab, struct snet_err *err)
{
	for (unsigned int i = 0; i < call->argc; i++) {
		autofree char *quoted = snet__text_format("'%s'", call->argv[i]);

		if (quoted && strstr(err->msg, quoted)) {
			lab_suggest_node(lab, call->argv[i], err);
			return;
		}
	}
}

/* What is left without the nodes is no lab: say why, all of it, and what to do. */
static bool print_refusal(const struct call *call, const struct snet__json *refusal)
{
	autofree char *what = snet__text_format("cannot remove '%s'%s", call->argv[0],
						call->argc > 1 ? " and the others" : "");

	if (!what || !change_print_problems(what, refusal))
		return false;
	fprintf(stderr, "snet: remove what depends on it too, or 'snet apply' a file "
			"that names something else there\n");
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
	if (r == -ENOENT)
		suggest(call, &lab, &err);
	if (r < 0)
		return print_refusal(call, refusal) ? EXIT_FAILED : call_fail(&err);
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
