/* SPDX-License-Identifier: MIT */
#include "made_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "fault/checkers.h"
#include "store/store.h"

#define MS        SNET__NS_PER_MS
#define BUTTONS   6
#define SAMPLE_NS (50 * MS)

struct span {
	uint64_t from_ns, to_ns;
};

struct maker {
	struct made_run *run;
	const struct made_run_opts *opts;
	struct snet__history *history;
	struct snet__random random;
	uint64_t work_ns;
	struct span down, radio;
};

static const struct snet__checker delivery = {.name = "delivery"},
				  latency = {.name = "latency"},
				  availability = {.name = "availability"};

/* No test goes on without. */
static void need(bool is_there)
{
	if (!is_there)
		abort();
}

static double chance(struct maker *maker)
{
	return snet__random_unit(&maker->random);
}

static const char *word(struct maker *maker, const char *text)
{
	const char *name = maker->opts->name ? maker->opts->name : text;

	name = snet__history_word(maker->history, name);
	need(name);
	return name;
}

static bool is_in(struct span span, uint64_t at_ns)
{
	return at_ns >= span.from_ns && at_ns < span.to_ns;
}

/* ---- Events. */

/* Times with a long tail. */
static uint64_t about(struct maker *maker, double ms)
{
	double tail = -log(1 - chance(maker));

	return (uint64_t)(ms * (0.8 + 0.2 * tail) * (double)MS);
}

static void add_step(struct snet_trace *trace, const char *step, const char *node,
		     uint64_t at_ns, const char *detail)
{
	need(snet__trace_add(trace, step, node, at_ns, detail) == 0);
}

/* Until the link is up again it is tried again and again. */
static uint64_t add_retries(struct maker *maker, struct snet_trace *trace, uint64_t at_ns)
{
	uint64_t pause_ns = 200 * MS;

	while (is_in(maker->down, at_ns)) {
		add_step(trace, "invoked", word(maker, "r0"), at_ns, "flip_switch@cloud");
		at_ns += 100 * MS;
		add_step(trace, "retry", word(maker, "r0"), at_ns,
			 "cannot connect: No route to host");
		at_ns += pause_ns + about(maker, 20);
		pause_ns = pause_ns < 1600 * MS ? 2 * pause_ns : pause_ns;
	}
	return at_ns;
}

/* All the way to the actuator. */
static uint64_t add_way(struct maker *maker, struct snet_trace *trace, uint64_t at_ns,
			const char *actuator)
{
	const char *relayer = word(maker, "r0"), *cloud = word(maker, "cloud");
	bool is_slow = is_in(maker->radio, at_ns);
	bool is_cold = chance(maker) < 0.01;

	add_step(trace, "invoked", relayer, at_ns, "flip_switch@cloud");
	at_ns += about(maker, is_slow ? 120 : 20) + (is_cold ? 44 * MS : 0);
	add_step(trace, "started", cloud, at_ns, is_cold ? "cold, 44.0 ms" : "warm");
	at_ns += about(maker, 0.5);
	add_step(trace, "ended", cloud, at_ns, "");
	at_ns += about(maker, is_slow ? 150 : 30);
	add_step(trace, "result", relayer, at_ns, "");
	at_ns += about(maker, 0.02);
	add_step(trace, "sent", relayer, at_ns, actuator);
	at_ns += about(maker, 1.5);
	add_step(trace, "applied", actuator, at_ns, "0 \u2192 1");
	return at_ns;
}

static void add_command(struct maker *maker, size_t index, const char *actuator,
			uint64_t at_ns)
{
	struct snet__history_command *command = snet__history_add_command(maker->history);

	need(command);
	command->node = actuator;
	command->id = maker->history->events[index].id;
	command->state = "1";
	command->event = index;
	command->at_ns = at_ns;
}

