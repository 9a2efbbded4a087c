/* SPDX-License-Identifier: MIT */
/* The list of kinds of faults, the active faults of an endpoint, and which calls they hit. */

#include "faas/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "faas/plan.h"

#define SAMPLE_NS (20 * SNET__NS_PER_MS)

/* In the order in which a call meets them. */
static const struct snet__faas_fault_kind *const kinds[] = {
	&snet__faas_fault_refuse,
	&snet__faas_fault_gone,
	&snet__faas_fault_gateway_500,
	&snet__faas_fault_gateway_502,
	&snet__faas_fault_gateway_503,
	&snet__faas_fault_429,
	&snet__faas_fault_503,
	&snet__faas_fault_500,
	&snet__faas_fault_502,
	&snet__faas_fault_cold,
	&snet__faas_fault_twice,
	&snet__faas_fault_late,
	&snet__faas_fault_lost_result,
	&snet__faas_fault_gateway_504,
	&snet__faas_fault_timeout_202,
	&snet__faas_fault_garbage,
	NULL,
};

const struct snet__faas_fault_kind *const *snet__faas_fault_kinds(void)
{
	return kinds;
}

static size_t rank(const struct snet__faas_fault_kind *kind)
{
	size_t i = 0;

	while (kinds[i] != kind)
		i++;
	return i;
}

