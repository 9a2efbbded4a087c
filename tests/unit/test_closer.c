/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "suite.h"
#include "sys/closer.h"

#define COUNT 300

static int pipes[COUNT][2];
static struct snet__closer *closer;

static void set_up(void)
{
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(pipe(pipes[i]), 0);
	ck_assert_int_eq(snet__closer_new(&closer, NULL), 0);
}

static void tear_down(void)
{
	for (int i = 0; i < COUNT; i++)
		close(pipes[i][0]);
}

/* Whether its other end is closed, or will be within @patience_ms. */
static bool is_closed(int index, int patience_ms)
{
	struct pollfd polled = {.fd = pipes[index][0]};

	return poll(&polled, 1, patience_ms) == 1 && polled.revents & POLLHUP;
}

static void *give_half(void *user)
{
	const int *first = user;

	for (int i = *first; i < COUNT; i += 2)
		snet__closer_take(closer, pipes[i][1]);
	return NULL;
}

START_TEST(what_is_taken_is_closed)
{
	snet__closer_take(closer, pipes[0][1]);
	ck_assert(is_closed(0, 60000));
	ck_assert(!is_closed(1, 0));
	for (int i = 1; i < COUNT; i++)
		snet__closer_take(closer, pipes[i][1]);
	for (int i = 1; i < COUNT; i++)
		ck_assert(is_closed(i, 60000));
	snet__closer_free(closer);
}
END_TEST

START_TEST(its_end_waits_for_all)
{
	static const int firsts[2] = {0, 1};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, give_half,
						(void *)&firsts[i]),
				 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	snet__closer_free(closer);
	for (int i = 0; i < COUNT; i++)
		ck_assert(is_closed(i, 0));
}
END_TEST

START_TEST(who_has_nothing_to_close_ends)
{
	snet__closer_free(closer);
	snet__closer_free(NULL);
	for (int i = 0; i < COUNT; i++) {
		ck_assert(!is_closed(i, 0));
		close(pipes[i][1]);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("closer");
	TCase *tcase = tcase_create("closer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_is_taken_is_closed);
	tcase_add_test(tcase, its_end_waits_for_all);
	tcase_add_test(tcase, who_has_nothing_to_close_ends);
	suite_add_tcase(suite, tcase);
	return suite;
}
