/* SPDX-License-Identifier: MIT */
/* Latency: a quantile of the times from a press to the last thing that it changed is below a
 * limit. */

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/ledger.h"

#define TIME_MAX         32
#define QUANTILE_DEFAULT 0.99

/* "never" for what got nowhere. */
static const char *format_time(char text[TIME_MAX], uint64_t ns)
{
	return ns == SNET__NEVER ? "never"
				 : snet__text_format_duration(text, TIME_MAX, ns);
}

/* Those that are to blame: not below the limit. */
static int add_slow(const struct snet__ledger *ledger,
		    const struct snet__expectation *expectation,
		    struct snet__judgement *result)
{
	char took[TIME_MAX], limit[TIME_MAX];
	int r = 0;

	for (size_t i = 0; i < ledger->history->events_count && r == 0; i++) {
		const struct snet__history_event *event = &ledger->history->events[i];
		const struct snet__account *account = &ledger->accounts[i];

		if (account->fate == SNET__FATE_UNACKNOWLEDGED ||
		    account->latency_ns < expectation->below_ns ||
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

static int set_measures(struct snet__judgement *result, const uint64_t *times,
			size_t count, double quantile, struct snet_err *err)
{
	const struct {
		const char *name;
		double quantile;
	} measures[] = {{"p50_ns", 0.5},
			{"p90_ns", 0.9},
			{"p99_ns", 0.99},
			{"max_ns", 1},
			{"quantile_ns", quantile}};
	int r;

	r = snet__judgement_set_measure(result, "events", (double)count, err);
	if (r == 0)
		r = snet__judgement_set_measure(result, "quantile", quantile, err);
	for (size_t i = 0; i < sizeof(measures) / sizeof(*measures) && r == 0; i++) {
		uint64_t ns = snet__quantile(times, count, measures[i].quantile);

		r = snet__judgement_set_measure(result, measures[i].name,
						ns == SNET__NEVER ? NAN : (double)ns,
						err);
	}
	return r;
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
	double quantile = expectation->quantile;
	size_t count = 0, need = snet__quantile_need(quantile);
	char is[TIME_MAX], limit[TIME_MAX];
	autofree uint64_t *times = NULL;
	autoledger ledger = {0};
	uint64_t found_ns;
	bool is_held;
	int r;

	(void)opts;
	r = snet__ledger_init(&ledger, history, err);
	if (r == 0)
		r = snet__ledger_latencies(&ledger, expectation, &times, &count, err);
	if (r == 0)
		r = set_measures(result, times, count, quantile, err);
	if (r < 0)
		return r;
	if (count < need)
		return snet__judgement_set(
			result, SNET_VERDICT_UNTRUSTED, err,
			"%zu events are too few for the %.6g %% quantile, which needs %zu",
			count, 100 * quantile, need);
	found_ns = snet__quantile(times, count, quantile);
	is_held = found_ns < expectation->below_ns;
	if (!is_held && add_slow(&ledger, expectation, result) < 0)
		return snet__err_oom(err);
	return snet__judgement_set(result,
				   is_held ? SNET_VERDICT_HELD : SNET_VERDICT_VIOLATED,
				   err, "the %.6g %% quantile of %zu events is %s, %s %s",
				   100 * quantile, count, format_time(is, found_ns),
				   is_held ? "below" : "not below",
				   format_time(limit, expectation->below_ns));
}

const struct snet__checker snet__check_latency = {
	.name = "latency",
	.help = "a quantile of the times from press to effect is below a limit",
	.is_timed = true,
	.prepare = prepare,
	.check = check,
};
