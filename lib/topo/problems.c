/* SPDX-License-Identifier: MIT */
/* The list of all that is wrong with a lab's description. */

#include "topo/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"

static void clear_one(struct snet__problem *problem)
{
	free(problem->path);
	free(problem->text);
	*problem = (struct snet__problem){0};
}

void snet__problems_clear(struct snet__problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		clear_one(&problems->items[i]);
	free(problems->items);
	*problems = (struct snet__problems){0};
}

int snet__problems_add(struct snet__problems *problems, unsigned int line,
		       unsigned int column, char *path, const char *fmt, va_list args,
		       struct snet_err *err)
{
	autofree char *own_path = path;
	autofree char *text = NULL;
	int r;

	if (problems->count >= SNET__PROBLEMS_MAX)
		return 0;
	r = snet__vec_reserve(&problems->items, &problems->cap, problems->count + 1,
			      sizeof(*problems->items), err);
	if (r < 0)
		return r;
	if (!own_path || vasprintf(&text, fmt, args) < 0)
		return snet__err_oom(err);

	problems->items[problems->count++] = (struct snet__problem){
		.line = line,
		.column = column,
		.path = steal_ptr(own_path),
		.text = steal_ptr(text),
	};
	return 0;
}

int snet__problems_addf(struct snet__problems *problems, unsigned int line,
			unsigned int column, const char *path, struct snet_err *err,
			const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = snet__problems_add(problems, line, column, strdup(path), fmt, args, err);
	va_end(args);
	return r;
}

int snet__problems_err(const struct snet__problems *problems, const char *file,
		       struct snet_err *err)
{
	const struct snet__problem *first = problems->items;
	char place[32] = "", more[64] = "";

	if (!problems->count)
		return snet__err_set(err, -EINVAL, "%s%snot a lab", file ? file : "",
				     file ? ": " : "");
	if (first->line)
		(void)snprintf(place, sizeof(place), file ? ":%u:%u" : "%u:%u",
			       first->line, first->column);
	if (problems->count > 1)
		(void)snprintf(more, sizeof(more), " (and %zu more error%s)",
			       problems->count - 1, problems->count > 2 ? "s" : "");
	return snet__err_set(err, -EINVAL, "%s%s%s%s%s%s%s", file ? file : "", place,
			     file || first->line ? ": " : "", first->path,
			     *first->path ? ": " : "", first->text, more);
}

struct numbered {
	struct snet__problem problem;
	size_t number;
};

static int compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->problem.line != y->problem.line)
		return x->problem.line < y->problem.line ? -1 : 1;
	if (x->problem.column != y->problem.column)
		return x->problem.column < y->problem.column ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

int snet__problems_sort(struct snet__problems *problems, struct snet_err *err)
{
	autofree struct numbered *sorted = NULL;
	struct snet__problem *last = NULL;
	size_t kept = 0;

	if (problems->count < 2)
		return 0;
	sorted = calloc(problems->count, sizeof(*sorted));
	if (!sorted)
		return snet__err_oom(err);

	for (size_t i = 0; i < problems->count; i++)
		sorted[i] = (struct numbered){problems->items[i], i};
	qsort(sorted, problems->count, sizeof(*sorted), compare);
	for (size_t i = 0; i < problems->count; i++) {
		struct snet__problem *problem = &sorted[i].problem;

		if (last && last->line == problem->line &&
		    last->column == problem->column &&
		    strcmp(last->path, problem->path) == 0) {
			clear_one(problem);
			continue;
		}
		problems->items[kept] = *problem;
		last = &problems->items[kept++];
	}
	problems->count = kept;
	return 0;
}
