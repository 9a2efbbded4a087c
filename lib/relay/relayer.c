/* SPDX-License-Identifier: MIT */
/* A relayer's face to the network, over CoAP:
 *
 *     POST /event              a CloudEvent (JSON): journaled, then 2.04; else 5.03 and why
 *     POST /relay              {"target", "set"}: a command as if a function had returned it
 *     POST /rd?ep=NAME         a device registers (RFC 9176): 2.01
 *     GET  /rd-lookup/ep       who has, in link format
 *     GET  /.well-known/core   the list of these
 *
 * Functions, which speak HTTP, call back at relay_http.c. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "io/json.h"
#include "relay/delivery.h"
#include "relay/relay_http.h"

struct snet__relayer {
	struct snet__deliveries all;
	struct snet__coap_endpoint *endpoint;
	struct snet__relay_http *http;
	char *text; /* of the last long answer */
};

static void refuse(struct snet__coap_response *response, enum snet__coap_code code,
		   const char *why)
{
	response->code = code;
	response->format = SNET__COAP_TEXT;
	response->payload = response->text;
	response->size = (size_t)snprintf(response->text, 256, "%.250s", why);
}

static const char *node_of_source(const char *source)
{
	const char *slash = strrchr(source, '/');

	return slash ? slash + 1 : source;
}

/* The attributes that CloudEvents 1.0.2 section 3.1 requires, of the characters that section 2.2
 * allows: they are shown on terminals. */
static int read_event(struct snet__delivery_opts *opts, const struct snet__json *json,
		      struct snet_err *err)
{
	const char *version = snet__json_get_string(json, "specversion");
	const char *pressed = snet__json_get_string(json, "snetpressed");

	opts->id = snet__json_get_string(json, "id");
	opts->type = snet__json_get_string(json, "type");
	opts->source = snet__json_get_string(json, "source");
	if (!version || strcmp(version, "1.0") != 0)
		return snet__err_set(err, -EINVAL,
				     "not a CloudEvent with specversion \"1.0\"");
	if (!opts->id || !*opts->id || !opts->type || !*opts->type || !opts->source ||
	    !*opts->source)
		return snet__err_set(err, -EINVAL,
				     "a CloudEvent needs an id, a source and a type");
	if (!snet__text_is_plain(opts->id) || !snet__text_is_plain(opts->type) ||
	    !snet__text_is_plain(opts->source))
		return snet__err_set(err, -EINVAL,
				     "a control character in an id, a source or a type");
	if (strlen(opts->id) > SNET_EVENT_ID_MAX || strlen(opts->type) >= 128)
		return snet__err_set(err, -EINVAL,
				     "an id of over %d or a type of over 127 bytes",
				     SNET_EVENT_ID_MAX);
	opts->pressed_ns = pressed ? strtoull(pressed, NULL, 10) : 0;
	opts->source_node = node_of_source(opts->source);
	return 0;
}

/* Journal and route. 0, 1 for one that is known already, or a negative errno. */
static int take_event(struct snet__relayer *relayer, const struct snet__json *json,
		      const char *text, struct snet_err *err)
{
	const struct snet__relayer_env *env = &relayer->all.env;
	struct snet__delivery_opts opts = {.json = text};
	int r;

	r = read_event(&opts, json, err);
	if (r == 0)
		r = snet__delivery_add(&relayer->all, &opts, err);
	if (r == 0)
		env->watcher.received(env->watcher.user, text);
	return r;
}

static void post_event(void *user, const struct snet__coap_request *request,
		       struct snet__coap_response *response)
{
	struct snet__relayer *relayer = user;
	struct snet_err err = {0};
	autofree char *line = NULL;
	autojson *json = NULL;
	bool is_foreign;
	int r;

	response->is_promise = true;
	if (request->size > SNET_EVENT_DATA_MAX + 1024) {
		refuse(response, SNET__COAP_TOO_LARGE, "an event of over 33 KiB");
		return;
	}
	r = snet__json_parse(&json, request->payload, request->size, &err);
	is_foreign = r == 0 && snet__json_get(json, "snetseq");
	while (r == 0 && snet__json_get(json, "snetseq"))
		snet__json_remove(json, "snetseq");
	/* One line from brace to brace, whatever the sender's taste: the journal is read by
	 * lines, which get attributes at their end: "snetseq" is one of those. */
	if (r == 0 && (is_foreign || memchr(request->payload, '\n', request->size) ||
		       request->payload[request->size - 1] != '}')) {
		line = snet__json_format(json);
		r = line ? 0 : snet__err_oom(&err);
	}
	if (r == 0)
		r = take_event(relayer, json, line ? line : request->payload, &err);
	if (r == -EINVAL)
		refuse(response, SNET__COAP_BAD_REQUEST, err.msg);
	else if (r < 0)
		refuse(response, SNET__COAP_UNAVAILABLE, err.msg);
	else
		response->code = SNET__COAP_CHANGED;
}

