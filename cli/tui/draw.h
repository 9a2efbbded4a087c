/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_DRAW_H
#define CLI_TUI_DRAW_H

/* The model as a frame. Pure: what is drawn depends on the arguments alone. */

#include "cli/tui/canvas.h"
#include "cli/tui/model.h"

/* What the person at the keyboard has chosen, and what the program has to say. */
struct tui_view {
	size_t selected;  /* which item; see tui_item_count() */
	size_t first_row; /* of the devices, when they do not fit */
	bool is_paused;
	uint64_t paused_count; /* events up to this one are shown while paused */
	bool has_help;
	bool has_links;      /* links are shown instead of devices and events */
	size_t selected_way; /* of the links' directions; see tui_links_way_count() */
	size_t first_way;    /* of them, when they do not fit */
	bool is_connected;
	bool is_frame; /* one frame as text: no keys, nothing selected */
	char message[200];
};

/* What can be selected: senders with the actuators beside them, and actuators that stand
 * alone. */
size_t tui_item_count(const struct tui_model *model);
/* The node of an item; NULL when there are fewer. */
const struct tui_node *tui_item(const struct tui_model *model, size_t index);
/* Columns of items on a screen of @width: what up and down jump by. */
size_t tui_item_columns(const struct tui_model *model, unsigned int width);

/* Draws into @canvas, whose size is the screen's; keeps the selection on the screen. */
void tui_draw(struct canvas *canvas, const struct tui_model *model, struct tui_view *view,
	      uint64_t now_ns);

/* The height of a frame that shows all devices, for --once. */
unsigned int tui_frame_height(const struct tui_model *model, unsigned int width);

/* @values as bars of eighths of a row, scaled to the largest. */
void tui_sparkline(char *text, size_t size, const double *values, size_t count);

#endif
