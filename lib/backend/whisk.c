/* SPDX-License-Identifier: MIT */
/* The blocking client of OpenWhisk's API. Answers that are errors become messages here; what
 * an invocation's answer means is openwhisk_reply.c's to say, as for the backend. */

#include "backend/whisk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/openwhisk_reply.h"
#include "backend/whisk_url.h"
#include "backend/wskprops.h"
#include "base/clock.h"
#include "base/text.h"
#include "io/http.h"

/* Source: OpenWhisk, docs/rest_api.md: the most items of one list. */
#define PAGE_SIZE 200
#define PAGES_MAX 500

struct snet__whisk {
	char *url;
	char *key;
	struct snet__http_opts http;
};

static void place_clear(struct snet__whisk_place *place)
{
	free(place->api_host);
	free(place->key);
}

static int find_place(struct snet__whisk_place *place,
		      const struct snet__whisk_opts *opts, struct snet_err *err)
{
	autoprops props = {0};
	int r;

	if (opts->connect) {
		r = opts->connect(opts->user, place, err);
		if (r < 0)
			return r;
		if (opts->credentials || !place->key) {
			free(place->key);
			return snet__wskprops_find_key(&place->key,
						       opts->credentials
							       ? opts->credentials
							       : SNET__WSK_GUEST_KEY,
						       err);
		}
		return 0;
	}

	if (!opts->api_host) {
		r = snet__wskprops_load(&props, NULL, err);
		if (r < 0)
			return snet__err_prefix(err, r, "no API host was given");
		if (!props.api_host)
			return snet__err_set(
				err, -ENOENT,
				"no API host was given, nor APIHOST in the default "
				".wskprops file");
	}
	place->api_host = strdup(opts->api_host ? opts->api_host : props.api_host);
	if (!place->api_host)
		return snet__err_oom(err);

	return snet__wskprops_find_key(&place->key, opts->credentials, err);
}

int snet__whisk_new(struct snet__whisk **ret, const struct snet__whisk_opts *opts,
		    struct snet_err *err)
{
	cleanup_with(place_clear) struct snet__whisk_place place = {.netns = -1};
	autowhisk *whisk = calloc(1, sizeof(*whisk));
	int r;

	if (!whisk)
		return snet__err_oom(err);

	r = find_place(&place, opts, err);
	if (r < 0)
		return r;

	r = snet__whisk_url_base(&whisk->url, place.api_host, err);
	if (r < 0)
		return r;

	whisk->key = steal_ptr(place.key);
	whisk->http.netns = place.netns;
	whisk->http.insecure = opts->insecure;
	*ret = steal_ptr(whisk);
	return 0;
}

void snet__whisk_free(struct snet__whisk *whisk)
{
	if (!whisk)
		return;
	free(whisk->url);
	free(whisk->key);
	free(whisk);
}

/* One call and its answer. */
struct exchange {
	struct snet__whisk *whisk;
	const char *name; /* of the function, for messages; NULL for none */
	struct snet__json *json;
	struct snet_err *err;
	int r;
};

static int refuse(const struct exchange *exchange, const struct snet__http_response *http)
{
	const char *text = snet__json_get_string(exchange->json, "error");
	const char *url = exchange->whisk->url;
	struct snet_err *err = exchange->err;

	if (http->untrusted)
		return snet__err_set(
			err, -EKEYREJECTED,
			"cannot trust '%s': %s (SSL_CERT_FILE names other authorities, --insecure skips this check)",
			url, http->error);
	if (!http->status)
		return snet__err_set(err, http->timed_out ? -ETIMEDOUT : -ECONNREFUSED,
				     "cannot reach '%s': %s", url, http->error);
	if (http->status == 401)
		return snet__err_set(
			err, -EACCES,
			"'%s' does not accept the credentials: check the key or the .wskprops file",
			url);
	if (http->status == 404 && exchange->name)
		return snet__err_set(err, -ENOENT, "'%s' has no function '%s'", url,
				     exchange->name);
	if (text)
		return snet__err_set(err, -EIO, "'%s' refuses: %s", url, text);
	return snet__err_set(err, -EIO,
			     "'%s' answers with HTTP status %u: is it OpenWhisk?", url,
			     http->status);
}

static void on_answer(void *user, const struct snet__http_response *http)
{
	struct exchange *exchange = user;
	int r;

	r = snet__json_parse(&exchange->json, http->body, http->body_size, NULL);
	exchange->r = r < 0 || http->status != 200 ? refuse(exchange, http) : 0;
}

/* @path is below the namespace's collections. Gives the answer's JSON. */
static int call(struct snet__whisk *whisk, const char *method, const char *url,
		const char *name, const struct snet__json *body, struct snet__json **ret,
		struct snet_err *err)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	struct exchange exchange = {.whisk = whisk, .name = name, .err = err};
	autofree char *text = body ? snet__json_format(body) : NULL;
	struct snet__http_request request = {
		.method = method,
		.url = url,
		.user_password = whisk->key,
		.headers = body ? headers : NULL,
		.body = text,
		.body_size = text ? strlen(text) : 0,
	};
	autojson *json = NULL;
	int r;

	if (body && !text)
		return snet__err_oom(err);

	r = snet__http_run(&whisk->http, &request, on_answer, &exchange, err);
	json = exchange.json;
	if (r == 0)
		r = exchange.r;
	if (r < 0)
		return r;

	if (ret)
		*ret = steal_ptr(json);
	return 0;
}

