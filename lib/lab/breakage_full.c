/* SPDX-License-Identifier: MIT */
/* Full: the disk of a process, or the one that the lab's store is on. */

#include <inttypes.h>
#include <stdio.h>

#include "lab/breakage.h"

static bool is_store(const struct snet__run_node *node)
{
	return node->node->role == SNET__ROLE_RELAYER;
}

static int can(const struct snet__model_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	if (node->role == SNET__ROLE_RELAYER)
		return 0;
	return snet__program_can_fill(node, breakage->folder, err);
}

static int set_full(struct snet__run_node *node, bool is_full, struct snet_err *err)
{
	if (!is_store(node))
		return snet__program_set_full(node->program, is_full, err);
	snet__store_set_full(node->run->store, is_full);
	return 0;
}

static int begin(struct snet__run_node *node, const struct snet__breakage *breakage,
		 struct snet_err *err)
{
	(void)breakage;
	return set_full(node, true, err);
}

static int end(struct snet__run_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return set_full(node, false, err);
}

static bool observe(struct snet__run_node *node, const struct snet__breakage *breakage,
		    struct snet__breakage_sight *sight)
{
	uint64_t failed = 0;
	bool is_full;

	(void)breakage;
	if (is_store(node)) {
		is_full =
			snet__store_is_full(node->run->store, &failed, &sight->since_ns);
		(void)snprintf(sight->text, sizeof(sight->text),
			       "%" PRIu64 " commits have failed with ENOSPC", failed);
		return is_full && failed > 0;
	}
	is_full = snet__program_is_full(node->program);
	(void)snprintf(sight->text, sizeof(sight->text), "%s",
		       is_full ? "a byte that was written found no space (ENOSPC)"
			       : "there is space");
	return is_full;
}

const struct snet__breakage_kind snet__breakage_full = {
	.name = "full",
	.done = "filled",
	.is_prepared = true,
	.can = can,
	.begin = begin,
	.end = end,
	.observe = observe,
};
