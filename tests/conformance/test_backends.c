/* SPDX-License-Identifier: MIT */
/* What holds for every backend, whatever runs the functions: a result each, exactly one, and
 * nothing left behind. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/event.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "http_server.h"
#include "suite.h"

#define DEADLINE_NS (20 * SNET__NS_PER_S)

/* What functions of these names do, in every backend. */
static const struct behaviour {
	const char *name;
	const char *json;  /* its result */
	const char *error; /* or why it fails */
} behaviours[] = {
	{"toggle", "{\"target\":\"a0\"}", NULL},
	{"nothing", "{}", NULL},
	{"number", "42", NULL},
	{"array", "[1,2]", NULL},
	{"fail", NULL, "no such lamp"},
	{"huge", "HUGE", NULL},
};

static char huge[SNET_EVENT_DATA_MAX + 1024];
static struct snet__loop *loop;
static struct snet__timer *guard;
static struct http_server *server;

static const struct behaviour *find(const char *name)
{
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(*behaviours); i++)
		if (strcmp(behaviours[i].name, name) == 0)
			return &behaviours[i];
	return NULL;
}

static const char *json_of(const struct behaviour *behaviour)
{
	return strcmp(behaviour->json, "HUGE") == 0 ? huge : behaviour->json;
}

/* native ---------------------------------------------------------------------------------- */

static int run_native(void *user, const char *params, char *result, size_t result_size,
		      struct snet_err *err)
{
	const struct behaviour *behaviour = user;

	if (behaviour->error) {
		(void)snprintf(err->msg, sizeof(err->msg), "%s", behaviour->error);
		return -EIO;
	}
	(void)snprintf(result, result_size, "%s", json_of(behaviour));
	return 0;
}

static struct snet__native_function
	native_functions[sizeof(behaviours) / sizeof(*behaviours)];
static struct snet__native_functions native = {.items = native_functions};

static struct snet__backend *make_native(void)
{
	struct snet_backend_opts opts = {.size = sizeof(opts),
					 .name = "b",
					 .kind = "native"};
	struct snet__backend_env env = {.opts = &opts,
					.loop = loop,
					.netns = -1,
					.user = &native};
	struct snet__backend *backend = NULL;

	native.count = sizeof(native_functions) / sizeof(*native_functions);
	for (size_t i = 0; i < native.count; i++)
		native_functions[i] = (struct snet__native_function){
			.name = (char *)behaviours[i].name,
			.fn = run_native,
			.user = (void *)&behaviours[i],
		};
	ck_assert_int_eq(snet__backend_new(&backend, snet__backend_find_kind("native"),
					   &env, NULL),
			 0);
	return backend;
}

/* openwhisk ------------------------------------------------------------------------------- */

static void answer_record(struct http_exchange *exchange,
			  const struct behaviour *behaviour)
{
	char *text = NULL;
	int r;

	if (behaviour->error)
		r = asprintf(&text,
			     "{\"activationId\":\"a1\",\"response\":{\"success\":false,"
			     "\"result\":{\"error\":\"%s\"}}}",
			     behaviour->error);
	else
		r = asprintf(&text,
			     "{\"activationId\":\"a1\",\"response\":{\"success\":true,"
			     "\"result\":%s}}",
			     json_of(behaviour));
	ck_assert_int_gt(r, 0);
	http_answer(exchange, behaviour->error ? 502 : 200,
		    "x-openwhisk-activation-id: a1\r\n", text);
	free(text);
}

static bool serve(struct http_exchange *exchange, void *user)
{
	char name[32] = "";

	(void)sscanf(exchange->head, "POST /api/v1/namespaces/_/actions/%31[a-z]", name);
	if (find(name))
		answer_record(exchange, find(name));
	else if (strcmp(name, "hang") == 0)
		http_wait_for_stop(exchange);
	else
		http_answer(exchange, 404, "", "{\"error\":\"not here\",\"code\":\"1\"}");
	return true;
}

static struct snet__backend *make_openwhisk_with(http_handler handler, const char *url)
{
	struct snet_backend_opts opts = {.size = sizeof(opts),
					 .name = "b",
					 .kind = "openwhisk"};
	struct snet__backend_env env = {.opts = &opts, .loop = loop, .netns = -1};
	struct snet__backend *backend = NULL;

	if (!url) {
		server = http_server_start(handler, NULL);
		url = http_server_url(server);
	}
	env.node_url = url;
	ck_assert_int_eq(snet__backend_new(&backend, snet__backend_find_kind("openwhisk"),
					   &env, NULL),
			 0);
	return backend;
}

