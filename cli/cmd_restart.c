/* SPDX-License-Identifier: MIT */
/* snet restart: end what lives in a node of a running lab, and let it begin anew. */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cli/change.h"

static int restart(char **ret, const struct call *call, const struct lab *lab,
		   struct snet_err *err)
{
	struct snet__client_request request = {
		.sock = lab->sock,
		.method = "POST",
		.timeout_ms = -1,
	};
	autofree char *name = snet__client_encode(call->argv[0]), *target = NULL;

	if (name)
		target = snet__text_format("/v1/nodes/%s/restart?fresh=%d", name,
					   call_option(call, "fresh") != NULL);
	if (!target)
		return snet__err_oom(err);
	request.target = target;
	return change_ask(ret, lab, &request, NULL, err);
}

static int run(const struct call *call)
{
	autofree char *answer = NULL;
	autojson *json = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	r = restart(&answer, call, &lab, &err);
	if (r < 0)
		return lab_fail(&err);
	if (snet__json_parse(&json, answer, strlen(answer), NULL) == 0)
		change_warn(json);
	if (call->json)
		printf("%s\n", answer);
	else
		printf("%s has begun anew\n", call->argv[0]);
	return EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "fresh", .help = "forget its state, and begin with the one it is given"},
	{.name = NULL},
};

const struct cmd cmd_restart = {
	.name = "restart",
	.args = "NODE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "end what lives in a node, and let it begin anew",
	.details =
		"Its namespace, links and addresses stay, and so does its state, unless --fresh. A\n"
		"relayer goes on with its open events. Returns when a device has registered again.",
	.run = run,
};
