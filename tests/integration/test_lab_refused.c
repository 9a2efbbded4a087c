/* SPDX-License-Identifier: MIT */
/* A lab that has everything is brought up while the machine refuses one thing: the n-th
 * allocation, request to the kernel, descriptor, thread ... of each kind in turn. Either the lab
 * comes up and works, or it says why not and has left nothing. What is refused is refused in
 * functions that are wrapped here. By default some of the calls are refused, one in so many; with
 * SNET_TEST_REFUSE=few fewer, and with SNET_TEST_REFUSE=I/N the I-th and each N-th after it, counted
 * from 0. Most of the time is spent waiting for the kernel, which takes one namespace away at a
 * time; all calls are refused in less than an hour by several processes at once:
 *
 *	seq 0 31 | xargs -P 8 -I@ env SNET_TEST_REFUSE=@/32 build/tests/integration/test_lab_refused
 *
 * Each has a lab and a folder of its own, and says how much it has refused. CK_RUN_CASE=lab_refused,
 * =change or =container is one part of it. */

#include <cJSON.h>
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <lmdb.h>
#include <microhttpd.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "folder.h"
#include "inside.h"
#include "lab/fabric.h"
#include "labs.h"
#include "quoted.h"
#include "rights.h"
#include "suite.h"
#include "sys/command.h"
#include "sys/process.h"
#include "wait.h"

enum group {
	NOTHING,
	MEMORY,
	SENDING,
	REQUESTS,
	ANSWERS,
	NAMESPACES,
	PATHS,
	FILES,
	SOCKETS,
	THREADS,
	STORE,
	LIBRARIES,
	DESCRIPTORS,
	GROUP_COUNT,
};

static const char *const group_names[GROUP_COUNT] = {
	[NOTHING] = "nothing",
	[MEMORY] = "memory",
	[SENDING] = "sending",
	[REQUESTS] = "requests",
	[ANSWERS] = "answers",
	[NAMESPACES] = "namespaces",
	[PATHS] = "paths",
	[FILES] = "files",
	[SOCKETS] = "sockets",
	[THREADS] = "threads",
	[STORE] = "store",
	[LIBRARIES] = "libraries",
	[DESCRIPTORS] = "descriptors",
};

/* What is refused: the call of @group before which @left others are granted, and, where it lasts,
 * all after it. Read by all threads of a lab. */
static struct {
	_Atomic enum group group;
	atomic_long left;
	atomic_bool lasts;
	const char *_Atomic refused; /* the function, NULL: none as yet */
} now;

static bool is_refused(enum group group, const char *function)
{
	long left;

	if (atomic_load(&now.group) != group)
		return false;
	left = atomic_fetch_sub(&now.left, 1);
	if (left > 0 || (left < 0 && !atomic_load(&now.lasts)))
		return false;
	if (left == 0)
		atomic_store(&now.refused, function);
	return true;
}

static void refuse(enum group group, long nth, bool lasts)
{
	atomic_store(&now.left, nth);
	atomic_store(&now.lasts, lasts);
	atomic_store(&now.refused, NULL);
	atomic_store(&now.group, group);
}

