/* SPDX-License-Identifier: MIT */
/* Programs that judge: all are sh(1) here. The clock is wrapped, so that a minute passes at
 * once. */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "check_bed.h"
#include "folder.h"
#include "suite.h"
#include "wait.h"

uint64_t __real_snet__clock_ns(void);
uint64_t __wrap_snet__clock_ns(void);

static bool is_cancelled; /* when it is asked for the second time */
static bool is_fast;      /* each look at the clock is a minute after the one before */
static struct check_bed bed;
static struct test_folder folder;
static struct snet__check_opts in_folder;

uint64_t __wrap_snet__clock_ns(void)
{
	static uint64_t ahead_ns;

	if (is_fast)
		ahead_ns += 60 * SNET__NS_PER_S;
	return __real_snet__clock_ns() + ahead_ns;
}

/* Whether that is wanted is known, and so that it is asked again. */
static bool cancel(void *user)
{
	unsigned int *asked = user;

	return is_cancelled && (*asked)++ > 0;
}

static void set_up(void)
{
	static unsigned int asked;
	char path[sizeof(folder.path) + 20];

	is_fast = is_cancelled = false;
	asked = 0;
	in_folder = (struct snet__check_opts){.folder = folder.path,
					      .is_cancelled = cancel,
					      .user = &asked};
	bed_new(&bed);
	bed_press(&bed, "sw0-1", "sw0", 100);
	bed_press(&bed, "sw0-2", "sw0", 100);
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%s/history.jsonl", folder.path);
	ck_assert_int_eq(snet__file_write(path, "{\"at\": 0}\n{\"at\": 1}\n",
					  SNET__FILE_SHARED, &bed.err),
			 0);
}

static void tear_down(void)
{
	bed_free(&bed);
	test_folder_free(&folder);
}

/* The verdict of a script. */
static const char *check(const char *script)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	const struct snet__checker *checker = snet__checker_find("command");
	int r;

	bed.expectation.command = argv;
	snet__judgement_clear(&bed.result);
	r = checker->check(&bed.expectation, &bed.history, &in_folder, &bed.result,
			   &bed.err);
	bed.expectation.command = NULL;
	ck_assert_msg(r == 0, "%s", bed.err.msg);
	return snet_verdict_name(bed.result.verdict);
}

START_TEST(a_program_that_exits_with_0_says_that_it_held)
{
	ck_assert_str_eq(check("echo all is well"), "held");
	ck_assert_str_eq(bed.result.summary, "all is well");
	ck_assert_uint_eq(bed.result.finding_count, 0);
	ck_assert_double_eq(bed_measure(&bed, "exit"), 0);
	ck_assert_str_eq(check(":"), "held");
	ck_assert_str_eq(bed.result.summary, "'sh' says that it held");
}
END_TEST

START_TEST(a_program_that_exits_with_1_says_that_it_was_violated)
{
	ck_assert_str_eq(check("echo two are missing; exit 1"), "violated");
	ck_assert_str_eq(bed.result.summary, "two are missing");
	ck_assert_str_eq(check("exit 1"), "violated");
	ck_assert_str_eq(bed.result.summary, "'sh' says that it was violated");
}
END_TEST

START_TEST(a_program_reads_the_history_from_its_input_and_from_its_file)
{
	ck_assert_str_eq(check("cat"), "held");
	ck_assert_str_eq(bed.result.summary, "{\"at\": 0}");
	ck_assert_uint_eq(bed.result.finding_count, 1);
	ck_assert_str_eq(check("tail -n 1 \"$SNET_HISTORY\""), "held");
	ck_assert_str_eq(bed.result.summary, "{\"at\": 1}");
}
END_TEST

