/* SPDX-License-Identifier: MIT */
/* snet fn: the functions of any OpenWhisk, or of a lab's functions node. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/whisk.h"
#include "backend/whisk_code.h"
#include "backend/wskprops.h"
#include "base/base64.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/fn_lab.h"
#include "cli/print.h"

struct verb {
	const char *name;
	unsigned int min, max; /* arguments behind it */
	const char *args;
	int (*run)(const struct call *call, struct snet__whisk *whisk,
		   struct snet_err *err);
	const char *options[9]; /* those that it knows, and a NULL */
};

#define ARGS_MAX 64
/* Every verb asks the server that they choose. */
#define SERVER_OPTIONS "apihost", "auth", "insecure"

/* "KEY=VALUE": a value that is no JSON is a string, as wsk has it. */
static int add_param(struct snet__json *params, const char *text, struct snet_err *err)
{
	const char *equals = strchr(text, '=');
	struct snet__json *value = NULL;
	autofree char *key = NULL;

	if (!equals || equals == text)
		return snet__err_set(err, -EINVAL, "'%s' is not KEY=VALUE", text);

	key = strndup(text, (size_t)(equals - text));
	if (snet__json_parse(&value, equals + 1, strlen(equals + 1), NULL) < 0)
		value = snet__json_new_string(equals + 1);
	if (!key || !value) {
		snet__json_free(value);
		return snet__err_oom(err);
	}
	return snet__json_set(params, key, value);
}

