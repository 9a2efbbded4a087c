/* SPDX-License-Identifier: MIT */
/* The backend for OpenWhisk's REST API, the embedded "functions" node's as well.
 *
 * An invocation is one blocking POST, for the whole record and not only the result, because
 * only the record tells a function that failed from a gateway that did. When the function
 * outlasts the POST the server answers 202, and the record is asked for with GETs, less and
 * less often, until the deadline. Nothing here ever POSTs twice. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/openwhisk_reply.h"
#include "backend/whisk_url.h"
#include "backend/wskprops.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define BLOCKING_MAX_MS 60000 /* Source: OpenWhisk's limit of "timeout" */

struct openwhisk {
	struct snet__loop *loop;
	struct snet__http *http;
	char *url; /* "https://HOST" */
	char *key;
	uint64_t timeout_ns;
	bool is_local;
	struct call *calls;
};

struct call {
	struct openwhisk *openwhisk;
	struct snet_invocation *invocation;
	struct call *next, **at;
	struct snet__http_call *http_call; /* NULL between two */
	struct snet__timer *timer;         /* NULL until it polls */
	uint64_t deadline_ns, delay_ns;
	bool is_poll;
	char activation[64];
};

static void call_free(struct call *call)
{
	*call->at = call->next;
	if (call->next)
		call->next->at = call->at;
	snet__http_cancel(call->http_call);
	snet__timer_free(call->timer);
	free(call);
}

static void end(struct call *call, const struct snet__result *result)
{
	struct snet_invocation *invocation = call->invocation;

	call_free(call);
	snet__invocation_end(invocation, result);
}

static void end_with(struct call *call, enum snet_result kind, const char *text)
{
	struct snet__result result = {.result = kind, .text = text};

	(void)snprintf(result.activation, sizeof(result.activation), "%s",
		       call->activation);
	end(call, &result);
}

static uint64_t remaining_ns(const struct call *call)
{
	uint64_t now_ns = snet__clock_ns();

	return call->deadline_ns > now_ns ? call->deadline_ns - now_ns : 0;
}

static void on_poll_due(void *user);

/* Ask for the activation later; the last time is at the deadline itself. */
static void poll_later(struct call *call)
{
	uint64_t left_ns = remaining_ns(call), delay_ns = call->delay_ns;
	char text[160];
	int r;

	if (!call->timer) {
		r = snet__timer_new(&call->timer, call->openwhisk->loop, on_poll_due,
				    call, NULL);
		if (r < 0) {
			end_with(call, SNET_RESULT_UNKNOWN, "out of memory");
			return;
		}
	}
	if (!left_ns) {
		(void)snprintf(text, sizeof(text),
			       "activation '%s' did not end before the deadline",
			       call->activation);
		end_with(call, SNET_RESULT_UNKNOWN, text);
		return;
	}

	call->delay_ns = delay_ns * 2 < SNET__OPENWHISK_POLL_MAX_NS
				 ? delay_ns * 2
				 : SNET__OPENWHISK_POLL_MAX_NS;
	snet__timer_start(call->timer, delay_ns < left_ns ? delay_ns : left_ns, 0);
}

static void on_answer(void *user, const struct snet__http_response *response)
{
	struct call *call = user;
	struct snet_invocation *invocation = call->invocation;
	struct snet__openwhisk_reply reply = {0};
	struct snet__openwhisk_answer answer = {
		.http = response,
		.activation_header =
			snet__http_header(response, "x-openwhisk-activation-id"),
		.location_header = snet__http_header(response, "location"),
		.function = invocation->function,
		.url = call->openwhisk->url,
		.is_resumed = invocation->activation != NULL,
		.is_poll = call->is_poll,
		.is_local = call->openwhisk->is_local,
		.wall_ns = snet__clock_wall_ns(),
	};

	call->http_call = NULL;
	snet__openwhisk_reply_read(&reply, &answer);
	if (!reply.is_pending) {
		if (!reply.result.activation[0])
			memcpy(reply.result.activation, call->activation,
			       sizeof(call->activation));
		end(call, &reply.result);
	} else {
		if (!call->is_poll) {
			memcpy(call->activation, reply.result.activation,
			       sizeof(call->activation));
			call->is_poll = true;
			if (invocation->accepted)
				invocation->accepted(invocation, call->activation);
		}
		poll_later(call);
	}
	snet__openwhisk_reply_clear(&reply);
}

static int start_call(struct call *call, struct snet__http_request *request,
		      struct snet_err *err)
{
	request->user_password = call->openwhisk->key;
	/* A poll at the deadline itself still needs a moment for its answer. */
	request->timeout_ns =
		remaining_ns(call) + (call->is_poll ? SNET__OPENWHISK_POLL_FIRST_NS : 0);
	return snet__http_start(call->openwhisk->http, request, on_answer, call,
				&call->http_call, err);
}

static void on_poll_due(void *user)
{
	struct call *call = user;
	struct snet__http_request request = {.method = "GET"};
	autofree char *url = NULL;
	struct snet_err err = {0};
	int r;

	r = snet__whisk_url_activation(&url, call->openwhisk->url,
				       call->invocation->function, call->activation,
				       &err);
	if (r == 0) {
		request.url = url;
		r = start_call(call, &request, &err);
	}
	if (r < 0)
		end_with(call, SNET_RESULT_UNKNOWN, err.msg);
}

