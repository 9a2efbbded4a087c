/* SPDX-License-Identifier: MIT */
/* Processes in the nodes of a lab: what they find, how they end, and that nothing of them is
 * left. */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "programs.h"
#include "suite.h"

#define PROCESS(name_, ...) \
	LABS_NODE(lab, .name = (name_), .kind = "process", __VA_ARGS__)

START_TEST(it_finds_itself_and_its_relayer)
{
	char *text;

	ck_assert_int_eq(setenv("SNET_LAB", "outer", 1), 0);
	ck_assert_int_eq(setenv("OF_THE_LAB", "here", 1), 0);
	PROCESS("p",
		.command = SHELL("env | grep -e ^SNET_ -e ^OF_ -e ^MINE | sort;"
				 "getent ahostsv4 r0 | sed 's/ .*/ is r0/;q';"
				 "cat /etc/resolv.conf; pwd; echo done"),
		.env = (const char *const[]){"MINE=a b", "OF_THE_LAB=mine", NULL},
		.cwd = "/usr");
	programs_up();
	text = wait_log("p", "done");
	ck_assert_str_eq(text, "MINE=a b\n"
			       "OF_THE_LAB=mine\n"
			       "SNET_ADDRESS=10.0.0.2\n"
			       "SNET_LAB=programs\n"
			       "SNET_NODE=p\n"
			       "SNET_RELAYER=r0\n"
			       "SNET_RELAYER_ADDRESS=10.0.0.1\n"
			       "SNET_RELAYER_URI=coap://10.0.0.1:5683\n"
			       "10.0.0.1 is r0\n"
			       "/usr\n"
			       "done\n");
	free(text);
}
END_TEST

START_TEST(without_a_relayer_there_is_none_to_find)
{
	const struct snet_node_opts p = {.size = sizeof(p),
					 .name = "p",
					 .kind = "process",
					 .command = SHELL("env | grep -c SNET_RELAYER")};

	snet_lab_free(lab);
	LABS_OK(snet_lab_new(&lab, "alone", &err));
	LABS_OK(snet_lab_add_node(lab, &p, &err));
	LABS_OK(snet_lab_add_node(lab,
				  &(struct snet_node_opts){.size = sizeof(p),
							   .name = "s",
							   .kind = "switch"},
				  &err));
	LABS_OK(snet_lab_add_link(lab,
				  &(struct snet_link_opts){.size = sizeof(
								   struct snet_link_opts),
							   .from = "p",
							   .to = "s"},
				  &err));
	programs_up();
	expect_log("p", "0");
}
END_TEST

