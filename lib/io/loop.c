/* SPDX-License-Identifier: MIT */
/* The event loop: libuv, with what every user of it here would write again: tasks from other
 * threads, and one function at the end of each turn.
 *
 * A turn of libuv is: timers, (prepare), wait and read, (check). What timers did must be
 * finished before the wait, what the input did right after it, so the turn function hangs on
 * both the prepare and the check phase. Tasks come in through an async handle, which is input.
 *
 * A part of a loop is no more than what its timers and watches have in common. While it is held, the
 * first event of each is what holds it: the handle stops, is parked, and starts again when the
 * part goes on. So holding costs nothing for those to which nothing happens meanwhile. */

#include "io/loop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* Something has happened to it, and it waits until its part goes on. */
struct parked {
	struct parked *next, **at; /* at: NULL when it is not */
	void (*go_on)(struct parked *parked);
};

struct snet__loop {
	struct whole *whole;
	struct parked *parked;
	bool is_held;
};

/* What all parts share. */
struct whole {
	struct snet__loop loop; /* first: the part that is all the rest */
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
	struct parked parked; /* first */
	struct snet__loop *loop;
	uv_timer_t uv;
	snet__timer_fn fn;
	void *user;
};

struct snet__watch {
	struct parked parked; /* first */
	struct snet__loop *loop;
	uv_poll_t uv;
	snet__watch_fn fn;
	void *user;
	int events;
};

static void run_tasks(uv_async_t *wake)
{
	struct whole *whole = wake->data;
	struct snet__task *task, *next;

	pthread_mutex_lock(&whole->lock);
	task = whole->first;
	whole->first = NULL;
	whole->last = &whole->first;
	pthread_mutex_unlock(&whole->lock);

	for (; task; task = next) {
		next = task->next;
		task->fn(task);
	}
}

void snet__loop_post(struct snet__loop *loop, struct snet__task *task)
{
	struct whole *whole = loop->whole;

	task->next = NULL;
	pthread_mutex_lock(&whole->lock);
	*whole->last = task;
	whole->last = &task->next;
	pthread_mutex_unlock(&whole->lock);
	(void)uv_async_send(&whole->wake); /* fails only for other kinds of handle */
}

static void end_turn(struct whole *whole)
{
	if (whole->turn)
		whole->turn(whole->turn_user);
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
	autofree struct whole *whole = calloc(1, sizeof(*whole));
	int r;

	if (!whole)
		return snet__err_oom(err);

	/* When a later step of it fails, libuv 1.44 leaves this descriptor open. */
	whole->uv.backend_fd = -1;
	r = uv_loop_init(&whole->uv);
	if (r < 0) {
		snet__close_at(&whole->uv.backend_fd);
		return snet__err_sys(err, r, "cannot create an event loop");
	}

	/* Opening the wake-up descriptor is the one of these that can fail. */
	r = uv_async_init(&whole->uv, &whole->wake, run_tasks);
	if (r < 0) {
		(void)uv_loop_close(&whole->uv); /* nothing is open on it */
		return snet__err_sys(err, r, "cannot create an event loop");
	}

	whole->wake.data = whole;
	(void)pthread_mutex_init(&whole->lock, NULL);
	whole->last = &whole->first;
	(void)uv_prepare_init(&whole->uv, &whole->prepare);
	(void)uv_check_init(&whole->uv, &whole->check);
	whole->prepare.data = whole;
	whole->check.data = whole;
	(void)uv_prepare_start(&whole->prepare, on_prepare);
	(void)uv_check_start(&whole->check, on_check);
	whole->loop.whole = whole;
	*ret = &steal_ptr(whole)->loop;
	return 0;
}

int snet__loop_new_part(struct snet__loop **ret, struct snet__loop *loop,
			struct snet_err *err)
{
	struct snet__loop *part = calloc(1, sizeof(*part));

	if (!part)
		return snet__err_oom(err);
	part->whole = loop->whole;
	*ret = part;
	return 0;
}

static void free_whole(struct whole *whole)
{
	whole->turn = NULL;
	uv_close((uv_handle_t *)&whole->wake, NULL);
	uv_close((uv_handle_t *)&whole->prepare, NULL);
	uv_close((uv_handle_t *)&whole->check, NULL);
	/* Lets the closings end, those of freed timers and watches with them. A stop that came
	 * after the last run ends the first of these at once. */
	(void)uv_run(&whole->uv, UV_RUN_DEFAULT);
	(void)uv_run(&whole->uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&whole->uv);
	(void)pthread_mutex_destroy(&whole->lock);
	free(whole);
}

void snet__loop_free(struct snet__loop *loop)
{
	if (!loop)
		return;
	if (loop == &loop->whole->loop)
		free_whole(loop->whole);
	else
		free(loop);
}

