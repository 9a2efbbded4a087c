/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "backend/openwhisk_reply.h"
#include "base/clock.h"
#include "suite.h"

static struct snet__http_response http;
static struct snet__openwhisk_answer answer;
static struct snet__openwhisk_reply reply;

static void set_up(void)
{
	answer = (struct snet__openwhisk_answer){.http = &http,
						 .function = "flip",
						 .url = "http://ow:3233"};
}

static void tear_down(void)
{
	snet__openwhisk_reply_clear(&reply);
}

static void read_reply(unsigned int status, const char *body)
{
	http = (struct snet__http_response){.status = status,
					    .sent = true,
					    .body = body,
					    .body_size = strlen(body)};
	snet__openwhisk_reply_clear(&reply);
	snet__openwhisk_reply_read(&reply, &answer);
}

static void check_end(enum snet_result result, const char *text)
{
	ck_assert(!reply.is_pending);
	ck_assert_int_eq(reply.result.result, result);
	ck_assert_ptr_null(reply.result.json);
	ck_assert_str_eq(reply.result.text, text);
}

#define RECORD(response, more) \
	"{\"activationId\":\"c7bb\",\"duration\":53,\"response\":" response more "}"

START_TEST(a_record_of_success_is_done)
{
	read_reply(
		200,
		RECORD("{\"status\":\"success\",\"success\":true,\"result\":{\"target\":\"a0\"}}",
		       ",\"annotations\":[{\"key\":\"initTime\",\"value\":50},"
		       "{\"key\":\"waitTime\",\"value\":7}]"));
	ck_assert_int_eq(reply.result.result, SNET_RESULT_DONE);
	ck_assert_str_eq(reply.result.json, "{\"target\":\"a0\"}");
	ck_assert_str_eq(reply.result.activation, "c7bb");
	ck_assert_uint_eq(reply.result.duration_ns, 53 * SNET__NS_PER_MS);
	ck_assert_uint_eq(reply.result.init_ns, 50 * SNET__NS_PER_MS);
	ck_assert_uint_eq(reply.result.started_ns, 0);
}
END_TEST

START_TEST(no_result_is_an_empty_one)
{
	read_reply(200, RECORD("{\"success\":true,\"result\":null}", ""));
	ck_assert_int_eq(reply.result.result, SNET_RESULT_DONE);
	ck_assert_str_eq(reply.result.json, "{}");
}
END_TEST

START_TEST(exact_times_are_taken_from_the_own_machine_only)
{
	static const char body[] =
		RECORD("{\"success\":true,\"result\":{}}",
		       ",\"annotations\":[{\"key\":\"snet\",\"value\":{\"startedNs\":"
		       "\"9007199254740993\",\"endedNs\":\"9007199254741993\"}}]");

	read_reply(200, body);
	ck_assert_uint_eq(reply.result.started_ns, 0);
	ck_assert_uint_eq(reply.result.ended_ns, 0);
	answer.is_local = true;
	read_reply(200, body);
	ck_assert_uint_eq(reply.result.started_ns, 9007199254740993ull);
	ck_assert_uint_eq(reply.result.ended_ns, 9007199254741993ull);
	ck_assert_uint_eq(reply.result.duration_ns, 1000);
}
END_TEST

START_TEST(what_is_no_object_is_the_functions_error)
{
	read_reply(200, RECORD("{\"success\":true,\"result\":[1]}", ""));
	check_end(SNET_RESULT_ERROR, "the function's result is an array, not an object");
	/* The server leaves the record out around an array. */
	read_reply(200, "[1,2]");
	check_end(SNET_RESULT_ERROR, "the function's result is an array, not an object");
	read_reply(200, RECORD("{\"success\":true,\"result\":\"text\"}", ""));
	check_end(SNET_RESULT_ERROR, "the function's result is a string, not an object");
}
END_TEST

START_TEST(a_502_with_a_record_is_the_functions_own_error)
{
	read_reply(502, RECORD("{\"status\":\"application error\",\"success\":false,"
			       "\"result\":{\"error\":\"no such lamp\"}}",
			       ""));
	check_end(SNET_RESULT_ERROR, "no such lamp");
	ck_assert_str_eq(reply.result.activation, "c7bb");
	read_reply(502,
		   RECORD("{\"success\":false,\"result\":{\"error\":{\"code\":7}}}", ""));
	check_end(SNET_RESULT_ERROR, "{\"code\":7}");
	read_reply(502,
		   RECORD("{\"status\":\"action developer error\",\"success\":false}",
			  ""));
	check_end(SNET_RESULT_ERROR, "action developer error");
	read_reply(500, RECORD("{\"status\":\"whisk internal error\",\"success\":false,"
			       "\"result\":{\"error\":\"two\\nlines\"}}",
			       ""));
	check_end(SNET_RESULT_ERROR, "two lines");
	answer.activation_header = "c7bb";
	read_reply(502, "cut off");
	check_end(SNET_RESULT_ERROR, "the function failed: HTTP status 502, 'cut off'");
	ck_assert_str_eq(reply.result.activation, "c7bb");
}
END_TEST

