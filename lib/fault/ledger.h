/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_LEDGER_H
#define SNET_FAULT_LEDGER_H

/* What became of each event, told from both sides: the relayer's trace, and the commands that
 * actuators were given by their own witness. Where an actuator is a witness (the history has any
 * command of it) only its word counts for what was applied there; of a program that obeys there is
 * but the relayer's "applied". */

#include "base/map.h"
#include "fault/phases.h"

enum snet__fate {
	/* Everywhere where it had to be; or it is done, and there was nothing to apply. */
	SNET__FATE_DELIVERED,
	SNET__FATE_UNACKNOWLEDGED, /* nobody has promised its device anything */
	/* Acknowledged, and nothing tells why it did not get everywhere; or still under way when the
	 * run ended. */
	SNET__FATE_LOST,
	SNET__FATE_EXPIRED, /* acknowledged; its trace says so */
	SNET__FATE_FAILED,
	SNET__FATE_DROPPED, /* acknowledged, then given up by its relayer, with a reason */
	SNET__FATE_COUNT,
};

/* "delivered", "lost" ...: a word, and a class of a page */
const char *snet__fate_name(enum snet__fate fate);
/* What "lost" means in reports and expressions: acknowledged, and not delivered. */
static inline bool snet__fate_is_lost(enum snet__fate fate)
{
	return fate != SNET__FATE_DELIVERED && fate != SNET__FATE_UNACKNOWLEDGED;
}

/* An actuator that an event has changed. */
struct snet__application {
	const char *node;
	uint64_t at_ns; /* when it first did; SNET__NEVER: before the run */
};

/* A command that had an effect more than once. It is the same command if its id is: that has the
 * event's id and number, and the leg's and the command's number in it. */
struct snet__repeat {
	size_t event;
	const char *id;
	const char *first_node, *last_node;
	uint64_t at_ns; /* the last time */
	size_t count;
};

struct snet__account {
	enum snet__fate fate;
	/* LOST: where it is missing, or NULL: it got nowhere, or was still under way. */
	const char *missing;
	uint64_t pressed_ns; /* snet__event_pressed_ns() */
	/* From there to the last time that it changed anything, or to its last step if it is done
	 * and had nothing to change; SNET__NEVER, also for one that was still under way. */
	uint64_t latency_ns;
	/* The same; but of one that was under way when the run ended, and not forgotten, what it had
	 * taken by then: it may still have been delivered. */
	uint64_t least_ns;
	bool is_repeated;
	struct snet__application *applications; /* by name */
	size_t application_count;
};

struct snet__ledger {
	const struct snet__history *history;
	struct snet__phases phases;
	struct snet__account *accounts; /* one an event */
	struct snet__repeat *repeats;
	size_t repeat_count, repeat_cap;

	/* ledger.c's own. */
	struct snet__application *applications;
	size_t application_count, application_cap;
	struct snet__map witnesses;
};

/* -ENOMEM. @history is borrowed until it is cleared. */
int snet__ledger_init(struct snet__ledger *ret, const struct snet__history *history,
		      struct snet_err *err);
void snet__ledger_clear(struct snet__ledger *ledger);
#define autoledger cleanup_with(snet__ledger_clear) struct snet__ledger

/* Whether @expectation is about the event with that index. */
bool snet__ledger_has_event(const struct snet__ledger *ledger,
			    const struct snet__expectation *expectation, size_t event);
/* Two lists, each sorted: had the run gone on, any quantile would have come to be one of @least at
 * least, and one of @most at most. */
struct snet__latencies {
	uint64_t *least, *most; /* least_ns and latency_ns of accounts */
	size_t count;
};

/* Those of the events that @expectation is about. One that was acknowledged and got nowhere was not
 * quick: SNET__NEVER, longer than any. One that was never acknowledged is left out. -ENOMEM. */
int snet__ledger_latencies(struct snet__latencies *ret, const struct snet__ledger *ledger,
			   const struct snet__expectation *expectation,
			   struct snet_err *err);
void snet__latencies_clear(struct snet__latencies *latencies);
#define autolatencies cleanup_with(snet__latencies_clear) struct snet__latencies

#endif
