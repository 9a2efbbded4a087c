/* SPDX-License-Identifier: MIT */
/* snet_init(): the rights to make a lab. */

#include <snet/lab.h>

#include "sys/userns.h"

int snet_init(struct snet_err *err)
{
	return snet__userns_is_privileged() ? 0 : snet__userns_enter(err);
}
