/* SPDX-License-Identifier: MIT */
/* Reading OpenWhisk's answers. The status alone says little: 502 is both the normal answer for
 * a function that failed and what a gateway in front says when it lost the server; 202 is not
 * an error but "still running". A record with an activation id settles it.
 *
 * Source: apache/openwhisk, core/controller/.../Actions.scala (doInvoke), RateThrottler.scala
 * (the minute), ErrorResponse.scala (texts). */

#include "backend/openwhisk_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "io/json.h"

#define ID_CHARACTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:~"

#define MINUTE_NS          (60 * SNET__NS_PER_S)
#define MINUTE_MARGIN_NS   (250 * SNET__NS_PER_MS) /* the two machines' clocks differ */
#define CONCURRENT_WAIT_NS (200 * SNET__NS_PER_MS)

struct reader {
	struct snet__openwhisk_reply *reply;
	const struct snet__openwhisk_answer *answer;
	const struct snet__json *json; /* of the body; NULL when it is not JSON */
};

__attribute__((format(printf, 3, 4))) static void conclude(
	struct snet__openwhisk_reply *reply, enum snet_result result, const char *fmt,
	...)
{
	struct snet_err line = {0};
	char text[SNET_ERR_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)snet__err_set(&line, -EIO, "%s", text); /* makes one line of it */
	memcpy(reply->text, line.msg, sizeof(reply->text));
	reply->result.result = result;
	reply->result.text = reply->text;
}

/* OpenWhisk's are 32 hexadecimal digits; others' may be longer, but are no text: they are asked for,
 * and kept. One that is anything else is as none. */
static void set_activation(struct snet__openwhisk_reply *reply, const char *id)
{
	size_t length = id ? strspn(id, ID_CHARACTERS) : 0;

	if (length && !id[length] && length < sizeof(reply->result.activation))
		memcpy(reply->result.activation, id, length + 1);
}

/* What the server says in {"error": "...", "code": "..."}, or how its answer begins. */
static void describe(char *text, size_t size, const struct reader *reader)
{
	const struct snet__http_response *http = reader->answer->http;
	const char *error = snet__json_get_string(reader->json, "error");

	if (error)
		(void)snprintf(text, size, "%s", error);
	else if (http->body_size && !reader->json)
		(void)snprintf(text, size, "HTTP status %u, '%.60s'", http->status,
			       http->body);
	else
		(void)snprintf(text, size, "HTTP status %u", http->status);
}

/* Records ------------------------------------------------------------------------------- */

static bool is_record(const struct snet__json *json)
{
	return snet__json_get_string(json, "activationId") &&
	       snet__json_is(snet__json_get(json, "response"), SNET__JSON_OBJECT);
}

static uint64_t ms_to_ns(const struct snet__json *ms)
{
	double value = snet__json_number(ms, 0);

	return value > 0 && value < 1e12 ? (uint64_t)(value * 1e6) : 0;
}

/* Decimal strings: as numbers they would lose their last digits on the way. */
static uint64_t parse_ns(const char *text)
{
	return text ? strtoull(text, NULL, 10) : 0;
}

static void read_times(struct reader *reader)
{
	const struct snet__json *notes = snet__json_get(reader->json, "annotations"),
				*note;
	struct snet__result *result = &reader->reply->result;
	const struct snet__json *value;
	const char *key;

	result->duration_ns = ms_to_ns(snet__json_get(reader->json, "duration"));
	for (note = snet__json_first(notes); note; note = snet__json_next(note)) {
		key = snet__json_get_string(note, "key");
		value = snet__json_get(note, "value");
		if (key && strcmp(key, "initTime") == 0)
			result->init_ns = ms_to_ns(value);
		if (!key || strcmp(key, "snet") != 0 || !reader->answer->is_local)
			continue;
		result->started_ns = parse_ns(snet__json_get_string(value, "startedNs"));
		result->ended_ns = parse_ns(snet__json_get_string(value, "endedNs"));
		if (result->ended_ns > result->started_ns)
			result->duration_ns = result->ended_ns - result->started_ns;
	}
}

