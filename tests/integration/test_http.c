/* SPDX-License-Identifier: MIT */
/* The HTTP client against servers that answer well, badly, late and never. */

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "http_server.h"
#include "io/http.h"
#include "suite.h"

#define DEADLINE_NS (20 * SNET__NS_PER_S)

/* What a call ended with, kept beyond its callback. */
struct outcome {
	int wanted; /* calls that the loop runs for */
	int count;
	struct snet__http_response response;
	char body[4096];
	char error[512];
	char header[256];
};

static struct snet__loop *loop;
static struct snet__http *http;
static struct snet__timer *guard;

static void on_guard(void *user)
{
	ck_abort_msg("no end within the deadline");
}

static void set_up(void)
{
	struct snet__http_opts opts = {.netns = -1};

	ck_assert_int_eq(snet__loop_new(&loop, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&guard, loop, on_guard, NULL, NULL), 0);
	snet__timer_start(guard, DEADLINE_NS, 0);
	ck_assert_int_eq(snet__http_new(&http, loop, &opts, NULL), 0);
}

static void tear_down(void)
{
	snet__http_free(http);
	snet__timer_free(guard);
	snet__loop_free(loop);
}

static void on_end(void *user, const struct snet__http_response *response)
{
	struct outcome *outcome = user;
	const char *header = snet__http_header(response, "x-test");

	outcome->response = *response;
	(void)snprintf(outcome->body, sizeof(outcome->body), "%s", response->body);
	(void)snprintf(outcome->error, sizeof(outcome->error), "%s",
		       response->error ? response->error : "");
	(void)snprintf(outcome->header, sizeof(outcome->header), "%s",
		       header ? header : "");
	outcome->count++;
	if (outcome->count == outcome->wanted)
		snet__loop_stop(loop);
}

static struct snet__http_call *start(struct outcome *outcome, const char *method,
				     const char *url, const char *body)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	struct snet__http_request request = {
		.method = method,
		.url = url,
		.user_password = "user:secret",
		.headers = headers,
		.body = body,
		.body_size = body ? strlen(body) : 0,
	};
	struct snet__http_call *call = NULL;

	outcome->wanted++;
	ck_assert_int_eq(snet__http_start(http, &request, on_end, outcome, &call, NULL),
			 0);
	return call;
}

static void call(struct outcome *outcome, const char *method, const char *url,
		 const char *body)
{
	(void)start(outcome, method, url, body);
	snet__loop_run(loop);
	ck_assert_int_eq(outcome->count, outcome->wanted);
}

static bool answer_echo(struct http_exchange *exchange, void *user)
{
	char body[1024];

	(void)snprintf(body, sizeof(body), "%.*s|%s", (int)strcspn(exchange->head, "\r"),
		       exchange->head, exchange->body);
	http_answer(exchange, 200, "X-Test:  some value \r\n", body);
	return true;
}

START_TEST(connections_are_kept_alive)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0};

	for (int i = 0; i < 5; i++)
		call(&outcome, "POST", http_server_url(server), "{\"a\":1}");
	ck_assert_uint_eq(outcome.response.status, 200);
	ck_assert(outcome.response.sent);
	ck_assert_str_eq(outcome.body, "POST / HTTP/1.1|{\"a\":1}");
	ck_assert_str_eq(outcome.header, "some value");
	ck_assert_uint_eq(http_server_connections(server), 1);
	ck_assert_uint_eq(http_server_requests(server), 5);
	http_server_stop(server);
}
END_TEST

START_TEST(a_pooled_handle_forgets_the_call_before)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0};

	call(&outcome, "PUT", http_server_url(server), "body");
	ck_assert_str_eq(outcome.body, "PUT / HTTP/1.1|body");
	call(&outcome, "GET", http_server_url(server), NULL);
	ck_assert_str_eq(outcome.body, "GET / HTTP/1.1|");
	call(&outcome, "DELETE", http_server_url(server), NULL);
	ck_assert_str_eq(outcome.body, "DELETE / HTTP/1.1|");
	call(&outcome, "POST", http_server_url(server), NULL);
	ck_assert_str_eq(outcome.body, "POST / HTTP/1.1|");
	http_server_stop(server);
}
END_TEST

static bool answer_headers(struct http_exchange *exchange, void *user)
{
	http_answer(exchange, 200, "", exchange->head);
	return true;
}

