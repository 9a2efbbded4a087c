/* SPDX-License-Identifier: MIT */
/* A table of directions, and at its foot all that the selected one has counted: groups of numbers
 * that take as many rows as the screen's width asks for. A screen that is too low for all of them
 * shows the first, and the table's first rows in any case. */

#include "cli/tui/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/print.h"

#define NAME_MAX_BYTES 128 /* FROM-TO */
#define TRACE_MAX      64
#define WAY_COLUMNS    5 /* "forth" */

/* Behind the name and the direction, all of them to the right. */
static const struct {
	const char *title;
	unsigned int width;
} columns[] = {
	{"UP", 3},   {"IN", 9},  {"LOST", 7}, {"QUEUE", 6},
	{"MOST", 6}, {"P50", 9}, {"P99", 9},
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))
/* And then, to the left and where there is room, what a trace says. */
#define CELLS (2 + COLUMNS + 1)

/* What can be told of the selected direction, as "12 by chance"; a group begins a row. */
static const struct detail {
	const char *group;
	const char *key; /* in "counts" */
	const char *what;
} details[] = {
	{"packets", "in_packets", "in"},
	{"packets", "out_packets", "out"},
	{"packets", "queue_packets", "on their way"},
	{"packets", "queue_packets_max", "at most"},
	{"bytes", "in_bytes", "in"},
	{"bytes", "out_bytes", "out"},
	{"bytes", "queue_bytes", "on their way"},
	{"bytes", "queue_bytes_max", "at most"},
	{"lost", "lost_loss", "by chance"},
	{"lost", "lost_queue", "by a full queue"},
	{"lost", "lost_codel", "by CoDel"},
	{"lost", "lost_down", "while it was down"},
	{"lost", "lost_pmtu", "too large"},
	{"lost", "lost_memory", "for want of memory"},
	{"lost", "lost_fault", "by a fault"},
	{"lost", "missed", "came too fast"},
	{"lost", "refused", "refused behind it"},
	{"changed", "duplicated", "duplicated"},
	{"changed", "corrupted", "corrupted"},
	{"changed", "reordered", "reordered"},
	{"changed", "marked", "marked"},
	{"delay", "delay_p50_ns", "p50"},
	{"delay", "delay_p90_ns", "p90"},
	{"delay", "delay_p99_ns", "p99"},
	{"delay", "delay_max_ns", "at most"},
};
#define DETAILS (sizeof(details) / sizeof(*details))

#define GROUP_COLUMNS 8 /* "changed" and a blank */
/* The heading and so many directions are seen whatever there is to tell of one. */
#define LIST_ROWS_MIN 4

/* Numbers are -1, where the shaper does not count them. */
struct way {
	bool is_down;
	double lost;
	double counts[DETAILS];
	char trace[TRACE_MAX]; /* what it says now: "35ms 0.1% 12Mbit", or "-" */
};

struct tui_link {
	char name[NAME_MAX_BYTES];
	struct way ways[2]; /* forth and back */
};

/* ---- What is told. */

/* By their units one knows which they are. */
static void set_trace(struct way *way, const struct snet__json *now)
{
	autofree char *delay = print_value(now, "delay");
	autofree char *loss = print_value(now, "loss"), *rate = print_value(now, "rate");

	if (now && delay && loss && rate)
		(void)snprintf(way->trace, sizeof(way->trace), "%s %s %s", delay, loss,
			       rate);
	else
		(void)snprintf(way->trace, sizeof(way->trace), "-");
}

static double count_of(const struct way *way, const char *key)
{
	for (size_t i = 0; i < DETAILS; i++)
		if (strcmp(details[i].key, key) == 0)
			return way->counts[i];
	return -1;
}

static bool is_of(const struct detail *detail, const char *group)
{
	return strcmp(detail->group, group) == 0;
}

static void set_way(struct way *way, const struct snet__json *json)
{
	const struct snet__json *counts = snet__json_get(json, "counts"),
				*in_force = snet__json_get(json, "impairments");
	/* Of no packet there is no delay. */
	bool has_delay = snet__json_number(snet__json_get(counts, "out_packets"), 0) > 0;

	way->is_down = snet__json_is_true(snet__json_get(in_force, "down"));
	way->lost = counts ? print_lost(counts) : -1;
	for (size_t i = 0; i < DETAILS; i++)
		way->counts[i] =
			is_of(&details[i], "delay") && !has_delay
				? -1
				: snet__json_number(snet__json_get(counts,
								   details[i].key),
						    -1);
	set_trace(way, snet__json_get(json, "trace_now"));
}

int tui_links_feed(struct tui_links *links, const struct snet__json *list,
		   struct snet_err *err)
{
	size_t count = snet__json_count(list), i = 0;
	struct tui_link *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return snet__err_oom(err);
	for (const struct snet__json *at = snet__json_first(list); at;
	     at = snet__json_next(at), i++) {
		const char *name = snet__json_get_string(at, "name");

		(void)snprintf(items[i].name, sizeof(items[i].name), "%s",
			       name ? name : "");
		set_way(&items[i].ways[0], snet__json_get(at, "forth"));
		set_way(&items[i].ways[1], snet__json_get(at, "back"));
	}
	free(links->items);
	*links = (struct tui_links){items, count};
	return 0;
}

