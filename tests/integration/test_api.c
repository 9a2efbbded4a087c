/* SPDX-License-Identifier: MIT */
/* The API's answers that wait and streams that do not end, above all when the lab goes down. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/place.h"
#include "folder.h"
#include "lab/run.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "wait.h"

#define CLIENTS 50

static struct snet_err err;
static struct snet_lab *lab;
static struct test_folder folder;
static char path[128], text[65536];

static struct snet_invocation *held;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void hold(void *state, struct snet_invocation *invocation, const char *function,
		 const char *params)
{
	pthread_mutex_lock(&lock);
	held = invocation;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static const struct snet_backend_kind hold_kind = {.size = sizeof(hold_kind),
						   .name = "hold",
						   .invoke = hold};

static int press_nothing(struct snet_device *device, const char *data,
			 struct snet_err *fn_err)
{
	return 0;
}

static const struct snet_device_kind quiet_kind = {.size = sizeof(quiet_kind),
						   .name = "quiet",
						   .press = press_nothing};

static void set_up(void)
{
	const struct snet_backend_opts never = {.size = sizeof(never),
						.name = "never",
						.kind = "hold"};

	lab = labs_house("api");
	LABS_OK(snet_lab_add_backend_kind(lab, &hold_kind, &err));
	LABS_OK(snet_lab_add_backend(lab, &never, &err));
	LABS_OK(snet_lab_add_device_kind(lab, &quiet_kind, &err));
	labs_route(lab, NULL, "hold", "f", "never", 0);
	LABS_NODE(lab, .name = "h0", .kind = "button", .type = "hold");
	LABS_NODE(lab, .name = "q0", .kind = "quiet");
	LABS_OK(snet_lab_up(lab, &err));
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.100s/sock", folder.path);
	LABS_OK(snet_lab_serve(lab, path, &err));
	held = NULL;
}

static void tear_down(void)
{
	snet_lab_free(lab);
	test_folder_free(&folder);
}

static int ask(const char *method, const char *target)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;
	char head[256];

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%.100s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	n = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: snet\r\n\r\n", method,
		     target);
	ck_assert_int_eq(send(fd, head, (size_t)n, 0), n);
	return fd;
}

/* Read into the text until it contains @wanted, or with NULL until the end. */
static void read_until(int fd, const char *wanted)
{
	size_t used = 0;
	ssize_t n;

	text[0] = '\0';
	while (!wanted || !strstr(text, wanted)) {
		ck_assert_msg(wait_readable(fd), "no '%s' in '%s'",
			      wanted ? wanted : "end", text);
		n = recv(fd, text + used, sizeof(text) - used - 1, 0);
		if (n <= 0 && !wanted)
			return;
		ck_assert_msg(n > 0, "it ended: no '%s' in '%s'", wanted, text);
		used += (size_t)n;
		text[used] = '\0';
	}
}

