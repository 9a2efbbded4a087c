/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_LINKS_H
#define CLI_TUI_LINKS_H

/* The links that are shaped, a row for each direction, and of the one that is selected all that
 * is known: fed with what GET /v1/links answers. Pure, as model.h and draw.h. */

#include "cli/tui/canvas.h"
#include "io/json.h"

/* Zeroed is none. */
struct tui_links {
	struct tui_link *items;
	size_t count;
};
/* Replace them by @list. -ENOMEM: they are as they were. */
int tui_links_feed(struct tui_links *links, const struct snet__json *list,
		   struct snet_err *err);
void tui_links_clear(struct tui_links *links);

/* Of all links: what can be selected. */
size_t tui_links_way_count(const struct tui_links *links);

/* Into @rows rows from @y on, the first of them a heading; the directions from *@first on. *@first and
 * *@selected are kept where there are some, and the latter is seen. */
void tui_links_draw(struct canvas *canvas, unsigned int y, unsigned int rows,
		    const struct tui_links *links, size_t *first, size_t *selected);

#endif
