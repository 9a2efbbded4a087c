/* SPDX-License-Identifier: MIT */
/* The life of labs and of the events in them, by nothing but the public API. */

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "sys/qdisc.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;
static struct snet_trace *trace;

static void set_up(void)
{
	err = (struct snet_err){0};
	lab = labs_house("house");
	trace = NULL;
}

static void tear_down(void)
{
	snet_trace_free(trace);
	snet_lab_free(lab);
}

static void press(const char *name, const char *data)
{
	snet_trace_free(trace);
	trace = NULL;
	LABS_OK(snet_device_press(lab, name, data, &trace, WAIT_MS, &err));
}

static void expect(enum snet_outcome outcome, const char *step, const char *detail)
{
	const char *got = labs_step(trace, step);
	char *json = snet_trace_json(trace);

	ck_assert_msg(snet_trace_outcome(trace) == outcome && got && strstr(got, detail),
		      "want %s with %s '%s', got %s", snet_outcome_name(outcome), step,
		      detail, json);
	free(json);
}

START_TEST(a_press_moves_an_actuator_step_by_step)
{
	static const char *const steps[] = {"pressed",     "received", "journaled",
					    "invoked",     "started",  "ended",
					    "result",      "sent",     "applied",
					    "acknowledged"};
	static const char *const nodes[] = {"sw0",   "r0", "r0", "r0", "local",
					    "local", "r0", "r0", "a0", "r0"};
	uint64_t last = 0;

	LABS_OK(snet_lab_up(lab, &err));
	LABS_STATE(lab, "a0", "0");
	press("sw0", NULL);
	LABS_STATE(lab, "a0", "1");
	LABS_STATE(lab, "sw0", "null");
	expect(SNET_OUTCOME_DONE, "applied", "0 \342\206\222 1");
	expect(SNET_OUTCOME_DONE, "invoked", "echo@local");
	ck_assert_uint_eq(snet_trace_step_count(trace), 10);
	for (size_t i = 0; i < 10; i++) {
		const struct snet_step *step = snet_trace_step(trace, i);

		ck_assert_str_eq(step->step, steps[i]);
		ck_assert_str_eq(step->node, nodes[i]);
		ck_assert_uint_ge(step->at_ns, last);
		last = step->at_ns;
	}
	ck_assert_uint_eq(snet_trace_total_ns(trace),
			  snet_trace_step(trace, 8)->at_ns -
				  snet_trace_step(trace, 0)->at_ns);
}
END_TEST

START_TEST(a_lab_goes_down_and_comes_up_again_new)
{
	for (int i = 0; i < 3; i++) {
		ck_assert(!snet_lab_is_up(lab));
		LABS_OK(snet_lab_up(lab, &err));
		ck_assert(snet_lab_is_up(lab));
		LABS_STATE(lab, "a0", "0");
		press("sw0", NULL);
		LABS_STATE(lab, "a0", "1");
		snet_lab_down(lab);
		snet_lab_down(lab);
	}
}
END_TEST

START_TEST(what_needs_a_lab_that_is_up_says_so)
{
	char text[SNET_STATE_MAX], address[16], id[SNET_EVENT_ID_MAX + 1];
	int fd = -1;

	LABS_FAILS(snet_device_press(lab, "sw0", NULL, NULL, 1, &err), -ENOTCONN,
		   "lab 'house' is not up");
	LABS_FAILS(snet_device_send(lab, "sw0", NULL, id, &err), -ENOTCONN, "is not up");
	LABS_FAILS(snet_device_state(lab, "a0", text, &err), -ENOTCONN, "is not up");
	LABS_FAILS(snet_device_wait_state(lab, "a0", "1", 1, &err), -ENOTCONN,
		   "is not up");
	LABS_FAILS(snet_lab_trace(lab, "x", &trace, &err), -ENOTCONN, "is not up");
	LABS_FAILS(snet_lab_wait_trace(lab, "x", 1, &trace, &err), -ENOTCONN,
		   "is not up");
	LABS_FAILS(snet_node_address(lab, "a0", address, &err), -ENOTCONN, "is not up");
	LABS_FAILS(snet_node_open_netns(lab, "a0", &fd, &err), -ENOTCONN, "is not up");
	LABS_FAILS(snet_lab_serve(lab, "/tmp/none", &err), -ENOTCONN, "is not up");
	snet_lab_join(lab);
}
END_TEST

