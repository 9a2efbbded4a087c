/* SPDX-License-Identifier: MIT */
/* An OpenWhisk that answers slowly, not at all, 429, 502 of both sorts, garbage, or hangs up:
 * what becomes of the event. The server stands on the host's loopback, outside of the lab. */

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "endpoint.h"
#include "suite.h"
#include "wait.h"

enum answer {
	OK,
	SLOW,
	NOTHING,
	TOO_MANY,
	FAILED_FUNCTION,
	BAD_GATEWAY,
	GARBAGE,
	HANG_UP,
};

static atomic_uint requests;
static enum answer first; /* how the first request is answered; those after it are OK */

static bool serve(struct http_exchange *exchange, void *user)
{
	struct timespec pause = {.tv_nsec = 200000000};

	if (atomic_fetch_add(&requests, 1) > 0) {
		http_answer(exchange, 200, "", OK_RECORD);
		return true;
	}
	switch (first) {
	case SLOW: /* as long as it takes, not a synchronisation */
		(void)nanosleep(&pause, NULL);
		http_answer(exchange, 200, "", OK_RECORD);
		return true;
	case NOTHING:
		http_wait_for_stop(exchange);
		return false;
	case TOO_MANY:
		http_answer(
			exchange, 429, "",
			"{\"code\":\"1\",\"error\":\"Too many concurrent requests in flight\"}");
		return true;
	case FAILED_FUNCTION:
		http_answer(
			exchange, 502, "",
			"{\"activationId\":\"0123456789abcdef0123456789abcdef\",\"response\":{"
			"\"success\":false,\"status\":\"application error\",\"result\":{"
			"\"error\":\"no such lamp\"}}}");
		return true;
	case BAD_GATEWAY:
		http_answer(exchange, 502, "Content-Type: text/html\r\n",
			    "<html>502 Bad Gateway</html>");
		return true;
	case GARBAGE:
		http_answer(exchange, 200, "", "]]nonsense[[");
		return true;
	case HANG_UP:
		return false;
	default:
		http_answer(exchange, 200, "", OK_RECORD);
		return true;
	}
}

static void set_up(void)
{
	struct snet_backend_opts cloud = {.size = sizeof(cloud),
					  .name = "cloud",
					  .kind = "openwhisk",
					  .credentials = "u:k",
					  .timeout_ns = 500000000};
	char url[40];

	endpoint_set_up("outage");
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	cloud.url = url;
	requests = 0;
	LABS_OK(snet_lab_add_backend(lab, &cloud, &err));
	LABS_NODE(lab, .name = "sw0", .kind = "button");
	LABS_NODE(lab, .name = "a0", .kind = "actuator");
}

static void up(uint64_t ttl_ns)
{
	labs_route(lab, NULL, NULL, "f", "cloud", ttl_ns);
	LABS_OK(snet_lab_up(lab, &err));
}

static const struct {
	const char *name;
	enum answer answer;
	enum snet_outcome outcome;
	const char *step, *detail; /* that says what happened */
	unsigned int requests;
	const char *state; /* of the actuator at the end */
} outages[] = {
	{"well", OK, SNET_OUTCOME_DONE, "applied", "", 1, "1"},
	{"slowly", SLOW, SNET_OUTCOME_DONE, "applied", "", 1, "1"},
	{"not at all", NOTHING, SNET_OUTCOME_DONE, "retry",
	 "it may have run, and is invoked again", 2, "1"},
	{"429", TOO_MANY, SNET_OUTCOME_DONE, "retry",
	 "Too many concurrent requests in flight", 2, "1"},
	{"502 of a function", FAILED_FUNCTION, SNET_OUTCOME_FAILED, "failed",
	 "no such lamp", 1, "0"},
	{"502 of a gateway", BAD_GATEWAY, SNET_OUTCOME_DONE, "retry",
	 "it may have run, and is invoked again", 2, "1"},
	{"garbage", GARBAGE, SNET_OUTCOME_DONE, "retry",
	 "it may have run, and is invoked again", 2, "1"},
	{"by hanging up", HANG_UP, SNET_OUTCOME_DONE, "retry",
	 "it may have run, and is invoked again", 2, "1"},
};

