/* SPDX-License-Identifier: MIT */
/* What a killed lab leaves is removed without anybody doing so, and nothing else is. */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "programs.h"
#include "suite.h"
#include "sys/remains.h"
#include "sys/sweeper.h"
#include "sys/unix.h"

#define ROUNDS 5

static char state[200];
static bool has_no_memory_files;

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	if (!has_no_memory_files)
		return __real_memfd_create(name, flags);
	errno = EACCES;
	return -1;
}

static void set_up(void)
{
	programs_set_up();
	(void)snprintf(state, sizeof(state), "%.100s/lab", folder.path);
	LABS_OK(snet_lab_set_folder(lab, state, &err));
}

/* A lab in a process of its own, with a program in it. */
static pid_t start_lab(void)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		programs_up();
		ck_assert_int_eq(write(ends[1], "x", 1), 1);
		pause();
	}
	close(ends[1]);
	ck_assert(wait_readable(ends[0]));
	ck_assert_int_eq(read(ends[0], (char[1]){0}, 1), 1);
	close(ends[0]);
	return pid;
}

static void kill_lab(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* The sweeper of the lab of process @lab_pid; 0: it has none. */
static pid_t find_sweeper(pid_t lab_pid)
{
	char command[4096], wanted[4096];
	glob_t found = {0};
	pid_t pid = 0;
	int size;

	size = snprintf(wanted, sizeof(wanted), "snet-sweeper%cprograms%c%d%c%s%c", 0, 0,
			(int)lab_pid, 0, state, 0);
	ck_assert_int_eq(glob("/proc/[0-9]*/cmdline", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		autoclose int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && read(fd, command, sizeof(command)) > size &&
		    memcmp(command, wanted, (size_t)size) == 0)
			pid = atoi(found.gl_pathv[i] + strlen("/proc/"));
	}
	globfree(&found);
	return pid;
}

static void wait_swept(pid_t lab_pid)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (find_sweeper(lab_pid))
		ck_assert_uint_lt(snet__clock_ns(), until_ns);
}

static bool has_cgroup(pid_t pid)
{
	autofree char *pattern =
		snet__text_format("find /sys/fs/cgroup -name 'snet-%d-*' 2>/dev/null",
				  pid);
	FILE *found = popen(pattern, "re");
	char line[256] = "";

	(void)!fgets(line, sizeof(line), found);
	pclose(found);
	return *line;
}

static bool is_there(const char *name)
{
	autofree char *path = snet__text_format("%s/%s", state, name);

	return access(path, F_OK) == 0;
}

