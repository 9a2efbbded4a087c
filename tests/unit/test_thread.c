/* SPDX-License-Identifier: MIT */
/* Threads that no signal of the program reaches. */

#include <semaphore.h>
#include <signal.h>
#include <string.h>

#include "base/thread.h"
#include "suite.h"

/* What a thread finds. */
struct found {
	sigset_t mask;
	sem_t begun, may_end;
};

static void *look(void *user)
{
	struct found *found = user;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &found->mask);
	(void)sem_post(&found->begun);
	(void)sem_wait(&found->may_end);
	return NULL;
}

static void set_up(struct found *ret)
{
	ck_assert_int_eq(sem_init(&ret->begun, 0, 0), 0);
	ck_assert_int_eq(sem_init(&ret->may_end, 0, 0), 0);
}

static void expect_all_blocked(const struct found *found)
{
	const int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGPIPE, SIGWINCH};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		ck_assert_int_eq(sigismember(&found->mask, signals[i]), 1);
}

START_TEST(signals_stay_with_the_caller)
{
	struct found found;
	sigset_t before, after;
	pthread_t thread;
	char name[16];

	set_up(&found);
	(void)sigemptyset(&before);
	(void)sigaddset(&before, SIGUSR1);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	ck_assert_int_eq(snet__thread_start(&thread, look, &found, "snet-test"), 0);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	ck_assert_int_eq(sem_wait(&found.begun), 0);
	ck_assert_int_eq(pthread_getname_np(thread, name, sizeof(name)), 0);
	ck_assert_int_eq(sem_post(&found.may_end), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	expect_all_blocked(&found);
	ck_assert_str_eq(name, "snet-test");
	for (int i = 1; i < SIGRTMIN; i++)
		ck_assert_int_eq(sigismember(&after, i), i == SIGUSR1);
}
END_TEST

START_TEST(a_thread_may_be_left_alone)
{
	struct found found;

	set_up(&found);
	ck_assert_int_eq(sem_post(&found.may_end), 0);
	ck_assert_int_eq(snet__thread_start(NULL, look, &found, NULL), 0);
	ck_assert_int_eq(sem_wait(&found.begun), 0);
	expect_all_blocked(&found);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("thread");
	TCase *t = tcase_create("thread");

	tcase_add_test(t, signals_stay_with_the_caller);
	tcase_add_test(t, a_thread_may_be_left_alone);
	suite_add_tcase(s, t);
	return s;
}
