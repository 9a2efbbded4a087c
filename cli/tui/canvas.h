/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_CANVAS_H
#define CLI_TUI_CANVAS_H

/* A frame: cells of one character and a style. The same frame is text for --once and what
 * ncurses shows, which sends to the terminal only what has changed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum style {
	STYLE_PLAIN = 0,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_RED,
	STYLE_BLUE,
	STYLE_CYAN,
	STYLE_COUNT,
	STYLE_REVERSED = 0x80, /* may be added to the others */
};

struct cell {
	char text[8]; /* one UTF-8 character; "" behind a wide one */
	unsigned char style;
};

struct canvas {
	unsigned int width, height;
	struct cell *cells;
};

int canvas_resize(struct canvas *canvas, unsigned int width, unsigned int height,
		  struct snet_err *err);
void canvas_free(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);

/* Write @text from column @x on, at most to column @end (exclusive), cut with "…". Rows and
 * columns outside of the canvas are ignored. Returns the column behind the text. */
unsigned int canvas_put(struct canvas *canvas, unsigned int x, unsigned int y,
			unsigned int end, unsigned int style, const char *text);
__attribute__((format(printf, 6, 7))) unsigned int canvas_printf(
	struct canvas *canvas, unsigned int x, unsigned int y, unsigned int end,
	unsigned int style, const char *fmt, ...);
/* Add STYLE_REVERSED to @count cells. */
void canvas_reverse(struct canvas *canvas, unsigned int x, unsigned int y,
		    unsigned int count);

/* As text, without trailing blanks. */
void canvas_print(const struct canvas *canvas, FILE *to, bool colour);

#endif
