/* SPDX-License-Identifier: MIT */
/* What clients ask about actions: list, get, put, delete; invoking is invoke.c's. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "faas/run.h"

static struct snet__json *describe_exec(const struct snet__faas_action *action,
					bool with_code)
{
	struct snet__json *exec = snet__json_new_object();

	snet__json_add_string(exec, "kind", action->kind);
	snet__json_add_bool(exec, "binary", action->is_binary);
	snet__json_add_string(exec, "main", action->main);
	snet__json_add_string(exec, "image", action->image);
	if (with_code)
		snet__json_add_string(exec, "code", action->code);
	return exec;
}

static struct snet__json *describe_common(const struct snet__faas_action *action)
{
	struct snet__json *json = snet__json_new_object();
	char version[40];

	(void)snprintf(version, sizeof(version), "%u.%u.%u", action->version[0],
		       action->version[1], action->version[2]);
	snet__json_add_string(json, "namespace", "guest");
	snet__json_add_string(json, "name", action->name);
	snet__json_add_string(json, "version", version);
	snet__json_add_bool(json, "publish", action->publish);
	snet__json_add_u64(json, "updated", action->updated_ms);
	(void)snet__json_add(json, "annotations", snet__json_copy(action->annotations));
	(void)snet__json_add(json, "limits", snet__faas_describe_limits(action));
	return json;
}

static struct snet__json *describe(const struct snet__faas_action *action, bool with_code)
{
	struct snet__json *json = describe_common(action);

	(void)snet__json_add(json, "parameters", snet__json_copy(action->parameters));
	(void)snet__json_add(json, "exec", describe_exec(action, with_code));
	return json;
}

static struct snet__json *describe_briefly(const struct snet__faas_action *action)
{
	struct snet__json *json = describe_common(action);
	struct snet__json *exec = snet__json_add(json, "exec", snet__json_new_object());

	snet__json_add_bool(exec, "binary", action->is_binary);
	return json;
}

/* The last updated first, as OpenWhisk lists them. */
static int compare(const void *a, const void *b)
{
	const struct snet__faas_action *one = *(void *const *)a,
				       *other = *(void *const *)b;

	if (one->updated_ms != other->updated_ms)
		return one->updated_ms < other->updated_ms ? 1 : -1;
	return strcmp(one->name, other->name);
}

static struct snet__faas_action **sort_actions(const struct snet__map *map)
{
	struct snet__faas_action **sorted =
		calloc(map->count + 1, sizeof(struct snet__faas_action *));
	size_t count = 0;

	for (size_t i = 0; sorted && i < map->cap; i++)
		if (map->slots[i].key)
			sorted[count++] = map->slots[i].value;
	if (sorted)
		qsort(sorted, count, sizeof(struct snet__faas_action *), compare);
	return sorted;
}

void snet__faas_on_actions(struct snet__faas_call *call)
{
	const struct snet__map *map = &call->faas->actions;
	autofree struct snet__faas_action **sorted = NULL;
	uint64_t limit, skip;
	struct snet__json *json;

	if (!snet__faas_read_window(call, &limit, &skip))
		return;
	if (snet__faas_is_flag(call, "count", false)) {
		json = snet__json_new_object();
		snet__json_add_u64(json, "actions",
				   map->count > skip ? map->count - skip : 0);
		snet__faas_respond_json(call, 200, json);
		return;
	}
	json = snet__json_new_array();
	sorted = sort_actions(map);
	for (uint64_t i = skip; sorted && i < map->count && i - skip < limit; i++)
		(void)snet__json_append(json, describe_briefly(sorted[i]));
	snet__faas_respond_json(call, 200, json);
}

static bool is_json(const struct snet__faas_call *call)
{
	const char *type = snet__httpd_header(call->request, "Content-Type");

	return type && strncasecmp(type, "application/json", 16) == 0;
}

static void put(struct snet__faas_call *call)
{
	struct snet_err err = {0};
	struct snet__faas_action *action;
	unsigned int status;
	autojson *body = NULL;
	const char *text;
	size_t size;

	if (!is_json(call)) {
		snet__faas_refuse(
			call, 415,
			"The request's Content-Type is not supported. Expected:\n"
			"application/json");
		return;
	}
	text = snet__httpd_body(call->request, &size);
	if (snet__json_parse(&body, text, size, &err) < 0) {
		snet__faas_refuse(call, 400, "The request content was malformed:\n%s",
				  err.msg);
		return;
	}
	if (!snet__json_is(body, SNET__JSON_OBJECT)) {
		snet__faas_refuse(
			call, 400,
			"The request content was malformed:\nan action must be an "
			"object, not %s",
			snet__json_type_name(body));
		return;
	}
	if (snet__map_find(&call->faas->actions, call->name) &&
	    !snet__faas_is_flag(call, "overwrite", false)) {
		snet__faas_refuse(call, 409, "resource already exists");
		return;
	}
	if (snet__faas_action_put(call->faas, call->name, body, &action, &status, &err) <
	    0)
		snet__faas_refuse(call, status, "%s", err.msg);
	else
		snet__faas_respond_json(call, 200, describe(action, true));
}

static void delete (struct snet__faas_call *call, struct snet__faas_action *action)
{
	struct snet__json *json = describe(action, true);

	(void)snet__map_remove(&call->faas->actions, action->name);
	snet__faas_pool_retire(call->faas, action);
	snet__faas_action_unref(action);
	snet__faas_respond_json(call, 200, json);
}

void snet__faas_on_action(struct snet__faas_call *call)
{
	const char *method = snet__httpd_method(call->request);
	struct snet__faas_action *action;

	if (call->rest) {
		if (strcmp(method, "PUT") == 0)
			snet__faas_refuse(call, 501,
					  "Packages are not supported by this endpoint.");
		else
			snet__faas_refuse(call, 404,
					  "The requested resource does not exist.");
		return;
	}
	if (strcmp(method, "PUT") == 0) {
		put(call);
		return;
	}
	action = snet__map_find(&call->faas->actions, call->name);
	if (!action)
		snet__faas_refuse(call, 404, "The requested resource does not exist.");
	else if (strcmp(method, "GET") == 0)
		snet__faas_respond_json(call, 200,
					describe(action,
						 snet__faas_is_flag(call, "code", true)));
	else if (strcmp(method, "DELETE") == 0)
		delete (call, action);
	else
		snet__faas_on_invoke(call, action);
}
