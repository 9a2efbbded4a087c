/* SPDX-License-Identifier: MIT */
/* Delivery: whether each event that was acknowledged to its device was applied as often as its
 * guarantee says, in time, in order, and where it should be.
 *
 * At most once: no command has an effect twice. At least once: nothing that was acknowledged is
 * lost; what has expired or failed is, and what is still under way when the run ends, unless it had
 * time yet and somebody has it. Exactly once: both. What was never acknowledged is no loss, for its
 * device knows, nor is a press that was refused. @share of the events that may be lost or late,
 * nothing else, are excused. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/holder.h"
#include "fault/ledger.h"

#define NAMED_MAX 3 /* events in the summary */

struct counts {
	size_t events;                  /* that the guarantee is about */
	size_t delivered;               /* of them, in time or not */
	size_t fates[SNET__FATE_COUNT]; /* all that are asked for */
	size_t lost, late, undecided, repeated, wrong, reordered;
};

/* A check under way. */
struct delivery {
	const struct snet__expectation *expectation;
	const struct snet__history *history;
	struct snet__judgement *result;
	struct snet__ledger ledger;
	struct counts counts;
	size_t unacknowledged[NAMED_MAX];
	size_t refused;                           /* presses that made no event */
	const struct snet__history_note *refusal; /* the first of them */
};

static void delivery_clear_at(struct delivery *delivery)
{
	snet__ledger_clear(&delivery->ledger);
}

static bool is_asked_for(const struct delivery *delivery, size_t index)
{
	return snet__ledger_has_event(&delivery->ledger, delivery->expectation, index);
}

static bool forbids_repeats(const struct delivery *delivery)
{
	return delivery->expectation->guarantee != SNET__GUARANTEE_AT_LEAST_ONCE;
}

/* A share that has to be delivered is more than "at most once" asks by itself. */
static bool forbids_loss(const struct delivery *delivery)
{
	return delivery->expectation->guarantee != SNET__GUARANTEE_AT_MOST_ONCE ||
	       delivery->expectation->share >= 0;
}

/* The step that says why an event has ended. */
static const struct snet__history_step *find_reason(
	const struct snet__history_event *event, enum snet__fate fate)
{
	const char *name = fate == SNET__FATE_EXPIRED  ? "expired"
			   : fate == SNET__FATE_FAILED ? "failed"
						       : "dropped";

	for (size_t i = event->step_count; i > 0; i--)
		if (strcmp(event->steps[i - 1].step, name) == 0)
			return &event->steps[i - 1];
	return NULL;
}

/* An event that its trace says has ended without being delivered. */
static int add_ended(struct delivery *delivery, size_t index)
{
	static const char *const words[SNET__FATE_COUNT] = {
		[SNET__FATE_EXPIRED] = "has expired",
		[SNET__FATE_FAILED] = "has failed",
		[SNET__FATE_DROPPED] = "was dropped",
	};
	const struct snet__history_event *event = &delivery->history->events[index];
	const struct snet__account *account = &delivery->ledger.accounts[index];
	const struct snet__history_step *step = find_reason(event, account->fate);
	const char *why = step ? step->detail : event->why;
	bool is_applied = account->application_count;

	return snet__judgement_add(delivery->result, "lost", index,
				   step ? step->node : event->node,
				   step ? step->at_ns : event->ended_ns,
				   "event %s was acknowledged, but %s%s%s%s%s%s%s",
				   event->id, words[account->fate], step ? " at " : "",
				   step ? step->node : "", why && *why ? ": " : "",
				   why ? why : "",
				   is_applied ? ", though applied at " : "",
				   is_applied ? account->applications[0].node : "");
}