/* Wrap @name: @returns with errno @code when refused. */
#define WRAP(group, type, name, returns, code, params, args) \
	type __real_##name params;                           \
	type __wrap_##name params;                           \
	type __wrap_##name params                            \
	{                                                    \
		if (!is_refused(group, #name))               \
			return __real_##name args;           \
		errno = code;                                \
		return returns;                              \
	}

WRAP(MEMORY, void *, malloc, NULL, ENOMEM, (size_t size), (size))
WRAP(MEMORY, void *, calloc, NULL, ENOMEM, (size_t count, size_t size), (count, size))
WRAP(MEMORY, void *, realloc, NULL, ENOMEM, (void *old, size_t size), (old, size))
WRAP(MEMORY, void *, reallocarray, NULL, ENOMEM, (void *old, size_t count, size_t size),
     (old, count, size))
WRAP(MEMORY, char *, strdup, NULL, ENOMEM, (const char *text), (text))
WRAP(MEMORY, char *, strndup, NULL, ENOMEM, (const char *text, size_t size), (text, size))
WRAP(MEMORY, int, vasprintf, -1, ENOMEM, (char **ret, const char *format, va_list args),
     (ret, format, args))
WRAP(MEMORY, FILE *, open_memstream, NULL, ENOMEM, (char **ret, size_t *size),
     (ret, size))
WRAP(PATHS, char *, realpath, NULL, ENOMEM, (const char *path, char *resolved),
     (path, resolved))
WRAP(MEMORY, struct nl_msg *, nlmsg_alloc_size, NULL, ENOMEM, (size_t size), (size))
WRAP(MEMORY, void *, coap_pdu_init, NULL, ENOMEM,
     (int type, int code, uint16_t id, size_t size), (type, code, id, size))

WRAP(NAMESPACES, int, mount, -1, EPERM,
     (const char *source, const char *target, const char *type, unsigned long flags,
      const void *data),
     (source, target, type, flags, data))

WRAP(FILES, FILE *, fopen64, NULL, EMFILE, (const char *path, const char *mode),
     (path, mode))
WRAP(FILES, int, socket, -1, EMFILE, (int domain, int type, int protocol),
     (domain, type, protocol))
WRAP(FILES, int, pipe2, -1, EMFILE, (int fds[2], int flags), (fds, flags))
WRAP(FILES, int, eventfd, -1, EMFILE, (unsigned int value, int flags), (value, flags))
WRAP(FILES, char *, mkdtemp, NULL, ENOSPC, (char *path), (path))
WRAP(FILES, int, mkdir, -1, ENOSPC, (const char *path, mode_t mode), (path, mode))
WRAP(FILES, DIR *, opendir, NULL, EMFILE, (const char *path), (path))

WRAP(SOCKETS, int, bind, -1, EADDRINUSE,
     (int fd, const struct sockaddr *at, socklen_t size), (fd, at, size))
WRAP(SOCKETS, int, listen, -1, EADDRINUSE, (int fd, int backlog), (fd, backlog))
WRAP(SOCKETS, int, connect, -1, ENETUNREACH,
     (int fd, const struct sockaddr *at, socklen_t size), (fd, at, size))
WRAP(SOCKETS, int, setsockopt, -1, ENOBUFS,
     (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))

WRAP(THREADS, int, pthread_create, EAGAIN, EAGAIN,
     (pthread_t * ret, const pthread_attr_t *attr, void *(*fn)(void *), void *arg),
     (ret, attr, fn, arg))
WRAP(THREADS, pid_t, fork, -1, EAGAIN, (void), ())

WRAP(STORE, int, flock, -1, ENOLCK, (int fd, int operation), (fd, operation))
WRAP(STORE, int, posix_fallocate64, ENOSPC, ENOSPC, (int fd, off_t offset, off_t size),
     (fd, offset, size))
WRAP(STORE, int, ftruncate64, -1, ENOSPC, (int fd, off_t size), (fd, size))
WRAP(STORE, int, rename, -1, ENOSPC, (const char *from, const char *to), (from, to))
WRAP(STORE, int, mdb_env_create, ENOMEM, ENOMEM, (MDB_env * *env), (env))
WRAP(STORE, int, mdb_env_open, ENOSPC, ENOSPC,
     (MDB_env * env, const char *path, unsigned int flags, mdb_mode_t mode),
     (env, path, flags, mode))
WRAP(STORE, int, mdb_txn_begin, MDB_READERS_FULL, 0,
     (MDB_env * env, MDB_txn *parent, unsigned int flags, MDB_txn **ret),
     (env, parent, flags, ret))
WRAP(STORE, int, mdb_dbi_open, MDB_DBS_FULL, 0,
     (MDB_txn * txn, const char *name, unsigned int flags, MDB_dbi *ret),
     (txn, name, flags, ret))
WRAP(STORE, int, mdb_put, MDB_MAP_FULL, 0,
     (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned int flags),
     (txn, dbi, key, value, flags))
WRAP(STORE, int, mdb_cursor_open, ENOMEM, 0,
     (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **ret), (txn, dbi, ret))

WRAP(LIBRARIES, int, uv_loop_init, UV_EMFILE, EMFILE, (uv_loop_t * loop), (loop))
WRAP(LIBRARIES, int, uv_async_init, UV_EMFILE, EMFILE,
     (uv_loop_t * loop, uv_async_t *async, uv_async_cb fn), (loop, async, fn))
WRAP(LIBRARIES, int, uv_poll_init, UV_EMFILE, EMFILE,
     (uv_loop_t * loop, uv_poll_t *poll, int fd), (loop, poll, fd))
WRAP(LIBRARIES, CURLM *, curl_multi_init, NULL, ENOMEM, (void), ())
WRAP(LIBRARIES, CURL *, curl_easy_init, NULL, ENOMEM, (void), ())

/* A commit that fails ends the transaction all the same. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
	if (!is_refused(STORE, "mdb_txn_commit"))
		return __real_mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ENOSPC;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode)
{
	if (!is_refused(FILES, "open"))
		return __real_open64(path, flags, mode);
	errno = EMFILE;
	return -1;
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, long arg);
int __wrap_fcntl64(int fd, int command, long arg)
{
	if (command != F_DUPFD_CLOEXEC || !is_refused(FILES, "fcntl"))
		return __real_fcntl64(fd, command, arg);
	errno = EMFILE;
	return -1;
}

int __real_clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
int __wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg, pid_t *pid);
int __wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg, pid_t *pid)
{
	if (!is_refused(NAMESPACES, "clone"))
		return __real_clone(fn, stack, flags, arg, pid);
	errno = EAGAIN;
	return -1;
}

/* Where a thread was before it came to where it is. Without the way back there is no way to go on,
 * so that is not refused; libsnet ends the process where the kernel does. */
static _Thread_local ino_t trail[8];
static _Thread_local size_t trail_count;
static pid_t own_pid;

static ino_t find_netns(void)
{
	struct stat found;

	return stat("/proc/thread-self/ns/net", &found) == 0 ? found.st_ino : 0;
}

static void step_on(ino_t from)
{
	if (trail_count == sizeof(trail) / sizeof(*trail))
		abort();
	trail[trail_count++] = from;
}

int __real_unshare(int flags);
int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
	ino_t from = find_netns();
	int r;

	if (is_refused(NAMESPACES, "unshare")) {
		errno = EPERM;
		return -1;
	}
	r = __real_unshare(flags);
	if (r == 0 && getpid() == own_pid && flags & CLONE_NEWNET)
		step_on(from);
	return r;
}

int __real_setns(int fd, int type);
int __wrap_setns(int fd, int type);
int __wrap_setns(int fd, int type)
{
	/* A child shares its parent's memory until it runs its program. */
	bool leaves_trail = getpid() == own_pid && type == CLONE_NEWNET;
	ino_t from = find_netns();
	struct stat to = {0};
	bool is_back;
	int r;

	is_back = leaves_trail && fstat(fd, &to) == 0 &&
		  (to.st_ino == from ||
		   (trail_count && trail[trail_count - 1] == to.st_ino));
	if (!is_back && is_refused(NAMESPACES, "setns")) {
		errno = EPERM;
		return -1;
	}
	r = __real_setns(fd, type);
	if (r == 0 && is_back && to.st_ino != from)
		trail_count--;
	else if (r == 0 && leaves_trail && !is_back)
		step_on(from);
	return r;
}

static bool is_netlink(int fd)
{
	socklen_t size = sizeof(int);
	int domain = 0;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       domain == AF_NETLINK;
}

/* A request of a type that there is not is refused by the kernel itself, and no other one of the
 * same batch. */
static void spoil_requests(const struct msghdr *batch)
{
	for (size_t i = 0; i < batch->msg_iovlen; i++)
		if (is_refused(REQUESTS, "request"))
			((struct nlmsghdr *)batch->msg_iov[i].iov_base)->nlmsg_type =
				0x7ffe;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *data, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *data, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *data, int flags)
{
	if (!is_netlink(fd))
		return __real_sendmsg(fd, data, flags);
	if (is_refused(SENDING, "sendmsg")) {
		errno = ENOBUFS;
		return -1;
	}
	spoil_requests(data);
	return __real_sendmsg(fd, data, flags);
}

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
	if (!is_netlink(fd) || !is_refused(ANSWERS, "recv"))
		return __real_recv(fd, data, size, flags);
	errno = ENOBUFS;
	return -1;
}

