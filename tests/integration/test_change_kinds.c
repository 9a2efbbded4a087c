/* SPDX-License-Identifier: MIT */
/* Nodes of every kind in labs that change while they are up: those that stay go on as if nothing
 * had happened, those that begin anew work again, and after a change that has failed all is as
 * before. What lives in nodes has borrowed from the lab's description, which each change
 * replaces: sanitizers see whether it still has what it needs. */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "http_server.h"
#include "programs.h"
#include "quoted.h"
#include "suite.h"

#define RECORD                                                                                   \
	"{\"activationId\":\"0123456789abcdef0123456789abcdef\",\"response\":{\"success\":true," \
	"\"status\":\"success\",\"result\":{\"target\":\"a\"}}}"

static struct http_server *server;
static unsigned int pressed; /* how often the actuator was toggled */
static unsigned int inits, finis;

static int bell_init(struct snet_device *device, struct snet_err *fn_err)
{
	inits++;
	return 0;
}

static void bell_fini(struct snet_device *device)
{
	finis++;
}

static int bell_press(struct snet_device *device, const char *data,
		      struct snet_err *fn_err)
{
	return snet_device_emit(device, "ring", "{\"target\":\"a\"}", fn_err);
}

static const struct snet_device_kind bell = {.size = sizeof(bell),
					     .name = "bell",
					     .init = bell_init,
					     .fini = bell_fini,
					     .press = bell_press};

static void own_invoke(void *state, struct snet_invocation *invocation,
		       const char *function, const char *params)
{
	snet_invocation_finish(invocation, SNET_RESULT_DONE, "{\"target\":\"a\"}");
}

static const struct snet_backend_kind own = {.size = sizeof(own),
					     .name = "own",
					     .invoke = own_invoke};

static bool serve(struct http_exchange *exchange, void *user)
{
	http_answer(exchange, 200, "", RECORD);
	return true;
}

/* The lab as text, JSON with single quotes: @more for the lists, @other for the nodes' keys. */
struct text {
	const char *more_nodes, *more_links, *more_routes, *more_functions,
		*more_forwards, *data, *env, *backend_timeout;
};

static char *write_lab(const struct text *text)
{
	return quote(snet__text_format(
		"{'nodes': [{'name': 's', 'kind': 'switch'},\n"
		"{'name': 'r', 'kind': 'relayer', 'routes': [\n"
		"  {'key': 'press', 'function': 'f', 'backend': 'cloud'},\n"
		"  {'key': 'knock', 'function': 'g', 'backend': 'outside'},\n"
		"  {'key': 'ring', 'function': 'h', 'backend': 'custom'},\n"
		"  {'key': 'echo', 'function': 'echo', 'backend': 'local'}%s]},\n"
		"{'name': 'fn', 'kind': 'functions', 'functions': {'f': {'kind': 'python:3', "
		"'code': 'def main(args): return dict(target=chr(97))'}%s}},\n"
		"{'name': 'gw', 'kind': 'gateway', 'forward': [{'port': 8080, 'to': "
		"'127.0.0.1:9'}%s]},\n"
		"{'name': 'b', 'kind': 'button'}, {'name': 'k', 'kind': 'button', 'type': "
		"'knock'},\n"
		"{'name': 'bell', 'kind': 'bell'}, {'name': 'e', 'kind': 'button', 'type': "
		"'echo', 'data': {'target': 'a'%s}},\n"
		"{'name': 'p', 'kind': 'process', 'command': ['sh', '-c', 'echo begun; exec "
		"sleep 600'], 'restart': 'always', 'env': {'A': '1'%s}},\n"
		"{'name': 'a', 'kind': 'actuator'}%s],\n"
		"'links': [{'from': 'r', 'to': 's'}, {'from': 'fn', 'to': 's'}, {'from': 'gw', "
		"'to': 's'},\n"
		"{'from': 'b', 'to': 's'}, {'from': 'k', 'to': 's'}, {'from': 'bell', 'to': "
		"'s'},\n"
		"{'from': 'e', 'to': 's'}, {'from': 'p', 'to': 's'}, {'from': 'a', 'to': "
		"'s'}%s],\n"
		"'backends': {'cloud': {'kind': 'openwhisk', 'node': 'fn'}, 'local': {'kind': "
		"'native'},\n"
		"'custom': {'kind': 'own'}, 'outside': {'kind': 'openwhisk', 'url': '%s', "
		"'credentials': 'u:k', 'gateway': 'gw'%s}}}",
		text->more_routes, text->more_functions, text->more_forwards, text->data,
		text->env, text->more_nodes, text->more_links, http_server_url(server),
		text->backend_timeout));
}

