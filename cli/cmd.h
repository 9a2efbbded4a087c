/* SPDX-License-Identifier: MIT */
#ifndef CLI_CMD_H
#define CLI_CMD_H

/* What a command of snet is, and what the commands share. A command is one file, cmd_NAME.c,
 * that ends in its constant table entry, and one line in main.c's array. It parses, calls one
 * or two functions of the library, and prints: results on stdout, "snet: message" on stderr. */

#include <stdbool.h>
#include <stddef.h>

#include <snet/err.h>

/* What the process exits with. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* An option, "--name" or "--name ARG". Help, checks and completion come from here. */
struct cmd_option {
	const char *name; /* without the dashes; NULL ends an array */
	char letter;      /* "-o" is the same; 0 for none */
	/* What its value is called, "FILE", or can be, "dot|svg"; NULL for a flag. */
	const char *arg;
	const char *help; /* one line, lower case, no full stop */
};

struct call;

struct cmd {
	const char *name;
	const char *args;      /* "NODE [--] COMMAND [ARG ...]"; "" for none */
	unsigned int min, max; /* how many arguments, those behind "--" not counted */
	bool has_rest;         /* behind those takes "[--] WORD ...", at least one word */
	bool has_json;         /* knows --json */
	const char *lab_help;  /* of --lab; NULL: "which lab, when several run" */
	bool is_apart;         /* is about no lab that runs: knows no --lab */
	const struct cmd_option *options; /* NULL for none */
	const char *help;                 /* one line, lower case, no full stop */
	const char *details; /* more lines for "snet help NAME", NULL for none */
	/* What the first argument can be and what each is, for "snet help NAME"; both return NULL
	 * behind the last. NULL for none. */
	const char *(*list_name)(size_t index), *(*list_help)(size_t index);
	/* What KEY of its arguments can be, as above. */
	const char *(*key_name)(size_t index);
	/* Returns one of the exit codes above, or what a child process exited with. */
	int (*run)(const struct call *call);
};

/* One call of a command, its arguments checked against the table entry. */
struct call {
	const struct cmd *cmd;
	const char *lab; /* of --lab, NULL when absent */
	bool json;       /* --json */
	unsigned int argc;
	char **argv;         /* the arguments without options; NULL-terminated */
	char **rest;         /* the words behind "--"; NULL-terminated */
	const char **values; /* one an entry of cmd->options; see call_option() */
};

/* The value of an option of the command's table, "" for a flag that is set; NULL when it is
 * absent. Of an option given twice the last counts. */
const char *call_option(const struct call *call, const char *name);

/* Say "snet: MESSAGE" and "try 'snet help NAME'" on stderr. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int call_usage(const struct call *call,
						     const char *fmt, ...);
/* The same of @word, which is none of @names (NULL-terminated): the one that was meant, or all that
 * there are. @what: "format". */
int call_unknown(const struct call *call, const char *what, const char *word,
		 const char *const *names);
/* The same of a command. */
int call_unknown_command(const char *name);
/* Have @ret be the lab that @name, an argument or the value of an option, or --lab names: an exit code;
 * NULL where neither does. Both name the same one, if both do. */
int call_lab(const char **ret, const struct call *call, const char *name);
/* Of a command whose first argument is what to do, that one knows @known of the options
 * (NULL-terminated): refuse the others. An exit code. */
int call_check_options(const struct call *call, const char *const *known);
/* Say "snet: ERR->msg" on stderr. Returns EXIT_FAILED. */
int call_fail(const struct snet_err *err);

/* All commands, NULL-terminated, in the order in which help lists them. */
extern const struct cmd *const cmds[];
const struct cmd *cmd_find(const char *name);
/* "snet help" and "snet help NAME", on stdout. */
void cmd_print_help(void);
void cmd_print_help_of(const struct cmd *cmd);

extern const struct cmd cmd_up, cmd_down, cmd_ls, cmd_status, cmd_press, cmd_watch,
	cmd_events, cmd_trace, cmd_exec, cmd_logs, cmd_apply, cmd_add, cmd_rm,
	cmd_restart, cmd_save, cmd_run, cmd_explore, cmd_diff, cmd_replay, cmd_graph,
	cmd_link, cmd_capture, cmd_fn, cmd_topo, cmd_doctor, cmd_calibrate, cmd_help,
	cmd_version;

#endif