void tui_links_clear(struct tui_links *links)
{
	free(links->items);
	*links = (struct tui_links){0};
}

size_t tui_links_way_count(const struct tui_links *links)
{
	return 2 * links->count;
}

/* ---- The table. */

/* As wide as the longest, or as there is room for. */
static unsigned int name_columns(const struct canvas *canvas,
				 const struct tui_links *links)
{
	unsigned int rest = 1 + 1 + WAY_COLUMNS + 1, longest = 4, room;

	for (size_t i = 0; i < COLUMNS; i++)
		rest += columns[i].width + 1;
	room = canvas->width > rest + longest ? canvas->width - rest : longest;
	for (size_t i = 0; i < links->count; i++)
		if (print_columns(links->items[i].name) > longest)
			longest = (unsigned int)print_columns(links->items[i].name);
	return longest < room ? longest : room;
}

/* A row: the first two and the last to the left, the others to the right of their columns. */
static void draw_row(struct canvas *canvas, unsigned int y, unsigned int name_width,
		     unsigned int style, const char *const cells[CELLS])
{
	unsigned int x = 1 + name_width + 1;

	(void)canvas_put(canvas, 1, y, 1 + name_width, style, cells[0]);
	(void)canvas_put(canvas, x, y, x + WAY_COLUMNS, style, cells[1]);
	x += WAY_COLUMNS + 1;
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t width = print_columns(cells[2 + i]);

		x += columns[i].width;
		(void)canvas_put(canvas, x - (unsigned int)width, y, x, style,
				 cells[2 + i]);
		x++;
	}
	(void)canvas_put(canvas, x, y, canvas->width, style, cells[CELLS - 1]);
}

static void draw_heading(struct canvas *canvas, unsigned int y, unsigned int name_width)
{
	const char *cells[CELLS] = {"LINK", "DIR", [CELLS - 1] = "TRACE"};

	for (size_t i = 0; i < COLUMNS; i++)
		cells[2 + i] = columns[i].title;
	draw_row(canvas, y, name_width, STYLE_BOLD, cells);
}

#define CELL_MAX 32

static void format_number(char text[CELL_MAX], double number)
{
	if (number < 0)
		(void)snprintf(text, CELL_MAX, "-");
	else
		(void)snprintf(text, CELL_MAX, "%.0f", number);
}

static void format_time(char text[CELL_MAX], double ns)
{
	if (ns < 0)
		format_number(text, ns);
	else
		(void)snet__text_format_duration(text, CELL_MAX, (uint64_t)ns);
}

/* The name stands once, where the link's rows begin, or all of the rows. */
static void draw_way(struct canvas *canvas, unsigned int y, unsigned int name_width,
		     const struct tui_link *link, bool is_back, bool is_first)
{
	const struct way *way = &link->ways[is_back];
	const char *cells[CELLS] = {is_back && !is_first ? "" : link->name,
				    is_back ? "back" : "forth",
				    way->is_down ? "no" : "yes",
				    [CELLS - 1] = way->trace};
	static const char *const numbers[] = {"queue_packets", "queue_packets_max"};
	static const char *const times[] = {"delay_p50_ns", "delay_p99_ns"};
	char texts[COLUMNS - 1][CELL_MAX];

	format_number(texts[0], count_of(way, "in_packets"));
	format_number(texts[1], way->lost);
	for (size_t i = 0; i < 2; i++) {
		format_number(texts[2 + i], count_of(way, numbers[i]));
		format_time(texts[4 + i], count_of(way, times[i]));
	}
	for (size_t i = 0; i < COLUMNS - 1; i++)
		cells[3 + i] = texts[i];
	draw_row(canvas, y, name_width, way->is_down ? STYLE_RED : STYLE_PLAIN, cells);
}

/* ---- The foot. */

/* Where the next item goes: below the last row, and with a NULL canvas, rows are only counted. */
struct foot {
	struct canvas *canvas;
	unsigned int width, x, y, end;
};

static void begin_group(struct foot *foot, const char *group)
{
	foot->y++;
	foot->x = 1 + GROUP_COLUMNS;
	if (foot->canvas && foot->y < foot->end)
		(void)canvas_put(foot->canvas, 1, foot->y, foot->width, STYLE_DIM, group);
}

static void add_item(struct foot *foot, const char *text)
{
	unsigned int columns_taken = (unsigned int)print_columns(text);

	if (foot->x > 1 + GROUP_COLUMNS && foot->x + columns_taken > foot->width)
		begin_group(foot, "");
	if (foot->canvas && foot->y < foot->end)
		(void)canvas_put(foot->canvas, foot->x, foot->y, foot->width, STYLE_PLAIN,
				 text);
	foot->x += columns_taken + 2;
}

