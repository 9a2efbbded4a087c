/* SPDX-License-Identifier: MIT */
/* Changes of a lab over its API, and what those who look on are told of them. */

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/client.h"
#include "base/text.h"
#include "folder.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "sys/iface.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;
static struct test_folder folder;
static char path[128];

static void hold(void *state, struct snet_invocation *invocation, const char *function,
		 const char *params)
{
}

static const struct snet_backend_kind hold_kind = {.size = sizeof(hold_kind),
						   .name = "hold",
						   .invoke = hold};

static void set_up(void)
{
	const struct snet_backend_opts never = {.size = sizeof(never),
						.name = "never",
						.kind = "hold"};

	err = (struct snet_err){0};
	lab = labs_house("alter");
	LABS_OK(snet_lab_add_backend_kind(lab, &hold_kind, &err));
	LABS_OK(snet_lab_add_backend(lab, &never, &err));
	labs_route(lab, NULL, "hold", "f", "never", 0);
	LABS_NODE(lab, .name = "h0", .kind = "button", .type = "hold");
	LABS_OK(snet_lab_up(lab, &err));
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.100s/sock", folder.path);
	LABS_OK(snet_lab_serve(lab, path, &err));
}

static void tear_down(void)
{
	snet_lab_free(lab);
	test_folder_free(&folder);
}

/* The answer, to be freed. */
static struct snet__json *ask(const char *method, const char *target, const char *body)
{
	struct snet__json *answer = NULL;

	LABS_OK(snet__client_call(&answer, path, method, target, body, 4 * WAIT_MS,
				  &err));
	return answer;
}

#define REFUSED(method, target, body, code, text)                                 \
	do {                                                                      \
		autofree char *answer_ = NULL;                                    \
		LABS_FAILS(snet__client_ask(&answer_, path, method, target, body, \
					    4 * WAIT_MS, &err),                   \
			   code, text);                                           \
	} while (0)

#define EXPECT(json, key, wanted)                                                     \
	do {                                                                          \
		autofree char *got_ = snet__json_format(snet__json_get(json, key));   \
		ck_assert_msg(got_ &&strcmp(got_, wanted) == 0, "%s: %s", key, got_); \
	} while (0)

static const char more[] =
	"{\"nodes\": [{\"name\": \"sw2\", \"kind\": \"button\", \"data\": {\"target\": "
	"\"a2\"}}, {\"name\": \"a2\", \"kind\": \"actuator\"}],\n"
	"\"links\": [{\"from\": \"sw2\", \"to\": \"s1\"}, {\"from\": \"a2\", \"to\": "
	"\"s1\"}]}";

#define MORE_TEXT(summary)                                       \
	"\"+ node sw2 (button)\\n+ node a2 (actuator)\\n+ link " \
	"sw2-s1\\n+ link a2-s1\\n" summary "\\n\""

START_TEST(what_is_added_is_answered_when_it_can_be_used)
{
	autojson *answer = ask("POST", "/v1/extend", more);

	EXPECT(answer, "text", MORE_TEXT("4 added"));
	EXPECT(answer, "added", "4");
	EXPECT(answer, "lab", "\"alter\"");
	EXPECT(answer, "nodes", "9");
	EXPECT(answer, "links", "8");
	LABS_OK(snet_device_press(lab, "sw2", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a2", "1");
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
	autojson *added = ask("POST", "/v1/extend?dry=1", more);
	autojson *removed = ask("DELETE", "/v1/nodes/a0,a1?dry=1", NULL);

	EXPECT(added, "text", MORE_TEXT("4 would be added"));
	EXPECT(added, "nodes", "7");
	EXPECT(removed, "removed", "4");
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
	REFUSED("POST", "/v1/extend?dry=x", more, -EINVAL, "'dry=x' is no number");
}
END_TEST

START_TEST(the_lab_becomes_what_its_file_says)
{
	autofree char *file = NULL;
	autojson *same = NULL, *back = NULL;

	snet__json_free(ask("POST", "/v1/extend", more));
	LABS_OK(snet__client_ask(&file, path, "GET", "/v1/file", NULL, WAIT_MS, &err));
	same = ask("POST", "/v1/apply", file);
	EXPECT(same, "text", "\"no changes\\n\"");
	snet__json_free(ask("DELETE", "/v1/nodes/a2,sw2", NULL));
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
	back = ask("POST", "/v1/apply", file);
	EXPECT(back, "added", "4");
	LABS_OK(snet_device_press(lab, "sw2", NULL, NULL, WAIT_MS, &err));
}
END_TEST

/* The body of a refusal, read by hand. */
static void read_refusal(const char *target, const char *body, char *text, size_t size)
{
	autofree char *request =
		snet__text_format("POST %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s",
				  target, strlen(body), body);
	size_t used = 0;
	autoclose int fd = -1;
	ssize_t n;

	LABS_OK(snet__client_connect(&fd, path, &err));
	ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (ssize_t)strlen(request));
	while (wait_readable(fd) && (n = recv(fd, text + used, size - used - 1, 0)) > 0)
		used += (size_t)n;
	text[used] = '\0';
}

START_TEST(all_that_is_wrong_is_listed)
{
	char text[4096];

	read_refusal("/v1/extend",
		     "{\"nodes\": [{\"name\": \"a0\", \"kind\": \"actuator\"},\n"
		     " {\"name\": \"x\", \"kind\": \"acuator\"}],\n"
		     "\"links\": [{\"from\": \"a0\", \"to\": \"nowhere\"}]}",
		     text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, " 400 "));
	ck_assert_msg(strstr(text, "\"line\":2") && strstr(text, "did you mean") &&
			      strstr(text, "\"line\":3") && strstr(text, "nowhere"),
		      "%s", text);
	read_refusal("/v1/apply", "{\"nodes\": 7}", text, sizeof(text));
	ck_assert_msg(strstr(text, "\"problems\":[{\"line\":1,\"column\":11,"), "%s",
		      text);
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
}
END_TEST

