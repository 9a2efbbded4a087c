/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_RECORD_H
#define SNET_FAULT_RECORD_H

/* One line of a history's file: the members of an object by their names, and what they must be. The
 * first thing that is wrong is kept in @r, with its line in @err; what is taken from then on means
 * nothing. So a line is taken without a check a member, and asked once at the end. */

#include "fault/history.h"
#include "fault/scan.h"
#include "topo/lines.h"

/* Those of a step are first, and are all that is looked for in one. */
enum snet__record_member {
	SNET__RECORD_AT,
	SNET__RECORD_STEP,
	SNET__RECORD_NODE,
	SNET__RECORD_DETAIL,
	SNET__RECORD_STEP_MEMBER_COUNT,
	SNET__RECORD_TYPE = SNET__RECORD_STEP_MEMBER_COUNT,
	SNET__RECORD_EVENT,
	SNET__RECORD_PROBE,
	SNET__RECORD_ANSWERED,
	SNET__RECORD_RTT,
	SNET__RECORD_DATA,
	SNET__RECORD_PLANNED,
	SNET__RECORD_PRESSED,
	SNET__RECORD_WHY,
	SNET__RECORD_OUTCOME,
	SNET__RECORD_ENDED,
	SNET__RECORD_FORGOTTEN,
	SNET__RECORD_STEPS,
	SNET__RECORD_COMMAND,
	SNET__RECORD_STATE,
	SNET__RECORD_REPEATED,
	SNET__RECORD_NAME,
	SNET__RECORD_KIND,
	SNET__RECORD_WHAT,
	SNET__RECORD_ENTRY,
	SNET__RECORD_OCCURRENCE,
	SNET__RECORD_OPTIONAL,
	SNET__RECORD_BEGUN,
	SNET__RECORD_PLANNED_END,
	SNET__RECORD_HEALED,
	SNET__RECORD_FAILURE,
	SNET__RECORD_HAS_EFFECT,
	SNET__RECORD_EFFECT,
	SNET__RECORD_EFFECT_END,
	SNET__RECORD_RECEIPT,
	SNET__RECORD_MEASURES,
	SNET__RECORD_FROM,
	SNET__RECORD_TO,
	SNET__RECORD_TEXT,
	SNET__RECORD_SCENARIO,
	SNET__RECORD_LAB,
	SNET__RECORD_PATH,
	SNET__RECORD_SEED,
	SNET__RECORD_BEGAN,
	SNET__RECORD_WORKLOAD_END,
	SNET__RECORD_MEMBER_COUNT,
};

struct snet__record {
	struct snet__history *history; /* owns the texts */
	struct snet__lines lines;
	struct snet_err *err;
	int r;
	struct snet__span members[SNET__RECORD_MEMBER_COUNT];
};

/* Raise -EINVAL: "FILE:LINE: what". */
__attribute__((format(printf, 2, 3))) void snet__record_refuse(
	struct snet__record *record, const char *fmt, ...);
/* Of what the history makes: false, and -ENOMEM, for NULL. */
bool snet__record_is_made(struct snet__record *record, const void *made);

/* The line, which is one object. */
void snet__record_read(struct snet__record *record, char *line);
/* Of the object that comes next only the first @count members; those that nobody knows are passed
 * over. */
void snet__record_find(struct snet__record *record, struct snet__scan *scan,
		       size_t count);

/* need: it must be there. get: NULL, SNET__NEVER or @fallback without it. */
bool snet__record_has(const struct snet__record *record, enum snet__record_member member);
/* Lives until the next line is read. */
char *snet__record_need_string(struct snet__record *record,
			       enum snet__record_member member);
/* The history's. */
const char *snet__record_need_text(struct snet__record *record,
				   enum snet__record_member member);
const char *snet__record_get_text(struct snet__record *record,
				  enum snet__record_member member);
const char *snet__record_need_word(struct snet__record *record,
				   enum snet__record_member member);
const char *snet__record_get_word(struct snet__record *record,
				  enum snet__record_member member);
const char *snet__record_need_json(struct snet__record *record,
				   enum snet__record_member member);
const char *snet__record_get_json(struct snet__record *record,
				  enum snet__record_member member);
uint64_t snet__record_need_u64(struct snet__record *record,
			       enum snet__record_member member);
unsigned int snet__record_need_uint(struct snet__record *record,
				    enum snet__record_member member);
uint64_t snet__record_get_time(struct snet__record *record,
			       enum snet__record_member member);
bool snet__record_get_bool(struct snet__record *record, enum snet__record_member member,
			   bool fallback);
/* An array, entered with @ret. */
bool snet__record_open_array(struct snet__record *record, enum snet__record_member member,
			     struct snet__scan *ret);

#endif