START_TEST(a_program_runs_in_its_folder_wherever_the_history_is)
{
	const struct snet__check_opts here = {.folder = "."};
	static char cwd[] = "/usr";
	static char *argv[] = {(char *)"sh", (char *)"-c",
			       (char *)"pwd; tail -n 1 \"$SNET_HISTORY\"", NULL};

	ck_assert_int_eq(chdir(folder.path), 0);
	bed.expectation.command = argv;
	bed.expectation.cwd = cwd;
	ck_assert_int_eq(snet__checker_find("command")->check(&bed.expectation,
							      &bed.history, &here,
							      &bed.result, &bed.err),
			 0);
	bed.expectation.command = NULL;
	bed.expectation.cwd = NULL;
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_str_eq(bed.result.summary, "/usr");
	ck_assert_uint_eq(bed.result.finding_count, 1);
	ck_assert_str_eq(bed.result.findings[0].text, "{\"at\": 1}");
}
END_TEST

START_TEST(lines_behind_the_summary_are_findings)
{
	ck_assert_str_eq(
		check("cat <<'END'\n"
		      "three\n"
		      "{\"what\": \"lost\", \"event\": \"sw0-2\", \"node\": \"sw0\", "
		      "\"at\": 7000, \"text\": \"gone\"}\n"
		      "{\"what\": \"odd\", \"event\": \"sw9-9\", \"node\": \"sw9\", "
		      "\"text\": \"strange\"}\n"
		      "\n"
		      "{\"what\": \"odd\"}\n"
		      "{plain text\n"
		      "END\n"
		      "exit 1"),
		"violated");
	ck_assert_str_eq(bed.result.summary, "three");
	ck_assert_uint_eq(bed.result.finding_count, 4);
	ck_assert_str_eq(bed_finding(&bed, 0), "lost: gone");
	ck_assert_uint_eq(bed.result.findings[0].event, 1);
	ck_assert_uint_eq(bed.result.findings[0].at_ns, 7000);
	ck_assert_ptr_eq(bed.result.findings[0].node, bed.history.events[0].node);
	ck_assert_str_eq(bed_finding(&bed, 1), "found: odd: strange");
	ck_assert_uint_eq(bed.result.findings[1].event, SIZE_MAX);
	ck_assert_uint_eq(bed.result.findings[1].at_ns, SNET__NEVER);
	ck_assert_ptr_null(bed.result.findings[1].node);
	ck_assert_str_eq(bed_finding(&bed, 2), "found: odd");
	ck_assert_str_eq(bed_finding(&bed, 3), "found: {plain text");
}
END_TEST

START_TEST(a_program_that_fails_is_not_trusted_and_its_last_words_are_told)
{
	ck_assert_str_eq(check("echo all is well; echo first >&2; echo no disk >&2; "
			       "echo >&2; exit 2"),
			 "untrusted");
	ck_assert_str_eq(bed.result.summary, "'sh' exited with 2: no disk");
	ck_assert_str_eq(check("exit 127"), "untrusted");
	ck_assert_str_eq(bed.result.summary, "'sh' exited with 127");
	ck_assert_str_eq(check("kill -9 $$"), "untrusted");
	ck_assert_str_eq(bed.result.summary, "'sh' was killed by signal 9");
}
END_TEST

START_TEST(a_program_that_cannot_be_started_is_not_trusted)
{
	const struct snet__check_opts nowhere = {.folder = "/nowhere"};
	char *argv[] = {(char *)"/nowhere/judge", NULL};

	bed.expectation.command = argv;
	ck_assert_str_eq(bed_check(&bed, "command"), "untrusted");
	ck_assert_str_eq(bed.result.summary,
			 "the run has no folder that '/nowhere/judge' could read");
	ck_assert_int_eq(snet__checker_find("command")->check(&bed.expectation,
							      &bed.history, &nowhere,
							      &bed.result, &bed.err),
			 0);
	ck_assert_str_eq(bed.result.summary,
			 "cannot open '/nowhere/history.jsonl': No such file or "
			 "directory");
	ck_assert_int_eq(snet__checker_find("command")->check(&bed.expectation,
							      &bed.history, &in_folder,
							      &bed.result, &bed.err),
			 0);
	ck_assert_str_eq(bed.result.summary,
			 "cannot start '/nowhere/judge': No such file or directory");
}
END_TEST

START_TEST(a_program_that_takes_a_minute_is_not_waited_for)
{
	is_fast = true;
	ck_assert_str_eq(check("exec sleep 1000"), "untrusted");
	ck_assert_str_eq(bed.result.summary, "'sh' was not through after 60 s");
}
END_TEST

