/* SPDX-License-Identifier: MIT */
/* Programs that are broken on purpose while they run, and mended. */

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "breaking.h"
#include "suite.h"

/* Its children as well, also those that are in a session of their own or have lost their parent. */
START_TEST(a_killed_program_is_not_started_again_before_it_is_to)
{
	char marker[32];
	autofree char *script = snet__text_format(
		"trap '' TERM HUP; setsid sleep %s & echo up; while :; do sleep %s; done",
		mark(marker), marker);

	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL(script),
		  .restart = "always");
	programs_up();
	expect_log("p", "up");
	BREAK(KILL, "p");
	ck_assert(wait_none(marker));
	expect_status("p", "killed", "{\"signal\":\"SIGKILL\",\"restarts\":0}");
	press_other("1");
	MEND(KILL, "p");
	ck_assert_uint_gt(count_processes(marker), 0);
	/* Twice in a row, without a look in between. */
	LABS_OK(breaking_do(breaking_begin, KILL, &(struct snet__breakage){.node = "p"}));
	LABS_OK(breaking_do(breaking_end, KILL, &(struct snet__breakage){.node = "p"}));
	ck_assert(!IS_BROKEN(KILL, "p"));
}
END_TEST

/* Its description's policy would have it begin in a second. */
START_TEST(a_program_that_waits_for_its_restart_is_killed_as_well)
{
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL("exit 3"),
		  .restart = "always");
	programs_up();
	expect_log("p", "snet: exited 3, starts again in 1 s");
	BREAK(KILL, "p");
	expect_status("p", "exited", "{\"exit_code\":3,\"restarts\":0}");
	MEND(KILL, "p");
	expect_log("p", "snet: exited 3, starts again in 1 s");
}
END_TEST

/* A device that registers over and over, and says what it is told: little enough that its log keeps
 * all of it. */
static const char device[] =
	"import os, socket, time\n"
	"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
	"s.bind(('', 5683)); s.settimeout(0.02)\n"
	"while True:\n"
	"  s.sendto(b'\\x50\\x02\\0\\1\\xb2rd\\x44ep=p',"
	" (os.environ['SNET_RELAYER_ADDRESS'], 5683))\n"
	"  try: packet, sender = s.recvfrom(2048)\n"
	"  except TimeoutError: continue\n"
	"  if packet[1] == 0x41: print('registered', flush=True); time.sleep(0.05)\n"
	"  if packet[1] == 3:\n"
	"    n = 4 + (packet[0] & 15)\n"
	"    s.sendto(bytes([0x60 | packet[0] & 15, 0x44]) + packet[2:n], sender)\n"
	"    print('obeyed', flush=True)\n";

START_TEST(a_killed_relayer_waits_for_a_program_to_register_again)
{
	char id[SNET_EVENT_ID_MAX + 1];

	LABS_NODE(lab, .name = "p", .kind = "process", .relayer = "r0",
		  .command = PYTHON(device));
	programs_up();
	expect_log("p", "registered");
	BREAK(PAUSE, "p");
	LABS_OK(snet_device_send(lab, "b0", "{\"target\":\"p\"}", id, &err));
	BREAK(KILL, "r0");
	MEND(KILL, "r0");
	/* Sent again after a while, in which it has seen that the program is not there. */
	LABS_FAILS(snet_lab_wait_trace(lab, id, 4000, NULL, &err), -ETIMEDOUT, id);
	MEND(PAUSE, "p");
	wait_done(id);
	expect_log("p", "obeyed");
}
END_TEST

START_TEST(a_paused_program_stands_still_with_all_that_it_has_started)
{
	autofree char *fifo = snet__text_format("%s/fifo", folder.path);
	autofree char *script = snet__text_format(
		"setsid sh -c 'while :; do sleep 0.001; done' & "
		"(sh -c 'while :; do sleep 0.001; done' &) ; "
		"exec 3<>%s; echo up; while read x <&3; do echo got $x; done",
		fifo);
	int fd;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL(script));
	programs_up();
	expect_log("p", "up");
	BREAK(PAUSE, "p");
	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, "one\n", 4), 4);
	press_other("1");
	press_other("0");
	ck_assert(IS_BROKEN(PAUSE, "p"));
	MEND(PAUSE, "p");
	expect_log("p", "got one");
	close(fd);
	/* A lab with one that is paused goes down at once. */
	BREAK(PAUSE, "p");
	ck_assert_uint_lt(time_down(), SNET__PROGRAM_GRACE_NS / SNET__NS_PER_MS);
	(void)unlink(fifo);
}
END_TEST

START_TEST(a_paused_program_that_is_killed_begins_again_after_its_pause)
{
	autostream *p = NULL;

	LABS_NODE(lab, .name = "p", .kind = "process",
		  .command = SHELL("echo up; sleep 600"));
	programs_up();
	p = open_log("p");
	wait_line(p, "up");
	BREAK(PAUSE, "p");
	BREAK(KILL, "p");
	MEND(KILL, "p");
	ck_assert(IS_BROKEN(PAUSE, "p"));
	MEND(PAUSE, "p");
	wait_line(p, "up");
}
END_TEST

static unsigned int cpu_of(const char *node)
{
	return snet__program_cpu(snet__run_find(lab->run, node, NULL)->program);
}

static uint64_t throttled_ns(const char *node)
{
	return snet__program_throttled_ns(snet__run_find(lab->run, node, NULL)->program);
}

static void expect_throttled(const char *node)
{
	uint64_t until_ns = snet__clock_ns() + 10 * SNET__NS_PER_S;

	while (!throttled_ns(node))
		ck_assert_uint_lt(snet__clock_ns(), until_ns);
}

