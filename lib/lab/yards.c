/* SPDX-License-Identifier: MIT */
/* The fabric's namespaces. For each interface that it tells of, the kernel looks up the number
 * that the namespace of the other end has here, in a list (peernet2id() of net/core), and it
 * tells of each a dozen times until it is up. So the switches are spread over several
 * namespaces, the yards, each of which sees a few hundred nodes. */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "lab/fabric_private.h"
#include "sys/netns.h"
#include "sys/nft.h"
#include "sys/nl.h"

/* Measured for 10,000 nodes: from here on a further yard costs as much as it saves. */
#define YARD_PORTS 256

static bool write_text(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}

/* By a thread that can enter the yard; what cannot be had costs time, and no more. */
static void tune(struct snet__fabric_yard *yard, bool has_ipv6)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct snet_err err = {0};

	/* These files are those of the thread's own namespace: nowhere but in the yard. */
	if (snet__netns_enter(&outside, yard->netns, NULL) < 0)
		return;
	/* On a host with Docker each bridge of the machine hands its packets to iptables as
	 * well. No rule is in the fabric, but the asking alone costs a tenth of a packet's way. */
	(void)write_text("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
	(void)write_text("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
	(void)write_text("/proc/sys/net/bridge/bridge-nf-call-arptables", "0");
	/* The ports of bridges hand frames on; they speak no IPv6 themselves. */
	yard->is_mute = write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	if (has_ipv6 && snet__nft_drop_reports(yard->netns, &err) < 0)
		snet__log(SNET_LOG_INFO, "%s", err.msg);
}

int snet__fabric_add_yard(struct snet__fabric *fabric, struct snet_err *err)
{
	struct snet__fabric_yard *yard;
	int r;

	r = snet__vec_reserve(&fabric->yards, &fabric->yard_cap, fabric->yard_count + 1,
			      sizeof(*fabric->yards), err);
	if (r < 0)
		return r;
	yard = &fabric->yards[fabric->yard_count];
	*yard = (struct snet__fabric_yard){.netns = -1, .sock = -1};
	r = snet__netns_new_connected(&yard->netns, &yard->nl, err);
	if (r < 0)
		return r;
	fabric->yard_count++;
	r = snet__nl_open(&yard->sweeper, yard->netns, err);
	if (r < 0)
		return r;
	return snet__netns_socket(&yard->sock, yard->netns, AF_INET, SOCK_DGRAM, 0, err);
}

int snet__fabric_find_yard(struct snet__fabric *fabric, size_t ports, int *ret_yard,
			   struct snet_err *err)
{
	struct snet__fabric_yard *yard = &fabric->yards[fabric->yard_count - 1];
	int r;

	if (yard->ports && yard->ports + ports > YARD_PORTS) {
		r = snet__fabric_add_yard(fabric, err);
		if (r < 0)
			return r;
		yard = &fabric->yards[fabric->yard_count - 1];
	}
	if (!yard->ports)
		tune(yard, fabric->has_ipv6);
	yard->ports += ports ? ports : 1;
	*ret_yard = (int)fabric->yard_count - 1;
	return 0;
}

void snet__fabric_free_yards(struct snet__fabric *fabric)
{
	for (size_t i = 0; i < fabric->yard_count; i++) {
		snet__nl_close(fabric->yards[i].nl);
		snet__nl_close(fabric->yards[i].sweeper);
		snet__close_at(&fabric->yards[i].sock);
		snet__close_at(&fabric->yards[i].netns);
		free(fabric->yards[i].doomed);
	}
	free(fabric->yards);
}

int snet__fabric_flush(struct snet__fabric *fabric, int r, struct snet_err *err)
{
	for (size_t i = 0; i < fabric->yard_count; i++)
		r = snet__nl_finish(fabric->yards[i].nl, r, err);
	return r;
}
