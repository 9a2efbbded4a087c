/* SPDX-License-Identifier: MIT */
/* What a fault holds back for a while: the answer of a call, or a run whose container is still
 * coming up. Each has a timer; without memory for that nothing is held. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "faas/plan.h"

struct snet__faas_held {
	struct snet__faas_held *next, **at;
	struct snet__faas *faas;
	struct snet__timer *timer;
	uint64_t by; /* the fault's serial */
	uint64_t since_ns, due_ns;
	struct snet__faas_run *run; /* owned; or */
	struct snet__httpd_request *request;
	snet__faas_send_fn send;
	unsigned int status;
	char *body;
};

static void held_free(struct snet__faas_held *held)
{
	if (held->at) {
		*held->at = held->next;
		if (held->next)
			held->next->at = held->at;
	}
	snet__timer_free(held->timer);
	snet__faas_run_free(held->run);
	free(held->body);
	free(held);
}

static void release(struct snet__faas_held *held)
{
	struct snet__faas *faas = held->faas;
	struct snet__faas_run *run = steal_ptr(held->run);

	if (run)
		run->plan->cold_ns = snet__clock_ns() - held->since_ns;
	else
		held->send(held->request, held->status, held->body);
	held_free(held);
	if (run)
		snet__faas_pool_run(faas, run);
}

/* The loop's timers count from the beginning of its turn, and may be early by that. */
static void on_due(void *user)
{
	struct snet__faas_held *held = user;
	uint64_t now_ns = snet__clock_ns();

	if (now_ns >= held->due_ns)
		release(held);
	else
		snet__timer_start(held->timer, held->due_ns - now_ns, 0);
}

/* NULL when it cannot be held. */
static struct snet__faas_held *hold(struct snet__faas *faas, uint64_t by,
				    uint64_t delay_ns)
{
	struct snet__faas_held *held;

	if (!snet__faas_has_fault(faas, by))
		return NULL;
	held = calloc(1, sizeof(*held));
	if (!held)
		return NULL;
	if (snet__timer_new(&held->timer, faas->loop, on_due, held, NULL) < 0) {
		free(held);
		return NULL;
	}
	held->faas = faas;
	held->by = by;
	held->since_ns = snet__clock_ns();
	held->due_ns = held->since_ns + delay_ns;
	held->next = faas->held;
	held->at = &faas->held;
	if (held->next)
		held->next->at = &held->next;
	faas->held = held;
	snet__timer_start(held->timer, delay_ns, 0);
	return held;
}

void snet__faas_hold_run(struct snet__faas_run *run)
{
	struct snet__faas_held *held =
		hold(run->faas, run->plan->cold_by, run->plan->cold_ns);

	if (held)
		held->run = run;
	else
		snet__faas_pool_run(run->faas, run);
}

void snet__faas_hold_answer(const struct snet__faas_run *run,
			    struct snet__httpd_request *request, unsigned int status,
			    const char *body)
{
	const struct snet__faas_plan *plan = run->plan;
	snet__faas_send_fn send = plan->send ? plan->send : snet__faas_respond;
	char *copy = plan->late_ns ? strdup(body) : NULL;
	struct snet__faas_held *held =
		copy ? hold(run->faas, plan->late_by, plan->late_ns) : NULL;

	if (!held) {
		send(request, status, body);
		free(copy);
		return;
	}
	held->request = request;
	held->send = send;
	held->status = status;
	held->body = copy;
}

void snet__faas_held_release(struct snet__faas *faas, uint64_t by)
{
	struct snet__faas_held *held = faas->held, *next;

	/* What is released adds nothing to the list: its fault is not active any more. */
	for (; held; held = next) {
		next = held->next;
		if (held->by == by)
			release(held);
	}
}

void snet__faas_held_free(struct snet__faas *faas)
{
	while (faas->held)
		held_free(faas->held);
}