/* By its trace. Whether anything would still have come of it nobody knows, unless it is forgotten. */
static int add_pending(struct delivery *delivery, size_t index)
{
	const struct snet__history_event *event = &delivery->history->events[index];
	const struct snet__account *account = &delivery->ledger.accounts[index];
	const struct snet__history_step *step = &event->steps[event->step_count - 1];
	const char *missing = account->missing;
	struct snet__sentence sentence = {0};

	snet__sentence_add(&sentence, "event %s was acknowledged, but ", event->id);
	snet__holder_format(&sentence, event);
	snet__sentence_add(&sentence, "%s, its last step '%s'",
			   event->is_forgotten ? "" : " when the run ended", step->step);
	if (step->detail && *step->detail)
		snet__sentence_add(&sentence, " (%s)", step->detail);
	if (missing)
		snet__sentence_add(&sentence, ", not applied at %s", missing);
	else if (account->application_count)
		snet__sentence_add(&sentence, ", though applied at %s",
				   account->applications[0].node);
	if (!event->is_forgotten)
		snet__sentence_add(&sentence, ": a longer 'settle' would wait for it");
	return snet__judgement_add(delivery->result, "lost", index,
				   missing ? missing : step->node,
				   delivery->history->ended_ns, "%s", sentence.text);
}

static int add_vanished(struct delivery *delivery, size_t index)
{
	const struct snet__history_event *event = &delivery->history->events[index];
	const struct snet__account *account = &delivery->ledger.accounts[index];
	const char *at = account->missing;

	if (event->outcome == SNET_OUTCOME_DONE)
		return snet__judgement_add(
			delivery->result, "lost", index, at, event->ended_ns,
			"event %s is done, says its trace, but was never "
			"applied at %s",
			event->id, at);
	if (event->step_count && event->dropped_ns == SNET__NEVER)
		return add_pending(delivery, index);
	return snet__judgement_add(delivery->result, "lost", index, at ? at : event->node,
				   event->acknowledged_ns,
				   "event %s was acknowledged, but never applied%s%s",
				   event->id, at ? " at " : "", at ? at : "");
}

/* Of one that was not delivered: whether it may still have been, and in time. */
static bool had_time_yet(const struct delivery *delivery,
			 const struct snet__account *account)
{
	uint64_t within_ns = delivery->expectation->within_ns;

	return within_ns != SNET__NEVER && account->least_ns < account->latency_ns &&
	       account->least_ns < within_ns;
}

static int judge_undelivered(struct delivery *delivery, size_t index)
{
	const struct snet__account *account = &delivery->ledger.accounts[index];

	if (had_time_yet(delivery, account)) {
		delivery->counts.undecided++;
		return 0;
	}
	if (!forbids_loss(delivery))
		return 0;
	delivery->counts.lost++;
	return account->fate == SNET__FATE_LOST ? add_vanished(delivery, index)
						: add_ended(delivery, index);
}

static int judge_delivered(struct delivery *delivery, size_t index)
{
	const struct snet__history_event *event = &delivery->history->events[index];
	const struct snet__account *account = &delivery->ledger.accounts[index];
	uint64_t within_ns = delivery->expectation->within_ns;
	char took[SNET__TIME_MAX], allowed[SNET__TIME_MAX];

	delivery->counts.delivered++;
	if (within_ns == SNET__NEVER || account->latency_ns == SNET__NEVER ||
	    account->latency_ns <= within_ns)
		return 0;
	delivery->counts.late++;
	return snet__judgement_add(
		delivery->result, "late", index,
		account->application_count ? account->applications[0].node : NULL,
		account->pressed_ns + account->latency_ns,
		"event %s was %s after %s, not within %s", event->id,
		account->application_count ? "applied" : "done",
		snet__text_format_duration(took, sizeof(took), account->latency_ns),
		snet__text_format_duration(allowed, sizeof(allowed), within_ns));
}

