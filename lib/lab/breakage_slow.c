/* SPDX-License-Identifier: MIT */
/* Slow: a program has a share of one CPU. What is not a program of its own shares this process's
 * loop with all others, and cannot be slowed down alone. */

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/breakage.h"
#include "sys/cgroup.h"

/* Whether a group can be made here: by making one. */
static int try_group(unsigned int millicpus, struct snet_err *err)
{
	autofree char *name =
		snet__text_format("trial-%016" PRIx64, snet__random_entropy());
	const struct snet__cgroup_opts opts = {.name = name, .millicpus = millicpus};
	struct snet__cgroup *cgroup = NULL;
	int r;

	if (!name)
		return snet__err_oom(err);
	r = snet__cgroup_new(&cgroup, &opts, err);
	snet__cgroup_free(cgroup);
	return r == -ENOTSUP ? snet__err_prefix(err, r,
						"that needs root, or 'systemd-run --user "
						"--scope -p Delegate=yes'")
			     : r;
}

static int can(const struct snet__model_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	int r = snet__breakage_check_program(node, err);

	if (r < 0)
		return r;
	if (breakage->millicpus < SNET__CGROUP_MILLICPUS_MIN)
		return snet__err_set(err, -EINVAL,
				     "it needs %d thousandths of a CPU at least",
				     SNET__CGROUP_MILLICPUS_MIN);
	/* What is not less than before is no fault. */
	if (node->millicpus && breakage->millicpus >= node->millicpus)
		return snet__err_set(err, -EINVAL,
				     "it has no more than %u thousandths of a CPU anyway",
				     node->millicpus);
	if (breakage->millicpus >= 1000 && !node->millicpus)
		return snet__err_set(err, -EINVAL,
				     "its share of a CPU is to be below 100 %%");
	return try_group(breakage->millicpus, err);
}

static int begin(struct snet__run_node *node, const struct snet__breakage *breakage,
		 struct snet_err *err)
{
	return snet__program_set_cpu(node->program, breakage->millicpus, err);
}

static int end(struct snet__run_node *node, const struct snet__breakage *breakage,
	       struct snet_err *err)
{
	(void)breakage;
	return snet__program_set_cpu(node->program, 0, err);
}

static bool observe(struct snet__run_node *node, const struct snet__breakage *breakage,
		    struct snet__breakage_sight *sight)
{
	unsigned int millicpus = snet__program_cpu(node->program);
	uint64_t throttled_ns = snet__program_throttled_ns(node->program);
	char held[32];

	if (!snet__program_is_running(node->program)) {
		(void)snprintf(sight->text, sizeof(sight->text), "it does not run");
		return false;
	}
	(void)snprintf(sight->text, sizeof(sight->text),
		       "its limit is %u thousandths of a CPU%s%s", millicpus,
		       !millicpus     ? ": none"
		       : throttled_ns ? ", which held it up for "
				      : "",
		       millicpus && throttled_ns
			       ? snet__text_format_duration(held, sizeof(held),
							    throttled_ns)
			       : "");
	return millicpus == breakage->millicpus;
}

const struct snet__breakage_kind snet__breakage_slow = {
	.name = "slow",
	.done = "slowed down",
	.can = can,
	.begin = begin,
	.end = end,
	.observe = observe,
};
