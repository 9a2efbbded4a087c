/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

/* A line on a terminal for somebody who waits while a command does: from the first second on,
 * each second. */

#include <pthread.h>
#include <stdbool.h>

#include "base/cleanup.h"

struct progress {
	char text[160];
	pthread_t thread;
	bool is_started, is_done; /* is_done: guarded by the lock */
	pthread_mutex_t lock;
	pthread_cond_t done;
};

/* "TEXT ... 3 s" on stderr, from a thread of its own, unless that is no terminal. */
__attribute__((format(printf, 2, 3))) void progress_start(struct progress *progress,
							  const char *fmt, ...);
/* Take it away, if there is one. */
void progress_end(struct progress *progress);
#define autoprogress cleanup_with(progress_end) struct progress

#endif
