/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_EXPAND_H
#define SNET_TOPO_EXPAND_H

/* The strings of an entry that "count" repeats: from the template to each repetition, and back
 * from two neighbours to the template. */

#include <stdbool.h>

/* @text with each {i} and {i+N} replaced by @instance and N more, and {{} by a brace, to be
 * freed; -EINVAL when there is a number and no instance (-1), -ENOMEM. */
int snet__expand(char **ret, const char *text, long instance);
/* Whether there is a number in it. */
bool snet__expand_has_number(const char *text);
/* The template that expands to @first for 0 and to @second for 1, to be freed. -EINVAL when
 * there is none, -ENOMEM. For a text and itself: the text with its braces kept. */
int snet__expand_find(char **ret, const char *first, const char *second);

#endif
