/* SPDX-License-Identifier: MIT */
/* The endpoint: who may ask, what for, and how errors look. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "backend/wskprops.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "faas/plan.h"
#include "faas/worker_io.h"

#define NAMESPACE       "guest"
#define TRANSACTION_MAX 128
#define SEGMENT_MAX     8
/* Code and what is around it. Source: application.conf, max-content-length */
#define BODY_MAX (SNET__FAAS_CODE_MAX + 16u * 1024 * 1024)

void snet__faas_respond(struct snet__httpd_request *request, unsigned int status,
			const char *body)
{
	snet__httpd_respond(request, status, "application/json", body, strlen(body));
}

void snet__faas_respond_json(const struct snet__faas_call *call, unsigned int status,
			     struct snet__json *json)
{
	autofree char *text = snet__json_format(json);

	snet__json_free(json);
	if (text)
		snet__faas_respond(call->request, status, text);
	else
		snet__faas_respond(call->request, 500, "{\"error\":\"out of memory\"}");
}

void snet__faas_refuse(const struct snet__faas_call *call, unsigned int status,
		       const char *fmt, ...)
{
	struct snet__json *json = snet__json_new_object();
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snet__json_add_string(json, "error", text);
	snet__json_add_string(json, "code", call->transaction);
	snet__faas_respond_json(call, status, json);
}

bool snet__faas_is_flag(const struct snet__faas_call *call, const char *key,
			bool fallback)
{
	const char *value = snet__httpd_query(call->request, key);

	if (!value || !*value)
		return fallback;
	return strcasecmp(value, "true") == 0;
}

bool snet__faas_read_number(const struct snet__faas_call *call, const char *key,
			    uint64_t *number)
{
	const char *value = snet__httpd_query(call->request, key);

	if (!value || !*value)
		return true;
	if (strspn(value, "0123456789") != strlen(value) || strlen(value) > 18) {
		if (value[0] == '-' && strcmp(key, "skip") == 0)
			snet__faas_refuse(
				call, 400,
				"The value '%s' is not greater than or equal to 0 "
				"for %s.",
				value, call->collection);
		else if (value[0] == '-' && strcmp(key, "limit") == 0)
			snet__faas_refuse(
				call, 400,
				"The value '%s' is not in the range of 0 to %d for "
				"%s.",
				value, SNET__FAAS_LIST_MAX, call->collection);
		else
			snet__faas_refuse(call, 400,
					  "The value '%s' is not an integer for %s.",
					  value, call->collection);
		return false;
	}
	*number = strtoull(value, NULL, 10);
	return true;
}

bool snet__faas_read_window(const struct snet__faas_call *call, uint64_t *ret_limit,
			    uint64_t *ret_skip)
{
	uint64_t limit = SNET__FAAS_LIST_DEFAULT, skip = 0;

	if (!snet__faas_read_number(call, "limit", &limit) ||
	    !snet__faas_read_number(call, "skip", &skip))
		return false;
	if (limit > SNET__FAAS_LIST_MAX) {
		snet__faas_refuse(
			call, 400,
			"The value '%llu' is not in the range of 0 to %d for %s.",
			(unsigned long long)limit, SNET__FAAS_LIST_MAX, call->collection);
		return false;
	}
	*ret_limit = limit ? limit : SNET__FAAS_LIST_MAX;
	*ret_skip = skip;
	return true;
}

static void on_root(struct snet__faas_call *call)
{
	const struct snet__faas *faas = call->faas;
	struct snet__json *json = snet__json_new_object(), *part;

	snet__json_add_string(json, "description", "OpenWhisk");
	part = snet__json_add(json, "support", snet__json_new_object());
	snet__json_add_string(part, "github",
			      "https://github.com/apache/openwhisk/issues");
	snet__json_add_string(part, "slack", "http://slack.openwhisk.org");
	part = snet__json_add(json, "api_paths", snet__json_new_array());
	(void)snet__json_append(part, snet__json_new_string("/api/v1"));
	part = snet__json_add(json, "limits", snet__json_new_object());
	snet__json_add_number(part, "actions_per_minute", faas->invocations_per_minute);
	snet__json_add_number(part, "triggers_per_minute", 0);
	snet__json_add_number(part, "concurrent_actions", SNET__FAAS_QUEUE_MAX);
	snet__json_add_number(part, "sequence_length", 0);
	snet__json_add_number(part, "min_action_duration", SNET__FAAS_TIMEOUT_MIN_MS);
	snet__json_add_number(part, "max_action_duration", SNET__FAAS_TIMEOUT_MAX_MS);
	snet__json_add_number(part, "min_action_memory",
			      SNET__FAAS_MEMORY_MIN_MB * 1048576.);
	snet__json_add_number(part, "max_action_memory",
			      SNET__FAAS_MEMORY_MAX_MB * 1048576.);
	snet__json_add_number(part, "min_action_logs", 0);
	snet__json_add_number(part, "max_action_logs", SNET__FAAS_LOGS_MAX_MB * 1048576.);
	(void)snet__json_add(json, "runtimes", snet__faas_describe_runtimes());
	snet__faas_respond_json(call, 200, json);
}

