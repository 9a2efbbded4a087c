/* SPDX-License-Identifier: MIT */
/* A program's life: started, listened to, ended, started again.
 *
 * It is in a PID namespace of its own, so nothing that it has started outlives it, behind a
 * keeper that is killed when the lab's thread ends, however that comes about. */

#include "device/program.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "device/program_private.h"

#define DELAY_MIN_NS SNET__NS_PER_S
#define DELAY_MAX_NS (60 * SNET__NS_PER_S)
#define GOOD_RUN_NS  (10 * SNET__NS_PER_S) /* after it a failure is one of its own */

#define REMOVE_ATTEMPTS 8

static const struct snet__program_kind *const kinds[] = {&snet__program_process,
							 &snet__program_container};

static const struct snet__program_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

int snet__program_fetch(const struct snet__model_node *node, const char *folder,
			int cancel_fd, struct snet_err *err)
{
	const struct snet__program_kind *kind = find_kind(node->kind);
	int r;

	r = kind && kind->fetch ? kind->fetch(node, folder, cancel_fd, err) : 0;
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", node->name) : 0;
}

static void on_end(void *user, int events);

/* Leave no trace of a process that has been reaped. */
static void close_process(struct snet__program *program)
{
	program->pid = program->main_pid = 0;
	snet__watch_free(steal_ptr(program->end_watch));
	snet__close_at(&program->pidfd);
	snet__close_at(&program->report);
	program->pidfd = program->report = -1;
	snet__program_close_output(program);
	if (program->kind->ended)
		program->kind->ended(program);
}

static void kill_process(struct snet__program *program)
{
	if (!program->pid)
		return;
	snet__process_kill(program->pid);
	(void)snet__process_reap(program->pid); /* it is our child */
	close_process(program);
}

static int start(struct snet__program *program, struct snet_err *err)
{
	struct snet__process_opts opts = {
		.netns = program->env.netns,
		.mntns = program->env.mntns,
		.cgroup = program->cgroup,
		.own_pids = true,
		.own_proc = true,
		.bound = program->disk_merged,
		.bound_at = program->disk_folder,
	};
	autoclose int child = -1;
	int r;

	r = program->kind->command(program, &opts, err);
	if (r == 0)
		r = snet__program_open_output(program, &child, err);
	if (r < 0)
		return r;
	if (program->cgroup)
		program->oom_kills = snet__cgroup_oom_kills(program->cgroup);
	memcpy(opts.stdio, (const int[]){-1, child, child, -1}, sizeof(opts.stdio));
	if (program->kind->needs_keeper)
		r = snet__keeper_start(&program->pid, &program->pidfd, &program->report,
				       &opts, err);
	else
		r = snet__process_start(&program->pid, &program->pidfd, &opts, err);
	if (r == 0 && program->kind->needs_keeper)
		r = snet__keeper_wait(program->report, &opts, err);
	if (r < 0)
		return r;
	r = snet__watch_new(&program->end_watch, program->env.loop, program->pidfd,
			    on_end, program, err);
	if (r < 0)
		return r;

	snet__watch_set(program->end_watch, SNET__WATCH_READ);
	program->started_ns = snet__clock_ns();
	return 0;
}

static int start_or_clean(struct snet__program *program, struct snet_err *err)
{
	int r = start(program, err);

	if (r < 0) {
		kill_process(program);
		snet__program_close_output(program);
		return r;
	}
	program->env.changed(program->env.user);
	return 0;
}

int snet__program_start(struct snet__program *program, struct snet_err *err)
{
	int r;

	/* What has crashed may not have been reaped yet. */
	kill_process(program);
	program->is_crashed = false;
	r = start_or_clean(program, err);
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", program->env.node->name) : 0;
}

static const char *name_signal(int signal, char text[16])
{
	const char *name = sigabbrev_np(signal);

	if (name)
		(void)snprintf(text, 16, "SIG%s", name);
	else
		(void)snprintf(text, 16, "signal %d", signal);
	return text;
}

/* Of a container crun tells what killed it as shells do: 128 and the signal. */
static bool is_out_of_memory(const struct snet__program *program)
{
	bool is_killed = WIFSIGNALED(program->status)
				 ? WTERMSIG(program->status) == SIGKILL
				 : WEXITSTATUS(program->status) == 128 + SIGKILL;

	return is_killed && program->cgroup &&
	       snet__cgroup_oom_kills(program->cgroup) != program->oom_kills;
}

/* "exited 3", "killed by SIGKILL: out of memory". */
static const char *explain_end(const struct snet__program *program, char text[64])
{
	const char *why = is_out_of_memory(program) ? ": out of memory" : "";
	char name[16];

	if (WIFEXITED(program->status))
		(void)snprintf(text, 64, "exited %d%s", WEXITSTATUS(program->status),
			       why);
	else
		(void)snprintf(text, 64, "killed by %s%s",
			       name_signal(WTERMSIG(program->status), name), why);
	return text;
}

