/* SPDX-License-Identifier: MIT */
#include "cli/cmd.h"
static int run(const struct call *call)
{
	return EXIT_FAILED;
}
const struct cmd cmd_watch = {.name = "watch",
			      .args = "",
			      .help = "show a lab on the whole screen",
			      .run = run};