/* The first number above all descriptors that are open. */
static int count_descriptors(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void limit_descriptors(rlim_t count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count ? count : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What libsnet asks for is given, and not kept. */
int __real_snet__process_allow_files(size_t count, struct snet_err *err);
int __wrap_snet__process_allow_files(size_t count, struct snet_err *err);
int __wrap_snet__process_allow_files(size_t count, struct snet_err *err)
{
	if (atomic_load(&now.group) == DESCRIPTORS)
		return 0;
	return __real_snet__process_allow_files(count, err);
}

/* ---- What is there of the process and around it, as text */

static void put_descriptors(FILE *text)
{
	char path[300], target[300];
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	ssize_t size;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		size = readlink(path, target, sizeof(target) - 1);
		if (size < 0 || atoi(entry->d_name) == dirfd(dir))
			continue;
		target[size] = '\0';
		(void)fprintf(text, "descriptor %s: %s\n", entry->d_name, target);
	}
	closedir(dir);
}

static void put_matches(FILE *text, const char *pattern)
{
	glob_t found = {0};

	(void)glob(pattern, GLOB_BRACE, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		(void)fprintf(text, "%s\n", found.gl_pathv[i]);
	globfree(&found);
}

/* Below or beside our own groups of version 1 and 2: lines "ID:CONTROLLER:PATH". */
static void put_cgroups(FILE *text)
{
	char line[512], pattern[600], *controller, *own;
	FILE *file = fopen("/proc/self/cgroup", "re");

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		controller = strchr(line, ':') + 1;
		own = strchr(controller, ':');
		*own++ = '\0';
		(void)snprintf(pattern, sizeof(pattern),
			       "/sys/fs/cgroup%s%s%s{,/..}/snet-%d-*",
			       *controller ? "/" : "{,/unified}", controller, own,
			       (int)own_pid);
		put_matches(text, pattern);
	}
	if (file)
		(void)fclose(file);
}

static void put_file(FILE *text, const char *path)
{
	FILE *file = fopen(path, "re");
	int c;

	ck_assert_ptr_nonnull(file);
	while ((c = fgetc(file)) != EOF)
		(void)fputc(c, text);
	(void)fclose(file);
}

static void put_interfaces(FILE *text)
{
	struct if_nameindex *all = if_nameindex();

	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; all[i].if_index; i++)
		(void)fprintf(text, "interface %s\n", all[i].if_name);
	if_freenameindex(all);
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static struct test_folder folder;

static char *describe_world(void)
{
	char *ret = NULL, pattern[PATH_MAX + 16];
	size_t size;
	FILE *text = open_memstream(&ret, &size);

	ck_assert_ptr_nonnull(text);
	put_descriptors(text);
	put_matches(text, "/proc/self/task/*");
	put_interfaces(text);
	put_file(text, "/proc/self/mountinfo");
	put_file(text, "/proc/self/net/route");
	put_file(text, "/proc/self/net/fib_trie"); /* with all addresses */
	(void)snprintf(pattern, sizeof(pattern), "%s/*", folder.path);
	put_matches(text, pattern);
	put_cgroups(text);
	if (has_children())
		(void)fputs("children\n", text);
	ck_assert_int_eq(fclose(text), 0);
	return ret;
}

/* The first line of @text that is not in @other, or NULL. */
static char *find_other_line(const char *text, const char *other)
{
	size_t length;
	char *line;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		line = strndup(text, length);
		if (!strstr(other, line))
			return line;
		free(line);
	}
	return NULL;
}

