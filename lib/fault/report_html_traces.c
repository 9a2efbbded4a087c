/* SPDX-License-Identifier: MIT */
/* Traces as waterfalls, in report.html. Steps are points in time; a row is the stretch between a
 * step and the one that it answers, which need not be the step before it: two functions may run
 * at once. A table says for each step where it began. */

#include <string.h>

#include "fault/report_html.h"

#define ROWS_MAX  40 /* of a trace; an event that is tried again and again has many */
#define ROWS_LAST 10 /* of these from its end */
#define OPEN_MAX  1  /* how many traces are unfolded */
#define LABEL_MAX 200

/* A pause of the relayer itself is worth a row from this share of the whole on. */
#define PAUSE_SHARE 0.02

enum label {
	WAY,      /* from one node to the other */
	STEP,     /* the step, and its detail */
	FUNCTION, /* that was invoked */
	PAUSE,    /* what it waits for */
};

/* How the stretch before a step is shown. */
static const struct rule {
	const char *step;
	const char *from; /* the step that it answers; NULL: the one before */
	enum label label;
	const char *class;
} rules[] = {
	{"received", "pressed", WAY, "way"},
	{"journaled", NULL, STEP, ""},
	{"invoked", NULL, PAUSE, ""},
	{"started", "invoked", WAY, "way"},
	{"ended", "started", FUNCTION, "work"},
	{"result", "ended", WAY, "way"},
	{"sent", NULL, PAUSE, ""},
	{"applied", "sent", WAY, "way"},
	{"accepted", NULL, STEP, "work"},
	{"resumed", NULL, STEP, ""},
	{"retry", "invoked", STEP, "wrong"},
	{"expired", NULL, STEP, "wrong"},
	{"failed", NULL, STEP, "wrong"},
	{"dropped", NULL, STEP, "wrong"},
};

struct row {
	char label[LABEL_MAX];
	const char *class;
	const char *note;
	uint64_t from_ns, to_ns;
};

static bool is(const struct snet__history_step *step, const char *name)
{
	return strcmp(step->step, name) == 0;
}

static const struct rule *find_rule(const struct snet__history_step *step)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (is(step, rules[i].step))
			return &rules[i];
	return NULL;
}

/* The latest step called @name before @index, or NULL. */
static const struct snet__history_step *before(const struct snet__history_event *event,
					       size_t index, const char *name)
{
	for (; index > 0; index--)
		if (is(&event->steps[index - 1], name))
			return &event->steps[index - 1];
	return NULL;
}

/* Several commands may be under way: an actuator applies the one that was sent to it. */
static const struct snet__history_step *find_sent(const struct snet__history_event *event,
						  size_t index)
{
	for (size_t i = index; i > 0; i--)
		if (is(&event->steps[i - 1], "sent") &&
		    strcmp(event->steps[i - 1].detail, event->steps[index].node) == 0)
			return &event->steps[i - 1];
	return NULL;
}

static const struct snet__history_step *find_partner(
	const struct snet__history_event *event, size_t index, const struct rule *rule)
{
	const struct snet__history_step *step = &event->steps[index], *found = NULL;
	const struct snet__history_step *invoked = before(event, index, "invoked");

	if (is(step, "applied"))
		found = find_sent(event, index);
	else if (rule->from)
		found = before(event, index, rule->from);
	/* Not of a try before: one that fails to answer has no "ended". */
	if (is(step, "result") && invoked && (!found || found < invoked))
		found = invoked;
	return found ? found : step - 1;
}

static void set_label(struct row *row, const struct snet__history_event *event,
		      size_t index, const struct rule *rule,
		      const struct snet__history_step *from)
{
	const struct snet__history_step *step = &event->steps[index];
	const struct snet__history_step *invoked = before(event, index, "invoked");
	const char *text = step->step;

	if (rule->label == WAY) {
		(void)snprintf(row->label, LABEL_MAX, "%s \342\206\222 %s", from->node,
			       step->node);
		return;
	}
	if (rule->label == FUNCTION && invoked && *invoked->detail)
		text = invoked->detail;
	else if (rule->label == PAUSE)
		text = is(from, "retry") ? "back-off" : "waits";
	(void)snprintf(row->label, LABEL_MAX, "%s", text);
}

