/* SPDX-License-Identifier: MIT */
/* A trace as bars. Steps are points in time; a row is the stretch between a step and the one
 * that it answers, which need not be the step before it: two functions may run at once. A table
 * says for each step what its row is called and where it began. */

#include "cli/waterfall.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "base/vec.h"
#include "cli/print.h"

#define LABEL_MAX        200
#define BAR_MAX          40
#define BAR_MIN          8
#define NOTE_MAX         20 /* room kept for notes; a longer one stands out */
#define LINE_MAX_COLUMNS 76

/* A pause of the relayer itself is worth a row from this share of the whole on. */
#define PAUSE_SHARE 0.02

struct step {
	const char *step, *node, *detail;
	uint64_t at_ns;
};

struct row {
	char label[LABEL_MAX];
	const char *note, *colour;
	uint64_t took_ns;
};

struct view {
	struct step *steps;
	size_t count, cap;
	uint64_t total_ns;
	struct row *rows;
	size_t row_count, row_cap;
};

static const char blue[] = "\33[34m", green[] = "\33[32m", yellow[] = "\33[33m",
		  red[] = "\33[31m", dim[] = "\33[2m", bold[] = "\33[1m",
		  plain[] = "\33[m";

static bool is(const struct step *step, const char *name)
{
	return strcmp(step->step, name) == 0;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int read_steps(struct view *view, const struct snet__json *trace)
{
	const struct snet__json *steps = snet__json_get(trace, "steps"), *at;
	int r;

	r = snet__vec_reserve(&view->steps, &view->cap, snet__json_count(steps) + 1,
			      sizeof(*view->steps), NULL);
	if (r < 0)
		return r;
	for (at = snet__json_first(steps); at; at = snet__json_next(at)) {
		view->steps[view->count++] = (struct step){
			.step = or_empty(snet__json_get_string(at, "step")),
			.node = or_empty(snet__json_get_string(at, "node")),
			.detail = or_empty(snet__json_get_string(at, "detail")),
			.at_ns = (uint64_t)snet__json_number(snet__json_get(at, "at_ns"),
							     0),
		};
	}
	/* From the first step to the last "applied", or to the last step. */
	for (size_t i = view->count; i > 0 && !view->total_ns; i--)
		if (is(&view->steps[i - 1], "applied"))
			view->total_ns = view->steps[i - 1].at_ns - view->steps[0].at_ns;
	if (view->count && !view->total_ns)
		view->total_ns =
			view->steps[view->count - 1].at_ns - view->steps[0].at_ns;
	return 0;
}

/* The latest step called @name before @index; with @detail, of that detail. */
static const struct step *before(const struct view *view, size_t index, const char *name,
				 const char *detail)
{
	for (; index > 0; index--) {
		const struct step *at = &view->steps[index - 1];

		if (is(at, name) && (!detail || strcmp(at->detail, detail) == 0))
			return at;
	}
	return NULL;
}

/* Which step @at answers; its row is named after the function that was invoked, after itself,
 * or after the way between the two nodes. */
static const struct step *partner(const struct view *view, size_t index)
{
	const struct step *at = &view->steps[index], *found = NULL, *invoked;

	if (is(at, "received"))
		found = before(view, index, "pressed", NULL);
	else if (is(at, "started"))
		found = before(view, index, "invoked", NULL);
	else if (is(at, "ended"))
		found = before(view, index, "started", NULL);
	else if (is(at, "applied"))
		found = before(view, index, "sent", at->node);
	if (is(at, "result")) {
		found = before(view, index, "ended", NULL);
		invoked = before(view, index, "invoked", NULL);
		if (invoked && (!found || found < invoked))
			found = invoked;
	}
	return found ? found : at - 1;
}

static struct row *add_row(struct view *view, uint64_t took_ns, const char *colour,
			   const char *note)
{
	struct row *row;

	if (snet__vec_reserve(&view->rows, &view->row_cap, view->row_count + 1,
			      sizeof(*view->rows), NULL) < 0)
		return NULL;
	row = &view->rows[view->row_count++];
	*row = (struct row){.took_ns = took_ns, .colour = colour, .note = note};
	return row;
}

static void set_label(struct row *row, const char *text)
{
	if (row)
		(void)snprintf(row->label, sizeof(row->label), "%s", text);
}

static void add_way(struct view *view, const struct step *from, const struct step *to)
{
	struct row *row = add_row(view, to->at_ns - from->at_ns, blue, "");

	if (row)
		(void)snprintf(row->label, sizeof(row->label), "%s \u2192 %s", from->node,
			       to->node);
}

/* How long the function had to be started before it could run, by the detail of "started": "cold,
 * 44.0 ms"; 0 for a warm one, or when that time is no part of the way to it. */
static uint64_t cold_ns(const struct step *from, const struct step *started)
{
	const char *detail = started->detail;
	uint64_t ns;

	if (strncmp(detail, "cold", 4) != 0)
		return 0;
	detail += 4 + strspn(detail + 4, ", ");
	if (snet__text_parse_duration(&ns, detail) < 0)
		return 0;
	return ns <= started->at_ns - from->at_ns ? ns : 0;
}

/* The way to a function, and what it cost to start it there. */
static void add_start(struct view *view, const struct step *from,
		      const struct step *started)
{
	uint64_t cold = cold_ns(from, started);
	struct step arrived = *started;

	arrived.at_ns -= cold;
	add_way(view, from, &arrived);
	if (cold)
		set_label(add_row(view, cold, yellow, ""), "cold start");
}

/* The function's run: in the embedded endpoint from "started" to "ended", elsewhere all that
 * is known is the time between "invoked" and "result". */
static void add_function(struct view *view, size_t index, const struct step *from)
{
	const struct step *invoked = before(view, index, "invoked", NULL);
	bool is_cold = strncmp(from->detail, "cold", 4) == 0;
	const char *note = is(from, "started") ? from->detail : "";
	struct row *row;
	size_t length;

	if (invoked && cold_ns(invoked, from))
		note = "cold";
	row = add_row(view, view->steps[index].at_ns - from->at_ns,
		      is_cold ? yellow : green, note);
	if (!row || !invoked)
		return;
	length = is(from, "started") ? strcspn(invoked->detail, "@")
				     : strlen(invoked->detail);
	(void)snprintf(row->label, sizeof(row->label), "%.*s", (int)length,
		       invoked->detail);
}

/* The steps before which the relayer may have paused: for a turn of its loop, which is not worth
 * a word, or until a retry was due. */
static void add_pause(struct view *view, size_t index)
{
	const struct step *at = &view->steps[index], *last = at - 1;
	uint64_t took_ns = at->at_ns - last->at_ns;
	const char *label = is(last, "retry") ? "back-off" : at->node;

	if ((double)took_ns < (double)view->total_ns * PAUSE_SHARE)
		return;
	set_label(add_row(view, took_ns, dim, ""),
		  is(last, "resumed") ? "resumed" : label);
}

static void add_step(struct view *view, size_t index)
{
	const struct step *at = &view->steps[index], *from = partner(view, index);
	uint64_t took_ns = at->at_ns - from->at_ns;

	if (is(at, "started"))
		add_start(view, from, at);
	else if (is(at, "received") || is(at, "applied"))
		add_way(view, from, at);
	else if (is(at, "ended") || (is(at, "result") && is(from, "invoked")))
		add_function(view, index, from);
	else if (is(at, "result"))
		add_way(view, from, at);
	else if (is(at, "journaled"))
		set_label(add_row(view, took_ns, dim, ""), "journal");
	else if (is(at, "invoked") || is(at, "sent"))
		add_pause(view, index);
	else if (!is(at, "acknowledged"))
		set_label(add_row(view, took_ns, is(at, "accepted") ? green : red,
				  at->detail),
			  at->step);
}

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, size - used, "%s", more);
}

