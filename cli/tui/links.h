/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUI_LINKS_H
#define CLI_TUI_LINKS_H

/* The links that are shaped, a row for each direction: fed with what GET /v1/links answers. Pure, as
 * model.h and draw.h. */

#include "cli/tui/canvas.h"
#include "io/json.h"

#define TUI_LINK_NAME_MAX 128 /* FROM-TO */

/* Numbers are -1, where the shaper does not count them. */
struct tui_way {
	double packets, lost, queue, queue_max;
	double p50_ns, p99_ns;
};

struct tui_link {
	char name[TUI_LINK_NAME_MAX];
	struct tui_way ways[2]; /* forth and back */
};

/* Zeroed is none. */
struct tui_links {
	struct tui_link *items;
	size_t count;
};
/* Replace them by @list. -ENOMEM: they are as they were. */
int tui_links_feed(struct tui_links *links, const struct snet__json *list,
		   struct snet_err *err);
void tui_links_clear(struct tui_links *links);

/* Into @rows rows from @y on, the first of them a heading; the directions from *@first on, which is
 * kept where there are some. */
void tui_links_draw(struct canvas *canvas, unsigned int y, unsigned int rows,
		    const struct tui_links *links, size_t *first);

#endif
