/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_REMAINS_H
#define SNET_SYS_REMAINS_H

/* What is of no more use in a folder is first set aside, in no time, while whoever might make new
 * files there is kept away, and then removed at leisure. */

/* Move all entries of @folder that match one of @patterns (fnmatch(3), NULL-terminated) out of the
 * way, as far as that can be done. */
void snet__remains_set_aside(const char *folder, const char *const *patterns);
/* Remove all that was set aside in @folder, but what somebody else is removing. */
void snet__remains_remove(const char *folder);

#endif
