/* SPDX-License-Identifier: MIT */
/* Options are long ones, "--name VALUE" or "--name=VALUE", a few with a letter, "-n VALUE" or
 * "-nVALUE". They stand anywhere before "--", so that "snet --lab house status" and "snet status
 * --lab house" are the same, and before the first word of another program's command. The command is
 * the first word that is no option. Of the common ones --help belongs to every command. */

#include "cli/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The most options that one command has, with the common ones and the end of the list. */
#define OPTIONS_MAX 24

static const struct cmd_option common[] = {
	{.name = "lab", .arg = "LAB"},
	{.name = "json"},
	{.name = "help"},
	{.name = NULL},
};

static int try_help(const struct cmd *cmd)
{
	if (cmd)
		fprintf(stderr, "try 'snet help %s'\n", cmd->name);
	else
		fprintf(stderr, "try 'snet help'\n");
	return EXIT_USAGE;
}

int call_usage(const struct call *call, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "snet: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	return try_help(call->cmd);
}

int call_unknown(const struct call *call, const char *what, const char *word,
		 const char *const *names)
{
	const char *similar = snet__text_find_similar(word, names);

	fprintf(stderr, "snet: unknown %s '%s'", what, word);
	if (similar)
		fprintf(stderr, ", did you mean '%s'?\n", similar);
	for (size_t i = 0; !similar && names[i]; i++)
		fprintf(stderr, "%s%s%s", i == 0 ? ": there are " : "", names[i],
			!names[i + 1]  ? "\n"
			: names[i + 2] ? ", "
				       : " and ");
	return try_help(call->cmd);
}

int call_lab(const char **ret, const struct call *call, const char *name)
{
	if (name && !snet__text_is_name(name))
		return call_usage(call, "'%s' is no name for a lab", name);
	if (name && call->lab && strcmp(call->lab, name) != 0)
		return call_usage(call, "two labs are named, '%s' and '%s'", name,
				  call->lab);
	*ret = name ? name : call->lab;
	return EXIT_DONE;
}

int call_fail(const struct snet_err *err)
{
	fprintf(stderr, "snet: %s\n", err->msg);
	return EXIT_FAILED;
}

const char *call_option(const struct call *call, const char *name)
{
	for (size_t i = 0; call->cmd->options && call->cmd->options[i].name; i++)
		if (strcmp(call->cmd->options[i].name, name) == 0)
			return call->values[i];
	return NULL;
}

int call_check_options(const struct call *call, const char *const *known)
{
	for (const struct cmd_option *at = call->cmd->options; at->name; at++) {
		const char *const *same = known;

		while (*same && strcmp(*same, at->name) != 0)
			same++;
		if (!*same && call_option(call, at->name))
			return call_usage(call, "'%s %s' has no option '--%s'",
					  call->cmd->name, call->argv[0], at->name);
	}
	return EXIT_DONE;
}

/* Where the command's word stands: the first argument that is neither an option nor the value
 * of --lab. Options of the command itself may stand before it only as "--name=VALUE". */
static int find_command(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--lab") == 0)
			i++;
		else if (argv[i][0] != '-')
			return i;
	}
	return 0;
}

int call_unknown_command(const char *name)
{
	const char *names[32] = {NULL}, *similar;

	for (size_t i = 0; cmds[i] && i + 1 < sizeof(names) / sizeof(*names); i++)
		names[i] = cmds[i]->name;
	similar = snet__text_find_similar(name, names);
	if (similar)
		fprintf(stderr, "snet: unknown command '%s', did you mean '%s'?\n", name,
			similar);
	else
		fprintf(stderr, "snet: unknown command '%s'\n", name);
	return try_help(NULL);
}

static int unknown_option(const struct call *call, const char *name)
{
	const char *names[OPTIONS_MAX] = {"help", NULL}, *similar;
	size_t count = 1;

	if (!call->cmd->is_apart)
		names[count++] = "lab";
	if (call->cmd->has_json)
		names[count++] = "json";
	for (size_t i = 0; call->cmd->options && call->cmd->options[i].name; i++)
		if (count + 1 < OPTIONS_MAX)
			names[count++] = call->cmd->options[i].name;
	similar = snet__text_find_similar(name, names);
	if (similar)
		return call_usage(call, "'%s' has no option '--%s', did you mean '--%s'?",
				  call->cmd->name, name, similar);
	return call_usage(call, "'%s' has no option '--%s'", call->cmd->name, name);
}

static const struct cmd_option *find_option(const struct cmd_option *options,
					    const char *name, size_t *ret_index)
{
	for (size_t i = 0; options && options[i].name; i++) {
		if (strcmp(options[i].name, name) != 0)
			continue;
		*ret_index = i;
		return &options[i];
	}
	return NULL;
}

static void set_common(struct call *call, const char *name, char *value, bool *help)
{
	if (strcmp(name, "lab") == 0)
		call->lab = value;
	else if (strcmp(name, "json") == 0)
		call->json = true;
	else
		*help = true;
}

/* Have @value, which is NULL where it was not given with the option itself, be what is to be kept:
 * the word behind the option when it needs one. */
static int take_value(const struct call *call, const struct cmd_option *option, int argc,
		      char **argv, int *at, char **value)
{
	static char flag[] = "";

	if (!option->arg) {
		*value = flag;
		return EXIT_DONE;
	}
	if (*value)
		return EXIT_DONE;
	if (*at + 1 >= argc || strcmp(argv[*at + 1], "--") == 0)
		return call_usage(call, "option '--%s' needs a value, %s", option->name,
				  option->arg);
	*value = argv[++*at];
	return EXIT_DONE;
}