START_TEST(headers_are_what_was_asked_for)
{
	struct http_server *server = http_server_start(answer_headers, NULL);
	struct outcome outcome = {0};

	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	call(&outcome, "POST", http_server_url(server), "{}");
	/* base64 of user:secret */
	ck_assert_ptr_nonnull(
		strstr(outcome.body, "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
	ck_assert_ptr_nonnull(strstr(outcome.body, "Content-Type: application/json\r\n"));
	ck_assert_ptr_null(strstr(outcome.body, "Expect"));
	http_server_stop(server);
}
END_TEST

START_TEST(calls_run_side_by_side)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0};

	for (int i = 0; i < 50; i++)
		(void)start(&outcome, "POST", http_server_url(server), "{}");
	snet__loop_run(loop);
	ck_assert_int_eq(outcome.count, 50);
	ck_assert_uint_eq(http_server_requests(server), 50);
	http_server_stop(server);
}
END_TEST

static bool close_at_once(struct http_exchange *exchange, void *user)
{
	return false;
}

START_TEST(a_server_that_closes_sees_one_post)
{
	struct http_server *server = http_server_start(close_at_once, NULL);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(outcome.response.sent);
	ck_assert_str_eq(outcome.error,
			 "the server closed the connection without an answer");
	ck_assert_uint_eq(http_server_requests(server), 1);
	http_server_stop(server);
}
END_TEST

/* The first request is answered, so that the second comes over a kept connection. */
static bool close_at_second(struct http_exchange *exchange, void *user)
{
	if (exchange->number == 1)
		return false;
	http_answer(exchange, 200, "", "fine");
	return true;
}

START_TEST(a_reused_connection_that_dies_makes_no_second_post)
{
	struct http_server *server = http_server_start(close_at_second, NULL);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_str_eq(outcome.body, "fine");
	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(outcome.response.sent);
	ck_assert_str_eq(outcome.error,
			 "the server closed the connection without an answer");
	ck_assert_uint_eq(http_server_requests(server), 2);
	/* And the client is as good as new. */
	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_str_eq(outcome.body, "fine");
	ck_assert_uint_eq(http_server_requests(server), 3);
	http_server_stop(server);
}
END_TEST

START_TEST(no_body_makes_no_second_post_either)
{
	struct http_server *server = http_server_start(close_at_second, NULL);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), NULL);
	call(&outcome, "POST", http_server_url(server), NULL);
	ck_assert(outcome.response.sent);
	ck_assert_uint_eq(http_server_requests(server), 2);
	http_server_stop(server);
}
END_TEST

START_TEST(a_get_is_repeated_on_a_fresh_connection)
{
	struct http_server *server = http_server_start(close_at_second, NULL);
	struct outcome outcome = {0};

	call(&outcome, "GET", http_server_url(server), NULL);
	call(&outcome, "GET", http_server_url(server), NULL);
	ck_assert_str_eq(outcome.body, "fine");
	ck_assert_uint_eq(http_server_requests(server), 3);
	http_server_stop(server);
}
END_TEST

static bool answer_and_close(struct http_exchange *exchange, void *user)
{
	http_answer(exchange, 200, "", "bye");
	return false;
}

START_TEST(a_connection_that_was_closed_while_idle_is_not_used)
{
	struct http_server *server = http_server_start(answer_and_close, NULL);
	struct outcome outcome = {0};

	for (int i = 0; i < 10; i++) {
		call(&outcome, "POST", http_server_url(server), "{}");
		/* Either curl saw the closing, or the call says that it may have been sent. */
		ck_assert(outcome.response.status == 200 || outcome.response.sent);
		ck_assert_uint_le(http_server_requests(server), (unsigned int)i + 1);
	}
	http_server_stop(server);
}
END_TEST

START_TEST(nobody_listening_means_not_sent)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0};
	char url[64];

	(void)snprintf(url, sizeof(url), "%s", http_server_url(server));
	http_server_stop(server);
	call(&outcome, "POST", url, "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(!outcome.response.sent);
	ck_assert(!outcome.response.timed_out);
	ck_assert_ptr_nonnull(strstr(outcome.error, "127.0.0.1"));
}
END_TEST

START_TEST(what_is_no_host_means_not_sent)
{
	struct outcome outcome = {0};

	call(&outcome, "POST", "http://nowhere.invalid/", "{}");
	ck_assert(!outcome.response.sent);
	ck_assert_ptr_nonnull(strstr(outcome.error, "nowhere.invalid"));
	call(&outcome, "POST", "ftp://127.0.0.1/", "{}");
	ck_assert(!outcome.response.sent);
	ck_assert_ptr_nonnull(strstr(outcome.error, "ftp"));
	call(&outcome, "POST", "http://[", "{}");
	ck_assert(!outcome.response.sent);
	ck_assert_str_ne(outcome.error, "");
}
END_TEST