/* False: it is not worth a row. */
static bool make_row(struct row *row, const struct snet__history_event *event,
		     size_t index, uint64_t total_ns)
{
	const struct snet__history_step *step = &event->steps[index], *from;
	const struct rule *rule = find_rule(step);

	if (!rule)
		return false;
	from = find_partner(event, index, rule);
	*row = (struct row){.class = rule->class,
			    .note = step->detail,
			    .from_ns = from->at_ns,
			    .to_ns = step->at_ns};
	if (rule->label == PAUSE) {
		row->note = "";
		if ((double)(row->to_ns - row->from_ns) < (double)total_ns * PAUSE_SHARE)
			return false;
	}
	if (rule->label == FUNCTION) {
		row->note = is(from, "started") ? from->detail : "";
		row->class = strncmp(row->note, "cold", 4) == 0 ? "cold" : "work";
	} else if (is(step, "started")) {
		row->note = "";
	}
	set_label(row, event, index, rule, from);
	return true;
}

static void put_row(FILE *out, const struct row *row, uint64_t begun_ns,
		    uint64_t total_ns)
{
	double scale = total_ns ? 100 / (double)total_ns : 0;
	char took[SNET__TIME_MAX];

	/* The whole of what may be cut. */
	(void)fputs("<tr><th scope=\"row\" title=\"", out);
	snet__put_markup(out, row->note);
	(void)fputs("\">", out);
	snet__put_markup(out, row->label);
	if (*row->note) {
		(void)fputs(" <span class=\"quiet\">", out);
		snet__put_markup(out, row->note);
		(void)fputs("</span>", out);
	}
	(void)fprintf(
		out,
		"</th><td class=\"number\">%s</td><td><svg class=\"bar\" "
		"aria-hidden=\"true\"><rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" "
		"height=\"100%%\"/></svg></td></tr>\n",
		snet__report_time(took, row->to_ns - row->from_ns), row->class,
		(double)(row->from_ns - begun_ns) * scale,
		(double)(row->to_ns - row->from_ns) * scale);
}

static void put_rows(FILE *out, const struct snet__history_event *event,
		     uint64_t total_ns)
{
	uint64_t begun_ns = event->steps[0].at_ns;
	size_t count = 0, number = 0;
	struct row row;

	for (size_t i = 1; i < event->step_count; i++)
		count += make_row(&row, event, i, total_ns);
	for (size_t i = 1; i < event->step_count; i++) {
		if (!make_row(&row, event, i, total_ns))
			continue;
		number++;
		if (count <= ROWS_MAX || number <= ROWS_MAX - ROWS_LAST ||
		    number > count - ROWS_LAST)
			put_row(out, &row, begun_ns, total_ns);
		else if (number == count - ROWS_LAST)
			(void)fprintf(
				out,
				"<tr class=\"more\"><th colspan=\"3\">%zu more like "
				"these</th></tr>\n",
				count - ROWS_MAX);
	}
}

static void put_trace(const struct snet__page *page, size_t number)
{
	size_t index = page->traces[number];
	const struct snet__history_event *event = &page->digest->history->events[index];
	const struct snet__account *account = &page->digest->ledger.accounts[index];
	bool is_delivered = account->fate == SNET__FATE_DELIVERED;
	uint64_t total_ns =
		event->steps[event->step_count - 1].at_ns - event->steps[0].at_ns;
	char took[SNET__TIME_MAX], at[SNET__TIME_MAX];
	FILE *out = page->out;

	(void)fprintf(out, "<details class=\"trace\"%s><summary><code>",
		      number < OPEN_MAX ? " open" : "");
	snet__put_markup(out, event->id);
	(void)fputs("</code> <span>", out);
	snet__put_markup(out, event->node);
	(void)fprintf(
		out,
		" <span class=\"quiet\">at %s</span></span> <span class=\"chip %s\">"
		"%s</span>%s <span class=\"number\">%s</span></summary>\n<table "
		"id=\"e%zu\"><caption>Trace of ",
		snet__report_time(at, account->pressed_ns), is_delivered ? "ok" : "bad",
		snet__fate_name(account->fate),
		page->flags[index] & SNET__PAGE_NAMED
			? " <span class=\"quiet\">named by a finding</span>"
			: "",
		snet__report_time(took, is_delivered ? account->latency_ns : total_ns),
		index);
	snet__put_markup(out, event->id);
	(void)fputs("</caption><tbody>\n", out);
	put_rows(out, event, total_ns);
	(void)fputs("</tbody></table></details>\n", out);
}

void snet__page_traces(const struct snet__page *page)
{
	if (!page->trace_count)
		return;
	(void)fputs(
		"<section>\n<h2 id=\"traces\">Worst traces</h2>\n<p>Events that findings "
		"name, and the slowest. Bars are where the time went, from the press "
		"on.</p>\n",
		page->out);
	for (size_t i = 0; i < page->trace_count; i++)
		put_trace(page, i);
	(void)fputs("</section>\n", page->out);
}
