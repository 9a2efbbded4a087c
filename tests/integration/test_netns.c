/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "sys/userns.h"

static ino_t own_netns(void)
{
	struct stat info;

	ck_assert_int_eq(stat("/proc/thread-self/ns/net", &info), 0);
	return info.st_ino;
}

START_TEST(a_new_namespace_leaves_the_caller_where_it_is)
{
	ino_t before = own_netns();
	struct snet_err err = {0};
	struct stat info;
	int fd = -1;

	ck_assert_msg(snet__netns_new(&fd, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(own_netns(), before);
	ck_assert_int_eq(fstat(fd, &info), 0);
	ck_assert_uint_ne(info.st_ino, before);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}
END_TEST

START_TEST(a_new_namespace_has_a_loopback_that_is_up)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct snet_err err = {0};
	int ns = -1, sock = -1;

	ck_assert_msg(snet__netns_new(&ns, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__netns_socket(&sock, ns, AF_INET, SOCK_DGRAM, 0, &err), 0);
	ck_assert_int_eq(ioctl(sock, SIOCGIFFLAGS, &request), 0);
	ck_assert(request.ifr_flags & IFF_UP);
	ck_assert(fcntl(sock, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(sock, F_GETFL) & O_NONBLOCK);
	close(sock);
	close(ns);
}
END_TEST

START_TEST(the_scope_guard_enters_and_leaves)
{
	struct snet_err err = {0};
	int ns = -1, own = -1;
	ino_t before;

	ck_assert_int_eq(snet__netns_new(&ns, &err), 0);
	ck_assert_int_eq(snet__netns_settle(-1, &err), 0);
	before = own_netns();
	{
		cleanup_with(snet__netns_leave) int outside = -1;

		ck_assert_int_eq(snet__netns_enter(&outside, ns, &err), 0);
		ck_assert_uint_ne(own_netns(), before);
	}
	ck_assert_uint_eq(own_netns(), before);
	ck_assert_int_eq(snet__netns_open_own(&own, &err), 0);
	close(own);
	close(ns);
}
END_TEST

START_TEST(scopes_within_scopes_lead_back_to_each_other)
{
	ino_t home, at_a;
	struct snet_err err = {0};
	int a = -1, b = -1;

	ck_assert_int_eq(snet__netns_new(&a, &err), 0);
	ck_assert_int_eq(snet__netns_new(&b, &err), 0);
	ck_assert_int_eq(snet__netns_settle(-1, &err), 0);
	home = own_netns();
	{
		cleanup_with(snet__netns_leave) int outside = -1;

		ck_assert_int_eq(snet__netns_enter(&outside, a, &err), 0);
		at_a = own_netns();
		for (int i = 0; i < 2; i++) {
			cleanup_with(snet__netns_leave) int between = -1;

			/* Once into another one, once into the same. */
			ck_assert_int_eq(snet__netns_enter(&between, i ? a : b, &err), 0);
			ck_assert_int_eq(own_netns() == at_a, i);
		}
		ck_assert_uint_eq(own_netns(), at_a);
	}
	ck_assert_uint_eq(own_netns(), home);
	snet__netns_unsettle();
	close(a);
	close(b);
}
END_TEST

START_TEST(what_is_no_namespace_cannot_be_entered)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct snet_err err = {0};
	ino_t before;

	ck_assert_int_eq(snet__netns_settle(-1, &err), 0);
	before = own_netns();
	ck_assert_int_eq(snet__netns_enter(&outside, null, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "cannot enter a network namespace: Invalid argument");
	ck_assert_int_eq(outside, -1);
	ck_assert_uint_eq(own_netns(), before);
	close(null);
}
END_TEST

/* A user namespace closes the way back to the host's network. */
START_TEST(a_thread_that_could_not_come_back_does_not_enter)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct snet_err err = {0};
	int ns = -1, sock = -1;
	ino_t before = own_netns();

	rights_drop();
	ck_assert_msg(snet_init(&err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__netns_new(&ns, &err), 0);
	ck_assert_int_eq(snet__netns_enter(&outside, ns, &err), -EPERM);
	ck_assert_str_eq(err.msg, "cannot enter a network namespace, with no way back: "
				  "Operation not permitted");
	ck_assert_int_eq(snet__netns_socket(&sock, ns, AF_INET, SOCK_DGRAM, 0, &err), 0);
	ck_assert_uint_eq(own_netns(), before);
	close(sock);
	close(ns);
}
END_TEST

/* The first line of /etc/hosts in the mount namespace @fd. */
static void read_hosts(int fd, char *line, int size)
{
	int out[2], status;
	pid_t pid;
	ssize_t n;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		FILE *file;

		if (setns(fd, CLONE_NEWNS) < 0)
			_exit(1);
		file = fopen("/etc/hosts", "re");
		if (!file || !fgets(line, size, file))
			_exit(2);
		_exit(write(out[1], line, strlen(line)) < 0);
	}
	close(out[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	n = read(out[0], line, (size_t)size - 1);
	ck_assert_int_ge(n, 0);
	line[n] = '\0';
	close(out[0]);
}

static long count_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	long lines = 0;
	int c;

	ck_assert_ptr_nonnull(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static int open_udp(int netns)
{
	struct snet_err err = {0};
	int fd = -1;

	ck_assert_msg(snet__netns_socket(&fd, netns, AF_INET, SOCK_DGRAM, 0, &err) == 0,
		      "%s", err.msg);
	return fd;
}

/* As a child that another thread has made has a copy until its execve(2). */
static void *let_go(void *fd)
{
	(void)usleep(30000);
	close(*(int *)fd);
	return NULL;
}

/* In a child process, whose /etc is empty but for a link, if that is wanted. */
static void expect_without_hosts(const char *link, const char *expected)
{
	struct snet_err err = {0};
	int fd = -1, status = 0, r;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", "/etc", "tmpfs", 0, NULL) < 0 ||
		    (link && symlink(link, "/etc/hosts") < 0))
			_exit(1);
		r = snet__mntns_new(&fd, "/proc/self/status", &err);
		if (r != -ENOENT || strcmp(err.msg, expected) != 0)
			fprintf(stderr, "%d: %s\n", r, err.msg);
		_exit(r != -ENOENT || strcmp(err.msg, expected) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_machine_without_a_hosts_file_is_told_to_make_one)
{
	expect_without_hosts(NULL, "nodes find names in '/etc/hosts', which this machine "
				   "does not have: as root 'touch /etc/hosts'");
	expect_without_hosts("/nowhere",
			     "nodes find names in '/etc/hosts', which here is a link to "
			     "nothing: make the file that it names");
}
END_TEST

START_TEST(an_address_that_is_let_go_is_waited_for)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(5683)};
	struct snet_err err = {0};
	int netns = -1, first, second;
	pthread_t thread;

	ck_assert_msg(snet__netns_new(&netns, &err) == 0, "%s", err.msg);
	first = open_udp(netns);
	second = open_udp(netns);
	ck_assert_int_eq(snet__netns_bind(first, &any, sizeof(any)), 0);
	ck_assert_int_eq(snet__netns_bind(second, &any, sizeof(any)), -EADDRINUSE);
	ck_assert_int_eq(pthread_create(&thread, NULL, let_go, &first), 0);
	ck_assert_int_eq(snet__netns_bind(second, &any, sizeof(any)), 0);
	pthread_join(thread, NULL);
	close(second);
	close(netns);
}
END_TEST

START_TEST(a_mount_namespace_has_its_own_hosts_file)
{
	char path[] = "/tmp/snet-test-hosts-XXXXXX", line[100];
	int file = mkstemp(path), fd = -1;
	long before = count_mounts();
	struct snet_err err = {0};

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, "10.0.0.1 sw0\n", 13), 13);
	ck_assert_msg(snet__mntns_new(&fd, path, &err) == 0, "%s", err.msg);
	read_hosts(fd, line, sizeof(line));
	ck_assert_str_eq(line, "10.0.0.1 sw0\n");
	ck_assert_int_eq(count_mounts(), before);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	close(file);
	unlink(path);
}
END_TEST

START_TEST(a_missing_hosts_file_is_named)
{
	struct snet_err err = {0};
	int fd = -1;

	ck_assert_int_eq(snet__mntns_new(&fd, "/nonexistent/hosts", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot show '/nonexistent/hosts' at '/etc/hosts': "
				  "No such file or directory");
	ck_assert_int_eq(fd, -1);
}
END_TEST

/* In a child without rights, what is said when they are missing. */
START_TEST(missing_rights_and_their_remedy_are_named)
{
	struct snet_err err = {0};
	int fd = -1;

	if (geteuid() != 0)
		return;
	rights_drop();
	ck_assert_int_eq(snet__netns_new(&fd, &err), -EPERM);
	ck_assert_str_eq(err.msg,
			 "cannot make a network namespace: Operation not permitted "
			 "(needs CAP_SYS_ADMIN, or snet_init() first)");
	ck_assert(!snet__userns_is_privileged());
}
END_TEST

START_TEST(without_root_ids_stay_and_rights_come)
{
	struct snet_err err = {0};
	uid_t uid;
	gid_t gid;
	int fd = -1;

	rights_drop();
	uid = geteuid();
	gid = getegid();
	ck_assert_msg(snet_init(&err) == 0, "%s", err.msg);
	ck_assert(snet__userns_is_privileged());
	ck_assert_uint_eq(geteuid(), uid);
	ck_assert_uint_eq(getegid(), gid);
	ck_assert_msg(snet__netns_new(&fd, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet_init(&err), 0); /* again changes nothing */
	close(fd);
}
END_TEST

static void *wait_for_end(void *user)
{
	char c;

	(void)!read(*(int *)user, &c, 1);
	return NULL;
}

START_TEST(more_than_one_thread_is_too_late_to_begin)
{
	struct snet_err err = {0};
	pthread_t thread;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, &ends[0]), 0);
	ck_assert_int_eq(snet__userns_enter(&err), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "cannot enter a user namespace: the process has more than one "
			 "thread (call snet_init() first in main())");
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("netns");
	TCase *t = tcase_create("netns");

	rights_get();
	tcase_add_test(t, a_new_namespace_leaves_the_caller_where_it_is);
	tcase_add_test(t, a_new_namespace_has_a_loopback_that_is_up);
	tcase_add_test(t, the_scope_guard_enters_and_leaves);
	tcase_add_test(t, scopes_within_scopes_lead_back_to_each_other);
	tcase_add_test(t, what_is_no_namespace_cannot_be_entered);
	tcase_add_test(t, a_thread_that_could_not_come_back_does_not_enter);
	tcase_add_test(t, a_mount_namespace_has_its_own_hosts_file);
	tcase_add_test(t, a_missing_hosts_file_is_named);
	tcase_add_test(t, a_machine_without_a_hosts_file_is_told_to_make_one);
	tcase_add_test(t, an_address_that_is_let_go_is_waited_for);
	tcase_add_test(t, missing_rights_and_their_remedy_are_named);
	tcase_add_test(t, without_root_ids_stay_and_rights_come);
	tcase_add_test(t, more_than_one_thread_is_too_late_to_begin);
	suite_add_tcase(s, t);
	return s;
}