void snet__loop_run(struct snet__loop *loop)
{
	(void)uv_run(&loop->whole->uv,
		     UV_RUN_DEFAULT); /* says only whether handles are left */
}

void snet__loop_stop(struct snet__loop *loop)
{
	uv_stop(&loop->whole->uv);
}

void snet__loop_set_turn(struct snet__loop *loop, snet__loop_turn_fn fn, void *user)
{
	loop->whole->turn = fn;
	loop->whole->turn_user = user;
}

static void park(struct snet__loop *loop, struct parked *parked)
{
	parked->next = loop->parked;
	if (parked->next)
		parked->next->at = &parked->next;
	parked->at = &loop->parked;
	loop->parked = parked;
}

static void unpark(struct parked *parked)
{
	if (!parked->at)
		return;
	*parked->at = parked->next;
	if (parked->next)
		parked->next->at = parked->at;
	parked->at = NULL;
}

void snet__loop_set_held(struct snet__loop *loop, bool is_held)
{
	struct parked *parked;

	loop->is_held = is_held;
	while (!is_held && (parked = loop->parked)) {
		unpark(parked);
		parked->go_on(parked);
	}
}

bool snet__loop_is_held(const struct snet__loop *loop)
{
	return loop->is_held;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer(uv_timer_t *uv)
{
	struct snet__timer *timer = uv->data;

	if (timer->loop->is_held) {
		(void)uv_timer_stop(uv);
		park(timer->loop, &timer->parked);
		return;
	}
	timer->fn(timer->user);
}

/* Once, however often it would have fired. */
static void timer_go_on(struct parked *parked)
{
	struct snet__timer *timer = (struct snet__timer *)parked;

	(void)uv_timer_start(&timer->uv, on_timer, 0, uv_timer_get_repeat(&timer->uv));
}

int snet__timer_new(struct snet__timer **ret, struct snet__loop *loop, snet__timer_fn fn,
		    void *user, struct snet_err *err)
{
	struct snet__timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return snet__err_oom(err);

	(void)uv_timer_init(&loop->whole->uv, &timer->uv); /* cannot fail */
	timer->uv.data = timer;
	timer->loop = loop;
	timer->parked.go_on = timer_go_on;
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
	unpark(&timer->parked);
	(void)uv_timer_start(&timer->uv, on_timer, to_ms(delay_ns), to_ms(period_ns));
}

void snet__timer_stop(struct snet__timer *timer)
{
	unpark(&timer->parked);
	(void)uv_timer_stop(&timer->uv);
}

void snet__timer_free(struct snet__timer *timer)
{
	if (!timer)
		return;
	unpark(&timer->parked);
	uv_close((uv_handle_t *)&timer->uv, free_handle);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
	struct snet__watch *watch = uv->data;

	if (watch->loop->is_held) {
		(void)uv_poll_stop(uv);
		park(watch->loop, &watch->parked);
		return;
	}
	/* An error on the descriptor shows at the next read or write; report it as both. */
	if (status < 0)
		events = UV_READABLE | UV_WRITABLE;
	watch->fn(watch->user,
		  (events & (UV_READABLE | UV_DISCONNECT) ? SNET__WATCH_READ : 0) |
			  (events & UV_WRITABLE ? SNET__WATCH_WRITE : 0));
}

static void watch_start(struct snet__watch *watch)
{
	int uv_events = (watch->events & SNET__WATCH_READ ? UV_READABLE : 0) |
			(watch->events & SNET__WATCH_WRITE ? UV_WRITABLE : 0);

	/* Neither fails on a handle that is open. */
	if (uv_events)
		(void)uv_poll_start(&watch->uv, uv_events, on_poll);
	else
		(void)uv_poll_stop(&watch->uv);
}

static void watch_go_on(struct parked *parked)
{
	watch_start((struct snet__watch *)parked);
}

int snet__watch_new(struct snet__watch **ret, struct snet__loop *loop, int fd,
		    snet__watch_fn fn, void *user, struct snet_err *err)
{
	autofree struct snet__watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return snet__err_oom(err);

	r = uv_poll_init(&loop->whole->uv, &watch->uv, fd);
	if (r < 0)
		return snet__err_sys(err, r, "cannot watch descriptor %d", fd);

	watch->uv.data = watch;
	watch->loop = loop;
	watch->parked.go_on = watch_go_on;
	watch->fn = fn;
	watch->user = user;
	*ret = steal_ptr(watch);
	return 0;
}

void snet__watch_set(struct snet__watch *watch, int events)
{
	watch->events = events;
	if (!watch->parked.at) /* else when it goes on */
		watch_start(watch);
}

void snet__watch_free(struct snet__watch *watch)
{
	if (!watch)
		return;
	unpark(&watch->parked);
	uv_close((uv_handle_t *)&watch->uv, free_handle);
}