int snet__relayer_take_commands(struct snet__relayer *relayer, const char *text,
				size_t size, char ret_id[SNET_EVENT_ID_MAX + 1],
				struct snet_err *err)
{
	const struct snet__relayer_env *env = &relayer->all.env;
	const char *name = relayer->all.node->name;
	struct snet__delivery_opts opts = {.id = ret_id,
					   .source_node = name,
					   .type = "relay"};
	autofree char *result = NULL, *event = NULL, *source = NULL;
	char time[SNET__CLOCK_TEXT_MAX];
	autojson *json = NULL;
	int r;

	if (size > SNET_EVENT_DATA_MAX)
		return snet__err_set(err, -EMSGSIZE, "commands of over %d bytes",
				     SNET_EVENT_DATA_MAX);
	r = snet__json_parse(&json, text, size, err);
	if (r < 0)
		return r;
	if (!snet__json_get(json, "target") && !snet__json_get(json, "commands"))
		return snet__err_set(err, -EINVAL,
				     "needs {\"target\": NAME, \"set\": VALUE} or "
				     "{\"commands\": [...]}");
	result = snet__json_format(json);
	source = snet__text_format("/%s/relay", name);
	snet__clock_format(time, snet__clock_wall_ns());
	(void)snprintf(ret_id, SNET_EVENT_ID_MAX + 1, "relay-%016" PRIx64,
		       snet__random_entropy());
	event = snet__text_format(
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\","
		"\"type\":\"relay\",\"time\":\"%s\",\"data\":%s}",
		ret_id, source ? source : "", time, result ? result : "");
	if (!result || !source || !event)
		return snet__err_oom(err);
	opts.json = event;
	opts.result = result;
	opts.source = source;
	r = snet__delivery_add(&relayer->all, &opts, err);
	if (r == 0)
		env->watcher.received(env->watcher.user, event);
	return r;
}

static void post_relay(void *user, const struct snet__coap_request *request,
		       struct snet__coap_response *response)
{
	struct snet__relayer *relayer = user;
	char id[SNET_EVENT_ID_MAX + 1];
	struct snet_err err = {0};
	int r;

	response->is_promise = true;
	r = snet__relayer_take_commands(relayer, request->payload, request->size, id,
					&err);
	if (r < 0) {
		refuse(response,
		       r == -EINVAL     ? SNET__COAP_BAD_REQUEST
		       : r == -EMSGSIZE ? SNET__COAP_TOO_LARGE
					: SNET__COAP_UNAVAILABLE,
		       err.msg);
		return;
	}
	response->code = SNET__COAP_CHANGED;
	response->format = SNET__COAP_JSON;
	response->payload = response->text;
	response->size = (size_t)snprintf(response->text, sizeof(response->text),
					  "{\"id\":\"%s\"}", id);
}

static void post_registration(void *user, const struct snet__coap_request *request,
			      struct snet__coap_response *response)
{
	struct snet__relayer *relayer = user;
	char name[SNET_NAME_MAX + 1];
	struct snet_err err = {0};

	if (!snet__coap_query(request->query, "ep", name, sizeof(name)) ||
	    !snet__text_is_name(name)) {
		refuse(response, SNET__COAP_BAD_REQUEST, "a registration needs ?ep=NAME");
		return;
	}
	if (snet__register_add(&relayer->all.reg, name, &request->from, &err) < 0) {
		refuse(response, SNET__COAP_UNAVAILABLE, err.msg);
		return;
	}
	(void)snprintf(response->text, sizeof(response->text), "rd/%s", name);
	response->location = response->text;
	response->code = SNET__COAP_CREATED;
}

static void get_links(void *user, const struct snet__coap_request *request,
		      struct snet__coap_response *response)
{
	static const char links[] = "</event>;rt=\"snet.event\";ct=50,"
				    "</relay>;rt=\"snet.relay\";ct=50,"
				    "</rd>;rt=\"core.rd\";ct=40,"
				    "</rd-lookup/ep>;rt=\"core.rd-lookup-ep\";ct=40";

	(void)user;
	(void)request;
	response->code = SNET__COAP_CONTENT;
	response->format = SNET__COAP_LINKS;
	response->payload = links;
	response->size = sizeof(links) - 1;
}

static void get_devices(void *user, const struct snet__coap_request *request,
			struct snet__coap_response *response)
{
	struct snet__relayer *relayer = user;
	const struct snet__map *devices = &relayer->all.reg.devices;
	struct snet__text_stream text;
	struct snet_err err = {0};
	int r = snet__text_open(&text, &err);

	(void)request;
	free(relayer->text);
	relayer->text = NULL;
	for (size_t i = 0; i < devices->cap && r == 0; i++)
		if (devices->slots[i].key)
			(void)fprintf(text.out, "%s</rd/%s>;ep=\"%s\"",
				      ftell(text.out) > 0 ? "," : "",
				      devices->slots[i].key, devices->slots[i].key);
	if (r == 0)
		r = snet__text_close(&text, 0, &relayer->text, &err);
	if (r < 0) {
		refuse(response, SNET__COAP_UNAVAILABLE, err.msg);
		return;
	}
	response->code = SNET__COAP_CONTENT;
	response->format = SNET__COAP_LINKS;
	response->payload = relayer->text;
	response->size = text.size;
}

