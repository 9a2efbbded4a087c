/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_SCREEN_H
#define CLI_TUI_SCREEN_H

/* The terminal, through ncurses: the only file that knows it. One screen a process. */

#include "cli/tui/canvas.h"

enum screen_key {
	SCREEN_NONE,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_NEXT,
	SCREEN_PREVIOUS,
	SCREEN_PRESS,
	SCREEN_PAUSE,
	SCREEN_LINKS,
	SCREEN_HELP,
	SCREEN_QUIT,
	SCREEN_REDRAW,
	SCREEN_OTHER,
};

/* -ENOTTY: not a terminal, or one that ncurses does not know. */
int screen_open(struct snet_err *err);
/* The terminal as it was before. */
void screen_close(void);
void screen_size(unsigned int *ret_width, unsigned int *ret_height);
/* The next key that was pressed, SCREEN_NONE for none; does not wait. */
enum screen_key screen_key(void);
void screen_show(const struct canvas *canvas);

#endif