static void make_folder(const char *name)
{
	autofree char *path = snet__text_format("%s/%s", state, name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* No more in the state folder than what "resume" goes on with, and what is a user's own. */
static void expect_state(const char *const *names)
{
	DIR *dir = opendir(state);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		bool is_known = *entry->d_name == '.';

		for (size_t i = 0; names[i]; i++)
			is_known |= strcmp(entry->d_name, names[i]) == 0;
		ck_assert_msg(is_known, "%s", entry->d_name);
	}
	closedir(dir);
	for (size_t i = 0; names[i]; i++)
		ck_assert_msg(is_there(names[i]), "%s", names[i]);
}

static void expect_lab(pid_t pid)
{
	autojson *answer = NULL;

	LABS_OK(snet__client_call(&answer, sock, "GET", "/v1/lab", NULL, WAIT_MS, &err));
	ck_assert_int_eq((int)snet__json_number(snet__json_get(answer, "pid"), 0), pid);
}

START_TEST(nothing_but_the_state_is_left_of_a_lab_that_is_killed)
{
	static const char *const names[] = {"store", "snet.lock", "snet.hosts", "mine",
					    NULL};
	char marker[32];
	pid_t pid;

	LABS_NODE(lab, .name = "p", .kind = "process", .memory_bytes = 64 << 20,
		  .command = (const char *const[]){"sleep", mark(marker), NULL});
	pid = start_lab();
	make_folder("snet.containers");
	make_folder("snet.containers/c");
	make_folder("function@cloud@123456");
	make_folder("mine");
	ck_assert_int_eq(has_cgroup(pid), has_cgroups(NULL));
	kill_lab(pid);
	wait_swept(pid);
	ck_assert(wait_none(marker));
	ck_assert_int_ne(access(sock, F_OK), 0);
	ck_assert(!has_cgroup(pid));
	expect_state(names);

	snet_lab_set_resume(lab, true);
	programs_up();
	expect_lab(getpid());
}
END_TEST

/* It is a folder of the lab's own, below that for such. */
START_TEST(nothing_is_left_of_a_killed_lab_whose_state_nobody_knows)
{
	autofree char *pattern = snet__text_format("%s/snet-??????", folder.path);
	glob_t found = {0};
	pid_t pid;

	ck_assert_int_eq(setenv("TMPDIR", folder.path, 1), 0);
	pid = start_lab();
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	(void)snprintf(state, sizeof(state), "%s", found.gl_pathv[0]);
	globfree(&found);
	make_folder("function@cloud@123456");
	kill_lab(pid);
	wait_swept(pid);
	ck_assert_int_ne(access(state, F_OK), 0);
}
END_TEST

START_TEST(the_next_lab_keeps_what_it_has)
{
	pid_t pid = start_lab(), before;

	for (int i = 0; i < ROUNDS; i++) {
		before = pid;
		kill_lab(before);
		pid = start_lab(); /* at once */
		make_folder("snet.containers");
		wait_swept(before);
		expect_lab(pid);
		ck_assert(is_there("snet.containers"));
	}
	kill_lab(pid);
	wait_swept(pid);
}
END_TEST

/* Wherever the one that runs has its socket. */
START_TEST(a_lab_that_is_refused_leaves_the_one_that_runs_its_files)
{
	pid_t pid = start_lab();

	make_folder("snet.containers");
	LABS_FAILS(snet_lab_up(lab, &err), -EBUSY, "belongs to the lab that process");
	ck_assert(is_there("snet.containers"));
	kill_lab(pid);
	wait_swept(pid);
}
END_TEST

/* The same when the sweeper is as late as can be. */
START_TEST(a_late_sweeper_does_no_harm)
{
	pid_t before = start_lab(), sweeper = find_sweeper(before), pid;

	ck_assert_int_gt(sweeper, 0);
	ck_assert_int_eq(kill(sweeper, SIGSTOP), 0);
	kill_lab(before);
	pid = start_lab();
	make_folder("snet.containers");
	ck_assert_int_eq(kill(sweeper, SIGCONT), 0);
	wait_swept(before);
	expect_lab(pid);
	ck_assert(is_there("snet.containers"));
	kill_lab(pid);
	wait_swept(pid);
	ck_assert_int_ne(access(sock, F_OK), 0);
	ck_assert(!is_there("snet.containers"));
}
END_TEST

START_TEST(a_lab_that_ends_in_good_order_has_ended_its_sweeper)
{
	programs_up();
	ck_assert_int_gt(find_sweeper(getpid()), 0);
	snet_lab_down(lab);
	ck_assert_int_eq(find_sweeper(getpid()), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}
END_TEST

/* Ctrl-C and a hang-up go to the session, others to whom somebody finds. */
START_TEST(it_is_on_its_own_and_holds_nothing_but_a_namespace)
{
	char path[64], target[300];
	pid_t pid, sweeper;
	ssize_t size;
	glob_t fds;

	pid = start_lab();
	sweeper = find_sweeper(pid);
	ck_assert_int_gt(sweeper, 0);
	ck_assert_int_eq(getsid(sweeper), sweeper);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/*", (int)sweeper);
	ck_assert_int_eq(glob(path, 0, NULL, &fds), 0);
	ck_assert_uint_eq(fds.gl_pathc, 5); /* 0 to 3, and: */
	size = readlink(fds.gl_pathv[4], target, sizeof(target));
	ck_assert_int_gt(size, 5);
	ck_assert_mem_eq(target, "mnt:[", 5);
	globfree(&fds);
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)sweeper);
	size = readlink(path, target, sizeof(target));
	ck_assert_int_eq(size, 1);
	ck_assert_int_eq(kill(sweeper, SIGINT) | kill(sweeper, SIGTERM) |
				 kill(sweeper, SIGHUP),
			 0);
	kill_lab(pid);
	wait_swept(pid);
	ck_assert_int_ne(access(sock, F_OK), 0);
}
END_TEST

