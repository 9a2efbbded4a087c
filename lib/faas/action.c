/* SPDX-License-Identifier: MIT */
/* The registry of actions. A registered action is constant; an update makes a new one from
 * the old and what the request says, and the old lives on while a worker or a run holds it. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "faas/run.h"

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
	return size && snet__base64_is(code, size);
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
	r = snet__faas_copy_text(&action->name, name, err);
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
		if (snet__faas_copy_text(&action->code, old->code, err) < 0 ||
		    snet__faas_copy_text(&action->main, old->main, err) < 0 ||
		    snet__faas_copy_text(&action->image, old->image, err) < 0)
			return -ENOMEM;
	}
	*ret = steal_ptr(action);
	return 0;
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
	r = snet__faas_action_read(action, old, body, ret_status, err);
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
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return snet__err_sys(err, -errno, "cannot read '%s'", path);
	if (!S_ISREG(info.st_mode) || info.st_size > (off_t)SNET__FAAS_CODE_MAX)
		return snet__err_set(err, -EFBIG, "'%s' is no file of at most %u bytes",
				     path, SNET__FAAS_CODE_MAX);
	return snet__file_read_fd(ret, ret_size, fd, path, SNET__FAAS_CODE_MAX, err);
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
		snet__faas_append_pair(pairs, snet__json_key(member),
				       snet__json_copy(member));
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
