/* SPDX-License-Identifier: MIT */
/* Whether the thread that shapes a lab's links could keep the times of packets: it is held until it
 * cannot. */

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "hosts.h"
#include "lab/shaping.h"
#include "link/shaper_private.h"
#include "suite.h"

#define MS      SNET__NS_PER_MS
#define PACKETS 100
#define LATE_NS (20 * MS)

static void set_up(void)
{
	err = (struct snet_err){0};
	LABS_OK(snet_lab_new(&lab, "starved", &err));
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "b", .forth.delay_ns = MS, .shaper = SNET_SHAPER_USER);
	LABS_OK(snet_lab_up(lab, &err));
}

static void tear_down(void)
{
	snet_lab_free(lab);
}

struct hold {
	pthread_barrier_t begin, end;
};

/* On the shaper's thread. */
static int hold(struct snet__shaper_thread *thread, void *arg, struct snet_err *unused)
{
	struct hold *held = arg;

	(void)thread;
	(void)unused;
	(void)pthread_barrier_wait(&held->begin);
	(void)pthread_barrier_wait(&held->end);
	return 0;
}

static void *call_hold(void *user)
{
	(void)snet__shaper_call(lab->run->links[0]->shaped->thread, hold, user, NULL);
	return NULL;
}

static void sleep_until(uint64_t at_ns)
{
	const struct timespec at = {.tv_sec = (time_t)(at_ns / SNET__NS_PER_S),
				    .tv_nsec = (long)(at_ns % SNET__NS_PER_S)};

	ck_assert_int_eq(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
}

static void send_one(int fd)
{
	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
}

static void take_one(int fd)
{
	char byte;

	ck_assert_int_eq(recv(fd, &byte, 1, 0), 1);
}

/* Packets arrive while the thread is held, and their times pass. */
static void starve(int out, int in)
{
	struct hold held;
	pthread_t thread;

	(void)pthread_barrier_init(&held.begin, NULL, 2);
	(void)pthread_barrier_init(&held.end, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, call_hold, &held), 0);
	(void)pthread_barrier_wait(&held.begin);
	for (int i = 0; i < PACKETS; i++)
		send_one(out);
	sleep_until(snet__clock_ns() + MS + 2 * LATE_NS);
	(void)pthread_barrier_wait(&held.end);
	(void)pthread_join(thread, NULL);
	for (int i = 0; i < PACKETS; i++)
		take_one(in);
	(void)pthread_barrier_destroy(&held.begin);
	(void)pthread_barrier_destroy(&held.end);
}

START_TEST(packets_that_leave_late_tell_of_it)
{
	const struct snet__shaper_moment begin = {.than_ns = LATE_NS},
					 never = {.than_ns = 3600 * SNET__NS_PER_S};
	struct snet__shaper_moment since, past;
	int in = open_receiver("b"), out = open_sender("a", "b");
	char *said;

	/* Whoever has to be found is, now. */
	send_one(out);
	take_one(in);
	snet__shaper_mark(lab->run->shaper, &since, LATE_NS);
	ck_assert_uint_ge(since.packets, 1);
	ck_assert_ptr_null(snet__shaping_starved(lab->run, &since, &past));
	ck_assert_uint_eq(past.packets, 0);

	starve(out, in);
	said = snet__shaping_starved(lab->run, &since, &past);
	ck_assert_uint_ge(past.packets, PACKETS);
	ck_assert_uint_ge(past.late, PACKETS);
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said, "the shaper's thread was starved: ") == said &&
			      strstr(said, " packets left more than 20.0 ms late"),
		      "%s", said);
	free(said);
	said = snet__shaping_starved(lab->run, &begin, &past);
	ck_assert_ptr_nonnull(said);
	ck_assert_uint_gt(past.packets, PACKETS);
	free(said);

	/* Not by so much, and not since then. */
	ck_assert_ptr_null(snet__shaping_starved(lab->run, &never, &past));
	ck_assert_uint_gt(past.packets, PACKETS);
	ck_assert_uint_eq(past.late, 0);
	snet__shaper_mark(lab->run->shaper, &since, LATE_NS);
	ck_assert_ptr_null(snet__shaping_starved(lab->run, &since, &past));
	ck_assert_uint_eq(past.late, 0);
	close(in);
	close(out);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("starved");
	TCase *t = tcase_create("starved");

	rights_get();
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, packets_that_leave_late_tell_of_it);
	suite_add_tcase(s, t);
	return s;
}
