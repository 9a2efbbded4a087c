/* SPDX-License-Identifier: MIT */
/* What holds for every kind of device, asked over CoAP from another node of its lab. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/coap_codec.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "wait.h"

static const struct snet_device_kind custom = {.size = sizeof(custom), .name = "custom"};

static const struct {
	const char *kind;
	const char *links; /* of /.well-known/core */
	const char *state; /* at the beginning */
	bool is_pressed, obeys;
} kinds[] = {
	{"button", "</state>;rt=\"snet.button\";ct=50,</press>;rt=\"snet.press\"", "null",
	 true, false},
	{"actuator", "</state>;rt=\"snet.actuator\";ct=50", "1", false, true},
	{"sensor", "</state>;rt=\"snet.sensor\";ct=50,</press>;rt=\"snet.press\"", "null",
	 true, false},
	{"custom", "</state>;rt=\"snet.custom\";ct=50,</press>;rt=\"snet.press\"", "1",
	 true, true},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(*kinds))

static struct snet_err err;
static struct snet_lab *lab;
static int sock;
static uint16_t mid;
static struct sockaddr_in device;
static uint8_t bytes[4096];
static struct snet__coap_message answer;
static struct snet__coap_decoder room;

static void set_up(void)
{
	int netns = -1;

	lab = labs_house("kinds");
	LABS_OK(snet_lab_add_device_kind(lab, &custom, &err));
	for (size_t i = 0; i < KIND_COUNT; i++) {
		bool has_state = kinds[i].obeys;

		LABS_NODE(lab, .name = kinds[i].kind, .kind = kinds[i].kind,
			  .state = has_state ? "1" : NULL,
			  .every_ns =
				  strcmp(kinds[i].kind, "sensor") ? 0 : 3600000000000);
	}
	LABS_NODE(lab, .name = "h0", .kind = "host");
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_node_open_netns(lab, "h0", &netns, &err));
	LABS_OK(snet__netns_socket(&sock, netns, AF_INET, SOCK_DGRAM, 0, &err));
	close(netns);
}

static void tear_down(void)
{
	close(sock);
	snet_lab_free(lab);
}