/* A thread is seen for a moment after it was joined. */
static void wait_alone(void)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	glob_t found = {0};
	size_t count = 0;

	while (count != 1) {
		ck_assert_uint_lt(snet__clock_ns(), until_ns);
		ck_assert_int_eq(glob("/proc/self/task/*", 0, NULL, &found), 0);
		count = found.gl_pathc;
		globfree(&found);
	}
}

static void expect_world(const char *before, const char *context)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	char *after = describe_world(), *missing, *left;

	while (strcmp(after, before) != 0 && snet__clock_ns() < until_ns) {
		free(after);
		after = describe_world();
	}
	missing = find_other_line(before, after);
	left = find_other_line(after, before);
	ck_assert_msg(!missing && !left, "%s: missing: %s, left behind: %s", context,
		      missing ? missing : "nothing", left ? left : "nothing");
	free(after);
}

/* ---- The lab */

static const char *const all_kinds =
	"{'lab': 'all', 'ipv6': true, 'nodes': ["
	"{'name': 's', 'kind': 'switch', 'stp': false}, {'name': 't', 'kind': 'switch'},"
	"{'name': 'r0', 'kind': 'relayer', 'routes': ["
	"{'exchange': 'fanout', 'function': 'echo', 'backend': 'local'},"
	"{'exchange': 'direct', 'key': 'never', 'function': 'f', 'backend': 'cloud'},"
	"{'exchange': 'direct', 'key': 'never', 'function': 'f', 'backend': 'far'}]},"
	"{'name': 'b0', 'kind': 'button', 'data': {'target': 'a0'}},"
	"{'name': 'a0', 'kind': 'actuator'}, {'name': 'l0', 'kind': 'lamp'},"
	"{'name': 'f0', 'kind': 'functions', 'functions': {'f': {'code': 'x', 'kind': 'nodejs:default'}}},"
	"{'name': 'p0', 'kind': 'process', 'command': ['sleep', '1000'], 'memory': '64MiB'},"
	"{'name': 'g0', 'kind': 'gateway', 'forward': [{'port': 9, 'to': '127.0.0.1:9'}]},"
	"{'name': 'q0', 'kind': 'router'}, {'name': 'h0', 'kind': 'host'},"
	"{'name': 'h1', 'kind': 'host'}],"
	"'links': [{'from': 'r0', 'to': 's'}, {'from': 'b0', 'to': 's', 'delay': '1ms'},"
	"{'from': 'a0', 'to': 's'}, {'from': 'l0', 'to': 's'}, {'from': 'f0', 'to': 't'},"
	"{'from': 'p0', 'to': 't'}, {'from': 'g0', 'to': 't'}, {'from': 's', 'to': 't'},"
	"{'from': 'q0', 'to': 's'}, {'from': 'q0', 'to': 'h0', 'mtu': 1400},"
	"{'from': 'h1', 'to': 't', 'vlan': 7}, {'from': 'q0', 'to': 't', 'vlan': 7}],"
	"'backends': {'local': {'kind': 'native'}, 'cloud': {'kind': 'openwhisk', 'node': 'f0'},"
	"'far': {'kind': 'openwhisk', 'url': 'http://127.0.0.1:9', 'credentials': 'u:k',"
	"'gateway': 'g0'}}}";

