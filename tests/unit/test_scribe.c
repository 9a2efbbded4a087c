/* SPDX-License-Identifier: MIT */
/* Decisions that are written while others go on, and read again. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <snet/log.h>

#include "base/clock.h"
#include "base/file.h"
#include "folder.h"
#include "link/scribe.h"
#include "suite.h"
#include "topo/decision_file.h"

static struct test_folder folder;
static struct snet__scribe *scribe;
static struct snet_err err;
static char path[PATH_MAX];

static void setup(void)
{
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.4000s/log", folder.path);
	err = (struct snet_err){0};
	ck_assert_int_eq(snet__scribe_new(&scribe, &err), 0);
}

static void teardown(void)
{
	snet__scribe_free(scribe);
	test_folder_free(&folder);
}

/* Decisions from number @from on. */
static void write_some(uint64_t from, uint64_t count)
{
	struct snet__sheet *sheet = NULL;

	ck_assert_msg(snet__scribe_open(scribe, &sheet, path, &err) == 0, "%s", err.msg);
	for (uint64_t i = from; i < from + count; i++)
		snet__sheet_add(sheet,
				&(struct snet__decision){.number = i, .delay_ns = 3 * i});
	snet__scribe_close(sheet);
}

/* How many there are, which are numbered from 1 on. */
static uint64_t read_all(void)
{
	struct snet__decision_reader *reader = NULL;
	struct snet__decision decision;
	uint64_t count = 0;

	ck_assert_msg(snet__decision_reader_new(&reader, path, &err) == 0, "%s", err.msg);
	while (snet__decision_reader_next(reader, &decision)) {
		count++;
		if (decision.number != count || decision.delay_ns != 3 * count)
			ck_abort_msg("decision %lu is another", (unsigned long)count);
	}
	snet__decision_reader_free(reader);
	return count;
}

START_TEST(what_was_added_is_there_when_the_sheet_is_closed)
{
	write_some(1, 0);
	ck_assert_uint_eq(read_all(), 0);
	write_some(1, 3);
	ck_assert_uint_eq(read_all(), 3);
	write_some(4, 100000);
	ck_assert_uint_eq(read_all(), 100003);
}
END_TEST

START_TEST(another_scribe_begins_anew)
{
	write_some(1, 10);
	snet__scribe_free(scribe);
	ck_assert_int_eq(snet__scribe_new(&scribe, &err), 0);
	write_some(1, 5);
	ck_assert_uint_eq(read_all(), 5);
}
END_TEST

START_TEST(a_file_that_was_taken_away_begins_anew)
{
	write_some(1, 10);
	ck_assert_int_eq(unlink(path), 0);
	write_some(1, 5);
	ck_assert_uint_eq(read_all(), 5);
}
END_TEST

START_TEST(a_log_is_not_complete_before_it_is_closed)
{
	struct snet__decision_reader *reader = NULL;
	struct snet__sheet *sheet = NULL;

	write_some(1, 10);
	ck_assert_int_eq(snet__scribe_open(scribe, &sheet, path, &err), 0);
	ck_assert_int_eq(snet__decision_reader_new(&reader, path, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "is not complete"));
	snet__scribe_close(sheet);
	ck_assert_uint_eq(read_all(), 10);
}
END_TEST

/* Else nothing would be left of few of a lab that is killed. */
START_TEST(what_was_added_is_in_the_file_before_long)
{
	uint64_t until_ns = snet__clock_ns() + 20 * SNET__NS_PER_S;
	struct snet__sheet *sheet = NULL;
	struct stat info = {.st_size = 0};
	off_t before = 0;

	ck_assert_int_eq(snet__scribe_open(scribe, &sheet, path, &err), 0);
	for (uint64_t i = 1; i <= 2; i++) {
		snet__sheet_add(sheet,
				&(struct snet__decision){.number = i, .delay_ns = 3 * i});
		while (info.st_size == before && snet__clock_ns() < until_ns) {
			usleep(1000);
			ck_assert_int_eq(stat(path, &info), 0);
		}
		ck_assert_int_gt(info.st_size, before);
		before = info.st_size;
	}
	snet__scribe_close(sheet);
	ck_assert_uint_eq(read_all(), 2);
}
END_TEST

START_TEST(only_files_are_written)
{
	struct snet__sheet *sheet = NULL;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(snet__scribe_open(scribe, &sheet, path, &err), -EINVAL);
	ck_assert_int_eq(snet__scribe_open(scribe, &sheet, folder.path, &err), -EISDIR);
	ck_assert_int_eq(snet__scribe_open(scribe, &sheet, "/dev/null", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'/dev/null' is not a file");
}
END_TEST

static char said[256];

static void note(void *user, enum snet_log_level level, const char *line)
{
	(void)snprintf(said, sizeof(said), "%s", line);
}

/* Here for want of room in the file; the same as when the disk is too slow. */
START_TEST(a_log_that_lacks_something_cannot_be_replayed)
{
	struct snet__decision_reader *reader = NULL;
	struct rlimit limit, small = {.rlim_cur = 100000};

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small.rlim_max = limit.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	snet_log_set(note, NULL, SNET_LOG_WARNING);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	write_some(1, 100000);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_nonnull(strstr(said, "decisions are missing"));
	ck_assert_int_eq(snet__decision_reader_new(&reader, path, &err), -EINVAL);
	/* Not even when it goes on. */
	write_some(100001, 10);
	ck_assert_int_eq(snet__decision_reader_new(&reader, path, &err), -EINVAL);
	snet_log_set(NULL, NULL, SNET_LOG_WARNING);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("scribe");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_added_is_there_when_the_sheet_is_closed);
	tcase_add_test(t, another_scribe_begins_anew);
	tcase_add_test(t, a_file_that_was_taken_away_begins_anew);
	tcase_add_test(t, a_log_is_not_complete_before_it_is_closed);
	tcase_add_test(t, what_was_added_is_in_the_file_before_long);
	tcase_add_test(t, only_files_are_written);
	tcase_add_test(t, a_log_that_lacks_something_cannot_be_replayed);
	suite_add_tcase(s, t);
	return s;
}
