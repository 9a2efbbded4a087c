/* SPDX-License-Identifier: MIT */
/* What a worker starts with: its environment, the line with its code, its program in memory,
 * and a folder of its own when it has an archive to unpack. */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"
#include "faas/worker_io.h"
#include "sys/process.h"

/* What OpenWhisk tells at the init, and the parameters marked "init".
 * Source: core/containerpool/Container.scala, Parameters.scala */
static struct snet__json *describe_env(const struct snet__faas_worker *worker)
{
	const struct snet__faas_run *run = worker->run;
	const struct snet__json *pair;
	struct snet__json *env = snet__json_new_object();
	autofree char *name = snet__text_format("/guest/%s", worker->action->name);
	char number[48];

	for (pair = snet__json_first(worker->action->parameters); pair;
	     pair = snet__json_next(pair))
		if (snet__json_is_true(snet__json_get(pair, "init")))
			(void)snet__json_set(env, snet__json_get_string(pair, "key"),
					     snet__json_copy(
						     snet__json_get(pair, "value")));
	(void)snet__json_set(env, "__OW_API_HOST",
			     snet__json_new_string(worker->faas->api_host));
	(void)snet__json_set(env, "__OW_NAMESPACE", snet__json_new_string("guest"));
	(void)snet__json_set(env, "__OW_ACTION_NAME",
			     snet__json_new_string(name ? name : ""));
	(void)snprintf(number, sizeof(number), "%u.%u.%u", worker->action->version[0],
		       worker->action->version[1], worker->action->version[2]);
	(void)snet__json_set(env, "__OW_ACTION_VERSION", snet__json_new_string(number));
	(void)snet__json_set(env, "__OW_ACTIVATION_ID", snet__json_new_string(run->id));
	(void)snet__json_set(env, "__OW_TRANSACTION_ID",
			     snet__json_new_string(run->transaction));
	(void)snprintf(number, sizeof(number), "%llu",
		       (unsigned long long)snet__faas_deadline_ms(worker->action));
	(void)snet__json_set(env, "__OW_DEADLINE", snet__json_new_string(number));
	return env;
}

/* Objects as JSON, null, false and 0 as nothing. Source: nodejsActionBase/runner.js */
static char *format_variable(const struct snet__json *member)
{
	const char *text = snet__json_string(member);
	autofree char *json = NULL;

	if (!text &&
	    (snet__json_is(member, SNET__JSON_NULL) ||
	     (snet__json_is(member, SNET__JSON_BOOL) && !snet__json_is_true(member)) ||
	     snet__json_number(member, 1) == 0))
		text = "";
	if (!text)
		text = json = snet__json_format(member);
	return text ? snet__text_format("%s=%s", snet__json_key(member), text) : NULL;
}

void snet__faas_free_env(char ***at)
{
	for (char **env = *at; env && *env; env++)
		free(*env);
	free(*at);
}

char **snet__faas_worker_env(const struct snet__faas_worker *worker)
{
	bool has_runner = worker->action->runtime->has_runner;
	autojson *json = has_runner ? snet__json_new_object() : describe_env(worker);
	cleanup_with(snet__faas_free_env) char **env = NULL;
	const struct snet__json *member;
	const char *path = getenv("PATH");
	size_t count = 0;

	/* A runner gets the rest in its first line. */
	(void)snet__json_set(json, "__OW_API_HOST",
			     snet__json_new_string(worker->faas->api_host));
	(void)snet__json_set(json, "PATH",
			     snet__json_new_string(
				     path ? path : "/usr/local/bin:/usr/bin:/bin"));
	(void)snet__json_set(json, "LANG", snet__json_new_string("C.UTF-8"));
	(void)snet__json_set(json, "HOME", snet__json_new_string(worker->faas->home));
	env = calloc(snet__json_count(json) + 1, sizeof(*env));
	for (member = snet__json_first(json); env && member;
	     member = snet__json_next(member)) {
		env[count] = format_variable(member);
		if (!env[count++])
			return NULL;
	}
	return steal_ptr(env);
}