static const struct text plain = {"", "", "", "", "", "", "", ""};

static void set_up(void)
{
	autofree char *json = NULL;

	err = (struct snet_err){0};
	pressed = inits = finis = 0;
	server = http_server_start(serve, NULL);
	test_folder_new(&folder);
	(void)snprintf(sock, sizeof(sock), "%.100s/sock", folder.path);
	LABS_OK(snet_lab_new(&lab, "kinds", &err));
	LABS_OK(snet_lab_add_device_kind(lab, &bell, &err));
	LABS_OK(snet_lab_add_backend_kind(lab, &own, &err));
	json = write_lab(&plain);
	LABS_OK(snet_lab_parse(lab, json, NULL, &err));
	LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	programs_up();
	expect_log("p", "begun");
}

static void tear_down(void)
{
	programs_tear_down();
	ck_assert_uint_eq(inits, finis);
	http_server_stop(server);
}

static int apply(const struct text *text)
{
	autofree char *json = write_lab(text);
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	return snet_lab_apply(lab, &opts, NULL, &err);
}

static void extend(const char *json)
{
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	LABS_OK(snet_lab_extend(lab, &opts, NULL, &err));
}

/* When that takes too long, it is told what it waited for. */
static struct snet_trace *press(const char *button)
{
	struct snet_trace *trace = NULL;
	char id[SNET_EVENT_ID_MAX + 1] = "";
	int r = snet_device_press(lab, button, NULL, &trace, WAIT_MS, &err);

	if (r == -ETIMEDOUT && sscanf(err.msg, "event '%93[^']'", id) == 1 &&
	    snet_lab_wait_trace(lab, id, 6 * WAIT_MS, &trace, NULL) == 0)
		ck_abort_msg("%s: %s", err.msg, snet_trace_json(trace));
	LABS_OK(r);
	return trace;
}

/* Each button, and with it a function of each kind of backend. */
static void use_all(void)
{
	static const char *const buttons[] = {"b", "k", "bell", "e"};
	struct snet_trace *trace;

	for (size_t i = 0; i < sizeof(buttons) / sizeof(*buttons); i++) {
		trace = press(buttons[i]);
		ck_assert_msg(snet_trace_outcome(trace) == SNET_OUTCOME_DONE, "%s: %s",
			      buttons[i], labs_step(trace, "failed"));
		snet_trace_free(trace);
		pressed++;
		LABS_STATE(lab, "a", pressed % 2 ? "1" : "0");
	}
}

static int pid_of_program(void)
{
	autojson *node = find_status("p");

	return (int)snet__json_number(snet__json_get(snet__json_get(node, "program"),
						     "pid"),
				      0);
}

static const char host[] =
	"{\"nodes\": [{\"name\": \"t\", \"kind\": \"switch\"}, {\"name\": "
	"\"h\", \"kind\": \"host\"}], \"links\": [{\"from\": \"t\", \"to\": "
	"\"s\"}, {\"from\": \"h\", \"to\": \"t\"}]}";