static int post(struct call *call, struct snet_err *err)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	const char *params = call->invocation->params;
	struct snet__http_request request = {
		.method = "POST",
		.headers = headers,
		.body = params,
		.body_size = strlen(params),
	};
	/* Shorter than our own patience, so that a function that outlasts it is known by its
	 * activation and not lost. */
	uint64_t blocking_ms = remaining_ns(call) / 4 * 3 / SNET__NS_PER_MS;
	autofree char *url = NULL;
	char query[64];
	int r;

	(void)snprintf(query, sizeof(query), "?blocking=true&timeout=%u",
		       blocking_ms < 1                 ? 1
		       : blocking_ms < BLOCKING_MAX_MS ? (unsigned int)blocking_ms
						       : BLOCKING_MAX_MS);
	r = snet__whisk_url_action(&url, call->openwhisk->url, call->invocation->function,
				   query, err);
	if (r < 0)
		return r;

	request.url = url;
	return start_call(call, &request, err);
}

static struct call *call_new(struct openwhisk *openwhisk,
			     struct snet_invocation *invocation)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;

	call->openwhisk = openwhisk;
	call->invocation = invocation;
	call->delay_ns = SNET__OPENWHISK_POLL_FIRST_NS;
	call->deadline_ns = snet__clock_ns() + openwhisk->timeout_ns;
	if (invocation->deadline_ns && invocation->deadline_ns < call->deadline_ns)
		call->deadline_ns = invocation->deadline_ns;
	call->next = openwhisk->calls;
	call->at = &openwhisk->calls;
	if (call->next)
		call->next->at = &call->next;
	openwhisk->calls = call;
	return call;
}

static void openwhisk_invoke(void *state, struct snet_invocation *invocation)
{
	struct snet__result no_memory = {.result = SNET_RESULT_NOT_RUN,
					 .text = "out of memory"};
	struct call *call = call_new(state, invocation);
	struct snet_err err = {0};
	int r;

	if (!call) {
		snet__invocation_end(invocation, &no_memory);
		return;
	}

	invocation->call = call;
	if (invocation->activation) {
		(void)snprintf(call->activation, sizeof(call->activation), "%s",
			       invocation->activation);
		call->is_poll = true;
		on_poll_due(call);
		return;
	}
	if (!remaining_ns(call)) {
		end_with(call, SNET_RESULT_NOT_RUN, "the deadline had passed already");
		return;
	}
	r = post(call, &err);
	if (r < 0)
		end_with(call,
			 r == -EINVAL ? SNET_RESULT_IMPOSSIBLE : SNET_RESULT_NOT_RUN,
			 err.msg);
}

/* Where to, and with which key. */
static int find_server(struct openwhisk *openwhisk, const struct snet__backend_env *env,
		       struct snet_err *err)
{
	const struct snet_backend_opts *opts = env->opts;
	const char *key = opts->credentials;
	int r;

	if (!opts->url && !env->node_url)
		return snet__err_set(err, -EINVAL, "give 'node' or 'url'");

	openwhisk->is_local = !opts->url;
	r = snet__whisk_url_base(&openwhisk->url, opts->url ? opts->url : env->node_url,
				 err);
	if (r < 0)
		return r;

	if (!key && openwhisk->is_local)
		key = env->node_credentials ? env->node_credentials : SNET__WSK_GUEST_KEY;
	return snet__wskprops_find_key(&openwhisk->key, key, err);
}

static int openwhisk_init(void *state, const struct snet__backend_env *env,
			  struct snet_err *err)
{
	struct snet__http_opts http = {.netns = env->netns,
				       .insecure = env->opts->insecure};
	struct openwhisk *openwhisk = state;
	autofree char *pin = NULL;
	int r;

	openwhisk->loop = env->loop;
	openwhisk->timeout_ns = env->opts->timeout_ns ? env->opts->timeout_ns
						      : SNET__OPENWHISK_TIMEOUT_NS;
	r = find_server(openwhisk, env, err);
	if (r < 0)
		return r;

	/* A name of the outside is looked up there, wherever it is then called from. */
	if (env->connect_to) {
		http.connect_to = env->connect_to;
	} else if (!openwhisk->is_local && env->outside) {
		r = snet__http_pin(&pin, openwhisk->url, env->outside, err);
		if (r < 0)
			return r;
		http.outside = env->is_routed ? NULL : env->outside;
		http.resolve = pin;
	}
	return snet__http_new(&openwhisk->http, env->loop, &http, err);
}

static void openwhisk_fini(void *state)
{
	struct openwhisk *openwhisk = state;

	while (openwhisk->calls)
		call_free(openwhisk->calls);
	snet__http_free(openwhisk->http);
	free(openwhisk->url);
	free(openwhisk->key);
}

const struct snet__backend_kind snet__backend_openwhisk = {
	.name = "openwhisk",
	.state_size = sizeof(struct openwhisk),
	.init = openwhisk_init,
	.fini = openwhisk_fini,
	.invoke = openwhisk_invoke,
};