/* The parameters that --data and the arguments from @first on make. */
static int read_params(struct snet__json **ret, const struct call *call,
		       unsigned int first, struct snet_err *err)
{
	const char *data = call_option(call, "data");
	autojson *params = NULL;
	int r;

	r = snet__json_parse(&params, data ? data : "{}", data ? strlen(data) : 2, err);
	if (r < 0)
		return snet__err_prefix(err, r, "--data is not JSON");
	if (!snet__json_is(params, SNET__JSON_OBJECT))
		return snet__err_set(err, -EINVAL, "--data is %s, not an object",
				     snet__json_type_name(params));

	for (unsigned int i = first; i < call->argc; i++) {
		r = add_param(params, call->argv[i], err);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(params);
	return 0;
}

/* "PACKAGE/NAME" of a list item, whose namespace is "NAMESPACE[/PACKAGE]". */
static char *full_name(const struct snet__json *item)
{
	const char *name = snet__json_get_string(item, "name");
	const char *ns = snet__json_get_string(item, "namespace");
	const char *package = ns ? strchr(ns, '/') : NULL;

	return snet__text_format("%s%s%s", package ? package + 1 : "", package ? "/" : "",
				 name ? name : "");
}

static const char *kind_of(const struct snet__json *item)
{
	const struct snet__json *notes = snet__json_get(item, "annotations"), *note;
	const char *key, *kind;

	for (note = snet__json_first(notes); note; note = snet__json_next(note)) {
		key = snet__json_get_string(note, "key");
		kind = snet__json_get_string(note, "value");
		if (key && kind && strcmp(key, "exec") == 0)
			return kind;
	}
	kind = snet__json_get_string(snet__json_get(item, "exec"), "kind");
	return kind ? kind : "-";
}

static int print_json(const struct snet__json *json, struct snet_err *err)
{
	autofree char *text = snet__json_format(json);

	if (!text)
		return snet__err_oom(err);
	printf("%s\n", text);
	return 0;
}

static int run_list(const struct call *call, struct snet__whisk *whisk,
		    struct snet_err *err)
{
	autojson *list = NULL;
	autotable table = {0};
	int r;

	r = snet__whisk_list(whisk, &list, err);
	if (r < 0)
		return r;
	if (call->json)
		return print_json(list, err);

	table_add(&table, "FUNCTION", "KIND", "VERSION", NULL);
	for (size_t i = 0; i < snet__json_count(list); i++) {
		const struct snet__json *item = snet__json_at(list, i);
		autofree char *name = full_name(item);
		autofree char *version = print_value(item, "version");

		table_add(&table, name, kind_of(item), version, NULL);
	}
	table_print(&table);
	return 0;
}

static int print_code(const struct snet__json *action, struct snet_err *err)
{
	const struct snet__json *exec = snet__json_get(action, "exec");
	const char *code = snet__json_get_string(exec, "code");
	autofree char *data = NULL;
	size_t size = 0;

	if (!code)
		return snet__err_set(err, -ENODATA,
				     "the function has no code (--json prints "
				     "what it is)");
	if (!snet__json_is_true(snet__json_get(exec, "binary"))) {
		printf("%s%s", code,
		       code[0] && code[strlen(code) - 1] == '\n' ? "" : "\n");
		return 0;
	}

	if (!snet__base64_is(code, strlen(code)))
		return snet__err_set(err, -EINVAL, "the function's code: not base64");
	data = snet__base64_decode(code, strlen(code), &size);
	if (!data)
		return snet__err_oom(err);

	(void)fwrite(data, 1, size, stdout); /* main looks at stdout at the end */
	return 0;
}

static int run_get(const struct call *call, struct snet__whisk *whisk,
		   struct snet_err *err)
{
	autojson *action = NULL;
	int r;

	r = snet__whisk_get(whisk, call->argv[1], &action, err);
	if (r < 0)
		return r;

	return call->json ? print_json(action, err) : print_code(action, err);
}

static int read_number(unsigned int *ret, const struct call *call, const char *name,
		       struct snet_err *err)
{
	const char *text = call_option(call, name);
	unsigned long value;
	char *end;

	if (!text)
		return 0;
	value = strtoul(text, &end, 10);
	if (!*text || *end || text[0] == '-' || !value || value > 1000000000)
		return snet__err_set(err, -EINVAL, "--%s is not a number: '%s'", name,
				     text);
	*ret = (unsigned int)value;
	return 0;
}

static int run_put(const struct call *call, struct snet__whisk *whisk,
		   struct snet_err *err)
{
	const char *kind = call_option(call, "kind"), *file = call->argv[2];
	struct snet__whisk_action action = {.name = call->argv[1]};
	autojson *params = NULL, *made = NULL;
	autofree char *code = NULL, *version = NULL;
	int r;

	action.kind = kind ? kind : snet__whisk_code_kind(file);
	action.main = call_option(call, "main");
	r = read_number(&action.timeout_ms, call, "timeout", err);
	if (r == 0)
		r = read_number(&action.memory_mb, call, "memory", err);
	if (r == 0)
		r = read_params(&params, call, 3, err);
	if (r == 0)
		r = snet__whisk_code_load(&code, file, action.kind, err);
	if (r < 0)
		return r;

	action.code = code;
	action.params = snet__json_count(params) ? params : NULL;
	r = snet__whisk_put(whisk, &action, &made, err);
	if (r < 0)
		return r;
	if (call->json)
		return print_json(made, err);

	version = print_value(made, "version");
	printf("%s version %s, %s\n", action.name, version ? version : "-",
	       kind_of(made));
	return 0;
}

static int run_rm(const struct call *call, struct snet__whisk *whisk,
		  struct snet_err *err)
{
	return snet__whisk_remove(whisk, call->argv[1], err);
}

static int run_invoke(const struct call *call, struct snet__whisk *whisk,
		      struct snet_err *err)
{
	autojson *params = NULL, *result = NULL;
	autofree char *text = NULL, *activation = NULL;
	uint64_t timeout_ns = 0;
	unsigned int timeout_ms = 0;
	int r;

	r = read_number(&timeout_ms, call, "timeout", err);
	if (r == 0)
		r = read_params(&params, call, 2, err);
	if (r < 0)
		return r;

	timeout_ns = timeout_ms * 1000000ull;
	text = snet__json_format(params);
	if (!text)
		return snet__err_oom(err);
	if (call_option(call, "no-wait")) {
		r = snet__whisk_start(whisk, call->argv[1], text, &activation, err);
		if (r == 0 && call->json)
			printf("{\"activationId\":\"%s\"}\n", activation);
		else if (r == 0)
			printf("%s\n", activation);
		return r;
	}

	r = snet__whisk_invoke(whisk, call->argv[1], text, timeout_ns, &result, err);
	return r < 0 ? r : print_json(result, err);
}

static const struct verb verbs[] = {
	{"list", 0, 0, "", run_list, {SERVER_OPTIONS}},
	{"put",
	 2,
	 ARGS_MAX,
	 " NAME FILE [KEY=VALUE ...]",
	 run_put,
	 {SERVER_OPTIONS, "kind", "main", "memory", "timeout", "data"}},
	{"get", 1, 1, " NAME", run_get, {SERVER_OPTIONS}},
	{"rm", 1, 1, " NAME", run_rm, {SERVER_OPTIONS}},
	{"invoke",
	 1,
	 ARGS_MAX,
	 " NAME [KEY=VALUE ...]",
	 run_invoke,
	 {SERVER_OPTIONS, "timeout", "data", "no-wait"}},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(*verbs))

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const struct call *call)
{
	const char *names[VERB_COUNT + 1] = {NULL}, *similar;

	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = verbs[i].name;
	similar = snet__text_find_similar(call->argv[0], names);
	if (similar)
		return call_usage(call, "'fn' cannot '%s', did you mean '%s'?",
				  call->argv[0], similar);
	return call_usage(call, "'fn' cannot '%s', only list, put, get, rm and invoke",
			  call->argv[0]);
}

