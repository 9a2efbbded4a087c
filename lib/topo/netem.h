/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_NETEM_H
#define SNET_TOPO_NETEM_H

/* What the kernel's netem can do, as far as that follows from a description. Whether the kernel has it
 * is another question. */

#include "topo/model.h"

/* What netem cannot do of that which @key of @one, or with NULL any key, asks for, "netem cannot follow
 * a trace; ..."; NULL for nothing. */
const char *snet__netem_lacks(const struct snet_impairment *one, const char *key);
/* The same of all keys: -ENOTSUP, and @err says the first. */
int snet__netem_can(const struct snet_impairment *one, struct snet_err *err);
/* Whether netem can be at a link between the ends of @link; after a check. */
int snet__netem_can_join(const struct snet__model_link *link, struct snet_err *err);

#endif