START_TEST(an_outage_delays_an_event_and_the_trace_says_why)
{
	const char *got;
	char *json;

	first = outages[_i].answer;
	up(0);
	start_server();
	LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, 3 * WAIT_MS, &err));
	json = snet_trace_json(trace);
	got = labs_step(trace, outages[_i].step);
	ck_assert_msg(got && strstr(got, outages[_i].detail) &&
			      snet_trace_outcome(trace) == outages[_i].outcome,
		      "an answer %s: %s", outages[_i].name, json);
	ck_assert_msg(requests == outages[_i].requests, "%s: %u requests: %s",
		      outages[_i].name, requests, json);
	LABS_STATE(lab, "a0", outages[_i].state);
	free(json);
}
END_TEST

START_TEST(an_endpoint_that_is_not_there_yet_is_waited_for)
{
	char id[SNET_EVENT_ID_MAX + 1];

	first = OK;
	up(0);
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	LABS_FAILS(snet_lab_wait_trace(lab, id, 50, NULL, &err), -ETIMEDOUT,
		   "still pending");
	start_server();
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	ck_assert_ptr_nonnull(strstr(labs_step(trace, "retry"), "cannot reach"));
	ck_assert_ptr_null(strstr(labs_step(trace, "retry"), "may have run"));
}
END_TEST

START_TEST(an_endpoint_that_never_comes_lets_the_event_expire)
{
	up(400000000);
	LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_EXPIRED);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

/* The lab goes down with an answer outstanding. */
START_TEST(a_lab_goes_down_in_an_outage)
{
	first = NOTHING;
	up(0);
	start_server();
	LABS_OK(snet_device_send(lab, "sw0", NULL, NULL, &err));
	while (requests == 0)
		LABS_OK(snet_device_wait_state(lab, "a0", "0", 0, &err));
	snet_lab_down(lab);
}
END_TEST

/* A worker that aborts when it is asked to. As process 1 it cannot kill itself with -9. */
static const char suicidal[] = "const fs = require('fs');\n"
			       "exports.main = (event) => {\n"
			       "  if (event.data.die) process.abort();\n"
			       "  return {target: 'a0'};\n"
			       "};\n";

START_TEST(a_worker_that_is_killed_fails_its_event_and_not_the_next)
{
	const struct snet_function_opts function = {.size = sizeof(function),
						    .name = "f",
						    .code = suicidal,
						    .kind = "nodejs:default"};
	const struct snet_backend_opts own = {.size = sizeof(own),
					      .name = "own",
					      .kind = "openwhisk",
					      .node = "fn"};

	LABS_NODE(lab, .name = "fn", .kind = "functions");
	LABS_OK(snet_lab_add_function(lab, "fn", &function, &err));
	LABS_OK(snet_lab_add_backend(lab, &own, &err));
	labs_route(lab, NULL, NULL, "f", "own", 0);
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 3; i++) {
		LABS_OK(snet_device_press(lab, "sw0", "{\"die\":true}", &trace,
					  3 * WAIT_MS, &err));
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_FAILED);
		ck_assert_ptr_nonnull(labs_step(trace, "failed"));
		snet_trace_free(trace);
		LABS_OK(snet_device_press(lab, "sw0", "{\"die\":false}", &trace,
					  3 * WAIT_MS, &err));
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
		snet_trace_free(trace);
		trace = NULL;
	}
	LABS_STATE(lab, "a0", "1");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("outage");
	TCase *tcase = tcase_create("outage");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, endpoint_tear_down);
	tcase_add_loop_test(tcase, an_outage_delays_an_event_and_the_trace_says_why, 0,
			    sizeof(outages) / sizeof(*outages));
	tcase_add_test(tcase, an_endpoint_that_is_not_there_yet_is_waited_for);
	tcase_add_test(tcase, an_endpoint_that_never_comes_lets_the_event_expire);
	tcase_add_test(tcase, a_lab_goes_down_in_an_outage);
	tcase_add_test(tcase, a_worker_that_is_killed_fails_its_event_and_not_the_next);
	suite_add_tcase(suite, tcase);
	return suite;
}