START_TEST(what_describes_a_lab_is_refused_while_it_is_up)
{
	static const struct snet_device_kind kind = {.size = sizeof(kind),
						     .name = "lamp"};
	static const struct snet_backend_kind backend_kind = {.size = sizeof(
								      backend_kind),
							      .name = "mine"};
	const struct snet_node_opts node = {.size = sizeof(node),
					    .name = "n",
					    .kind = "host"};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "a0",
					    .to = "s1"};
	const struct snet_route_opts route = {.size = sizeof(route), .function = "f"};
	const struct snet_backend_opts backend = {.size = sizeof(backend),
						  .name = "b",
						  .kind = "native"};
	const struct snet_function_opts function = {.size = sizeof(function),
						    .name = "f",
						    .file = "f.js"};

	LABS_OK(snet_lab_up(lab, &err));
	LABS_FAILS(snet_lab_up(lab, &err), -EBUSY, "lab 'house' is up already");
	LABS_FAILS(snet_lab_set_name(lab, "x", &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_node(lab, &node, &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_link(lab, &link, &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_route(lab, "r0", &route, &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_backend(lab, &backend, &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_function(lab, "r0", &function, &err), -EBUSY,
		   "is up already");
	LABS_FAILS(snet_lab_add_native(lab, "local", "f", labs_echo, NULL, &err), -EBUSY,
		   "is up already");
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EBUSY, "is up already");
	LABS_FAILS(snet_lab_add_backend_kind(lab, &backend_kind, &err), -EBUSY,
		   "is up already");
	LABS_FAILS(snet_lab_read(lab, "/dev/null", &err), -EBUSY, "is up already");
}
END_TEST

START_TEST(a_lab_is_written_as_it_is)
{
	const struct snet_format_opts now = {.size = sizeof(now),
					     .addresses = true,
					     .states = true},
				      small = {.size = 1};
	struct snet_lab *copy = NULL;
	struct test_folder folder;
	struct stat info;
	char *text, path[PATH_MAX + 16];

	LABS_FAILS(snet_lab_format(lab, &small, &text, &err), -EINVAL, "size must be");
	LABS_OK(snet_lab_format(lab, &now, &text, &err));
	ck_assert_ptr_null(strstr(text, "\"state\": 1"));
	ck_assert_ptr_null(strstr(text, "\"address\""));
	free(text);
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	LABS_OK(snet_lab_format(lab, NULL, &text, &err));
	ck_assert_ptr_null(strstr(text, "\"state\": 1"));
	free(text);
	LABS_OK(snet_lab_format(lab, &now, &text, &err));
	ck_assert_ptr_nonnull(strstr(text, "\"state\": 1"));
	ck_assert_ptr_nonnull(strstr(text, "\"address\": \"10.0.0.1\""));

	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%s/lab.json", folder.path);
	LABS_OK(snet_lab_save(lab, path, &now, &err));
	/* It may have credentials in it. */
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	LABS_OK(snet_lab_load(&copy, path, &err));
	ck_assert_str_eq(snet_lab_name(copy), "house");
	ck_assert_uint_eq(snet_lab_node_count(copy), snet_lab_node_count(lab));
	ck_assert_uint_eq(snet_lab_link_count(copy), snet_lab_link_count(lab));
	snet_lab_free(copy);
	(void)snprintf(path, sizeof(path), "%s/no/lab.json", folder.path);
	LABS_FAILS(snet_lab_save(lab, path, &now, &err), -ENOENT,
		   "cannot save lab 'house': cannot find the folder");
	test_folder_free(&folder);
	free(text);
}
END_TEST

START_TEST(a_lab_is_drawn_as_it_is)
{
	const struct snet_graph_opts small = {.size = 1};
	const struct snet_link_opts lost = {.size = sizeof(lost),
					    .from = "s1",
					    .to = "nobody"};
	struct snet_lab *wrong;
	char *picture;

	LABS_FAILS(snet_lab_graph(lab, "dot", &small, &picture, &err), -EINVAL,
		   "size must be");
	LABS_FAILS(snet_lab_graph(lab, "png", NULL, &picture, &err), -EINVAL,
		   "cannot draw lab 'house': no format 'png'");
	LABS_OK(snet_lab_graph(lab, "dot", NULL, &picture, &err));
	ck_assert_ptr_nonnull(strstr(picture, "\"s1\" -- \"a0\""));
	ck_assert_ptr_null(strstr(picture, "actuator, 1"));
	free(picture);
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	LABS_OK(snet_lab_graph(lab, "mermaid", NULL, &picture, &err));
	ck_assert_ptr_nonnull(strstr(picture, "actuator, 1"));
	free(picture);

	wrong = labs_house("wrong");
	LABS_OK(snet_lab_add_link(wrong, &lost, &err));
	LABS_FAILS(snet_lab_graph(wrong, "dot", NULL, &picture, &err), -EINVAL,
		   "no node 'nobody'");
	snet_lab_free(wrong);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
	char text[SNET_STATE_MAX], address[16];
	int fd = -1;

	LABS_OK(snet_lab_up(lab, &err));
	LABS_FAILS(snet_device_press(lab, "sw9", NULL, NULL, 1, &err), -ENOENT,
		   "lab 'house' has no node 'sw9', did you mean 'sw0'?");
	LABS_FAILS(snet_device_press(lab, "r0", NULL, NULL, 1, &err), -EINVAL,
		   "'r0' is a relayer, not a device");
	LABS_FAILS(snet_device_press(lab, "a0", NULL, NULL, 1, &err), -EINVAL,
		   "'a0' is of kind 'actuator', which is not pressed");
	LABS_FAILS(snet_device_press(lab, "sw0", "{nonsense", NULL, 1, &err), -EINVAL,
		   "not JSON");
	LABS_FAILS(snet_device_state(lab, "sw9", text, &err), -ENOENT,
		   "has no node 'sw9'");
	LABS_FAILS(snet_device_wait_state(lab, "sw9", "1", 1, &err), -ENOENT, "'sw9'");
	LABS_FAILS(snet_device_wait_state(lab, "a0", "nonsense", 1, &err), -EINVAL,
		   "the state to wait for");
	LABS_FAILS(snet_lab_trace(lab, "no-such", &trace, &err), -ENOENT, "no-such");
	LABS_FAILS(snet_lab_wait_trace(lab, "sw0-1-1", 1, &trace, &err), -ENOENT,
		   "sw0-1-1");
	LABS_FAILS(snet_node_address(lab, "x", address, &err), -ENOENT, "'x'");
	LABS_FAILS(snet_node_open_netns(lab, "x", &fd, &err), -ENOENT, "'x'");
	LABS_FAILS(snet_node_open_netns(lab, "s1", &fd, &err), -EINVAL,
		   "'s1' is a switch and has no namespace");
	LABS_FAILS(snet_device_press(lab, NULL, NULL, NULL, 1, &err), -ENOENT,
		   "which node? Its name is missing");
	LABS_FAILS(snet_device_send(lab, NULL, NULL, NULL, &err), -ENOENT, "which node?");
	LABS_FAILS(snet_device_state(lab, NULL, text, &err), -ENOENT, "which node?");
	LABS_FAILS(snet_device_wait_state(lab, NULL, "1", 1, &err), -ENOENT,
		   "which node?");
	LABS_FAILS(snet_device_wait_state(lab, "a0", NULL, 1, &err), -EINVAL,
		   "the state to wait for: missing");
	LABS_FAILS(snet_lab_trace(lab, NULL, &trace, &err), -ENOENT, "which event?");
	LABS_FAILS(snet_lab_wait_trace(lab, NULL, 1, &trace, &err), -ENOENT,
		   "which event?");
	LABS_FAILS(snet_node_address(lab, NULL, address, &err), -ENOENT, "which node?");
	LABS_FAILS(snet_node_open_netns(lab, NULL, &fd, &err), -ENOENT, "which node?");
	LABS_FAILS(snet_lab_remove_node(lab, NULL, &err), -ENOENT, "which node?");
	LABS_FAILS(snet_lab_restart_node(lab, NULL, false, &err), -ENOENT, "which node?");
	LABS_OK(snet_node_address(lab, "s1", address, &err));
	ck_assert_str_eq(address, "");
	LABS_OK(snet_node_address(lab, "r0", address, &err));
	ck_assert_str_eq(address, "10.0.0.1");
	LABS_OK(snet_node_open_netns(lab, "r0", &fd, &err));
	close(fd);
}
END_TEST

START_TEST(data_that_is_too_large_is_refused)
{
	char *data = malloc(SNET_EVENT_DATA_MAX + 3);

	memset(data, 'x', SNET_EVENT_DATA_MAX + 2);
	data[0] = data[SNET_EVENT_DATA_MAX] = '"';
	data[SNET_EVENT_DATA_MAX + 1] = '\0';
	LABS_OK(snet_lab_up(lab, &err));
	LABS_FAILS(snet_device_press(lab, "sw0", data, NULL, 1, &err), -EMSGSIZE,
		   "data of 32769 bytes is over 32768");
	data[SNET_EVENT_DATA_MAX - 1] = '"';
	data[SNET_EVENT_DATA_MAX] = '\0';
	press("sw0", data); /* as large as it may be: it arrives, and is no command */
	ck_assert_ptr_nonnull(labs_step(trace, "journaled"));
	free(data);
}
END_TEST

START_TEST(results_say_what_is_done)
{
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", "{\"target\":\"a0\",\"set\":{\"level\":[1,2]}}");
	expect(SNET_OUTCOME_DONE, "applied", "0 \342\206\222 {\"level\":[1,2]}");
	press("sw0", "{\"target\":\"a0\",\"set\":null}");
	LABS_STATE(lab, "a0", "null");
	press("sw0", "{\"commands\":[{\"target\":\"a0\",\"set\":7},{\"target\":\"a1\"},"
		     "{\"target\":\"a0\",\"set\":8}]}");
	ck_assert_uint_eq(labs_step_count(trace, "applied"), 3);
	LABS_STATE(lab, "a0", "8");
	LABS_STATE(lab, "a1", "true");
	press("sw0", "{}");
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	ck_assert_uint_eq(labs_step_count(trace, "sent"), 0);
	press("sw0", "{\"commands\":[]}");
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
}
END_TEST

static const struct {
	const char *result, *why;
} wrong_results[] = {
	{"{\"target\":\"a9\"}", "the result names 'a9', which is no actuator of r0"},
	{"{\"target\":\"sw1\"}", "the result names 'sw1', which is no actuator of r0"},
	{"{\"target\":\"r0\"}", "the result names 'r0', which is no actuator of r0"},
	{"{\"commands\":7}", "the result's \"commands\" is a number, no array"},
	{"{\"commands\":[{}]}", "a command without a target"},
	{"{\"commands\":[{\"target\":\"a0\",\"set\":1},{\"target\":\"a9\"}]}", "'a9'"},
	{"42", "object"},
};

START_TEST(a_result_that_cannot_be_done_fails_with_a_text)
{
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", wrong_results[_i].result);
	expect(SNET_OUTCOME_FAILED, "failed", wrong_results[_i].why);
	LABS_STATE(lab, "a0", "0"); /* all of a result or nothing */
}
END_TEST

START_TEST(a_command_that_is_refused_fails_with_the_reason)
{
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", "{\"target\":\"a0\",\"set\":\"red\"}");
	press("sw0", NULL);
	expect(SNET_OUTCOME_FAILED, "failed",
	       "a0 refused the command: a state of '\"red\"' cannot be toggled");
}
END_TEST

START_TEST(states_are_waited_for)
{
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_wait_state(lab, "a0", "0", 0, &err));
	LABS_FAILS(snet_device_wait_state(lab, "a0", "1", 20, &err), -ETIMEDOUT,
		   "'a0' has not become 1 within 20 ms");
	LABS_OK(snet_device_send(lab, "sw0", "{\"target\":\"a0\",\"set\":1}", NULL,
				 &err));
	LABS_OK(snet_device_wait_state(lab, "a0", "1.0", WAIT_MS, &err));
}
END_TEST

START_TEST(an_event_that_was_just_sent_can_be_waited_for)
{
	char id[SNET_EVENT_ID_MAX + 1];

	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 200; i++) {
		LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
		LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
		ck_assert_str_eq(snet_trace_id(trace), id);
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
		snet_trace_free(trace);
		LABS_OK(snet_lab_wait_trace(lab, id, 0, NULL, &err));
	}
	LABS_OK(snet_lab_trace(lab, id, &trace, &err));
}
END_TEST

/* routes ------------------------------------------------------------------------------------ */

static int say_text(void *user, const char *params, char *result, size_t size,
		    struct snet_err *fn_err)
{
	(void)snprintf(result, size, "%s", (const char *)user);
	return 0;
}

static int fail_native(void *user, const char *params, char *result, size_t size,
		       struct snet_err *fn_err)
{
	if (user)
		(void)snprintf(fn_err->msg, sizeof(fn_err->msg), "%s",
			       (const char *)user);
	return -EIO;
}

START_TEST(each_queue_gets_one_copy)
{
	snet_lab_free(lab);
	lab = labs_new("routes");
	LABS_OK(snet_lab_add_native(lab, "local", "one", say_text,
				    (char *)"{\"target\":\"a0\"}", &err));
	LABS_OK(snet_lab_add_native(lab, "local", "two", say_text,
				    (char *)"{\"target\":\"a1\",\"set\":5}", &err));
	labs_route(lab, "direct", "press", "one", NULL, 0);
	labs_route(lab, "fanout", NULL, "one", "local", 0); /* the same queue */
	labs_route(lab, "fanout", NULL, "two", NULL, 0);
	labs_route(lab, "direct", "value", "two", NULL, 0);
	LABS_NODE(lab, .name = "sw0", .kind = "button");
	LABS_NODE(lab, .name = "t0", .kind = "button", .type = "other");
	LABS_NODE(lab, .name = "a0", .kind = "actuator");
	LABS_NODE(lab, .name = "a1", .kind = "actuator");
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	ck_assert_uint_eq(labs_step_count(trace, "invoked"), 2);
	LABS_STATE(lab, "a0", "1");
	LABS_STATE(lab, "a1", "5");
	press("t0", NULL); /* by the fanouts only */
	ck_assert_uint_eq(labs_step_count(trace, "invoked"), 2);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

START_TEST(an_event_that_no_route_takes_is_dropped)
{
	LABS_NODE(lab, .name = "t0", .kind = "button", .type = "other");
	LABS_OK(snet_lab_up(lab, &err));
	press("t0", NULL);
	expect(SNET_OUTCOME_DONE, "dropped", "no route takes it");
}
END_TEST

START_TEST(a_function_that_fails_says_why)
{
	snet_lab_free(lab);
	lab = labs_new("errors");
	LABS_OK(snet_lab_add_native(lab, "local", "said", fail_native,
				    (char *)"no such lamp", &err));
	LABS_OK(snet_lab_add_native(lab, "local", "silent", fail_native, NULL, &err));
	labs_route(lab, NULL, "said", "said", NULL, 0);
	labs_route(lab, NULL, "silent", "silent", NULL, 0);
	LABS_NODE(lab, .name = "b0", .kind = "button", .type = "said");
	LABS_NODE(lab, .name = "b1", .kind = "button", .type = "silent");
	LABS_OK(snet_lab_up(lab, &err));
	press("b0", NULL);
	expect(SNET_OUTCOME_FAILED, "failed", "no such lamp");
	press("b1", NULL);
	expect(SNET_OUTCOME_FAILED, "failed", "Input/output error");
}
END_TEST

START_TEST(a_route_to_no_function_of_the_program_is_refused_at_up)
{
	labs_route(lab, NULL, "absent", "absent", NULL, 0);
	LABS_FAILS(snet_lab_up(lab, &err), -EINVAL,
		   "there is no C function 'absent' in backend 'local'");
	ck_assert(!snet_lab_is_up(lab));
}
END_TEST

/* a backend that does as it is told --------------------------------------------------------- */

static atomic_uint invocations;
static enum snet_result scripted[8];
static struct snet_invocation *held;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t held_changed = PTHREAD_COND_INITIALIZER;

static void invoke_script(void *state, struct snet_invocation *invocation,
			  const char *function, const char *params)
{
	unsigned int n = atomic_fetch_add(&invocations, 1);

	if (strcmp(function, "hold") == 0) {
		pthread_mutex_lock(&held_lock);
		held = invocation;
		pthread_cond_signal(&held_changed);
		pthread_mutex_unlock(&held_lock);
		return;
	}
	snet_invocation_finish(invocation, n < 8 ? scripted[n] : SNET_RESULT_DONE,
			       n < 8 && scripted[n] != SNET_RESULT_DONE ? "not now"
									: "{}");
}

static int refuse_init(void *state, const struct snet_backend_opts *opts,
		       struct snet_err *init_err)
{
	(void)snprintf(init_err->msg, sizeof(init_err->msg), "the cloud has gone");
	return -EHOSTDOWN;
}

static const struct snet_backend_kind script_kind = {.size = sizeof(script_kind),
						     .name = "script",
						     .invoke = invoke_script};
static const struct snet_backend_kind refusing_kind = {.size = sizeof(refusing_kind),
						       .name = "refusing",
						       .init = refuse_init,
						       .invoke = invoke_script};

static void use_script(const struct snet_backend_kind *kind, const char *function,
		       uint64_t ttl_ns)
{
	const struct snet_backend_opts opts = {.size = sizeof(opts),
					       .name = "script",
					       .kind = kind->name};

	snet_lab_free(lab);
	lab = labs_new("scripted");
	memset(scripted, 0, sizeof(scripted));
	invocations = 0;
	LABS_OK(snet_lab_add_backend_kind(lab, kind, &err));
	LABS_OK(snet_lab_add_backend(lab, &opts, &err));
	labs_route(lab, NULL, NULL, function, "script", ttl_ns);
	LABS_NODE(lab, .name = "sw0", .kind = "button");
}

/* The first is to be tried again, the second is kept; the first's second try ends both. */
static void invoke_together(void *state, struct snet_invocation *invocation,
			    const char *function, const char *params)
{
	switch (atomic_fetch_add(&invocations, 1)) {
	case 0:
		snet_invocation_finish(invocation, SNET_RESULT_NOT_RUN, "not now");
		return;
	case 1:
		held = invocation;
		return;
	default:
		if (held)
			snet_invocation_finish(held, SNET_RESULT_DONE, "{}");
		held = NULL;
		snet_invocation_finish(invocation, SNET_RESULT_DONE, "{}");
	}
}

static const struct snet_backend_kind together_kind = {.size = sizeof(together_kind),
						       .name = "together",
						       .invoke = invoke_together};

START_TEST(an_invocation_may_end_another)
{
	char ids[2][SNET_EVENT_ID_MAX + 1];

	use_script(&together_kind, "f", 0);
	held = NULL;
	LABS_NODE(lab, .name = "sw1", .kind = "button");
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_send(lab, "sw0", NULL, ids[0], &err));
	LABS_OK(snet_device_send(lab, "sw1", NULL, ids[1], &err));
	for (int i = 0; i < 2; i++) {
		LABS_OK(snet_lab_wait_trace(lab, ids[i], WAIT_MS, &trace, &err));
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
		snet_trace_free(trace);
		trace = NULL;
	}
}
END_TEST

START_TEST(what_did_not_run_is_tried_again)
{
	use_script(&script_kind, "f", 0);
	scripted[0] = scripted[1] = SNET_RESULT_NOT_RUN;
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	expect(SNET_OUTCOME_DONE, "retry", "not now");
	ck_assert_uint_eq(labs_step_count(trace, "invoked"), 3);
	ck_assert_uint_eq(labs_step_count(trace, "retry"), 2);
}
END_TEST

START_TEST(what_may_have_run_is_tried_again_and_the_trace_says_so)
{
	use_script(&script_kind, "f", 0);
	scripted[0] = SNET_RESULT_UNKNOWN;
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	expect(SNET_OUTCOME_DONE, "retry",
	       "not now; it may have run, and is invoked again");
}
END_TEST

START_TEST(what_failed_or_is_impossible_is_not_tried_again)
{
	use_script(&script_kind, "f", 0);
	scripted[0] = SNET_RESULT_ERROR;
	scripted[1] = SNET_RESULT_IMPOSSIBLE;
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 2; i++) {
		press("sw0", NULL);
		expect(SNET_OUTCOME_FAILED, "failed", "not now");
		ck_assert_uint_eq(labs_step_count(trace, "invoked"), 1);
	}
}
END_TEST

