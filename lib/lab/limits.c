/* SPDX-License-Identifier: MIT */
#include "lab/limits.h"

#include <stdio.h>

struct asking {
	const struct snet_lab *lab;
	const char *first; /* of @count */
	size_t count;
};

static int ask(void *arg, struct snet_err *err)
{
	struct asking *asking = arg;
	const struct snet__run *run = asking->lab->run;

	(void)err;
	for (size_t i = 0; run && i < run->node_count; i++) {
		const struct snet__run_node *node = run->nodes[i];

		if (!node->program || !snet__program_note(node->program))
			continue;
		if (!asking->count++)
			asking->first = node->node->name;
	}
	return 0;
}

bool snet__limits_ask(char text[static SNET__LIMITS_TEXT_MAX], struct snet_lab *lab)
{
	struct asking asking = {.lab = lab};
	char others[32] = "";

	if (snet__lab_call(lab, ask, &asking, NULL) < 0 || !asking.count)
		return false;
	if (asking.count > 1)
		(void)snprintf(others, sizeof(others), " and %zu more", asking.count - 1);
	(void)snprintf(
		text, SNET__LIMITS_TEXT_MAX,
		"the memory of '%s'%s is limited as address space only: " SNET__PROGRAM_NEEDS_GROUP,
		asking.first, others);
	return true;
}
