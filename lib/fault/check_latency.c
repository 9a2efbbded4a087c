/* SPDX-License-Identifier: MIT */
/* Latency: a quantile of the times from a press to the last thing that it changed is below a
 * limit. What was under way when the run ended may have been below it, if it had time left: where
 * that decides, the check is undecided. */

#include <math.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/ledger.h"
#include "fault/sentence.h"

#define QUANTILE_DEFAULT 0.99

/* "never" for what got nowhere. */
static const char *format_time(char text[SNET__TIME_MAX], uint64_t ns)
{
	return ns == SNET__NEVER ? "never"
				 : snet__text_format_duration(text, SNET__TIME_MAX, ns);
}

/* Those that are to blame: not below the limit, nor undecided. */
static int add_slow(const struct snet__ledger *ledger,
		    const struct snet__expectation *expectation,
		    struct snet__judgement *result)
{
	char took[SNET__TIME_MAX], limit[SNET__TIME_MAX];
	int r = 0;

	for (size_t i = 0; i < ledger->history->events_count && r == 0; i++) {
		const struct snet__history_event *event = &ledger->history->events[i];
		const struct snet__account *account = &ledger->accounts[i];

		if (account->fate == SNET__FATE_UNACKNOWLEDGED ||
		    account->least_ns < expectation->below_ns ||
		    !snet__ledger_has_event(ledger, expectation, i))
			continue;
		if (account->latency_ns == SNET__NEVER)
			r = snet__judgement_add(result, "slow", i, event->node,
						SNET__NEVER, "event %s %s", event->id,
						account->application_count
							? "did not get everywhere"
							: "got nowhere");
		else
			r = snet__judgement_add(result, "slow", i, event->node,
						account->pressed_ns + account->latency_ns,
						"event %s took %s, not below %s",
						event->id,
						format_time(took, account->latency_ns),
						format_time(limit,
							    expectation->below_ns));
	}
	return r;
}

static size_t count_below(const uint64_t *sorted, size_t count, uint64_t limit_ns)
{
	return limit_ns ? snet__count_until(sorted, count, limit_ns - 1) : 0;
}

/* Those that may yet have been below the limit. */
static size_t count_undecided(const struct snet__latencies *latencies, uint64_t below_ns)
{
	return count_below(latencies->least, latencies->count, below_ns) -
	       count_below(latencies->most, latencies->count, below_ns);
}

static int set_measures(struct snet__judgement *result,
			const struct snet__latencies *latencies,
			const struct snet__expectation *expectation, struct snet_err *err)
{
	const struct {
		const char *name;
		double quantile;
	} measures[] = {{"p50_ns", 0.5},
			{"p90_ns", 0.9},
			{"p99_ns", 0.99},
			{"max_ns", 1},
			{"quantile_ns", expectation->quantile}};
	size_t undecided = count_undecided(latencies, expectation->below_ns);
	int r;

	r = snet__judgement_set_measure(result, "events", (double)latencies->count, err);
	if (r == 0)
		r = snet__judgement_set_measure(result, "undecided", (double)undecided,
						err);
	if (r == 0)
		r = snet__judgement_set_measure(result, "quantile", expectation->quantile,
						err);
	for (size_t i = 0; i < sizeof(measures) / sizeof(*measures) && r == 0; i++) {
		uint64_t ns = snet__quantile(latencies->most, latencies->count,
					     measures[i].quantile);

		r = snet__judgement_set_measure(result, measures[i].name,
						ns == SNET__NEVER ? NAN : (double)ns,
						err);
	}
	return r;
}

static int set_result(struct snet__judgement *result,
		      const struct snet__latencies *latencies,
		      const struct snet__expectation *expectation, struct snet_err *err)
{
	double quantile = expectation->quantile;
	uint64_t least_ns = snet__quantile(latencies->least, latencies->count, quantile);
	uint64_t most_ns = snet__quantile(latencies->most, latencies->count, quantile);
	size_t undecided = count_undecided(latencies, expectation->below_ns);
	bool is_held = most_ns < expectation->below_ns;
	bool is_open = !is_held && least_ns < expectation->below_ns;
	enum snet_verdict verdict = is_held   ? SNET_VERDICT_HELD
				    : is_open ? SNET_VERDICT_UNTRUSTED
					      : SNET_VERDICT_VIOLATED;
	char is[SNET__TIME_MAX], limit[SNET__TIME_MAX];
	struct snet__sentence sentence = {0};

	snet__sentence_add(&sentence, "the %.6g %% quantile of %zu events is %s%s, %s %s",
			   100 * quantile, latencies->count, is_open ? "at least " : "",
			   format_time(is, is_open ? least_ns : most_ns),
			   is_held   ? "below"
			   : is_open ? "maybe below"
				     : "not below",
			   format_time(limit, expectation->below_ns));
	if (undecided)
		snet__sentence_add(&sentence, ", %zu undecided when the run ended",
				   undecided);
	return snet__judgement_set(result, verdict, err, "%s", sentence.text);
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	int r;

	r = snet__expectation_need(expectation, SNET__HAS_BELOW,
				   SNET__HAS_NODES | SNET__HAS_PHASE | SNET__HAS_QUANTILE,
				   err);
	if (expectation->quantile < 0)
		expectation->quantile = QUANTILE_DEFAULT;
	return r;
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	size_t need = snet__quantile_need(expectation->quantile);
	autolatencies latencies = {0};
	autoledger ledger = {0};
	int r;

	(void)opts;
	r = snet__ledger_init(&ledger, history, err);
	if (r == 0)
		r = snet__ledger_latencies(&latencies, &ledger, expectation, err);
	if (r == 0)
		r = set_measures(result, &latencies, expectation, err);
	if (r < 0)
		return r;
	if (latencies.count < need)
		return snet__judgement_set(
			result, SNET_VERDICT_UNTRUSTED, err,
			"%zu events are too few for the %.6g %% quantile, which needs %zu",
			latencies.count, 100 * expectation->quantile, need);
	r = set_result(result, &latencies, expectation, err);
	if (r == 0 && result->verdict != SNET_VERDICT_HELD &&
	    add_slow(&ledger, expectation, result) < 0)
		return snet__err_oom(err);
	return r;
}

const struct snet__checker snet__check_latency = {
	.name = "latency",
	.help = "a quantile of the times from press to effect is below a limit",
	.is_timed = true,
	.prepare = prepare,
	.check = check,
};
