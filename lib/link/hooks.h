/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_HOOKS_H
#define SNET_LINK_HOOKS_H

#include "link/rules.h"

/* What a description names beyond itself: its trace and its filter. What of that is in @kept, which
 * may be NULL, is as it was read; files are borrowed until there are rules. -EINVAL (no such filter),
 * -EOPNOTSUPP (built without filters), -ENOMEM, and those of reading the trace. */
int snet__hooks_make(struct snet__rule_hooks *ret,
		     const struct snet_impairment *description,
		     const struct snet__kept_files *kept, struct snet_err *err);
/* Of hooks that no rules have taken. */
void snet__hooks_clear(struct snet__rule_hooks *hooks);

#endif
