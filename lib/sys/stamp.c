/* SPDX-License-Identifier: MIT */
#include "sys/stamp.h"

#include <string.h>

#include "base/clock.h"

bool snet__stamp_enable(int fd, bool enable)
{
	const int value = enable;

	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &value, sizeof(value)) == 0;
}

uint64_t snet__stamp_find(struct msghdr *message)
{
	struct timespec stamp;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
	     at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(at), sizeof(stamp));
		return (uint64_t)stamp.tv_sec * SNET__NS_PER_S + (uint64_t)stamp.tv_nsec;
	}
	return 0;
}