START_TEST(a_slow_program_has_less_of_a_cpu)
{
	const struct snet__breakage ended = {.node = "e", .millicpus = 50};
	const char *const spin[] = {"sh", "-c", "echo up; while :; do :; done", NULL};
	struct snet_err why = {0};

	LABS_NODE(lab, .name = "p", .kind = "process", .command = spin);
	if (!has_cgroups(&why)) {
		const struct snet__breakage slow = {.node = "p", .millicpus = 50};

		LABS_FAILS(snet__breakage_prepare(SLOW, lab, &slow, &err), -ENOTSUP,
			   "'p' cannot be slowed down: that needs root, or 'systemd-run "
			   "--user --scope -p Delegate=yes': cannot limit CPU time");
		skip("slow", "%s", err.msg);
		return;
	}
	LABS_NODE(lab, .name = "q", .kind = "process", .command = spin, .cpus = 0.5);
	LABS_NODE(lab, .name = "e", .kind = "process", .command = SHELL("exit 0"));
	programs_up();
	expect_log("p", "up");
	expect_log("e", "snet: exited 0");
	LABS_OK(breaking_do(breaking_begin, SLOW, &ended));
	ck_assert(!breaking_is(SLOW, &ended));
	LABS_OK(breaking_do(breaking_end, SLOW, &ended));
	BREAK(SLOW, "p", .millicpus = 50);
	BREAK(SLOW, "q", .millicpus = 100);
	ck_assert_uint_eq(cpu_of("p"), 50);
	ck_assert_uint_eq(cpu_of("q"), 100);
	expect_throttled("p");
	expect_throttled("q");
	BREAK_FAILS(SLOW, -EINVAL,
		    "'q' cannot be slowed down: it has no more than 500 thousandths of a "
		    "CPU anyway",
		    "q", .millicpus = 500);
	BREAK_FAILS(SLOW, -EINVAL,
		    "'p' cannot be slowed down: its share of a CPU is to be below 100 %",
		    "p", .millicpus = 1000);
	press_other("1");
	/* Also after it began anew. */
	BREAK(KILL, "p");
	MEND(KILL, "p");
	ck_assert(IS_BROKEN(SLOW, "p", .millicpus = 50));
	/* The newest that lasts counts. */
	BREAK(SLOW, "p", .millicpus = 200);
	BREAK(SLOW, "p", .millicpus = 100);
	MEND(SLOW, "p", .millicpus = 200);
	ck_assert_uint_eq(cpu_of("p"), 100);
	MEND(SLOW, "p", .millicpus = 100);
	ck_assert_uint_eq(cpu_of("p"), 50);
	MEND(SLOW, "p", .millicpus = 50);
	MEND(SLOW, "q", .millicpus = 100);
	ck_assert_uint_eq(cpu_of("p"), 0);
	ck_assert_uint_eq(cpu_of("q"), 500);
}
END_TEST

START_TEST(a_process_with_a_full_disk_cannot_write)
{
	const struct snet__breakage full = {.node = "p", .size_bytes = 16 << 20};
	autofree char *work = snet__text_format("%s/a:work,", folder.path);
	autofree char *before = snet__text_format("%s/before", work);
	autostream *p = NULL, *q = NULL;

	ck_assert_int_eq(mkdir(work, 0700), 0);
	LABS_OK(snet__file_write(before, "before\n", SNET__FILE_SHARED, &err));
	LABS_NODE(
		lab, .name = "p", .kind = "process", .cwd = work,
		.command = SHELL(
			"cat before; [ -f kept ] || echo kept > kept; cat kept; while :; do "
			"i=$((i + 1)); if echo x > $i 2>/dev/null; then echo wrote; else "
			"echo failed; fi; sleep 0.02; done"));
	LABS_NODE(lab, .name = "q", .kind = "process", .cwd = work,
		  .command = SHELL("while :; do if [ -f kept ]; then echo sees; else "
				   "echo apart; fi; sleep 0.02; done"));
	LABS_OK(snet__breakage_prepare(FULL, lab, &full, &err));
	programs_up();
	p = open_log("p");
	q = open_log("q");
	wait_line(p, "before");
	wait_line(p, "wrote");
	BREAK(FULL, "p");
	wait_line(p, "failed");
	press_other("1");
	MEND(FULL, "p");
	wait_line(p, "wrote");
	/* Its disk outlives it, and is nobody else's. */
	BREAK(KILL, "p");
	MEND(KILL, "p");
	wait_line(p, "kept");
	wait_line(q, "apart");
	BREAK_FAILS(FULL, -ENOTSUP,
		    "'q' cannot be filled: it was not started with a disk of its own",
		    "q");
	snet_lab_down(lab);
	ck_assert_int_eq(unlink(before), 0);
	ck_assert_int_eq(rmdir(work), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("breakage_program");
	TCase *tcase = tcase_create("breakage_program");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, breaking_set_up, programs_tear_down);
	tcase_add_test(tcase, a_killed_program_is_not_started_again_before_it_is_to);
	tcase_add_test(tcase, a_program_that_waits_for_its_restart_is_killed_as_well);
	tcase_add_test(tcase, a_killed_relayer_waits_for_a_program_to_register_again);
	tcase_add_test(tcase, a_paused_program_stands_still_with_all_that_it_has_started);
	tcase_add_test(tcase,
		       a_paused_program_that_is_killed_begins_again_after_its_pause);
	tcase_add_test(tcase, a_slow_program_has_less_of_a_cpu);
	tcase_add_test(tcase, a_process_with_a_full_disk_cannot_write);
	suite_add_tcase(suite, tcase);
	return suite;
}