START_TEST(what_stays_goes_on)
{
	int pid = pid_of_program();

	use_all();
	for (int i = 0; i < 3; i++) {
		extend(host);
		use_all();
		LABS_OK(snet_lab_remove_node(lab, "h", &err));
		use_all();
		LABS_OK(apply(&plain));
		use_all();
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(pid_of_program(), pid);
	ck_assert_uint_eq(inits, 1);
}
END_TEST

START_TEST(a_program_that_stays_starts_again_by_its_own_policy)
{
	autojson *node = NULL;

	extend(host);
	LABS_OK(snet_lab_remove_node(lab, "h", &err));
	ck_assert_int_eq(kill(pid_of_program(), SIGKILL), 0);
	LABS_OK(apply(&plain));
	expect_log("p", "snet: killed by SIGKILL, starts again in 1 s");
	do {
		snet__json_free(node);
		node = find_status("p");
	} while (strcmp(snet__json_get_string(node, "state"), "running") != 0);
	use_all();
}
END_TEST

START_TEST(each_kind_begins_anew_and_works)
{
	static const char *const nodes[] = {"r", "fn", "gw", "b",    "k",
					    "e", "p",  "a",  "bell", NULL};

	for (const char *const *at = nodes; *at; at++) {
		LABS_OK(snet_lab_restart_node(lab, *at, false, &err));
		use_all();
	}
	ck_assert_uint_eq(inits, 2);
}
END_TEST

/* Of each kind something else. */
static const struct text changed = {
	.more_nodes = "",
	.more_links = "",
	.more_routes = ", {'key': 'more', 'function': 'echo', 'backend': 'local'}",
	.more_functions =
		", 'g': {'kind': 'python:3', 'code': 'def main(args): return {}'}",
	.more_forwards = ", {'port': 8081, 'to': '127.0.0.1:9'}",
	.data = ", 'more': 1",
	.env = ", 'B': '2'",
	.backend_timeout = ", 'timeout': '9s'",
};

START_TEST(what_is_changed_works)
{
	int pid = pid_of_program();

	for (int i = 0; i < 2; i++) {
		LABS_OK(apply(&changed));
		use_all();
		LABS_OK(apply(&plain));
		use_all();
	}
	ck_assert_int_ne(pid_of_program(), pid);
}
END_TEST

START_TEST(a_change_of_everything_that_fails_leaves_all_as_it_was)
{
	struct text failing = changed;

	failing.more_nodes =
		", {'name': 'x', 'kind': 'process', 'command': ['/no/such']}, "
		"{'name': 'fn2', 'kind': 'functions'}, {'name': 'bell2', "
		"'kind': 'bell'}";
	failing.more_links = ", {'from': 'x', 'to': 's'}, {'from': 'fn2', 'to': 's'}, "
			     "{'from': 'bell2', 'to': 's'}";
	for (int i = 0; i < 3; i++) {
		LABS_FAILS(apply(&failing), -ENOENT, "/no/such");
		ck_assert_uint_eq(snet_lab_node_count(lab), 10);
		use_all();
	}
	LABS_OK(apply(&changed));
	use_all();
}
END_TEST

/* All but the switch goes, and comes again. */
START_TEST(all_goes_and_comes_again)
{
	const struct snet_change_opts opts = {
		.size = sizeof(opts),
		.text = "{\"nodes\": [{\"name\": \"s\", \"kind\": \"switch\"}, {\"name\": "
			"\"h\", \"kind\": \"host\"}], \"links\": [{\"from\": \"h\", \"to\": "
			"\"s\"}]}"};

	for (int i = 0; i < 2; i++) {
		use_all();
		LABS_OK(snet_lab_apply(lab, &opts, NULL, &err));
		ck_assert_uint_eq(snet_lab_node_count(lab), 2);
		ck_assert_uint_eq(inits, finis);
		LABS_OK(apply(&plain));
		pressed = 0;
	}
	use_all();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("change_kinds");
	TCase *t = tcase_create("change_kinds");

	rights_get();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_stays_goes_on);
	tcase_add_test(t, a_program_that_stays_starts_again_by_its_own_policy);
	tcase_add_test(t, each_kind_begins_anew_and_works);
	tcase_add_test(t, what_is_changed_works);
	tcase_add_test(t, a_change_of_everything_that_fails_leaves_all_as_it_was);
	tcase_add_test(t, all_goes_and_comes_again);
	suite_add_tcase(s, t);
	return s;
}