static const char *const with_container =
	"{'lab': 'all', 'nodes': [{'name': 's', 'kind': 'switch'},"
	"{'name': 'r0', 'kind': 'relayer', 'routes': ["
	"{'exchange': 'fanout', 'function': 'echo', 'backend': 'local'}]},"
	"{'name': 'b0', 'kind': 'button', 'data': {'target': 'a0'}},"
	"{'name': 'a0', 'kind': 'actuator'},"
	"{'name': 'c0', 'kind': 'container', 'rootfs': 'root', 'memory': '64MiB',"
	"'command': ['/bin/busybox', 'sleep', '1000']}],"
	"'links': [{'from': 'r0', 'to': 's'}, {'from': 'b0', 'to': 's'},"
	"{'from': 'a0', 'to': 's'}, {'from': 'c0', 'to': 's'}],"
	"'backends': {'local': {'kind': 'native'}}}";

static int make_lamp(struct snet_device *device, struct snet_err *err)
{
	char **text = snet_device_memory(device);

	*text = strdup("a lamp");
	if (*text)
		return 0;
	(void)snprintf(err->msg, sizeof(err->msg), "no memory for a lamp");
	return -ENOMEM;
}

static void free_lamp(struct snet_device *device)
{
	char **text = snet_device_memory(device);

	free(*text);
}

static const struct snet_device_kind lamp = {.size = sizeof(lamp),
					     .name = "lamp",
					     .state_size = sizeof(char *),
					     .init = make_lamp,
					     .fini = free_lamp};

#define TRY_S  60
#define PREFIX "cannot bring up lab 'all': "

static struct snet_lab *lab;
static struct snet_err err;
static char *before;

static char trying[100];

static void tell_trying(int signal)
{
	/* There is nobody to be told if that fails. */
	(void)!write(STDERR_FILENO, trying, strlen(trying));
	(void)raise(signal);
}

/* One try that hangs ends the test, which tells of it. */
static void watch_try(enum group group, long nth)
{
	const struct sigaction action = {.sa_handler = tell_trying,
					 .sa_flags = (int)SA_RESETHAND};

	(void)snprintf(trying, sizeof(trying), "hangs: %s, number %ld\n",
		       group_names[group], nth);
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	(void)alarm(TRY_S);
}

static struct snet_lab *describe_lab(const char *description)
{
	struct snet_lab *described = NULL;
	char *text = quoted(description);

	LABS_OK(snet_lab_new(&described, "all", &err));
	LABS_OK(snet_lab_add_device_kind(described, &lamp, &err));
	LABS_OK(snet_lab_parse(described, text, folder.path, &err));
	LABS_OK(snet_lab_add_native(described, "local", "echo", labs_echo, NULL, &err));
	free(text);
	return described;
}

