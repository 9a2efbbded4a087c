/* SPDX-License-Identifier: MIT */
#include "sys/sniff.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "sys/stamp.h"
#include "sys/tag.h"

int snet__sniff_receive(int fd, void *room, size_t room_bytes, struct snet__sniffed *ret)
{
	char control[SNET__STAMP_CONTROL + SNET__TAG_CONTROL];
	struct sockaddr_ll from = {0};
	struct iovec parts[] = {{&ret->header, sizeof(ret->header)},
				{room, room_bytes - SNET__TAG_BYTES}};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = parts,
				 .msg_iovlen = 2,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);

	if (size < (ssize_t)sizeof(ret->header))
		return size < 0 && errno == ENETDOWN ? -ENETDOWN : 0;
	ret->size = (size_t)size - sizeof(ret->header);
	if (!(message.msg_flags & MSG_TRUNC))
		ret->size = snet__tag_restore(&message, &ret->header, room, ret->size);
	ret->at_ns = snet__stamp_find(&message);
	if (!ret->at_ns)
		ret->at_ns = snet__clock_wall_ns();
	ret->is_leaving = from.sll_pkttype == PACKET_OUTGOING;
	return 1;
}

/* Its sockets are then bound to none. */
bool snet__sniff_is_gone(int fd)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	       address.sll_ifindex <= 0;
}
