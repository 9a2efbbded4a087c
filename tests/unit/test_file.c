/* SPDX-License-Identifier: MIT */
/* Files are written as a whole or not at all. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "folder.h"
#include "suite.h"
#include "topo/write.h"

static struct test_folder folder;
static struct snet_err err;

static void setup(void)
{
	test_folder_new(&folder);
	ck_assert_int_eq(chdir(folder.path), 0);
	err = (struct snet_err){0};
}

static void teardown(void)
{
	test_folder_free(&folder);
}

static void expect_content(const char *path, const char *text)
{
	char content[64] = "";
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	ck_assert_str_eq(content, text);
}

START_TEST(a_file_is_replaced_and_keeps_its_mode)
{
	struct stat info;

	(void)umask(027);
	ck_assert_int_eq(snet__file_write("new", "one\n", SNET__FILE_SHARED, &err), 0);
	expect_content("new", "one\n");
	ck_assert_int_eq(stat("new", &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0640);
	ck_assert_int_eq(snet__file_create("own", "one\n", SNET__FILE_PRIVATE, &err), 0);
	ck_assert_int_eq(stat("own", &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	ck_assert_int_eq(chmod("new", 0666), 0);
	ck_assert_int_eq(symlink("new", "link"), 0);
	ck_assert_int_eq(snet__file_write("link", "two\n", SNET__FILE_PRIVATE, &err), 0);
	expect_content("new", "two\n");
	ck_assert_int_eq(lstat("link", &info), 0);
	ck_assert(S_ISLNK(info.st_mode));
	ck_assert_int_eq(stat("new", &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0666);
}
END_TEST

START_TEST(what_is_no_file_is_written_to)
{
	int ends[2];
	char path[64], text[8] = "";

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	ck_assert_int_eq(snet__file_write(path, "one\n", SNET__FILE_SHARED, &err), 0);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 4);
	ck_assert_str_eq(text, "one\n");
}
END_TEST

START_TEST(a_failure_leaves_what_was)
{
	struct stat info;
	int r;

	ck_assert_int_eq(snet__file_write("/dev/full", "one\n", SNET__FILE_SHARED, &err),
			 -ENOSPC);
	ck_assert_str_eq(err.msg, "cannot write '/dev/full': No space left on device");
	r = snet__file_write("no/file", "one\n", SNET__FILE_SHARED, &err);
	ck_assert_int_eq(r, -ENOENT);
	ck_assert_int_eq(mkdir("folder", 0700), 0);
	ck_assert_int_eq(snet__file_write("folder", "one\n", SNET__FILE_SHARED, &err),
			 -EISDIR);
	ck_assert_int_eq(stat("folder", &info), 0);
	ck_assert(S_ISDIR(info.st_mode));
	ck_assert_int_ne(rmdir("."),
			 0); /* nothing else was made, and this one is not empty */
}
END_TEST

static const struct {
	const char *folder, *path, *relative;
} paths[] = {
	{"a", "a/f.js", "f.js"},
	{"a/b", "a/f.js", "../f.js"},
	{"a", "a/b/f.js", "b/f.js"},
	{"a", "ab/f.js", "../ab/f.js"},
	{"ab", "a/f.js", "../a/f.js"},
	{"a/b", "ab/f.js", "../../ab/f.js"},
	{"a", "a", "."},
	{"a/b", "a", ".."},
	{"a/../ab", "link/../ab/./f.js", "f.js"},
	{"link", "a/b/f.js", "f.js"}, /* link is a/b */
	{"a", "link/f.js", "b/f.js"},
	{"a", "/usr/x", "/usr/x"},
	{"/", "/usr/x", "/usr/x"},
	{NULL, "/usr/x", "/usr/x"},
	{"a", "gone/f.js", NULL},
	{"a", "a/gone.js", "gone.js"},
};

START_TEST(paths_lead_from_a_folder)
{
	autofree char *found = NULL;

	ck_assert_int_eq(mkdir("a", 0700) | mkdir("a/b", 0700) | mkdir("ab", 0700), 0);
	ck_assert_int_eq(symlink("a/b", "link"), 0);
	if (strncmp(paths[_i].path, "link/..", 7) == 0)
		ck_assert_int_eq(mkdir("a/ab", 0700) | rmdir("ab") |
					 symlink("a/ab", "ab"),
				 0);
	found = snet__path_from(paths[_i].folder, paths[_i].path);
	if (paths[_i].relative)
		ck_assert_str_eq(found, paths[_i].relative);
	else
		ck_assert_ptr_null(found);
}
END_TEST

