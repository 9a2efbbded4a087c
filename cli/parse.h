/* SPDX-License-Identifier: MIT */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

/* From argv to a struct call. */

#include "cli/cmd.h"

/* EXIT_DONE with @call filled; its cmd is NULL when there is nothing left to do. On any other
 * status the mistake has been named on stderr. */
int call_parse(struct call *call, int argc, char **argv);
void call_clear(struct call *call);

#endif
