/* SPDX-License-Identifier: MIT */
/* Cells, and text into them: column by column, so that wide and combining characters stay in
 * their places. */

#include "cli/tui/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/print.h"

#define TEXT_MAX 1024

int canvas_resize(struct canvas *canvas, unsigned int width, unsigned int height,
		  struct snet_err *err)
{
	struct cell *cells = calloc((size_t)width * height + 1, sizeof(*cells));

	if (!cells)
		return snet__err_oom(err);
	free(canvas->cells);
	*canvas = (struct canvas){.width = width, .height = height, .cells = cells};
	return 0;
}

void canvas_free(struct canvas *canvas)
{
	free(canvas->cells);
	*canvas = (struct canvas){0};
}

void canvas_clear(struct canvas *canvas)
{
	for (size_t i = 0; i < (size_t)canvas->width * canvas->height; i++)
		canvas->cells[i] = (struct cell){.text = " "};
}

static struct cell *cell_at(struct canvas *canvas, unsigned int x, unsigned int y)
{
	if (x >= canvas->width || y >= canvas->height)
		return NULL;
	return &canvas->cells[(size_t)y * canvas->width + x];
}

/* One character; returns how many columns it took. Control characters and broken UTF-8, which
 * may come from any device, become "?". */
static unsigned int put_char(struct canvas *canvas, unsigned int x, unsigned int y,
			     unsigned int style, const char *text, size_t *ret_bytes)
{
	struct cell *cell = cell_at(canvas, x, y), *next = cell_at(canvas, x + 1, y);
	mbstate_t state = {0};
	wchar_t wide;
	int columns;

	*ret_bytes = mbrtowc(&wide, text, strlen(text), &state);
	columns = *ret_bytes > strlen(text) ? -1 : wcwidth(wide);
	if (columns < 0) {
		*ret_bytes = 1;
		text = "?";
		columns = 1;
	}
	if (!columns || !cell || *ret_bytes >= sizeof(cell->text))
		return (unsigned int)columns;
	*cell = (struct cell){.style = (unsigned char)style};
	memcpy(cell->text, text, *ret_bytes);
	if (columns == 2 && next)
		*next = (struct cell){.style = (unsigned char)style};
	return (unsigned int)columns;
}

unsigned int canvas_put(struct canvas *canvas, unsigned int x, unsigned int y,
			unsigned int end, unsigned int style, const char *text)
{
	bool cut;
	size_t bytes;

	if (end > canvas->width)
		end = canvas->width;
	if (x >= end)
		return x;
	cut = print_columns(text) > end - x;
	while (*text && x + cut < end) {
		x += put_char(canvas, x, y, style, text, &bytes);
		text += bytes;
	}
	if (cut && x < end)
		x += put_char(canvas, x, y, style, "\u2026", &bytes);
	return x;
}

unsigned int canvas_printf(struct canvas *canvas, unsigned int x, unsigned int y,
			   unsigned int end, unsigned int style, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return canvas_put(canvas, x, y, end, style, text);
}

void canvas_reverse(struct canvas *canvas, unsigned int x, unsigned int y,
		    unsigned int count)
{
	for (; count; count--, x++) {
		struct cell *cell = cell_at(canvas, x, y);

		if (cell)
			cell->style |= STYLE_REVERSED;
	}
}

static void print_style(FILE *to, unsigned int style)
{
	static const char *const codes[STYLE_COUNT] = {
		[STYLE_PLAIN] = "",         [STYLE_DIM] = "\33[2m",
		[STYLE_BOLD] = "\33[1m",    [STYLE_GREEN] = "\33[32m",
		[STYLE_YELLOW] = "\33[33m", [STYLE_RED] = "\33[31m",
		[STYLE_BLUE] = "\33[34m",   [STYLE_CYAN] = "\33[36m",
	};

	(void)fprintf(to, "\33[m%s%s", codes[style & ~(unsigned int)STYLE_REVERSED],
		      style & STYLE_REVERSED ? "\33[7m" : "");
}

static void print_row(const struct cell *row, unsigned int width, FILE *to, bool colour)
{
	unsigned int style = STYLE_PLAIN;

	while (width && strcmp(row[width - 1].text, " ") == 0 &&
	       !(colour && row[width - 1].style & STYLE_REVERSED))
		width--;
	for (unsigned int x = 0; x < width; x++) {
		if (colour && row[x].style != style)
			print_style(to, row[x].style);
		style = row[x].style;
		(void)fputs(row[x].text, to);
	}
	if (colour && style != STYLE_PLAIN)
		print_style(to, STYLE_PLAIN);
	(void)fputc('\n', to);
}

void canvas_print(const struct canvas *canvas, FILE *to, bool colour)
{
	for (unsigned int y = 0; y < canvas->height; y++)
		print_row(canvas->cells + (size_t)y * canvas->width, canvas->width, to,
			  colour);
}
