/* SPDX-License-Identifier: MIT */
/* A worker's life: born for a run, loaded with code, busy, idle, dead. What it says comes in
 * through worker_io.c; when it ends, for whatever reason, its process descriptor tells.
 *
 * A runner says everything that a function printed before it says the result, so the logs of
 * a run are complete once the pipes are found empty after its result: no sentinel is needed. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "faas/plan.h"
#include "faas/worker_io.h"
#include "sys/keeper.h"

#define IDLE_NS     (10 * 60 * SNET__NS_PER_S) /* Source: application.conf, idle-container */
#define START_NS    (60 * SNET__NS_PER_S)      /* of a runner, before its own code */
#define METER_NS    (50 * SNET__NS_PER_MS)
#define MB          (1024ull * 1024)
#define INIT_FAILED "The action did not initialize and exited unexpectedly."
#define RUN_FAILED  "The action did not produce a valid response and exited unexpectedly."
#define NO_MEMORY   "The action exhausted its memory and was aborted."

/* A program that cannot be executed is its developer's mistake, anything else ours. */
static enum snet__faas_status judge_start(int code)
{
	return code == -ENOEXEC || code == -EACCES ? SNET__FAAS_DEVELOPER_ERROR
						   : SNET__FAAS_INTERNAL_ERROR;
}

static void end_run(struct snet__faas_worker *worker, struct snet__faas_outcome *outcome)
{
	struct snet__faas_run *run = steal_ptr(worker->run);

	if (!run) {
		free(outcome->result);
		return;
	}
	outcome->has_init = worker->has_init;
	outcome->init_ms = worker->init_ms;
	worker->has_init = worker->has_said_exhausted = false;
	snet__faas_run_end(run, outcome);
}

/* The run ends in @message, and the worker with it. */
static void fail(struct snet__faas_worker *worker, const char *message)
{
	struct snet__faas_outcome outcome = {
		.status = SNET__FAAS_DEVELOPER_ERROR,
		.message = message,
		.timed_out = worker->timed_out,
	};

	snet__faas_worker_drain_logs(worker);
	snet__faas_worker_kill(worker);
	end_run(worker, &outcome);
}

void snet__faas_worker_kill(struct snet__faas_worker *worker)
{
	worker->state = SNET__FAAS_WORKER_DYING;
	snet__timer_stop(worker->limit);
	if (worker->meter)
		snet__timer_stop(worker->meter);
	snet__process_kill(worker->pid);
}

static void set_limit(struct snet__faas_worker *worker, uint64_t ns)
{
	snet__timer_start(worker->limit, ns, 0);
}

static void become_idle(struct snet__faas_worker *worker)
{
	struct snet__faas *faas = worker->faas;

	/* One that has ended after its result takes no other run. */
	if (worker->has_ended) {
		worker->state = SNET__FAAS_WORKER_DYING;
		return;
	}
	worker->state = SNET__FAAS_WORKER_IDLE;
	worker->has_served = true;
	worker->used_ns = snet__clock_ns();
	if (worker->meter)
		snet__timer_stop(worker->meter);
	set_limit(worker, IDLE_NS);
	/* It may be of a version that was replaced meanwhile. */
	if (snet__map_find(&faas->actions, worker->action->name) != worker->action)
		snet__faas_worker_kill(worker);
}

/* False when its process is dead already, so that the run has not begun. */
static bool begin(struct snet__faas_worker *worker)
{
	worker->state = SNET__FAAS_WORKER_BUSY;
	snet__faas_run_begin(worker->run);
	set_limit(worker, worker->action->timeout_ms * SNET__NS_PER_MS);
	return snet__faas_worker_write(worker, worker->run->line, worker->run->line_size);
}

void snet__faas_worker_run(struct snet__faas_worker *worker, struct snet__faas_run *run)
{
	worker->run = run;
	if (worker->meter)
		snet__timer_start(worker->meter, METER_NS, METER_NS);
	if (begin(worker))
		return;
	/* It died in idleness, a moment ago: another one takes the run. */
	worker->run = NULL;
	snet__faas_worker_kill(worker);
	snet__faas_pool_run(worker->faas, run);
}

