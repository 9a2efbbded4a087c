/* SPDX-License-Identifier: MIT */
/* The dashboard's layout, from top to bottom: title; what carries events; devices, switches
 * beside what they move; events, newest first; latency and rate; keys. A small screen loses
 * the least important first. */

#include "cli/tui/draw.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/print.h"

/* How long a device stays bright after it did something. */
#define BRIGHT_NS (600 * SNET__NS_PER_MS)

/* The least height at which a part is shown. */
#define HEIGHT_FOR_STATS     8
#define HEIGHT_FOR_CARRIERS  12
#define HEIGHT_FOR_TWO_STATS 16

/* Events in a frame of --once. */
#define FRAME_EVENTS 10

#define FULL   "\u25cf"
#define HOLLOW "\u25cb"

struct layout {
	unsigned int carriers, devices, device_rows, events, event_rows, stats, stat_rows,
		keys;
	unsigned int item_width;
	size_t columns;
};

static bool is_item(const struct tui_node *node)
{
	return node->role == TUI_ROLE_SENDER ||
	       (node->role == TUI_ROLE_ACTUATOR && !node->is_target);
}

size_t tui_item_count(const struct tui_model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < model->node_count; i++)
		count += is_item(&model->nodes[i]);
	return count;
}

const struct tui_node *tui_item(const struct tui_model *model, size_t index)
{
	for (size_t i = 0; i < model->node_count; i++)
		if (is_item(&model->nodes[i]) && index-- == 0)
			return &model->nodes[i];
	return NULL;
}

/* An item: "● sw0 ──▶ ● a0 1". The widest decides the width of all. */
static unsigned int item_width(const struct tui_model *model, const struct tui_node *node)
{
	size_t width = 2 + print_columns(node->name);

	if (*node->state)
		width += 1 + print_columns(node->state);
	for (size_t i = 0; i < node->target_count; i++) {
		const struct tui_node *target = &model->nodes[node->targets[i]];

		width += (i ? 2 : 5) + 2 + print_columns(target->name) + 1;
		/* A state changes; the layout should not each time. */
		width += print_columns(target->state) > 3 ? print_columns(target->state)
							  : 3;
	}
	return (unsigned int)width;
}

static unsigned int widest_item(const struct tui_model *model)
{
	unsigned int widest = 8, width;

	for (size_t i = 0; i < model->node_count; i++) {
		if (!is_item(&model->nodes[i]))
			continue;
		width = item_width(model, &model->nodes[i]);
		widest = width > widest ? width : widest;
	}
	return widest + 3;
}

size_t tui_item_columns(const struct tui_model *model, unsigned int width)
{
	unsigned int item = widest_item(model);

	return width > item ? (width - 1) / item : 1;
}

/* Devices get what they need, but leave the events two fifths of the room. */
static void make_layout(struct layout *layout, const struct tui_model *model,
			const struct canvas *canvas, bool is_frame)
{
	unsigned int height = canvas->height, at = 1, room, need;

	*layout = (struct layout){.item_width = widest_item(model)};
	layout->columns = tui_item_columns(model, canvas->width);
	layout->stat_rows =
		height >= HEIGHT_FOR_TWO_STATS ? 2 : height >= HEIGHT_FOR_STATS;
	if (height >= HEIGHT_FOR_CARRIERS) {
		layout->carriers = at++;
		at++;
	}
	layout->devices = at;
	layout->keys = height > 3 && !is_frame ? height - 1 : 0;
	layout->stats = height - (layout->keys > 0) - layout->stat_rows;
	room = layout->stats > at ? layout->stats - at : 0;
	need = (unsigned int)((tui_item_count(model) + layout->columns - 1) /
			      layout->columns);
	if (room >= 6 && need > room * 3 / 5 && !is_frame)
		need = room * 3 / 5;
	layout->device_rows = need < room ? need : room;
	layout->events = at + layout->device_rows;
	if (layout->events + 1 < layout->stats)
		layout->event_rows = layout->stats - layout->events - 1;
}