/* The number of an event is the last of its id. */
START_TEST(the_longest_name_leaves_room_for_the_number_of_an_event)
{
	char name[SNET_NAME_MAX + 1] = "", data[32], state[8];

	memset(name, 'n', SNET_NAME_MAX);
	LABS_NODE(lab, .name = name, .kind = "button");
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 1; i <= 12; i++) {
		(void)snprintf(data, sizeof(data), "{\"target\":\"a0\",\"set\":%d}", i);
		(void)snprintf(state, sizeof(state), "%d", i);
		press(name, data);
		LABS_STATE(lab, "a0", state);
	}
}
END_TEST

START_TEST(an_event_expires_at_its_time_to_live)
{
	use_script(&script_kind, "f", 300000000);
	for (int i = 0; i < 8; i++)
		scripted[i] = SNET_RESULT_NOT_RUN;
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	expect(SNET_OUTCOME_EXPIRED, "expired", "its time to live has ended");
	ck_assert_uint_ge(labs_step_count(trace, "retry"), 1);
}
END_TEST

START_TEST(a_backend_that_never_answers_lets_the_event_expire)
{
	struct snet_trace *again = NULL;

	use_script(&script_kind, "hold", 200000000);
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	expect(SNET_OUTCOME_EXPIRED, "expired", "");
	/* Its answer comes too late and disturbs nobody. */
	snet_invocation_finish(held, SNET_RESULT_DONE, "{\"target\":\"sw0\"}");
	LABS_OK(snet_lab_trace(lab, snet_trace_id(trace), &again, &err));
	ck_assert_int_eq(snet_trace_outcome(again), SNET_OUTCOME_EXPIRED);
	snet_trace_free(again);
}
END_TEST