/* "flip_switch@cloud, log@cloud": what was invoked, each once however often it was tried. */
static void append_functions(char *text, size_t size, const struct view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct step *at = &view->steps[i];

		if (!is(at, "invoked") || before(view, i, "invoked", at->detail))
			continue;
		append(text, size, count++ ? ", " : "");
		append(text, size, at->detail);
	}
}

/* "a0: 0 → 1, a1: 1 → 0": what was applied. */
static void append_states(char *text, size_t size, const struct view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct step *at = &view->steps[i];

		if (!is(at, "applied"))
			continue;
		append(text, size, count++ ? ", " : "");
		append(text, size, at->node);
		append(text, size, *at->detail ? ": " : "");
		append(text, size, at->detail);
	}
}

static void make_title(char *text, size_t size, const struct view *view)
{
	const char *relayer = NULL;

	(void)snprintf(text, size, "%s", view->count ? view->steps[0].node : "");
	for (size_t i = 0; i < view->count && !relayer; i++)
		if (is(&view->steps[i], "received") || is(&view->steps[i], "journaled"))
			relayer = view->steps[i].node;
	if (!relayer)
		return;
	append(text, size, " \u2500 ");
	append(text, size, relayer);
	if (!before(view, view->count, "invoked", NULL))
		return;
	append(text, size, " \u2500 ");
	append_functions(text, size, view);
	if (!before(view, view->count, "result", NULL))
		return;
	append(text, size, " \u2500 ");
	append(text, size, relayer);
	if (!before(view, view->count, "applied", NULL))
		return;
	append(text, size, " \u2500 ");
	append_states(text, size, view);
}

static void clear_view(struct view *view)
{
	free(view->steps);
	free(view->rows);
}

uint64_t waterfall_total_ns(const struct snet__json *trace)
{
	cleanup_with(clear_view) struct view view = {0};

	return read_steps(&view, trace) == 0 ? view.total_ns : 0;
}

