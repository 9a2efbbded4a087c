/* SPDX-License-Identifier: MIT */
/* Widths are counted in columns by wcwidth(3): names may be any UTF-8. */

#include "cli/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/vec.h"

bool print_has_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

unsigned int print_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	long width = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (!width && columns)
		width = strtol(columns, NULL, 10);
	return width >= 20 && width <= 1000 ? (unsigned int)width : 80;
}

/* One character of @text: how many bytes it has and how many columns it takes. */
static size_t step(const char *text, mbstate_t *state, size_t *ret_columns)
{
	wchar_t wide;
	size_t bytes;
	int columns;

	/* Most names are ASCII, and in a large lab there are many. */
	if (*text >= ' ' && *text <= '~') {
		*ret_columns = 1;
		return 1;
	}
	bytes = mbrtowc(&wide, text, MB_CUR_MAX, state);
	if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0) {
		memset(state, 0, sizeof(*state));
		*ret_columns = 1;
		return 1;
	}
	columns = wcwidth(wide);
	*ret_columns = columns > 0 ? (size_t)columns : 0;
	return bytes;
}

size_t print_columns(const char *text)
{
	mbstate_t state = {0};
	size_t sum = 0, columns;

	while (*text) {
		text += step(text, &state, &columns);
		sum += columns;
	}
	return sum;
}

void print_fit(FILE *to, const char *text, size_t columns, bool pad)
{
	size_t room = columns ? columns - 1 : 0, used = print_columns(text), wide, bytes;
	mbstate_t state = {0};

	if (used <= columns) {
		(void)fputs(text, to);
		if (pad)
			(void)fprintf(to, "%*s", (int)(columns - used), "");
		return;
	}
	used = 0;
	while (*text) {
		bytes = step(text, &state, &wide);
		if (used + wide > room)
			break;
		(void)fwrite(text, 1, bytes, to);
		text += bytes;
		used += wide;
	}
	if (columns) {
		(void)fputs("\u2026", to);
		used++;
	}
	for (; pad && used < columns; used++)
		(void)fputc(' ', to);
}

const char *print_source(const char *source)
{
	const char *slash = source ? strrchr(source, '/') : NULL;

	return slash && slash[1] ? slash + 1 : source ? source : "";
}

void table_add(struct table *table, ...)
{
	const char *cells[TABLE_COLUMNS_MAX], *cell;
	size_t count = 0;
	va_list args;

	va_start(args, table);
	while (count < TABLE_COLUMNS_MAX && (cell = va_arg(args, const char *)))
		cells[count++] = cell;
	va_end(args);

	if (!table->columns)
		table->columns = count;
	if (snet__vec_reserve(&table->cells, &table->cap, table->count + table->columns,
			      sizeof(*table->cells), NULL) < 0)
		return;
	for (size_t i = 0; i < table->columns; i++)
		table->cells[table->count++] = strdup(i < count ? cells[i] : "");
}

void table_print(const struct table *table)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0}, width;

	for (size_t i = 0; i < table->count; i++) {
		width = print_columns(table->cells[i] ? table->cells[i] : "");
		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i < table->count; i++) {
		bool last = (i + 1) % table->columns == 0;

		/* The last column is not padded: no line ends in blanks. */
		print_fit(stdout, table->cells[i] ? table->cells[i] : "",
			  widths[i % table->columns], !last);
		(void)fputs(last ? "\n" : "  ", stdout);
	}
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){0};
}

char *print_value(const struct snet__json *object, const char *key)
{
	const struct snet__json *value = snet__json_get(object, key);

	if (!value || snet__json_is(value, SNET__JSON_NULL))
		return strdup("-");
	if (snet__json_is(value, SNET__JSON_STRING))
		return strdup(snet__json_string(value));
	return snet__json_format(value);
}
