/* SPDX-License-Identifier: MIT */
/* What all checkers share: their list, their words, and the result that they fill. */

#include "fault/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/checkers.h"

const char *const snet__guarantees[] = {
	[SNET__GUARANTEE_AT_MOST_ONCE - 1] = "at-most-once",
	[SNET__GUARANTEE_AT_LEAST_ONCE - 1] = "at-least-once",
	[SNET__GUARANTEE_EXACTLY_ONCE - 1] = "exactly-once",
	NULL,
};

const struct snet__checker *const snet__checkers[] = {
	&snet__check_delivery,
	&snet__check_convergence,
	&snet__check_latency,
	&snet__check_availability,
	&snet__check_expression,
	&snet__check_command,
	NULL,
};

const struct snet__checker *snet__checker_find(const char *name)
{
	for (size_t i = 0; snet__checkers[i]; i++)
		if (strcmp(snet__checkers[i]->name, name) == 0)
			return snet__checkers[i];
	return NULL;
}

bool snet__check_is_cancelled(const struct snet__check_opts *opts)
{
	return opts && opts->is_cancelled && opts->is_cancelled(opts->user);
}

const char *snet_verdict_name(enum snet_verdict verdict)
{
	static const char *const names[] = {
		[SNET_VERDICT_HELD] = "held",
		[SNET_VERDICT_VIOLATED] = "violated",
		[SNET_VERDICT_UNTRUSTED] = "untrusted",
	};

	return names[verdict];
}

void snet__expectation_clear(struct snet__expectation *expectation)
{
	free(expectation->name);
	free(expectation->nodes);
	free(expectation->expression);
	for (char **word = expectation->command; word && *word; word++)
		free(*word);
	free(expectation->command);
	free(expectation->cwd);
	*expectation = (struct snet__expectation){0};
}

/* Which members were given; an "at-most-once", which is the default, cannot be told. */
static unsigned int members_of(const struct snet__expectation *expectation)
{
	return (expectation->nodes ? SNET__HAS_NODES : 0) |
	       (expectation->phase != SNET__PHASE_ALL ? SNET__HAS_PHASE : 0) |
	       (expectation->guarantee ? SNET__HAS_GUARANTEE : 0) |
	       (expectation->within_ns != SNET__NEVER ? SNET__HAS_WITHIN : 0) |
	       (expectation->share >= 0 ? SNET__HAS_SHARE : 0) |
	       (expectation->quantile >= 0 ? SNET__HAS_QUANTILE : 0) |
	       (expectation->below_ns != SNET__NEVER ? SNET__HAS_BELOW : 0) |
	       (expectation->is_ordered ? SNET__HAS_ORDERED : 0) |
	       (expectation->expression ? SNET__HAS_EXPRESSION : 0) |
	       (expectation->command ? SNET__HAS_COMMAND : 0) |
	       (expectation->cwd ? SNET__HAS_CWD : 0);
}

int snet__expectation_need(const struct snet__expectation *expectation,
			   unsigned int needed, unsigned int allowed,
			   struct snet_err *err)
{
	static const char *const names[] = {"nodes",   "phase",   "guarantee",
					    "within",  "share",   "quantile",
					    "below",   "ordered", "expression",
					    "command", "cwd"};
	unsigned int members = members_of(expectation);

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (needed & ~members & 1u << i)
			return snet__err_set(err, -EINVAL, "'%s' needs '%s'",
					     expectation->checker->name, names[i]);
		if (members & ~(needed | allowed) & 1u << i)
			return snet__err_set(err, -EINVAL, "'%s' has no '%s'",
					     expectation->checker->name, names[i]);
	}
	return 0;
}

void snet__judgement_clear(struct snet__judgement *result)
{
	free(result->summary);
	snet__json_free(result->measures);
	for (size_t i = 0; i < result->finding_count; i++)
		free(result->findings[i].text);
	free(result->findings);
	*result = (struct snet__judgement){0};
}

int snet__judgement_add(struct snet__judgement *result, const char *what, size_t event,
			const char *node, uint64_t at_ns, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int r;

	if (result->finding_count == SNET__FINDINGS_MAX) {
		result->beyond++;
		return 0;
	}
	r = snet__vec_reserve(&result->findings, &result->finding_cap,
			      result->finding_count + 1, sizeof(*result->findings), NULL);
	if (r < 0)
		return r;
	va_start(args, fmt);
	r = vasprintf(&text, fmt, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	result->findings[result->finding_count++] = (struct snet__finding){
		.what = what, .event = event, .node = node, .at_ns = at_ns, .text = text};
	return 0;
}

int snet__judgement_set(struct snet__judgement *result, enum snet_verdict verdict,
			struct snet_err *err, const char *fmt, ...)
{
	char *summary = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&summary, fmt, args);
	va_end(args);
	if (r < 0)
		return snet__err_oom(err);
	free(result->summary);
	result->summary = summary;
	result->verdict = verdict;
	return 0;
}

int snet__judgement_set_measure(struct snet__judgement *result, const char *name,
				double value, struct snet_err *err)
{
	if (!result->measures)
		result->measures = snet__json_new_object();
	if (snet__json_set(result->measures, name,
			   isnan(value) ? snet__json_new_null()
					: snet__json_new_number(value)) < 0)
		return snet__err_oom(err);
	return 0;
}