static void on_version(struct snet__faas_call *call)
{
	struct snet__json *json = snet__json_new_object(), *paths;

	snet__json_add_string(json, "description", "OpenWhisk API");
	snet__json_add_string(json, "api_version", "1.0.0");
	snet__json_add_string(json, "api_version_path", "v1");
	snet__json_add_string(json, "build", "libsnet");
	snet__json_add_string(json, "buildno", "1");
	paths = snet__json_add(json, "swagger_paths", snet__json_new_object());
	snet__json_add_string(paths, "api-docs", "/api-docs");
	snet__faas_respond_json(call, 200, json);
}

static void on_ping(struct snet__faas_call *call)
{
	snet__httpd_respond(call->request, 200, "text/plain; charset=UTF-8", "pong", 4);
}

static void on_namespaces(struct snet__faas_call *call)
{
	snet__faas_respond(call->request, 200, "[\"" NAMESPACE "\"]");
}

static void on_limits(struct snet__faas_call *call)
{
	struct snet__json *json = snet__json_new_object();
	unsigned int rate = call->faas->invocations_per_minute;

	snet__json_add_number(json, "invocationsPerMinute", rate ? rate : INT32_MAX);
	snet__json_add_number(json, "concurrentInvocations", SNET__FAAS_QUEUE_MAX);
	snet__json_add_number(json, "firesPerMinute", 0);
	snet__json_add_number(json, "minActionMemory", SNET__FAAS_MEMORY_MIN_MB);
	snet__json_add_number(json, "maxActionMemory", SNET__FAAS_MEMORY_MAX_MB);
	snet__json_add_number(json, "minActionLogs", 0);
	snet__json_add_number(json, "maxActionLogs", SNET__FAAS_LOGS_MAX_MB);
	snet__json_add_number(json, "minActionTimeout", SNET__FAAS_TIMEOUT_MIN_MS);
	snet__json_add_number(json, "maxActionTimeout", SNET__FAAS_TIMEOUT_MAX_MS);
	snet__json_add_number(json, "minActionConcurrency", 1);
	snet__json_add_number(json, "maxActionConcurrency", 1);
	snet__json_add_string(json, "maxParameterSize", "1048576 B");
	snet__faas_respond_json(call, 200, json);
}

static void on_unsupported(struct snet__faas_call *call)
{
	snet__faas_refuse(call, 501, "%c%s are not supported by this endpoint.",
			  call->collection[0] - 'a' + 'A', call->collection + 1);
}

/* The collections of a namespace, with the methods of a list and of an entity. */
static const struct collection {
	const char *name;
	const char *list_methods, *entity_methods;
	void (*on_list)(struct snet__faas_call *call);
	void (*on_entity)(struct snet__faas_call *call);
} collections[] = {
	{"actions", "GET", "GET PUT POST DELETE", snet__faas_on_actions,
	 snet__faas_on_action},
	{"activations", "GET", "GET", snet__faas_on_activations,
	 snet__faas_on_activation},
	{"limits", "GET", "", on_limits, NULL},
	{"triggers", "GET", "GET PUT POST DELETE", on_unsupported, on_unsupported},
	{"rules", "GET", "GET PUT POST DELETE", on_unsupported, on_unsupported},
	{"packages", "GET", "GET PUT POST DELETE", on_unsupported, on_unsupported},
};

static bool allows(const char *methods, const char *method)
{
	const char *at = strstr(methods, method);
	size_t size = strlen(method);

	return at && size && (at == methods || at[-1] == ' ') && strchr(" ", at[size]);
}

static void refuse_unknown(struct snet__faas_call *call)
{
	snet__faas_refuse(call, 404, "The requested resource does not exist.");
}

static void refuse_method(struct snet__faas_call *call)
{
	snet__faas_refuse(call, 405, "HTTP method not allowed, supported methods differ");
}

/* Take "%20" and such out of a path's segment, in place; false for what is no code. */
static bool decode(char *text)
{
	char *to = text, code[3] = "", *end;

	for (; *text; text++) {
		*to = *text;
		if (*text == '%') {
			code[0] = text[1];
			code[1] = text[1] ? text[2] : '\0';
			*to = (char)strtoul(code, &end, 16);
			if (end != code + 2 || !*to)
				return false;
			text += 2;
		}
		to++;
	}
	*to = '\0';
	return true;
}

