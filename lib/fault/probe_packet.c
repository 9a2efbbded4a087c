/* SPDX-License-Identifier: MIT */
/* Questions by packets. What routers and the own kernel have to say of a packet comes by the error
 * queue of its socket, with the packet: so it is told of the right question. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "fault/probe_ops.h"
#include "sys/netns.h"

#define PACKET_MAX 512

/* So that one probe cannot keep the thread from the others. */
#define TURN_MAX (2 * SNET__PROBE_OPEN_MAX)

int snet__probe_open_packet(struct snet__probe *probe, int netns, int type, int protocol,
			    struct snet_err *err)
{
	const struct sockaddr_in from = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(probe->opts.from)};
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(probe->opts.to),
				       .sin_port = htons((uint16_t)probe->opts.port)};
	const int on = 1;
	int r = snet__netns_socket(&probe->fd, netns, AF_INET, type, protocol, err);

	if (r < 0)
		return r;
	if (setsockopt(probe->fd, SOL_IP, IP_RECVERR, &on, sizeof(on)) < 0 ||
	    bind(probe->fd, (const struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(probe->fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return snet__err_sys(err, -errno, "cannot set up its socket");
	r = snet__probe_watch(probe->questions, probe->fd, EPOLLIN);
	return r < 0 ? snet__err_sys(err, r, "cannot watch its socket") : 0;
}

/* The errno of an error that was taken from the queue; 0 for none. */
static int find_error(struct msghdr *message)
{
	struct sock_extended_err error;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
	     at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_IP || at->cmsg_type != IP_RECVERR)
			continue;
		memcpy(&error, CMSG_DATA(at), sizeof(error));
		return (int)error.ee_errno;
	}
	return 0;
}

/* One of the queue; false when that is empty. */
static bool receive_error(struct snet__probe *probe, snet__probe_read_fn read)
{
	unsigned char packet[PACKET_MAX];
	char control[256];
	struct iovec part = {packet, sizeof(packet)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t size = recvmsg(probe->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
	struct snet__question *question;
	uint16_t number;

	if (size < 0)
		return false;
	if (!read(probe, packet, (size_t)size, true, &number))
		return true;
	question = snet__probe_find(probe, number);
	if (question)
		snet__question_fail(question, find_error(&message));
	return true;
}

static bool receive_answer(struct snet__probe *probe, snet__probe_read_fn read)
{
	unsigned char packet[PACKET_MAX];
	ssize_t size = recv(probe->fd, packet, sizeof(packet), MSG_DONTWAIT);
	struct snet__question *question;
	uint16_t number;

	/* An error that is in the queue as well is no end. */
	if (size < 0)
		return errno != EAGAIN;
	if (!read(probe, packet, (size_t)size, false, &number))
		return true;
	question = snet__probe_find(probe, number);
	if (!question)
		return true;
	snet__question_tell(question, true, NULL);
	snet__question_end(question);
	return true;
}

void snet__probe_receive(struct snet__probe *probe, snet__probe_read_fn read)
{
	for (int i = 0; i < TURN_MAX && receive_answer(probe, read); i++)
		;
	for (int i = 0; i < TURN_MAX && receive_error(probe, read); i++)
		;
}

void snet__probe_send(struct snet__question *question, const void *packet, size_t size)
{
	struct snet__probe *probe = question->probe;

	if (send(probe->fd, packet, size, MSG_NOSIGNAL) >= 0)
		return;
	/* That may be the error of a packet before, which is told only once: it is in the queue. */
	if (send(probe->fd, packet, size, MSG_NOSIGNAL) < 0)
		snet__question_fail(question, -errno);
}
