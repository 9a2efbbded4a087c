/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_OBSERVER_H
#define SNET_LAB_OBSERVER_H

#include <stdbool.h>

#include <snet/event.h>

struct snet__run;

/* Told of what happens, on the lab's thread. Each callback is optional. */
struct snet__observer {
	struct snet__observer *next;
	/* A device of ours has made an event; it knows of no relayer that has it yet. */
	void (*emitted)(struct snet__observer *observer, const char *node, const char *id,
			const char *data, uint64_t pressed_ns);
	/* A relayer has an event; its store may refuse it yet. */
	void (*received)(struct snet__observer *observer, const char *event);
	/* An event has been journaled. */
	void (*event)(struct snet__observer *observer, uint64_t seq, const char *event);
	void (*trace)(struct snet__observer *observer, const struct snet_trace *trace);
	void (*acknowledged)(struct snet__observer *observer, const char *id);
	/* It cannot be acknowledged now, and @why; its device goes on trying. */
	void (*refused)(struct snet__observer *observer, const char *id,
			const struct snet_err *why);
	void (*dropped)(struct snet__observer *observer, const char *id, const char *why);
	void (*state)(struct snet__observer *observer, const char *node,
		      const char *state);
	/* A device of ours has obeyed; @again: it had before, and has done nothing. */
	void (*command)(struct snet__observer *observer, const char *node, const char *id,
			const char *state, bool again);
	/* An event has come to a step of its trace. */
	void (*step)(struct snet__observer *observer, const char *id, const char *step);
	void (*log)(struct snet__observer *observer, const char *node, const char *line);
	void (*ready)(struct snet__observer *observer);
	/* Nodes or links have come, gone, or begun anew. */
	void (*change)(struct snet__observer *observer);
	/* The lab goes down; nothing more will happen. */
	void (*gone)(struct snet__observer *observer);
};

void snet__run_observe(struct snet__run *run, struct snet__observer *observer);
void snet__run_unobserve(struct snet__run *run, struct snet__observer *observer);

#endif