static void add_event(struct maker *maker, size_t index)
{
	uint64_t step_ns = maker->work_ns / maker->opts->events;
	uint64_t at_ns = index * step_ns + (uint64_t)(chance(maker) * (double)step_ns);
	struct snet__history_event *event;
	struct snet_trace trace = {0};
	char name[40], target[40], id[64];
	const char *actuator;
	bool is_lost, is_refused;

	(void)snprintf(name, sizeof(name), "sw%zu", index % BUTTONS);
	(void)snprintf(target, sizeof(target), "a%zu", index % BUTTONS);
	(void)snprintf(id, sizeof(id), "%s-%zu", name, index);
	actuator = word(maker, target);
	event = snet__history_add_event(maker->history, id);
	need(event);
	event->node = word(maker, name);
	event->planned_ns = event->pressed_ns = at_ns;
	add_step(&trace, "pressed", event->node, at_ns, "");
	is_refused = is_in(maker->radio, at_ns) && chance(maker) < 0.03;
	is_lost = maker->opts->is_violated && is_in(maker->down, at_ns) &&
		  chance(maker) < 0.2;
	if (is_refused) {
		event->dropped_ns = at_ns + 3000 * MS;
		event->why = word(maker, "no answer");
	} else {
		at_ns += about(maker, 2);
		add_step(&trace, "received", word(maker, "r0"), at_ns, "");
		add_step(&trace, "journaled", word(maker, "r0"),
			 at_ns += about(maker, 0.1), "");
		event->acknowledged_ns = at_ns + about(maker, 2);
		at_ns = add_retries(maker, &trace, at_ns);
		if (!is_lost)
			at_ns = add_way(maker, &trace, at_ns, actuator);
		else
			add_step(&trace, "failed", word(maker, "r0"), at_ns,
				 "no route to \"cloud\" <down>");
		trace.outcome = is_lost ? SNET_OUTCOME_FAILED : SNET_OUTCOME_DONE;
		event->ended_ns = at_ns;
	}
	need(snet__history_set_trace(maker->history, event, &trace, 0, NULL) == 0);
	snet__trace_clear(&trace);
	if (!is_refused && !is_lost)
		add_command(maker, index, actuator, at_ns);
}

/* ---- Faults. */

static void add_samples(struct maker *maker, unsigned int fault, const char *from,
			const char *to, struct span span, bool is_down)
{
	struct snet__history_probe *probe = snet__history_add_probe(maker->history);
	uint32_t number = (uint32_t)maker->history->probes_count - 1;

	need(probe);
	*probe = (struct snet__history_probe){"icmp", word(maker, from), word(maker, to),
					      fault};
	for (uint64_t at_ns = 0; at_ns < maker->work_ns; at_ns += SAMPLE_NS) {
		struct snet__history_sample *sample =
			snet__history_add_sample(maker->history);
		bool is_broken = is_in(span, at_ns);

		need(sample);
		sample->probe = number;
		sample->at_ns = at_ns;
		if (is_broken && (is_down || chance(maker) < 0.1))
			continue;
		sample->is_answered = true;
		sample->rtt_ns = about(maker, is_broken ? 22 : 4);
	}
}

static void add_fault(struct maker *maker, const char *name, const char *kind,
		      const char *what, struct span span, bool has_effect)
{
	struct snet__history_fault *fault = snet__history_add_fault(maker->history);

	need(fault);
	fault->entry = (unsigned int)maker->history->faults_count - 1;
	fault->name = word(maker, name);
	fault->kind = kind;
	fault->what = word(maker, what);
	fault->planned_ns = span.from_ns;
	fault->begun_ns = span.from_ns + 2 * MS;
	fault->planned_end_ns = span.to_ns;
	fault->healed_ns = span.to_ns + 3 * MS;
	fault->has_effect = has_effect;
	if (!has_effect) {
		fault->receipt =
			word(maker, "0 packets; round trip before 4.1 ms, during "
				    "4.1 ms, after 4.0 ms");
		return;
	}
	fault->effect_ns = fault->begun_ns + 20 * MS;
	fault->effect_end_ns = fault->healed_ns - 30 * MS;
	fault->receipt = word(maker, "412 packets stopped; round trip before 4.1 ms, "
				     "during all lost, after 4.2 ms");
	fault->measures =
		"{\"packets\":412,\"probes\":{\"before\":{\"asked\":60,\"answered\":60,"
		"\"rtt_p50\":4100000},\"during\":{\"asked\":40,\"answered\":0},\"after\":{"
		"\"asked\":90,\"answered\":89,\"rtt_p50\":4200000}}}";
}

static void add_faults(struct maker *maker)
{
	bool is_violated = maker->opts->is_violated;
	struct span none = {maker->work_ns * 9 / 10, maker->work_ns * 19 / 20};

	add_fault(maker, "outage", "down", "cloud-s1 down", maker->down, true);
	add_samples(maker, 0, "r0", "cloud", maker->down, true);
	add_fault(maker, "radio", "impair", "sw*-s1: delay 10ms, loss 10%", maker->radio,
		  true);
	add_samples(maker, 1, "sw0", "r0", maker->radio, false);
	if (is_violated)
		add_fault(maker, "filter", "drop", "packets of udp port 9 on r0-s1", none,
			  false);
}

/* ---- Judgements. */

static void judge(struct maker *maker, size_t index, const struct snet__checker *checker,
		  enum snet_verdict verdict, const char *summary)
{
	struct snet__judgement *judgement = &maker->run->judgements[index];

	maker->run->expectations[index] =
		(struct snet__expectation){.checker = checker,
					   .within_ns = SNET__NEVER,
					   .share = -1};
	judgement->verdict = verdict;
	judgement->summary = strdup(summary);
	judgement->measures = snet__json_new_object();
	snet__json_add_u64(judgement->measures, "events", maker->history->events_count);
	snet__json_add_u64(judgement->measures, "p99_ns", 61400000);
	snet__json_add_number(judgement->measures, "share", 0.975);
	need(judgement->summary && judgement->measures);
}

