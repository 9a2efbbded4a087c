/* SPDX-License-Identifier: MIT */
/* Widths are counted in columns by wcwidth(3): names may be any UTF-8. */

#include "cli/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/vec.h"
#include "fault/report_parts.h"

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

static void print_blanks(FILE *to, size_t count)
{
	static const char blanks[] = "                                ";
	size_t portion;

	for (; count; count -= portion) {
		portion = count < sizeof(blanks) - 1 ? count : sizeof(blanks) - 1;
		(void)fwrite(blanks, 1, portion, to);
	}
}

void print_fit(FILE *to, const char *text, size_t columns)
{
	size_t room = columns ? columns - 1 : 0, used = print_columns(text), wide, bytes;
	mbstate_t state = {0};

	if (used <= columns) {
		(void)fputs(text, to);
		print_blanks(to, columns - used);
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
	if (used < columns)
		print_blanks(to, columns - used);
}

void print_clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, PRINT_CLEAR_LINE);
}

const char *print_source(const char *source)
{
	const char *slash = source ? strrchr(source, '/') : NULL;

	return slash && slash[1] ? slash + 1 : source ? source : "";
}

static int add_cell(struct table *table, const char *text)
{
	size_t at = table->text.size,
	       *width = &table->widths[table->count % table->columns];
	struct table_cell *cell;

	snet__text_add(&table->text, text, strlen(text) + 1);
	if (table->text.is_short ||
	    snet__vec_reserve(&table->cells, &table->cap, table->count + 1,
			      sizeof(*table->cells), NULL) < 0)
		return -ENOMEM;
	cell = &table->cells[table->count++];
	*cell = (struct table_cell){at, print_columns(text)};
	*width = cell->width > *width ? cell->width : *width;
	return 0;
}

void table_add(struct table *table, ...)
{
	const char *cells[TABLE_COLUMNS_MAX], *cell;
	size_t count = 0, before = table->count;
	va_list args;

	va_start(args, table);
	while (count < TABLE_COLUMNS_MAX && (cell = va_arg(args, const char *)))
		cells[count++] = cell;
	va_end(args);

	if (!table->columns)
		table->columns = count;
	for (size_t i = 0; i < table->columns; i++)
		if (add_cell(table, i < count ? cells[i] : "") < 0) {
			table->count = before;
			return;
		}
}

void table_print(const struct table *table)
{
	size_t shown = table->shown ? table->shown : table->columns, column;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_cell *cell = &table->cells[i];

		column = i % table->columns;
		if (column >= shown)
			continue;
		(void)fputs(table->text.data + cell->at, stdout);
		/* The last column is not padded: no line ends in blanks. */
		if (column + 1 == shown)
			(void)fputc('\n', stdout);
		else
			print_blanks(stdout, table->widths[column] - cell->width + 2);
	}
}

void table_clear(struct table *table)
{
	free(table->cells);
	free(table->text.data);
	*table = (struct table){0};
}

/* What steers terminals is not for them, whoever has sent it. */
static char *make_plain(const char *text)
{
	size_t size;
	char *ret = NULL;
	FILE *out = text ? open_memstream(&ret, &size) : NULL;

	if (!out)
		return NULL;
	snet__put_plain(out, text);
	if (fclose(out) == 0)
		return ret;
	free(ret);
	return NULL;
}

char *print_value(const struct snet__json *object, const char *key)
{
	const struct snet__json *value = snet__json_get(object, key);
	autofree char *text = NULL;

	if (!value || snet__json_is(value, SNET__JSON_NULL))
		return strdup("-");
	if (snet__json_is(value, SNET__JSON_STRING))
		return make_plain(snet__json_string(value));
	text = snet__json_format(value);
	return make_plain(text);
}

double print_lost(const struct snet__json *counts)
{
	static const char *const causes[] = {"lost_loss",  "lost_queue", "lost_codel",
					     "lost_down",  "lost_pmtu",  "lost_memory",
					     "lost_fault", "missed",     "refused"};
	double ret = 0;

	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		ret += snet__json_number(snet__json_get(counts, causes[i]), 0);
	return ret;
}
