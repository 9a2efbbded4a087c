/* SPDX-License-Identifier: MIT */
/* The HTTP server against raw sockets and the curl program. The loop runs in a thread, the
 * client in the test's own. */

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "io/httpd.h"
#include "rawhttp.h"
#include "suite.h"
#include "wait.h"

#define BODY_MAX 1000000

struct server {
	struct snet__loop *loop;
	struct snet__httpd *httpd;
	struct snet__task stop, poke;
	struct snet__httpd_request *held;
	struct snet__httpd_stream *stream;
	int upgraded; /* a copy of the upgraded socket, or -1 */
	pthread_t thread;
	unsigned int port;
	atomic_int closed;
	atomic_int refused; /* upgrades */
};

static void echo(struct snet__httpd_request *request)
{
	const char *value = snet__httpd_query(request, "key");
	const char *bare = snet__httpd_query(request, "bare");
	const char *header = snet__httpd_header(request, "x-TEST");
	size_t size, length;
	const char *body = snet__httpd_body(request, &size);
	char *text = malloc(size + 512);

	length = (size_t)sprintf(text, "%s %s key=%s bare=%s header=%s large=%zu body=",
				 snet__httpd_method(request), snet__httpd_path(request),
				 value ? value : "(none)", bare ? bare : "(none)",
				 header ? header : "(none)",
				 snet__httpd_too_large(request));
	memcpy(text + length, body, size);
	snet__httpd_add_header(request, "X-Answer", "42");
	snet__httpd_respond(request, snet__httpd_too_large(request) ? 413 : 200,
			    "text/plain", text, length + size);
	free(text);
}

static void on_stream_closed(void *user)
{
	struct server *server = user;

	server->stream = NULL;
	atomic_store(&server->closed, 1);
}

static void on_upgraded(void *user, int sock)
{
	struct server *server = user;

	if (sock < 0)
		atomic_fetch_add(&server->refused, 1);
	else
		server->upgraded = dup(sock);
}

static void tell_credentials(struct snet__httpd_request *request)
{
	char *user = NULL, *password = NULL, text[200] = "nobody";

	if (snet__httpd_basic_auth(request, &user, &password))
		(void)snprintf(text, sizeof(text), "%s/%s", user, password);
	free(user);
	free(password);
	snet__httpd_respond(request, 200, NULL, text, strlen(text));
}

static void on_request(void *user, struct snet__httpd_request *request)
{
	struct server *server = user;
	const char *path = snet__httpd_path(request);

	if (strcmp(path, "/later") == 0) {
		server->held = request;
	} else if (strcmp(path, "/now-and-later") == 0) {
		/* Answers another request from within a handler. */
		snet__httpd_respond(server->held, 200, NULL, "held", 4);
		snet__httpd_respond(request, 200, NULL, "own", 3);
	} else if (strcmp(path, "/stream") == 0) {
		server->stream = snet__httpd_start_stream(request, "text/event-stream",
							  on_stream_closed, server);
		(void)snet__httpd_stream_write(server->stream, "first\n", 6);
	} else if (strcmp(path, "/upgrade") == 0) {
		snet__httpd_upgrade(request, "snet-exec", on_upgraded, server);
	} else if (strcmp(path, "/auth") == 0) {
		tell_credentials(request);
	} else {
		echo(request);
	}
}

static void *run_loop(void *user)
{
	struct server *server = user;

	snet__loop_run(server->loop);
	return NULL;
}

static void on_stop(struct snet__task *task)
{
	struct server *server = (void *)((char *)task - offsetof(struct server, stop));

	snet__loop_stop(server->loop);
}

static void setup_on(struct server *server, int fd)
{
	struct snet_err err = {0};

	ck_assert_int_eq(snet__loop_new(&server->loop, &err), 0);
	ck_assert_msg(snet__httpd_new(&server->httpd, server->loop, fd, BODY_MAX,
				      on_request, server, &err) == 0,
		      "%s", err.msg);
	server->stop.fn = on_stop;
	server->upgraded = -1;
	ck_assert_int_eq(pthread_create(&server->thread, NULL, run_loop, server), 0);
}

static void setup(struct server *server)
{
	int fd;

	*server = (struct server){0};
	fd = rawhttp_listen(&server->port);
	setup_on(server, fd);
}

static void teardown(struct server *server)
{
	snet__loop_post(server->loop, &server->stop);
	ck_assert_int_eq(pthread_join(server->thread, NULL), 0);
	snet__httpd_free(server->httpd);
	snet__loop_free(server->loop);
	if (server->upgraded >= 0)
		close(server->upgraded);
}