static int listen_at(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	ck_assert_int_eq(snet__unix_address(&address, path), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* A sweeper whose process ends at once, with two sockets: @path and one that listens. */
static pid_t sweep(const char *path, const char *listening)
{
	static const char *const patterns[] = {"snet.containers", NULL};
	const struct snet__sweeper_opts opts = {.name = "programs",
						.folder = state,
						.lock = "snet.lock",
						.patterns = patterns};
	pid_t pid = fork();

	if (pid == 0) {
		struct snet__sweeper *sweeper = NULL;
		uint64_t until_ns;

		LABS_OK(snet__sweeper_start(&sweeper, &opts, &err));
		snet__sweeper_set_sockets(sweeper, "/before", "/before.1");
		snet__sweeper_set_sockets(sweeper, path, listening);
		/* For a moment after execve(2) it has no command line yet. */
		until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
		while (!find_sweeper(getpid()))
			ck_assert_uint_lt(snet__clock_ns(), until_ns);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

START_TEST(it_touches_nothing_without_the_lock_and_no_socket_that_listens)
{
	autofree char *lock = snet__text_format("%s/snet.lock", state);
	autoclose int fd = -1, live = -1;

	ck_assert_int_eq(mkdir(state, 0700) | chdir(folder.path), 0);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	make_folder("snet.containers");
	close(listen_at("dead"));
	live = listen_at("live");
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	wait_swept(sweep("dead", "live"));
	ck_assert(is_there("snet.containers"));
	ck_assert_int_eq(access("dead", F_OK) | access("live", F_OK), 0);

	ck_assert_int_eq(flock(fd, LOCK_UN), 0);
	wait_swept(sweep("dead", "live"));
	ck_assert(!is_there("snet.containers"));
	ck_assert_int_eq(access("live", F_OK), 0);
	ck_assert_int_ne(access("dead", F_OK), 0);
}
END_TEST

START_TEST(what_a_sweeper_has_not_finished_is_removed_by_the_next_lab)
{
	static const char *const patterns[] = {"snet.containers", NULL};
	glob_t found = {0};
	char path[256];

	ck_assert_int_eq(mkdir(state, 0700), 0);
	make_folder("snet.containers");
	make_folder("snet.containers/c");
	snet__remains_set_aside(state, patterns);
	ck_assert(!is_there("snet.containers"));
	(void)snprintf(path, sizeof(path), "%s/gone@*/snet.containers/c", state);
	ck_assert_int_eq(glob(path, 0, NULL, &found), 0);
	globfree(&found);
	programs_up();
	(void)snprintf(path, sizeof(path), "%s/gone@*", state);
	ck_assert_int_eq(glob(path, 0, NULL, &found), GLOB_NOMATCH);
}
END_TEST

static void find_warning(void *user, enum snet_log_level level, const char *line)
{
	*(bool *)user |= level == SNET_LOG_WARNING &&
			 strstr(line, "if the lab is killed, its socket") &&
			 strstr(line, "lab=programs error=cannot make a file in memory");
}

START_TEST(a_lab_without_one_says_so_and_is_swept_by_the_next)
{
	bool has_warned = false;
	pid_t pid;

	has_no_memory_files = true;
	snet_log_set(find_warning, &has_warned, SNET_LOG_WARNING);
	programs_up();
	ck_assert(has_warned);
	ck_assert_int_eq(find_sweeper(getpid()), 0);
	snet_lab_down(lab);

	pid = start_lab();
	make_folder("snet.containers");
	kill_lab(pid);
	ck_assert_int_eq(access(sock, F_OK), 0);
	has_no_memory_files = false;
	programs_up();
	expect_lab(getpid());
	ck_assert(!is_there("snet.containers"));
	snet_log_set(NULL, NULL, SNET_LOG_WARNING);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("sweeper");
	TCase *t = tcase_create("sweeper");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, programs_tear_down);
	tcase_add_test(t, nothing_but_the_state_is_left_of_a_lab_that_is_killed);
	tcase_add_test(t, the_next_lab_keeps_what_it_has);
	tcase_add_test(t, a_lab_that_is_refused_leaves_the_one_that_runs_its_files);
	tcase_add_test(t, a_late_sweeper_does_no_harm);
	tcase_add_test(t, a_lab_that_ends_in_good_order_has_ended_its_sweeper);
	tcase_add_test(t, it_is_on_its_own_and_holds_nothing_but_a_namespace);
	tcase_add_test(t, it_touches_nothing_without_the_lock_and_no_socket_that_listens);
	tcase_add_test(t, what_a_sweeper_has_not_finished_is_removed_by_the_next_lab);
	tcase_add_test(t, a_lab_without_one_says_so_and_is_swept_by_the_next);
	suite_add_tcase(s, t);

	t = tcase_create("own folder");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, programs_set_up, programs_tear_down);
	tcase_add_test(t, nothing_is_left_of_a_killed_lab_whose_state_nobody_knows);
	suite_add_tcase(s, t);
	return s;
}
