/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_DECISION_FILE_H
#define SNET_TOPO_DECISION_FILE_H

/* What was decided about the packets of a direction, in a file, to be decided again: see
 * link/scribe.h. Its name is the path that "decisions" and "replay" give, and ".forth" or
 * ".back". */

#include <stdbool.h>

#include "topo/decision.h"

/* To be freed; NULL: out of memory. */
char *snet__decision_file_name(const char *path, bool is_back);

struct snet__decision_reader;

/* The whole file; its @name is that of snet__decision_file_name(). -ENOENT ..., -EINVAL
 * ("FILE:LINE: what"; or it is not complete), -EFBIG, -ENOMEM. */
int snet__decision_reader_new(struct snet__decision_reader **ret, const char *name,
			      struct snet_err *err);
/* Accepts NULL. */
void snet__decision_reader_free(struct snet__decision_reader *reader);
/* For snet__pipe_replay(): @user is the reader. False behind the last. */
bool snet__decision_reader_next(void *user, struct snet__decision *ret);

#endif
