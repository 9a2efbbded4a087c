/* SPDX-License-Identifier: MIT */
/* Containers in the nodes of a lab, from a root file system made of busybox on the spot. */

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/container.h"
#include "programs.h"
#include "suite.h"
#include "sys/command.h"

#define CONTAINER(name_, ...) \
	LABS_NODE(lab, .name = (name_), .kind = "container", __VA_ARGS__)

static char root[160], archive[160], state[160];

static void run_shell(const char *script)
{
	const char *argv[] = {"sh", "-ec", script, NULL};

	ck_assert_msg(snet__command_run(argv, -1, &err) == 0, "%s", err.msg);
}

static void set_up(void)
{
	char script[1024];

	programs_set_up();
	(void)snprintf(root, sizeof(root), "%.120s/root", folder.path);
	(void)snprintf(archive, sizeof(archive), "%.120s/root.tar", folder.path);
	(void)snprintf(state, sizeof(state), "%.120s/lab", folder.path);
	(void)snprintf(
		script, sizeof(script),
		"mkdir %s %s && cd %s && mkdir bin dev etc proc run sys tmp\n"
		"touch etc/hosts etc/resolv.conf; cp $(command -v busybox) bin\n"
		"for i in cat env grep hostname id ls mkdir nslookup ps readlink sh \\\n"
		"	sleep sort touch wc httpd; do ln -s busybox bin/$i; done\n"
		"tar -cf %s .",
		state, root, root, archive);
	run_shell(script);
	LABS_OK(snet_lab_set_folder(lab, state, &err));
}

START_TEST(it_finds_itself_in_its_own_root)
{
	char *text;

	CONTAINER("c", .rootfs = root, .env = (const char *const[]){"MINE=a b", NULL},
		  .cwd = "/tmp",
		  .command =
			  SHELL("env | grep -e ^SNET_ -e ^MINE -e ^PATH | sort;"
				"ls /; hostname; echo $$; id -u; readlink /proc/self/cwd;"
				"cat /etc/resolv.conf; grep r0 /etc/hosts; echo done"));
	programs_up();
	text = wait_log("c", "done");
	ck_assert_str_eq(text,
			 "MINE=a b\n"
			 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
			 "/bin\n"
			 "SNET_ADDRESS=10.0.0.2\n"
			 "SNET_LAB=programs\n"
			 "SNET_NODE=c\n"
			 "SNET_RELAYER=r0\n"
			 "SNET_RELAYER_ADDRESS=10.0.0.1\n"
			 "SNET_RELAYER_URI=coap://10.0.0.1:5683\n"
			 "bin\ndev\netc\nproc\nrun\nsys\ntmp\n"
			 "c\n1\n0\n/tmp\n"
			 "10.0.0.1\tr0\n"
			 "done\n");
	free(text);
}
END_TEST

START_TEST(an_archives_devices_stay_in_it_and_nothing_else)
{
	char script[512];

	(void)snprintf(script, sizeof(script),
		       "cd %s && mkdir -p usr/dev && echo here >usr/dev/file\n"
		       "mknod block b 7 0 || true; mknod dev/block b 7 0 || true\n"
		       "tar -cf %s .",
		       root, archive);
	run_shell(script);
	CONTAINER("c", .rootfs = archive,
		  .command = SHELL("ls /block /dev/block; cat /usr/dev/file"));
	programs_up();
	expect_log("c", "ls: /block: No such file or directory");
	expect_log("c", "ls: /dev/block: No such file or directory");
	expect_log("c", "here");
}
END_TEST

START_TEST(it_is_on_its_nodes_network)
{
	/* A connection to its own address, on the only other interface. */
	CONTAINER("c", .rootfs = root,
		  .command = SHELL("grep -c eth0 /proc/net/dev; wc -l </proc/net/dev"));
	programs_up();
	expect_log("c", "1");
	/* Two lines of headings, lo, and eth0. */
	expect_log("c", "4");
}
END_TEST

