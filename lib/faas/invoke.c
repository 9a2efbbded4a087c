/* SPDX-License-Identifier: MIT */
/* An invocation: its request is read and becomes a run; the run's end becomes a record and,
 * when somebody still waits for it, an answer. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "faas/plan.h"

#define TRUNCATED_SHOWN 256
#define TAIL_SIZE       48 /* of a line's deadline */
#define LOG_LINE_COST   96 /* in memory, beyond its text */

static bool has_annotation(const struct snet__faas_action *action, const char *key)
{
	return snet__json_is_true(
		snet__json_get(snet__faas_find_pair(action->annotations, key), "value"));
}

/* Parameters of a "final" action cannot be overridden, unless they are defined as null. */
static bool overrides_final(const struct snet__faas_action *action,
			    const struct snet__json *payload)
{
	const struct snet__json *pair;

	if (!has_annotation(action, "final") && !has_annotation(action, "web-export"))
		return false;
	for (pair = snet__json_first(action->parameters); pair;
	     pair = snet__json_next(pair))
		if (!snet__json_is(snet__json_get(pair, "value"), SNET__JSON_NULL) &&
		    snet__json_get(payload, snet__json_get_string(pair, "key")))
			return true;
	return false;
}

/* The arguments as one line: the action's parameters, overridden by the payload. */
static char *merge(const struct snet__faas_action *action,
		   const struct snet__json *payload)
{
	const struct snet__json *pair, *member;
	autojson *merged = NULL;

	if (snet__json_count(action->parameters) == 0)
		return payload ? snet__json_format(payload) : strdup("{}");
	merged = snet__json_new_object();
	for (pair = snet__json_first(action->parameters); pair;
	     pair = snet__json_next(pair))
		if (!snet__json_is_true(snet__json_get(pair, "init")))
			(void)snet__json_set(merged, snet__json_get_string(pair, "key"),
					     snet__json_copy(
						     snet__json_get(pair, "value")));
	for (member = snet__json_first(payload); member; member = snet__json_next(member))
		(void)snet__json_set(merged, snet__json_key(member),
				     snet__json_copy(member));
	return snet__json_format(merged);
}

static char *format_key(const struct snet__faas *faas,
			const struct snet__faas_action *action)
{
	autojson *json = NULL;
	autofree char *text = NULL;

	if (!has_annotation(action, "provide-api-key"))
		return strdup("");
	json = snet__json_new_string(faas->credentials);
	text = snet__json_format(json);
	return text ? snet__text_format(",\"api_key\":%s", text) : NULL;
}

static int make_line(struct snet__faas_run *run)
{
	const struct snet__faas_action *action = run->action;
	autofree char *key = format_key(run->faas, action);

	if (!key || !run->value)
		return -ENOMEM;
	run->line = snet__text_format(
		"{\"value\":%s,\"namespace\":\"guest\",\"action_name\":\"/guest/%s\","
		"\"action_version\":\"%u.%u.%u\",\"activation_id\":\"%s\","
		"\"transaction_id\":\"%s\"%s%*s",
		run->value, action->name, action->version[0], action->version[1],
		action->version[2], run->id, run->transaction, key, TAIL_SIZE, "");
	if (!run->line)
		return -ENOMEM;
	run->head_size = strlen(run->line) - TAIL_SIZE;
	return 0;
}

uint64_t snet__faas_deadline_ms(const struct snet__faas_action *action)
{
	return snet__clock_wall_ns() / SNET__NS_PER_MS + action->timeout_ms;
}

void snet__faas_run_begin(struct snet__faas_run *run)
{
	int n = snprintf(run->line + run->head_size, TAIL_SIZE,
			 ",\"deadline\":\"%llu\"}\n",
			 (unsigned long long)snet__faas_deadline_ms(run->action));

	run->line_size = run->head_size + (size_t)n;
	run->started_ns = snet__clock_ns();
}

void snet__faas_run_free(struct snet__faas_run *run)
{
	if (!run)
		return;
	snet__timer_free(run->patience);
	snet__faas_action_unref(run->action);
	snet__json_free(run->logs);
	free(run->transaction);
	free(run->value);
	free(run->line);
	free(run->plan);
	free(run);
}

static void run_free_at(struct snet__faas_run **at)
{
	snet__faas_run_free(*at);
}

static void respond(struct snet__faas_run *run, unsigned int status, const char *body)
{
	struct snet__httpd_request *request = steal_ptr(run->request);

	snet__httpd_add_header(request, "x-openwhisk-activation-id", run->id);
	if (run->plan)
		snet__faas_hold_answer(run, request, status, body);
	else
		snet__faas_respond(request, status, body);
}

