/* SPDX-License-Identifier: MIT */
/* Connections out of a namespace: bytes, ends and breaks go through in both directions, slow
 * receivers hold up their senders, and what cannot be connected is reset and told. The client is
 * in a namespace of its own, the server on the loopback of the test's network. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http_server.h"
#include "io/forward.h"
#include "io/joint.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "sys/process.h"
#include "wait.h"

#define INSIDE_PORT 7000
#define LIMIT       SNET__FORWARD_CONNECTIONS_MAX
/* More than the sockets on the way hold together. */
#define HELD_MAX (64 << 20)

static struct snet__loop *loop;
static struct snet__outside *outside;
static struct snet__forward *forward;
static pthread_t thread;
static int netns, server = -1;
static unsigned int server_port;
static char last_line[512]; /* the loop's thread */

static void on_line(void *user, const char *line)
{
	(void)snprintf(last_line, sizeof(last_line), "%s", line);
}

static void *run_loop(void *user)
{
	snet__loop_run(loop);
	return NULL;
}

/* What the loop's thread knows, as of now. */
struct look {
	struct snet__task task;
	struct snet__forward_counts counts;
	char line[512];
	int ready;
};

static void on_look(struct snet__task *task)
{
	struct look *look = (struct look *)task;

	look->counts = *snet__forward_counts(forward);
	memcpy(look->line, last_line, sizeof(last_line));
	ck_assert_int_eq(eventfd_write(look->ready, 1), 0);
}

static void take_look(struct look *look)
{
	eventfd_t ready;

	*look = (struct look){.task.fn = on_look, .ready = eventfd(0, EFD_CLOEXEC)};
	snet__loop_post(loop, &look->task);
	ck_assert(wait_readable(look->ready));
	ck_assert_int_eq(eventfd_read(look->ready, &ready), 0);
	close(look->ready);
}

/* Look until @member of the counts is @value. */
#define AWAIT(look, member, value)                                                    \
	do {                                                                          \
		uint64_t until_ns_ = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;    \
		do                                                                    \
			take_look(look);                                              \
		while ((look)->counts.member != (value) &&                            \
		       snet__clock_ns() < until_ns_);                                 \
		ck_assert_msg((look)->counts.member == (value), "%s: %llu, not %llu", \
			      #member, (unsigned long long)(look)->counts.member,     \
			      (unsigned long long)(value));                           \
	} while (0)

