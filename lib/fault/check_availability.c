/* SPDX-License-Identifier: MIT */
/* Availability: the share of presses that were answered, which is that the device's relayer has
 * acknowledged the event, within a time. A press that the device refused was not answered. */

#include <math.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/phases.h"

#define SHARE_DEFAULT 0.99

struct availability {
	const struct snet__expectation *expectation;
	const struct snet__history *history;
	struct snet__judgement *result;
	size_t presses, answered, undecided;
};

static int add_unanswered(struct availability *availability, size_t index)
{
	const struct snet__history_event *event = &availability->history->events[index];
	uint64_t pressed_ns = snet__event_pressed_ns(event);
	char took[SNET__TIME_MAX];

	if (event->acknowledged_ns != SNET__NEVER)
		return snet__judgement_add(
			availability->result, "late", index, event->node,
			event->acknowledged_ns, "event %s was answered after %s",
			event->id,
			snet__text_format_duration(took, sizeof(took),
						   event->acknowledged_ns - pressed_ns));
	return snet__judgement_add(availability->result, "unanswered", index, event->node,
				   event->dropped_ns, "event %s was never answered%s%s",
				   event->id, event->why ? ": " : "",
				   event->why ? event->why : "");
}

static int judge_event(struct availability *availability, size_t index)
{
	const struct snet__history_event *event = &availability->history->events[index];
	uint64_t within_ns = availability->expectation->within_ns;
	uint64_t pressed_ns = snet__event_pressed_ns(event);
	bool is_bounded = within_ns != SNET__NEVER && pressed_ns != SNET__NEVER;

	availability->presses++;
	if (event->acknowledged_ns != SNET__NEVER &&
	    (!is_bounded || event->acknowledged_ns <= pressed_ns + within_ns)) {
		availability->answered++;
		return 0;
	}
	/* The run may have ended while there was time yet. */
	if (is_bounded && event->acknowledged_ns == SNET__NEVER &&
	    event->dropped_ns == SNET__NEVER &&
	    pressed_ns + within_ns > availability->history->ended_ns) {
		availability->undecided++;
		return 0;
	}
	return add_unanswered(availability, index);
}

static int set_measures(struct availability *availability, double share,
			struct snet_err *err)
{
	double presses = (double)availability->presses,
	       answered = (double)availability->answered;
	int r;

	r = snet__judgement_set_measure(availability->result, "presses", presses, err);
	if (r == 0)
		r = snet__judgement_set_measure(availability->result, "answered",
						answered, err);
	if (r == 0)
		r = snet__judgement_set_measure(availability->result, "undecided",
						(double)availability->undecided, err);
	if (r == 0)
		r = snet__judgement_set_measure(availability->result, "share",
						presses > 0 ? answered / presses : NAN,
						err);
	if (r == 0)
		r = snet__judgement_set_measure(availability->result, "share_wanted",
						share, err);
	return r;
}

static int set_result(struct availability *availability, double share,
		      struct snet_err *err)
{
	size_t presses = availability->presses, answered = availability->answered;
	size_t need = (size_t)ceil(share * (double)presses - 1e-6);
	uint64_t within_ns = availability->expectation->within_ns;
	enum snet_verdict verdict = SNET_VERDICT_HELD;
	char within[SNET__TIME_MAX] = "";
	int r;

	r = set_measures(availability, share, err);
	if (r < 0)
		return r;
	if (!presses)
		return snet__judgement_set(availability->result, SNET_VERDICT_UNTRUSTED,
					   err,
					   "nothing was pressed: nothing can be said");
	if (answered + availability->undecided < need)
		verdict = SNET_VERDICT_VIOLATED;
	else if (answered < need)
		verdict = SNET_VERDICT_UNTRUSTED;
	if (within_ns != SNET__NEVER)
		snet__text_format_duration(within, sizeof(within), within_ns);
	return snet__judgement_set(
		availability->result, verdict, err,
		"%zu of %zu presses answered%s%s (%.4g %%), %.6g %% "
		"wanted%s",
		answered, presses, *within ? " within " : "", within,
		100.0 * (double)answered / (double)presses, 100 * share,
		verdict == SNET_VERDICT_UNTRUSTED
			? ", but the run ended before the others could be"
			: "");
}

static int judge_all(struct availability *availability, const struct snet__phases *phases)
{
	int r = 0;

	for (size_t i = 0; i < availability->history->events_count && r == 0; i++)
		if (snet__phases_has_event(phases, availability->expectation,
					   &availability->history->events[i]))
			r = judge_event(availability, i);
	for (size_t i = 0; i < availability->history->notes_count && r == 0; i++) {
		const struct snet__history_note *note = &availability->history->notes[i];

		if (!snet__phases_has_refusal(phases, availability->expectation, note))
			continue;
		availability->presses++;
		r = snet__judgement_add(availability->result, "refused", SIZE_MAX,
					note->node, note->at_ns,
					"a press of %s was refused: %s", note->node,
					note->text);
	}
	return r;
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	int r;

	r = snet__expectation_need(expectation, 0,
				   SNET__HAS_NODES | SNET__HAS_PHASE | SNET__HAS_WITHIN |
					   SNET__HAS_SHARE,
				   err);
	if (expectation->share < 0)
		expectation->share = SHARE_DEFAULT;
	return r;
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	struct availability availability = {.expectation = expectation,
					    .history = history,
					    .result = result};
	cleanup_with(snet__phases_clear) struct snet__phases phases = {0};
	double share = expectation->share;
	int r;

	(void)opts;
	r = snet__phases_init(&phases, history, err);
	if (r < 0)
		return r;
	if (judge_all(&availability, &phases) < 0)
		return snet__err_oom(err);
	return set_result(&availability, share, err);
}

const struct snet__checker snet__check_availability = {
	.name = "availability",
	.help = "a share of the presses is answered, within a time",
	.is_timed = true,
	.prepare = prepare,
	.check = check,
};
