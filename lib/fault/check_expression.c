/* SPDX-License-Identifier: MIT */
/* An expression over the numbers of a run. Its names are those of a table; "before.", "during." and
 * "after." in front of one take only the events that were pressed, and the faults and notes that
 * were, in that phase. */

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "fault/expression.h"
#include "fault/ledger.h"

/* The numbers of one phase. */
struct numbers {
	double presses, refused, acknowledged, unacknowledged, dropped;
	double done, expired, failed, pending;
	double applied, duplicated, lost;
	double p50, p90, p99, max; /* NAN: of too few events; INFINITY: never */
	double faults, notes;
};

#define AT(member) offsetof(struct numbers, member)
static const struct name {
	const char *text;
	size_t offset;
	bool is_duration;
} names[] = {
	{"presses", AT(presses), false}, /* that made an event */
	{"refused", AT(refused), false}, /* presses that did not */
	{"acknowledged", AT(acknowledged), false},
	{"unacknowledged", AT(unacknowledged), false},
	{"dropped", AT(dropped), false}, /* by its device, or refused to a program */
	{"done", AT(done), false},       /* by the outcome of its trace */
	{"expired", AT(expired), false},
	{"failed", AT(failed), false},
	{"pending", AT(pending), false},
	{"applied", AT(applied), false}, /* anywhere */
	{"duplicated", AT(duplicated),
	 false},                   /* a command had an effect more than once */
	{"lost", AT(lost), false}, /* acknowledged, and not delivered: as in a report */
	{"p50", AT(p50), true},
	{"p90", AT(p90), true},
	{"p99", AT(p99), true},
	{"max", AT(max), true},
	{"faults", AT(faults), false}, /* that were in place */
	{"notes", AT(notes), false},
};
#define NAMES_COUNT (sizeof(names) / sizeof(*names))

/* What was under way when the run ended might have been delivered at once, or never: a quantile is a
 * range, if mostly of no width. */
struct expression {
	struct numbers least[SNET__PHASE_COUNT], most[SNET__PHASE_COUNT];
	bool is_used[SNET__PHASE_COUNT][NAMES_COUNT];
};

static int refuse_name(const char *text, struct snet_err *err)
{
	const char *words[NAMES_COUNT + 1] = {NULL}, *similar;
	char list[240] = "";
	size_t used = 0;

	for (size_t i = 0; i < NAMES_COUNT; i++)
		words[i] = names[i].text;
	similar = snet__text_find_similar(text, words);
	for (size_t i = 0; words[i] && !similar && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 i ? ", " : ": expected one of ", words[i]);
	return snet__err_set(err, -ENOENT, "unknown name '%s'%s%s%s%s", text,
			     similar ? ", did you mean '" : "", similar ? similar : "",
			     similar ? "'?" : "", list);
}

/* Of "during.p99", leaving "p99" in *@name; SNET__PHASE_COUNT when there is no such phase. */
static unsigned int find_phase(const char **name)
{
	const char *dot = strchr(*name, '.');
	size_t length = dot ? (size_t)(dot - *name) : 0;

	if (!dot)
		return SNET__PHASE_ALL;
	for (unsigned int i = SNET__PHASE_ALL + 1; i < SNET__PHASE_COUNT; i++) {
		const char *phase = snet__phase_name(i);

		if (strlen(phase) != length || strncmp(phase, *name, length) != 0)
			continue;
		*name = dot + 1;
		return i;
	}
	return SNET__PHASE_COUNT;
}

/* NAMES_COUNT for none. */
static size_t find_name(const char *text)
{
	size_t i = 0;

	while (i < NAMES_COUNT && strcmp(names[i].text, text) != 0)
		i++;
	return i;
}

static double number_of(const struct numbers *numbers, const struct name *name)
{
	double number;

	memcpy(&number, (const char *)numbers + name->offset, sizeof(number));
	return number;
}

static int find(void *user, const char *text, struct snet__expression_value *ret,
		struct snet_err *err)
{
	struct expression *expression = user;
	const char *rest = text;
	unsigned int phase = find_phase(&rest);
	size_t name = find_name(rest);
	double least, most;