/* Whether a lab is meant: one that is named, or when no server is, the one that runs. */
static bool means_lab(const struct call *call, const struct snet__whisk_opts *opts)
{
	autoprops props = {0};

	if (call->lab)
		return true;
	if (opts->api_host || opts->credentials ||
	    snet__wskprops_load(&props, NULL, NULL) != -ENOENT)
		return false;
	return fn_has_lab(call);
}

static int run(const struct call *call)
{
	const struct verb *verb = find_verb(call->argv[0]);
	struct snet__whisk_opts opts = {
		.api_host = call_option(call, "apihost"),
		.credentials = call_option(call, "auth"),
		.insecure = call_option(call, "insecure") != NULL,
	};
	struct snet_err err = {0};
	autowhisk *whisk = NULL;
	int r;

	if (!verb)
		return unknown_verb(call);
	if (call->argc - 1 < verb->min || call->argc - 1 > verb->max)
		return call_usage(call, "it is 'snet fn %s%s'", verb->name, verb->args);
	if (call_check_options(call, verb->options) != EXIT_DONE)
		return EXIT_USAGE;
	if (call->lab && opts.api_host)
		return call_usage(call, "give either --lab or --apihost");
	if (means_lab(call, &opts)) {
		opts.connect = fn_connect_to_lab;
		opts.user = (void *)call; /* only read there */
	}

	r = snet__whisk_new(&whisk, &opts, &err);
	if (r == 0)
		r = verb->run(call, whisk, &err);
	if (r == -EINVAL)
		return call_usage(call, "%s", err.msg);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "apihost",
	 .arg = "URL",
	 .help = "the server; default: of the .wskprops file"},
	{.name = "auth",
	 .arg = "KEY",
	 .help = "uuid:key, or the path of a .wskprops file; default: ~/.wskprops"},
	{.name = "insecure", .help = "do not verify the server's certificate"},
	{.name = "kind",
	 .arg = "KIND",
	 .help = "put: the language, instead of by FILE's name"},
	{.name = "main", .arg = "NAME", .help = "put: the entry point, default main"},
	{.name = "memory", .arg = "MB", .help = "put: memory limit"},
	{.name = "timeout",
	 .arg = "MS",
	 .help = "put: time limit; invoke: how long to wait"},
	{.name = "data", .arg = "JSON", .help = "put, invoke: an object of parameters"},
	{.name = "no-wait",
	 .help = "invoke: print the activation id instead of the result"},
	{.name = NULL},
};

const struct cmd cmd_fn = {
	.name = "fn",
	.args = "list|put|get|rm|invoke [NAME] [FILE] [KEY=VALUE ...]",
	.min = 1,
	.max = ARGS_MAX,
	.has_json = true,
	.options = options,
	.help = "manage and run the functions of an OpenWhisk server",
	.details =
		"The server is a lab's functions node with --lab, else that of --apihost, else that\n"
		"of $WSK_CONFIG_FILE or ~/.wskprops; where neither that file nor --auth is given, the\n"
		"functions node of the lab that runs. 'put' creates or replaces; .js and .py files are\n"
		"sources, anything else is a native executable. 'invoke' prints the result; when the\n"
		"function fails it prints why and exits with 1.",
	.run = run,
};