static struct snet_invocation *wait_held(void)
{
	struct snet_invocation *invocation;

	pthread_mutex_lock(&held_lock);
	while (!held)
		pthread_cond_wait(&held_changed, &held_lock);
	invocation = held;
	held = NULL;
	pthread_mutex_unlock(&held_lock);
	return invocation;
}

/* Beside "hold", for its own time to live. */
static void use_script_and_hold(uint64_t ttl_ns)
{
	use_script(&script_kind, "hold", ttl_ns);
	labs_route(lab, NULL, NULL, "f", "script", 0);
	held = NULL;
}

/* Send, and have the trace once it has a step "failed". */
static void send_until_failed(char id[SNET_EVENT_ID_MAX + 1])
{
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	for (int i = 0; i < WAIT_MS; i++) {
		snet_trace_free(trace);
		trace = NULL;
		if (snet_lab_wait_trace(lab, id, 1, NULL, &err) == 0)
			break;
		if (snet_lab_trace(lab, id, &trace, &err) == 0 &&
		    labs_step(trace, "failed"))
			return;
	}
	ck_abort_msg("the event has ended, or not failed in time");
}

START_TEST(an_event_is_pending_until_the_last_of_its_functions_has_ended)
{
	char id[SNET_EVENT_ID_MAX + 1];

	use_script_and_hold(0);
	scripted[1] = SNET_RESULT_ERROR;
	LABS_OK(snet_lab_up(lab, &err));
	send_until_failed(id);
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_PENDING);
	snet_invocation_finish(wait_held(), SNET_RESULT_DONE, "{}");
	snet_trace_free(trace);
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	expect(SNET_OUTCOME_FAILED, "result", "");
}
END_TEST

