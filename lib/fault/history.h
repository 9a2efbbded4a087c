/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_HISTORY_H
#define SNET_FAULT_HISTORY_H

/* What happened in a run, as it was observed: what checkers judge and reports show. It is filled
 * while the run goes on, by one thread at a time, or from its file, history.jsonl (below).
 *
 * All times are nanoseconds since the run began, by CLOCK_MONOTONIC; SNET__NEVER: it has not
 * happened. Texts belong to the history and live as long as it does; names of nodes, links,
 * steps and faults that are equal are one pointer. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/event.h>

#include "base/err.h"
#include "base/map.h"

#define SNET__NEVER UINT64_MAX

/* A step of an event's trace; see snet/event.h. */
struct snet__history_step {
	const char *step, *node, *detail;
	uint64_t at_ns;
};

/* A press, and all that became of it. */
struct snet__history_event {
	const char *id, *node;
	const char *data;    /* JSON, or NULL: the node's own */
	uint64_t planned_ns; /* by the workload; SNET__NEVER: somebody else pressed */
	uint64_t pressed_ns; /* given to the device */
	uint64_t acknowledged_ns; /* the device knows that its relayer has it */
	uint64_t dropped_ns;      /* by its device, or refused to a program */
	const char *why;          /* it was dropped; or NULL */
	uint64_t ended_ns;        /* its outcome was known */
	bool is_counted;          /* among what is under way: while it is recorded */
	bool has_reached;         /* the step by which the run may end: the same */
	bool is_forgotten; /* it is in the store, and when the run ended no relayer had it */
	enum snet_outcome outcome;
	struct snet__history_step *steps; /* by time */
	size_t step_count;
};

/* A command that a built-in device was given, by its own witness. */
struct snet__history_command {
	const char *node;
	const char *id;    /* of the command: the event's, and what distinguishes it */
	const char *state; /* JSON, behind it */
	size_t event;      /* index of the event; SIZE_MAX: of none of this run */
	bool is_repeated;  /* it had been applied before, and was only answered */
	uint64_t at_ns;
};

/* A change of a device's state. */
struct snet__history_state {
	const char *node, *state; /* JSON */
	uint64_t at_ns;
};

/* One time that a fault of the timeline happened. */
struct snet__history_fault {
	const char *name;        /* of the entry; unique */
	const char *kind;        /* "down" */
	const char *what;        /* in words: "cloud-s1 down" */
	unsigned int entry;      /* in the timeline */
	unsigned int occurrence; /* of the entry, from 0 */
	bool is_optional;
	uint64_t planned_ns, begun_ns;      /* when it was in place */
	uint64_t planned_end_ns, healed_ns; /* when it was gone */
	const char *failure; /* it could not be put in place, or healed; or NULL */
	bool is_only_slow; /* that is a matter of time, which may be the machine's doing */
	/* The receipt, made when the run has ended; see fault/receipt.h. */
	bool has_effect;
	uint64_t effect_ns, effect_end_ns; /* when it was first and last seen */
	const char *receipt;               /* what was measured, in words */
	const char *measures;              /* the same as a JSON object; or NULL */
};

/* A path that is measured while the run goes on. */
struct snet__history_probe {
	const char *kind;      /* "icmp", "coap", "http" */
	const char *from, *to; /* nodes */
	unsigned int fault;    /* the entry of the timeline that it is for */
};

/* One measurement. */
struct snet__history_sample {
	uint32_t probe; /* index */
	bool is_answered;
	const char *detail; /* "refused", "200", or NULL */
	uint64_t at_ns;     /* asked */
	uint64_t rtt_ns;    /* until the answer; SNET__NEVER: none in time */
};

#define SNET__NOTE_WARNING "warning"
/* A press that its device has refused: there is no event of it. In the file it is a "press". */
#define SNET__NOTE_REFUSED "refused"

/* Anything else worth a line: phases of the run, what nodes have written, warnings. */
struct snet__history_note {
	const char *kind; /* "up", "log", "warning", "end" ... */
	const char *node; /* or NULL */
	const char *text;
	uint64_t at_ns;
	uint64_t planned_ns; /* REFUSED: of the press; or SNET__NEVER */
	const char *data;    /* REFUSED: of the press, JSON; or NULL */
};