static void start(const char *host, unsigned int port)
{
	const struct snet__forward_opts opts = {
		.netns = netns,
		.outside = outside,
		.log = on_line,
	};
	struct snet_err err = {0};

	ck_assert_int_eq(snet__forward_new(&forward, loop, &opts, &err), 0);
	ck_assert_msg(snet__forward_add(forward, INSIDE_PORT, host, port, &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
}

static void on_stop(struct snet__task *task)
{
	snet__loop_stop(loop);
}

static void stop(void)
{
	struct snet__task task = {.fn = on_stop};

	snet__loop_post(loop, &task);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	snet__forward_free(forward);
	forward = NULL;
}

static void set_up(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	last_line[0] = '\0';
	ck_assert_int_eq(snet__outside_new(&outside, NULL), 0);
	ck_assert_int_eq(snet__netns_new(&netns, NULL), 0);
	ck_assert_int_eq(snet__loop_new(&loop, NULL), 0);
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(listen(server, LIMIT), 0);
	ck_assert_int_eq(getsockname(server, (struct sockaddr *)&at, &size), 0);
	server_port = ntohs(at.sin_port);
}

static void tear_down(void)
{
	if (forward)
		stop();
	snet__loop_free(loop);
	snet__outside_free(outside);
	close(netns);
	close(server);
}

/* From inside; the kernel accepts for the forward, which may have thought otherwise already. */
static bool was_reset;

static int connect_inside(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(INSIDE_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd there = {.events = POLLOUT};
	int fd, why = 0;
	socklen_t size = sizeof(why);

	ck_assert_int_eq(snet__netns_socket(&fd, netns, AF_INET, SOCK_STREAM, 0, NULL),
			 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		ck_assert_int_eq(errno, EINPROGRESS);
		there.fd = fd;
		ck_assert_int_eq(poll(&there, 1, WAIT_MS), 1);
		ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size), 0);
		ck_assert(why == 0 || why == ECONNRESET);
	}
	was_reset = why == ECONNRESET;
	return fd;
}

static int accept_outside(void)
{
	int fd;

	ck_assert(wait_readable(server));
	fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* @text is what arrives next; "" for the end. */
static void expect_text(int fd, const char *text)
{
	size_t length = strlen(text), have = 0;
	char data[256];
	ssize_t size;

	do {
		ck_assert(wait_readable(fd));
		size = recv(fd, data + have, sizeof(data) - have, 0);
		ck_assert_msg(size >= 0, "%s", strerror(errno));
		have += (size_t)size;
	} while (size && have < length);
	ck_assert_uint_eq(have, length);
	ck_assert_int_eq(memcmp(data, text, length), 0);
}

static void expect_reset(int fd)
{
	char byte;

	if (was_reset)
		return; /* its telling has been taken */
	ck_assert(wait_readable(fd));
	ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
}

START_TEST(an_end_is_passed_on_and_the_other_way_goes_on)
{
	struct look look;
	int inside, there;

	start("127.0.0.1", server_port);
	inside = connect_inside();
	there = accept_outside();
	send_text(inside, "question");
	ck_assert_int_eq(shutdown(inside, SHUT_WR), 0);
	expect_text(there, "question");
	expect_text(there, "");
	take_look(&look);
	ck_assert_uint_eq(look.counts.connections, 1);
	send_text(there, "an");
	expect_text(inside, "an");
	send_text(there, "swer");
	close(there);
	expect_text(inside, "swer");
	expect_text(inside, "");
	AWAIT(&look, connections, 0);
	ck_assert_uint_eq(look.counts.total, 1);
	ck_assert_uint_eq(look.counts.out_bytes, 8);
	ck_assert_uint_eq(look.counts.in_bytes, 6);
	ck_assert_uint_eq(look.counts.failed + look.counts.refused, 0);
	ck_assert_str_eq(look.line, "");
	close(inside);
}
END_TEST

START_TEST(what_breaks_on_one_side_breaks_on_the_other)
{
	struct look look;
	int inside, there;

	start("127.0.0.1", server_port);
	for (int i = 0; i < 2; i++) {
		inside = connect_inside();
		there = accept_outside();
		send_text(inside, "x");
		expect_text(there, "x");
		snet__socket_reset(i ? inside : there);
		expect_reset(i ? there : inside);
		AWAIT(&look, connections, 0);
		close(i ? there : inside);
	}
}
END_TEST

START_TEST(open_connections_break_when_the_forward_goes)
{
	int inside, there;

	start("127.0.0.1", server_port);
	inside = connect_inside();
	there = accept_outside();
	stop();
	expect_reset(inside);
	expect_reset(there);
	close(inside);
	close(there);
}
END_TEST

/* Each byte is known by its place. */
static char pattern[65536];

/* Send until nothing more is taken. */
static size_t fill(int fd)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	size_t sent = 0, at;
	ssize_t size;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (char)(i * 7 + i / 256);
	while (poll(&room, 1, 300) == 1 && sent < HELD_MAX) {
		at = sent % sizeof(pattern);
		size = send(fd, pattern + at, sizeof(pattern) - at, MSG_NOSIGNAL);
		ck_assert_int_gt(size, 0);
		sent += (size_t)size;
	}
	return sent;
}

static void drain(int fd, size_t expected)
{
	static char data[sizeof(pattern)];
	size_t have = 0, at;
	ssize_t size;

	for (;;) {
		ck_assert(wait_readable(fd));
		at = have % sizeof(pattern);
		size = recv(fd, data, sizeof(data) - at, 0);
		ck_assert_int_ge(size, 0);
		if (size == 0)
			break;
		ck_assert_int_eq(memcmp(data, pattern + at, (size_t)size), 0);
		have += (size_t)size;
	}
	ck_assert_uint_eq(have, expected);
}

START_TEST(a_slow_receiver_holds_up_the_sender_and_misses_nothing)
{
	int ends[2];
	size_t sent;

	start("127.0.0.1", server_port);
	ends[0] = connect_inside();
	ends[1] = accept_outside();
	for (int i = 0; i < 2; i++) {
		sent = fill(ends[i]);
		ck_assert_uint_lt(sent, HELD_MAX);
		ck_assert_int_eq(shutdown(ends[i], SHUT_WR), 0);
		drain(ends[!i], sent);
	}
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_place_that_refuses_is_a_connection_that_breaks)
{
	unsigned int port;
	int reserved = http_server_reserve(&port), inside;
	char line[256];
	struct look look;

	start("127.0.0.1", port);
	inside = connect_inside();
	expect_reset(inside);
	AWAIT(&look, failed, 1);
	ck_assert_uint_eq(look.counts.connections, 0);
	ck_assert_uint_eq(look.counts.total, 1);
	(void)snprintf(line, sizeof(line),
		       "to '127.0.0.1:%u' at port 7000: Connection refused", port);
	ck_assert_msg(strncmp(look.line, "failed: 127.0.0.1:", 18) == 0 &&
			      strstr(look.line, line),
		      "%s", look.line);
	close(inside);
	close(reserved);
}
END_TEST

START_TEST(a_host_that_is_nowhere_is_told)
{
	struct look look;
	int inside;

	start("no.such.host.invalid", 80);
	inside = connect_inside();
	expect_reset(inside);
	AWAIT(&look, failed, 1);
	ck_assert_msg(strstr(look.line, "to 'no.such.host.invalid:80' at port 7000: "
					"cannot find host 'no.such.host.invalid': "),
		      "%s", look.line);
	close(inside);
}
END_TEST

START_TEST(a_name_is_looked_up_and_its_addresses_are_tried)
{
	int inside, there;

	start("localhost", server_port);
	for (int i = 0; i < 3; i++) {
		inside = connect_inside();
		send_text(inside, "x");
		there = accept_outside();
		expect_text(there, "x");
		close(there);
		expect_text(inside, "");
		close(inside);
	}
}
END_TEST

/* The test's server again, at ::1; false where there is no IPv6. */
static bool serve_ipv6(void)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t size = sizeof(at);

	close(server);
	server = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || bind(server, (struct sockaddr *)&at, size) < 0)
		return false;
	ck_assert_int_eq(listen(server, 1), 0);
	ck_assert_int_eq(getsockname(server, (struct sockaddr *)&at, &size), 0);
	server_port = ntohs(at.sin6_port);
	return true;
}