static void on_limit(void *user)
{
	struct snet__faas_worker *worker = user;
	autofree char *text = NULL;

	if (!worker->run) {
		snet__faas_worker_kill(worker);
		return;
	}
	worker->timed_out = true;
	text = snet__text_format(
		"The action exceeded its time limits of %u milliseconds%s",
		worker->action->timeout_ms,
		worker->state == SNET__FAAS_WORKER_BUSY ? "."
							: " during initialization.");
	fail(worker, text ? text : "");
}

/* Where no cgroup limits it: its resident pages against the limit. */
static void on_meter(void *user)
{
	struct snet__faas_worker *worker = user;
	unsigned long long pages = 0;
	char path[40], text[128];
	ssize_t n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm",
		       (int)snet__process_find_child(worker->pid));
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*u %llu", &pages) != 1 ||
	    worker->state == SNET__FAAS_WORKER_DYING)
		return;
	if (pages * (unsigned long long)sysconf(_SC_PAGESIZE) >
	    worker->action->memory_mb * MB) {
		worker->out_of_memory = true;
		fail(worker, NO_MEMORY);
	}
}

/* A line on descriptor 3. */
void snet__faas_worker_on_result(struct snet__faas_worker *worker, const char *line,
				 size_t size)
{
	struct snet__faas_outcome outcome = {0};

	if (worker->state == SNET__FAAS_WORKER_STARTING) {
		worker->state = SNET__FAAS_WORKER_INIT;
		set_limit(worker, worker->action->timeout_ms * SNET__NS_PER_MS);
		return;
	}
	if (worker->state == SNET__FAAS_WORKER_INIT && size && line[0] != '!') {
		worker->init_ms = (snet__clock_ns() - worker->born_ns) / SNET__NS_PER_MS;
		(void)begin(worker); /* if it is dead, its end will tell */
		return;
	}
	if (!worker->run || worker->state == SNET__FAAS_WORKER_DYING)
		return; /* it spoke without being asked */

	snet__faas_worker_drain_logs(worker);
	snet__faas_judge(line, size, &outcome);
	/* A runner that refuses ends itself. */
	if (size && line[0] == '!')
		snet__faas_worker_kill(worker);
	else
		become_idle(worker);
	end_run(worker, &outcome);
	snet__faas_pool_serve(worker->faas);
}

static const char *explain(const struct snet__faas_worker *worker, int status)
{
	const struct snet__faas_runtime *runtime = worker->action->runtime;

	if (worker->out_of_memory ||
	    (worker->cgroup && snet__cgroup_oom_kills(worker->cgroup)) ||
	    (runtime->has_exhausted && runtime->has_exhausted(status)) ||
	    (worker->has_said_exhausted && WIFSIGNALED(status)))
		return NO_MEMORY;
	if (worker->state == SNET__FAAS_WORKER_STARTING ||
	    worker->state == SNET__FAAS_WORKER_INIT)
		return INIT_FAILED;
	return RUN_FAILED;
}

/* Whether the run's line still lies in the pipe, whole: then the run has not begun, and may be
 * given to another worker. Only after an earlier run, since a program that never reads would
 * be started for ever. */
static bool has_not_begun(const struct snet__faas_worker *worker)
{
	int unread = 0;

	return worker->run && worker->has_served &&
	       worker->state == SNET__FAAS_WORKER_BUSY && !worker->waiting &&
	       ioctl(worker->in, FIONREAD, &unread) == 0 &&
	       (size_t)unread == worker->run->line_size;
}

/* The last line of a one-shot's output is its result. */
static void end_one_shot(struct snet__faas_worker *worker)
{
	struct snet__faas_outcome outcome = {0};
	struct snet__faas_pipe *out = &worker->out;

	while (out->size && out->data[out->size - 1] == '\n')
		out->size--;
	snet__faas_judge(out->size ? out->data : "", out->size, &outcome);
	if (outcome.status == SNET__FAAS_DEVELOPER_ERROR) {
		free(outcome.result);
		outcome.result = NULL;
		outcome.message =
			"The action did not return a dictionary or array."; /* its words */
	}
	end_run(worker, &outcome);
}

