/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/print.h"

static void *run(void *arg)
{
	struct progress *progress = arg;
	struct timespec next;
	unsigned int seconds = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&progress->lock);
	while (!progress->is_done) {
		next.tv_sec++;
		while (!progress->is_done &&
		       pthread_cond_clockwait(&progress->done, &progress->lock,
					      CLOCK_MONOTONIC, &next) != ETIMEDOUT)
			;
		if (!progress->is_done)
			fprintf(stderr, "\r%s ... %u s", progress->text, ++seconds);
	}
	pthread_mutex_unlock(&progress->lock);
	if (seconds)
		print_clear_progress();
	return NULL;
}

void progress_start(struct progress *progress, const char *fmt, ...)
{
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(args, fmt);
	(void)vsnprintf(progress->text, sizeof(progress->text), fmt, args);
	va_end(args);
	(void)pthread_mutex_init(&progress->lock, NULL);
	(void)pthread_cond_init(&progress->done, NULL);
	/* Without a thread it is waited for without a word. */
	progress->is_started =
		pthread_create(&progress->thread, NULL, run, progress) == 0;
}

void progress_end(struct progress *progress)
{
	if (!progress->is_started)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->is_done = true;
	(void)pthread_cond_signal(&progress->done);
	pthread_mutex_unlock(&progress->lock);
	(void)pthread_join(progress->thread, NULL);
	progress->is_started = false;
}
