/* SPDX-License-Identifier: MIT */
#include "fault/lateness.h"

#include <stdio.h>

#include "base/text.h"

/* Later than this is not what was asked for, if more than one in a hundred is. */
#define LATE_NS    (50 * SNET__NS_PER_MS)
#define LATE_SHARE 0.01

#define WORDS_MAX (SNET_NAME_MAX + 40)

static void keep_longer(struct snet__deed_time *kept,
			const struct snet__scenario *scenario,
			const struct snet__action *action, uint64_t ns)
{
	if (ns > kept->ns)
		*kept = (struct snet__deed_time){scenario, action->deed, action->index,
						 ns};
}

void snet__lateness_add(struct snet__lateness *lateness,
			const struct snet__scenario *scenario,
			const struct snet__action *action, uint64_t begun_ns,
			uint64_t ended_ns)
{
	uint64_t late_ns = begun_ns > action->at_ns ? begun_ns - action->at_ns : 0;

	lateness->done++;
	lateness->late += late_ns > LATE_NS;
	keep_longer(&lateness->worst, scenario, action, late_ns);
	keep_longer(&lateness->longest, scenario, action, ended_ns - begun_ns);
}

/* "the beginning of fault 'cut'" */
static const char *name_deed(char text[static WORDS_MAX],
			     const struct snet__deed_time *time)
{
	static const char *const deeds[] = {
		[SNET__DEED_BEGIN] = "beginning",
		[SNET__DEED_OFF] = "pause",
		[SNET__DEED_ON] = "return",
		[SNET__DEED_END] = "end",
	};

	if (time->deed == SNET__DEED_PRESS)
		(void)snprintf(text, WORDS_MAX, "a press of '%s'",
			       time->scenario->model.nodes[time->index]->name);
	else
		(void)snprintf(text, WORDS_MAX, "the %s of fault '%s'", deeds[time->deed],
			       time->scenario->faults[time->index].name);
	return text;
}

char *snet__lateness_format(const struct snet__lateness *lateness)
{
	char late[SNET__TIME_MAX], took[SNET__TIME_MAX], worst[WORDS_MAX],
		longest[WORDS_MAX];
	const struct snet__deed_time *blamed = &lateness->longest;
	bool is_known = blamed->ns > LATE_NS;

	if (lateness->late < 2 ||
	    (double)lateness->late <= LATE_SHARE * (double)lateness->done)
		return NULL;
	if (is_known)
		(void)snet__text_format_duration(took, sizeof(took), blamed->ns);
	return snet__text_format(
		"%zu of %zu presses and faults came more than 50 ms late, %s by %s%s%s%s%s",
		lateness->late, lateness->done, name_deed(worst, &lateness->worst),
		snet__text_format_duration(late, sizeof(late), lateness->worst.ns),
		is_known ? ", and " : "", is_known ? name_deed(longest, blamed) : "",
		is_known ? " took " : "", is_known ? took : "");
}