char *snet__faas_worker_format_init(struct snet__faas_worker *worker)
{
	const struct snet__faas_action *action = worker->action;
	autojson *json = snet__json_new_object();
	autofree char *text = NULL;

	if (action->is_binary && snet__faas_worker_folder(worker, NULL) < 0)
		return NULL;
	snet__json_add_string(json, "name", action->name);
	snet__json_add_string(json, "main", action->main ? action->main : "main");
	snet__json_add_bool(json, "binary", action->is_binary);
	snet__json_add_string(json, "folder", worker->folder);
	(void)snet__json_add(json, "env", describe_env(worker));
	snet__json_add_string(json, "code", action->code);
	text = snet__json_format(json);
	return text ? snet__text_format("%s\n", text) : NULL;
}

static int write_all(int fd, const char *data, size_t size)
{
	ssize_t n;

	for (; size; data += n, size -= (size_t)n) {
		n = write(fd, data, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

static int make_program(struct snet__faas_action *action, struct snet_err *err)
{
	autoclose int fd = -1;
	autofree char *decoded = NULL;
	const char *data = action->code;
	size_t size = action->code_size;
	char path[40];
	int r;

	r = snet__process_memory_file(&fd, "function", err);
	if (r < 0)
		return r;
	if (action->is_binary) {
		decoded = snet__base64_decode(action->code, action->code_size, &size);
		if (!decoded)
			return snet__err_oom(err);
		data = decoded;
	}
	r = write_all(fd, data, size);
	if (r < 0 || fchmod(fd, 0700) < 0)
		return snet__err_sys(err, r < 0 ? r : -errno,
				     "cannot keep a program in memory");
	/* A program that is open for writing cannot be executed. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	action->code_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (action->code_fd < 0)
		return snet__err_sys(err, -errno, "cannot open a program in memory");
	return 0;
}

int snet__faas_worker_code_path(struct snet__faas_worker *worker, struct snet_err *err)
{
	struct snet__faas_action *action = worker->action;
	int r = action->code_fd >= 0 ? 0 : make_program(action, err);

	if (r < 0)
		return r;
	/* Of our process, since the child has no copy: a script's interpreter opens it too. */
	(void)snprintf(worker->words[0], sizeof(worker->words[0]), "/proc/%d/fd/%d",
		       (int)getpid(), action->code_fd);
	return 0;
}

static int make_folder(char **ret, const struct snet__faas *faas, struct snet_err *err)
{
	autofree char *path =
		snet__text_format("%s/function@%s@XXXXXX", faas->folder, faas->name);
	int r;

	if (!path)
		return snet__err_oom(err);
	if (!mkdtemp(path))
		return snet__err_sys(err, -errno, "cannot make a folder '%s'", path);
	/* A worker goes elsewhere, and still has to find it. */
	*ret = realpath(path, NULL);
	if (*ret)
		return 0;
	r = snet__err_sys(err, -errno, "cannot find '%s'", path);
	(void)rmdir(path); /* ours, and empty */
	return r;
}

int snet__faas_worker_folder(struct snet__faas_worker *worker, struct snet_err *err)
{
	return worker->folder ? 0 : make_folder(&worker->folder, worker->faas, err);
}

int snet__faas_make_home(struct snet__faas *faas, struct snet_err *err)
{
	return make_folder(&faas->home, faas, err);
}

void snet__faas_sweep(const struct snet__faas *faas)
{
	autofree char *pattern =
		snet__text_format("%s/function@%s@*", faas->folder, faas->name);
	glob_t found = {0};

	/* In /tmp they may be another lab's. */
	if (!pattern || !faas->owns_folder)
		return;
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			snet__file_remove(found.gl_pathv[i]);
	globfree(&found);
}

static void remove_folder(char **path)
{
	if (*path)
		snet__file_remove(*path);
	free(*path);
	*path = NULL;
}

void snet__faas_worker_remove_folder(struct snet__faas_worker *worker)
{
	remove_folder(&worker->folder);
}

void snet__faas_remove_home(struct snet__faas *faas)
{
	remove_folder(&faas->home);
}