/* The actuator that the event's own data name, if it was another one that was changed. */
static int judge_target(struct delivery *delivery, size_t index)
{
	const struct snet__history_event *event = &delivery->history->events[index];
	const struct snet__account *account = &delivery->ledger.accounts[index];
	autojson *data = NULL;
	const char *target;

	/* Not all data are parsed, for there may be very many. */
	if (!account->application_count || !event->data ||
	    !strstr(event->data, "\"target\"") ||
	    snet__json_parse(&data, event->data, strlen(event->data), NULL) < 0)
		return 0;
	target = snet__json_get_string(data, "target");
	for (size_t i = 0; target && i < account->application_count; i++) {
		const struct snet__application *applied = &account->applications[i];

		if (strcmp(applied->node, target) == 0)
			continue;
		delivery->counts.wrong++;
		return snet__judgement_add(delivery->result, "wrong actuator", index,
					   applied->node, applied->at_ns,
					   "event %s is for %s, but was applied at %s",
					   event->id, target, applied->node);
	}
	return 0;
}

static int judge_event(struct delivery *delivery, size_t index)
{
	struct counts *counts = &delivery->counts;
	enum snet__fate fate = delivery->ledger.accounts[index].fate;
	int r;

	counts->fates[fate]++;
	if (fate == SNET__FATE_UNACKNOWLEDGED) {
		if (counts->fates[fate] <= NAMED_MAX)
			delivery->unacknowledged[counts->fates[fate] - 1] = index;
		return 0;
	}
	counts->events++;
	r = fate == SNET__FATE_DELIVERED ? judge_delivered(delivery, index)
					 : judge_undelivered(delivery, index);
	return r < 0 ? r : judge_target(delivery, index);
}

