/* SPDX-License-Identifier: MIT */
/* snet help: all of it from the table entries of the commands. */

#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define COLUMN 26 /* where the explanation of an option or a command begins */

/* What does not fit beside its explanation stands above it. */
static void print_line(const char *form, const char *help)
{
	if (strlen(form) > COLUMN)
		printf("  %s\n  %*s %s\n", form, COLUMN, "", help);
	else
		printf("  %-*s %s\n", COLUMN, form, help);
}

void cmd_print_help(void)
{
	printf("usage: snet COMMAND [ARGUMENT ...] [--lab LAB] [--json]\n"
	       "\n"
	       "Networks of virtual IoT devices, wired to serverless functions.\n"
	       "\n");
	for (const struct cmd *const *at = cmds; *at; at++) {
		char form[80];

		(void)snprintf(form, sizeof(form), "%s %s", (*at)->name, (*at)->args);
		print_line(form, (*at)->help);
	}
	printf("\n"
	       "LAB may be left out when one lab runs. 'snet help COMMAND' and snet(1) say more.\n");
}

static void print_option(const struct cmd_option *option)
{
	const char letter[] = {',', ' ', '-', option->letter, '\0'};
	char form[80];

	(void)snprintf(form, sizeof(form), "--%s%s%s%s", option->name,
		       option->letter ? letter : "", option->arg ? " " : "",
		       option->arg ? option->arg : "");
	print_line(form, option->help);
}

static void print_list(const struct cmd *cmd)
{
	const char *name;

	for (size_t i = 0; cmd->list_name && (name = cmd->list_name(i)); i++)
		print_line(name, cmd->list_help(i));
	if (cmd->list_name)
		printf("\n");
}

/* As many in a line as fit beside the word that they are for. */
static void print_keys(const struct cmd *cmd)
{
	char line[54] = "";
	const char *name;
	size_t used = 0;

	for (size_t i = 0; cmd->key_name && (name = cmd->key_name(i)); i++) {
		if (used + strlen(name) + 1 >= sizeof(line)) {
			print_line("KEY", line);
			used = 0;
		}
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
					 used ? " " : "", name);
	}
	if (used) {
		print_line("KEY", line);
		printf("\n");
	}
}

void cmd_print_help_of(const struct cmd *cmd)
{
	const struct cmd_option lab = {.name = "lab",
				       .arg = "LAB",
				       .help = cmd->lab_help
						       ? cmd->lab_help
						       : "which lab, when several run"};
	static const struct cmd_option json = {.name = "json", .help = "print JSON"},
				       help = {.name = "help", .help = "print this"};

	printf("usage: snet %s%s%s", cmd->name, *cmd->args ? " " : "", cmd->args);
	for (const struct cmd_option *at = cmd->options; at && at->name; at++)
		printf(" [--%s%s%s]", at->name, at->arg ? " " : "",
		       at->arg ? at->arg : "");
	printf("\n\n%s\n", cmd->help);
	if (cmd->details)
		printf("\n%s\n", cmd->details);
	printf("\n");
	print_list(cmd);
	print_keys(cmd);
	for (const struct cmd_option *at = cmd->options; at && at->name; at++)
		print_option(at);
	if (!cmd->is_apart)
		print_option(&lab);
	if (cmd->has_json)
		print_option(&json);
	print_option(&help);
}

static int run(const struct call *call)
{
	const struct cmd *cmd;

	if (call->argc == 0) {
		cmd_print_help();
		return EXIT_DONE;
	}
	cmd = cmd_find(call->argv[0]);
	if (!cmd)
		return call_unknown_command(call->argv[0]);
	cmd_print_help_of(cmd);
	return EXIT_DONE;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.max = 1,
	.is_apart = true,
	.help = "say what a command does and which options it has",
	.run = run,
};
