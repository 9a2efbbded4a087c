/* SPDX-License-Identifier: MIT */
/* The event loop: tasks from many threads, timers and watches that end themselves, turns. */

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "suite.h"
#include "wait.h"

#define THREADS 8
#define POSTS   20000

static struct snet__loop *loop;
static struct snet__timer *guard;
static unsigned int ran, turns, turns_at;

static void on_guard(void *user)
{
	ck_abort_msg("nothing more has happened");
}

static void set_up(void)
{
	ck_assert_int_eq(snet__loop_new(&loop, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&guard, loop, on_guard, NULL, NULL), 0);
	snet__timer_start(guard, 4 * WAIT_MS * SNET__NS_PER_MS, 0);
	ran = turns = turns_at = 0;
}

static void tear_down(void)
{
	snet__timer_free(guard);
	snet__loop_free(loop);
}

static void count_task(struct snet__task *task)
{
	free(task);
	if (++ran == THREADS * POSTS)
		snet__loop_stop(loop);
}

static void *post_many(void *user)
{
	for (int i = 0; i < POSTS; i++) {
		struct snet__task *task = malloc(sizeof(*task));

		task->fn = count_task;
		snet__loop_post(loop, task);
	}
	return NULL;
}

START_TEST(tasks_of_many_threads_each_run_once)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, NULL), 0);
	snet__loop_run(loop);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(ran, THREADS * POSTS);
}
END_TEST

struct numbered {
	struct snet__task task;
	unsigned int number;
};

static void check_order(struct snet__task *task)
{
	ck_assert_uint_eq(((struct numbered *)task)->number, ran);
	if (++ran == 100)
		snet__loop_stop(loop);
}

START_TEST(tasks_of_one_thread_run_in_their_order)
{
	struct numbered tasks[100];

	for (unsigned int i = 0; i < 100; i++) {
		tasks[i] = (struct numbered){{.fn = check_order}, i};
		snet__loop_post(loop, &tasks[i].task);
	}
	snet__loop_run(loop);
	ck_assert_uint_eq(ran, 100);
}
END_TEST

static void post_itself(struct snet__task *task)
{
	if (++ran == 1000)
		snet__loop_stop(loop);
	else
		snet__loop_post(loop, task);
}

START_TEST(a_task_may_post_itself)
{
	struct snet__task task = {.fn = post_itself};

	snet__loop_post(loop, &task);
	snet__loop_run(loop);
	ck_assert_uint_eq(ran, 1000);
}
END_TEST

static struct snet__timer *timer;

static void free_itself(void *user)
{
	snet__timer_free(timer);
	timer = NULL;
	snet__loop_stop(loop);
}

START_TEST(a_timer_may_be_freed_in_its_own_function)
{
	ck_assert_int_eq(snet__timer_new(&timer, loop, free_itself, NULL, NULL), 0);
	snet__timer_start(timer, 1, SNET__NS_PER_MS);
	snet__loop_run(loop);
	ck_assert_ptr_null(timer);
}
END_TEST

static uint64_t fired_ns;

static void on_fired(void *user)
{
	fired_ns = snet__clock_ns();
	if (++ran == 3)
		snet__loop_stop(loop);
}

