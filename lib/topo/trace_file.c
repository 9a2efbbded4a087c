/* SPDX-License-Identifier: MIT */
/* Traces of links. Both formats come down to ascending times, found by halving; a time in a later
 * round is one in the first, and so many periods. */

#include "topo/trace_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/vec.h"
#include "topo/lines.h"
#include "topo/value.h"

/* The columns of steps; bits of what a trace has. */
#define HAS_DELAY (1u << 0)
#define HAS_LOSS  (1u << 1)
#define HAS_RATE  (1u << 2)

#define COLUMNS_MAX 4
#define TIME_MAX_NS (UINT64_C(1) << 62)

struct snet__trace_file {
	uint64_t *times_ns;
	size_t count, cap;
	struct snet__trace_point *points; /* of steps, as many */
	size_t point_cap;
	unsigned int has;
	uint64_t period_ns; /* UINT64_MAX: it never ends */
	bool is_once;
};

/* ---- Reading. */

/* One line's words, by column. */
typedef int (*read_fn)(const char *word, uint64_t *ret_time,
		       struct snet__trace_point *point);

static int read_time(const char *word, uint64_t *ret_time,
		     struct snet__trace_point *point)
{
	(void)point;
	return snet__text_parse_duration(ret_time, word);
}

static int read_delay(const char *word, uint64_t *ret_time,
		      struct snet__trace_point *point)
{
	(void)ret_time;
	if (snet__text_parse_duration(&point->delay_ns, word) < 0)
		return -EINVAL;
	return snet__value_check_range(point->delay_ns, &snet__range_delay, NULL);
}

static int read_loss(const char *word, uint64_t *ret_time,
		     struct snet__trace_point *point)
{
	(void)ret_time;
	return snet__text_parse_share(&point->loss, word);
}

static int read_rate(const char *word, uint64_t *ret_time,
		     struct snet__trace_point *point)
{
	(void)ret_time;
	if (snet__text_parse_rate(&point->rate_bps, word) < 0)
		return -EINVAL;
	/* Elsewhere 0 is no limit, which nobody means here. */
	return point->rate_bps
		       ? snet__value_check_range(point->rate_bps, &snet__range_rate, NULL)
		       : -EINVAL;
}

static const struct column {
	const char *name;
	const char *wanted;
	unsigned int bit;
	read_fn read;
} columns[] = {
	{"time", "a time such as '1.5s'", 0, read_time},
	{"delay", "a delay such as '20ms', at most 1h", HAS_DELAY, read_delay},
	{"loss", "a share such as '0.1%'", HAS_LOSS, read_loss},
	{"rate", "a rate such as '20Mbit', above 0 (an outage is a loss of 100%)",
	 HAS_RATE, read_rate},
};

/* The columns of one file, in its order. */
struct header {
	const struct column *columns[COLUMNS_MAX];
	size_t count;
};

/* The next word of a line that commas part, without blanks; NULL behind the last. */
static char *next_word(char **rest)
{
	char *word = *rest ? strsep(rest, ",") : NULL;
	size_t length;

	if (!word)
		return NULL;
	while (isblank((unsigned char)*word))
		word++;
	for (length = strlen(word); length && isblank((unsigned char)word[length - 1]);)
		word[--length] = '\0';
	return word;
}

