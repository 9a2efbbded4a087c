/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_DIST_H
#define SNET_LINK_DIST_H

#include <snet/link.h>

#include "link/chance.h"
#include "topo/impairment.h"
#include "topo/kept_file.h"

/* How the delay varies, made of a description and constant from then on. */
struct snet__dist_rule {
	uint64_t jitter_ns;
	uint32_t correlation;
	const int16_t *table; /* any of it is as likely as any other; NULL: uniform */
	size_t count;
	int16_t *own; /* the table when it is not shared; to be freed */
};

/* @kept: a file that may be the description's table, or NULL. -ERANGE, -EINVAL, -ENOMEM, and those
 * of snet__kept_file_new() and snet__distribution_parse(). Free it with snet__dist_clear(). */
int snet__dist_compile(struct snet__dist_rule *ret,
		       const struct snet_impairment *description,
		       struct snet__kept_file *kept, struct snet_err *err);
void snet__dist_clear(struct snet__dist_rule *rule);
/* @delay_ns with this packet's jitter; never less than 0. */
uint64_t snet__dist_draw(const struct snet__dist_rule *rule, struct snet__chance *chance,
			 uint64_t delay_ns);

#endif