static bool is_wanted_again(const struct snet__program *program)
{
	bool has_failed =
		!WIFEXITED(program->status) || WEXITSTATUS(program->status) != 0;

	if (program->is_stopping || program->is_crashed)
		return false;
	return program->env.node->restart == SNET__RESTART_ALWAYS ||
	       (program->env.node->restart == SNET__RESTART_ON_FAILURE && has_failed);
}

static void start_later(struct snet__program *program, const char *why)
{
	bool was_good = program->started_ns &&
			snet__clock_ns() - program->started_ns >= GOOD_RUN_NS;

	program->delay_ns *= 2;
	if (was_good || !program->delay_ns)
		program->delay_ns = DELAY_MIN_NS;
	if (program->delay_ns > DELAY_MAX_NS)
		program->delay_ns = DELAY_MAX_NS;
	program->is_waiting = true;
	snet__timer_start(program->timer, program->delay_ns, 0);
	snet__program_log(program, "snet: %s, starts again in %u s", why,
			  (unsigned int)(program->delay_ns / SNET__NS_PER_S));
}

static void on_end(void *user, int events)
{
	struct snet__program *program = user;
	char why[64];
	int status;

	(void)events;
	snet__timer_stop(program->timer);
	status = snet__process_reap(program->pid);
	if (program->report >= 0)
		status = snet__keeper_status(program->report, status);
	program->status = status < 0 ? 0 : status;
	if (program->is_crashed)
		program->crashed_ns = snet__clock_ns();
	close_process(program);
	(void)explain_end(program, why);
	if (is_wanted_again(program))
		start_later(program, why);
	else
		snet__program_log(program, "snet: %s", why);
	program->env.changed(program->env.user);
}

static void on_timer(void *user)
{
	struct snet__program *program = user;
	struct snet_err err = {0};

	if (program->pid) {
		snet__process_kill(program->pid); /* its end will tell */
		return;
	}
	program->is_waiting = false;
	program->restarts++;
	program->started_ns = 0;
	if (start_or_clean(program, &err) < 0)
		start_later(program, err.msg);
}

pid_t snet__program_find_main(struct snet__program *program)
{
	if (!program->main_pid && program->pid)
		program->main_pid = snet__process_find_child(program->pid);
	return program->main_pid;
}

/* Whether SIGTERM does something to the program. /proc/PID/status has masks in hexadecimal;
 * blocked signals may be waited for. To process 1 of a PID namespace nothing happens by
 * default. */
static bool obeys_sigterm(struct snet__program *program)
{
	const unsigned long long bit = 1ull << (SIGTERM - 1);
	autofree char *path = snet__text_format("/proc/%d/status",
						(int)snet__program_find_main(program));
	autofile FILE *file = path ? fopen(path, "re") : NULL;
	unsigned long long mask, handled = 0, ignored = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "SigBlk: %llx", &mask) == 1 ||
		    sscanf(line, "SigCgt: %llx", &mask) == 1)
			handled |= mask;
		(void)sscanf(line, "SigIgn: %llx", &ignored);
	}
	return handled & bit || (program->kind->needs_keeper && !(ignored & bit));
}

void snet__program_stop(struct snet__program *program)
{
	program->is_stopping = true;
	program->is_waiting = false;
	snet__timer_stop(program->timer);
	if (!program->pid)
		return;
	if (!obeys_sigterm(program) || snet__program_is_stopped(program)) {
		snet__process_kill(program->pid);
		return;
	}
	(void)kill(program->pid, SIGTERM); /* it has ended, or will */
	snet__timer_start(program->timer, SNET__PROGRAM_GRACE_NS, 0);
}

void snet__program_kill(struct snet__program *program)
{
	program->is_stopping = true;
	program->is_waiting = false;
	snet__timer_stop(program->timer);
	kill_process(program);
}

bool snet__program_is_stopping(const struct snet__program *program)
{
	return program->is_stopping;
}

bool snet__program_is_running(const struct snet__program *program)
{
	return program->pid != 0;
}

char *snet__program_group_name(const struct snet__program *program)
{
	return snet__text_format("%.32s-%016" PRIx64, program->env.node->name,
				 snet__random_entropy());
}

void snet__program_crash(struct snet__program *program)
{
	program->is_crashed = true;
	program->crashed_ns = 0;
	program->delay_ns = 0;
	snet__timer_stop(program->timer);
	if (program->pid) {
		snet__process_kill(program->pid); /* its end will tell */
		return;
	}
	if (!program->is_waiting)
		return;
	program->is_waiting = false;
	program->crashed_ns = snet__clock_ns();
	program->env.changed(program->env.user);
}

