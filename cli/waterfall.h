/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATERFALL_H
#define CLI_WATERFALL_H

#include <stdbool.h>
#include <stdio.h>

#include "io/json.h"

/* Print a trace (JSON, as the API has it) on stdout: the way of the event in a line, and a bar
 * for each part of it; or the JSON. EXIT_DONE when the event is done. */
int waterfall_print(const char *trace, bool json);

/* The same into @to, @width columns wide. */
void waterfall_draw(FILE *to, const struct snet__json *trace, size_t width, bool colour);

/* One line for one event: "sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1". */
void waterfall_title(char *text, size_t size, const struct snet__json *trace);

#endif