/* 202: it goes on, and its record can be asked for later. */
static void answer_with_id(struct snet__faas_run *run)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "{\"activationId\":\"%s\"}", run->id);
	respond(run, 202, text);
}

static void on_patience(void *user)
{
	answer_with_id(user);
}

static int make_run(struct snet__faas_run **ret, const struct snet__faas_call *call,
		    struct snet__faas_action *action, const struct snet__json *payload)
{
	cleanup_with(run_free_at) struct snet__faas_run *run = calloc(1, sizeof(*run));

	if (!run)
		return -ENOMEM;
	run->faas = call->faas;
	run->action = snet__faas_action_ref(action);
	run->request = call->request;
	run->arrived_ns = snet__clock_ns();
	snet__faas_new_id(run->id);
	run->transaction = strdup(call->transaction);
	run->value = merge(action, payload);
	if (!run->transaction || make_line(run) < 0)
		return -ENOMEM;
	*ret = steal_ptr(run);
	return 0;
}

/* Count the wall clock's minute; the window does not slide.
 * Source: entitlement/RateThrottler.scala */
static bool is_within_rate(const struct snet__faas_call *call)
{
	struct snet__faas *faas = call->faas;
	uint64_t minute = snet__clock_wall_ns() / (60 * SNET__NS_PER_S);

	if (!faas->invocations_per_minute)
		return true;
	if (minute != faas->minute)
		faas->minute_count = 0;
	faas->minute = minute;
	if (++faas->minute_count <= faas->invocations_per_minute)
		return true;
	snet__faas_refuse(
		call, 429,
		"Too many requests in the last minute (count: %u, allowed: %u).",
		faas->minute_count, faas->invocations_per_minute);
	return false;
}

/* The request's object, NULL for none; false when it was refused. */
static bool read_payload(const struct snet__faas_call *call, struct snet__json **ret)
{
	struct snet_err err = {0};
	const char *text;
	size_t size;

	text = snet__httpd_body(call->request, &size);
	if (size > SNET__FAAS_PAYLOAD_MAX) {
		snet__faas_refuse(call, 413,
				  "Request larger than allowed: %zu > %u bytes.", size,
				  SNET__FAAS_PAYLOAD_MAX);
		return false;
	}
	if (size == 0)
		return true;
	if (snet__json_parse(ret, text, size, &err) < 0) {
		snet__faas_refuse(call, 400, "The request content was malformed:\n%s",
				  err.msg);
		return false;
	}
	if (!snet__json_is(*ret, SNET__JSON_OBJECT)) {
		snet__faas_refuse(
			call, 400,
			"The request content was malformed:\nObject expected, not %s",
			snet__json_type_name(*ret));
		return false;
	}
	return true;
}

static bool read_timeout(const struct snet__faas_call *call, uint64_t *ret_ms)
{
	const char *text = snet__httpd_query(call->request, "timeout");

	*ret_ms = SNET__FAAS_BLOCKING_MAX_MS;
	if (!text)
		return true;
	*ret_ms = strspn(text, "0123456789") == strlen(text) && strlen(text) < 9
			  ? strtoull(text, NULL, 10)
			  : 0;
	if (*ret_ms > 0 && *ret_ms <= SNET__FAAS_BLOCKING_MAX_MS)
		return true;
	snet__faas_refuse(call, 400, "Timeout must be number of milliseconds up to %d.",
			  SNET__FAAS_BLOCKING_MAX_MS);
	return false;
}

/* False when it was refused. */
static bool has_room(const struct snet__faas_call *call)
{
	size_t count = call->faas->queue_count;

	if (count < SNET__FAAS_QUEUE_MAX)
		return true;
	snet__faas_refuse(
		call, 429,
		"Too many concurrent requests in flight (count: %zu, allowed: %d).",
		count + 1, SNET__FAAS_QUEUE_MAX);
	return false;
}

/* To a worker, unless a fault has other plans. */
static void give(struct snet__faas_run *run)
{
	if (run->plan && run->plan->outcome)
		snet__faas_run_end(run, run->plan->outcome);
	else if (run->plan && run->plan->cold_ns)
		snet__faas_hold_run(run);
	else
		snet__faas_pool_run(run->faas, run);
}

