/* SPDX-License-Identifier: MIT */
#include "packets.h"

#include <check.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "sys/qdisc.h"
#include "wait.h"

#define EXPERIMENTAL 0x88b5 /* IEEE 802, local experimental ethertype 1 */
#define FIRST_BYTE   (sizeof(struct frame))
#define ECT0         2 /* of RFC 3168: ECN-capable */
#define CE           3 /* congestion experienced */
/* How long after the kernel's queue is empty a frame may take to the socket. */
#define STRAGGLER_MS 50

struct frame {
	unsigned char to[6];
	unsigned char from[6];
	uint16_t type;
	struct iphdr ip;
	uint32_t number;
	int64_t sent_ns;
} __attribute__((packed));

/* As they were sent. */
static struct frame sent[PACKETS_MAX];

void packets_listen(struct packets_end *end)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = end->index};
	const int size = 64 << 20, on = 1;
	struct snet_err err;
	int fd = -1;

	ck_assert_msg(snet__netns_socket(&fd, end->netns, AF_PACKET, SOCK_RAW,
					 htons(ETH_P_ALL), &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	/* All that a test sends may be on its way at once. */
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)),
			 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
			 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), 0);
	end->fd = fd;
}

void packets_new_end(struct packets_end *end)
{
	struct snet_err err;

	*end = (struct packets_end){.fd = -1};
	ck_assert_msg(snet__netns_new(&end->netns, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__nl_open(&end->nl, end->netns, &err), 0);
}

static void set_up(const struct packets_end *end)
{
	struct snet_err err;

	ck_assert_int_eq(snet__iface_disable_autoconf(end->nl, end->index, &err), 0);
	ck_assert_int_eq(snet__iface_up(end->nl, end->index, &err), 0);
}

void packets_connect(struct packets_end *end, struct packets_end *peer, const char *name)
{
	struct snet_err err;

	ck_assert_msg(snet__iface_add_veth(end->nl, "eth0", 0, name, peer->netns,
					   &end->index, &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(snet__iface_find(peer->nl, name, &peer->index, &err), 0);
	set_up(peer);
	set_up(end);
	ck_assert_int_eq(snet__iface_settle(end->nl, end->index, &err), 0);
	ck_assert_int_eq(snet__iface_settle(peer->nl, peer->index, &err), 0);
}

void packets_new(struct packets_end *a, struct packets_end *b)
{
	packets_new_end(a);
	packets_new_end(b);
	packets_connect(a, b, "eth0");
	packets_listen(a);
	packets_listen(b);
}

void packets_free_end(struct packets_end *end)
{
	if (end->fd >= 0)
		close(end->fd);
	snet__nl_close(end->nl);
	close(end->netns);
}

void packets_free(struct packets_end *a, struct packets_end *b)
{
	packets_free_end(a);
	packets_free_end(b);
}

static uint64_t wall_ns(void)
{
	return snet__clock_wall_ns();
}

static size_t size_of(const struct packets_flow *flow)
{
	return flow->size ? flow->size : PACKET_LEAST;
}

/* The IPv4 header's checksum is no matter: no one but the test reads it, and what marks corrects it
 * by the difference. */
static void fill(struct frame *frame, const struct packets_flow *flow, uint32_t number)
{
	static const unsigned char to[6] = {2, 0, 0, 0, 0, 2};

	*frame = (struct frame){
		.from = {2, 0, 0, 0, 0, 1},
		.type = htons(flow->is_ip ? ETH_P_IP : EXPERIMENTAL),
		.ip = {.version = 4,
		       .ihl = 5,
		       .tos = ECT0,
		       .ttl = 64,
		       .protocol = IPPROTO_UDP,
		       .tot_len = htons((uint16_t)(size_of(flow) - ETH_HLEN))},
		.number = number,
		.sent_ns = (int64_t)wall_ns(),
	};
	memcpy(frame->to, to, sizeof(to));
}

void packets_send(const struct packets_end *a, const struct packets_end *b,
		  const struct packets_flow *flow)
{
	uint64_t next = snet__clock_ns();
	unsigned char data[PACKET_MAX] = {0};

	(void)b;
	ck_assert_uint_le(flow->count, PACKETS_MAX);
	for (uint32_t i = 0; i < flow->count; i++) {
		struct timespec until = {.tv_sec = (time_t)(next / SNET__NS_PER_S),
					 .tv_nsec = (long)(next % SNET__NS_PER_S)};

		if (flow->gap_ns)
			(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
					      NULL); /* no signals here */
		next += flow->gap_ns;
		fill(&sent[i], flow, i);
		memcpy(data, &sent[i], sizeof(sent[i]));
		/* A full queue is told to who fills it. */
		ck_assert(send(a->fd, data, size_of(flow), 0) == (ssize_t)size_of(flow) ||
			  errno == ENOBUFS);
	}
}

static int64_t arrival_of(struct msghdr *header)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(header);
	struct timespec time;

	ck_assert(part && part->cmsg_type == SCM_TIMESTAMPNS);
	memcpy(&time, CMSG_DATA(part), sizeof(time));
	return time.tv_sec * (int64_t)SNET__NS_PER_S + time.tv_nsec;
}

static unsigned int count_wrong(const unsigned char *data, size_t size, uint32_t number)
{
	const unsigned char *right = (const unsigned char *)&sent[number];
	unsigned int wrong = 0;

	for (size_t i = 0; i < size; i++)
		wrong += (unsigned int)__builtin_popcount(
			data[i] ^ (i < FIRST_BYTE ? right[i] : 0));
	return wrong;
}

static void note_arrival(struct packets_arrived *ret, const struct packets_flow *flow,
			 const unsigned char *data, int64_t at_ns)
{
	struct packets_one *one = &ret->list[ret->count];
	struct frame frame;

	ck_assert_uint_lt(ret->count, 2 * PACKETS_MAX);
	memcpy(&frame, data, sizeof(frame));
	*one = (struct packets_one){.number = frame.number,
				    .at_ns = at_ns,
				    /* What is corrupt may be any number. */
				    .delay_ns = (int64_t)((uint64_t)at_ns -
							  (uint64_t)frame.sent_ns),
				    .is_marked = (frame.ip.tos & CE) == CE};
	if (ret->count < flow->count)
		one->wrong_bits = count_wrong(data, size_of(flow), (uint32_t)ret->count);
	if (frame.number < flow->count)
		ret->copies[frame.number]++;
	ret->count++;
}

/* What has arrived; false when there is nothing. */
static bool take(struct packets_arrived *ret, int fd, const struct packets_flow *flow)
{
	unsigned char data[PACKET_MAX];
	struct iovec part = {data, sizeof(data)};
	char control[128];
	struct sockaddr_ll from;
	struct msghdr header = {.msg_name = &from,
				.msg_namelen = sizeof(from),
				.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	ssize_t size = recvmsg(fd, &header, 0);

	if (size < 0)
		return false;
	if (from.sll_pkttype != PACKET_OUTGOING && size == (ssize_t)size_of(flow))
		note_arrival(ret, flow, data, arrival_of(&header));
	return true;
}

/* Whether nothing that @end has sent is on its way. */
static bool is_empty(const struct packets_end *end)
{
	struct snet__qdisc qdisc;
	int r;

	if (end->queued)
		return end->queued() == 0;
	r = snet__qdisc_get_netem(end->nl, end->index, &qdisc, NULL);
	return r < 0 || qdisc.counts.queued_packets == 0;
}

void packets_receive(struct packets_arrived *ret, const struct packets_end *a,
		     const struct packets_end *b, const struct packets_flow *flow)
{
	const uint64_t deadline = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;
	struct pollfd readable = {.fd = b->fd, .events = POLLIN};
	bool was_empty;

	memset(ret, 0, sizeof(*ret));
	do {
		was_empty = is_empty(a);
		ck_assert_uint_lt(snet__clock_ns(), deadline);
		while (take(ret, b->fd, flow))
			;
	} while (poll(&readable, 1, STRAGGLER_MS) == 1 || !was_empty);
	for (size_t i = 0; i < flow->count; i++) {
		ret->missing += ret->copies[i] == 0;
		ret->twice += ret->copies[i] == 2;
	}
}

void packets_run(struct packets_arrived *ret, const struct packets_end *a,
		 const struct packets_end *b, const struct packets_flow *flow)
{
	packets_send(a, b, flow);
	packets_receive(ret, a, b, flow);
}

static int compare(const void *left, const void *right)
{
	const struct packets_one *one = left, *other = right;

	return (one->delay_ns > other->delay_ns) - (one->delay_ns < other->delay_ns);
}

void packets_sort(struct packets_arrived *arrived)
{
	qsort(arrived->list, arrived->count, sizeof(*arrived->list), compare);
}