START_TEST(a_gateways_failure_leaves_it_unknown)
{
	read_reply(502, "<html>Bad Gateway</html>");
	check_end(SNET_RESULT_UNKNOWN, "the server or a gateway before it failed: "
				       "HTTP status 502, '<html>Bad Gateway</html>'");
	read_reply(504, "");
	check_end(SNET_RESULT_UNKNOWN,
		  "the server or a gateway before it failed: HTTP status 504");
	read_reply(500,
		   "{\"error\":\"There was an internal server error.\",\"code\":\"x\"}");
	check_end(SNET_RESULT_UNKNOWN, "the server or a gateway before it failed: "
				       "There was an internal server error.");
}
END_TEST

START_TEST(a_server_without_room_did_not_run_it)
{
	read_reply(503, "{\"error\":\"no invokers\",\"code\":\"x\"}");
	check_end(SNET_RESULT_NOT_RUN, "the server has no room: no invokers");
}
END_TEST

START_TEST(a_gateway_that_says_so_does_not_know)
{
	read_reply(503, "upstream connect error or disconnect/reset before headers");
	check_end(SNET_RESULT_UNKNOWN,
		  "the server or a gateway before it failed: HTTP status 503, 'upstream "
		  "connect error or disconnect/reset before headers'");
}
END_TEST

START_TEST(accepted_means_ask_later)
{
	read_reply(202, "{\"activationId\":\"44794bd6\"}");
	ck_assert(reply.is_pending);
	ck_assert_str_eq(reply.result.activation, "44794bd6");
	answer.activation_header = "44794bd7";
	read_reply(202, "");
	ck_assert(reply.is_pending);
	ck_assert_str_eq(reply.result.activation, "44794bd7");
	answer.activation_header = NULL;
	read_reply(202, "{}");
	check_end(
		SNET_RESULT_UNKNOWN,
		"the server accepted the function but gave no activation id to ask for");
	/* What is no id would not be read again from a journal, or another would be asked for. */
	read_reply(202, "{\"activationId\":\"a\\\"b\"}");
	ck_assert_int_eq(reply.result.result, SNET_RESULT_UNKNOWN);
	ck_assert_str_eq(reply.result.activation, "");
	read_reply(202, "{\"activationId\":\"0123456789abcdef0123456789abcdef"
			"0123456789abcdef0123456789abcdef\"}");
	ck_assert_int_eq(reply.result.result, SNET_RESULT_UNKNOWN);
}
END_TEST

START_TEST(polling_ends_with_the_record_only)
{
	static const unsigned int pending[] = {404, 429, 500, 502, 503, 0};

	answer.is_poll = true;
	for (size_t i = 0; i < sizeof(pending) / sizeof(*pending); i++) {
		read_reply(pending[i], "");
		ck_assert_msg(reply.is_pending, "%u", pending[i]);
	}
	read_reply(200,
		   RECORD("{\"success\":false,\"result\":{\"error\":\"boom\"}}", ""));
	check_end(SNET_RESULT_ERROR, "boom");
	read_reply(401, "");
	ck_assert_int_eq(reply.result.result, SNET_RESULT_IMPOSSIBLE);
}
END_TEST

START_TEST(what_ran_when_the_lab_went_down_is_not_asked_for_for_ever)
{
	answer.is_poll = answer.is_resumed = true;
	read_reply(404, "");
	ck_assert(reply.is_pending); /* a server elsewhere: it may still run */
	answer.is_local = true;
	read_reply(503, "");
	ck_assert(reply.is_pending);
	read_reply(404, "");
	check_end(SNET_RESULT_UNKNOWN, "the lab went down while 'flip' ran");
	answer.is_resumed = false;
	read_reply(404, "");
	ck_assert(reply.is_pending);
}
END_TEST

START_TEST(the_rate_limit_is_waited_out_to_the_next_minute)
{
	answer.wall_ns = 1700000000 * SNET__NS_PER_S; /* 20 s into a minute */
	read_reply(
		429,
		"{\"error\":\"Too many requests in the last minute (count: 61, allowed: "
		"60).\",\"code\":\"x\"}");
	check_end(SNET_RESULT_NOT_RUN,
		  "the server's rate limit: Too many requests in the last "
		  "minute (count: 61, allowed: 60).");
	ck_assert_uint_ge(reply.result.retry_after_ns, 40 * SNET__NS_PER_S);
	ck_assert_uint_lt(reply.result.retry_after_ns, 41 * SNET__NS_PER_S);
	read_reply(
		429,
		"{\"error\":\"Too many concurrent requests in flight (count: 31, allowed: "
		"30).\",\"code\":\"x\"}");
	ck_assert_int_eq(reply.result.result, SNET_RESULT_NOT_RUN);
	ck_assert_uint_lt(reply.result.retry_after_ns, SNET__NS_PER_S);
}
END_TEST