void waterfall_result(char *text, size_t size, const struct snet__json *trace)
{
	cleanup_with(clear_view) struct view view = {0};
	const struct step *bad;

	text[0] = '\0';
	if (read_steps(&view, trace) < 0)
		return;
	bad = before(&view, view.count, "failed", NULL);
	if (!bad)
		bad = before(&view, view.count, "expired", NULL);
	if (bad)
		(void)snprintf(text, size, "%s%s%s", bad->step, *bad->detail ? ": " : "",
			       bad->detail);
	else
		append_states(text, size, &view);
}

/* All times of one trace in one unit, so that they can be compared at a glance. */
static void format_ns(char *text, size_t size, uint64_t ns, uint64_t total_ns)
{
	double value = (double)ns;

	if (total_ns >= 10000000000u)
		(void)snprintf(text, size, "%.2f s", value / 1e9);
	else if (total_ns >= 10000000u)
		(void)snprintf(text, size, "%.1f ms", value / 1e6);
	else if (total_ns >= 1000000u)
		(void)snprintf(text, size, "%.2f ms", value / 1e6);
	else
		(void)snprintf(text, size, "%.1f \u00b5s", value / 1e3);
}

/* Full blocks and one of eighths: U+2588 is full, U+258F one eighth. */
static size_t draw_bar(FILE *to, double share, size_t columns)
{
	size_t eighths = (size_t)(share * (double)columns * 8 + 0.5), used = 0;

	if (!eighths && share > 0)
		eighths = 1;
	for (; eighths >= 8; eighths -= 8, used++)
		(void)fputs("\u2588", to);
	if (eighths) {
		(void)fprintf(to, "\xe2\x96%c", (char)(0x90 - eighths));
		used++;
	}
	return used;
}

static void draw_row(FILE *to, const struct view *view, const struct row *row,
		     size_t label_columns, size_t bar_columns, bool colour)
{
	double share = view->total_ns ? (double)row->took_ns / (double)view->total_ns : 0;
	char took[40];

	format_ns(took, sizeof(took), row->took_ns, view->total_ns);
	(void)fputs("  ", to);
	print_fit(to, row->label, label_columns);
	(void)fprintf(to, " %*s%s  ", (int)(10 - print_columns(took)), "", took);
	if (colour)
		(void)fputs(row->colour, to);
	(void)draw_bar(to, share > 1 ? 1 : share, bar_columns);
	if (colour)
		(void)fputs(plain, to);
	if (*row->note)
		(void)fprintf(to, "  %s", row->note);
	(void)fputc('\n', to);
}

static void draw_title(FILE *to, const struct view *view, const char *outcome,
		       size_t width, bool colour)
{
	char title[1024], total[40];
	size_t used;

	make_title(title, sizeof(title), view);
	format_ns(total, sizeof(total), view->total_ns, view->total_ns);
	used = print_columns(title) + print_columns(total);
	(void)fprintf(to, "%s%s%s%*s%s", colour ? bold : "", title, colour ? plain : "",
		      used + 2 < width ? (int)(width - used) : 2, "", total);
	if (strcmp(outcome, "done") != 0)
		(void)fprintf(to, "  %s%s%s", colour ? red : "", outcome,
			      colour ? plain : "");
	(void)fputc('\n', to);
}

void waterfall_draw(FILE *to, const struct snet__json *trace, size_t width, bool colour)
{
	const char *outcome = or_empty(snet__json_get_string(trace, "outcome"));
	cleanup_with(clear_view) struct view view = {0};
	size_t label = 0, note = 0, bar = BAR_MIN, columns;

	if (read_steps(&view, trace) < 0)
		return;
	for (size_t i = 1; i < view.count; i++)
		add_step(&view, i);
	for (size_t i = 0; i < view.row_count; i++) {
		columns = print_columns(view.rows[i].label);
		label = columns > label ? columns : label;
		columns = print_columns(view.rows[i].note);
		columns = columns > NOTE_MAX ? NOTE_MAX : columns;
		note = columns > note ? columns : note;
	}
	/* Two blanks, label, time in ten columns, two blanks, bar, two blanks, note. */
	label = label < 18 ? 18 : label > 40 ? 40 : label;
	if (width > LINE_MAX_COLUMNS)
		width = LINE_MAX_COLUMNS;
	if (width > label + note + 17 + BAR_MIN)
		bar = width - label - note - 17;
	if (bar > BAR_MAX)
		bar = BAR_MAX;
	draw_title(to, &view, outcome, width, colour);
	for (size_t i = 0; i < view.row_count; i++)
		draw_row(to, &view, &view.rows[i], label, bar, colour);
}

int waterfall_print(const char *trace, bool json, struct snet_err *err)
{
	autojson *tree = NULL;
	const char *outcome;
	int r;

	r = snet__json_parse(&tree, trace, strlen(trace), err);
	if (r < 0)
		return snet__err_prefix(err, r, "the lab's answer");
	if (json)
		printf("%s\n", trace);
	else
		waterfall_draw(stdout, tree, print_width(), print_has_colour());
	outcome = snet__json_get_string(tree, "outcome");
	return !outcome || strcmp(outcome, "done") != 0;
}
