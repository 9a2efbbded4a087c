/* SPDX-License-Identifier: MIT */
#include "fault/kind.h"

#include <string.h>

/* A kind is added by a file and a line here. */
static const struct snet__fault_kind *const kinds[] = {
	&snet__fault_impair,      &snet__fault_down,        &snet__fault_flap,
	&snet__fault_drop,        &snet__fault_partition,   &snet__fault_kill,
	&snet__fault_pause,       &snet__fault_slow,        &snet__fault_skew,
	&snet__fault_full,        &snet__fault_refuse,      &snet__fault_gone,
	&snet__fault_gateway_500, &snet__fault_gateway_502, &snet__fault_gateway_503,
	&snet__fault_429,         &snet__fault_503,         &snet__fault_500,
	&snet__fault_502,         &snet__fault_cold,        &snet__fault_twice,
	&snet__fault_late,        &snet__fault_lost_result, &snet__fault_gateway_504,
	&snet__fault_timeout_202, &snet__fault_garbage,     NULL,
};

const struct snet__fault_kind *snet__fault_kind_at(size_t index)
{
	return index < sizeof(kinds) / sizeof(*kinds) ? kinds[index] : NULL;
}