START_TEST(what_no_retry_can_help_names_the_remedy)
{
	read_reply(
		401,
		"{\"error\":\"The supplied authentication is invalid.\",\"code\":\"x\"}");
	check_end(SNET_RESULT_IMPOSSIBLE,
		  "'http://ow:3233' does not accept the credentials: "
		  "check the key or the .wskprops file");
	read_reply(403, "{\"error\":\"not authorized\",\"code\":\"x\"}");
	check_end(SNET_RESULT_IMPOSSIBLE,
		  "the credentials give no right to invoke 'flip': not authorized");
	read_reply(
		404,
		"{\"error\":\"The requested resource does not exist.\",\"code\":\"x\"}");
	check_end(SNET_RESULT_IMPOSSIBLE,
		  "'http://ow:3233' has no function 'flip': create it "
		  "with 'snet fn put'");
	read_reply(400, "{\"error\":\"bad body\",\"code\":\"x\"}");
	check_end(SNET_RESULT_IMPOSSIBLE, "the server refuses 'flip': bad body");
	read_reply(413, "{\"error\":\"Request larger than allowed\",\"code\":\"x\"}");
	check_end(SNET_RESULT_IMPOSSIBLE,
		  "the event is too large for the server: Request larger than allowed");
	answer.location_header = "https://ow/";
	read_reply(301, "");
	check_end(
		SNET_RESULT_IMPOSSIBLE,
		"'http://ow:3233' redirects to 'https://ow/': give that address instead");
}
END_TEST

START_TEST(another_server_is_recognised)
{
	read_reply(200, "<html>Welcome to nginx</html>");
	check_end(SNET_RESULT_UNKNOWN,
		  "what answers at 'http://ow:3233' is not OpenWhisk: "
		  "'<html>Welcome to nginx</html>'");
	read_reply(204, "");
	check_end(SNET_RESULT_UNKNOWN,
		  "the server or a gateway before it failed: HTTP status 204");
}
END_TEST

START_TEST(no_answer_depends_on_whether_it_was_sent)
{
	http = (struct snet__http_response){.body = "", .error = "Connection refused"};
	snet__openwhisk_reply_read(&reply, &answer);
	check_end(SNET_RESULT_NOT_RUN,
		  "cannot reach 'http://ow:3233': Connection refused");
	http.sent = true;
	http.error = "no answer within 2.00 s";
	snet__openwhisk_reply_read(&reply, &answer);
	check_end(SNET_RESULT_UNKNOWN,
		  "lost contact with 'http://ow:3233': no answer within 2.00 s");
	http.too_large = true;
	http.error = "the answer is larger than 8 MiB";
	snet__openwhisk_reply_read(&reply, &answer);
	check_end(SNET_RESULT_ERROR,
		  "the function ran, but the answer is larger than 8 MiB");
	http = (struct snet__http_response){.body = "",
					    .untrusted = true,
					    .error = "self-signed certificate"};
	snet__openwhisk_reply_read(&reply, &answer);
	check_end(
		SNET_RESULT_IMPOSSIBLE,
		"cannot trust 'http://ow:3233': self-signed "
		"certificate (SSL_CERT_FILE names other authorities, 'insecure' skips this check)");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("openwhisk_reply");
	TCase *t = tcase_create("openwhisk_reply");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_record_of_success_is_done);
	tcase_add_test(t, no_result_is_an_empty_one);
	tcase_add_test(t, exact_times_are_taken_from_the_own_machine_only);
	tcase_add_test(t, what_is_no_object_is_the_functions_error);
	tcase_add_test(t, a_502_with_a_record_is_the_functions_own_error);
	tcase_add_test(t, a_gateways_failure_leaves_it_unknown);
	tcase_add_test(t, a_server_without_room_did_not_run_it);
	tcase_add_test(t, a_gateway_that_says_so_does_not_know);
	tcase_add_test(t, accepted_means_ask_later);
	tcase_add_test(t, polling_ends_with_the_record_only);
	tcase_add_test(t, what_ran_when_the_lab_went_down_is_not_asked_for_for_ever);
	tcase_add_test(t, the_rate_limit_is_waited_out_to_the_next_minute);
	tcase_add_test(t, what_no_retry_can_help_names_the_remedy);
	tcase_add_test(t, another_server_is_recognised);
	tcase_add_test(t, no_answer_depends_on_whether_it_was_sent);
	suite_add_tcase(s, t);
	return s;
}