static bool check_name(struct snet__faas_call *call)
{
	if (strlen(call->name) > SNET__FAAS_NAME_MAX)
		snet__faas_refuse(call, 400,
				  "Name segement longer than allowed: %zu > %d.",
				  strlen(call->name), SNET__FAAS_NAME_MAX);
	else if (!snet__faas_is_name(call->name))
		snet__faas_refuse(call, 400,
				  "The name of the entity contains illegal characters.");
	else
		return true;
	return false;
}

/* @segments: the collection's name and what follows it. */
static void on_collection(struct snet__faas_call *call, char **segments, size_t count)
{
	const char *method = snet__httpd_method(call->request);
	const struct collection *collection = NULL;
	bool is_list = count < 2 || !*segments[1];

	for (size_t i = 0; i < sizeof(collections) / sizeof(*collections); i++)
		if (strcmp(segments[0], collections[i].name) == 0)
			collection = &collections[i];
	if (!collection || count > 3) {
		refuse_unknown(call);
		return;
	}
	call->collection = collection->name;
	if (!is_list) {
		call->name = segments[1];
		call->rest = count > 2 ? segments[2] : NULL;
	}
	if (!allows(is_list ? collection->list_methods : collection->entity_methods,
		    method))
		refuse_method(call);
	else if (is_list)
		collection->on_list(call);
	else if (collection->on_entity != snet__faas_on_action || check_name(call))
		collection->on_entity(call);
}

static bool is_authentic(struct snet__faas_call *call)
{
	autofree char *user = NULL, *password = NULL, *given = NULL;

	if (!snet__httpd_basic_auth(call->request, &user, &password)) {
		snet__httpd_add_header(call->request, "WWW-Authenticate",
				       "Basic realm=\"OpenWhisk secure realm\"");
		snet__faas_refuse(call, 401,
				  "The resource requires authentication, which was not "
				  "supplied with the request");
		return false;
	}
	given = snet__text_format("%s:%s", user, password);
	if (given && strcmp(given, call->faas->credentials) == 0)
		return true;
	snet__httpd_add_header(call->request, "WWW-Authenticate",
			       "Basic realm=\"OpenWhisk secure realm\"");
	snet__faas_refuse(call, 401, "The supplied authentication is invalid");
	return false;
}

/* Below /api/v1. */
static void on_api(struct snet__faas_call *call, char **segments, size_t count)
{
	const char *method = snet__httpd_method(call->request);
	bool is_get = strcmp(method, "GET") == 0;

	if (strcmp(method, "OPTIONS") == 0)
		snet__httpd_respond(call->request, 200, NULL, "", 0);
	else if (count == 0 || !*segments[0])
		is_get ? on_version(call) : refuse_method(call);
	else if (strcmp(segments[0], "web") == 0)
		snet__faas_refuse(call, 501,
				  "Web actions are not supported by this endpoint.");
	else if (strcmp(segments[0], "namespaces") != 0)
		refuse_unknown(call);
	else if (!is_authentic(call))
		return;
	else if (count == 1 || !*segments[1])
		is_get ? on_namespaces(call) : refuse_method(call);
	else if (strcmp(segments[1], "_") && strcmp(segments[1], NAMESPACE))
		snet__faas_refuse(
			call, 403,
			"The supplied authentication is not authorized to access "
			"'%s'.",
			segments[1]);
	else if (count > 2)
		on_collection(call, segments + 2, count - 2);
	else
		refuse_unknown(call);
}

static void route(struct snet__faas_call *call, char *path)
{
	bool is_get = strcmp(snet__httpd_method(call->request), "GET") == 0;
	char *segments[SEGMENT_MAX], *at = path;
	size_t count = 0;

	while (count < SEGMENT_MAX && (at = strchr(at, '/'))) {
		*at++ = '\0';
		segments[count++] = at;
	}
	for (size_t i = 0; i < count; i++) {
		if (!decode(segments[i]) || (i == SEGMENT_MAX - 1)) {
			refuse_unknown(call);
			return;
		}
	}
	if (count >= 2 && strcmp(segments[0], "api") == 0 &&
	    strcmp(segments[1], "v1") == 0)
		on_api(call, segments + 2, count - 2);
	else if (is_get && count == 1 && !*segments[0])
		on_root(call);
	else if (is_get && count == 1 && strcmp(segments[0], "ping") == 0)
		on_ping(call);
	else
		refuse_unknown(call);
}