static void expect_works(const char *context)
{
	struct snet_trace *trace = NULL;

	LABS_OK(snet_device_press(lab, "b0", NULL, &trace, WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	snet_trace_free(trace);
	LABS_STATE(lab, "a0", "1");
	ck_assert_msg(has_children(), "%s: no program runs", context);
}

static void set_up_lab(const char *description)
{
	const cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};

	own_pid = getpid();
	watch_try(NOTHING, 0);
	cJSON_InitHooks((cJSON_Hooks *)&hooks);
	ck_assert_int_eq(setenv("TMPDIR", folder.path, 1), 0);
	lab = describe_lab(description);
	/* Libraries open some things once and for all. */
	LABS_OK(snet_lab_up(lab, &err));
	expect_works("first");
	snet_lab_down(lab);
	wait_alone();
	before = describe_world();
}

static void set_up(void)
{
	test_folder_new(&folder);
	set_up_lab(all_kinds);
}

static void set_up_container(void)
{
	char script[PATH_MAX + 200];
	const char *const argv[] = {"sh", "-ec", script, NULL};

	test_folder_new(&folder);
	(void)snprintf(
		script, sizeof(script),
		"cd '%s'; mkdir -p root/bin root/dev root/etc root/proc root/sys root/tmp;"
		"touch root/etc/hosts root/etc/resolv.conf;"
		"cp $(command -v busybox) root/bin",
		folder.path);
	ck_assert_msg(snet__command_run(argv, -1, &err) == 0, "%s", err.msg);
	set_up_lab(with_container);
}

static void tear_down(void)
{
	snet_lab_free(lab);
	free(before);
	test_folder_free(&folder);
	(void)unsetenv("TMPDIR");
}

/* Which calls are refused, and that what is left works is seen once in @per tries. */
struct steps {
	long first, stride, per;
};

static bool is_seen(const struct steps *steps, long nth)
{
	return (nth - steps->first) / steps->stride % steps->per == steps->per - 1;
}

static void expect_comes_up(const char *context)
{
	ck_assert_msg(snet_lab_up(lab, &err) == 0, "%s: then: %s", context, err.msg);
	snet_lab_down(lab);
	expect_world(before, context);
}

/* Whether anything was refused. */
static bool try_up(const struct steps *steps, enum group group, long nth, bool lasts)
{
	char context[SNET_ERR_MAX + 100];
	int r;

	err = (struct snet_err){0};
	watch_try(group, nth);
	if (group == DESCRIPTORS)
		limit_descriptors((rlim_t)(count_descriptors() + nth));
	refuse(group, nth, lasts);
	r = snet_lab_up(lab, &err);
	atomic_store(&now.group, NOTHING);
	limit_descriptors(0);
	(void)snprintf(context, sizeof(context), "%s, number %ld, %s: %s",
		       group_names[group], nth, now.refused ? now.refused : "none",
		       r < 0 ? err.msg : "up");
	if (r == 0)
		expect_works("first");
	snet_lab_down(lab);
	expect_world(before, context);
	if (r == 0)
		return now.refused;
	/* Nothing else fails, as what the try before has left would. */
	ck_assert_msg(now.refused || group == DESCRIPTORS, "%s", context);
	ck_assert_msg(err.code == r && strlen(err.msg) > strlen(PREFIX) &&
			      strncmp(err.msg, PREFIX, strlen(PREFIX)) == 0,
		      "%s", context);
	if (is_seen(steps, nth))
		expect_comes_up(context);
	return true;
}

/* Some @count of @calls, unless it is said which. */
static struct steps choose_steps(long calls, long count)
{
	const char *wish = getenv("SNET_TEST_REFUSE"); /* "few", "I/N" */
	struct steps steps = {.stride = 1, .per = 1};

	if (wish && strcmp(wish, "few") == 0)
		count = 1;
	else if (wish) {
		ck_assert_int_eq(sscanf(wish, "%ld/%ld", &steps.first, &steps.stride), 2);
		ck_assert(0 <= steps.first && steps.first < steps.stride);
		steps.per = 8;
		return steps;
	}
	if (calls > count)
		steps.stride = (calls + count - 1) / count;
	/* Root and others meet different ones. */
	if (geteuid() != 0)
		steps.first = steps.stride / 2;
	return steps;
}

static struct steps find_steps(enum group group, long count)
{
	long calls;

	if (group == DESCRIPTORS)
		return choose_steps(75, count);
	refuse(group, LONG_MAX, false);
	LABS_OK(snet_lab_up(lab, &err));
	calls = LONG_MAX - atomic_load(&now.left);
	atomic_store(&now.group, NOTHING);
	snet_lab_down(lab);
	return choose_steps(calls, count);
}

static void say_refused(enum group group, const char *how, long count)
{
	fprintf(stderr, "refused %s: %s: %ld\n", how, group_names[group], count);
}

static void try_each_up(enum group group, struct steps steps, bool lasts, const char *how)
{
	long nth = steps.first, count = 0;

	for (; try_up(&steps, group, nth, lasts); nth += steps.stride)
		count++;
	say_refused(group, how, count);
}

START_TEST(what_is_refused_once_leaves_nothing)
{
	try_each_up((enum group)_i, find_steps((enum group)_i, 4), false, "once");
}
END_TEST

START_TEST(what_is_refused_from_then_on_leaves_nothing)
{
	try_each_up((enum group)_i, find_steps((enum group)_i, 2), true, "from then on");
}
END_TEST

/* What they need of the machine that nothing else of a lab does. */
static const enum group of_containers[] = {MEMORY, NAMESPACES, PATHS,
					   FILES,  THREADS,    LIBRARIES};

START_TEST(what_is_refused_to_a_container_leaves_nothing)
{
	enum group group = of_containers[_i];
	struct steps steps = find_steps(group, 3);

	/* The last ones rather than the first, which are those of any lab. */
	steps.first = steps.stride - 1 - steps.first;
	try_each_up(group, steps, false, "to a container");
}
END_TEST

static const struct snet__fabric_switch trees[] = {
	{.name = "large", .ports = 5000},
	{.name = "quiet", .ports = 5000, .is_quiet = true},
};

/* Its first leaf comes with the first port. */
static int plug_into(struct snet__fabric *fabric, int at)
{
	const struct snet__fabric_iface eth0 = {.name = "eth0",
						.ipv4 = 0x0a000001,
						.prefix = 8,
						.mac = {2, 0, 10, 0, 0, 1}};
	struct snet__fabric_node node;
	int number, r;

	r = snet__fabric_begin_node(fabric, -1, &node, &err);
	if (r == 0)
		r = snet__fabric_plug(fabric, &node, at, &eth0, &number, &err);
	r = snet__fabric_finish_node(&node, r, &err);
	if (node.netns >= 0)
		close(node.netns);
	return r;
}

static int make_trees(struct snet__fabric *fabric)
{
	int at[2], number, r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		r = snet__fabric_add_switch(fabric, &trees[i], &at[i], &err);
		if (r == 0)
			r = plug_into(fabric, at[i]);
	}
	return r < 0 ? r
		     : snet__fabric_link_switches(fabric, at[0], at[1], 0, false, &number,
						  &err);
}