static bool answer_never(struct http_exchange *exchange, void *user)
{
	http_wait_for_stop(exchange);
	return false;
}

START_TEST(an_answer_that_never_comes_is_timed_out)
{
	struct http_server *server = http_server_start(answer_never, NULL);
	struct snet__http_request request = {.method = "POST",
					     .url = http_server_url(server),
					     .timeout_ns = 50000000};
	struct outcome outcome = {.wanted = 1};

	ck_assert_int_eq(snet__http_start(http, &request, on_end, &outcome, NULL, NULL),
			 0);
	snet__loop_run(loop);
	ck_assert(outcome.response.timed_out);
	ck_assert(outcome.response.sent);
	ck_assert_str_eq(outcome.error, "no answer within 50.0 ms");
	http_server_stop(server);
}
END_TEST

static bool answer_in_pieces(struct http_exchange *exchange, void *user)
{
	static const char *const pieces[] = {
		"HTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 200 ",
		"OK\r\nX-Te",
		"st: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"3\r\nabc\r\n",
		"2\r\nde\r\n",
		"0\r\n\r\n"};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		http_say(exchange, pieces[i]);
	return true;
}

/* curl closes a socket that was never connected without telling. */
START_TEST(a_connection_that_never_comes_about_is_timed_out)
{
	struct snet__http_request request = {.method = "GET",
					     .timeout_ns = 100 * SNET__NS_PER_MS};
	struct outcome outcome = {0};
	unsigned int port;
	int listener = http_server_reserve(&port), filler[4];
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)port)};
	char url[64];

	/* Nobody accepts; once the queue is full, nothing is answered either. */
	ck_assert_int_eq(listen(listener, 0), 0);
	for (int i = 0; i < 4; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(filler[i], (struct sockaddr *)&at, sizeof(at));
	}
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	request.url = url;
	for (int i = 0; i < 3; i++) {
		outcome.wanted++;
		ck_assert_int_eq(snet__http_start(http, &request, on_end, &outcome, NULL,
						  NULL),
				 0);
		snet__loop_run(loop);
		ck_assert_uint_eq(outcome.response.status, 0);
		ck_assert(outcome.response.timed_out);
		ck_assert(!outcome.response.sent);
	}
	for (int i = 0; i < 4; i++)
		close(filler[i]);
	close(listener);
}
END_TEST

START_TEST(answers_in_pieces_are_put_together)
{
	struct http_server *server = http_server_start(answer_in_pieces, NULL);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 200);
	ck_assert_str_eq(outcome.body, "abcde");
	ck_assert_str_eq(outcome.header, "1");
	http_server_stop(server);
}
END_TEST

static bool say_it_and_close(struct http_exchange *exchange, void *user)
{
	http_say(exchange, user);
	return false;
}

START_TEST(half_an_answer_is_none)
{
	static char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":";
	struct http_server *server = http_server_start(say_it_and_close, text);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(outcome.response.sent);
	ck_assert_uint_eq(outcome.response.body_size, 0);
	ck_assert_uint_eq(http_server_requests(server), 1);
	http_server_stop(server);
}
END_TEST

START_TEST(garbage_is_no_answer)
{
	static char text[] = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
	struct http_server *server = http_server_start(say_it_and_close, text);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(outcome.response.sent);
	ck_assert_str_eq(outcome.error, "the answer is not HTTP");
	http_server_stop(server);
}
END_TEST

static bool answer_hugely(struct http_exchange *exchange, void *user)
{
	char block[65537];

	memset(block, 'x', sizeof(block) - 1);
	block[sizeof(block) - 1] = '\0';
	http_say(exchange, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 200; i++)
		http_say(exchange, block);
	return false;
}

START_TEST(an_answer_has_a_size_limit)
{
	struct http_server *server = http_server_start(answer_hugely, NULL);
	struct outcome outcome = {0};

	call(&outcome, "GET", http_server_url(server), NULL);
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(outcome.response.too_large);
	ck_assert_str_eq(outcome.error, "the answer is larger than 8 MiB");
	http_server_stop(server);
}
END_TEST

