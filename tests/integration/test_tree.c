/* SPDX-License-Identifier: MIT */
/* Processes that have children of all sorts, stopped and continued as a whole. */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "rights.h"
#include "suite.h"
#include "sys/tree.h"
#include "wait.h"

static pid_t root;
static int out[2];

/* A shell that starts a process over and over, and two more that do, one in a session of its own;
 * each says when it is there. It is process 1 of a namespace, so that all of them end with it, and it
 * with the test. */
static void set_up(void)
{
	static const char loop[] = "echo; while :; do sleep 0.001; done";
	char script[256], said;

	(void)snprintf(script, sizeof(script), "setsid sh -c '%s' & sh -c '%s' & %s",
		       loop, loop, loop);
	ck_assert_int_eq(pipe(out), 0);
	/* As fork(2); the test's other children stay where it is. */
	root = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	ck_assert_int_ge(root, 0);
	if (root == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(out[1], 1);
		(void)execlp("sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert(wait_readable(out[0]));
		ck_assert_int_eq(read(out[0], &said, 1), 1);
	}
}

static void tear_down(void)
{
	ck_assert_int_eq(kill(root, SIGKILL), 0);
	ck_assert_int_eq(waitpid(root, NULL, 0), root);
	close(out[0]);
	close(out[1]);
}

START_TEST(all_of_a_tree_stop_and_go_on)
{
	uint64_t until_ns;

	for (int i = 0; i < 200; i++) {
		ck_assert(!snet__tree_is_stopped(root));
		snet__tree_stop(root);
		ck_assert(snet__tree_is_stopped(root));
		snet__tree_continue(root);
		until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
		while (snet__tree_is_stopped(root))
			ck_assert_uint_lt(snet__clock_ns(), until_ns);
	}
}
END_TEST

static void count(void *user, pid_t pid, char state)
{
	(void)pid;
	(void)state;
	++*(size_t *)user;
}

START_TEST(each_of_a_tree_is_found)
{
	size_t found = 0;

	snet__tree_stop(root);
	ck_assert_uint_eq(snet__tree_each(root, count, &found), found);
	ck_assert_uint_ge(found, 3);
	snet__tree_continue(root);
	ck_assert_uint_eq(snet__tree_each(0, count, &found), 0);
	ck_assert(!snet__tree_is_stopped(0));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("tree");
	TCase *tcase = tcase_create("tree");

	rights_get();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, all_of_a_tree_stop_and_go_on);
	tcase_add_test(tcase, each_of_a_tree_is_found);
	suite_add_tcase(suite, tcase);
	return suite;
}
