/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RIGHTS_H
#define TESTS_RIGHTS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <snet/lab.h>

/* The rights to make namespaces, for the whole test program; it is skipped where they cannot
 * be had. To be called first in suite(). */
static inline void rights_get(void)
{
	struct snet_err err = {0};

	if (snet_init(&err) == 0)
		return;
	fprintf(stderr, "skipped: %s\n", err.msg);
	exit(77);
}

/* Become nobody, if root; in a child process. */
static inline void rights_drop(void)
{
	if (geteuid() != 0)
		return;
	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
		_exit(77);
	/* Changing ids hides /proc/self from its own process. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

#endif
