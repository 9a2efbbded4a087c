/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_HOSTS_H
#define SNET_LAB_HOSTS_H

#include "lab/lab.h"

/* Not "hosts": a user who names a folder may have such a file in it. */
#define SNET__HOSTS_FILE "snet.hosts"

/* Write this file in the lab's folder; the first time, make run->mntns, in which it stands
 * at /etc/hosts. */
int snet__hosts_write(struct snet__run *run, struct snet_err *err);

#endif