int snet__whisk_list(struct snet__whisk *whisk, struct snet__json **ret,
		     struct snet_err *err)
{
	autojson *all = snet__json_new_array();
	size_t count = PAGE_SIZE;
	int r;

	for (unsigned int page = 0; page < PAGES_MAX && count == PAGE_SIZE; page++) {
		autojson *part = NULL;
		autofree char *url = snet__text_format(
			"%s/api/v1/namespaces/_/actions?limit=%d&skip=%u", whisk->url,
			PAGE_SIZE, page * PAGE_SIZE);

		if (!url || !all)
			return snet__err_oom(err);

		r = call(whisk, "GET", url, NULL, NULL, &part, err);
		if (r < 0)
			return r;

		count = snet__json_count(part);
		for (size_t i = 0; i < count; i++)
			(void)snet__json_append(all,
						snet__json_copy(snet__json_at(part, i)));
	}
	*ret = steal_ptr(all);
	return 0;
}

int snet__whisk_get(struct snet__whisk *whisk, const char *name, struct snet__json **ret,
		    struct snet_err *err)
{
	autofree char *url = NULL;
	int r;

	r = snet__whisk_url_action(&url, whisk->url, name, "?code=true", err);
	if (r < 0)
		return r;

	return call(whisk, "GET", url, name, NULL, ret, err);
}

int snet__whisk_remove(struct snet__whisk *whisk, const char *name, struct snet_err *err)
{
	autofree char *url = NULL;
	int r;

	r = snet__whisk_url_action(&url, whisk->url, name, "", err);
	if (r < 0)
		return r;

	return call(whisk, "DELETE", url, name, NULL, NULL, err);
}

static struct snet__json *describe(const struct snet__whisk_action *action)
{
	struct snet__json *root = snet__json_new_object(), *exec, *limits, *params, *item;
	const struct snet__json *member;

	exec = snet__json_add(root, "exec", snet__json_new_object());
	snet__json_add_string(exec, "kind", action->kind);
	snet__json_add_string(exec, "code", action->code);
	snet__json_add_string(exec, "main", action->main);
	/* Source: apache/openwhisk-cli, "wsk action create --native" */
	if (strcmp(action->kind, "blackbox") == 0)
		snet__json_add_string(exec, "image", "openwhisk/dockerskeleton");

	limits = snet__json_add(root, "limits", snet__json_new_object());
	if (action->timeout_ms)
		snet__json_add_number(limits, "timeout", action->timeout_ms);
	if (action->memory_mb)
		snet__json_add_number(limits, "memory", action->memory_mb);

	if (!action->params)
		return root;
	params = snet__json_add(root, "parameters", snet__json_new_array());
	for (member = snet__json_first(action->params); member;
	     member = snet__json_next(member)) {
		item = snet__json_append(params, snet__json_new_object());
		snet__json_add_string(item, "key", snet__json_key(member));
		(void)snet__json_add(item, "value", snet__json_copy(member));
	}
	return root;
}

int snet__whisk_put(struct snet__whisk *whisk, const struct snet__whisk_action *action,
		    struct snet__json **ret, struct snet_err *err)
{
	autojson *body = describe(action);
	autofree char *url = NULL;
	int r;

	if (!body)
		return snet__err_oom(err);

	r = snet__whisk_url_action(&url, whisk->url, action->name, "?overwrite=true",
				   err);
	if (r < 0)
		return r;

	/* A package that is not there is the only thing that can be missing. */
	return call(whisk, "PUT", url, NULL, body, ret, err);
}

/* Invocations --------------------------------------------------------------------------- */

struct run {
	struct snet__whisk *whisk;
	const char *name;
	bool is_poll;
	uint64_t deadline_ns;
	struct snet__json *result;
	char activation[64];
	struct snet_err *err;
	int r; /* 1: it has not ended */
};

static bool has_succeeded(const struct snet__json *record)
{
	return snet__json_is_true(
		snet__json_get(snet__json_get(record, "response"), "success"));
}

static int give_result(struct run *run, const struct snet__json *json)
{
	const struct snet__json *result = json;

	/* An array comes without a record around it. */
	if (snet__json_is(json, SNET__JSON_OBJECT))
		result = snet__json_get(snet__json_get(json, "response"), "result");
	run->result = result ? snet__json_copy(result) : snet__json_new_object();
	return run->result ? 0 : snet__err_oom(run->err);
}