static bool is_bright(const struct tui_node *node, uint64_t now_ns)
{
	return node->active_ns && now_ns < node->active_ns + BRIGHT_NS;
}

static unsigned int node_style(const struct tui_node *node, uint64_t now_ns)
{
	if (node->role == TUI_ROLE_ACTUATOR)
		return node->is_on ? STYLE_GREEN : STYLE_DIM;
	if (node->has_failed)
		return STYLE_RED;
	if (node->pending || is_bright(node, now_ns))
		return STYLE_YELLOW;
	return node->role == TUI_ROLE_SENDER && *node->state ? STYLE_CYAN : STYLE_BLUE;
}

/* "● a0 1": the circle says on or off (or busy), the colour as well. */
static unsigned int put_node(struct canvas *canvas, unsigned int x, unsigned int y,
			     unsigned int end, const struct tui_node *node,
			     uint64_t now_ns)
{
	bool full = node->role == TUI_ROLE_ACTUATOR
			    ? node->is_on
			    : node->pending || *node->state || is_bright(node, now_ns);

	x = canvas_put(canvas, x, y, end, node_style(node, now_ns), full ? FULL : HOLLOW);
	x = canvas_put(canvas, x + 1, y, end,
		       is_bright(node, now_ns) ? STYLE_BOLD : STYLE_PLAIN, node->name);
	if (*node->state)
		x = canvas_put(canvas, x + 1, y, end, STYLE_BOLD, node->state);
	return x;
}

static void put_item(struct canvas *canvas, unsigned int x, unsigned int y,
		     unsigned int end, const struct tui_model *model,
		     const struct tui_node *node, size_t name_columns, uint64_t now_ns)
{
	unsigned int arrow = node->pending ? STYLE_YELLOW : STYLE_DIM, at;

	at = put_node(canvas, x, y, end, node, now_ns);
	/* Arrows stand one below the other. */
	if (at < x + 2 + name_columns)
		at = x + 2 + (unsigned int)name_columns;
	for (size_t i = 0; i < node->target_count; i++) {
		at = canvas_put(canvas, at + (i ? 2 : 1), y, end, arrow,
				i ? "" : "\u2500\u2500\u25b6");
		at = put_node(canvas, at + !i, y, end, &model->nodes[node->targets[i]],
			      now_ns);
	}
}

static size_t longest_sender(const struct tui_model *model)
{
	size_t longest = 0, columns;

	for (size_t i = 0; i < model->node_count; i++) {
		if (!model->nodes[i].target_count)
			continue;
		columns = print_columns(model->nodes[i].name);
		longest = columns > longest ? columns : longest;
	}
	return longest;
}

static void keep_selection(const struct layout *layout, struct tui_view *view,
			   size_t count)
{
	size_t row, rows = layout->device_rows ? layout->device_rows : 1;

	if (view->selected >= count)
		view->selected = count ? count - 1 : 0;
	row = view->selected / layout->columns;
	if (row < view->first_row)
		view->first_row = row;
	if (row >= view->first_row + rows)
		view->first_row = row - rows + 1;
}

static void draw_devices(struct canvas *canvas, const struct layout *layout,
			 const struct tui_model *model, struct tui_view *view,
			 uint64_t now_ns)
{
	size_t index = 0, count = tui_item_count(model), longest = longest_sender(model);

	keep_selection(layout, view, count);
	for (size_t i = 0; i < model->node_count; i++) {
		unsigned int x, y;
		size_t row;

		if (!is_item(&model->nodes[i]))
			continue;
		row = index / layout->columns;
		x = 1 + (unsigned int)(index % layout->columns) * layout->item_width;
		if (row >= view->first_row &&
		    row < view->first_row + layout->device_rows) {
			y = layout->devices + (unsigned int)(row - view->first_row);
			put_item(canvas, x, y, x + layout->item_width - 1, model,
				 &model->nodes[i], longest, now_ns);
			if (index == view->selected && !view->is_frame)
				canvas_reverse(canvas, x - 1, y, layout->item_width - 1);
		}
		index++;
	}
}

