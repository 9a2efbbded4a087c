/* SPDX-License-Identifier: MIT */
/* {i}: the number of an entry that "count" repeats. JSON is expanded as text: {i} can only
 * stand within its strings, and digits need no quoting there. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/reader.h"

#define MARK "{i}"

int snet__expand(char **ret, const char *text, long instance)
{
	size_t marks = 0, digits;
	char number[24], *to;
	const char *at, *mark;

	for (at = text; (at = strstr(at, MARK)); at += strlen(MARK))
		marks++;
	if (marks && instance < 0)
		return -EINVAL;

	digits = (size_t)snprintf(number, sizeof(number), "%ld", instance);
	to = malloc(strlen(text) + marks * digits + 1);
	if (!to)
		return -ENOMEM;

	*ret = to;
	for (at = text; (mark = strstr(at, MARK)); at = mark + strlen(MARK)) {
		memcpy(to, at, (size_t)(mark - at));
		to += mark - at;
		memcpy(to, number, digits);
		to += digits;
	}
	memcpy(to, at, strlen(at) + 1);
	return 0;
}
