/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rights.h"
#include "suite.h"
#include "sys/command.h"
#include "sys/netns.h"
#include "sys/process.h"
#include "sys/userns.h"
#include "wait.h"

#define NOTHING .netns = -1, .mntns = -1, .stdio = {-1, -1, -1, -1}

static struct snet_err err;

/* What @opts prints, and its exit status. */
static int run(struct snet__process_opts *opts, char *text, size_t size)
{
	int out[2], pidfd = -1, status;
	size_t length = 0;
	ssize_t n;
	pid_t pid = -1;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	opts->stdio[1] = out[1];
	ck_assert_msg(snet__process_start(&pid, &pidfd, opts, &err) == 0, "%s", err.msg);
	close(out[1]);
	while ((n = read(out[0], text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(out[0]);
	ck_assert(wait_readable(pidfd));
	status = snet__process_reap(pid);
	close(pidfd);
	return status;
}

static int run_shell(const char *script, struct snet__process_opts *opts, char *text,
		     size_t size)
{
	const char *argv[] = {"sh", "-c", script, NULL};

	opts->argv = argv;
	return run(opts, text, size);
}

START_TEST(what_a_command_says_in_lines_is_one)
{
	const char *const argv[] = {
		"sh", "-c", "printf '\\ngzip: no\\tway\\n\\ntar: end\\n' >&2; exit 2",
		NULL};

	ck_assert_int_eq(snet__command_run(argv, -1, &err), -EIO);
	ck_assert_str_eq(err.msg, "gzip: no way; tar: end");
}
END_TEST

START_TEST(a_program_is_found_in_the_path_and_its_status_reaped)
{
	struct snet__process_opts opts = {NOTHING};
	char text[100];
	int status = run_shell("echo hello; exit 3", &opts, text, sizeof(text));

	ck_assert_str_eq(text, "hello\n");
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	ck_assert_int_eq(snet__process_reap(1), -ECHILD);
}
END_TEST

START_TEST(environment_and_folder_are_what_is_asked)
{
	const char *env[] = {"COLOUR=green", NULL};
	struct snet__process_opts opts = {NOTHING, .env = env, .cwd = "/usr"};
	char text[100];

	(void)run_shell("pwd; echo $COLOUR $HOME", &opts, text, sizeof(text));
	ck_assert_str_eq(text, "/usr\ngreen\n");
}
END_TEST

START_TEST(no_other_descriptor_arrives)
{
	struct snet__process_opts opts = {NOTHING};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char text[100];

	ck_assert_int_eq(dup2(null, 7), 7); /* not O_CLOEXEC */
	(void)run_shell("for i in 3 4 5 6 7 8 9; do "
			"[ -e /proc/$$/fd/$i ] && readlink /proc/$$/fd/$i; done",
			&opts, text, sizeof(text));
	ck_assert_str_eq(text, "");
	close(7);
	close(null);
}
END_TEST

START_TEST(descriptors_may_be_crossed)
{
	int keep[2] = {dup(1), dup(2)}, three[2], pidfd = -1;
	const char *argv[] = {"sh", "-c", "echo one; echo two >&2; echo three >&3", NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv};
	int out[2], errors[2];
	char text[10] = "";
	pid_t pid = -1;

	/* The child's 1 is our 2, its 2 our 3 or so, its 3 our 1. */
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(errors, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(three, O_CLOEXEC), 0);
	dup2(out[1], 2);
	dup2(three[1], 1);
	opts.stdio[1] = 2;
	opts.stdio[2] = errors[1];
	opts.stdio[3] = 1;
	ck_assert_int_eq(snet__process_start(&pid, &pidfd, &opts, &err), 0);
	dup2(keep[0], 1);
	dup2(keep[1], 2);
	ck_assert(wait_readable(pidfd));
	ck_assert_int_eq(snet__process_reap(pid), 0);
	ck_assert_int_eq(read(out[0], text, 9), 4);
	ck_assert_str_eq(text, "one\n");
	ck_assert_int_eq(read(errors[0], text, 9), 4);
	ck_assert_str_eq(text, "two\n");
	ck_assert_int_eq(read(three[0], text, 9), 6);
	ck_assert_mem_eq(text, "three\n", 6);
	close(pidfd);
}
END_TEST

START_TEST(signals_are_as_new)
{
	struct snet__process_opts opts = {NOTHING};
	sigset_t set;
	char text[200];

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)run_shell("exec grep -E 'SigBlk|SigIgn' /proc/self/status", &opts, text,
			sizeof(text));
	ck_assert_str_eq(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(address_space_is_limited)
{
	struct snet__process_opts opts = {NOTHING, .address_space_bytes = 512 << 20};
	char text[100];

	(void)run_shell("ulimit -v", &opts, text, sizeof(text));
	ck_assert_str_eq(text, "524288\n");
}
END_TEST

START_TEST(namespaces_are_entered)
{
	char path[] = "/tmp/snet-test-hosts-XXXXXX", text[200], expected[200];
	struct snet__process_opts opts = {NOTHING};
	int file = mkstemp(path);
	struct stat info;

	ck_assert_int_eq(write(file, "10.0.0.9 a9\n", 12), 12);
	ck_assert_int_eq(snet__netns_new(&opts.netns, &err), 0);
	ck_assert_msg(snet__mntns_new(&opts.mntns, path, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(fstat(opts.netns, &info), 0);
	ck_assert_int_eq(chdir("/usr/bin"), 0);
	(void)run_shell("readlink /proc/self/ns/net; cat /etc/hosts; pwd", &opts, text,
			sizeof(text));
	(void)snprintf(expected, sizeof(expected), "net:[%lu]\n10.0.0.9 a9\n/usr/bin\n",
		       (unsigned long)info.st_ino);
	ck_assert_str_eq(text, expected);
	close(opts.netns);
	close(opts.mntns);
	close(file);
	unlink(path);
}
END_TEST

/* A file in /tmp with this content and mode; its name goes to @path. */
static int make_file(char *path, const char *text, mode_t mode)
{
	int fd = mkostemp(path, O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	return fd;
}

static int start(const char *program, const char *cwd)
{
	const char *argv[] = {program, NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv, .cwd = cwd};
	int pidfd = -1;
	pid_t pid = -1;
	int r = snet__process_start(&pid, &pidfd, &opts, &err);

	ck_assert_int_eq(pidfd, -1);
	return r;
}

START_TEST(why_a_program_cannot_start_is_said)
{
	char garbage[] = "/tmp/snet-test-XXXXXX", script[] = "/tmp/snet-test-XXXXXX";
	char expected[200];

	ck_assert_int_eq(start("no-such-program", NULL), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot start 'no-such-program': not found in PATH");
	ck_assert_int_eq(start("/no/such", NULL), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot start '/no/such': No such file or directory");
	ck_assert_int_eq(start("/etc/passwd", NULL), -EACCES);
	ck_assert_str_eq(err.msg, "cannot start '/etc/passwd': Permission denied");
	ck_assert_int_eq(start("true", "/no/such"), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot start 'true' in folder '/no/such': "
				  "No such file or directory");
	close(make_file(garbage, "no program at all\n", 0755));
	ck_assert_int_eq(start(garbage, NULL), -ENOEXEC);
	(void)snprintf(
		expected, sizeof(expected),
		"cannot start '%s': no program of this machine, and no script that "
		"begins with '#!'",
		garbage);
	ck_assert_str_eq(err.msg, expected);
	unlink(garbage);
	close(make_file(script, "#!/no/such\n", 0755));
	(void)snprintf(expected, sizeof(expected),
		       "cannot start '%s': the interpreter that it names is not there",
		       script);
	ck_assert_int_eq(start(script, NULL), -ENOENT);
	ck_assert_str_eq(err.msg, expected);
	/* A path that is not absolute begins in the program's folder. */
	ck_assert_int_eq(start(script + 1, "/"), -ENOENT);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "the interpreter that it names is not there"));
	unlink(script);
	/* None of them is left as a zombie. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static void *close_soon(void *user)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	nanosleep(&pause, NULL);
	close(*(int *)user);
	return NULL;
}

START_TEST(a_program_that_is_still_being_written_is_tried_again)
{
	char path[] = "/tmp/snet-test-XXXXXX";
	const char *argv[] = {path, NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv};
	int fd = make_file(path, "#!/bin/sh\nexit 0\n", 0755), pidfd = -1;
	pthread_t thread;
	pid_t pid = -1;

	ck_assert_int_eq(pthread_create(&thread, NULL, close_soon, &fd), 0);
	ck_assert_msg(snet__process_start(&pid, &pidfd, &opts, &err) == 0, "%s", err.msg);
	pthread_join(thread, NULL);
	ck_assert_int_eq(snet__process_reap(pid), 0);
	close(pidfd);
	unlink(path);
}
END_TEST

static pid_t start_sleeper(int *ret_pidfd)
{
	const char *argv[] = {"sleep", "600", NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv};
	pid_t pid = -1;

	ck_assert_msg(snet__process_start(&pid, ret_pidfd, &opts, &err) == 0, "%s",
		      err.msg);
	return pid;
}

START_TEST(kill_reaches_the_whole_group)
{
	const char *argv[] = {"sh", "-c", "sleep 600 & echo $!; wait", NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv};
	int out[2], pidfd = -1, grandchild;
	char text[20] = "";
	pid_t pid = -1;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	opts.stdio[1] = out[1];
	ck_assert_int_eq(snet__process_start(&pid, &pidfd, &opts, &err), 0);
	ck_assert_int_eq(getsid(pid), pid);
	ck_assert_int_gt(read(out[0], text, sizeof(text) - 1), 0);
	grandchild = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	ck_assert_int_ge(grandchild, 0);
	snet__process_kill(pid);
	ck_assert(wait_readable(pidfd));
	ck_assert(wait_readable(grandchild));
	ck_assert_int_eq(snet__process_reap(pid), SIGKILL);
	close(grandchild);
	close(pidfd);
}
END_TEST

START_TEST(a_child_dies_with_its_killed_parent)
{
	int out[2], pidfd, unused = -1;
	pid_t parent, sleeper = -1;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		sleeper = start_sleeper(&unused);
		(void)!write(out[1], &sleeper, sizeof(sleeper));
		pause();
		_exit(1);
	}
	ck_assert_int_eq(read(out[0], &sleeper, sizeof(sleeper)), sizeof(sleeper));
	pidfd = (int)syscall(SYS_pidfd_open, sleeper, 0);
	ck_assert_int_ge(pidfd, 0);
	kill(parent, SIGKILL);
	ck_assert(wait_readable(pidfd));
	waitpid(parent, NULL, 0);
	close(pidfd);
}
END_TEST

/* A shell that starts a "sleep" in a session of its own, and says its number in /proc. */
static pid_t start_leaver(int out[2], int *ret_pidfd)
{
	static const char script[] = "setsid sh -c 'read -r pid rest </proc/self/stat; "
				     "echo $pid; exec sleep 600' & wait";
	const char *argv[] = {"sh", "-c", script, NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv, .own_pids = true};
	pid_t pid = -1;

	opts.stdio[1] = out[1];
	ck_assert_msg(snet__process_start(&pid, ret_pidfd, &opts, &err) == 0, "%s",
		      err.msg);
	return pid;
}

static int open_leaver(const int out[2], pid_t pid)
{
	char text[20] = "";
	int pidfd;

	ck_assert(wait_readable(out[0]));
	ck_assert_int_gt(read(out[0], text, sizeof(text) - 1), 0);
	pidfd = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(getsid(atoi(text)), atoi(text));
	if (pid > 0)
		ck_assert_int_ne(getsid(atoi(text)), pid);
	return pidfd;
}

START_TEST(what_has_left_the_group_dies_with_the_child)
{
	int out[2], pidfd = -1, leaver;
	pid_t pid;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	pid = start_leaver(out, &pidfd);
	ck_assert_int_eq(getsid(pid), pid);
	leaver = open_leaver(out, pid);
	snet__process_kill(pid);
	ck_assert(wait_readable(pidfd));
	ck_assert_int_eq(snet__process_reap(pid), SIGKILL);
	ck_assert(wait_readable(leaver));
	close(leaver);
	close(pidfd);
}
END_TEST

START_TEST(what_has_left_the_group_dies_with_the_killed_parent)
{
	int out[2], unused = -1, leaver;
	pid_t parent;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		(void)start_leaver(out, &unused);
		pause();
		_exit(1);
	}
	leaver = open_leaver(out, -1);
	kill(parent, SIGKILL);
	ck_assert(wait_readable(leaver));
	waitpid(parent, NULL, 0);
	close(leaver);
}
END_TEST

START_TEST(a_child_with_its_own_numbers_is_process_1)
{
	struct snet__process_opts opts = {NOTHING, .own_pids = true};
	const char *argv[] = {"/no/such", NULL};
	int pidfd = -1, status;
	pid_t pid = -1;
	char text[20];

	status = run_shell("echo $$ $PPID; exit 3", &opts, text, sizeof(text));
	ck_assert_str_eq(text, "1 0\n");
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	opts = (struct snet__process_opts){NOTHING, .argv = argv, .own_pids = true};
	ck_assert_int_eq(snet__process_start(&pid, &pidfd, &opts, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot start '/no/such': No such file or directory");
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* In a child, as "unshare --pid --fork" does it: what returns is a child of that, which ends with the
 * same status; 77 without rights. */
static void enter_pids(int flags)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID | flags) < 0)
		_exit(77);
	pid = fork();
	if (pid == 0)
		return;
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

START_TEST(a_child_has_its_own_numbers_where_proc_has_outer_ones)
{
	struct snet__process_opts opts = {NOTHING, .own_pids = true};
	char text[20] = "";
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		enter_pids(0);
		status = run_shell("echo $$", &opts, text, sizeof(text));
		_exit(status != 0 || strcmp(text, "1\n") != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Where only files in memory that are to be executable are, 1, or none is, 2; else 77. */
static void check_memory_file(char setting)
{
	int fd;

	enter_pids(CLONE_NEWNS);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		_exit(77);
	fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);
	if (fd < 0 || write(fd, &setting, 1) != 1)
		_exit(77);
	_exit(snet__process_memory_file(&fd, "test", &err) !=
		      (setting == '1' ? 0 : -EACCES) ||
	      (setting == '2' && !strstr(err.msg, "vm.memfd_noexec")) ||
	      (setting == '1' && fchmod(fd, 0700) < 0));
}

START_TEST(a_program_in_memory_can_be_executed_or_the_setting_is_named)
{
	char setting = (char)('1' + _i);
	int status;
	pid_t pid = fork();

	if (pid == 0)
		check_memory_file(setting);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip("memfd", "no vm.memfd_noexec can be set here");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

struct thread_start {
	pid_t pid;
	int pidfd;
};

static void *start_in_thread(void *user)
{
	struct thread_start *started = user;

	started->pid = start_sleeper(&started->pidfd);
	return NULL;
}

START_TEST(a_child_dies_with_the_thread_that_started_it)
{
	struct thread_start started = {-1, -1};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, start_in_thread, &started), 0);
	pthread_join(thread, NULL);
	ck_assert(wait_readable(started.pidfd));
	ck_assert_int_eq(snet__process_reap(started.pid), SIGKILL);
	close(started.pidfd);
}
END_TEST

static const char *const limits[] = {"pid", "mnt"};

/* The limit of a user namespace is its own. */
START_TEST(a_limit_of_namespaces_is_named)
{
	const char *argv[] = {"true", NULL};
	struct snet__process_opts opts = {NOTHING, .argv = argv, .own_pids = true,
					  .own_proc = true};
	char path[64], wanted[128];
	int pidfd = -1;
	pid_t pid = -1;
	FILE *file;

	/* A sanitizer may have threads of its own, which forbid it. */
	if (snet__userns_enter(&err) < 0) {
		skip("limits", "%s", err.msg);
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces",
		       limits[_i]);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fputs("0", file), 0);
	ck_assert_int_eq(fclose(file), 0);

	ck_assert_int_eq(snet__process_start(&pid, &pidfd, &opts, &err), -ENOSPC);
	(void)snprintf(wanted, sizeof(wanted),
		       "cannot make a %s namespace: no more of them allowed (see %s)",
		       _i == 0 ? "PID" : "mount", path);
	ck_assert_str_eq(err.msg, wanted);
	if (_i == 0)
		return;
	ck_assert_int_eq(snet__mntns_new(&pidfd, "/etc/hosts", &err), -ENOSPC);
	ck_assert_str_eq(err.msg, wanted);
}
END_TEST

START_TEST(the_limit_of_open_files_rises_as_needed)
{
	struct rlimit limit = {.rlim_cur = 300, .rlim_max = 1000};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(snet__process_allow_files(10, &err), 0);
	ck_assert_int_eq(snet__process_allow_files(500, &err), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 1000);
	ck_assert_int_eq(snet__process_allow_files(10000, &err), -EMFILE);
	ck_assert_str_eq(err.msg,
			 "needs 10256 open files, but at most 1000 are allowed (raise "
			 "the limit: 'ulimit -Hn 10256' as root)");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("process");
	TCase *t = tcase_create("process");

	rights_get();
	tcase_set_timeout(t, 30);
	tcase_add_test(t, what_a_command_says_in_lines_is_one);
	tcase_add_test(t, a_program_is_found_in_the_path_and_its_status_reaped);
	tcase_add_test(t, environment_and_folder_are_what_is_asked);
	tcase_add_test(t, no_other_descriptor_arrives);
	tcase_add_loop_test(t,
			    a_program_in_memory_can_be_executed_or_the_setting_is_named,
			    0, 2);
	tcase_add_test(t, descriptors_may_be_crossed);
	tcase_add_test(t, signals_are_as_new);
	tcase_add_test(t, address_space_is_limited);
	tcase_add_test(t, namespaces_are_entered);
	tcase_add_test(t, why_a_program_cannot_start_is_said);
	tcase_add_test(t, a_program_that_is_still_being_written_is_tried_again);
	tcase_add_test(t, kill_reaches_the_whole_group);
	tcase_add_test(t, a_child_dies_with_its_killed_parent);
	tcase_add_test(t, a_child_dies_with_the_thread_that_started_it);
	tcase_add_test(t, what_has_left_the_group_dies_with_the_child);
	tcase_add_test(t, what_has_left_the_group_dies_with_the_killed_parent);
	tcase_add_test(t, a_child_with_its_own_numbers_is_process_1);
	tcase_add_test(t, a_child_has_its_own_numbers_where_proc_has_outer_ones);
	tcase_add_loop_test(t, a_limit_of_namespaces_is_named, 0,
			    sizeof(limits) / sizeof(*limits));
	tcase_add_test(t, the_limit_of_open_files_rises_as_needed);
	suite_add_tcase(s, t);
	return s;
}
