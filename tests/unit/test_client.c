/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/client.h"
#include "api/place.h"
#include "suite.h"

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

static char folder[sizeof("/tmp/test_client_XXXXXX")];
static char sock[64];

static void setup(void)
{
	/* For each test anew, also where all run in one process. */
	(void)strcpy(folder, "/tmp/test_client_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(sock, sizeof(sock), "%s/s", folder);
}

static void teardown(void)
{
	(void)unlink(sock);
	(void)rmdir(folder);
}

/* A lab that gives each connection the same @answer, byte by byte when @slow, and then closes it
 * or, when @open, does not. It lives as long as the test. */
static void serve(const char *answer, bool slow, bool open)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
	char request[4096];

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", sock);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	if (fork())
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (read(client, request, sizeof(request)) < 0)
			_exit(1);
		for (const char *at = answer; slow && *at; at++)
			if (write(client, at, 1) < 0)
				_exit(1);
		if (!slow && write(client, answer, strlen(answer)) < 0)
			_exit(1);
		if (!open)
			close(client);
	}
}

static int ask(char **ret, int timeout_ms, struct snet_err *err)
{
	return snet__client_ask(ret, sock, "GET", "/v1/lab", NULL, timeout_ms, err);
}

START_TEST(an_answer_is_given_without_its_last_newline)
{
	autofree char *text = NULL;

	serve(OK "{\"lab\":\"house\"}\n", true, false);
	ck_assert_int_eq(ask(&text, 5000, NULL), 0);
	ck_assert_str_eq(text, "{\"lab\":\"house\"}");
}
END_TEST

START_TEST(nobody_listening_is_said)
{
	struct snet_err err = {0};
	autofree char *text = NULL;
	char expected[128];

	(void)snprintf(expected, sizeof(expected),
		       "cannot reach the lab at '%s': No such file or directory", sock);
	ck_assert_int_eq(ask(&text, 5000, &err), -ENOENT);
	ck_assert_str_eq(err.msg, expected);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(a_refusal_becomes_the_error_that_it_states)
{
	struct snet_err err = {0};
	autofree char *text = NULL;

	serve("HTTP/1.1 404 Not Found\r\n\r\n{\"error\":\"no node 'x'\",\"errno\":-2}",
	      true, false);
	ck_assert_int_eq(ask(&text, 5000, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no node 'x'");
}
END_TEST

START_TEST(a_refusal_without_reason_is_reported_by_its_status)
{
	struct snet_err err = {0};
	autofree char *text = NULL;

	serve("HTTP/1.1 500 X\r\n\r\n<html>", false, false);
	ck_assert_int_eq(ask(&text, 5000, &err), -EPROTO);
	ck_assert_str_eq(err.msg, "the lab answers with status 500");
}
END_TEST

START_TEST(an_errno_that_is_none_is_not_believed)
{
	struct snet_err err = {0};
	autofree char *text = NULL;

	serve("HTTP/1.1 504 X\r\n\r\n{\"error\":\"late\",\"errno\":7}", false, false);
	ck_assert_int_eq(ask(&text, 5000, &err), -ETIMEDOUT);
	ck_assert_str_eq(err.msg, "late");
}
END_TEST

START_TEST(garbage_is_not_a_lab)
{
	static const char *const answers[] = {"", "garbage\r\n\r\n",
					      "HTTP/1.1 abc\r\n\r\n",
					      "HTTP/1.1 200 OK\r\n"};
	struct snet_err err = {0};
	autofree char *text = NULL;

	serve(answers[_i], false, false);
	ck_assert_int_eq(ask(&text, 5000, &err), -EPROTO);
	ck_assert_str_eq(err.msg, _i == 0 || _i == 3 ? "the lab has ended"
						     : "this socket is not a lab's");
}
END_TEST

START_TEST(an_answer_that_is_no_json_is_an_error)
{
	struct snet_err err = {0};
	autojson *json = NULL;

	serve(OK "{", false, false);
	ck_assert_int_eq(snet__client_call(&json, sock, "GET", "/", NULL, 5000, &err),
			 -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.msg, "the lab's answer: "));
}
END_TEST

START_TEST(an_answer_that_is_cut_off_is_an_error)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\none\ntwo\nth",
		"HTTP/1.1 200 OK\r\ncontent-length:12\r\nX: y\r\n\r\none\ntwo\nth"};
	struct snet__client_stream *stream = NULL;
	struct snet_err err = {0};
	char *text = NULL;
	const char *line;

	serve(answers[_i], _i == 0, false);
	ck_assert_int_eq(ask(&text, 5000, &err), -EPROTO);
	ck_assert_str_eq(err.msg, "the lab has ended");
	ck_assert_ptr_null(text);
	ck_assert_int_eq(snet__client_stream_open(&stream, sock, "/v1/events", &err), 0);
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, &err), 1);
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, &err), 1);
	ck_assert_str_eq(line, "two");
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, &err), -EPROTO);
	snet__client_stream_close(stream);
}
END_TEST