START_TEST(each_function_has_the_time_to_live_of_its_route)
{
	use_script_and_hold(150000000);
	scripted[1] = scripted[2] = SNET_RESULT_NOT_RUN;
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	expect(SNET_OUTCOME_EXPIRED, "expired",
	       "hold@script: its time to live has ended");
	ck_assert_uint_eq(labs_step_count(trace, "expired"), 1);
	ck_assert_uint_eq(labs_step_count(trace, "invoked"), 4);
	ck_assert_uint_eq(labs_step_count(trace, "result"), 1);
	snet_invocation_finish(wait_held(), SNET_RESULT_DONE, "{}");
	press("sw0", NULL);
}
END_TEST

START_TEST(a_function_that_failed_is_not_invoked_again_when_its_lab_resumes)
{
	char folder[] = "/tmp/test-lab-XXXXXX", command[64], id[SNET_EVENT_ID_MAX + 1];

	use_script_and_hold(0);
	scripted[1] = SNET_RESULT_ERROR;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	LABS_OK(snet_lab_set_folder(lab, folder, &err));
	LABS_OK(snet_lab_up(lab, &err));
	send_until_failed(id);
	(void)wait_held();
	snet_lab_down(lab);
	snet_lab_set_resume(lab, true);
	LABS_OK(snet_lab_up(lab, &err));
	snet_invocation_finish(wait_held(), SNET_RESULT_DONE, "{}");
	snet_trace_free(trace);
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	expect(SNET_OUTCOME_FAILED, "resumed", "");
	ck_assert_uint_eq(invocations, 3);
	ck_assert_str_eq(labs_step(trace, "failed"), "not now");
	snet_lab_down(lab);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_backend_that_cannot_start_keeps_the_lab_down)
{
	use_script(&refusing_kind, "f", 0);
	LABS_FAILS(
		snet_lab_up(lab, &err), -EHOSTDOWN,
		"cannot bring up lab 'scripted': relayer 'r0': backend 'script': the cloud "
		"has gone");
	ck_assert(!snet_lab_is_up(lab));
}
END_TEST

/* devices of the program's own kinds -------------------------------------------------------- */

static int press_twice(struct snet_device *device, const char *data,
		       struct snet_err *fn_err)
{
	int r = snet_device_emit(device, "first", "1", fn_err);

	return r < 0 ? r : snet_device_emit(device, NULL, data, fn_err);
}

static int press_nothing(struct snet_device *device, const char *data,
			 struct snet_err *fn_err)
{
	return snet_device_set_state(device, "\"pressed\"", fn_err);
}

static int press_failing(struct snet_device *device, const char *data,
			 struct snet_err *fn_err)
{
	(void)snprintf(fn_err->msg, sizeof(fn_err->msg), "%s is stuck",
		       snet_device_name(device));
	return -EIO;
}

static int obey_never(struct snet_device *device, const char *command,
		      char state[SNET_STATE_MAX], struct snet_err *fn_err)
{
	(void)snprintf(fn_err->msg, sizeof(fn_err->msg), "out of order");
	return -EIO;
}

static int count_commands(struct snet_device *device, const char *command,
			  char state[SNET_STATE_MAX], struct snet_err *fn_err)
{
	int *count = snet_device_memory(device);

	(void)snprintf(state, SNET_STATE_MAX, "%d", ++*count);
	return snet_device_emit(device, "done", NULL, fn_err);
}

static int init_failing(struct snet_device *device, struct snet_err *fn_err)
{
	(void)snprintf(fn_err->msg, sizeof(fn_err->msg), "no power");
	return -ENODEV;
}

static atomic_uint finis;

static void count_fini(struct snet_device *device)
{
	atomic_fetch_add(&finis, 1);
}

static const struct snet_device_kind custom_kinds[] = {
	{.size = sizeof(*custom_kinds),
	 .name = "twice",
	 .press = press_twice,
	 .fini = count_fini},
	{.size = sizeof(*custom_kinds), .name = "quiet", .press = press_nothing},
	{.size = sizeof(*custom_kinds),
	 .name = "stuck",
	 .press = press_failing,
	 .command = obey_never},
	{.size = sizeof(*custom_kinds),
	 .name = "counter",
	 .state_size = sizeof(int),
	 .command = count_commands},
	{.size = sizeof(*custom_kinds), .name = "plain"},
	{.size = sizeof(*custom_kinds),
	 .name = "dead",
	 .init = init_failing,
	 .fini = count_fini},
};

static void add_customs(size_t count)
{
	char name[8];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "c%zu", i);
		LABS_OK(snet_lab_add_device_kind(lab, &custom_kinds[i], &err));
		LABS_NODE(lab, .name = name, .kind = custom_kinds[i].name,
			  .data = "{\"target\":\"a0\"}", .type = "press");
	}
}

