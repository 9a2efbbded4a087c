/* SPDX-License-Identifier: MIT */
/* Skewed: a process has another time of day. */

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "lab/breakage.h"

static int can(const struct snet__model_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return snet__program_can_skew(node, err);
}

static int begin(struct snet__run_node *node, const struct snet__breakage *breakage,
		 struct snet_err *err)
{
	return snet__program_set_skew(node->program, breakage->offset_ns, err);
}

static int end(struct snet__run_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return snet__program_set_skew(node->program, 0, err);
}

static bool observe(struct snet__run_node *node, const struct snet__breakage *breakage,
		    struct snet__breakage_sight *sight)
{
	int64_t offset_ns = 0;
	bool is_known = snet__program_skew(node->program, &offset_ns);

	if (is_known)
		(void)snprintf(sight->text, sizeof(sight->text),
			       "its clock is off by %" PRId64 " ms",
			       offset_ns / (int64_t)SNET__NS_PER_MS);
	else
		(void)snprintf(
			sight->text, sizeof(sight->text),
			"its program does not have the lab's clock: does not run, is "
			"linked statically, or may not read the lab's folder");
	return is_known && offset_ns != 0 && offset_ns == breakage->offset_ns;
}

const struct snet__breakage_kind snet__breakage_skew = {
	.name = "skew",
	.done = "skewed",
	.is_prepared = true,
	.can = can,
	.begin = begin,
	.end = end,
	.observe = observe,
};