START_TEST(an_answer_that_is_as_long_as_it_says_is_whole)
{
	autofree char *text = NULL;

	serve("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\none\ntwo\nthre", true, false);
	ck_assert_int_eq(ask(&text, 5000, NULL), 0);
	ck_assert_str_eq(text, "one\ntwo\nthre");
}
END_TEST

START_TEST(silence_ends_with_the_deadline)
{
	struct snet_err err = {0};
	autofree char *text = NULL;

	serve(OK "{}", false, true);
	ck_assert_int_eq(ask(&text, 50, &err), -ETIMEDOUT);
	ck_assert_str_eq(err.msg, "the lab does not answer");
}
END_TEST

START_TEST(a_stream_is_read_line_by_line)
{
	autostream *stream = NULL;
	const char *line;

	serve(OK "one\n\ntwo\nthe last has no end", true, false);
	ck_assert_int_eq(snet__client_stream_open(&stream, sock, "/v1/watch", NULL), 0);
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 1);
	ck_assert_str_eq(line, "one");
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 1);
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 1);
	ck_assert_str_eq(line, "two");
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 1);
	ck_assert_str_eq(line, "the last has no end");
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 0);
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 0);
}
END_TEST

START_TEST(a_stream_can_be_polled)
{
	autostream *stream = NULL;
	const char *line;

	serve(OK "one\n", false, true);
	ck_assert_int_eq(snet__client_stream_open(&stream, sock, "/v1/watch", NULL), 0);
	ck_assert_int_eq(snet__client_stream_read(stream, 5000, &line, NULL), 1);
	ck_assert_int_eq(snet__client_stream_read(stream, 0, &line, NULL), -EAGAIN);
	ck_assert_int_ge(snet__client_stream_fd(stream), 0);
}
END_TEST

START_TEST(an_upgrade_without_descriptors_is_an_error)
{
	int fds[SNET__ENTER_COUNT] = {1, 1, 1};
	struct snet_err err = {0};

	serve("HTTP/1.1 101 X\r\nUpgrade: snet-enter\r\n\r\nx", true, true);
	ck_assert_int_eq(snet__client_enter(fds, sock, "sw0", &err), -EPROTO);
	ck_assert_str_eq(err.msg, "the lab sent no namespaces");
	ck_assert_int_eq(fds[0], -1);
}
END_TEST

START_TEST(an_upgrade_that_is_refused_says_why)
{
	int fds[SNET__ENTER_COUNT];
	struct snet_err err = {0};

	serve("HTTP/1.1 404 X\r\n\r\n{\"error\":\"no node 'x'\",\"errno\":-2}", false,
	      false);
	ck_assert_int_eq(snet__client_enter(fds, sock, "x", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no node 'x'");
}
END_TEST

START_TEST(parts_of_a_target_are_percent_encoded)
{
	autofree char *text = snet__client_encode("a-1._~/ %\303\244?");

	ck_assert_str_eq(text, "a-1._~%2F%20%25%C3%A4%3F");
}
END_TEST

START_TEST(places_follow_the_environment)
{
	autofree char *runtime = NULL, *state = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "/run/user/7", 1), 0);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", "/home/me/state", 1), 0);
	ck_assert_int_eq(snet__place_socket(&runtime, "house", NULL), 0);
	ck_assert_str_eq(runtime, "/run/user/7/snet/house.sock");
	ck_assert_int_eq(snet__place_state(&state, "house", NULL), 0);
	ck_assert_str_eq(state, "/home/me/state/snet/house");
	ck_assert_int_eq(snet__place_socket(&runtime, "../x", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'../x' is no name for a lab");
}
END_TEST

START_TEST(a_relative_folder_in_the_environment_is_ignored)
{
	autofree char *runtime = NULL;

	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "run", 1), 0);
	ck_assert_int_eq(snet__place_socket(&runtime, "house", NULL), 0);
	ck_assert_int_eq(runtime[0], '/');
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_names_the_variable)
{
	struct snet_err err = {0};

	ck_assert_int_eq(snet__place_make("/proc/no/where", "HERE", &err), -ENOENT);
	ck_assert_str_eq(err.msg,
			 "cannot make the folder '/proc/no': No such file or directory; "
			 "set HERE to a folder of your own");
}
END_TEST

