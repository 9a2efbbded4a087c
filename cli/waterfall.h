/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATERFALL_H
#define CLI_WATERFALL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "io/json.h"

/* Print a trace (JSON, as the API has it) on stdout: the way of the event in a line, and a bar
 * for each part of it; or the JSON. 0 when the event is done, 1 when it is not, a negative errno. */
int waterfall_print(const char *trace, bool json, struct snet_err *err);

/* The same into @to, @width columns wide. */
void waterfall_draw(FILE *to, const struct snet__json *trace, size_t width, bool colour);

/* From the first step to the last "applied", or to the last step. */
uint64_t waterfall_total_ns(const struct snet__json *trace);

/* What came of it: "a0: 0 → 1, a1: 1 → 0", or why it failed; "" when neither is known. */
void waterfall_result(char *text, size_t size, const struct snet__json *trace);

#endif