START_TEST(what_it_writes_becomes_lines)
{
	char *text;

	PROCESS("p", .command = PYTHON("import os\n"
				       "os.write(1, b'out\\r\\n')\n"
				       "os.write(2, b'err\\n')\n"
				       "os.write(1, b'a\\xffb\\0c\\n\\n')\n"
				       "os.write(1, b'x' * 10000 + b'\\n')\n"
				       "os.write(1, b'y' * 4096 + b'\\n')\n"
				       "os.write(1, b'unended')\n"));
	programs_up();
	text = wait_log("p", "snet: exited 0");
	ck_assert_msg(strncmp(text, "out\nerr\na\357\277\275b\357\277\275c\n\nxxx", 20) ==
			      0,
		      "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "x...\nyyy"));
	ck_assert_ptr_nonnull(strstr(text, "y\nunended\nsnet: "));
	ck_assert_uint_eq(strcspn(strstr(text, "xxx"), "\n"), 4096);
	ck_assert_uint_eq(strcspn(strstr(text, "yyy"), "\n"), 4096);
	free(text);
}
END_TEST

START_TEST(one_that_floods_its_log_holds_nobody_up)
{
	PROCESS("p", .command = (const char *const[]){"yes", NULL});
	PROCESS("q", .command = SHELL("echo calm; exec sleep 600"));
	programs_up();
	expect_log("q", "calm");
	expect_log("p", "y");
}
END_TEST

START_TEST(how_it_ended_is_told)
{
	PROCESS("code", .command = SHELL("exit 3"));
	PROCESS("signal", .command = SHELL("kill -SEGV $$"));
	PROCESS("forked", .command = SHELL("sleep 0 & exit 7"));
	PROCESS("runs", .command = SHELL("exec sleep 600"));
	programs_up();
	expect_log("code", "snet: exited 3");
	expect_status("code", "exited", "{\"exit_code\":3,\"restarts\":0}");
	expect_log("signal", "snet: killed by SIGSEGV");
	expect_status("signal", "killed", "{\"signal\":\"SIGSEGV\",\"restarts\":0}");
	expect_log("forked", "snet: exited 7");
	{
		autojson *node = find_status("runs");

		ck_assert_str_eq(snet__json_get_string(node, "state"), "running");
		ck_assert_double_gt(
			snet__json_number(snet__json_get(snet__json_get(node, "program"),
							 "pid"),
					  0),
			1);
		ck_assert_str_eq(snet__json_get_string(node, "relayer"), "r0");
	}
}
END_TEST

START_TEST(what_failed_is_started_again_later_and_later)
{
	uint64_t begin_ns = snet__clock_ns();

	PROCESS("p", .command = SHELL("exit 3"), .restart = "on-failure");
	PROCESS("once", .command = SHELL("exit 3"), .restart = "no");
	PROCESS("good", .command = SHELL("exit 0"), .restart = "on-failure");
	PROCESS("ever", .command = SHELL("exit 0"), .restart = "always");
	programs_up();
	expect_log("p", "snet: exited 3, starts again in 1 s");
	expect_status("p", "restarting", "{\"exit_code\":3,\"restarts\":0}");
	expect_log("p", "snet: exited 3, starts again in 2 s");
	ck_assert_uint_ge(snet__clock_ns() - begin_ns, SNET__NS_PER_S);
	expect_status("p", "restarting", "{\"exit_code\":3,\"restarts\":1}");
	expect_log("ever", "snet: exited 0, starts again in 1 s");
	expect_status("once", "exited", "{\"exit_code\":3,\"restarts\":0}");
	expect_status("good", "exited", "{\"exit_code\":0,\"restarts\":0}");
	expect_log("p", "snet: exited 3, starts again in 4 s");
	ck_assert_uint_ge(snet__clock_ns() - begin_ns, 3 * SNET__NS_PER_S);
}
END_TEST

static void make_script(const char *text)
{
	char path[PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/script", folder.path);
	LABS_OK(snet__file_write(path, text, SNET__FILE_SHARED, &err));
	ck_assert_int_eq(chmod(path, 0755), 0);
}

START_TEST(one_that_is_not_there_fails_up)
{
	PROCESS("p", .command = (const char *const[]){"no-such-program", NULL});
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT,
		   "cannot bring up lab 'programs': node 'p': cannot start "
		   "'no-such-program': not found in PATH");
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = (const char *const[]){"./no-such-program", NULL},
		.cwd = "/usr");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT,
		   "node 'p': cannot start './no-such-program': No such file");
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = SHELL("true"), .cwd = "/no/where");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT, "in folder '/no/where'");
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = (const char *const[]){"/dev/null", NULL});
	LABS_FAILS(snet_lab_up(lab, &err), -EACCES, "cannot start '/dev/null'");
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = (const char *const[]){"./script", NULL},
		.cwd = folder.path);
	make_script("#!/no/such\n");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT,
		   "cannot start './script': the interpreter that it names is not there");
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = (const char *const[]){"./script", NULL},
		.cwd = folder.path);
	make_script("echo here\n");
	LABS_FAILS(snet_lab_up(lab, &err), -ENOEXEC,
		   "cannot start './script': no program of this machine");
	/* A failed start leaves nothing that is in the way of the next. */
	programs_tear_down();
	programs_set_up();
	PROCESS("p", .command = SHELL("echo here"));
	programs_up();
	expect_log("p", "here");
}
END_TEST

START_TEST(what_ran_when_up_failed_does_not_run_on)
{
	char marker[32], script[128];

	(void)snprintf(script, sizeof(script), "setsid sleep %s & wait", mark(marker));
	PROCESS("a", .command = SHELL(script), .restart = "always");
	PROCESS("b", .command = (const char *const[]){"no-such-program", NULL});
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT, "node 'b'");
	ck_assert(wait_none(marker));
}
END_TEST

START_TEST(what_it_leaves_behind_ends_with_it)
{
	char marker[32], script[128];

	(void)snprintf(script, sizeof(script), "setsid sleep %s & echo left",
		       mark(marker));
	PROCESS("p", .command = SHELL(script));
	programs_up();
	expect_log("p", "snet: exited 0");
	ck_assert(wait_none(marker));
}
END_TEST