static void add_detail(struct foot *foot, const struct detail *detail, double count)
{
	char number[CELL_MAX], text[2 * CELL_MAX];

	if (is_of(detail, "delay")) {
		format_time(number, count);
		(void)snprintf(text, sizeof(text), "%s %s", detail->what, number);
	} else {
		format_number(number, count);
		(void)snprintf(text, sizeof(text), "%s %s", number, detail->what);
	}
	add_item(foot, text);
}

/* Causes that have lost nothing are left out; netem does not tell them apart. */
static void add_lost(struct foot *foot, const struct way *way)
{
	bool is_told_apart = count_of(way, "lost_queue") >= 0;
	char text[CELL_MAX];

	if (way->lost < 0)
		return;
	begin_group(foot, "lost");
	(void)snprintf(text, sizeof(text), "%.0f in all", way->lost);
	add_item(foot, text);
	for (size_t i = 0; i < DETAILS && is_told_apart; i++)
		if (is_of(&details[i], "lost") && way->counts[i] > 0)
			add_detail(foot, &details[i], way->counts[i]);
}

/* Those that are counted. */
static void add_group(struct foot *foot, const struct way *way, const char *group)
{
	bool has_begun = false;

	for (size_t i = 0; i < DETAILS; i++) {
		if (!is_of(&details[i], group) || way->counts[i] < 0)
			continue;
		if (!has_begun)
			begin_group(foot, group);
		has_begun = true;
		add_detail(foot, &details[i], way->counts[i]);
	}
}

/* From the row below foot->y on. */
static void add_way(struct foot *foot, const struct way *way)
{
	if (way->lost < 0) {
		begin_group(foot, "packets");
		add_item(foot, "nothing is counted yet");
	}
	add_group(foot, way, "packets");
	add_lost(foot, way);
	add_group(foot, way, "changed");
	add_group(foot, way, "bytes");
	add_group(foot, way, "delay");
	if (strcmp(way->trace, "-") != 0) {
		begin_group(foot, "trace");
		add_item(foot, way->trace);
	}
}

static void draw_foot(struct canvas *canvas, unsigned int y, unsigned int rows,
		      const struct tui_link *link, bool is_back)
{
	const struct way *way = &link->ways[is_back];
	struct foot foot = {canvas, canvas->width, 0, y, y + rows};

	for (unsigned int x = 0; x < canvas->width; x++)
		(void)canvas_put(canvas, x, y, canvas->width, STYLE_DIM, "\u2500");
	(void)canvas_printf(canvas, 1, y, canvas->width,
			    way->is_down ? STYLE_RED : STYLE_BOLD, " %s %s%s ",
			    link->name, is_back ? "back" : "forth",
			    way->is_down ? " is down" : "");
	add_way(&foot, way);
}

/* With its rule; none where that would be alone. */
static unsigned int foot_rows(const struct canvas *canvas, unsigned int rows,
			      const struct way *way)
{
	struct foot foot = {.width = canvas->width};
	unsigned int room = rows > LIST_ROWS_MIN ? rows - LIST_ROWS_MIN : 0;

	add_way(&foot, way);
	if (foot.y + 1 < room)
		return foot.y + 1;
	return room > 1 ? room : 0;
}

/* ---- Both. */

static void keep_selection(size_t *first, size_t *selected, size_t ways, size_t shown)
{
	if (*selected >= ways)
		*selected = ways ? ways - 1 : 0;
	if (*first > *selected)
		*first = *selected;
	if (shown && *selected >= *first + shown)
		*first = *selected - shown + 1;
	if (*first + shown > ways)
		*first = ways > shown ? ways - shown : 0;
}

static void draw_list(struct canvas *canvas, unsigned int y, unsigned int rows,
		      const struct tui_links *links, size_t *first, size_t *selected)
{
	unsigned int name_width = name_columns(canvas, links);
	size_t ways = tui_links_way_count(links), shown = rows ? rows - 1 : 0;

	keep_selection(first, selected, ways, shown);
	if (rows)
		draw_heading(canvas, y, name_width);
	for (size_t i = 0; i < shown && *first + i < ways; i++) {
		size_t way = *first + i;

		y++;
		draw_way(canvas, y, name_width, &links->items[way / 2], way % 2, i == 0);
		if (way == *selected)
			canvas_reverse(canvas, 0, y, canvas->width);
	}
}

void tui_links_draw(struct canvas *canvas, unsigned int y, unsigned int rows,
		    const struct tui_links *links, size_t *first, size_t *selected)
{
	size_t ways = tui_links_way_count(links), at = *selected;
	const struct tui_link *link;
	unsigned int foot;

	if (!ways) {
		if (rows)
			(void)canvas_put(canvas, 1, y, canvas->width, STYLE_DIM,
					 "no link is shaped");
		*first = *selected = 0;
		return;
	}
	at = at < ways ? at : ways - 1;
	link = &links->items[at / 2];
	foot = foot_rows(canvas, rows, &link->ways[at % 2]);
	draw_list(canvas, y, rows - foot, links, first, selected);
	if (foot)
		draw_foot(canvas, y + rows - foot, foot, link, at % 2);
}
