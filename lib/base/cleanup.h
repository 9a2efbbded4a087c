/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_CLEANUP_H
#define SNET_BASE_CLEANUP_H

/* Scope attributes: a local that owns something releases it when it leaves its scope, unless
 * the ownership was taken out of it with steal_ptr() or steal_fd(). */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup_with(fn) __attribute__((cleanup(fn)))
#define autofree         cleanup_with(snet__free_at)
#define autoclose        cleanup_with(snet__close_at)
#define autofile         cleanup_with(snet__fclose_at) /* that is only read */

/* Take the pointer out of an owning variable. */
#define steal_ptr(ptr)                           \
	({                                       \
		__typeof__(ptr) stolen_ = (ptr); \
		(ptr) = NULL;                    \
		stolen_;                         \
	})

static inline void snet__free_at(void *at)
{
	free(*(void **)at);
}

static inline void snet__close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void snet__fclose_at(FILE **at)
{
	if (*at)
		(void)fclose(*at);
}

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