	if (phase == SNET__PHASE_COUNT)
		return snet__err_set(err, -ENOENT,
				     "'%s': phases are before, during, after", text);
	if (name == NAMES_COUNT)
		return refuse_name(rest, err);
	expression->is_used[phase][name] = true;
	least = number_of(&expression->least[phase], &names[name]);
	most = number_of(&expression->most[phase], &names[name]);
	*ret = (struct snet__expression_value){
		.type = names[name].is_duration ? SNET__EXPRESSION_DURATION
						: SNET__EXPRESSION_NUMBER,
		.number = isnan(least) ? 0 : least,
		.more = most > least ? most - least : 0,
		.is_unknown = isnan(least),
	};
	return 0;
}

static void count_event(struct numbers *numbers, const struct snet__history_event *event,
			const struct snet__account *account)
{
	numbers->presses++;
	numbers->acknowledged += event->acknowledged_ns != SNET__NEVER;
	numbers->unacknowledged += event->acknowledged_ns == SNET__NEVER;
	numbers->dropped += event->dropped_ns != SNET__NEVER;
	numbers->done += event->outcome == SNET_OUTCOME_DONE;
	numbers->expired += event->outcome == SNET_OUTCOME_EXPIRED;
	numbers->failed += event->outcome == SNET_OUTCOME_FAILED;
	numbers->pending += event->outcome == SNET_OUTCOME_PENDING;
	numbers->applied += account->application_count > 0;
	numbers->duplicated += account->is_repeated;
	numbers->lost += snet__fate_is_lost(account->fate);
}

static double quantile_of(const uint64_t *times, size_t count, double quantile)
{
	uint64_t ns = snet__quantile(times, count, quantile);

	if (count < snet__quantile_need(quantile))
		return NAN;
	return ns == SNET__NEVER ? INFINITY : (double)ns;
}

static void set_quantiles(struct numbers *numbers, const uint64_t *times, size_t count)
{
	numbers->p50 = quantile_of(times, count, 0.5);
	numbers->p90 = quantile_of(times, count, 0.9);
	numbers->p99 = quantile_of(times, count, 0.99);
	numbers->max = quantile_of(times, count, 1);
}

/* All but the quantiles. */
static void count_phase(struct numbers *numbers, const struct snet__ledger *ledger,
			const struct snet__expectation *expectation)
{
	const struct snet__history *history = ledger->history;
	enum snet__phase phase = expectation->phase;

	for (size_t i = 0; i < history->events_count; i++)
		if (snet__ledger_has_event(ledger, expectation, i))
			count_event(numbers, &history->events[i], &ledger->accounts[i]);
	for (size_t i = 0; i < history->faults_count; i++)
		numbers->faults += history->faults[i].begun_ns != SNET__NEVER &&
				   snet__phases_has(&ledger->phases, phase,
						    history->faults[i].begun_ns);
	for (size_t i = 0; i < history->notes_count; i++) {
		const struct snet__history_note *note = &history->notes[i];

		numbers->notes += snet__phases_has(&ledger->phases, phase, note->at_ns);
		numbers->refused +=
			snet__phases_has_refusal(&ledger->phases, expectation, note);
	}
}

static int measure_phase(struct expression *expression, const struct snet__ledger *ledger,
			 const struct snet__expectation *expectation, unsigned int phase,
			 struct snet_err *err)
{
	struct numbers *least = &expression->least[phase],
		       *most = &expression->most[phase];
	autolatencies latencies = {0};
	int r;

	r = snet__ledger_latencies(&latencies, ledger, expectation, err);
	if (r < 0)
		return r;
	count_phase(least, ledger, expectation);
	*most = *least;
	set_quantiles(least, latencies.least, latencies.count);
	set_quantiles(most, latencies.most, latencies.count);
	return 0;
}

static int count_all(struct expression *expression, const struct snet__history *history,
		     const struct snet__expectation *expectation, struct snet_err *err)
{
	autoledger ledger = {0};
	int r;

	r = snet__ledger_init(&ledger, history, err);
	for (unsigned int i = 0; i < SNET__PHASE_COUNT && r == 0; i++) {
		struct snet__expectation of_phase = *expectation;

		/* Without a phase in front of a name it is the expectation's. */
		if (i != SNET__PHASE_ALL)
			of_phase.phase = i;
		r = measure_phase(expression, &ledger, &of_phase, i, err);
	}
	return r;
}

