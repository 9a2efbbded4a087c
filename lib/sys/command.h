/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_COMMAND_H
#define SNET_SYS_COMMAND_H

#include "base/err.h"

/* What a command says is kept up to here. */
#define SNET__COMMAND_TEXT_MAX 300

/* Run a program to its end, and wait for it; it is killed when there is something to read from
 * @cancel_fd, if that is not -1. -EIO with its own words, on one line, when it fails, -ECANCELED;
 * -ENOENT and so on when it cannot be started. */
int snet__command_run(const char *const *argv, int cancel_fd, struct snet_err *err);

#endif