/* Another open description is another holder. */
static void *release_later(void *user)
{
	int *holder = user;

	(void)close(*holder);
	return NULL;
}

START_TEST(a_file_is_read_as_a_whole)
{
	const size_t size = 10000;
	size_t got_size = 0;
	char *text = malloc(size + 1), *got = NULL;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', size);
	text[size] = '\0';
	ck_assert_int_eq(snet__file_read(&got, NULL, "large", size, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot open 'large': No such file or directory");
	ck_assert_int_eq(snet__file_write("large", text, SNET__FILE_SHARED, &err), 0);
	ck_assert_int_eq(snet__file_read(&got, NULL, "large", size - 1, &err), -EFBIG);
	ck_assert_str_eq(err.msg, "'large' is too large");
	ck_assert_int_eq(snet__file_read(&got, NULL, ".", size, &err), -EISDIR);
	ck_assert_ptr_null(got);
	ck_assert_int_eq(snet__file_read(&got, &got_size, "large", size, &err), 0);
	ck_assert_str_eq(got, text);
	ck_assert_uint_eq(got_size, size);
	free(got);
	ck_assert_int_eq(snet__file_write("large", "", SNET__FILE_SHARED, &err), 0);
	ck_assert_int_eq(snet__file_read(&got, NULL, "large", 0, &err), 0);
	ck_assert_str_eq(got, "");
	free(got);
	free(text);
}
END_TEST

START_TEST(a_lock_is_waited_for_but_not_for_ever)
{
	int holder = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	autoclose int fd = open("lock", O_RDWR | O_CLOEXEC);
	pthread_t thread;

	ck_assert_int_eq(snet__file_lock(holder, "lock"), 0);
	ck_assert_int_eq(snet__file_lock(fd, "lock"), -EWOULDBLOCK);
	ck_assert_int_eq(pthread_create(&thread, NULL, release_later, &holder), 0);
	ck_assert_int_eq(snet__file_lock(fd, "lock"), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(snet__file_lock(-1, "lock"), -EBADF);
}
END_TEST

START_TEST(a_lock_that_its_holder_removed_is_none)
{
	autoclose int fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600), next = -1;

	ck_assert_int_eq(unlink("lock"), 0);
	ck_assert_int_eq(snet__file_lock(fd, "lock"), -ESTALE);
	next = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(snet__file_lock(fd, "lock"), -ESTALE);
	ck_assert_int_eq(snet__file_lock(next, "lock"), 0);
}
END_TEST

START_TEST(a_folder_goes_with_all_that_is_in_it)
{
	ck_assert_int_eq(mkdir("outside", 0700) | mkdir("tree", 0700) |
				 mkdir("tree/shut", 0700) | mkdir("tree/shut/deep", 0700),
			 0);
	ck_assert_int_eq(snet__file_write("outside/kept", "", SNET__FILE_SHARED, &err),
			 0);
	ck_assert_int_eq(snet__file_write("tree/shut/deep/file", "", SNET__FILE_SHARED,
					  &err),
			 0);
	ck_assert_int_eq(symlink("../../outside", "tree/shut/link"), 0);
	ck_assert_int_eq(chmod("tree/shut/deep", 0500) | chmod("tree/shut", 0500), 0);
	snet__file_remove("tree");
	ck_assert_int_ne(access("tree", F_OK), 0);
	ck_assert_int_eq(access("outside/kept", F_OK), 0);
	snet__file_remove("outside/kept");
	ck_assert_int_ne(access("outside/kept", F_OK), 0);
	snet__file_remove("nowhere");
}
END_TEST

START_TEST(a_folder_is_new_once)
{
	ck_assert_int_eq(snet__file_make_folder("above/new/", &err), 1);
	ck_assert_int_eq(snet__file_make_folder("above/new/", &err), 0);
	ck_assert_int_eq(snet__file_make_folder("above/new", &err), 0);
	ck_assert_int_eq(rmdir("above/new") | rmdir("above"), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_is_replaced_and_keeps_its_mode);
	tcase_add_test(t, what_is_no_file_is_written_to);
	tcase_add_test(t, a_failure_leaves_what_was);
	tcase_add_test(t, a_folder_goes_with_all_that_is_in_it);
	tcase_add_test(t, a_folder_is_new_once);
	tcase_add_test(t, a_file_is_read_as_a_whole);
	tcase_add_test(t, a_lock_is_waited_for_but_not_for_ever);
	tcase_add_test(t, a_lock_that_its_holder_removed_is_none);
	tcase_add_loop_test(t, paths_lead_from_a_folder, 0,
			    (int)(sizeof(paths) / sizeof(*paths)));
	suite_add_tcase(s, t);
	return s;
}
