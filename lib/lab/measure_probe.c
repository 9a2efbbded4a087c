/* SPDX-License-Identifier: MIT */
#include "lab/measure_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/netns.h"
#include "sys/stamp.h"

#define BUFFER_BYTES (64 << 20)
#define PACKET_MAX   2048

int snet__measure_probe_socket(int *ret_fd, int netns, int type, struct snet_err *err)
{
	autoclose int fd = -1;
	int off = 0;
	int r = snet__netns_socket(&fd, netns, AF_INET, type, 0, err);

	if (r < 0)
		return r;
	if (ioctl(fd, FIONBIO, &off) < 0)
		return snet__err_sys(err, -errno, "a socket");
	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__measure_probe_listen(int *ret_fd, int netns, const struct sockaddr_in *address,
			       unsigned int patience_s, struct snet_err *err)
{
	const struct timeval patience = {.tv_sec = patience_s};
	const int room = BUFFER_BYTES;
	autoclose int fd = -1;
	int r = snet__measure_probe_socket(&fd, netns, SOCK_DGRAM, err);

	if (r < 0)
		return r;
	/* As much as the kernel allows. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    !snet__stamp_enable(fd, true) ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return snet__err_sys(err, -errno, "a socket");
	*ret_fd = steal_fd(&fd);
	return 0;
}

void snet__measure_probe_send(int fd)
{
	uint64_t now_ns = snet__clock_wall_ns();

	(void)send(fd, &now_ns, sizeof(now_ns), 0); /* who misses it says so */
}

bool snet__measure_probe_take(int fd, struct snet__measure_probe *ret)
{
	char control[SNET__STAMP_CONTROL], data[PACKET_MAX];
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t size = recvmsg(fd, &message, 0);

	if (size <= 0)
		return false;
	*ret = (struct snet__measure_probe){.came_ns = snet__stamp_find(&message),
					    .size = (size_t)size};
	if (ret->size >= sizeof(ret->sent_ns))
		memcpy(&ret->sent_ns, data, sizeof(ret->sent_ns));
	return ret->came_ns;
}

void *snet__measure_probes_take(void *user)
{
	struct snet__measure_probes *probes = user;
	struct snet__measure_probe probe;

	while (probes->count < probes->wanted &&
	       snet__measure_probe_take(probes->fd, &probe))
		probes->us[probes->count++] =
			(double)(int64_t)(probe.came_ns - probe.sent_ns) / 1e3;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct snet__quantiles snet__measure_probe_quantiles(double *us, size_t count)
{
	qsort(us, count, sizeof(*us), compare);
	return count ? (struct snet__quantiles){us[count / 2], us[count * 99 / 100]}
		     : (struct snet__quantiles){0, 0};
}
