/* SPDX-License-Identifier: MIT */
/* What takes time of a change goes on beside the lab: a press is answered as if there were no
 * change. What takes the time here ends only when it is told to, by a file. */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "device/container.h"
#include "lab/lab.h"
#include "lab/services.h"
#include "programs.h"
#include "quoted.h"
#include "suite.h"
#include "sys/command.h"

static char path[192]; /* of the test's folder */

static void run_shell(const char *script)
{
	const char *argv[] = {"sh", "-ec", script, NULL};

	ck_assert_msg(snet__command_run(argv, -1, &err) == 0, "%s", err.msg);
}

static void set_up(void)
{
	err = (struct snet_err){0};
	lab = labs_house("meanwhile");
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.150s", folder.path);
	(void)snprintf(sock, sizeof(sock), "%.100s/sock", folder.path);
	ck_assert_int_eq(chdir(path), 0);
	run_shell("mkdir lab");
	LABS_OK(snet_lab_set_folder(lab, "lab", &err));
}

static bool is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

static void wait_file(const char *name)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (!is_there(name))
		ck_assert_msg(snet__clock_ns() < until_ns, "no file '%s'", name);
}

static void press(void)
{
	struct snet_trace *trace = NULL;

	LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	snet_trace_free(trace);
}

/* A change by another thread, or by a client. */
struct change {
	pthread_t thread;
	const char *method, *target, *text; /* NULL: by a call */
	const char *node;                   /* to be removed */
	int result;
	struct snet_err err;
	atomic_bool is_over;
};

static void *change(void *user)
{
	struct change *change = user;
	autojson *answer = NULL;

	if (change->target)
		change->result =
			snet__client_call(&answer, sock, change->method, change->target,
					  change->text, 4 * WAIT_MS, &change->err);
	else
		change->result = snet_lab_remove_node(lab, change->node, &change->err);
	atomic_store(&change->is_over, true);
	return NULL;
}

static void begin(struct change *begun)
{
	ck_assert_int_eq(pthread_create(&begun->thread, NULL, change, begun), 0);
}

static void finish(struct change *begun, int result, const char *text)
{
	ck_assert_int_eq(pthread_join(begun->thread, NULL), 0);
	ck_assert_msg(begun->result == result && strstr(begun->err.msg, text), "%d: %s",
		      begun->result, begun->err.msg);
}

/* It says that it was asked to end, and waits for leave. */
#define SLOW_END                                                                    \
	"trap 'touch asked; while [ ! -e leave ]; do sleep 0.01; done; touch bye; " \
	"exit' TERM; echo ready; while :; do sleep 0.05; done"

static void add_slow(void)
{
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL(SLOW_END),
		  .cwd = path);
	programs_up();
	expect_log("p", "ready");
}

/* A machine that is very busy may take longer for that than a program is waited for. */
static void expect_bye(uint64_t begun_ns)
{
	ck_assert(is_there("bye") ||
		  snet__clock_ns() - begun_ns > SNET__PROGRAM_GRACE_NS);
}

START_TEST(a_program_that_is_removed_ends_as_it_likes)
{
	uint64_t begun_ns;
	struct change remove = {.node = "p"};

	if (_i)
		remove = (struct change){.method = "DELETE", .target = "/v1/nodes/p"};
	add_slow();
	begun_ns = snet__clock_ns();
	begin(&remove);
	wait_file("asked");
	press();
	ck_assert_int_eq(snet_lab_node_count(lab), 7);
	run_shell("touch leave");
	finish(&remove, 0, "");
	expect_bye(begun_ns);
	ck_assert_int_eq(snet_lab_node_count(lab), 6);
}
END_TEST

START_TEST(a_program_that_is_restarted_ends_as_it_likes)
{
	struct change restart = {.method = "POST", .target = "/v1/nodes/p/restart"};
	uint64_t begun_ns;

	add_slow();
	begun_ns = snet__clock_ns();
	begin(&restart);
	wait_file("asked");
	press();
	run_shell("touch leave");
	finish(&restart, 0, "");
	expect_bye(begun_ns);
	expect_log("p", "ready");
	expect_log("p", is_there("bye") ? "snet: exited 0" : "snet: ");
}
END_TEST

