/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "rights.h"
#include "suite.h"
#include "sys/cgroup.h"
#include "sys/process.h"
#include "wait.h"

static struct snet_err err;

/* A group, or a skipped test where this machine has none: then the reason is said. */
static struct snet__cgroup *make_group(const char *name, uint64_t bytes)
{
	const struct snet__cgroup_opts opts = {.name = name, .memory_bytes = bytes};
	struct snet__cgroup *cgroup = NULL;
	int r = snet__cgroup_new(&cgroup, &opts, &err);

	if (r == 0)
		return cgroup;
	skip("memory", "%s", err.msg);
	ck_assert_int_eq(r, -ENOTSUP);
	ck_assert_msg(strstr(err.msg, "cannot limit memory by a cgroup: ") == err.msg,
		      "%s", err.msg);
	return NULL;
}

static pid_t start(const struct snet__cgroup *cgroup, const char *const *argv,
		   bool outlives, int *ret_pidfd)
{
	struct snet__process_opts opts = {.argv = argv,
					  .netns = -1,
					  .mntns = -1,
					  .stdio = {-1, -1, -1, -1},
					  .cgroup = cgroup,
					  .outlives = outlives};
	pid_t pid = -1;

	ck_assert_msg(snet__process_start(&pid, ret_pidfd, &opts, &err) == 0, "%s",
		      err.msg);
	return pid;
}

static int wait_end(pid_t pid, int pidfd)
{
	ck_assert(wait_readable(pidfd));
	close(pidfd);
	return snet__process_reap(pid);
}

static int run(const struct snet__cgroup *cgroup, const char *program, const char *arg)
{
	const char *argv[] = {program, arg, NULL};
	int pidfd = -1;
	pid_t pid = start(cgroup, argv, false, &pidfd);

	return wait_end(pid, pidfd);
}

START_TEST(a_modest_process_is_left_alone)
{
	struct snet__cgroup *cgroup = make_group("modest", 64 << 20);

	if (!cgroup)
		return;
	ck_assert_int_eq(run(cgroup, "true", NULL), 0);
	ck_assert_uint_eq(snet__cgroup_oom_kills(cgroup), 0);
	snet__cgroup_free(cgroup);
}
END_TEST

START_TEST(a_greedy_process_is_killed_and_it_shows)
{
	struct snet__cgroup *cgroup = make_group("greedy", 32 << 20);

	if (!cgroup)
		return;
	/* It keeps all that it has read, as that may be a line. */
	ck_assert_int_eq(run(cgroup, "tail", "/dev/zero"), SIGKILL);
	ck_assert_uint_eq(snet__cgroup_oom_kills(cgroup), 1);
	snet__cgroup_free(cgroup);
}
END_TEST