START_TEST(requests_are_handed_over_whole_on_one_connection)
{
	struct server server;
	struct rawhttp_answer answer;
	char text[32];
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	for (int i = 0; i < 3; i++) {
		rawhttp_call_on(fd, "PUT", "/a%20b/c?key=v%26+w&bare", "X-Test: yes\r\n",
				"hello", 5, &answer);
		ck_assert_uint_eq(answer.status, 200);
		ck_assert_str_eq(
			answer.body,
			"PUT /a%20b/c key=v& w bare= header=yes large=0 body=hello");
		ck_assert_str_eq(rawhttp_header(&answer, "x-answer", text, sizeof(text)),
				 "42");
		rawhttp_free(&answer);
	}
	rawhttp_call_on(fd, "GET", "/", "", NULL, 0, &answer);
	ck_assert_str_eq(answer.body,
			 "GET / key=(none) bare=(none) header=(none) large=0 body=");
	rawhttp_free(&answer);
	close(fd);
	teardown(&server);
}
END_TEST

START_TEST(a_body_may_come_in_pieces)
{
	struct server server;
	struct rawhttp_answer answer;
	char *body = malloc(BODY_MAX);
	int fd;

	setup(&server);
	memset(body, 'x', BODY_MAX);
	fd = rawhttp_connect(server.port);
	rawhttp_call_on(fd, "POST", "/", "", body, BODY_MAX, &answer);
	ck_assert_uint_eq(answer.status, 200);
	ck_assert_uint_gt(answer.body_size, BODY_MAX);
	ck_assert_int_eq(memcmp(answer.body + answer.body_size - BODY_MAX, body,
				BODY_MAX),
			 0);
	rawhttp_free(&answer);
	rawhttp_send_text(
		fd,
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
	rawhttp_send_text(fd, "c\r\n2\r\nde\r\n0\r\n\r\n");
	rawhttp_read(fd, &answer);
	ck_assert_ptr_nonnull(strstr(answer.body, "body=abcde"));
	rawhttp_free(&answer);
	close(fd);
	free(body);
	teardown(&server);
}
END_TEST

START_TEST(a_body_over_the_limit_is_told_with_its_size)
{
	struct server server;
	struct rawhttp_answer answer;
	char *body = calloc(1, BODY_MAX + 1);
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_call_on(fd, "POST", "/", "", body, BODY_MAX + 1, &answer);
	ck_assert_uint_eq(answer.status, 413);
	ck_assert_ptr_nonnull(strstr(answer.body, "large=1000001 body="));
	rawhttp_free(&answer);
	/* It was read to its end, so the connection goes on. */
	rawhttp_call_on(fd, "GET", "/", "", NULL, 0, &answer);
	ck_assert_uint_eq(answer.status, 200);
	rawhttp_free(&answer);
	/* Who waits for leave is refused before. */
	rawhttp_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
			      "Content-Length: 99000000\r\n\r\n");
	rawhttp_read(fd, &answer);
	ck_assert_uint_eq(answer.status, 413);
	ck_assert_ptr_nonnull(strstr(answer.body, "large=99000000"));
	rawhttp_free(&answer);
	close(fd);
	free(body);
	teardown(&server);
}
END_TEST