/* Its program could not be executed, for @code. */
static void end_unborn(struct snet__faas_worker *worker, int code)
{
	struct snet__faas_outcome outcome = {.status = judge_start(code)};
	struct snet_err err = {0};

	(void)snet__err_sys(&err, code, "cannot start '%s'", worker->program);
	outcome.message = err.msg;
	end_run(worker, &outcome);
}

static void end_early(struct snet__faas_worker *worker, int status)
{
	struct snet__faas_outcome outcome = {.status = SNET__FAAS_DEVELOPER_ERROR};

	outcome.message = explain(worker, status);
	end_run(worker, &outcome);
}

/* The process has ended: as it should (a one-shot), as it was told to, or by itself. */
static void on_end(void *user, int events)
{
	struct snet__faas_worker *worker = user;
	struct snet__faas *faas = worker->faas;
	struct snet__faas_run *again = NULL;
	int status;

	worker->has_ended = true;
	snet__faas_worker_drain_results(worker);
	snet__faas_worker_drain_logs(worker);
	snet__process_kill(worker->pid); /* what it left behind in its group */
	status = snet__keeper_status(worker->report, snet__process_reap(worker->pid));
	worker->pid = 0;
	if (has_not_begun(worker))
		again = steal_ptr(worker->run);
	else if (worker->run && status < 0)
		end_unborn(worker, status);
	else if (worker->run && worker->action->runtime->one_shot && WIFEXITED(status))
		end_one_shot(worker);
	else if (worker->run)
		end_early(worker, status);
	snet__faas_worker_free(worker);
	if (again)
		snet__faas_pool_run(faas, again);
	snet__faas_pool_serve(faas);
}

static void close_pipe(struct snet__faas_pipe *pipe)
{
	snet__watch_free(pipe->watch);
	if (pipe->fd >= 0)
		close(pipe->fd);
	free(pipe->data);
}

void snet__faas_worker_free(struct snet__faas_worker *worker)
{
	if (worker->at) {
		*worker->at = worker->next;
		if (worker->next)
			worker->next->at = worker->at;
		worker->faas->worker_count--;
	}
	if (worker->pid) {
		snet__process_kill(worker->pid);
		(void)snet__process_reap(worker->pid);
	}
	snet__watch_free(worker->end_watch);
	snet__watch_free(worker->in_watch);
	snet__timer_free(worker->limit);
	snet__timer_free(worker->meter);
	if (worker->pidfd >= 0)
		close(worker->pidfd);
	if (worker->report >= 0)
		close(worker->report);
	if (worker->in >= 0)
		close(worker->in);
	close_pipe(&worker->out);
	close_pipe(&worker->error);
	close_pipe(&worker->result);
	snet__faas_pool_bury(worker->faas, worker->cgroup);
	snet__faas_worker_remove_folder(worker);
	snet__faas_run_free(worker->run);
	snet__faas_action_unref(worker->action);
	free(worker->waiting);
	free(worker);
}

static int limit_memory(struct snet__faas_worker *worker, struct snet__process_opts *opts,
			struct snet_err *err)
{
	struct snet__faas *faas = worker->faas;
	uint64_t limit = worker->action->memory_mb * MB;
	const struct snet__cgroup_opts limits = {.name = faas->name,
						 .memory_bytes = limit};

	if (snet__cgroup_new(&worker->cgroup, &limits, NULL) == 0) {
		opts->cgroup = worker->cgroup;
		return 0;
	}
	/* No cgroup to be had: look at it now and then, and stop what grows faster. V8 reserves
	 * far more addresses than it uses. */
	opts->address_space_bytes = 4 * limit + 4096 * MB;
	return snet__timer_new(&worker->meter, faas->loop, on_meter, worker, err);
}

static int start(struct snet__faas_worker *worker, const int child[4],
		 struct snet_err *err)
{
	const char *argv[10] = {NULL};
	cleanup_with(snet__faas_free_env) char **env = NULL;
	struct snet__process_opts opts = {
		.argv = argv,
		.netns = worker->faas->netns,
		.mntns = worker->faas->mntns,
		.cwd = worker->faas->home,
	};
	int r;