/* In as many words as there is room for. */
static void draw_packets(struct canvas *canvas, unsigned int x, unsigned int end,
			 const struct tui_model *model)
{
	static const struct {
		const char *shaped, *queued;
	} words[] = {{" packets shaped", " on their way"}, {" shaped", " queued"}};
	char text[160];

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		(void)snprintf(text, sizeof(text), "%.0f%s, %.0f lost, %.0f%s",
			       model->packets, words[i].shaped, model->lost,
			       model->queued, words[i].queued);
		if (x + print_columns(text) < end)
			break;
	}
	(void)canvas_put(canvas, x, 0, end, STYLE_PLAIN, text);
}

static void draw_title(struct canvas *canvas, const struct tui_model *model,
		       const struct tui_view *view)
{
	const char *state = !view->is_connected ? HOLLOW " down "
			    : view->is_paused   ? "\u2016 paused "
						: FULL " live ";
	unsigned int columns = (unsigned int)print_columns(state), end = canvas->width, x;

	if (!view->is_frame && canvas->width > columns)
		end -= columns;
	x = canvas_printf(canvas, 1, 0, end, STYLE_BOLD, "%s",
			  *model->lab ? model->lab : "snet");
	x = canvas_printf(canvas, x + 2, 0, end, STYLE_PLAIN, "%zu nodes  %zu links",
			  model->node_count, model->link_count);
	if (model->has_packets)
		draw_packets(canvas, x + 2, end, model);
	if (end < canvas->width)
		(void)canvas_put(canvas, end, 0, canvas->width,
				 view->is_connected ? STYLE_PLAIN : STYLE_RED, state);
	if (!view->is_frame)
		canvas_reverse(canvas, 0, 0, canvas->width);
}

static void draw_carriers(struct canvas *canvas, unsigned int y,
			  const struct tui_model *model, uint64_t now_ns)
{
	unsigned int x = 1;

	for (size_t i = 0; i < model->node_count && x < canvas->width; i++) {
		const struct tui_node *node = &model->nodes[i];

		if (node->role != TUI_ROLE_REST)
			continue;
		x = put_node(canvas, x, y, canvas->width, node, now_ns);
		x = canvas_put(canvas, x + 1, y, canvas->width, STYLE_DIM, node->kind) +
		    3;
	}
}

static void draw_rule(struct canvas *canvas, unsigned int y, const char *title,
		      const char *more)
{
	for (unsigned int x = 0; x < canvas->width; x++)
		(void)canvas_put(canvas, x, y, canvas->width, STYLE_DIM, "\u2500");
	(void)canvas_printf(canvas, 1, y, canvas->width, STYLE_BOLD, " %s %s%s", title,
			    more, *more ? " " : "");
}

static void draw_event(struct canvas *canvas, unsigned int y,
		       const struct tui_event *event)
{
	static const struct {
		const char *mark;
		enum style style;
	} marks[] = {
		[TUI_OUTCOME_UNKNOWN] = {" ", STYLE_DIM},
		[TUI_OUTCOME_PENDING] = {"\u2026", STYLE_YELLOW},
		[TUI_OUTCOME_DONE] = {"\u2713", STYLE_GREEN},
		[TUI_OUTCOME_EXPIRED] = {"\u2717", STYLE_RED},
		[TUI_OUTCOME_FAILED] = {"\u2717", STYLE_RED},
	};
	unsigned int x = 1, width = canvas->width, end = width > 12 ? width - 11 : width;
	enum style style = marks[event->outcome].style;
	char took[32] = "";

	x = canvas_put(canvas, x, y, width, style, marks[event->outcome].mark) + 1;
	if (width >= 60)
		x = canvas_put(canvas, x, y, end, STYLE_DIM, event->time) + 2;
	(void)canvas_put(canvas, x, y, x + 12 < end ? x + 12 : end, STYLE_PLAIN,
			 event->source);
	x += 13;
	if (width >= 60) {
		(void)canvas_put(canvas, x, y, x + 8 < end ? x + 8 : end, STYLE_DIM,
				 event->type);
		x += 9;
	}
	(void)canvas_put(canvas, x, y, end, style == STYLE_RED ? STYLE_RED : STYLE_PLAIN,
			 event->text);
	if (event->outcome >= TUI_OUTCOME_DONE)
		(void)snet__text_format_duration(took, sizeof(took), event->took_ns);
	if (print_columns(took) < width)
		(void)canvas_put(canvas, width - 1 - (unsigned int)print_columns(took), y,
				 width, STYLE_PLAIN, took);
}