START_TEST(it_sees_its_own_processes_only)
{
	char *text;

	/* The keeper, the shell and what that has started, of all that run here. */
	PROCESS("p",
		.command = SHELL("cat /proc/1/comm;"
				 "[ $(ls -d /proc/[0-9]* | wc -l) -lt 8 ] && echo few;"
				 "echo done"));
	programs_up();
	text = wait_log("p", "done");
	ck_assert_str_eq(text, "snet-keeper\nfew\ndone\n");
	free(text);
}
END_TEST

/* Root has every right; a user those over the network only, from a keeper that has no more. */
START_TEST(its_network_is_its_own)
{
	PROCESS("p",
		.command = PYTHON("import socket\n"
				  "socket.create_server(('', 80))\n"
				  "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
				  "print('open', flush=True)\n"
				  "print(open('/proc/self/status').read())"));
	programs_up();
	expect_log("p", "open");
	if (geteuid() != 0) {
		expect_log("p", "CapPrm:\t0000000000003400");
		expect_log("p", "CapEff:\t0000000000003400");
	}
}
END_TEST

START_TEST(it_may_end_as_it_likes)
{
	char script[512], path[192];

	(void)snprintf(path, sizeof(path), "%.150s/bye", folder.path);
	(void)snprintf(script, sizeof(script),
		       "import signal, sys, time\n"
		       "def end(*_):\n"
		       "    time.sleep(0.2)\n"
		       "    open('%s', 'w').close()\n"
		       "    sys.exit(0)\n"
		       "signal.signal(signal.SIGTERM, end)\n"
		       "print('ready', flush=True)\n"
		       "while True: time.sleep(600)\n",
		       path);
	PROCESS("p", .command = PYTHON(script));
	programs_up();
	expect_log("p", "ready");
	ck_assert_uint_lt(time_down(), 1900);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(one_that_does_not_end_is_killed)
{
	char marker[32], script[256];

	(void)snprintf(script, sizeof(script),
		       "trap 'echo no' TERM; echo ready; while :; do sleep %s; done",
		       mark(marker));
	PROCESS("p", .command = SHELL(script), .restart = "always");
	programs_up();
	expect_log("p", "ready");
	ck_assert_uint_ge(time_down(), 1900);
	ck_assert_uint_eq(count_processes(marker), 0);
}
END_TEST

START_TEST(one_that_has_not_thought_of_it_ends_at_once)
{
	PROCESS("p", .command = SHELL("sleep 600; true"));
	PROCESS("q", .command = PYTHON("import time\nprint('ready', flush=True)\n"
				       "time.sleep(600)\n"));
	programs_up();
	expect_log("q", "ready");
	ck_assert_uint_lt(time_down(), 1000);
}
END_TEST

START_TEST(one_that_does_not_care_is_not_waited_for)
{
	PROCESS("p", .command = SHELL("trap '' TERM; echo ready; exec sleep 600"));
	PROCESS("q", .command = SHELL("exec sleep 600"));
	programs_up();
	expect_log("p", "ready");
	ck_assert_uint_lt(time_down(), 1000);
}
END_TEST

START_TEST(its_memory_has_a_limit)
{
	bool has = has_cgroups(&err);

	PROCESS("p", .command = PYTHON("x = bytearray(b'x' * (300 << 20))"),
		.memory_bytes = 200 << 20);
	PROCESS("modest", .command = PYTHON("print('fine')"), .memory_bytes = 200 << 20);
	programs_up();
	expect_log("modest", "fine");
	if (has) {
		expect_log("p", "snet: killed by SIGKILL: out of memory");
	} else {
		autojson *node = find_status("p");

		expect_log("p", "snet: its memory is limited as address space only: "
				"cannot limit memory by a cgroup: ");
		expect_log("p", "MemoryError");
		ck_assert_ptr_nonnull(
			snet__json_get_string(snet__json_get(node, "program"), "note"));
	}
}
END_TEST

START_TEST(a_later_kill_is_not_for_its_memory)
{
	autofree char *script =
		snet__text_format("mkdir '%s/once' 2>/dev/null || kill -9 $$\n"
				  "exec tail /dev/zero",
				  folder.path);

	if (!has_cgroups(&err)) {
		skip("memory", "%s", err.msg);
		return;
	}
	PROCESS("p", .command = SHELL(script), .memory_bytes = 32 << 20,
		.restart = "always");
	programs_up();
	expect_log("p", "snet: killed by SIGKILL: out of memory, starts again in 1 s");
	expect_log("p", "snet: killed by SIGKILL, starts again in 2 s");
}
END_TEST

START_TEST(its_cpu_time_has_a_limit_or_the_lab_does_not_come_up)
{
	PROCESS("p", .cpus = 0.25,
		.command = PYTHON("import time\n"
				  "begin = time.monotonic()\n"
				  "while time.monotonic() < begin + 1: pass\n"
				  "ok = time.process_time() < 0.45\n"
				  "print('slow' if ok else time.process_time())\n"));
	if (!has_cgroups(&err)) {
		LABS_FAILS(snet_lab_up(lab, &err), -ENOTSUP,
			   "node 'p': 'cpus' needs root, or 'systemd-run --user --scope "
			   "-p Delegate=yes': cannot limit CPU time by a cgroup: ");
		skip("cpu", "%s", err.msg);
		return;
	}
	programs_up();
	expect_log("p", "slow");
}
END_TEST

START_TEST(no_cgroup_is_left)
{
	char command[96], line[256] = "";
	FILE *found;

	PROCESS("p", .command = SHELL("sleep 600 & sleep 600 & wait"),
		.memory_bytes = 64 << 20);
	programs_up();
	snet_lab_down(lab);
	(void)snprintf(command, sizeof(command),
		       "find /sys/fs/cgroup -name 'snet-%d-*' 2>/dev/null", getpid());
	found = popen(command, "re");
	(void)!fgets(line, sizeof(line), found);
	pclose(found);
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(a_lab_that_is_killed_leaves_no_process)
{
	/* The kernel forgets that who becomes another user is to die with its parent. */
	const char *become = geteuid() == 0 ? "setpriv --reuid 65534 --clear-groups" : "";
	char marker[32], script[256];
	size_t count = 0;
	int ends[2];
	pid_t pid;

	(void)snprintf(script, sizeof(script), "setsid sleep %s & exec %s sleep %s",
		       mark(marker), become, marker);
	PROCESS("p", .command = SHELL(script));
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		programs_up();
		while (count_processes(marker) < 2)
			;
		ck_assert_int_eq(write(ends[1], "x", 1), 1);
		pause();
	}
	ck_assert(wait_readable(ends[0]));
	/* One that becomes another program has no command line for a moment. */
	for (int i = 0; i < WAIT_MS && count < 2; i++, usleep(1000))
		count = count_processes(marker);
	ck_assert_uint_ge(count, 2);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(wait_none(marker));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("program");
	TCase *t = tcase_create("program");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, programs_set_up, programs_tear_down);
	tcase_add_test(t, it_finds_itself_and_its_relayer);
	tcase_add_test(t, without_a_relayer_there_is_none_to_find);
	tcase_add_test(t, what_it_writes_becomes_lines);
	tcase_add_test(t, one_that_floods_its_log_holds_nobody_up);
	tcase_add_test(t, how_it_ended_is_told);
	tcase_add_test(t, what_failed_is_started_again_later_and_later);
	tcase_add_test(t, one_that_is_not_there_fails_up);
	tcase_add_test(t, what_ran_when_up_failed_does_not_run_on);
	tcase_add_test(t, what_it_leaves_behind_ends_with_it);
	tcase_add_test(t, it_sees_its_own_processes_only);
	tcase_add_test(t, its_network_is_its_own);
	tcase_add_test(t, it_may_end_as_it_likes);
	tcase_add_test(t, one_that_does_not_end_is_killed);
	tcase_add_test(t, one_that_has_not_thought_of_it_ends_at_once);
	tcase_add_test(t, one_that_does_not_care_is_not_waited_for);
	tcase_add_test(t, its_memory_has_a_limit);
	tcase_add_test(t, a_later_kill_is_not_for_its_memory);
	tcase_add_test(t, its_cpu_time_has_a_limit_or_the_lab_does_not_come_up);
	tcase_add_test(t, no_cgroup_is_left);
	tcase_add_test(t, a_lab_that_is_killed_leaves_no_process);
	suite_add_tcase(s, t);
	return s;
}
