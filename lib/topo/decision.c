/* SPDX-License-Identifier: MIT */
/* Decisions as text, for logs that are read by people, compared, and replayed. */

#include "topo/decision.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "topo/impairment.h"
#include "topo/value.h"

/* By bit: lost, duplicated, corrupted, first, "the same again". */
static const char letters[] = "ldcfs";

char *snet__decision_format(char *text, const struct snet__decision *decision)
{
	char fate[sizeof(letters)] = "-";
	size_t count = 0;

	for (size_t i = 0; letters[i]; i++)
		if (decision->fate & 1u << i)
			fate[count++] = letters[i];
	(void)snprintf(text, SNET__DECISION_TEXT_MAX,
		       "%" PRIu64 " %" PRIu64 " %s %" PRIu32, decision->number,
		       decision->delay_ns, fate, decision->place);
	return text;
}

int snet__decision_parse(struct snet__decision *ret, const char *text,
			 struct snet_err *err)
{
	struct snet__decision decision = {0};
	char fate[sizeof(letters)], rest;
	struct snet__shown shown;
	int count = sscanf(text, "%" SCNu64 " %" SCNu64 " %5[ldcfs-] %" SCNu32 " %c",
			   &decision.number, &decision.delay_ns, fate, &decision.place,
			   &rest);

	if (count != 4 || decision.delay_ns > SNET__DELAY_MAX_NS)
		return snet__err_set(err, -EINVAL, "'%s' is no decision",
				     snet__show(&shown, text));
	for (size_t i = 0; letters[i]; i++)
		if (strchr(fate, letters[i]))
			decision.fate |= (uint8_t)(1u << i);
	*ret = decision;
	return 0;
}
