/* SPDX-License-Identifier: MIT */
/* CoAP endpoints against each other, and against a peer of the test's own that says, byte for
 * byte, what a network or another implementation could say. All in a namespace of its own. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/coap.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "wait.h"

#define CLIENT_PORT 7000
#define RAW_PORT    7001
#define MANY        2000

static struct snet__loop *loop;
static struct snet__coap *coap;
static struct snet__coap_endpoint *server, *client;
static struct snet__timer *guard;
static struct snet__watch *raw_watch;
static int netns, raw;
static bool is_dropping; /* instead of sending, as after a failed commit */
static const char *why_dropped;

/* What the peer has received, the last datagram, and how many. */
static uint8_t got[2048];
static ssize_t got_size;
static unsigned int got_count, want_count;
static struct sockaddr_in got_from;
static void (*script)(void);

/* What the server's handler was asked, and what the client was answered. */
static unsigned int handled, answered, answers_wanted;
static struct snet__coap_request last;
static char last_payload[64];
static char last_path[64];
static int status;
static enum snet__coap_code code;
static char text[2048];
static char long_text[3000];

static const struct snet__coap_peer to_server = {0x7f000001, SNET__COAP_PORT};
static const struct snet__coap_peer to_raw = {0x7f000001, RAW_PORT};

static void on_guard(void *user)
{
	ck_abort_msg("nothing more has happened");
}

static void on_turn(void *user)
{
	if (is_dropping)
		snet__coap_drop(coap, why_dropped);
	else
		snet__coap_flush(coap);
}

static void on_request(void *user, const struct snet__coap_request *request,
		       struct snet__coap_response *response)
{
	handled++;
	last = *request;
	(void)snprintf(last_path, sizeof(last_path), "%s", request->path);
	(void)snprintf(last_payload, sizeof(last_payload), "%s", request->payload);
	if (strcmp(request->path, "count") == 0) {
		response->is_promise = true;
		response->code = SNET__COAP_CHANGED;
		response->format = SNET__COAP_TEXT;
		response->payload = response->text;
		response->size = (size_t)snprintf(response->text, sizeof(response->text),
						  "%u", handled);
	} else if (strcmp(request->path, "long") == 0) {
		response->code = SNET__COAP_CONTENT;
		response->format = SNET__COAP_TEXT;
		response->payload = long_text;
		response->size = sizeof(long_text);
	}
}

static void on_raw(void *user, int events)
{
	socklen_t size = sizeof(got_from);

	got_size =
		recvfrom(raw, got, sizeof(got), 0, (struct sockaddr *)&got_from, &size);
	if (got_size < 0)
		return;
	got_count++;
	if (script)
		script();
	if (got_count == want_count)
		snet__loop_stop(loop);
}

static void on_done(void *user, const struct snet__coap_reply *reply)
{
	answered++;
	status = reply->status;
	code = reply->code;
	(void)snprintf(text, sizeof(text), "%s", reply->payload);
	if (answered == answers_wanted)
		snet__loop_stop(loop);
}

static void set_up(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(RAW_PORT)};
	struct snet_err err = {0};

	ck_assert_msg(snet__netns_new(&netns, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__loop_new(&loop, &err), 0);
	ck_assert_int_eq(snet__coap_new(&coap, loop, &err), 0);
	ck_assert_int_eq(snet__coap_endpoint_new(&server, coap, netns, SNET__COAP_PORT,
						 true, on_request, NULL, &err),
			 0);
	ck_assert_int_eq(snet__coap_endpoint_new(&client, coap, netns, CLIENT_PORT, false,
						 on_request, NULL, &err),
			 0);
	ck_assert_int_eq(snet__netns_socket(&raw, netns, AF_INET, SOCK_DGRAM, 0, &err),
			 0);
	ck_assert_int_eq(bind(raw, (struct sockaddr *)&any, sizeof(any)), 0);
	ck_assert_int_eq(snet__watch_new(&raw_watch, loop, raw, on_raw, NULL, &err), 0);
	snet__watch_set(raw_watch, SNET__WATCH_READ);
	ck_assert_int_eq(snet__timer_new(&guard, loop, on_guard, NULL, &err), 0);
	snet__timer_start(guard, 3 * WAIT_MS * SNET__NS_PER_MS, 0);
	snet__loop_set_turn(loop, on_turn, NULL);
	for (size_t i = 0; i < sizeof(long_text); i++)
		long_text[i] = (char)('a' + i / 100 % 26);
	handled = answered = got_count = 0;
	is_dropping = false;
	why_dropped = NULL;
	script = NULL;
}