START_TEST(answers_may_come_later)
{
	struct server server;
	struct rawhttp_answer answer;
	int held, fd;

	setup(&server);
	held = rawhttp_connect(server.port);
	rawhttp_send_text(held, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	fd = rawhttp_connect(server.port);
	/* The answer to a first request proves that the one before it has arrived. */
	do {
		rawhttp_call_on(fd, "GET", "/", "", NULL, 0, &answer);
		rawhttp_free(&answer);
	} while (!*(struct snet__httpd_request *volatile *)&server.held);
	rawhttp_call_on(fd, "GET", "/now-and-later", "", NULL, 0, &answer);
	ck_assert_str_eq(answer.body, "own");
	rawhttp_free(&answer);
	rawhttp_read(held, &answer);
	ck_assert_str_eq(answer.body, "held");
	rawhttp_free(&answer);
	rawhttp_call_on(held, "GET", "/", "", NULL, 0, &answer);
	ck_assert_uint_eq(answer.status, 200);
	rawhttp_free(&answer);
	close(fd);
	close(held);
	teardown(&server);
}
END_TEST

START_TEST(a_held_request_outlives_its_client_and_its_server_outlives_both)
{
	struct server server;
	struct rawhttp_answer answer;
	int held, fd;

	setup(&server);
	held = rawhttp_connect(server.port);
	rawhttp_send_text(held, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	fd = rawhttp_connect(server.port);
	do {
		rawhttp_call_on(fd, "GET", "/", "", NULL, 0, &answer);
		rawhttp_free(&answer);
	} while (!*(struct snet__httpd_request *volatile *)&server.held);
	close(held);
	rawhttp_call_on(fd, "GET", "/now-and-later", "", NULL, 0, &answer);
	ck_assert_str_eq(answer.body, "own");
	rawhttp_free(&answer);
	/* One more is open when the server goes. */
	rawhttp_send_text(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	teardown(&server);
	close(fd);
}
END_TEST

START_TEST(basic_authentication_is_decoded)
{
	struct server server;
	struct rawhttp_answer answer;
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_call_on(fd, "GET", "/auth", "Authorization: Basic dXNlcjpwYTpzcw==\r\n",
			NULL, 0, &answer);
	ck_assert_str_eq(answer.body, "user/pa:ss");
	rawhttp_free(&answer);
	rawhttp_call_on(fd, "GET", "/auth", "Authorization: Bearer x\r\n", NULL, 0,
			&answer);
	ck_assert_str_eq(answer.body, "nobody");
	rawhttp_free(&answer);
	close(fd);
	teardown(&server);
}
END_TEST

static void write_more(struct snet__task *task)
{
	struct server *server = (void *)((char *)task - offsetof(struct server, poke));

	(void)snet__httpd_stream_write(server->stream, "second\n", 7);
	snet__httpd_stream_end(server->stream);
}

static void read_until(int fd, char *text, size_t size, const char *end)
{
	size_t have = strlen(text);
	ssize_t n;

	while (!strstr(text, end)) {
		n = recv(fd, text + have, size - have - 1, 0);
		ck_assert_msg(n > 0, "no '%s' in '%s'", end, text);
		have += (size_t)n;
		text[have] = '\0';
	}
}

START_TEST(a_stream_sends_chunks_as_they_come)
{
	struct server server;
	char text[2000] = "";
	int fd;

	setup(&server);
	server.poke.fn = write_more;
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
	read_until(fd, text, sizeof(text), "first\n");
	ck_assert_ptr_nonnull(strstr(text, "text/event-stream"));
	snet__loop_post(server.loop, &server.poke);
	read_until(fd, text, sizeof(text), "second\n");
	read_until(fd, text, sizeof(text), "\r\n0\r\n\r\n");
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 0);
	close(fd);
	teardown(&server);
	ck_assert_int_eq(server.closed, 1);
}
END_TEST

START_TEST(a_stream_notices_that_its_client_has_gone)
{
	struct server server;
	char text[2000] = "";
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
	read_until(fd, text, sizeof(text), "first\n");
	close(fd);
	while (!atomic_load(&server.closed)) /* bounded by the test's own time limit */
		sched_yield();
	ck_assert_ptr_null(server.stream);
	teardown(&server);
}
END_TEST

START_TEST(a_stream_is_closed_with_its_server)
{
	struct server server;
	char text[2000] = "";
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
	read_until(fd, text, sizeof(text), "first\n");
	teardown(&server);
	ck_assert_int_eq(server.closed, 1);
	close(fd);
}
END_TEST

static void fill_stream(struct snet__task *task)
{
	struct server *server = (void *)((char *)task - offsetof(struct server, poke));
	static char block[64 * 1024];
	int i;

	for (i = 0;
	     i < 1000 && snet__httpd_stream_write(server->stream, block, sizeof(block));)
		i++;
	atomic_store(&server->closed, i < 1000 ? 2 : 3);
}

START_TEST(a_reader_that_is_too_slow_loses_bytes_not_memory)
{
	struct server server;
	char text[2000] = "";
	int fd;

	setup(&server);
	server.poke.fn = fill_stream;
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
	read_until(fd, text, sizeof(text), "first\n");
	snet__loop_post(server.loop, &server.poke);
	while (!atomic_load(&server.closed))
		sched_yield();
	ck_assert_int_eq(server.closed, 2);
	close(fd);
	teardown(&server);
}
END_TEST

/* Its end can be read all the time, and is only when all has been sent. */
START_TEST(a_client_that_has_ended_and_does_not_read_costs_no_work)
{
	struct server server;
	char text[64 * 1024] = "";
	clock_t before;
	int fd;

	setup(&server);
	server.poke.fn = fill_stream;
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
	read_until(fd, text, sizeof(text), "first\n");
	snet__loop_post(server.loop, &server.poke);
	while (!atomic_load(&server.closed))
		sched_yield();
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	before = clock();
	(void)poll(NULL, 0, 500);
	/* All of half a second before. */
	ck_assert_int_lt(clock() - before, CLOCKS_PER_SEC / 10);
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	while (atomic_load(&server.closed) != 1)
		sched_yield();
	close(fd);
	teardown(&server);
}
END_TEST

static void write_upgraded(struct snet__task *task)
{
	struct server *server = (void *)((char *)task - offsetof(struct server, poke));

	ck_assert_int_eq(send(server->upgraded, "raw", 3, MSG_NOSIGNAL), 3);
}

START_TEST(an_upgraded_socket_can_be_kept_by_a_copy)
{
	struct server server;
	struct rawhttp_answer answer;
	char raw[4] = "";
	int fd;

	setup(&server);
	server.poke.fn = write_upgraded;
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd,
			  "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
			  "Upgrade: snet-exec\r\n\r\n");
	rawhttp_read(fd, &answer);
	ck_assert_uint_eq(answer.status, 101);
	rawhttp_free(&answer);
	snet__loop_post(server.loop, &server.poke);
	ck_assert_int_eq(recv(fd, raw, 3, MSG_WAITALL), 3);
	ck_assert_str_eq(raw, "raw");
	teardown(&server);
	ck_assert_int_eq(recv(fd, raw, 1, 0), 0);
	close(fd);
}
END_TEST

START_TEST(what_an_upgrade_was_to_take_is_given_back_when_there_is_none)
{
	struct server server;
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET /upgrade HTTP/1.0\r\nUpgrade: snet-exec\r\n\r\n");
	for (int i = 0; i < WAIT_MS && !atomic_load(&server.refused); i++)
		(void)poll(NULL, 0, 1);
	ck_assert_int_eq(server.upgraded, -1);
	teardown(&server);
	ck_assert_int_eq(atomic_load(&server.refused), 1);
	close(fd);
}
END_TEST

START_TEST(curl_speaks_to_it_over_a_unix_socket)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/test_httpd.XXXXXX", command[300], text[200] = "";
	struct server server = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *curl;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 10), 0);
	setup_on(&server, fd);
	(void)snprintf(
		command, sizeof(command),
		"curl -s --max-time 30 --unix-socket %s -d body http://x/path?key=1",
		at.sun_path);
	curl = popen(command, "r");
	ck_assert_ptr_nonnull(curl);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), curl));
	ck_assert_int_eq(pclose(curl), 0);
	ck_assert_str_eq(text,
			 "POST /path key=1 bare=(none) header=(none) large=0 body=body");
	teardown(&server);
	unlink(at.sun_path);
	rmdir(folder);
}
END_TEST