START_TEST(ipv6_works_on_either_side)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
				  .sin6_port = htons(INSIDE_PORT),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int inside, there;

	if (!serve_ipv6()) {
		skip("ipv6", "there is none here");
		return;
	}
	start("::1", server_port);
	ck_assert_int_eq(snet__netns_socket(&inside, netns, AF_INET6, SOCK_STREAM, 0,
					    NULL),
			 0);
	(void)connect(inside, (struct sockaddr *)&at, sizeof(at)); /* or under way */
	there = accept_outside();
	send_text(there, "x");
	expect_text(inside, "x");
	close(inside);
	expect_text(there, "");
	close(there);
}
END_TEST

START_TEST(too_many_connections_are_refused_and_the_others_go_on)
{
	static int inside[LIMIT], there[LIMIT];
	struct look look;
	int more;

	ck_assert_int_eq(snet__process_allow_files(4 * LIMIT + 100, NULL), 0);
	start("127.0.0.1", server_port);
	for (int i = 0; i < LIMIT; i++) {
		inside[i] = connect_inside();
		there[i] = accept_outside();
	}
	more = connect_inside();
	expect_reset(more);
	close(more);
	AWAIT(&look, refused, 1);
	ck_assert_uint_eq(look.counts.connections, LIMIT);
	ck_assert_uint_eq(look.counts.total, LIMIT);
	ck_assert_msg(strncmp(look.line, "refused: 127.0.0.1:", 19) == 0 &&
			      strstr(look.line, ": 1000 connections are open already"),
		      "%s", look.line);
	for (int i = 0; i < LIMIT; i++)
		send_text(inside[i], "ping");
	for (int i = 0; i < LIMIT; i++) {
		expect_text(there[i], "ping");
		close(there[i]);
	}
	for (int i = 0; i < LIMIT; i++) {
		expect_text(inside[i], "");
		close(inside[i]);
	}
	AWAIT(&look, connections, 0);
	more = connect_inside();
	close(accept_outside());
	expect_text(more, "");
	close(more);
}
END_TEST

START_TEST(a_port_that_is_taken_is_told)
{
	struct snet_err err = {0};

	start("127.0.0.1", server_port);
	stop();
	start("127.0.0.1", server_port);
	ck_assert_int_eq(snet__forward_add(forward, INSIDE_PORT, "::1", 9, &err),
			 -EADDRINUSE);
	ck_assert_str_eq(err.msg,
			 "cannot forward to '[::1]:9': cannot listen at TCP port "
			 "7000: Address already in use");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("forward");
	TCase *c = tcase_create("forward");

	rights_get();
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, an_end_is_passed_on_and_the_other_way_goes_on);
	tcase_add_test(c, what_breaks_on_one_side_breaks_on_the_other);
	tcase_add_test(c, open_connections_break_when_the_forward_goes);
	tcase_add_test(c, a_slow_receiver_holds_up_the_sender_and_misses_nothing);
	tcase_add_test(c, a_place_that_refuses_is_a_connection_that_breaks);
	tcase_add_test(c, a_host_that_is_nowhere_is_told);
	tcase_add_test(c, a_name_is_looked_up_and_its_addresses_are_tried);
	tcase_add_test(c, ipv6_works_on_either_side);
	tcase_add_test(c, too_many_connections_are_refused_and_the_others_go_on);
	tcase_add_test(c, a_port_that_is_taken_is_told);
	suite_add_tcase(s, c);
	return s;
}