/* Also where its root has no rights over the network, as one that a user starts: by a ping(8) that
 * knows of the sockets for that. */
START_TEST(it_may_ping_others)
{
	char script[512];

	(void)snprintf(script, sizeof(script),
		       "cd %s && cp $(command -v ping) bin\n"
		       "for i in $(ldd bin/ping | grep -o '/[^ ]*'); do\n"
		       "	cp --parents $i .; done",
		       root);
	run_shell(script);
	CONTAINER("c", .rootfs = root,
		  .command = SHELL(
			  "/bin/ping -n -c 1 -W 3 10.0.0.1 | grep -o '1 received'"));
	programs_up();
	expect_log("c", "1 received");
}
END_TEST

START_TEST(it_may_have_a_port_of_the_system)
{
	CONTAINER("c", .rootfs = root,
		  .command = SHELL("httpd -p 80 && echo bound; exec sleep 600"));
	programs_up();
	expect_log("c", "bound");
}
END_TEST

START_TEST(a_folder_is_only_read)
{
	CONTAINER("c", .rootfs = root,
		  .command = SHELL("touch /new 2>/dev/null && echo wrote;"
				   "touch /tmp/new /run/new && echo tmp"));
	programs_up();
	expect_log("c", "tmp");
	snet_lab_down(lab);
	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_ne(access("new", F_OK), 0);
	ck_assert_int_ne(access("tmp/new", F_OK), 0);
}
END_TEST

static size_t count_remains_of_crun(void)
{
	glob_t found = {0};
	size_t count = glob("/tmp/crun.*", 0, NULL, &found) == 0 ? found.gl_pathc : 0;

	globfree(&found);
	return count;
}

START_TEST(nothing_is_left_in_tmp)
{
	size_t before = count_remains_of_crun();

	CONTAINER("c", .rootfs = root, .command = SHELL("echo here"));
	programs_up();
	expect_log("c", "here");
	snet_lab_down(lab);
	ck_assert_uint_eq(count_remains_of_crun(), before);
}
END_TEST

START_TEST(a_folder_is_written_when_it_is_to_be)
{
	CONTAINER("c", .rootfs = root, .writable = true,
		  .command = SHELL("touch /new && echo wrote"));
	programs_up();
	expect_log("c", "wrote");
	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(access("new", F_OK), 0);
}
END_TEST

START_TEST(nothing_is_made_in_a_folder_that_is_only_read)
{
	char wanted[512];

	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(rmdir("run"), 0);
	ck_assert_int_eq(unlink("etc/hosts"), 0);
	CONTAINER("c", .rootfs = root, .command = SHELL("echo here"));
	(void)snprintf(
		wanted, sizeof(wanted),
		"node 'c': rootfs '%s' has no 'etc/hosts', where something is to be "
		"mounted: 'touch %s/etc/hosts', or make it writable",
		root, root);
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT, wanted);
	ck_assert_int_eq(close(creat("etc/hosts", 0644)), 0);
	programs_up();
	expect_log("c", "here");
	ck_assert_int_ne(access("run", F_OK), 0);
}
END_TEST

/* A link leads where it leads in the container, not on the machine. */
static void make_links(void)
{
	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(symlink("/usr", "absolute"), 0);
	ck_assert_int_eq(symlink("../../../etc", "upwards"), 0);
}

static const char *const missing[] = {"/a/b", "/absolute", "/etc/../srv"};

START_TEST(it_does_not_start_where_there_is_no_folder)
{
	char wanted[160];

	make_links();
	CONTAINER("c", .rootfs = root, .cwd = missing[_i], .command = SHELL("pwd"));
	(void)snprintf(wanted, sizeof(wanted),
		       "node 'c': nothing can run in '%s' of the container: No such file "
		       "or directory",
		       missing[_i]);
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT, wanted);
	ck_assert_int_ne(access("a", F_OK), 0);
}
END_TEST

