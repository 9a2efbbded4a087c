/* SPDX-License-Identifier: MIT */
/* Programs whose clock is off, and right again, while they run. */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "breaking.h"
#include "suite.h"

#define HOUR_NS (3600 * (int64_t)SNET__NS_PER_S)

static void prepare(const char *node)
{
	const struct snet__breakage skew = {.node = node};

	LABS_OK(snet__breakage_prepare(SKEW, lab, &skew, &err));
}

/* Until it writes a time that is off by about @seconds. */
static void wait_date(struct snet__client_stream *stream, long long seconds)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	long long off;

	do {
		off = atoll(next_line(stream)) - (long long)time(NULL) - seconds;
		ck_assert_msg(snet__clock_ns() < until_ns, "it is off by %lld s more",
			      off);
	} while (off < -WAIT_MS / 1000 || off > WAIT_MS / 1000);
}

/* Of two programs only the one that is skewed. */
static void skew_and_mend(const char *const *command)
{
	autostream *p = NULL, *q = NULL;

	LABS_NODE(lab, .name = "p", .kind = "process", .command = command);
	LABS_NODE(lab, .name = "q", .kind = "process", .command = command);
	prepare("p");
	programs_up();
	p = open_log("p");
	q = open_log("q");
	wait_date(p, 0);
	BREAK(SKEW, "p", .offset_ns = HOUR_NS);
	wait_date(p, 3600);
	wait_date(q, 0);
	MEND(SKEW, "p", .offset_ns = HOUR_NS);
	wait_date(p, 0);
	BREAK(SKEW, "p", .offset_ns = -2 * HOUR_NS);
	wait_date(p, -7200);
	BREAK_FAILS(SKEW, -ENOTSUP,
		    "'q' cannot be skewed: it was not started with a clock of its own",
		    "q", .offset_ns = 1);
}

START_TEST(a_skewed_process_has_another_time_of_day)
{
	skew_and_mend(SHELL("while :; do date +%s; sleep 0.02; done"));
}
END_TEST

/* By CLOCK_MONOTONIC and until a time, from Python 3.11 on. */
START_TEST(a_skewed_program_in_python_sleeps_as_before)
{
	skew_and_mend(PYTHON("import time\n"
			     "while True:\n"
			     "  begin = time.monotonic()\n"
			     "  time.sleep(0.02)\n"
			     "  slept = time.monotonic() - begin\n"
			     "  print(int(time.time()) if slept >= 0.02 else 0,"
			     " flush=True)\n"));
}
END_TEST

static void order(int fd, struct snet__client_stream *stream, const char *wanted)
{
	const char *line;

	ck_assert_int_eq(write(fd, "\n", 1), 1);
	line = next_line(stream);
	ck_assert_msg(strcmp(line, wanted) == 0, "want '%s', got '%s'", wanted, line);
}

/* It waits a hundred times by all clocks in all ways, always for some ms. */
START_TEST(a_skewed_program_waits_as_before)
{
	autofree char *fifo = snet__text_format("%s/fifo", folder.path);
	const char *const command[] = {SKEWED, fifo, NULL};
	autostream *stream = NULL;
	autoclose int fd = -1;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	LABS_NODE(lab, .name = "p", .kind = "process", .command = command);
	prepare("p");
	programs_up();
	stream = open_log("p");
	wait_line(stream, "up");
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	order(fd, stream, "off 0");
	BREAK(SKEW, "p", .offset_ns = HOUR_NS);
	order(fd, stream, "off 60");
	BREAK(SKEW, "p", .offset_ns = -2 * HOUR_NS);
	order(fd, stream, "off -120");
	MEND(SKEW, "p", .offset_ns = -2 * HOUR_NS);
	order(fd, stream, "off 60");
	MEND(SKEW, "p", .offset_ns = HOUR_NS);
	order(fd, stream, "off 0");
	(void)unlink(fifo);
}
END_TEST

START_TEST(a_program_that_has_ended_has_no_clock_to_skew)
{
	struct breaking breaking = {.kind = SKEW, .breakage = {.node = "p"}};

	breaking.breakage.offset_ns = HOUR_NS;
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL("exit 0"));
	prepare("p");
	programs_up();
	expect_log("p", "snet: exited 0");
	LABS_OK(breaking_do(breaking_begin, SKEW, &breaking.breakage));
	LABS_OK(snet__lab_call(lab, breaking_observe, &breaking, &err));
	ck_assert(!breaking.is_in_effect);
	ck_assert_str_eq(breaking.sight.text,
			 "its program does not have the lab's clock: does not run, is "
			 "linked statically, or may not read the lab's folder");
}
END_TEST

/* The dynamic linker would take it for two names. */
START_TEST(a_clock_cannot_be_in_a_folder_whose_path_has_a_blank)
{
	autofree char *path = snet__text_format("%s/a b", folder.path);

	LABS_OK(snet_lab_set_folder(lab, path, &err));
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL("exit 0"));
	prepare("p");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOTSUP,
		   "without ' ', ':' and '$' in its path");
}
END_TEST

static size_t count_folders(void)
{
	autofree char *pattern = snet__text_format("%s/snet-*", folder.path);
	glob_t found = {0};
	size_t count;

	(void)glob(pattern, 0, NULL, &found);
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

START_TEST(the_clock_and_the_disk_of_a_killed_lab_are_removed)
{
	autofree char *work = snet__text_format("%s/work", folder.path);
	const struct snet__breakage full = {.node = "p", .folder = work};
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	pid_t pid;

	ck_assert_int_eq(mkdir(work, 0700), 0);
	ck_assert_int_eq(setenv("TMPDIR", folder.path, 1), 0);
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL("sleep 600"));
	prepare("p");
	LABS_OK(snet__breakage_prepare(FULL, lab, &full, &err));
	pid = fork();
	if (pid == 0) {
		LABS_OK(snet_lab_up(lab, &err));
		(void)kill(getpid(), count_folders() == 1 ? SIGKILL : SIGABRT);
	}
	ck_assert_int_eq(waitpid(pid, &(int){0}, 0), pid);
	while (count_folders()) {
		ck_assert(snet__clock_ns() < until_ns);
		(void)usleep(1000);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("breakage_skew");
	TCase *tcase = tcase_create("breakage_skew");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, breaking_set_up, programs_tear_down);
	tcase_add_test(tcase, a_skewed_process_has_another_time_of_day);
	tcase_add_test(tcase, a_skewed_program_in_python_sleeps_as_before);
	tcase_add_test(tcase, a_skewed_program_waits_as_before);
	tcase_add_test(tcase, a_program_that_has_ended_has_no_clock_to_skew);
	tcase_add_test(tcase, a_clock_cannot_be_in_a_folder_whose_path_has_a_blank);
	tcase_add_test(tcase, the_clock_and_the_disk_of_a_killed_lab_are_removed);
	suite_add_tcase(suite, tcase);
	return suite;
}
