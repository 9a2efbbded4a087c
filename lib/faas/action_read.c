/* SPDX-License-Identifier: MIT */
/* What a PUT says about an action, checked and turned into one. The words of a refusal are
 * OpenWhisk's where it has some. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "faas/action.h"

#define MALFORMED "The request content was malformed:\n"

/* A refusal: the HTTP status goes out beside the error. */
__attribute__((format(printf, 3, 4))) static int refuse(struct snet_err *err,
							unsigned int *status,
							const char *fmt, ...)
{
	char text[SNET_ERR_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*status = 400;
	return snet__err_set(err, -EINVAL, "%s", text);
}

int snet__faas_copy_text(char **ret, const char *text, struct snet_err *err)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return snet__err_oom(err);
	free(*ret);
	*ret = copy;
	return 0;
}

/* [{"key": "...", "value": ...}] with no key twice: the last one counts. */
static int check_pairs(const struct snet__json *pairs, const char *what,
		       unsigned int *status, struct snet_err *err)
{
	const struct snet__json *pair;

	if (!snet__json_is(pairs, SNET__JSON_ARRAY))
		return refuse(err, status, MALFORMED "%s must be an array, not %s", what,
			      snet__json_type_name(pairs));
	for (pair = snet__json_first(pairs); pair; pair = snet__json_next(pair))
		if (!snet__json_get_string(pair, "key") || !snet__json_get(pair, "value"))
			return refuse(err, status,
				      MALFORMED
				      "%s must be an array of {\"key\", \"value\"}",
				      what);
	return 0;
}

const struct snet__json *snet__faas_find_pair(const struct snet__json *pairs,
					      const char *key)
{
	const struct snet__json *pair;

	for (pair = snet__json_first(pairs); pair; pair = snet__json_next(pair))
		if (strcmp(snet__json_get_string(pair, "key"), key) == 0)
			return pair;
	return NULL;
}

void snet__faas_append_pair(struct snet__json *pairs, const char *key,
			    struct snet__json *value)
{
	struct snet__json *pair = snet__json_append(pairs, snet__json_new_object());

	snet__json_add_string(pair, "key", key);
	(void)snet__json_add(pair, "value", value);
}

static bool lists(const struct snet__json *keys, const char *key)
{
	const struct snet__json *at;

	for (at = snet__json_first(keys); at; at = snet__json_next(at))
		if (snet__json_string(at) && strcmp(snet__json_string(at), key) == 0)
			return true;
	return false;
}

/* The old annotations that @body neither replaces nor deletes, then the new ones. */
static struct snet__json *merge_annotations(const struct snet__json *old,
					    const struct snet__json *body,
					    const char *kind)
{
	const struct snet__json *given = snet__json_get(body, "annotations"), *pair;
	const struct snet__json *deleted = snet__json_get(body, "delAnnotations");
	struct snet__json *merged = snet__json_new_array();
	const char *key;

	for (pair = snet__json_first(old); pair; pair = snet__json_next(pair)) {
		key = snet__json_get_string(pair, "key");
		if (!snet__faas_find_pair(given, key) && !lists(deleted, key) &&
		    strcmp(key, "exec"))
			(void)snet__json_append(merged, snet__json_copy(pair));
	}
	for (pair = snet__json_first(given); pair; pair = snet__json_next(pair))
		if (strcmp(snet__json_get_string(pair, "key"), "exec"))
			(void)snet__json_append(merged, snet__json_copy(pair));
	if (!old && !snet__faas_find_pair(merged, "provide-api-key"))
		snet__faas_append_pair(merged, "provide-api-key",
				       snet__json_new_bool(false));
	snet__faas_append_pair(merged, "exec", snet__json_new_string(kind));
	return merged;
}

struct limit {
	const char *key, *what, *unit;
	unsigned int min, max;
	size_t offset; /* of the member in the action; SIZE_MAX: only checked */
};

