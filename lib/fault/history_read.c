/* SPDX-License-Identifier: MIT */
/* Reading a history: each line is taken by the function of its type. What a line says of an event
 * may come before its press, since clocks are read a moment after what they are read for. */

#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "fault/record.h"
#include "store/store.h"
#include "topo/value.h"

struct reader {
	struct snet__record record;
	struct snet_step *steps; /* of a line */
	size_t step_cap;
	/* By an event's index: the line that told of it first. */
	unsigned int *told;
	size_t told_cap;
	bool has_begun, has_ended;
};

/* ---- Types. */

/* The event that the line is about. NULL: something is wrong. */
static struct snet__history_event *need_event(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history *history = record->history;
	const char *id = snet__record_need_string(record, SNET__RECORD_EVENT);
	struct snet__history_event *event;
	size_t index = history->events_count;

	event = id ? snet__history_find_event(history, id) : NULL;
	if (event || !id)
		return event;
	if (snet__vec_reserve(&reader->told, &reader->told_cap, index + 1,
			      sizeof(*reader->told), NULL) == 0)
		event = snet__history_add_event(history, id);
	if (snet__record_is_made(record, event))
		reader->told[index] = record->lines.number;
	return event;
}

static void take_run(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history *history = record->history;

	if (reader->has_begun)
		snet__record_refuse(record, "a second 'run'");
	reader->has_begun = true;
	history->scenario = snet__record_get_text(record, SNET__RECORD_SCENARIO);
	history->lab = snet__record_get_text(record, SNET__RECORD_LAB);
	history->path = snet__record_get_text(record, SNET__RECORD_PATH);
	history->seed = snet__record_need_u64(record, SNET__RECORD_SEED);
	history->began_wall_ns = snet__record_need_u64(record, SNET__RECORD_BEGAN);
}

/* A press that made no event. */
static void take_refusal(struct snet__record *record)
{
	const char *node = snet__record_need_word(record, SNET__RECORD_NODE);
	const char *why = snet__record_need_text(record, SNET__RECORD_WHY);
	uint64_t at_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	struct snet__history_note *note;

	if (record->r < 0)
		return;
	note = snet__history_add_note(record->history, SNET__NOTE_REFUSED, node, why,
				      at_ns);
	if (!snet__record_is_made(record, note))
		return;
	note->planned_ns = snet__record_get_time(record, SNET__RECORD_PLANNED);
	note->data = snet__record_get_json(record, SNET__RECORD_DATA);
}

static void take_press(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_event *event;

	if (!snet__record_has(record, SNET__RECORD_EVENT) &&
	    !snet__record_get_bool(record, SNET__RECORD_PRESSED, true)) {
		take_refusal(record);
		return;
	}
	event = need_event(reader);
	if (!event)
		return;
	if (event->node)
		snet__record_refuse(record, "a second 'press' of event '%.63s'",
				    event->id);
	event->node = snet__record_need_word(record, SNET__RECORD_NODE);
	event->data = snet__record_get_json(record, SNET__RECORD_DATA);
	event->planned_ns = snet__record_get_time(record, SNET__RECORD_PLANNED);
	if (snet__record_get_bool(record, SNET__RECORD_PRESSED, true))
		event->pressed_ns = snet__record_need_u64(record, SNET__RECORD_AT);
}

static void take_acknowledged(struct reader *reader)
{
	struct snet__history_event *event = need_event(reader);

	if (event)
		event->acknowledged_ns =
			snet__record_need_u64(&reader->record, SNET__RECORD_AT);
}

static void take_dropped(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_event *event = need_event(reader);

	if (!event)
		return;
	event->dropped_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	event->why = snet__record_get_text(record, SNET__RECORD_WHY);
}

static enum snet_outcome need_outcome(struct snet__record *record)
{
	const char *text = snet__record_need_string(record, SNET__RECORD_OUTCOME);
	struct snet__shown shown;

	if (!text)
		return SNET_OUTCOME_PENDING;
	for (int i = SNET_OUTCOME_PENDING; i <= SNET_OUTCOME_FAILED; i++)
		if (strcmp(text, snet_outcome_name((enum snet_outcome)i)) == 0)
			return (enum snet_outcome)i;
	snet__record_refuse(record, "'outcome': there is no '%s'",
			    snet__show(&shown, text));
	return SNET_OUTCOME_PENDING;
}

/* Its node and detail live as long as the line. */
static struct snet_step need_step(struct snet__record *record)
{
	struct snet_step step = {
		.at_ns = snet__record_need_u64(record, SNET__RECORD_AT),
		.step = snet__record_need_word(record, SNET__RECORD_STEP),
		.node = snet__record_need_string(record, SNET__RECORD_NODE),
		.detail = "",
	};