static void tear_down(void)
{
	snet__coap_endpoint_free(client);
	snet__coap_endpoint_free(server);
	snet__coap_free(coap);
	snet__watch_free(raw_watch);
	snet__timer_free(guard);
	snet__loop_free(loop);
	close(raw);
	close(netns);
}

static void say(uint16_t port, const void *bytes, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	ck_assert_int_eq(sendto(raw, bytes, size, 0, (struct sockaddr *)&to, sizeof(to)),
			 (ssize_t)size);
}
#define SAY(port, bytes) say(port, bytes, sizeof(bytes) - 1)

/* Until the peer has received @count datagrams in all. */
static void hear(unsigned int count)
{
	want_count = count;
	if (got_count < count)
		snet__loop_run(loop);
	ck_assert_uint_eq(got_count, count);
}

static void wait_answers(unsigned int count)
{
	answers_wanted = count;
	if (answered < count)
		snet__loop_run(loop);
	ck_assert_uint_eq(answered, count);
}

static void ask_by(struct snet__coap_endpoint *endpoint, const struct snet__coap_peer *to,
		   enum snet__coap_code method, const char *path, const char *payload)
{
	struct snet__coap_call call = {.to = *to,
				       .method = method,
				       .path = path,
				       .format = SNET__COAP_JSON,
				       .payload = payload,
				       .size = strlen(payload)};
	struct snet_err err = {0};

	ck_assert_msg(snet__coap_send(endpoint, &call, on_done, NULL, &err) == 0, "%s",
		      err.msg);
}

static void ask(const struct snet__coap_peer *to, enum snet__coap_code method,
		const char *path, const char *payload)
{
	ask_by(client, to, method, path, payload);
}

START_TEST(a_request_is_answered)
{
	ask(&to_server, SNET__COAP_POST, "count", "{\"a\":1}");
	wait_answers(1);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(code, SNET__COAP_CHANGED);
	ck_assert_str_eq(text, "1");
	ck_assert_str_eq(last_payload, "{\"a\":1}");
	ck_assert_int_eq(last.format, SNET__COAP_JSON);
	ck_assert_uint_eq(last.from.port, CLIENT_PORT);
}
END_TEST

START_TEST(what_nobody_has_is_not_found)
{
	ask(&to_server, SNET__COAP_GET, "nothing/here", "");
	wait_answers(1);
	ck_assert_int_eq(code, SNET__COAP_NOT_FOUND);
	ck_assert_str_eq(last_path, "nothing/here");
}
END_TEST

START_TEST(many_exchanges_at_once_are_all_answered)
{
	for (int i = 0; i < MANY; i++)
		ask(&to_server, SNET__COAP_POST, "count", "");
	wait_answers(MANY);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_ge(handled, MANY); /* what did not fit into a buffer comes again */
}
END_TEST

START_TEST(a_payload_that_is_too_long_is_refused_at_once)
{
	struct snet__coap_call call = {.to = to_server,
				       .method = SNET__COAP_POST,
				       .path = "count",
				       .payload = "",
				       .size = SNET__COAP_PAYLOAD_MAX + 1};
	struct snet_err err = {0};

	ck_assert_int_eq(snet__coap_send(client, &call, on_done, NULL, &err), -EMSGSIZE);
	ck_assert_str_eq(err.msg, "a payload of 60001 bytes is over 60000");
}
END_TEST

static uint8_t first[2048];
static ssize_t first_size;

/* The first datagram is as good as lost; the same one that comes again is answered. */
static void lose_the_first(void)
{
	uint8_t reply[13] = {0x68, SNET__COAP_CHANGED};

	if (got_count == 1) {
		memcpy(first, got, (size_t)got_size);
		first_size = got_size;
		return;
	}
	ck_assert_int_eq(got_size, first_size);
	ck_assert_mem_eq(got, first, (size_t)got_size);
	memcpy(reply + 2, got + 2, 10);
	reply[12] = 0; /* not sent */
	say(CLIENT_PORT, reply, 12);
}

START_TEST(a_request_that_is_lost_is_sent_again)
{
	script = lose_the_first;
	ask(&to_raw, SNET__COAP_POST, "event", "{}");
	wait_answers(1);
	ck_assert_uint_eq(got_count, 2);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(code, SNET__COAP_CHANGED);
}
END_TEST