START_TEST(devices_of_other_kinds_send_and_obey)
{
	char id[SNET_EVENT_ID_MAX + 1];

	add_customs(5);
	LABS_OK(snet_lab_up(lab, &err));
	press("c0", NULL);
	LABS_STATE(lab, "a0", "1");
	LABS_FAILS(snet_device_press(lab, "c1", NULL, NULL, WAIT_MS, &err), -ENODATA,
		   "'c1' sent no event when it was pressed");
	LABS_OK(snet_device_send(lab, "c1", NULL, id, &err));
	ck_assert_str_eq(id, "");
	LABS_STATE(lab, "c1", "\"pressed\"");
	LABS_FAILS(snet_device_press(lab, "c2", NULL, NULL, WAIT_MS, &err), -EIO,
		   "c2 is stuck");
	press("sw0", "{\"target\":\"c2\"}");
	expect(SNET_OUTCOME_FAILED, "failed", "c2 refused the command: out of order");
	press("sw0", "{\"target\":\"c3\"}");
	expect(SNET_OUTCOME_DONE, "applied", "null \342\206\222 1");
	press("c4", NULL);
	LABS_STATE(lab, "a0", "0");
	press("sw0", "{\"target\":\"c4\",\"set\":3}");
	LABS_STATE(lab, "c4", "3");
}
END_TEST

START_TEST(a_device_that_cannot_be_made_keeps_the_lab_down)
{
	finis = 0;
	add_customs(6);
	LABS_FAILS(snet_lab_up(lab, &err), -ENODEV,
		   "cannot bring up lab 'house': cannot create device 'c5': no power");
	ck_assert_uint_eq(finis, 2);
	ck_assert(!snet_lab_is_up(lab));
}
END_TEST

static size_t count_files(void)
{
	DIR *files = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(files);
	while (readdir(files))
		count++;
	closedir(files);
	return count;
}

/* So many nodes are made with the help of another thread. */
START_TEST(a_large_lab_gives_all_its_files_back)
{
	char name[16];
	size_t count;

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		LABS_NODE(lab, .name = name, .kind = "host");
	}
	LABS_OK(snet_lab_up(lab, &err));
	snet_lab_down(lab);
	count = count_files(); /* some are the process's from then on */
	LABS_OK(snet_lab_up(lab, &err));
	snet_lab_down(lab);
	ck_assert_uint_eq(count_files(), count);
}
END_TEST

START_TEST(a_folder_without_a_store_is_as_it_was_when_up_fails)
{
	char there[] = "/tmp/test-lab-XXXXXX", new[sizeof(there) + 4];

	ck_assert_ptr_nonnull(mkdtemp(there));
	(void)snprintf(new, sizeof(new), "%s/new", there);
	add_customs(6);
	LABS_OK(snet_lab_set_folder(lab, new, &err));
	ck_assert_int_eq(snet_lab_up(lab, &err), -ENODEV);
	ck_assert_int_eq(access(new, F_OK), -1);
	LABS_OK(snet_lab_set_folder(lab, there, &err));
	ck_assert_int_eq(snet_lab_up(lab, &err), -ENODEV);
	ck_assert_int_eq(rmdir(there), 0);
}
END_TEST

static void run_in(const char *folder, const char *script)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cd %s && %s", folder, script);
	ck_assert_msg(system(command) == 0, "%s", script);
}

START_TEST(what_is_in_a_folder_already_stays)
{
	char folder[] = "/tmp/test-lab-XXXXXX";
	const char *make =
		"mkdir containers containers/mine && echo mine >hosts && echo mine >lock";
	const char *look =
		"test -d containers/mine && grep -qx mine hosts && grep -qx mine lock";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	run_in(folder, make);
	LABS_OK(snet_lab_set_folder(lab, folder, &err));
	LABS_OK(snet_lab_up(lab, &err));
	run_in(folder, look);
	snet_lab_down(lab);
	run_in(folder, look);
	run_in(folder, "rm -r store && mkdir store && echo mine >store/mine");
	LABS_FAILS(snet_lab_up(lab, &err), -EEXIST,
		   "/store' is not of a lab: choose another folder");
	snet_lab_set_resume(lab, true);
	ck_assert_int_eq(snet_lab_up(lab, &err), -EEXIST);
	run_in(folder, look);
	run_in(folder, "test \"$(ls store)\" = mine && rm -r $PWD");
}
END_TEST

START_TEST(kinds_are_checked_when_they_are_added)
{
	struct snet_device_kind kind = custom_kinds[0];
	struct snet_backend_kind backend = script_kind;

	LABS_OK(snet_lab_add_device_kind(lab, &kind, &err));
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EEXIST,
		   "there is a kind 'twice' already");
	kind.name = "button";
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EEXIST, "'button'");
	kind.name = "switch";
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EEXIST, "'switch'");
	kind.name = "a b";
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EINVAL, "'a b'");
	kind.name = "small";
	kind.size = 8;
	LABS_FAILS(snet_lab_add_device_kind(lab, &kind, &err), -EINVAL, "size");
	backend.name = "openwhisk";
	LABS_FAILS(snet_lab_add_backend_kind(lab, &backend, &err), -EEXIST,
		   "'openwhisk'");
	backend.name = "other";
	backend.invoke = NULL;
	LABS_FAILS(snet_lab_add_backend_kind(lab, &backend, &err), -EINVAL, "invoke");
	LABS_FAILS(snet_lab_add_native(lab, "none", "f", labs_echo, NULL, &err), -ENOENT,
		   "there is no backend 'none'");
	LABS_FAILS(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err),
		   -EEXIST, "'echo'");
	LABS_FAILS(snet_lab_add_native(lab, "local", "f", NULL, NULL, &err), -EINVAL,
		   "'f'");
}
END_TEST

START_TEST(a_shaper_that_cannot_is_refused)
{
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "h0",
					    .to = "s1",
					    .back = {.loss_model = SNET_LOSS_NTH,
						     .loss_nth = 7},
					    .shaper = SNET_SHAPER_NETEM};
	const struct snet_node_opts h0 = {.size = sizeof(h0),
					  .name = "h0",
					  .kind = "host"};

	LABS_OK(snet_lab_add_node(lab, &h0, &err));
	LABS_OK(snet_lab_add_link(lab, &link, &err));
	LABS_FAILS(snet_lab_up(lab, &err), -EINVAL,
		   "links[5].back.loss: netem cannot lose every n-th packet");
}
END_TEST

