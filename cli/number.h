/* SPDX-License-Identifier: MIT */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

/* Options that are numbers. An exit code: EXIT_USAGE after a complaint. What is absent is left. */

#include <stdint.h>

#include "cli/cmd.h"

/* From 1 to @most. */
int number_read(const struct call *call, const char *name, unsigned long most,
		unsigned long *number);
/* --seed: below 2^64. */
int number_read_seed(const struct call *call, uint64_t *seed);

#endif