static int read_reply(struct run *run, const struct snet__http_response *http)
{
	const struct snet__openwhisk_answer answer = {
		.http = http,
		.activation_header = snet__http_header(http, "x-openwhisk-activation-id"),
		.location_header = snet__http_header(http, "location"),
		.function = run->name,
		.url = run->whisk->url,
		.is_poll = run->is_poll,
		.wall_ns = snet__clock_wall_ns(),
	};
	struct snet__openwhisk_reply reply = {0};
	int r;

	snet__openwhisk_reply_read(&reply, &answer);
	if (reply.is_pending) {
		if (!run->is_poll)
			memcpy(run->activation, reply.result.activation,
			       sizeof(run->activation));
		r = 1;
	} else {
		r = reply.result.result == SNET_RESULT_ERROR ? -EREMOTEIO : -EIO;
		(void)snet__err_set(run->err, r, "%s", reply.text);
	}
	snet__openwhisk_reply_clear(&reply);
	return r;
}

static void on_run(void *user, const struct snet__http_response *http)
{
	struct run *run = user;
	autojson *json = NULL;

	(void)snet__json_parse(&json, http->body, http->body_size,
			       NULL); /* NULL is told below */
	if (http->status == 200 &&
	    (has_succeeded(json) || snet__json_is(json, SNET__JSON_ARRAY)))
		run->r = give_result(run, json);
	else
		run->r = read_reply(run, http);
}

static uint64_t remaining_ns(const struct run *run)
{
	uint64_t now_ns = snet__clock_ns();

	return run->deadline_ns > now_ns ? run->deadline_ns - now_ns : 0;
}

static int post(struct run *run, const char *params, bool blocking)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	struct snet__http_request request = {
		.method = "POST",
		.user_password = run->whisk->key,
		.headers = headers,
		.body = params,
		.body_size = strlen(params),
		.timeout_ns = remaining_ns(run),
	};
	autofree char *url = NULL;
	int r;

	r = snet__whisk_url_action(&url, run->whisk->url, run->name,
				   blocking ? "?blocking=true" : "", run->err);
	if (r < 0)
		return r;

	request.url = url;
	r = snet__http_run(&run->whisk->http, &request, on_run, run, run->err);
	return r < 0 ? r : run->r;
}

static int poll_once(struct run *run)
{
	struct snet__http_request request = {
		.method = "GET",
		.user_password = run->whisk->key,
		.timeout_ns = remaining_ns(run) + SNET__OPENWHISK_POLL_FIRST_NS,
	};
	autofree char *url = NULL;
	int r;

	r = snet__whisk_url_activation(&url, run->whisk->url, run->name, run->activation,
				       run->err);
	if (r < 0)
		return r;

	request.url = url;
	r = snet__http_run(&run->whisk->http, &request, on_run, run, run->err);
	return r < 0 ? r : run->r;
}

static int poll_until_end(struct run *run)
{
	uint64_t delay_ns = SNET__OPENWHISK_POLL_FIRST_NS, left_ns;
	struct timespec wait;
	int r = 1;

	run->is_poll = true;
	while (r == 1) {
		left_ns = remaining_ns(run);
		if (!left_ns)
			return snet__err_set(run->err, -ETIMEDOUT,
					     "activation '%s' has not ended yet",
					     run->activation);
		delay_ns = delay_ns < left_ns ? delay_ns : left_ns;
		wait.tv_sec = (time_t)(delay_ns / SNET__NS_PER_S);
		wait.tv_nsec = (long)(delay_ns % SNET__NS_PER_S);
		(void)nanosleep(&wait, NULL); /* cut short by a signal it asks sooner */
		delay_ns = delay_ns * 2 < SNET__OPENWHISK_POLL_MAX_NS
				   ? delay_ns * 2
				   : SNET__OPENWHISK_POLL_MAX_NS;
		r = poll_once(run);
	}
	return r;
}

int snet__whisk_invoke(struct snet__whisk *whisk, const char *name, const char *params,
		       uint64_t timeout_ns, struct snet__json **ret, struct snet_err *err)
{
	struct run run = {.whisk = whisk, .name = name, .err = err};
	int r;

	run.deadline_ns =
		snet__clock_ns() + (timeout_ns ? timeout_ns : SNET__OPENWHISK_TIMEOUT_NS);
	r = post(&run, params, true);
	if (r == 1)
		r = poll_until_end(&run);
	if (r < 0)
		return r;

	*ret = run.result;
	return 0;
}

int snet__whisk_start(struct snet__whisk *whisk, const char *name, const char *params,
		      char **ret_activation, struct snet_err *err)
{
	struct run run = {.whisk = whisk, .name = name, .err = err};
	int r;

	run.deadline_ns = snet__clock_ns() + SNET__OPENWHISK_TIMEOUT_NS;
	r = post(&run, params, false);
	if (r < 0)
		return r;
	if (r == 0) {
		snet__json_free(run.result);
		return snet__err_set(err, -EIO, "'%s' answers at once: is it OpenWhisk?",
				     whisk->url);
	}

	*ret_activation = strdup(run.activation);
	return *ret_activation ? 0 : snet__err_oom(err);
}
