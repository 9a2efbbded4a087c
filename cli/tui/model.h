/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_MODEL_H
#define CLI_TUI_MODEL_H

/* What the dashboard knows of a lab: fed with the lines of GET /v1/watch, read by draw.c. It
 * does no input or output and reads no clock, so that it can be tested. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/event.h>

#include "base/err.h"
#include "base/map.h"
#include "cli/tui/links.h"

#define TUI_NAME_MAX    64
#define TUI_TEXT_MAX    96
#define TUI_EVENTS_MAX  512  /* events kept for the list */
#define TUI_SAMPLES_MAX 1024 /* latencies that the percentiles are taken from */
#define TUI_SECONDS_MAX 256  /* seconds of history */
#define TUI_TARGETS_MAX 4    /* actuators shown beside a button */

enum tui_role {
	TUI_ROLE_SENDER,   /* button, sensor, device: has events of its own */
	TUI_ROLE_ACTUATOR, /* obeys */
	TUI_ROLE_REST,     /* relayer, functions, switch, host: carries them */
};

struct tui_node {
	char name[TUI_NAME_MAX];
	char kind[TUI_NAME_MAX];
	char state[TUI_TEXT_MAX]; /* "" when it has none */
	enum tui_role role;
	bool is_on;           /* a state other than null, 0, false, "" and "off" */
	bool has_failed;      /* its last event that ended did not end well */
	unsigned int pending; /* its events under way */
	uint64_t active_ns;   /* when it last did something; 0: not yet */
	uint64_t events;
	size_t targets
		[TUI_TARGETS_MAX]; /* indexes of the actuators that its events move */
	size_t target_count;
	bool is_target; /* stands beside a sender */
};

enum tui_outcome {
	TUI_OUTCOME_UNKNOWN, /* from before the dashboard, its trace was not read */
	TUI_OUTCOME_PENDING,
	TUI_OUTCOME_DONE,
	TUI_OUTCOME_EXPIRED,
	TUI_OUTCOME_FAILED,
};

struct tui_event {
	char id[SNET_EVENT_ID_MAX + 1];
	char time[16]; /* "21:09:00.123" */
	char source[TUI_NAME_MAX];
	char type[TUI_NAME_MAX];
	char text[TUI_TEXT_MAX]; /* its data, then what it did */
	enum tui_outcome outcome;
	uint64_t took_ns;
};

/* What happened within one second. */
struct tui_second {
	unsigned int events, ended;
	uint64_t took_ns; /* sum over the ended */
};

struct tui_model {
	char lab[TUI_NAME_MAX];
	size_t link_count;
	/* Of links that are shaped. */
	bool has_packets;
	double packets, lost, queued;
	struct tui_links links; /* each of them */
	struct tui_node *nodes;
	size_t node_count;
	struct snet__map by_name; /* index + 1 as pointer */
	struct tui_event
		events[TUI_EVENTS_MAX]; /* a ring; the n-th is at n % TUI_EVENTS_MAX */
	uint64_t event_count;
	uint64_t samples[TUI_SAMPLES_MAX]; /* a ring */
	uint64_t sample_count;
	struct tui_second seconds[TUI_SECONDS_MAX]; /* by second % TUI_SECONDS_MAX */
	uint64_t second;                            /* the current one */
	uint64_t done, failed;                      /* ended well, ended otherwise */
};

int tui_model_new(struct tui_model **ret, struct snet_err *err);
void tui_model_free(struct tui_model *model); /* accepts NULL */

/* One line of GET /v1/watch, or the answer to GET /v1/links. @now_ns is 0 for what happened before
 * the dashboard was opened: it then counts for no rate. -EINVAL: not such a line; the model is as it
 * was. */
int tui_model_feed(struct tui_model *model, const char *line, size_t size,
		   uint64_t now_ns, struct snet_err *err);
/* Time goes by also when nothing happens. */
void tui_model_tick(struct tui_model *model, uint64_t now_ns);

/* NULL for none. */
struct tui_node *tui_model_find(const struct tui_model *model, const char *name);
/* The @back-th newest event, from 0, of the first @count (tui_model.event_count, or what that
 * was at an earlier time); NULL when there is none. */
const struct tui_event *tui_model_event(const struct tui_model *model, uint64_t count,
					size_t back);
/* The latency that @share (0 to 1) of the latest events did not exceed; 0 without events. */
uint64_t tui_model_percentile(const struct tui_model *model, double share);
/* Events a second, over the last ten seconds. */
double tui_model_rate(const struct tui_model *model);
/* The second @back seconds ago, from 0, the current one. */
const struct tui_second *tui_model_second(const struct tui_model *model, size_t back);

#endif