static struct snet__backend *make_openwhisk(void)
{
	return make_openwhisk_with(serve, NULL);
}

/* a program's own kind, finishing at once or from a thread of its own ----------------------- */

struct custom {
	bool is_threaded;
	pthread_t threads[64];
	size_t count;
};

struct job {
	struct snet_invocation *invocation;
	const struct behaviour *behaviour;
};

static void finish(struct snet_invocation *invocation, const struct behaviour *behaviour)
{
	if (!behaviour)
		snet_invocation_finish(invocation, SNET_RESULT_IMPOSSIBLE, "not here");
	else if (behaviour->error)
		snet_invocation_finish(invocation, SNET_RESULT_ERROR, behaviour->error);
	else
		snet_invocation_finish(invocation, SNET_RESULT_DONE, json_of(behaviour));
}

static void *run_job(void *user)
{
	struct job *job = user;

	finish(job->invocation, job->behaviour);
	free(job);
	return NULL;
}

static void custom_invoke(void *state, struct snet_invocation *invocation,
			  const char *function, const char *params)
{
	struct custom *custom = state;
	struct job *job;

	ck_assert_str_eq(params, "{\"id\":\"e1\"}");
	if (strcmp(function, "hang") == 0)
		return;
	if (!custom->is_threaded) {
		finish(invocation, find(function));
		return;
	}
	job = calloc(1, sizeof(*job));
	ck_assert_ptr_nonnull(job);
	job->invocation = invocation;
	job->behaviour = find(function);
	ck_assert_int_eq(pthread_create(&custom->threads[custom->count++], NULL, run_job,
					job),
			 0);
}

static void custom_fini(void *state)
{
	struct custom *custom = state;

	for (size_t i = 0; i < custom->count; i++)
		(void)pthread_join(custom->threads[i], NULL);
}

static int threaded_init(void *state, const struct snet_backend_opts *opts,
			 struct snet_err *err)
{
	struct custom *custom = state;

	custom->is_threaded = true;
	return 0;
}

static const struct snet_backend_kind direct_kind = {
	.size = sizeof(struct snet_backend_kind),
	.name = "direct",
	.state_size = sizeof(struct custom),
	.invoke = custom_invoke,
};
static const struct snet_backend_kind threaded_kind = {
	.size = sizeof(struct snet_backend_kind),
	.name = "threaded",
	.state_size = sizeof(struct custom),
	.init = threaded_init,
	.fini = custom_fini,
	.invoke = custom_invoke,
};

static struct snet__backend *make_custom(const struct snet_backend_kind *kind)
{
	struct snet_backend_opts opts = {.size = sizeof(opts),
					 .name = "b",
					 .kind = kind->name};
	struct snet__backend_env env = {.opts = &opts, .loop = loop, .netns = -1};
	struct snet__backend *backend = NULL;

	ck_assert_int_eq(snet__backend_new_custom(&backend, kind, &env, NULL), 0);
	return backend;
}

static struct snet__backend *make_direct(void)
{
	return make_custom(&direct_kind);
}

static struct snet__backend *make_threaded(void)
{
	return make_custom(&threaded_kind);
}

static const struct {
	const char *name;
	struct snet__backend *(*make)(void);
	bool may_hang;   /* has a function that does not answer */
	bool cuts_short; /* its interface already bounds results */
} all[] = {
	{"native", make_native, false, true},
	{"openwhisk", make_openwhisk, true, false},
	{"direct", make_direct, true, false},
	{"threaded", make_threaded, true, false},
};

/* The suite ------------------------------------------------------------------------------- */

struct invocation {
	struct snet_invocation base;
	int count;
	enum snet_result result;
	char text[512];
	char json[512];
	char accepted[64];
	uint64_t retry_after_ns;
};

static int open_count;

static void on_guard(void *user)
{
	ck_abort_msg("no end within the deadline");
}

static void on_accepted(struct snet_invocation *base, const char *activation)
{
	struct invocation *invocation = (struct invocation *)base;

	(void)snprintf(invocation->accepted, sizeof(invocation->accepted), "%s",
		       activation);
}

static void on_done(struct snet_invocation *base, const struct snet__result *result)
{
	struct invocation *invocation = (struct invocation *)base;

	invocation->count++;
	invocation->result = result->result;
	invocation->retry_after_ns = result->retry_after_ns;
	ck_assert((result->result == SNET_RESULT_DONE) == (result->json != NULL));
	ck_assert((result->result == SNET_RESULT_DONE) == (result->text == NULL));
	(void)snprintf(invocation->json, sizeof(invocation->json), "%s",
		       result->json ? result->json : "");
	(void)snprintf(invocation->text, sizeof(invocation->text), "%s",
		       result->text ? result->text : "");
	if (--open_count == 0)
		snet__loop_stop(loop);
}