static void read_success(struct reader *reader, const struct snet__json *result)
{
	struct snet__openwhisk_reply *reply = reader->reply;

	if (snet__json_is(result, SNET__JSON_OBJECT))
		reply->json = snet__json_format(result);
	else if (!result || snet__json_is(result, SNET__JSON_NULL))
		reply->json = strdup("{}");
	else {
		conclude(reply, SNET_RESULT_ERROR,
			 "the function's result is %s, not an object",
			 snet__json_type_name(result));
		return;
	}

	reply->result.result = SNET_RESULT_DONE;
	reply->result.json = reply->json;
	if (!reply->json)
		conclude(reply, SNET_RESULT_UNKNOWN, "out of memory");
}

static void read_record(struct reader *reader)
{
	const struct snet__json *response = snet__json_get(reader->json, "response");
	const struct snet__json *result = snet__json_get(response, "result");
	const struct snet__json *error = snet__json_get(result, "error");
	const char *status = snet__json_get_string(response, "status");
	autofree char *text = NULL;

	set_activation(reader->reply,
		       snet__json_get_string(reader->json, "activationId"));
	read_times(reader);
	if (snet__json_is_true(snet__json_get(response, "success"))) {
		read_success(reader, result);
		return;
	}

	/* An error is whatever the function made it: most often a string, or an object. */
	if (error && !snet__json_string(error))
		text = snet__json_format(error);
	else if (error)
		text = strdup(snet__json_string(error));
	conclude(reader->reply, SNET_RESULT_ERROR, "%s",
		 text     ? text
		 : status ? status
			  : "the function failed without saying why");
}

/* Each status --------------------------------------------------------------------------- */

static void read_ok(struct reader *reader)
{
	if (is_record(reader->json))
		read_record(reader);
	else if (!reader->answer->is_poll &&
		 snet__json_is(reader->json, SNET__JSON_ARRAY))
		/* A quirk of the server: an array comes bare, without its record. */
		read_success(reader, reader->json);
	else
		conclude(reader->reply, SNET_RESULT_UNKNOWN,
			 "what answers at '%s' is not OpenWhisk: '%.60s'",
			 reader->answer->url, reader->answer->http->body);
}

static void read_accepted(struct reader *reader)
{
	const char *id = snet__json_get_string(reader->json, "activationId");

	set_activation(reader->reply, id ? id : reader->answer->activation_header);
	reader->reply->is_pending = reader->reply->result.activation[0] != '\0';
	if (!reader->reply->is_pending)
		conclude(
			reader->reply, SNET_RESULT_UNKNOWN,
			"the server accepted the function but gave no activation id to ask for");
}

static void read_too_many(struct reader *reader)
{
	struct snet__openwhisk_reply *reply = reader->reply;
	char text[256];

	describe(text, sizeof(text), reader);
	conclude(reply, SNET_RESULT_NOT_RUN, "the server's rate limit: %s", text);
	reply->result.retry_after_ns = CONCURRENT_WAIT_NS;
	/* Counted by the minute of the wall clock, and no Retry-After says so. */
	if (strstr(text, "in the last minute"))
		reply->result.retry_after_ns = MINUTE_NS -
					       reader->answer->wall_ns % MINUTE_NS +
					       MINUTE_MARGIN_NS;
}

static void read_unauthorized(struct reader *reader)
{
	conclude(
		reader->reply, SNET_RESULT_IMPOSSIBLE,
		"'%s' does not accept the credentials: check the key or the .wskprops file",
		reader->answer->url);
}

static void read_forbidden(struct reader *reader)
{
	char text[256];

	describe(text, sizeof(text), reader);
	conclude(reader->reply, SNET_RESULT_IMPOSSIBLE,
		 "the credentials give no right to invoke '%s': %s",
		 reader->answer->function, text);
}

static void read_missing(struct reader *reader)
{
	conclude(reader->reply, SNET_RESULT_IMPOSSIBLE,
		 "'%s' has no function '%s': create it with 'snet fn put'",
		 reader->answer->url, reader->answer->function);
}

static void read_too_large(struct reader *reader)
{
	char text[256];

	describe(text, sizeof(text), reader);
	conclude(reader->reply, SNET_RESULT_IMPOSSIBLE,
		 "the event is too large for the server: %s", text);
}

static void read_refused(struct reader *reader)
{
	char text[256];

	describe(text, sizeof(text), reader);
	conclude(reader->reply, SNET_RESULT_IMPOSSIBLE, "the server refuses '%s': %s",
		 reader->answer->function, text);
}