static void wait_held(void)
{
	pthread_mutex_lock(&lock);
	while (!held)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

START_TEST(streams_end_in_good_order_when_the_lab_goes_down)
{
	static const char *const targets[] = {"/v1/events?follow", "/v1/watch",
					      "/v1/nodes/r0/logs?follow"};
	int fds[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = ask("GET", targets[i % 3]);
		read_until(fds[i], "\r\n\r\n");
	}
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
	read_until(fds[0], "\"snetseq\":\"1\"");
	snet_lab_down(lab);
	for (int i = 0; i < CLIENTS; i++) {
		read_until(fds[i], NULL);
		ck_assert_msg(i == 0 || strstr(text, "0\r\n\r\n"), "%d: %s", i, text);
		close(fds[i]);
	}
}
END_TEST

START_TEST(who_waits_is_answered_when_the_lab_goes_down)
{
	int fds[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		fds[i] = ask("POST", "/v1/nodes/h0/press?wait=60000");
	wait_held();
	snet_lab_down(lab);
	/* Those that were read by then are answered, the others find the connection closed. */
	read_until(fds[0], "lab 'api' goes down");
	ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 503 "));
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
}
END_TEST

START_TEST(clients_that_go_away_disturb_nobody)
{
	int fds[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		fds[i] = i % 2 ? ask("POST", "/v1/nodes/h0/press?wait=0")
			       : ask("GET", "/v1/watch");
	wait_held();
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
}
END_TEST

START_TEST(an_answer_that_is_waited_for_too_long_is_a_504)
{
	int fd = ask("POST", "/v1/nodes/h0/press?wait=50");

	read_until(fd, "is still pending");
	ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 504 "));
	close(fd);
}
END_TEST

static int fill_store(void *arg, struct snet_err *why)
{
	(void)arg;
	(void)why;
	snet__store_set_full(lab->run->store, true);
	return 0;
}

START_TEST(a_press_that_the_store_has_no_room_for_is_an_error)
{
	static const char *const targets[] = {"/v1/nodes/h0/press",
					      "/v1/nodes/h0/press?wait=60000"};

	LABS_OK(snet__lab_call(lab, fill_store, NULL, &err));
	for (int i = 0; i < 2; i++) {
		int fd = ask("POST", targets[i]);

		read_until(fd, "cannot grow: No space left on device: make room");
		ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 500 "));
		close(fd);
	}
}
END_TEST

START_TEST(a_press_without_an_event_is_an_error)
{
	int fd = ask("POST", "/v1/nodes/q0/press");

	read_until(fd, "'q0' sent no event when it was pressed");
	close(fd);
}
END_TEST

static const struct {
	const char *method, *target;
	const char *status, *why;
} wrong[] = {
	{"GET", "/v1/nothing", "404", "there is no '/v1/nothing' in this API"},
	{"POST", "/v1/lab", "405", "'/v1/lab' does not take POST: it takes GET"},
	{"POST", "/v1/lab", "405", "\r\nAllow: GET\r\n"},
	{"DELETE", "/v1/links/sw0-s1", "405", "\r\nAllow: GET, POST\r\n"},
	{"POST", "/v1/links/sw0-s1?dir=forth&direction=back", "400",
	 "unknown parameter 'direction': there are 'dir', 'folder', 'dry'"},
	{"POST", "/v1/apply?dry-run=1", "400", "unknown parameter 'dry-run': there are"},
	{"DELETE", "/v1/nodes/sw0?dry=1&%61nd", "400", "unknown parameter 'and'"},
	{"GET", "/v1/watch?follow=1", "400",
	 "unknown parameter 'follow': this takes none"},
	{"POST", "/v1/down?lab=another", "400",
	 "unknown parameter 'lab': this takes none"},
	{"POST", "/v1/nodes/x/press", "404", "lab 'api' has no node 'x'"},
	{"POST", "/v1/nodes/sw00/press", "404", "no node 'sw00', did you mean 'sw0'?"},
	{"GET", "/v1/links/sw0-s", "404", "no link 'sw0-s', did you mean 'sw0-s1'?"},
	{"POST", "/v1/nodes//press", "404", "lab 'api' has no node ''"},
	{"POST", "/v1/nodes/r0/press", "400", "'r0' is a relayer, not a device"},
	{"POST", "/v1/nodes/sw0/press?wait=x", "400", "'wait=x' is no number"},
	{"GET", "/v1/traces/none?wait=0", "404", "none"},
	{"GET", "/v1/events?after=-1", "400", "'after=-1' is no number"},
	{"POST", "/v1/nodes/s1/enter", "400", "'s1' is a switch and has no namespace"},
	{"POST", "/v1/nodes/r0/enter", "400", "Upgrade: snet-enter"},
};

START_TEST(what_is_wrong_is_said)
{
	int fd = ask(wrong[_i].method, wrong[_i].target);
	char status[32];

	read_until(fd, "\"errno\"");
	(void)snprintf(status, sizeof(status), "HTTP/1.1 %s ", wrong[_i].status);
	ck_assert_msg(strstr(text, status) && strstr(text, wrong[_i].why), "%s", text);
	close(fd);
}
END_TEST

START_TEST(a_lab_is_served_once)
{
	LABS_FAILS(snet_lab_serve(lab, path, &err), -EADDRINUSE,
		   "the lab is served already");
}
END_TEST

START_TEST(down_over_the_api_lets_join_return)
{
	int fd = ask("POST", "/v1/down");

	snet_lab_join(lab);
	snet_lab_down(lab);
	ck_assert_int_ne(access(path, F_OK), 0);
	close(fd);
}
END_TEST

/* In the user namespace of nobody, root's folder looks like one of nobody's. */
static int make_as_nobody(const char *place)
{
	rights_drop();
	if (snet_init(NULL) < 0)
		return 77;
	return snet__place_make(place, "HERE", &err) == -EPERM &&
	       strstr(err.msg, "belongs to another user");
}

START_TEST(a_folder_of_somebody_else_is_refused)
{
	char place[] = "/tmp/test_api_XXXXXX";
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(mkdtemp(place));
	ck_assert_int_eq(chmod(place, 0755), 0);
	pid = fork();
	if (pid == 0)
		_exit(make_as_nobody(place));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(rmdir(place), 0);
	ck_assert(WIFEXITED(status));
	ck_assert(WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 77);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("api");
	TCase *tcase = tcase_create("api");
	TCase *places = tcase_create("places");

	rights_get();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, streams_end_in_good_order_when_the_lab_goes_down);
	tcase_add_test(tcase, who_waits_is_answered_when_the_lab_goes_down);
	tcase_add_test(tcase, clients_that_go_away_disturb_nobody);
	tcase_add_test(tcase, an_answer_that_is_waited_for_too_long_is_a_504);
	tcase_add_test(tcase, a_press_that_the_store_has_no_room_for_is_an_error);
	tcase_add_test(tcase, a_press_without_an_event_is_an_error);
	tcase_add_loop_test(tcase, what_is_wrong_is_said, 0,
			    sizeof(wrong) / sizeof(*wrong));
	tcase_add_test(tcase, a_lab_is_served_once);
	tcase_add_test(tcase, down_over_the_api_lets_join_return);
	suite_add_tcase(suite, tcase);
	tcase_add_test(places, a_folder_of_somebody_else_is_refused);
	suite_add_tcase(suite, places);
	return suite;
}