	if (snet__record_has(record, SNET__RECORD_DETAIL))
		step.detail = snet__record_need_string(record, SNET__RECORD_DETAIL);
	return step;
}

/* Into @reader->steps; how many. The line's members of the same names are gone then. */
static size_t read_steps(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__scan scan;
	size_t count = 0;

	if (!snet__record_open_array(record, SNET__RECORD_STEPS, &scan))
		return 0;
	for (; record->r == 0 && snet__scan_next(&scan, ']', count == 0); count++) {
		if (snet__vec_reserve(&reader->steps, &reader->step_cap, count + 1,
				      sizeof(*reader->steps), NULL) < 0) {
			(void)snet__record_is_made(record, NULL);
			break;
		}
		snet__record_find(record, &scan, SNET__RECORD_STEP_MEMBER_COUNT);
		reader->steps[count] = need_step(record);
	}
	return count;
}

static void take_event(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_event *event = need_event(reader);
	struct snet_trace trace = {.outcome = need_outcome(record)};

	if (!event)
		return;
	if (snet__record_get_bool(record, SNET__RECORD_ENDED, true))
		event->ended_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	event->is_forgotten =
		snet__record_get_bool(record, SNET__RECORD_FORGOTTEN, false);
	trace.count = read_steps(reader);
	trace.steps = reader->steps;
	if (record->r == 0)
		record->r = snet__history_set_trace(record->history, event, &trace, 0,
						    record->err);
}

static void take_command(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history *history = record->history;
	struct snet__history_command *command = snet__history_add_command(history);
	const struct snet__history_event *event = NULL;

	if (!snet__record_is_made(record, command))
		return;
	if (snet__record_has(record, SNET__RECORD_EVENT))
		event = need_event(reader);
	if (event)
		command->event = (size_t)(event - history->events);
	command->at_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	command->node = snet__record_need_word(record, SNET__RECORD_NODE);
	command->id = snet__record_need_text(record, SNET__RECORD_COMMAND);
	command->state = snet__record_get_json(record, SNET__RECORD_STATE);
	command->is_repeated =
		snet__record_get_bool(record, SNET__RECORD_REPEATED, false);
}

static void take_state(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_state *state = snet__history_add_state(record->history);

	if (!snet__record_is_made(record, state))
		return;
	state->at_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	state->node = snet__record_need_word(record, SNET__RECORD_NODE);
	state->state = snet__record_need_json(record, SNET__RECORD_STATE);
}

static void take_fault(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_fault *fault = snet__history_add_fault(record->history);

	if (!snet__record_is_made(record, fault))
		return;
	fault->name = snet__record_need_word(record, SNET__RECORD_NAME);
	fault->kind = snet__record_need_word(record, SNET__RECORD_KIND);
	fault->what = snet__record_need_text(record, SNET__RECORD_WHAT);
	fault->entry = snet__record_need_uint(record, SNET__RECORD_ENTRY);
	fault->occurrence = snet__record_need_uint(record, SNET__RECORD_OCCURRENCE);
	fault->is_optional = snet__record_get_bool(record, SNET__RECORD_OPTIONAL, false);
	fault->planned_ns = snet__record_get_time(record, SNET__RECORD_PLANNED);
	fault->begun_ns = snet__record_get_time(record, SNET__RECORD_BEGUN);
	fault->planned_end_ns = snet__record_get_time(record, SNET__RECORD_PLANNED_END);
	fault->healed_ns = snet__record_get_time(record, SNET__RECORD_HEALED);
	fault->failure = snet__record_get_text(record, SNET__RECORD_FAILURE);
	fault->has_effect = snet__record_get_bool(record, SNET__RECORD_HAS_EFFECT, false);
	fault->effect_ns = snet__record_get_time(record, SNET__RECORD_EFFECT);
	fault->effect_end_ns = snet__record_get_time(record, SNET__RECORD_EFFECT_END);
	fault->receipt = snet__record_get_text(record, SNET__RECORD_RECEIPT);
	fault->measures = snet__record_get_json(record, SNET__RECORD_MEASURES);
}

static void take_probe(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	size_t count = record->history->probes_count;
	struct snet__history_probe *probe = snet__history_add_probe(record->history);

	if (!snet__record_is_made(record, probe))
		return;
	if (snet__record_need_u64(record, SNET__RECORD_PROBE) != count)
		snet__record_refuse(record, "'probe': expected %zu, the next", count);
	probe->kind = snet__record_need_word(record, SNET__RECORD_KIND);
	probe->from = snet__record_need_word(record, SNET__RECORD_FROM);
	probe->to = snet__record_need_word(record, SNET__RECORD_TO);
	probe->fault = snet__record_need_uint(record, SNET__RECORD_ENTRY);
}

