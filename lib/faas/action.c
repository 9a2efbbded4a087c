/* SPDX-License-Identifier: MIT */
/* The registry of actions. A registered action is constant; an update makes a new one from
 * the old and what the request says, and the old lives on while a worker or a run holds it. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "faas/base64.h"
#include "faas/internal.h"

#define MALFORMED "The request content was malformed:\n"

/* \A([\w]|[\w][\w@ .&-]{0,254}[\w@.&-])\z
 * Source: OpenWhisk's entity/EntityName.scala */
bool snet__faas_is_name(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size > SNET__FAAS_NAME_MAX || name[size - 1] == ' ')
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)name[i];
		bool is_word = c < 0x80 && (isalnum(c) || c == '_');

		if (!is_word && (i == 0 || !c || !strchr("@ .&-", c)))
			return false;
	}
	return true;
}

static bool is_base64(const char *code, size_t size)
{
	size_t padding = 0;

	while (padding < 2 && padding < size && code[size - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < size - padding; i++) {
		unsigned char c = (unsigned char)code[i];

		if (c >= 0x80 || (!isalnum(c) && c != '+' && c != '/'))
			return false;
	}
	return true;
}

/* What looks like base64 is taken as binary, a plain "main" too.
 * Source: entity/Exec.scala, isBinaryCode */
bool snet__faas_is_binary(const char *code, size_t size)
{
	while (size && isspace((unsigned char)*code)) {
		code++;
		size--;
	}
	while (size && isspace((unsigned char)code[size - 1]))
		size--;
	return size && size % 4 == 0 && is_base64(code, size);
}

void snet__faas_action_unref(struct snet__faas_action *action)
{
	if (!action || --action->refs)
		return;
	snet__json_free(action->parameters);
	snet__json_free(action->annotations);
	if (action->code_fd >= 0)
		close(action->code_fd);
	free(action->name);
	free(action->image);
	free(action->main);
	free(action->code);
	free(action);
}

static void action_unref_at(struct snet__faas_action **at)
{
	snet__faas_action_unref(*at);
}

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

static int copy_text(char **ret, const char *text, struct snet_err *err)
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

static const struct snet__json *find_pair(const struct snet__json *pairs, const char *key)
{
	const struct snet__json *pair;

	for (pair = snet__json_first(pairs); pair; pair = snet__json_next(pair))
		if (strcmp(snet__json_get_string(pair, "key"), key) == 0)
			return pair;
	return NULL;
}

static void append_pair(struct snet__json *pairs, const char *key,
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
		if (!find_pair(given, key) && !lists(deleted, key) && strcmp(key, "exec"))
			(void)snet__json_append(merged, snet__json_copy(pair));
	}
	for (pair = snet__json_first(given); pair; pair = snet__json_next(pair))
		if (strcmp(snet__json_get_string(pair, "key"), "exec"))
			(void)snet__json_append(merged, snet__json_copy(pair));
	if (!old && !find_pair(merged, "provide-api-key"))
		append_pair(merged, "provide-api-key", snet__json_new_bool(false));
	append_pair(merged, "exec", snet__json_new_string(kind));
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
	return copy_text(&action->image, image, err);
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
	return copy_text(&action->code, code, err);
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
	return copy_text(&action->main, snet__json_get_string(exec, "main"), err);
}

/* A copy of @old, or the defaults of a new action. */
static int copy_action(struct snet__faas_action **ret, const char *name,
		       const struct snet__faas_action *old, struct snet_err *err)
{
	cleanup_with(action_unref_at) struct snet__faas_action *action =
		calloc(1, sizeof(*action));
	int r;

	if (!action)
		return snet__err_oom(err);
	action->refs = 1;
	action->code_fd = -1;
	action->timeout_ms = SNET__FAAS_TIMEOUT_DEFAULT_MS;
	action->memory_mb = SNET__FAAS_MEMORY_DEFAULT_MB;
	action->logs_mb = SNET__FAAS_LOGS_MAX_MB;
	r = copy_text(&action->name, name, err);
	if (r < 0)
		return r;
	if (old) {
		action->runtime = old->runtime;
		action->kind = old->kind;
		action->is_binary = old->is_binary;
		action->is_archive = old->is_archive;
		action->code_size = old->code_size;
		action->publish = old->publish;
		action->timeout_ms = old->timeout_ms;
		action->memory_mb = old->memory_mb;
		action->logs_mb = old->logs_mb;
		memcpy(action->version, old->version, sizeof(action->version));
		if (copy_text(&action->code, old->code, err) < 0 ||
		    copy_text(&action->main, old->main, err) < 0 ||
		    copy_text(&action->image, old->image, err) < 0)
			return -ENOMEM;
	}
	*ret = steal_ptr(action);
	return 0;
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

static int read_action(struct snet__faas_action *action,
		       const struct snet__faas_action *old, const struct snet__json *body,
		       unsigned int *status, struct snet_err *err)
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

int snet__faas_action_put(struct snet__faas *faas, const char *name,
			  const struct snet__json *body, struct snet__faas_action **ret,
			  unsigned int *ret_status, struct snet_err *err)
{
	cleanup_with(action_unref_at) struct snet__faas_action *action = NULL;
	struct snet__faas_action *old = snet__map_find(&faas->actions, name);
	int r;

	*ret_status = 500;
	r = copy_action(&action, name, old, err);
	if (r < 0)
		return r;
	r = read_action(action, old, body, ret_status, err);
	if (r < 0)
		return r;
	/* The key is the action's own name, so the old one's must leave with it. Putting a new
	 * key where one has just been removed needs no memory. */
	if (old)
		(void)snet__map_remove(&faas->actions, name);
	r = snet__map_add(&faas->actions, action->name, action, err);
	if (r < 0)
		return r;
	if (old) {
		snet__faas_pool_retire(faas, old);
		snet__faas_action_unref(old);
	}
	*ret = steal_ptr(action);
	return 0;
}

static int read_file(char **ret, size_t *ret_size, const char *path, struct snet_err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	autofree char *data = NULL;
	struct stat info;
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &info) < 0)
		return snet__err_sys(err, -errno, "cannot read '%s'", path);
	if (!S_ISREG(info.st_mode) || info.st_size > (off_t)SNET__FAAS_CODE_MAX)
		return snet__err_set(err, -EFBIG, "'%s' is no file of at most %u bytes",
				     path, SNET__FAAS_CODE_MAX);
	data = malloc((size_t)info.st_size + 1);
	if (!data)
		return snet__err_oom(err);
	while (n > 0 && have < (size_t)info.st_size) {
		n = read(fd, data + have, (size_t)info.st_size - have);
		if (n < 0 && errno != EINTR)
			return snet__err_sys(err, -errno, "cannot read '%s'", path);
		have += n > 0 ? (size_t)n : 0;
	}
	data[have] = '\0';
	*ret = steal_ptr(data);
	*ret_size = have;
	return 0;
}

