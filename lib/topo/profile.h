/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_PROFILE_H
#define SNET_TOPO_PROFILE_H

/* What the links of real networks do to packets, by name. */

#include <snet/link.h>

#include "base/err.h"

struct snet__profile {
	const char *name;
	/* From the device to the network, and back; without texts. */
	struct snet_impairment forth, back;
};

/* What profiles are about, NULL-terminated: the rest of an impairment is no matter of a profile. */
extern const char *const snet__profile_keys[];

/* -EINVAL, with what was perhaps meant. */
int snet__profile_find(const struct snet__profile **ret, const char *name,
		       struct snet_err *err);

#endif
