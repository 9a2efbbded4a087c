/* SPDX-License-Identifier: MIT */
/* Writing a history. What there is to say is listed first, each thing with its time, and sorted;
 * then each is a line. Lines are put together byte by byte in a buffer: by way of a tree of JSON, a
 * million steps would take seconds. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/history.h"
#include "fault/scan.h"
#include "topo/value.h"

#define BUFFER_BYTES (256u << 10)

struct out {
	int fd;
	int r; /* what has failed; nothing is written from then on */
	struct snet_err *err;
	size_t used;
	char bytes[BUFFER_BYTES];
};

/* ---- Bytes. */

static void fail(struct out *out, int r)
{
	if (out->r == 0)
		out->r = snet__err_sys(out->err, r, "cannot write the history");
}

static void flush(struct out *out)
{
	const char *at = out->bytes, *end = at + out->used;
	ssize_t n;

	while (out->r == 0 && at < end) {
		n = write(out->fd, at, (size_t)(end - at));
		if (n >= 0)
			at += n;
		else if (errno != EINTR)
			fail(out, -errno);
	}
	out->used = 0;
}

static void put(struct out *out, const char *bytes, size_t size)
{
	while (size) {
		size_t room = sizeof(out->bytes) - out->used;
		size_t part = size < room ? size : room;

		memcpy(out->bytes + out->used, bytes, part);
		out->used += part;
		bytes += part;
		size -= part;
		if (out->used == sizeof(out->bytes))
			flush(out);
	}
}

static void put_word(struct out *out, const char *word)
{
	put(out, word, strlen(word));
}

static void put_number(struct out *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(out, digits + at, sizeof(digits) - at);
}

static void put_escape(struct out *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef", from[] = "\"\\\b\f\n\r\t",
			  into[] = "\"\\bfnrt";
	const char *found = strchr(from, c);

	put_word(out, found ? "\\" : "\\u00");
	if (found) {
		put(out, &into[found - from], 1);
	} else {
		put(out, &hex[c >> 4], 1);
		put(out, &hex[c & 15], 1);
	}
}

/* Up to what must be escaped. */
static size_t plain_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at >= ' ' && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - (const unsigned char *)text);
}

static void put_string(struct out *out, const char *text)
{
	autofree char *mended = NULL;
	size_t size = strlen(text), length;

	/* What a program has written may be any bytes. */
	if (!snet__text_is_utf8(text, size)) {
		mended = snet__text_from_bytes(text, size);
		if (!mended)
			fail(out, -ENOMEM);
		text = mended ? mended : "";
	}
	put_word(out, "\"");
	for (;; text++) {
		length = plain_length(text);
		put(out, text, length);
		text += length;
		if (!*text)
			break;
		put_escape(out, (unsigned char)*text);
	}
	put_word(out, "\"");
}

/* ---- Members; each stands behind another. What is not there is left out. */

static void put_key(struct out *out, const char *key)
{
	put_word(out, ",\"");
	put_word(out, key);
	put_word(out, "\":");
}

static void put_text(struct out *out, const char *key, const char *text)
{
	if (!text)
		return;
	put_key(out, key);
	put_string(out, text);
}

static void put_u64(struct out *out, const char *key, uint64_t value)
{
	put_key(out, key);
	put_number(out, value);
}

static void put_time(struct out *out, const char *key, uint64_t ns)
{
	if (ns != SNET__NEVER)
		put_u64(out, key, ns);
}

static void put_bool(struct out *out, const char *key, bool value)
{
	put_key(out, key);
	put_word(out, value ? "true" : "false");
}

static void put_json(struct out *out, const char *key, const char *json)
{
	size_t length;

	if (!json)
		return;
	if (!snet__scan_is_json(json)) {
		struct snet__shown shown;

		if (out->r == 0)
			out->r = snet__err_set(
				out->err, -EINVAL,
				"cannot write the history: '%s' is not JSON: %s", key,
				snet__show(&shown, json));
		return;
	}
	put_key(out, key);
	/* A line break can only be a blank there, and would part this line. */
	for (;; json++) {
		length = strcspn(json, "\r\n");
		put(out, json, length);
		json += length;
		if (!*json)
			break;
		put_word(out, " ");
	}
}

/* ---- Lines; each has begun with its time and type. */

typedef void (*put_fn)(struct out *out, const struct snet__history *history, size_t i);

static void put_run(struct out *out, const struct snet__history *history, size_t i)
{
	(void)i;
	put_text(out, "scenario", history->scenario);
	put_text(out, "lab", history->lab);
	put_text(out, "path", history->path);
	put_u64(out, "seed", history->seed);
	put_u64(out, "began", history->began_wall_ns);
}

