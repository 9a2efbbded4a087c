/* SPDX-License-Identifier: MIT */
/* The records of what ran, by id and in order: the newest, as many as are allowed. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "faas/plan.h"

#define ID_LENGTH (SNET__FAAS_ID_SIZE - 1)

static const char *const statuses[] = {
	[SNET__FAAS_SUCCESS] = "success",
	[SNET__FAAS_APPLICATION_ERROR] = "application error",
	[SNET__FAAS_DEVELOPER_ERROR] = "action developer error",
	[SNET__FAAS_INTERNAL_ERROR] = "whisk internal error",
};

void snet__faas_new_id(char id[static SNET__FAAS_ID_SIZE])
{
	(void)snprintf(id, SNET__FAAS_ID_SIZE, "%016llx%016llx",
		       (unsigned long long)snet__random_entropy(),
		       (unsigned long long)snet__random_entropy());
}

void snet__faas_activation_free(struct snet__faas_activation *record)
{
	if (!record)
		return;
	snet__faas_action_unref(record->action);
	snet__json_free(record->logs);
	free(record->result);
	free(record);
}

static void drop_oldest(struct snet__faas *faas)
{
	struct snet__faas_activation *record = faas->oldest;

	faas->oldest = record->newer;
	if (faas->oldest)
		faas->oldest->older = NULL;
	else
		faas->newest = NULL;
	faas->activations_size -= record->size;
	(void)snet__map_remove(&faas->activations, record->id);
	snet__faas_activation_free(record);
}

int snet__faas_activation_add(struct snet__faas *faas,
			      struct snet__faas_activation *record)
{
	int r;

	while (faas->oldest &&
	       (faas->activations.count >= SNET__FAAS_ACTIVATION_MAX ||
		faas->activations_size + record->size > SNET__FAAS_ACTIVATION_MAX_BYTES))
		drop_oldest(faas);
	r = snet__map_add(&faas->activations, record->id, record, NULL);
	if (r < 0)
		return r;
	record->older = faas->newest;
	if (faas->newest)
		faas->newest->newer = record;
	else
		faas->oldest = record;
	faas->newest = record;
	faas->activations_size += record->size;
	return 0;
}

void snet__faas_activations_free(struct snet__faas *faas)
{
	while (faas->oldest)
		drop_oldest(faas);
	snet__map_clear(&faas->activations);
}

/* Everything of the record's "annotations". Texts here need no escapes: names, kinds and
 * numbers. Built as text since every blocking answer needs it. */
static char *format_annotations(const struct snet__faas_activation *record)
{
	const struct snet__faas_action *action = record->action;
	char init[80] = "";

	if (record->has_init)
		(void)snprintf(init, sizeof(init),
			       "{\"key\":\"initTime\",\"value\":%llu},",
			       (unsigned long long)record->init_ms);
	return snet__text_format(
		"[{\"key\":\"path\",\"value\":\"guest/%s\"},{\"key\":\"waitTime\",\"value\":%llu},"
		"{\"key\":\"kind\",\"value\":\"%s\"},{\"key\":\"timeout\",\"value\":%s},"
		"{\"key\":\"limits\",\"value\":{\"timeout\":%u,\"memory\":%u,\"logs\":%u,"
		"\"concurrency\":1}},%s{\"key\":\"snet\",\"value\":{\"startedNs\":\"%llu\","
		"\"endedNs\":\"%llu\"}}]",
		action->name, (unsigned long long)record->wait_ms, action->kind,
		record->timed_out ? "true" : "false", action->timeout_ms,
		action->memory_mb, action->logs_mb, init,
		(unsigned long long)record->started_ns,
		(unsigned long long)record->ended_ns);
}

static char *format_response(const struct snet__faas_activation *record)
{
	return snet__text_format(
		"{\"status\":\"%s\",\"success\":%s,\"result\":%s,\"size\":%zu}",
		statuses[record->status],
		record->status == SNET__FAAS_SUCCESS ? "true" : "false", record->result,
		strlen(record->result));
}

char *snet__faas_activation_format(const struct snet__faas_activation *record,
				   bool with_logs)
{
	autofree char *annotations = format_annotations(record);
	autofree char *response = format_response(record);
	autofree char *logs =
		with_logs && record->logs ? snet__json_format(record->logs) : NULL;
	const struct snet__faas_action *action = record->action;

	if (!annotations || !response)
		return NULL;
	return snet__text_format(
		"{\"namespace\":\"guest\",\"name\":\"%s\",\"version\":\"%u.%u.%u\",\"subject\":"
		"\"guest\",\"activationId\":\"%s\",\"start\":%llu,\"end\":%llu,\"duration\":%llu,"
		"\"publish\":false,\"annotations\":%s,\"response\":%s,\"logs\":%s}",
		action->name, action->version[0], action->version[1], action->version[2],
		record->id, (unsigned long long)record->start_ms,
		(unsigned long long)record->end_ms,
		(unsigned long long)(record->end_ms - record->start_ms), annotations,
		response, logs ? logs : "[]");
}