/* Of a letter that no option has, one that begins with it was meant. */
static int unknown_letter(const struct call *call, const char *word)
{
	const struct cmd_option *option = call->cmd->options;

	while (option && option->name && option->name[0] != word[1])
		option++;
	if (option && option->name)
		return call_usage(call, "unknown option '%s', did you mean '--%s'?", word,
				  option->name);
	return call_usage(call, "unknown option '%s'", word);
}

/* The same as parse_option() for "-o". */
static int parse_letter(struct call *call, int argc, char **argv, int *at)
{
	const struct cmd_option *option = call->cmd->options;
	const char *word = argv[*at];
	char *value = argv[*at][2] ? argv[*at] + 2 : NULL;
	int status;

	while (option && option->name && option->letter != word[1])
		option++;
	if (!option || !option->name || (value && !option->arg))
		return unknown_letter(call, word);
	status = take_value(call, option, argc, argv, at, &value);
	if (status == EXIT_DONE)
		call->values[option - call->cmd->options] = value;
	return status;
}

/* Read the option argv[*at], and its value from the word behind it when that is needed. */
static int parse_option(struct call *call, int argc, char **argv, int *at, bool *help)
{
	autofree char *name = strdup(argv[*at] + 2);
	const struct cmd_option *option;
	bool is_common = true;
	char *value = NULL;
	size_t index = 0;
	int status;

	if (!name)
		return call_usage(call, "out of memory");
	value = strchr(argv[*at], '=');
	if (value) {
		name[value - argv[*at] - 2] = '\0';
		value++;
	}
	option = find_option(common, name, &index);
	if (!option) {
		is_common = false;
		option = find_option(call->cmd->options, name, &index);
	}
	if (!option || (strcmp(name, "json") == 0 && !call->cmd->has_json) ||
	    (strcmp(name, "lab") == 0 && call->cmd->is_apart))
		return unknown_option(call, name);
	if (!option->arg && value)
		return call_usage(call, "option '--%s' takes no value", name);
	status = take_value(call, option, argc, argv, at, &value);
	if (status != EXIT_DONE)
		return status;
	if (is_common)
		set_common(call, option->name, value, help);
	else
		call->values[index] = value;
	return EXIT_DONE;
}

static int check_words(struct call *call)
{
	const struct cmd *cmd = call->cmd;

	if (call->argc < cmd->min)
		return call_usage(call, "'%s' needs %s", cmd->name, cmd->args);
	if (call->argc > cmd->max)
		return call_usage(call, "'%s' takes no argument '%s'%s", cmd->name,
				  call->argv[cmd->max],
				  cmd->max || cmd->is_apart ? "" : ": --lab names a lab");
	if (cmd->has_rest && !call->rest[0])
		return call_usage(call, "'%s' needs %s", cmd->name, cmd->args);
	if (!cmd->has_rest && call->rest[0])
		return call_usage(call, "'%s' takes nothing behind '--'", cmd->name);
	return call_lab(&call->lab, call, call->lab);
}

/* "snet", "snet --help" and "snet --version". */
static int without_command(int argc, char **argv)
{
	struct call call = {0};

	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return cmd_version.run(&call);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		cmd_print_help();
		return EXIT_DONE;
	}
	if (argc > 1 && strcmp(argv[1], "--lab") != 0 && strcmp(argv[1], "--") != 0)
		fprintf(stderr, "snet: unknown option '%s'\n", argv[1]);
	else if (argc > 1 && strcmp(argv[argc - 1], "--lab") == 0)
		fprintf(stderr, "snet: option '--lab' needs a value, LAB\n");
	else
		fprintf(stderr, "snet: no command given\n");
	return try_help(NULL);
}

static int parse_words(struct call *call, int argc, char **argv, int command)
{
	bool help = false;
	int status;

	for (int i = 1; i < argc; i++) {
		if (i == command)
			continue;
		if (strcmp(argv[i], "--") == 0) {
			call->rest = argv + i + 1;
			break;
		}
		if (strcmp(argv[i], "-h") == 0) {
			help = true;
		} else if (strncmp(argv[i], "--", 2) == 0) {
			status = parse_option(call, argc, argv, &i, &help);
			if (status != EXIT_DONE)
				return status;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			status = parse_letter(call, argc, argv, &i);
			if (status != EXIT_DONE)
				return status;
		} else if (call->cmd->has_rest && call->argc == call->cmd->max) {
			call->rest = argv + i;
			break;
		} else {
			call->argv[call->argc++] = argv[i];
		}
	}
	if (help) {
		cmd_print_help_of(call->cmd);
		call->cmd = NULL;
		return EXIT_DONE;
	}
	return check_words(call);
}

int call_parse(struct call *call, int argc, char **argv)
{
	int command = find_command(argc, argv);

	if (!command)
		return without_command(argc, argv);
	call->cmd = cmd_find(argv[command]);
	if (!call->cmd)
		return call_unknown_command(argv[command]);

	call->argv = calloc((size_t)argc + 1, sizeof(*call->argv));
	call->values = calloc(OPTIONS_MAX, sizeof(*call->values));
	call->rest = argv + argc; /* the NULL behind the last word */
	if (!call->argv || !call->values)
		return call_usage(call, "out of memory");
	return parse_words(call, argc, argv, command);
}

void call_clear(struct call *call)
{
	free(call->argv);
	free(call->values);
	call->argv = NULL;
	call->values = NULL;
}