START_TEST(a_shaper_that_is_not_there_is_refused)
{
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "h0",
					    .to = "s1",
					    .forth = {.delay_ns = 1},
					    .shaper = SNET_SHAPER_NETEM};
	const struct snet_node_opts h0 = {.size = sizeof(h0),
					  .name = "h0",
					  .kind = "host"};

	LABS_OK(snet_lab_add_node(lab, &h0, &err));
	LABS_OK(snet_lab_add_link(lab, &link, &err));
	if (snet__qdisc_has_netem(NULL))
		LABS_OK(snet_lab_up(lab, &err));
	else
		LABS_FAILS(snet_lab_up(lab, &err), -ENOTSUP,
			   "this kernel has no sch_netem: load it (modprobe sch_netem), "
			   "or let \"shaper\" be \"user\" or \"auto\"");
}
END_TEST

/* Every event of a device arrives in the order of its sending, however many wait. */
static char order[4096];

static int note_order(void *user, const char *params, char *result, size_t size,
		      struct snet_err *fn_err)
{
	const char *data = strstr(params, "\"data\":");
	size_t used = strlen(order);

	(void)snprintf(order + used, sizeof(order) - used, "%d,", atoi(data + 7));
	return 0;
}

START_TEST(the_events_of_a_device_stay_in_order)
{
	char wanted[4096] = "", data[16], id[SNET_EVENT_ID_MAX + 1];

	snet_lab_free(lab);
	lab = labs_new("order");
	order[0] = '\0';
	LABS_OK(snet_lab_add_native(lab, "local", "note", note_order, NULL, &err));
	labs_route(lab, NULL, NULL, "note", NULL, 0);
	LABS_NODE(lab, .name = "sw0", .kind = "button");
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 500; i++) {
		(void)snprintf(data, sizeof(data), "%d", i);
		LABS_OK(snet_device_send(lab, "sw0", data, id, &err));
		(void)strcat(strcat(wanted, data), ",");
	}
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, NULL, &err));
	snet_lab_down(lab);
	ck_assert_str_eq(order, wanted);
}
END_TEST

/* On the lab's thread: what waits is refused, what sends is not, and too much is too much. */
struct in_callback {
	int press, wait_trace, wait_state, flood;
	unsigned int flooded;
	struct snet_err press_err, flood_err;
	bool is_done;
};

static void use_callback(void *user, const struct snet_trace *ended)
{
	struct in_callback *seen = user;

	if (seen->is_done)
		return;
	seen->is_done = true;
	seen->press = snet_device_press(lab, "sw0", NULL, NULL, 1000, &seen->press_err);
	seen->wait_trace =
		snet_lab_wait_trace(lab, snet_trace_id(ended), 1000, NULL, NULL);
	seen->wait_state = snet_device_wait_state(lab, "a0", "9", 1000, NULL);
	do
		seen->flood = snet_device_send(lab, "sw1", "{}", NULL, &seen->flood_err);
	while (seen->flood == 0 && ++seen->flooded < 2000);
}

START_TEST(callbacks_may_send_but_not_wait)
{
	struct in_callback seen = {0};

	snet_lab_set_trace_fn(lab, use_callback, &seen);
	LABS_OK(snet_lab_up(lab, &err));
	press("sw0", NULL);
	LABS_STATE(lab, "a0", "1"); /* after the callback */
	ck_assert_int_eq(seen.press, -EDEADLK);
	ck_assert_str_eq(seen.press_err.msg,
			 "a callback of lab 'house' cannot wait for the lab");
	ck_assert_int_eq(seen.wait_trace, -EDEADLK);
	ck_assert_int_eq(seen.wait_state, -EDEADLK);
	ck_assert_int_eq(seen.flood, -EAGAIN);
	ck_assert_uint_eq(seen.flooded, 1024);
	ck_assert_str_eq(seen.flood_err.msg,
			 "1024 events wait to be acknowledged already");
	snet_lab_down(lab);
}
END_TEST

static void down_in_callback(void *user, const struct snet_trace *ended)
{
	snet_lab_down(lab);
}

START_TEST(a_callback_asks_for_the_end_and_join_returns)
{
	snet_lab_set_trace_fn(lab, down_in_callback, NULL);
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_send(lab, "sw0", NULL, NULL, &err));
	snet_lab_join(lab);
	ck_assert(snet_lab_is_up(lab));
	snet_lab_down(lab);
	ck_assert(!snet_lab_is_up(lab));
}
END_TEST

static int down_in_init(struct snet_device *device, struct snet_err *fn_err)
{
	snet_lab_down(lab);
	return 0;
}

START_TEST(a_callback_asks_for_the_end_while_the_lab_starts)
{
	static const struct snet_device_kind kind = {.size = sizeof(kind),
						     .name = "weary",
						     .init = down_in_init};

	LABS_OK(snet_lab_add_device_kind(lab, &kind, &err));
	LABS_NODE(lab, .name = "w", .kind = "weary");
	LABS_OK(snet_lab_up(lab, &err));
	snet_lab_join(lab);
	snet_lab_down(lab);
	ck_assert(!snet_lab_is_up(lab));
}
END_TEST

/* the end while others wait ----------------------------------------------------------------- */

struct waiting {
	pthread_t thread;
	int kind, r;
	struct snet_err err;
};

static void *wait_in_lab(void *user)
{
	struct waiting *waiting = user;

	switch (waiting->kind) {
	case 0:
		waiting->r =
			snet_device_press(lab, "sw0", NULL, NULL, 60000, &waiting->err);
		break;
	case 1:
		waiting->r =
			snet_device_wait_state(lab, "sw0", "1", 60000, &waiting->err);
		break;
	default:
		snet_lab_join(lab);
		waiting->r = -ENOTCONN;
	}
	return NULL;
}

START_TEST(who_waits_is_told_when_the_lab_goes_down)
{
	struct waiting waiting[6] = {0};

	use_script(&script_kind, "hold", 0);
	held = NULL;
	LABS_OK(snet_lab_up(lab, &err));
	for (int i = 0; i < 6; i++) {
		waiting[i].kind = i % 3;
		ck_assert_int_eq(pthread_create(&waiting[i].thread, NULL, wait_in_lab,
						&waiting[i]),
				 0);
	}
	pthread_mutex_lock(&held_lock);
	while (!held)
		pthread_cond_wait(&held_changed, &held_lock);
	pthread_mutex_unlock(&held_lock);
	snet_lab_down(lab);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(pthread_join(waiting[i].thread, NULL), 0);
		ck_assert_msg(waiting[i].r == -ENOTCONN, "%d: %d %s", i, waiting[i].r,
			      waiting[i].err.msg);
	}
}
END_TEST

static atomic_bool is_over;

static void *ask_for_ever(void *user)
{
	char text[SNET_STATE_MAX];
	struct snet_err own = {0};

	while (!is_over) {
		(void)snet_device_press(lab, "sw0", NULL, NULL, 5000, &own);
		(void)snet_device_state(lab, "a0", text, &own);
		(void)snet_lab_is_up(lab);
	}
	return NULL;
}