static const struct column *find_column(const char *name)
{
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

static int add_column(struct header *header, const struct snet__lines *lines,
		      const char *word, struct snet_err *err)
{
	const struct column *column = find_column(word);
	struct snet__shown shown;

	if (!column)
		return snet__lines_refuse(lines, err,
					  "expected milliseconds, or a header of 'time' "
					  "and 'delay', 'loss', 'rate', got '%s'",
					  snet__show(&shown, word));
	for (size_t i = 0; i < header->count; i++)
		if (header->columns[i] == column)
			return snet__lines_refuse(lines, err, "'%s' is there twice",
						  word);
	header->columns[header->count++] = column;
	return 0;
}

static int read_header(struct header *header, struct snet__trace_file *trace,
		       const struct snet__lines *lines, char *line, struct snet_err *err)
{
	char *rest = line, *word;
	int r = 0;

	while (r == 0 && (word = next_word(&rest)))
		r = add_column(header, lines, word, err);
	if (r < 0)
		return r;
	if (header->columns[0] != &columns[0])
		return snet__lines_refuse(lines, err, "the first column must be 'time'");
	for (size_t i = 1; i < header->count; i++)
		trace->has |= header->columns[i]->bit;
	if (!trace->has)
		return snet__lines_refuse(
			lines, err, "'time' alone: needs 'delay', 'loss' or 'rate'");
	return 0;
}

static int add_step(struct snet__trace_file *trace, const struct header *header,
		    const struct snet__lines *lines, char *line, struct snet_err *err)
{
	struct snet__trace_point point = {0};
	struct snet__shown shown;
	char *rest = line, *word;
	uint64_t time_ns = 0;
	size_t i = 0;
	int r;

	for (; (word = next_word(&rest)); i++)
		if (i < header->count &&
		    header->columns[i]->read(word, &time_ns, &point) < 0)
			return snet__lines_refuse(lines, err, "%s: expected %s, got '%s'",
						  header->columns[i]->name,
						  header->columns[i]->wanted,
						  snet__show(&shown, word));
	if (i != header->count)
		return snet__lines_refuse(lines, err, "has %zu values, the header %zu", i,
					  header->count);
	if (trace->count && time_ns <= trace->times_ns[trace->count - 1])
		return snet__lines_refuse(lines, err,
					  "the time is not after that before");
	r = snet__vec_reserve(&trace->times_ns, &trace->cap, trace->count + 1,
			      sizeof(*trace->times_ns), err);
	if (r == 0)
		r = snet__vec_reserve(&trace->points, &trace->point_cap, trace->count + 1,
				      sizeof(*trace->points), err);
	if (r < 0)
		return r;
	trace->points[trace->count] = point;
	trace->times_ns[trace->count++] = time_ns;
	return 0;
}

static int add_delivery(struct snet__trace_file *trace, const struct snet__lines *lines,
			const char *line, struct snet_err *err)
{
	struct snet__shown shown;
	uint64_t time_ns;
	char *end = NULL;
	unsigned long long ms;
	int r;

	errno = 0;
	ms = isdigit((unsigned char)*line) ? strtoull(line, &end, 10) : 0;
	if (!end || *end || errno || ms > TIME_MAX_NS / SNET__NS_PER_MS)
		return snet__lines_refuse(lines, err,
					  "expected whole milliseconds, got '%s'",
					  snet__show(&shown, line));
	time_ns = ms * SNET__NS_PER_MS;
	if (trace->count && time_ns < trace->times_ns[trace->count - 1])
		return snet__lines_refuse(lines, err, "before the line before");
	r = snet__vec_reserve(&trace->times_ns, &trace->cap, trace->count + 1,
			      sizeof(*trace->times_ns), err);
	if (r == 0)
		trace->times_ns[trace->count++] = time_ns;
	return r;
}

static int finish_deliveries(struct snet__trace_file *trace,
			     const struct snet__lines *lines, struct snet_err *err)
{
	trace->period_ns = trace->count ? trace->times_ns[trace->count - 1] : 0;
	if (!trace->period_ns)
		return snet__lines_refuse(lines, err, "a trace must end after 0 ms");
	return 0;
}

static int finish_steps(struct snet__trace_file *trace, const struct snet__lines *lines,
			struct snet_err *err)
{
	size_t last = trace->count - 1;
	uint64_t first;

	if (!trace->count)
		return snet__lines_refuse(lines, err, "nothing follows the header");
	first = trace->times_ns[0];
	for (size_t i = 0; i < trace->count; i++)
		trace->times_ns[i] -= first;
	trace->period_ns =
		last ? 2 * trace->times_ns[last] - trace->times_ns[last - 1] : UINT64_MAX;
	return 0;
}

static int read_lines(struct snet__trace_file *trace, struct snet__lines *lines,
		      struct snet_err *err)
{
	struct header header = {0};
	struct snet__shown shown;
	bool has_deliveries;
	char *line;
	int r = snet__lines_next(lines, &line, err);

	if (r == 0)
		return snet__err_set(err, -EINVAL, "'%s' is empty: no trace",
				     snet__show(&shown, lines->path));
	if (r < 0)
		return r;
	has_deliveries = isdigit((unsigned char)*line);
	r = has_deliveries ? add_delivery(trace, lines, line, err)
			   : read_header(&header, trace, lines, line, err);
	while (r == 0 && (r = snet__lines_next(lines, &line, err)) > 0)
		r = has_deliveries ? add_delivery(trace, lines, line, err)
				   : add_step(trace, &header, lines, line, err);
	if (r < 0)
		return r;
	return has_deliveries ? finish_deliveries(trace, lines, err)
			      : finish_steps(trace, lines, err);
}

void snet__trace_file_free(struct snet__trace_file *trace)
{
	if (!trace)
		return;
	free(trace->times_ns);
	free(trace->points);
	free(trace);
}

static void free_at(struct snet__trace_file **at)
{
	snet__trace_file_free(*at);
}

int snet__trace_file_parse(struct snet__trace_file **ret,
			   const struct snet__kept_file *file, bool is_once,
			   struct snet_err *err)
{
	cleanup_with(free_at) struct snet__trace_file *trace = calloc(1, sizeof(*trace));
	cleanup_with(snet__lines_close) struct snet__lines lines = {0};
	int r;

	if (!trace)
		return snet__err_oom(err);
	trace->is_once = is_once;
	r = snet__lines_open_kept(&lines, file, err);
	if (r == 0)
		r = read_lines(trace, &lines, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(trace);
	return 0;
}

/* ---- Playing. */

bool snet__trace_file_has_deliveries(const struct snet__trace_file *trace)
{
	return !trace->points;
}

bool snet__trace_file_has_rate(const struct snet__trace_file *trace)
{
	return trace->has & HAS_RATE;
}

bool snet__trace_file_is_over(const struct snet__trace_file *trace, uint64_t at_ns)
{
	return trace->is_once && at_ns >= trace->period_ns;
}

/* The first time of the first round that is not before @at_ns, or the count of all. */
static size_t find_time(const struct snet__trace_file *trace, uint64_t at_ns)
{
	size_t low = 0, high = trace->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trace->times_ns[middle] < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first opportunity that is not before @at_ns, those of all rounds counted. */
static uint64_t find_delivery(const struct snet__trace_file *trace, uint64_t at_ns)
{
	uint64_t round = at_ns / trace->period_ns, in_round = at_ns % trace->period_ns;

	/* The end of a round is that round's, not the next one's beginning. */
	if (in_round == 0 && round) {
		round--;
		in_round = trace->period_ns;
	}
	return round * trace->count + find_time(trace, in_round);
}

static uint64_t delivery_time(const struct snet__trace_file *trace, uint64_t index)
{
	return index / trace->count * trace->period_ns +
	       trace->times_ns[index % trace->count];
}

uint64_t snet__trace_file_departure(const struct snet__trace_file *trace,
				    struct snet__trace_cursor *cursor, uint64_t at_ns,
				    size_t bytes)
{
	uint64_t first = find_delivery(trace, at_ns), more, leaves;

	/* Nobody waited for those in between. */
	if (cursor->begun <= first) {
		cursor->begun = first + 1;
		cursor->left = SNET__DELIVERY_BYTES;
	}
	if (bytes > cursor->left) {
		bytes -= cursor->left;
		more = (bytes + SNET__DELIVERY_BYTES - 1) / SNET__DELIVERY_BYTES;
		cursor->begun += more;
		cursor->left = (uint32_t)(more * SNET__DELIVERY_BYTES - bytes);
	} else {
		cursor->left -= (uint32_t)bytes;
	}
	if (!trace->is_once || cursor->begun <= trace->count)
		leaves = delivery_time(trace, cursor->begun - 1);
	else
		leaves = trace->period_ns;
	return leaves > at_ns ? leaves : at_ns;
}

bool snet__trace_file_rate(const struct snet__trace_file *trace, uint64_t at_ns,
			   uint64_t *ret_bps)
{
	uint64_t begin, length_ns = SNET__NS_PER_S;
	size_t last = trace->count;

	if (snet__trace_file_is_over(trace, at_ns))
		return false;
	at_ns %= trace->period_ns;
	begin = at_ns - at_ns % SNET__NS_PER_S;
	/* What comes at the very end of the round is in its last second. */
	if (trace->period_ns - begin > length_ns)
		last = find_time(trace, begin + length_ns);
	else
		length_ns = trace->period_ns - begin;
	*ret_bps = ((last - find_time(trace, begin)) * UINT64_C(1000000) * 8 *
			    SNET__DELIVERY_BYTES +
		    length_ns / 2) /
		   length_ns * 1000;
	return true;
}

bool snet__trace_file_at(const struct snet__trace_file *trace, uint64_t at_ns,
			 struct snet__trace_point *point)
{
	const struct snet__trace_point *now;
	size_t i;

	if (snet__trace_file_is_over(trace, at_ns))
		return false;
	at_ns %= trace->period_ns;
	i = find_time(trace, at_ns);
	/* That of this very time, else the one before. The first is at 0. */
	if (i == trace->count || trace->times_ns[i] > at_ns)
		i--;
	now = &trace->points[i];
	if (trace->has & HAS_DELAY)
		point->delay_ns = now->delay_ns;
	if (trace->has & HAS_LOSS)
		point->loss = now->loss;
	if (trace->has & HAS_RATE)
		point->rate_bps = now->rate_bps;
	return true;
}
