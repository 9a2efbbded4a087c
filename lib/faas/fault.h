/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_FAULT_H
#define SNET_FAAS_FAULT_H

/* Faults of a functions endpoint: it misbehaves on demand, as OpenWhisk, what stands before it
 * and what runs below it do. All on the loop's thread, and not from within a request. They are not
 * the endpoint's own: one that is killed and begun anew meets them again.
 *
 *   the whole endpoint, until it is healed
 *     refuse       as if its process had ended: connections are refused, those that exist are
 *                  closed; what runs goes on
 *     gone         as if its host had gone: packets to it are dropped, unacknowledged, and it
 *                  sends none; what waits in connections goes on when it is back
 *   a call, answered before it reaches a function
 *     gateway-500  gateway-502  gateway-503     by a gateway: "html" or "plain"
 *     429          too many: by the minute ("rate") or at once ("concurrent")
 *     503          OpenWhisk has no invoker
 *     500          OpenWhisk itself failed: its "controller" (no activation), or an "invoker"
 *                  (an activation with a whisk internal error; nothing ran)
 *     502          the function failed: "application" error or "developer" error; nothing ran
 *   a call that is executed
 *     cold         in a new container that takes @delay_ns to come up, beside the start itself
 *     twice        two times: two activations, one is answered
 *     late         its answer comes @delay_ns later; the record is there in time
 *     lost-result  the connection is closed in place of an answer; the record is kept
 *                  ("recorded") or not ("forgotten")
 *     gateway-504  a gateway gives up @delay_ns after the call came, the function goes on:
 *                  "html" or "plain"
 *     timeout-202  202 comes @delay_ns after the call, however fast the function is. Its record
 *                  is there @record_delay_ns after that ("recorded") or never ("forgotten")
 *     garbage      the answer is "no-json", has a result that is "no-object", or is "truncated"
 *
 * A call is an invocation that OpenWhisk would accept; "timeout-202", "gateway-504" and "garbage"
 * see blocking ones only. Several faults may be active: a call meets them in the order above,
 * which is its way through OpenWhisk, those of one kind in the order in which they were added.
 * One that decides what is answered (every status, lost-result) hides the call from those
 * behind it. Delays of answers add up. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/random.h"

struct snet__faas;
struct snet__faas_fault;
struct snet__faas_call;
struct snet__faas_plan;

/* One kind. Constant table; fault.c is the only caller of its functions. */
struct snet__faas_fault_kind {
	const char *name;            /* stable: in scenarios */
	const char *const *variants; /* the first is the default; NULL: it has none */
	bool has_delay, has_record_delay;
	bool is_blocking; /* sees blocking calls only */
	/* The whole endpoint: begin and end it, and what it has turned away since it was added.
	 * NULL for a kind of calls. end() is called only after a begin() that succeeded. */
	int (*begin)(struct snet__faas_fault *fault, struct snet_err *err);
	void (*end)(struct snet__faas_fault *fault);
	uint64_t (*count)(const struct snet__faas_fault *fault);
	/* A call is hit: answer @call, and say so in @plan, or write there what is to happen to
	 * it. False hides the call from the faults behind. */
	bool (*hit)(const struct snet__faas_fault *fault, struct snet__faas_call *call,
		    struct snet__faas_plan *plan);
};

/* The active faults of an endpoint; zeroed: none. They outlive it, and are where they are while it
 * has them. */
struct snet__faas_faults {
	struct snet__faas *faas; /* the endpoint that has them; NULL: there is none now */
	struct snet__faas_fault *first;
	uint64_t serial; /* of the last one */
};

struct snet__faas_fault_opts {
	const char *kind;
	const char *variant;         /* NULL: the kind's first */
	const char *function;        /* NULL: all */
	double share;                /* of its calls, over 0 to 1; 0: all */
	struct snet__random *random; /* needed for a share; borrowed until removed */
	/* Of the calls that it sees, from the @first-th (0: the first) on @count (0: all). */
	uint64_t first, count;
	uint64_t delay_ns, record_delay_ns;
};

/* What a fault has done. Of refuse and gone: what was turned away, which are connections that
 * were closed and resets or dropped packets of the kernel's; its times are exact to 20 ms. */
struct snet__faas_fault_counts {
	uint64_t seen; /* calls of its function that came to it */
	uint64_t hit;
	uint64_t first_ns, last_ns; /* CLOCK_MONOTONIC, of hits; 0: none yet */
};

/* The kind called @name, NULL for none. */
const struct snet__faas_fault_kind *snet__faas_find_fault_kind(const char *name);
/* All, in the order above; NULL at the end. */
const struct snet__faas_fault_kind *const *snet__faas_fault_kinds(void);

/* The fault is active from now on, or as soon as there is an endpoint. @opts is copied. The caller's
 * to remove, also when @faults are no more. -EINVAL (the message says what), -ENOMEM. */
int snet__faas_add_fault(struct snet__faas_faults *faults,
			 const struct snet__faas_fault_opts *opts,
			 struct snet__faas_fault **ret, struct snet_err *err);
/* Heal it, at once: what it only holds back (answers, records, cold starts) is let go. What else
 * a call was to suffer that it has hit, that it suffers. Freed. */
void snet__faas_remove_fault(struct snet__faas_fault *fault);
/* There will be no endpoint any more: faults that are left do nothing but count no further. */
void snet__faas_leave_faults(struct snet__faas_faults *faults);
void snet__faas_fault_counts(struct snet__faas_fault *fault,
			     struct snet__faas_fault_counts *ret);

#endif