START_TEST(redirects_are_not_followed)
{
	static char text[] =
		"HTTP/1.1 302 Found\r\nLocation: /x\r\nX-Test: here\r\nContent-Length: 0\r\n\r\n";
	struct http_server *server = http_server_start(say_it_and_close, text);
	struct outcome outcome = {0};

	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 302);
	ck_assert_str_eq(outcome.header, "here");
	ck_assert_uint_eq(http_server_requests(server), 1);
	http_server_stop(server);
}
END_TEST

START_TEST(a_cancelled_call_is_silent)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0}, cancelled = {0};

	snet__http_cancel(start(&cancelled, "POST", http_server_url(server), "{}"));
	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_int_eq(cancelled.count, 0);
	ck_assert_int_eq(outcome.count, 1);
	http_server_stop(server);
}
END_TEST

START_TEST(a_client_goes_with_its_open_calls)
{
	struct http_server *server = http_server_start(answer_never, NULL);
	struct outcome open = {0};

	for (int i = 0; i < 3; i++)
		(void)start(&open, "POST", http_server_url(server), "{}");
	snet__http_free(steal_ptr(http));
	ck_assert_int_eq(open.count, 0);
	http_server_stop(server);
}
END_TEST

static void free_client(void *user, const struct snet__http_response *response)
{
	ck_assert_uint_eq(response->status, 200);
	snet__http_free(steal_ptr(http));
	ck_assert_str_eq(response->body, "POST / HTTP/1.1|");
	ck_assert_ptr_nonnull(snet__http_header(response, "X-Test"));
	snet__loop_stop(loop);
}

START_TEST(a_callback_may_free_the_client)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct snet__http_request request = {.method = "POST",
					     .url = http_server_url(server)};

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(snet__http_start(http, &request, free_client, NULL, NULL,
						  NULL),
				 0);
	snet__loop_run(loop);
	http_server_stop(server);
}
END_TEST

START_TEST(one_call_needs_no_loop)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct snet__http_opts opts = {.netns = -1};
	struct snet__http_request request = {.method = "GET",
					     .url = http_server_url(server)};
	struct outcome outcome = {0};

	ck_assert_int_eq(snet__http_run(&opts, &request, on_end, &outcome, NULL), 0);
	ck_assert_uint_eq(outcome.response.status, 200);
	ck_assert_str_eq(outcome.body, "GET / HTTP/1.1|");
	http_server_stop(server);
}
END_TEST

/* A namespace of a thread's own has a loopback that is down: nothing can be reached from it. */
START_TEST(sockets_are_born_in_the_clients_namespace)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct snet__http_opts opts = {.netns = -1};
	struct outcome outcome = {0};
	int outside = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(outside, 0);
	if (unshare(CLONE_NEWNET) < 0) {
		http_server_stop(server);
		(void)close(outside);
		skip("netns", "no namespace can be made here");
		return;
	}
	opts.netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(setns(outside, CLONE_NEWNET), 0);
	snet__http_free(http);
	ck_assert_int_eq(snet__http_new(&http, loop, &opts, NULL), 0);
	call(&outcome, "POST", http_server_url(server), "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(!outcome.response.sent);
	ck_assert_uint_eq(http_server_requests(server), 0);
	(void)close(outside);
	(void)close(opts.netns);
	http_server_stop(server);
}
END_TEST

/* TLS: openssl serves HTTP with a certificate that nobody signed. */
struct tls_server {
	char folder[64];
	char url[64];
	pid_t pid;
};

static int run(const char *folder, const char *const *argv)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (chdir(folder) == 0 && freopen("/dev/null", "w", stderr))
			(void)execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static const char tls_program[] =
	"import http.server, ssl, sys\n"
	"class Handler(http.server.BaseHTTPRequestHandler):\n"
	"    def do_POST(self):\n"
	"        self.rfile.read(int(self.headers['Content-Length']))\n"
	"        self.send_response(200)\n"
	"        self.send_header('Content-Length', '4')\n"
	"        self.end_headers()\n"
	"        self.wfile.write(b'safe')\n"
	"    def log_message(self, *args):\n"
	"        pass\n"
	"server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)\n"
	"context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
	"context.load_cert_chain('cert.pem', 'key.pem')\n"
	"server.socket = context.wrap_socket(server.socket, server_side=True)\n"
	"print(server.server_port, flush=True)\n"
	"server.serve_forever()\n";

