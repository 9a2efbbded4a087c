/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WAIT_H
#define TESTS_WAIT_H

#include <poll.h>
#include <stdbool.h>

/* Long enough for the slowest machine; only a failing test waits that long. */
#define WAIT_MS 10000

/* Whether @fd becomes readable, or is hung up, before the deadline. */
static inline bool wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, WAIT_MS) == 1;
}

#endif