static void draw_events(struct canvas *canvas, const struct layout *layout,
			const struct tui_model *model, const struct tui_view *view)
{
	uint64_t count = view->is_paused ? view->paused_count : model->event_count;
	char more[64] = "";

	if (!layout->event_rows)
		return;
	if (view->is_paused && model->event_count > count)
		(void)snprintf(more, sizeof(more), "(%ju more since the pause)",
			       (uintmax_t)(model->event_count - count));
	draw_rule(canvas, layout->events, "events", more);
	for (unsigned int i = 0; i < layout->event_rows; i++) {
		const struct tui_event *event = tui_model_event(model, count, i);

		if (event)
			draw_event(canvas, layout->events + 1 + i, event);
	}
	if (!count)
		(void)canvas_put(canvas, 1, layout->events + 1, canvas->width, STYLE_DIM,
				 view->is_frame ? "none yet"
						: "none yet: press a button with Enter");
}

void tui_sparkline(char *text, size_t size, const double *values, size_t count)
{
	double most = 0;
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	text[0] = '\0';
	for (size_t i = 0; i < count && used + 4 < size; i++) {
		unsigned int level =
			values[i] > 0 ? (unsigned int)(values[i] / most * 7 + 0.5) : 0;

		/* U+2581 is one eighth, U+2588 all eight; nothing is a blank. */
		if (values[i] > 0)
			used += (size_t)sprintf(text + used, "\xe2\x96%c",
						(char)(0x81 + level));
		else
			used += (size_t)sprintf(text + used, " ");
	}
}

/* The latest seconds, the newest to the right, as wide as the screen allows. */
static void draw_history(struct canvas *canvas, unsigned int x, unsigned int y,
			 unsigned int end, const struct tui_model *model, bool latency)
{
	double values[TUI_SECONDS_MAX] = {0};
	char text[TUI_SECONDS_MAX * 3 + 8];
	size_t count = end > x ? end - x : 0;

	if (count > TUI_SECONDS_MAX - 1)
		count = TUI_SECONDS_MAX - 1;
	for (size_t i = 0; i < count; i++) {
		const struct tui_second *second = tui_model_second(model, count - 1 - i);

		values[i] =
			latency ? (second->ended ? (double)second->took_ns / second->ended
						 : 0)
				: second->events;
	}
	tui_sparkline(text, sizeof(text), values, count);
	(void)canvas_put(canvas, x, y, end, latency ? STYLE_CYAN : STYLE_GREEN, text);
}

static unsigned int draw_latency(struct canvas *canvas, unsigned int y,
				 const struct tui_model *model)
{
	char p50[32] = "-", p99[32] = "-";

	if (model->sample_count) {
		(void)snet__text_format_duration(p50, sizeof(p50),
						 tui_model_percentile(model, 0.5));
		(void)snet__text_format_duration(p99, sizeof(p99),
						 tui_model_percentile(model, 0.99));
	}
	return canvas_printf(canvas, 1, y, canvas->width, STYLE_PLAIN,
			     "latency  p50 %s  p99 %s", p50, p99);
}

static unsigned int draw_rate(struct canvas *canvas, unsigned int x, unsigned int y,
			      const struct tui_model *model)
{
	return canvas_printf(canvas, x, y, canvas->width, STYLE_PLAIN,
			     "rate  %.1f/s  %ju done  %ju failed", tui_model_rate(model),
			     (uintmax_t)model->done, (uintmax_t)model->failed);
}

