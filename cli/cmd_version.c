/* SPDX-License-Identifier: MIT */
/* snet version: of the library that it runs with. */

#include <stdio.h>

#include <snet/version.h>

#include "cli/cmd.h"

static int run(const struct call *call)
{
	if (call->json)
		printf("{\"version\":\"%s\"}\n", snet_version());
	else
		printf("snet %s\n", snet_version());
	return EXIT_DONE;
}

const struct cmd cmd_version = {
	.name = "version",
	.args = "",
	.has_json = true,
	.is_apart = true,
	.help = "print the version",
	.run = run,
};