static bool is_any(const struct snet__run_node *node, void *user)
{
	return true;
}

/* Asked to end, and then not waited for. */
static int stop_and_free(void *arg, struct snet_err *fn_err)
{
	struct snet__run_node *node = snet__run_find(lab->run, "p", fn_err);

	snet__run_stop_programs(lab->run, is_any, NULL);
	ck_assert_uint_eq(lab->programs, 1);
	snet__services_free(lab->run, node);
	return 0;
}

START_TEST(who_does_not_wait_any_longer_lets_others_wait)
{
	/* For one that somebody else has asked to end. */
	lab->programs = 1;
	LABS_OK(snet__lab_wait_programs(lab, SNET__LAB_DOWN, &err));
	ck_assert_uint_eq(lab->programs, 1);

	/* And for none that is not there any more. */
	add_slow();
	LABS_OK(snet__lab_call(lab, stop_and_free, NULL, &err));
	ck_assert_uint_eq(lab->programs, 0);
}
END_TEST

/* tar(1) as it is, but for the wait. */
static void slow_tar(void)
{
	autofree char *more = NULL;

	run_shell("mkdir bin; cat >bin/tar <<END\n"
		  "#!/bin/sh\n"
		  "touch $PWD/asked; while [ ! -e $PWD/leave ]; do sleep 0.01; done\n"
		  "exec $(command -v tar) \"\\$@\"\n"
		  "END\n"
		  "chmod 755 bin/tar");
	more = snet__text_format("%s/bin:%s", path, getenv("PATH"));
	ck_assert_int_eq(setenv("PATH", more, 1), 0);
}

static void make_archive(void)
{
	run_shell("mkdir root; cd root; mkdir bin; cp $(command -v busybox) bin;"
		  "for i in cat ls sh sleep touch; do ln -s busybox bin/$i; done;"
		  "tar -cf ../root.tar .");
}

#define CONTAINERS                                                             \
	"{\"nodes\": [{\"name\": \"c\", \"kind\": \"container\", \"rootfs\": " \
	"\"root.tar\", \"writable\": true, \"command\": [\"sh\", \"-c\", "     \
	"\"ls /etc/mine; touch /etc/mine; echo ready; sleep 600\"]}], "        \
	"\"links\": [{\"from\": \"c\", \"to\": \"s1\"}]}"

static struct change extend = {.method = "POST", .text = CONTAINERS};

static void begin_extend(void)
{
	autofree char *target = snet__text_format("/v1/extend?folder=%s", path);

	make_archive();
	slow_tar();
	programs_up();
	extend.target = target;
	begin(&extend);
	wait_file("asked");
	press();
	extend.target = NULL;
}

START_TEST(an_archive_is_unpacked_beside_the_lab)
{
	begin_extend();
	ck_assert_int_eq(snet_lab_node_count(lab), 6);
	run_shell("touch leave");
	finish(&extend, 0, "");
	press();
	expect_log("c", "ready");
}
END_TEST

START_TEST(a_lab_that_goes_down_does_not_wait_for_an_archive)
{
	begin_extend();
	snet_lab_down(lab);
	ck_assert_int_eq(pthread_join(extend.thread, NULL), 0);
	ck_assert_int_lt(extend.result, 0);
	ck_assert(!is_there("lab/" SNET__CONTAINERS));
	LABS_OK(snet_lab_up(lab, &err));
	press();
}
END_TEST

static void wait_lines(int count)
{
	char script[160];

	(void)snprintf(script, sizeof(script),
		       "while [ \"$(cat lab/" SNET__CONTAINERS
		       "/c/root/etc/mine | wc -l)\" != %d ]; do sleep 0.01; done",
		       count);
	run_shell(script);
}

