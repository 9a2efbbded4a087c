/* SPDX-License-Identifier: MIT */
#ifndef CLI_FITNESS_H
#define CLI_FITNESS_H

/* What a lab asks of its machine beyond what "snet calibrate" has measured. */

#include <stdio.h>

#include "cli/lab.h"
#include "io/json.h"

/* What the lab that listens at @sock says of it, to be freed; NULL when it says nothing. */
struct snet__json *fitness_ask(const char *sock);
/* A line for what has been measured and cannot be used, and for each thing that was not achieved,
 * @before in front of it; of one link, or NULL. */
void fitness_print(FILE *to, const char *before, const struct snet__json *fitness,
		   const char *link);

#endif