static void put_probe(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_probe *probe = &history->probes[i];

	put_u64(out, "probe", i);
	put_text(out, "kind", probe->kind);
	put_text(out, "from", probe->from);
	put_text(out, "to", probe->to);
	put_u64(out, "entry", probe->fault);
}

static void put_fault(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_fault *fault = &history->faults[i];

	put_text(out, "name", fault->name);
	put_text(out, "kind", fault->kind);
	put_text(out, "what", fault->what);
	put_u64(out, "entry", fault->entry);
	put_u64(out, "occurrence", fault->occurrence);
	put_bool(out, "optional", fault->is_optional);
	put_time(out, "planned", fault->planned_ns);
	put_time(out, "begun", fault->begun_ns);
	put_time(out, "planned_end", fault->planned_end_ns);
	put_time(out, "healed", fault->healed_ns);
	put_text(out, "failure", fault->failure);
	put_bool(out, "has_effect", fault->has_effect);
	put_time(out, "effect", fault->effect_ns);
	put_time(out, "effect_end", fault->effect_end_ns);
	put_text(out, "receipt", fault->receipt);
	put_json(out, "measures", fault->measures);
}

static void put_press(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_event *event = &history->events[i];

	put_text(out, "event", event->id);
	put_text(out, "node", event->node);
	put_json(out, "data", event->data);
	put_time(out, "planned", event->planned_ns);
	if (event->pressed_ns == SNET__NEVER)
		put_bool(out, "pressed", false);
}

/* A note of the history. */
static void put_refused(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_note *note = &history->notes[i];

	put_text(out, "node", note->node);
	put_json(out, "data", note->data);
	put_time(out, "planned", note->planned_ns);
	put_bool(out, "pressed", false);
	put_text(out, "why", note->text);
}

static void put_acknowledged(struct out *out, const struct snet__history *history,
			     size_t i)
{
	put_text(out, "event", history->events[i].id);
}

static void put_dropped(struct out *out, const struct snet__history *history, size_t i)
{
	put_text(out, "event", history->events[i].id);
	put_text(out, "why", history->events[i].why);
}

static void put_step(struct out *out, const struct snet__history_step *step)
{
	put_word(out, "{\"at\":");
	put_number(out, step->at_ns);
	put_text(out, "step", step->step);
	put_text(out, "node", step->node);
	if (step->detail && *step->detail)
		put_text(out, "detail", step->detail);
	put_word(out, "}");
}

static void put_event(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_event *event = &history->events[i];

	put_text(out, "event", event->id);
	put_text(out, "outcome", snet_outcome_name(event->outcome));
	if (event->ended_ns == SNET__NEVER)
		put_bool(out, "ended", false);
	if (event->is_forgotten)
		put_bool(out, "forgotten", true);
	put_key(out, "steps");
	put_word(out, "[");
	for (size_t k = 0; k < event->step_count; k++) {
		if (k)
			put_word(out, ",");
		put_step(out, &event->steps[k]);
	}
	put_word(out, "]");
}

static void put_command(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_command *command = &history->commands[i];

	put_text(out, "node", command->node);
	put_text(out, "command", command->id);
	if (command->event != SIZE_MAX)
		put_text(out, "event", history->events[command->event].id);
	put_json(out, "state", command->state);
	put_bool(out, "repeated", command->is_repeated);
}

static void put_state(struct out *out, const struct snet__history *history, size_t i)
{
	put_text(out, "node", history->states[i].node);
	put_json(out, "state", history->states[i].state);
}

static void put_sample(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_sample *sample = &history->samples[i];

	put_u64(out, "probe", sample->probe);
	put_bool(out, "answered", sample->is_answered);
	put_text(out, "detail", sample->detail);
	put_time(out, "rtt", sample->rtt_ns);
}

static void put_note(struct out *out, const struct snet__history *history, size_t i)
{
	const struct snet__history_note *note = &history->notes[i];

	put_text(out, "kind", note->kind);
	put_text(out, "node", note->node);
	put_text(out, "text", note->text);
}

static void put_end(struct out *out, const struct snet__history *history, size_t i)
{
	(void)i;
	put_u64(out, "workload_end", history->workload_end_ns);
	put_u64(out, "healed", history->healed_ns);
}

/* Of the same time, in this order. */
enum type {
	RUN,
	PROBE,
	FAULT,
	PRESS,
	REFUSED,
	ACKNOWLEDGED,
	DROPPED,
	EVENT,
	COMMAND,
	STATE,
	SAMPLE,
	NOTE,
	END,
};