/* The same once more, which nobody waits for. */
static void repeat(const struct snet__faas_call *call, struct snet__faas_action *action,
		   const struct snet__json *payload)
{
	struct snet__faas_run *run = NULL;

	if (make_run(&run, call, action, payload) < 0)
		return;
	run->request = NULL;
	snet__faas_pool_run(run->faas, run);
}

void snet__faas_on_invoke(struct snet__faas_call *call, struct snet__faas_action *action)
{
	bool is_blocking = snet__faas_is_flag(call, "blocking", false), is_twice;
	autofree struct snet__faas_plan *plan = NULL;
	struct snet__faas *faas = call->faas;
	struct snet__faas_run *run = NULL;
	autojson *payload = NULL;
	uint64_t timeout_ms;

	if (!read_timeout(call, &timeout_ms) || !read_payload(call, &payload))
		return;
	if (overrides_final(action, payload)) {
		snet__faas_refuse(
			call, 400,
			"Request defines parameters that are not allowed (e.g., "
			"reserved properties).");
		return;
	}
	if (!is_within_rate(call) || !has_room(call) ||
	    (faas->faults && !snet__faas_meet_faults(call, action, is_blocking, &plan)))
		return;
	if (make_run(&run, call, action, payload) < 0) {
		snet__faas_refuse(call, 500, "out of memory");
		return;
	}
	is_twice = plan && plan->is_twice;
	run->plan = steal_ptr(plan);
	if (!is_blocking || (run->plan && run->plan->is_async)) {
		answer_with_id(run);
	} else {
		run->wants_result = snet__faas_is_flag(call, "result", false);
		/* Without memory for the timer it waits as long as the function takes. */
		if (snet__timer_new(&run->patience, faas->loop, on_patience, run, NULL) ==
		    0)
			snet__timer_start(run->patience, timeout_ms * SNET__NS_PER_MS, 0);
	}
	give(run);
	if (is_twice)
		repeat(call, action, payload);
}

static const unsigned int http_status[] = {
	[SNET__FAAS_SUCCESS] = 200,
	[SNET__FAAS_APPLICATION_ERROR] = 502,
	[SNET__FAAS_DEVELOPER_ERROR] = 502,
	[SNET__FAAS_INTERNAL_ERROR] = 500,
};

/* JSON is UTF-8, what functions print need not be. */
static void make_utf8(char *text)
{
	if (snet__text_is_utf8(text, strlen(text)))
		return;
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			*text = '?';
}

static char *format_error(const char *message)
{
	autojson *json = snet__json_new_object();
	autofree char *text = strdup(message);

	if (!text)
		return NULL;
	make_utf8(text);
	snet__json_add_string(json, "error", text);
	return snet__json_format(json);
}

static void keep(struct snet__faas_run *run, const struct snet__faas_outcome *outcome,
		 struct snet__faas_activation *record)
{
	uint64_t now_ns = snet__clock_ns(),
		 now_ms = snet__clock_wall_ns() / SNET__NS_PER_MS;
	uint64_t started_ns = run->started_ns ? run->started_ns : now_ns;

	memcpy(record->id, run->id, sizeof(record->id));
	record->action = snet__faas_action_ref(run->action);
	record->status = outcome->status;
	record->timed_out = outcome->timed_out;
	record->has_init = outcome->has_init;
	record->init_ms = outcome->init_ms;
	/* Without a container nothing has run, whatever OpenWhisk's times say. */
	if (run->started_ns || outcome->has_init) {
		record->started_ns = started_ns;
		record->ended_ns = now_ns;
	}
	record->end_ms = now_ms;
	/* As OpenWhisk counts it: the duration is that of the init and the run. */
	record->start_ms = now_ms - (now_ns - started_ns) / SNET__NS_PER_MS -
			   (outcome->has_init ? outcome->init_ms : 0);
	record->wait_ms = (started_ns - run->arrived_ns) / SNET__NS_PER_MS;
	record->wait_ms -= outcome->has_init && outcome->init_ms <= record->wait_ms
				   ? outcome->init_ms
				   : 0;
	record->logs = steal_ptr(run->logs);
	record->size = run->log_size + strlen(record->result);
}

/* What a blocking call gets: the record, or its result alone; an array always alone. */
static void answer(struct snet__faas_run *run, const struct snet__faas_activation *record)
{
	struct snet__faas_activation shown = *record;
	unsigned int status = http_status[record->status];
	autofree char *text = NULL;

	if (run->plan && run->plan->result)
		shown.result = (char *)run->plan->result; /* only read */
	if (run->wants_result || record->result[0] == '[') {
		respond(run, status, shown.result);
		return;
	}
	text = snet__faas_activation_format(&shown, false);
	respond(run, text ? status : 500, text ? text : "{\"error\":\"out of memory\"}");
}