static bool try_trees(enum group group, long nth)
{
	struct snet__fabric *fabric = NULL;
	int r;

	err = (struct snet_err){0};
	watch_try(group, nth);
	refuse(group, nth, false);
	r = snet__fabric_new(&fabric, true, &err);
	if (r == 0)
		r = make_trees(fabric);
	atomic_store(&now.group, NOTHING);
	ck_assert_int_eq(r, err.code);
	ck_assert(r == 0 || *err.msg);
	snet__fabric_free(fabric);
	expect_world(before, err.msg);
	return now.refused;
}

START_TEST(a_switch_that_is_a_tree_grows_or_says_why_not)
{
	const struct steps steps = choose_steps(1, 1);
	long nth, count;

	for (int group = MEMORY; group <= NAMESPACES; group++) {
		count = 0;
		for (nth = steps.first; try_trees((enum group)group, nth);
		     nth += steps.stride)
			count++;
		ck_assert_int_ge(nth, 3);
		say_refused((enum group)group, "to a tree", count);
	}
}
END_TEST

/* ---- Changes of a lab that is up */

/* Of all_kinds: some go, some come, some are others. */
static const char *const changed_lab =
	"{'lab': 'all', 'ipv6': true, 'nodes': ["
	"{'name': 's', 'kind': 'switch', 'stp': false}, {'name': 't', 'kind': 'switch'},"
	"{'name': 'u', 'kind': 'switch'},"
	"{'name': 'r0', 'kind': 'relayer', 'routes': ["
	"{'exchange': 'fanout', 'function': 'echo', 'backend': 'local'},"
	"{'exchange': 'direct', 'key': 'never', 'function': 'f', 'backend': 'cloud'},"
	"{'exchange': 'direct', 'key': 'ever', 'function': 'f', 'backend': 'far'}]},"
	"{'name': 'b0', 'kind': 'button', 'data': {'target': 'a0'}},"
	"{'name': 'b1', 'kind': 'button', 'data': {'target': 'a1'}},"
	"{'name': 'a1', 'kind': 'actuator'}, {'name': 'l1', 'kind': 'lamp'},"
	"{'name': 'a0', 'kind': 'actuator'},"
	"{'name': 'f0', 'kind': 'functions', 'functions': {'f': {'code': 'y', 'kind': 'nodejs:default'}}},"
	"{'name': 'p0', 'kind': 'process', 'command': ['sleep', '1001'], 'memory': '64MiB'},"
	"{'name': 'p1', 'kind': 'process', 'command': ['sleep', '1002']},"
	"{'name': 'g0', 'kind': 'gateway', 'forward': [{'port': 7, 'to': '127.0.0.1:9'}]},"
	"{'name': 'q0', 'kind': 'router'}, {'name': 'h0', 'kind': 'host'},"
	"{'name': 'h2', 'kind': 'host'}],"
	"'links': [{'from': 'r0', 'to': 's'}, {'from': 'b0', 'to': 's', 'loss': '0.1%'},"
	"{'from': 'a0', 'to': 's', 'jitter': '1ms', 'delay': '1ms'},"
	"{'from': 'b1', 'to': 'u'}, {'from': 'a1', 'to': 'u'},"
	"{'from': 'l1', 'to': 'u'}, {'from': 'p1', 'to': 'u'}, {'from': 'u', 'to': 's'},"
	"{'from': 'f0', 'to': 't'}, {'from': 'p0', 'to': 't'}, {'from': 'g0', 'to': 't'},"
	"{'from': 's', 'to': 't'}, {'from': 'q0', 'to': 's'},"
	"{'from': 'q0', 'to': 'h0', 'mtu': 1300, 'rate': '1Mbit'},"
	"{'from': 'q0', 'to': 'h2', 'mtu': 1300}],"
	"'backends': {'local': {'kind': 'native'}, 'cloud': {'kind': 'openwhisk', 'node': 'f0'},"
	"'far': {'kind': 'openwhisk', 'url': 'http://127.0.0.1:9', 'credentials': 'u:k',"
	"'gateway': 'g0'}}}";

