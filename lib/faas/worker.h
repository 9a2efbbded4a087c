/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_WORKER_H
#define SNET_FAAS_WORKER_H

/* One process that runs functions. It is started for an action and does one run at a time. */

#include "faas/run.h"
#include "sys/cgroup.h"

enum snet__faas_worker_state {
	SNET__FAAS_WORKER_STARTING, /* its runner has not spoken yet */
	SNET__FAAS_WORKER_INIT,     /* the code is being loaded */
	SNET__FAAS_WORKER_IDLE,
	SNET__FAAS_WORKER_BUSY,
	SNET__FAAS_WORKER_DYING, /* told to; its end is awaited */
};

/* Bytes that come from a pipe, cut into lines. */
struct snet__faas_pipe {
	struct snet__faas_worker *worker;
	int fd;
	struct snet__watch *watch;
	char *data;
	size_t size, cap;
};

struct snet__faas_worker {
	struct snet__faas_worker *next, **at;
	struct snet__faas *faas;
	struct snet__faas_action *action; /* held */
	struct snet__faas_run *run; /* owned: in progress, or waiting for the init */
	enum snet__faas_worker_state state;
	pid_t pid; /* of its keeper */
	int pidfd;
	int report; /* the keeper's */
	struct snet__watch *end_watch;
	struct snet__cgroup *cgroup; /* NULL: limited in another way */
	struct snet__faas_pipe out, error, result;
	int in;
	struct snet__watch *in_watch; /* while the pipe is full */
	char *waiting;                /* what did not fit */
	size_t waiting_size, waiting_sent;
	bool ends_input;           /* close it when all is written */
	struct snet__timer *limit; /* of init, run, or idleness */
	struct snet__timer *meter; /* looks at its memory where no cgroup does */
	bool has_ended;            /* its process is dead */
	bool has_served;           /* at least one run */
	bool timed_out;
	bool out_of_memory;
	bool has_said_exhausted; /* its runtime, during this run */
	bool has_init;           /* the coming record shows a cold start */
	uint64_t born_ns;        /* when the start began */
	uint64_t init_ms;
	uint64_t used_ns;    /* when it last became idle */
	char *folder;        /* its own, for an archive */
	char words[1][64];   /* of its command */
	const char *program; /* what was to be started */
};

/* Start a worker of @run's action and let it run @run, which it takes also on failure. */
void snet__faas_worker_new(struct snet__faas *faas, struct snet__faas_run *run);
/* Give an idle worker a run. */
void snet__faas_worker_run(struct snet__faas_worker *worker, struct snet__faas_run *run);
/* Kill it; its run, if any, ends in an error, and it goes when its process has ended. */
void snet__faas_worker_kill(struct snet__faas_worker *worker);
/* Kill it and release it at once, its run unanswered. */
void snet__faas_worker_free(struct snet__faas_worker *worker);
/* The path of the action's code in memory, as an executable or archive. */
int snet__faas_worker_code_path(struct snet__faas_worker *worker, struct snet_err *err);
/* The worker's own, empty folder. */
int snet__faas_worker_folder(struct snet__faas_worker *worker, struct snet_err *err);

#endif
