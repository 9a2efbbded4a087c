/* SPDX-License-Identifier: MIT */
/* A full disk: a small tmpfs in a mount namespace of the test's own. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "store/store.h"
#include "suite.h"

static struct test_folder folder;
static struct snet_err err;

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Whether this process may mount now, in a namespace of its own. */
static bool enter_namespace(void)
{
	unsigned int uid = getuid();
	char map[32];

	if (uid == 0 && unshare(CLONE_NEWNS) == 0)
		return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	return write_file("/proc/self/uid_map", map) &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool is_permitted(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter_namespace() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void setup(void)
{
	test_folder_new(&folder);
	ck_assert(enter_namespace());
	ck_assert_int_eq(mount("tmpfs", folder.path, "tmpfs", 0, "size=2m,mode=0700"), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(umount(folder.path), 0);
	test_folder_free(&folder);
}

static struct snet__store *open_store(bool resume, enum snet_durability durability)
{
	struct snet__store_opts opts = {.folder = folder.path,
					.resume = resume,
					.durability = durability};
	struct snet__store *store = NULL;

	ck_assert_msg(snet__store_open(&store, &opts, &err) == 0, "%s", err.msg);
	return store;
}

static void ballast_path(char path[PATH_MAX + 16])
{
	(void)snprintf(path, PATH_MAX + 16, "%s/ballast", folder.path);
}

static void fill_disk(size_t leave)
{
	static const char block[4096];
	char path[PATH_MAX + 16];
	size_t size = 0;
	int fd;

	ballast_path(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		size += sizeof(block);
	ck_assert_int_eq(ftruncate(fd, (off_t)(size > leave ? size - leave : 0)), 0);
	close(fd);
}

static void empty_disk(void)
{
	char path[PATH_MAX + 16];

	ballast_path(path);
	ck_assert_int_eq(unlink(path), 0);
}

/* One commit of several pages: @from and the 31 that follow. */
static int write_events(struct snet__store *store, unsigned int from)
{
	char json[2001], id[32];
	uint64_t seq = 0;
	int r;

	memset(json, 'j', sizeof(json));
	json[sizeof(json) - 1] = '\0';
	for (unsigned int i = 0; i < 32; i++) {
		(void)snprintf(id, sizeof(id), "e%u", from + i);
		r = snet__store_add_event(store, "r0", "/sw0", id, json, &seq, &err);
		if (r < 0)
			return r;
	}
	r = snet__store_apply_once(store, "a0", id, &err);
	return r < 0 ? r : snet__store_commit(store, &err);
}

static void survive_full_disk(enum snet_durability durability, size_t leave)
{
	struct snet__store *store = open_store(false, durability);
	unsigned int done = 0;
	char expected[PATH_MAX + 128];
	uint64_t before;
	int r;

	(void)snprintf(
		expected, sizeof(expected),
		"store '%s' cannot grow: No space left on device: make room on its "
		"disk",
		folder.path);
	ck_assert_int_eq(write_events(store, done), 0);
	done += 32;
	fill_disk(leave);
	before = snet__store_last_seq(store);
	while ((r = write_events(store, done)) == 0 && done < 3200) {
		done += 32;
		before = snet__store_last_seq(store);
	}
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_str_eq(err.msg, expected);
	ck_assert(!snet__store_is_dirty(store));
	ck_assert_uint_eq(snet__store_last_seq(store), before);
	ck_assert_int_eq(write_events(store, done), -ENOSPC);

	empty_disk();
	ck_assert_msg(write_events(store, done) == 0, "%s", err.msg);
	ck_assert_uint_eq(snet__store_last_seq(store), done + 32);
	snet__store_close(store);
	store = open_store(true, durability);
	ck_assert_uint_eq(snet__store_last_seq(store), done + 32);
	snet__store_close(store);
}

START_TEST(a_full_disk_is_an_error_and_no_end)
{
	survive_full_disk(SNET_DURABILITY_PROCESS, 0);
}
END_TEST

START_TEST(a_disk_that_fills_within_a_commit_is_the_same)
{
	survive_full_disk(SNET_DURABILITY_PROCESS, 20480);
}
END_TEST

START_TEST(with_disk_durability_too)
{
	survive_full_disk(SNET_DURABILITY_DISK, 8192);
}
END_TEST

START_TEST(a_store_that_cannot_be_made_says_why)
{
	struct snet__store_opts opts = {.folder = folder.path};
	struct snet__store *store = NULL;
	int r;

	fill_disk(0);
	r = snet__store_open(&store, &opts, &err);
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_ptr_null(store);
	ck_assert_ptr_nonnull(strstr(err.msg, "No space left on"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("store_full");
	TCase *t = tcase_create("store_full");

	if (!is_permitted()) {
		fprintf(stderr, "skipped: mount namespaces are not permitted here\n");
		exit(77);
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_full_disk_is_an_error_and_no_end);
	tcase_add_test(t, a_disk_that_fills_within_a_commit_is_the_same);
	tcase_add_test(t, with_disk_durability_too);
	tcase_add_test(t, a_store_that_cannot_be_made_says_why);
	suite_add_tcase(s, t);
	return s;
}
