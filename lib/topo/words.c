/* SPDX-License-Identifier: MIT */
/* Values that are one of a few words. */

#include <string.h>

#include "topo/impairment.h"
#include "topo/parts.h"
#include "topo/value.h"

const char *const snet__restart_words[] = {
	[SNET__RESTART_NO] = "no",
	[SNET__RESTART_ON_FAILURE] = "on-failure",
	[SNET__RESTART_ALWAYS] = "always",
	NULL,
};

const char *const snet__distribution_words[] = {
	[SNET_DISTRIBUTION_UNIFORM] = "uniform",
	[SNET_DISTRIBUTION_NORMAL] = "normal",
	[SNET_DISTRIBUTION_PARETO] = "pareto",
	[SNET_DISTRIBUTION_PARETONORMAL] = "paretonormal",
	[SNET_DISTRIBUTION_TABLE] = NULL,
};

const char *const snet__queue_words[] = {
	[SNET_QUEUE_TAIL_DROP] = "tail-drop",
	[SNET_QUEUE_HEAD_DROP] = "head-drop",
	[SNET_QUEUE_CODEL] = "codel",
	NULL,
};

const char *const snet__shaper_words[] = {
	[SNET_SHAPER_AUTO] = "auto",
	[SNET_SHAPER_NETEM] = "netem",
	[SNET_SHAPER_USER] = "user",
	NULL,
};

int snet__value_parse_restart(enum snet__restart *ret, const char *text,
			      struct snet_err *err)
{
	struct snet__shown shown;

	for (int i = 0; snet__restart_words[i]; i++)
		if (strcmp(snet__restart_words[i], text) == 0) {
			*ret = (enum snet__restart)i;
			return 0;
		}
	return snet__err_set(err, -EINVAL, "expected " SNET__RESTART_WANTED ", got '%s'",
			     snet__show(&shown, text));
}

bool snet__distribution_is_file(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length > 5 && strcmp(text + length - 5, ".dist") == 0;
}