static void start(struct snet__backend *backend, struct invocation *invocation,
		  const char *function)
{
	invocation->base.function = function;
	invocation->base.params = "{\"id\":\"e1\"}";
	if (!invocation->base.deadline_ns)
		invocation->base.deadline_ns = snet__clock_ns() + DEADLINE_NS;
	invocation->base.accepted = on_accepted;
	invocation->base.done = on_done;
	open_count++;
	snet__backend_invoke(backend, &invocation->base);
}

static void finish_all(void)
{
	/* One that ended before the loop ran has stopped it too. */
	while (open_count)
		snet__loop_run(loop);
	ck_assert_int_eq(open_count, 0);
}

static void invoke(struct snet__backend *backend, struct invocation *invocation,
		   const char *function)
{
	start(backend, invocation, function);
	finish_all();
	ck_assert_int_eq(invocation->count, 1);
}

static void set_up(void)
{
	server = NULL;
	open_count = 0;
	(void)snprintf(huge, sizeof(huge), "{\"a\":\"%0*d\"}", SNET_EVENT_DATA_MAX, 0);
	ck_assert_int_eq(snet__loop_new(&loop, NULL), 0);
	ck_assert_int_eq(snet__timer_new(&guard, loop, on_guard, NULL, NULL), 0);
	snet__timer_start(guard, 2 * DEADLINE_NS, 0);
}

static void tear_down(void)
{
	if (server)
		http_server_stop(server);
	snet__timer_free(guard);
	snet__loop_free(loop);
}

START_TEST(a_result_is_handed_on)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation toggle = {0}, nothing = {0};

	invoke(backend, &toggle, "toggle");
	ck_assert_int_eq(toggle.result, SNET_RESULT_DONE);
	ck_assert_str_eq(toggle.json, "{\"target\":\"a0\"}");
	invoke(backend, &nothing, "nothing");
	ck_assert_int_eq(nothing.result, SNET_RESULT_DONE);
	ck_assert_str_eq(nothing.json, "{}");
	snet__backend_free(backend);
}
END_TEST

START_TEST(an_error_is_told_in_the_functions_words)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation invocation = {0};

	invoke(backend, &invocation, "fail");
	ck_assert_int_eq(invocation.result, SNET_RESULT_ERROR);
	ck_assert_str_eq(invocation.text, "no such lamp");
	snet__backend_free(backend);
}
END_TEST

START_TEST(an_unknown_function_is_impossible)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation invocation = {0};

	invoke(backend, &invocation, "nosuch");
	ck_assert_int_eq(invocation.result, SNET_RESULT_IMPOSSIBLE);
	ck_assert_str_ne(invocation.text, "");
	snet__backend_free(backend);
}
END_TEST

START_TEST(a_result_that_is_no_object_is_an_error)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation number = {0}, array = {0};

	invoke(backend, &number, "number");
	ck_assert_int_eq(number.result, SNET_RESULT_ERROR);
	ck_assert_str_eq(number.text, "the function's result is a number, not an object");
	invoke(backend, &array, "array");
	ck_assert_int_eq(array.result, SNET_RESULT_ERROR);
	ck_assert_str_eq(array.text, "the function's result is an array, not an object");
	snet__backend_free(backend);
}
END_TEST

START_TEST(a_result_that_is_too_large_is_an_error)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation invocation = {0};

	invoke(backend, &invocation, "huge");
	ck_assert_int_eq(invocation.result, SNET_RESULT_ERROR);
	ck_assert_str_eq(invocation.text,
			 all[_i].cuts_short
				 ? "the function's result is not JSON"
				 : "the function's result is larger than 32767 bytes");
	snet__backend_free(backend);
}
END_TEST

START_TEST(each_of_many_ends_once)
{
	struct snet__backend *backend = all[_i].make();
	struct invocation invocations[60] = {0};

	for (size_t i = 0; i < 60; i++)
		start(backend, &invocations[i], i % 3 ? "toggle" : "fail");
	finish_all();
	for (size_t i = 0; i < 60; i++) {
		ck_assert_int_eq(invocations[i].count, 1);
		ck_assert_int_eq(invocations[i].result,
				 i % 3 ? SNET_RESULT_DONE : SNET_RESULT_ERROR);
	}
	snet__backend_free(backend);
}
END_TEST