bool snet__program_is_crashed(const struct snet__program *program)
{
	return program->is_crashed;
}

uint64_t snet__program_crashed_ns(const struct snet__program *program)
{
	return program->is_crashed ? program->crashed_ns : 0;
}

/* A limit of memory that no cgroup keeps is one of the address space, which is larger: better
 * than none, and said. CPU time has nothing of the kind. */
static int set_limits(struct snet__program *program, struct snet_err *err)
{
	const struct snet__model_node *node = program->env.node;
	autofree char *name = snet__program_group_name(program);
	struct snet__cgroup_opts limits = {.name = name,
					   .memory_bytes = node->memory_bytes,
					   .millicpus = node->millicpus};
	struct snet_err why = {0};
	int r;

	if (!name)
		return snet__err_oom(err);
	if (!limits.memory_bytes && !limits.millicpus)
		return 0;
	if (snet__cgroup_new(&program->cgroup, &limits, &why) == 0)
		return 0;
	limits.memory_bytes = 0;
	r = limits.millicpus ? snet__cgroup_new(&program->cgroup, &limits, err) : 0;
	if (r < 0)
		return snet__err_prefix(err, r,
					"'cpus' needs root, or 'systemd-run --user "
					"--scope -p Delegate=yes'");

	program->address_space_bytes = node->memory_bytes;
	program->note = snet__text_format("its memory is limited as address space only: "
					  "%s; " SNET__PROGRAM_NEEDS_GROUP,
					  why.msg);
	if (!program->note)
		return snet__err_oom(err);
	snet__program_log(program, "snet: %s", program->note);
	return 0;
}

static int set_up(struct snet__program *program, struct snet_err *err)
{
	int r;

	program->argv = snet__program_words(program->env.node->command);
	if (!program->argv)
		return snet__err_oom(err);
	r = snet__timer_new(&program->timer, program->env.loop, on_timer, program, err);
	if (r == 0)
		r = set_limits(program, err);
	if (r == 0 && program->kind->prepare)
		r = program->kind->prepare(program, err);
	if (r == 0 && program->env.has_clock)
		r = snet__program_make_clock(program, err);
	if (r == 0 && program->env.has_disk)
		r = snet__program_make_disk(program, err);
	return r;
}

int snet__program_new(struct snet__program **ret, const struct snet__program_env *env,
		      struct snet_err *err)
{
	struct snet__program *program = calloc(1, sizeof(*program));
	int r;

	if (!program)
		return snet__err_oom(err);
	program->env = *env;
	program->kind = find_kind(env->node->kind);
	program->pidfd = program->report = program->out = -1;
	program->disk_fd = program->ballast = -1;
	r = set_up(program, err);
	if (r < 0) {
		snet__program_free(program);
		return snet__err_prefix(err, r, "node '%s'", env->node->name);
	}
	*ret = program;
	return 0;
}

/* Its processes leave the group a moment after they were reaped, and nothing tells when. */
static void remove_cgroup(struct snet__cgroup *cgroup)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < REMOVE_ATTEMPTS && snet__cgroup_remove(cgroup) == -EBUSY; i++)
		(void)nanosleep(&pause, NULL);
	snet__cgroup_free(cgroup);
}

void snet__program_free(struct snet__program *program)
{
	if (!program)
		return;
	kill_process(program);
	if (program->kind->fini)
		program->kind->fini(program);
	if (program->cgroup)
		remove_cgroup(program->cgroup);
	snet__program_free_clock(program);
	snet__program_free_disk(program);
	snet__timer_free(program->timer);
	snet__program_free_words(&program->argv);
	snet__program_free_words(&program->variables);
	free(program->note);
	free(program);
}

const char *snet__program_state(const struct snet__program *program)
{
	if (program->pid)
		return "running";
	if (program->is_waiting)
		return "restarting";
	return WIFEXITED(program->status) ? "exited" : "killed";
}

const char *snet__program_note(const struct snet__program *program)
{
	return program->note;
}

struct snet__json *snet__program_describe(struct snet__program *program)
{
	struct snet__json *json = snet__json_new_object();
	char name[16];

	if (snet__program_find_main(program))
		snet__json_add_u64(json, "pid", (unsigned long long)program->main_pid);
	else if (!program->pid && WIFEXITED(program->status))
		snet__json_add_u64(json, "exit_code",
				   (unsigned long long)WEXITSTATUS(program->status));
	else if (!program->pid)
		snet__json_add_string(json, "signal",
				      name_signal(WTERMSIG(program->status), name));
	snet__json_add_u64(json, "restarts", program->restarts);
	snet__json_add_string(json, "note", program->note);
	return json;
}
