/* SPDX-License-Identifier: MIT */
#include "fault/outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* What is violated is, whatever else cannot be told. */
static bool is_worse(enum snet_verdict verdict, enum snet_verdict than)
{
	static const int weights[] = {
		[SNET_VERDICT_HELD] = 0,
		[SNET_VERDICT_UNTRUSTED] = 1,
		[SNET_VERDICT_VIOLATED] = 2,
	};

	return weights[verdict] > weights[than];
}

static void refuse(struct snet__outcome *outcome, enum snet_verdict verdict, char *reason)
{
	if (is_worse(verdict, outcome->verdict) || !outcome->reason) {
		free(outcome->reason);
		outcome->reason = reason;
	} else {
		free(reason);
	}
	if (is_worse(verdict, outcome->verdict))
		outcome->verdict = verdict;
}

/* Faults that did not bite prove nothing. */
static void judge_faults(struct snet__outcome *outcome)
{
	const struct snet__history *history = &outcome->history;

	for (size_t i = 0; i < history->faults_count; i++) {
		const struct snet__history_fault *fault = &history->faults[i];

		if (snet__history_is_broken(fault))
			refuse(outcome,
			       outcome->slow && fault->is_only_slow
				       ? SNET_VERDICT_UNTRUSTED
				       : SNET_VERDICT_VIOLATED,
			       snet__text_format("fault '%s': %s", fault->name,
						 fault->failure));
		else if (!fault->has_effect && !fault->is_optional)
			refuse(outcome, SNET_VERDICT_VIOLATED,
			       snet__text_format("fault '%s' %s, and is not 'optional'",
						 fault->name,
						 fault->begun_ns == SNET__NEVER
							 ? "did not begin"
							 : "had no effect"));
	}
}

/* Whether all that is wrong is that it came too late. */
static bool is_only_late(const struct snet__judgement *judgement)
{
	for (size_t i = 0; i < judgement->finding_count; i++)
		if (strcmp(judgement->findings[i].what, "late") != 0)
			return false;
	return judgement->finding_count;
}

/* What took too long on a machine that was too slow proves nothing; what was lost, or done twice, is
 * a violation there too. */
static int doubt(struct snet__judgement *judgement, const struct snet__checker *checker,
		 struct snet_err *err)
{
	autofree char *summary = NULL;

	if (judgement->verdict != SNET_VERDICT_VIOLATED ||
	    (!checker->is_timed && !is_only_late(judgement)))
		return 0;
	summary = steal_ptr(judgement->summary);
	return snet__judgement_set(judgement, SNET_VERDICT_UNTRUSTED, err,
				   "%s; that may be the machine's doing",
				   summary ? summary : "");
}

static int judge(struct snet__outcome *outcome, const struct snet__scenario *scenario,
		 size_t index, const struct snet__check_opts *opts, struct snet_err *err)
{
	const struct snet__expectation *expectation = &scenario->expectations[index];
	struct snet__judgement *judgement = &outcome->judgements[index];
	int r;

	if (outcome->broken_off)
		return snet__judgement_set(judgement, SNET_VERDICT_UNTRUSTED, err,
					   "the run was broken off: %s", outcome->reason);
	if (snet__check_is_cancelled(opts))
		return -EINTR;
	r = expectation->checker->check(expectation, &outcome->history, opts, judgement,
					err);
	if (r == 0 && outcome->slow)
		r = doubt(judgement, expectation->checker, err);
	if (is_worse(judgement->verdict, outcome->verdict))
		outcome->verdict = judgement->verdict;
	return r;
}

static int judge_all(struct snet__outcome *outcome, const struct snet__scenario *scenario,
		     const struct snet__check_opts *opts, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < outcome->count && r == 0; i++)
		r = judge(outcome, scenario, i, opts, err);
	return r;
}

/* As if that had come before the first was judged. */
static int break_off(struct snet__outcome *outcome, const struct snet__scenario *scenario,
		     struct snet_err *err)
{
	for (size_t i = 0; i < outcome->count; i++)
		snet__judgement_clear(&outcome->judgements[i]);
	free(outcome->reason);
	outcome->reason = strdup("interrupted");
	if (!outcome->reason)
		return snet__err_oom(err);
	outcome->broken_off = -EINTR;
	return judge_all(outcome, scenario, NULL, err);
}

int snet__outcome_judge(struct snet__outcome *outcome,
			const struct snet__scenario *scenario,
			const struct snet__check_opts *opts, struct snet_err *err)
{
	int r;

	outcome->judgements =
		calloc(scenario->expectation_count + 1, sizeof(*outcome->judgements));
	if (!outcome->judgements)
		return snet__err_oom(err);
	outcome->count = scenario->expectation_count;
	r = judge_all(outcome, scenario, opts, err);
	if (r == -EINTR)
		r = break_off(outcome, scenario, err);
	if (outcome->broken_off) {
		outcome->verdict = SNET_VERDICT_UNTRUSTED;
		return r;
	}
	/* First: what faults have to say is in their receipts as well. */
	if (outcome->unreached)
		refuse(outcome,
		       outcome->slow ? SNET_VERDICT_UNTRUSTED : SNET_VERDICT_VIOLATED,
		       steal_ptr(outcome->unreached));
	judge_faults(outcome);
	/* That the rest held proves little. */
	if (outcome->slow && outcome->verdict != SNET_VERDICT_VIOLATED)
		refuse(outcome, SNET_VERDICT_UNTRUSTED,
		       snet__text_format("the machine was too slow: %s", outcome->slow));
	return r;
}

void snet__outcome_clear(struct snet__outcome *outcome)
{
	for (size_t i = 0; i < outcome->count; i++)
		snet__judgement_clear(&outcome->judgements[i]);
	free(outcome->judgements);
	free(outcome->reason);
	free(outcome->slow);
	free(outcome->unreached);
	snet__json_free(outcome->exceeded);
	snet__history_clear(&outcome->history);
	*outcome = (struct snet__outcome){0};
}
