/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_PLAN_H
#define SNET_FAAS_PLAN_H

/* Faults, from the inside: a call that comes meets the active ones (fault.c), which write into
 * its plan what is to happen to it; the run carries the plan and does it (invoke.c, pool.c).
 * What has to wait by it waits in held.c. */

#include "faas/fault.h"
#include "faas/run.h"

struct snet__faas_fault {
	struct snet__faas_fault *next;    /* in the order in which a call meets them */
	struct snet__faas_faults *faults; /* NULL: those are no more */
	struct snet__faas *faas;          /* which it is active in; NULL: none */
	const struct snet__faas_fault_kind *kind;
	size_t variant;
	char *function; /* NULL: all */
	double share;
	struct snet__random *random;
	uint64_t first, last; /* of the calls seen */
	uint64_t delay_ns, record_delay_ns;
	uint64_t serial; /* names it, also when it is gone */
	struct snet__faas_fault_counts counts;
	struct snet__timer *sampler; /* of the whole endpoint's */
	int counters;                /* for refuse; -1: none */
	uint64_t base;               /* what was counted before it, */
	uint64_t before;             /* and what by it, in endpoints before this one */
};

/* How an answer leaves. */
typedef void (*snet__faas_send_fn)(struct snet__httpd_request *request,
				   unsigned int status, const char *body);

/* What the faults make of one call. */
struct snet__faas_plan {
	bool is_answered; /* already: there is no run */
	/* Instead of running. */
	const struct snet__faas_outcome *outcome;
	bool is_cold;
	uint64_t cold_ns, cold_by; /* the serial of the fault that holds it back */
	bool is_twice;
	bool is_async; /* a blocking call is answered as another one */
	uint64_t late_ns, late_by;
	bool is_forgotten; /* there will be no record */
	uint64_t hidden_ns,
		hidden_by;       /* the record is not there so long after the answer */
	const char *result;      /* in the answer, for the function's own */
	snet__faas_send_fn send; /* NULL: as it should */
};

/* fault.c */
/* Let a call that is about to become a run meet the active faults. *ret_plan is NULL when none
 * has hit it. False when it has been answered. */
bool snet__faas_meet_faults(struct snet__faas_call *call,
			    const struct snet__faas_action *action, bool is_blocking,
			    struct snet__faas_plan **ret_plan);
bool snet__faas_has_fault(const struct snet__faas *faas, uint64_t serial);
/* What was active in the endpoint before this one is in this one as well, until it ends. */
int snet__faas_begin_faults(struct snet__faas *faas, struct snet_err *err);
void snet__faas_end_faults(struct snet__faas *faas);

/* held.c */
/* Give @run to the pool after its cold start. */
void snet__faas_hold_run(struct snet__faas_run *run);
/* Send an answer when its plan says. */
void snet__faas_hold_answer(const struct snet__faas_run *run,
			    struct snet__httpd_request *request, unsigned int status,
			    const char *body);
/* Let go what the fault @by holds back. */
void snet__faas_held_release(struct snet__faas *faas, uint64_t by);
void snet__faas_held_free(struct snet__faas *faas);

extern const struct snet__faas_fault_kind snet__faas_fault_refuse, snet__faas_fault_gone;
extern const struct snet__faas_fault_kind snet__faas_fault_gateway_500,
	snet__faas_fault_gateway_502, snet__faas_fault_gateway_503,
	snet__faas_fault_gateway_504;
extern const struct snet__faas_fault_kind snet__faas_fault_429, snet__faas_fault_503,
	snet__faas_fault_500, snet__faas_fault_502;
extern const struct snet__faas_fault_kind snet__faas_fault_cold, snet__faas_fault_twice,
	snet__faas_fault_late, snet__faas_fault_lost_result, snet__faas_fault_timeout_202,
	snet__faas_fault_garbage;

#endif
