/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_PROGRAM_PRIVATE_H
#define SNET_DEVICE_PROGRAM_PRIVATE_H

/* A program, for program.c, which lives its life, program_io.c, through which it speaks, and
 * the kinds of programs. */

#include "device/program.h"
#include "sys/cgroup.h"
#include "sys/keeper.h"
#include "sys/process.h"

/* What is longer of one line is cut off. */
#define SNET__PROGRAM_LINE_MAX 4096

struct snet__program;

/* A kind of programs. Constant table; program.c is the only caller, on the loop's thread. */
struct snet__program_kind {
	const char *name;
	/* What command() names is a program of this machine and needs a keeper; else it is one
	 * that keeps the program, which is process 1 of a PID namespace of its own then. */
	bool needs_keeper;
	/* Optional, as snet__program_fetch(). */
	int (*fetch)(const struct snet__model_node *node, const char *folder,
		     int cancel_fd, struct snet_err *err);
	/* Optional. Make what is needed before the first start, into program->state; may block
	 * for a moment. fini() is called also after a failure. */
	int (*prepare)(struct snet__program *program, struct snet_err *err);
	/* What to start, into argv, env, cwd, address_space_bytes and passes_rights of @opts;
	 * borrowed until the program has been started. */
	int (*command)(struct snet__program *program, struct snet__process_opts *opts,
		       struct snet_err *err);
	/* Optional. It has ended and was reaped. */
	void (*ended)(struct snet__program *program);
	/* Optional. Release what prepare() made. */
	void (*fini)(struct snet__program *program);
};

extern const struct snet__program_kind snet__program_process, snet__program_container;

struct snet__program {
	struct snet__program_env env;
	const struct snet__program_kind *kind;
	void *state;      /* the kind's */
	char **argv;      /* the node's command */
	char **variables; /* its environment */

	struct snet__cgroup *cgroup;  /* NULL: no limits, or no group */
	unsigned long oom_kills;      /* in it, before the last start */
	uint64_t throttled_ns;        /* by its limit, when that was set */
	uint64_t address_space_bytes; /* 0: no limit */
	char *note;                   /* what else is to be known of it, or NULL */

	pid_t pid;      /* of its keeper; 0: does not run */
	pid_t main_pid; /* of the program itself, once it was looked for; 0: not found yet */
	int pidfd;
	int report; /* the keeper's, or -1 */
	struct snet__watch *end_watch;
	struct snet__timer *timer; /* to the next start, or to the kill */
	uint64_t started_ns, delay_ns;
	bool is_stopping; /* never again */
	bool is_crashed;  /* not before it is asked for */
	uint64_t crashed_ns;
	bool is_waiting; /* for its next start */
	unsigned int restarts;
	int status; /* as of waitpid(2), of the last end */

	char *clock_library;           /* what shifts its clock */
	char *clock_file;              /* by how much */
	_Atomic(int64_t) *clock_ns;    /* the file's; NULL: it has the machine's clock */
	char *disk_path, *disk_merged; /* where its disk is, and the folder upon it */
	char *disk_folder;             /* where it has that */
	int disk_fd;                   /* of its root; -1: it has none */
	int ballast;                   /* what fills it, or -1 */

	int out; /* what it writes to stdout and stderr, which are one pipe */
	struct snet__watch *out_watch;
	char line[SNET__PROGRAM_LINE_MAX];
	size_t line_size;
	bool is_line_cut;
};

/* program.c */
/* The program itself, which is the first child of who keeps it; 0 when there is none. */
pid_t snet__program_find_main(struct snet__program *program);
/* A name for a group of its, to be freed. */
char *snet__program_group_name(const struct snet__program *program);

/* program_clock.c, program_disk.c: what makes them may be called for a process before its start, and
 * what frees them whether it has them or not. */
int snet__program_make_clock(struct snet__program *program, struct snet_err *err);
void snet__program_free_clock(struct snet__program *program);
int snet__program_make_disk(struct snet__program *program, struct snet_err *err);
void snet__program_free_disk(struct snet__program *program);

/* program_io.c */
/* A pipe for its output; @ret_child is its end. */
int snet__program_open_output(struct snet__program *program, int *ret_child,
			      struct snet_err *err);
/* Take in what was written until now, and close it. */
void snet__program_close_output(struct snet__program *program);
__attribute__((format(printf, 2, 3))) void snet__program_log(
	struct snet__program *program, const char *fmt, ...);
/* The words of a JSON array, NULL-terminated, to be freed by the last. */
char **snet__program_words(const char *json);
/* "NAME=value" for all that the program is to find: what @base has (NULL: nothing), what tells
 * it of the lab, and the node's "env", in this order; NULL when memory is short. */
char **snet__program_variables(const struct snet__program_env *env, char *const *base);
void snet__program_free_words(char ***words);

#endif