/* What each of the two endpoints has sent, in the order in which that came. */
static char sent[2][32];

static void note_sent(void)
{
	char *to = sent[got_from.sin_port == htons(CLIENT_PORT)];

	to[strlen(to)] = (char)got[got_size - 1];
}

START_TEST(the_seed_decides_when_a_request_is_sent_again)
{
	static const char *const requests[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	bool is_other = _i == 1;

	memset(sent, 0, sizeof(sent));
	snet__coap_endpoint_seed(server, 1, "a");
	snet__coap_endpoint_seed(client, 1, is_other ? "b" : "a");
	script = note_sent;
	for (size_t i = 0; i < 8; i++) {
		ask_by(server, &to_raw, SNET__COAP_POST, "x", requests[i]);
		ask_by(client, &to_raw, SNET__COAP_POST, "x", requests[i]);
	}
	hear(32);
	ck_assert_int_eq(strncmp(sent[0], "01234567", 8), 0);
	ck_assert_int_eq(strncmp(sent[1], "01234567", 8), 0);
	ck_assert_msg((strcmp(sent[0], sent[1]) == 0) == !is_other, "%s, %s", sent[0],
		      sent[1]);
}
END_TEST

START_TEST(a_request_that_comes_twice_is_handled_once_and_answered_twice)
{
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	hear(1);
	memcpy(first, got, (size_t)got_size);
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	hear(2);
	ck_assert_uint_eq(handled, 1);
	ck_assert_mem_eq(got, first, (size_t)got_size);
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x35t\xb5"
			     "count");
	hear(3);
	ck_assert_uint_eq(handled, 2);
}
END_TEST

/* A peer that has begun anew may come to a message id that its former self had. */
START_TEST(another_request_with_the_message_id_of_one_is_handled)
{
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	hear(1);
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34u\xb5"
			     "count");
	hear(2);
	ck_assert_uint_eq(handled, 2);
	ck_assert_mem_eq(got + 4, "u", 1);
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34u\xb5"
			     "count");
	hear(3);
	ck_assert_uint_eq(handled, 2);
}
END_TEST

START_TEST(a_request_is_known_after_others)
{
	char request[] = "\x41\x02\x12\x34t\xb5"
			 "count";
	const unsigned int others = 15; /* with it, as many as are remembered */

	for (unsigned int i = 0; i <= others; i++) {
		request[3] = (char)(0x34 + i);
		say(SNET__COAP_PORT, request, sizeof(request) - 1);
		hear(i + 1);
	}
	ck_assert_uint_eq(handled, 1 + others);
	request[3] = 0x34;
	say(SNET__COAP_PORT, request, sizeof(request) - 1);
	hear(others + 2);
	ck_assert_uint_eq(handled, 1 + others);
}
END_TEST

static void on_stop(void *user)
{
	snet__loop_stop(loop);
}

static void run_for_ms(unsigned int ms)
{
	struct snet__timer *timer;

	ck_assert_int_eq(snet__timer_new(&timer, loop, on_stop, NULL, NULL), 0);
	snet__timer_start(timer, ms * SNET__NS_PER_MS, 0);
	snet__loop_run(loop);
	snet__timer_free(timer);
}

START_TEST(an_answer_that_was_dropped_is_not_remembered)
{
	is_dropping = true;
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	while (handled == 0)
		run_for_ms(1);
	is_dropping = false;
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	hear(1);
	ck_assert_uint_eq(handled, 2);
}
END_TEST

/* Each as it was asked; what promised nothing is dropped, and so is what is asked. */
START_TEST(a_promise_that_cannot_be_kept_is_refused)
{
	is_dropping = true;
	why_dropped = "no room";
	SAY(SNET__COAP_PORT, "\x40\x02\x12\x33\xb4"
			     "none");
	SAY(SNET__COAP_PORT, "\x48\x02\x12\x34tokenofm\xb5"
			     "count");
	hear(1);
	ck_assert_int_eq(got_size, 20);
	ck_assert_mem_eq(got,
			 "\x68\xa3\x12\x34tokenofm\xff"
			 "no room",
			 20);
	SAY(SNET__COAP_PORT, "\x51\x02\x12\x35t\xb5"
			     "count");
	hear(2);
	ck_assert_int_eq(got_size, 13);
	ck_assert_mem_eq(got, "\x51\xa3", 2);
	ck_assert_mem_eq(got + 4,
			 "t\xff"
			 "no room",
			 9);
	is_dropping = false;
	SAY(SNET__COAP_PORT, "\x48\x02\x12\x34tokenofm\xb5"
			     "count");
	hear(3);
	ck_assert_mem_eq(got, "\x68\x44\x12\x34tokenofm", 12);
	ck_assert_uint_eq(handled, 4);
}
END_TEST

