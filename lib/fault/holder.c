/* SPDX-License-Identifier: MIT */
#include "fault/holder.h"

#include <string.h>

/* The relayer that took it; NULL when its trace does not tell. */
static const char *find_relayer(const struct snet__history_event *event)
{
	for (size_t i = 0; i < event->step_count; i++)
		if (strcmp(event->steps[i].step, "received") == 0)
			return event->steps[i].node;
	return NULL;
}

/* Of the function that was asked last; another route may ask another one. */
static size_t count_attempts(const struct snet__history_event *event)
{
	const char *function = NULL;
	size_t count = 0;

	for (size_t i = event->step_count; i > 0; i--) {
		const struct snet__history_step *step = &event->steps[i - 1];

		if (strcmp(step->step, "invoked") != 0)
			continue;
		if (!function)
			function = step->detail;
		count += strcmp(function, step->detail) == 0;
	}
	return count;
}

void snet__holder_format(struct snet__sentence *sentence,
			 const struct snet__history_event *event)
{
	const char *relayer = find_relayer(event);
	size_t attempts = count_attempts(event);

	if (event->is_forgotten)
		snet__sentence_add(sentence, "lost");
	else
		snet__sentence_add(sentence, "still under way");
	if (relayer)
		snet__sentence_add(sentence, " at %s", relayer);
	if (event->is_forgotten)
		snet__sentence_add(sentence,
				   ": it is stored, but nobody has it any more");
	else if (attempts)
		snet__sentence_add(sentence, " (attempt %zu)", attempts);
}
