/* SPDX-License-Identifier: MIT */
/* Keys in, frames out. ncurses compares each frame with what is on the terminal and sends the
 * difference, so nothing flickers. */

#include "cli/tui/screen.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int screen_open(struct snet_err *err)
{
	static const short colours[STYLE_COUNT] = {
		[STYLE_GREEN] = COLOR_GREEN, [STYLE_YELLOW] = COLOR_YELLOW,
		[STYLE_RED] = COLOR_RED,     [STYLE_BLUE] = COLOR_BLUE,
		[STYLE_CYAN] = COLOR_CYAN,
	};
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return snet__err_set(
			err, -ENOTTY,
			"the dashboard needs a terminal; '--once' prints one frame");
	if (!newterm(NULL, stdout, stdin))
		return snet__err_set(err, -ENOTTY,
				     "ncurses does not know the terminal '%s'",
				     term ? term : "");
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)set_escdelay(25);
	(void)curs_set(0); /* not every terminal can hide it */
	if (!has_colors() || (no_color && *no_color))
		return 0;
	(void)start_color();
	(void)use_default_colors();
	for (int i = 1; i < STYLE_COUNT; i++)
		if (colours[i])
			(void)init_pair((short)i, colours[i], -1);
	return 0;
}

void screen_close(void)
{
	(void)endwin();
}

void screen_size(unsigned int *ret_width, unsigned int *ret_height)
{
	*ret_width = (unsigned int)getmaxx(stdscr);
	*ret_height = (unsigned int)getmaxy(stdscr);
}

enum screen_key screen_key(void)
{
	static const struct {
		int code;
		enum screen_key key;
	} keys[] = {
		{ERR, SCREEN_NONE},
		{KEY_LEFT, SCREEN_LEFT},
		{'h', SCREEN_LEFT},
		{KEY_RIGHT, SCREEN_RIGHT},
		{'l', SCREEN_RIGHT},
		{KEY_UP, SCREEN_UP},
		{'k', SCREEN_UP},
		{KEY_DOWN, SCREEN_DOWN},
		{'j', SCREEN_DOWN},
		{'\t', SCREEN_NEXT},
		{KEY_BTAB, SCREEN_PREVIOUS},
		{'\r', SCREEN_PRESS},
		{'\n', SCREEN_PRESS},
		{KEY_ENTER, SCREEN_PRESS},
		{' ', SCREEN_PRESS},
		{'p', SCREEN_PAUSE},
		{'s', SCREEN_LINKS},
		{'?', SCREEN_HELP},
		{'q', SCREEN_QUIT},
		{KEY_RESIZE, SCREEN_REDRAW},
		{'L' - 64, SCREEN_REDRAW},
	};
	int code = getch();

	if (code == 'L' - 64)
		(void)clearok(curscr, TRUE); /* Ctrl-L: paint everything anew */
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return SCREEN_OTHER;
}

static attr_t attributes(unsigned int style)
{
	unsigned int colour = style & ~(unsigned int)STYLE_REVERSED;
	attr_t attribute = style & STYLE_REVERSED ? A_REVERSE : A_NORMAL;

	if (colour == STYLE_DIM)
		return attribute | A_DIM;
	if (colour == STYLE_BOLD)
		return attribute | A_BOLD;
	/* A pair that was never made is plain. */
	return attribute | (has_colors() ? (attr_t)COLOR_PAIR(colour) : 0);
}

void screen_show(const struct canvas *canvas)
{
	(void)erase();
	for (unsigned int y = 0; y < canvas->height; y++) {
		(void)move((int)y, 0);
		for (unsigned int x = 0; x < canvas->width; x++) {
			const struct cell *cell =
				&canvas->cells[(size_t)y * canvas->width + x];

			(void)attrset(attributes(cell->style));
			(void)addstr(
				cell->text); /* ERR in the last cell, which is drawn */
		}
	}
	(void)attrset(A_NORMAL);
	(void)refresh();
}