static const struct {
	const char *name;
	put_fn put;
} types[] = {
	[RUN] = {"run", put_run},
	[PROBE] = {"probe", put_probe},
	[FAULT] = {"fault", put_fault},
	[PRESS] = {"press", put_press},
	[REFUSED] = {"press", put_refused},
	[ACKNOWLEDGED] = {"acknowledged", put_acknowledged},
	[DROPPED] = {"dropped", put_dropped},
	[EVENT] = {"event", put_event},
	[COMMAND] = {"command", put_command},
	[STATE] = {"state", put_state},
	[SAMPLE] = {"sample", put_sample},
	[NOTE] = {"note", put_note},
	[END] = {"end", put_end},
};

static void put_line(struct out *out, const struct snet__history *history, uint64_t at_ns,
		     enum type type, size_t i)
{
	put_word(out, "{\"at\":");
	put_number(out, at_ns);
	put_text(out, "type", types[type].name);
	types[type].put(out, history, i);
	put_word(out, "}\n");
}

/* ---- Their order. */

struct item {
	uint64_t at_ns;
	enum type type;
	uint32_t i;
};

struct items {
	struct item *items;
	size_t count;
};

static void add(struct items *items, uint64_t at_ns, enum type type, size_t i)
{
	items->items[items->count++] =
		(struct item){.at_ns = at_ns, .type = type, .i = (uint32_t)i};
}

/* The first time that is known; 0 when none is. */
static uint64_t first_known(uint64_t a_ns, uint64_t b_ns)
{
	if (a_ns != SNET__NEVER)
		return a_ns;
	return b_ns != SNET__NEVER ? b_ns : 0;
}

static void add_event(struct items *items, const struct snet__history *history, size_t i)
{
	const struct snet__history_event *event = &history->events[i];

	add(items, first_known(event->pressed_ns, event->planned_ns), PRESS, i);
	if (event->acknowledged_ns != SNET__NEVER)
		add(items, event->acknowledged_ns, ACKNOWLEDGED, i);
	if (event->dropped_ns != SNET__NEVER)
		add(items, event->dropped_ns, DROPPED, i);
	if (event->ended_ns != SNET__NEVER || event->step_count ||
	    event->outcome != SNET_OUTCOME_PENDING)
		add(items, first_known(event->ended_ns, history->ended_ns), EVENT, i);
}

static void add_all(struct items *items, const struct snet__history *history)
{
	for (size_t i = 0; i < history->probes_count; i++)
		add(items, 0, PROBE, i);
	for (size_t i = 0; i < history->faults_count; i++)
		add(items,
		    first_known(history->faults[i].begun_ns,
				history->faults[i].planned_ns),
		    FAULT, i);
	for (size_t i = 0; i < history->events_count; i++)
		add_event(items, history, i);
	for (size_t i = 0; i < history->commands_count; i++)
		add(items, history->commands[i].at_ns, COMMAND, i);
	for (size_t i = 0; i < history->states_count; i++)
		add(items, history->states[i].at_ns, STATE, i);
	for (size_t i = 0; i < history->samples_count; i++)
		add(items, history->samples[i].at_ns, SAMPLE, i);
	for (size_t i = 0; i < history->notes_count; i++)
		add(items, history->notes[i].at_ns,
		    snet__history_is_refusal(&history->notes[i]) ? REFUSED : NOTE, i);
}

static int compare(const void *a_at, const void *b_at)
{
	const struct item *a = a_at, *b = b_at;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

static int make_items(struct items *items, const struct snet__history *history,
		      struct snet_err *err)
{
	size_t most = 4 * history->events_count + history->commands_count +
		      history->states_count + history->faults_count +
		      history->probes_count + history->samples_count +
		      history->notes_count;

	items->items = calloc(most + 1, sizeof(*items->items));
	if (!items->items)
		return snet__err_oom(err);
	add_all(items, history);
	qsort(items->items, items->count, sizeof(*items->items), compare);
	return 0;
}

int snet__history_write(const struct snet__history *history, int fd, struct snet_err *err)
{
	autofree struct item *owned = NULL;
	autofree struct out *out = NULL;
	struct items items = {0};
	int r;

	r = make_items(&items, history, err);
	if (r < 0)
		return r;
	owned = items.items;
	out = malloc(sizeof(*out));
	if (!out)
		return snet__err_oom(err);
	out->fd = fd;
	out->r = 0;
	out->err = err;
	out->used = 0;

	put_line(out, history, 0, RUN, 0);
	for (size_t i = 0; i < items.count && out->r == 0; i++)
		put_line(out, history, items.items[i].at_ns, items.items[i].type,
			 items.items[i].i);
	put_line(out, history, history->ended_ns, END, 0);
	flush(out);
	return out->r;
}

int snet__history_save(const struct snet__history *history, const char *folder,
		       struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/history.jsonl", folder);
	autoclose int fd = -1;
	int r;

	if (!path)
		return snet__err_oom(err);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	r = snet__history_write(history, fd, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot write '%s'", path) : 0;
}