static const struct {
	const char *method, *target, *body;
	int code;
	const char *why;
} wrong[] = {
	{"DELETE", "/v1/nodes/x", NULL, -ENOENT, "lab 'alter' has no node 'x'"},
	{"DELETE", "/v1/nodes/a0,,a1", NULL, -ENOENT, "lab 'alter' has no node ''"},
	{"DELETE", "/v1/nodes/r0", NULL, -EINVAL, "cannot remove 'r0': "},
	{"DELETE", "/v1/nodes/s1,r0", NULL, -EINVAL,
	 "cannot remove 's1' and the others: "},
	{"DELETE", "/v1/lab", NULL, -EINVAL, "'/v1/lab' does not take DELETE"},
	{"POST", "/v1/nodes/x/restart", NULL, -ENOENT, "no node 'x'"},
	{"POST", "/v1/nodes/s1/restart", NULL, -EINVAL, "nothing lives in it"},
	{"POST", "/v1/apply", "{\"seed\": 1}", -EINVAL, ""},
	{"POST", "/v1/apply", "", -EINVAL, ""},
};

START_TEST(what_cannot_be_is_refused)
{
	REFUSED(wrong[_i].method, wrong[_i].target, wrong[_i].body, wrong[_i].code,
		wrong[_i].why);
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
}
END_TEST

START_TEST(only_lab_files_may_be_large)
{
	autofree char *large = malloc(3000000);

	memset(large, ' ', 2999999);
	large[2999999] = '\0';
	memcpy(large, more, strlen(more));
	snet__json_free(ask("POST", "/v1/extend", large));
	ck_assert_uint_eq(snet_lab_node_count(lab), 9);
	REFUSED("POST", "/v1/nodes/sw0/press", large, -EMSGSIZE,
		"a body of over 33792 bytes");
}
END_TEST

START_TEST(a_device_begins_anew)
{
	autojson *kept = NULL, *fresh = NULL;

	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
	kept = ask("POST", "/v1/nodes/a0/restart", NULL);
	EXPECT(kept, "fresh", "false");
	LABS_STATE(lab, "a0", "1");
	fresh = ask("POST", "/v1/nodes/a0/restart?fresh=1", NULL);
	EXPECT(fresh, "node", "\"a0\"");
	LABS_STATE(lab, "a0", "0");
	LABS_OK(snet_device_press(lab, "sw0", NULL, NULL, WAIT_MS, &err));
}
END_TEST

/* Ask, and let the others read what is answered. */
static int begin(const char *method, const char *target)
{
	autofree char *request =
		snet__text_format("%s %s HTTP/1.0\r\n\r\n", method, target);
	int fd = -1;

	LABS_OK(snet__client_connect(&fd, path, &err));
	ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (ssize_t)strlen(request));
	/* Connections are looked after in their order. */
	snet__json_free(ask("GET", "/v1/lab", NULL));
	snet__json_free(ask("GET", "/v1/lab", NULL));
	return fd;
}

static void expect_answer(int fd, const char *wanted)
{
	char text[4096];
	size_t used = 0;
	ssize_t n;

	while (wait_readable(fd) &&
	       (n = recv(fd, text + used, sizeof(text) - used - 1, 0)) > 0)
		used += (size_t)n;
	close(fd);
	text[used] = '\0';
	ck_assert_msg(strstr(text, wanted), "no '%s' in '%s'", wanted, text);
}

static void set_relayer(bool is_up)
{
	struct snet__nl *nl = NULL;
	int netns, index;

	LABS_OK(snet_node_open_netns(lab, "r0", &netns, &err));
	LABS_OK(snet__nl_open(&nl, netns, &err));
	LABS_OK(snet__iface_find(nl, "eth0", &index, &err));
	LABS_OK(is_up ? snet__iface_up(nl, index, &err)
		      : snet__iface_down(nl, index, &err));
	snet__nl_close(nl);
	close(netns);
}

