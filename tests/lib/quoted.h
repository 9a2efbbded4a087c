/* SPDX-License-Identifier: MIT */
#ifndef TESTS_QUOTED_H
#define TESTS_QUOTED_H

/* JSON in which ' stands for ", and what is wrong with it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/model.h"

/* As it is read, in place; returns @text. */
static inline char *quote(char *text)
{
	for (char *at = text; *at; at++)
		if (*at == '\'')
			*at = '"';
	return text;
}

/* A copy as it is read, to be freed. */
static inline char *quoted(const char *text)
{
	return quote(strdup(text));
}

/* One a line, to be freed. */
static inline char *list_problems(const struct snet__problems *of)
{
	size_t size = 0;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &size);

	for (size_t i = 0; i < of->count; i++)
		fprintf(out, "%u:%u: %s: %s\n", of->items[i].line, of->items[i].column,
			of->items[i].path, of->items[i].text);
	fclose(out);
	return lines;
}

#endif
