/* SPDX-License-Identifier: MIT */
/* snet diff: what differs between two runs. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/cmd.h"
#include "cli/print.h"
#include "fault/report_parts.h"
#include "io/json.h"

static double first(const struct snet__json *pair)
{
	return snet__json_number(snet__json_at(pair, 0), NAN);
}

static double second(const struct snet__json *pair)
{
	return snet__json_number(snet__json_at(pair, 1), NAN);
}

/* What stands in a history is not trusted on a terminal. */
static void print_text(const struct snet__json *value)
{
	const char *text = snet__json_string(value);
	autofree char *other = text ? NULL : snet__json_format(value);

	if (text)
		snet__put_plain(stdout, text);
	else
		printf("%s", !other || snet__json_is(value, SNET__JSON_NULL) ? "nothing"
									     : other);
}

static void print_head(const struct snet__json *head)
{
	const struct snet__json *one = snet__json_first(head);

	for (; one; one = snet__json_next(one)) {
		printf("%s: ", snet__json_key(one));
		print_text(snet__json_at(one, 0));
		printf(", then ");
		print_text(snet__json_at(one, 1));
		printf("\n");
	}
}

static void print_counts(const struct snet__json *counts)
{
	const struct snet__json *one = snet__json_first(counts);
	char cells[2][32], shift[32];
	autotable table = {0};

	table_add(&table, "COUNT", "FIRST", "SECOND", "CHANGE", NULL);
	for (; one; one = snet__json_next(one)) {
		(void)snprintf(cells[0], sizeof(cells[0]), "%.0f", first(one));
		(void)snprintf(cells[1], sizeof(cells[1]), "%.0f", second(one));
		(void)snprintf(shift, sizeof(shift), "%+.0f", second(one) - first(one));
		table_add(&table, snet__json_key(one), cells[0], cells[1],
			  first(one) == second(one) ? "-" : shift, NULL);
	}
	table_print(&table);
}

static const char *format_time(char text[static SNET__TIME_MAX], double ns)
{
	return snet__report_time(text, isnan(ns) ? SNET__NEVER : (uint64_t)ns);
}

/* "never" is of events that got nowhere: where there were none, nothing is. */
static const char *format_quantile(char text[static SNET__TIME_MAX], double ns,
				   double events)
{
	return events > 0 ? format_time(text, ns) : "-";
}

static void add_quantile(struct table *table, const struct snet__json *phase,
			 const struct snet__json *pair, bool is_first)
{
	const struct snet__json *events = snet__json_get(phase, "events");
	char cells[2][SNET__TIME_MAX], shift[SNET__TIME_MAX], sign[SNET__TIME_MAX + 1];
	double by = second(pair) - first(pair);
	char name[8]; /* "p50", without its unit */

	(void)snprintf(sign, sizeof(sign), "%s%s", by < 0 ? "-" : "+",
		       format_time(shift, fabs(by)));
	(void)snprintf(name, sizeof(name), "%.*s",
		       (int)strcspn(snet__json_key(pair), "_"), snet__json_key(pair));
	table_add(table, is_first ? snet__json_key(phase) : "", name,
		  format_quantile(cells[0], first(pair), first(events)),
		  format_quantile(cells[1], second(pair), second(events)),
		  isnan(by) || by == 0 ? "-" : sign, NULL);
}

/* Of the phases that either run had events in. */
static void print_latency(const struct snet__json *latency)
{
	const struct snet__json *phase = snet__json_first(latency), *one;
	autotable table = {0};

	table_add(&table, "LATENCY", "QUANTILE", "FIRST", "SECOND", "SHIFT", NULL);
	for (; phase; phase = snet__json_next(phase)) {
		const struct snet__json *events = snet__json_get(phase, "events");
		bool is_first = true;

		if (first(events) + second(events) == 0)
			continue;
		for (one = snet__json_first(phase); one; one = snet__json_next(one)) {
			if (one == events)
				continue;
			add_quantile(&table, phase, one, is_first);
			is_first = false;
		}
	}
	table_print(&table);
}

static void print_account(const struct snet__json *account)
{
	double ns = snet__json_number(snet__json_get(account, "latency_ns"), NAN);
	char time[SNET__TIME_MAX];

	if (!snet__json_is(account, SNET__JSON_OBJECT)) {
		printf("not pressed");
		return;
	}
	print_text(snet__json_get(account, "event"));
	printf(" %s%s", snet__json_get_string(account, "fate"),
	       snet__json_is_true(snet__json_get(account, "duplicated")) ? " twice" : "");
	if (!isnan(ns))
		printf(" in %s", format_time(time, ns));
}

static void print_events(const struct snet__json *events)
{
	double changed = snet__json_number(snet__json_get(events, "changed"), 0);
	const struct snet__json *named = snet__json_get(events, "named"), *one;
	double named_count = (double)snet__json_count(named);

	printf("events compared: %.0f, with another outcome: %.0f\n",
	       snet__json_number(snet__json_get(events, "compared"), 0), changed);
	for (one = snet__json_first(named); one; one = snet__json_next(one)) {
		const struct snet__json *runs = snet__json_get(one, "runs");

		printf("  ");
		print_text(snet__json_get(one, "node"));
		printf(" press %.0f, %s: ",
		       snet__json_number(snet__json_get(one, "press"), 0),
		       snet__json_get_string(one, "what"));
		print_account(snet__json_at(runs, 0));
		printf(", then ");
		print_account(snet__json_at(runs, 1));
		printf("\n");
	}
	if (changed > named_count)
		printf("  and %.0f more\n", changed - named_count);
}

static void print_faults(const struct snet__json *faults)
{
	const struct snet__json *one = snet__json_first(faults);

	for (; one; one = snet__json_next(one)) {
		double occurrence =
			snet__json_number(snet__json_get(one, "occurrence"), 0);

		printf("fault ");
		print_text(snet__json_get(one, "name"));
		if (occurrence > 0)
			printf(" #%.0f", occurrence + 1);
		for (size_t i = 0; i < 2; i++) {
			printf("%s", i ? ", then " : ": ");
			print_text(snet__json_at(snet__json_get(one, "state"), i));
			printf(" (");
			print_text(snet__json_at(snet__json_get(one, "receipt"), i));
			printf(")");
		}
		printf("\n");
	}
}

static int run(const struct call *call)
{
	autofree char *text = NULL;
	autojson *json = NULL;
	struct snet_err err = {0};
	int r;

	r = snet_run_diff(call->argv[0], call->argv[1], &text, &err);
	if (r == 0)
		r = snet__json_parse(&json, text, strlen(text), &err);
	if (r < 0) {
		(void)call_fail(&err);
		return EXIT_USAGE;
	}
	if (call->json) {
		printf("%s\n", text);
	} else {
		print_head(snet__json_get(json, "head"));
		print_counts(snet__json_get(json, "counts"));
		print_latency(snet__json_get(json, "latency"));
		print_faults(snet__json_get(json, "faults"));
		print_events(snet__json_get(json, "events"));
	}
	return snet__json_number(snet__json_get(snet__json_get(json, "events"),
						"changed"),
				 0) > 0
		       ? EXIT_FAILED
		       : EXIT_DONE;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "RUN RUN",
	.min = 2,
	.max = 2,
	.has_json = true,
	.is_apart = true,
	.help = "say what differs between two runs",
	.details =
		"A RUN is the folder of a run, or its history.jsonl. Events are known again by\n"
		"their device and which press of it they are. The exit code is 0 when each has the\n"
		"same outcome in both, 1 when one has another or is a second later or sooner, and 2\n"
		"when a run cannot be read.",
	.run = run,
};