START_TEST(what_a_container_has_written_it_finds_again_unless_it_is_fresh)
{
	glob_t left = {0};

	make_archive();
	run_shell("mkdir root/etc; touch root/etc/hosts; tar -C root -cf root.tar .");
	LABS_NODE(lab, .name = "c", .kind = "container", .rootfs = "root.tar",
		  .writable = true,
		  .command = SHELL("echo here >>/etc/mine; exec sleep 600"));
	programs_up();
	wait_lines(1);
	LABS_OK(snet_lab_restart_node(lab, "c", false, &err));
	wait_lines(2);
	LABS_OK(snet_lab_restart_node(lab, "c", true, &err));
	wait_lines(1);
	ck_assert_int_eq(glob("lab/" SNET__CONTAINERS "/gone@*", 0, NULL, &left),
			 GLOB_NOMATCH);
	LABS_OK(snet_lab_remove_node(lab, "c", &err));
	ck_assert(!is_there("lab/" SNET__CONTAINERS "/c"));
}
END_TEST

static int ask_to_extend(void)
{
	const struct snet_change_opts opts = {.size = sizeof(opts),
					      .text = CONTAINERS,
					      .folder = path};

	return snet_lab_extend(lab, &opts, NULL, &err);
}

static void expect_nothing_left(void)
{
	run_shell("! ls -d lab/" SNET__CONTAINERS
		  "/*@* 2>/dev/null | grep -v '/archive@'");
}

START_TEST(an_archive_that_cannot_be_unpacked_leaves_nothing)
{
	make_archive();
	run_shell("mkdir bad; head -c 100000 /dev/urandom >bad/evil;"
		  "tar -C bad -cf whole.tar .; head -c 50000 whole.tar >root.tar");
	programs_up();
	ck_assert_int_eq(ask_to_extend(), -EIO);
	expect_nothing_left();
	run_shell("mkdir root/etc; tar -C root -cf root.tar .");
	LABS_OK(ask_to_extend());
	expect_log("c", "ready");
	ck_assert(!is_there("lab/" SNET__CONTAINERS "/c/root/evil"));
	expect_nothing_left();
}
END_TEST

/* Refused when its process is to begin: its program is executable, and none. Single quotes stand for
 * double ones. @more_nodes, @more_links: what there is besides. */
static char *write_refused(const char *more_nodes, const char *more_links)
{
	return quote(snet__text_format(
		"{'nodes': [{'name': 's1', 'kind': 'switch'}, {'name': 'r0', 'kind': "
		"'relayer'}, {'name': 'p', 'kind': 'process', 'command': ['./none']}%s], "
		"'links': [{'from': 'r0', 'to': 's1'}, {'from': 'p', 'to': 's1'}%s]}",
		more_nodes, more_links));
}

static const char other_container[] =
	", {'name': 'c', 'kind': 'container', 'rootfs': 'other.tar', 'writable': true, "
	"'command': ['sh', '-c', 'sleep 600']}";

/* One goes, or is made anew of another archive. */
START_TEST(a_change_that_fails_gives_a_container_back_what_it_had)
{
	autofree char *text = write_refused(_i ? other_container : "",
					    _i ? ", {'from': 'c', 'to': 's1'}" : "");
	const struct snet_change_opts opts = {.size = sizeof(opts),
					      .text = text,
					      .folder = path};

	make_archive();
	run_shell("mkdir root/etc; touch root/etc/hosts; tar -C root -cf root.tar .;"
		  "touch root/other; tar -C root -cf other.tar .;"
		  "touch none; chmod 755 none");
	LABS_NODE(lab, .name = "p", .kind = "process", .command = SHELL("sleep 600"));
	LABS_NODE(lab, .name = "c", .kind = "container", .rootfs = "root.tar",
		  .writable = true,
		  .command = SHELL("echo here >>/etc/mine; exec sleep 600"));
	programs_up();
	wait_lines(1);
	ck_assert_int_lt(snet_lab_apply(lab, &opts, NULL, &err), 0);
	ck_assert_msg(strstr(err.msg, "./none"), "%s", err.msg);
	wait_lines(2);
	ck_assert(!is_there("lab/" SNET__CONTAINERS "/c/root/other"));
	expect_nothing_left();
	press();
}
END_TEST

