/* SPDX-License-Identifier: MIT */
/* snet logs: what a node has written, such as the functions of a functions node. */

#include <stdio.h>

#include "api/client.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/lab.h"

static int read_logs(const struct lab *lab, const char *node, bool follow,
		     struct snet_err *err)
{
	autofree char *name = snet__client_encode(node), *target = NULL;
	autostream *stream = NULL;
	const char *line;
	int r;

	if (name)
		target = snet__text_format("/v1/nodes/%s/logs%s", name,
					   follow ? "?follow=1" : "");
	if (!target)
		return snet__err_oom(err);
	r = snet__client_stream_open(&stream, lab->sock, target, err);
	if (r < 0)
		return r;
	while ((r = snet__client_stream_read(stream, -1, &line, err)) != 0) {
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r > 0 && (puts(line) == EOF || fflush(stdout)))
			return snet__err_set(err, -EPIPE, "cannot write the log");
	}
	return 0;
}

static int run(const struct call *call)
{
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	r = read_logs(&lab, call->argv[0], call_option(call, "follow"), &err);
	return r < 0 ? lab_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "follow", .help = "go on with new lines until the node or the lab ends"},
	{.name = NULL},
};

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "NODE",
	.min = 1,
	.max = 1,
	.options = options,
	.help = "print what a node has logged",
	.run = run,
};
