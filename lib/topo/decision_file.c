/* SPDX-License-Identifier: MIT */
#include "topo/decision_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "topo/lines.h"
#include "topo/value.h"

/* Some ten million packets. */
#define SIZE_MAX_BYTES (256u << 20)

struct snet__decision_reader {
	struct snet__decision *items;
	size_t count, cap, next;
};

char *snet__decision_file_name(const char *path, bool is_back)
{
	return snet__text_format("%s.%s", path, is_back ? "back" : "forth");
}

static int add_line(struct snet__decision_reader *reader, const struct snet__lines *lines,
		    const char *line, struct snet_err *err)
{
	struct snet_err why = {0};
	int r = snet__vec_reserve(&reader->items, &reader->cap, reader->count + 1,
				  sizeof(*reader->items), err);

	if (r < 0)
		return r;
	r = snet__decision_parse(&reader->items[reader->count], line, &why);
	if (r < 0)
		return snet__lines_refuse(lines, err, "%s", why.msg);
	reader->count++;
	return 0;
}

static int read_all(struct snet__decision_reader *reader, const char *name,
		    struct snet_err *err)
{
	cleanup_with(snet__lines_close) struct snet__lines lines = {0};
	struct snet__shown shown;
	bool is_complete = false;
	char *line;
	int r = snet__lines_open(&lines, name, SIZE_MAX_BYTES, err);

	while (r == 0 && (r = snet__lines_next(&lines, &line, err)) > 0) {
		if (is_complete)
			return snet__lines_refuse(&lines, err, "behind the end");
		is_complete = strcmp(line, SNET__DECISION_END) == 0;
		r = is_complete ? 0 : add_line(reader, &lines, line, err);
	}
	if (r < 0 || is_complete)
		return r;
	return snet__err_set(err, -EINVAL,
			     "'%s' is not complete: its last line is not '%s'",
			     snet__show(&shown, name), SNET__DECISION_END);
}

int snet__decision_reader_new(struct snet__decision_reader **ret, const char *name,
			      struct snet_err *err)
{
	struct snet__decision_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return snet__err_oom(err);
	r = read_all(reader, name, err);
	if (r < 0) {
		snet__decision_reader_free(reader);
		return r;
	}
	*ret = reader;
	return 0;
}

void snet__decision_reader_free(struct snet__decision_reader *reader)
{
	if (!reader)
		return;
	free(reader->items);
	free(reader);
}

bool snet__decision_reader_next(void *user, struct snet__decision *ret)
{
	struct snet__decision_reader *reader = user;

	if (reader->next == reader->count)
		return false;
	*ret = reader->items[reader->next++];
	return true;
}
