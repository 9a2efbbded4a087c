/* SPDX-License-Identifier: MIT */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

/* What commands print: tables, and what a terminal can take. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "io/json.h"

/* Colours: stdout is a terminal, and NO_COLOR is not set (https://no-color.org). */
bool print_has_colour(void);
/* Columns of the terminal on stdout: its own, $COLUMNS, or 80. */
unsigned int print_width(void);
/* Columns that @text takes. */
size_t print_columns(const char *text);
/* @text, cut to @columns with a "…", or padded to them. */
void print_fit(FILE *to, const char *text, size_t columns);
/* Take away the line of progress on stderr, if that is a terminal: by this. */
#define PRINT_CLEAR_LINE "\r\33[K"
void print_clear_progress(void);

/* The device in an event's source, "/house/sw0"; "" for NULL. */
const char *print_source(const char *source);

#define TABLE_COLUMNS_MAX 8

/* Rows of text, printed once the widths are known. Zeroed is empty. */
struct table {
	size_t columns, shown; /* so many of them are printed; 0: all */
	size_t widths[TABLE_COLUMNS_MAX];
	struct table_cell {
		size_t at; /* in @text */
		size_t width;
	} * cells;
	size_t count, cap;
	struct snet__text_buffer text; /* of all cells: each ends with a zero */
};
/* Add a row; the first is the heading and decides how many columns there are. Cells are
 * copied, NULL-terminated. Memory that is short loses the row, and those behind it. */
void table_add(struct table *table, ...) __attribute__((sentinel));
void table_print(const struct table *table);
void table_clear(struct table *table);
#define autotable cleanup_with(table_clear) struct table

/* A member of @object as text for a cell: a string as it is, all else as JSON, "-" for none.
 * To be freed. */
char *print_value(const struct snet__json *object, const char *key);

/* Packets of a link's direction, by any of the causes that its @counts tell. */
double print_lost(const struct snet__json *counts);

#endif