#define SNET__HISTORY_LIST(type, name) \
	struct type *name;             \
	size_t name##_count, name##_cap

struct snet__history {
	const char *scenario, *lab; /* names */
	const char *path;           /* of the scenario's file, or NULL */
	uint64_t seed;
	uint64_t began_wall_ns;   /* since 1970 */
	uint64_t workload_end_ns; /* the last press was planned before */
	uint64_t healed_ns;       /* the last fault had gone */
	uint64_t ended_ns;
	SNET__HISTORY_LIST(snet__history_event, events);
	SNET__HISTORY_LIST(snet__history_command, commands);
	SNET__HISTORY_LIST(snet__history_state, states);
	SNET__HISTORY_LIST(snet__history_fault, faults);
	SNET__HISTORY_LIST(snet__history_probe, probes);
	SNET__HISTORY_LIST(snet__history_sample, samples);
	SNET__HISTORY_LIST(snet__history_note, notes);

	/* history.c's own. */
	struct snet__map event_by_id, words;
	struct snet__history_block *blocks;
};

/* Zeroed is empty. */
void snet__history_clear(struct snet__history *history);

/* A copy of @text that lives as long as the history; NULL for NULL, or when memory is short. */
const char *snet__history_text(struct snet__history *history, const char *text);
/* The same, one copy for all that are equal. */
const char *snet__history_word(struct snet__history *history, const char *text);

/* Each adds one, zeroed, with times that are SNET__NEVER; valid until the next is added. NULL when
 * memory is short. */
struct snet__history_event *snet__history_add_event(struct snet__history *history,
						    const char *id);
struct snet__history_command *snet__history_add_command(struct snet__history *history);
struct snet__history_state *snet__history_add_state(struct snet__history *history);
struct snet__history_fault *snet__history_add_fault(struct snet__history *history);
struct snet__history_probe *snet__history_add_probe(struct snet__history *history);
struct snet__history_sample *snet__history_add_sample(struct snet__history *history);
struct snet__history_note *snet__history_add_note(struct snet__history *history,
						  const char *kind, const char *node,
						  const char *text, uint64_t at_ns);
/* Whether it went wrong: it did not heal; or it could not begin, and is not optional. */
bool snet__history_is_broken(const struct snet__history_fault *fault);
/* Whether it is about a press that was refused. */
bool snet__history_is_refusal(const struct snet__history_note *note);
/* NULL for none. */
struct snet__history_event *snet__history_find_event(const struct snet__history *history,
						     const char *id);
/* Take over what @trace says, whose times are CLOCK_MONOTONIC, with @began_ns for 0. */
int snet__history_set_trace(struct snet__history *history,
			    struct snet__history_event *event,
			    const struct snet_trace *trace, uint64_t began_ns,
			    struct snet_err *err);

/* ---- Its file, JSON Lines (one object a line, in the order of what happened):
 *
 *     {"at": NS, "type": "run" | "press" | "acknowledged" | "dropped" | "event" | "command" |
 *      "state" | "fault" | "probe" | "sample" | "note" | "end", ...}
 *
 * snet-history(5) has the members of each. What is read is what was written, but that lists are in
 * the order of their times, and probes in their own. */

/* history_write.c: all of @history, whose run has ended, to an open file. Bytes that are not UTF-8
 * become U+FFFD. -EINVAL: what is said to be JSON is not; codes of write(2). */
int snet__history_write(const struct snet__history *history, int fd,
			struct snet_err *err);
/* The same, as history.jsonl in a folder; codes of open(2) too. */
int snet__history_save(const struct snet__history *history, const char *folder,
		       struct snet_err *err);
/* history_read.c: into an empty one, which is to be cleared also when it fails. -ENOENT ...,
 * -EINVAL with "PATH:LINE: what". */
int snet__history_read(struct snet__history *history, const char *path,
		       struct snet_err *err);

#endif