	memcpy(opts.stdio, child, sizeof(opts.stdio));
	r = worker->action->runtime->command(worker, argv, err);
	if (r < 0)
		return r;
	env = snet__faas_worker_env(worker);
	if (!env)
		return snet__err_oom(err);
	opts.env = (const char *const *)env;
	r = limit_memory(worker, &opts, err);
	if (r < 0)
		return r;
	worker->program = argv[0];
	worker->born_ns = snet__clock_ns();
	return snet__keeper_start(&worker->pid, &worker->pidfd, &worker->report, &opts,
				  err);
}

static int set_up(struct snet__faas_worker *worker, struct snet_err *err)
{
	struct snet__loop *loop = worker->faas->loop;
	int child[4] = {-1, -1, -1, -1};
	int r;

	r = snet__faas_worker_open_pipes(worker, child, err);
	if (r == 0)
		r = snet__timer_new(&worker->limit, loop, on_limit, worker, err);
	if (r == 0)
		r = start(worker, child, err);
	for (int i = 0; i < 4; i++)
		if (child[i] >= 0)
			close(child[i]);
	if (r == 0)
		r = snet__watch_new(&worker->end_watch, loop, worker->pidfd, on_end,
				    worker, err);
	if (r < 0)
		return r;
	snet__watch_set(worker->end_watch, SNET__WATCH_READ);
	if (worker->meter)
		snet__timer_start(worker->meter, METER_NS, METER_NS);
	return 0;
}

/* After the start: a runner is given its code, others their work. */
static void go_on(struct snet__faas_worker *worker)
{
	const struct snet__faas_runtime *runtime = worker->action->runtime;
	const struct snet__faas_plan *plan = worker->run->plan;
	autofree char *line = NULL;

	worker->has_init =
		!runtime->one_shot || !worker->action->has_run || (plan && plan->is_cold);
	/* Its container took that long to come up. */
	if (plan)
		worker->born_ns -= plan->cold_ns;
	worker->action->has_run = true;
	if (runtime->has_runner) {
		set_limit(worker, START_NS);
		line = snet__faas_worker_format_init(worker);
		if (line)
			(void)snet__faas_worker_write(worker, line, strlen(line));
		else
			fail(worker, INIT_FAILED);
		return;
	}
	worker->init_ms = (snet__clock_ns() - worker->born_ns) / SNET__NS_PER_MS;
	if (!runtime->one_shot) {
		(void)begin(worker); /* if it is dead, its end will tell */
		return;
	}
	/* A one-shot reads its arguments to the end of its input, without the envelope. */
	worker->state = SNET__FAAS_WORKER_BUSY;
	snet__faas_run_begin(worker->run);
	set_limit(worker, worker->action->timeout_ms * SNET__NS_PER_MS);
	/* It need not read it. */
	(void)snet__faas_worker_write(worker, worker->run->value,
				      strlen(worker->run->value));
	snet__faas_worker_close_input(worker);
}

static void insert(struct snet__faas_worker *worker)
{
	struct snet__faas *faas = worker->faas;

	worker->next = faas->workers;
	if (worker->next)
		worker->next->at = &worker->next;
	worker->at = &faas->workers;
	faas->workers = worker;
	faas->worker_count++;
}

void snet__faas_worker_new(struct snet__faas *faas, struct snet__faas_run *run)
{
	struct snet__faas_outcome outcome = {.status = SNET__FAAS_INTERNAL_ERROR};
	struct snet__faas_worker *worker = calloc(1, sizeof(*worker));
	struct snet_err err = {0};

	if (!worker) {
		outcome.message = "out of memory";
		snet__faas_run_end(run, &outcome);
		return;
	}
	worker->faas = faas;
	worker->run = run;
	worker->action = snet__faas_action_ref(run->action);
	worker->pidfd = worker->report = worker->in = -1;
	worker->out.fd = worker->error.fd = worker->result.fd = -1;
	if (set_up(worker, &err) == 0) {
		insert(worker);
		go_on(worker);
		return;
	}
	outcome.status = judge_start(err.code);
	outcome.message = err.msg;
	worker->run = NULL;
	snet__faas_worker_free(worker);
	snet__faas_run_end(run, &outcome);
}