/* ---- The lab's own part of a change, which its thread does in pieces. The last of many buttons is
 * described, but not there, only between two of them. */

#define MANY      "400"
#define LAST      "b399"
#define MANY_BODY "POST", .target = "/v1/extend", .text = many

static const char many[] =
	"{\"nodes\": [{\"name\": \"b{i}\", \"kind\": \"button\", \"count\": " MANY
	", \"relayer\": \"r0\", \"data\": {\"target\": \"a0\"}}], \"links\": "
	"[{\"from\": \"b{i}\", \"to\": \"s1\", \"count\": " MANY "}]}";

/* The same with a node that cannot begin. */
static const char many_refused[] =
	"{\"nodes\": [{\"name\": \"b{i}\", \"kind\": \"button\", \"count\": " MANY
	", \"relayer\": \"r0\"}, {\"name\": \"p\", \"kind\": \"process\", \"command\": "
	"[\"/no/such\"]}], \"links\": [{\"from\": \"p\", \"to\": \"s1\"}, {\"from\": "
	"\"b{i}\", \"to\": \"s1\", \"count\": " MANY "}]}";

static int find_last(void)
{
	char state[SNET_STATE_MAX];

	return snet_device_state(lab, LAST, state, &err);
}

/* Until it is no longer as it was before the change: half there, unless there was no turn. */
static void wait_half(int before)
{
	int r;

	do {
		r = find_last();
	} while (r == before);
	ck_assert_msg(r == -EBUSY, "%d: %s", r, err.msg);
}

/* Whether a press came to its end while the last node was half there all the time. */
static bool press_in_between(void)
{
	press();
	return find_last() == -EBUSY;
}

static void ask(const char *target, int result)
{
	autojson *answer = NULL;

	ck_assert_msg(snet__client_call(&answer, sock, "GET", target, NULL, WAIT_MS,
					&err) == result,
		      "%s: %s", target, err.msg);
}

/* A link that is not there is neither up, nor captured, nor counted. */
static void read_in_between(void)
{
	struct snet_capture *capture = NULL;
	const struct snet_capture_opts opts = {.size = sizeof(opts),
					       .link = LAST "-s1",
					       .path = "half.pcapng"};
	int r, fd = -1;

	ask("/v1/status", 0);
	ask("/v1/links/" LAST "-s1", 0);
	LABS_OK(snet_lab_save(lab, "half.json", NULL, &err));
	r = snet_node_open_netns(lab, LAST, &fd, &err);
	if (r == 0)
		close(fd);
	ck_assert_msg(r == 0 || r == -EBUSY, "%d: %s", r, err.msg);
	r = snet_capture_start(lab, &capture, &opts, &err);
	ck_assert_msg(r == 0 || r == -EBUSY, "%d: %s", r, err.msg);
	LABS_OK(snet_capture_stop(capture, NULL, &err));
}

START_TEST(a_lab_has_its_turns_while_many_nodes_come)
{
	struct change add = {.method = MANY_BODY};

	programs_up();
	begin(&add);
	wait_half(-ENOENT);
	LABS_FAILS(snet_device_send(lab, LAST, NULL, NULL, &err), -EBUSY,
		   "'" LAST "' is not there");
	ck_assert(press_in_between());
	read_in_between();
	finish(&add, 0, "");
	LABS_OK(find_last());
	press();
	ck_assert_uint_eq(snet_lab_node_count(lab), 406);
}
END_TEST

static void add_many(void)
{
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = many};

	LABS_OK(snet_lab_extend(lab, &opts, NULL, &err));
}

/* The kernel takes its time for their links, and the lab's thread none of its own for that: a press
 * is faster, unless the machine thinks otherwise. */