/* The code as a PUT has it: text as it is, anything else in base64. */
static int load_code(char **ret, const struct snet__faas_function *function,
		     struct snet_err *err)
{
	autofree char *data = NULL;
	size_t size = 0;
	int r;

	if (function->code) {
		*ret = strdup(function->code);
		return *ret ? 0 : snet__err_oom(err);
	}
	r = read_file(&data, &size, function->file, err);
	if (r < 0)
		return r;
	if (snet__text_is_utf8(data, size) && !memchr(data, 0, size))
		*ret = steal_ptr(data);
	else
		*ret = snet__base64_encode(data, size);
	return *ret ? 0 : snet__err_oom(err);
}

static int add_parameters(struct snet__json *body, const char *text, struct snet_err *err)
{
	struct snet__json *pairs =
		snet__json_add(body, "parameters", snet__json_new_array());
	const struct snet__json *member;
	autojson *given = NULL;
	int r;

	if (!text)
		return 0;
	r = snet__json_parse(&given, text, strlen(text), err);
	if (r < 0)
		return snet__err_prefix(err, r, "parameters");
	if (!snet__json_is(given, SNET__JSON_OBJECT))
		return snet__err_set(err, -EINVAL, "parameters must be an object, not %s",
				     snet__json_type_name(given));
	for (member = snet__json_first(given); member; member = snet__json_next(member))
		append_pair(pairs, snet__json_key(member), snet__json_copy(member));
	return 0;
}

static int describe_function(struct snet__json *body,
			     const struct snet__faas_function *function,
			     struct snet_err *err)
{
	struct snet__json *exec = snet__json_add(body, "exec", snet__json_new_object());
	struct snet__json *given =
		snet__json_add(body, "limits", snet__json_new_object());
	const char *kind = function->kind;
	autofree char *code = NULL;
	int r;

	r = load_code(&code, function, err);
	if (r < 0)
		return r;
	if (!kind)
		kind = function->file ? snet__faas_kind_of_file(function->file)
				      : "nodejs:default";
	snet__json_add_string(exec, "kind", kind);
	snet__json_add_string(exec, "code", code);
	snet__json_add_string(exec, "main", function->main);
	if (strcmp(kind, "blackbox") == 0)
		snet__json_add_string(exec, "image", "openwhisk/dockerskeleton");
	if (function->timeout_ms)
		snet__json_add_number(given, "timeout", function->timeout_ms);
	if (function->memory_mb)
		snet__json_add_number(given, "memory", function->memory_mb);
	return add_parameters(body, function->parameters, err);
}

int snet__faas_action_add(struct snet__faas *faas,
			  const struct snet__faas_function *function,
			  struct snet_err *err)
{
	autojson *body = snet__json_new_object();
	struct snet__faas_action *action;
	unsigned int status;
	int r;

	if (!snet__faas_is_name(function->name))
		return snet__err_set(err, -EINVAL, "'%s' is no name for a function",
				     function->name);
	if (snet__map_find(&faas->actions, function->name))
		return snet__err_set(err, -EEXIST, "function '%s' exists already",
				     function->name);
	r = describe_function(body, function, err);
	if (r == 0)
		r = snet__faas_action_put(faas, function->name, body, &action, &status,
					  err);
	if (r < 0)
		return snet__err_prefix(err, r, "function '%s'", function->name);
	return 0;
}

void snet__faas_actions_free(struct snet__faas *faas)
{
	for (size_t i = 0; i < faas->actions.cap; i++)
		if (faas->actions.slots[i].key)
			snet__faas_action_unref(faas->actions.slots[i].value);
	snet__map_clear(&faas->actions);
}

struct snet__json *snet__faas_describe_limits(const struct snet__faas_action *action)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_number(json, "timeout", action->timeout_ms);
	snet__json_add_number(json, "memory", action->memory_mb);
	snet__json_add_number(json, "logs", action->logs_mb);
	snet__json_add_number(json, "concurrency", 1);
	return json;
}
