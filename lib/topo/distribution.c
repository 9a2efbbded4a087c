/* SPDX-License-Identifier: MIT */
/* Tables of distributions. Source: get_distribution() of iproute2's tc/tc_qdisc.c and q_netem.c,
 * which read the files of /usr/lib/tc. */

#include "topo/distribution.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/lines.h"
#include "topo/value.h"

/* Append the numbers of one line to @table. */
static int parse_line(int16_t *table, size_t *count, const struct snet__lines *lines,
		      char *line, struct snet_err *err)
{
	struct snet__shown shown;
	char *rest = NULL, *end;
	long value;

	for (char *word = strtok_r(line, " \t", &rest); word;
	     word = strtok_r(NULL, " \t", &rest)) {
		value = strtol(word, &end, 10);
		if (*end || value < INT16_MIN || value > INT16_MAX)
			return snet__lines_refuse(
				lines, err,
				"expected a number from -32768 to 32767, got '%s'",
				snet__show(&shown, word));
		if (*count == SNET__DISTRIBUTION_MAX)
			return snet__lines_refuse(lines, err, "more than %d numbers",
						  SNET__DISTRIBUTION_MAX);
		table[(*count)++] = (int16_t)value;
	}
	return 0;
}

int snet__distribution_parse(int16_t **ret, size_t *ret_count,
			     const struct snet__kept_file *file, struct snet_err *err)
{
	autofree int16_t *table = calloc(SNET__DISTRIBUTION_MAX, sizeof(*table));
	cleanup_with(snet__lines_close) struct snet__lines lines = {0};
	struct snet__shown shown;
	size_t count = 0;
	char *line;
	int r;

	if (!table)
		return snet__err_oom(err);
	r = snet__lines_open_kept(&lines, file, err);
	while (r == 0 && (r = snet__lines_next(&lines, &line, err)) > 0)
		r = parse_line(table, &count, &lines, line, err);
	if (r < 0)
		return r;
	if (count < 2)
		return snet__err_set(err, -EINVAL,
				     "'%s' has %s: a distribution needs two",
				     snet__show(&shown, snet__kept_file_path(file)),
				     count ? "one number" : "no number");

	*ret = steal_ptr(table);
	*ret_count = count;
	return 0;
}