/* By a fault it may come later than the answer that it is there, or never. */
static void hide(const struct snet__faas_plan *plan, const struct snet__faas_run *run,
		 struct snet__faas_activation *record)
{
	if (!plan->hidden_ns)
		return;
	record->hidden_until_ns = run->arrived_ns + plan->late_ns + plan->hidden_ns;
	record->hidden_by = plan->hidden_by;
}

void snet__faas_run_end(struct snet__faas_run *run,
			const struct snet__faas_outcome *outcome)
{
	struct snet__faas_activation *record = calloc(1, sizeof(*record));
	char *result = outcome->result;
	bool is_kept;

	if (!result)
		result = format_error(outcome->message ? outcome->message : "");
	if (!record || !result) {
		free(record);
		free(result);
		if (run->request)
			snet__faas_respond(steal_ptr(run->request), 500,
					   "{\"error\":\"out of memory\"}");
		snet__faas_run_free(run);
		return;
	}
	record->result = result;
	keep(run, outcome, record);
	/* Whoever gets the answer may ask for the record at once, so it is listed before. */
	if (run->plan)
		hide(run->plan, run, record);
	is_kept = !(run->plan && run->plan->is_forgotten) &&
		  snet__faas_activation_add(run->faas, record) == 0;
	if (run->request)
		answer(run, record);
	if (!is_kept)
		snet__faas_activation_free(record);
	snet__faas_run_free(run);
}

static void cut_logs(struct snet__faas_run *run, size_t max)
{
	autofree char *text = snet__text_format(
		"Logs were truncated because the total bytes size exceeds the limit of %zu "
		"bytes.",
		max);

	run->logs_are_cut = true;
	if (text)
		(void)snet__json_append(run->logs, snet__json_new_string(text));
}

void snet__faas_run_log(struct snet__faas_run *run, const char *stream, const char *line,
			size_t size)
{
	size_t max = (size_t)run->action->logs_mb * 1024 * 1024, cost;
	char time[SNET__CLOCK_TEXT_MAX];
	autofree char *text = NULL;

	if (run->logs_are_cut)
		return;
	if (!run->logs)
		run->logs = snet__json_new_array();
	snet__clock_format(time, snet__clock_wall_ns());
	text = snet__text_format("%-30s %s: %.*s", time, stream, (int)size, line);
	if (!text)
		return;
	/* As it is kept, since what is printed may be line ends alone. OpenWhisk as well counts
	 * more than that, the JSON of each line. Source: docker/DockerContainer.scala */
	cost = strlen(text) + LOG_LINE_COST;
	if (run->log_size + cost > max) {
		cut_logs(run, max);
		return;
	}
	run->log_size += cost;
	make_utf8(text);
	(void)snet__json_append(run->logs, snet__json_new_string(text));
}

static char *format_truncated(const char *line, size_t size)
{
	autofree char *text = snet__text_format(
		"The action produced a response that exceeded the allowed length: %zu > %u "
		"bytes. The truncated response was: %.*s",
		size, SNET__FAAS_PAYLOAD_MAX, TRUNCATED_SHOWN, line);

	return text ? format_error(text) : NULL;
}

void snet__faas_judge(const char *line, size_t size, struct snet__faas_outcome *outcome)
{
	autofree char *message = NULL;
	autojson *json = NULL;

	outcome->status = SNET__FAAS_DEVELOPER_ERROR;
	if (size && line[0] == '!' &&
	    snet__json_parse(&json, line + 1, size - 1, NULL) == 0) {
		outcome->result = strndup(line + 1, size - 1);
		return;
	}
	if (size > SNET__FAAS_PAYLOAD_MAX) {
		outcome->status = SNET__FAAS_APPLICATION_ERROR;
		outcome->result = format_truncated(line, size);
		return;
	}
	if (snet__json_parse(&json, line, size, NULL) < 0 ||
	    (!snet__json_is(json, SNET__JSON_OBJECT) &&
	     !snet__json_is(json, SNET__JSON_ARRAY))) {
		message = snet__text_format(
			"The action did not produce a valid JSON or JSON Array response: %.*s",
			(int)size, line);
		outcome->result = format_error(message ? message : "");
		return;
	}
	outcome->status = snet__json_get(json, "error") ? SNET__FAAS_APPLICATION_ERROR
							: SNET__FAAS_SUCCESS;
	outcome->result = strndup(line, size);
}
