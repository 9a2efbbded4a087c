/* SPDX-License-Identifier: MIT */
#include "fault/record.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "topo/value.h"

static const char *const names[] = {
	[SNET__RECORD_AT] = "at",
	[SNET__RECORD_STEP] = "step",
	[SNET__RECORD_NODE] = "node",
	[SNET__RECORD_DETAIL] = "detail",
	[SNET__RECORD_TYPE] = "type",
	[SNET__RECORD_EVENT] = "event",
	[SNET__RECORD_PROBE] = "probe",
	[SNET__RECORD_ANSWERED] = "answered",
	[SNET__RECORD_RTT] = "rtt",
	[SNET__RECORD_DATA] = "data",
	[SNET__RECORD_PLANNED] = "planned",
	[SNET__RECORD_PRESSED] = "pressed",
	[SNET__RECORD_WHY] = "why",
	[SNET__RECORD_OUTCOME] = "outcome",
	[SNET__RECORD_ENDED] = "ended",
	[SNET__RECORD_FORGOTTEN] = "forgotten",
	[SNET__RECORD_STEPS] = "steps",
	[SNET__RECORD_COMMAND] = "command",
	[SNET__RECORD_STATE] = "state",
	[SNET__RECORD_REPEATED] = "repeated",
	[SNET__RECORD_NAME] = "name",
	[SNET__RECORD_KIND] = "kind",
	[SNET__RECORD_WHAT] = "what",
	[SNET__RECORD_ENTRY] = "entry",
	[SNET__RECORD_OCCURRENCE] = "occurrence",
	[SNET__RECORD_OPTIONAL] = "optional",
	[SNET__RECORD_BEGUN] = "begun",
	[SNET__RECORD_PLANNED_END] = "planned_end",
	[SNET__RECORD_HEALED] = "healed",
	[SNET__RECORD_FAILURE] = "failure",
	[SNET__RECORD_HAS_EFFECT] = "has_effect",
	[SNET__RECORD_EFFECT] = "effect",
	[SNET__RECORD_EFFECT_END] = "effect_end",
	[SNET__RECORD_RECEIPT] = "receipt",
	[SNET__RECORD_MEASURES] = "measures",
	[SNET__RECORD_FROM] = "from",
	[SNET__RECORD_TO] = "to",
	[SNET__RECORD_TEXT] = "text",
	[SNET__RECORD_SCENARIO] = "scenario",
	[SNET__RECORD_LAB] = "lab",
	[SNET__RECORD_PATH] = "path",
	[SNET__RECORD_SEED] = "seed",
	[SNET__RECORD_BEGAN] = "began",
	[SNET__RECORD_WORKLOAD_END] = "workload_end",
};

void snet__record_refuse(struct snet__record *record, const char *fmt, ...)
{
	char text[SNET_ERR_MAX];
	va_list args;

	if (record->r < 0)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is good enough */
	va_end(args);
	record->r = snet__lines_refuse(&record->lines, record->err, "%s", text);
}

bool snet__record_is_made(struct snet__record *record, const void *made)
{
	if (!made && record->r == 0)
		record->r = snet__err_oom(record->err);
	return made;
}

static void refuse_member(struct snet__record *record, enum snet__record_member member,
			  const char *wanted)
{
	const struct snet__span *span = &record->members[member];
	struct snet__shown shown;

	if (!span->at)
		snet__record_refuse(record, "'%s' is missing", names[member]);
	else
		snet__record_refuse(record, "'%s': expected %s, got %s", names[member],
				    wanted, snet__show(&shown, snet__span_raw(span)));
}

/* ---- Finding them. */

/* Which of the first @count members; @count: none of them. */
static size_t find_name(const struct snet__span *key, size_t count)
{
	const char *name = key->at + 1;
	size_t length = (size_t)(key->end - key->at) - 2, i = 0;

	if (memchr(name, '\\', length)) {
		name = snet__span_text(key);
		length = strlen(name);
	}
	while (i < count &&
	       (strncmp(names[i], name, length) != 0 || names[i][length] != '\0'))
		i++;
	return i;
}