static void draw_stats(struct canvas *canvas, const struct layout *layout,
		       const struct tui_model *model)
{
	unsigned int a, b;

	if (!layout->stat_rows)
		return;
	a = draw_latency(canvas, layout->stats, model);
	if (layout->stat_rows == 1) {
		if (a + 40 <= canvas->width)
			(void)draw_rate(canvas, a + 3, layout->stats, model);
		return;
	}
	b = draw_rate(canvas, 1, layout->stats + 1, model);
	/* Both histories begin in the same column, so that a second is a column in both. */
	a = (a > b ? a : b) + 2;
	a = a < 42 ? 42 : a;
	draw_history(canvas, a, layout->stats, canvas->width - 1, model, true);
	draw_history(canvas, a, layout->stats + 1, canvas->width - 1, model, false);
}

static void draw_help(struct canvas *canvas)
{
	static const char *const lines[] = {
		"                                        ",
		"  arrows, hjkl, Tab   choose            ",
		"  Enter, space        press a device    ",
		"  p                   pause the events  ",
		"  s                   shaped links      ",
		"  ?                   this              ",
		"  q, Ctrl-C           leave             ",
		"                                        ",
		"  \u25cf on or busy   \u25cb off or idle         ",
		"  yellow: under way   red: failed       ",
		"                                        ",
	};
	unsigned int count = sizeof(lines) / sizeof(*lines), width = 40, x = 0, y = 0;

	if (canvas->width > width)
		x = (canvas->width - width) / 2;
	if (canvas->height > count)
		y = (canvas->height - count) / 2;
	for (unsigned int i = 0; i < count; i++) {
		(void)canvas_put(canvas, x, y + i, canvas->width, STYLE_PLAIN, lines[i]);
		canvas_reverse(canvas, x, y + i, width);
	}
}

unsigned int tui_frame_height(const struct tui_model *model, unsigned int width)
{
	size_t columns = tui_item_columns(model, width);
	size_t rows = (tui_item_count(model) + columns - 1) / columns;
	size_t events =
		model->event_count > FRAME_EVENTS ? FRAME_EVENTS : model->event_count;
	size_t height = 3 + rows + 1 + (events ? events : 1) + 2;

	return height < HEIGHT_FOR_TWO_STATS ? HEIGHT_FOR_TWO_STATS
					     : (unsigned int)height;
}

/* What follows is of events, and no more of the link that is told of above it. */
static void draw_links(struct canvas *canvas, const struct layout *layout,
		       const struct tui_model *model, struct tui_view *view)
{
	unsigned int end = layout->stats;

	if (layout->stat_rows == 2)
		draw_rule(canvas, --end, "events", "");
	tui_links_draw(canvas, 1, end > 1 ? end - 1 : 0, &model->links, &view->first_way,
		       &view->selected_way);
}

void tui_draw(struct canvas *canvas, const struct tui_model *model, struct tui_view *view,
	      uint64_t now_ns)
{
	struct layout layout;

	canvas_clear(canvas);
	make_layout(&layout, model, canvas, view->is_frame);
	draw_title(canvas, model, view);
	if (view->has_links) {
		draw_links(canvas, &layout, model, view);
	} else {
		if (layout.carriers)
			draw_carriers(canvas, layout.carriers, model, now_ns);
		draw_devices(canvas, &layout, model, view, now_ns);
		draw_events(canvas, &layout, model, view);
	}
	draw_stats(canvas, &layout, model);
	if (layout.keys)
		(void)canvas_put(canvas, 1, layout.keys, canvas->width,
				 *view->message ? STYLE_YELLOW : STYLE_DIM,
				 *view->message ? view->message
				 : view->has_links
					 ? "arrows choose   s devices   ? help   q quit"
					 : "arrows choose   Enter press   p pause   "
					   "s links   ? help   q quit");
	if (view->has_help)
		draw_help(canvas);
}
