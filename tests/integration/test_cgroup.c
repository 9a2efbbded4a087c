/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rights.h"
#include "suite.h"
#include "sys/cgroup.h"
#include "sys/process.h"
#include "wait.h"

static struct snet_err err;

/* A group, or a skipped test where this machine has none: then the reason is said. */
static struct snet__cgroup *make_group(const char *name, uint64_t bytes)
{
	struct snet__cgroup *cgroup = NULL;
	int r = snet__cgroup_new(&cgroup, name, bytes, &err);

	if (r == 0)
		return cgroup;
	ck_assert_int_eq(r, -ENOTSUP);
	ck_assert_msg(strstr(err.msg, "cannot limit memory by a cgroup: ") == err.msg,
		      "%s", err.msg);
	return NULL;
}

static int run_python(const struct snet__cgroup *cgroup, const char *script)
{
	const char *argv[] = {"python3", "-c", script, NULL};
	struct snet__process_opts opts = {.argv = argv,
					  .netns = -1,
					  .mntns = -1,
					  .stdio = {-1, -1, -1, -1},
					  .cgroup_procs = snet__cgroup_procs_fd(cgroup)};
	int pidfd = -1, status;
	pid_t pid = -1;

	ck_assert_msg(snet__process_start(&pid, &pidfd, &opts, &err) == 0, "%s", err.msg);
	ck_assert(wait_readable(pidfd));
	status = snet__process_reap(pid);
	close(pidfd);
	return status;
}

START_TEST(a_modest_process_is_left_alone)
{
	struct snet__cgroup *cgroup = make_group("modest", 64 << 20);

	if (!cgroup)
		return;
	ck_assert_int_eq(run_python(cgroup, "x = bytearray(1 << 20)"), 0);
	ck_assert(!snet__cgroup_has_oom(cgroup));
	snet__cgroup_free(cgroup);
}
END_TEST

START_TEST(a_greedy_process_is_killed_and_it_shows)
{
	struct snet__cgroup *cgroup = make_group("greedy", 32 << 20);

	if (!cgroup)
		return;
	ck_assert_int_eq(run_python(cgroup, "x = bytearray(b'x' * (200 << 20))"),
			 SIGKILL);
	ck_assert(snet__cgroup_has_oom(cgroup));
	snet__cgroup_free(cgroup);
}
END_TEST

START_TEST(a_name_is_free_again_after_use)
{
	struct snet__cgroup *cgroup = make_group("again", 64 << 20), *second = NULL;

	if (!cgroup)
		return;
	ck_assert_int_eq(snet__cgroup_new(&second, "again", 64 << 20, &err), -EEXIST);
	ck_assert_str_eq(err.msg, "cgroup 'again' exists already");
	snet__cgroup_free(cgroup);
	second = make_group("again", 64 << 20);
	ck_assert_ptr_nonnull(second);
	snet__cgroup_free(second);
}
END_TEST

START_TEST(what_a_killed_lab_left_is_removed)
{
	struct snet__cgroup *cgroup;
	pid_t pid = fork();

	if (pid == 0) {
		(void)make_group("left", 64 << 20);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	cgroup = make_group("sweeper", 64 << 20);
	if (!cgroup)
		return;
	/* Under version 1 the folder can be named; elsewhere it is enough that this works. */
	snet__cgroup_free(cgroup);
}
END_TEST

static pid_t start_sleeper(const struct snet__cgroup *cgroup, int *ret_pidfd)
{
	const char *argv[] = {"sleep", "600", NULL};
	struct snet__process_opts opts = {.argv = argv,
					  .netns = -1,
					  .mntns = -1,
					  .stdio = {-1, -1, -1, -1},
					  .cgroup_procs = snet__cgroup_procs_fd(cgroup)};
	pid_t pid = -1;

	ck_assert_msg(snet__process_start(&pid, ret_pidfd, &opts, &err) == 0, "%s",
		      err.msg);
	return pid;
}

START_TEST(a_group_in_use_is_removed_later)
{
	struct snet__cgroup *cgroup = make_group("busy", 64 << 20);
	int pidfd = -1, r;
	pid_t pid;

	if (!cgroup)
		return;
	pid = start_sleeper(cgroup, &pidfd);
	ck_assert_int_eq(snet__cgroup_remove(cgroup), -EBUSY);
	snet__process_kill(pid);
	ck_assert(wait_readable(pidfd));
	ck_assert_int_eq(snet__process_reap(pid), SIGKILL);
	while ((r = snet__cgroup_remove(cgroup)) ==
	       -EBUSY) /* bounded by the time limit */
		sched_yield();
	ck_assert_int_eq(r, 0);
	snet__cgroup_free(cgroup);
	close(pidfd);
}
END_TEST

START_TEST(a_group_in_use_is_freed_without_a_wait)
{
	struct snet__cgroup *cgroup = make_group("stays", 64 << 20);
	struct rusage before, after;
	int pidfd = -1;
	pid_t pid;

	if (!cgroup)
		return;
	pid = start_sleeper(cgroup, &pidfd);
	/* Each sleep is a switch to another thread by its own will. */
	getrusage(RUSAGE_THREAD, &before);
	snet__cgroup_free(cgroup);
	getrusage(RUSAGE_THREAD, &after);
	ck_assert_int_lt(after.ru_nvcsw - before.ru_nvcsw, 20);
	snet__process_kill(pid);
	ck_assert(wait_readable(pidfd));
	ck_assert_int_eq(snet__process_reap(pid), SIGKILL);
	close(pidfd);
}
END_TEST

START_TEST(a_name_with_a_slash_is_refused)
{
	struct snet__cgroup *cgroup = NULL;

	ck_assert_int_eq(snet__cgroup_new(&cgroup, "../x", 1 << 20, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'../x' is no name for a cgroup");
	snet__cgroup_free(NULL);
}
END_TEST

START_TEST(without_rights_the_reason_is_said)
{
	struct snet__cgroup *cgroup = NULL;

	if (geteuid() != 0)
		return;
	rights_drop();
	ck_assert_int_eq(snet__cgroup_new(&cgroup, "x", 1 << 20, &err), -ENOTSUP);
	ck_assert_msg(strstr(err.msg, "cannot limit memory by a cgroup: ") == err.msg,
		      "%s", err.msg);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cgroup");
	TCase *t = tcase_create("cgroup");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_modest_process_is_left_alone);
	tcase_add_test(t, a_greedy_process_is_killed_and_it_shows);
	tcase_add_test(t, a_name_is_free_again_after_use);
	tcase_add_test(t, a_group_in_use_is_freed_without_a_wait);
	/* Which is what the last one has left, too. */
	tcase_add_test(t, what_a_killed_lab_left_is_removed);
	tcase_add_test(t, a_group_in_use_is_removed_later);
	tcase_add_test(t, a_name_with_a_slash_is_refused);
	tcase_add_test(t, without_rights_the_reason_is_said);
	suite_add_tcase(s, t);
	return s;
}
