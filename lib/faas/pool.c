/* SPDX-License-Identifier: MIT */
/* Which worker does which run. A run goes to a warm worker of its action, else to a new one
 * while there are fewer than the cap, else it waits; a worker that idles for another action
 * makes room. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"
#include "faas/plan.h"
#include "faas/worker.h"
#include "sys/tree.h"

/* A group is free a moment after its last process; should one not be, it costs little. */
#define GRAVE_DELAY_NS     (5 * SNET__NS_PER_MS)
#define GRAVE_DELAY_MAX_NS (10 * SNET__NS_PER_S)

/* The one used last: its caches are the warmest, and the others can expire. */
static struct snet__faas_worker *find_idle(const struct snet__faas *faas,
					   const struct snet__faas_run *run)
{
	struct snet__faas_worker *best = NULL;

	if (run->plan && run->plan->is_cold)
		return NULL;
	for (struct snet__faas_worker *at = faas->workers; at; at = at->next)
		if (at->state == SNET__FAAS_WORKER_IDLE && at->action == run->action &&
		    (!best || at->used_ns > best->used_ns))
			best = at;
	return best;
}

static void make_room(struct snet__faas *faas)
{
	struct snet__faas_worker *oldest = NULL;

	for (struct snet__faas_worker *at = faas->workers; at; at = at->next) {
		if (at->state == SNET__FAAS_WORKER_DYING)
			return; /* there will be room in a moment */
		if (at->state == SNET__FAAS_WORKER_IDLE &&
		    (!oldest || at->used_ns < oldest->used_ns))
			oldest = at;
	}
	if (oldest)
		snet__faas_worker_kill(oldest);
}

/* False when it must wait. */
static bool place(struct snet__faas *faas, struct snet__faas_run *run)
{
	struct snet__faas_worker *worker = find_idle(faas, run);

	if (worker) {
		snet__faas_worker_run(worker, run);
		return true;
	}
	if (faas->worker_count < faas->worker_max) {
		snet__faas_worker_new(faas, run);
		return true;
	}
	return false;
}

void snet__faas_pool_run(struct snet__faas *faas, struct snet__faas_run *run)
{
	/* Who came first is served first. */
	if (!faas->queue && place(faas, run))
		return;
	run->next = NULL;
	*faas->queue_last = run;
	faas->queue_last = &run->next;
	faas->queue_count++;
	snet__faas_pool_serve(faas);
}

static bool has_place(const struct snet__faas *faas, const struct snet__faas_run *run)
{
	return find_idle(faas, run) || faas->worker_count < faas->worker_max;
}

/* The first in the queue that can be placed, taken out of it. */
static struct snet__faas_run *take(struct snet__faas *faas)
{
	struct snet__faas_run **at = &faas->queue, *run;

	while (*at && !has_place(faas, *at))
		at = &(*at)->next;
	run = *at;
	if (!run)
		return NULL;
	*at = run->next;
	if (faas->queue_last == &run->next)
		faas->queue_last = at;
	run->next = NULL;
	faas->queue_count--;
	return run;
}

static bool has_idle(const struct snet__faas *faas)
{
	for (const struct snet__faas_worker *at = faas->workers; at; at = at->next)
		if (at->state == SNET__FAAS_WORKER_IDLE)
			return true;
	return false;
}

void snet__faas_pool_serve(struct snet__faas *faas)
{
	struct snet__faas_run *run;

	if (faas->closing)
		return;
	while (faas->queue) {
		/* Before those behind it keep all workers to themselves for ever. */
		if (!has_place(faas, faas->queue))
			make_room(faas);
		if (!has_idle(faas) && faas->worker_count >= faas->worker_max)
			return;
		run = take(faas);
		if (!run)
			return;
		(void)place(faas, run); /* there is a place: take() saw it */
	}
}

void snet__faas_pool_retire(struct snet__faas *faas, struct snet__faas_action *action)
{
	/* The busy ones go when they are done and find that they are of the past. */
	for (struct snet__faas_worker *at = faas->workers; at; at = at->next)
		if (at->action == action && at->state == SNET__FAAS_WORKER_IDLE)
			snet__faas_worker_kill(at);
}

static void on_graves(void *user)
{
	struct snet__faas *faas = user;
	size_t kept = 0;

	for (size_t i = 0; i < faas->grave_count; i++)
		if (snet__cgroup_remove(faas->graves[i]) == -EBUSY)
			faas->graves[kept++] = faas->graves[i];
		else
			snet__cgroup_free(faas->graves[i]);
	faas->grave_count = kept;
	if (!kept)
		return;
	if (faas->grave_delay_ns < GRAVE_DELAY_MAX_NS)
		faas->grave_delay_ns *= 2;
	snet__timer_start(faas->gravedigger, faas->grave_delay_ns, 0);
}

void snet__faas_pool_bury(struct snet__faas *faas, struct snet__cgroup *cgroup)
{
	if (!cgroup)
		return;
	if (snet__cgroup_remove(cgroup) != -EBUSY ||
	    (!faas->gravedigger && snet__timer_new(&faas->gravedigger, faas->loop,
						   on_graves, faas, NULL) < 0) ||
	    snet__vec_reserve(&faas->graves, &faas->grave_cap, faas->grave_count + 1,
			      sizeof(*faas->graves), NULL) < 0) {
		snet__cgroup_free(cgroup);
		return;
	}
	faas->graves[faas->grave_count++] = cgroup;
	faas->grave_delay_ns = GRAVE_DELAY_NS;
	snet__timer_start(faas->gravedigger, faas->grave_delay_ns, 0);
}

/* A last attempt for all. */
static void free_graves(struct snet__faas *faas)
{
	for (size_t i = 0; i < faas->grave_count; i++)
		snet__cgroup_free(faas->graves[i]);
	free(faas->graves);
	snet__timer_free(faas->gravedigger);
}

void snet__faas_set_stopped(struct snet__faas *faas, bool is_stopped)
{
	for (struct snet__faas_worker *at = faas->workers; at; at = at->next)
		if (is_stopped)
			snet__tree_stop(at->pid);
		else
			snet__tree_continue(at->pid);
}

bool snet__faas_is_stopped(const struct snet__faas *faas)
{
	for (const struct snet__faas_worker *at = faas->workers; at; at = at->next)
		if (!snet__tree_is_stopped(at->pid))
			return false;
	return true;
}

void snet__faas_pool_free(struct snet__faas *faas)
{
	struct snet__faas_run *run;

	while ((run = faas->queue)) {
		faas->queue = run->next;
		snet__faas_run_free(run);
	}
	/* All at once, so that none waits for the end of another. */
	for (struct snet__faas_worker *at = faas->workers; at; at = at->next)
		snet__faas_worker_kill(at);
	while (faas->workers)
		snet__faas_worker_free(faas->workers);
	free_graves(faas);
}