void snet__record_find(struct snet__record *record, struct snet__scan *scan, size_t count)
{
	struct snet__span key, value;
	size_t i;

	memset(record->members, 0, count * sizeof(*record->members));
	if (!snet__scan_open(scan, '{')) {
		snet__record_refuse(record, "expected an object");
		return;
	}
	for (bool is_first = true; snet__scan_next(scan, '}', is_first);
	     is_first = false) {
		key = snet__scan_key(scan);
		value = snet__scan_value(scan);
		if (!value.at)
			break;
		i = find_name(&key, count);
		if (i < count && record->members[i].at)
			snet__record_refuse(record, "'%s' is there twice", names[i]);
		else if (i < count)
			record->members[i] = value;
	}
	if (scan->what)
		snet__record_refuse(record, "%s", scan->what);
}

void snet__record_read(struct snet__record *record, char *line)
{
	struct snet__scan scan = {.at = line};

	snet__record_find(record, &scan, SNET__RECORD_MEMBER_COUNT);
	if (record->r == 0 && !snet__scan_is_end(&scan))
		snet__record_refuse(record, "%s", scan.what);
}

/* ---- What they hold. */

bool snet__record_has(const struct snet__record *record, enum snet__record_member member)
{
	return record->members[member].at;
}

char *snet__record_need_string(struct snet__record *record,
			       enum snet__record_member member)
{
	char *text = snet__span_text(&record->members[member]);

	if (!text)
		refuse_member(record, member, "a string");
	return text;
}

static const char *keep(struct snet__record *record, const char *text)
{
	const char *kept = text ? snet__history_text(record->history, text) : NULL;

	return text && snet__record_is_made(record, kept) ? kept : NULL;
}

const char *snet__record_need_text(struct snet__record *record,
				   enum snet__record_member member)
{
	return keep(record, snet__record_need_string(record, member));
}

const char *snet__record_get_text(struct snet__record *record,
				  enum snet__record_member member)
{
	return snet__record_has(record, member) ? snet__record_need_text(record, member)
						: NULL;
}

const char *snet__record_need_word(struct snet__record *record,
				   enum snet__record_member member)
{
	const char *text = snet__record_need_string(record, member), *word;

	if (!text)
		return NULL;
	word = snet__history_word(record->history, text);
	return snet__record_is_made(record, word) ? word : NULL;
}

const char *snet__record_get_word(struct snet__record *record,
				  enum snet__record_member member)
{
	return snet__record_has(record, member) ? snet__record_need_word(record, member)
						: NULL;
}

const char *snet__record_need_json(struct snet__record *record,
				   enum snet__record_member member)
{
	if (!snet__record_has(record, member)) {
		refuse_member(record, member, NULL);
		return NULL;
	}
	return keep(record, snet__span_raw(&record->members[member]));
}

const char *snet__record_get_json(struct snet__record *record,
				  enum snet__record_member member)
{
	return snet__record_has(record, member) ? snet__record_need_json(record, member)
						: NULL;
}

static uint64_t need_number(struct snet__record *record, enum snet__record_member member,
			    uint64_t max)
{
	uint64_t value = 0;
	int r = snet__record_has(record, member)
			? snet__span_u64(&record->members[member], &value)
			: -EINVAL;

	if (r == -ERANGE || (r == 0 && value > max))
		snet__record_refuse(record, "'%s': must be at most %llu", names[member],
				    (unsigned long long)max);
	else if (r < 0)
		refuse_member(record, member, "a whole number from 0 on");
	return value;
}

uint64_t snet__record_need_u64(struct snet__record *record,
			       enum snet__record_member member)
{
	return need_number(record, member, UINT64_MAX);
}

unsigned int snet__record_need_uint(struct snet__record *record,
				    enum snet__record_member member)
{
	return (unsigned int)need_number(record, member, UINT_MAX);
}

uint64_t snet__record_get_time(struct snet__record *record,
			       enum snet__record_member member)
{
	return snet__record_has(record, member) ? snet__record_need_u64(record, member)
						: SNET__NEVER;
}

bool snet__record_get_bool(struct snet__record *record, enum snet__record_member member,
			   bool fallback)
{
	const char *at = record->members[member].at;

	if (at && *at != 't' && *at != 'f')
		refuse_member(record, member, "true or false");
	return at ? *at == 't' : fallback;
}

bool snet__record_open_array(struct snet__record *record, enum snet__record_member member,
			     struct snet__scan *ret)
{
	const char *at = record->members[member].at;

	*ret = (struct snet__scan){.at = record->members[member].at};
	if (at && snet__scan_open(ret, '['))
		return true;
	refuse_member(record, member, "an array");
	return false;
}