static void take_sample(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history_sample *sample = snet__history_add_sample(record->history);

	if (!snet__record_is_made(record, sample))
		return;
	sample->at_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	sample->probe = snet__record_need_uint(record, SNET__RECORD_PROBE);
	if (sample->probe >= record->history->probes_count)
		snet__record_refuse(record, "there is no probe %u", sample->probe);
	sample->is_answered = snet__record_get_bool(record, SNET__RECORD_ANSWERED, false);
	sample->detail = snet__record_get_word(record, SNET__RECORD_DETAIL);
	sample->rtt_ns = snet__record_get_time(record, SNET__RECORD_RTT);
}

static void take_note(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	const char *kind = snet__record_need_word(record, SNET__RECORD_KIND);
	const char *node = snet__record_get_word(record, SNET__RECORD_NODE);
	const char *text = snet__record_need_string(record, SNET__RECORD_TEXT);
	uint64_t at_ns = snet__record_need_u64(record, SNET__RECORD_AT);

	if (record->r == 0)
		(void)snet__record_is_made(record,
					   snet__history_add_note(record->history, kind,
								  node, text, at_ns));
}

static void take_end(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	struct snet__history *history = record->history;

	reader->has_ended = true;
	history->ended_ns = snet__record_need_u64(record, SNET__RECORD_AT);
	history->workload_end_ns =
		snet__record_need_u64(record, SNET__RECORD_WORKLOAD_END);
	history->healed_ns = snet__record_need_u64(record, SNET__RECORD_HEALED);
}

static const struct {
	const char *name;
	void (*take)(struct reader *reader);
} types[] = {
	{"press", take_press},     {"acknowledged", take_acknowledged},
	{"dropped", take_dropped}, {"event", take_event},
	{"command", take_command}, {"state", take_state},
	{"sample", take_sample},   {"note", take_note},
	{"fault", take_fault},     {"probe", take_probe},
	{"run", take_run},         {"end", take_end},
};

/* ---- Lines. */

static void take_line(struct reader *reader, char *line)
{
	struct snet__record *record = &reader->record;
	const char *type;

	snet__record_read(record, line);
	type = snet__record_need_string(record, SNET__RECORD_TYPE);
	(void)snet__record_need_u64(record, SNET__RECORD_AT);
	if (record->r == 0 && !reader->has_begun && strcmp(type, "run") != 0)
		snet__record_refuse(record,
				    "no history: the first line must be of type 'run'");
	if (record->r == 0 && reader->has_ended)
		snet__record_refuse(record, "something follows the 'end'");
	if (record->r < 0)
		return;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(type, types[i].name) == 0) {
			types[i].take(reader);
			return;
		}
}

/* What is known only at the end. */
static void check(struct reader *reader)
{
	struct snet__record *record = &reader->record;
	const struct snet__history *history = record->history;

	if (!record->lines.number)
		record->lines.number = 1;
	if (!reader->has_ended)
		snet__record_refuse(record, "the file ends before the run: no 'end'");
	for (size_t i = 0; i < history->events_count && record->r == 0; i++) {
		if (history->events[i].node)
			continue;
		record->lines.number = reader->told[i];
		snet__record_refuse(record, "there is no 'press' of event '%.63s'",
				    history->events[i].id);
	}
}

/* Not snet__lines_open(): such a file may be larger than what people write. */
static int open_lines(struct snet__lines *ret, const char *path, struct snet_err *err)
{
	struct snet__shown shown;

	*ret = (struct snet__lines){.path = path, .file = fopen(path, "re")};
	return ret->file ? 0
			 : snet__err_sys(err, -errno, "cannot open '%s'",
					 snet__show(&shown, path));
}

static int read_all(struct reader *reader, struct snet_err *err)
{
	struct snet__record *record = &reader->record;
	char *line;
	int r;

	while ((r = snet__lines_next(&record->lines, &line, err)) > 0) {
		take_line(reader, line);
		if (record->r < 0)
			return record->r;
	}
	if (r == 0)
		check(reader);
	return r < 0 ? r : record->r;
}

static void clear(struct reader *reader)
{
	snet__lines_close(&reader->record.lines);
	free(reader->steps);
	free(reader->told);
}

int snet__history_read(struct snet__history *history, const char *path,
		       struct snet_err *err)
{
	cleanup_with(clear) struct reader reader = {
		.record = {.history = history, .err = err}};
	int r;

	r = open_lines(&reader.record.lines, path, err);
	return r < 0 ? r : read_all(&reader, err);
}