START_TEST(it_starts_where_there_is_a_folder_or_may_be_one)
{
	make_links();
	CONTAINER("c", .rootfs = root, .cwd = "/upwards", .command = SHELL("pwd"));
	CONTAINER("d", .rootfs = root, .cwd = "/tmp/a/b", .command = SHELL("pwd"));
	CONTAINER("e", .rootfs = archive, .cwd = "/a", .writable = true,
		  .command = SHELL("pwd"));
	CONTAINER("f", .rootfs = root, .cwd = "/proc/sys", .command = SHELL("pwd"));
	if (geteuid() == 0)
		CONTAINER("g", .rootfs = root, .cwd = "/sys/class",
			  .command = SHELL("pwd"));
	programs_up();
	expect_log("c", "/etc");
	expect_log("d", "/tmp/a/b");
	expect_log("e", "/a");
	expect_log("f", "/proc/sys");
	if (geteuid() == 0)
		expect_log("g", "/sys/class");
	ck_assert_int_ne(access("tmp/a", F_OK), 0);
}
END_TEST

START_TEST(an_archive_is_unpacked_and_removed_with_the_lab)
{
	struct stat info;

	CONTAINER("c", .rootfs = archive, .command = SHELL("ls /bin/busybox"));
	CONTAINER("d", .rootfs = archive, .writable = true,
		  .command = SHELL("touch /new && ls /new; exec sleep 600"));
	programs_up();
	expect_log("c", "/bin/busybox");
	expect_log("d", "/new");
	ck_assert_int_eq(chdir(state), 0);
	ck_assert_int_eq(access(SNET__CONTAINERS "/d/root/new", F_OK), 0);
	snet_lab_down(lab);
	ck_assert_int_ne(stat(SNET__CONTAINERS, &info), 0);
}
END_TEST

START_TEST(a_changed_archive_is_unpacked_again)
{
	static const char *const versions[] = {"old", "new"};
	char script[512];

	CONTAINER("c", .rootfs = archive, .command = SHELL("cat /etc/version"));
	for (int i = 0; i < 2; i++) {
		(void)snprintf(script, sizeof(script),
			       "cd %s && echo %s >etc/version && tar -cf %s .", root,
			       versions[i], archive);
		run_shell(script);
		if (i)
			LABS_OK(snet_lab_restart_node(lab, "c", false, &err));
		else
			programs_up();
		expect_log("c", versions[i]);
	}
}
END_TEST

START_TEST(a_bad_archive_fails_up_with_its_programs_words)
{
	char script[256];

	(void)snprintf(script, sizeof(script), "echo no archive >%s", archive);
	run_shell(script);
	CONTAINER("c", .rootfs = archive, .command = SHELL("true"));
	LABS_FAILS(
		snet_lab_up(lab, &err), -EIO,
		"root.tar', which has to be a folder, or an archive that tar can read: "
		"tar: This does not");
	LABS_FAILS(snet_lab_up(lab, &err), -EIO, "node 'c': cannot unpack '");
	ck_assert_int_eq(chdir(state), 0);
	ck_assert_int_ne(access(SNET__CONTAINERS, F_OK), 0);
}
END_TEST

START_TEST(how_it_ended_is_told)
{
	CONTAINER("code", .rootfs = root, .command = SHELL("echo bad; exit 3"),
		  .restart = "on-failure");
	CONTAINER("none", .rootfs = root,
		  .command = (const char *const[]){"no-such-program", NULL});
	programs_up();
	expect_log("code", "snet: exited 3, starts again in 1 s");
	expect_log("code", "snet: exited 3, starts again in 2 s");
	expect_status("code", "restarting", "{\"exit_code\":3,\"restarts\":1}");
	expect_log("none", "snet: exited ");
}
END_TEST

START_TEST(it_may_end_as_it_likes)
{
	CONTAINER("c", .rootfs = root, .writable = true,
		  .command = SHELL("trap 'touch /bye; exit' TERM; echo ready;"
				   "while :; do sleep 0.1; done"));
	programs_up();
	expect_log("c", "ready");
	ck_assert_uint_lt(time_down(), 1900);
	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(access("bye", F_OK), 0);
}
END_TEST