START_TEST(a_deadline_ends_what_does_not_end)
{
	struct invocation invocation = {0};
	struct snet__backend *backend;

	if (!all[_i].may_hang)
		return;
	backend = all[_i].make();
	invocation.base.deadline_ns = snet__clock_ns() + 50 * SNET__NS_PER_MS;
	invoke(backend, &invocation, "hang");
	ck_assert_int_eq(invocation.result, SNET_RESULT_UNKNOWN);
	ck_assert_str_ne(invocation.text, "");
	snet__backend_free(backend);
	ck_assert_int_eq(invocation.count, 1);
}
END_TEST

START_TEST(open_invocations_go_with_their_backend)
{
	struct invocation invocations[5] = {0};
	struct snet__backend *backend;

	if (!all[_i].may_hang)
		return;
	backend = all[_i].make();
	for (size_t i = 0; i < 5; i++)
		start(backend, &invocations[i], i ? "hang" : "toggle");
	snet__backend_free(backend);
	for (size_t i = 1; i < 5; i++)
		ck_assert_int_eq(invocations[i].count, 0);
}
END_TEST

/* What only OpenWhisk has ------------------------------------------------------------------ */

/* Accepts, knows nothing of it twice, then has the record. */
static bool serve_slowly(struct http_exchange *exchange, void *user)
{
	if (exchange->number == 0)
		http_answer(exchange, 202, "", "{\"activationId\":\"0123abcd\"}");
	else if (exchange->number < 3)
		http_answer(exchange, 404, "", "{\"error\":\"not yet\",\"code\":\"1\"}");
	else if (strstr(exchange->head, "GET /api/v1/namespaces/_/activations/0123abcd "))
		answer_record(exchange, find("toggle"));
	else
		http_answer(exchange, 400, "", "{}");
	return true;
}

START_TEST(an_accepted_function_is_asked_after)
{
	struct snet__backend *backend = make_openwhisk_with(serve_slowly, NULL);
	struct invocation invocation = {0};

	invoke(backend, &invocation, "toggle");
	ck_assert_int_eq(invocation.result, SNET_RESULT_DONE);
	ck_assert_str_eq(invocation.json, "{\"target\":\"a0\"}");
	ck_assert_str_eq(invocation.accepted, "0123abcd");
	ck_assert_uint_eq(http_server_requests(server), 4);
	snet__backend_free(backend);
}
END_TEST

static bool serve_record_only(struct http_exchange *exchange, void *user)
{
	if (strstr(exchange->head, "GET /api/v1/namespaces/_/activations/0123abcd "))
		answer_record(exchange, find("toggle"));
	else
		http_answer(exchange, 400, "", "{}");
	return true;
}

START_TEST(what_was_accepted_before_a_restart_is_not_invoked_again)
{
	struct snet__backend *backend = make_openwhisk_with(serve_record_only, NULL);
	struct invocation invocation = {.base.activation = "0123abcd"};

	invoke(backend, &invocation, "toggle");
	ck_assert_int_eq(invocation.result, SNET_RESULT_DONE);
	ck_assert_uint_eq(http_server_requests(server), 1);
	snet__backend_free(backend);
}
END_TEST

static bool serve_never_stored(struct http_exchange *exchange, void *user)
{
	if (exchange->number == 0)
		http_answer(exchange, 202, "", "{\"activationId\":\"0123abcd\"}");
	else
		http_answer(exchange, 404, "", "{}");
	return true;
}

START_TEST(an_activation_that_never_ends_is_unknown)
{
	struct snet__backend *backend = make_openwhisk_with(serve_never_stored, NULL);
	struct invocation invocation = {0};

	invocation.base.deadline_ns = snet__clock_ns() + 120 * SNET__NS_PER_MS;
	invoke(backend, &invocation, "toggle");
	ck_assert_int_eq(invocation.result, SNET_RESULT_UNKNOWN);
	ck_assert_str_eq(invocation.text,
			 "activation '0123abcd' did not end before the deadline");
	snet__backend_free(backend);
}
END_TEST

static bool serve_and_close(struct http_exchange *exchange, void *user)
{
	if (exchange->number == 0)
		answer_record(exchange, find("toggle"));
	return exchange->number == 0;
}

START_TEST(a_server_that_dies_sees_no_second_post)
{
	struct snet__backend *backend = make_openwhisk_with(serve_and_close, NULL);
	struct invocation first = {0}, second = {0};

	invoke(backend, &first, "toggle");
	ck_assert_int_eq(first.result, SNET_RESULT_DONE);
	invoke(backend, &second, "toggle");
	ck_assert_int_eq(second.result, SNET_RESULT_UNKNOWN);
	ck_assert_uint_eq(http_server_requests(server), 2);
	snet__backend_free(backend);
}
END_TEST