/* Of a group that limits memory only at first, and of a process that runs already. */
START_TEST(cpu_time_is_limited_and_no_more)
{
	struct snet__cgroup *cgroup = make_group("slow", 64 << 20);
	pid_t pid;

	if (!cgroup)
		return;
	ck_assert_uint_eq(snet__cgroup_get_cpu(cgroup), 0);
	ck_assert_int_eq(snet__cgroup_set_cpu(cgroup, 9, &err), -ERANGE);
	ck_assert_str_eq(err.msg, "9 thousandths of a CPU are below 10, the least");
	ck_assert_msg(snet__cgroup_set_cpu(cgroup, 50, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(snet__cgroup_get_cpu(cgroup), 50);
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	ck_assert_int_eq(snet__cgroup_add(cgroup, pid), 0);
	ck_assert_int_eq(snet__cgroup_remove(cgroup), -EBUSY);
	ck_assert_int_eq(snet__cgroup_set_cpu(cgroup, 1500, &err), 0);
	ck_assert_uint_eq(snet__cgroup_get_cpu(cgroup), 1500);
	ck_assert_int_eq(snet__cgroup_set_cpu(cgroup, 0, &err), 0);
	ck_assert_uint_eq(snet__cgroup_get_cpu(cgroup), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(snet__cgroup_add(cgroup, pid), -ESRCH);
	snet__cgroup_free(cgroup);
}
END_TEST

START_TEST(two_groups_of_a_name_are_apart)
{
	struct snet__cgroup *cgroup = make_group("again", 64 << 20), *second;

	if (!cgroup)
		return;
	second = make_group("again", 64 << 20);
	ck_assert_ptr_nonnull(second);
	snet__cgroup_free(cgroup);
	ck_assert_int_eq(run(second, "true", NULL), 0);
	snet__cgroup_free(second);
}
END_TEST

/* Whether there is a group of this process. */
static bool has_group(pid_t pid)
{
	char command[96], line[256] = "";
	FILE *found;

	(void)snprintf(command, sizeof(command),
		       "find /sys/fs/cgroup -name 'snet-%d-*' 2>/dev/null", pid);
	found = popen(command, "re");
	(void)!fgets(line, sizeof(line), found);
	pclose(found);
	return *line;
}

static void *sweep_until(void *is_over)
{
	while (!atomic_load((atomic_bool *)is_over))
		snet__cgroup_sweep();
	return NULL;
}

/* Each lab sweeps as it comes up, also while others make their groups. */
START_TEST(a_group_that_is_just_made_is_not_swept)
{
	const struct snet__cgroup_opts opts = {.name = "new", .millicpus = 500};
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	atomic_bool is_over = false;
	struct snet__cgroup *cgroup = NULL;
	pthread_t thread;

	if (snet__cgroup_new(&cgroup, &opts, &err) < 0) {
		skip("cpu", "%s", err.msg);
		return;
	}
	snet__cgroup_free(cgroup);
	ck_assert_int_eq(pthread_create(&thread, NULL, sweep_until, &is_over), 0);
	/* As often as a guest without a processor of its own can. */
	for (int i = 0; i < 5000 && snet__clock_ns() < until_ns; i++) {
		ck_assert_msg(snet__cgroup_new(&cgroup, &opts, &err) == 0, "%s", err.msg);
		ck_assert_msg(snet__cgroup_get_cpu(cgroup) == 500, "number %d is gone",
			      i);
		snet__cgroup_free(cgroup);
	}
	atomic_store(&is_over, true);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(what_a_killed_lab_left_is_removed)
{
	struct snet__cgroup *cgroup = make_group("sweeper", 64 << 20);
	siginfo_t info;
	pid_t pid;

	if (!cgroup)
		return;
	pid = fork();
	if (pid == 0) {
		(void)make_group("left", 64 << 20);
		_exit(0);
	}
	/* It has ended; that nobody has reaped it does not matter. */
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert(has_group(pid));
	snet__cgroup_sweep();
	ck_assert(!has_group(pid));
	/* One that lives keeps its own. */
	ck_assert(has_group(getpid()));
	snet__cgroup_free(cgroup);
	ck_assert(!has_group(getpid()));
}
END_TEST

/* As in another PID namespace: the group has the number of a process that is not there. */
START_TEST(what_a_living_lab_has_is_not_removed)
{
	int held[2], ready[2];
	siginfo_t info;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe2(held, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)make_group("held", 64 << 20);
		if (fork() == 0) {
			close(held[1]);
			(void)!read(held[0], &c, 1); /* until the test lets go */
			close(ready[0]);
		}
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	if (has_group(pid)) {
		snet__cgroup_sweep();
		ck_assert(has_group(pid));
	}
	close(held[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 0); /* the last holder has ended */
	snet__cgroup_sweep();
	ck_assert(!has_group(pid));
}
END_TEST

static pid_t start_sleeper(const struct snet__cgroup *cgroup, bool outlives,
			   int *ret_pidfd)
{
	const char *argv[] = {"sleep", "600", NULL};

	return start(cgroup, argv, outlives, ret_pidfd);
}

static void *sweep_of(void *pid)
{
	snet__cgroup_sweep_of(*(pid_t *)pid, WAIT_MS);
	return NULL;
}

START_TEST(a_group_whose_processes_are_dying_is_waited_for)
{
	pid_t pid, sleeper = 0;
	pthread_t thread;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct snet__cgroup *cgroup = make_group("dying", 64 << 20);
		int pidfd;

		if (cgroup)
			sleeper = start_sleeper(cgroup, true, &pidfd);
		_exit(write(ends[1], &sleeper, sizeof(sleeper)) < 0);
	}
	ck_assert_int_eq(read(ends[0], &sleeper, sizeof(sleeper)), sizeof(sleeper));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	if (!sleeper)
		return;
	snet__cgroup_sweep_of(pid, 0);
	ck_assert(has_group(pid));
	ck_assert_int_eq(pthread_create(&thread, NULL, sweep_of, &pid), 0);
	ck_assert_int_eq(kill(sleeper, SIGKILL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!has_group(pid));
}
END_TEST

START_TEST(a_group_in_use_is_removed_later)
{
	struct snet__cgroup *cgroup = make_group("busy", 64 << 20);
	int pidfd = -1, r;
	pid_t pid;

	if (!cgroup)
		return;
	pid = start_sleeper(cgroup, false, &pidfd);
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
	pid = start_sleeper(cgroup, false, &pidfd);
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

/* The share of a CPU that a program which wants all of it gets in a second, in percent. */
static long busy_percent(const struct snet__cgroup *cgroup)
{
	const char *argv[] = {"sh", "-c", "while :; do :; done", NULL};
	const struct timespec second = {1, 0};
	struct timespec used;
	uint64_t begin_ns = snet__clock_ns(), took_ns;
	clockid_t clock;
	int pidfd = -1;
	pid_t pid = start(cgroup, argv, false, &pidfd);

	(void)nanosleep(&second, NULL);
	ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &used), 0);
	took_ns = snet__clock_ns() - begin_ns;
	snet__process_kill(pid);
	ck_assert_int_eq(wait_end(pid, pidfd), SIGKILL);
	return (long)(((uint64_t)used.tv_sec * SNET__NS_PER_S + (uint64_t)used.tv_nsec) *
		      100 / took_ns);
}

START_TEST(a_share_of_a_cpu_is_not_exceeded)
{
	const struct snet__cgroup_opts opts = {.name = "quarter",
					       .memory_bytes = 64 << 20,
					       .millicpus = 250};
	struct snet__cgroup *cgroup = NULL;
	long percent;

	if (snet__cgroup_new(&cgroup, &opts, &err) < 0) {
		skip("cpu", "%s", err.msg);
		return;
	}
	percent = busy_percent(cgroup);
	/* One period more than its share, and what it used before it was in the group. */
	ck_assert_int_le(percent, 45);
	ck_assert_int_gt(percent, 0);
	snet__cgroup_free(cgroup);
}
END_TEST

START_TEST(a_name_with_a_slash_is_refused)
{
	const struct snet__cgroup_opts opts = {.name = "../x", .memory_bytes = 1 << 20};
	struct snet__cgroup *cgroup = NULL;

	ck_assert_int_eq(snet__cgroup_new(&cgroup, &opts, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'../x' is no name for a cgroup");
	snet__cgroup_free(NULL);
}
END_TEST

START_TEST(without_rights_the_reason_is_said)
{
	struct snet__cgroup_opts opts = {.name = "x", .memory_bytes = 1 << 20};
	struct snet__cgroup *cgroup = NULL;

	if (geteuid() != 0)
		return;
	rights_drop();
	ck_assert_int_eq(snet__cgroup_new(&cgroup, &opts, &err), -ENOTSUP);
	ck_assert_msg(strstr(err.msg, "cannot limit memory by a cgroup: ") == err.msg,
		      "%s", err.msg);
	opts = (struct snet__cgroup_opts){.name = "x", .millicpus = 500};
	ck_assert_int_eq(snet__cgroup_new(&cgroup, &opts, &err), -ENOTSUP);
	ck_assert_msg(strstr(err.msg, "cannot limit CPU time by a cgroup: ") == err.msg,
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
	tcase_add_test(t, cpu_time_is_limited_and_no_more);
	tcase_add_test(t, two_groups_of_a_name_are_apart);
	tcase_add_test(t, a_group_that_is_just_made_is_not_swept);
	tcase_add_test(t, a_group_in_use_is_freed_without_a_wait);
	/* Which is what the last one has left, too. */
	tcase_add_test(t, what_a_killed_lab_left_is_removed);
	tcase_add_test(t, what_a_living_lab_has_is_not_removed);
	tcase_add_test(t, a_group_whose_processes_are_dying_is_waited_for);
	tcase_add_test(t, a_group_in_use_is_removed_later);
	tcase_add_test(t, a_share_of_a_cpu_is_not_exceeded);
	tcase_add_test(t, a_name_with_a_slash_is_refused);
	tcase_add_test(t, without_rights_the_reason_is_said);
	suite_add_tcase(s, t);
	return s;
}