START_TEST(garbage_is_refused_and_a_descriptor_that_cannot_listen_is_an_error)
{
	struct snet_err err = {0};
	struct snet__httpd *httpd = NULL;
	struct rawhttp_answer answer;
	struct server server;
	int fd;

	setup(&server);
	fd = rawhttp_connect(server.port);
	rawhttp_send_text(fd, "GET / HTTP/banana\r\n\r\n");
	rawhttp_read(fd, &answer);
	ck_assert_uint_eq(answer.status, 400);
	rawhttp_free(&answer);
	close(fd);
	ck_assert_int_eq(snet__httpd_new(&httpd, server.loop, -1, 1, on_request, NULL,
					 &err),
			 -EBADF);
	ck_assert_str_eq(err.msg,
			 "cannot use listening descriptor -1: Bad file descriptor");
	teardown(&server);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("httpd");
	TCase *t = tcase_create("httpd");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, requests_are_handed_over_whole_on_one_connection);
	tcase_add_test(t, a_body_may_come_in_pieces);
	tcase_add_test(t, a_body_over_the_limit_is_told_with_its_size);
	tcase_add_test(t, answers_may_come_later);
	tcase_add_test(t,
		       a_held_request_outlives_its_client_and_its_server_outlives_both);
	tcase_add_test(t, basic_authentication_is_decoded);
	tcase_add_test(t, a_stream_sends_chunks_as_they_come);
	tcase_add_test(t, a_stream_notices_that_its_client_has_gone);
	tcase_add_test(t, a_stream_is_closed_with_its_server);
	tcase_add_test(t, a_reader_that_is_too_slow_loses_bytes_not_memory);
	tcase_add_test(t, a_client_that_has_ended_and_does_not_read_costs_no_work);
	tcase_add_test(t, an_upgraded_socket_can_be_kept_by_a_copy);
	tcase_add_test(t, what_an_upgrade_was_to_take_is_given_back_when_there_is_none);
	tcase_add_test(t, curl_speaks_to_it_over_a_unix_socket);
	tcase_add_test(
		t, garbage_is_refused_and_a_descriptor_that_cannot_listen_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
