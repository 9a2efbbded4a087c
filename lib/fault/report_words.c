/* SPDX-License-Identifier: MIT */
/* What expectations, faults and times are called, in every format. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fault/report_parts.h"

#define WORDS_MAX 60 /* of a command's */

/* Behind @used bytes, but within no character. */
static void cut(char *text, size_t used)
{
	while (used > 0 && ((unsigned char)text[used - 1] & 0xc0) == 0x80)
		used--;
	text[used > 0 && text[used - 1] & 0x80 ? used - 1 : used] = '\0';
}

/* What does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void append(
	char text[static SNET__TITLE_MAX], const char *fmt, ...)
{
	size_t used = strlen(text), room = SNET__TITLE_MAX - used;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(text + used, room, fmt, args);
	va_end(args);
	if (length >= 0 && (size_t)length >= room)
		cut(text, SNET__TITLE_MAX - 1);
}

/* Scripts among them are long, and have lines. */
static void append_command(char text[static SNET__TITLE_MAX], char *const *words)
{
	size_t begin = strlen(text), length;

	for (; *words; words++)
		append(text, " %s", *words);
	length = strcspn(text + begin, "\n");
	if (!text[begin + length] && length <= WORDS_MAX)
		return;
	cut(text, begin + (length < WORDS_MAX ? length : WORDS_MAX));
	append(text, " ...");
}

/* What distinguishes two of a checker. */
static void append_details(char text[static SNET__TITLE_MAX],
			   const struct snet__expectation *expectation)
{
	const char *checker = expectation->checker->name;

	if (strcmp(checker, "delivery") == 0)
		append(text, " %s%s", snet__guarantees[expectation->guarantee - 1],
		       expectation->is_ordered ? " in order" : "");
	else if (strcmp(checker, "latency") == 0)
		append(text, " p%.10g", 100 * expectation->quantile);
	else if (strcmp(checker, "availability") == 0 && expectation->share >= 0)
		append(text, " %.10g %%", 100 * expectation->share);
	if (expectation->expression)
		append(text, " %s", expectation->expression);
	if (expectation->command)
		append_command(text, expectation->command);
	if (expectation->nodes)
		append(text, " of %s", expectation->nodes);
	if (expectation->phase != SNET__PHASE_ALL)
		append(text, " %s", snet__phase_name(expectation->phase));
}

static const char *write_title(char text[static SNET__TITLE_MAX],
			       const struct snet__expectation *expectation)
{
	*text = '\0';
	append(text, "%s",
	       expectation->name ? expectation->name : expectation->checker->name);
	if (!expectation->name)
		append_details(text, expectation);
	return text;
}

/* How many up to this one are called the same. */
static size_t number_of(const struct snet__expectation *expectations, size_t index,
			const char title[static SNET__TITLE_MAX])
{
	char other[SNET__TITLE_MAX];
	size_t number = 0;

	for (size_t i = 0; i <= index; i++)
		number += strcmp(title, write_title(other, &expectations[i])) == 0;
	return number;
}

const char *snet__expectation_title(char text[static SNET__TITLE_MAX],
				    const struct snet__expectation *expectations,
				    size_t index)
{
	char suffix[32];
	size_t number, room;

	number = number_of(expectations, index, write_title(text, &expectations[index]));
	if (number < 2)
		return text;
	room = SNET__TITLE_MAX - 1 -
	       (size_t)snprintf(suffix, sizeof(suffix), " (%zu)", number);
	if (strlen(text) > room)
		cut(text, room);
	append(text, "%s", suffix);
	return text;
}

enum snet__fault_state snet__fault_state(const struct snet__history_fault *fault)
{
	if (snet__history_is_broken(fault))
		return SNET__FAULT_BROKEN;
	if (fault->begun_ns == SNET__NEVER)
		return fault->is_optional ? SNET__FAULT_PLANNED : SNET__FAULT_MISSING;
	if (fault->has_effect)
		return SNET__FAULT_SEEN;
	return fault->is_optional ? SNET__FAULT_UNSEEN : SNET__FAULT_POINTLESS;
}

const char *snet__fault_state_name(enum snet__fault_state state)
{
	static const char *const names[] = {
		[SNET__FAULT_SEEN] = "took effect",
		[SNET__FAULT_UNSEEN] = "no effect, optional",
		[SNET__FAULT_PLANNED] = "did not begin, optional",
		[SNET__FAULT_MISSING] = "did not begin",
		[SNET__FAULT_POINTLESS] = "no effect",
		[SNET__FAULT_BROKEN] = "failed",
	};

	return names[state];
}

enum snet_verdict snet__fault_verdict(const struct snet__digest *digest,
				      const struct snet__history_fault *fault)
{
	enum snet__fault_state state = snet__fault_state(fault);

	if (state == SNET__FAULT_SEEN)
		return SNET_VERDICT_HELD;
	return state >= SNET__FAULT_MISSING &&
			       digest->report->verdict == SNET_VERDICT_VIOLATED
		       ? SNET_VERDICT_VIOLATED
		       : SNET_VERDICT_UNTRUSTED;
}

const char *snet__fault_title(char text[static SNET__TITLE_MAX],
			      const struct snet__history_fault *fault)
{
	*text = '\0';
	append(text, "%s", fault->name ? fault->name : fault->kind);
	if (fault->occurrence)
		append(text, " #%u", fault->occurrence + 1);
	return text;
}

const char *snet__report_time(char text[static SNET__TIME_MAX], uint64_t ns)
{
	return ns == SNET__NEVER ? "never"
				 : snet__text_format_duration(text, SNET__TIME_MAX, ns);
}

const char *snet__report_quantile(char text[static SNET__QUANTILE_MAX], uint64_t ns,
				  size_t count, double quantile)
{
	char largest[40] = "", time[SNET__TIME_MAX];

	if (count < snet__quantile_need(quantile))
		(void)snprintf(largest, sizeof(largest), " (the largest of %zu)", count);
	(void)snprintf(text, SNET__QUANTILE_MAX, "%s%s", snet__report_time(time, ns),
		       largest);
	return text;
}

const char *snet__verdict_sign(enum snet_verdict verdict)
{
	static const char *const signs[] = {
		[SNET_VERDICT_HELD] = "\u2713",
		[SNET_VERDICT_VIOLATED] = "\u2717",
		[SNET_VERDICT_UNTRUSTED] = "?",
	};

	return signs[verdict];
}