static void find_lost(struct maker *maker, struct snet__judgement *judgement)
{
	for (size_t i = 0; i < maker->history->events_count; i++) {
		const struct snet__history_event *event = &maker->history->events[i];

		if (event->outcome == SNET_OUTCOME_FAILED)
			need(snet__judgement_add(judgement, "lost", i, event->node,
						 event->ended_ns,
						 "event %s was acknowledged, but has "
						 "failed at %s",
						 event->id, event->node) == 0);
	}
}

static void judge_all(struct maker *maker)
{
	struct snet__expectation *expectations = maker->run->expectations;
	bool is_violated = maker->opts->is_violated;
	enum snet_verdict verdict =
		is_violated ? SNET_VERDICT_VIOLATED : SNET_VERDICT_HELD;

	judge(maker, 0, &delivery, verdict,
	      is_violated ? "some events are lost, 0 allowed" : "no event is lost");
	expectations[0].guarantee = SNET__GUARANTEE_EXACTLY_ONCE;
	find_lost(maker, &maker->run->judgements[0]);
	judge(maker, 1, &latency, SNET_VERDICT_HELD,
	      "the 99 % quantile of 24 events is 1.90 s, below 5.00 s");
	expectations[1].quantile = 0.99;
	expectations[1].phase = SNET__PHASE_DURING;
	judge(maker, 2, &availability,
	      is_violated ? SNET_VERDICT_UNTRUSTED : SNET_VERDICT_HELD,
	      "117 of 120 presses answered (97.5 %), 95 % wanted");
	expectations[2].share = 0.95;
	judge(maker, 3, &delivery, SNET_VERDICT_HELD, "no event is lost");
	expectations[3].guarantee = SNET__GUARANTEE_AT_MOST_ONCE;
	expectations[3].name =
		strdup(maker->opts->name ? maker->opts->name : "kitchen lights");
	need(expectations[3].name);
}

static struct snet__json *parse(const char *text)
{
	struct snet__json *json = NULL;

	need(snet__json_parse(&json, text, strlen(text), NULL) == 0);
	return json;
}

static void describe(struct made_run *run, const struct made_run_opts *opts)
{
	run->machine = parse("{\"cpu\":\"ARMv8 Cortex-A72\",\"cores\":4,\"kernel\":"
			     "\"6.1.0-18-arm64\",\"load\":0.4}");
	run->calibration = parse(
		"{\"latency_us\":{\"p50\":9.1,\"p99\":31},\"rate_error\":{\"1Mbit\":"
		"0.0004,\"100Mbit\":0.002},\"loss\":{\"1%\":0.0098}}");
	run->report = (struct snet__report){
		.history = &run->history,
		.expectations = run->expectations,
		.judgements = run->judgements,
		.count = MADE_EXPECTATIONS,
		.verdict = opts->is_violated ? SNET_VERDICT_VIOLATED : SNET_VERDICT_HELD,
		.reason = opts->is_violated
				  ? "fault 'filter' had no effect, and is not 'optional'"
				  : NULL,
		.command = "snet run examples/scenarios/outage.json --seed 42",
		.calibration = run->calibration,
		.machine = run->machine,
	};
}

void made_run_init(struct made_run *run, const struct made_run_opts *opts)
{
	struct maker maker = {.run = run, .opts = opts, .history = &run->history};
	uint64_t work_ns = opts->seconds * SNET__NS_PER_S;

	*run = (struct made_run){0};
	snet__random_seed(&maker.random, 42, "made");
	maker.work_ns = work_ns;
	if (opts->has_faults) {
		maker.down = (struct span){work_ns * 3 / 10, work_ns * 45 / 100};
		maker.radio = (struct span){work_ns * 6 / 10, work_ns * 8 / 10};
	}
	for (size_t i = 0; i < opts->events; i++)
		add_event(&maker, i);
	if (opts->has_faults)
		add_faults(&maker);
	run->history.scenario = word(&maker, "outage");
	run->history.lab = word(&maker, "house");
	run->history.path = word(&maker, "examples/scenarios/outage.json");
	run->history.seed = 42;
	run->history.began_wall_ns = 1795846518123456789u;
	run->history.workload_end_ns = work_ns;
	run->history.ended_ns = work_ns + SNET__NS_PER_S;
	judge_all(&maker);
	describe(run, opts);
}

void made_run_clear(struct made_run *run)
{
	for (size_t i = 0; i < MADE_EXPECTATIONS; i++) {
		snet__judgement_clear(&run->judgements[i]);
		snet__expectation_clear(&run->expectations[i]);
	}
	snet__json_free(run->machine);
	snet__json_free(run->calibration);
	snet__history_clear(&run->history);
	*run = (struct made_run){0};
}