static const struct limit limits[] = {
	{"timeout", "duration", " milliseconds", SNET__FAAS_TIMEOUT_MIN_MS,
	 SNET__FAAS_TIMEOUT_MAX_MS, offsetof(struct snet__faas_action, timeout_ms)},
	{"memory", "memory", " MB", SNET__FAAS_MEMORY_MIN_MB, SNET__FAAS_MEMORY_MAX_MB,
	 offsetof(struct snet__faas_action, memory_mb)},
	{"logs", "log size", " MB", 0, SNET__FAAS_LOGS_MAX_MB,
	 offsetof(struct snet__faas_action, logs_mb)},
	{"concurrency", "concurrency", "", 1, 1, SIZE_MAX},
};

static int read_limit(struct snet__faas_action *action, const struct limit *limit,
		      const struct snet__json *value, unsigned int *status,
		      struct snet_err *err)
{
	double number = snet__json_number(value, -1);

	if (!snet__json_is(value, SNET__JSON_NUMBER) ||
	    number != (double)(long long)number)
		return refuse(err, status, MALFORMED "limits.%s must be a whole number",
			      limit->key);
	if (number < limit->min)
		return refuse(err, status,
			      MALFORMED "%s %.0f%s below allowed threshold of %u%s",
			      limit->what, number, limit->unit, limit->min, limit->unit);
	if (number > limit->max)
		return refuse(err, status,
			      MALFORMED "%s %.0f%s exceeds allowed threshold of %u%s",
			      limit->what, number, limit->unit, limit->max, limit->unit);
	if (limit->offset != SIZE_MAX)
		*(unsigned int *)((char *)action + limit->offset) = (unsigned int)number;
	return 0;
}