START_TEST(one_that_does_not_care_is_not_waited_for)
{
	CONTAINER("c", .rootfs = root, .command = SHELL("echo ready; exec sleep 600"));
	programs_up();
	expect_log("c", "ready");
	ck_assert_uint_lt(time_down(), 1500);
}
END_TEST

START_TEST(its_memory_has_a_limit)
{
	/* It keeps what it reads in one line. */
	CONTAINER("c", .rootfs = root, .memory_bytes = 32 << 20,
		  .command = SHELL("exec sort /dev/zero"));
	programs_up();
	if (has_cgroups(&err))
		expect_log("c", "snet: exited 137: out of memory");
	else
		expect_log("c", "snet: exited ");
}
END_TEST

/* The mounts of this process's namespace. */
static size_t count_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	size_t count = 0;

	for (int c; (c = fgetc(file)) != EOF;)
		count += c == '\n';
	fclose(file);
	return count;
}

START_TEST(a_lab_that_is_killed_leaves_nothing)
{
	size_t mounts = count_mounts();
	char marker[32], script[128];
	int ends[2];
	pid_t pid;

	(void)snprintf(script, sizeof(script), "sleep %s & sleep %s & wait", mark(marker),
		       marker);
	CONTAINER("c", .rootfs = archive, .command = SHELL(script));
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		programs_up();
		while (count_processes(marker) < 3)
			;
		ck_assert_int_eq(write(ends[1], "x", 1), 1);
		pause();
	}
	ck_assert(wait_readable(ends[0]));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(wait_none(marker));
	ck_assert(wait_none(root));
	ck_assert_uint_eq(count_mounts(), mounts);

	/* Its files have gone with its sweeper, which knew its folder. */
	ck_assert(wait_none(state));
	ck_assert_int_eq(chdir(state), 0);
	ck_assert_int_ne(access(SNET__CONTAINERS, F_OK), 0);
}
END_TEST