START_TEST(who_waits_for_an_event_is_told_that_its_device_has_gone)
{
	char id[SNET_EVENT_ID_MAX + 1];
	autofree char *target = NULL;
	int fds[3];

	set_relayer(false);
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	target = snet__text_format("/v1/traces/%s?wait=0", id);
	fds[0] = begin("GET", target);
	fds[1] = begin("POST", "/v1/nodes/sw0/press");
	fds[2] = begin("POST", "/v1/nodes/sw1/press?wait=0");
	snet__json_free(ask("DELETE", "/v1/nodes/sw0", NULL));
	for (int i = 0; i < 2; i++)
		expect_answer(fds[i],
			      "its device ended before the relayer had acknowledged it");
	/* The other one goes on. */
	set_relayer(true);
	expect_answer(fds[2], "\"outcome\":\"done\"");
}
END_TEST

START_TEST(who_waits_for_an_event_is_told_that_its_relayer_has_gone)
{
	int fd = begin("POST", "/v1/nodes/h0/press?wait=0");

	snet__json_free(
		ask("POST", "/v1/apply",
		    "{\"nodes\": [{\"name\": \"s1\", \"kind\": \"switch\"}, {\"name\": "
		    "\"h\", \"kind\": \"host\"}], \"links\": [{\"from\": \"h\", \"to\": "
		    "\"s1\"}]}"));
	expect_answer(fd, "its relayer was removed");
}
END_TEST

START_TEST(who_watches_sees_what_comes)
{
	autostream *stream = NULL;
	const char *line = "";

	LABS_OK(snet__client_stream_open(&stream, path, "/v1/watch", &err));
	ck_assert_int_eq(snet__client_stream_read(stream, WAIT_MS, &line, &err), 1);
	ck_assert(strstr(line, "{\"status\":") == line && !strstr(line, "\"sw2\""));
	snet__json_free(ask("POST", "/v1/extend?dry=1", more));
	snet__json_free(ask("POST", "/v1/extend", more));
	ck_assert_int_eq(snet__client_stream_read(stream, WAIT_MS, &line, &err), 1);
	ck_assert_msg(strstr(line, "{\"status\":") == line && strstr(line, "\"sw2\""),
		      "%s", line);
}
END_TEST

START_TEST(the_log_of_a_node_ends_with_it)
{
	autostream *gone = NULL, *stays = NULL;
	const char *line = "";

	LABS_OK(snet__client_stream_open(&gone, path, "/v1/nodes/a0/logs?follow=1",
					 &err));
	LABS_OK(snet__client_stream_open(&stays, path, "/v1/nodes/a1/logs?follow=1",
					 &err));
	snet__json_free(ask("DELETE", "/v1/nodes/a0", NULL));
	ck_assert_int_eq(snet__client_stream_read(gone, WAIT_MS, &line, &err), 0);
	ck_assert_int_eq(snet__client_stream_read(stays, 0, &line, &err), -EAGAIN);
}
END_TEST

START_TEST(a_change_that_is_waited_for_ends_with_the_lab)
{
	int fd;

	set_relayer(false);
	fd = begin("POST", "/v1/nodes/a0/restart");
	snet_lab_down(lab);
	expect_answer(fd, "lab 'alter' goes down");
}
END_TEST

/* Links are set all the same, and wait for none of them. */
START_TEST(devices_that_do_not_register_are_told)
{
	const struct snet_impairment late = {.delay_ns = 1000};
	const struct snet_flap_opts opts = {.size = sizeof(opts), .down_ns = 1};

	set_relayer(false);
	REFUSED("POST", "/v1/extend", more, -ETIMEDOUT,
		"the lab has changed, but only 5 of 7 devices have registered after 10 s: "
		"'sw2', 'a2' are missing");
	ck_assert_uint_eq(snet_lab_node_count(lab), 9);
	LABS_OK(snet_link_set(lab, "a0-s1", SNET_DIRECTION_FORTH, &late, &err));
	LABS_OK(snet_link_flap(lab, "a0-s1", SNET_DIRECTION_BOTH, &opts, &err));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("alter");
	TCase *tcase = tcase_create("alter");

	rights_get();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_added_is_answered_when_it_can_be_used);
	tcase_add_test(tcase, a_dry_run_changes_nothing);
	tcase_add_test(tcase, the_lab_becomes_what_its_file_says);
	tcase_add_test(tcase, all_that_is_wrong_is_listed);
	tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0,
			    sizeof(wrong) / sizeof(*wrong));
	tcase_add_test(tcase, only_lab_files_may_be_large);
	tcase_add_test(tcase, a_device_begins_anew);
	tcase_add_test(tcase, who_waits_for_an_event_is_told_that_its_device_has_gone);
	tcase_add_test(tcase, who_waits_for_an_event_is_told_that_its_relayer_has_gone);
	tcase_add_test(tcase, who_watches_sees_what_comes);
	tcase_add_test(tcase, the_log_of_a_node_ends_with_it);
	tcase_add_test(tcase, a_change_that_is_waited_for_ends_with_the_lab);
	tcase_add_test(tcase, devices_that_do_not_register_are_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
