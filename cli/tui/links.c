/* SPDX-License-Identifier: MIT */
#include "cli/tui/links.h"

#include <stdlib.h>

#include "base/text.h"
#include "cli/print.h"

#define WAY_COLUMNS 5 /* "forth" */

/* Behind the name and the direction, all of them to the right. */
static const struct {
	const char *title;
	unsigned int width;
} columns[] = {
	{"IN", 9}, {"LOST", 7}, {"QUEUE", 6}, {"MOST", 6}, {"P50", 9}, {"P99", 9},
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static void set_way(struct tui_way *way, const struct snet__json *json)
{
	const struct snet__json *counts = snet__json_get(json, "counts");

	*way = (struct tui_way){
		.packets = snet__json_number(snet__json_get(counts, "in_packets"), -1),
		.lost = counts ? print_lost(counts) : -1,
		.queue = snet__json_number(snet__json_get(counts, "queue_packets"), -1),
		.queue_max =
			snet__json_number(snet__json_get(counts, "queue_packets_max"),
					  -1),
		.p50_ns = snet__json_number(snet__json_get(counts, "delay_p50_ns"), -1),
		.p99_ns = snet__json_number(snet__json_get(counts, "delay_p99_ns"), -1),
	};
	/* Of no packet there is no delay. */
	if (snet__json_number(snet__json_get(counts, "out_packets"), 0) == 0)
		way->p50_ns = way->p99_ns = -1;
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

/* A row: the first two to the left, the others to the right of their columns. */
static void draw_row(struct canvas *canvas, unsigned int y, unsigned int name_width,
		     unsigned int style, const char *const cells[2 + COLUMNS])
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
}

static void draw_heading(struct canvas *canvas, unsigned int y, unsigned int name_width)
{
	const char *cells[2 + COLUMNS] = {"LINK", "DIR"};

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
	const struct tui_way *way = &link->ways[is_back];
	const char *cells[2 + COLUMNS] = {is_back && !is_first ? "" : link->name,
					  is_back ? "back" : "forth"};
	char texts[COLUMNS][CELL_MAX];

	format_number(texts[0], way->packets);
	format_number(texts[1], way->lost);
	format_number(texts[2], way->queue);
	format_number(texts[3], way->queue_max);
	format_time(texts[4], way->p50_ns);
	format_time(texts[5], way->p99_ns);
	for (size_t i = 0; i < COLUMNS; i++)
		cells[2 + i] = texts[i];
	draw_row(canvas, y, name_width, STYLE_PLAIN, cells);
}

void tui_links_draw(struct canvas *canvas, unsigned int y, unsigned int rows,
		    const struct tui_links *links, size_t *first)
{
	unsigned int name_width = name_columns(canvas, links);
	size_t ways = 2 * links->count, shown = rows ? rows - 1 : 0;

	if (*first + shown > ways)
		*first = ways > shown ? ways - shown : 0;
	if (!rows)
		return;
	if (!ways)
		(void)canvas_put(canvas, 1, y, canvas->width, STYLE_DIM,
				 "no link is shaped");
	else
		draw_heading(canvas, y, name_width);
	for (size_t i = 0; i < shown && *first + i < ways; i++) {
		size_t way = *first + i;

		draw_way(canvas, y + 1 + (unsigned int)i, name_width,
			 &links->items[way / 2], way % 2, i == 0);
	}
}
