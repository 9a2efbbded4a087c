/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_LOOP_H
#define SNET_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The event loop of a lab. One thread runs it; all but snet__loop_post() belongs to that
 * thread (or to the thread that made the loop, before it runs). */
struct snet__loop;

int snet__loop_new(struct snet__loop **ret, struct snet_err *err);
/* A part of it: timers, watches and adapters are made on it as on the whole. To be freed before
 * that. */
int snet__loop_new_part(struct snet__loop **ret, struct snet__loop *loop,
			struct snet_err *err);
/* All timers, watches and adapters on it must have been freed. Accepts NULL. */
void snet__loop_free(struct snet__loop *loop);
/* While a part is held, nothing happens to what is on it, as to a process that is stopped. Then
 * descriptors tell what there is, and each timer that would have fired does so once. */
void snet__loop_set_held(struct snet__loop *loop, bool is_held);
bool snet__loop_is_held(const struct snet__loop *loop);
/* Run until snet__loop_stop(). */
void snet__loop_run(struct snet__loop *loop);
void snet__loop_stop(struct snet__loop *loop);

/* Work for the loop's thread, from any thread. Embedded in its owner's struct: nothing is
 * allocated, so it cannot fail. @fn runs once a post; it may free the task. */
struct snet__task {
	struct snet__task *next;
	void (*fn)(struct snet__task *task);
};
void snet__loop_post(struct snet__loop *loop, struct snet__task *task);

/* Called at the end of every turn, after its timers, its input and its tasks and before the
 * loop waits: the place where a store commits and sockets send. */
typedef void (*snet__loop_turn_fn)(void *user);
void snet__loop_set_turn(struct snet__loop *loop, snet__loop_turn_fn fn, void *user);

/* A timer. Resolution 1 ms, rounded up. */
struct snet__timer;
typedef void (*snet__timer_fn)(void *user);
int snet__timer_new(struct snet__timer **ret, struct snet__loop *loop, snet__timer_fn fn,
		    void *user, struct snet_err *err);
/* Fire after @delay_ns, and then each @period_ns unless that is 0. Restarts a running one. */
void snet__timer_start(struct snet__timer *timer, uint64_t delay_ns, uint64_t period_ns);
void snet__timer_stop(struct snet__timer *timer);
/* May be called from the timer's own function. Accepts NULL. */
void snet__timer_free(struct snet__timer *timer);

/* A descriptor. It stays its owner's, who closes it after snet__watch_free(). */
enum snet__watch_events {
	SNET__WATCH_READ = 1,
	SNET__WATCH_WRITE = 2,
};
struct snet__watch;
/* @events: a set of enum snet__watch_events; also set when the other end is gone */
typedef void (*snet__watch_fn)(void *user, int events);
int snet__watch_new(struct snet__watch **ret, struct snet__loop *loop, int fd,
		    snet__watch_fn fn, void *user, struct snet_err *err);
/* Which events to report, 0 for none (as at the beginning). */
void snet__watch_set(struct snet__watch *watch, int events);
/* May be called from the watch's own function. Accepts NULL. */
void snet__watch_free(struct snet__watch *watch);

#endif
