/* SPDX-License-Identifier: MIT */
/* What a key's change takes, in one table; a key that is not in it is taken to be part of what is
 * made once. */

#include <string.h>

#include "topo/diff.h"

#define PLACE   SNET__TAKES_PLACE
#define RESTART SNET__TAKES_RESTART

static const struct {
	enum snet__change_of of;
	const char *key;
	enum snet__takes takes;
} takes[] = {
	/* The state to begin with; a device that runs has one. */
	{SNET__CHANGE_OF_NODE, "state", SNET__TAKES_NOTHING},
	{SNET__CHANGE_OF_NODE, "relayer", RESTART},
	{SNET__CHANGE_OF_NODE, "type", RESTART},
	{SNET__CHANGE_OF_NODE, "data", RESTART},
	{SNET__CHANGE_OF_NODE, "values", RESTART},
	{SNET__CHANGE_OF_NODE, "every", RESTART},
	{SNET__CHANGE_OF_NODE, "keep", RESTART},
	{SNET__CHANGE_OF_NODE, "credentials", RESTART},
	{SNET__CHANGE_OF_NODE, "rate", RESTART},
	{SNET__CHANGE_OF_NODE, "command", RESTART},
	{SNET__CHANGE_OF_NODE, "env", RESTART},
	{SNET__CHANGE_OF_NODE, "cwd", RESTART},
	{SNET__CHANGE_OF_NODE, "rootfs", RESTART},
	{SNET__CHANGE_OF_NODE, "image", RESTART},
	{SNET__CHANGE_OF_NODE, "writable", RESTART},
	{SNET__CHANGE_OF_NODE, "restart", RESTART},
	{SNET__CHANGE_OF_NODE, "cpus", RESTART},
	{SNET__CHANGE_OF_NODE, "memory", RESTART},
	{SNET__CHANGE_OF_NODE, "forward", RESTART},
	/* What it began with; what that amounts to is noticed by itself. */
	{SNET__CHANGE_OF_LINK, "profile", SNET__TAKES_NOTHING},
};

/* What all keys of an entry take that are not in the table. */
static const enum snet__takes takes_else[] = {
	[SNET__CHANGE_OF_LAB] = SNET__TAKES_LAB,
	[SNET__CHANGE_OF_NODE] = SNET__TAKES_REMAKE,
	[SNET__CHANGE_OF_LINK] = SNET__TAKES_REMAKE,
	[SNET__CHANGE_OF_BACKEND] = PLACE,
	[SNET__CHANGE_OF_ROUTE] = PLACE,
	[SNET__CHANGE_OF_FUNCTION] = PLACE,
};

enum snet__takes snet__diff_takes(enum snet__change_of of, const char *key)
{
	for (size_t i = 0; i < sizeof(takes) / sizeof(*takes); i++)
		if (takes[i].of == of && strcmp(takes[i].key, key) == 0)
			return takes[i].takes;
	return takes_else[of];
}