START_TEST(nobody_there_means_not_run)
{
	struct invocation invocation = {0};
	struct snet__backend *backend;
	char url[64];

	server = http_server_start(serve, NULL);
	(void)snprintf(url, sizeof(url), "%s", http_server_url(server));
	http_server_stop(steal_ptr(server));
	backend = make_openwhisk_with(NULL, url);
	invoke(backend, &invocation, "toggle");
	ck_assert_int_eq(invocation.result, SNET_RESULT_NOT_RUN);
	snet__backend_free(backend);
}
END_TEST

static bool serve_limited(struct http_exchange *exchange, void *user)
{
	http_answer(
		exchange, 429, "",
		"{\"error\":\"Too many requests in the last minute (count: 61, allowed: "
		"60).\",\"code\":\"1\"}");
	return true;
}

START_TEST(a_rate_limit_says_when_to_come_again)
{
	struct snet__backend *backend = make_openwhisk_with(serve_limited, NULL);
	struct invocation invocation = {0};

	invoke(backend, &invocation, "toggle");
	ck_assert_int_eq(invocation.result, SNET_RESULT_NOT_RUN);
	ck_assert_uint_gt(invocation.retry_after_ns, 0);
	ck_assert_uint_le(invocation.retry_after_ns, 61 * SNET__NS_PER_S);
	snet__backend_free(backend);
}
END_TEST

START_TEST(a_name_that_is_none_is_impossible)
{
	struct snet__backend *backend = make_openwhisk();
	struct invocation invocation = {0};

	invoke(backend, &invocation, "a/b/c");
	ck_assert_int_eq(invocation.result, SNET_RESULT_IMPOSSIBLE);
	ck_assert_uint_eq(http_server_requests(server), 0);
	snet__backend_free(backend);
}
END_TEST

START_TEST(a_backend_that_cannot_be_is_explained)
{
	struct snet_backend_opts opts = {.size = sizeof(opts), .name = "cloud"};
	struct snet__backend_env env = {.opts = &opts, .loop = loop, .netns = -1};
	const struct snet__backend_kind *kind = snet__backend_find_kind("openwhisk");
	struct snet__backend *backend = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__backend_new(&backend, kind, &env, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "backend 'cloud': give 'node' or 'url'");
	opts.url = "ow.example";
	opts.credentials = "/nowhere/props";
	ck_assert_int_eq(snet__backend_new(&backend, kind, &env, &err), -ENOENT);
	ck_assert_str_eq(
		err.msg,
		"backend 'cloud': no credentials ('uuid:key' or the path of a .wskprops "
		"file): cannot open '/nowhere/props': No such file or directory");
	ck_assert_ptr_null(backend);
	ck_assert_ptr_null(snet__backend_find_kind("teleport"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("backends");
	TCase *every = tcase_create("every"), *whisk = tcase_create("openwhisk");
	const TTest *const of_every[] = {
		a_result_is_handed_on,
		an_error_is_told_in_the_functions_words,
		an_unknown_function_is_impossible,
		a_result_that_is_no_object_is_an_error,
		a_result_that_is_too_large_is_an_error,
		each_of_many_ends_once,
		a_deadline_ends_what_does_not_end,
		open_invocations_go_with_their_backend,
	};
	const TTest *const of_whisk[] = {
		an_accepted_function_is_asked_after,
		what_was_accepted_before_a_restart_is_not_invoked_again,
		an_activation_that_never_ends_is_unknown,
		a_server_that_dies_sees_no_second_post,
		nobody_there_means_not_run,
		a_rate_limit_says_when_to_come_again,
		a_name_that_is_none_is_impossible,
		a_backend_that_cannot_be_is_explained,
	};

	tcase_set_timeout(every, 60);
	tcase_set_timeout(whisk, 60);
	tcase_add_checked_fixture(every, set_up, tear_down);
	tcase_add_checked_fixture(whisk, set_up, tear_down);
	for (size_t i = 0; i < sizeof(of_every) / sizeof(*of_every); i++)
		tcase_add_loop_test(every, of_every[i], 0, sizeof(all) / sizeof(*all));
	for (size_t i = 0; i < sizeof(of_whisk) / sizeof(*of_whisk); i++)
		tcase_add_test(whisk, of_whisk[i]);
	suite_add_tcase(s, every);
	suite_add_tcase(s, whisk);
	return s;
}