static void read_redirect(struct reader *reader)
{
	const char *to = reader->answer->location_header;

	conclude(reader->reply, SNET_RESULT_IMPOSSIBLE,
		 "'%s' redirects to '%s': give that address instead", reader->answer->url,
		 to ? to : "");
}

/* 500, 502, 504: the function's own failure, the platform's, or a gateway's. */
static void read_failure(struct reader *reader)
{
	char text[256];

	if (is_record(reader->json)) {
		read_record(reader);
		return;
	}

	set_activation(reader->reply, reader->answer->activation_header);
	describe(text, sizeof(text), reader);
	if (reader->answer->activation_header)
		conclude(reader->reply, SNET_RESULT_ERROR, "the function failed: %s",
			 text);
	else
		conclude(reader->reply, SNET_RESULT_UNKNOWN,
			 "the server or a gateway before it failed: %s", text);
}

/* Without invokers nothing runs. What a gateway says tells less: some say it as well of a server
 * that they lost while it worked. */
static void read_unavailable(struct reader *reader)
{
	const char *error = snet__json_get_string(reader->json, "error");

	if (error && snet__json_get_string(reader->json, "code"))
		conclude(reader->reply, SNET_RESULT_NOT_RUN, "the server has no room: %s",
			 error);
	else
		read_failure(reader);
}

static const struct {
	unsigned int first, last;
	void (*read)(struct reader *reader);
} readers[] = {
	{200, 200, read_ok},          {202, 202, read_accepted},
	{300, 399, read_redirect},    {401, 401, read_unauthorized},
	{403, 403, read_forbidden},   {404, 404, read_missing},
	{408, 408, read_failure},     {413, 413, read_too_large},
	{429, 429, read_too_many},    {400, 499, read_refused},
	{503, 503, read_unavailable}, {0, ~0u, read_failure},
};

/* The lab's own functions node forgets its activations when the lab goes down. Another server
 * answers 404 also while the function runs: there, only the deadline ends the asking. */
static bool is_forgotten(const struct snet__openwhisk_answer *answer)
{
	return answer->is_local && answer->is_resumed && answer->http->status == 404;
}

/* Polling asks about a function that runs already: only its record ends it, and a server that
 * refuses to ever show it. */
static bool is_still_pending(const struct snet__http_response *http)
{
	return http->status != 200 && http->status != 401 && http->status != 403;
}

static void read_lost(struct reader *reader)
{
	const struct snet__http_response *http = reader->answer->http;
	struct snet__openwhisk_reply *reply = reader->reply;
	const char *url = reader->answer->url;

	if (http->untrusted)
		conclude(
			reply, SNET_RESULT_IMPOSSIBLE,
			"cannot trust '%s': %s (SSL_CERT_FILE names other authorities, 'insecure' skips this check)",
			url, http->error);
	else if (http->too_large)
		conclude(reply, SNET_RESULT_ERROR, "the function ran, but %s",
			 http->error);
	else if (http->sent)
		conclude(reply, SNET_RESULT_UNKNOWN, "lost contact with '%s': %s", url,
			 http->error);
	else
		conclude(reply, SNET_RESULT_NOT_RUN, "cannot reach '%s': %s", url,
			 http->error);
}

void snet__openwhisk_reply_read(struct snet__openwhisk_reply *reply,
				const struct snet__openwhisk_answer *answer)
{
	const struct snet__http_response *http = answer->http;
	struct reader reader = {.reply = reply, .answer = answer};
	autojson *json = NULL;
	size_t i;

	if (answer->is_poll && is_forgotten(answer)) {
		conclude(reply, SNET_RESULT_UNKNOWN, "the lab went down while '%s' ran",
			 answer->function);
		return;
	}
	if (answer->is_poll && is_still_pending(http) && !http->untrusted) {
		reply->is_pending = true;
		return;
	}
	if (!http->status) {
		read_lost(&reader);
		return;
	}

	/* No JSON is no failure here: a gateway's page is HTML. */
	if (snet__json_parse(&json, http->body, http->body_size, NULL) == 0)
		reader.json = json;
	for (i = 0; http->status < readers[i].first || http->status > readers[i].last;
	     i++)
		;
	readers[i].read(&reader);
}

void snet__openwhisk_reply_clear(struct snet__openwhisk_reply *reply)
{
	free(reply->json);
	*reply = (struct snet__openwhisk_reply){0};
}