static void ask_as(uint16_t id, enum snet__coap_code method, const char *path,
		   const char *payload)
{
	const struct snet__coap_message request = {
		.type = SNET__COAP_CON,
		.code = method,
		.mid = id,
		.path = path,
		.format = payload ? SNET__COAP_JSON : SNET__COAP_NO_FORMAT,
		.block2 = -1,
		.payload = payload,
		.size = payload ? strlen(payload) : 0,
	};
	size_t size = snet__coap_encode(&request, bytes, sizeof(bytes));
	ssize_t n;

	ck_assert_int_eq(sendto(sock, bytes, size, 0, (struct sockaddr *)&device,
				sizeof(device)),
			 (ssize_t)size);
	ck_assert(wait_readable(sock));
	n = recv(sock, bytes, sizeof(bytes) - 1, 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(snet__coap_decode(&answer, &room, bytes, (size_t)n),
			 SNET__COAP_OK);
	ck_assert_uint_eq(answer.mid, id);
}

static void ask(enum snet__coap_code method, const char *path, const char *payload)
{
	ask_as(++mid, method, path, payload);
}

static void find(int i)
{
	char address[16];

	LABS_OK(snet_node_address(lab, kinds[i].kind, address, &err));
	device = (struct sockaddr_in){.sin_family = AF_INET,
				      .sin_port = htons(SNET__COAP_PORT)};
	ck_assert_int_eq(inet_pton(AF_INET, address, &device.sin_addr), 1);
}

static void expect(unsigned int code, const char *text)
{
	ck_assert_msg(answer.code == code && strstr(answer.payload, text),
		      "code %u: '%s'", answer.code, answer.payload);
}

START_TEST(it_says_what_it_offers)
{
	find(_i);
	ask(SNET__COAP_GET, ".well-known/core", NULL);
	expect(SNET__COAP_CONTENT, "");
	ck_assert_str_eq(answer.payload, kinds[_i].links);
	ck_assert_uint_eq(answer.format, SNET__COAP_LINKS);
}
END_TEST

START_TEST(its_state_is_read)
{
	find(_i);
	ask(SNET__COAP_GET, "state", NULL);
	expect(SNET__COAP_CONTENT, "");
	ck_assert_str_eq(answer.payload, kinds[_i].state);
	ck_assert_uint_eq(answer.format, SNET__COAP_JSON);
	LABS_STATE(lab, kinds[_i].kind, kinds[_i].state);
}
END_TEST

START_TEST(what_it_has_not_is_not_found_and_what_it_cannot_not_allowed)
{
	find(_i);
	ask(SNET__COAP_GET, "nothing", NULL);
	expect(SNET__COAP_NOT_FOUND, "");
	ask(SNET__COAP_DELETE, "state", NULL);
	expect(SNET__COAP_NOT_ALLOWED, "");
}
END_TEST

START_TEST(it_obeys_a_command_once)
{
	find(_i);
	ask(SNET__COAP_PUT, "state", "{\"id\":\"c1\",\"toggle\":true}");
	if (!kinds[_i].obeys) {
		expect(SNET__COAP_NOT_ALLOWED, "takes no commands");
		return;
	}
	expect(SNET__COAP_CHANGED, "{\"state\":0,\"was\":1,\"at\":\"");
	ask(SNET__COAP_PUT, "state", "{\"id\":\"c1\",\"toggle\":true}");
	expect(SNET__COAP_CHANGED, "{\"state\":0,\"again\":true}");
	ask(SNET__COAP_PUT, "state", "{\"id\":\"c2\",\"set\":true}");
	expect(SNET__COAP_CHANGED, "{\"state\":true,\"was\":0");
	ask(SNET__COAP_PUT, "state", "\"on\"");
	expect(SNET__COAP_CHANGED, "{\"state\":\"on\",\"was\":true");
	LABS_STATE(lab, kinds[_i].kind, "\"on\"");
}
END_TEST

/* Without an id of its own a command is known by its message. */
START_TEST(a_message_that_comes_twice_is_obeyed_once)
{
	find(_i);
	if (!kinds[_i].obeys)
		return;
	ask_as(0x4242, SNET__COAP_PUT, "state", "{\"toggle\":true}");
	expect(SNET__COAP_CHANGED, "{\"state\":0,\"was\":1");
	ask_as(0x4242, SNET__COAP_PUT, "state", "{\"toggle\":true}");
	expect(SNET__COAP_CHANGED, "{\"state\":0,\"was\":1");
	LABS_STATE(lab, kinds[_i].kind, "0");
}
END_TEST

static const struct {
	const char *command, *why;
} bad_commands[] = {
	{"", ""},
	{"{nonsense", ""},
	{"{\"id\":\"c1\",\"toggle\":false}", "a command needs \"set\" or \"toggle\""},
	{"{\"toggle\":1}", "a command needs \"set\" or \"toggle\""},
};

START_TEST(a_bad_command_changes_nothing_and_says_why)
{
	char *large = NULL;

	find(_i);
	if (!kinds[_i].obeys)
		return;
	for (size_t i = 0; i < sizeof(bad_commands) / sizeof(*bad_commands); i++) {
		ask(SNET__COAP_PUT, "state", bad_commands[i].command);
		expect(SNET__COAP_BAD_REQUEST, bad_commands[i].why);
		ck_assert_uint_gt(answer.size, 0);
		ck_assert_uint_eq(answer.format, SNET__COAP_TEXT);
	}
	ck_assert_int_gt(asprintf(&large, "{\"id\":\"c1\",\"set\":\"%0300d\"}", 1), 0);
	ask(SNET__COAP_PUT, "state", large);
	expect(SNET__COAP_BAD_REQUEST, "a state of 302 bytes is over 255");
	free(large);
	LABS_STATE(lab, kinds[_i].kind, "1");
	/* The id of a command that failed is free. */
	ask(SNET__COAP_PUT, "state", "{\"id\":\"c1\",\"set\":2}");
	expect(SNET__COAP_CHANGED, "{\"state\":2,\"was\":1");
}
END_TEST

START_TEST(it_is_pressed)
{
	char id[SNET_EVENT_ID_MAX + 1];

	find(_i);
	ask(SNET__COAP_POST, "press", "{\"target\":\"a0\"}");
	if (!kinds[_i].is_pressed) {
		expect(SNET__COAP_BAD_REQUEST, "is not pressed");
		return;
	}
	expect(SNET__COAP_CHANGED, "{\"id\":\"");
	ck_assert_int_eq(sscanf(answer.payload, "{\"id\":\"%93[^\"]", id), 1);
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, NULL, &err));
	ask(SNET__COAP_POST, "press", "{nonsense");
	expect(SNET__COAP_BAD_REQUEST, "not JSON");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("device_kinds");
	TCase *tcase = tcase_create("device_kinds");

	rights_get();
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, it_says_what_it_offers, 0, KIND_COUNT);
	tcase_add_loop_test(tcase, its_state_is_read, 0, KIND_COUNT);
	tcase_add_loop_test(tcase,
			    what_it_has_not_is_not_found_and_what_it_cannot_not_allowed,
			    0, KIND_COUNT);
	tcase_add_loop_test(tcase, it_obeys_a_command_once, 0, KIND_COUNT);
	tcase_add_loop_test(tcase, a_message_that_comes_twice_is_obeyed_once, 0,
			    KIND_COUNT);
	tcase_add_loop_test(tcase, a_bad_command_changes_nothing_and_says_why, 0,
			    KIND_COUNT);
	tcase_add_loop_test(tcase, it_is_pressed, 0, KIND_COUNT);
	suite_add_tcase(suite, tcase);
	return suite;
}