START_TEST(a_lab_goes_up_and_down_under_the_hands_of_other_threads)
{
	pthread_t threads[4];

	is_over = false;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_for_ever, NULL),
				 0);
	for (int i = 0; i < 10; i++) {
		LABS_OK(snet_lab_up(lab, &err));
		LABS_OK(snet_device_press(lab, "sw1", NULL, NULL, WAIT_MS, &err));
		snet_lab_down(lab);
	}
	is_over = true;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

START_TEST(two_labs_live_in_one_process)
{
	struct snet_lab *other = labs_house("house");

	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_lab_up(other, &err));
	press("sw0", NULL);
	LABS_STATE(lab, "a0", "1");
	LABS_STATE(other, "a0", "0");
	LABS_OK(snet_device_press(other, "sw1", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(other, "a1", "true");
	LABS_STATE(lab, "a1", "false");
	snet_lab_free(other);
	press("sw0", NULL);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

START_TEST(a_folder_has_one_lab_at_a_time)
{
	struct snet_lab *other = labs_house("other");
	char folder[] = "/tmp/test-lab-XXXXXX", command[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	LABS_OK(snet_lab_set_folder(lab, folder, &err));
	LABS_OK(snet_lab_set_folder(other, folder, &err));
	LABS_OK(snet_lab_up(lab, &err));
	LABS_FAILS(snet_lab_up(other, &err), -EBUSY, "cannot bring up lab 'other'");
	snet_lab_down(lab);
	snet_lab_free(other);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_lab_that_was_down_goes_on_when_it_resumes)
{
	char folder[] = "/tmp/test-lab-XXXXXX", command[64], id[SNET_EVENT_ID_MAX + 1];

	use_script(&script_kind, "f", 0);
	for (int i = 0; i < 8; i++)
		scripted[i] = SNET_RESULT_NOT_RUN;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	LABS_OK(snet_lab_set_folder(lab, folder, &err));
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	LABS_FAILS(snet_lab_wait_trace(lab, id, 150, NULL, &err), -ETIMEDOUT,
		   "is still pending after 150 ms");
	snet_lab_down(lab);
	invocations = 8; /* the cloud has recovered */
	snet_lab_set_resume(lab, true);
	LABS_OK(snet_lab_up(lab, &err));
	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	expect(SNET_OUTCOME_DONE, "resumed", "");
	ck_assert_uint_eq(labs_step_count(trace, "journaled"), 0);
	snet_lab_down(lab);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static void add_events(TCase *tcase)
{
	tcase_add_test(tcase, a_press_moves_an_actuator_step_by_step);
	tcase_add_test(tcase, data_that_is_too_large_is_refused);
	tcase_add_test(tcase, results_say_what_is_done);
	tcase_add_loop_test(tcase, a_result_that_cannot_be_done_fails_with_a_text, 0,
			    sizeof(wrong_results) / sizeof(*wrong_results));
	tcase_add_test(tcase, a_command_that_is_refused_fails_with_the_reason);
	tcase_add_test(tcase, states_are_waited_for);
	tcase_add_test(tcase, an_event_that_was_just_sent_can_be_waited_for);
	tcase_add_test(tcase, each_queue_gets_one_copy);
	tcase_add_test(tcase, an_event_that_no_route_takes_is_dropped);
	tcase_add_test(tcase, a_function_that_fails_says_why);
	tcase_add_test(tcase, a_route_to_no_function_of_the_program_is_refused_at_up);
	tcase_add_test(tcase, an_invocation_may_end_another);
	tcase_add_test(tcase, what_did_not_run_is_tried_again);
	tcase_add_test(tcase, what_may_have_run_is_tried_again_and_the_trace_says_so);
	tcase_add_test(tcase, what_failed_or_is_impossible_is_not_tried_again);
	tcase_add_test(tcase, the_longest_name_leaves_room_for_the_number_of_an_event);
	tcase_add_test(tcase, an_event_expires_at_its_time_to_live);
	tcase_add_test(tcase, a_backend_that_never_answers_lets_the_event_expire);
	tcase_add_test(tcase,
		       an_event_is_pending_until_the_last_of_its_functions_has_ended);
	tcase_add_test(tcase, each_function_has_the_time_to_live_of_its_route);
	tcase_add_test(tcase,
		       a_function_that_failed_is_not_invoked_again_when_its_lab_resumes);
	tcase_add_test(tcase, the_events_of_a_device_stay_in_order);
	tcase_add_test(tcase, devices_of_other_kinds_send_and_obey);
}

static void add_life(TCase *tcase)
{
	tcase_add_test(tcase, a_lab_goes_down_and_comes_up_again_new);
	tcase_add_test(tcase, what_needs_a_lab_that_is_up_says_so);
	tcase_add_test(tcase, what_describes_a_lab_is_refused_while_it_is_up);
	tcase_add_test(tcase, a_lab_is_written_as_it_is);
	tcase_add_test(tcase, a_lab_is_drawn_as_it_is);
	tcase_add_test(tcase, what_is_not_there_is_named);
	tcase_add_test(tcase, a_backend_that_cannot_start_keeps_the_lab_down);
	tcase_add_test(tcase, a_device_that_cannot_be_made_keeps_the_lab_down);
	tcase_add_test(tcase, what_is_in_a_folder_already_stays);
	tcase_add_test(tcase, a_large_lab_gives_all_its_files_back);
	tcase_add_test(tcase, a_folder_without_a_store_is_as_it_was_when_up_fails);
	tcase_add_test(tcase, kinds_are_checked_when_they_are_added);
	tcase_add_test(tcase, a_shaper_that_cannot_is_refused);
	tcase_add_test(tcase, a_shaper_that_is_not_there_is_refused);
	tcase_add_test(tcase, callbacks_may_send_but_not_wait);
	tcase_add_test(tcase, a_callback_asks_for_the_end_and_join_returns);
	tcase_add_test(tcase, a_callback_asks_for_the_end_while_the_lab_starts);
	tcase_add_test(tcase, who_waits_is_told_when_the_lab_goes_down);
	tcase_add_test(tcase, a_lab_goes_up_and_down_under_the_hands_of_other_threads);
	tcase_add_test(tcase, two_labs_live_in_one_process);
	tcase_add_test(tcase, a_folder_has_one_lab_at_a_time);
	tcase_add_test(tcase, a_lab_that_was_down_goes_on_when_it_resumes);
}

Suite *suite(void)
{
	Suite *suite = suite_create("lab");
	TCase *tcase = tcase_create("lab");

	rights_get();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_events(tcase);
	add_life(tcase);
	suite_add_tcase(suite, tcase);
	return suite;
}
