/* SPDX-License-Identifier: MIT */
/* The event loop: libuv, with what every user of it here would write again: tasks from other
 * threads, and one function at the end of each turn.
 *
 * A turn of libuv is: timers, (prepare), wait and read, (check). What timers did must be
 * finished before the wait, what the input did right after it, so the turn function hangs on
 * both the prepare and the check phase. Tasks come in through an async handle, which is input. */

#include "io/loop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "base/cleanup.h"
#include "base/clock.h"

struct snet__loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_prepare_t prepare;
	uv_check_t check;
	snet__loop_turn_fn turn;
	void *turn_user;
	pthread_mutex_t lock; /* guards the two below */
	struct snet__task *first;
	struct snet__task **last;
};

struct snet__timer {
	uv_timer_t uv;
	snet__timer_fn fn;
	void *user;
};

struct snet__watch {
	uv_poll_t uv;
	snet__watch_fn fn;
	void *user;
};

static void run_tasks(uv_async_t *wake)
{
	struct snet__loop *loop = wake->data;
	struct snet__task *task, *next;

	pthread_mutex_lock(&loop->lock);
	task = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	pthread_mutex_unlock(&loop->lock);

	for (; task; task = next) {
		next = task->next;
		task->fn(task);
	}
}

void snet__loop_post(struct snet__loop *loop, struct snet__task *task)
{
	task->next = NULL;
	pthread_mutex_lock(&loop->lock);
	*loop->last = task;
	loop->last = &task->next;
	pthread_mutex_unlock(&loop->lock);
	(void)uv_async_send(&loop->wake); /* fails only for other kinds of handle */
}

static void end_turn(struct snet__loop *loop)
{
	if (loop->turn)
		loop->turn(loop->turn_user);
}

static void on_prepare(uv_prepare_t *prepare)
{
	end_turn(prepare->data);
}

static void on_check(uv_check_t *check)
{
	end_turn(check->data);
}

int snet__loop_new(struct snet__loop **ret, struct snet_err *err)
{
	autofree struct snet__loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (!loop)
		return snet__err_oom(err);

	r = uv_loop_init(&loop->uv);
	if (r < 0)
		return snet__err_sys(err, r, "cannot create an event loop");

	/* Opening the wake-up descriptor is the one of these that can fail. */
	r = uv_async_init(&loop->uv, &loop->wake, run_tasks);
	if (r < 0) {
		(void)uv_loop_close(&loop->uv); /* nothing is open on it */
		return snet__err_sys(err, r, "cannot create an event loop");
	}

	loop->wake.data = loop;
	(void)pthread_mutex_init(&loop->lock, NULL);
	loop->last = &loop->first;
	(void)uv_prepare_init(&loop->uv, &loop->prepare);
	(void)uv_check_init(&loop->uv, &loop->check);
	loop->prepare.data = loop;
	loop->check.data = loop;
	(void)uv_prepare_start(&loop->prepare, on_prepare);
	(void)uv_check_start(&loop->check, on_check);
	*ret = steal_ptr(loop);
	return 0;
}

void snet__loop_free(struct snet__loop *loop)
{
	if (!loop)
		return;

	loop->turn = NULL;
	uv_close((uv_handle_t *)&loop->wake, NULL);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	/* Lets the closings end, those of freed timers and watches with them. A stop that came
	 * after the last run ends the first of these at once. */
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop->uv);
	(void)pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void snet__loop_run(struct snet__loop *loop)
{
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT); /* says only whether handles are left */
}

void snet__loop_stop(struct snet__loop *loop)
{
	uv_stop(&loop->uv);
}

void snet__loop_set_turn(struct snet__loop *loop, snet__loop_turn_fn fn, void *user)
{
	loop->turn = fn;
	loop->turn_user = user;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer(uv_timer_t *uv)
{
	struct snet__timer *timer = uv->data;

	timer->fn(timer->user);
}

int snet__timer_new(struct snet__timer **ret, struct snet__loop *loop, snet__timer_fn fn,
		    void *user, struct snet_err *err)
{
	struct snet__timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return snet__err_oom(err);

	(void)uv_timer_init(&loop->uv, &timer->uv); /* cannot fail */
	timer->uv.data = timer;
	timer->fn = fn;
	timer->user = user;
	*ret = timer;
	return 0;
}

static uint64_t to_ms(uint64_t ns)
{
	return (ns + SNET__NS_PER_MS - 1) / SNET__NS_PER_MS;
}

void snet__timer_start(struct snet__timer *timer, uint64_t delay_ns, uint64_t period_ns)
{
	(void)uv_timer_start(&timer->uv, on_timer, to_ms(delay_ns), to_ms(period_ns));
}

void snet__timer_stop(struct snet__timer *timer)
{
	(void)uv_timer_stop(&timer->uv);
}

void snet__timer_free(struct snet__timer *timer)
{
	if (timer)
		uv_close((uv_handle_t *)&timer->uv, free_handle);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
	struct snet__watch *watch = uv->data;

	/* An error on the descriptor shows at the next read or write; report it as both. */
	if (status < 0)
		events = UV_READABLE | UV_WRITABLE;
	watch->fn(watch->user,
		  (events & (UV_READABLE | UV_DISCONNECT) ? SNET__WATCH_READ : 0) |
			  (events & UV_WRITABLE ? SNET__WATCH_WRITE : 0));
}

int snet__watch_new(struct snet__watch **ret, struct snet__loop *loop, int fd,
		    snet__watch_fn fn, void *user, struct snet_err *err)
{
	autofree struct snet__watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return snet__err_oom(err);

	r = uv_poll_init(&loop->uv, &watch->uv, fd);
	if (r < 0)
		return snet__err_sys(err, r, "cannot watch descriptor %d", fd);

	watch->uv.data = watch;
	watch->fn = fn;
	watch->user = user;
	*ret = steal_ptr(watch);
	return 0;
}

void snet__watch_set(struct snet__watch *watch, int events)
{
	int uv_events = (events & SNET__WATCH_READ ? UV_READABLE : 0) |
			(events & SNET__WATCH_WRITE ? UV_WRITABLE : 0);

	/* Neither fails on a handle that is open. */
	if (uv_events)
		(void)uv_poll_start(&watch->uv, uv_events, on_poll);
	else
		(void)uv_poll_stop(&watch->uv);
}

void snet__watch_free(struct snet__watch *watch)
{
	if (watch)
		uv_close((uv_handle_t *)&watch->uv, free_handle);
}