static char *format_briefly(const struct snet__faas_activation *record)
{
	autofree char *annotations = format_annotations(record);
	const struct snet__faas_action *action = record->action;

	if (!annotations)
		return NULL;
	return snet__text_format(
		"{\"namespace\":\"guest\",\"name\":\"%s\",\"version\":\"%u.%u.%u\","
		"\"activationId\":\"%s\",\"start\":%llu,\"end\":%llu,\"duration\":%llu,"
		"\"statusCode\":%d,\"publish\":false,\"annotations\":%s}",
		action->name, action->version[0], action->version[1], action->version[2],
		record->id, (unsigned long long)record->start_ms,
		(unsigned long long)record->end_ms,
		(unsigned long long)(record->end_ms - record->start_ms),
		(int)record->status, annotations);
}

static bool is_hidden(const struct snet__faas *faas,
		      const struct snet__faas_activation *record)
{
	return record->hidden_until_ns && record->hidden_until_ns > snet__clock_ns() &&
	       snet__faas_has_fault(faas, record->hidden_by);
}

struct filter {
	const struct snet__faas *faas;
	const char *name;
	uint64_t since_ms, upto_ms;
};

static bool matches(const struct filter *filter,
		    const struct snet__faas_activation *record)
{
	return record->start_ms >= filter->since_ms &&
	       record->start_ms <= filter->upto_ms &&
	       (!filter->name || !*filter->name ||
		strcmp(filter->name, record->action->name) == 0) &&
	       !is_hidden(filter->faas, record);
}

static void list(struct snet__faas_call *call, const struct filter *filter,
		 uint64_t limit, uint64_t skip)
{
	bool docs = snet__faas_is_flag(call, "docs", false);
	struct snet__text_stream stream;
	char *text = NULL, *item;
	uint64_t count = 0;

	if (snet__text_open(&stream, NULL) < 0) {
		snet__faas_refuse(call, 500, "out of memory");
		return;
	}
	(void)fputc('[', stream.out);
	for (const struct snet__faas_activation *at = call->faas->newest;
	     at && count < limit + skip; at = at->older) {
		if (!matches(filter, at) || count++ < skip)
			continue;
		item = docs ? snet__faas_activation_format(at, true) : format_briefly(at);
		(void)fprintf(stream.out, "%s%s", count > skip + 1 ? "," : "",
			      item ? item : "null");
		free(item);
	}
	(void)fputc(']', stream.out);
	if (snet__text_close(&stream, 0, &text, NULL) == 0)
		snet__faas_respond(call->request, 200, text);
	else
		snet__faas_refuse(call, 500, "out of memory");
	free(text);
}

static void count(struct snet__faas_call *call, const struct filter *filter,
		  uint64_t skip)
{
	struct snet__json *json = snet__json_new_object();
	uint64_t found = 0;

	for (const struct snet__faas_activation *at = call->faas->newest; at;
	     at = at->older)
		found += matches(filter, at);
	snet__json_add_u64(json, "activations", found > skip ? found - skip : 0);
	snet__faas_respond_json(call, 200, json);
}

void snet__faas_on_activations(struct snet__faas_call *call)
{
	struct filter filter = {.faas = call->faas, .upto_ms = UINT64_MAX};
	uint64_t limit, skip;

	filter.name = snet__httpd_query(call->request, "name");
	if (!snet__faas_read_window(call, &limit, &skip) ||
	    !snet__faas_read_number(call, "since", &filter.since_ms) ||
	    !snet__faas_read_number(call, "upto", &filter.upto_ms))
		return;
	if (!snet__faas_is_flag(call, "count", false))
		list(call, &filter, limit, skip);
	else if (snet__faas_is_flag(call, "docs", false))
		snet__faas_refuse(call, 400,
				  "The parameter 'docs' is not permitted with 'count'.");
	else
		count(call, &filter, skip);
}

static bool check_id(const struct snet__faas_call *call)
{
	size_t size = strlen(call->name);

	if (size != ID_LENGTH)
		snet__faas_refuse(call, 400,
				  "Activation id length is %zu but must be %d.", size,
				  ID_LENGTH);
	else if (strspn(call->name, "0123456789abcdefABCDEF") != size)
		snet__faas_refuse(call, 400, "The activation id is not valid.");
	else
		return true;
	return false;
}

static char *format_logs(const struct snet__faas_activation *record)
{
	autofree char *logs = record->logs ? snet__json_format(record->logs) : NULL;

	return snet__text_format("{\"logs\":%s}", logs ? logs : "[]");
}

void snet__faas_on_activation(struct snet__faas_call *call)
{
	const struct snet__faas_activation *record;
	autofree char *text = NULL;

	if (!check_id(call))
		return;
	record = snet__map_find(&call->faas->activations, call->name);
	if (record && is_hidden(call->faas, record))
		record = NULL;
	if (record && !call->rest)
		text = snet__faas_activation_format(record, true);
	else if (record && strcmp(call->rest, "result") == 0)
		text = format_response(record);
	else if (record && strcmp(call->rest, "logs") == 0)
		text = format_logs(record);
	if (text)
		snet__faas_respond(call->request, 200, text);
	else
		snet__faas_refuse(call, 404, "The requested resource does not exist.");
}