static const struct snet__coap_resource resources[] = {
	{"event", SNET__COAP_POST, post_event},
	{"relay", SNET__COAP_POST, post_relay},
	{"rd", SNET__COAP_POST, post_registration},
	{"rd-lookup/ep", SNET__COAP_GET, get_devices},
	{".well-known/core", SNET__COAP_GET, get_links},
};

static void on_request(void *user, const struct snet__coap_request *request,
		       struct snet__coap_response *response)
{
	snet__coap_dispatch(resources, sizeof(resources) / sizeof(*resources), user,
			    request, response);
}

int snet__relayer_new(struct snet__relayer **ret, const struct snet__relayer_env *env,
		      const struct snet__model_node *node, struct snet_err *err)
{
	struct snet__relayer *relayer = calloc(1, sizeof(*relayer));
	int r;

	if (!relayer)
		return snet__err_oom(err);
	r = snet__deliveries_init(&relayer->all, env, node, err);
	if (r == 0)
		r = snet__coap_endpoint_new(&relayer->endpoint, env->coap, env->netns,
					    SNET__COAP_PORT, true, on_request, relayer,
					    err);
	if (r == 0)
		r = snet__relay_http_new(&relayer->http, relayer, env->loop, env->netns,
					 err);
	if (r < 0) {
		snet__relayer_free(relayer);
		return snet__err_prefix(err, r, "cannot create relayer '%s'", node->name);
	}
	snet__coap_endpoint_seed(relayer->endpoint, env->seed, node->name);
	relayer->all.reg.endpoint = relayer->endpoint;
	*ret = relayer;
	return 0;
}

void snet__relayer_set_held(struct snet__relayer *relayer, bool is_held)
{
	snet__coap_endpoint_set_held(relayer->endpoint, is_held);
}

void snet__relayer_cut(struct snet__relayer *relayer)
{
	snet__relay_http_cut(relayer->http);
}

void snet__relayer_free(struct snet__relayer *relayer)
{
	if (!relayer)
		return;
	snet__relay_http_free(relayer->http);
	snet__coap_endpoint_free(relayer->endpoint);
	snet__deliveries_clear(&relayer->all);
	free(relayer->text);
	free(relayer);
}

void snet__relayer_set_backend(struct snet__relayer *relayer, size_t index,
			       struct snet__backend *backend)
{
	relayer->all.backends[index] = backend;
}

int snet__relayer_resume(struct snet__relayer *relayer, uint64_t seq, const char *event,
			 const struct snet_trace *trace, unsigned int index,
			 const void *data, size_t size)
{
	struct snet__delivery_opts opts = {.seq = seq, .json = event};
	struct snet_err err = {0};
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, event, strlen(event), &err);
	if (r == 0)
		r = read_event(&opts, json, &err);
	if (r == 0)
		r = snet__delivery_resume(&relayer->all, &opts, trace, index, data, size,
					  &err);
	if (r < 0)
		snet__log(SNET_LOG_WARNING,
			  "cannot resume an event seq=%" PRIu64 " error=%s", seq,
			  err.msg);
	return r == -ENOMEM ? r : 0;
}

void snet__relayer_committed(struct snet__relayer *relayer)
{
	/* In this order: an answer may let in new commands, which are not committed. */
	snet__deliveries_committed(&relayer->all);
	snet__relay_http_committed(relayer->http, true);
}

void snet__relayer_forget(struct snet__relayer *relayer)
{
	snet__deliveries_forget(&relayer->all);
	snet__relay_http_committed(relayer->http, false);
}

const struct snet_trace *snet__relayer_find_trace(const struct snet__relayer *relayer,
						  const char *id)
{
	const struct snet__delivery *delivery = snet__map_find(&relayer->all.by_id, id);

	return delivery ? &delivery->trace : NULL;
}

void snet__relayer_remove_device(struct snet__relayer *relayer, const char *name)
{
	snet__register_remove(&relayer->all.reg, name);
}

struct snet__register *snet__relayer_copy_registered(const struct snet__relayer *relayer)
{
	struct snet__register *copy = calloc(1, sizeof(*copy));

	if (copy && snet__register_copy(copy, &relayer->all.reg, NULL) == 0)
		return copy;
	snet__relayer_free_registered(copy);
	return NULL;
}

void snet__relayer_free_registered(struct snet__register *registered)
{
	if (registered)
		snet__register_clear(registered);
	free(registered);
}

int snet__relayer_adopt(struct snet__relayer *relayer,
			const struct snet__register *registered, struct snet_err *err)
{
	return snet__register_copy(&relayer->all.reg, registered, err);
}

bool snet__relayer_has_registered(const struct snet__relayer *relayer, const char *name)
{
	return snet__map_find(&relayer->all.reg.devices, name) != NULL;
}