static int judge_repeats(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->ledger.repeat_count; i++) {
		const struct snet__repeat *repeat = &delivery->ledger.repeats[i];
		const char *id = delivery->history->events[repeat->event].id;
		bool is_one_node = strcmp(repeat->first_node, repeat->last_node) == 0;
		int r;

		if (!is_asked_for(delivery, repeat->event))
			continue;
		delivery->counts.repeated++;
		if (!forbids_repeats(delivery))
			continue;
		r = snet__judgement_add(
			delivery->result, "duplicated", repeat->event, repeat->last_node,
			repeat->at_ns,
			"event %s was applied %zu times at %s%s%s by command "
			"%s",
			id, repeat->count, repeat->first_node, is_one_node ? "" : " and ",
			is_one_node ? "" : repeat->last_node, repeat->id);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One event at one actuator. */
struct arrival {
	const char *device, *node;
	uint64_t pressed_ns, at_ns;
	size_t event;
};

static int compare_flows(const struct arrival *a, const struct arrival *b)
{
	int r = a->device == b->device ? 0 : strcmp(a->device, b->device);

	return r || a->node == b->node ? r : strcmp(a->node, b->node);
}

/* -1, 0 or 1: which was pressed first. What was pressed at one time is in the order in which it is
 * written down. */
static int compare_presses(const struct arrival *a, const struct arrival *b)
{
	if (a->pressed_ns != b->pressed_ns)
		return a->pressed_ns < b->pressed_ns ? -1 : 1;
	return (a->event > b->event) - (a->event < b->event);
}

static int compare_arrivals(const void *a, const void *b)
{
	const struct arrival *left = a, *right = b;
	int r = compare_flows(left, right);

	if (r)
		return r;
	if (left->at_ns != right->at_ns)
		return left->at_ns < right->at_ns ? -1 : 1;
	return compare_presses(left, right);
}

static size_t find_arrivals(const struct delivery *delivery, struct arrival *arrivals)
{
	size_t count = 0;

	for (size_t i = 0; i < delivery->history->events_count; i++) {
		const struct snet__account *account = &delivery->ledger.accounts[i];
		const char *device = delivery->history->events[i].node;

		if (!device || !is_asked_for(delivery, i))
			continue;
		for (size_t j = 0; j < account->application_count; j++)
			arrivals[count++] = (struct arrival){
				.device = device,
				.node = account->applications[j].node,
				.pressed_ns = account->pressed_ns,
				.at_ns = account->applications[j].at_ns,
				.event = i,
			};
	}
	return count;
}

/* Source: RFC 4737 section 3.2: reordered is what arrives behind something that was sent later. */
static int judge_order(struct delivery *delivery)
{
	autofree struct arrival *arrivals =
		calloc(delivery->ledger.application_count + 1, sizeof(*arrivals));
	const struct arrival *newest = NULL;
	size_t count;

	if (!arrivals)
		return -ENOMEM;
	count = find_arrivals(delivery, arrivals);
	qsort(arrivals, count, sizeof(*arrivals), compare_arrivals);
	for (size_t i = 0; i < count; i++) {
		const struct arrival *arrival = &arrivals[i];
		int r;

		if (!newest || compare_flows(newest, arrival) != 0 ||
		    compare_presses(newest, arrival) < 0) {
			newest = arrival;
			continue;
		}
		delivery->counts.reordered++;
		r = snet__judgement_add(delivery->result, "reordered", arrival->event,
					arrival->node, arrival->at_ns,
					"event %s was applied at %s behind %s, which was "
					"pressed later",
					delivery->history->events[arrival->event].id,
					arrival->node,
					delivery->history->events[newest->event].id);
		if (r < 0)
			return r;
	}
	return 0;
}

static size_t count_allowed(const struct delivery *delivery)
{
	double share = delivery->expectation->share;

	/* One event in a million million is no event. */
	return share < 0 ? 0
			 : (size_t)floor((1 - share) * (double)delivery->counts.events +
					 1e-6);
}

static enum snet_verdict decide(const struct delivery *delivery)
{
	const struct counts *counts = &delivery->counts;
	size_t bad = counts->lost + counts->late, allowed = count_allowed(delivery);

	if (bad > allowed || counts->wrong || counts->reordered ||
	    (counts->repeated && forbids_repeats(delivery)))
		return SNET_VERDICT_VIOLATED;
	/* The others may have come too late, had they been waited for. */
	if (!counts->events || bad + counts->undecided > allowed)
		return SNET_VERDICT_UNTRUSTED;
	return SNET_VERDICT_HELD;
}

static void say_count(struct snet__sentence *sentence, size_t count, const char *what)
{
	if (count)
		snet__sentence_add(sentence, ", %zu %s", count, what);
}

static void say_loss(struct snet__sentence *sentence, const struct delivery *delivery)
{
	const struct counts *counts = &delivery->counts;
	size_t bad = counts->lost + counts->late;

	say_count(sentence, counts->lost, "lost");
	say_count(sentence, counts->late, "late");
	if (bad)
		snet__sentence_add(sentence, " (%.3g %%, %zu allowed)",
				   100.0 * (double)bad / (double)counts->events,
				   count_allowed(delivery));
	if (forbids_loss(delivery))
		return;
	say_count(sentence, counts->fates[SNET__FATE_LOST] - counts->undecided,
		  "never applied");
	say_count(sentence, counts->fates[SNET__FATE_EXPIRED], "expired");
	say_count(sentence, counts->fates[SNET__FATE_FAILED], "failed");
	say_count(sentence, counts->fates[SNET__FATE_DROPPED], "dropped");
}

static void say_unacknowledged(struct snet__sentence *sentence,
			       const struct delivery *delivery)
{
	size_t count = delivery->counts.fates[SNET__FATE_UNACKNOWLEDGED];

	if (!count)
		return;
	snet__sentence_add(sentence, "; %zu never acknowledged, which is no loss", count);
	for (size_t i = 0; i < count && i < NAMED_MAX; i++)
		snet__sentence_add(
			sentence, "%s%s", i ? ", " : ": ",
			delivery->history->events[delivery->unacknowledged[i]].id);
	if (count > NAMED_MAX)
		snet__sentence_add(sentence, " ...");
}

static void say_refused(struct snet__sentence *sentence, const struct delivery *delivery)
{
	if (delivery->refused)
		snet__sentence_add(sentence, "; %zu refused, which is no loss: %s%s",
				   delivery->refused, delivery->refusal->text,
				   delivery->refused > 1 ? " ..." : "");
}

static int set_summary(struct delivery *delivery, struct snet_err *err)
{
	const struct snet__expectation *expectation = delivery->expectation;
	const struct counts *counts = &delivery->counts;
	struct snet__sentence sentence = {0};
	char within[SNET__TIME_MAX];

	if (counts->events)
		snet__sentence_add(&sentence, "%s: %zu of %zu events delivered",
				   snet__guarantees[expectation->guarantee - 1],
				   counts->delivered - counts->late, counts->events);
	else
		snet__sentence_add(&sentence,
				   "no event was acknowledged: nothing can be said");
	if (counts->events && expectation->within_ns != SNET__NEVER)
		snet__sentence_add(&sentence, " within %s",
				   snet__text_format_duration(within, sizeof(within),
							      expectation->within_ns));
	say_loss(&sentence, delivery);
	say_count(&sentence, counts->repeated, "duplicated");
	say_count(&sentence, counts->reordered, "reordered");
	say_count(&sentence, counts->wrong, "at a wrong actuator");
	say_count(&sentence, counts->undecided, "undecided when the run ended");
	say_unacknowledged(&sentence, delivery);
	say_refused(&sentence, delivery);
	return snet__judgement_set(delivery->result, decide(delivery), err, "%s",
				   sentence.text);
}

static int set_measures(struct delivery *delivery, struct snet_err *err)
{
	const struct counts *counts = &delivery->counts;
	const struct {
		const char *name;
		size_t count;
	} measures[] = {
		{"events", counts->events},
		{"delivered", counts->delivered},
		{"lost", counts->lost},
		{"late", counts->late},
		{"allowed", count_allowed(delivery)},
		{"undecided", counts->undecided},
		{"expired", counts->fates[SNET__FATE_EXPIRED]},
		{"failed", counts->fates[SNET__FATE_FAILED]},
		{"dropped", counts->fates[SNET__FATE_DROPPED]},
		{"duplicated", counts->repeated},
		{"reordered", counts->reordered},
		{"wrong_actuator", counts->wrong},
		{"unacknowledged", counts->fates[SNET__FATE_UNACKNOWLEDGED]},
		{"refused", delivery->refused},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(measures) / sizeof(*measures) && r == 0; i++)
		r = snet__judgement_set_measure(delivery->result, measures[i].name,
						(double)measures[i].count, err);
	return r;
}

static void count_refused(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->history->notes_count; i++) {
		const struct snet__history_note *note = &delivery->history->notes[i];

		if (snet__phases_has_refusal(&delivery->ledger.phases,
					     delivery->expectation, note) &&
		    !delivery->refused++)
			delivery->refusal = note;
	}
}