static bool tls_server_start(struct tls_server *server)
{
	static const char *const make[] = {"openssl",
					   "req",
					   "-x509",
					   "-newkey",
					   "ec",
					   "-pkeyopt",
					   "ec_paramgen_curve:P-256",
					   "-nodes",
					   "-subj",
					   "/CN=127.0.0.1",
					   "-addext",
					   "subjectAltName=IP:127.0.0.1",
					   "-days",
					   "2",
					   "-keyout",
					   "key.pem",
					   "-out",
					   "cert.pem",
					   NULL};
	char port[16] = "";
	size_t length = 0;
	ssize_t n;
	int out[2];

	(void)snprintf(server->folder, sizeof(server->folder), "/tmp/test_http.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(server->folder));
	if (run(server->folder, make) != 0)
		return false;

	ck_assert_int_eq(pipe(out), 0);
	server->pid = fork();
	if (server->pid == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(out[0]);
		(void)close(out[1]);
		if (chdir(server->folder) == 0 && freopen("server.err", "w", stderr))
			(void)execlp("python3", "python3", "-c", tls_program,
				     (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	/* The whole line: the server dies of a pipe that is closed before its end. */
	while (!strchr(port, '\n')) {
		n = read(out[0], port + length, sizeof(port) - 1 - length);
		ck_assert_int_gt(n, 0);
		length += (size_t)n;
	}
	(void)close(out[0]);
	(void)snprintf(server->url, sizeof(server->url), "https://127.0.0.1:%d/",
		       atoi(port));
	return true;
}

static void tls_server_stop(struct tls_server *server)
{
	char path[PATH_MAX];

	if (server->pid > 0) {
		(void)kill(server->pid, SIGKILL);
		(void)waitpid(server->pid, NULL, 0);
	}
	(void)snprintf(path, sizeof(path), "%s/key.pem", server->folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/cert.pem", server->folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/server.err", server->folder);
	(void)unlink(path);
	(void)rmdir(server->folder);
}

START_TEST(a_certificate_that_nobody_signed_is_refused_by_name)
{
	struct snet__http_opts opts = {.netns = -1, .insecure = true};
	struct tls_server server = {.pid = -1};
	struct outcome outcome = {0};

	if (!tls_server_start(&server)) {
		tls_server_stop(&server);
		return; /* there is no openssl here */
	}
	call(&outcome, "POST", server.url, "{}");
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert_msg(outcome.response.untrusted, "%s", outcome.error);
	ck_assert(!outcome.response.sent);
	ck_assert_ptr_nonnull(strstr(outcome.error, "certificate"));

	snet__http_free(http);
	ck_assert_int_eq(snet__http_new(&http, loop, &opts, NULL), 0);
	call(&outcome, "POST", server.url, "{}");
	ck_assert_uint_eq(outcome.response.status, 200);
	ck_assert_str_eq(outcome.body, "safe");
	tls_server_stop(&server);
}
END_TEST

START_TEST(plain_http_to_a_tls_server_fails_with_words)
{
	struct http_server *server = http_server_start(answer_echo, NULL);
	struct outcome outcome = {0};
	char url[80];

	(void)snprintf(url, sizeof(url), "https%s", http_server_url(server) + 4);
	(void)start(&outcome, "POST", url, "{}");
	/* The server takes the hello for a request line that never ends. */
	http_server_stop(server);
	snet__loop_run(loop);
	ck_assert_uint_eq(outcome.response.status, 0);
	ck_assert(!outcome.response.sent);
	ck_assert_str_ne(outcome.error, "");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		connections_are_kept_alive,
		a_pooled_handle_forgets_the_call_before,
		headers_are_what_was_asked_for,
		calls_run_side_by_side,
		a_server_that_closes_sees_one_post,
		a_reused_connection_that_dies_makes_no_second_post,
		no_body_makes_no_second_post_either,
		a_get_is_repeated_on_a_fresh_connection,
		a_connection_that_was_closed_while_idle_is_not_used,
		nobody_listening_means_not_sent,
		what_is_no_host_means_not_sent,
		an_answer_that_never_comes_is_timed_out,
		a_connection_that_never_comes_about_is_timed_out,
		answers_in_pieces_are_put_together,
		half_an_answer_is_none,
		garbage_is_no_answer,
		an_answer_has_a_size_limit,
		redirects_are_not_followed,
		a_cancelled_call_is_silent,
		a_client_goes_with_its_open_calls,
		a_callback_may_free_the_client,
		one_call_needs_no_loop,
		sockets_are_born_in_the_clients_namespace,
		a_certificate_that_nobody_signed_is_refused_by_name,
		plain_http_to_a_tls_server_fails_with_words,
	};
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return s;
}