START_TEST(a_folder_that_others_can_write_in_is_refused)
{
	struct snet_err err = {0};
	char expected[200], link[64];

	ck_assert_int_eq(snet__place_make(folder, "HERE", &err), 0);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(snet__place_make(folder, "HERE", &err), -EPERM);
	(void)snprintf(expected, sizeof(expected),
		       "others can write in the folder '%s': 'chmod go-w %s' first",
		       folder, folder);
	ck_assert_str_eq(err.msg, expected);
	/* Nor by way of a link. */
	(void)snprintf(link, sizeof(link), "%s.link", folder);
	ck_assert_int_eq(symlink(folder, link), 0);
	ck_assert_int_eq(snet__place_make(link, "HERE", &err), -EPERM);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(snet__place_make(link, "HERE", &err), 0);
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

START_TEST(only_an_empty_folder_of_a_user_is_swept)
{
	char own[64], path[80];

	(void)snprintf(path, sizeof(path), "%s/house.sock", folder);
	snet__place_sweep(path);
	ck_assert_int_eq(access(folder, F_OK), 0);
	(void)snprintf(own, sizeof(own), "/tmp/snet-%d-test", getpid());
	(void)snprintf(path, sizeof(path), "%s/house.sock", own);
	ck_assert_int_eq(mkdir(own, 0700), 0);
	snet__place_sweep(path);
	ck_assert_int_eq(rmdir(own), 0);
	/* No user has such a number. */
	(void)snprintf(own, sizeof(own), "/tmp/snet-77777%d", getpid());
	(void)snprintf(path, sizeof(path), "%s/house.sock", own);
	ck_assert_int_eq(mkdir(own, 0700), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snet__place_sweep(path);
	ck_assert_int_eq(rmdir(path), 0);
	snet__place_sweep(path);
	ck_assert_int_eq(access(own, F_OK), -1);
}
END_TEST

START_TEST(a_socket_path_that_is_too_long_is_refused)
{
	autofree char *runtime = NULL;
	struct snet_err err = {0};
	char path[200] = "/";

	memset(path + 1, 'x', 150);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", path, 1), 0);
	ck_assert_int_eq(snet__place_socket(&runtime, "house", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "the path of a socket is too long: '/xxx"));
	ck_assert_ptr_nonnull(strstr(err.msg, "': set XDG_RUNTIME_DIR to a shorter one"));
}
END_TEST

Suite *suite(void)
{
	Suite *all = suite_create("client");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, an_answer_is_given_without_its_last_newline);
	tcase_add_test(core, nobody_listening_is_said);
	tcase_add_test(core, a_refusal_becomes_the_error_that_it_states);
	tcase_add_test(core, a_refusal_without_reason_is_reported_by_its_status);
	tcase_add_test(core, an_errno_that_is_none_is_not_believed);
	tcase_add_loop_test(core, garbage_is_not_a_lab, 0, 4);
	tcase_add_test(core, an_answer_that_is_no_json_is_an_error);
	tcase_add_loop_test(core, an_answer_that_is_cut_off_is_an_error, 0, 2);
	tcase_add_test(core, an_answer_that_is_as_long_as_it_says_is_whole);
	tcase_add_test(core, silence_ends_with_the_deadline);
	tcase_add_test(core, a_stream_is_read_line_by_line);
	tcase_add_test(core, a_stream_can_be_polled);
	tcase_add_test(core, an_upgrade_without_descriptors_is_an_error);
	tcase_add_test(core, an_upgrade_that_is_refused_says_why);
	tcase_add_test(core, parts_of_a_target_are_percent_encoded);
	tcase_add_test(core, places_follow_the_environment);
	tcase_add_test(core, a_relative_folder_in_the_environment_is_ignored);
	tcase_add_test(core, a_folder_that_cannot_be_made_names_the_variable);
	tcase_add_test(core, a_folder_that_others_can_write_in_is_refused);
	tcase_add_test(core, only_an_empty_folder_of_a_user_is_swept);
	tcase_add_test(core, a_socket_path_that_is_too_long_is_refused);
	suite_add_tcase(all, core);
	return all;
}