static int judge_all(struct delivery *delivery)
{
	int r = 0;

	count_refused(delivery);
	for (size_t i = 0; i < delivery->history->events_count && r == 0; i++)
		if (is_asked_for(delivery, i))
			r = judge_event(delivery, i);
	if (r == 0)
		r = judge_repeats(delivery);
	if (r == 0 && delivery->expectation->is_ordered)
		r = judge_order(delivery);
	return r;
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	return snet__expectation_need(expectation, SNET__HAS_GUARANTEE,
				      SNET__HAS_NODES | SNET__HAS_PHASE |
					      SNET__HAS_WITHIN | SNET__HAS_SHARE |
					      SNET__HAS_ORDERED,
				      err);
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	cleanup_with(delivery_clear_at) struct delivery delivery = {.expectation =
									    expectation,
								    .history = history,
								    .result = result};
	int r;

	(void)opts;
	r = snet__ledger_init(&delivery.ledger, history, err);
	if (r < 0)
		return r;
	if (judge_all(&delivery) < 0)
		return snet__err_oom(err);
	r = set_measures(&delivery, err);
	return r < 0 ? r : set_summary(&delivery, err);
}

const struct snet__checker snet__check_delivery = {
	.name = "delivery",
	.help = "every event is applied as often as it should be, in time, where it "
		"should be",
	.prepare = prepare,
	.check = check,
};