START_TEST(a_lab_has_its_turns_while_many_nodes_go)
{
	autofree char *before = NULL;
	bool is_faster = false;

	programs_up();
	LABS_OK(snet_lab_format(lab, NULL, &before, &err));
	for (int i = 0; i < 5 && !is_faster; i++) {
		struct change remove = {.method = "POST",
					.target = "/v1/apply",
					.text = before};

		add_many();
		begin(&remove);
		wait_half(0);
		is_faster = press_in_between();
		finish(&remove, 0, "");
		ck_assert_int_eq(find_last(), -ENOENT);
		ck_assert_uint_eq(snet_lab_node_count(lab), 6);
	}
	ck_assert(is_faster);
	press();
}
END_TEST

static void press_until_over(const struct change *change)
{
	while (!atomic_load(&change->is_over))
		press();
}

START_TEST(what_fails_in_the_middle_is_undone_and_disturbs_no_press)
{
	struct change add = {.method = "POST",
			     .target = "/v1/extend",
			     .text = many_refused};

	programs_up();
	begin(&add);
	wait_half(-ENOENT);
	press_until_over(&add);
	finish(&add, -ENOENT, "/no/such");
	ck_assert_uint_eq(snet_lab_node_count(lab), 6);
	add_many();
	LABS_OK(find_last());
	press();
}
END_TEST

/* Whoever sends to a relayer that begins anew sends once more. */
START_TEST(no_event_is_lost_while_its_relayer_begins_anew_among_many)
{
	autofree char *before = NULL, *text = NULL;
	struct change apply = {.method = "POST", .target = "/v1/apply"};
	char *at;

	programs_up();
	add_many();
	LABS_OK(snet_lab_format(lab, NULL, &before, &err));
	at = strstr(before, "\"kind\": \"relayer\"");
	ck_assert_ptr_nonnull(at);
	text = snet__text_format("%.*s\"keep\": 5000, %s", (int)(at - before), before,
				 at);
	apply.text = text;
	begin(&apply);
	press_until_over(&apply);
	finish(&apply, 0, "");
	press();
}
END_TEST

START_TEST(a_lab_that_goes_down_lets_a_change_come_to_its_end)
{
	struct change add = {.method = MANY_BODY};

	programs_up();
	begin(&add);
	wait_half(-ENOENT);
	snet_lab_down(lab);
	finish(&add, -ENOTCONN, "goes down");
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(find_last());
	press();
	ck_assert_uint_eq(snet_lab_node_count(lab), 406);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("meanwhile");
	TCase *t = tcase_create("meanwhile");

	rights_get();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, programs_tear_down);
	tcase_add_loop_test(t, a_program_that_is_removed_ends_as_it_likes, 0, 2);
	tcase_add_test(t, a_program_that_is_restarted_ends_as_it_likes);
	tcase_add_test(t, who_does_not_wait_any_longer_lets_others_wait);
	tcase_add_test(t, an_archive_is_unpacked_beside_the_lab);
	tcase_add_test(t, a_lab_that_goes_down_does_not_wait_for_an_archive);
	tcase_add_test(t, what_a_container_has_written_it_finds_again_unless_it_is_fresh);
	tcase_add_test(t, an_archive_that_cannot_be_unpacked_leaves_nothing);
	tcase_add_loop_test(t, a_change_that_fails_gives_a_container_back_what_it_had, 0,
			    2);
	tcase_add_test(t, a_lab_has_its_turns_while_many_nodes_come);
	tcase_add_test(t, a_lab_has_its_turns_while_many_nodes_go);
	tcase_add_test(t, what_fails_in_the_middle_is_undone_and_disturbs_no_press);
	tcase_add_test(t, no_event_is_lost_while_its_relayer_begins_anew_among_many);
	tcase_add_test(t, a_lab_that_goes_down_lets_a_change_come_to_its_end);
	suite_add_tcase(s, t);
	return s;
}
