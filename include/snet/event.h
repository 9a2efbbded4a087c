/* SPDX-License-Identifier: MIT */
#ifndef SNET_EVENT_H
#define SNET_EVENT_H

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: events and their traces
 *
 * An event is a CloudEvent (version 1.0.2): "id source type subject time data". Its trace
 * has the time of every step on its way, from one clock, CLOCK_MONOTONIC. Event, trace and
 * outcome are in the lab's store, for every process to read.
 */

/** The longest event id, without its terminating zero. A device's is NAME-RUN-NUMBER. */
#define SNET_EVENT_ID_MAX 93

/** The largest data of an event and the largest result of a function, bytes of JSON. */
#define SNET_EVENT_DATA_MAX 32768

/** enum snet_outcome - how far an event has come */
enum snet_outcome {
	SNET_OUTCOME_PENDING = 0, /**< under way */
	SNET_OUTCOME_DONE,        /**< all its invocations and commands are done */
	SNET_OUTCOME_EXPIRED,     /**< its time to live ended first */
	SNET_OUTCOME_FAILED,      /**< a function or a command failed for good */
};

/**
 * snet_outcome_name() - "pending", "done", "expired", "failed"
 * @outcome: any value
 * Return: static
 * Since: 0.1
 */
SNET_API const char *snet_outcome_name(enum snet_outcome outcome);

/**
 * struct snet_trace - what became of one event
 *
 * Opaque; made by the calls that return one, freed with snet_trace_free().
 */
struct snet_trace;

/**
 * struct snet_step - one step of a trace
 * @step:  its name: "pressed" "received" "journaled" "invoked" "accepted" "started" "ended"
 *         "result" "sent" "applied" "acknowledged" "retry" "resumed" "expired" "failed"
 *         "dropped"; snet-lab(5) defines each
 * @node:  where it happened
 * @detail: more in words: the function, the new state, why it is retried; "" for nothing
 * @at_ns: CLOCK_MONOTONIC
 */
struct snet_step {
	const char *step;
	const char *node;
	const char *detail;
	uint64_t at_ns;
};

/**
 * snet_trace_free() - forget a trace
 * @trace: may be NULL
 * Since: 0.1
 */
SNET_API void snet_trace_free(struct snet_trace *trace);

/**
 * snet_trace_id() - the event's id
 * @trace: borrowed
 * Return: valid until @trace is freed
 * Since: 0.1
 */
SNET_API const char *snet_trace_id(const struct snet_trace *trace);

/**
 * snet_trace_outcome() - how far the event had come when the trace was read
 * @trace: borrowed
 * Since: 0.1
 */
SNET_API enum snet_outcome snet_trace_outcome(const struct snet_trace *trace);

/**
 * snet_trace_step_count() - how many steps there are
 * @trace: borrowed
 * Since: 0.1
 */
SNET_API size_t snet_trace_step_count(const struct snet_trace *trace);

/**
 * snet_trace_step() - one step
 * @trace: borrowed
 * @index: below snet_trace_step_count(); steps are in the order of their times
 * Return: valid until @trace is freed
 * Since: 0.1
 */
SNET_API const struct snet_step *snet_trace_step(const struct snet_trace *trace,
						 size_t index);

/**
 * snet_trace_total_ns() - from the first step to the last "applied", or to the last step
 * @trace: borrowed
 * Since: 0.1
 */
SNET_API uint64_t snet_trace_total_ns(const struct snet_trace *trace);

/**
 * snet_trace_json() - a trace as "snet trace --json" prints it
 * @trace: borrowed
 * Return: one line to be freed with free(3), NULL when memory is short
 * Since: 0.1
 */
SNET_API char *snet_trace_json(const struct snet_trace *trace);

/**
 * snet_lab_trace() - read the trace of an event
 * @lab: borrowed, up
 * @id:  the event's id
 * @ret: the trace, to be freed with snet_trace_free()
 * @err: filled on failure, may be NULL
 * Return: 0, -ENOENT (no such event, or forgotten since), -ENOTCONN (not up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_trace(struct snet_lab *lab, const char *id, struct snet_trace **ret,
			    struct snet_err *err);

/**
 * snet_lab_wait_trace() - wait until an event is no longer pending
 * @lab:        borrowed, up
 * @id:         the event's id
 * @timeout_ms: how long to wait at most
 * @ret:        the trace, to be freed with snet_trace_free(); may be NULL
 * @err:        filled on failure, may be NULL
 * Return: 0 (whatever the outcome), -ETIMEDOUT, -ENOENT, -EIO (lost on its way to the
 *         relayer), -ENOTCONN (not up, or gone down meanwhile), -EDEADLK (on the lab's
 *         thread), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_wait_trace(struct snet_lab *lab, const char *id,
				 unsigned int timeout_ms, struct snet_trace **ret,
				 struct snet_err *err);

/**
 * snet_trace_fn - receives the trace of every event that ends
 * @user:  as given to snet_lab_set_trace_fn()
 * @trace: borrowed during the call
 *
 * Threads: the lab's. Must not block; may call snet_device_send(), no other function.
 */
typedef void (*snet_trace_fn)(void *user, const struct snet_trace *trace);

/**
 * snet_lab_set_trace_fn() - be told of every event that ends, before up
 * @lab:  borrowed, not up
 * @fn:   NULL for nobody
 * @user: handed to @fn; borrowed until the lab is down
 * Since: 0.1
 */
SNET_API void snet_lab_set_trace_fn(struct snet_lab *lab, snet_trace_fn fn, void *user);

#ifdef __cplusplus
}
#endif
#endif
