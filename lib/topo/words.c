/* SPDX-License-Identifier: MIT */
/* Values that are one of a few words. */

#include <string.h>

#include "topo/impairment.h"
#include "topo/parts.h"
#include "topo/reader.h"

static const char *const restarts[] = {
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

const char *snet__value_restart(enum snet__restart restart)
{
	return restarts[restart];
}

int snet__value_parse_restart(enum snet__restart *ret, const char *text,
			      struct snet_err *err)
{
	struct snet__shown shown;

	for (int i = 0; restarts[i]; i++)
		if (strcmp(restarts[i], text) == 0) {
			*ret = (enum snet__restart)i;
			return 0;
		}
	return snet__err_set(err, -EINVAL,
			     "expected 'no', 'on-failure' or 'always', got '%s'",
			     snet__show(&shown, text));
}

void snet__read_restart(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	int choice = snet__reader_choice(reader, spot, json, restarts,
					 "'no', 'on-failure' or 'always'");

	if (choice >= 0)
		*(enum snet__restart *)into = (enum snet__restart)choice;
}

bool snet__distribution_is_file(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length > 5 && strcmp(text + length - 5, ".dist") == 0;
}