/* A client's own transaction id is used on, if it can stand in a header and in JSON. */
static const char *choose_transaction(struct snet__httpd_request *request, char *fresh)
{
	const char *given = snet__httpd_header(request, "X-Request-ID");

	if (given && *given && strlen(given) <= TRANSACTION_MAX &&
	    strncmp(given, "sid_", 4) != 0) {
		const char *at = given;

		while (*at > ' ' && *at < 127 && *at != '"' && *at != '\\')
			at++;
		if (!*at)
			return given;
	}
	snet__faas_new_id(fresh);
	return fresh;
}

static void on_request(void *user, struct snet__httpd_request *request)
{
	struct snet__faas_call call = {.faas = user,
				       .request = request,
				       .collection = ""};
	autofree char *path = strdup(snet__httpd_path(request));
	char fresh[SNET__FAAS_ID_SIZE];

	call.transaction = choose_transaction(request, fresh);
	snet__httpd_add_header(request, "X-Request-ID", call.transaction);
	snet__httpd_add_header(request, "Access-Control-Allow-Origin", "*");
	snet__httpd_add_header(request, "Access-Control-Allow-Headers",
			       "Authorization, Origin, X-Requested-With, Content-Type, "
			       "Accept, User-Agent");
	snet__httpd_add_header(request, "Access-Control-Allow-Methods",
			       "GET, DELETE, POST, PUT, HEAD");
	if (!path)
		snet__faas_refuse(&call, 500, "out of memory");
	else if (snet__httpd_too_large(request))
		snet__faas_refuse(&call, 413,
				  "Request larger than allowed: %zu > %u bytes.",
				  snet__httpd_too_large(request), BODY_MAX);
	else
		route(&call, path);
}

static int copy(char **ret, const char *text, struct snet_err *err)
{
	*ret = strdup(text);
	return *ret ? 0 : snet__err_oom(err);
}

static int set_up(struct snet__faas *faas, const struct snet__faas_opts *opts,
		  struct snet_err *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int r;

	faas->invocations_per_minute = opts->invocations_per_minute;
	faas->netns = opts->netns;
	faas->mntns = opts->mntns;
	faas->faults = opts->faults;
	faas->log = opts->log;
	faas->user = opts->user;
	faas->queue_last = &faas->queue;
	/* Functions wait for the network more than they compute; a handful above the cores
	 * keeps those busy without a start for each of a burst. */
	faas->worker_max = 2 * (size_t)(cores > 0 ? cores : 1) + 8;
	r = copy(&faas->name, opts->name ? opts->name : "functions", err);
	if (r == 0)
		r = copy(&faas->credentials,
			 opts->credentials ? opts->credentials : SNET__WSK_GUEST_KEY,
			 err);
	if (r == 0)
		r = copy(&faas->api_host, opts->api_host ? opts->api_host : "", err);
	if (r == 0)
		r = copy(&faas->folder, opts->folder ? opts->folder : "/tmp", err);
	if (r < 0)
		return r;
	faas->owns_folder = opts->folder != NULL;
	snet__faas_sweep(faas);
	r = snet__faas_make_home(faas, err);
	for (size_t i = 0; r == 0 && i < opts->function_count; i++)
		r = snet__faas_action_add(faas, &opts->functions[i], err);
	return r;
}

static void faas_free_at(struct snet__faas **at)
{
	snet__faas_free(*at);
}

int snet__faas_new(struct snet__faas **ret, struct snet__loop *loop,
		   const struct snet__faas_opts *opts, struct snet_err *err)
{
	cleanup_with(faas_free_at) struct snet__faas *faas = calloc(1, sizeof(*faas));
	autoclose int listen_fd = opts->listen_fd;
	int r;

	if (!faas)
		return snet__err_oom(err);
	faas->loop = loop;
	r = set_up(faas, opts, err);
	if (r < 0)
		return r;
	r = snet__httpd_new(&faas->httpd, loop, steal_fd(&listen_fd), BODY_MAX,
			    on_request, faas, err);
	if (r == 0)
		r = snet__faas_begin_faults(faas, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(faas);
	return 0;
}

void snet__faas_cut(struct snet__faas *faas)
{
	snet__httpd_cut(faas->httpd);
}

void snet__faas_free(struct snet__faas *faas)
{
	if (!faas)
		return;
	faas->closing = true;
	snet__faas_end_faults(faas);
	snet__httpd_free(faas->httpd);
	snet__faas_held_free(faas);
	snet__faas_pool_free(faas);
	snet__faas_activations_free(faas);
	snet__faas_actions_free(faas);
	snet__faas_remove_home(faas);
	free(faas->name);
	free(faas->credentials);
	free(faas->api_host);
	free(faas->folder);
	free(faas);
}