static int read_limits(struct snet__faas_action *action, const struct snet__json *given,
		       unsigned int *status, struct snet_err *err)
{
	const struct snet__json *value;
	int r;

	if (given && !snet__json_is(given, SNET__JSON_OBJECT) &&
	    !snet__json_is(given, SNET__JSON_NULL))
		return refuse(err, status, MALFORMED "limits must be an object");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		value = snet__json_get(given, limits[i].key);
		if (!value || snet__json_is(value, SNET__JSON_NULL))
			continue;
		r = read_limit(action, &limits[i], value, status, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Trimmed and in small letters, as OpenWhisk reads it. */
static void tidy_kind(char *to, size_t size, const char *kind)
{
	size_t length;

	while (isspace((unsigned char)*kind))
		kind++;
	(void)snprintf(to, size, "%s", kind);
	length = strlen(to);
	while (length && isspace((unsigned char)to[length - 1]))
		to[--length] = '\0';
	for (char *at = to; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

static int read_kind(struct snet__faas_action *action, const struct snet__json *exec,
		     unsigned int *status, struct snet_err *err)
{
	const char *given = snet__json_get_string(exec, "kind");
	const char *image = snet__json_get_string(exec, "image");
	autofree char *all = NULL;
	char kind[64];

	if (!given)
		return refuse(err, status,
			      MALFORMED "'kind' must be a string defined in 'exec'");
	tidy_kind(kind, sizeof(kind), given);
	if (strcmp(kind, "sequence") == 0) {
		(void)refuse(err, status,
			     "Sequences are not supported by this endpoint.");
		*status = 501;
		return -ENOTSUP;
	}
	action->runtime = snet__faas_find_runtime(kind, image, &action->kind);
	if (!action->runtime) {
		all = snet__faas_list_kinds();
		return refuse(
			err, status,
			"The specified runtime '%s' is not supported by this platform. "
			"Valid values are: %s.",
			kind, all ? all : "");
	}
	if (strcmp(kind, "blackbox") == 0 && !image)
		return refuse(err, status,
			      MALFORMED "'image' must be a string defined in 'exec' for "
					"'blackbox' actions");
	return snet__faas_copy_text(&action->image, image, err);
}

/* A zip or a gzip file, told by its first bytes. */
static bool is_archive(const char *code, size_t size)
{
	size_t count = 0;
	autofree char *bytes = snet__base64_decode(code, size < 8 ? size : 8, &count);

	return bytes && ((count > 3 && memcmp(bytes, "PK\3\4", 4) == 0) ||
			 (count > 2 && memcmp(bytes, "\x1f\x8b", 2) == 0));
}

static int read_code(struct snet__faas_action *action, const struct snet__json *exec,
		     unsigned int *status, struct snet_err *err)
{
	const char *code = snet__json_get_string(exec, "code");
	size_t size = code ? strlen(code) : 0;

	if (!code || size == 0)
		return refuse(err, status,
			      MALFORMED
			      "'code' must be a string or attachment object defined "
			      "in 'exec' for '%s' actions",
			      action->kind);
	if (size > SNET__FAAS_CODE_MAX) {
		(void)refuse(err, status, "exec larger than allowed: %zu > %u bytes.",
			     size, SNET__FAAS_CODE_MAX);
		*status = 413;
		return -EMSGSIZE;
	}
	action->is_binary = snet__faas_is_binary(code, size);
	action->is_archive = action->is_binary && is_archive(code, size);
	action->code_size = size;
	return snet__faas_copy_text(&action->code, code, err);
}

static int read_exec(struct snet__faas_action *action, const struct snet__json *exec,
		     unsigned int *status, struct snet_err *err)
{
	int r;

	if (!snet__json_is(exec, SNET__JSON_OBJECT))
		return refuse(err, status, MALFORMED "exec must be an object");
	r = read_kind(action, exec, status, err);
	if (r < 0)
		return r;
	r = read_code(action, exec, status, err);
	if (r < 0)
		return r;
	return snet__faas_copy_text(&action->main, snet__json_get_string(exec, "main"),
				    err);
}

static int read_version(struct snet__faas_action *action, const struct snet__json *given,
			unsigned int *status, struct snet_err *err)
{
	const char *text = snet__json_string(given);
	unsigned int *v = action->version;
	char rest;

	action->version[2]++;
	if (!given || snet__json_is(given, SNET__JSON_NULL))
		return 0;
	if (!text || sscanf(text, "%u.%u.%u%c", &v[0], &v[1], &v[2], &rest) != 3)
		return refuse(err, status, MALFORMED "version must be like \"0.0.1\"");
	return 0;
}

static int read_pairs(struct snet__faas_action *action,
		      const struct snet__faas_action *old, const struct snet__json *body,
		      unsigned int *status, struct snet_err *err)
{
	const struct snet__json *parameters = snet__json_get(body, "parameters");
	const struct snet__json *annotations = snet__json_get(body, "annotations");
	int r = 0;

	if (parameters)
		r = check_pairs(parameters, "parameters", status, err);
	if (r == 0 && annotations)
		r = check_pairs(annotations, "annotations", status, err);
	if (r < 0)
		return r;

	if (!parameters && old)
		parameters = old->parameters;
	action->parameters =
		parameters ? snet__json_copy(parameters) : snet__json_new_array();
	action->annotations =
		merge_annotations(old ? old->annotations : NULL, body, action->kind);
	return action->parameters && action->annotations ? 0 : snet__err_oom(err);
}

int snet__faas_action_read(struct snet__faas_action *action,
			   const struct snet__faas_action *old,
			   const struct snet__json *body, unsigned int *status,
			   struct snet_err *err)
{
	const struct snet__json *exec = snet__json_get(body, "exec");
	const struct snet__json *publish = snet__json_get(body, "publish");
	int r;

	if (!exec && !old)
		return refuse(err, status, "exec undefined");
	r = exec ? read_exec(action, exec, status, err) : 0;
	if (r < 0)
		return r;
	r = read_limits(action, snet__json_get(body, "limits"), status, err);
	if (r < 0)
		return r;
	r = read_version(action, snet__json_get(body, "version"), status, err);
	if (r < 0)
		return r;
	if (snet__json_is(publish, SNET__JSON_BOOL))
		action->publish = snet__json_is_true(publish);
	action->updated_ms = snet__clock_wall_ns() / SNET__NS_PER_MS;
	return read_pairs(action, old, body, status, err);
}
