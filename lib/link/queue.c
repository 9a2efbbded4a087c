/* SPDX-License-Identifier: MIT */
/* The queue disciplines, by their place in enum snet_queue. */

#include "link/queue.h"

#include "base/err.h"

/* Source: RFC 8289 section 4.3 */
#define TARGET_NS   (5 * UINT64_C(1000000))
#define INTERVAL_NS (100 * UINT64_C(1000000))

static const struct snet__queue_kind *const kinds[] = {
	[SNET_QUEUE_TAIL_DROP] = &snet__queue_tail_drop,
	[SNET_QUEUE_HEAD_DROP] = &snet__queue_head_drop,
	[SNET_QUEUE_CODEL] = &snet__queue_codel,
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

int snet__queue_compile(struct snet__queue_rule *ret,
			const struct snet_impairment *description, struct snet_err *err)
{
	if ((size_t)description->queue >= KIND_COUNT)
		return snet__err_set(err, -EINVAL, "no queue %d",
				     (int)description->queue);
	ret->kind = kinds[description->queue];
	ret->target_ns =
		description->codel_target_ns ? description->codel_target_ns : TARGET_NS;
	ret->interval_ns = description->codel_interval_ns ? description->codel_interval_ns
							  : INTERVAL_NS;
	return 0;
}