START_TEST(a_killed_container_starts_again)
{
	char marker[32], script[128];
	autojson *node = NULL;
	pid_t pid;

	(void)snprintf(script, sizeof(script), "echo ready; exec sleep %s", mark(marker));
	CONTAINER("c", .rootfs = root, .command = SHELL(script), .restart = "on-failure");
	programs_up();
	expect_log("c", "ready");
	node = find_status("c");
	pid = (pid_t)snet__json_number(snet__json_get(snet__json_get(node, "program"),
						      "pid"),
				       0);
	ck_assert_int_gt(pid, 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	expect_log("c", "snet: exited 137, starts again in 1 s");
	while (count_processes(marker) == 0) /* bounded by the time limit */
		;
	expect_log("c", "ready");
}
END_TEST

START_TEST(without_crun_it_says_so)
{
	CONTAINER("c", .rootfs = root, .command = SHELL("true"));
	ck_assert_int_eq(setenv("PATH", "/no/where", 1), 0);
	LABS_FAILS(
		snet_lab_up(lab, &err), -ENOENT,
		"node 'c': a container needs crun, which is not installed: apt-get install crun");
}
END_TEST

START_TEST(an_image_needs_podman)
{
	char path[256];

	CONTAINER("c", .image = "docker.io/busybox", .command = SHELL("true"));
	(void)snprintf(path, sizeof(path),
		       "mkdir %.100s/bin; ln -s $(command -v crun) %.100s/bin",
		       folder.path, folder.path);
	run_shell(path);
	(void)snprintf(path, sizeof(path), "%.100s/bin", folder.path);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	LABS_FAILS(snet_lab_up(lab, &err), -ENOENT,
		   "node 'c': image 'docker.io/busybox': needs podman, which is not "
		   "installed: install it, or give a 'rootfs'");
}
END_TEST

/* A podman that knows one image, and writes down what it is asked. */
static void make_podman(void)
{
	char script[1024], path[4096];

	(void)snprintf(
		script, sizeof(script),
		"mkdir %.100s/bin && cat >%.100s/bin/podman <<'END'\n"
		"#!/bin/sh\n"
		"echo \"$@\" | sed 's/snet-[0-9a-f]\\{16\\}/NAME/' >>%.100s/asked\n"
		"case $1:$5 in\n"
		"create:no/such) echo Trying; echo 'Error: no such image' >&2; exit 125 ;;\n"
		"export:*) cp %.100s/root.tar \"$3\" ;;\n"
		"esac\n"
		"END\n"
		"chmod 755 %.100s/bin/podman",
		folder.path, folder.path, folder.path, folder.path, folder.path);
	run_shell(script);
	(void)snprintf(path, sizeof(path), "%.100s/bin:%s", folder.path, getenv("PATH"));
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
}

START_TEST(an_image_comes_through_podman)
{
	char text[1024] = "", wanted[1024], path[192];
	FILE *file;

	make_podman();
	CONTAINER("c", .image = "docker.io/busybox:1", .command = SHELL("echo here"));
	CONTAINER("d", .image = "docker.io/busybox:1", .command = SHELL("echo too"));
	programs_up();
	expect_log("c", "here");
	expect_log("d", "too");
	(void)snprintf(path, sizeof(path), "%.100s/asked", folder.path);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	(void)!fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	/* Once for both. */
	(void)snprintf(
		wanted, sizeof(wanted),
		"create --name NAME -- docker.io/busybox:1 true\n"
		"export --output %s/snet.containers/image@docker.io%%2Fbusybox%%3A1.tar "
		"NAME\n"
		"rm --force NAME\n",
		state);
	ck_assert_str_eq(text, wanted);
}
END_TEST

START_TEST(what_podman_says_is_passed_on)
{
	make_podman();
	CONTAINER("c", .image = "no/such", .command = SHELL("true"));
	LABS_FAILS(snet_lab_up(lab, &err), -EIO,
		   "node 'c': image 'no/such': Error: no such image");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("container");
	TCase *t = tcase_create("container");

	if (system("command -v crun >/dev/null && command -v busybox >/dev/null") != 0) {
		fprintf(stderr, "skipped: no crun, or no busybox\n");
		exit(77);
	}
	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, programs_tear_down);
	tcase_add_test(t, it_finds_itself_in_its_own_root);
	tcase_add_test(t, an_archives_devices_stay_in_it_and_nothing_else);
	tcase_add_test(t, it_is_on_its_nodes_network);
	tcase_add_test(t, it_may_ping_others);
	tcase_add_test(t, a_folder_is_only_read);
	tcase_add_test(t, nothing_is_left_in_tmp);
	tcase_add_test(t, a_folder_is_written_when_it_is_to_be);
	tcase_add_test(t, nothing_is_made_in_a_folder_that_is_only_read);
	tcase_add_loop_test(t, it_does_not_start_where_there_is_no_folder, 0,
			    sizeof(missing) / sizeof(*missing));
	tcase_add_test(t, it_starts_where_there_is_a_folder_or_may_be_one);
	tcase_add_test(t, an_archive_is_unpacked_and_removed_with_the_lab);
	tcase_add_test(t, a_changed_archive_is_unpacked_again);
	tcase_add_test(t, a_bad_archive_fails_up_with_its_programs_words);
	tcase_add_test(t, how_it_ended_is_told);
	tcase_add_test(t, it_may_have_a_port_of_the_system);
	tcase_add_test(t, it_may_end_as_it_likes);
	tcase_add_test(t, one_that_does_not_care_is_not_waited_for);
	tcase_add_test(t, its_memory_has_a_limit);
	tcase_add_test(t, a_lab_that_is_killed_leaves_nothing);
	tcase_add_test(t, a_killed_container_starts_again);
	tcase_add_test(t, without_crun_it_says_so);
	tcase_add_test(t, an_image_needs_podman);
	tcase_add_test(t, an_image_comes_through_podman);
	tcase_add_test(t, what_podman_says_is_passed_on);
	suite_add_tcase(s, t);
	return s;
}