START_TEST(a_period_goes_on_and_a_start_begins_anew)
{
	uint64_t start_ns = snet__clock_ns();

	ck_assert_int_eq(snet__timer_new(&timer, loop, on_fired, NULL, NULL), 0);
	snet__timer_start(timer, 3600 * SNET__NS_PER_S, 0);
	snet__timer_start(timer, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__loop_run(loop);
	ck_assert_uint_ge(fired_ns - start_ns, 2 * SNET__NS_PER_MS);
	snet__timer_stop(timer);
	snet__timer_free(timer);
}
END_TEST

static struct snet__watch *watch;
static int pipe_fds[2];

static void free_watch(void *user, int events)
{
	ck_assert_int_eq(events, SNET__WATCH_READ);
	snet__watch_free(watch);
	watch = NULL;
	close(pipe_fds[0]);
	snet__loop_stop(loop);
}

START_TEST(a_watch_may_be_freed_in_its_own_function)
{
	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(snet__watch_new(&watch, loop, pipe_fds[0], free_watch, NULL,
					 NULL),
			 0);
	snet__watch_set(watch, SNET__WATCH_READ);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	snet__loop_run(loop);
	ck_assert_ptr_null(watch);
	close(pipe_fds[1]);
}
END_TEST

/* What is on a part of the loop, and a timer that is not. */
static struct snet__loop *part;
static struct snet__timer *once, *again;
static unsigned int fired_once, fired_again, readable, passed;

static void count(void *user)
{
	++*(unsigned int *)user;
}

static void count_readable(void *user, int events)
{
	char byte;

	ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
	readable++;
}

static void let_go_on(void *user)
{
	if (++passed < 20)
		return;
	if (passed == 20) {
		ck_assert(snet__loop_is_held(part));
		ck_assert_uint_eq(fired_once + fired_again + readable, 0);
		snet__loop_set_held(part, false);
	}
	if (readable && fired_once && fired_again > 1)
		snet__loop_stop(loop);
}

START_TEST(what_happens_to_a_held_part_happens_once_it_goes_on)
{
	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(snet__loop_new_part(&part, loop, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&once, part, count, &fired_once, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&again, part, count, &fired_again, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&timer, loop, let_go_on, NULL, NULL), 0);
	ck_assert_int_eq(snet__watch_new(&watch, part, pipe_fds[0], count_readable, NULL,
					 NULL),
			 0);
	snet__watch_set(watch, SNET__WATCH_READ);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	snet__timer_start(once, SNET__NS_PER_MS, 0);
	snet__timer_start(again, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__timer_start(timer, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__loop_set_held(part, true);
	snet__loop_run(loop);
	ck_assert_uint_eq(fired_once, 1);
	ck_assert_uint_eq(readable, 1);
	snet__timer_free(once);
	snet__timer_free(again);
	snet__timer_free(timer);
	snet__watch_free(watch);
	snet__loop_free(part);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

static void end_part(void *user)
{
	if (++passed == 20)
		snet__loop_stop(loop);
}

/* A timer that has fired meanwhile, stopped or freed, is as if it had not. */
START_TEST(what_ends_while_it_is_held_does_not_happen)
{
	ck_assert_int_eq(snet__loop_new_part(&part, loop, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&once, part, count, &fired_once, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&again, part, count, &fired_again, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&timer, loop, end_part, NULL, NULL), 0);
	snet__timer_start(once, SNET__NS_PER_MS, 0);
	snet__timer_start(again, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__timer_start(timer, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__loop_set_held(part, true);
	snet__loop_run(loop);
	snet__timer_stop(once);
	snet__timer_free(again);
	snet__loop_set_held(part, false);
	passed = 0;
	snet__loop_run(loop);
	ck_assert_uint_eq(fired_once + fired_again, 0);
	snet__timer_free(once);
	snet__timer_free(timer);
	snet__loop_free(part);
}
END_TEST

static void on_turn(void *user)
{
	turns++;
	/* A turn has followed the task: everything that was promised in it can be kept. */
	if (ran && turns > turns_at)
		snet__loop_stop(loop);
}

static void note_turns(struct snet__task *task)
{
	ran++;
	turns_at = turns;
}

static void note_turns_later(void *user)
{
	note_turns(NULL);
}

START_TEST(a_turn_ends_after_its_tasks)
{
	struct snet__task task = {.fn = note_turns};

	snet__loop_set_turn(loop, on_turn, NULL);
	snet__loop_post(loop, &task);
	snet__loop_run(loop);
	ck_assert_uint_ge(turns, turns_at + 1);
}
END_TEST

/* Before the loop waits, which it would for as long as the guard. */
START_TEST(a_turn_ends_after_its_timers)
{
	uint64_t start_ns = snet__clock_ns();

	ck_assert_int_eq(snet__timer_new(&timer, loop, note_turns_later, NULL, NULL), 0);
	snet__timer_start(timer, SNET__NS_PER_MS, 0);
	snet__loop_set_turn(loop, on_turn, NULL);
	snet__loop_run(loop);
	ck_assert_uint_ge(turns, turns_at + 1);
	ck_assert_uint_lt(snet__clock_ns() - start_ns, WAIT_MS * SNET__NS_PER_MS);
	snet__timer_free(timer);
}
END_TEST

START_TEST(a_loop_that_never_ran_is_freed)
{
	struct snet__loop *idle = NULL;

	ck_assert_int_eq(snet__loop_new(&idle, NULL), 0);
	snet__loop_stop(idle);
	snet__loop_free(idle);
	snet__loop_free(NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = tcase_create("loop");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, tasks_of_many_threads_each_run_once);
	tcase_add_test(tcase, tasks_of_one_thread_run_in_their_order);
	tcase_add_test(tcase, a_task_may_post_itself);
	tcase_add_test(tcase, a_timer_may_be_freed_in_its_own_function);
	tcase_add_test(tcase, a_period_goes_on_and_a_start_begins_anew);
	tcase_add_test(tcase, a_watch_may_be_freed_in_its_own_function);
	tcase_add_test(tcase, what_happens_to_a_held_part_happens_once_it_goes_on);
	tcase_add_test(tcase, what_ends_while_it_is_held_does_not_happen);
	tcase_add_test(tcase, a_turn_ends_after_its_tasks);
	tcase_add_test(tcase, a_turn_ends_after_its_timers);
	tcase_add_test(tcase, a_loop_that_never_ran_is_freed);
	suite_add_tcase(suite, tcase);
	return suite;
}