const struct snet__faas_fault_kind *snet__faas_find_fault_kind(const char *name)
{
	for (size_t i = 0; kinds[i]; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

static int find_variant(size_t *ret, const struct snet__faas_fault_opts *opts,
			const struct snet__faas_fault_kind *kind, struct snet_err *err)
{
	if (!opts->variant)
		return 0;
	for (size_t i = 0; kind->variants && kind->variants[i]; i++) {
		if (strcmp(kind->variants[i], opts->variant) == 0) {
			*ret = i;
			return 0;
		}
	}
	return snet__err_set(err, -EINVAL, "fault '%s' has no variant '%s'", kind->name,
			     opts->variant);
}

static int check(const struct snet__faas_fault_opts *opts,
		 const struct snet__faas_fault_kind *kind, struct snet_err *err)
{
	const char *name = kind->name;

	if (opts->delay_ns && !kind->has_delay)
		return snet__err_set(err, -EINVAL, "fault '%s' has no delay", name);
	if (opts->record_delay_ns && !kind->has_record_delay)
		return snet__err_set(err, -EINVAL, "fault '%s' delays no record", name);
	if (!(opts->share >= 0 && opts->share <= 1))
		return snet__err_set(err, -EINVAL,
				     "the share of fault '%s' is not within 0 and 1",
				     name);
	if (opts->share > 0 && opts->share < 1 && !opts->random)
		return snet__err_set(err, -EINVAL,
				     "fault '%s' needs a random stream for its share",
				     name);
	if (kind->begin &&
	    (opts->function || opts->share > 0 || opts->first || opts->count))
		return snet__err_set(err, -EINVAL,
				     "fault '%s' is of the whole endpoint, not of calls",
				     name);
	return 0;
}

static void note_hits(struct snet__faas_fault *fault, uint64_t count)
{
	struct snet__faas_fault_counts *counts = &fault->counts;

	counts->hit += count;
	counts->last_ns = snet__clock_ns();
	if (!counts->first_ns)
		counts->first_ns = counts->last_ns;
}

static void sample(void *user)
{
	struct snet__faas_fault *fault = user;
	uint64_t count = fault->before + fault->kind->count(fault);

	if (count <= fault->counts.hit)
		return;
	note_hits(fault, count - fault->counts.hit);
	fault->counts.seen = count;
}

/* The endpoint ends, or it could not begin there. */
static void leave(struct snet__faas_fault *fault)
{
	snet__timer_free(steal_ptr(fault->sampler));
	if (fault->counters >= 0)
		close(steal_fd(&fault->counters));
	fault->faas = NULL;
}

static int begin(struct snet__faas_fault *fault, struct snet__faas *faas,
		 struct snet_err *err)
{
	int r;

	fault->faas = faas;
	if (!faas || !fault->kind->begin)
		return 0;
	fault->before = fault->counts.hit;
	r = snet__timer_new(&fault->sampler, faas->loop, sample, fault, err);
	if (r == 0)
		r = fault->kind->begin(fault, err);
	if (r < 0) {
		leave(fault);
		return r;
	}
	snet__timer_start(fault->sampler, SAMPLE_NS, SAMPLE_NS);
	return 0;
}

static void fault_free_at(struct snet__faas_fault **at)
{
	if (!*at)
		return;
	leave(*at);
	free((*at)->function);
	free(*at);
}

static void insert(struct snet__faas_faults *faults, struct snet__faas_fault *fault)
{
	struct snet__faas_fault **at = &faults->first;

	while (*at && rank((*at)->kind) <= rank(fault->kind))
		at = &(*at)->next;
	fault->next = *at;
	*at = fault;
}

int snet__faas_add_fault(struct snet__faas_faults *faults,
			 const struct snet__faas_fault_opts *opts,
			 struct snet__faas_fault **ret, struct snet_err *err)
{
	const struct snet__faas_fault_kind *kind =
		snet__faas_find_fault_kind(opts->kind ? opts->kind : "");
	cleanup_with(fault_free_at) struct snet__faas_fault *fault = NULL;
	int r;

	if (!kind)
		return snet__err_set(err, -EINVAL, "functions have no fault '%s'",
				     opts->kind ? opts->kind : "");
	r = check(opts, kind, err);
	if (r < 0)
		return r;
	fault = calloc(1, sizeof(*fault));
	if (!fault)
		return snet__err_oom(err);
	fault->faults = faults;
	fault->kind = kind;
	fault->counters = -1;
	fault->share = opts->share > 0 ? opts->share : 1;
	fault->random = opts->random;
	fault->first = opts->first ? opts->first : 1;
	fault->last = opts->count ? fault->first + opts->count - 1 : UINT64_MAX;
	fault->delay_ns = opts->delay_ns;
	fault->record_delay_ns = opts->record_delay_ns;
	r = find_variant(&fault->variant, opts, kind, err);
	if (r == 0)
		r = snet__faas_copy_text(&fault->function, opts->function, err);
	if (r == 0)
		r = begin(fault, faults->faas, err);
	if (r < 0)
		return r;

	fault->serial = ++faults->serial;
	insert(faults, fault);
	*ret = steal_ptr(fault);
	return 0;
}

void snet__faas_remove_fault(struct snet__faas_fault *fault)
{
	struct snet__faas_fault **at = fault->faults ? &fault->faults->first : NULL;
	struct snet__faas *faas = fault->faas;

	while (at && *at != fault)
		at = &(*at)->next;
	if (at)
		*at = fault->next;
	if (faas && fault->kind->end)
		fault->kind->end(fault);
	if (faas)
		snet__faas_held_release(faas, fault->serial);
	fault_free_at(&fault);
}

void snet__faas_leave_faults(struct snet__faas_faults *faults)
{
	struct snet__faas_fault *fault;

	while ((fault = faults->first)) {
		faults->first = fault->next;
		fault->faults = NULL;
	}
}

void snet__faas_fault_counts(struct snet__faas_fault *fault,
			     struct snet__faas_fault_counts *ret)
{
	if (fault->faas && fault->kind->count)
		sample(fault);
	*ret = fault->counts;
}

static struct snet__faas_fault *first(const struct snet__faas *faas)
{
	return faas->faults ? faas->faults->first : NULL;
}

bool snet__faas_has_fault(const struct snet__faas *faas, uint64_t serial)
{
	for (const struct snet__faas_fault *at = first(faas); at; at = at->next)
		if (at->serial == serial)
			return true;
	return false;
}

int snet__faas_begin_faults(struct snet__faas *faas, struct snet_err *err)
{
	int r = 0;

	if (faas->faults)
		faas->faults->faas = faas;
	for (struct snet__faas_fault *at = first(faas); at && r == 0; at = at->next)
		r = begin(at, faas, err);
	return r;
}

void snet__faas_end_faults(struct snet__faas *faas)
{
	for (struct snet__faas_fault *at = first(faas); at; at = at->next) {
		if (at->faas && at->kind->count)
			sample(at);
		leave(at);
	}
	if (faas->faults && faas->faults->faas == faas)
		faas->faults->faas = NULL;
}

/* The stream is asked once for each call in question, so that the same calls meet the same
 * fate. */
static bool is_hit(struct snet__faas_fault *fault, const struct snet__faas_action *action,
		   bool is_blocking)
{
	if (!fault->kind->hit || (fault->kind->is_blocking && !is_blocking) ||
	    (fault->function && strcmp(fault->function, action->name) != 0))
		return false;
	fault->counts.seen++;
	if (fault->counts.seen < fault->first || fault->counts.seen > fault->last ||
	    (fault->share < 1 && snet__random_unit(fault->random) >= fault->share))
		return false;
	note_hits(fault, 1);
	return true;
}

bool snet__faas_meet_faults(struct snet__faas_call *call,
			    const struct snet__faas_action *action, bool is_blocking,
			    struct snet__faas_plan **ret_plan)
{
	autofree struct snet__faas_plan *plan = calloc(1, sizeof(*plan));
	bool has_hit = false, goes_on = true;

	if (!plan) {
		snet__faas_refuse(call, 500, "out of memory");
		return false;
	}
	for (struct snet__faas_fault *at = first(call->faas); at && goes_on;
	     at = at->next) {
		if (!is_hit(at, action, is_blocking))
			continue;
		has_hit = true;
		goes_on = at->kind->hit(at, call, plan);
	}
	if (plan->is_answered)
		return false;
	if (has_hit)
		*ret_plan = steal_ptr(plan);
	return true;
}