/* A lab that has changed is described as it is now. */
static void lab_renew(void)
{
	snet_lab_free(lab);
	lab = describe_lab(all_kinds);
}

static char *format_now(void)
{
	const struct snet_format_opts opts = {.size = sizeof(opts),
					      .addresses = true,
					      .states = true};
	char *text = NULL;

	LABS_OK(snet_lab_format(lab, &opts, &text, &err));
	return text;
}

static int apply(const char *text)
{
	const struct snet_change_opts opts = {.size = sizeof(opts),
					      .text = text,
					      .folder = folder.path};

	return snet_lab_apply(lab, &opts, NULL, &err);
}

static bool reaches(const char *from, const char *to)
{
	char address[16];

	LABS_OK(snet_node_address(lab, to, address, &err));
	return inside_reaches(lab, from, address);
}

static void expect_as_before(const char *was, const char *context)
{
	char *is = format_now();

	ck_assert_msg(strcmp(is, was) == 0, "%s: is %s\nwas %s", context, is, was);
	free(is);
	ck_assert_msg(reaches("h0", "p0") && reaches("h1", "a0"), "%s", context);
	LABS_OK(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a0", "0");
}

/* That it is, and goes down; then it is described anew. */
static void expect_changed(const char *context)
{
	LABS_OK(snet_device_press(lab, "b1", NULL, NULL, WAIT_MS, &err));
	ck_assert_msg(reaches("h2", "a0") && reaches("p1", "h0"), "%s", context);
	snet_lab_down(lab);
	expect_world(before, context);
	lab_renew();
}

/* Whether anything was refused. The lab stays up if it is as before. */
static bool try_change(const struct steps *steps, const char *changed, enum group group,
		       long nth)
{
	char context[SNET_ERR_MAX + 100], *was;
	int r;

	err = (struct snet_err){0};
	watch_try(group, nth);
	if (!snet_lab_is_up(lab))
		LABS_OK(snet_lab_up(lab, &err));
	expect_works("first");
	was = format_now();
	refuse(group, nth, false);
	r = apply(changed);
	atomic_store(&now.group, NOTHING);
	(void)snprintf(context, sizeof(context), "%s, number %ld, %s: %s",
		       group_names[group], nth, now.refused ? now.refused : "none",
		       r < 0 ? err.msg : "done");
	ck_assert_msg(r == 0 || (now.refused && err.code == r && *err.msg), "%s",
		      context);
	if (r < 0)
		expect_as_before(was, context);
	free(was);
	if (r < 0 && is_seen(steps, nth)) {
		r = apply(changed);
		ck_assert_msg(r == 0, "%s: then: %s", context, err.msg);
	}
	if (r == 0)
		expect_changed(context);
	return now.refused;
}

START_TEST(a_change_that_is_refused_leaves_the_lab_as_before)
{
	char *changed = quoted(changed_lab);
	struct steps steps;
	long calls, count = 0;

	LABS_OK(snet_lab_up(lab, &err));
	refuse((enum group)_i, LONG_MAX, false);
	LABS_OK(apply(changed));
	calls = LONG_MAX - atomic_load(&now.left);
	atomic_store(&now.group, NOTHING);
	snet_lab_down(lab);
	lab_renew();
	steps = choose_steps(calls, 4);
	for (long nth = steps.first; try_change(&steps, changed, (enum group)_i, nth);
	     nth += steps.stride)
		count++;
	say_refused((enum group)_i, "to a change", count);
	free(changed);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("lab_refused");
	TCase *t = tcase_create("lab_refused");

	rights_get();
	tcase_set_timeout(t, 0); /* each try has its own */
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, what_is_refused_once_leaves_nothing, MEMORY, GROUP_COUNT);
	tcase_add_loop_test(t, what_is_refused_from_then_on_leaves_nothing, MEMORY,
			    DESCRIPTORS);
	tcase_add_test(t, a_switch_that_is_a_tree_grows_or_says_why_not);
	suite_add_tcase(s, t);
	t = tcase_create("change");
	tcase_set_timeout(t, 0); /* each try has its own */
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_change_that_is_refused_leaves_the_lab_as_before, MEMORY,
			    DESCRIPTORS);
	suite_add_tcase(s, t);
	t = tcase_create("container");
	tcase_set_timeout(t, 0); /* each try has its own */
	tcase_add_checked_fixture(t, set_up_container, tear_down);
	tcase_add_loop_test(t, what_is_refused_to_a_container_leaves_nothing, 0,
			    sizeof(of_containers) / sizeof(*of_containers));
	suite_add_tcase(s, t);
	return s;
}