static const char *format_number(char text[SNET__TIME_MAX], const struct name *name,
				 double number)
{
	if (isnan(number))
		return "of too few events";
	if (isinf(number))
		return "never";
	if (name->is_duration)
		return snet__text_format_duration(text, SNET__TIME_MAX, (uint64_t)number);
	(void)snprintf(text, SNET__TIME_MAX, "%.0f", number); /* it fits: it counts */
	return text;
}

static void say_number(FILE *out, const struct name *name, double least, double most)
{
	char from[SNET__TIME_MAX], to[SNET__TIME_MAX];

	if (most > least && isinf(most))
		(void)fprintf(out, "at least %s", format_number(from, name, least));
	else if (most > least)
		(void)fprintf(out, "from %s to %s", format_number(from, name, least),
			      format_number(to, name, most));
	else
		(void)fputs(format_number(to, name, most), out);
}

/* One that the expression has, to the sentence and to the measures. */
static int tell(FILE *out, struct snet__judgement *result, const char *text,
		const struct name *name, double least, double most)
{
	autofree char *measure =
		snet__text_format("%s%s", text, name->is_duration ? "_ns" : "");
	bool is_known = !isinf(most) && !(most > least);

	/* What fails here the stream's end tells. */
	(void)fprintf(out, "%s%s is ", ftell(out) > 0 ? ", " : "", text);
	say_number(out, name, least, most);
	return measure ? snet__judgement_set_measure(result, measure,
						     is_known ? most : NAN, NULL)
		       : -ENOMEM;
}

/* *@ret_sentence: "lost is 0, during.p99 is 61.4 ms". */
static int tell_used(const struct expression *expression, struct snet__judgement *result,
		     char **ret_sentence)
{
	struct snet__text_stream sentence;
	char text[SNET__TIME_MAX];
	int r = snet__text_open(&sentence, NULL);

	if (r < 0)
		return r;
	for (unsigned int phase = 0; phase < SNET__PHASE_COUNT && r == 0; phase++) {
		for (size_t i = 0; i < NAMES_COUNT && r == 0; i++) {
			if (!expression->is_used[phase][i])
				continue;
			(void)snprintf(text, sizeof(text), "%s%s%s",
				       phase ? snet__phase_name(phase) : "",
				       phase ? "." : "", names[i].text); /* it fits */
			r = tell(sentence.out, result, text, &names[i],
				 number_of(&expression->least[phase], &names[i]),
				 number_of(&expression->most[phase], &names[i]));
		}
	}
	return snet__text_close(&sentence, r, ret_sentence, NULL);
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	struct expression expression = {0};
	struct snet__expression_value value;
	int r;

	r = snet__expectation_need(expectation, SNET__HAS_EXPRESSION,
				   SNET__HAS_NODES | SNET__HAS_PHASE, err);
	if (r < 0)
		return r;
	r = snet__expression_evaluate(&value, expectation->expression, find, &expression,
				      err);
	return r < 0 ? snet__err_prefix(err, r, "expression") : 0;
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	struct expression expression = {0};
	enum snet_verdict verdict = SNET_VERDICT_HELD;
	struct snet__expression_value value = {0};
	autofree char *sentence = NULL;
	int r;

	(void)opts;
	r = count_all(&expression, history, expectation, err);
	if (r == 0)
		r = snet__expression_evaluate(&value, expectation->expression, find,
					      &expression, err);
	if (r < 0)
		return r;
	if (tell_used(&expression, result, &sentence) < 0)
		return snet__err_oom(err);
	if (value.is_unknown)
		verdict = SNET_VERDICT_UNTRUSTED;
	else if (value.number == 0)
		verdict = SNET_VERDICT_VIOLATED;
	return snet__judgement_set(result, verdict, err, "'%s' %s%s%s",
				   expectation->expression,
				   value.is_unknown    ? "cannot be told"
				   : value.number != 0 ? "holds"
						       : "does not hold",
				   *sentence ? ": " : "", sentence);
}

const struct snet__checker snet__check_expression = {
	.name = "expression",
	.help = "an expression over the numbers of the run is true",
	.prepare = prepare,
	.check = check,
};