/* Whether the process has ended, if it was not reaped yet. */
static bool has_ended(const char *pid)
{
	char path[64], state = 'Z';
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fscanf(file, "%*d %*s %c", &state) != 1)
		state = 'Z'; /* it has just gone */
	(void)fclose(file);
	return state == 'Z';
}

START_TEST(what_a_program_leaves_behind_is_killed_and_does_not_hold_it_up)
{
	unsigned int waited_ms = 0;

	ck_assert_str_eq(check("sleep 1000 & echo $!"), "held");
	for (; !has_ended(bed.result.summary) && waited_ms < WAIT_MS; waited_ms += 10)
		(void)poll(NULL, 0, 10);
	ck_assert_uint_lt(waited_ms, WAIT_MS);
}
END_TEST

START_TEST(a_program_is_ended_when_the_run_is_cancelled)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"exec sleep 1000", NULL};
	uint64_t began_ns = snet__clock_ns();
	int r;

	is_cancelled = true;
	bed.expectation.command = argv;
	r = snet__checker_find("command")->check(&bed.expectation, &bed.history,
						 &in_folder, &bed.result, &bed.err);
	bed.expectation.command = NULL;
	ck_assert_int_eq(r, -EINTR);
	ck_assert_str_eq(bed.err.msg, "'sh' was interrupted");
	ck_assert_uint_lt(snet__clock_ns() - began_ns, 20 * SNET__NS_PER_S);
}
END_TEST

START_TEST(output_beyond_the_limit_is_cut_at_a_line)
{
	ck_assert_str_eq(check("echo much; yes $(printf %0199d 0) | head -n 10000"),
			 "held");
	ck_assert_str_eq(bed.result.summary, "much");
	ck_assert_uint_eq(bed.result.finding_count, ((1u << 20) - 5) / 200);
	ck_assert_uint_eq(bed.result.beyond, 1);
	ck_assert_uint_eq(strlen(bed.result.findings[bed.result.finding_count - 1].text),
			  199);
}
END_TEST

START_TEST(a_flood_of_errors_leaves_the_last_line)
{
	ck_assert_str_eq(check("yes nonsense | head -n 500000 >&2; echo why >&2; exit 3"),
			 "untrusted");
	ck_assert_str_eq(bed.result.summary, "'sh' exited with 3: why");
}
END_TEST

START_TEST(output_that_is_no_text_is_made_text)
{
	ck_assert_str_eq(check("printf 'a\\377b\\000c\\n'"), "held");
	ck_assert_str_eq(bed.result.summary, "a\357\277\275b\357\277\275c");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("check_command");
	TCase *tc = tcase_create("all"), *failing = tcase_create("failing");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_program_that_exits_with_0_says_that_it_held);
	tcase_add_test(tc, a_program_that_exits_with_1_says_that_it_was_violated);
	tcase_add_test(tc, a_program_reads_the_history_from_its_input_and_from_its_file);
	tcase_add_test(tc, a_program_runs_in_its_folder_wherever_the_history_is);
	tcase_add_test(tc, lines_behind_the_summary_are_findings);
	tcase_add_test(tc,
		       a_program_that_fails_is_not_trusted_and_its_last_words_are_told);
	tcase_add_test(tc, a_program_that_takes_a_minute_is_not_waited_for);
	tcase_add_test(tc,
		       what_a_program_leaves_behind_is_killed_and_does_not_hold_it_up);
	tcase_add_test(tc, a_program_is_ended_when_the_run_is_cancelled);
	tcase_add_test(tc, output_beyond_the_limit_is_cut_at_a_line);
	tcase_add_test(tc, a_flood_of_errors_leaves_the_last_line);
	tcase_add_test(tc, output_that_is_no_text_is_made_text);
	suite_add_tcase(s, tc);
	/* What a child shares with us until execve(2) is a copy where valgrind makes it. */
	tcase_set_tags(failing, "vfork");
	tcase_add_checked_fixture(failing, set_up, tear_down);
	tcase_add_test(failing, a_program_that_cannot_be_started_is_not_trusted);
	suite_add_tcase(s, failing);
	return s;
}
