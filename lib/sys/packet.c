/* SPDX-License-Identifier: MIT */
#include "sys/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/netns.h"
#include "sys/stamp.h"
#include "sys/tag.h"

static void set(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* Without these it is slower, and loses more under load: no more than that. */
static void hurry(int fd, const struct snet__packet_opts *opts)
{
	set(fd, SOL_SOCKET, SO_RCVBUF, opts->buffer_bytes);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, opts->buffer_bytes);
	if (!opts->sends)
		return;
	set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	set(fd, SOL_SOCKET, SO_SNDBUF, opts->buffer_bytes);
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, opts->buffer_bytes);
}

int snet__packet_open(int *ret_fd, int netns, const struct snet__packet_opts *opts,
		      struct snet_err *err)
{
	const int on = 1;
	autoclose int fd = -1;
	int r;

	/* Without a protocol: before it is bound it hears nothing. */
	r = snet__netns_socket(&fd, netns, AF_PACKET, SOCK_RAW, 0, err);
	if (r < 0)
		return r;
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
	    (opts->sends &&
	     setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0) ||
	    (opts->is_stamped && !snet__stamp_enable(fd, true)))
		return snet__err_sys(err, -errno, "cannot set up a packet socket");
	r = snet__tag_enable(fd, err);
	if (r < 0)
		return r;
	hurry(fd, opts);
	if (opts->index)
		r = snet__packet_bind(fd, opts->index, err);
	if (r < 0)
		return r;
	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__packet_bind(int fd, int index, struct snet_err *err)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_protocol = htons(ETH_P_ALL),
					    .sll_ifindex = index};

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0
		       ? snet__err_sys(err, -errno, "cannot listen at interface %d",
				       index)
		       : 0;
}

void snet__packet_set_stamped(int fd, bool stamped)
{
	(void)snet__stamp_enable(fd, stamped); /* else it is the time of the call */
}

/* The kernel's times are of the day, @offset_ns ahead of snet__clock_ns(). */
static uint64_t find_arrival(struct msghdr *message, uint64_t offset_ns, uint64_t now_ns)
{
	uint64_t stamp_ns = snet__stamp_find(message), ret = stamp_ns - offset_ns;

	/* The clock may have been set meanwhile. */
	return stamp_ns && ret <= now_ns && now_ns - ret < SNET__NS_PER_S ? ret : now_ns;
}

struct incoming {
	struct mmsghdr messages[SNET__PACKET_BATCH];
	struct iovec parts[SNET__PACKET_BATCH][2];
	char control[SNET__PACKET_BATCH][SNET__STAMP_CONTROL + SNET__TAG_CONTROL];
};

static void describe(struct incoming *in, struct snet__packet_slot *slots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		in->parts[i][0] =
			(struct iovec){&slots[i].header, sizeof(slots[i].header)};
		in->parts[i][1] =
			(struct iovec){slots[i].data, slots[i].size - SNET__TAG_BYTES};
		in->messages[i].msg_hdr = (struct msghdr){
			.msg_iov = in->parts[i],
			.msg_iovlen = 2,
			.msg_control = in->control[i],
			.msg_controllen = sizeof(in->control[i]),
		};
	}
}

size_t snet__packet_receive(int fd, struct snet__packet_slot *slots, size_t count,
			    bool stamped)
{
	struct incoming in;
	uint64_t now_ns, offset_ns;
	int n;

	if (count > SNET__PACKET_BATCH)
		count = SNET__PACKET_BATCH;
	describe(&in, slots, count);
	n = recvmmsg(fd, in.messages, (unsigned int)count, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return 0;
	offset_ns = stamped ? snet__clock_offset_ns(&now_ns) : 0;
	if (!stamped)
		now_ns = snet__clock_ns();
	for (int i = 0; i < n; i++) {
		struct msghdr *message = &in.messages[i].msg_hdr;
		size_t size = in.messages[i].msg_len;

		size = size > sizeof(slots[i].header) ? size - sizeof(slots[i].header)
						      : 0;
		slots[i].size =
			snet__tag_restore(message, &slots[i].header, slots[i].data, size);
		slots[i].arrived_ns =
			stamped ? find_arrival(message, offset_ns, now_ns) : now_ns;
	}
	return (size_t)n;
}

/* How many of up to a batch were taken; 0: the first cannot be sent. */
static size_t send_some(int fd, struct snet__packet_slot *const *slots, size_t count)
{
	struct mmsghdr messages[SNET__PACKET_BATCH];
	struct iovec parts[SNET__PACKET_BATCH][2];
	int n;

	if (count > SNET__PACKET_BATCH)
		count = SNET__PACKET_BATCH;
	for (size_t i = 0; i < count; i++) {
		parts[i][0] = (struct iovec){&slots[i]->header, sizeof(slots[i]->header)};
		parts[i][1] = (struct iovec){slots[i]->data, slots[i]->size};
		messages[i].msg_hdr =
			(struct msghdr){.msg_iov = parts[i], .msg_iovlen = 2};
	}
	n = sendmmsg(fd, messages, (unsigned int)count, MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0;
}

size_t snet__packet_send(int fd, struct snet__packet_slot *const *slots, size_t count)
{
	size_t done = 0, lost = 0, n;

	while (done < count) {
		n = send_some(fd, slots + done, count - done);
		slots[done]->is_refused = n == 0;
		lost += n == 0;
		done += n ? n : 1;
	}
	return lost;
}

uint64_t snet__packet_missed(int fd)
{
	struct tpacket_stats stats = {0};
	socklen_t size = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) < 0)
		return 0;
	return stats.tp_drops;
}

struct snet__packet_cut snet__packet_cut(const struct snet__packet_slot *slot)
{
	uint32_t size = (uint32_t)slot->size, headers = slot->header.hdr_len;
	uint32_t each = slot->header.gso_size;
	struct snet__packet_cut ret = {size, 1, size};

	if (slot->header.gso_type == VIRTIO_NET_HDR_GSO_NONE || !each || headers >= size)
		return ret;
	if (headers + each < size)
		ret.largest_bytes = headers + each;
	ret.segments = (size - headers + each - 1) / each;
	ret.wire_bytes = size + (ret.segments - 1) * headers;
	return ret;
}

/* RFC 1071 */
void snet__packet_finish(struct snet__packet_slot *slot)
{
	unsigned char *data = slot->data;
	size_t start = slot->header.csum_start;
	size_t at = start + slot->header.csum_offset;
	uint32_t sum = 0;

	if (!(slot->header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	slot->header.flags &= (unsigned char)~VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (at + 2 > slot->size)
		return;
	/* The field has the sum of the pseudo header already. */
	for (size_t i = start; i < slot->size; i++)
		sum += (i - start) % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	/* UDP: 0 is "none". TCP takes either. */
	if (!sum)
		sum = 0xffff;
	data[at] = (unsigned char)(sum >> 8);
	data[at + 1] = (unsigned char)sum;
}