static void reset_it(void)
{
	uint8_t reset[4] = {0x70, 0, got[2], got[3]};

	say(CLIENT_PORT, reset, 4);
}

START_TEST(a_reset_ends_a_request)
{
	script = reset_it;
	ask(&to_raw, SNET__COAP_GET, "x", "");
	wait_answers(1);
	ck_assert_int_eq(status, -ECONNREFUSED);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Acknowledge first; the response follows in a confirmable message of its own. */
static void answer_apart(void)
{
	uint8_t ack[4] = {0x60, 0, got[2], got[3]};
	uint8_t response[14] = {0x48, SNET__COAP_CONTENT, 0xab, 0xcd};

	if (got_count > 1)
		return;
	memcpy(response + 4, got + 4, 8);
	response[12] = 0xff;
	response[13] = '7';
	say(CLIENT_PORT, ack, 4);
	say(CLIENT_PORT, response, 14);
}

START_TEST(a_response_of_its_own_is_taken_and_acknowledged)
{
	script = answer_apart;
	ask(&to_raw, SNET__COAP_GET, "x", "");
	wait_answers(1);
	ck_assert_int_eq(code, SNET__COAP_CONTENT);
	ck_assert_str_eq(text, "7");
	hear(2);
	ck_assert_int_eq(got_size, 4);
	ck_assert_mem_eq(got, "\x60\x00\xab\xcd", 4);
}
END_TEST

START_TEST(a_response_that_nobody_waits_for_is_reset)
{
	SAY(CLIENT_PORT, "\x48\x45\x00\x07"
			 "12345678\xff"
			 "7");
	hear(1);
	ck_assert_int_eq(got_size, 4);
	ck_assert_mem_eq(got, "\x70\x00\x00\x07", 4);
	ck_assert_uint_eq(answered, 0);
}
END_TEST

/* Whoever sees the token only by guessing: another peer's answer is not taken. */
START_TEST(a_response_from_another_peer_is_not_taken)
{
	uint8_t forged[12] = {0x58, SNET__COAP_CHANGED, 0, 1};
	struct snet__coap_peer nobody = {0x7f000001, 9};

	ask(&nobody, SNET__COAP_GET, "x", "");
	say(CLIENT_PORT, forged, sizeof(forged));
	SAY(CLIENT_PORT, "\x40\x00\x00\x09"); /* a ping: what came before has been read */
	hear(1);
	ck_assert_uint_eq(answered, 0);
}
END_TEST

START_TEST(a_ping_is_answered_with_a_reset)
{
	SAY(SNET__COAP_PORT, "\x40\x00\x43\x21");
	hear(1);
	ck_assert_int_eq(got_size, 4);
	ck_assert_mem_eq(got, "\x70\x00\x43\x21", 4);
	ck_assert_uint_eq(handled, 0);
}
END_TEST

START_TEST(a_request_that_is_not_confirmable_gets_such_an_answer)
{
	SAY(SNET__COAP_PORT, "\x51\x02\x12\x34t\xb5"
			     "count");
	hear(1);
	ck_assert_uint_eq(got[0], 0x51);
	ck_assert_uint_eq(got[1], SNET__COAP_CHANGED);
	ck_assert_uint_eq(got[4], 't');
}
END_TEST

/* What is refused before the handler: the request and how its answer ends. */
static const struct {
	const char *bytes;
	size_t size;
	uint8_t code;
	const char *why;
} refused[] = {
	{"\x40\x01\x00\x01\xd1\xf4x", 7, SNET__COAP_BAD_OPTION,
	 "unknown critical option"},
	{"\x40\x02\x00\x01\xb5"
	 "count\xd1\x03\x0e\xff"
	 "a",
	 15, SNET__COAP_TOO_LARGE, "send it in one message"},
	{"\x40\x01\x00\x01\xd1\x16"
	 "c",
	 7, SNET__COAP_NO_PROXY, "not a proxy"},
};

START_TEST(what_cannot_be_done_is_refused_with_a_reason)
{
	say(SNET__COAP_PORT, refused[_i].bytes, refused[_i].size);
	hear(1);
	ck_assert_uint_eq(got[0], 0x60);
	ck_assert_uint_eq(got[1], refused[_i].code);
	got[got_size] = '\0';
	ck_assert_str_eq((char *)memchr(got, 0xff, (size_t)got_size) + 1,
			 refused[_i].why);
	ck_assert_uint_eq(handled, 0);
}
END_TEST

START_TEST(a_malformed_message_is_reset_only_if_it_is_confirmable)
{
	SAY(SNET__COAP_PORT, "\x50\x01\x00\x01\xff");      /* not confirmable: silence */
	SAY(SNET__COAP_PORT, "\x80\x01\x00\x02");          /* another version: silence */
	SAY(SNET__COAP_PORT, "\x50\x01\x00\x03\xd1\xf4x"); /* a bad option: silence */
	SAY(SNET__COAP_PORT, "\x40\x01\x00\x04\xff");
	hear(1);
	ck_assert_mem_eq(got, "\x70\x00\x00\x04", 4);
	SAY(SNET__COAP_PORT, "\x40\x21\x00\x05"); /* code 1.01 is reserved */
	hear(2);
	ck_assert_mem_eq(got, "\x70\x00\x00\x05", 4);
	ck_assert_uint_eq(handled, 0);
}
END_TEST

/* 3,000 bytes in blocks of 1,024, of 64, and one that is not there. */
START_TEST(a_long_answer_comes_block_by_block)
{
	SAY(SNET__COAP_PORT, "\x40\x01\x00\x01\xb4long");
	hear(1);
	ck_assert_int_eq(got_size, 4 + 1 + 2 + 1 + 1024); /* format, block, marker */
	ck_assert_mem_eq(got + 4, "\xc0\xb1\x0e\xff", 4);
	SAY(SNET__COAP_PORT, "\x40\x01\x00\x02\xb4long\xc1\x26");
	hear(2);
	ck_assert_mem_eq(got + 4, "\xc0\xb1\x26\xff", 4);
	ck_assert_mem_eq(got + 8, long_text + 2048, (size_t)got_size - 8);
	ck_assert_int_eq(got_size - 8, 3000 - 2048);
	SAY(SNET__COAP_PORT, "\x40\x01\x00\x03\xb4long\xc1\x12");
	hear(3);
	ck_assert_mem_eq(got + 4, "\xc0\xb1\x1a\xff", 4);
	ck_assert_mem_eq(got + 8, long_text + 64, 64);
	SAY(SNET__COAP_PORT, "\x40\x01\x00\x04\xb4long\xc1\x36");
	hear(4);
	ck_assert_uint_eq(got[1], SNET__COAP_BAD_REQUEST);
}
END_TEST

static unsigned int passed;

static void pass(void *user)
{
	if (++passed == 20)
		snet__loop_stop(loop);
}

/* Some turns of the loop. */
static void pass_time(void)
{
	struct snet__timer *timer = NULL;

	passed = 0;
	ck_assert_int_eq(snet__timer_new(&timer, loop, pass, NULL, NULL), 0);
	snet__timer_start(timer, SNET__NS_PER_MS, SNET__NS_PER_MS);
	snet__loop_run(loop);
	snet__timer_free(timer);
}

START_TEST(an_endpoint_that_is_held_receives_later)
{
	snet__coap_endpoint_set_held(server, true);
	ask(&to_server, SNET__COAP_POST, "count", "");
	pass_time();
	ck_assert_uint_eq(handled + answered, 0);
	snet__coap_endpoint_set_held(server, false);
	wait_answers(1);
	ck_assert_str_eq(text, "1");
}
END_TEST

/* Also a request that was on its way when it began, whose answer waits. */
START_TEST(an_endpoint_that_is_held_asks_later)
{
	ask(&to_server, SNET__COAP_POST, "count", "");
	snet__coap_flush(coap);
	snet__coap_endpoint_set_held(client, true);
	ask(&to_server, SNET__COAP_POST, "count", "");
	pass_time();
	ck_assert_uint_eq(handled, 1);
	ck_assert_uint_eq(answered, 0);
	snet__coap_endpoint_set_held(client, false);
	wait_answers(2);
	ck_assert_uint_eq(handled, 2);
	ck_assert_str_eq(text, "2");
}
END_TEST

/* What is asked later is answered later. */
START_TEST(an_endpoint_that_is_held_as_it_begins_asks_later)
{
	ask(&to_server, SNET__COAP_POST, "count", "");
	snet__coap_endpoint_set_held(client, true);
	pass_time();
	ck_assert_uint_eq(handled, 0);
	snet__coap_endpoint_set_held(client, false);
	ask(&to_server, SNET__COAP_POST, "no-such", "");
	wait_answers(2);
	ck_assert_int_eq(code, SNET__COAP_NOT_FOUND);
	ck_assert_uint_eq(handled, 2);
}
END_TEST

START_TEST(an_endpoint_that_goes_ends_its_requests)
{
	for (int i = 0; i < 100; i++)
		ask(&to_raw, SNET__COAP_GET, "x", "");
	hear(100);
	answers_wanted = 100;
	snet__coap_endpoint_free(client);
	client = NULL;
	ck_assert_uint_eq(answered, 100);
	ck_assert_int_eq(status, -ECANCELED);
}
END_TEST

START_TEST(an_endpoint_that_goes_with_unsent_messages_leaves_the_others_alone)
{
	ask(&to_raw, SNET__COAP_GET, "x", "");
	SAY(SNET__COAP_PORT, "\x41\x02\x12\x34t\xb5"
			     "count");
	snet__coap_endpoint_free(client);
	client = NULL;
	ck_assert_int_eq(status, -ECANCELED);
	hear(1);
	ck_assert_uint_eq(got[1], SNET__COAP_CHANGED);
}
END_TEST

START_TEST(a_port_that_is_taken_is_named)
{
	struct snet__coap_endpoint *second = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__coap_endpoint_new(&second, coap, netns, SNET__COAP_PORT,
						 false, on_request, NULL, &err),
			 -EADDRINUSE);
	ck_assert_str_eq(err.msg, "cannot bind UDP port 5683: Address already in use");
	ck_assert_ptr_null(second);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("coap");
	TCase *tcase = tcase_create("coap");

	rights_get();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_request_is_answered);
	tcase_add_test(tcase, what_nobody_has_is_not_found);
	tcase_add_test(tcase, many_exchanges_at_once_are_all_answered);
	tcase_add_test(tcase, a_payload_that_is_too_long_is_refused_at_once);
	tcase_add_test(tcase, a_request_that_is_lost_is_sent_again);
	tcase_add_loop_test(tcase, the_seed_decides_when_a_request_is_sent_again, 0, 2);
	tcase_add_test(tcase,
		       a_request_that_comes_twice_is_handled_once_and_answered_twice);
	tcase_add_test(tcase, another_request_with_the_message_id_of_one_is_handled);
	tcase_add_test(tcase, a_request_is_known_after_others);
	tcase_add_test(tcase, an_answer_that_was_dropped_is_not_remembered);
	tcase_add_test(tcase, a_promise_that_cannot_be_kept_is_refused);
	tcase_add_test(tcase, a_reset_ends_a_request);
	tcase_add_test(tcase, a_response_of_its_own_is_taken_and_acknowledged);
	tcase_add_test(tcase, a_response_that_nobody_waits_for_is_reset);
	tcase_add_test(tcase, a_response_from_another_peer_is_not_taken);
	tcase_add_test(tcase, a_ping_is_answered_with_a_reset);
	tcase_add_test(tcase, a_request_that_is_not_confirmable_gets_such_an_answer);
	tcase_add_loop_test(tcase, what_cannot_be_done_is_refused_with_a_reason, 0,
			    sizeof(refused) / sizeof(*refused));
	tcase_add_test(tcase, a_malformed_message_is_reset_only_if_it_is_confirmable);
	tcase_add_test(tcase, a_long_answer_comes_block_by_block);
	tcase_add_test(tcase, an_endpoint_that_is_held_receives_later);
	tcase_add_test(tcase, an_endpoint_that_is_held_asks_later);
	tcase_add_test(tcase, an_endpoint_that_is_held_as_it_begins_asks_later);
	tcase_add_test(tcase, an_endpoint_that_goes_ends_its_requests);
	tcase_add_test(
		tcase,
		an_endpoint_that_goes_with_unsent_messages_leaves_the_others_alone);
	tcase_add_test(tcase, a_port_that_is_taken_is_named);
	suite_add_tcase(suite, tcase);
	return suite;
}
